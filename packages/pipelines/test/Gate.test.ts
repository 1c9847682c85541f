import * as Metric from "@genops/core/Metric"
import * as Money from "@genops/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Evaluate from "../src/Evaluate.ts"
import * as Gate from "../src/Gate.ts"
import * as ResultStore from "../src/ResultStore.ts"
import type * as RunSummary from "../src/RunSummary.ts"
import * as Trial from "./EvaluateTrial.ts"

const metric = (changes: Partial<RunSummary.MetricSummary> = {}): RunSummary.MetricSummary => ({
  n_total: 24,
  n_valid: 24,
  n_error: 0,
  ideal: "high",
  mean: 0.5,
  std: 0.1,
  interval: { low: 0.4, high: 0.6, confidence: 0.95, method: "bootstrap" },
  min: 0,
  median: 0.5,
  max: 1,
  pairwise: null,
  errors: {},
  absent: {},
  ...changes
})

const summary = (
  metrics: Readonly<Record<string, RunSummary.MetricSummary>>,
  changes: Partial<RunSummary.CandidateSummary> = {}
): RunSummary.CandidateSummary => ({
  candidate: "flash",
  fingerprint: "f",
  row_count: 24,
  n_total: 24,
  n_valid: 24,
  n_error: 0,
  errors: {},
  cost_usd: Money.zero,
  judge_cost_usd: Money.zero,
  cost_unknown: 0,
  metrics,
  summary_metrics: {},
  ...changes
})

const all = summary({
  rouge_1: metric(),
  ter: metric({ ideal: "low", mean: 40 }),
  verbosity: metric({ ideal: "zero", mean: -0.4 }),
  pairwise_fluency: metric({
    ideal: null,
    mean: null,
    pairwise: {
      candidate_model_win_rate: 0.5,
      baseline_model_win_rate: 0.25,
      wins: 12,
      losses: 6,
      ties: 6,
      sign_test_p: 0.2
    }
  })
})

/** What the gate says: the limits that are not met, "passed", or the reason why the threshold is not valid. */
const verdict = (thresholds: Gate.Thresholds, evidence: Gate.Evidence = { summary: all }) =>
  Result.match(Gate.check(thresholds, evidence), {
    onSuccess: () => "passed",
    onFailure: (error) =>
      error._tag === "ThresholdNotMet" ? error.failures.map(({ limit }) => limit).join(" ") : error.message
  })

const scores = (name: string, values: ReadonlyArray<number | undefined>) =>
  new Map([
    [name, new Map(values.flatMap((value, row) => (value === undefined ? [] : [[`row-${row}`, value] as const])))]
  ])

describe("check", () => {
  it("compares at the end of the scale that is good", () => {
    assert.strictEqual(verdict({ rouge_1: { atLeast: 0.5 } }), "passed")
    assert.strictEqual(verdict({ rouge_1: { atLeast: 0.51 } }), "atLeast")
    assert.strictEqual(verdict({ ter: { atMost: 40 } }), "passed")
    assert.strictEqual(verdict({ ter: { atMost: 39 } }), "atMost")
    assert.strictEqual(verdict({ pairwise_fluency: { winRateAtLeast: 0.5 } }), "passed")
    assert.strictEqual(verdict({ pairwise_fluency: { winRateAtLeast: 0.6 } }), "winRateAtLeast")
  })

  it("takes the absolute value where 0 is good, on both sides", () => {
    for (const mean of [-0.4, 0.4]) {
      const one = { summary: summary({ verbosity: metric({ ideal: "zero", mean }) }) }
      assert.strictEqual(verdict({ verbosity: { atMost: 0.4 } }, one), "passed")
      assert.strictEqual(verdict({ verbosity: { atMost: 0.39 } }, one), "atMost")
    }
  })

  it("does not pass what is not known", () => {
    const of = (changes: Partial<RunSummary.MetricSummary>) => ({ summary: summary({ rouge_1: metric(changes) }) })
    const absent = { mean: null, std: null, interval: null, n_valid: 0, n_error: 24, absent: { mean: "no values" } }
    assert.strictEqual(verdict({ rouge_1: { atLeast: 0 } }, of(absent)), "minRows atLeast")
    assert.strictEqual(verdict({ rouge_1: { atLeast: -1 } }, of({ mean: Number.NaN })), "atLeast")
    assert.strictEqual(verdict({ rouge_1: { atLeast: 0, minRows: 25 } }), "minRows")
    assert.strictEqual(verdict({ rouge_1: { atLeast: 0 } }, of({ n_valid: 1 })), "minRows")
    assert.strictEqual(verdict({ rouge_1: { maxErrorShare: 0.1 } }, of({ n_error: 3, n_valid: 21 })), "maxErrorShare")
    assert.strictEqual(verdict({ rouge_1: { maxErrorShare: 0.125 } }, of({ n_error: 3, n_valid: 21 })), "passed")
    assert.strictEqual(verdict({ rouge_2: { atLeast: 0 } }), "minRows")
    assert.strictEqual(verdict({ constructor: { atLeast: 0 } }), "minRows")
    assert.strictEqual(
      verdict({ rouge_1: { atLeast: 0 } }, { summary: summary(all.metrics, { n_total: 23 }) }),
      "complete"
    )
    const unjudged = { summary: summary({ pairwise_fluency: metric({ ideal: null, mean: null }) }) }
    assert.strictEqual(verdict({ pairwise_fluency: { winRateAtLeast: 0 } }, unjudged), "winRateAtLeast")
  })

  it("refuses thresholds that mean nothing", () => {
    for (const [thresholds, text] of [
      [{}, "no threshold"],
      [{ rouge_1: {} }, "limits nothing"],
      [{ rouge_1: { atMost: 0.5 } }, "use atLeast"],
      [{ ter: { atLeast: 0.5 } }, "use atMost"],
      [{ verbosity: { atLeast: 0 } }, "absolute value"],
      [{ pairwise_fluency: { atLeast: 0.5 } }, "winRateAtLeast"],
      [{ rouge_1: { winRateAtLeast: 0.5 } }, "use atLeast"],
      [{ pairwise_fluency: { notWorseThanBaseline: {} } }, "winRateAtLeast"],
      [{ rouge_1: { atLeast: Number.NaN } }, "NaN"],
      [{ rouge_1: { atLeast: 0, minRows: 0 } }, "minRows"],
      [{ rouge_1: { maxErrorShare: 2 } }, "maxErrorShare"],
      [{ rouge_1: { notWorseThanBaseline: { alpha: 0.9 } } }, "alpha"],
      [{ rouge_1: { notWorseThanBaseline: { margin: -1 } } }, "margin"],
      [{ rouge_1: { notWorseThanBaseline: {} } }, "no baseline"],
      [{ rouge_1: { atleast: 3 } as Gate.Threshold }, "atleast is none of"]
    ] as const) {
      assert.include(verdict(thresholds), text)
    }
  })

  it("can be told before anything is paid", () => {
    const metrics = ["rouge_1", "verbosity", "pairwise_fluency"].map((name) => Result.getOrThrow(Metric.named(name)))
    const reason = (thresholds: Gate.Thresholds) =>
      Result.match(Gate.validate(thresholds, metrics), { onSuccess: () => "", onFailure: ({ message }) => message })
    assert.strictEqual(
      reason({ rouge_1: { atLeast: 0.3 }, verbosity: { atMost: 1 }, pairwise_fluency: { winRateAtLeast: 0.5 } }),
      ""
    )
    assert.include(reason({ rouge_1: { atMost: 0.3 } }), "use atLeast")
    assert.include(reason({ rouge_1: { atLeast: Number.NaN } }), "NaN")
    assert.include(reason({ rouge_11: { atLeast: 0.3 } }), "near names are rouge_1")
  })

  it("names each threshold that is not met, with its numbers", () => {
    const error = Result.getOrThrow(
      Result.flip(
        Gate.check(
          { rouge_1: { atLeast: 0.75 }, verbosity: { atMost: 0.1 }, ter: { atMost: 50 }, rouge_l: { atLeast: 0 } },
          { summary: all }
        )
      )
    )
    assert.strictEqual(
      error.message,
      [
        "The gate refused flash.",
        "  rouge_1 0.5 [0.4, 0.6] is below 0.75",
        "  verbosity |-0.4| [0.4, 0.6] is above 0.1",
        "  rouge_l was not measured. Did you mean rouge_1?",
        "  met: ter"
      ].join("\n")
    )
  })
})

describe("a baseline", () => {
  const rows = Array.from({ length: 24 }, (_, row) => row)
  const base = rows.map((row) => 0.4 + (row % 5) / 20)
  const compare = (
    values: ReadonlyArray<number | undefined>,
    settings: NonNullable<Gate.Threshold["notWorseThanBaseline"]> = {},
    name = "rouge_1",
    against: ReadonlyArray<number | undefined> = base
  ) =>
    verdict(
      { [name]: { notWorseThanBaseline: settings } },
      { summary: all, scores: scores(name, values), baseline: scores(name, against) }
    )

  it("is not undercut significantly", () => {
    assert.strictEqual(compare(base), "passed")
    assert.strictEqual(compare(base.map((value) => value + 0.1)), "passed")
    assert.strictEqual(compare(base.map((value, row) => value - (row % 2 === 0 ? 0.1 : 0.05))), "notWorseThanBaseline")
    assert.strictEqual(compare(base.map((value, row) => value + (row % 2 === 0 ? -0.11 : 0.1))), "passed")
  })

  it("with a margin must be shown not to be undercut by more", () => {
    const noisy = base.map((value, row) => value + (row % 2 === 0 ? -0.11 : 0.1))
    assert.strictEqual(compare(noisy, { margin: 0.1 }), "passed")
    assert.strictEqual(compare(noisy, { margin: 0.01 }), "notWorseThanBaseline")
    assert.strictEqual(
      compare(
        base.map((value) => value - 0.02),
        { margin: 0.03 }
      ),
      "passed"
    )
  })

  it("is compared by how good a score is, not how high", () => {
    const worse = rows.map((row) => 10 + (row % 3))
    const better = rows.map((row) => 5 + (row % 4))
    assert.strictEqual(compare(worse, {}, "ter", better), "notWorseThanBaseline")
    assert.strictEqual(compare(better, {}, "ter", worse), "passed")
    const extremes = rows.map((row) => (row % 2 === 0 ? -2 : 2))
    const balanced = rows.map((row) => (row % 3) - 1)
    assert.strictEqual(compare(extremes, {}, "verbosity", balanced), "notWorseThanBaseline")
    assert.strictEqual(compare(balanced, {}, "verbosity", extremes), "passed")
  })

  it("is compared on the rows of both, and on too few of them not at all", () => {
    const gaps = base.map((value, row) => (row % 2 === 0 ? value : undefined))
    assert.strictEqual(compare(gaps), "passed")
    const few = base.map((value, row) => (row < 5 ? value : undefined))
    assert.strictEqual(compare(few), "notWorseThanBaseline")
    assert.strictEqual(compare(few, { margin: 0.1 }), "passed")
    assert.strictEqual(compare(base, {}, "rouge_1", []), "notWorseThanBaseline")
  })

  it("of thousands of rows is compared too, equal differences included", () => {
    const many = Array.from({ length: 5000 }, (_, row) => (row % 10) / 10)
    assert.strictEqual(compare(many, {}, "rouge_1", many), "passed")
    assert.strictEqual(
      compare(
        many.map((value) => value - 0.25),
        {},
        "rouge_1",
        many
      ),
      "notWorseThanBaseline"
    )
    assert.strictEqual(
      compare(
        many.map((value, row) => value - (row % 3) / 30),
        {},
        "rouge_1",
        many
      ),
      "notWorseThanBaseline"
    )
  })
})

describe("metrics", () => {
  it.effect("lets an outcome pass or refuses it, with the baseline read from the store", () =>
    Effect.gen(function* () {
      const rows = Trial.articles(12)
      const good = Trial.models((_, input) => `the summary of ${/article \d+/.exec(input)?.[0]}`)
      const run = (runId: string, models = Trial.models()) =>
        Effect.provide(Evaluate.run(Trial.options(rows, { runId, metrics: ["rouge_1"] })), models)
      yield* run("baseline", good)
      const outcome = yield* run("candidate")
      assert.strictEqual(yield* Gate.metrics({ rouge_1: { atLeast: 0.2 } })(outcome), outcome)
      const compared = Gate.metrics({ rouge_1: { atLeast: 0.2, notWorseThanBaseline: {} } }, { baseline: "baseline" })
      const error = yield* Effect.flip(compared(outcome))
      assert.strictEqual(error._tag, "ThresholdNotMet")
      assert.include(error.message, "rouge_1 is worse than the baseline by")
      yield* compared(yield* run("better", good))
      const missing = yield* Effect.flip(
        Gate.metrics({ rouge_1: { notWorseThanBaseline: {} } }, { baseline: "baselin" })(outcome)
      )
      assert.strictEqual(missing._tag, "RunNotFound")
    }).pipe(Effect.provide(Layer.fresh(ResultStore.layerMemory)))
  )
})
