/** Whether a candidate differs from the baseline, metric by metric, on the rows that both have scores for. */
import type * as Metric from "@genops/core/Metric"
import * as PairedPermutation from "@genops/core/statistics/PairedPermutation"
import * as Result from "effect/Result"
import * as Numbers from "./evaluateNumbers.ts"
import * as resamples from "./evaluateResamples.ts"
import * as statistics from "./evaluateStatistics.ts"
import type * as Table from "./evaluateTable.ts"

export type Rated = Exclude<Metric.Metric, { readonly _tag: "Pairwise" }>

/** What the test of a metric found. Without `p` it could find nothing; `reason` says why, or why there is no interval. */
export interface Tested {
  readonly metric: Rated
  readonly n: number
  readonly mean: number | undefined
  readonly interval: resamples.Interval | undefined
  readonly p: number | undefined
  readonly reason: string | undefined
}

type Found = Omit<Tested, "metric" | "n" | "mean">
type Differences = Float64Array

/** All sign flips of more pairs take too long: some do. */
const mostForExact = 16

const differencesOf = ({ name, scale }: Rated, candidate: Table.Table, baseline: Table.Table): Differences => {
  // Of a metric whose ideal is 0, how far from it they are.
  const measure = scale.ideal === "zero" ? Math.abs : undefined
  const mine = candidate.rows(name, measure)
  const theirs = baseline.rows(name, measure)
  const difference = (a: number, b: number) => (Numbers.isSame(a, b) ? 0 : a - b)
  return Numbers.known({ length: mine.length, at: (row) => difference(mine.at(row), theirs.at(row)) })
}

/** What needs no resampling; undefined for what does. */
const directly = (differences: Differences, confidence: number): Found | undefined => {
  const n = differences.length
  const [first = NaN] = differences
  // With n pairs no two-sided p-value of a paired test is below 2^(1 - n).
  const needed = Math.ceil(1 - Math.log2(1 - confidence))
  if (n < needed) {
    const reason = `${n} rows in common with the baseline; fewer than ${needed} can show no difference`
    return { interval: undefined, p: undefined, reason }
  }
  if (differences.every((value) => Numbers.isSame(value, first))) {
    const reason = "all differences are equal: there is no spread to make an interval of"
    return { interval: undefined, p: first === 0 ? 1 : 2 ** (1 - n), reason }
  }
  if (n <= statistics.mostForBootstrap) return undefined
  const found = Numbers.student(differences, confidence)
  return { interval: found, p: found?.p, reason: found === undefined ? "there is no spread" : undefined }
}

/**
 * What needs resampling: a bootstrap interval, and the p-value of the permutation test. That of the bootstrap is too small for few rows: of 20
 * it finds twice as many differences between equals as it should.
 */
const resampled = (columns: ReadonlyArray<Differences>, options: statistics.Options): ReadonlyArray<Found> => {
  const intervals = resamples.intervals(columns, options)
  const many = columns.filter(({ length }) => length > mostForExact)
  const sampled = new Map(resamples.pValues(many, options).map((p, i) => [many[i], p]))
  const exact = (differences: Differences) => {
    const values = Array.from(differences)
    const zeros = values.map(() => 0)
    return Result.getOrUndefined(Result.map(PairedPermutation.exact(values, zeros), ({ p }) => p))
  }
  return columns.map((differences, i) => ({
    interval: intervals[i],
    p: sampled.get(differences) ?? exact(differences),
    reason: undefined
  }))
}

const make = (
  candidate: Table.Table,
  baseline: Table.Table,
  metrics: ReadonlyArray<Rated>,
  options: statistics.Options
): ReadonlyArray<Tested> => {
  const columns = metrics.map((metric) => differencesOf(metric, candidate, baseline))
  const direct = columns.map((differences) => directly(differences, options.confidence))
  const others = resampled(
    columns.filter((_, i) => direct[i] === undefined),
    options
  ).values()
  return metrics.map((metric, i): Tested => {
    const differences = columns[i] ?? new Float64Array()
    const n = differences.length
    const found = direct[i] ?? others.next().value ?? { interval: undefined, p: undefined, reason: undefined }
    return { metric, n, mean: n === 0 ? undefined : Numbers.mean(differences), ...found }
  })
}

interface Made {
  readonly of: readonly [Table.Table, candidateVersion: number, baselineVersion: number]
  readonly tests: ReadonlyArray<Tested>
}

const made = new WeakMap<Table.Table, Made>()

/** The tests of a candidate in the metrics of its comparison. They are made again only when one of the two has got another cell. */
export const of: typeof make = (candidate, baseline, metrics, options) => {
  const known = made.get(candidate)
  const [before, mine, theirs] = known?.of ?? []
  if (known !== undefined && before === baseline && mine === candidate.version() && theirs === baseline.version()) {
    return known.tests
  }
  const tests = make(candidate, baseline, metrics, options)
  made.set(candidate, { of: [baseline, candidate.version(), baseline.version()], tests })
  return tests
}
