/**
 * Gates: what comes next runs only if the metrics are good enough.
 *
 * @since 0.1.0
 */
import type * as Metric from "@genops/core/Metric"
import * as NearMatch from "@genops/core/NearMatch"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as baseline from "./internal/evaluateBaseline.ts"
import type { InvalidRunId, ResultStore, ResultStoreError, RunNotFound } from "./ResultStore.ts"
import * as RowScores from "./RowScores.ts"
import type * as RunSummary from "./RunSummary.ts"

export { approval } from "./Approval.ts"

/**
 * What a metric must reach. All limits that are given must hold.
 *
 * **Details**
 *
 * - `atLeast`: the mean is at least this. For metrics of which high values are good.
 * - `atMost`: the mean is at most this. For metrics of which low values are good; where 0 is good, as for `verbosity`, the absolute
 *   value of the mean is.
 * - `winRateAtLeast`: the candidate wins at least this share of all rows. For pairwise metrics.
 * - `notWorseThanBaseline`: the candidate is not worse than the baseline run on the rows that both have scores for, paired by row id.
 *   Without `margin` it fails when it is significantly worse (paired permutation test at `alpha`, 0.05 when left out). With a
 *   `margin` it must be shown not to be worse by more than it: the lower end of the 1 - 2 `alpha` interval of the difference lies
 *   above -`margin`. Several metrics are not corrected for: each is a test of its own.
 * - `minRows`: rows with a score, 2 when left out.
 * - `maxErrorShare`: the largest share of rows without a score, in [0, 1]; any when left out.
 *
 * @since 0.1.0
 */
export const Threshold = Schema.Struct({
  atLeast: Schema.optionalKey(Schema.Finite),
  atMost: Schema.optionalKey(Schema.Finite),
  winRateAtLeast: Schema.optionalKey(Schema.Finite),
  notWorseThanBaseline: Schema.optionalKey(
    Schema.Struct({ margin: Schema.optionalKey(Schema.Finite), alpha: Schema.optionalKey(Schema.Finite) })
  ),
  minRows: Schema.optionalKey(Schema.Int),
  maxErrorShare: Schema.optionalKey(Schema.Finite)
})

/**
 * What a metric must reach.
 *
 * @since 0.1.0
 */
export type Threshold = typeof Threshold.Type

/**
 * Thresholds by the names of metrics.
 *
 * @since 0.1.0
 */
export type Thresholds = Readonly<Record<string, Threshold>>

/**
 * A threshold that means nothing: no limit, no number, or a limit at the wrong end of the metric's scale.
 *
 * @since 0.1.0
 */
export class InvalidThreshold extends Schema.TaggedError<InvalidThreshold>()("InvalidThreshold", {
  metric: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The threshold of ${this.metric} cannot be checked: ${this.reason}.`
  }
}

/**
 * A limit that a candidate does not keep. `value` is what it reached; null when there is no such number, which never passes.
 *
 * @since 0.1.0
 */
export const Failure = Schema.Struct({
  metric: Schema.String,
  limit: Schema.Literals([
    "complete",
    "atLeast",
    "atMost",
    "winRateAtLeast",
    "notWorseThanBaseline",
    "minRows",
    "maxErrorShare"
  ]),
  value: Schema.NullOr(Schema.Finite),
  message: Schema.String
})

/**
 * A limit that a candidate does not keep.
 *
 * @since 0.1.0
 */
export type Failure = typeof Failure.Type

/**
 * The candidate is not good enough, or it is not known whether it is. Names every threshold that is not met.
 *
 * @since 0.1.0
 */
export class ThresholdNotMet extends Schema.TaggedError<ThresholdNotMet>()("ThresholdNotMet", {
  candidate: Schema.String,
  failures: Schema.Array(Failure),
  met: Schema.Array(Schema.String)
}) {
  override get message() {
    return [
      `The gate refused ${this.candidate}.`,
      ...this.failures.map(({ message }) => `  ${message}`),
      ...(this.met.length === 0 ? [] : [`  met: ${this.met.join(", ")}`])
    ].join("\n")
  }
}

/**
 * What a gate decides on. Scores by row are needed for comparisons with a baseline only.
 *
 * @since 0.1.0
 */
export interface Evidence {
  readonly summary: RunSummary.CandidateSummary
  readonly scores?: RowScores.RowScores
  readonly baseline?: RowScores.RowScores
}

/**
 * Checks that the thresholds mean something for the metrics of a run, before anything is paid: the metrics are there, and the limits
 * are numbers at the right end of their scales. Fails with `InvalidThreshold`.
 *
 * @since 0.1.0
 */
export const validate = (
  thresholds: Thresholds,
  metrics: ReadonlyArray<Metric.Metric>
): Result.Result<void, InvalidThreshold> =>
  Result.gen(function* () {
    for (const [name, threshold] of Object.entries(thresholds)) {
      const metric = metrics.find((one) => one.name === name)
      if (metric === undefined) {
        const near = NearMatch.nearest(
          name,
          metrics.map((one) => one.name)
        )
        return yield* invalid(
          name,
          `it is not among the metrics${near.length === 0 ? "" : `; near names are ${near.join(", ")}`}`
        )
      }
      yield* numbersOf(name, threshold)
      yield* directionOf(name, threshold, metric._tag === "Pairwise" ? null : metric.scale.ideal)
    }
  })

/**
 * Checks thresholds. Fails with `ThresholdNotMet` when one is not met or cannot be decided: a metric that was not measured, a
 * statistic that does not exist, too few rows, a run that is not complete. Fails with `InvalidThreshold` for thresholds that mean
 * nothing, and when there are none.
 *
 * @since 0.1.0
 */
export const check = (
  thresholds: Thresholds,
  evidence: Evidence
): Result.Result<void, ThresholdNotMet | InvalidThreshold> =>
  Result.gen(function* () {
    const entries = Object.entries(thresholds)
    if (entries.length === 0) return yield* invalid("(no metric)", "there is no threshold at all")
    const { summary } = evidence
    const failures: Array<Failure> = []
    const met: Array<string> = []
    if (summary.n_total < summary.row_count) {
      const message = `only ${summary.n_total} of ${summary.row_count} rows were evaluated: finish the run first`
      failures.push({ metric: "", limit: "complete", value: summary.n_total, message })
    }
    for (const [metric, threshold] of entries) {
      yield* numbersOf(metric, threshold)
      const found = yield* checkOne(metric, threshold, evidence)
      failures.push(...found)
      if (found.length === 0) met.push(metric)
    }
    if (failures.length > 0) {
      return yield* Result.fail(new ThresholdNotMet({ candidate: summary.candidate, failures, met }))
    }
  })

/**
 * Lets the outcome of an evaluation pass if it meets the thresholds. Baseline scores are read from the store.
 *
 * Fails with `ThresholdNotMet`, `InvalidThreshold`, and with what reading the scores may fail with.
 *
 * @example
 * import * as Gate from "@genops/pipelines/Gate"
 *
 * const gate = Gate.metrics(
 *   {
 *     summarization_quality: { atLeast: 4, minRows: 20 },
 *     verbosity: { atMost: 0.5 },
 *     rouge_l_sum: { notWorseThanBaseline: { margin: 0.02 } }
 *   },
 *   { baseline: "last-week" }
 * )
 *
 * @since 0.1.0
 */
export const metrics =
  (thresholds: Thresholds, options: { readonly baseline?: string } = {}) =>
  <O extends { readonly runId: string; readonly summary: RunSummary.CandidateSummary }>(
    outcome: O
  ): Effect.Effect<
    O,
    ThresholdNotMet | InvalidThreshold | InvalidRunId | RunNotFound | ResultStoreError,
    ResultStore
  > =>
    Effect.gen(function* () {
      const compared = Object.keys(thresholds).filter(
        (metric) => thresholds[metric]?.notWorseThanBaseline !== undefined
      )
      const { runId, summary } = outcome
      const rows =
        options.baseline === undefined || compared.length === 0
          ? {}
          : {
              scores: yield* RowScores.read(runId, compared, { candidate: summary.candidate }),
              baseline: yield* RowScores.read(options.baseline, compared)
            }
      yield* Effect.fromResult(check(thresholds, { summary, ...rows }))
      return outcome
    })

const invalid = (metric: string, reason: string) => Result.fail(new InvalidThreshold({ metric, reason }))

const limits = ["atLeast", "atMost", "winRateAtLeast", "notWorseThanBaseline", "minRows", "maxErrorShare"]
const isShare = (value: number) => value >= 0 && value <= 1

const numbersOf = (metric: string, threshold: Threshold): Result.Result<void, InvalidThreshold> => {
  const { maxErrorShare, minRows, notWorseThanBaseline: compared, ...others } = threshold
  const unknown = Object.keys(threshold).find((key) => !limits.includes(key))
  if (unknown !== undefined) return invalid(metric, `${unknown} is none of ${limits.join(", ")}`)
  if (Object.values(threshold).every((value) => value === undefined)) return invalid(metric, "it limits nothing")
  const odd = Object.entries(others).find(([, value]) => value !== undefined && !Number.isFinite(value))
  if (odd !== undefined) return invalid(metric, `${odd[0]} is ${odd[1]}`)
  if (minRows !== undefined && !(Number.isSafeInteger(minRows) && minRows >= 1)) {
    return invalid(metric, `minRows is a whole number from 1, not ${minRows}`)
  }
  if (maxErrorShare !== undefined && !isShare(maxErrorShare)) {
    return invalid(metric, `maxErrorShare lies between 0 and 1, not at ${maxErrorShare}`)
  }
  const { alpha = 0.05, margin = 0 } = compared ?? {}
  if (!(alpha > 0 && alpha < 0.5)) return invalid(metric, `alpha lies between 0 and 0.5, not at ${alpha}`)
  return margin >= 0 && Number.isFinite(margin) ? Result.void : invalid(metric, `margin is 0 or more, not ${margin}`)
}

const directionOf = (
  metric: string,
  { atLeast, atMost, notWorseThanBaseline: compared, winRateAtLeast }: Threshold,
  ideal: RunSummary.MetricSummary["ideal"]
): Result.Result<void, InvalidThreshold> => {
  if (atLeast !== undefined && ideal !== "high") {
    return invalid(metric, `atLeast is for metrics of which high values are good; ${advice[ideal ?? "choice"]}`)
  }
  if (atMost !== undefined && (ideal === "high" || ideal === null)) {
    return invalid(metric, `atMost is for metrics of which low values are good; ${advice[ideal ?? "choice"]}`)
  }
  if (winRateAtLeast !== undefined && ideal !== null) {
    return invalid(metric, `winRateAtLeast is for pairwise metrics; ${advice[ideal]}`)
  }
  return compared !== undefined && ideal === null
    ? invalid(metric, `it compares with a baseline already; ${advice.choice}`)
    : Result.void
}

const show = (value: number) => String(Number(value.toPrecision(4)))

const checkOne = (
  metric: string,
  threshold: Threshold,
  { baseline: before, scores, summary }: Evidence
): Result.Result<ReadonlyArray<Failure>, InvalidThreshold> =>
  Result.gen(function* () {
    const failures: Array<Failure> = []
    const fail = (limit: Failure["limit"], value: number | null, message: string) =>
      void failures.push({
        metric,
        limit,
        value: value !== null && Number.isFinite(value) ? value : null,
        message: `${metric} ${message}`
      })
    const found = Object.hasOwn(summary.metrics, metric) ? summary.metrics[metric] : undefined
    if (found === undefined) {
      const near = NearMatch.nearest(metric, Object.keys(summary.metrics))
      fail("minRows", null, `was not measured${near.length === 0 ? "" : `. Did you mean ${near.join(", ")}?`}`)
      return failures
    }
    const { ideal, interval, mean, n_error, n_total, n_valid } = found
    const { atLeast, atMost, maxErrorShare, minRows = 2, notWorseThanBaseline: compared, winRateAtLeast } = threshold
    yield* directionOf(metric, threshold, ideal)
    if (n_valid < minRows) fail("minRows", n_valid, `has scores for ${n_valid} rows, ${minRows} are needed`)
    const errorShare = n_total === 0 ? 1 : n_error / n_total
    if (maxErrorShare !== undefined && errorShare > maxErrorShare) {
      fail(
        "maxErrorShare",
        errorShare,
        `has no score for ${n_error} of ${n_total} rows, more than a share of ${show(maxErrorShare)}`
      )
    }
    const around = interval === null ? "" : ` [${show(interval.low)}, ${show(interval.high)}]`
    if (mean === null && (atLeast !== undefined || atMost !== undefined)) {
      fail(
        atLeast === undefined ? "atMost" : "atLeast",
        null,
        `has no mean: ${found.absent["mean"] ?? "it was not computed"}`
      )
    } else if (mean !== null) {
      const value = ideal === "zero" ? Math.abs(mean) : mean
      const named = ideal === "zero" ? `|${show(mean)}|` : show(mean)
      if (atLeast !== undefined && !(value >= atLeast))
        fail("atLeast", value, `${named}${around} is below ${show(atLeast)}`)
      if (atMost !== undefined && !(value <= atMost))
        fail("atMost", value, `${named}${around} is above ${show(atMost)}`)
    }
    if (winRateAtLeast !== undefined) {
      const rate = found.pairwise?.candidate_model_win_rate ?? null
      if (rate === null || !(rate >= winRateAtLeast)) {
        fail(
          "winRateAtLeast",
          rate,
          rate === null ? "has no win rate" : `is won in a share of ${show(rate)}, below ${show(winRateAtLeast)}`
        )
      }
    }
    if (compared !== undefined && ideal !== null) {
      const mine = scores?.get(metric)
      const theirs = before?.get(metric)
      if (mine === undefined || theirs === undefined) return yield* invalid(metric, "no baseline run was given")
      const verdict = baseline.compare(mine, theirs, { ideal, minPairs: minRows, ...compared })
      if (Result.isFailure(verdict)) fail("notWorseThanBaseline", verdict.failure.difference, verdict.failure.message)
    }
    return failures
  })

const advice = {
  high: "high values are good here: use atLeast",
  low: "low values are good here: use atMost",
  zero: "here the ideal is 0: use atMost, which takes the absolute value",
  choice: "it is pairwise: use winRateAtLeast"
} as const
