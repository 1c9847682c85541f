/** The verdicts on candidates against the baseline. */
import * as MultipleTesting from "@genops/core/statistics/MultipleTesting"
import * as Result from "effect/Result"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import * as Tests from "./compareTests.ts"
import type * as statistics from "./evaluateStatistics.ts"
import type * as Table from "./evaluateTable.ts"

/** A candidate and its numbers. */
export interface Contestant {
  readonly name: string
  readonly table: Table.Table
}

type Difference = ComparisonSummary.Difference

const verdictOf = ({ mean = 0, metric: { scale } }: Tests.Tested, adjusted: number | undefined, confidence: number) => {
  if (adjusted === undefined) return "not_tested"
  if (adjusted >= 1 - confidence || mean === 0) return "no_difference_shown"
  return mean > 0 === (scale.ideal === "high") ? "better" : "worse"
}

/** The differences of all candidates to the baseline in all metrics, with Holm's correction over those that were tested. */
export const of = (
  contestants: ReadonlyArray<Contestant>,
  baseline: Contestant,
  metrics: ReadonlyArray<Tests.Rated>,
  options: statistics.Options
): ReadonlyArray<Difference> => {
  const all = contestants.flatMap(({ name, table }) =>
    table === baseline.table
      ? []
      : Tests.of(table, baseline.table, metrics, options).map((tested) => ({ name, tested }))
  )
  const corrected = MultipleTesting.holm(all.flatMap(({ tested }) => tested.p ?? []))
  const adjusted = Result.getOrElse(corrected, () => []).values()
  return all.map(({ name, tested }): Difference => {
    const { interval, mean, metric, n, p, reason } = tested
    const p_adjusted = p === undefined ? undefined : adjusted.next().value
    return {
      candidate: name,
      metric: metric.name,
      n,
      mean: mean ?? null,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      p: p ?? null,
      p_adjusted: p_adjusted ?? null,
      verdict: verdictOf(tested, p_adjusted, options.confidence),
      reason: reason ?? null
    }
  })
}
