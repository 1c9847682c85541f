/**
 * Tells praise from blame by two short word lists, for enums such as positive, negative, neutral.
 *
 * @since 0.1.0
 */
import * as Words from "./Words.ts"

const praise = new Set(
  "amazing awesome beautiful best brilliant delightful enjoy enjoyed excellent fantastic fun good great happy helpful impressive like liked love loved nice perfect pleasant recommend superb wonderful".split(
    " "
  )
)
const blame = new Set(
  "angry annoying awful bad boring broken disappointed disappointing dreadful hate hated horrible mediocre poor sad slow terrible ugly unhappy useless waste worst wrong".split(
    " "
  )
)

/**
 * Words of praise less words of blame; a negation before a word turns it.
 *
 * @since 0.1.0
 */
export const score = (text: string): number => {
  const words = Words.all(text.slice(0, 20_000))
  return words.reduce((sum, word, index) => {
    const sign = praise.has(word) ? 1 : blame.has(word) ? -1 : 0
    return sum + (["not", "never", "no", "isn"].includes(words[index - 1] ?? "") ? -sign : sign)
  }, 0)
}

/**
 * How well an enum value fits a score: 0.5 when it names that mood, else 0.
 *
 * @since 0.1.0
 */
export const fits = (value: string, score: number): number => {
  const name = score > 0 ? /^positive$/i : score < 0 ? /^negative$/i : /^neutral$/i
  return name.test(value) ? 0.5 : 0
}
