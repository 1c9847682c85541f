/**
 * evaluateInstances, evaluateDataset and generateInstanceRubrics, in regions only.
 *
 * Computed metrics are computed as Google computes them. Judged metrics are heuristics that stand for a model, and say so.
 *
 * Source: google.cloud.aiplatform.v1beta1.EvaluationService
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Answered from "../evaluation/Answered.ts"
import * as Computed from "../evaluation/Computed.ts"
import * as DatasetRun from "../evaluation/DatasetRun.ts"
import * as Judge from "../evaluation/Judge.ts"
import * as Judged from "../evaluation/Judged.ts"
import * as LegacyMetric from "../evaluation/LegacyMetric.ts"
import * as MetricList from "../evaluation/MetricList.ts"
import * as MetricTemplate from "../evaluation/MetricTemplate.ts"
import * as Problem from "../evaluation/Problem.ts"
import * as Rubric from "../evaluation/Rubric.ts"
import * as RubricMetric from "../evaluation/RubricMetric.ts"
import * as Translation from "../evaluation/Translation.ts"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as Operations from "../store/Operations.ts"
import type { Decode, JsonObject } from "../wire/Decode.ts"
import * as EvaluationEnum from "../wire/EvaluationEnum.ts"
import * as EvaluationRequest from "../wire/EvaluationRequest.ts"
import type { Metric } from "../wire/EvaluationSpec.ts"
import * as OperationRoutes from "./Operations.ts"

/** What is answered, and what its judges are billed. */
interface Done {
  readonly body: JsonObject
  readonly bill?: Answer.Bill | undefined
}

type Reply = Result.Result<Done, Problem.Problem>

const free = (body: JsonObject): Done => ({ body })

/** The result of a template's metric: what was said, or on request the raw outputs instead. */
const judged = (
  field: string,
  { bill, raw, ...verdict }: Judged.Rated | Judged.Compared,
  returnsRaw: boolean | undefined
): Done => ({
  body: { [field]: returnsRaw === true ? { customOutput: { rawOutputs: { rawOutput: raw } } } : verdict },
  bill
})

const ofMetrics = (place: Judge.Place, request: EvaluationRequest.Instances): Reply => {
  const { autoraterConfig, instance = {}, metricSources = [], metrics = [] } = request
  const subject = { values: MetricTemplate.ofInstance(instance), rubricGroups: instance.rubricGroups ?? {} }
  const isAgent = instance.agentData !== undefined || instance.agentEvalData !== undefined
  const score = (metric: Metric): Result.Result<MetricList.Scored, Problem.Problem> =>
    isAgent && instance.response === undefined
      ? Problem.unimplemented("The instance has agent data without a response.")
      : MetricList.score(place, metric, subject, autoraterConfig)
  const results = [
    ...metrics.map(score),
    ...metricSources.map(({ metric, metricResourceName }) =>
      metric === undefined ? Problem.notFound(`EvaluationMetric ${metricResourceName} not found`) : score(metric)
    )
  ]
  const metricResults = results.map((result) =>
    Result.isSuccess(result) ? result.success.result : { error: result.failure }
  )
  const bills = results.flatMap((result) => (Result.isSuccess(result) ? (result.success.bill ?? []) : []))
  return Result.succeed({ body: { metricResults }, bill: Judge.total(bills) })
}

const evaluateInstances = (place: Judge.Place, request: EvaluationRequest.Instances): Reply =>
  Result.gen(function* () {
    const computed = Computed.answer(request)
    if (computed !== undefined) return free(yield* computed)
    const { cometInput, metricxInput, pairwiseMetricInput, pointwiseMetricInput } = request
    if (cometInput !== undefined) return free(yield* Translation.comet(cometInput))
    if (metricxInput !== undefined) return free(yield* Translation.metricx(metricxInput))
    if (request.metrics !== undefined || request.metricSources !== undefined) return yield* ofMetrics(place, request)
    const judge = yield* Judge.resolve(place, request.autoraterConfig)
    if (pointwiseMetricInput !== undefined) {
      const { instance, metricSpec = {} } = pointwiseMetricInput
      const rated = yield* Judged.pointwise(judge, metricSpec, yield* MetricTemplate.ofJudged(instance))
      return judged("pointwiseMetricResult", rated, metricSpec.customOutputFormatConfig?.returnRawOutput)
    }
    if (pairwiseMetricInput !== undefined) {
      const { instance, metricSpec = {} } = pairwiseMetricInput
      const compared = yield* Judged.pairwise(judge, metricSpec, yield* MetricTemplate.ofJudged(instance))
      return judged("pairwiseMetricResult", compared, metricSpec.customOutputFormatConfig?.returnRawOutput)
    }
    const { rubricBasedInstructionFollowingInput: rubricInput } = request
    if (rubricInput !== undefined) {
      const values = yield* MetricTemplate.ofJudged(rubricInput.instance)
      for (const name of ["prompt", "response"]) yield* Problem.required(values.get(name), name)
      const answered = Answered.of(values)
      const rubrics = Rubric.generate(answered.prompt)
      const { bill, score } = yield* RubricMetric.byRubrics(judge, rubrics, answered)
      const rubricCritiqueResults = rubrics.map((rubric) => {
        const { verdict } = Rubric.check(Rubric.description(rubric), answered)
        return { rubric: Rubric.description(rubric), ...(verdict ? { verdict } : {}) }
      })
      return { body: { rubricBasedInstructionFollowingResult: { score, rubricCritiqueResults } }, bill }
    }
    const legacy = LegacyMetric.answer(judge, request)
    return legacy === undefined
      ? yield* Problem.invalid("metric_inputs is required: give one input, or metrics")
      : yield* legacy
  })

const generateInstanceRubrics = (
  place: Judge.Place,
  request: NonNullable<ReturnType<typeof EvaluationRequest.decodeRubrics>>
): Reply =>
  Result.gen(function* () {
    const { contents = [], predefinedRubricGenerationSpec: predefined, rubricGenerationSpec: own } = request
    const text = PromptTokens.texts({ contents }).join("\n")
    if (text.trim() === "") return yield* Problem.invalid("contents is required")
    if ((predefined === undefined) === (own === undefined)) {
      return yield* Problem.invalid("Give either predefined_rubric_generation_spec or rubric_generation_spec")
    }
    const fallback =
      predefined === undefined ? Judge.usual.judge : (yield* RubricMetric.find(predefined.metricSpecName)).judge
    const judge = yield* Judge.resolve(place, own?.modelConfig, fallback)
    const generatedRubrics = Rubric.generate(text)
    const asked = { text, media: [] }
    const bill = Judge.bill({ ...judge, samples: 1 }, asked, JSON.stringify(generatedRubrics), own?.promptTemplate)
    return { body: { generatedRubrics }, bill }
  })

const evaluateDataset = (place: Judge.Place, request: EvaluationRequest.Dataset, version: string): Reply =>
  Result.map(DatasetRun.check(request), () => {
    const now = new Date()
    const { bill, end } = DatasetRun.run(place, request, now)
    const type = (name: string) => `type.googleapis.com/google.cloud.aiplatform.${version}.${name}`
    const time = now.toISOString().replace("Z", "000Z")
    const operation = place.state.operations.start(OperationRoutes.parent(place.location), {
      metadata: {
        "@type": type("EvaluateDatasetOperationMetadata"),
        genericMetadata: { createTime: time, updateTime: time }
      },
      end: "error" in end ? end : { response: { "@type": type("EvaluateDatasetResponse"), ...end.response } },
      looks: 2
    })
    return { body: Operations.body(operation), bill }
  })

/** The location of a path, else that of the body; evaluation is in regions only. */
const placeOf = (
  state: State,
  request: Request,
  named: string | undefined
): Result.Result<Judge.Place, Problem.Problem> => {
  const location = request.parameters["location"] ?? /^projects\/[^/]+\/locations\/([^/]+)$/.exec(named ?? "")?.[1]
  if (location === undefined) return Problem.invalid("location is required: projects/*/locations/*")
  return /^(?:global|us|eu)$/.test(location)
    ? Problem.invalid(`The evaluation service is not available in ${location}. Use a region such as us-central1`)
    : Result.succeed({ state, location })
}

/**
 * The routes of evaluation.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const route = <A extends { readonly location?: string }>(
    name: string,
    decode: Decode<A>,
    answer: (place: Judge.Place, body: A, version: string) => Reply
  ): Route => ({
    operation: name,
    method: "POST",
    pattern: new RegExp(
      `^/(?:v1|v1beta1)(?:/projects/(?<project>[^/]+)/locations/(?<location>[^/:]+)|(?<=/v1beta1)):${name}$`
    ),
    rpc: `google.cloud.aiplatform.v1.EvaluationService.${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    handle: (request) => {
      const read = JsonBody.read(request.body, decode)
      if (Result.isFailure(read)) return Answer.error(read.failure)
      const version = request.path.startsWith("/v1beta1") ? "v1beta1" : "v1"
      const done = Result.flatMap(placeOf(state, request, read.success.location), (place) =>
        answer(place, read.success, version)
      )
      if (Result.isFailure(done)) return Answer.error(Problem.toError(done.failure))
      const { bill, body } = done.success
      return {
        ...Answer.json(OperationRoutes.enumNumbers(request) ? EvaluationEnum.numbered(body) : body),
        ...(bill === undefined ? {} : { bill })
      }
    }
  })
  return [
    route("evaluateInstances", EvaluationRequest.decodeInstances, evaluateInstances),
    route("evaluateDataset", EvaluationRequest.decodeDataset, evaluateDataset),
    route("generateInstanceRubrics", EvaluationRequest.decodeRubrics, generateInstanceRubrics)
  ]
}
