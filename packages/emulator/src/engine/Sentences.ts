/**
 * Cuts a text into sentences.
 *
 * A sentence ends at `.`, `!`, `?` (with closing quotes and brackets) before white space, at `。`, `！`, `？`, and at a line break.
 * No cut after a single initial, after a few common abbreviations, and inside numbers. White space inside a sentence becomes one blank.
 *
 * @since 0.1.0
 */

const abbreviation =
  /(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|No|Inc|Ltd|Co|approx|Fig|U\.S|U\.K)\.$/

// The look-behind lets a long run of full stops be tried once and not from each of its characters.
const end = /(?<![.!?])[.!?]+["'”’)\]]*(?=\s)|[。！？]+|\n+/g

/**
 * The sentences of a text, trimmed, without empty ones.
 *
 * @since 0.1.0
 */
export const split = (text: string): ReadonlyArray<string> => {
  const out: Array<string> = []
  let start = 0
  const push = (to: number) => {
    const sentence = text.slice(start, to).replaceAll(/\s+/g, " ").trim()
    if (/[\p{L}\p{N}]/u.test(sentence)) out.push(sentence)
    start = to
  }
  for (const match of text.matchAll(end)) {
    const to = match.index + match[0].length
    // Only the last 12 characters can hold an abbreviation; a slice keeps the work linear.
    if (match[0] === "." && abbreviation.test(text.slice(Math.max(start, to - 12), to))) continue
    push(to)
  }
  push(text.length)
  return out
}
