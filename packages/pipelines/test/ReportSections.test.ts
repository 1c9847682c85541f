import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import * as Random from "@genops/core/statistics/Random"
import * as Effect from "effect/Effect"
import type * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as Labels from "../src/internal/reportLabels.ts"
import * as Verdict from "../src/internal/reportVerdict.ts"
import type * as Data from "../src/report/browser/data.ts"
import * as Cast from "./ReportCast.ts"
import * as Fixture from "./ReportFixture.ts"
import * as Page from "./ReportPage.ts"

const { summary } = Fixture.make({ rows: 40 })
const measure: Data.Measure = {
  name: "summarization_quality",
  ideal: "high",
  unit: "",
  decimals: 2,
  rowDecimals: 0,
  cellDecimals: 0
}

type Change = Partial<ComparisonSummary.Difference>

/** The verdict when the differences to the baseline are these. */
const verdict = (
  differences: Readonly<Record<string, Change>>,
  change: Partial<ComparisonSummary.ComparisonSummary> = {}
) =>
  Verdict.of(
    {
      ...summary,
      differences: Object.entries(differences).map(([candidate, one]) => ({
        candidate,
        metric: "summarization_quality",
        n: 200,
        mean: 0.08,
        low: 0.01,
        high: 0.15,
        p: 0.01,
        p_adjusted: 0.03,
        verdict: "better",
        reason: null,
        ...one
      })),
      ...change
    },
    measure
  )

const same: Change = { verdict: "no_difference_shown", mean: 0.01, p_adjusted: 0.41 }
const worse: Change = { verdict: "worse", mean: -0.31, p_adjusted: 0.0002 }

describe("the verdict", () => {
  const cost = (usd: Record<string, Money.Money>) => ({
    candidates: summary.candidates.map((one) => ({ ...one, cost_per_1000_usd: usd[one.candidate] ?? null }))
  })

  it("names who is better, by how much, how sure, and at which cost", () => {
    assert.strictEqual(
      verdict({ flash: same, "support-v7": {} }, cost({ pro: Money.usd("1.8"), "support-v7": Money.usd("0.2") })),
      "support-v7 is better than pro in summarization_quality (+0.08, p = 0.03), at 1/9 of the cost."
    )
    assert.strictEqual(
      verdict({ flash: {}, "support-v7": { mean: 0.2 } }, cost({})),
      "support-v7 is better than pro in summarization_quality (+0.20, p = 0.03). flash is better too."
    )
    assert.strictEqual(
      verdict({ flash: worse, "support-v7": {} }, cost({ pro: Money.usd("1"), "support-v7": Money.usd("2.5") })),
      "support-v7 is better than pro in summarization_quality (+0.08, p = 0.03), at 2.5 times the cost. flash is worse."
    )
  })

  it("claims no difference that was not shown", () => {
    assert.strictEqual(
      verdict({ flash: same, "support-v7": { ...same, p_adjusted: 0.2 } }),
      "No difference is shown between pro and the 2 other candidates in summarization_quality (p = 0.20 at the lowest, 200 rows)."
    )
    assert.strictEqual(
      verdict({ flash: worse, "support-v7": same }),
      "No difference is shown between pro and support-v7 in summarization_quality (p = 0.41, 200 rows). flash is worse."
    )
    assert.strictEqual(
      verdict({ flash: worse, "support-v7": { ...worse, mean: -0.1, p_adjusted: 0.04 } }),
      "No candidate is better than pro in summarization_quality: flash is worse (\u22120.31, p < 0.001) and support-v7 is worse (\u22120.10, p = 0.04)."
    )
  })

  it("says why nothing was tested", () => {
    const untested: Change = {
      verdict: "not_tested",
      mean: null,
      p: null,
      p_adjusted: null,
      reason: "3 rows can never show a difference."
    }
    assert.strictEqual(
      verdict({ flash: untested, "support-v7": untested }),
      "No difference to pro in summarization_quality could be tested: 3 rows can never show a difference."
    )
  })

  it("says how far the run has come", () => {
    const half = summary.candidates.map((one) => ({ ...one, n_total: one.row_count / 2 }))
    assert.match(
      verdict({ flash: same, "support-v7": {} }, { candidates: half }),
      /^So far, at 50% of the run: support-v7 is better/
    )
  })

  it("of one candidate compares with nobody", () => {
    const [only] = summary.candidates
    const alone = verdict({}, { candidates: only === undefined ? [] : [only] })
    assert.match(
      alone,
      /^pro reaches \d\.\d\d \[\d\.\d\d, \d\.\d\d\] in summarization_quality, on \d+ answers\. There is no other candidate/
    )
  })

  it("takes lower for better where it is", () => {
    const lower: Data.Measure = { ...measure, ideal: "low" }
    const differences = [
      { candidate: "flash", mean: -0.1 },
      { candidate: "support-v7", mean: -0.4 }
    ].map((one) => ({
      ...one,
      metric: "summarization_quality",
      n: 9,
      low: null,
      high: null,
      p: 0.001,
      p_adjusted: 0.002,
      verdict: "better" as const,
      reason: null
    }))
    assert.match(
      Verdict.of({ ...summary, differences }, lower),
      /^support-v7 is better than pro in summarization_quality \(\u22120\.40, p = 0\.002\)/
    )
  })
})

describe("the names in the trade-off", () => {
  it("cover neither points nor each other, however near these are", () => {
    const seed = Number(process.env["GENOPS_SEED"] ?? 11)
    const next = Random.xoshiro128ss(seed)
    const frame = { left: 50, right: 560, top: 14, bottom: 280 }
    for (let nth = 0; nth < 300; nth++) {
      // Seven in a cluster, as candidates of one model are.
      const points = Array.from({ length: 7 }, () => ({
        x: 150 + Random.index(next(), 60),
        y: 120 + Random.index(next(), 60),
        text: "candidate".slice(0, 3 + Random.index(next(), 7))
      }))
      const labels = Labels.place(points, frame)
      const names = labels.map((label, at) => Labels.boxOf(label, points[at]?.text ?? ""))
      const marks = points.map(({ x, y }) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }))
      for (const [at, name] of names.entries()) {
        assert.isTrue(
          name.left >= frame.left && name.right <= frame.right && name.top >= frame.top && name.bottom <= frame.bottom
        )
        for (const other of [...names.slice(at + 1), ...marks]) {
          const apart =
            name.right <= other.left || name.left >= other.right || name.bottom <= other.top || name.top >= other.bottom
          assert.isTrue(apart, `seed ${seed}, ${nth}`)
        }
      }
    }
  })
})

describe("the timeline", () => {
  it.effect("folds what is long and quiet, hatches waiting, and marks retries and failures", () =>
    Effect.gen(function* () {
      const page = yield* Page.html({ ...Fixture.make({ rows: 5 }), history: Cast.history })
      const pipeline = Page.section(page, "pipeline")
      const labels = Array.from(pipeline.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, label]) => label)
      // The wait of 112 minutes and the tuning of 69.
      assert.includeMembers(labels, ["// 1 h 52 m", "// 1 h 9 m"])
      assert.lengthOf(Array.from(pipeline.matchAll(/class="fold"/g)), 2)
      assert.lengthOf(Array.from(pipeline.matchAll(/class="step wait done"/g)), 2)
      assert.lengthOf(Array.from(pipeline.matchAll(/class="step step failed"/g)), 1)
      assert.includeMembers(labels, ["\u25b2 2 m 30 s, 2 attempts", "\u2715 48.0 s, 3 attempts", "$0.42", "not known"])
      assert.include(Page.text(pipeline), "6 steps in 3 h 7 m, $0.93 and the cost of one step, which is not known.")
    })
  )

  it.effect("is drawn to scale where nothing dwarfs the rest", () =>
    Effect.gen(function* () {
      const steps = [0, 1, 2].map((nth) => ({
        name: `step ${nth}`,
        kind: "step" as const,
        state: "done" as const,
        startedAt: nth * 60_000,
        endedAt: (nth + 1) * 60_000,
        attempts: 1,
        costUsd: Money.zero
      }))
      const pipeline = Page.section(yield* Page.html({ ...Fixture.make({ rows: 5 }), history: steps }), "pipeline")
      const widths = Array.from(pipeline.matchAll(/<rect class="step[^>]*width="([\d.]+)"/g), ([, width]) =>
        Number(width)
      )
      assert.lengthOf(widths, 3)
      for (const width of widths) assert.approximately(width, widths[0] ?? 0, 0.2)
      assert.notInclude(pipeline, 'class="fold"')
    })
  )
})

describe("the distributions", () => {
  /** The dots of a path of relative moves, as places. */
  const dotsOf = (path: string) => {
    let [x, y] = [0, 0]
    return Array.from(
      path.matchAll(/m(-?[\d.]+) ?(-?[\d.]+)h0/g),
      ([, right, down]) => [(x += Number(right)), (y += Number(down))] as const
    )
  }
  const drawn = (rows: number) =>
    Effect.gen(function* () {
      const fixture = Fixture.make({ rows, candidates: 2, metrics: ["rouge_1"] })
      const figure =
        /<figure class="strip"[\s\S]*?<\/figure>/.exec(Page.section(yield* Page.html(fixture), "distributions"))?.[0] ??
        ""
      const data = (name: string) => Number(new RegExp(`data-${name}="([^"]*)"`).exec(figure)?.[1])
      const paths = Array.from(figure.matchAll(/class="dots[^"]*" d="([^"]*)"/g), ([, path]) => dotsOf(path ?? ""))
      return { fixture, figure, data, paths }
    })

  it.effect("have each value where the axis says", () =>
    Effect.gen(function* () {
      const { data, fixture, paths } = yield* drawn(100)
      for (const [candidate, dots] of paths.entries()) {
        const name = fixture.summary.candidates[candidate]?.candidate
        const values = fixture.kept
          .flatMap((cell) => (cell.candidate === name ? (cell.scores["rouge_1"]?.score ?? []) : []))
          .toSorted((a, b) => a - b)
        assert.strictEqual(dots.length, values.length)
        for (const [nth, [x, y]] of dots.entries()) {
          const share = ((values[nth] ?? 0) - data("low")) / (data("high") - data("low"))
          assert.approximately(x, data("left") + share * (data("right") - data("left")), 0.11)
          assert.approximately(y, data("top") + data("step") * (candidate + 0.5), 10)
        }
      }
    })
  )

  it.effect("draw at most 2,000 of them, and say so", () =>
    Effect.gen(function* () {
      const { figure, paths } = yield* drawn(1100)
      const shown = paths.reduce((sum, dots) => sum + dots.length, 0)
      assert.isAtMost(shown, 2000)
      assert.isAbove(shown, 900)
      assert.match(
        Page.text(figure),
        /One of every 2 of the 2,\d{3} values is drawn, in order of size; boxes are of all\./
      )
      assert.notMatch(Page.text((yield* drawn(100)).figure), /One of every/)
    })
  )
})
