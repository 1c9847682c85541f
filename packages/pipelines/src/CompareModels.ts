/**
 * Compares models, or one model in several configurations, on the same data: answers, scores, differences that are more than noise, what
 * they cost and how long they take.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import type * as Dataset from "@genops/core/Dataset"
import type { DatasetError } from "@genops/core/DatasetError"
import type * as Metric from "@genops/core/Metric"
import type * as MetricInstance from "@genops/core/MetricInstance"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as NearMatch from "@genops/core/NearMatch"
import * as PriceTable from "@genops/core/PriceTable"
import type * as Prompt from "@genops/core/Prompt"
import type * as Evaluation from "@genops/vertex/Evaluation"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as BudgetGuard from "./BudgetGuard.ts"
import * as Cell from "./Cell.ts"
import type { ComparisonProgress } from "./ComparisonProgress.ts"
import * as ComparisonSummary from "./ComparisonSummary.ts"
import * as plans from "./internal/comparePlan.ts"
import * as progress from "./internal/compareProgress.ts"
import * as summaries from "./internal/compareSummary.ts"
import type { DatasetChanged } from "./internal/evaluatePass.ts"
import type { PromptNotFilled } from "./internal/evaluatePreflight.ts"
import * as Row from "./internal/evaluateRow.ts"
import * as Session from "./internal/evaluateSession.ts"
import * as Guard from "./internal/guard.ts"
import * as ResultStore from "./ResultStore.ts"
import type * as RunManifest from "./RunManifest.ts"
import * as TerminalText from "./TerminalText.ts"
import { StopRequested } from "./StopRequested.ts"

export { DatasetChanged } from "./internal/evaluatePass.ts"
export { PromptNotFilled } from "./internal/evaluatePreflight.ts"
export type { CandidatePlan, Plan } from "./internal/comparePlan.ts"

/**
 * What to compare, and how.
 *
 * @since 0.1.0
 */
export interface Options<A, E = never, R = never> {
  /** Names the run in the store. A run of the same id is resumed: its finished cells are not paid again. */
  readonly runId: string
  /** Who is compared, by distinct names. */
  readonly candidates: ReadonlyArray<ModelConfiguration.ModelConfiguration>
  readonly dataset: Dataset.Dataset<A, E, R>
  /** Filled from each row. */
  readonly prompt: Prompt.Prompt
  /** Metrics, or their names. Pairwise ones compare each candidate's answer with the baseline's. */
  readonly metrics: ReadonlyArray<Metric.Metric | string>
  /** The candidate that the others are compared with; the first one when left out. */
  readonly baseline?: string
  /** The metric of the trade-off with cost and latency; the first one when left out. */
  readonly primaryMetric?: string
  /** How often each row is asked, for models that do not answer the same twice; once when left out. */
  readonly repeats?: number
  /**
   * Answers that are made at the same time: `total` (32 when left out), and `perModel` of each model (all when left out). As many cells as
   * `total` are scored meanwhile.
   */
  readonly concurrency?: { readonly total?: number; readonly perModel?: number | ((model: string) => number) }
  /** Limits of what judges may use, inside the budgets around the comparison. When they are used up, answers are made without scores of judges. */
  readonly judgeBudget?: Budget.LimitsInput
  /** Column of the expected answers; "reference" when left out. */
  readonly referenceColumn?: string
  /** Seed of the intervals; 0 when left out. */
  readonly seed?: number
  /** Confidence of intervals and verdicts; 0.95 when left out. */
  readonly confidence?: number
  /** What else the scores depend on, such as the judge: a run is resumed only with the same. */
  readonly settings?: Readonly<Record<string, string>>
  /** What to do when a budget refuses an answer: `stop` (default) ends the run in order; `skip` counts the cell as failed. */
  readonly onBudgetExceeded?: "stop" | "skip"
  /**
   * Ends the run in order when it completes: no more is begun, what is in flight is finished and kept, and the run fails with the reason
   * `StopRequested`.
   */
  readonly stopWhen?: Effect.Effect<void>
  /** Told at the start, at most ten times a second, and at the end. */
  readonly onProgress?: (progress: ComparisonProgress) => Effect.Effect<void>
}

/**
 * What a finished comparison came to. `resumed` cells were finished by earlier sessions of the run.
 *
 * A candidate that could not be used (its `failure` says why) does not keep the others from finishing.
 *
 * @since 0.1.0
 */
export interface Outcome {
  readonly runId: string
  readonly place: string
  readonly manifest: RunManifest.RunManifest
  readonly summary: ComparisonSummary.ComparisonSummary
  readonly resumed: number
}

/**
 * Candidates, baseline or primary metric that cannot be compared. Nothing was sent.
 *
 * @since 0.1.0
 */
export class InvalidComparison extends Schema.TaggedError<InvalidComparison>()("InvalidComparison", {
  reason: Schema.String,
  suggestions: Schema.Array(Schema.String)
}) {
  override get message() {
    const hint = this.suggestions.length === 0 ? "" : ` Did you mean ${this.suggestions.join(", ")}?`
    return `The comparison cannot be made: ${this.reason}.${hint}\n  Nothing was sent.`
  }
}

const nameOf = ({ candidate, repeat = 0, rowId }: Cell.Cell) =>
  TerminalText.oneLine(`${candidate} ${rowId}${repeat === 0 ? "" : ` (repeat ${repeat})`}`, 60)

/**
 * The comparison was ended early: a budget is used up, results cannot be kept, access is denied, no candidate can be used, or it was asked to. Cells that are
 * done are kept; those in flight were finished first. `summary` is of these cells.
 *
 * `unsaved` are cells that could not be kept.
 *
 * @since 0.1.0
 */
export class ComparisonStopped extends Schema.TaggedError<ComparisonStopped>()("ComparisonStopped", {
  runId: Schema.String,
  place: Schema.String,
  summary: ComparisonSummary.ComparisonSummary,
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
    const { candidates } = this.summary
    const sum = (of: (candidate: ComparisonSummary.Candidate) => number) =>
      candidates.reduce((total, candidate) => total + of(candidate), 0)
    const [named, others] = [this.unsaved.slice(0, 5).map(nameOf), Math.max(0, this.unsaved.length - 5)]
    const unsaved =
      named.length === 0
        ? ""
        : `\n  ${this.unsaved.length} more could not be kept, and ${this.unsaved.length === 1 ? "is" : "are"} paid again: ` +
          `${named.join(", ")}${others === 0 ? "" : ` and ${others} others`}.`
    return (
      `${this.reason.message}\n  ${sum(({ n_total }) => n_total)} of ${sum(({ row_count }) => row_count)} cells were tried and are ` +
      `kept in ${this.place}.${unsaved}\n  To go on, run again with the run id ${this.runId}.`
    )
  }
}

/**
 * Why a comparison cannot start, or was ended. All but `ComparisonStopped` and `DatasetChanged` come before the first paid call.
 *
 * @since 0.1.0
 */
export type CompareError =
  | InvalidComparison
  | Budget.InvalidBudget
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
  | ComparisonStopped
  | DatasetChanged

const whole = (name: string, value: number) =>
  Number.isSafeInteger(value) && value >= 1
    ? Effect.void
    : Effect.die(new RangeError(`${name} is a whole number from 1, not ${value}`))

/** The options with their defaults, checked against each other. */
const settingsOf = <A extends object, E, R>(options: Options<A, E, R>) =>
  Effect.gen(function* () {
    const { candidates, concurrency = {}, metrics, repeats = 1 } = options
    const { perModel, total = 32 } = concurrency
    yield* whole("repeats", repeats)
    yield* whole("concurrency.total", total)
    if (typeof perModel === "number") yield* whole("concurrency.perModel", perModel)
    if (options.judgeBudget !== undefined) yield* Effect.fromResult(Budget.limits(options.judgeBudget))
    const names = candidates.map(({ name }) => name)
    const metricNames = metrics.map((metric) => (typeof metric === "string" ? metric : metric.name))
    const [firstName] = names
    const [firstMetric] = metricNames
    const invalid = (reason: string, suggestions: ReadonlyArray<string> = []) =>
      Effect.fail(new InvalidComparison({ reason, suggestions }))
    if (firstName === undefined) return yield* invalid("there are no candidates")
    if (firstMetric === undefined) return yield* invalid("there are no metrics")
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) return yield* invalid(`two candidates are called ${JSON.stringify(twice)}`)
    const { baseline = firstName, primaryMetric = firstMetric } = options
    if (!names.includes(baseline)) {
      return yield* invalid(`no candidate is called ${JSON.stringify(baseline)}`, NearMatch.nearest(baseline, names))
    }
    if (!metricNames.includes(primaryMetric)) {
      const near = NearMatch.nearest(primaryMetric, metricNames)
      return yield* invalid(`${JSON.stringify(primaryMetric)} is none of its metrics`, near)
    }
    return {
      runId: options.runId,
      candidates: candidates.map((configuration) => ({
        name: configuration.name,
        fingerprint: ModelConfiguration.fingerprint(configuration),
        configuration
      })),
      dataset: options.dataset,
      prompt: options.prompt,
      columns: Row.columns({ referenceColumn: options.referenceColumn }),
      metrics,
      settings: options.settings ?? {},
      seed: options.seed ?? 0,
      confidence: options.confidence ?? 0.95,
      comparison: { repeats, baseline, primaryMetric },
      concurrency: { total, ...(perModel === undefined ? {} : { perKey: perModel }) }
    }
  })

const frame = "100 millis"

/** The comparison, inside the judges' budget if there is one. */
const session = Effect.fnUntraced(function* <A extends object, E, R>(options: Options<A, E, R>) {
  const settings = yield* settingsOf(options)
  const { confidence, runId, seed } = settings
  const hasJudgeBudget = options.judgeBudget !== undefined
  const budgets = yield* Guard.Budgets
  const around = hasJudgeBudget ? budgets.slice(0, -1) : budgets
  const budget = around.findLast(({ region }) => region?.ledger.limits.max.usd !== undefined)?.region
  const counted = ({ manifest, metrics }: Session.Session): summaries.Options => ({
    ...settings.comparison,
    rows: manifest.dataset.rows,
    metrics,
    seed,
    confidence
  })
  const { onProgress } = options
  const tell = (session: Session.Session) =>
    onProgress === undefined ? Effect.void : Effect.suspend(() => onProgress(progress.of(session, budget)))
  const ended = yield* Session.run({
    ...settings,
    onBudgetExceeded: options.onBudgetExceeded ?? "stop",
    hasJudgeBudget,
    scoring: settings.concurrency.total,
    triesAgain: true,
    stopWhen: options.stopWhen,
    onCell: () => Effect.void,
    // Statistics take some time: most of it passes while the last answers are waited for.
    onDone: (session) =>
      Effect.sync(() =>
        summaries.prepare(
          session.lanes.filter(({ isDone }) => isDone),
          counted(session)
        )
      ),
    beside: (session) =>
      onProgress === undefined ? Effect.void : Effect.forever(Effect.andThen(tell(session), Effect.sleep(frame))),
    summarise: (session) => summaries.of(session.lanes, counted(session))
  })
  yield* tell(ended)
  const { manifest, place, resumed, stop, summary, unsaved } = ended
  if (stop !== undefined) return yield* new ComparisonStopped({ runId, place, summary, unsaved, reason: stop })
  const outcome: Outcome = { runId, place, manifest, summary, resumed }
  return outcome
})

/**
 * Compares candidates on a dataset.
 *
 * **Details**
 *
 * - Before the first paid call the whole dataset is read: every row must decode, fill the template and have what the metrics need. `plan`
 *   says what the comparison will cost.
 * - Each cell (a row, for a candidate, and of its repeats one) is kept in the `ResultStore` as soon as it is scored. A failed, blocked or
 *   refused answer or score is a kept cell with its error: it is counted and left out of means.
 * - Cells that the service was too busy for (429, 503) are tried once more, at the end, when it had ten seconds to recover. What is refused
 *   again is a failed cell.
 * - A candidate that cannot be used, because its model does not exist or is not allowed or its price is not known, fails by itself:
 *   `failure` in its summary. The others go on.
 * - Room is shared fairly: a model that is slow or throttled holds its part and not that of the others. A cell that has its answer makes room for
 *   the next one; when judges are slower than answers, these wait.
 * - Run again with the same id, finished cells are left alone; of the others only what is missing is paid. A metric that is defined
 *   otherwise than before is scored again from the answers that are kept. Other candidates, data, prompt, metrics, repeats, settings, seed or
 *   confidence are a `RunMismatch`.
 * - Budgets around the run hold for the run: what earlier sessions have spent is booked in them. When one refuses a call, the cells in
 *   flight end, no more are started, and the run fails with `ComparisonStopped`. Calls that were in flight when a process was killed are not
 *   in the store: a step of a durable run books their worst case, without one they are not booked.
 * - With `judgeBudget` judges cannot use up what answers need. When it is used up, all answers are still made; then the run fails with
 *   `ComparisonStopped`, to be continued with more.
 * - Pairwise metrics are judged when the baseline and the candidate have all their answers.
 * - When results cannot be kept, the cells in flight end, no more are started, and the run fails with `ComparisonStopped`. Of cells that
 *   are in no store `unsaved` has all there is: run again, they are paid again, and what they have cost is in no summary.
 * - Each candidate reads the dataset for itself. Memory holds the cells in flight, 10 bytes for each cell and 9 for each score, and 8 more for
 *   each cell of a candidate that is judged by pairs or scored again.
 *
 * An interrupted run keeps what is done, and waits up to 10 seconds for the calls in flight, because they are paid.
 *
 * A concurrency or number of repeats that is no positive integer is a programming error and dies.
 *
 * @example
 * import * as Dataset from "@genops/core/Dataset"
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as Prompt from "@genops/core/Prompt"
 * import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
 * import * as CompareModels from "@genops/pipelines/CompareModels"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const prompt = yield* Effect.fromResult(Prompt.make("Summarise: {article}"))
 *   const { summary } = yield* CompareModels.run({
 *     runId: "first",
 *     candidates: ["gemini-3.5-flash", "gemini-3.1-pro-preview"].map((model) => ModelConfiguration.make(model)),
 *     dataset: Dataset.fromValues([{ id: "a", article: "...", reference: "..." }], { id: "id" }),
 *     prompt,
 *     metrics: ["rouge_l_sum", "exact_match"]
 *   })
 *   return summary.differences.filter(({ verdict }) => verdict === "better")
 * }).pipe(BudgetGuard.within({ name: "comparison", usd: "5.00" }))
 *
 * @since 0.1.0
 */
export const run = Effect.fn("CompareModels.run")(<A extends object, E, R>(options: Options<A, E, R>) =>
  options.judgeBudget === undefined
    ? session(options)
    : BudgetGuard.within(session(options), { name: `${options.runId} judges`, ...options.judgeBudget })
)

/**
 * Says what a comparison will do, cost and take, before anything is paid: it reads the dataset, counts tokens, which is free, and looks at what
 * the store has of the run.
 *
 * Fails as `run` does before its first paid call. A candidate whose tokens cannot be counted is a warning: its money is missing then.
 *
 * @since 0.1.0
 */
export const plan = Effect.fn("CompareModels.plan")(function* <A extends object, E, R>(options: Options<A, E, R>) {
  return yield* plans.make(yield* settingsOf(options))
})
