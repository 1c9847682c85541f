/**
 * BLEU exactly as sacrebleu 2.x computes it, for a segment or a corpus, with its tokenizers and smoothing methods.
 *
 * Not the same number as `Bleu`, which follows Vertex AI's service.
 *
 * Source: M. Post, "A call for clarity in reporting BLEU scores", WMT 2018.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as BleuStatistics from "./BleuStatistics.ts"
import * as BleuTokenizer from "./BleuTokenizer.ts"

/**
 * - `tokenize`: `13a` by default
 * - `smoothMethod`: `exp` by default; `smoothValue` is 0.1 for `floor` and 1 for `add-k` by default, unused otherwise
 * - `effectiveOrder`: leave out orders longer than the prediction; false by default, recommended for segments
 * - `lowercase`: false by default
 * - `maxNgramOrder`: 4 by default, at least 1
 *
 * @since 0.1.0
 */
export interface SacreBleuOptions {
  readonly tokenize?: BleuTokenizer.TokenizerName
  readonly smoothMethod?: BleuStatistics.SmoothMethod
  readonly smoothValue?: number
  readonly effectiveOrder?: boolean
  readonly lowercase?: boolean
  readonly maxNgramOrder?: number
}

/**
 * `score` in [0, 100] and what it is made of: brevity penalty `bp`, lengths in tokens, and by order the matched n-grams, the
 * possible n-grams (both with what `add-k` added), and the precisions in percent.
 *
 * @since 0.1.0
 */
export interface SacreBleuScore {
  readonly score: number
  readonly bp: number
  readonly sysLen: number
  readonly refLen: number
  readonly counts: ReadonlyArray<number>
  readonly totals: ReadonlyArray<number>
  readonly precisions: ReadonlyArray<number>
}

const MEASURE = "sacrebleu"

const statisticsOf = (prediction: string, references: ReadonlyArray<string>, options: SacreBleuOptions) => {
  const tokens = (text: string) =>
    BleuTokenizer.tokenize(options.lowercase === true ? text.toLowerCase() : text, options.tokenize ?? "13a")
  return BleuStatistics.ofSegment(tokens(prediction), references.map(tokens), options.maxNgramOrder ?? 4)
}

const scoreOf = (statistics: BleuStatistics.BleuStatistics, options: SacreBleuOptions): SacreBleuScore => {
  const { smoothMethod = "exp", smoothValue, effectiveOrder = false } = options
  const { brevityPenalty, ...evaluation } = BleuStatistics.evaluate(statistics, {
    smoothMethod,
    smoothValue,
    effectiveOrder
  })
  // sacrebleu 2.x does not smooth a text without a single match.
  const matched = statistics.counts.some((count) => count > 0)
  return {
    ...(matched ? evaluation : { ...statistics, score: 0, precisions: statistics.counts.map(() => 0) }),
    bp: brevityPenalty,
    sysLen: statistics.predictionLength,
    refLen: statistics.referenceLength
  }
}

/**
 * Scores one segment against its references. Empty texts are allowed and score 0; without any reference there is no score.
 *
 * **Example**
 *
 * ```ts
 * import * as Result from "effect/Result"
 * import * as SacreBleu from "@genops/core/metric/SacreBleu"
 *
 * const bleu = SacreBleu.sentence("The cat sat on the mat.", ["The cat sat on the mat."])
 * Result.getOrThrow(bleu).bp // => 1
 * ```
 *
 * @since 0.1.0
 */
export const sentence = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: SacreBleuOptions = {}
): Result.Result<SacreBleuScore, Absent> =>
  references.length === 0
    ? absent(MEASURE, "MissingReference", "there is no reference.")
    : Result.succeed(scoreOf(statisticsOf(prediction, references, options), options))

/**
 * Scores a corpus: counts are summed over the segments before the formula is applied, so this is not the mean of the segment
 * scores. `references[i]` are the references of `predictions[i]`.
 *
 * @since 0.1.0
 */
export const corpus = (
  predictions: ReadonlyArray<string>,
  references: ReadonlyArray<ReadonlyArray<string>>,
  options: SacreBleuOptions = {}
): Result.Result<SacreBleuScore, Absent> => {
  if (predictions.length !== references.length) {
    return absent(MEASURE, "InvalidInput", `${predictions.length} predictions, references for ${references.length}.`)
  }
  let sum: BleuStatistics.BleuStatistics | undefined
  for (const [i, prediction] of predictions.entries()) {
    const own = references[i] ?? []
    if (own.length === 0) return absent(MEASURE, "MissingReference", `segment ${i} has no reference.`)
    const statistics = statisticsOf(prediction, own, options)
    sum = sum === undefined ? statistics : BleuStatistics.add(sum, statistics)
  }
  return sum === undefined
    ? absent(MEASURE, "TooFewPoints", "the corpus has no segments.")
    : Result.succeed(scoreOf(sum, options))
}
