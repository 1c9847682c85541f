/** A comparison as one durable program: waits for the training data, tunes once, compares, loads the results into Cloud Storage and BigQuery. */
import * as Budget from "@genops/core/Budget"
import * as DatasetError from "@genops/core/DatasetError"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as Prompt from "@genops/core/Prompt"
import * as Await from "@genops/pipelines/Await"
import * as BigQuerySink from "@genops/pipelines/BigQuerySink"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import { CloudStorageError } from "@genops/pipelines/CloudStorageError"
import * as CompareModels from "@genops/pipelines/CompareModels"
import type { ComparisonProgress } from "@genops/pipelines/ComparisonProgress"
import * as ComparisonSummary from "@genops/pipelines/ComparisonSummary"
import * as DatasetFile from "@genops/pipelines/DatasetFile"
import * as GcsSink from "@genops/pipelines/GcsSink"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Step from "@genops/pipelines/Step"
import * as TrainingData from "@genops/pipelines/TrainingData"
import { InvalidTrainingData } from "@genops/pipelines/TrainingDataError"
import * as Tune from "@genops/pipelines/Tune"
import * as TunedModel from "@genops/pipelines/TunedModel"
import * as VertexError from "@genops/vertex/VertexError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Workflow from "effect/workflow/Workflow"
import { basename } from "node:path"
import * as Candidates from "./CompareCandidates.ts"
import * as CompareCells from "./CompareCells.ts"

export const steps = ["wait for data", "check data", "tune", "compare", "load"]

/** A step ended with an error that is not to be told apart by programs. */
class ComparisonFailed extends Schema.TaggedError<ComparisonFailed>()("ComparisonFailed", {
  step: Schema.String,
  tag: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `"${this.step}" was ended by ${this.tag}: ${this.detail}`
  }
}

const Loaded = Schema.Struct({
  place: Schema.String,
  dataset: Schema.String,
  cells: Schema.Finite,
  summaries: Schema.Finite
})

const Outcome = Schema.Struct({
  summary: ComparisonSummary.ComparisonSummary,
  tuned: Schema.NullOr(TunedModel.TunedModel),
  loaded: Schema.NullOr(Loaded),
  spentUsd: Money.Money,
  uncertainUsd: Money.Money
})

export type Outcome = typeof Outcome.Type

/** The pipeline. A candidate of the model "tuned" is the one that `tuning` makes. */
export const Comparison = Workflow.make("Comparison", {
  payload: {
    runId: Schema.String,
    candidates: Schema.Array(ModelConfiguration.ModelConfiguration),
    dataset: Schema.String,
    idColumn: Schema.optionalKey(Schema.String),
    template: Schema.String,
    metrics: Schema.Array(Schema.String),
    baseline: Schema.optionalKey(Schema.String),
    repeats: Schema.Int,
    judge: Schema.String,
    tuning: Schema.optionalKey(
      Schema.Struct({
        model: Schema.String,
        trainingData: Schema.String,
        epochs: Schema.Int,
        adapterSize: Schema.Literals([1, 2, 4, 8, 16]),
        learningRateMultiplier: Schema.optionalKey(Schema.Finite),
        displayName: Schema.String
      })
    ),
    /** Where results are loaded to: objects below `prefix`, tables in `dataset`. */
    warehouse: Schema.optionalKey(Schema.Struct({ prefix: Schema.String, dataset: Schema.String }))
  },
  success: Outcome,
  error: Schema.Union([
    Await.AwaitTimeout,
    CloudStorageError,
    DatasetError.DatasetError,
    InvalidTrainingData,
    PriceTable.PriceUnknown,
    Budget.BudgetExceeded,
    Budget.InvalidBudget,
    VertexError.VertexError,
    Tune.TuneError,
    ComparisonFailed
  ]),
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

export type Payload = typeof Comparison.payloadSchema.Type
type Tuning = NonNullable<Payload["tuning"]>

/** How a process works on a run: none of it is part of what the run is. */
export interface Work {
  readonly budget: Money.Money
  readonly concurrency: number
  readonly dataWithin: Duration.Input
  readonly every: Duration.Input
  readonly tune: Omit<Tune.Options<never>, "name" | "request" | "trainingTokens">
  readonly onProgress: (progress: ComparisonProgress) => Effect.Effect<void>
  /** Acquired while models are asked: what it gives ends the comparison in order when it completes. */
  readonly stopping: Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
  /** Told when the comparison was ended early. */
  readonly onStopped: (stopped: CompareModels.ComparisonStopped) => Effect.Effect<void>
  readonly onEnd: (spending: BudgetGuard.Spending) => Effect.Effect<void>
}

const datasetOf = ({ dataset, idColumn }: Payload) => {
  const id = idColumn === undefined ? {} : { id: idColumn }
  return dataset.startsWith("gs://")
    ? CloudStorage.dataset(dataset, id)
    : DatasetFile.open(dataset, { ...id, source: basename(dataset) })
}

/** What is compared, when the tuned model is known: or, for a plan, the model that it will cost like. */
const optionsOf = (payload: Payload, model: string, concurrency: number) =>
  Effect.gen(function* () {
    const { baseline, judge, metrics, repeats, runId, template } = payload
    return {
      runId,
      candidates: Candidates.resolve(payload.candidates, model),
      prompt: yield* Effect.fromResult(Prompt.make(template)),
      dataset: yield* datasetOf(payload),
      metrics,
      repeats,
      ...(baseline === undefined ? {} : { baseline }),
      concurrency: { total: concurrency },
      settings: { judge }
    }
  })

const checkData = (tuning: Tuning, generation?: string) =>
  TrainingData.check(tuning.trainingData, {
    model: tuning.model,
    epochs: tuning.epochs,
    count: 100,
    ...(generation === undefined ? {} : { generation })
  })

const tune = (tuning: Tuning, { dataWithin, every, tune }: Work) =>
  Effect.gen(function* () {
    const { epochs, model, trainingData } = tuning
    const { generation } = yield* Await.object(trainingData, { name: "wait for data", every, upTo: dataWithin })
    const { tokens } = yield* Step.make({
      name: "check data",
      input: { trainingData, generation, model, epochs },
      success: TrainingData.Report,
      error: TrainingData.CheckError,
      execute: checkData(tuning, generation)
    })
    return yield* Tune.supervised({ ...tune, request: tuning, trainingTokens: tokens.worst })
  })

const failed = (step: string) => (error: { readonly _tag: string; readonly message: string }) =>
  error instanceof Budget.BudgetExceeded || error instanceof PriceTable.PriceUnknown
    ? error
    : new ComparisonFailed({ step, tag: error._tag, detail: error.message })

const compare = (payload: Payload, model: string, { concurrency, onProgress, onStopped, stopping }: Work) =>
  Step.make({
    name: "compare",
    input: {
      candidates: Candidates.resolve(payload.candidates, model).map((one) => ModelConfiguration.fingerprint(one))
    },
    success: ComparisonSummary.ComparisonSummary,
    error: Schema.Union([Budget.BudgetExceeded, PriceTable.PriceUnknown, ComparisonFailed]),
    resumes: true,
    execute: Effect.gen(function* () {
      const options = yield* optionsOf(payload, model, concurrency)
      const stopWhen = yield* stopping
      return (yield* CompareModels.run({ ...options, onProgress, stopWhen })).summary
    }).pipe(
      Effect.scoped,
      Effect.tapError((error) => (error._tag === "ComparisonStopped" ? onStopped(error) : Effect.void)),
      Effect.mapError((error) => failed("compare")(error._tag === "ComparisonStopped" ? error.reason : error))
    )
  })

const load = (payload: Payload, summary: ComparisonSummary.ComparisonSummary) =>
  Effect.gen(function* () {
    const { runId, warehouse } = payload
    if (warehouse === undefined) return null
    return yield* Step.make({
      name: "load",
      input: { ...warehouse },
      success: Loaded,
      error: ComparisonFailed,
      execute: Effect.gen(function* () {
        const { dataset, prefix } = warehouse
        const { manifest } = yield* ResultStore.ResultStore.use((store) => store.read(runId))
        const exported = yield* GcsSink.write({ prefix, manifest, summary, cells: CompareCells.latest(runId) })
        const { cells, summaries } = yield* BigQuerySink.load({ dataset }, exported)
        return { place: exported.place, dataset, cells: cells.rows, summaries: summaries.rows }
      }).pipe(
        Effect.mapError((error) => new ComparisonFailed({ step: "load", tag: error._tag, detail: error.message }))
      )
    })
  })

const body = (payload: Payload, work: Work) =>
  Effect.gen(function* () {
    const { tuning } = payload
    const tuned = tuning === undefined ? null : yield* tune(tuning, work)
    return yield* Effect.gen(function* () {
      const summary = yield* compare(payload, tuned?.endpoint ?? "", work)
      const loaded = yield* load(payload, summary)
      const spending = yield* BudgetGuard.spent
      return {
        summary,
        tuned,
        loaded,
        spentUsd: spending._tag === "Some" ? spending.value.spent.usd : Money.zero,
        uncertainUsd: spending._tag === "Some" ? spending.value.uncertain.usd : Money.zero
      }
    }).pipe(tuned === null ? (self) => self : TunedModel.withPrice(tuned))
  }).pipe((self) => BudgetGuard.within(self, { name: payload.runId, usd: work.budget }, { onEnd: work.onEnd }))

export const layer = (work: Work) => Comparison.toLayer((payload) => body(payload, work))

/** The endpoint of the tuned candidate, when the run has come so far already. */
const endpointOf = ({ candidates, runId }: Payload) =>
  ResultStore.ResultStore.use((store) => store.read(runId)).pipe(
    Effect.map(({ manifest }) => {
      const name = candidates.find((candidate) => Candidates.needTuning([candidate]))?.name
      const kept = manifest.candidates.find((candidate) => candidate.name === name)?.configuration
      return Schema.decodeUnknownOption(Schema.Struct({ model: Schema.String }))(kept)
    }),
    Effect.map((found) => (found._tag === "Some" ? found.value.model : undefined)),
    Effect.catchTag("RunNotFound", () => Effect.succeed(undefined))
  )

/** Says what a run will do and cost. Reads all of its data; nothing that is paid is sent. */
export const plan = (payload: Payload, concurrency: number) =>
  Effect.gen(function* () {
    const { tuning } = payload
    const base = tuning?.model ?? ""
    const endpoint = yield* endpointOf(payload)
    const options = yield* optionsOf(payload, endpoint ?? base, concurrency)
    const comparison = yield* CompareModels.plan(options).pipe(
      Effect.updateService(PriceTable.Prices, (table) =>
        endpoint === undefined ? table : PriceTable.withEndpoint(table, endpoint, base)
      )
    )
    return { comparison, training: tuning === undefined || endpoint !== undefined ? null : yield* checkData(tuning) }
  })

export type Plan = Effect.Success<ReturnType<typeof plan>>
