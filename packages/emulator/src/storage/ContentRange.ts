/**
 * The header that says where the body of a resumable upload's request belongs.
 *
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
 *
 * @since 0.1.0
 */

/**
 * Where a body begins and ends (its last byte), and the size of the whole object.
 *
 * @since 0.1.0
 */
export interface ContentRange {
  /** Undefined for a question about the state. */
  readonly start: number | undefined
  readonly end: number | undefined
  /** Undefined when more is to come, "body" when this body is the rest. */
  readonly total: number | "body" | undefined
}

/**
 * Reads `bytes 0-9/20`, `bytes 0-9/*`, `bytes 0-*\/*`, `bytes *\/20`, `bytes *\/*`, or no header for everything in one body; undefined for anything else.
 *
 * @since 0.1.0
 */
export const parse = (text: string | undefined): ContentRange | undefined => {
  if (text === undefined) return { start: 0, end: undefined, total: "body" }
  const found = /^bytes (?:\*|(\d{1,15})-(\d{1,15}|\*))\/(\d{1,15}|\*)$/.exec(text.trim())
  if (found === null) return undefined
  const [, start, end, total] = found
  return {
    start: start === undefined ? undefined : Number(start),
    end: end === undefined || end === "*" ? undefined : Number(end),
    total: total === "*" ? (end === "*" ? "body" : undefined) : Number(total)
  }
}
