/**
 * Words as the rankings compare them: letters and digits in lower case, without the commonest English words, plural s removed.
 *
 * @since 0.1.0
 */

const stopwords = new Set(
  (
    "a about after all also an and any are as at be been being but by can could did do does each for from had has have he her here him his how i if in into is it its " +
    "just me more most my no nor not of on or our out over own please s said same she should so some such t than that the their them then there these they this those " +
    "through to too under until up very was we were what when where which while who whom whose why will with would you your"
  ).split(" ")
)

/**
 * Every word of a text, in order, in lower case.
 *
 * @since 0.1.0
 */
export const all = (text: string): ReadonlyArray<string> => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/**
 * Reduces a plural to its singular by a crude rule: a final s goes unless the word is short or ends in ss, us or is.
 *
 * @since 0.1.0
 */
export const stem = (word: string): string => (word.length > 3 && /[^sui]s$/.test(word) ? word.slice(0, -1) : word)

/**
 * The words of a text that carry its content, stemmed.
 *
 * @since 0.1.0
 */
export const content = (text: string): ReadonlyArray<string> =>
  all(text)
    .filter((word) => !stopwords.has(word))
    .map(stem)
