/**
 * What a run came to: for each candidate the counts, the money and the statistics of each metric.
 *
 * It holds nothing of when, where and how fast: the same answers and scores give the same bytes, also after an interruption.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import * as Schema from "effect/Schema"

/**
 * A confidence interval of a mean, and how it was found: `bootstrap` (percentiles of resampled means), `t` (Student, for more than
 * 2,000 rows) or `wilson` (a metric from 0 to 1 that gave nothing in between).
 *
 * @since 0.1.0
 */
export const Interval = Schema.Struct({
  low: Schema.Finite,
  high: Schema.Finite,
  confidence: Schema.Finite,
  method: Schema.Literals(["bootstrap", "t", "wilson"])
})

/**
 * A confidence interval of a mean.
 *
 * @since 0.1.0
 */
export type Interval = typeof Interval.Type

/**
 * Who was chosen by a pairwise metric. Rates are shares of all rows: ties and errors stay in the denominator. `sign_test_p` is over
 * the rows with a winner.
 *
 * @since 0.1.0
 */
export const Pairwise = Schema.Struct({
  candidate_model_win_rate: Schema.Finite,
  baseline_model_win_rate: Schema.Finite,
  wins: Schema.Natural,
  losses: Schema.Natural,
  ties: Schema.Natural,
  sign_test_p: Schema.Finite
})

/**
 * Who was chosen by a pairwise metric.
 *
 * @since 0.1.0
 */
export type Pairwise = typeof Pairwise.Type

/**
 * The statistics of a metric over the rows that have a score. A statistic that does not exist is null, and `absent` says why:
 * `mean` without scores, `std` (ddof 1) with fewer than two.
 *
 * Repeats of a row are not independent of each other: `mean` and `interval` are over rows, whose repeats are averaged first; `std`,
 * `min`, `median` and `max` are over all scores.
 *
 * **Details**
 *
 * - `n_total` rows were tried, `n_valid` have a score, `n_error` have none; `errors` counts those by the tag of their error.
 * - `ideal` is what is good: `high`, `low`, or `zero` for the nearer to 0 the better.
 *
 * @since 0.1.0
 */
export const MetricSummary = Schema.Struct({
  n_total: Schema.Natural,
  n_valid: Schema.Natural,
  n_error: Schema.Natural,
  ideal: Schema.NullOr(Schema.Literals(["high", "low", "zero"])),
  mean: Schema.NullOr(Schema.Finite),
  std: Schema.NullOr(Schema.Finite),
  interval: Schema.NullOr(Interval),
  min: Schema.NullOr(Schema.Finite),
  median: Schema.NullOr(Schema.Finite),
  max: Schema.NullOr(Schema.Finite),
  pairwise: Schema.NullOr(Pairwise),
  errors: Schema.Record(Schema.String, Schema.Natural),
  absent: Schema.Record(Schema.String, Schema.String)
})

/**
 * The statistics of a metric over the rows that have a score.
 *
 * @since 0.1.0
 */
export type MetricSummary = typeof MetricSummary.Type

/**
 * What a candidate came to.
 *
 * **Details**
 *
 * - `row_count` rows are in the dataset, times the repeats of each. `n_total` of them were tried: fewer when the run was stopped. `n_valid` have an answer,
 *   `n_error` have none; `errors` counts those by the tag of their error.
 * - `cost_usd` is answers and judges together, `judge_cost_usd` the judges' part, retried cells included. `cost_unknown` counts the
 *   calls whose cost is not known: with any, the sums are too low.
 * - `summary_metrics` are the names of Google's SDK: `row_count`, `{metric}/mean`, `{metric}/std`,
 *   `{metric}/candidate_model_win_rate`, `{metric}/baseline_model_win_rate`.
 *
 * @since 0.1.0
 */
export const CandidateSummary = Schema.Struct({
  candidate: Schema.String,
  fingerprint: Schema.String,
  row_count: Schema.Natural,
  n_total: Schema.Natural,
  n_valid: Schema.Natural,
  n_error: Schema.Natural,
  errors: Schema.Record(Schema.String, Schema.Natural),
  cost_usd: Money.Money,
  judge_cost_usd: Money.Money,
  cost_unknown: Schema.Natural,
  metrics: Schema.Record(Schema.String, MetricSummary),
  summary_metrics: Schema.Record(Schema.String, Schema.NullOr(Schema.Finite))
})

/**
 * What a candidate came to.
 *
 * @since 0.1.0
 */
export type CandidateSummary = typeof CandidateSummary.Type

/**
 * What a run came to, as it is kept in `summary.json`.
 *
 * @since 0.1.0
 */
export const RunSummary = Schema.Struct({ candidates: Schema.Array(CandidateSummary) })

/**
 * What a run came to, as it is kept in `summary.json`.
 *
 * @since 0.1.0
 */
export type RunSummary = typeof RunSummary.Type

const encode = Schema.encodeSync(Schema.toCodecJson(RunSummary))

/**
 * Writes a summary as the text of `summary.json`: the same text for the same summary.
 *
 * @since 0.1.0
 */
export const toJson = (summary: RunSummary): string => `${JSON.stringify(encode(summary), undefined, 2)}\n`

/**
 * Names the statistics as Google's SDK does, for reports that are compared with its own. Absent ones are null.
 *
 * @since 0.1.0
 */
export const summaryMetrics = (
  rows: number,
  metrics: Readonly<Record<string, MetricSummary>>
): CandidateSummary["summary_metrics"] =>
  Object.fromEntries([
    ["row_count", rows],
    ...Object.entries(metrics).flatMap(([name, { mean, pairwise, std }]) =>
      pairwise === null
        ? [
            [`${name}/mean`, mean],
            [`${name}/std`, std]
          ]
        : [
            [`${name}/candidate_model_win_rate`, pairwise.candidate_model_win_rate],
            [`${name}/baseline_model_win_rate`, pairwise.baseline_model_win_rate]
          ]
    )
  ])
