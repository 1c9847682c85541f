/**
 * The counts that BLEU is computed from, and the formula.
 *
 * Source: K. Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002; smoothing after
 * B. Chen and C. Cherry, "A systematic comparison of smoothing techniques for sentence-level BLEU", WMT 2014, as in sacrebleu.
 *
 * @since 0.1.0
 */
import * as Ngrams from "./Ngrams.ts"
import { Symbols } from "./Symbols.ts"

/**
 * Matched (`counts`) and possible (`totals`) n-grams by order, length of the prediction, and of the closest reference.
 *
 * @since 0.1.0
 */
export interface BleuStatistics {
  readonly counts: ReadonlyArray<number>
  readonly totals: ReadonlyArray<number>
  readonly predictionLength: number
  readonly referenceLength: number
}

/**
 * How orders without any match are treated: `exp` halves from order to order (mteval), `floor` puts `smoothValue` (0.1) for the
 * count, `add-k` adds `smoothValue` (1) to counts and totals of the orders above 1, `none` leaves them 0.
 *
 * @since 0.1.0
 */
export type SmoothMethod = "exp" | "floor" | "add-k" | "none"

/**
 * Counts one segment. References must not be empty. Of the reference lengths the closest counts, of two the shorter.
 *
 * @since 0.1.0
 */
export const ofSegment = (
  prediction: ReadonlyArray<string>,
  references: ReadonlyArray<ReadonlyArray<string>>,
  maxOrder: number
): BleuStatistics => {
  const symbols = new Symbols<string>()
  const encoded = symbols.encode(prediction)
  const counts = Ngrams.matches(
    encoded,
    references.map((reference) => symbols.encode(reference)),
    maxOrder,
    symbols.size
  )
  const distance = (length: number) => Math.abs(length - encoded.length)
  const referenceLength = references
    .map((reference) => reference.length)
    .reduce((best, length) =>
      distance(length) < distance(best) || (distance(length) === distance(best) && length < best) ? length : best
    )
  return {
    counts,
    totals: counts.map((_, i) => Ngrams.total(encoded.length, i + 1)),
    predictionLength: encoded.length,
    referenceLength
  }
}

const sumOf = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.map((value, i) => value + (b[i] ?? 0))

/**
 * Adds the counts of two segments: a corpus is the sum of its segments.
 *
 * @since 0.1.0
 */
export const add = (a: BleuStatistics, b: BleuStatistics): BleuStatistics => ({
  counts: sumOf(a.counts, b.counts),
  totals: sumOf(a.totals, b.totals),
  predictionLength: a.predictionLength + b.predictionLength,
  referenceLength: a.referenceLength + b.referenceLength
})

/** sacrebleu's stand-in for log 0, which makes any score with such a term 0. */
const LOG_ZERO = -9999999999

/**
 * What the formula gives. `counts` and `totals` are the smoothed ones where `add-k` added to them.
 *
 * @since 0.1.0
 */
export interface BleuEvaluation {
  readonly score: number
  readonly brevityPenalty: number
  readonly precisions: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
  readonly totals: ReadonlyArray<number>
}

/**
 * Brevity penalty, precisions in percent by order, and the score in [0, 100]. With `effectiveOrder`, orders longer than the
 * prediction do not count. A prediction of length 0 scores 0. A score is never NaN.
 *
 * @since 0.1.0
 */
export const evaluate = (
  statistics: BleuStatistics,
  options: {
    readonly smoothMethod: SmoothMethod
    readonly smoothValue: number | undefined
    readonly effectiveOrder: boolean
  }
): BleuEvaluation => {
  const { predictionLength, referenceLength } = statistics
  const smoothValue = options.smoothValue ?? (options.smoothMethod === "floor" ? 0.1 : 1)
  const brevityPenalty =
    predictionLength >= referenceLength
      ? 1
      : predictionLength === 0
        ? 0
        : Math.exp(1 - referenceLength / predictionLength)
  const smoothed = (values: ReadonlyArray<number>) =>
    values.map((value, i) => (options.smoothMethod === "add-k" && i > 0 ? value + smoothValue : value))
  const counts = smoothed(statistics.counts)
  const totals = smoothed(statistics.totals)
  const precisions = counts.map(() => 0)
  let halving = 1
  let orders = counts.length
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0
    const total = totals[i] ?? 0
    if (total === 0) break
    if (options.effectiveOrder) orders = i + 1
    if (count > 0) {
      precisions[i] = (100 * count) / total
    } else if (options.smoothMethod === "exp") {
      halving *= 2
      precisions[i] = 100 / (halving * total)
    } else if (options.smoothMethod === "floor") {
      precisions[i] = (100 * smoothValue) / total
    }
  }
  const logs = precisions.slice(0, orders).map((precision) => (precision === 0 ? LOG_ZERO : Math.log(precision)))
  const score = brevityPenalty * Math.exp(logs.reduce((sum, log) => sum + log, 0) / orders)
  return { score, brevityPenalty, precisions, counts, totals }
}
