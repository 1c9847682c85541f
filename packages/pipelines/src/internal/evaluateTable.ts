/**
 * The numbers of a run while it goes on: 9 bytes for each score and 10 for each row, whatever the texts.
 *
 * Everything is kept by the row's place in the dataset, so that a summary does not depend on the order in which rows finished.
 */
import type * as Metric from "@genops/core/Metric"
import * as Money from "@genops/core/Money"
import type * as Scale from "@genops/core/Scale"
import * as PairedBootstrap from "@genops/core/statistics/PairedBootstrap"
import * as PairedT from "@genops/core/statistics/PairedT"
import * as Statistics from "@genops/core/statistics/Summary"
import * as Wilson from "@genops/core/statistics/Wilson"
import * as WinRate from "@genops/core/statistics/WinRate"
import * as Result from "effect/Result"
import * as Cell from "../Cell.ts"
import * as RunSummary from "../RunSummary.ts"

/** How a row stands. */
export type RowState = "untried" | "unfinished" | "finished"

const states: ReadonlyArray<RowState> = ["untried", "unfinished", "finished"]

interface Column {
  readonly metric: Metric.Metric
  /** NaN where there is no score. A pairwise choice is 1, 0 (tie) or -1. */
  readonly scores: Float64Array
  /** Why there is none, as an index of the tags. */
  readonly problems: Uint8Array
}

export interface Options {
  readonly candidate: string
  readonly fingerprint: string
  readonly rows: number
  readonly metrics: ReadonlyArray<Metric.Metric>
  readonly seed: number
  readonly confidence: number
}

const choices = { CANDIDATE: 1, TIE: 0, BASELINE: -1 } as const
const notReached = "NotReached"

/** Makes the empty table of a candidate. */
export const make = (options: Options) => {
  const { metrics, rows } = options
  const names = metrics.map(({ name }) => name)
  const columns = metrics.map((metric): Column => ({
    metric,
    scores: new Float64Array(rows).fill(NaN),
    problems: new Uint8Array(rows)
  }))
  const state = new Uint8Array(rows)
  const problems = new Uint8Array(rows)
  const latencies = new Float64Array(rows).fill(NaN)
  const tags = ["", notReached]
  let generation = Money.zero
  let judge = Money.zero
  let unknown = 0

  const tagIndex = (tag: string): number => {
    const index = tags.indexOf(tag)
    if (index !== -1) return index
    // There are far fewer kinds of errors than a byte counts; should there be more, they share the last one.
    return tags.length < 256 ? tags.push(tag) - 1 : 255
  }

  /** Books what an attempt has cost. */
  const spend = (spent: Cell.Spent): void => {
    generation = Money.plus(generation, spent.generation)
    judge = Money.plus(judge, spent.judge)
    unknown += spent.unknown
  }

  /** Takes a cell; a later one of the same row replaces it. */
  const put = (cell: Cell.Cell): void => {
    const { error, latencyMs, response, row } = cell
    state[row] = Cell.isFinished(cell, names) ? 2 : 1
    problems[row] = response === undefined ? tagIndex(error?.tag ?? notReached) : 0
    latencies[row] = latencyMs ?? NaN
    for (const column of columns) {
      const score = Cell.score(cell, column.metric.name)
      const value = score?.pairwiseChoice === undefined ? score?.score : choices[score.pairwiseChoice]
      column.scores[row] = value ?? NaN
      column.problems[row] =
        typeof value === "number"
          ? 0
          : tagIndex(score?.error?.tag ?? (response === undefined ? error?.tag : undefined) ?? notReached)
    }
    spend(cell.spent)
  }

  const countTags = (all: Uint8Array): Readonly<Record<string, number>> => {
    const counts = new Map<string, number>()
    for (const index of all) {
      const tag = tags[index]
      if (index !== 0 && tag !== undefined) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    }
    return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  const tried = () => state.reduce((sum, one) => sum + Number(one !== 0), 0)

  const metricSummary = ({ metric, problems, scores }: Column): RunSummary.MetricSummary => {
    const n_total = tried()
    const values = Array.from(scores.filter((value) => !Number.isNaN(value)))
    const counts = { n_total, n_valid: values.length, n_error: n_total - values.length, errors: countTags(problems) }
    return metric._tag === "Pairwise"
      ? { ...counts, ...empty, pairwise: pairwiseOf(values, n_total), absent: {} }
      : { ...counts, ...statisticsOf(values, metric.scale, options) }
  }

  /** The summary of the rows so far. */
  const summary = (): RunSummary.CandidateSummary => {
    const n_total = tried()
    const n_error = problems.reduce((sum, one) => sum + Number(one !== 0), 0)
    const metrics = Object.fromEntries(columns.map((column) => [column.metric.name, metricSummary(column)]))
    return {
      candidate: options.candidate,
      fingerprint: options.fingerprint,
      row_count: rows,
      n_total,
      n_valid: n_total - n_error,
      n_error,
      errors: countTags(problems),
      cost_usd: Money.plus(generation, judge),
      judge_cost_usd: judge,
      cost_unknown: unknown,
      metrics,
      summary_metrics: RunSummary.summaryMetrics(rows, metrics)
    }
  }

  return {
    put,
    spend,
    summary,
    tried,
    stateOf: (row: number): RowState => states[state[row] ?? 0] ?? "untried",
    cost: () => ({ generation, judge, unknown }),
    /** Milliseconds until the answers were there; undefined without any. */
    latency: () => Result.getOrUndefined(Statistics.of(Array.from(latencies.filter((value) => !Number.isNaN(value)))))
  }
}

const empty = { ideal: null, mean: null, std: null, interval: null, min: null, median: null, max: null }

const pairwiseOf = (values: ReadonlyArray<number>, rows: number): RunSummary.Pairwise | null => {
  const counted = WinRate.pairwise([
    ...values.map((value) => (value > 0 ? "CANDIDATE" : value < 0 ? "BASELINE" : "TIE")),
    ...Array.from({ length: rows - values.length }, () => "ERROR" as const)
  ])
  return Result.match(counted, {
    onFailure: () => null,
    onSuccess: ({ baselineWinRate, candidateWinRate, losses, signTestP, ties, wins }) => ({
      candidate_model_win_rate: candidateWinRate,
      baseline_model_win_rate: baselineWinRate,
      wins,
      losses,
      ties,
      sign_test_p: signTestP
    })
  })
}

const statisticsOf = (
  values: ReadonlyArray<number>,
  scale: Scale.Scale,
  options: Options
): Omit<RunSummary.MetricSummary, "n_total" | "n_valid" | "n_error" | "errors"> => {
  const { ideal } = scale
  const summary = Statistics.of(values)
  if (Result.isFailure(summary)) {
    const why = summary.failure.detail
    return { ...empty, ideal, pairwise: null, absent: { mean: why, std: why, interval: why } }
  }
  const { max, mean, median, min, std } = summary.success
  const interval = intervalOf(values, scale, options)
  return {
    ideal,
    mean,
    std: Result.getOrNull(std),
    interval: Result.getOrNull(interval),
    min,
    median,
    max,
    pairwise: null,
    absent: {
      ...(Result.isFailure(std) ? { std: std.failure.detail } : {}),
      ...(Result.isFailure(interval) ? { interval: interval.failure } : {})
    }
  }
}

// 10,000 resamples of more rows take seconds, and by then the mean is as good as normal.
const mostForBootstrap = 2000

const intervalOf = (
  values: ReadonlyArray<number>,
  { max, min }: Scale.Scale,
  { confidence, seed }: Pick<Options, "confidence" | "seed">
): Result.Result<RunSummary.Interval, string> => {
  // Of all metrics on [0, 1] a yes or no varies most: the interval is on the safe side for the others.
  if (min === 0 && max === 1 && values.every((value) => value === 0 || value === 1)) {
    const ones = values.reduce<number>((sum, value) => sum + value, 0)
    return Result.mapBoth(Wilson.interval(ones, values.length, confidence), {
      onFailure: ({ detail }) => detail,
      onSuccess: ({ high, low }) => ({ low, high, confidence, method: "wilson" as const })
    })
  }
  // An interval of width 0 would look like certainty.
  if (values.length > 1 && values.every((value) => value === values[0])) {
    return Result.fail("all values are equal: there is no spread to measure the mean by.")
  }
  const zeros = values.map(() => 0)
  const method = values.length > mostForBootstrap ? "t" : "bootstrap"
  const found =
    method === "t" ? PairedT.test(values, zeros, confidence) : PairedBootstrap.test(values, zeros, { confidence, seed })
  return Result.mapBoth(found, {
    onFailure: ({ detail }) => detail,
    onSuccess: ({ high, low }) => ({ low, high, confidence, method })
  })
}
