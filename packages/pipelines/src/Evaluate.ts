/**
 * Evaluates a model on a dataset: generates an answer for each row (or takes given ones), scores it by metrics, and summarises.
 *
 * @since 0.1.0
 */
import * as Release from "@genops/core/Release"
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
import * as Evaluation from "@genops/vertex/Evaluation"
import { GenerativeModel } from "@genops/vertex/GenerativeModel"
import * as VertexError from "@genops/vertex/VertexError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Cell from "./Cell.ts"
import * as cells from "./internal/evaluateCell.ts"
import * as preflight from "./internal/evaluatePreflight.ts"
import * as Row from "./internal/evaluateRow.ts"
import * as Table from "./internal/evaluateTable.ts"
import * as ResultStore from "./ResultStore.ts"
import type * as RunManifest from "./RunManifest.ts"
import * as RunSummary from "./RunSummary.ts"

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
 * denied, results cannot be kept. Rows that are done are kept; those in flight were finished first. `summary` is of these rows.
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
    ResultStore.ResultStoreError
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
 * The dataset has other rows than a moment ago, when it was checked. Rows that were done are kept under the run id.
 *
 * @since 0.1.0
 */
export class DatasetChanged extends Schema.TaggedError<DatasetChanged>()("DatasetChanged", { source: Schema.String }) {
  override get message() {
    return `${this.source} changed while it was being evaluated.\n  Run again with a new run id: results of different data are not mixed.`
  }
}

/**
 * Why a run cannot start, or was ended. All but `RunStopped` and `DatasetChanged` come before the first paid call.
 *
 * @since 0.1.0
 */
export type EvaluateError =
  | DatasetError
  | preflight.PromptNotFilled
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
  const { concurrency = 8, confidence = 0.95, configuration, prompt, responseColumn, runId, seed = 0 } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    return yield* Effect.die(new RangeError(`concurrency is a whole number from 1, not ${concurrency}`))
  }
  const model = yield* GenerativeModel
  const evaluation = yield* Evaluation.Evaluation
  const store = yield* ResultStore.ResultStore
  if (configuration !== undefined) yield* Effect.fromResult(ModelConfiguration.validate(configuration))
  const metrics = yield* Effect.fromResult(preflight.metricsOf(options.metrics, evaluation))
  const columns = columnsOf(options)
  const dataset = yield* preflight.check(options.dataset, { prompt, columns, metrics })

  const candidate = configuration?.name ?? `${responseColumn}`
  const fingerprint =
    configuration === undefined ? `column:${responseColumn}` : ModelConfiguration.fingerprint(configuration)
  const { asOf } = yield* PriceTable.Prices
  const manifest: RunManifest.RunManifest = {
    format: 1,
    runId,
    startedAt: DateTime.formatIso(yield* DateTime.now),
    candidates: [{ name: candidate, fingerprint, configuration: asJson(configuration) }],
    dataset: {
      source: dataset.source,
      rows: dataset.rows,
      invalid: dataset.invalid,
      sha256: dataset.sha256,
      firstRow: dataset.firstRow,
      lastRow: dataset.lastRow
    },
    prompt: prompt?.template ?? null,
    columns: { reference: columns.reference, ...(responseColumn === undefined ? {} : { response: responseColumn }) },
    metrics: metrics.map((metric) => ({ name: metric.name, definition: definitionOf(metric) })),
    settings: options.settings ?? {},
    seed,
    confidence,
    prices: asOf,
    versions: { genops: Release.version }
  }
  const run = yield* store.open(manifest)

  const table = Table.make({ candidate, fingerprint, rows: dataset.rows, metrics, seed, confidence })
  const changed = Effect.fail(new DatasetChanged({ source: dataset.source }))
  // Where the cells are that lack something; the text of an answer is read again only when its row has its turn.
  const unfinished = new Map<number, number>()
  yield* Stream.runForEach(run.kept, ({ cell, position }) =>
    Effect.sync(() => {
      table.put(cell)
      if (table.stateOf(cell.row) === "unfinished") unfinished.set(cell.row, position)
      else unfinished.delete(cell.row)
    })
  )
  const work: cells.Work = {
    runId,
    candidate,
    fingerprint,
    configuration,
    // What is free comes first: it is there even if a judge fails.
    metrics: [
      ...metrics.filter(({ _tag }) => _tag === "Computed"),
      ...metrics.filter(({ _tag }) => _tag !== "Computed")
    ],
    onBudgetExceeded: options.onBudgetExceeded ?? "stop",
    model,
    evaluation
  }
  const names = metrics.map(({ name }) => name)
  const resumed = table.tried() - unfinished.size
  let done = resumed
  let failed = 0
  let stop: RunStopped["reason"] | undefined
  const unsaved: Array<Cell.Cell> = []

  const keep = (cell: Cell.Cell) =>
    Effect.gen(function* () {
      const kept = yield* Effect.result(run.append(cell))
      if (Result.isFailure(kept)) {
        unsaved.push(cell)
        stop ??= kept.failure
        return
      }
      table.put(cell)
      done++
      if (!Cell.isFinished(cell, names)) failed++
      const { generation, judge } = table.cost()
      const costs = { cost: Money.plus(generation, judge), judgeCost: judge }
      yield* options.onProgress?.({ rows: dataset.rows, done, resumed, failed, ...costs, cell }) ?? Effect.void
    })

  const workOn = (row: number, { id, value }: Dataset.Row<A>) =>
    Effect.gen(function* () {
      if (stop !== undefined || table.stateOf(row) === "finished") return
      const prepared = Row.prepare(id, value, prompt, columns)
      if (Result.isFailure(prepared)) return yield* changed
      const position = unfinished.get(row)
      const earlier = position === undefined ? undefined : yield* run.at(position)
      const task: cells.Task = { row, rowId: id, prepared: prepared.success, earlier }
      const draft = cells.draft()
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(restore(cells.attempt(work, task, draft)))
          // Also when it was broken off: what was paid is kept.
          if (draft.isNew) yield* keep(cells.cellOf(work, task, draft))
          if (Exit.isSuccess(exit)) return
          const error = Exit.findErrorOption(exit)
          if (Option.isNone(error)) return yield* exit
          stop ??= error.value
        })
      )
    })

  let rows = 0
  yield* options.dataset.events.pipe(
    Stream.map((event) => ({ event, row: event._tag === "Row" ? rows++ : rows })),
    Stream.takeWhile(() => stop === undefined),
    Stream.mapEffect(
      ({ event, row }) => {
        if (event._tag === "Row") return workOn(row, event)
        return event._tag === "End" && event.report.sha256 !== dataset.sha256 ? changed : Effect.void
      },
      { concurrency, unordered: true }
    ),
    Stream.runDrain
  )
  const summary = table.summary()
  const { place } = run
  const finish = run.finish({ candidates: [summary] })
  if (stop !== undefined) {
    yield* Effect.ignore(finish)
    return yield* new RunStopped({ runId, place, summary, unsaved, reason: stop })
  }
  yield* finish
  const outcome: Outcome = { runId, place, manifest, summary, latency: table.latency(), resumed }
  return outcome
}, Effect.scoped)

const columnsOf = ({
  referenceColumn = "reference",
  responseColumn
}: Options<object, unknown, unknown>): Row.Columns => ({
  response: responseColumn,
  reference: referenceColumn,
  baselineResponse: "baseline_model_response",
  source: "source"
})

/** The definition of a metric as it is kept: functions are left out, a template is its text. */
const definitionOf = (metric: Metric.Metric): Schema.Json => {
  const { name: _, ...definition } = metric
  return asJson("prompt" in definition ? { ...definition, prompt: definition.prompt.template } : definition)
}

const asJson = (value: unknown): Schema.Json =>
  // What JSON.parse gives is JSON.
  value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Schema.Json)
