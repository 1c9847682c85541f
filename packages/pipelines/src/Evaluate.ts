/**
 * Evaluates a model on a dataset: generates an answer for each row (or takes given ones), scores it by metrics, and summarises.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import type * as Dataset from "@genops/core/Dataset"
import type { DatasetError } from "@genops/core/DatasetError"
import type * as Metric from "@genops/core/Metric"
import type * as MetricInstance from "@genops/core/MetricInstance"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import type * as Prompt from "@genops/core/Prompt"
import type * as Statistics from "@genops/core/statistics/Summary"
import type * as Evaluation from "@genops/vertex/Evaluation"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Cell from "./Cell.ts"
import type { DatasetChanged } from "./internal/evaluatePass.ts"
import type { PromptNotFilled } from "./internal/evaluatePreflight.ts"
import * as Row from "./internal/evaluateRow.ts"
import * as Session from "./internal/evaluateSession.ts"
import * as ResultStore from "./ResultStore.ts"
import type * as RunManifest from "./RunManifest.ts"
import * as RunSummary from "./RunSummary.ts"
import { StopRequested } from "./StopRequested.ts"

export { DatasetChanged } from "./internal/evaluatePass.ts"
export { PromptNotFilled } from "./internal/evaluatePreflight.ts"

/**
 * How a run stands. Costs include what earlier sessions of the run have paid; `resumed` rows were finished by them.
 *
 * @since 0.1.0
 */
export interface Progress {
  readonly rows: number
  readonly done: number
  readonly resumed: number
  readonly failed: number
  readonly cost: Money.Money
  readonly judgeCost: Money.Money
  /** The row that was done last. */
  readonly cell: Cell.Cell
}

interface Common<A, E, R> {
  /** Names the run in the store. A run of the same id is resumed: its finished rows are not paid again. */
  readonly runId: string
  readonly dataset: Dataset.Dataset<A, E, R>
  /** Metrics, or their names. */
  readonly metrics: ReadonlyArray<Metric.Metric | string>
  /** Column of the expected answers; "reference" when left out. */
  readonly referenceColumn?: string
  /** Rows that are worked on at the same time; 8 when left out. */
  readonly concurrency?: number
  /** Seed of the intervals; 0 when left out. */
  readonly seed?: number
  /** Confidence of the intervals; 0.95 when left out. */
  readonly confidence?: number
  /** What else the scores depend on, such as the judge: a run is resumed only with the same. */
  readonly settings?: Readonly<Record<string, string>>
  /**
   * What to do when a budget refuses a call: `stop` (default) ends the run, with what is done kept; `skip` counts the row as failed
   * and goes on, for budgets of single requests.
   */
  readonly onBudgetExceeded?: "stop" | "skip"
  /**
   * Ends the run in order when it completes: no more is begun, what is in flight is finished and kept, and the run fails with the reason
   * `StopRequested`.
   */
  readonly stopWhen?: Effect.Effect<void>
  /** Told after each row. */
  readonly onProgress?: (progress: Progress) => Effect.Effect<void>
}

/**
 * Generates the answers: the template is filled from each row.
 *
 * @since 0.1.0
 */
export interface Generated<A, E, R> extends Common<A, E, R> {
  readonly configuration: ModelConfiguration.ModelConfiguration
  readonly prompt: Prompt.Prompt
  readonly responseColumn?: undefined
}

/**
 * Takes the answers from a column. Judges see the filled template, or the column `prompt` when there is no template.
 *
 * @since 0.1.0
 */
export interface Given<A, E, R> extends Common<A, E, R> {
  readonly responseColumn: string
  /** Names the candidate; the column does when left out. */
  readonly configuration?: ModelConfiguration.ModelConfiguration
  readonly prompt?: Prompt.Prompt
}

/**
 * What to evaluate, and how.
 *
 * @since 0.1.0
 */
export type Options<A, E = never, R = never> = Generated<A, E, R> | Given<A, E, R>

/**
 * What a finished run came to. `manifest` says what was evaluated, as it was given this time; `latency` sums up the milliseconds until the answers were there; undefined for given answers.
 *
 * @since 0.1.0
 */
export interface Outcome {
  readonly runId: string
  readonly place: string
  readonly manifest: RunManifest.RunManifest
  readonly summary: RunSummary.CandidateSummary
  readonly latency: Statistics.Summary | undefined
  readonly resumed: number
}

/**
 * The run was ended early, because the rows to come would have met the same: a budget is used up, a model does not exist, access is
 * denied, results cannot be kept, or it was asked to. Rows that are done are kept; those in flight were finished first. `summary` is of these rows.
 *
 * `unsaved` are cells that could not be kept.
 *
 * @since 0.1.0
 */
export class RunStopped extends Schema.TaggedError<RunStopped>()("RunStopped", {
  runId: Schema.String,
  place: Schema.String,
  summary: RunSummary.CandidateSummary,
  unsaved: Schema.Array(Cell.Cell),
  reason: Schema.Union([
    Budget.BudgetExceeded,
    PriceTable.PriceUnknown,
    VertexError.VertexError,
    ResultStore.ResultStoreError,
    StopRequested
  ])
}) {
  override get message() {
    const { n_total, row_count } = this.summary
    const unsaved = this.unsaved.length === 0 ? "" : ` ${this.unsaved.length} more could not be kept.`
    return (
      `${this.reason.message}\n  ${n_total} of ${row_count} rows were tried and are kept in ${this.place}.${unsaved}` +
      `\n  To go on, run again with the run id ${this.runId}.`
    )
  }
}

/**
 * Why a run cannot start, or was ended. All but `RunStopped` and `DatasetChanged` come before the first paid call.
 *
 * @since 0.1.0
 */
export type EvaluateError =
  | DatasetError
  | PromptNotFilled
  | Metric.UnknownMetric
  | Metric.DuplicateMetric
  | MetricInstance.MetricInputMissing
  | Evaluation.MetricUnsupported
  | ModelConfiguration.InvalidConfiguration
  | ResultStore.InvalidRunId
  | ResultStore.RunLocked
  | ResultStore.ResultStoreError
  | RunManifest.RunMismatch
  | RunStopped
  | DatasetChanged

/**
 * Evaluates a model on a dataset.
 *
 * **Details**
 *
 * - Before the first paid call the whole dataset is read: every row must decode, fill the template and have what the metrics need.
 * - Each row is kept in the `ResultStore` as soon as it is scored. A failed generation or score is a kept row with its error: it is
 *   counted and left out of means, never taken for 0.
 * - Run again with the same id, finished rows are left alone; of the others only what is missing is paid: an answer that was kept is
 *   scored, not generated again. A run of the same id with another configuration, dataset or metrics fails with `RunMismatch`.
 * - Rows are streamed. Memory holds the rows in flight, and about 9 bytes for each score.
 * - What earlier sessions of the run have spent is booked in the budgets around this one: a budget holds for the run.
 * - Retries, rates and budgets are those of the services; put `BudgetGuard.within` around the run. When it refuses a call, the rows
 *   in flight end, no more are started, and the run fails with `RunStopped`. So do failures that every row would meet.
 * - An interrupted run keeps what is done, also the answers that are not scored yet. It waits up to 10 seconds for the calls in
 *   flight, because they are paid.
 *
 * A concurrency that is no positive integer is a programming error and dies.
 *
 * @example
 * import * as Dataset from "@genops/core/Dataset"
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as Prompt from "@genops/core/Prompt"
 * import * as Evaluate from "@genops/pipelines/Evaluate"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const prompt = yield* Effect.fromResult(Prompt.make("Summarise: {article}"))
 *   const dataset = Dataset.fromValues([{ id: "a", article: "...", reference: "..." }], { id: "id" })
 *   const configuration = ModelConfiguration.make("gemini-3.5-flash")
 *   const metrics = ["rouge_1", "summarization_quality"]
 *   const { summary } = yield* Evaluate.run({ runId: "first", configuration, dataset, prompt, metrics })
 *   return summary.metrics["rouge_1"]?.mean
 * })
 *
 * @since 0.1.0
 */
export const run = Effect.fn("Evaluate.run")(function* <A extends object, E, R>(options: Options<A, E, R>) {
  const { concurrency = 8, configuration, prompt, responseColumn, runId } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    return yield* Effect.die(new RangeError(`concurrency is a whole number from 1, not ${concurrency}`))
  }
  let failed = 0
  const session = yield* Session.run({
    runId,
    candidates: [
      {
        name: configuration?.name ?? `${responseColumn}`,
        fingerprint:
          configuration === undefined ? `column:${responseColumn}` : ModelConfiguration.fingerprint(configuration),
        configuration
      }
    ],
    dataset: options.dataset,
    prompt,
    columns: Row.columns(options),
    metrics: options.metrics,
    settings: options.settings ?? {},
    seed: options.seed ?? 0,
    confidence: options.confidence ?? 0.95,
    comparison: undefined,
    concurrency: { total: concurrency },
    onBudgetExceeded: options.onBudgetExceeded ?? "stop",
    hasJudgeBudget: false,
    scoring: undefined,
    triesAgain: false,
    stopWhen: options.stopWhen,
    onCell: ({ manifest, resumed }, { done, table, work }, cell) => {
      if (
        !Cell.isFinished(
          cell,
          work.metrics.map(({ name }) => name)
        )
      )
        failed++
      const { generation, judge } = table.cost()
      const cost = Money.plus(generation, judge)
      const progress = { rows: manifest.dataset.rows, done, resumed, failed, cost, judgeCost: judge, cell }
      return options.onProgress?.(progress) ?? Effect.void
    },
    onDone: () => Effect.void,
    beside: () => Effect.void,
    summarise: ({ lanes }) => ({ candidates: lanes.map(({ table }) => table.summary()) })
  })
  const { lanes, manifest, place, resumed, stop, unsaved } = session
  const [summary] = session.summary.candidates
  if (summary === undefined) return yield* Effect.die(new Error("a run without a candidate"))
  if (stop !== undefined) return yield* new RunStopped({ runId, place, summary, unsaved, reason: stop })
  const outcome: Outcome = { runId, place, manifest, summary, latency: lanes[0]?.table.latency(), resumed }
  return outcome
})
