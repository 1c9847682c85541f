import { assert, describe, it } from "@effect/vitest"
import * as Random from "@genops/core/statistics/Random"
import type * as Data from "../src/report/browser/data.ts"
import * as Format from "../src/report/browser/format.ts"
import * as View from "../src/report/browser/view.ts"

const views = View.make()
const format = Format.make()

const measure = (name: string, ideal: Data.Measure["ideal"]): Data.Measure => ({
  name,
  ideal,
  unit: "",
  decimals: 2,
  rowDecimals: 2,
  cellDecimals: 2
})

// Three rows of a dataset, of which the second is not there; the middle one is the same everywhere, the last one has a failure.
const index: Data.Index = {
  runId: "run",
  candidates: ["base", "new & improved=1"],
  measures: [measure("helpful", "high"), measure("ter", "low"), measure("verbosity", "zero")],
  planned: 0,
  repeats: 1,
  chunkRows: 500,
  rows: [0, 2, 3],
  ids: ["a", "c", "d"],
  same: "010",
  states: ["...", "..e"],
  values: [
    [[1, 2, 3], [2, 1, null]],
    [[1, 2, 3], [2, 1, null]],
    [[-1, 2, 0], [2, -1, null]]
  ],
  pairs: []
} // prettier-ignore

const start = views.initial(index)
const selected = (change: Partial<View.View>, found?: ReadonlySet<number>) =>
  views.select(index, { ...start, ...change }, found).map((position) => index.ids[position])

describe("which rows are looked at", () => {
  it("are all at first, in the order of the dataset", () => assert.deepStrictEqual(selected({}), ["a", "c", "d"]))

  it("are those that differ, have errors, or were found", () => {
    assert.deepStrictEqual(selected({ different: true }), ["a", "d"])
    assert.deepStrictEqual(selected({ errors: true }), ["d"])
    assert.deepStrictEqual(selected({ errors: true, within: 0 }), [])
    assert.deepStrictEqual(selected({}, new Set([1])), ["c"])
  })

  it("are regressions by the ideal of the measure", () => {
    assert.deepStrictEqual(selected({ regressions: true, measure: 0 }), ["c"])
    assert.deepStrictEqual(selected({ regressions: true, measure: 1 }), ["a"])
    // Nearer to 0 is better: 2 is worse than -1, -1 is better than 2.
    assert.deepStrictEqual(selected({ regressions: true, measure: 2 }), ["a"])
    assert.deepStrictEqual(selected({ regressions: true, baseline: 1 }), ["a"])
  })

  it("are those that are worse than a limit", () => {
    assert.deepStrictEqual(selected({ limit: 2 }), ["a", "c"])
    assert.deepStrictEqual(selected({ limit: 2, within: 0 }), ["a"])
    assert.deepStrictEqual(selected({ limit: 2, measure: 1 }), ["d"])
    assert.deepStrictEqual(selected({ limit: 1, measure: 2, within: 0 }), ["c"])
  })

  it("are sorted by value or difference, those without one last", () => {
    assert.deepStrictEqual(selected({ sort: "row", descending: true }), ["d", "c", "a"])
    assert.deepStrictEqual(selected({ sort: "v1" }), ["c", "a", "d"])
    assert.deepStrictEqual(selected({ sort: "v1", descending: true }), ["a", "c", "d"])
    assert.deepStrictEqual(selected({ sort: "d1" }), ["c", "a", "d"])
  })
})

describe("the address", () => {
  it("is empty for the first view", () => assert.strictEqual(views.toHash(index, start), ""))

  it("keeps every view", () => {
    const next = Random.xoshiro128ss(5)
    const flip = () => Random.index(next(), 2) === 1
    for (let nth = 0; nth < 500; nth++) {
      const view: View.View = {
        measure: Random.index(next(), 3),
        baseline: Random.index(next(), 2),
        query: flip() ? "100 % & <b>=\u{1f600}#" : "",
        different: flip(),
        regressions: flip(),
        errors: flip(),
        limit: flip() ? Random.index(next(), 9) / 4 - 1 : undefined,
        within: Random.index(next(), 3) - 1,
        sort: ["row", "v0", "v1", "d1"][Random.index(next(), 4)] ?? "row",
        descending: flip(),
        page: Random.index(next(), 3),
        hidden: flip() ? [1] : [],
        row: flip() ? 2 : undefined,
        pair: flip() ? [0, 1] : undefined
      }
      assert.deepStrictEqual(views.fromHash(index, `#${views.toHash(index, view)}`), view)
    }
  })

  it("of anything else means what it can", () => {
    for (const hash of [
      "#",
      "#row-",
      "#row-x",
      "#sort=v9",
      "#baseline=nobody",
      "#q=%E0%A4%A",
      "#page=-3",
      "#limit=banana",
      "#pair=0",
      "#without=7",
      "#__proto__=1"
    ]) {
      assert.deepStrictEqual(views.fromHash(index, hash), start, hash)
    }
    assert.strictEqual(views.fromHash(index, "#row-17").row, 17)
  })
})

describe("numbers", () => {
  it("print as people read them", () => {
    assert.deepStrictEqual(
      [
        format.fixed(-0.004, 2),
        format.fixed(1234567.891, 1),
        format.fixed(Number.NaN, 1),
        format.signed(0.5, 2),
        format.signed(-0.5, 2)
      ],
      ["0.00", "1,234,567.9", "\u2013", "+0.50", "\u22120.50"]
    )
    assert.deepStrictEqual([0, 0.000118, 0.0208, 0.2, 3.456, 1234.5].map(format.usd), [
      "$0",
      "$0.000118",
      "$0.0208",
      "$0.20",
      "$3.46",
      "$1,235"
    ])
    assert.deepStrictEqual(
      [37, 940, 9_990, 12_540, 99_940, 150_400, 180_000, 2_460_000, 7_500_000, 180_000_000].map(format.duration),
      ["37 ms", "0.94 s", "9.99 s", "12.5 s", "99.9 s", "2 m 30 s", "3 m", "41 m", "2 h 5 m", "2 d 2 h"]
    )
  })
})
