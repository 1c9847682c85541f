/** Comparisons as they are: summaries, facts and plans from a seed, with names, ties, failures and gaps as real runs have them. */
import * as Money from "@genops/core/Money"
import type { Plan } from "../src/CompareModels.ts"
import type { Candidate, ComparisonSummary, Difference, WinRate } from "../src/ComparisonSummary.ts"
import * as GateReport from "../src/GateReport.ts"
import type * as RunFacts from "../src/RunFacts.ts"
import type * as RunSummary from "../src/RunSummary.ts"
import * as Result from "effect/Result"

/** Numbers in [0, 1) from a seed (mulberry32). */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** The seven configurations of the guide. */
export const guide = ["pro", "balanced", "deterministic", "random", "flash", "grounded", "tuned"]

export const nine = [
  "rouge_l_sum",
  "summarization_quality",
  "groundedness",
  "verbosity",
  "instruction_following",
  "exact_match",
  "bleu",
  "rouge_1",
  "ter"
]

const scales: Readonly<Record<string, readonly [low: number, high: number, ideal: RunSummary.MetricSummary["ideal"]]>> =
  {
    summarization_quality: [1, 5, "high"],
    instruction_following: [1, 5, "high"],
    verbosity: [-2, 2, "zero"],
    ter: [0, 100, "low"]
  }

const scaleOf = (name: string) => (Object.hasOwn(scales, name) ? scales[name] : undefined)

/** An amount from a number, to a millionth. */
export const dollars = (value: number) => Result.getOrThrow(Money.fromDecimal(value.toFixed(6)))

export interface Shape {
  readonly seed: number
  readonly candidates?: ReadonlyArray<string>
  readonly metrics?: ReadonlyArray<string>
  readonly rows?: number
  readonly repeats?: number
  /** Share of the cells that were tried; 1 when left out. */
  readonly share?: number
}

const metricSummary = (
  name: string,
  cells: number,
  errors: Readonly<Record<string, number>>,
  next: () => number
): RunSummary.MetricSummary => {
  const [low, high, ideal] = scaleOf(name) ?? [0, 1, "high"]
  const n_error = Object.values(errors).reduce((sum, times) => sum + times, 0)
  const n_valid = cells - n_error
  const mean = low + (high - low) * (0.3 + 0.5 * next())
  const half = ((high - low) * 0.4) / Math.sqrt(Math.max(1, n_valid))
  const none = n_valid === 0
  return {
    n_total: cells,
    n_valid,
    n_error,
    ideal,
    mean: none ? null : mean,
    std: n_valid < 2 ? null : half * Math.sqrt(n_valid),
    interval: none ? null : { low: mean - half, high: mean + half, confidence: 0.95, method: "bootstrap" },
    min: none ? null : low,
    median: none ? null : mean,
    max: none ? null : high,
    pairwise: null,
    errors,
    absent: none ? { mean: "no row has a score" } : {}
  }
}

const candidateOf = (name: string, shape: Required<Shape>, next: () => number): Candidate => {
  const cells = Math.floor(shape.rows * shape.repeats * shape.share)
  const unavailable = next() < 0.5 ? 0 : Math.floor(next() * 5)
  const blocked = next() < 0.6 ? 0 : Math.floor(next() * 3)
  const errors = {
    ...(unavailable === 0 ? {} : { Unavailable: unavailable }),
    ...(blocked === 0 ? {} : { ContentBlocked: blocked })
  }
  const n_error = unavailable + blocked
  const judge = next() * 0.2
  const metrics = Object.fromEntries(
    shape.metrics.map((metric) => {
      const unjudged = next() < 0.8 ? 0 : 1 + Math.floor(next() * 3)
      return [
        metric,
        metricSummary(metric, cells, unjudged === 0 ? errors : { ...errors, JudgeFailed: unjudged }, next)
      ]
    })
  )
  const median = 500 + next() * 3000
  return {
    candidate: name,
    model: "gemini-3.5-flash",
    fingerprint: "f".repeat(64),
    row_count: shape.rows * shape.repeats,
    n_total: cells,
    n_valid: cells - n_error,
    n_error,
    errors,
    blocked,
    cost_usd: dollars(judge + next()),
    judge_cost_usd: dollars(judge),
    cost_unknown: 0,
    metrics,
    summary_metrics: {},
    latency_ms: { median, p95: median * (1.5 + next()) },
    tokens: { input: cells * 300, output: cells * 80, thinking: cells * 20, cached: 0 },
    cost_per_1000_usd: dollars(next() * 2)
  }
}

const goodness = (metric: RunSummary.MetricSummary | undefined) =>
  metric?.mean == null
    ? -Infinity
    : metric.ideal === "low"
      ? -metric.mean
      : metric.ideal === "zero"
        ? -Math.abs(metric.mean)
        : metric.mean

/** What a comparison came to. The first candidate is the baseline, the first metric the primary one. */
export const summary = (given: Shape): ComparisonSummary => {
  const shape = { candidates: guide, metrics: nine, rows: 200, repeats: 3, share: 1, ...given }
  const next = random(shape.seed)
  const candidates = shape.candidates.map((name) => candidateOf(name, shape, next))
  const [baseline] = candidates
  const [primary = ""] = shape.metrics
  const others = candidates.slice(1)
  const compare = (one: Candidate, metric: string): Difference => {
    const mine = one.metrics[metric]
    const theirs = baseline?.metrics[metric]
    const n = Math.min(mine?.n_valid ?? 0, theirs?.n_valid ?? 0, shape.rows)
    const common = { candidate: one.candidate, metric, n }
    if (mine?.mean == null || theirs?.mean == null) {
      const reason = "one of the two has no score"
      return { ...common, mean: null, low: null, high: null, p: null, p_adjusted: null, verdict: "not_tested", reason }
    }
    const mean = mine.mean - theirs.mean
    const [low, high] = scaleOf(metric) ?? [0, 1]
    const sure = Math.abs(mean) > (high - low) * 0.1
    const verdict = !sure ? "no_difference_shown" : goodness(mine) > goodness(theirs) ? "better" : "worse"
    const p = sure ? 0.001 : 0.4
    return {
      ...common,
      mean,
      low: mean - 0.1,
      high: mean + 0.1,
      p,
      p_adjusted: Math.min(1, p * 3),
      verdict,
      reason: null
    }
  }
  const winRateOf = (one: Candidate, metric: string): WinRate => {
    const wins = Math.floor(next() * shape.rows * 0.6)
    const ties = Math.floor(next() * shape.rows * 0.3)
    const rate = (wins + ties / 2) / shape.rows
    return {
      candidate: one.candidate,
      against: baseline?.candidate ?? "",
      metric,
      wins,
      losses: shape.rows - wins - ties,
      ties,
      errors: 0,
      rate,
      low: Math.max(0, rate - 0.05),
      high: Math.min(1, rate + 0.05)
    }
  }
  return {
    baseline: baseline?.candidate ?? "",
    primary_metric: primary,
    rows: shape.rows,
    repeats: shape.repeats,
    confidence: 0.95,
    candidates,
    differences: others.flatMap((one) => shape.metrics.map((metric) => compare(one, metric))),
    win_rates: others.map((one) => winRateOf(one, primary)),
    order: null,
    trade_off: candidates.map((one, index) => ({
      candidate: one.candidate,
      quality: one.metrics[primary]?.mean ?? null,
      cost_per_1000_usd: one.cost_per_1000_usd,
      latency_ms: one.latency_ms?.median ?? null,
      on_front: index % 3 === 1
    }))
  }
}

const limitOf = (metric: RunSummary.MetricSummary | undefined) =>
  metric?.ideal === "high" ? { atLeast: 0.5, minRows: 30 } : { atMost: 50, minRows: 30 }

/** What a report says beside the summary. */
export const facts = (of: ComparisonSummary, changes: Partial<RunFacts.RunFacts> = {}): RunFacts.RunFacts => ({
  name: "support-faq",
  elapsedMs: 362_000,
  spent: Money.ReducerSum.combineAll(of.candidates.map(({ cost_usd }) => cost_usd)),
  budget: Money.usd("5"),
  retries: Money.usd("0.03"),
  uncertain: Money.zero,
  stopped: undefined,
  gates: of.candidates
    .slice(0, 2)
    .map((one) =>
      Result.getOrThrow(
        GateReport.of({ [of.primary_metric]: limitOf(one.metrics[of.primary_metric]) }, { summary: one })
      )
    ),
  failures: of.candidates
    .filter(({ n_error }) => n_error > 0)
    .map(({ candidate, errors }, index) => ({
      candidate,
      rowId: `row-${17 + index}`,
      tag: Object.keys(errors)[0] ?? "",
      message: "The service did not answer in time.\n  Try again later.",
      place: index === 0 ? { file: "prompts.jsonl", line: 17 } : undefined
    })),
  artifacts: [
    { label: "report", path: ".genops/runs/2026-11-22T18-40/report.html", bytes: 612_000 },
    { label: "cells", path: ".genops/runs/2026-11-22T18-40/cells.jsonl" }
  ],
  resume: "npm start -- --run-id 2026-11-22T18-40",
  ...changes
})

/** A plan as it is before the first paid call. */
export const plan = (changes: Partial<Plan> = {}): Plan => ({
  candidates: guide.slice(0, 3).map((candidate) => ({
    candidate,
    model: "gemini-3.5-flash",
    calls: 600,
    judgeCalls: 600,
    inputTokens: 120_000,
    outputTokens: 60_000,
    likely: Money.usd("0.64"),
    worst: Money.usd("2.13"),
    priceUnknown: [],
    cellMs: 1_800
  })),
  rows: 200,
  repeats: 3,
  calls: 1800,
  judgeCalls: 1800,
  resumed: 0,
  dataset: { source: "prompts.jsonl", sha256: `3f9a${"0".repeat(58)}c1`, invalid: 0 },
  sampledRows: 20,
  likely: Money.usd("1.92"),
  worst: Money.usd("6.40"),
  priceUnknown: [],
  durationMs: 420_000,
  concurrency: 8,
  unplanned: [],
  warnings: [],
  ...changes
})
