/**
 * How well two lists of scores go together, such as a metric and human ratings: Pearson, Spearman, Kendall.
 *
 * Each is in [-1, 1], and absent for fewer than two pairs or when a list has a single value only.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { sampleCorrelation, sampleRankCorrelation } from "simple-statistics"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Points from "./Points.ts"

type Correlation = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => Result.Result<number, Absent>

const correlation =
  (measure: string, compute: (a: Array<number>, b: Array<number>) => number): Correlation =>
  (a, b) =>
    Result.gen(function* () {
      yield* Points.differences(measure, a, b, 2)
      if (new Set(a).size === 1 || new Set(b).size === 1) {
        return yield* absent(measure, "Undefined", "all values of a list are equal.")
      }
      return compute([...a], [...b])
    })

/**
 * Linear correlation. Source: K. Pearson, 1895.
 *
 * @since 0.1.0
 */
export const pearson = correlation("pearson", sampleCorrelation)

/**
 * Correlation of ranks, ties sharing their mean rank. Source: C. Spearman, 1904.
 *
 * @since 0.1.0
 */
export const spearman = correlation("spearman", sampleRankCorrelation)

/**
 * Concordance of pairs, corrected for ties (tau-b). Time grows with the square of the length. Source: M. Kendall, 1945.
 *
 * @since 0.1.0
 */
export const kendallTauB = correlation("kendall_tau_b", (a, b) => {
  let balance = 0
  let untiedA = 0
  let untiedB = 0
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const x = Math.sign((a[i] ?? 0) - (a[j] ?? 0))
      const y = Math.sign((b[i] ?? 0) - (b[j] ?? 0))
      balance += x * y
      untiedA += x * x
      untiedB += y * y
    }
  }
  return balance / Math.sqrt(untiedA * untiedB)
})
