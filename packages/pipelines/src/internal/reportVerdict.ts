/** What the comparison shows, in one sentence that claims no more than was tested. */
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Data from "../report/browser/data.ts"
import { format } from "./reportHtml.ts"

/** p-values: two digits, and no false precision below 0.001. */
export const pValue = (p: number): string =>
  p < 0.001 ? "p < 0.001" : `p = ${p < 0.1 ? p.toFixed(3).replace(/0$/, "") : p.toFixed(2)}`

const costRatio = (summary: ComparisonSummary.ComparisonSummary, candidate: string): string => {
  const cost = (name: string) => summary.candidates.find((one) => one.candidate === name)?.cost_per_1000_usd ?? null
  const mine = cost(candidate)
  const theirs = cost(summary.baseline)
  if (mine === null || theirs === null || mine === 0n || theirs === 0n) return ""
  const ratio = Number(mine) / Number(theirs)
  if (ratio > 0.95 && ratio < 1.05) return ", at the same cost"
  return ratio < 1
    ? `, at 1/${format.fixed(1 / ratio, 1 / ratio < 3 ? 1 : 0)} of the cost`
    : `, at ${format.fixed(ratio, ratio < 3 ? 1 : 0)} times the cost`
}

const list = (names: ReadonlyArray<string>): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`

/** How much of the run there is; "" when it is whole. */
const progress = ({ candidates }: ComparisonSummary.ComparisonSummary): string => {
  const sum = (count: (one: ComparisonSummary.Candidate) => number) =>
    candidates.reduce((all, one) => all + count(one), 0)
  const tried = sum(({ n_total }) => n_total)
  const planned = sum(({ row_count }) => row_count)
  return tried < planned ? `So far, at ${Math.floor((100 * tried) / planned)}% of the run: ` : ""
}

/** Candidates that could not be used at all; "" when all could. */
const unused = ({ candidates }: ComparisonSummary.ComparisonSummary): string => {
  const names = candidates.filter(({ failure }) => failure !== undefined).map(({ candidate }) => candidate)
  return names.length === 0 ? "" : ` ${list(names)} could not be used.`
}

/** The sentence. It is about the primary metric and the run's baseline; p-values are corrected. */
export const of = (summary: ComparisonSummary.ComparisonSummary, measure: Data.Measure | undefined): string =>
  progress(summary) + claim(summary, measure) + unused(summary)

const claim = (summary: ComparisonSummary.ComparisonSummary, measure: Data.Measure | undefined): string => {
  const { baseline, candidates, primary_metric: metric } = summary
  const [only] = candidates
  if (only === undefined || measure === undefined) return `Nothing was measured.`
  if (candidates.length === 1) {
    const found = Object.hasOwn(only.metrics, metric) ? only.metrics[metric] : undefined
    if (found === undefined || found.mean === null) return `${only.candidate} has no mean of ${metric}.`
    const { interval, mean, n_valid } = found
    const around =
      interval === null
        ? ""
        : ` [${format.fixed(interval.low, measure.decimals)}, ${format.fixed(interval.high, measure.decimals)}]`
    return `${only.candidate} reaches ${format.fixed(mean, measure.decimals)}${around} in ${metric}, on ${format.count(n_valid)} answers. There is no other candidate to compare it with.`
  }
  const differences = summary.differences.filter((one) => one.metric === metric && one.candidate !== baseline)
  const by = ({ mean, p_adjusted }: ComparisonSummary.Difference) =>
    `${mean === null ? "" : `${format.signed(mean, measure.decimals)}, `}${p_adjusted === null ? "" : pValue(p_adjusted)}`
  const gain = ({ mean }: ComparisonSummary.Difference) => (measure.ideal === "high" ? (mean ?? 0) : -(mean ?? 0))
  const better = differences.filter(({ verdict }) => verdict === "better").toSorted((a, b) => gain(b) - gain(a))
  const worse = differences.filter(({ verdict }) => verdict === "worse").toSorted((a, b) => gain(a) - gain(b))
  const [best, ...alsoBetter] = better
  const lost =
    worse.length === 0
      ? ""
      : ` ${list(worse.map(({ candidate }) => candidate))} ${worse.length === 1 ? "is" : "are"} worse.`
  if (best !== undefined) {
    const others =
      alsoBetter.length === 0
        ? ""
        : ` ${list(alsoBetter.map(({ candidate }) => candidate))} ${alsoBetter.length === 1 ? "is" : "are"} better too.`
    return `${best.candidate} is better than ${baseline} in ${metric} (${by(best)})${costRatio(summary, best.candidate)}.${others}${lost}`
  }
  const tested = differences.filter(({ verdict }) => verdict !== "not_tested")
  if (tested.length === 0) {
    const reason = differences.find((one) => one.reason !== null)?.reason ?? "there are not enough scores"
    return `No difference to ${baseline} in ${metric} could be tested: ${reason.replace(/\.$/, "")}.`
  }
  const [worst] = worse
  if (worst !== undefined && worse.length === tested.length) {
    return `No candidate is better than ${baseline} in ${metric}: ${list(worse.map((one) => `${one.candidate} is worse (${by(one)})`))}.`
  }
  const alike = tested.filter(({ verdict }) => verdict === "no_difference_shown")
  const smallest = Math.min(...alike.map(({ p_adjusted }) => p_adjusted ?? 1))
  const n = Math.min(...alike.map(({ n }) => n))
  const others =
    alike.length > 1 && worse.length === 0
      ? `the ${alike.length} other candidates`
      : list(alike.map(({ candidate }) => candidate))
  const p = `${pValue(smallest)}${alike.length > 1 ? " at the lowest" : ""}`
  return `No difference is shown between ${baseline} and ${others} in ${metric} (${p}, ${format.count(n)} rows).${lost}`
}
