import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PairedBootstrap from "@genops/core/statistics/PairedBootstrap"
import * as PairedPermutation from "@genops/core/statistics/PairedPermutation"
import * as PairedT from "@genops/core/statistics/PairedT"
import * as Random from "@genops/core/statistics/Random"
import * as Statistics from "@genops/core/statistics/Summary"
import * as Usage from "@genops/core/Usage"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type * as Cell from "../src/Cell.ts"
import * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as Numbers from "../src/internal/evaluateNumbers.ts"
import * as compareSummary from "../src/internal/compareSummary.ts"
import * as winRates from "../src/internal/compareWinRates.ts"
import * as resamples from "../src/internal/evaluateResamples.ts"
import * as Table from "../src/internal/evaluateTable.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)
const hint = `GENOPS_SEED=${seed}`

/** Random numbers in [0, 1), and a shuffle by them. */
const generator = (offset = 0) => {
  const next = Random.xoshiro128ss(seed + offset)
  const number = () => next() / 2 ** 32
  const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => {
    const all = [...items]
    for (let i = all.length - 1; i > 0; i--) {
      const j = Math.floor(number() * (i + 1))
      ;[all[i], all[j]] = [all[j]!, all[i]!]
    }
    return all
  }
  return { number, shuffled }
}

// High, low and zero are good.
const metrics = ["rouge_1", "ter", "verbosity"].map((name) => Result.getOrThrow(Metric.named(name)))

interface Shape {
  readonly rows: number
  readonly repeats?: number
  readonly confidence?: number
  readonly baseline?: string
  readonly primaryMetric?: string
}

type Scores = (candidate: string, row: number, repeat: number) => Readonly<Record<string, number>> | undefined

const cellOf = (candidate: string, row: number, repeat: number, scores: Scores): Cell.Cell => {
  const found = scores(candidate, row, repeat)
  const cost = Money.times(Money.usd("0.000001"), 1 + ((row * 7 + candidate.length) % 5))
  return {
    runId: "run",
    candidate,
    fingerprint: candidate,
    row,
    rowId: `row-${row}`,
    repeat,
    scores: Object.fromEntries(Object.entries(found ?? {}).map(([name, score]) => [name, { score }])),
    ...(found === undefined
      ? {
          error: { tag: "Unavailable", message: "down" },
          spent: { generation: Money.zero, judge: Money.zero, unknown: 1 }
        }
      : {
          response: "text",
          latencyMs: 100 + row,
          cost,
          usage: Usage.make({ inputTokens: 10, outputTokens: 5, requests: 1 }),
          spent: { generation: cost, judge: Money.zero, unknown: 0 }
        })
  }
}

const cellsOf = (names: ReadonlyArray<string>, { repeats = 1, rows }: Shape, scores: Scores) =>
  names.flatMap((name) =>
    Array.from({ length: rows * repeats }, (_, i) => cellOf(name, Math.floor(i / repeats), i % repeats, scores))
  )

const summarise = (names: ReadonlyArray<string>, shape: Shape, cells: ReadonlyArray<Cell.Cell>) => {
  const { baseline = names[0] ?? "", confidence = 0.95, primaryMetric = "rouge_1", repeats = 1, rows } = shape
  const common = { rows, repeats, metrics, versions: new Map<string, string>(), seed: 3, confidence }
  const lanes = names.map((name) => ({
    candidate: { name, fingerprint: name, configuration: ModelConfiguration.make("gemini-3.5-flash", { name }) },
    failure: undefined,
    table: Table.make({ ...common, candidate: name, fingerprint: name })
  }))
  for (const cell of cells) lanes.find(({ candidate }) => candidate.name === cell.candidate)?.table.put(cell)
  return compareSummary.of(lanes, { ...common, baseline, primaryMetric })
}

const names = ["a", "b", "c"]

/** Scores with ties, and one cell in ten without. */
const noisy = (offset: number): Scores => {
  const { number } = generator(offset)
  const known = new Map<string, Readonly<Record<string, number>> | undefined>()
  return (candidate, row, repeat) => {
    const key = `${candidate} ${row} ${repeat}`
    if (!known.has(key)) {
      const rating = () => Math.floor(number() * 5) - 2
      const share = Math.round((number() + (candidate === "b" ? 0.3 : 0)) * 8) / 10
      known.set(
        key,
        number() < 0.1
          ? undefined
          : { rouge_1: Math.min(1, share), ter: Math.round(number() * 90), verbosity: rating() }
      )
    }
    return known.get(key)
  }
}

const difference = (summary: ComparisonSummary.ComparisonSummary, candidate: string, metric: string) =>
  summary.differences.find((one) => one.candidate === candidate && one.metric === metric)

describe("a summary", () => {
  it("is the same whatever the order of the cells", () => {
    for (const [offset, shape] of [{ rows: 9 }, { rows: 40, repeats: 3 }, { rows: 120 }].entries()) {
      const cells = cellsOf(names, shape, noisy(offset))
      const expected = ComparisonSummary.toJson(summarise(names, shape, cells))
      const { shuffled } = generator(offset + 10)
      for (let i = 0; i < 3; i++) {
        assert.strictEqual(ComparisonSummary.toJson(summarise(names, shape, shuffled(cells))), expected, hint)
      }
    }
  })

  it("counts a cell that was tried twice once, but what both tries have cost", () => {
    const shape = { rows: 10 }
    const cells = cellsOf(names, shape, noisy(20))
    const failed = cells.map((cell) => cellOf(cell.candidate, cell.row, 0, () => undefined))
    const once = summarise(names, shape, cells)
    const twice = summarise(names, shape, [...failed, ...cells])
    const withoutCost = ({ candidates, ...rest }: ComparisonSummary.ComparisonSummary) => ({
      ...rest,
      candidates: candidates.map((candidate) => ({ ...candidate, cost_unknown: 0 }))
    })
    assert.deepStrictEqual(withoutCost(twice), withoutCost(once))
    assert.strictEqual(twice.candidates[0]?.cost_unknown, (once.candidates[0]?.cost_unknown ?? 0) + 10)
  })

  it("is written and read", () => {
    const summary = summarise(names, { rows: 8 }, cellsOf(names, { rows: 8 }, noisy(30)))
    assert.deepInclude(JSON.parse(ComparisonSummary.toJson(summary)), {
      baseline: "a",
      primary_metric: "rouge_1",
      rows: 8
    })
  })
})

describe("differences", () => {
  it("change their sign and their verdict when baseline and candidate change places", () => {
    for (const offset of [0, 1, 2, 3]) {
      const shape = { rows: [30, 12, 200, 2500][offset] ?? 30, repeats: 1 + (offset % 2) }
      const cells = cellsOf(["a", "b"], shape, noisy(offset + 40))
      const one = summarise(["a", "b"], shape, cells)
      const other = summarise(["a", "b"], { ...shape, baseline: "b" }, cells)
      const opposite = { better: "worse", worse: "better" } as const
      for (const { name } of metrics) {
        const b = difference(one, "b", name)
        const a = difference(other, "a", name)
        assert.closeTo(-(b?.mean ?? NaN), a?.mean ?? NaN, 1e-12, hint)
        assert.strictEqual(a?.n, b?.n)
        assert.closeTo(a?.p ?? NaN, b?.p ?? NaN, 0.02, hint)
        if (b?.verdict === "better" || b?.verdict === "worse") assert.strictEqual(a?.verdict, opposite[b.verdict], hint)
      }
    }
  })

  it("know what is good: high, low, or near to zero", () => {
    const scores: Scores = (candidate, row) => ({
      rouge_1: candidate === "b" ? 0.8 + (row % 3) / 100 : 0.2,
      ter: candidate === "b" ? 10 + (row % 3) : 80,
      // Away from zero on either side is equally bad.
      verbosity: candidate === "b" ? (row % 4 === 0 ? 1 : 0) : row % 2 === 0 ? -2 : 2
    })
    const shape = { rows: 20 }
    const summary = summarise(["a", "b"], shape, cellsOf(["a", "b"], shape, scores))
    for (const { name } of metrics) assert.strictEqual(difference(summary, "b", name)?.verdict, "better", name)
    assert.closeTo(difference(summary, "b", "verbosity")?.mean ?? NaN, -1.75, 1e-12)
    assert.isAbove(difference(summary, "b", "rouge_1")?.mean ?? NaN, 0)
    assert.isBelow(difference(summary, "b", "ter")?.mean ?? NaN, 0)
  })

  it("are those of the tests of core: permutation, bootstrap and Student's", () => {
    for (const rows of [10, 60, 2500]) {
      const scores = noisy(rows)
      const all: Scores = (candidate, row, repeat) =>
        scores(candidate, row, repeat) ?? { rouge_1: 0, ter: 0, verbosity: 0 }
      const cells = cellsOf(["a", "b"], { rows }, all)
      const found = difference(summarise(["a", "b"], { rows }, cells), "b", "rouge_1")
      const of = (name: string) => Array.from({ length: rows }, (_, row) => all(name, row, 0)?.["rouge_1"] ?? NaN)
      const [b, a] = [of("b"), of("a")]
      const bootstrap = Result.getOrThrow(PairedBootstrap.test(b, a, { seed: 3 }))
      const student = Result.getOrThrow(PairedT.test(b, a))
      const { high, low } = rows > 2000 ? student : bootstrap
      const p =
        rows > 2000
          ? student.p
          : Result.getOrThrow(rows > 16 ? PairedPermutation.sampled(b, a, { seed: 3 }) : PairedPermutation.exact(b, a))
              .p
      assert.closeTo(found?.low ?? NaN, low, 1e-12, hint)
      assert.closeTo(found?.high ?? NaN, high, 1e-12, hint)
      assert.closeTo(found?.p ?? NaN, p, 1e-9, hint)
    }
  })

  it("are corrected by Holm: never smaller than they were, in the same order, and no more found", () => {
    for (let offset = 0; offset < 5; offset++) {
      const shape = { rows: 25 }
      const { differences } = summarise(names, shape, cellsOf(names, shape, noisy(offset + 60)))
      const sorted = differences.toSorted((a, b) => (a.p ?? 1) - (b.p ?? 1))
      for (const [i, { p, p_adjusted, verdict }] of sorted.entries()) {
        assert.isAtLeast(p_adjusted ?? 0, p ?? 1, hint)
        assert.isAtLeast(p_adjusted ?? 0, sorted[i - 1]?.p_adjusted ?? 0, hint)
        assert.strictEqual(verdict === "no_difference_shown", (p_adjusted ?? 1) >= 0.05, hint)
      }
      assert.closeTo(sorted[0]?.p_adjusted ?? 0, Math.min(1, (sorted[0]?.p ?? 0) * differences.length), 1e-12, hint)
    }
  })

  it("between equals are found about as often as they may be, and their p-values are spread evenly", () => {
    let found = 0
    let comparisons = 0
    const pValues: Array<number> = []
    // Few rows are tested exactly, more by sampling.
    for (const [rows, count] of [
      [10, 150],
      [20, 50]
    ] as const) {
      for (let offset = 0; offset < count; offset++, comparisons++) {
        const { number } = generator(1_000 * rows + offset)
        const ofRow = new Map<string, number>()
        // The repeats of a row are alike: taken for rows, they would make three of one.
        const scores: Scores = (candidate, row) => {
          const key = `${candidate} ${row}`
          const own = ofRow.get(key) ?? number()
          ofRow.set(key, own)
          return { rouge_1: own + number() / 100, ter: number() * 50, verbosity: Math.floor(number() * 5) - 2 }
        }
        const shape = { rows, repeats: 3 }
        const summary = summarise(names, shape, cellsOf(names, shape, scores))
        if (summary.differences.some(({ verdict }) => verdict !== "no_difference_shown")) found++
        pValues.push(difference(summary, "b", "rouge_1")?.p ?? NaN)
      }
    }
    const sorted = pValues.toSorted((a, b) => a - b)
    // Kolmogorov and Smirnov: beyond 1.95 / sqrt(n) once in a thousand times.
    const distance =
      Math.max(...sorted.map((p, i) => Math.abs(p - (i + 0.5) / sorted.length))) * Math.sqrt(sorted.length)
    console.log(
      `seed ${seed}: ${found} of ${comparisons} comparisons of equals show a difference; KS ${distance.toFixed(2)}`
    )
    // At most 5 % by construction: as many as 25 are as good as impossible.
    assert.isAtMost(found, 24, hint)
    assert.isBelow(distance, 2.2, hint)
  })
  it("between candidates that say the same are none, whatever they score and in whatever order they repeat", () => {
    for (let offset = 0; offset < 40; offset++) {
      const { number, shuffled } = generator(9_000 + offset)
      const shape = { rows: 6 + Math.floor(number() * 20), repeats: 1 + Math.floor(number() * 4) }
      // One score for all rows too: then rounding is the same everywhere, and looks like a difference that is sure.
      const rows = offset % 2 === 0 ? 1 : shape.rows
      const all = Array.from({ length: rows }, () => Array.from({ length: shape.repeats }, () => number() / 3))
      const scores: Scores = (candidate, row, repeat) => {
        const own = all[row % rows] ?? []
        const rouge_1 = own[candidate === "a" ? repeat : own.length - 1 - repeat] ?? 0
        return { rouge_1, ter: rouge_1 * 70, verbosity: rouge_1 - 0.5 }
      }
      const { differences, win_rates } = summarise(["a", "b"], shape, shuffled(cellsOf(["a", "b"], shape, scores)))
      for (const one of differences) {
        assert.deepInclude(one, { mean: 0, p: 1, p_adjusted: 1, low: null, verdict: "no_difference_shown" }, hint)
      }
      for (const one of win_rates) assert.deepInclude(one, { ties: shape.rows, rate: 0.5 }, hint)
    }
  })

  it("that are large enough are found: the tests are not blind", () => {
    const { number } = generator(77)
    const scores: Scores = (candidate) => ({
      rouge_1: number() + (candidate === "b" ? 0.5 : 0),
      ter: number() * 50 + (candidate === "b" ? 30 : 0),
      verbosity: candidate === "b" ? 0 : Math.floor(number() * 5) - 2
    })
    const summary = summarise(names, { rows: 60 }, cellsOf(names, { rows: 60 }, scores))
    const verdicts = metrics.map(({ name }) => difference(summary, "b", name)?.verdict)
    assert.deepStrictEqual(verdicts, ["better", "worse", "better"], hint)
  })

  it("of too few rows are not tested, and say so; equal ones have no interval", () => {
    const scores: Scores = (candidate) => ({ rouge_1: candidate === "b" ? 0.75 : 0.5, ter: 3, verbosity: 0 })
    const few = summarise(["a", "b"], { rows: 5 }, cellsOf(["a", "b"], { rows: 5 }, scores))
    for (const { name } of metrics) {
      assert.deepInclude(difference(few, "b", name), { n: 5, p: null, p_adjusted: null, verdict: "not_tested" })
      assert.include(difference(few, "b", name)?.reason, "5 rows in common with the baseline; fewer than 6")
    }
    const enough = summarise(["a", "b"], { rows: 10 }, cellsOf(["a", "b"], { rows: 10 }, scores))
    assert.deepInclude(difference(enough, "b", "rouge_1"), { mean: 0.25, low: null, high: null, verdict: "better" })
    assert.deepInclude(difference(enough, "b", "ter"), { mean: 0, p: 1, verdict: "no_difference_shown" })
    const none = summarise(
      ["a", "b"],
      { rows: 10 },
      cellsOf(["a", "b"], { rows: 10 }, (name) => (name === "a" ? { rouge_1: 1 } : undefined))
    )
    assert.deepInclude(difference(none, "b", "rouge_1"), { n: 0, mean: null, verdict: "not_tested" })
  })
})

describe("win rates", () => {
  it("of both sides of a pair sum to 1, and their intervals mirror each other", () => {
    for (let offset = 0; offset < 4; offset++) {
      const shape = { rows: 10 + 17 * offset, repeats: 1 + (offset % 3) }
      const { win_rates } = summarise(names, shape, cellsOf(names, shape, noisy(offset + 80)))
      assert.lengthOf(win_rates, 3 * 6)
      for (const one of win_rates) {
        const { against, candidate, errors, high, losses, low, metric, rate, ties, wins } = one
        assert.strictEqual(wins + losses + ties + errors, shape.rows, hint)
        assert.isTrue((low ?? 1) <= (rate ?? 0) && (rate ?? 1) <= (high ?? 0), hint)
        const other = win_rates.find(
          (two) => two.candidate === against && two.against === candidate && two.metric === metric
        )
        assert.deepInclude(other, { wins: losses, losses: wins, ties, errors }, hint)
        assert.closeTo((rate ?? NaN) + (other?.rate ?? NaN), 1, 1e-12, hint)
        assert.closeTo((low ?? NaN) + (other?.high ?? NaN), 1, 1e-9, hint)
      }
    }
  })

  it("go by how good a score is, and take repeats that average to the same for a tie", () => {
    const scores: Scores = (candidate, _, repeat) =>
      candidate === "a"
        ? { rouge_1: 0.1 + 0.2 * repeat, ter: 10, verbosity: -1 }
        : { rouge_1: [0.3, 0.1][repeat] ?? 0, ter: 20, verbosity: 1 }
    const shape = { rows: 7, repeats: 2 }
    const { win_rates } = summarise(["a", "b"], shape, cellsOf(["a", "b"], shape, scores))
    const of = (metric: string) => win_rates.find((one) => one.metric === metric && one.candidate === "a")
    assert.deepInclude(of("rouge_1"), { ties: 7, rate: 0.5 })
    assert.deepInclude(of("ter"), { wins: 7, rate: 1, high: 1 })
    assert.deepInclude(of("verbosity"), { ties: 7 })
  })
})

describe("the order by judges' choices", () => {
  const choices = (won: Readonly<Record<string, readonly [wins: number, losses: number, ties: number]>>) => {
    const order = Object.keys(won)
    const rates = order.flatMap((candidate): ReadonlyArray<ComparisonSummary.WinRate> => {
      const [wins, losses, ties] = won[candidate] ?? [0, 0, 0]
      const common = { metric: "judged", errors: 0, rate: null, low: null, high: null, ties }
      return [
        { ...common, candidate, against: "baseline", wins, losses },
        { ...common, candidate: "baseline", against: candidate, wins: losses, losses: wins }
      ]
    })
    return winRates.order(["baseline", ...order], rates, "judged")
  }

  it("has the strengths of Bradley and Terry, which for pairs with one baseline are the log odds of winning", () => {
    const won = { worse: [2, 8, 0], equal: [3, 3, 4], better: [6, 1, 3], best: [9, 1, 0] } as const
    const { order, order_metric } = choices(won)
    assert.strictEqual(order_metric, "judged")
    assert.deepStrictEqual(
      order?.filter(({ candidate }) => candidate !== "baseline").map(({ candidate }) => candidate),
      ["best", "better", "equal", "worse"]
    )
    const elo = new Map(order?.map(({ candidate, elo }) => [candidate, elo]))
    for (const [candidate, [wins, losses, ties]] of Object.entries(won)) {
      const odds = (wins + ties / 2) / (losses + ties / 2)
      assert.closeTo((elo.get(candidate) ?? NaN) - (elo.get("baseline") ?? NaN), 400 * Math.log10(odds), 1e-6)
    }
    const mean = [...elo.values()].reduce((sum, one) => sum + one, 0) / elo.size
    assert.closeTo(mean, 1500, 1e-6)
  })

  it("is absent, and says why, when somebody has won or lost everything, and without choices", () => {
    for (const won of [{ all: [10, 0, 0] }, { none: [0, 10, 0] }, { one: [5, 5, 0], nobody: [0, 0, 0] }] as const) {
      const { order, order_absent } = choices(won)
      assert.isNull(order)
      assert.include(order_absent, "not linked")
    }
    assert.deepStrictEqual(winRates.order(["a", "b"], [], undefined), { order: null })
  })
})

describe("the trade-off", () => {
  const point = (candidate: string, quality: number | null, cost: number | null, latency_ms: number | null) => ({
    candidate,
    quality,
    cost_per_1000_usd: cost === null ? null : Money.times(Money.usd("0.01"), cost),
    latency_ms
  })
  const front = (points: ReadonlyArray<ReturnType<typeof point>>) =>
    compareSummary.tradeOff(points).flatMap(({ candidate, on_front }) => (on_front ? [candidate] : []))

  it("has on its front who is beaten by nobody", () => {
    assert.deepStrictEqual(
      front([
        point("best", 0.9, 30, 900),
        point("cheap", 0.5, 1, 300),
        point("beaten", 0.5, 2, 300),
        point("twin", 0.5, 1, 300)
      ]),
      ["best", "cheap", "twin"]
    )
  })

  it("leaves out who lacks a number, and numbers that all lack", () => {
    assert.deepStrictEqual(front([point("a", 0.9, null, 900), point("b", 0.1, 5, 1000), point("none", null, 1, 1)]), [
      "b"
    ])
    assert.deepStrictEqual(front([point("a", 0.9, null, 900), point("b", 0.1, null, 1000)]), ["a"])
    assert.deepStrictEqual(front([point("a", null, null, null)]), [])
  })

  it("never has a point that another one dominates, and always has one", () => {
    const { number } = generator(5)
    for (let trial = 0; trial < 200; trial++) {
      const points = Array.from({ length: 7 }, (_, i) =>
        point(String(i), Math.round(number() * 5), Math.round(number() * 5), Math.round(number() * 5))
      )
      const on = new Set(front(points))
      assert.isAbove(on.size, 0, hint)
      const dominates = (a: (typeof points)[number], b: (typeof points)[number]) =>
        (a.quality ?? 0) >= (b.quality ?? 0) &&
        Number(a.cost_per_1000_usd) <= Number(b.cost_per_1000_usd) &&
        (a.latency_ms ?? 0) <= (b.latency_ms ?? 0) &&
        (a.quality !== b.quality || a.cost_per_1000_usd !== b.cost_per_1000_usd || a.latency_ms !== b.latency_ms)
      for (const b of points) {
        assert.strictEqual(on.has(b.candidate), !points.some((a) => dominates(a, b)), hint)
      }
    }
  })

  it("takes for quality the mean, turned so that more is better", () => {
    const scores: Scores = (candidate, row) => ({
      rouge_1: 0.5,
      ter: candidate === "a" ? 10 : 20,
      verbosity: row % 2 === 0 ? -1 : 1
    })
    const quality = (primaryMetric: string) =>
      summarise(["a", "b"], { rows: 6, primaryMetric }, cellsOf(["a", "b"], { rows: 6 }, scores)).trade_off[0]?.quality
    assert.deepStrictEqual(["rouge_1", "ter", "verbosity"].map(quality), [0.5, -10, -1])
  })
})

describe("numbers in place", () => {
  it("are what core makes of them", () => {
    const { number } = generator(8)
    for (const length of [2, 3, 10, 999]) {
      const values = Array.from({ length }, () => Math.round(number() * 1000) / 7)
      const { max, mean, median, min, p95, std } = Result.getOrThrow(Statistics.of(values))
      const array = Float64Array.from(values)
      assert.closeTo(Numbers.mean(array), mean, 1e-12 * Math.abs(mean), hint)
      assert.closeTo(
        Numbers.deviation(array),
        Result.getOrElse(std, () => NaN),
        1e-9,
        hint
      )
      assert.strictEqual(Numbers.quantile(array, 0.5), median, hint)
      assert.strictEqual(Numbers.quantile(array, 0.95), p95, hint)
      assert.deepStrictEqual([Numbers.quantile(array, 0), Numbers.quantile(array, 1)], [min, max], hint)
      assert.deepStrictEqual(
        [...array].toSorted((a, b) => a - b),
        values.toSorted((a, b) => a - b)
      )
      const student = Result.getOrUndefined(
        PairedT.test(
          values,
          values.map(() => 0),
          0.9
        )
      )
      assert.closeTo(Numbers.student(array, 0.9)?.low ?? NaN, student?.low ?? NaN, 1e-9, hint)
      assert.closeTo(Numbers.student(array, 0.9)?.p ?? NaN, student?.p ?? NaN, 1e-12, hint)
    }
    assert.isNaN(Numbers.deviation(Float64Array.of(2)))
    assert.isNaN(Numbers.mean(new Float64Array()))
    assert.isUndefined(Numbers.student(Float64Array.of(2, 2, 2), 0.95))
    assert.strictEqual(Numbers.mean(Float64Array.of(1e100, 1, -1e100, 3)), 1)
  })
})

describe("resampling many columns at once", () => {
  it("gives for each what bootstrap and permutation test of core give", () => {
    const { number } = generator(7)
    const columns = [5, 30, 30, 101].map((length) => Array.from({ length }, () => number() - 0.4))
    const arrays = columns.map((column) => Float64Array.from(column))
    const intervals = resamples.intervals(arrays, { confidence: 0.9, seed: 11 })
    const pValues = resamples.pValues(arrays, { seed: 11 })
    for (const [i, column] of columns.entries()) {
      const zeros = column.map(() => 0)
      const { high, low } = Result.getOrThrow(PairedBootstrap.test(column, zeros, { confidence: 0.9, seed: 11 }))
      assert.deepStrictEqual(intervals[i], { low, high }, hint)
      assert.strictEqual(pValues[i], Result.getOrThrow(PairedPermutation.sampled(column, zeros, { seed: 11 })).p, hint)
    }
  })
})
