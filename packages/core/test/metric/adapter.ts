/**
 * Connects the oracle vectors to the library: `score` takes a case and returns an object with the keys of its `expected`, or null
 * for what is not supported. It is also what the vectors' own checker loads.
 */
import * as Result from "effect/Result"
import * as Bleu from "../../src/metric/Bleu.ts"
import * as BleuTokenizer from "../../src/metric/BleuTokenizer.ts"
import * as Chrf from "../../src/metric/Chrf.ts"
import * as Distinct from "../../src/metric/Distinct.ts"
import * as Edit from "../../src/metric/Edit.ts"
import * as ExactMatch from "../../src/metric/ExactMatch.ts"
import * as JsonText from "../../src/metric/JsonText.ts"
import * as PorterStemmer from "../../src/metric/PorterStemmer.ts"
import * as Rouge from "../../src/metric/Rouge.ts"
import * as RougeTokens from "../../src/metric/RougeTokens.ts"
import * as SacreBleu from "../../src/metric/SacreBleu.ts"
import * as Sentences from "../../src/metric/Sentences.ts"
import * as Squad from "../../src/metric/Squad.ts"
import * as Ter from "../../src/metric/Ter.ts"
import * as TerTokenizer from "../../src/metric/TerTokenizer.ts"
import * as TextMatch from "../../src/metric/TextMatch.ts"
import * as TokenF1 from "../../src/metric/TokenF1.ts"
import * as ToolCall from "../../src/metric/ToolCall.ts"
import * as Trajectory from "../../src/metric/Trajectory.ts"
import * as BradleyTerry from "../../src/statistics/BradleyTerry.ts"
import * as CohenKappa from "../../src/statistics/CohenKappa.ts"
import * as Correlation from "../../src/statistics/Correlation.ts"
import * as MultipleTesting from "../../src/statistics/MultipleTesting.ts"
import * as PairedBootstrap from "../../src/statistics/PairedBootstrap.ts"
import * as PairedPermutation from "../../src/statistics/PairedPermutation.ts"
import * as PairedT from "../../src/statistics/PairedT.ts"
import * as PassAtK from "../../src/statistics/PassAtK.ts"
import * as Random from "../../src/statistics/Random.ts"
import * as SignTest from "../../src/statistics/SignTest.ts"
import * as Summary from "../../src/statistics/Summary.ts"
import * as Wilson from "../../src/statistics/Wilson.ts"
import * as WinRate from "../../src/statistics/WinRate.ts"

/** The options of all metrics together: each vector has those that its metric reads. */
interface Options extends SacreBleu.SacreBleuOptions, Chrf.ChrfOptions, TerTokenizer.TerTokenizerOptions {
  readonly a: ReadonlyArray<number>
  readonly b: ReadonlyArray<number>
  readonly c: number
  readonly choices: ReadonlyArray<WinRate.Choice>
  readonly confidence: number
  readonly count: number
  readonly indices: ReadonlyArray<ReadonlyArray<number>>
  readonly k: number
  readonly losses: number
  readonly n: number
  readonly p: ReadonlyArray<number>
  readonly resamples: number
  readonly rougeType?: string
  readonly rougeTypes?: ReadonlyArray<string>
  readonly schema: object
  readonly scores: ReadonlyArray<ReadonlyArray<number | null>>
  readonly seed: number
  readonly successes: number
  readonly ties: ReadonlyArray<ReadonlyArray<number>>
  readonly tokenizer: string
  readonly useEffectiveOrder?: boolean
  readonly version?: "1.1" | "2.0"
  readonly toolName: string
  readonly trials: number
  readonly useStemmer: boolean
  readonly values: ReadonlyArray<number>
  readonly wins: number & ReadonlyArray<ReadonlyArray<number>>
}

export interface SegmentCase {
  readonly metric: string
  readonly options: Options
  readonly prediction: string
  readonly references: ReadonlyArray<string>
}

export interface CorpusCase {
  readonly metric: string
  readonly options: object
  readonly prediction: ReadonlyArray<string>
  readonly references: ReadonlyArray<ReadonlyArray<string>>
}

const rougeTypeOf = (name: string): Rouge.RougeType => {
  if (name === "rougeL") return "rouge_l"
  if (name === "rougeLsum") return "rouge_l_sum"
  return `rouge_${name.slice("rouge".length)}` as Rouge.RougeType
}

const allRougeTypes = ["rouge1", "rouge2", "rouge3", "rouge4", "rougeL", "rougeLsum"]

const rouge = ({ options, prediction, references }: SegmentCase) => {
  const names: ReadonlyArray<string> = options.rougeTypes ?? allRougeTypes
  const scores = Rouge.score(prediction, references[0] ?? "", { ...options, types: names.map(rougeTypeOf) })
  return Object.fromEntries(
    names.flatMap((name) =>
      Object.entries(scores[rougeTypeOf(name)]).map(([measure, value]) => [`${name}.${measure}`, value])
    )
  )
}

const tokenize = ({ options, prediction }: SegmentCase): ReadonlyArray<string> => {
  const tokenizer: string = options.tokenizer
  if (tokenizer === "rouge") return RougeTokens.tokenize(prediction, options.useStemmer)
  if (tokenizer === "tercom") return TerTokenizer.tokenize(prediction, options)
  return BleuTokenizer.tokenize(prediction, tokenizer as BleuTokenizer.TokenizerName)
}

const trajectory = ({ options, prediction, references }: SegmentCase) => {
  const predicted = Result.getOrThrow(Trajectory.parse(prediction))
  const expected = Result.getOrThrow(Trajectory.parse(references[0] ?? "", "InvalidReference"))
  return {
    trajectory_exact_match: Trajectory.exactMatch(predicted, expected),
    trajectory_in_order_match: Trajectory.inOrderMatch(predicted, expected),
    trajectory_any_order_match: Trajectory.anyOrderMatch(predicted, expected),
    trajectory_precision: Result.getOrThrow(Trajectory.precision(predicted, expected)),
    trajectory_recall: Result.getOrThrow(Trajectory.recall(predicted, expected)),
    trajectory_single_tool_use: Trajectory.singleToolUse(predicted, options.toolName)
  }
}

const contains = (prediction: string, reference: string) => ({
  contains: TextMatch.contains(prediction, reference),
  icontains: TextMatch.containsIgnoringCase(prediction, reference),
  startsWith: TextMatch.startsWith(prediction, reference),
  endsWith: TextMatch.endsWith(prediction, reference),
  equals: ExactMatch.score(prediction, reference),
  iequals: TextMatch.equalsIgnoringCase(prediction, reference),
  trimEquals: TextMatch.equalsTrimmed(prediction, reference)
})

const jsonSchema = ({ options, prediction }: SegmentCase) =>
  Result.flatMap(JsonText.schema(options.schema), (check) => Result.map(check(prediction), (valid) => ({ valid })))

const summary = (values: ReadonlyArray<number>) =>
  Result.map(Summary.of(values), ({ std, ...rest }) => ({
    ...rest,
    ...(Result.isSuccess(std) && { std: std.success })
  }))

const winRate = (choices: ReadonlyArray<WinRate.Choice>) =>
  Result.map(WinRate.pairwise(choices), (rates) => ({
    ...rates,
    winRateTiesHalf: Result.getOrThrow(rates.winRateTiesHalf)
  }))

const correlation = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => ({
  pearson: Result.getOrThrow(Correlation.pearson(a, b)),
  spearman: Result.getOrThrow(Correlation.spearman(a, b)),
  kendallTauB: Result.getOrThrow(Correlation.kendallTauB(a, b))
})

const xoshiro = (seed: number, count: number) => ({ values: Array.from({ length: count }, Random.xoshiro128ss(seed)) })

const named =
  <K extends string>(key: K) =>
  <A, E>(result: Result.Result<A, E>) =>
    Result.map(result, (value) => ({ [key]: value }))

const segment = (c: SegmentCase): unknown => {
  const { metric, options, prediction, references } = c
  const reference = references[0] ?? ""
  switch (metric) {
    case "rouge":
      return rouge(c)
    case "vertex_rouge": {
      const name: string = options.rougeType ?? "rougeLsum"
      return {
        score: Rouge.score(prediction, reference, { ...options, types: [rougeTypeOf(name)] })[rougeTypeOf(name)]
          .fmeasure
      }
    }
    case "vertex_bleu":
      return named("score")(Bleu.score(prediction, references, options))
    case "exact_match":
      return { score: ExactMatch.score(prediction, reference) }
    case "porter_stem":
      return { stems: String(prediction).split(" ").map(PorterStemmer.stem).join(" ") }
    case "tokenize":
      return { tokens: tokenize(c) }
    case "sentence_bleu":
      return SacreBleu.sentence(prediction, references, options)
    case "sentence_chrf":
      return named("score")(Chrf.sentence(prediction, references, options))
    case "sentence_ter":
      return Ter.sentence(prediction, references, options)
    case "squad":
      return Squad.score(prediction, references, options)
    case "normalize_answer":
      return { text: Squad.normalize(prediction) }
    case "token_f1":
      return TokenF1.score(prediction, reference)
    case "edit":
      return Edit.score(prediction, reference)
    case "distinct":
      return Object.fromEntries([1, 2, 3].map((n) => [`distinct${n}`, Distinct.score(prediction, n)]))
    case "contains":
      return contains(prediction, reference)
    case "json_valid":
      return { valid: JsonText.valid(prediction) }
    case "json_schema":
      return jsonSchema(c)
    case "tool_call":
      return ToolCall.score(prediction, reference)
    case "trajectory":
      return trajectory(c)
    case "punkt_sentences":
      return { sentences: Sentences.split(prediction) }
    case "summary":
      return summary(options.values)
    case "wilson":
      return Wilson.interval(options.successes, options.trials, options.confidence)
    case "win_rate":
      return winRate(options.choices)
    case "sign_test":
      return named("p")(SignTest.pValue(options.wins, options.losses))
    case "paired_t":
      return PairedT.test(options.a, options.b, options.confidence)
    case "paired_bootstrap_indices":
      return PairedBootstrap.withIndices(options.a, options.b, options.indices, options.confidence)
    case "paired_bootstrap":
      return PairedBootstrap.test(options.a, options.b, options)
    case "xoshiro128ss":
      return xoshiro(options.seed, options.count)
    case "paired_permutation_exact":
      return PairedPermutation.exact(options.a, options.b)
    case "paired_permutation":
      return PairedPermutation.sampled(options.a, options.b, options)
    case "holm":
      return named("adjusted")(MultipleTesting.holm(options.p))
    case "benjamini_hochberg":
      return named("adjusted")(MultipleTesting.benjaminiHochberg(options.p))
    case "bradley_terry":
      return BradleyTerry.strengths(options.wins, options.ties)
    case "pass_at_k":
      return named("passAtK")(PassAtK.estimate(options.n, options.c, options.k))
    case "cohen_kappa":
      return CohenKappa.kappa(options.a, options.b)
    case "correlation":
      return correlation(options.a, options.b)
    case "win_rates_n":
      return WinRate.byScores(options.scores)
    default:
      return null
  }
}

const corpus = ({ metric, options, prediction, references }: CorpusCase): unknown => {
  switch (metric) {
    case "corpus_bleu":
      return SacreBleu.corpus(prediction, references, options)
    case "corpus_chrf":
      return named("score")(Chrf.corpus(prediction, references, options))
    case "corpus_ter":
      return Ter.corpus(prediction, references, options)
    default:
      return null
  }
}

const isCorpus = (c: SegmentCase | CorpusCase): c is CorpusCase => Array.isArray(c.prediction)

export const score = (c: SegmentCase | CorpusCase): unknown => {
  const value = isCorpus(c) ? corpus(c) : segment(c)
  return Result.isResult(value) ? Result.getOrThrow(value) : value
}
