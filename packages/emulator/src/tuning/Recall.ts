/**
 * What a tuned model has learned: it answers what is like a training example with that example's answer.
 *
 * @since 0.1.0
 */
import * as TokenF1 from "@genops/core/metric/TokenF1"
import * as Words from "../engine/Words.ts"
import type { Example } from "./Examples.ts"

/**
 * The F1 of words from which on a question counts as learned.
 *
 * @since 0.1.0
 */
export const near = 0.5

/** The words of questions that were compared before. */
const known = new WeakMap<Example, ReadonlyArray<string>>()

const wordsOf = (example: Example): ReadonlyArray<string> => {
  const words = known.get(example) ?? Words.all(example.question)
  known.set(example, words)
  return words
}

/**
 * The answer of the example whose question shares most words with a text (F1 of words in lower case, the first of equals), when that is
 * `near` enough.
 *
 * @since 0.1.0
 */
export const answer = (examples: ReadonlyArray<Example>, text: string): string | undefined => {
  const words = Words.all(text)
  let best: string | undefined
  let bestScore = 0
  for (const example of examples) {
    const { f1 } = TokenF1.ofTokens(words, wordsOf(example))
    if (f1 >= near && f1 > bestScore) {
      best = example.answer
      bestScore = f1
      if (f1 === 1) break
    }
  }
  return best
}
