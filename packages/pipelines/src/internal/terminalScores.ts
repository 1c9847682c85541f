/** The columns of a comparison's final table: what was measured, how sure it is, and how it stands to the baseline. */
import * as Money from "@genops/core/Money"
import type { Candidate, ComparisonSummary } from "../ComparisonSummary.ts"
import type * as RunSummary from "../RunSummary.ts"
import * as TerminalLine from "../TerminalLine.ts"
import type * as TerminalTable from "../TerminalTable.ts"
import * as TerminalText from "../TerminalText.ts"
import * as format from "./terminalFormat.ts"

type Column = TerminalTable.Column<Candidate>

/** The marks of verdicts, with the words that explain them. */
export const marks = { better: "*", worse: "-", not_tested: "?", no_difference_shown: " " } as const

const styles = { better: "good", worse: "bad", not_tested: "dim", no_difference_shown: undefined } as const

/** A metric of a candidate; undefined when it has none of this name. */
export const metricOf = ({ metrics }: Candidate, name: string): RunSummary.MetricSummary | undefined =>
  Object.hasOwn(metrics, name) ? metrics[name] : undefined

/** How good a mean is, the higher the better; undefined without one. */
const goodness = (metric: RunSummary.MetricSummary | undefined): number | undefined => {
  if (metric === undefined || metric.mean === null) return undefined
  return metric.ideal === "low" ? -metric.mean : metric.ideal === "zero" ? -Math.abs(metric.mean) : metric.mean
}

/** The names of all metrics, the primary one first. */
export const metricNames = ({ candidates, primary_metric }: ComparisonSummary): ReadonlyArray<string> => [
  ...new Set([primary_metric, ...candidates.flatMap(({ metrics }) => Object.keys(metrics))])
]

/** Candidates by the primary metric, the best first; those without a mean come last, in their order. */
export const ranked = ({ candidates, primary_metric }: ComparisonSummary): ReadonlyArray<Candidate> =>
  candidates.toSorted(
    (a, b) =>
      (goodness(metricOf(b, primary_metric)) ?? -Infinity) - (goodness(metricOf(a, primary_metric)) ?? -Infinity) || 0
  )

const percents = (rate: number) => String(Math.round(rate * 100))

/** 55% [50, 60]: the share of rows that are won, ties half. */
const winRate = (summary: ComparisonSummary, candidate: string, metric: string = summary.primary_metric): string => {
  if (candidate === summary.baseline) return "baseline"
  const found = summary.win_rates.find(
    (one) => one.candidate === candidate && one.against === summary.baseline && one.metric === metric
  )
  if (found === undefined || found.rate === null) return ""
  const { high, low, rate } = found
  return `${percents(rate)}%${low === null || high === null ? "" : ` [${percents(low)}, ${percents(high)}]`}`
}

/** 0.52 [0.49, 0.55]; words when there is no such number. */
const meanOf = (metric: RunSummary.MetricSummary | undefined): string => {
  if (metric === undefined || metric.mean === null) return "no score"
  const { interval, mean } = metric
  return interval === null
    ? format.score(mean)
    : `${format.score(mean)} [${format.score(interval.low)}, ${format.score(interval.high)}]`
}

/** The verdict on a candidate in a metric; undefined for the baseline itself. */
const verdictOf = ({ differences }: ComparisonSummary, candidate: string, metric: string) =>
  differences.find((one) => one.candidate === candidate && one.metric === metric)

/** Whether a value is the best of its column, and not that of all. */
const isBest = (values: ReadonlyArray<number | undefined>, value: number | undefined) => {
  const known = values.filter((one) => one !== undefined)
  const best = known.reduce((a, b) => Math.max(a, b), -Infinity)
  return value === best && known.some((one) => one !== best)
}

const metricColumn = (summary: ComparisonSummary, name: string, rank: number): Column => {
  const { candidates, confidence } = summary
  const values = candidates.map((candidate) => goodness(metricOf(candidate, name)))
  const isPairwise = candidates.some((candidate) => metricOf(candidate, name)?.pairwise != null)
  const heading = TerminalText.oneLine(name, 32)
  if (isPairwise) {
    return {
      heading: `${heading} won`,
      cell: ({ candidate }) => winRate(summary, candidate, name),
      align: "right",
      rank
    }
  }
  return {
    heading: `${heading} [${percents(confidence)}% CI]`,
    cell: (candidate) => {
      const metric = metricOf(candidate, name)
      const verdict = verdictOf(summary, candidate.candidate, name)?.verdict ?? "no_difference_shown"
      const style = isBest(values, goodness(metric)) ? "bold" : undefined
      return [
        { text: meanOf(metric), style },
        { text: ` ${marks[verdict]}`, style: styles[verdict] }
      ]
    },
    rank
  }
}

const numberColumn = (
  heading: string,
  rank: number,
  candidates: ReadonlyArray<Candidate>,
  value: (candidate: Candidate) => number | undefined,
  show: (candidate: Candidate) => string
): Column => {
  // Of these the lowest is the best.
  const values = candidates.map((candidate) => negated(value(candidate)))
  return {
    heading,
    cell: (candidate) =>
      TerminalLine.text(show(candidate), isBest(values, negated(value(candidate))) ? "bold" : undefined),
    align: "right",
    rank
  }
}

const negated = (value: number | undefined) => (value === undefined ? undefined : -value)

const dollars = ({ cost_per_1000_usd: cost }: Candidate) =>
  cost === null ? "" : Number(Money.toDecimal(cost)).toFixed(2)

/** All columns in their order, ranked by what may be left out of the first table. */
export const columns = (summary: ComparisonSummary, nameWidth: number): ReadonlyArray<Column> => {
  const { candidates } = summary
  const [primary = summary.primary_metric, ...others] = metricNames(summary)
  return [
    { heading: "model", cell: ({ candidate }) => TerminalText.oneLine(candidate, nameWidth) },
    metricColumn(summary, primary, 0),
    ...others.map((name, index) => metricColumn(summary, name, 6 + index)),
    { heading: "vs baseline", cell: ({ candidate }) => winRate(summary, candidate), align: "right", rank: 2 },
    numberColumn(
      "p50",
      4,
      candidates,
      ({ latency_ms }) => latency_ms?.median,
      ({ latency_ms }) => (latency_ms === null ? "" : format.seconds(latency_ms.median))
    ),
    numberColumn(
      "p95",
      5,
      candidates,
      ({ latency_ms }) => latency_ms?.p95,
      ({ latency_ms }) => (latency_ms === null ? "" : format.seconds(latency_ms.p95))
    ),
    numberColumn(
      "$/1k",
      3,
      candidates,
      ({ cost_per_1000_usd: cost }) => (cost === null ? undefined : Number(cost)),
      dollars
    ),
    numberColumn(
      "err",
      1,
      candidates,
      ({ n_error }) => n_error,
      ({ n_error }) => format.count(n_error)
    )
  ]
}
