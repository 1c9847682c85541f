/**
 * What a comparison of candidates came to: each candidate by itself, against the baseline, and against each other.
 *
 * It holds nothing of when and where: the same cells give the same bytes. A number that does not exist is null.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import * as Schema from "effect/Schema"
import * as RunSummary from "./RunSummary.ts"

/**
 * A candidate. `metrics`, counts and costs are those of `RunSummary.CandidateSummary`, over all rows and repeats.
 *
 * **Details**
 *
 * - `blocked` of the `n_error` cells were stopped by a safety filter (`ContentBlocked`).
 * - `latency_ms` is of answers, `tokens` sums over all answers, `cost_per_1000_usd` is the mean cost of an answer x 1,000 without judges,
 *   over the answers of which the cost is known.
 * - `failure` is there when the candidate itself could not be used, because its model does not exist, say: its rows were not tried.
 *
 * @since 0.1.0
 */
export const Candidate = Schema.Struct({
  ...RunSummary.CandidateSummary.fields,
  model: Schema.String,
  blocked: Schema.Natural,
  latency_ms: Schema.NullOr(Schema.Struct({ median: Schema.Finite, p95: Schema.Finite })),
  tokens: Schema.Struct({
    input: Schema.Natural,
    output: Schema.Natural,
    thinking: Schema.Natural,
    cached: Schema.Natural
  }),
  cost_per_1000_usd: Schema.NullOr(Money.Money),
  failure: Schema.optional(Schema.Struct({ tag: Schema.String, message: Schema.String }))
})

/**
 * A candidate.
 *
 * @since 0.1.0
 */
export type Candidate = typeof Candidate.Type

/**
 * A candidate against the baseline in one metric, on the `n` rows that both have scores for; repeats of a row are averaged first.
 *
 * **Details**
 *
 * - `mean` is candidate - baseline; of a metric whose ideal is 0, the difference of the absolute values.
 * - [`low`, `high`] is the interval of the mean by a paired bootstrap over rows, for more than 2,000 rows Student's; null when all
 *   differences are equal, because an interval of width 0 would look like certainty.
 * - `p` is two-sided, of the paired permutation test (exact for up to 16 rows), of Student's for more than 2,000 rows. `p_adjusted` is
 *   corrected by Holm over all differences of the comparison.
 * - `verdict` takes the metric's ideal into account: `better` and `worse` when `p_adjusted` is below 1 - confidence. `not_tested` has its
 *   `reason`: fewer rows than could ever show a difference, or none.
 *
 * @since 0.1.0
 */
export const Difference = Schema.Struct({
  candidate: Schema.String,
  metric: Schema.String,
  n: Schema.Natural,
  mean: Schema.NullOr(Schema.Finite),
  low: Schema.NullOr(Schema.Finite),
  high: Schema.NullOr(Schema.Finite),
  p: Schema.NullOr(Schema.Finite),
  p_adjusted: Schema.NullOr(Schema.Finite),
  verdict: Schema.Literals(["better", "worse", "no_difference_shown", "not_tested"]),
  reason: Schema.NullOr(Schema.String)
})

/**
 * A candidate against the baseline in one metric.
 *
 * @since 0.1.0
 */
export type Difference = typeof Difference.Type

/**
 * How often `candidate` beats `against` in a metric, row by row, the repeats of a row averaged. `rate` counts ties half and leaves out
 * rows without both scores (`errors`); [`low`, `high`] is Wilson's interval of it, on the safe side where ties make halves.
 *
 * A metric that judges chose by pairs is there for the pairs with the baseline only.
 *
 * @since 0.1.0
 */
export const WinRate = Schema.Struct({
  candidate: Schema.String,
  against: Schema.String,
  metric: Schema.String,
  wins: Schema.Natural,
  losses: Schema.Natural,
  ties: Schema.Natural,
  errors: Schema.Natural,
  rate: Schema.NullOr(Schema.Finite),
  low: Schema.NullOr(Schema.Finite),
  high: Schema.NullOr(Schema.Finite)
})

/**
 * How often a candidate beats another.
 *
 * @since 0.1.0
 */
export type WinRate = typeof WinRate.Type

/**
 * A candidate by quality, cost and latency (the median). `quality` is higher the better, whatever the ideal of the primary metric: its
 * mean, negated where low is good, the negated mean of absolute values where 0 is; of a pairwise metric the win rate against the baseline,
 * ties half. `on_front`: no other one is at least as good in all three and better in one. What nobody has a number for does not count;
 * a candidate without a number that others have is not on the front.
 *
 * @since 0.1.0
 */
export const TradeOff = Schema.Struct({
  candidate: Schema.String,
  quality: Schema.NullOr(Schema.Finite),
  cost_per_1000_usd: Schema.NullOr(Money.Money),
  latency_ms: Schema.NullOr(Schema.Finite),
  on_front: Schema.Boolean
})

/**
 * A candidate by quality, cost and latency.
 *
 * @since 0.1.0
 */
export type TradeOff = typeof TradeOff.Type

/**
 * What a comparison came to, as it is kept in `summary.json`. `primary_metric` is the one of the win rates' default view and of the
 * trade-off. `order` are Bradley-Terry strengths as Elo ratings by `order_metric`, strongest first, when candidates were judged pairwise;
 * null otherwise, and when the choices do not link all candidates (`order_absent` says so).
 *
 * @since 0.1.0
 */
export const ComparisonSummary = Schema.Struct({
  baseline: Schema.String,
  primary_metric: Schema.String,
  rows: Schema.Natural,
  repeats: Schema.Natural,
  confidence: Schema.Finite,
  candidates: Schema.Array(Candidate),
  differences: Schema.Array(Difference),
  win_rates: Schema.Array(WinRate),
  order: Schema.NullOr(Schema.Array(Schema.Struct({ candidate: Schema.String, elo: Schema.Finite }))),
  order_metric: Schema.optional(Schema.String),
  order_absent: Schema.optional(Schema.String),
  trade_off: Schema.Array(TradeOff)
})

/**
 * What a comparison came to.
 *
 * @since 0.1.0
 */
export type ComparisonSummary = typeof ComparisonSummary.Type

const encode = Schema.encodeSync(Schema.toCodecJson(ComparisonSummary))

/**
 * Writes a summary as the text of `summary.json`: the same text for the same summary.
 *
 * @since 0.1.0
 */
export const toJson = (summary: ComparisonSummary): string => `${JSON.stringify(encode(summary), undefined, 2)}\n`
