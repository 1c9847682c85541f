/**
 * Edit distance of texts by characters and by words: similarity, character error rate (CER), word error rate (WER).
 *
 * Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.
 *
 * @since 0.1.0
 */
import * as Lcs from "./Lcs.ts"
import * as Levenshtein from "./Levenshtein.ts"
import { codePoints, Symbols } from "./Symbols.ts"
import * as Whitespace from "./Whitespace.ts"

/**
 * - `distance`, `lcs`: edits, and length of the longest common subsequence, in code points
 * - `similarity`: 1 - distance / length of the longer text, in [0, 1]; 1 for two empty texts
 * - `charErrorRate`: distance / length of the reference; may exceed 1
 * - `wordDistance`, `wordErrorRate`: the same over the words between white space
 *
 * Against an empty reference an error rate is 1, or 0 if the prediction is empty too.
 *
 * @since 0.1.0
 */
export interface EditScore {
  readonly distance: number
  readonly similarity: number
  readonly charErrorRate: number
  readonly wordDistance: number
  readonly wordErrorRate: number
  readonly lcs: number
}

const errorRate = (distance: number, length: number) => (length > 0 ? distance / length : Math.min(1, distance))

/**
 * Compares a prediction with a reference. Case and Unicode normal forms are not unified: fold or normalise before if you must.
 * Time is the product of the lengths over 30, memory is linear.
 *
 * @since 0.1.0
 */
export const score = (prediction: string, reference: string): EditScore => {
  const points = new Symbols<number>()
  const predicted = points.encode(codePoints(prediction))
  const expected = points.encode(codePoints(reference))
  const words = new Symbols<string>()
  const predictedWords = words.encode(Whitespace.words(prediction))
  const expectedWords = words.encode(Whitespace.words(reference))
  const distance = Levenshtein.distance(expected, predicted, points.size)
  const wordDistance = Levenshtein.distance(expectedWords, predictedWords, words.size)
  return {
    distance,
    similarity: 1 - distance / Math.max(predicted.length, expected.length, 1),
    charErrorRate: errorRate(distance, expected.length),
    wordDistance,
    wordErrorRate: errorRate(wordDistance, expectedWords.length),
    lcs: Lcs.length(expected, predicted, points.size)
  }
}
