/**
 * The paired t-test: is the mean difference of two candidates on the same rows other than 0?
 *
 * Source: Student, "The probable error of a mean", Biometrika 6, 1908. It assumes roughly normal differences; for bounded or
 * skewed metrics with few rows prefer `PairedPermutation`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { mean, sampleStandardDeviation } from "simple-statistics"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Distribution from "./Distribution.ts"
import * as Points from "./Points.ts"

/**
 * The mean of `a[i] - b[i]`, its t statistic, two-sided p-value, and confidence interval.
 *
 * @since 0.1.0
 */
export interface PairedTResult {
  readonly meanDifference: number
  readonly t: number
  readonly p: number
  readonly low: number
  readonly high: number
}

/**
 * Tests paired values. `confidence` is 0.95 by default. Absent for fewer than two pairs, and when all differences are equal: then
 * there is no spread to measure the mean by.
 *
 * @since 0.1.0
 */
export const test = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  confidence = 0.95
): Result.Result<PairedTResult, Absent> =>
  Result.gen(function* () {
    const differences = [...(yield* Points.differences("paired_t", a, b, 2))]
    const level = yield* Points.confidence("paired_t", confidence)
    const deviation = sampleStandardDeviation(differences)
    if (deviation === 0) return yield* absent("paired_t", "Undefined", "all differences are equal.")
    const meanDifference = mean(differences)
    const degrees = differences.length - 1
    const error = deviation / Math.sqrt(differences.length)
    const t = meanDifference / error
    const half = Distribution.studentCritical(1 - level, degrees) * error
    return {
      meanDifference,
      t,
      p: Distribution.studentTwoSided(t, degrees),
      low: meanDifference - half,
      high: meanDifference + half
    }
  })
