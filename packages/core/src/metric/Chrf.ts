/**
 * chrF and chrF++: F-scores over character n-grams, and word n-grams for the latter, as sacrebleu computes them.
 *
 * Source: M. Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015; "chrF++: words helping character
 * n-grams", WMT 2017.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as Ngrams from "./Ngrams.ts"
import { codePoints, Symbols } from "./Symbols.ts"
import * as Whitespace from "./Whitespace.ts"

/**
 * - `charOrder`: longest character n-gram, 6 by default
 * - `wordOrder`: longest word n-gram, 0 by default (chrF); 2 is chrF++
 * - `beta`: weight of recall over precision, 2 by default
 * - `lowercase`, `whitespace` (keep white space in character n-grams): false by default
 * - `epsSmoothing`: average the F-scores of all orders, as chrF++.py does, instead of averaging precision and recall over the
 *   orders that both texts have; false by default
 *
 * @since 0.1.0
 */
export interface ChrfOptions {
  readonly charOrder?: number
  readonly wordOrder?: number
  readonly beta?: number
  readonly lowercase?: boolean
  readonly whitespace?: boolean
  readonly epsSmoothing?: boolean
}

/** N-grams of one order: in the prediction, in the reference, in both. */
interface OrderCounts {
  readonly predicted: number
  readonly expected: number
  readonly matched: number
}

const MEASURE = "chrf"
const EPSILON = 1e-16
const punctuation = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")

/** Words with one punctuation mark split off, at the end or else at the start. */
const splitWords = (text: string): ReadonlyArray<string> =>
  Whitespace.words(text).flatMap((word) => {
    const first = String.fromCodePoint(word.codePointAt(0) ?? 0)
    if (first.length === word.length) return [word]
    if (punctuation.has(word.slice(-1))) return [word.slice(0, -1), word.slice(-1)]
    return punctuation.has(first) ? [first, word.slice(first.length)] : [word]
  })

const ordersOf = <K>(
  prediction: ReadonlyArray<K>,
  reference: ReadonlyArray<K>,
  maxOrder: number
): ReadonlyArray<OrderCounts> => {
  const symbols = new Symbols<K>()
  const expected = symbols.encode(reference)
  const predicted = symbols.encode(prediction)
  return Ngrams.matches(predicted, [expected], maxOrder, symbols.size).map((matched, i) => {
    const inReference = Ngrams.total(expected.length, i + 1)
    // An order that the reference does not have is not held against the prediction.
    return { predicted: inReference === 0 ? 0 : Ngrams.total(predicted.length, i + 1), expected: inReference, matched }
  })
}

const fScore = (orders: ReadonlyArray<OrderCounts>, options: ChrfOptions): number => {
  const factor = (options.beta ?? 2) ** 2
  let sumF = 0
  let sumPrecision = 0
  let sumRecall = 0
  let effective = 0
  for (const { predicted, expected, matched } of orders) {
    const precision = predicted > 0 ? matched / predicted : EPSILON
    const recall = expected > 0 ? matched / expected : EPSILON
    const denominator = factor * precision + recall
    sumF += denominator > 0 ? ((1 + factor) * precision * recall) / denominator : EPSILON
    if (predicted > 0 && expected > 0) {
      sumPrecision += precision
      sumRecall += recall
      effective++
    }
  }
  if (options.epsSmoothing === true) return (100 * sumF) / orders.length
  if (sumPrecision + sumRecall === 0) return 0
  const precision = sumPrecision / effective
  const recall = sumRecall / effective
  return (100 * ((1 + factor) * precision * recall)) / (factor * precision + recall)
}

/** The counts against the reference with the best score; of equals the first. */
const bestOrders = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: ChrfOptions
): ReadonlyArray<OrderCounts> => {
  const { charOrder = 6, wordOrder = 0 } = options
  const prepare = (text: string) => {
    const folded = options.lowercase === true ? text.toLowerCase() : text
    return {
      chars: codePoints(options.whitespace === true ? folded : Whitespace.remove(folded)),
      words: wordOrder > 0 ? splitWords(folded) : []
    }
  }
  const p = prepare(prediction)
  let best: ReadonlyArray<OrderCounts> = []
  let bestScore = -1
  for (const reference of references) {
    const r = prepare(reference)
    const orders = [...ordersOf(p.chars, r.chars, charOrder), ...ordersOf(p.words, r.words, wordOrder)]
    const score = fScore(orders, options)
    if (score > bestScore) {
      bestScore = score
      best = orders
    }
  }
  return best
}

/**
 * Scores one segment in [0, 100] against the reference that suits it best. Empty texts score 0; without any reference there is
 * no score. `charOrder + wordOrder` must be at least 1.
 *
 * @since 0.1.0
 */
export const sentence = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: ChrfOptions = {}
): Result.Result<number, Absent> =>
  references.length === 0
    ? absent(MEASURE, "MissingReference", "there is no reference.")
    : Result.succeed(fScore(bestOrders(prediction, references, options), options))

/**
 * Scores a corpus in [0, 100] from the summed counts of its segments. `references[i]` are the references of `predictions[i]`.
 *
 * @since 0.1.0
 */
export const corpus = (
  predictions: ReadonlyArray<string>,
  references: ReadonlyArray<ReadonlyArray<string>>,
  options: ChrfOptions = {}
): Result.Result<number, Absent> => {
  if (predictions.length !== references.length) {
    return absent(MEASURE, "InvalidInput", `${predictions.length} predictions, references for ${references.length}.`)
  }
  let sum: ReadonlyArray<OrderCounts> | undefined
  for (const [i, prediction] of predictions.entries()) {
    const own = references[i] ?? []
    if (own.length === 0) return absent(MEASURE, "MissingReference", `segment ${i} has no reference.`)
    const orders = bestOrders(prediction, own, options)
    sum =
      sum?.map((a, order) => ({
        predicted: a.predicted + (orders[order]?.predicted ?? 0),
        expected: a.expected + (orders[order]?.expected ?? 0),
        matched: a.matched + (orders[order]?.matched ?? 0)
      })) ?? orders
  }
  return sum === undefined
    ? absent(MEASURE, "TooFewPoints", "the corpus has no segments.")
    : Result.succeed(fScore(sum, options))
}
