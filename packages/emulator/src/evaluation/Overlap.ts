/**
 * Shares of words, each in [0, 1].
 *
 * @since 0.1.0
 */
import * as Distinct from "@genops/core/metric/Distinct"
import * as Words from "../engine/Words.ts"

/**
 * The share of an answer's content words that occur in a source; 0 for an answer without any.
 *
 * Source: extractive fragment coverage, Grusky et al., "Newsroom", NAACL 2018, on words instead of fragments.
 *
 * @since 0.1.0
 */
export const support = (response: string, source: string): number => {
  const words = Words.content(response)
  const known = new Set(Words.content(source))
  return words.length === 0 ? 0 : words.filter((word) => known.has(word)).length / words.length
}

/**
 * The share of the ten most frequent content words of a source that occur in an answer; 1 for a source without any.
 *
 * Source: similarity of input and summary, Louis and Nenkova, "Automatically Assessing Machine Summary Content Without a Gold Standard",
 * Computational Linguistics 2013.
 *
 * @since 0.1.0
 */
export const coverage = (response: string, source: string): number => {
  const frequency = new Map<string, number>()
  for (const word of Words.content(source)) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  const topics = [...frequency.entries()].toSorted((a, b) => b[1] - a[1]).slice(0, 10)
  const known = new Set(Words.content(response))
  return topics.length === 0 ? 1 : topics.filter(([word]) => known.has(word)).length / topics.length
}

/**
 * The share of different ones among an answer's three-word sequences; 1 when there is none.
 *
 * Source: distinct-n, Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models", NAACL 2016.
 *
 * @since 0.1.0
 */
export const freshness = (response: string): number => Distinct.score(response.toLowerCase(), 3) || 1
