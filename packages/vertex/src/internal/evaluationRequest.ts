/** Writes a metric and an instance as a request of Vertex AI's evaluation service. */
import type { Measure } from "@genops/core/ComputedMetric"
import type { Trajectory } from "@genops/core/metric/Trajectory"
import type * as MetricInstance from "@genops/core/MetricInstance"
import type * as PairwiseMetric from "@genops/core/PairwiseMetric"
import type * as PointwiseMetric from "@genops/core/PointwiseMetric"
import type * as ServiceMetric from "@genops/core/ServiceMetric"
import type * as EvaluationRequest from "../EvaluationRequest.ts"
import type * as EvaluationResponse from "../EvaluationResponse.ts"

/** The inputs of an instance; the caller has checked that those of the metric are there. */
export type Inputs = ReadonlyMap<string, string>

/** What the service computes, by the word that its request and its answer start with. */
type Computed = {
  [K in keyof EvaluationRequest.Inputs]: EvaluationRequest.Inputs[K] extends { readonly instances: unknown }
    ? K extends `${infer Word}Input`
      ? Word
      : never
    : never
}[keyof EvaluationRequest.Inputs]

interface Request {
  readonly input: EvaluationRequest.Input
  readonly word: Computed
}

const toolCallWords = {
  tool_call_valid: "toolCallValid",
  tool_name_match: "toolNameMatch",
  tool_parameter_key_match: "toolParameterKeyMatch",
  tool_parameter_kv_match: "toolParameterKvMatch"
} as const

const trajectoryWords = {
  exactMatch: "trajectoryExactMatch",
  inOrderMatch: "trajectoryInOrderMatch",
  anyOrderMatch: "trajectoryAnyOrderMatch",
  precision: "trajectoryPrecision",
  recall: "trajectoryRecall"
} as const

const rougeType = (type: string): string => {
  const rest = type.slice("rouge_".length)
  return rest === "l" ? "rougeL" : rest === "l_sum" ? "rougeLsum" : `rouge${rest}`
}

const toolCalls = (trajectory: Trajectory = []) => ({
  toolCalls: trajectory.map(({ tool_input, tool_name }) => ({
    toolName: tool_name,
    toolInput: typeof tool_input === "string" ? tool_input : JSON.stringify(tool_input ?? {})
  }))
})

/** A metric that the service computes; undefined for one that it does not have. */
export const computed = (measure: Measure, instance: MetricInstance.MetricInstance): Request | undefined => {
  const request = <Word extends Computed>(
    word: Word,
    metricSpec: EvaluationRequest.Inputs[`${Word}Input`]["metricSpec"],
    instances: ReadonlyArray<object>
  ): Request => ({
    word,
    // The key names the word, and the callers below pair each word with the instances of its type.
    input: { [`${word}Input`]: { metricSpec, instances } } as unknown as EvaluationRequest.Input
  })
  const texts = [{ prediction: instance.response, reference: instance.reference ?? "" }]
  const predictedTrajectory = toolCalls(instance.trajectory)
  const trajectories = [{ predictedTrajectory, referenceTrajectory: toolCalls(instance.referenceTrajectory) }]
  switch (measure._tag) {
    case "ExactMatch":
      return request("exactMatch", {}, texts)
    case "Bleu": {
      const { _tag: _, ...settings } = measure
      return request("bleu", settings, texts)
    }
    case "Rouge": {
      const { _tag: _, type, ...settings } = measure
      return request("rouge", { rougeType: rougeType(type), ...settings }, texts)
    }
    case "ToolCall": {
      const { _tag: _, part, ...settings } = measure
      return part === "tool_parameter_kv_match"
        ? request("toolParameterKvMatch", settings, texts)
        : request(toolCallWords[part], {}, texts)
    }
    case "Trajectory":
      return request(trajectoryWords[measure.compare], {}, trajectories)
    case "SingleToolUse":
      return request("trajectorySingleToolUse", { toolName: measure.toolName }, [{ predictedTrajectory }])
    default:
      return undefined
  }
}

/** The score of a computed metric in an answer, and where it stands. */
export const computedScore = (word: Computed, answer: EvaluationResponse.EvaluateInstances) => ({
  where: `${word}Results.${word}MetricValues.0.score`,
  score: answer[`${word}Results`]?.[`${word}MetricValues`]?.[0]?.score
})

const jsonInstance = (names: ReadonlyArray<string>, inputs: Inputs) =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, inputs.get(name) ?? ""])))

/** A metric that a judge of the service decides. */
export const judged = (
  metric: PointwiseMetric.PointwiseMetric | PairwiseMetric.PairwiseMetric,
  inputs: Inputs,
  autorater: EvaluationRequest.AutoraterConfig
): EvaluationRequest.EvaluateInstances => {
  const { systemInstruction } = metric
  const metricSpec = {
    metricPromptTemplate: metric.prompt.template,
    ...(systemInstruction === "" ? {} : { systemInstruction })
  }
  const instance = { jsonInstance: jsonInstance(metric.inputs, inputs) }
  const { flipEnabled: _, ...config } = autorater
  if (metric._tag === "Pointwise") {
    const autoraterConfig = Object.keys(config).length === 0 ? {} : { autoraterConfig: config }
    return { pointwiseMetricInput: { metricSpec, instance }, ...autoraterConfig }
  }
  const fields = { candidateResponseFieldName: "response", baselineResponseFieldName: "baseline_model_response" }
  return {
    pairwiseMetricInput: { metricSpec: { ...metricSpec, ...fields }, instance },
    ...(Object.keys(autorater).length === 0 ? {} : { autoraterConfig: autorater })
  }
}

/** A metric that only the service has. */
export const service = (metric: ServiceMetric.ServiceMetric, inputs: Inputs): EvaluationRequest.EvaluateInstances => {
  const { measure } = metric
  const pick = (name: string, as = name) => {
    const value = metric.inputs.includes(name) ? inputs.get(name) : undefined
    return value === undefined ? {} : { [as]: value }
  }
  const translation = { prediction: inputs.get("response") ?? "", ...pick("reference"), ...pick("source") }
  switch (measure._tag) {
    case "Comet": {
      const { _tag: _, ...languages } = measure
      return { cometInput: { metricSpec: { version: "COMET_22_SRC_REF", ...languages }, instance: translation } }
    }
    case "MetricX": {
      const { _tag: _, ...metricSpec } = measure
      return { metricxInput: { metricSpec, instance: translation } }
    }
    case "RubricBasedInstructionFollowing":
      return {
        rubricBasedInstructionFollowingInput: {
          metricSpec: {},
          instance: { jsonInstance: jsonInstance(metric.inputs, inputs) }
        }
      }
    case "Predefined": {
      const data = (name: string) => {
        const text = metric.inputs.includes(name) ? inputs.get(name) : undefined
        return text === undefined ? {} : { [name]: { text } }
      }
      const known = ["prompt", "response", "reference"]
      const others = metric.inputs.filter((name) => !known.includes(name)).map(data)
      return {
        instance: {
          ...data("prompt"),
          ...data("response"),
          ...data("reference"),
          ...(others.length === 0 ? {} : { otherData: { mapInstance: Object.assign({}, ...others) } })
        },
        metrics: [{ predefinedMetricSpec: { metricSpecName: measure.metricSpecName } }]
      }
    }
  }
}
