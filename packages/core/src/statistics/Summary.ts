/**
 * Mean, spread and quantiles of a metric over the rows of a dataset.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { max, mean, min, quantileSorted, sampleStandardDeviation } from "simple-statistics"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Points from "./Points.ts"

/**
 * `std` is the sample standard deviation (ddof 1), absent for a single value. Quantiles are of type 7: linear between order
 * statistics, as in numpy and pandas.
 *
 * @since 0.1.0
 */
export interface Summary {
  readonly count: number
  readonly mean: number
  readonly std: Result.Result<number, Absent>
  readonly min: number
  readonly max: number
  readonly median: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
}

/**
 * Summarises values. Absent without any value or when one is not finite: a failed row must be left out and counted, see
 * `ofScores`, not be passed as 0 or NaN.
 *
 * @since 0.1.0
 */
export const of = (values: ReadonlyArray<number>): Result.Result<Summary, Absent> =>
  Result.map(Points.finite("summary", values, 1), () => {
    const sorted = values.toSorted((a, b) => a - b)
    return {
      count: values.length,
      mean: mean([...values]),
      std:
        values.length < 2
          ? absent("std", "TooFewPoints", "it needs at least 2 values and got 1.")
          : Result.succeed(sorted[0] === sorted.at(-1) ? 0 : sampleStandardDeviation([...values])),
      min: min(sorted),
      max: max(sorted),
      median: quantileSorted(sorted, 0.5),
      p90: quantileSorted(sorted, 0.9),
      p95: quantileSorted(sorted, 0.95),
      p99: quantileSorted(sorted, 0.99)
    }
  })

/**
 * How many rows have a score and how many do not, and the summary of those that do.
 *
 * @since 0.1.0
 */
export interface ScoreSummary {
  readonly total: number
  readonly valid: number
  readonly errors: number
  readonly summary: Result.Result<Summary, Absent>
}

/**
 * Summarises scores of which some may have failed. Failed ones count in `errors` and nowhere else.
 *
 * @since 0.1.0
 */
export const ofScores = (scores: ReadonlyArray<Result.Result<number, unknown>>): ScoreSummary => {
  const values = scores.flatMap((score) => (Result.isSuccess(score) ? [score.success] : []))
  return {
    total: scores.length,
    valid: values.length,
    errors: scores.length - values.length,
    summary: of(values)
  }
}
