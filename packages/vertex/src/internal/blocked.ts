/**
 * Tells answers that a filter stopped from answers.
 */
import * as Content from "@genops/core/Content"
import * as Usage from "@genops/core/Usage"
import * as Result from "effect/Result"
import * as ContentBlocked from "../ContentBlocked.ts"
import type * as GenerateBody from "../GenerateBody.ts"

const stopped = new Set(["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE"])

/**
 * Returns the failure when the prompt was blocked, or when a filter stopped the first candidate, the one that the getters of
 * `GenerateResponse` read. Other finish reasons (`MAX_TOKENS`, unknown ones) are answers. `textSoFar` is what earlier deltas
 * of a stream had brought.
 *
 * Without a readable `usageMetadata` the usage is undefined.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse
 */
export const blockedOf = (
  body: GenerateBody.GenerateBody,
  model: string,
  textSoFar = ""
): ContentBlocked.ContentBlocked | undefined => {
  const { candidates = [], promptFeedback } = body
  if (candidates.length === 0) {
    if (promptFeedback?.blockReason === undefined) return undefined
    return new ContentBlocked.ContentBlocked({
      blocked: "prompt",
      reason: promptFeedback.blockReason,
      description: promptFeedback.blockReasonMessage ?? "",
      model,
      text: textSoFar,
      safetyRatings: promptFeedback.safetyRatings ?? [],
      usage: usageOf(body)
    })
  }
  // An event of a stream may hold another candidate only.
  const first = candidates.find((candidate) => (candidate.index ?? 0) === 0)
  const reason = first?.finishReason
  if (reason === undefined || !(stopped.has(reason) || reason.startsWith("IMAGE_"))) return undefined
  return new ContentBlocked.ContentBlocked({
    blocked: "candidate",
    reason,
    description: first?.finishMessage ?? "",
    model,
    text: textSoFar + Content.text(first?.content),
    safetyRatings: first?.safetyRatings ?? [],
    usage: usageOf(body)
  })
}

const usageOf = ({ usageMetadata }: GenerateBody.GenerateBody): Usage.Usage | undefined =>
  Result.getOrUndefined(Usage.fromUsageMetadata(usageMetadata))
