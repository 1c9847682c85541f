/**
 * Speed of the text metrics on one thread, beside js-rouge in the same process.
 *
 * js-rouge gets the tokens of `rouge_score` with the same stemmer, and lines as sentences: with these both compute the same
 * scores, which is checked before anything is measured. It is measured twice, with the stemmer as it is and with a cache of
 * stems in front of it, which it does not have but which the library has inside.
 */
import * as Chrf from "@genops/core/metric/Chrf"
import * as Edit from "@genops/core/metric/Edit"
import * as Rouge from "@genops/core/metric/Rouge"
import * as RougeTokens from "@genops/core/metric/RougeTokens"
import * as SacreBleu from "@genops/core/metric/SacreBleu"
import * as Ter from "@genops/core/metric/Ter"
import * as Random from "@genops/core/statistics/Random"
import * as JsRouge from "js-rouge"

interface Pair {
  readonly prediction: string
  readonly reference: string
}

const WINDOW_MS = 50
const WINDOWS = 30
const PAIRS = 50

/** Word-like text: 3,000 words of Zipf's frequencies with English endings, sentences of 8 to 24 words in lines of their own. */
const makeTexts = (seed: number) => {
  const next = Random.xoshiro128ss(seed)
  const below = (n: number) => Random.index(next(), n)
  const syllables = [
    "ba",
    "con",
    "der",
    "el",
    "fi",
    "gra",
    "hor",
    "in",
    "jus",
    "ka",
    "lo",
    "mer",
    "nor",
    "op",
    "per",
    "qui"
  ]
  const endings = ["", "", "", "s", "ed", "ing", "ly", "ation", "ness", "ies", "able", "ment"]
  const vocabulary = Array.from({ length: 3000 }, (_, rank) => {
    const length = rank < 60 ? 1 : 1 + below(3)
    const stem = Array.from({ length }, () => syllables[below(syllables.length)]).join("")
    return rank < 60
      ? stem + (rank > 15 ? String.fromCharCode(97 + below(26)) : "")
      : stem + endings[below(endings.length)]
  })
  const word = () => vocabulary[Math.floor(vocabulary.length ** (next() / 2 ** 32)) - 1] ?? "a"
  const sentences = (words: number) => {
    const lines: Array<Array<string>> = []
    for (let left = words; left > 0;) {
      const length = Math.min(left, 8 + below(17))
      lines.push(Array.from({ length }, word))
      left -= length
    }
    return lines
  }
  const text = (lines: ReadonlyArray<ReadonlyArray<string>>) =>
    lines
      .map(
        (line) =>
          `${line
            .join(" ")
            .replace(/^./, (c) => c.toUpperCase())
            .replace(/(\S+ \S+ \S+) /, "$1, ")}.`
      )
      .join("\n")
  /** The reference with a quarter of its words dropped, replaced, or doubled. */
  const pair = (words: number): Pair => {
    const reference = sentences(words)
    const edit = (w: string) => {
      const kind = below(12)
      return kind === 0 ? [] : kind === 1 ? [word()] : kind === 2 ? [w, w] : [w]
    }
    return { prediction: text(reference.map((line) => line.flatMap(edit))), reference: text(reference) }
  }
  return pair
}

type Work = (pair: Pair) => unknown

/**
 * Pairs per second of each work in the best of some windows: what the code can do, not what else the machine did. Windows take
 * turns, so that a slow moment of the machine does not fall on one of them only.
 */
const speeds = (pairs: ReadonlyArray<Pair>, works: ReadonlyArray<Work>): ReadonlyArray<number> => {
  const best = works.map(() => 0)
  for (const work of works) pairs.forEach(work)
  for (let w = 0; w < WINDOWS; w++) {
    for (const [i, work] of works.entries()) {
      const start = performance.now()
      let done = 0
      let elapsed = 0
      for (; elapsed < WINDOW_MS; elapsed = performance.now() - start) {
        const pair = pairs[done % pairs.length]
        if (pair !== undefined) work(pair)
        done++
      }
      best[i] = Math.max(best[i] ?? 0, (done * 1000) / elapsed)
    }
  }
  return best
}

const milliseconds = (work: () => void): number => {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}

const types = ["rouge_1", "rouge_2", "rouge_l_sum"] as const

const ours = ({ prediction, reference }: Pair) => {
  const scores = Rouge.score(prediction, reference, { types, useStemmer: true })
  return types.map((type) => scores[type].fmeasure)
}

const segmenter = (text: string) => text.split("\n")

const theirs =
  (tokenizer: (text: string) => Array<string>) =>
  ({ prediction, reference }: Pair) => [
    JsRouge.n(prediction, reference, { n: 1, tokenizer }),
    JsRouge.n(prediction, reference, { n: 2, tokenizer }),
    JsRouge.l(prediction, reference, { tokenizer, segmenter })
  ]

const stemming = (text: string) => [...RougeTokens.tokenize(text, true)]

const stems = new Map<string, string>()
const cached = (text: string) =>
  RougeTokens.tokenize(text).map((word) => {
    const known = stems.get(word)
    if (known !== undefined) return known
    const [stem = word] = RougeTokens.tokenize(word, true)
    stems.set(word, stem)
    return stem
  })

const checkSameScores = (pairs: ReadonlyArray<Pair>): void => {
  for (const pair of pairs) {
    const expected = theirs(cached)(pair)
    ours(pair).forEach((value, i) => {
      if (Math.abs(value - (expected[i] ?? NaN)) > 1e-9) {
        throw new Error(`${types[i]} is ${value}, js-rouge says ${expected[i]} for ${JSON.stringify(pair)}`)
      }
    })
  }
}

const format = (value: number) => Math.round(value).toLocaleString("en-US")

/** Measures and prints the table. */
export const run = (): void => {
  const pairOf = makeTexts(7)
  const short = Array.from({ length: PAIRS }, () => pairOf(60))
  const long = Array.from({ length: PAIRS }, () => pairOf(600))
  checkSameScores([...short, ...long])

  const measure = (works: ReadonlyArray<Work>) => {
    const a = speeds(short, works)
    const b = speeds(long, works)
    return works.map((_, i) => [a[i] ?? 0, b[i] ?? 0] as const)
  }
  const print = (name: string, cells: readonly [string, string]) =>
    console.log(name.padEnd(44) + cells.map((cell) => cell.padStart(10)).join(""))
  const printSpeed = (name: string, [a, b]: readonly [number, number]) => print(name, [format(a), format(b)])
  const row = (name: string, work: Work) => {
    for (const result of measure([work])) printSpeed(name, result)
  }

  print("pairs/s, one thread", ["60 words", "600 words"])
  const [mine = [0, 0], peer = [0, 0], cachedPeer = [0, 0]] = measure([ours, theirs(stemming), theirs(cached)])
  printSpeed("rouge_1 + rouge_2 + rouge_l_sum, stemmer", mine)
  for (const [name, speed] of [
    ["  js-rouge", peer],
    ["  js-rouge with a stem cache", cachedPeer]
  ] as const) {
    printSpeed(name, speed)
    print("    we are faster by", [`${(mine[0] / speed[0]).toFixed(1)}x`, `${(mine[1] / speed[1]).toFixed(1)}x`])
  }
  row("rouge_l, stemmer", (p) => Rouge.score(p.prediction, p.reference, { types: ["rouge_l"], useStemmer: true }))
  row("sentence BLEU, 13a", (p) => SacreBleu.sentence(p.prediction, [p.reference]))
  row("sentence BLEU, intl", (p) => SacreBleu.sentence(p.prediction, [p.reference], { tokenize: "intl" }))
  row("chrF++", (p) => Chrf.sentence(p.prediction, [p.reference], { wordOrder: 2 }))
  row("edit distance, WER, CER", (p) => Edit.score(p.prediction, p.reference))
  row("TER", (p) => Ter.sentence(p.prediction, [p.reference]))

  const huge = pairOf(20_000)
  const oneLine = { prediction: huge.prediction.replaceAll("\n", " "), reference: huge.reference.replaceAll("\n", " ") }
  const lsum = ({ prediction, reference }: Pair) => Rouge.score(prediction, reference, { types: ["rouge_l_sum"] })
  console.log("\n20,000 words, milliseconds")
  print("rouge_l_sum, in lines", ["", format(milliseconds(() => lsum(huge)))])
  print("rouge_l_sum, in one line", ["", format(milliseconds(() => lsum(oneLine)))])
}

if (import.meta.main) run()
