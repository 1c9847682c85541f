/**
 * One answer before it is written down.
 *
 * @since 0.1.0
 */
import type { Candidate, FinishReason, Part, SafetyRating } from "../wire/GenerateContentResponse.ts"
import * as Tokens from "./Tokens.ts"

/**
 * One answer. When `withheld` a filter stopped it: a single answer has no content then, a stream has its beginning.
 * `extras` are the fields of the candidate that describe its content.
 *
 * @since 0.1.0
 */
export interface Draft {
  readonly parts: ReadonlyArray<Part>
  readonly finishReason: FinishReason
  readonly withheld: boolean
  readonly safetyRatings: ReadonlyArray<SafetyRating>
  readonly extras: Pick<
    Candidate,
    "avgLogprobs" | "citationMetadata" | "finishMessage" | "groundingMetadata" | "logprobsResult" | "urlContextMetadata"
  >
}

/**
 * The tokens of an answer's visible parts: text, function calls as JSON, code and its output. Thoughts are counted apart.
 *
 * @since 0.1.0
 */
export const tokens = (parts: ReadonlyArray<Part>): number =>
  parts.reduce((sum, part) => {
    if (part.thought === true) return sum
    const text =
      part.text ??
      part.executableCode?.code ??
      part.codeExecutionResult?.output ??
      (part.functionCall === undefined ? "" : JSON.stringify(part.functionCall))
    return sum + Tokens.count(text)
  }, 0)
