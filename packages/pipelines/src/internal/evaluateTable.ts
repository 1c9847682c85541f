/**
 * The numbers of a candidate while its run goes on: 9 bytes for each score and 10 for each cell, whatever the texts.
 *
 * Everything is kept by the row's place in the dataset, so that a summary does not depend on the order in which rows finished.
 */
import type * as Metric from "@genops/core/Metric"
import * as Money from "@genops/core/Money"
import * as Statistics from "@genops/core/statistics/Summary"
import * as Usage from "@genops/core/Usage"
import * as Result from "effect/Result"
import * as Cell from "../Cell.ts"
import * as RunSummary from "../RunSummary.ts"
import * as Numbers from "./evaluateNumbers.ts"
import * as statistics from "./evaluateStatistics.ts"

/** How a cell stands. */
export type CellState = "untried" | "unfinished" | "finished"

const states: ReadonlyArray<CellState> = ["untried", "unfinished", "finished"]

interface Column {
  readonly metric: Metric.Metric
  readonly version: string | undefined
  /** NaN where there is no score. A pairwise choice is 1, 0 (tie) or -1. */
  readonly scores: Float64Array
  /** Why there is none, as an index of the tags. */
  readonly problems: Uint8Array
  sum: number
  count: number
}

export interface Options extends statistics.Options {
  readonly candidate: string
  readonly fingerprint: string
  readonly rows: number
  readonly repeats: number
  readonly metrics: ReadonlyArray<Metric.Metric>
  /** By metric: scores of another version do not count. */
  readonly versions: ReadonlyMap<string, string>
}

/** Sums over answers, each once. */
export interface Answers {
  readonly tokens: { input: number; output: number; thinking: number; cached: number }
  /** What the answers of a known cost have cost, and how many they are. */
  cost: Money.Money
  priced: number
}

/** Latencies by their logarithm, for a median while the run goes on: 1.6 % apart, up to 18 minutes. */
const latencyBuckets = 896
const bucketOf = (millis: number) => Math.min(latencyBuckets - 1, Math.round(Math.log1p(Math.max(0, millis)) * 64))

const choices = { CANDIDATE: 1, TIE: 0, BASELINE: -1 } as const
const notReached = "NotReached"

export type Table = ReturnType<typeof make>

/** Makes the empty table of a candidate. */
export const make = (options: Options) => {
  const { metrics, repeats, rows, versions } = options
  const cells = rows * repeats
  const columns = metrics.map((metric): Column => ({
    metric,
    version: versions.get(metric.name),
    scores: new Float64Array(cells).fill(NaN),
    problems: new Uint8Array(cells),
    sum: 0,
    count: 0
  }))
  const state = new Uint8Array(cells)
  const problems = new Uint8Array(cells)
  const latencies = new Float64Array(cells).fill(NaN)
  const tags = ["", notReached, "ContentBlocked"]
  const counts = { tried: 0, answered: 0, finished: 0, blocked: 0 }
  const answers: Answers = {
    tokens: { input: 0, output: 0, thinking: 0, cached: 0 },
    cost: Money.zero,
    priced: 0
  }
  const spent = { generation: Money.zero, judge: Money.zero, unknown: 0 }
  const judges = { calls: 0, tokens: 0 }
  let version = 0
  let made: RunSummary.CandidateSummary | undefined
  const buckets = new Uint32Array(latencyBuckets)

  const tagIndex = (tag: string): number => {
    const index = tags.indexOf(tag)
    if (index !== -1) return index
    // There are far fewer kinds of errors than a byte counts; should there be more, they share the last one.
    return tags.length < 256 ? tags.push(tag) - 1 : 255
  }

  /** An answer is made once: later cells of its row only repeat it. */
  const addAnswer = ({ cost, latencyMs, usage }: Cell.Cell): void => {
    if (latencyMs !== undefined) {
      const bucket = bucketOf(latencyMs)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    if (usage !== undefined) {
      answers.tokens.input += Usage.billedInputTokens(usage)
      answers.tokens.output += usage.outputTokens
      answers.tokens.thinking += usage.thinkingTokens
      answers.tokens.cached += usage.cachedInputTokens
    }
    if (cost === undefined || cost === null) return
    answers.cost = Money.plus(answers.cost, cost)
    answers.priced++
  }

  const putScore = (column: Column, index: number, { error, response, scores }: Cell.Cell): boolean => {
    const given = Cell.score({ scores }, column.metric.name)
    const score =
      given !== undefined && column.version !== undefined && given.version !== column.version ? undefined : given
    const value = (score?.pairwiseChoice === undefined ? score?.score : choices[score.pairwiseChoice]) ?? NaN
    const before = column.scores[index] ?? NaN
    if (!Number.isNaN(before)) {
      column.sum -= before
      column.count--
    }
    if (!Number.isNaN(value)) {
      column.sum += value
      column.count++
      if (Number.isNaN(before) && score?.judge !== undefined) {
        judges.calls += score.samples?.asked ?? 1
        judges.tokens += score.usage === undefined ? 0 : Usage.totalTokens(score.usage)
      }
    }
    column.scores[index] = value
    column.problems[index] = Number.isNaN(value)
      ? tagIndex(score?.error?.tag ?? (response === undefined ? error?.tag : undefined) ?? notReached)
      : 0
    return Cell.isSettled(score)
  }

  /** Takes a cell; a later one of the same row and repeat replaces it. */
  const put = (cell: Cell.Cell): void => {
    const { error, latencyMs, repeat = 0, response, row } = cell
    const index = row * repeats + repeat
    // Of more repeats than are asked for now.
    if (repeat >= repeats || index >= cells) return
    version++
    made = undefined
    const before = state[index]
    const wasAnswered = before !== 0 && problems[index] === 0
    if (before !== 0) counts.tried--
    if (wasAnswered) counts.answered--
    if (before === 2) counts.finished--
    if (problems[index] === 2) counts.blocked--

    const settled = columns.map((column) => putScore(column, index, cell)).every(Boolean)
    problems[index] = response === undefined ? tagIndex(error?.tag ?? notReached) : 0
    latencies[index] = latencyMs ?? NaN
    state[index] = response !== undefined && settled ? 2 : 1
    if (response !== undefined && !wasAnswered) addAnswer(cell)

    counts.tried++
    if (response !== undefined) counts.answered++
    if (state[index] === 2) counts.finished++
    if (problems[index] === 2) counts.blocked++
    spent.generation = Money.plus(spent.generation, cell.spent.generation)
    spent.judge = Money.plus(spent.judge, cell.spent.judge)
    spent.unknown += cell.spent.unknown
  }

  const countTags = (all: Uint8Array): Readonly<Record<string, number>> => {
    const found = new Map<string, number>()
    for (const index of all) {
      const tag = tags[index]
      if (index !== 0 && tag !== undefined) found.set(tag, (found.get(tag) ?? 0) + 1)
    }
    return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  const readerOf = (values: Float64Array, turn: (value: number) => number = (value) => value): Numbers.Reader => ({
    length: cells,
    at: (index) => turn(values[index] ?? NaN)
  })

  /** Means over the repeats of each row, those without a value left out. */
  const rowsOf = ({ at }: Numbers.Reader): Numbers.Reader => ({
    length: rows,
    at:
      repeats === 1
        ? at
        : (row) => {
            let sum = 0
            let count = 0
            for (let index = row * repeats; index < (row + 1) * repeats; index++) {
              const value = at(index)
              if (Number.isNaN(value)) continue
              sum += value
              count++
            }
            return sum / count
          }
  })

  const metricSummaries = (): Readonly<Record<string, RunSummary.MetricSummary>> => {
    const n_total = counts.tried
    const rated = columns.flatMap(({ metric, scores }) => {
      if (metric._tag === "Pairwise") return []
      const all = readerOf(scores)
      return [{ scale: metric.scale, scores: all, rows: repeats === 1 ? all : rowsOf(all) }]
    })
    const numbers = statistics.of(rated, options).values()
    return Object.fromEntries(
      columns.map(({ count, metric, problems, scores }) => {
        const counted = { n_total, n_valid: count, n_error: n_total - count, errors: countTags(problems) }
        const summary: RunSummary.MetricSummary =
          metric._tag === "Pairwise"
            ? {
                ...counted,
                ...statistics.none,
                pairwise: statistics.pairwise(Numbers.known(readerOf(scores)), n_total)
              }
            : { ...counted, ...(numbers.next().value ?? statistics.none), pairwise: null }
        return [metric.name, summary]
      })
    )
  }

  const summarise = (): RunSummary.CandidateSummary => {
    const metrics = metricSummaries()
    return {
      candidate: options.candidate,
      fingerprint: options.fingerprint,
      row_count: cells,
      n_total: counts.tried,
      n_valid: counts.answered,
      n_error: counts.tried - counts.answered,
      errors: countTags(problems),
      cost_usd: Money.plus(spent.generation, spent.judge),
      judge_cost_usd: spent.judge,
      cost_unknown: spent.unknown,
      metrics,
      summary_metrics: RunSummary.summaryMetrics(cells, metrics)
    }
  }

  return {
    put,
    /** The summary of the cells so far. */
    summary: (): RunSummary.CandidateSummary => (made ??= summarise()),
    /** Changes with each cell. */
    version: () => version,
    cells,
    metrics,
    stateOf: (index: number): CellState => states[state[index] ?? 0] ?? "untried",
    isAnswered: (index: number): boolean => state[index] !== 0 && problems[index] === 0,
    counts: (): Readonly<typeof counts> => counts,
    cost: (): Readonly<typeof spent> => spent,
    answers: (): Answers => answers,
    judges: (): Readonly<typeof judges> => judges,
    /** Means of all scores so far, by metric. */
    means: (): Readonly<Record<string, number | undefined>> =>
      Object.fromEntries(columns.map(({ count, metric, sum }) => [metric.name, count === 0 ? undefined : sum / count])),
    /** For each row the mean over its repeats, of the scores or of what they are turned into; NaN without scores. */
    rows: (metric: string, turn?: (score: number) => number): Numbers.Reader => {
      const scores = columns.find((column) => column.metric.name === metric)?.scores
      return scores === undefined ? { length: rows, at: () => NaN } : rowsOf(readerOf(scores, turn))
    },
    /** Milliseconds until the answers were there, by cell. */
    latencies: readerOf(latencies),
    /** About the median of the latencies so far, in milliseconds. */
    typicalLatency: (): number | undefined => {
      const total = buckets.reduce((sum, count) => sum + count, 0)
      let seen = 0
      const middle = buckets.findIndex((count) => (seen += count) * 2 >= total && total > 0)
      return middle === -1 ? undefined : Math.expm1(middle / 64)
    },
    /** The same summed up; undefined without any. */
    latency: () => Result.getOrUndefined(Statistics.of(Array.from(Numbers.known(readerOf(latencies)))))
  }
}
