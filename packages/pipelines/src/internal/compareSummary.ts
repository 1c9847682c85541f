/** What a comparison came to, from the numbers of its candidates. */
import type * as Metric from "@genops/core/Metric"
import * as Scale from "@genops/core/Scale"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import * as differences from "./compareDifferences.ts"
import { scaled } from "./compareMoney.ts"
import * as Tests from "./compareTests.ts"
import * as winRates from "./compareWinRates.ts"
import * as Failure from "./evaluateFailure.ts"
import type * as Lane from "./evaluateLane.ts"
import * as Numbers from "./evaluateNumbers.ts"
import type * as statistics from "./evaluateStatistics.ts"

export interface Options extends statistics.Options {
  readonly baseline: string
  readonly primaryMetric: string
  readonly metrics: ReadonlyArray<Metric.Metric>
  readonly rows: number
  readonly repeats: number
}

type Compared = Pick<Lane.Lane, "candidate" | "failure" | "table">
type Candidate = ComparisonSummary.Candidate

const candidateOf = ({ candidate, failure, table }: Compared): Candidate => {
  const latencies = Numbers.known(table.latencies)
  const { cost, priced, tokens } = table.answers()
  return {
    ...table.summary(),
    model: candidate.configuration?.model ?? candidate.name,
    blocked: table.counts().blocked,
    latency_ms:
      latencies.length === 0
        ? null
        : { median: Numbers.quantile(latencies, 0.5), p95: Numbers.quantile(latencies, 0.95) },
    tokens: { ...tokens },
    cost_per_1000_usd: priced === 0 ? null : scaled(cost, 1000, priced),
    ...(failure === undefined ? {} : { failure: { tag: Failure.tagOf(failure), message: failure.message } })
  }
}

/** How good a candidate is in the primary metric, more being better; null when that is not known. */
const qualityOf = (
  { candidate, table }: Compared,
  { baseline, metrics, primaryMetric }: Options,
  rates: ReadonlyArray<ComparisonSummary.WinRate>
): number | null => {
  const metric = metrics.find(({ name }) => name === primaryMetric)
  if (metric === undefined) return null
  if (metric._tag === "Pairwise") {
    // Against itself.
    if (candidate.name === baseline) return 0.5
    return (
      rates.find((one) => one.metric === primaryMetric && one.candidate === candidate.name && one.against === baseline)
        ?.rate ?? null
    )
  }
  const mean = Numbers.mean(Numbers.known(table.rows(primaryMetric, (score) => Scale.goodness(metric.scale, score))))
  return Number.isNaN(mean) ? null : mean
}

type Point = Omit<ComparisonSummary.TradeOff, "on_front">

/** What counts in a trade-off, more being better. */
const aims: ReadonlyArray<(point: Point) => number | null> = [
  ({ quality }) => quality,
  // Ranks need no exact money.
  ({ cost_per_1000_usd }) => (cost_per_1000_usd === null ? null : -Number(cost_per_1000_usd)),
  ({ latency_ms }) => (latency_ms === null ? null : -latency_ms)
]

/** Which points are beaten by no other one. */
export const tradeOff = (points: ReadonlyArray<Point>): ReadonlyArray<ComparisonSummary.TradeOff> => {
  const counting = aims.filter((aim) => points.some((point) => aim(point) !== null))
  const values = points.map((point) => counting.map((aim) => aim(point) ?? NaN))
  const isComplete = (value: ReadonlyArray<number>) => value.length > 0 && !value.some(Number.isNaN)
  const beats = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
    isComplete(a) && a.every((value, i) => value >= (b[i] ?? NaN)) && a.some((value, i) => value > (b[i] ?? NaN))
  return points.map((point, i) => {
    const mine = values[i] ?? []
    return { ...point, on_front: isComplete(mine) && !values.some((other) => beats(other, mine)) }
  })
}

/** Makes what the summary will need of these candidates, while others are still at work. */
export const prepare = (lanes: ReadonlyArray<Compared>, { baseline, metrics, ...options }: Options): void => {
  const first = lanes.find(({ candidate }) => candidate.name === baseline)
  for (const { table } of lanes) {
    table.summary()
    if (first !== undefined && table !== first.table) Tests.of(table, first.table, metrics.filter(isRated), options)
  }
}

const isRated = (metric: Metric.Metric): metric is Tests.Rated => metric._tag !== "Pairwise"

/** Summarises the cells so far. */
export const of = (lanes: ReadonlyArray<Compared>, options: Options): ComparisonSummary.ComparisonSummary => {
  const { baseline, confidence, metrics, primaryMetric, repeats, rows } = options
  const contestants = lanes.map(({ candidate, table }) => ({ name: candidate.name, table }))
  const first = contestants.find(({ name }) => name === baseline)
  const rated = metrics.filter(isRated)
  const pairwise = metrics.filter(({ _tag }) => _tag === "Pairwise").map(({ name }) => name)
  const rates = first === undefined ? [] : winRates.of(contestants, first, metrics, confidence)
  const candidates = lanes.map(candidateOf)
  const chosenBy = pairwise.find((name) => name === primaryMetric) ?? pairwise[0]
  return {
    baseline,
    primary_metric: primaryMetric,
    rows,
    repeats,
    confidence,
    candidates,
    differences: first === undefined ? [] : differences.of(contestants, first, rated, options),
    win_rates: rates,
    ...winRates.order(
      contestants.map(({ name }) => name),
      rates,
      chosenBy
    ),
    trade_off: tradeOff(
      lanes.map((lane, i) => ({
        candidate: lane.candidate.name,
        quality: qualityOf(lane, options, rates),
        cost_per_1000_usd: candidates[i]?.cost_per_1000_usd ?? null,
        latency_ms: candidates[i]?.latency_ms?.median ?? null
      }))
    )
  }
}
