/**
 * Tunes a model by examples: waits for the training data, checks every line of it, orders one job and waits for its end.
 *
 *   npm run example -- 03-supervised-tuning
 *   npm run example -- 03-supervised-tuning --engine sqlite:.genops/runs.db --run-id first     killed, it goes on with the same job
 *   npm run example -- 03-supervised-tuning --live --project ID --training-data gs://bucket/train.jsonl --engine sqlite:runs.db
 */
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import * as Await from "@genops/pipelines/Await"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as PipelineView from "@genops/pipelines/PipelineView"
import * as Step from "@genops/pipelines/Step"
import * as TrainingData from "@genops/pipelines/TrainingData"
import * as Tune from "@genops/pipelines/Tune"
import * as TunedModel from "@genops/pipelines/TunedModel"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import { join } from "node:path"
import * as Data from "./cli/Data.ts"
import * as Durable from "./cli/Durable.ts"
import * as Options from "./cli/Options.ts"
import * as Run from "./cli/Run.ts"
import * as Tuning from "./cli/Tuning.ts"

const steps = ["wait for data", "check data", "tune"]

const Outcome = Schema.Struct({ training: TrainingData.Report, tuned: TunedModel.TunedModel })

/** The pipeline: its payload is what the run is asked for, and its name. */
export const SupervisedTuning = Workflow.make("SupervisedTuning", {
  payload: {
    runId: Schema.String,
    model: Schema.String,
    trainingData: Schema.String,
    epochs: Schema.Int,
    adapterSize: Schema.Literals([1, 2, 4, 8, 16]),
    learningRateMultiplier: Schema.optionalKey(Schema.Finite),
    displayName: Schema.String
  },
  success: Outcome,
  error: Schema.Union([Await.AwaitTimeout, TrainingData.CheckError, Budget.InvalidBudget, Tune.TuneError]),
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

type Payload = typeof SupervisedTuning.payloadSchema.Type

const body = (settings: Settings, budget: Money.Money) => (payload: Payload) =>
  Effect.gen(function* () {
    const { epochs, model, runId, trainingData } = payload
    const { every, tune } = Tuning.pace(settings)
    const { generation } = yield* Await.object(trainingData, {
      name: "wait for data",
      every,
      upTo: settings.waitForData
    })
    const training = yield* Step.make({
      name: "check data",
      input: { trainingData, generation, model, epochs },
      success: TrainingData.Report,
      error: TrainingData.CheckError,
      execute: TrainingData.check(trainingData, { generation, model, epochs, count: 100 })
    })
    const { adapterSize, displayName, learningRateMultiplier } = payload
    const tuned = yield* Tune.supervised({
      ...tune,
      detach: settings.detach,
      request: {
        model,
        trainingData,
        epochs,
        adapterSize,
        displayName,
        ...(learningRateMultiplier === undefined ? {} : { learningRateMultiplier })
      },
      trainingTokens: training.tokens.worst
    }).pipe(BudgetGuard.within({ name: runId, usd: budget }))
    return { training, tuned }
  })

interface Settings extends Tuning.Settings, Durable.Settings {}

type Result =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Done"; readonly runId: string; readonly outcome: typeof Outcome.Type }

const payloadOf = (settings: Settings) =>
  Effect.gen(function* () {
    const file = Option.getOrElse(settings.trainingData, () => join(import.meta.dirname, "data/support-train.jsonl"))
    const request = yield* Tuning.request(settings, yield* Data.uriOf(file, Tuning.bucketOf(settings)))
    const payload = { ...request, runId: Durable.runIdOf(settings), model: settings.model }
    return { payload, upload: Data.upload(file, payload.trainingData) }
  })

const program = (settings: Settings) => (budget: Money.Money) => {
  const view = PipelineView.make(
    Option.getOrElse(settings.runId, () => "03-supervised-tuning"),
    steps
  )
  return Effect.gen(function* () {
    const text = yield* Durable.inspected(settings, SupervisedTuning)
    if (text !== undefined) return { _tag: "Text", text } satisfies Result
    const { payload, upload } = yield* payloadOf(settings)
    yield* upload
    const ended = yield* Durable.run(settings, SupervisedTuning, payload, view)
    const result: Result =
      ended._tag === "Ended"
        ? { _tag: "Done", runId: payload.runId, outcome: ended.value }
        : { _tag: "Text", text: `${payload.runId} waits for a decision` }
    return result
  }).pipe(
    Effect.provide(
      Layer.provideMerge(
        SupervisedTuning.toLayer(body(settings, budget)).pipe(Layer.provide(Durable.observed(view))),
        Layer.provideMerge(Durable.layer(settings.engine), Tuning.services(settings))
      )
    )
  )
}

const plan = (settings: Settings) => () =>
  Effect.gen(function* () {
    const { payload, upload } = yield* payloadOf(settings)
    yield* upload
    const { epochs, model, trainingData } = payload
    const { cost } = yield* TrainingData.check(trainingData, { model, epochs, count: 100 })
    return { tuning: cost ?? { likely: Money.zero, worst: Money.zero } }
  }).pipe(Effect.provide(Tuning.services(settings)))

const report = (result: Result) => {
  if (result._tag === "Text") return result.text
  const { training, tuned } = result.outcome
  return [
    `training   ${training.examples} examples, ${training.tokens.likely} tokens (${training.tokens.basis}), ${training.source}`,
    `job        ${tuned.job}`,
    `model      ${tuned.model}`,
    `endpoint   ${tuned.endpoint}`,
    ...tuned.checkpoints.map(
      ({ endpoint, epoch, id }) => `  checkpoint ${id}, epoch ${epoch ?? "?"}: ${endpoint ?? "-"}`
    ),
    `cost       ${tuned.cost === undefined ? "not known" : Money.format(tuned.cost)}`
  ].join("\n")
}

const encode = Schema.encodeSync(Schema.toCodecJson(Outcome))

const command = Command.make("03-supervised-tuning", { ...Options.flags, ...Durable.flags, ...Tuning.flags }, (flags) =>
  Run.durable(flags, {
    name: "03-supervised-tuning",
    program: program(flags),
    plan: plan(flags),
    embedded: Durable.embedded(flags.engine),
    report,
    json: (result) => (result._tag === "Text" ? result : { runId: result.runId, outcome: encode(result.outcome) }),
    spent: (result) =>
      result._tag === "Text" || result.outcome.tuned.cost === undefined
        ? undefined
        : { usd: result.outcome.tuned.cost, uncertain: Money.zero }
  })
).pipe(Command.withDescription("Wait for training data, check it, and tune a model once"))

export const main = () => Run.main(command)

if (import.meta.main) main()
