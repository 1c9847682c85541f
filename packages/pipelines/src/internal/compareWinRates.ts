/** Who beats whom, row by row. */
import type * as Metric from "@genops/core/Metric"
import * as Scale from "@genops/core/Scale"
import * as BradleyTerry from "@genops/core/statistics/BradleyTerry"
import * as Wilson from "@genops/core/statistics/Wilson"
import * as Result from "effect/Result"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type { Contestant } from "./compareDifferences.ts"
import * as Numbers from "./evaluateNumbers.ts"

type WinRate = ComparisonSummary.WinRate
type Counts = Pick<WinRate, "wins" | "losses" | "ties" | "errors">

/** Compares by how good each row is; NaN where it has no score. */
const count = (mine: Numbers.Reader, theirs: Numbers.Reader): Counts => {
  const counts = { wins: 0, losses: 0, ties: 0, errors: 0 }
  for (let row = 0; row < mine.length; row++) {
    const a = mine.at(row)
    const b = theirs.at(row)
    if (Number.isNaN(a) || Number.isNaN(b)) counts.errors++
    else if (Numbers.isSame(a, b)) counts.ties++
    else if (a > b) counts.wins++
    else counts.losses++
  }
  return counts
}

const nobody: Numbers.Reader = { length: 0, at: () => NaN }

/** Both views of a pair. */
const rates = (
  candidate: string,
  against: string,
  metric: string,
  counts: Counts,
  confidence: number
): readonly [WinRate, WinRate] => {
  const { losses, ties, wins } = counts
  const n = wins + losses + ties
  const share = (won: number) => (n === 0 ? null : (won + ties / 2) / n)
  // Half a win is neither: each end of the interval takes the side that makes it wider.
  const end = (won: number, end: "low" | "high") =>
    Result.getOrNull(Result.map(Wilson.interval(won, n, confidence), (interval) => interval[end]))
  const view = (candidate: string, against: string, counts: Counts): WinRate => ({
    candidate,
    against,
    metric,
    ...counts,
    rate: share(counts.wins),
    low: end(Math.floor(counts.wins + ties / 2), "low"),
    high: end(Math.ceil(counts.wins + ties / 2), "high")
  })
  return [view(candidate, against, counts), view(against, candidate, { ...counts, wins: losses, losses: wins })]
}

const ofMetric = (
  metric: Metric.Metric,
  contestants: ReadonlyArray<Contestant>,
  baseline: Contestant,
  confidence: number
): ReadonlyArray<WinRate> => {
  if (metric._tag === "Pairwise") {
    return contestants.flatMap((candidate) => {
      if (candidate === baseline) return []
      // 1 is a win, -1 a loss: on average a row is won when it is above 0.
      const choices = candidate.table.rows(metric.name)
      const counts = count(choices, { length: choices.length, at: () => 0 })
      return rates(candidate.name, baseline.name, metric.name, counts, confidence)
    })
  }
  const goodness = contestants.map(({ table }) =>
    table.rows(metric.name, (score) => Scale.goodness(metric.scale, score))
  )
  return contestants.flatMap((candidate, i) =>
    contestants.slice(i + 1).flatMap((against, k) => {
      const counts = count(goodness[i] ?? nobody, goodness[i + 1 + k] ?? nobody)
      return rates(candidate.name, against.name, metric.name, counts, confidence)
    })
  )
}

/** The win rates of all pairs in all metrics, each pair from both sides. */
export const of = (
  contestants: ReadonlyArray<Contestant>,
  baseline: Contestant,
  metrics: ReadonlyArray<Metric.Metric>,
  confidence: number
): ReadonlyArray<WinRate> => metrics.flatMap((metric) => ofMetric(metric, contestants, baseline, confidence))

type Order = Pick<ComparisonSummary.ComparisonSummary, "order" | "order_metric" | "order_absent">

/** The order of the candidates by the choices of a pairwise metric. */
export const order = (
  names: ReadonlyArray<string>,
  winRates: ReadonlyArray<WinRate>,
  metric: string | undefined
): Order => {
  if (metric === undefined) return { order: null }
  const table = (of: "wins" | "ties") =>
    names.map((name) =>
      names.map(
        (other) =>
          winRates.find((rate) => rate.metric === metric && rate.candidate === name && rate.against === other)?.[of] ??
          0
      )
    )
  return Result.match(BradleyTerry.strengths(table("wins"), table("ties")), {
    onFailure: ({ detail }): Order => ({ order: null, order_metric: metric, order_absent: detail }),
    onSuccess: ({ elo }): Order => ({
      order: names.map((candidate, i) => ({ candidate, elo: elo[i] ?? NaN })).toSorted((a, b) => b.elo - a.elo),
      order_metric: metric
    })
  })
}
