/**
 * pass@k: the chance that at least one of k samples is right.
 *
 * Source: M. Chen et al., "Evaluating large language models trained on code", 2021, unbiased estimator `1 - C(n-c, k) / C(n, k)`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Points from "./Points.ts"

/**
 * The estimate from `correct` right samples among `samples`, in [0, 1]. Absent for fewer than k samples and for k = 0.
 *
 * @since 0.1.0
 */
export const estimate = (samples: number, correct: number, k: number): Result.Result<number, Absent> => {
  if (![samples, correct, k].every(Points.isCount) || correct > samples || k === 0) {
    return absent("pass_at_k", "InvalidInput", `${correct} of ${samples} samples with k = ${k} cannot be.`)
  }
  if (samples < k) return absent("pass_at_k", "TooFewPoints", `it needs at least ${k} samples and got ${samples}.`)
  if (samples - correct < k) return Result.succeed(1)
  let noneRight = 1
  for (let i = samples - correct + 1; i <= samples; i++) noneRight *= 1 - k / i
  return Result.succeed(1 - noneRight)
}
