/**
 * Overlap of words as multisets, whatever their order.
 *
 * @since 0.1.0
 */
import * as Ngrams from "./Ngrams.ts"
import { Symbols } from "./Symbols.ts"
import * as Whitespace from "./Whitespace.ts"

/**
 * Each in [0, 1].
 *
 * @since 0.1.0
 */
export interface TokenF1Score {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/**
 * Scores two lists of tokens. Two empty lists agree and score 1, an empty one against another scores 0.
 *
 * @since 0.1.0
 */
export const ofTokens = (prediction: ReadonlyArray<string>, reference: ReadonlyArray<string>): TokenF1Score => {
  if (prediction.length === 0 && reference.length === 0) return { precision: 1, recall: 1, f1: 1 }
  const symbols = new Symbols<string>()
  const predicted = symbols.encode(prediction)
  const [common = 0] = Ngrams.matches(predicted, [symbols.encode(reference)], 1, symbols.size)
  if (common === 0) return { precision: 0, recall: 0, f1: 0 }
  const precision = common / prediction.length
  const recall = common / reference.length
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) }
}

/**
 * Scores two texts by their lower-cased words. Punctuation stays attached to its word; see `Squad` for a normalising F1.
 *
 * @since 0.1.0
 */
export const score = (prediction: string, reference: string): TokenF1Score =>
  ofTokens(Whitespace.words(prediction.toLowerCase()), Whitespace.words(reference.toLowerCase()))
