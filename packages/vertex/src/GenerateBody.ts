/**
 * The answer of generateContent as it travels: every field of the wire format that has a meaning here.
 *
 * Schemas are lenient: absent fields, unknown fields and unknown enum values pass. What passes keeps its unknown fields.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse
 *
 * @since 0.1.0
 */
import * as Content from "@genops/core/Content"
import * as Schema from "effect/Schema"

const count = Schema.optional(Schema.Natural)

/**
 * How likely and how severe a harm is judged.
 *
 * @since 0.1.0
 */
export const SafetyRating = Schema.Struct({
  category: Schema.optional(Schema.String),
  probability: Schema.optional(Schema.String),
  probabilityScore: Schema.optional(Schema.Number),
  severity: Schema.optional(Schema.String),
  severityScore: Schema.optional(Schema.Number),
  blocked: Schema.optional(Schema.Boolean)
})

/**
 * How likely and how severe a harm is judged.
 *
 * @since 0.1.0
 */
export type SafetyRating = typeof SafetyRating.Type

const Source = Schema.Struct({ uri: Schema.optional(Schema.String), title: Schema.optional(Schema.String) })

/**
 * Where a grounded answer comes from: queries, chunks (sources), and which bytes of the text each supports.
 *
 * @since 0.1.0
 */
export const GroundingMetadata = Schema.Struct({
  webSearchQueries: Schema.optional(Schema.Array(Schema.String)),
  retrievalQueries: Schema.optional(Schema.Array(Schema.String)),
  searchEntryPoint: Schema.optional(Schema.Struct({ renderedContent: Schema.optional(Schema.String) })),
  groundingChunks: Schema.optional(
    Schema.Array(
      Schema.Struct({
        web: Schema.optional(Source),
        retrievedContext: Schema.optional(Source),
        maps: Schema.optional(Source)
      })
    )
  ),
  groundingSupports: Schema.optional(
    Schema.Array(
      Schema.Struct({
        segment: Schema.optional(
          Schema.Struct({
            partIndex: count,
            startIndex: count,
            endIndex: count,
            text: Schema.optional(Schema.String)
          })
        ),
        groundingChunkIndices: Schema.optional(Schema.Array(Schema.Natural)),
        confidenceScores: Schema.optional(Schema.Array(Schema.Number))
      })
    )
  )
})

/**
 * Where a grounded answer comes from.
 *
 * @since 0.1.0
 */
export type GroundingMetadata = typeof GroundingMetadata.Type

const LogProbability = Schema.Struct({
  token: Schema.optional(Schema.String),
  tokenId: Schema.optional(Schema.Int),
  logProbability: Schema.optional(Schema.Number)
})

/**
 * One answer of the model.
 *
 * @since 0.1.0
 */
export const Candidate = Schema.Struct({
  index: count,
  content: Schema.optional(Content.Content),
  finishReason: Schema.optional(Schema.String),
  finishMessage: Schema.optional(Schema.String),
  avgLogprobs: Schema.optional(Schema.Number),
  logprobsResult: Schema.optional(
    Schema.Struct({
      topCandidates: Schema.optional(
        Schema.Array(Schema.Struct({ candidates: Schema.optional(Schema.Array(LogProbability)) }))
      ),
      chosenCandidates: Schema.optional(Schema.Array(LogProbability))
    })
  ),
  safetyRatings: Schema.optional(Schema.Array(SafetyRating)),
  citationMetadata: Schema.optional(
    Schema.Struct({
      citations: Schema.optional(
        Schema.Array(
          Schema.Struct({
            startIndex: count,
            endIndex: count,
            uri: Schema.optional(Schema.String),
            title: Schema.optional(Schema.String),
            license: Schema.optional(Schema.String)
          })
        )
      )
    })
  ),
  groundingMetadata: Schema.optional(GroundingMetadata),
  urlContextMetadata: Schema.optional(
    Schema.Struct({
      urlMetadata: Schema.optional(
        Schema.Array(
          Schema.Struct({
            retrievedUrl: Schema.optional(Schema.String),
            urlRetrievalStatus: Schema.optional(Schema.String)
          })
        )
      )
    })
  )
})

/**
 * One answer of the model.
 *
 * @since 0.1.0
 */
export type Candidate = typeof Candidate.Type

const ModalityCount = Schema.Struct({ modality: Schema.optional(Schema.String), tokenCount: count })
const details = Schema.optional(Schema.Array(ModalityCount))

/**
 * Token counts of a call, as sent. `promptTokenCount` includes cached tokens; thoughts are not part of `candidatesTokenCount`.
 *
 * @since 0.1.0
 */
export const UsageMetadata = Schema.Struct({
  promptTokenCount: count,
  cachedContentTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
  toolUsePromptTokenCount: count,
  totalTokenCount: count,
  promptTokensDetails: details,
  cacheTokensDetails: details,
  candidatesTokensDetails: details,
  toolUsePromptTokensDetails: details,
  trafficType: Schema.optional(Schema.String)
})

/**
 * Token counts of a call, as sent.
 *
 * @since 0.1.0
 */
export type UsageMetadata = typeof UsageMetadata.Type

/**
 * The answer of generateContent, or one event of its stream.
 *
 * @since 0.1.0
 */
export const GenerateBody = Schema.Struct({
  candidates: Schema.optional(Schema.Array(Candidate)),
  promptFeedback: Schema.optional(
    Schema.Struct({
      blockReason: Schema.optional(Schema.String),
      blockReasonMessage: Schema.optional(Schema.String),
      safetyRatings: Schema.optional(Schema.Array(SafetyRating))
    })
  ),
  usageMetadata: Schema.optional(UsageMetadata),
  modelVersion: Schema.optional(Schema.String),
  createTime: Schema.optional(Schema.String),
  responseId: Schema.optional(Schema.String)
})

/**
 * The answer of generateContent, or one event of its stream.
 *
 * @since 0.1.0
 */
export type GenerateBody = typeof GenerateBody.Type
