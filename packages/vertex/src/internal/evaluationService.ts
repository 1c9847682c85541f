/** Scores with Vertex AI's evaluation service. */
import * as ComputedMetric from "@genops/core/ComputedMetric"
import type * as Metric from "@genops/core/Metric"
import * as MetricInstance from "@genops/core/MetricInstance"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as ModelName from "@genops/core/ModelName"
import type * as PairwiseMetric from "@genops/core/PairwiseMetric"
import type * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as Prompt from "@genops/core/Prompt"
import * as Scale from "@genops/core/Scale"
import type * as ServiceMetric from "@genops/core/ServiceMetric"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as CallMeter from "../CallMeter.ts"
import type { EvaluationError } from "../Evaluation.ts"
import type { EvaluationApi } from "../EvaluationApi.ts"
import type * as EvaluationRequest from "../EvaluationRequest.ts"
import type * as EvaluationResponse from "../EvaluationResponse.ts"
import * as GenerateResponse from "../GenerateResponse.ts"
import { GenerativeModel } from "../GenerativeModel.ts"
import * as JudgeFailed from "../JudgeFailed.ts"
import * as ModelMeter from "../ModelMeter.ts"
import type * as Score from "../Score.ts"
import * as VertexError from "../VertexError.ts"
import { fromErrorObject } from "./errorMapping.ts"
import * as evaluationRequest from "./evaluationRequest.ts"

export interface Settings {
  readonly project: string | undefined
  readonly judge?: ModelConfiguration.ModelConfiguration | undefined
  readonly samplingCount?: number | undefined
  readonly flip?: boolean | undefined
  readonly computed?: "vertex" | "local" | undefined
}

type Judged = PointwiseMetric.PointwiseMetric | PairwiseMetric.PairwiseMetric

// What the service takes when it is not told.
const defaultSamples = 4
const defaultJudge = "evaluation-service-default-judge"
// The service does not say what its judges used, nor bound it: a rating with its reasons is far shorter than this.
const judgeOutputTokens = 1024

export const make = (api: EvaluationApi["Service"], settings: Settings) => {
  const { computed = "vertex", flip, judge, project, samplingCount } = settings

  const malformed = (where: string, description: string) =>
    new VertexError.VertexError({
      operation: "evaluateInstances",
      target: api.location,
      reason: new VertexError.MalformedResponse({ where, description }),
      billed: "unknown",
      attempts: []
    })

  const autorater: EvaluationRequest.AutoraterConfig = {
    ...(samplingCount === undefined ? {} : { samplingCount }),
    ...(flip === undefined ? {} : { flipEnabled: flip }),
    ...(judge === undefined ? {} : { autoraterModel: autoraterModel(judge, project, api.location) }),
    ...(judge?.generationConfig === undefined ? {} : { generationConfig: judge.generationConfig })
  }

  /** Asks the service as if its judges were a model, so that a budget around the call holds and books their worst case. */
  const metered = (
    request: EvaluationRequest.EvaluateInstances,
    prompt: string,
    samples: number
  ): Effect.Effect<EvaluationResponse.EvaluateInstances | undefined, EvaluationError> =>
    Effect.suspend(() => {
      let answer: EvaluationResponse.EvaluateInstances | undefined
      const { location } = api
      const model = judge?.model ?? defaultJudge
      const generate: GenerativeModel["Service"]["generate"] = () =>
        Effect.map(api.evaluateInstances(request), (value) => {
          answer = value
          // Without usage: a budget books the worst case.
          return new GenerateResponse.GenerateResponse({}, { model, location, attempts: 1, latencyMs: 0 })
        })
      const stream: GenerativeModel["Service"]["stream"] = (...call) => Stream.fromEffect(generate(...call))
      const configuration = ModelConfiguration.make(model, {
        generationConfig: {
          maxOutputTokens: samples * (judge?.generationConfig?.maxOutputTokens ?? judgeOutputTokens)
        }
      })
      return ModelMeter.generate(
        GenerativeModel.of({ location, generate, stream }),
        configuration,
        // Each sample reads the whole prompt.
        Array.from({ length: samples }, () => ({ role: "user", parts: [{ text: prompt }] }))
      ).pipe(
        Effect.catchTag("ContentBlocked", Effect.die),
        Effect.map(() => answer)
      )
    })

  const computedScore = (
    metric: ComputedMetric.ComputedMetric,
    instance: MetricInstance.MetricInstance
  ): Effect.Effect<Score.Score, EvaluationError> => {
    const request = computed === "vertex" ? evaluationRequest.computed(metric.measure, instance) : undefined
    if (request === undefined) return local(metric, instance)
    return api.evaluateInstances(request.input).pipe(
      // Computing is not billed by the token: a budget around it has nothing to refuse.
      Effect.provideService(CallMeter.CallMeter, CallMeter.free),
      Effect.flatMap((answer) => {
        const { score, where } = evaluationRequest.computedScore(request.word, answer)
        return onScale(metric.scale, score)
          ? Effect.succeed(rating(metric.name, score))
          : Effect.fail(malformed(where, `${String(score)} is no score of ${metric.name}`))
      })
    )
  }

  const judgeFailed = (
    metric: Metric.Metric,
    instance: MetricInstance.MetricInstance,
    reason: JudgeFailed.Reason,
    description: string,
    text: string
  ) =>
    new JudgeFailed.JudgeFailed({
      metric: metric.name,
      row: instance.row ?? "",
      judge: judge?.model ?? "of the evaluation service",
      reason,
      description,
      text,
      asked: samplingCount ?? defaultSamples,
      failed: samplingCount ?? defaultSamples
    })

  const judgedScore = (
    metric: Judged,
    instance: MetricInstance.MetricInstance,
    inputs: evaluationRequest.Inputs
  ): Effect.Effect<Score.Score, EvaluationError> => {
    const samples = samplingCount ?? defaultSamples
    const rendered = Prompt.render(metric.prompt, Object.fromEntries(inputs))
    const prompt = `${metric.systemInstruction}\n${Result.getOrElse(rendered, () => metric.prompt.template)}`
    return metered(evaluationRequest.judged(metric, inputs, autorater), prompt, samples).pipe(
      Effect.flatMap((answer): Effect.Effect<Score.Score, JudgeFailed.JudgeFailed> => {
        const result = metric._tag === "Pointwise" ? answer?.pointwiseMetricResult : answer?.pairwiseMetricResult
        const explanation = result?.explanation
        const said = {
          ...(explanation === undefined ? {} : { explanation }),
          ...(judge === undefined ? {} : { judge: judge.model }),
          samples: { asked: samples, values: [], failed: [] }
        }
        const fail = (value: unknown) =>
          value === undefined
            ? Effect.fail(judgeFailed(metric, instance, "unparsable", "The service gave no score.", explanation ?? ""))
            : Effect.fail(
                judgeFailed(metric, instance, "outOfRange", `The service gave ${String(value)}.`, explanation ?? "")
              )
        if (metric._tag === "Pointwise") {
          const score = answer?.pointwiseMetricResult?.score
          return onScale(metric.scale, score) ? Effect.succeed({ ...rating(metric.name, score), ...said }) : fail(score)
        }
        const pairwiseChoice = answer?.pairwiseMetricResult?.pairwiseChoice
        return isChoice(pairwiseChoice)
          ? Effect.succeed({ _tag: "Preference", metric: metric.name, scoredBy: "vertex", pairwiseChoice, ...said })
          : fail(pairwiseChoice === "PAIRWISE_CHOICE_UNSPECIFIED" ? undefined : pairwiseChoice)
      })
    )
  }

  const serviceScore = (
    metric: ServiceMetric.ServiceMetric,
    instance: MetricInstance.MetricInstance,
    inputs: evaluationRequest.Inputs
  ): Effect.Effect<Score.Score, EvaluationError> => {
    const request = evaluationRequest.service(metric, inputs)
    const isModel = metric.measure._tag === "Comet" || metric.measure._tag === "MetricX"
    const sent: Effect.Effect<EvaluationResponse.EvaluateInstances | undefined, EvaluationError> = isModel
      ? Effect.provideService(api.evaluateInstances(request), CallMeter.CallMeter, CallMeter.free)
      : metered(request, JSON.stringify(request), defaultSamples)
    return Effect.flatMap(sent, (answer = {}): Effect.Effect<Score.Rating, EvaluationError> => {
      const many = answer.metricResults?.[0]
      if (many?.error !== undefined) {
        const { billed, reason } = fromErrorObject(many.error, metric.name)
        const error = { operation: "evaluateInstances", target: metric.name, reason, billed, attempts: [] }
        return Effect.fail(new VertexError.VertexError(error))
      }
      const rubrics = answer.rubricBasedInstructionFollowingResult
      const score = (many ?? rubrics ?? answer.cometResult ?? answer.metricxResult)?.score
      if (!onScale(metric.scale, score)) {
        if (isModel) return Effect.fail(malformed("score", `${String(score)} is no score of ${metric.name}`))
        const reason = score === undefined ? "unparsable" : "outOfRange"
        const description = score === undefined ? "The service gave no score." : `The service gave ${score}.`
        return Effect.fail(judgeFailed(metric, instance, reason, description, many?.explanation ?? ""))
      }
      const verdicts = verdictsOf(many, rubrics)
      return Effect.succeed({
        ...rating(metric.name, score),
        ...(many?.explanation === undefined ? {} : { explanation: many.explanation }),
        ...(verdicts.length === 0 ? {} : { verdicts })
      })
    })
  }

  const score = (
    metric: Metric.Metric,
    instance: MetricInstance.MetricInstance
  ): Effect.Effect<Score.Score, EvaluationError> =>
    Effect.suspend(() => {
      const inputs = MetricInstance.inputs(instance)
      const missing = MetricInstance.missing(metric, instance, inputs)
      if (missing !== undefined) return Effect.fail(missing)
      switch (metric._tag) {
        case "Computed":
          return computedScore(metric, instance)
        case "Pointwise":
        case "Pairwise":
          return judgedScore(metric, instance, inputs)
        case "Service":
          return serviceScore(metric, instance, inputs)
      }
    })

  return { score }
}

/** Computes in this process. */
export const local = (
  metric: ComputedMetric.ComputedMetric,
  instance: MetricInstance.MetricInstance
): Effect.Effect<Score.Rating, EvaluationError> =>
  Effect.map(Effect.fromResult(ComputedMetric.score(metric, instance)), (score) => ({
    _tag: "Rating",
    metric: metric.name,
    scoredBy: "local",
    score
  }))

const rating = (metric: string, score: number): Score.Rating => ({ _tag: "Rating", metric, scoredBy: "vertex", score })

const onScale = (scale: Scale.Scale, score: unknown): score is number =>
  typeof score === "number" && Scale.contains(scale, score)

const isChoice = (choice: string | undefined): choice is Score.PairwiseChoice =>
  choice === "CANDIDATE" || choice === "BASELINE" || choice === "TIE"

type Many = NonNullable<EvaluationResponse.EvaluateInstances["metricResults"]>[number] | undefined
type Rubrics = EvaluationResponse.EvaluateInstances["rubricBasedInstructionFollowingResult"]

const verdictsOf = (many: Many, rubrics: Rubrics): NonNullable<Score.Rating["verdicts"]> => [
  ...(many?.rubricVerdicts ?? []).map(({ evaluatedRubric, reasoning, verdict = false }) => ({
    rubric: evaluatedRubric?.content?.property?.description ?? "",
    verdict,
    ...(reasoning === undefined ? {} : { reasoning })
  })),
  ...(rubrics?.rubricCritiqueResults ?? []).map(({ rubric = "", verdict = false }) => ({ rubric, verdict }))
]

/** The full resource name that the service asks for. A name that is none is left to it to refuse. */
const autoraterModel = (judge: ModelConfiguration.ModelConfiguration, project: string | undefined, location: string) =>
  Result.match(ModelName.parse(judge.model), {
    onFailure: () => judge.model,
    onSuccess: (name) => ModelName.path(name, project === undefined ? undefined : { project, location })
  })
