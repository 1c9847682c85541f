/** The bit-parallel and hashed algorithms against their textbook definitions. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Lcs from "../../src/metric/Lcs.ts"
import * as Levenshtein from "../../src/metric/Levenshtein.ts"
import * as Ngrams from "../../src/metric/Ngrams.ts"
import * as Random from "../../src/statistics/Random.ts"

const VOCABULARY = 6
const Sequence = Schema.Array(Schema.Literals([0, 1, 2, 3, 4, 5]))
const pack = (values: ReadonlyArray<number>) => Int32Array.from(values)

const lcsTable = (rows: Int32Array, columns: Int32Array): ReadonlyArray<Int32Array> => {
  const table = Array.from({ length: rows.length + 1 }, () => new Int32Array(columns.length + 1))
  for (let i = 1; i <= rows.length; i++) {
    for (let j = 1; j <= columns.length; j++) {
      table[i]![j] =
        rows[i - 1] === columns[j - 1] ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!)
    }
  }
  return table
}

/** The walk back of `rouge_score`. */
const lcsPositions = (rows: Int32Array, columns: Int32Array): ReadonlyArray<number> => {
  const table = lcsTable(rows, columns)
  const positions: Array<number> = []
  let i = rows.length
  let j = columns.length
  while (i > 0 && j > 0) {
    if (rows[i - 1] === columns[j - 1]) {
      positions.push(--i)
      j--
    } else if (table[i]![j - 1]! > table[i - 1]![j]!) j--
    else i--
  }
  return positions
}

const marksOf = (sentences: ReadonlyArray<Int32Array>, reference: Int32Array): Uint8Array => {
  const marks = new Uint8Array(reference.length)
  for (const sentence of sentences) for (const position of lcsPositions(reference, sentence)) marks[position] = 1
  return marks
}

const editDistance = (rows: Int32Array, columns: Int32Array): number => {
  let previous = Array.from({ length: columns.length + 1 }, (_, j) => j)
  for (let i = 1; i <= rows.length; i++) {
    const current = [i]
    for (let j = 1; j <= columns.length; j++) {
      const substitution = previous[j - 1]! + (rows[i - 1] === columns[j - 1] ? 0 : 1)
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous.at(-1)!
}

/** Longer sequences than a property test makes, so that several words of bits and their carries are in play. */
const long = (seed: number, length: number, vocabulary: number) => {
  const next = Random.xoshiro128ss(seed)
  return Int32Array.from({ length }, () => Random.index(next(), vocabulary))
}

describe("Lcs", () => {
  it.prop("finds the length of the table", [Sequence, Sequence], ([a, b]) => {
    assert.strictEqual(Lcs.length(pack(a), pack(b), VOCABULARY), lcsTable(pack(a), pack(b)).at(-1)!.at(-1))
  })

  it.prop("marks what the walk of rouge_score marks", [Schema.Array(Sequence), Sequence], ([lists, list]) => {
    const sentences = lists.map(pack)
    const reference = pack(list)
    const union = Lcs.union(sentences, VOCABULARY)
    for (const nearest of [0, 1, 99]) {
      assert.deepStrictEqual(union(reference, nearest), marksOf(sentences, reference))
    }
  })

  it.each([29, 30, 31, 59, 60, 61, 300])("agrees on %i rows", (length) => {
    for (const vocabulary of [2, 7, 60]) {
      const reference = long(length, length, vocabulary)
      const sentences = [long(length + 1, length + 13, vocabulary), long(length + 2, 45, vocabulary)]
      assert.strictEqual(
        Lcs.length(reference, sentences[0]!, vocabulary),
        lcsTable(reference, sentences[0]!).at(-1)!.at(-1)
      )
      assert.deepStrictEqual(Lcs.union(sentences, vocabulary)(reference, 0), marksOf(sentences, reference))
    }
  })

  it("agrees when columns are computed twice from checkpoints", () => {
    // 12,000 columns of 367 words exceed the state that is kept at once, so blocks of 110 columns are used.
    const reference = long(1, 11_000, 900)
    const sentence = long(2, 12_000, 900)
    const marks = Lcs.union([sentence], 900)(reference, 0)
    const marked = reference.filter((_, i) => marks[i] === 1)
    assert.strictEqual(marked.length, Lcs.length(reference, sentence, 900))
    let at = 0
    for (const symbol of sentence) if (symbol === marked[at]) at++
    assert.strictEqual(at, marked.length, "the marked positions are a subsequence of the sentence")
  })
})

describe("Levenshtein", () => {
  it.prop("finds the distance of the table", [Sequence, Sequence], ([a, b]) => {
    assert.strictEqual(Levenshtein.distance(pack(a), pack(b), VOCABULARY), editDistance(pack(a), pack(b)))
  })

  it.each([31, 32, 33, 63, 64, 65, 200])("agrees on %i rows", (length) => {
    for (const vocabulary of [2, 9]) {
      const a = long(length, length, vocabulary)
      const b = long(length + 7, length + 20, vocabulary)
      assert.strictEqual(Levenshtein.distance(a, b, vocabulary), editDistance(a, b))
    }
  })
})

describe("Ngrams", () => {
  const grams = (values: ReadonlyArray<number>, n: number) => {
    const counts = new Map<string, number>()
    for (let i = 0; i + n <= values.length; i++) {
      const gram = values.slice(i, i + n).join()
      counts.set(gram, (counts.get(gram) ?? 0) + 1)
    }
    return counts
  }

  it.prop("clips to the highest count in any reference", [Sequence, Schema.NonEmptyArray(Sequence)], ([p, lists]) => {
    const expected = [1, 2, 3, 4].map((n) => {
      let hits = 0
      for (const [gram, count] of grams(p, n)) {
        hits += Math.min(count, Math.max(...lists.map((list) => grams(list, n).get(gram) ?? 0)))
      }
      return hits
    })
    assert.deepStrictEqual(Ngrams.matches(pack(p), lists.map(pack), 4, VOCABULARY), expected)
  })
})
