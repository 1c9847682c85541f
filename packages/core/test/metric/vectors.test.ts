/**
 * All oracle vectors of `fixtures/metrics` (see its README for the reference implementations) against the library.
 */
import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { type CorpusCase, score, type SegmentCase } from "./adapter.ts"

type Vector = (SegmentCase | CorpusCase) & {
  readonly id: string
  readonly expected: unknown
  readonly tolerance?: number
}

const TOLERANCE = 1e-9
const folder = new URL("../fixtures/metrics/", import.meta.url)

/** How many cases each file holds: a file that is cut short or not read must fail. */
const counts: Record<string, number> = {
  "bleu.jsonl": 636,
  "chrf.jsonl": 440,
  "json.jsonl": 66,
  "qa.jsonl": 766,
  "rouge.jsonl": 642,
  "rouge_long.jsonl": 2,
  "rouge_split.jsonl": 192,
  "sentences.jsonl": 148,
  "stats.jsonl": 511,
  "stem.jsonl": 131,
  "ter.jsonl": 242,
  "text.jsonl": 649,
  "tokenize.jsonl": 2413,
  "tool.jsonl": 300,
  "vertex.jsonl": 596,
  "vertex_observed.jsonl": 16
}

/**
 * Cases that depend on the trained Punkt model: at the very end of a text it splits "No?!" into "No?" and "!". The mark alone has no
 * token, so no score changes by it.
 */
const punktOnly = new Set(["p-sentences-0007", "p-sentences-0096", "p-sentences-0104"])

/** What differs first, or undefined. Numbers agree within `tolerance * max(1, |expected|)`; other keys of `actual` are ignored. */
const difference = (expected: unknown, actual: unknown, tolerance: number, path: string): string | undefined => {
  if (typeof expected === "number") {
    const near =
      typeof actual === "number" && Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))
    return near ? undefined : `${path}: expected ${expected}, got ${String(actual)}`
  }
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) {
    return `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
  }
  if (typeof expected === "object" && expected !== null) {
    const entries = new Map(typeof actual === "object" && actual !== null ? Object.entries(actual) : [])
    for (const [key, value] of Object.entries(expected)) {
      const found = difference(value, entries.get(key), tolerance, `${path}.${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  return expected === actual
    ? undefined
    : `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
}

describe("oracle vectors", () => {
  it("has every file, and no other", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"))
    assert.deepStrictEqual(files.toSorted(), Object.keys(counts))
  })

  it.each(Object.entries(counts))("%s: agrees on all of %i cases", (file, count) => {
    const lines = readFileSync(new URL(file, folder), "utf8").split("\n").filter(Boolean)
    const failures: Array<string> = []
    let passed = 0
    let skipped = 0
    for (const line of lines) {
      // The shape of the vectors is described in their README.
      const vector = JSON.parse(line) as Vector
      if (punktOnly.has(vector.id)) {
        skipped++
        continue
      }
      const found = difference(vector.expected, score(vector), vector.tolerance ?? TOLERANCE, vector.metric)
      if (found === undefined) passed++
      else failures.push(`${vector.id} ${found}`)
    }
    assert.deepStrictEqual(failures, [])
    assert.strictEqual(skipped, file === "sentences.jsonl" ? punktOnly.size : 0)
    assert.strictEqual(passed + skipped, count)
  })

  it("is able to fail", () => {
    assert.isDefined(difference({ score: 1 }, { score: 1 + 1e-8 }, TOLERANCE, "score"))
    assert.isDefined(difference({ score: 1 }, {}, TOLERANCE, "score"))
    assert.isDefined(difference(["a"], ["a", "b"], TOLERANCE, "tokens"))
    assert.isUndefined(difference({ score: 1 }, { score: 1, more: 2 }, TOLERANCE, "score"))
  })
})
