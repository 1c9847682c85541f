/** The index of the report's rows, and how the candidates compare with each other on all of them. */
import * as PairedT from "@genops/core/statistics/PairedT"
import * as Result from "effect/Result"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Data from "../report/browser/data.ts"
import type { Cells } from "./reportCells.ts"
import { chunkRows } from "./reportPayload.ts"

const summaryOf = (summary: ComparisonSummary.ComparisonSummary, metric: string) =>
  summary.candidates.flatMap(({ metrics }) => (Object.hasOwn(metrics, metric) ? (metrics[metric] ?? []) : []))

/** Digits after the point that the narrowest interval of a metric gives a meaning to: half its width in one or two digits; 2 without one. */
const decimalsOf = (summaries: ReturnType<typeof summaryOf>): number => {
  const widths = summaries.flatMap(({ interval }) =>
    interval === null || interval.high <= interval.low ? [] : [(interval.high - interval.low) / 2]
  )
  const narrowest = Math.min(...widths)
  return Number.isFinite(narrowest) ? Math.min(4, Math.max(1, Math.ceil(-Math.log10(narrowest / 2)))) : 2
}

/** The metrics of the run, the primary one first. */
export const metricsOf = (
  summary: ComparisonSummary.ComparisonSummary,
  names: ReadonlyArray<string>
): ReadonlyArray<string> =>
  names.includes(summary.primary_metric)
    ? [summary.primary_metric, ...names.filter((name) => name !== summary.primary_metric)]
    : names

const took: ReadonlyArray<Data.Measure> = [
  { name: "latency_ms", ideal: "low", unit: "ms", decimals: 0, rowDecimals: 0, cellDecimals: 0 },
  { name: "cost_usd", ideal: "low", unit: "usd", decimals: 6, rowDecimals: 6, cellDecimals: 6 },
  { name: "output_tokens", ideal: null, unit: "tokens", decimals: 0, rowDecimals: 0, cellDecimals: 0 }
]

/** What rows can be sorted by: the metrics, then what answers took as far as it is known of any. */
export const measuresOf = (summary: ComparisonSummary.ComparisonSummary, cells: Cells): ReadonlyArray<Data.Measure> => [
  ...cells.metrics.map((name): Data.Measure => {
    const summaries = summaryOf(summary, name)
    if (summaries.some(({ pairwise }) => pairwise !== null)) {
      return { name, ideal: "high", unit: "choice", decimals: 2, rowDecimals: 2, cellDecimals: 2 }
    }
    const decimals = decimalsOf(summaries)
    const isWhole = cells
      .columns(name)
      .every((column) => column.every((value) => Number.isNaN(value) || value % 1 === 0))
    const ideal = summaries.find(({ ideal }) => ideal !== null)?.ideal ?? null
    const cellDecimals = isWhole ? 0 : decimals
    return { name, ideal, unit: "", decimals, rowDecimals: cells.repeats === 1 ? cellDecimals : decimals, cellDecimals }
  }),
  ...took.filter(({ name }) => cells.columns(name).some((column) => column.some((value) => !Number.isNaN(value))))
]

const winRateOf = (
  summary: ComparisonSummary.ComparisonSummary,
  candidate: string,
  against: string
): Data.Pair["winRate"] => {
  const of = (one: string, other: string) =>
    summary.win_rates.find(
      (rate) => rate.candidate === one && rate.against === other && rate.metric === summary.primary_metric
    )
  const direct = of(candidate, against)
  if (direct !== undefined) {
    const { high, low, rate } = direct
    return rate === null || low === null || high === null ? null : [rate, low, high]
  }
  const reverse = of(against, candidate)
  if (reverse === undefined) return null
  const { high, low, rate } = reverse
  return rate === null || low === null || high === null ? null : [1 - rate, 1 - high, 1 - low]
}

/** Compares each candidate with each other one in the primary metric. */
export const pairsOf = (cells: Cells, summary: ComparisonSummary.ComparisonSummary): Data.Index["pairs"] => {
  const columns = cells.columns(summary.primary_metric)
  const means = columns.map((column) => Array.from({ length: cells.rows }, (_, row) => cells.mean(column, row)))
  return cells.candidates.map((candidate, a) =>
    cells.candidates.map((against, b) => {
      if (a === b) return null
      const mine: Array<number> = []
      const theirs: Array<number> = []
      for (let row = 0; row < cells.rows; row++) {
        const left = means[a]?.[row] ?? null
        const right = means[b]?.[row] ?? null
        if (left === null || right === null) continue
        mine.push(left)
        theirs.push(right)
      }
      const difference = Result.match(PairedT.test(mine, theirs, summary.confidence), {
        onFailure: () => null,
        onSuccess: ({ high, low, meanDifference }) => [meanDifference, low, high] as const
      })
      return { n: mine.length, difference, winRate: winRateOf(summary, candidate, against) }
    })
  )
}

const rounded = (value: number | null, { decimals, unit }: Data.Measure) => {
  if (value === null) return null
  return unit === "usd" ? Number(value.toPrecision(3)) : Number(value.toFixed(unit === "ms" ? 0 : decimals + 2))
}

/** The index of some rows, which were tried. `same` tells of each whether all answers are equal. */
export const make = (options: {
  readonly runId: string
  readonly cells: Cells
  readonly summary: ComparisonSummary.ComparisonSummary
  readonly measures: ReadonlyArray<Data.Measure>
  readonly pairs: Data.Index["pairs"]
  readonly rows: ReadonlyArray<number>
  readonly same: string
}): Data.Index => {
  const { cells, measures, pairs, rows, runId, same, summary } = options
  return {
    runId,
    candidates: cells.candidates,
    measures,
    planned: Math.max(0, cells.candidates.indexOf(summary.baseline)),
    repeats: cells.repeats,
    chunkRows,
    rows,
    ids: rows.map((row) => cells.idOf(row) ?? ""),
    same,
    states: cells.candidates.map((_, candidate) => rows.map((row) => cells.state(candidate, row)).join("")),
    values: measures.map((measure) => {
      const columns = cells.columns(measure.name)
      return columns.map((column) => rows.map((row) => rounded(cells.mean(column, row), measure)))
    }),
    pairs
  }
}
