/**
 * How much of a grounded answer is backed by a source.
 *
 * Vertex AI's own `groundedness` metric sees the prompt only and punishes answers that are grounded in search results. This one
 * reads the grounding metadata that came with the answer. Own definition.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as Whitespace from "./Whitespace.ts"

/**
 * What is read of `groundingMetadata`. `startIndex` (0 when left out) and `endIndex` are byte offsets in the UTF-8 text of the
 * part number `partIndex` (0 when left out); `groundingChunkIndices` point into `groundingChunks`.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GroundingMetadata
 *
 * @since 0.1.0
 */
export interface GroundingMetadata {
  readonly groundingChunks?: ReadonlyArray<unknown> | undefined
  readonly groundingSupports?:
    | ReadonlyArray<{
        readonly segment?:
          | {
              readonly partIndex?: number | undefined
              readonly startIndex?: number | undefined
              readonly endIndex?: number | undefined
            }
          | undefined
        readonly groundingChunkIndices?: ReadonlyArray<number> | undefined
      }>
    | undefined
}

/** The number of UTF-8 bytes of a code point; a lone surrogate is sent as U+FFFD. */
const utf8Length = (point: number) => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)

/**
 * The share of the characters of an answer, white space aside, that lie in a segment supported by at least one existing source;
 * in [0, 1]. `parts` are the texts of the answer's parts.
 *
 * Absent with reason `Undefined` when the answer has no grounding metadata (it was not grounded) or no characters. An answer
 * with metadata but without supports was grounded and cites nothing: 0.
 *
 * @since 0.1.0
 */
export const score = (
  parts: ReadonlyArray<string>,
  metadata: GroundingMetadata | undefined
): Result.Result<number, Absent> => {
  if (metadata === undefined) return absent("citation_coverage", "Undefined", "the answer has no grounding metadata.")
  const sources = metadata.groundingChunks?.length ?? 0
  const supports = (metadata.groundingSupports ?? []).filter((support) =>
    support.groundingChunkIndices?.some((index) => index >= 0 && index < sources)
  )
  let characters = 0
  let covered = 0
  for (const [partIndex, text] of parts.entries()) {
    const segments = supports
      .map((support) => support.segment ?? {})
      .filter((segment) => (segment.partIndex ?? 0) === partIndex)
      .map((segment) => ({ start: segment.startIndex ?? 0, end: segment.endIndex ?? 0 }))
      .toSorted((a, b) => a.start - b.start)
    let offset = 0
    let next = 0
    let coveredUntil = 0
    for (const char of text) {
      const point = char.codePointAt(0) ?? 0
      for (let segment = segments[next]; segment !== undefined && segment.start <= offset; segment = segments[++next]) {
        coveredUntil = Math.max(coveredUntil, segment.end)
      }
      if (!Whitespace.is(point)) {
        characters++
        if (offset < coveredUntil) covered++
      }
      offset += utf8Length(point)
    }
  }
  return characters === 0
    ? absent("citation_coverage", "Undefined", "the answer has no text.")
    : Result.succeed(covered / characters)
}
