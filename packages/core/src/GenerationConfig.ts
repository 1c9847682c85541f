/**
 * Sampling and output settings of a request.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerationConfig
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const int32 = Schema.Int.check(Schema.isBetween({ minimum: -2147483648, maximum: 2147483647 }))
const penalty = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(-2), Schema.isLessThan(2))

/**
 * How much a model may think before it answers: `thinkingBudget` in tokens for 2.5 models (0 off, -1 dynamic),
 * `thinkingLevel` for 3.x models; both at once are refused. Thinking is billed as output.
 *
 * @since 0.1.0
 */
export const ThinkingConfig = Schema.Struct({
  includeThoughts: Schema.optional(Schema.Boolean),
  thinkingBudget: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(-1))),
  thinkingLevel: Schema.optional(Schema.Literals(["MINIMAL", "LOW", "MEDIUM", "HIGH"]))
}).check(
  Schema.makeFilter((config) =>
    config.thinkingBudget !== undefined && config.thinkingLevel !== undefined
      ? "thinkingBudget (2.5 models) and thinkingLevel (3.x models) exclude each other"
      : undefined
  )
)

/**
 * Sampling and output settings. Every field is optional; what is absent is decided by the model.
 *
 * Bounds: `temperature` 0..2, `topP` 0..1, `topK` at least 1, `candidateCount` 1..8, `maxOutputTokens` at least 1 token
 * (thinking included), at most 5 `stopSequences`, penalties -2..2 (2 excluded), `seed` a 32-bit integer, `logprobs` 1..20.
 * `responseSchema` (Vertex's own form) and `responseJsonSchema` (JSON Schema) exclude each other and need a JSON or enum
 * `responseMimeType`.
 *
 * @since 0.1.0
 */
export const GenerationConfig = Schema.Struct({
  temperature: Schema.optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))),
  topP: Schema.optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  topK: Schema.optional(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1))),
  candidateCount: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 }))),
  maxOutputTokens: Schema.optional(int32.check(Schema.isGreaterThanOrEqualTo(1))),
  stopSequences: Schema.optional(Schema.Array(Schema.NonEmptyString).check(Schema.isMaxLength(5))),
  presencePenalty: Schema.optional(penalty),
  frequencyPenalty: Schema.optional(penalty),
  seed: Schema.optional(int32),
  responseLogprobs: Schema.optional(Schema.Boolean),
  logprobs: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 }))),
  responseMimeType: Schema.optional(Schema.String),
  responseSchema: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  responseJsonSchema: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  responseModalities: Schema.optional(Schema.Array(Schema.Literals(["TEXT", "IMAGE", "AUDIO"]))),
  mediaResolution: Schema.optional(
    Schema.Literals(["MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"])
  ),
  thinkingConfig: Schema.optional(ThinkingConfig),
  speechConfig: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  imageConfig: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  audioTimestamp: Schema.optional(Schema.Boolean),
  enableAffectiveDialog: Schema.optional(Schema.Boolean),
  routingConfig: Schema.optional(Schema.Record(Schema.String, Schema.Unknown))
}).check(
  Schema.makeFilter((config) => {
    const schemas = [config.responseSchema, config.responseJsonSchema].filter((schema) => schema !== undefined).length
    if (schemas === 2) return "responseSchema and responseJsonSchema exclude each other"
    return schemas === 1 && (config.responseMimeType === undefined || config.responseMimeType === "text/plain")
      ? 'a response schema needs responseMimeType "application/json" (or "text/x.enum")'
      : undefined
  })
)

/**
 * Sampling and output settings.
 *
 * @since 0.1.0
 */
export type GenerationConfig = typeof GenerationConfig.Type
