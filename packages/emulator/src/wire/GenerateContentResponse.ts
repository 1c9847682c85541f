/**
 * The answer of generateContent as the emulator writes it. Default values are left out, as proto3 JSON does.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse
 *
 * @since 0.1.0
 */
import type { JsonObject } from "./Decode.ts"

/**
 * What kind of input or output tokens belong to.
 *
 * @since 0.1.0
 */
export type Modality = "AUDIO" | "DOCUMENT" | "IMAGE" | "TEXT" | "VIDEO"

/**
 * Tokens of one modality.
 *
 * @since 0.1.0
 */
export interface ModalityTokenCount {
  readonly modality: Modality
  readonly tokenCount: number
}

/**
 * One piece of an answer.
 *
 * @since 0.1.0
 */
export interface Part {
  readonly text?: string
  readonly thought?: true
  readonly thoughtSignature?: string
  readonly functionCall?: {
    readonly name?: string
    readonly args?: JsonObject
    readonly id?: string
    readonly partialArgs?: ReadonlyArray<JsonObject>
    readonly willContinue?: true
  }
  readonly executableCode?: { readonly language: "PYTHON"; readonly code: string }
  readonly codeExecutionResult?: { readonly outcome: "OUTCOME_FAILED" | "OUTCOME_OK"; readonly output?: string }
}

/**
 * Why an answer ended.
 *
 * @since 0.1.0
 */
export type FinishReason = (typeof finishReasons)[number]

/**
 * The finish reasons, in the order of their numbers.
 *
 * @since 0.1.0
 */
export const finishReasons = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
  "IMAGE_OTHER",
  "UNEXPECTED_TOOL_CALL",
  "NO_IMAGE",
  "LANGUAGE",
  "TOO_MANY_TOOL_CALLS",
  "MALFORMED_RESPONSE",
  "CONTINUATION"
] as const

/**
 * Why a prompt was not answered, in the order of their numbers.
 *
 * @since 0.1.0
 */
export const blockReasons = [
  "BLOCKED_REASON_UNSPECIFIED",
  "SAFETY",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
  "JAILBREAK"
] as const

/**
 * How likely and how severe a harm is judged.
 *
 * @since 0.1.0
 */
export interface SafetyRating {
  readonly category: string
  readonly probability: "HIGH" | "LOW" | "MEDIUM" | "NEGLIGIBLE"
  readonly probabilityScore: number
  readonly severity: string
  readonly severityScore: number
  readonly blocked?: true
}

/**
 * Where an answer comes from. Segment indices are byte offsets in the UTF-8 text of the part.
 *
 * @since 0.1.0
 */
export interface GroundingMetadata {
  readonly webSearchQueries?: ReadonlyArray<string>
  readonly retrievalQueries?: ReadonlyArray<string>
  readonly searchEntryPoint?: { readonly renderedContent: string }
  readonly groundingChunks?: ReadonlyArray<
    | { readonly web: { readonly uri: string; readonly title: string; readonly domain: string } }
    | { readonly retrievedContext: { readonly uri: string; readonly title: string; readonly text: string } }
  >
  readonly groundingSupports?: ReadonlyArray<{
    readonly segment: {
      readonly partIndex?: number
      readonly startIndex?: number
      readonly endIndex: number
      readonly text: string
    }
    readonly groundingChunkIndices: ReadonlyArray<number>
  }>
  readonly retrievalMetadata?: JsonObject
}

/**
 * A passage of an answer that repeats a known text. Indices are byte offsets.
 *
 * @since 0.1.0
 */
export interface Citation {
  readonly startIndex?: number
  readonly endIndex: number
  readonly uri: string
  readonly title: string
}

/**
 * A token with its log probability.
 *
 * @since 0.1.0
 */
export interface TokenProbability {
  readonly token: string
  readonly tokenId: number
  readonly logProbability: number
}

/**
 * One answer.
 *
 * @since 0.1.0
 */
export interface Candidate {
  readonly index?: number
  readonly content?: { readonly role: "model"; readonly parts?: ReadonlyArray<Part> }
  readonly finishReason?: FinishReason
  readonly finishMessage?: string
  readonly avgLogprobs?: number
  readonly logprobsResult?: {
    readonly topCandidates: ReadonlyArray<{ readonly candidates: ReadonlyArray<TokenProbability> }>
    readonly chosenCandidates: ReadonlyArray<TokenProbability>
  }
  readonly safetyRatings?: ReadonlyArray<SafetyRating>
  readonly citationMetadata?: { readonly citations: ReadonlyArray<Citation> }
  readonly groundingMetadata?: GroundingMetadata
  readonly urlContextMetadata?: {
    readonly urlMetadata: ReadonlyArray<{ readonly retrievedUrl: string; readonly urlRetrievalStatus: string }>
  }
}

/**
 * The tokens of a call, as they are billed.
 *
 * @since 0.1.0
 */
export interface UsageMetadata {
  readonly promptTokenCount?: number
  readonly candidatesTokenCount?: number
  readonly totalTokenCount?: number
  readonly cachedContentTokenCount?: number
  readonly thoughtsTokenCount?: number
  readonly toolUsePromptTokenCount?: number
  readonly trafficType: "ON_DEMAND"
  readonly promptTokensDetails?: ReadonlyArray<ModalityTokenCount>
  readonly cacheTokensDetails?: ReadonlyArray<ModalityTokenCount>
  readonly candidatesTokensDetails?: ReadonlyArray<ModalityTokenCount>
  readonly toolUsePromptTokensDetails?: ReadonlyArray<ModalityTokenCount>
}

/**
 * A whole answer, or one event of a streamed answer.
 *
 * @since 0.1.0
 */
export interface GenerateContentResponse {
  readonly candidates?: ReadonlyArray<Candidate>
  readonly promptFeedback?: {
    readonly blockReason: (typeof blockReasons)[number]
    readonly blockReasonMessage: string
    readonly safetyRatings?: ReadonlyArray<SafetyRating>
  }
  readonly usageMetadata: UsageMetadata
  readonly modelVersion: string
  readonly createTime: string
  readonly responseId: string
}
