/**
 * Sampling and output settings as they arrive.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerationConfig
 *
 * @since 0.1.0
 */
import { mediaResolution } from "./Content.ts"
import * as Decode from "./Decode.ts"
import * as JsonSchema from "./JsonSchema.ts"

const preference = Decode.enumeration("GenerationConfig.RoutingConfig.AutoRoutingMode.ModelRoutingPreference", [
  "UNKNOWN",
  "PRIORITIZE_QUALITY",
  "BALANCED",
  "PRIORITIZE_COST"
])

/**
 * Reads sampling and output settings.
 *
 * @since 0.1.0
 */
export const decode = Decode.message("GenerationConfig", {
  temperature: Decode.float,
  topP: Decode.float,
  topK: Decode.float,
  candidateCount: Decode.int32,
  maxOutputTokens: Decode.int32,
  stopSequences: Decode.list(Decode.string),
  presencePenalty: Decode.float,
  frequencyPenalty: Decode.float,
  seed: Decode.int32,
  responseLogprobs: Decode.bool,
  logprobs: Decode.int32,
  responseMimeType: Decode.string,
  responseSchema: JsonSchema.decode,
  responseJsonSchema: Decode.json,
  responseModalities: Decode.list(
    Decode.enumeration("GenerationConfig.Modality", ["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO"])
  ),
  mediaResolution,
  thinkingConfig: Decode.message("GenerationConfig.ThinkingConfig", {
    includeThoughts: Decode.bool,
    thinkingBudget: Decode.int32,
    thinkingLevel: Decode.enumeration("GenerationConfig.ThinkingConfig.ThinkingLevel", [
      "THINKING_LEVEL_UNSPECIFIED",
      "LOW",
      "MEDIUM",
      "HIGH",
      "MINIMAL"
    ])
  }),
  speechConfig: Decode.struct,
  imageConfig: Decode.struct,
  audioTimestamp: Decode.bool,
  enableAffectiveDialog: Decode.bool,
  routingConfig: Decode.message("GenerationConfig.RoutingConfig", {
    autoMode: Decode.message("GenerationConfig.RoutingConfig.AutoRoutingMode", { modelRoutingPreference: preference }),
    manualMode: Decode.message("GenerationConfig.RoutingConfig.ManualRoutingMode", { modelName: Decode.string })
  }),
  modelConfig: Decode.message("GenerationConfig.ModelConfig", { featureSelectionPreference: Decode.json })
})

/**
 * Sampling and output settings as read.
 *
 * @since 0.1.0
 */
export type GenerationConfig = NonNullable<ReturnType<typeof decode>>
