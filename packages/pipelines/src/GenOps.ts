/**
 * The whole way of a tuned model as one durable program: wait for the data, check it, see that all of it can be paid, tune, evaluate
 * base and tuned model on held-out data, decide by a gate (and by a person), then generate with the tuned model.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as DatasetError from "@genops/core/DatasetError"
import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import type { Evaluation } from "@genops/vertex/Evaluation"
import type { GenerativeModel } from "@genops/vertex/GenerativeModel"
import type { TokenCounter } from "@genops/vertex/TokenCounter"
import type { Tuning } from "@genops/vertex/Tuning"
import * as VertexError from "@genops/vertex/VertexError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import * as Approval from "./Approval.ts"
import * as Await from "./Await.ts"
import * as BudgetGuard from "./BudgetGuard.ts"
import type { CloudStorage } from "./CloudStorage.ts"
import { CloudStorageError } from "./CloudStorageError.ts"
import * as Gate from "./Gate.ts"
import * as step from "./internal/genOpsStep.ts"
import type { ResultStore } from "./ResultStore.ts"
import * as RunSummary from "./RunSummary.ts"
import * as Step from "./Step.ts"
import * as TrainingData from "./TrainingData.ts"
import { InvalidTrainingData } from "./TrainingDataError.ts"
import * as Tune from "./Tune.ts"
import * as TunedModel from "./TunedModel.ts"

/**
 * What a run is asked for. All of it is recorded: a run of the same id with something else fails with `RunMismatch`.
 *
 * **Details**
 *
 * - `candidate`: the base model with everything that shapes its answers. The tuned model is asked in the same way.
 * - `tuning`: as `Tune.supervised` takes it. `trainingData` and `testData` are `gs://` URIs; the former may come later. Examples and test
 *   rows must not be the same.
 * - `template` is filled from each row of the test data, `reference` is its column of expected answers, `idColumn` identifies rows.
 * - `metrics` and `gate`: what is measured and what must be reached. `notWorseThanBaseline` compares with the base model.
 * - `approval`: whether a person decides after the gate.
 * - `prompts`: what is generated in the end, one call each.
 * - `budgetUsd`: the most that the run may cost: tuning, both evaluations with their judges, and the answers. Left out, it is the option
 *   of `layer`, which can be raised when a run has run out of money.
 *
 * @since 0.1.0
 */
export const Payload = Schema.Struct({
  runId: Schema.String,
  candidate: ModelConfiguration.ModelConfiguration,
  tuning: Schema.Struct({
    trainingData: Schema.String,
    validationData: Schema.optionalKey(Schema.String),
    epochs: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
    adapterSize: Schema.optionalKey(Schema.Literals([1, 2, 4, 8, 16])),
    learningRateMultiplier: Schema.optionalKey(Schema.Finite),
    displayName: Schema.optionalKey(Schema.String),
    labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  }),
  testData: Schema.String,
  idColumn: Schema.optionalKey(Schema.String),
  referenceColumn: Schema.optionalKey(Schema.String),
  template: Schema.String,
  metrics: Schema.Array(Schema.String),
  gate: Schema.Record(Schema.String, Gate.Threshold),
  approval: Schema.Boolean,
  prompts: Schema.Array(Schema.String),
  budgetUsd: Schema.optionalKey(Money.Money)
})

/**
 * What a run is asked for.
 *
 * @since 0.1.0
 */
export type Payload = typeof Payload.Type

/**
 * An answer of the tuned model.
 *
 * @since 0.1.0
 */
export const Answer = step.Answer

/**
 * What a run came to.
 *
 * **Details**
 *
 * - `evaluation`: both models on the same rows. `gate.refused` is null when all thresholds are met, or says which are not.
 * - `approval` is null when nobody was asked.
 * - `answers` is empty when the gate refused: nothing was generated then.
 * - `spentUsd` is all of the run, over all its processes; `uncertainUsd` the part of it that was booked at worst case.
 *
 * @since 0.1.0
 */
export const Outcome = Schema.Struct({
  training: TrainingData.Report,
  tuned: TunedModel.TunedModel,
  evaluation: Schema.Struct({ base: RunSummary.CandidateSummary, tuned: RunSummary.CandidateSummary }),
  gate: Schema.Struct({ refused: Schema.NullOr(Gate.ThresholdNotMet) }),
  approval: Schema.NullOr(Approval.Decision),
  answers: Schema.Array(Answer),
  spentUsd: Money.Money,
  uncertainUsd: Money.Money
})

/**
 * What a run came to.
 *
 * @since 0.1.0
 */
export type Outcome = typeof Outcome.Type

/**
 * The pipeline. A run that fails parks, and goes on from the failed step when it is run again.
 *
 * @since 0.1.0
 */
export const GenOps = Workflow.make("GenOps", {
  payload: Payload,
  success: Outcome,
  error: Schema.Union([
    Await.AwaitTimeout,
    CloudStorageError,
    DatasetError.DatasetError,
    InvalidTrainingData,
    VertexError.VertexError,
    Budget.BudgetExceeded,
    Budget.InvalidBudget,
    PriceTable.PriceUnknown,
    step.EvaluationFailed,
    Tune.TuneError,
    Metric.UnknownMetric,
    Gate.InvalidThreshold,
    Approval.ApprovalRejected,
    Approval.ApprovalTimeout,
    Step.StepChanged
  ]),
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

/**
 * How runs are worked on; may differ from process to process.
 *
 * - `budgetUsd`: the most that a run may cost, over all its processes, when its payload does not say. One of them must.
 * - `dataWithin`: how long the training data is waited for, 1 day when left out; `every` how often it is looked for, 1 minute.
 * - `concurrency`: rows evaluated at the same time, 8.
 * - `tune`: as `Tune.supervised` takes it: `grace`, `interval`, `timeout`, `detach`, `assumeSubmitted`, `resubmit`.
 * - `approvalWithin`: how long a decision is waited for; for ever when left out.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly budgetUsd?: Money.Money
  readonly dataWithin?: Duration.Input
  readonly every?: Duration.Input
  readonly concurrency?: number
  readonly tune?: Omit<Tune.Options<never>, "name" | "request" | "trainingTokens">
  readonly approvalWithin?: Duration.Input
}

/**
 * What a run needs.
 *
 * @since 0.1.0
 */
export type Services = CloudStorage | Evaluation | GenerativeModel | ResultStore | TokenCounter | Tuning

/**
 * Registers the pipeline with an engine.
 *
 * @example
 * import * as Engine from "@genops/pipelines/Engine"
 * import * as GenOps from "@genops/pipelines/GenOps"
 * import * as Runs from "@genops/pipelines/Runs"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const program = (payload: GenOps.Payload) =>
 *   Runs.run(GenOps.GenOps, payload).pipe(
 *     Effect.provide(Layer.provideMerge(GenOps.layer(), Engine.layerSqlite({ filename: "runs.db" })))
 *   )
 *
 * @since 0.1.0
 */
export const layer = (options: Options = {}) => GenOps.toLayer((payload) => body(payload, options))

/**
 * The name of the gate that a person opens, for `Approval.approve`.
 *
 * @since 0.1.0
 */
export const approvalName = "approval"

const body = (payload: Payload, options: Options) =>
  Effect.gen(function* () {
    const { tuning } = payload
    // What is wrong with the settings is said before anything is waited for.
    const metrics = yield* Effect.forEach(payload.metrics, (name) => Effect.fromResult(Metric.named(name)))
    yield* Effect.fromResult(Gate.validate(payload.gate, metrics))
    const { dataWithin = "1 day", every = "1 minute" } = options
    const usd = payload.budgetUsd ?? options.budgetUsd
    const { generation } = yield* Await.object(tuning.trainingData, { name: "wait for data", every, upTo: dataWithin })
    return yield* paid(payload, options, generation).pipe(
      BudgetGuard.within({ name: payload.runId, ...(usd === undefined ? {} : { usd }) })
    )
  })

const paid = (payload: Payload, options: Options, generation: string) =>
  Effect.gen(function* () {
    const { candidate, runId, tuning } = payload
    const training = yield* step.checkTraining(payload, generation)
    yield* step.checkMoney(payload, training)
    const tuned = yield* Tune.supervised({
      ...options.tune,
      request: { ...tuning, model: candidate.model },
      trainingTokens: training.tokens.worst
    })
    return yield* Effect.gen(function* () {
      const { concurrency = 8 } = options
      const tunedCandidate = { ...candidate, name: `${candidate.name}-tuned`, model: tuned.endpoint }
      const evaluate = (name: string, configuration: ModelConfiguration.ModelConfiguration) =>
        step.evaluate(payload, { name, configuration, concurrency })
      // One after the other: their rows are evaluated at the same time already, and share a quota.
      const base = yield* evaluate("evaluate base", candidate)
      const its = yield* evaluate("evaluate tuned", tunedCandidate)
      const refused = yield* step.gate(payload, its)
      const approval =
        refused === null && payload.approval
          ? yield* Gate.approval({
              name: approvalName,
              question: { run: runId, tuned: tuned.model, metrics: its.summary_metrics, base: base.summary_metrics },
              ...(options.approvalWithin === undefined ? {} : { upTo: options.approvalWithin })
            })
          : null
      const answers =
        refused === null
          ? yield* Effect.forEach(payload.prompts, (prompt, index) => step.answer(tunedCandidate, prompt, index))
          : []
      const spending = yield* BudgetGuard.spent
      return {
        training,
        tuned,
        evaluation: { base, tuned: its },
        gate: { refused },
        approval,
        answers,
        spentUsd: spending._tag === "Some" ? spending.value.spent.usd : Money.zero,
        uncertainUsd: spending._tag === "Some" ? spending.value.uncertain.usd : Money.zero
      }
    }).pipe(TunedModel.withPrice(tuned))
  })

/**
 * What a run would cost, in all and by its parts, without sending anything that is paid.
 *
 * @since 0.1.0
 */
export interface Plan {
  readonly training: TrainingData.Report
  readonly parts: Readonly<Record<"tuning" | "evaluations" | "answers", Cost>>
  readonly total: Cost
}

/**
 * US dollars as they are likely, and at worst.
 *
 * @since 0.1.0
 */
export interface Cost {
  readonly likely: Money.Money
  readonly worst: Money.Money
}

/**
 * Reckons what a run would cost. The training data must be there; it is checked as in the run, and counted by CountTokens.
 *
 * Fails with `InvalidTrainingData`, `PriceUnknown`, `EvaluationFailed`, and with what reading the data fails with.
 *
 * @since 0.1.0
 */
export const plan = (payload: Payload) =>
  Effect.gen(function* () {
    const training = yield* step.training(payload)
    const { answers, evaluations } = yield* step.estimate(payload)
    const { likely, worst } = training.cost ?? { likely: Money.zero, worst: Money.zero }
    const parts = { tuning: { likely, worst }, evaluations, answers }
    const sum = (part: keyof Cost) => Money.ReducerSum.combineAll(Object.values(parts).map((cost) => cost[part]))
    const planned: Plan = { training, parts, total: { likely: sum("likely"), worst: sum("worst") } }
    return planned
  })
