/**
 * ROUGE: recall-oriented overlap between a summary and its reference, equal to Google's `rouge_score` and to what the Gen AI
 * evaluation service reports as `rouge_1` ... `rouge_9`, `rouge_l` and `rouge_l_sum`.
 *
 * Source: C.-Y. Lin, "ROUGE: A package for automatic evaluation of summaries", Text Summarization Branches Out, 2004; for
 * ROUGE-Lsum the union LCS with clipped counts of the `rouge_score` package.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import { carve } from "./IntArrays.ts"
import * as Lcs from "./Lcs.ts"
import * as Ngrams from "./Ngrams.ts"
import { PairTable } from "./PairTable.ts"
import * as RougeTokens from "./RougeTokens.ts"
import * as Sentences from "./Sentences.ts"

/**
 * The measures, by the names that they have in reports.
 *
 * @since 0.1.0
 */
export type RougeType = `rouge_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}` | "rouge_l" | "rouge_l_sum"

/**
 * Precision, recall and their harmonic mean, each in [0, 1]. Vertex AI reports `fmeasure` alone.
 *
 * @since 0.1.0
 */
export interface RougeScore {
  readonly precision: number
  readonly recall: number
  readonly fmeasure: number
}

/**
 * - `types`: what to compute; `rouge_1`, `rouge_2` and `rouge_l_sum` by default
 * - `useStemmer`: stem tokens of more than three characters (default false, as in the service)
 * - `splitSummaries`: for `rouge_l_sum`, split both texts into sentences instead of lines (default false). The service uses
 *   NLTK's Punkt here; the splitter here is another one, see `Sentences`
 * - `sentenceSplitter`: the splitter for `splitSummaries`; `Sentences.split` by default
 *
 * @since 0.1.0
 */
export interface RougeOptions<T extends RougeType = RougeType> {
  readonly types?: ReadonlyArray<T>
  readonly useStemmer?: boolean
  readonly splitSummaries?: boolean
  readonly sentenceSplitter?: Sentences.SentenceSplitter
}

const zero: RougeScore = { precision: 0, recall: 0, fmeasure: 0 }

const scoreOf = (hits: number, predicted: number, expected: number): RougeScore => {
  if (hits === 0) return zero
  const precision = hits / predicted
  const recall = hits / expected
  return { precision, recall, fmeasure: (2 * precision * recall) / (precision + recall) }
}

interface Encoded {
  readonly tokens: Int32Array
  readonly sentences: ReadonlyArray<Int32Array>
}

/** Numbers the tokens of both texts from 0 to `vocabulary`. */
const encode = (
  prediction: ReadonlyArray<string>,
  reference: ReadonlyArray<string>,
  useStemmer: boolean
): { readonly p: Encoded; readonly r: Encoded; readonly vocabulary: number } => {
  const ids = RougeTokens.encode([...prediction, ...reference], useStemmer)
  const total = ids.reduce((sum, sentence) => sum + sentence.length, 0)
  const table = new PairTable(total)
  const tokens = new Int32Array(total)
  let end = 0
  const pack = (sentences: ReadonlyArray<ReadonlyArray<number>>): Encoded => {
    const first = end
    const packed = sentences.map((sentence) => {
      const start = end
      for (let i = 0; i < sentence.length; i++) tokens[end++] = table.intern(0, sentence[i] ?? 0)
      return tokens.subarray(start, end)
    })
    return { tokens: tokens.subarray(first, end), sentences: packed }
  }
  const p = pack(ids.slice(0, prediction.length))
  const r = pack(ids.slice(prediction.length))
  return { p, r, vocabulary: table.size }
}

/** Counts hits in the union LCS of each reference sentence, never more often than a token occurs in either text. */
const summaryHits = (prediction: Encoded, reference: Encoded, vocabulary: number): number => {
  const take = carve(2 * vocabulary)
  const left = take(vocabulary)
  const leftInReference = take(vocabulary)
  for (const token of prediction.tokens) left[token] = (left[token] ?? 0) + 1
  for (const token of reference.tokens) leftInReference[token] = (leftInReference[token] ?? 0) + 1
  const union = Lcs.union(prediction.sentences, vocabulary)
  let hits = 0
  for (const [index, sentence] of reference.sentences.entries()) {
    const marks = union(sentence, index)
    for (let i = 0; i < sentence.length; i++) {
      if (marks[i] === 0) continue
      const token = sentence[i] ?? 0
      const inPrediction = left[token] ?? 0
      const inReference = leftInReference[token] ?? 0
      if (inPrediction > 0 && inReference > 0) {
        left[token] = inPrediction - 1
        leftInReference[token] = inReference - 1
        hits++
      }
    }
  }
  return hits
}

const defaultTypes: ReadonlyArray<RougeType> = ["rouge_1", "rouge_2", "rouge_l_sum"]

type DefaultType = "rouge_1" | "rouge_2" | "rouge_l_sum"

/** Without `types`, T can only be its default, which is what the list holds. */
const typesOf = <T extends RougeType>(options: RougeOptions<T>): ReadonlyArray<T> =>
  options.types ?? (defaultTypes as ReadonlyArray<T>)

const byType = <T extends RougeType>(types: ReadonlyArray<T>, scoreType: (type: T) => RougeScore) =>
  // The keys are exactly the requested types.
  Object.fromEntries(types.map((type) => [type, scoreType(type)])) as { readonly [K in T]: RougeScore }

/**
 * Scores a prediction against one reference. Every pair of texts has scores: without tokens on either side they are 0.
 *
 * Time is linear in the lengths for `rouge_1` to `rouge_9`, and the product of the lengths over 30 for `rouge_l` and for
 * `rouge_l_sum` of texts in one line; memory is linear.
 *
 * **Example**
 *
 * ```ts
 * import * as Rouge from "@genops/core/metric/Rouge"
 *
 * Rouge.score("the cat sat", "the cat sat on the mat", { types: ["rouge_1"] }).rouge_1.recall // => 0.5
 * ```
 *
 * @since 0.1.0
 */
export const score = <T extends RougeType = DefaultType>(
  prediction: string,
  reference: string,
  options: RougeOptions<T> = {}
): { readonly [K in T]: RougeScore } => {
  const types = typesOf(options)
  const useStemmer = options.useStemmer ?? false
  const { p, r, vocabulary } = encode(prediction.split("\n"), reference.split("\n"), useStemmer)
  const orders = types.map((type) => Number(type.slice("rouge_".length))).filter((n) => n > 0)
  const hits = orders.length === 0 ? [] : Ngrams.matches(p.tokens, [r.tokens], Math.max(...orders), vocabulary)

  const scoreType = (type: RougeType): RougeScore => {
    switch (type) {
      case "rouge_l":
        return scoreOf(Lcs.length(r.tokens, p.tokens, vocabulary), p.tokens.length, r.tokens.length)
      case "rouge_l_sum": {
        const split = options.sentenceSplitter ?? Sentences.split
        const own =
          options.splitSummaries === true
            ? encode(split(prediction), split(reference), useStemmer)
            : { p, r, vocabulary }
        return scoreOf(summaryHits(own.p, own.r, own.vocabulary), own.p.tokens.length, own.r.tokens.length)
      }
      default: {
        const order = Number(type.slice("rouge_".length))
        const count = (tokens: Int32Array) => Ngrams.total(tokens.length, order)
        return scoreOf(hits[order - 1] ?? 0, count(p.tokens), count(r.tokens))
      }
    }
  }
  return byType(types, scoreType)
}

/**
 * Scores a prediction against several references and keeps, for each type, the score with the highest `fmeasure`, as
 * `rouge_score` does. Fails with `Absent` when there is no reference.
 *
 * @since 0.1.0
 */
export const scoreBest = <T extends RougeType = DefaultType>(
  prediction: string,
  references: ReadonlyArray<string>,
  options: RougeOptions<T> = {}
): Result.Result<{ readonly [K in T]: RougeScore }, Absent> => {
  const [first, ...rest] = references.map((reference) => score(prediction, reference, options))
  if (first === undefined) return absent("rouge", "MissingReference", "there is no reference.")
  const better = (a: RougeScore, b: RougeScore) => (b.fmeasure > a.fmeasure ? b : a)
  const best = (type: T) => rest.reduce((found, other) => better(found, other[type]), first[type])
  return Result.succeed(byType(typesOf(options), best))
}
