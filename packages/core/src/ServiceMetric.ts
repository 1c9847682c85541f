/**
 * Metrics that only Vertex AI's evaluation service has: translation models, and rubrics that it writes itself.
 *
 * @since 0.1.0
 */
import * as Scale from "./Scale.ts"

/**
 * What the service is asked for. Languages are codes such as `de`.
 *
 * @since 0.1.0
 */
export type Measure =
  | { readonly _tag: "Comet"; readonly sourceLanguage?: string; readonly targetLanguage?: string }
  | {
      readonly _tag: "MetricX"
      readonly version: "METRICX_24_REF" | "METRICX_24_SRC" | "METRICX_24_SRC_REF"
      readonly sourceLanguage?: string
      readonly targetLanguage?: string
    }
  | { readonly _tag: "Predefined"; readonly metricSpecName: string }
  | { readonly _tag: "RubricBasedInstructionFollowing" }

/**
 * A metric of the service.
 *
 * @since 0.1.0
 */
export interface ServiceMetric {
  readonly _tag: "Service"
  readonly name: string
  readonly inputs: ReadonlyArray<string>
  readonly scale: Scale.Scale
  readonly measure: Measure
}

interface Languages {
  readonly sourceLanguage?: string
  readonly targetLanguage?: string
}

/**
 * `comet`: COMET 22 for translations, 0 to 1, from source and reference.
 *
 * @since 0.1.0
 */
export const comet = (languages: Languages = {}): ServiceMetric => ({
  _tag: "Service",
  name: "comet",
  inputs: ["response", "source", "reference"],
  scale: Scale.share,
  measure: { _tag: "Comet", ...languages }
})

/**
 * `metricx`: MetricX 24 for translations, 0 to 25, lower is better. The version says whether it reads the source, the reference
 * or, when left out, both.
 *
 * @since 0.1.0
 */
export const metricx = (
  options: Languages & { readonly version?: Extract<Measure, { readonly _tag: "MetricX" }>["version"] } = {}
): ServiceMetric => {
  const { version = "METRICX_24_SRC_REF", ...languages } = options
  return {
    _tag: "Service",
    name: "metricx",
    inputs: [
      "response",
      ...(version === "METRICX_24_REF" ? [] : ["source"]),
      ...(version === "METRICX_24_SRC" ? [] : ["reference"])
    ],
    scale: { min: 0, max: 25, ideal: "low" },
    measure: { _tag: "MetricX", version, ...languages }
  }
}

/**
 * A metric that the service defines itself and judges by rubrics, such as `general_quality_v1`. Scores are taken for shares of
 * kept rubrics, in [0, 1], when no scale is given.
 *
 * @since 0.1.0
 */
export const predefined = (
  metricSpecName: string,
  options: { readonly inputs?: ReadonlyArray<string>; readonly scale?: Scale.Scale } = {}
): ServiceMetric => ({
  _tag: "Service",
  name: metricSpecName,
  inputs: options.inputs ?? ["prompt", "response"],
  scale: options.scale ?? Scale.share,
  measure: { _tag: "Predefined", metricSpecName }
})

/**
 * `rubric_based_instruction_following`: the share of the rubrics that the service finds in the prompt and the answer keeps.
 *
 * @since 0.1.0
 */
export const rubricBasedInstructionFollowing: ServiceMetric = {
  _tag: "Service",
  name: "rubric_based_instruction_following",
  inputs: ["prompt", "response"],
  scale: Scale.share,
  measure: { _tag: "RubricBasedInstructionFollowing" }
}

const text = ["general_quality", "text_quality", "instruction_following"]

/**
 * The named metrics: `comet`, `metricx`, `rubric_based_instruction_following`, and the predefined ones for texts. Those of agents,
 * images and videos are made by `predefined`.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/models/rubric-metric-details
 *
 * @since 0.1.0
 */
export const all: ReadonlyArray<ServiceMetric> = [
  comet(),
  metricx(),
  rubricBasedInstructionFollowing,
  ...text.flatMap((name) => [predefined(`${name}_v1`), predefined(`${name}_v2`)]),
  predefined("grounding_v1"),
  predefined("grounding_v2"),
  predefined("safety_v1"),
  predefined("safety_v3"),
  predefined("final_response_match_v2", { inputs: ["prompt", "response", "reference"] }),
  predefined("final_response_match_v3", { inputs: ["prompt", "response", "reference"] })
]
