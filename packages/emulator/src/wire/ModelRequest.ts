/**
 * The bodies of generateContent, countTokens and computeTokens as they arrive.
 *
 * @since 0.1.0
 */
import * as Content from "./Content.ts"
import * as Decode from "./Decode.ts"
import * as GenerationConfig from "./GenerationConfig.ts"
import * as SafetySetting from "./SafetySetting.ts"
import * as Tool from "./Tool.ts"

const generate = {
  contents: Decode.list(Content.decode),
  systemInstruction: Content.decode,
  tools: Decode.list(Tool.decode),
  toolConfig: Tool.decodeConfig,
  safetySettings: Decode.list(SafetySetting.decode),
  generationConfig: GenerationConfig.decode,
  cachedContent: Decode.string,
  labels: Decode.map(Decode.string),
  modelArmorConfig: Decode.message("ModelArmorConfig", {
    promptTemplateName: Decode.string,
    responseTemplateName: Decode.string
  }),
  // Part of the message, though the path decides the model.
  model: Decode.string
}

/** Fields that newer Google clients put at the top level; discovery v1 does not know them. */
const newer = ["continuationToken", "outputConfig", "serviceTier"]

/**
 * Reads the body of generateContent and streamGenerateContent, and accepts the top-level fields that newer clients send.
 *
 * @since 0.1.0
 */
export const decodeGenerate = Decode.message("GenerateContentRequest", generate, { ignored: newer })

/**
 * As `decodeGenerate`, but refuses what discovery v1 does not name.
 *
 * @since 0.1.0
 */
export const decodeGenerateStrict = Decode.message("GenerateContentRequest", generate)

/**
 * The body of generateContent as read.
 *
 * @since 0.1.0
 */
export type GenerateRequest = NonNullable<ReturnType<typeof decodeGenerate>>

/**
 * Reads the body of countTokens. It takes neither tool settings nor safety settings nor a cache.
 *
 * @since 0.1.0
 */
export const decodeCount = Decode.message("CountTokensRequest", {
  contents: Decode.list(Content.decode),
  instances: Decode.list(Decode.json),
  systemInstruction: Content.decode,
  tools: Decode.list(Tool.decode),
  generationConfig: GenerationConfig.decode,
  model: Decode.string
})

/**
 * The body of countTokens as read.
 *
 * @since 0.1.0
 */
export type CountRequest = NonNullable<ReturnType<typeof decodeCount>>

/**
 * Reads the body of computeTokens.
 *
 * @since 0.1.0
 */
export const decodeCompute = Decode.message("ComputeTokensRequest", {
  contents: Decode.list(Content.decode),
  instances: Decode.list(Decode.json),
  model: Decode.string
})
