/** A comparison of two candidates on three rows, small enough to be checked by hand. */
import * as Money from "@genops/core/Money"
import * as Usage from "@genops/core/Usage"
import type * as Cell from "@genops/pipelines/Cell"
import type * as ComparisonSummary from "@genops/pipelines/ComparisonSummary"
import type * as RunManifest from "@genops/pipelines/RunManifest"

const metrics = ["exact_match", "rouge_l"]

export const manifest = (runId: string, more: Partial<RunManifest.RunManifest> = {}): RunManifest.RunManifest => ({
  format: 1,
  runId,
  startedAt: "2026-11-22T23:59:59.500Z",
  candidates: ["flash", "pro"].map((name) => ({
    name,
    fingerprint: `fp-${name}`,
    configuration: {
      name,
      model: `gemini-${name}`,
      systemInstruction: "Always respond in plain-text only.",
      generationConfig: { temperature: name === "pro" ? 0.1 : 1 },
      ...(name === "pro" ? { tools: [{ googleSearch: {} }] } : {})
    }
  })),
  dataset: { source: "data.jsonl", rows: 3, invalid: 0, sha256: "ab", firstRow: "a", lastRow: "c" },
  prompt: "Summarise: {context}",
  columns: {},
  metrics: metrics.map((name) => ({ name, definition: { name } })),
  settings: {},
  baseline: "flash",
  seed: 0,
  confidence: 0.95,
  prices: "2026-11-01",
  versions: {},
  ...more
})

const spent = { generation: Money.zero, judge: Money.zero, unknown: 0 }

/** Row 2 of `pro` was blocked at first and answered when the run was resumed. */
export const cells = (runId: string, { isResumed = false } = {}): ReadonlyArray<Cell.Cell> => {
  const cell = (candidate: string, row: number, more: Partial<Cell.Cell>): Cell.Cell => ({
    runId,
    candidate,
    fingerprint: `fp-${candidate}`,
    row,
    rowId: "abc"[row] ?? "",
    prompt: `Summarise: text ${row}`,
    scores: {},
    spent,
    ...more
  })
  const answered = (candidate: string, row: number) =>
    cell(candidate, row, {
      response: `answer "${row}"\n; DROP TABLE cells; -- ${candidate} \u{1f600}`,
      finishReason: "STOP",
      modelVersion: "emulator/x",
      usage: Usage.make({ inputTokens: 100, outputTokens: 10, thinkingTokens: 1, requests: 1 }),
      cost: Money.usd("0.000000000012"),
      latencyMs: 12.5,
      scores: {
        exact_match: { score: row === 0 ? 1 : 0, explanation: "secret words" },
        rouge_l: { score: 0.1 + row / 10, cost: Money.usd("0.000001") }
      }
    })
  const blocked = cell("pro", 2, { error: { tag: "ContentBlocked", message: "stopped: SAFETY", billed: "yes" } })
  const all = ["flash", "pro"].flatMap((candidate) => [0, 1].map((row) => answered(candidate, row)))
  return [...all, answered("flash", 2), blocked, ...(isResumed ? [answered("pro", 2)] : [])]
}

const metric = (mean: number): ComparisonSummary.Candidate["metrics"][string] => ({
  n_total: 3,
  n_valid: 3,
  n_error: 0,
  ideal: "high",
  mean,
  std: 0.1,
  interval: null,
  min: 0,
  median: mean,
  max: 1,
  pairwise: null,
  errors: {},
  absent: {}
})

export const summary = (more: { readonly [metric: string]: number } = {}): ComparisonSummary.ComparisonSummary => {
  const means = { exact_match: 0.25, rouge_l: 0.2, ...more }
  return {
    baseline: "flash",
    primary_metric: "rouge_l",
    rows: 3,
    repeats: 1,
    confidence: 0.95,
    candidates: ["flash", "pro"].map((candidate, index) => ({
      candidate,
      fingerprint: `fp-${candidate}`,
      model: `gemini-${candidate}`,
      row_count: 3,
      n_total: 3,
      n_valid: 3 - index,
      n_error: index,
      blocked: index,
      errors: index === 0 ? {} : { ContentBlocked: 1 },
      cost_usd: Money.usd("0.000000000036"),
      judge_cost_usd: Money.zero,
      cost_unknown: 0,
      metrics: Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, metric(mean + index)])),
      summary_metrics: Object.fromEntries([
        ["row_count", 3],
        ...Object.entries(means).flatMap(([name, mean]) => [
          [`${name}/mean`, mean + index],
          [`${name}/std`, index === 0 ? 0.1 : null]
        ])
      ]),
      latency_ms: { median: 12.5, p95: 12.5 },
      tokens: { input: 300, output: 30, thinking: 3, cached: 0 },
      cost_per_1000_usd: Money.usd("0.000000012")
    })),
    differences: [],
    win_rates: [],
    order: null,
    trade_off: []
  }
}
