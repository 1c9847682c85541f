/**
 * distinct-n: how little a text repeats itself.
 *
 * Source: J. Li et al., "A diversity-promoting objective function for neural conversation models", NAACL 2016.
 *
 * @since 0.1.0
 */
import { Symbols } from "./Symbols.ts"
import * as Whitespace from "./Whitespace.ts"

/**
 * The share of different n-grams among the n-grams of words of a text, in [0, 1]. `n` is a positive integer. A text of fewer
 * than `n` words has no n-grams and scores 0, as the measure counts variety.
 *
 * @since 0.1.0
 */
export const score = (text: string, n: number): number => {
  const words = new Symbols<string>()
  const tokens = words.encode(Whitespace.words(text))
  const total = tokens.length - n + 1
  if (total <= 0) return 0
  const different = new Set<string>()
  for (let i = 0; i < total; i++) different.add(tokens.subarray(i, i + n).join())
  return different.size / total
}
