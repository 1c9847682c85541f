/**
 * What became of one row for one candidate: the answer, its scores and what they cost. One line of `cells.jsonl`.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import * as Usage from "@genops/core/Usage"
import * as GenerateBody from "@genops/vertex/GenerateBody"
import * as Score from "@genops/vertex/Score"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * Why an answer or a score does not exist. `tag` is the error's, for `VertexError` the one of its reason.
 *
 * @since 0.1.0
 */
export const Problem = Schema.Struct({
  tag: Schema.String,
  message: Schema.String,
  billed: Schema.optional(Schema.Literals(["no", "yes", "unknown"]))
})

/**
 * Why an answer or a score does not exist.
 *
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

/**
 * The score of one metric. Exactly one of `score`, `pairwiseChoice` and `error` says how it went; without a number `score` is null.
 *
 * `cost` is what the judge cost, null when it is not known, absent when nothing was asked. `version` names the definition of the metric
 * that the score came from: see `RunManifest.metricVersion`.
 *
 * @since 0.1.0
 */
export const CellScore = Schema.Struct({
  score: Schema.NullOr(Schema.Finite),
  pairwiseChoice: Schema.optional(Score.PairwiseChoice),
  explanation: Schema.optional(Schema.String),
  scoredBy: Schema.optional(Score.ScoredBy),
  judge: Schema.optional(Schema.String),
  samples: Schema.optional(Score.Samples),
  usage: Schema.optional(Usage.Usage),
  cost: Schema.optional(Schema.NullOr(Money.Money)),
  version: Schema.optional(Schema.String),
  error: Schema.optional(Problem)
})

/**
 * The score of one metric.
 *
 * @since 0.1.0
 */
export type CellScore = typeof CellScore.Type

/**
 * What the budgets around an attempt have booked; `uncertain` is the part of it at worst case, absent when there is none.
 *
 * @since 0.1.0
 */
export const Booked = Schema.Struct({ spent: Budget.Amount, uncertain: Schema.optional(Budget.Amount) })

/**
 * What the budgets around an attempt have booked.
 *
 * @since 0.1.0
 */
export type Booked = typeof Booked.Type

/**
 * What an attempt at a cell was billed: US dollars for the answer and for judges, and the number of calls whose cost is not known.
 *
 * `booked` is what budgets have booked for the answer and for judges, also for calls that may have been billed: a resumed run books it
 * again. It is absent outside of budgets.
 *
 * @since 0.1.0
 */
export const Spent = Schema.Struct({
  generation: Money.Money,
  judge: Money.Money,
  unknown: Schema.Natural,
  booked: Schema.optional(Schema.Struct({ generation: Schema.optional(Booked), judge: Schema.optional(Booked) }))
})

/**
 * What an attempt at a cell was billed.
 *
 * @since 0.1.0
 */
export type Spent = typeof Spent.Type

/**
 * A cell of a run: a row, for a candidate, and of its repeats one.
 *
 * **Details**
 *
 * - `candidate` is the configuration's name, `fingerprint` its content's.
 * - `row` counts the rows of the dataset from 0; `rowId` is the row's id in it. `repeat` counts the repeats from 0; absent is 0.
 * - `response` is absent when there is no answer; then `error` says why.
 * - `cost` is what the answer cost, null when it is not known. It was paid once, even if the line is the second of its row.
 * - `scores` lacks the metrics that were not reached, because the run was stopped or there is no answer.
 * - `spent` is what this attempt paid: the sum over all lines, superseded ones too, is what the run has cost.
 *
 * @since 0.1.0
 */
export const Cell = Schema.Struct({
  runId: Schema.String,
  candidate: Schema.String,
  fingerprint: Schema.String,
  row: Schema.Natural,
  rowId: Schema.String,
  repeat: Schema.optional(Schema.Natural),
  prompt: Schema.optional(Schema.String),
  reference: Schema.optional(Schema.String),
  response: Schema.optional(Schema.String),
  finishReason: Schema.optional(Schema.String),
  modelVersion: Schema.optional(Schema.String),
  usage: Schema.optional(Usage.Usage),
  cost: Schema.optional(Schema.NullOr(Money.Money)),
  latencyMs: Schema.optional(Schema.Finite),
  safetyRatings: Schema.optional(Schema.Array(GenerateBody.SafetyRating)),
  grounding: Schema.optional(GenerateBody.GroundingMetadata),
  scores: Schema.Record(Schema.String, CellScore),
  spent: Spent,
  error: Schema.optional(Problem)
})

/**
 * A cell of a run.
 *
 * @since 0.1.0
 */
export type Cell = typeof Cell.Type

/**
 * Reads and writes a cell as one line of JSON.
 *
 * @since 0.1.0
 */
export const FromLine = Schema.fromJsonString(Schema.toCodecJson(Cell))

/** Failures that the row itself causes: asking again would give the same. */
const lasting: ReadonlySet<string> = new Set(["Absent", "MetricInputMissing", "MetricUnsupported"])

/**
 * Whether a score needs no further attempt: it is there, or it cannot be. One of another `version` of its metric does not count.
 *
 * @since 0.1.0
 */
export const isSettled = (score: CellScore | undefined, version?: string): score is CellScore =>
  score !== undefined &&
  (version === undefined || score.version === version) &&
  (score.error === undefined || lasting.has(score.error.tag))

/**
 * The score of a metric in a cell, if the cell has come to it.
 *
 * @since 0.1.0
 */
export const score = ({ scores }: Pick<Cell, "scores">, metric: string): CellScore | undefined =>
  Object.hasOwn(scores, metric) ? scores[metric] : undefined

/**
 * Whether a cell is finished: it has an answer, and every metric is settled. A resumed run leaves finished cells alone.
 *
 * @since 0.1.0
 */
export const isFinished = (cell: Cell, metrics: ReadonlyArray<string>): boolean =>
  cell.response !== undefined && metrics.every((metric) => isSettled(score(cell, metric)))

/**
 * Writes a cell as one line of JSON, without its line feed.
 *
 * @since 0.1.0
 */
export const write: (cell: Cell) => string = Schema.encodeSync(FromLine)

/**
 * Reads a line.
 *
 * @since 0.1.0
 */
export const read: (line: string) => Result.Result<Cell, Schema.SchemaError> = Schema.decodeResult(FromLine)
