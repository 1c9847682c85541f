/**
 * The ranges and contradictions of generationConfig.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference#generationconfig
 *
 * @since 0.1.0
 */
import { isJsonObject } from "./Decode.ts"
import type { Model } from "../Models.ts"
import type { GenerationConfig } from "./GenerationConfig.ts"

const cannot = "Unable to submit request because"

type Numeric =
  | "candidateCount"
  | "frequencyPenalty"
  | "logprobs"
  | "maxOutputTokens"
  | "presencePenalty"
  | "temperature"
  | "topK"
  | "topP"

/** The first limit is inclusive; so is the second, unless it is called exclusive. */
const range = (
  config: GenerationConfig,
  field: Numeric,
  from: number,
  to: number,
  bound: "exclusive" | "inclusive" = "inclusive"
): ReadonlyArray<string> => {
  const value = config[field]
  if (value === undefined || (value >= from && (bound === "inclusive" ? value <= to : value < to))) return []
  return [
    `${cannot} it has a ${field} value of ${value} but the supported range is from ${from} (inclusive) to ${to} (${bound}). Update the value and try again.`
  ]
}

function* thinkingProblems(model: Model, config: GenerationConfig["thinkingConfig"]): Generator<string> {
  const { thinkingBudget: budget, thinkingLevel: level } = config ?? {}
  const { canBeOff, control, maximum } = model.thinking
  if (budget !== undefined && level !== undefined) {
    yield `${cannot} thinking_budget and thinking_level are not supported together.`
  }
  if (level !== undefined && control !== "level") yield `${cannot} Thinking level is not supported for this model.`
  if (level === "MINIMAL" && !canBeOff) yield `${cannot} Thinking level MINIMAL is not supported for this model.`
  if (budget !== undefined && (budget < -1 || budget > maximum)) {
    yield `${cannot} thinking_budget is out of range; supported values are integers from -1 to ${maximum}.`
  }
  if (budget === 0 && !canBeOff) yield `${cannot} Budget 0 is invalid. This model only works in thinking mode.`
}

function* outputProblems(config: GenerationConfig): Generator<string> {
  const { responseJsonSchema, responseMimeType = "text/plain", responseModalities, responseSchema } = config
  if (!["application/json", "text/plain", "text/x.enum", ""].includes(responseMimeType)) {
    yield `${cannot} its responseMimeType "${responseMimeType}" is not supported. Supported are text/plain, application/json and text/x.enum.`
  }
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    yield `${cannot} response_schema and response_json_schema are mutually exclusive.`
  }
  const hasSchema = responseSchema !== undefined || responseJsonSchema !== undefined
  if (hasSchema && responseMimeType !== "application/json" && responseMimeType !== "text/x.enum") {
    yield `${cannot} controlled generation of only application/json and text/x.enum is supported: set responseMimeType with the schema.`
  }
  const values = responseSchema?.enum ?? (isJsonObject(responseJsonSchema) ? responseJsonSchema["enum"] : undefined)
  if (responseMimeType === "text/x.enum" && values === undefined) {
    yield `${cannot} text/x.enum needs a schema of type STRING with enum values.`
  }
  if (responseModalities?.some((modality) => modality !== "TEXT" && modality !== "MODALITY_UNSPECIFIED") === true) {
    yield `${cannot} the requested combination of response modalities (${responseModalities.join(", ")}) is not supported by the model.`
  }
}

/**
 * Every problem of a generationConfig, the first first.
 *
 * @since 0.1.0
 */
export function* problems(model: Model, config: GenerationConfig | undefined): Generator<string> {
  if (config === undefined) return
  yield* range(config, "temperature", 0, 2)
  yield* range(config, "topP", 0, 1)
  yield* range(config, "topK", 0, 1_000_000)
  yield* range(config, "candidateCount", 1, 8)
  yield* range(config, "maxOutputTokens", 1, model.outputTokens + 1, "exclusive")
  yield* range(config, "presencePenalty", -2, 2, "exclusive")
  yield* range(config, "frequencyPenalty", -2, 2, "exclusive")
  yield* range(config, "logprobs", 1, 20)
  if ((config.stopSequences?.length ?? 0) > 5) {
    yield `${cannot} it has ${config.stopSequences?.length} stop sequences but at most 5 are supported.`
  }
  if (config.logprobs !== undefined && config.responseLogprobs !== true) {
    yield `${cannot} logprobs is set but responseLogprobs is not. Set responseLogprobs to true and try again.`
  }
  yield* thinkingProblems(model, config.thinkingConfig)
  yield* outputProblems(config)
}
