/**
 * The one rule by which the emulator counts tokens: a token is four code points, so a text has `ceil(codePoints / 4)`.
 *
 * countTokens, computeTokens, usageMetadata, output limits and the ledger all use it, so budgets can be asserted exactly.
 * It is near the real ratio for English text and makes no claim beyond that.
 *
 * @since 0.1.0
 */

const size = 4

/**
 * Counts code points; a lone surrogate counts as one.
 *
 * @since 0.1.0
 */
export const codePoints = (text: string): number => {
  let count = text.length
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count--
      index++
    }
  }
  return count
}

/**
 * Counts the tokens of one text; the empty text has none.
 *
 * @since 0.1.0
 */
export const count = (text: string): number => Math.ceil(codePoints(text) / size)

/**
 * Cuts a text into its tokens, in order; joined they give the text again.
 *
 * @since 0.1.0
 */
export const pieces = (text: string): ReadonlyArray<string> => {
  const out: Array<string> = []
  let piece = ""
  let length = 0
  for (const point of text) {
    piece += point
    if (++length === size) {
      out.push(piece)
      piece = ""
      length = 0
    }
  }
  if (length > 0) out.push(piece)
  return out
}

/**
 * The longest beginning of a text that has at most `tokens` tokens.
 *
 * @since 0.1.0
 */
export const take = (text: string, tokens: number): string => {
  let left = Math.max(0, tokens) * size
  if (text.length <= left) return text
  let end = 0
  for (const point of text) {
    if (left-- === 0) break
    end += point.length
  }
  return text.slice(0, end)
}
