/**
 * White space as Python's `str.split()` and `str.strip()` see it, which the reference implementations of all text metrics use.
 *
 * It differs from JavaScript's `\s`: U+001C to U+001F and U+0085 separate words, U+FEFF (the byte order mark) does not.
 *
 * @since 0.1.0
 */

const set = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
const runs = new RegExp(`[${set}]+`, "g")
const word = new RegExp(`[^${set}]+`, "g")

/**
 * Tells whether a UTF-16 code unit is white space. No white space lies outside the basic plane.
 *
 * @since 0.1.0
 */
export const is = (unit: number): boolean =>
  unit < 128
    ? unit === 32 || (unit >= 9 && unit <= 13) || (unit >= 28 && unit <= 31)
    : unit === 0x85 ||
      unit === 0xa0 ||
      unit === 0x1680 ||
      (unit >= 0x2000 && unit <= 0x200a) ||
      unit === 0x2028 ||
      unit === 0x2029 ||
      unit === 0x202f ||
      unit === 0x205f ||
      unit === 0x3000

/**
 * The words of a text: the maximal runs without white space. An empty or blank text has none.
 *
 * @since 0.1.0
 */
export const words = (text: string): ReadonlyArray<string> => text.match(word) ?? []

/**
 * Joins the words of a text with nothing between them.
 *
 * @since 0.1.0
 */
export const remove = (text: string): string => text.replace(runs, "")

/**
 * Removes white space at the end of a text.
 *
 * @since 0.1.0
 */
export const trimEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && is(text.charCodeAt(end - 1))) end--
  return end === text.length ? text : text.slice(0, end)
}

/**
 * Removes white space at both ends of a text.
 *
 * @since 0.1.0
 */
export const trim = (text: string): string => {
  let start = 0
  while (start < text.length && is(text.charCodeAt(start))) start++
  return trimEnd(start === 0 ? text : text.slice(start))
}
