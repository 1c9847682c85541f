/**
 * What a call used, in the units that are billed or limited.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Reducer from "effect/Reducer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Count = Schema.Natural.pipe(
  Schema.withConstructorDefault(Effect.succeed(0)),
  Schema.withDecodingDefaultKey(Effect.succeed(0))
)

/**
 * Counts of one call or of a sum of calls; each is a non-negative integer, absent ones are 0.
 *
 * **Details**
 *
 * - `inputTokens`: the whole prompt, all modalities, **including** `cachedInputTokens` and `audioInputTokens`.
 * - `outputTokens`: visible output of all candidates, **without** `thinkingTokens` (which are billed as output).
 * - `toolUseTokens`: tool results fed back to the model; outside `inputTokens`, billed as input.
 * - `billableCharacters`: informative since Gemini 2.0, which is charged by token.
 * - `requests`: calls that reached the model.
 *
 * @since 0.1.0
 */
export const Usage = Schema.Struct({
  inputTokens: Count,
  cachedInputTokens: Count,
  audioInputTokens: Count,
  outputTokens: Count,
  thinkingTokens: Count,
  toolUseTokens: Count,
  billableCharacters: Count,
  requests: Count
})

/**
 * Counts of one call or of a sum of calls.
 *
 * @since 0.1.0
 */
export type Usage = typeof Usage.Type

/**
 * Makes a usage; counts left out are 0. A count that is no non-negative integer is a programming error and throws:
 * decode data of others with `Schema.decodeUnknownResult(Usage)`.
 *
 * @since 0.1.0
 */
export const make: (counts: Partial<Usage>) => Usage = (counts) => Usage.make(counts)

/**
 * No use at all.
 *
 * @since 0.1.0
 */
export const empty: Usage = make({})

/**
 * Adds two usages count by count.
 *
 * @since 0.1.0
 */
export const plus = (self: Usage, that: Usage): Usage => ({
  inputTokens: self.inputTokens + that.inputTokens,
  cachedInputTokens: self.cachedInputTokens + that.cachedInputTokens,
  audioInputTokens: self.audioInputTokens + that.audioInputTokens,
  outputTokens: self.outputTokens + that.outputTokens,
  thinkingTokens: self.thinkingTokens + that.thinkingTokens,
  toolUseTokens: self.toolUseTokens + that.toolUseTokens,
  billableCharacters: self.billableCharacters + that.billableCharacters,
  requests: self.requests + that.requests
})

/**
 * Sums usages; the empty sum is `empty`.
 *
 * @since 0.1.0
 */
export const ReducerSum: Reducer.Reducer<Usage> = Reducer.make(plus, empty)

/**
 * Adds what is billed at the input price or below: the prompt and tool results.
 *
 * @since 0.1.0
 */
export const billedInputTokens = (self: Usage): number => self.inputTokens + self.toolUseTokens

/**
 * Adds what is billed at the output price: visible output and thinking.
 *
 * @since 0.1.0
 */
export const billedOutputTokens = (self: Usage): number => self.outputTokens + self.thinkingTokens

/**
 * Adds prompt, tool results, visible output and thinking. Cached and audio tokens are inside the prompt.
 *
 * @since 0.1.0
 */
export const totalTokens = (self: Usage): number => billedInputTokens(self) + billedOutputTokens(self)

/**
 * The `usageMetadata` of an answer is missing or contradicts itself. Such a call is booked at its worst case.
 *
 * @since 0.1.0
 */
export class InvalidUsage extends Schema.TaggedError<InvalidUsage>()("InvalidUsage", {
  reason: Schema.String
}) {
  override get message() {
    return `The usage of an answer cannot be trusted: ${this.reason}.\n  Its worst case is booked until it is reconciled.`
  }
}

const WireCount = Schema.NullishOr(Schema.Natural).pipe(Schema.optionalKey)
const UsageMetadata = Schema.Struct({
  promptTokenCount: Schema.Natural,
  cachedContentTokenCount: WireCount,
  candidatesTokenCount: WireCount,
  thoughtsTokenCount: WireCount,
  toolUsePromptTokenCount: WireCount,
  totalTokenCount: WireCount,
  promptTokensDetails: Schema.optionalKey(
    Schema.NullishOr(
      Schema.Array(Schema.Struct({ modality: Schema.optionalKey(Schema.String), tokenCount: WireCount }))
    )
  )
})
const decodeMetadata = Schema.decodeUnknownResult(UsageMetadata)

/**
 * Reads the `usageMetadata` of one answer as the usage of one request.
 *
 * **Details**
 *
 * Unknown fields are ignored, absent and null counts are 0. When `totalTokenCount` is larger than its parts, the rest is
 * booked as thinking, the dearest part (some answers leave `thoughtsTokenCount` out); when it is smaller, the parts stand.
 * Fails with `InvalidUsage` when the metadata is missing, `promptTokenCount` is absent (as in all chunks of a stream but
 * the last), a count is no non-negative integer, or more tokens are cached or audio than the prompt has.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#UsageMetadata
 *
 * @since 0.1.0
 */
export const fromUsageMetadata = (metadata: unknown): Result.Result<Usage, InvalidUsage> => {
  if (metadata === undefined || metadata === null) return invalid("usageMetadata is missing")
  const decoded = decodeMetadata(metadata)
  if (Result.isFailure(decoded)) return invalid(decoded.failure.message.replace(/\s*\n\s*/g, " "))
  const wire = decoded.success
  const inputTokens = wire.promptTokenCount
  const cachedInputTokens = wire.cachedContentTokenCount ?? 0
  let audioInputTokens = 0
  for (const { modality, tokenCount } of wire.promptTokensDetails ?? []) {
    if (modality === "AUDIO") audioInputTokens += tokenCount ?? 0
  }
  if (cachedInputTokens > inputTokens) return invalid(`${cachedInputTokens} of ${inputTokens} prompt tokens are cached`)
  if (audioInputTokens > inputTokens) return invalid(`${audioInputTokens} of ${inputTokens} prompt tokens are audio`)
  const stated: Usage = {
    inputTokens,
    cachedInputTokens,
    audioInputTokens,
    outputTokens: wire.candidatesTokenCount ?? 0,
    thinkingTokens: wire.thoughtsTokenCount ?? 0,
    toolUseTokens: wire.toolUsePromptTokenCount ?? 0,
    billableCharacters: 0,
    requests: 1
  }
  const unexplained = Math.max(0, (wire.totalTokenCount ?? 0) - totalTokens(stated))
  return Result.succeed({ ...stated, thinkingTokens: stated.thinkingTokens + unexplained })
}

const invalid = (reason: string): Result.Result<never, InvalidUsage> => Result.fail(new InvalidUsage({ reason }))
