/**
 * How the scores of a dataset's rows are summed up.
 *
 * @since 0.1.0
 */
import * as Summary from "@genops/core/statistics/Summary"
import * as Result from "effect/Result"
import type { AggregationMetric } from "../wire/EvaluationEnum.ts"
import * as SinglePrecision from "./SinglePrecision.ts"

/**
 * The commonest value; of equally common ones the first.
 *
 * @since 0.1.0
 */
export const mode = <A>(values: ReadonlyArray<A>): A | undefined => {
  const counts = new Map<A, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const most = Math.max(0, ...counts.values())
  return [...counts].find(([, count]) => count === most)?.[0]
}

const pick: { readonly [K in AggregationMetric]?: (summary: Summary.Summary) => number } = {
  AVERAGE: ({ mean }) => mean,
  STANDARD_DEVIATION: ({ std }) => Result.getOrElse(std, () => NaN),
  VARIANCE: ({ std }) => Result.getOrElse(std, () => NaN) ** 2,
  MINIMUM: ({ min }) => min,
  MAXIMUM: ({ max }) => max,
  MEDIAN: ({ median }) => median,
  PERCENTILE_P90: ({ p90 }) => p90,
  PERCENTILE_P95: ({ p95 }) => p95,
  PERCENTILE_P99: ({ p99 }) => p99
}

/**
 * The aggregate of scores in single precision. Percentiles are interpolated (type 7), the deviation is the sample's. What does not exist, such as the
 * deviation of one score, is `"NaN"`, as proto3 JSON writes it.
 *
 * @since 0.1.0
 */
export const of = (metric: AggregationMetric, scores: ReadonlyArray<number>): number | "NaN" => {
  const summary = Summary.of(scores)
  const value =
    metric === "MODE"
      ? mode(scores.toSorted((a, b) => a - b))
      : Result.isSuccess(summary)
        ? pick[metric]?.(summary.success)
        : undefined
  return value === undefined || Number.isNaN(value) ? "NaN" : SinglePrecision.shortest(value)
}
