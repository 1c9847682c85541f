/** The steps of the GenOps pipeline that are its own. */
import * as Budget from "@genops/core/Budget"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as Prompt from "@genops/core/Prompt"
import * as Usage from "@genops/core/Usage"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as BudgetBooks from "../BudgetBooks.ts"
import * as CloudStorage from "../CloudStorage.ts"
import * as Estimate from "../Estimate.ts"
import * as Evaluate from "../Evaluate.ts"
import * as Gate from "../Gate.ts"
import type * as GenOps from "../GenOps.ts"
import * as ResultStore from "../ResultStore.ts"
import * as RunSummary from "../RunSummary.ts"
import * as Step from "../Step.ts"
import * as TrainingData from "../TrainingData.ts"
import * as baseline from "./evaluateBaseline.ts"

export const Answer = Schema.Struct({
  prompt: Schema.String,
  text: Schema.String,
  finishReason: Schema.optional(Schema.String),
  usage: Schema.optional(Usage.Usage)
})

/**
 * An evaluation that could not be finished. `tag` and `detail` are of the error that ended it; rows that were done are kept in the result
 * store, and are not paid again when the run goes on.
 *
 * @since 0.1.0
 */
export class EvaluationFailed extends Schema.TaggedError<EvaluationFailed>()("EvaluationFailed", {
  step: Schema.String,
  tag: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `"${this.step}" was ended by ${this.tag}: ${this.detail}`
  }
}

/** Reads the training data and reckons what tuning by it costs: 100 examples are counted by the service, free of charge. */
export const training = ({ candidate, tuning }: GenOps.Payload, generation?: string) =>
  TrainingData.check(tuning.trainingData, {
    model: candidate.model,
    epochs: tuning.epochs,
    count: 100,
    ...(generation === undefined ? {} : { generation })
  })

export const checkTraining = (payload: GenOps.Payload, generation: string) =>
  Step.make({
    name: "check data",
    input: {
      uri: payload.tuning.trainingData,
      generation,
      model: payload.candidate.model,
      epochs: payload.tuning.epochs
    },
    success: TrainingData.Report,
    error: TrainingData.CheckError,
    execute: training(payload, generation)
  })

const rowsOf = ({ idColumn, testData }: GenOps.Payload) =>
  CloudStorage.dataset(testData, idColumn === undefined ? {} : { id: idColumn })

interface Work {
  readonly name: string
  readonly configuration: ModelConfiguration.ModelConfiguration
  readonly concurrency: number
}

const evaluation = (payload: GenOps.Payload, { concurrency, configuration, name }: Work) =>
  Effect.gen(function* () {
    const prompt = yield* Effect.fromResult(Prompt.make(payload.template))
    const { summary } = yield* Evaluate.run({
      runId: `${payload.runId}-${name.replaceAll(" ", "-")}`,
      configuration,
      prompt,
      dataset: yield* rowsOf(payload),
      metrics: payload.metrics,
      concurrency,
      ...(payload.referenceColumn === undefined ? {} : { referenceColumn: payload.referenceColumn })
    })
    return summary
  })

const messageOf = (error: { readonly _tag: string; readonly message: string }) => ({
  tag: error._tag,
  detail: error.message
})

/** A gate that cannot pass is refused before anything is paid for it. */
const enoughRows = (thresholds: Gate.Thresholds, rows: number) =>
  Effect.forEach(
    Object.entries(thresholds),
    ([metric, { minRows = 2, notWorseThanBaseline }]) => {
      const needed =
        notWorseThanBaseline === undefined
          ? minRows
          : baseline.pairsNeeded({ ...notWorseThanBaseline, minPairs: minRows })
      return rows >= needed
        ? Effect.void
        : Effect.fail(
            new Gate.InvalidThreshold({ metric, reason: `it needs ${needed} rows, the test data has ${rows}` })
          )
    },
    { discard: true }
  )

/** Reckons what both evaluations and the answers cost, without sending anything that is paid. */
export const estimate = (payload: GenOps.Payload) =>
  Effect.gen(function* () {
    const { candidate, prompts } = payload
    const work = { name: "plan", configuration: candidate, concurrency: 8 }
    const evaluated = yield* Estimate.estimate(
      Effect.provide(evaluation(payload, work), ResultStore.layerMemory, { local: true })
    )
    const { row_count } = yield* Effect.mapError(
      evaluated.exit,
      (error) => new EvaluationFailed({ step: "plan", ...messageOf(error) })
    )
    yield* enoughRows(payload.gate, row_count)
    const answered = yield* Estimate.estimate(
      Effect.forEach(prompts, (prompt) => Effect.exit(GenerativeModel.generate(candidate, prompt)))
    )
    for (const { priceUnknown } of [...evaluated.models, ...answered.models]) {
      if (priceUnknown !== undefined) return yield* priceUnknown
    }
    // The tuned model costs what its base model costs.
    return {
      evaluations: { likely: Money.times(evaluated.likely, 2), worst: Money.times(evaluated.worst, 2) },
      answers: { likely: answered.likely, worst: answered.worst }
    }
  })

/** Sees, before anything is paid, that all of the run fits into the budget at worst. */
export const checkMoney = (payload: GenOps.Payload, { cost, tokens }: TrainingData.Report) =>
  Step.make({
    name: "check money",
    input: { tokens: tokens.worst },
    success: Schema.Struct({ tuning: Money.Money, evaluations: Money.Money, answers: Money.Money }),
    error: Schema.Union([Budget.BudgetExceeded, PriceTable.PriceUnknown, Gate.InvalidThreshold, EvaluationFailed]),
    execute: Effect.gen(function* () {
      const planned = yield* estimate(payload)
      const tuning = cost?.worst ?? Money.zero
      const [evaluations, answers] = [planned.evaluations.worst, planned.answers.worst]
      yield* BudgetBooks.check(
        Budget.amount({ usd: Money.ReducerSum.combineAll([tuning, evaluations, answers]) }),
        `Worst case = tuning ${Money.format(tuning)} + two evaluations ${Money.format(evaluations)} + answers ${Money.format(answers)}.`
      )
      return { tuning, evaluations, answers }
    })
  })

/** Evaluates a model on the test data. Rows that an earlier process finished are not paid again. */
export const evaluate = (payload: GenOps.Payload, work: Work) => {
  const { name, configuration } = work
  return Step.make({
    name,
    input: { model: configuration.model, configuration: ModelConfiguration.fingerprint(configuration) },
    success: RunSummary.CandidateSummary,
    error: Schema.Union([Budget.BudgetExceeded, PriceTable.PriceUnknown, EvaluationFailed]),
    resumes: true,
    execute: evaluation(payload, work).pipe(
      Effect.mapError((error) => {
        const reason = error._tag === "RunStopped" ? error.reason : error
        return reason._tag === "BudgetExceeded" || reason._tag === "PriceUnknown"
          ? reason
          : new EvaluationFailed({ step: name, ...messageOf(error) })
      })
    )
  })
}

/** Decides. Null when all thresholds are met. */
export const gate = (payload: GenOps.Payload, summary: RunSummary.CandidateSummary) =>
  Step.make({
    name: "gate",
    input: { thresholds: payload.gate, candidate: summary.fingerprint },
    success: Schema.NullOr(Gate.ThresholdNotMet),
    error: Schema.Union([Gate.InvalidThreshold, EvaluationFailed]),
    execute: Object.keys(payload.gate).length === 0 ? Effect.succeed(null) : decide(payload, summary)
  })

const decide = (payload: GenOps.Payload, summary: RunSummary.CandidateSummary) =>
  Gate.metrics(payload.gate, { baseline: `${payload.runId}-evaluate-base` })({
    runId: `${payload.runId}-evaluate-tuned`,
    summary
  }).pipe(
    Effect.as(null),
    Effect.catchTag("ThresholdNotMet", (refused) => Effect.succeed(refused)),
    Effect.mapError((error) =>
      error._tag === "InvalidThreshold" ? error : new EvaluationFailed({ step: "gate", ...messageOf(error) })
    )
  )

/** Generates one answer. A blocked one is an answer without text. */
export const answer = (configuration: ModelConfiguration.ModelConfiguration, prompt: string, index: number) =>
  Step.make({
    name: `generate ${index + 1}`,
    input: { prompt, configuration: ModelConfiguration.fingerprint(configuration) },
    success: Answer,
    error: Schema.Union([VertexError.VertexError, Budget.BudgetExceeded, PriceTable.PriceUnknown]),
    execute: GenerativeModel.generate(configuration, prompt).pipe(
      Effect.map(({ finishReason, text, usage }) => ({ prompt, text, finishReason, usage })),
      Effect.catchTag("ContentBlocked", ({ reason, usage }) =>
        Effect.succeed({ prompt, text: "", finishReason: reason, usage })
      )
    )
  })
