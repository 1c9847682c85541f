/** The statistics of metrics from their scores. */
import type * as Scale from "@genops/core/Scale"
import * as PairedT from "@genops/core/statistics/PairedT"
import * as Statistics from "@genops/core/statistics/Summary"
import * as Wilson from "@genops/core/statistics/Wilson"
import * as WinRate from "@genops/core/statistics/WinRate"
import * as Result from "effect/Result"
import type * as RunSummary from "../RunSummary.ts"
import * as resamples from "./evaluateResamples.ts"

/** How intervals are made. */
export interface Options {
  readonly seed: number
  readonly confidence: number
}

/** A metric with its scores: all of them, and their means by row where rows are repeated. */
export interface Scored {
  readonly scale: Scale.Scale
  readonly scores: ReadonlyArray<number>
  readonly rowMeans: ReadonlyArray<number>
}

type Numbers = Omit<RunSummary.MetricSummary, "n_total" | "n_valid" | "n_error" | "errors" | "pairwise">

/** Where there is no number, and nothing to be absent: the numbers of a pairwise metric. */
export const none: Numbers = {
  ideal: null,
  mean: null,
  std: null,
  interval: null,
  min: null,
  median: null,
  max: null,
  absent: {}
}

/** More rows than this are not resampled: that takes seconds, and by then their mean is as good as normal. */
export const mostForBootstrap = 2000

/** Means of the values of each row over its repeats, those without a value left out; NaN for a row without any. */
export const rowMeans = (values: Float64Array, repeats: number): Float64Array => {
  if (repeats === 1) return values
  return Float64Array.from({ length: values.length / repeats }, (_, row) => {
    const known = values.subarray(row * repeats, (row + 1) * repeats).filter((value) => !Number.isNaN(value))
    return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length
  })
}

/** The values that are there. */
export const known = (values: Float64Array): ReadonlyArray<number> =>
  Array.from(values.filter((value) => !Number.isNaN(value)))

/** The statistics of metrics over the same rows. */
export const of = (metrics: ReadonlyArray<Scored>, options: Options): ReadonlyArray<Numbers> => {
  const intervals = intervalsOf(metrics, options)
  return metrics.map(({ rowMeans, scale: { ideal }, scores }, index): Numbers => {
    const all = Statistics.of(scores)
    const rows = rowMeans === scores ? all : Statistics.of(rowMeans)
    if (Result.isFailure(all) || Result.isFailure(rows)) {
      const why = Result.isFailure(all) ? all.failure.detail : "there are no rows."
      return { ...none, ideal, absent: { mean: why, std: why, interval: why } }
    }
    const { max, median, min, std } = all.success
    const interval = intervals[index] ?? Result.fail("it was not computed.")
    return {
      ideal,
      mean: rows.success.mean,
      std: Result.getOrNull(std),
      interval: Result.getOrNull(interval),
      min,
      median,
      max,
      absent: {
        ...(Result.isFailure(std) ? { std: std.failure.detail } : {}),
        ...(Result.isFailure(interval) ? { interval: interval.failure } : {})
      }
    }
  })
}

const isBinary = ({ max, min }: Scale.Scale, values: ReadonlyArray<number>): boolean =>
  min === 0 && max === 1 && values.every((value) => value === 0 || value === 1)

type Interval = Result.Result<RunSummary.Interval, string>

/** Intervals that resampling does not give; undefined for those that it does. */
const withoutResampling = ({ rowMeans: values, scale }: Scored, { confidence }: Options): Interval | undefined => {
  // Of all metrics on [0, 1] a yes or no varies most: the interval is on the safe side for the others.
  if (isBinary(scale, values)) {
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
  if (values.length >= 2 && values.length <= mostForBootstrap) return undefined
  const zeros = values.map(() => 0)
  return Result.mapBoth(PairedT.test(values, zeros, confidence), {
    onFailure: ({ detail }) => detail,
    onSuccess: ({ high, low }) => ({ low, high, confidence, method: "t" as const })
  })
}

const intervalsOf = (metrics: ReadonlyArray<Scored>, options: Options): ReadonlyArray<Interval> => {
  const { confidence } = options
  const direct = metrics.map((metric) => withoutResampling(metric, options))
  const columns = metrics.flatMap(({ rowMeans }, index) => (direct[index] === undefined ? [rowMeans] : []))
  const resampled = resamples.intervals(columns, options).values()
  return direct.map((found): Interval => {
    if (found !== undefined) return found
    const next = resampled.next().value
    return next === undefined
      ? Result.fail("it was not computed.")
      : Result.succeed({ low: next.low, high: next.high, confidence, method: "bootstrap" })
  })
}

/** Who was chosen, from choices of 1, 0 (tie) and -1 in `rows` rows. */
export const pairwise = (choices: ReadonlyArray<number>, rows: number): RunSummary.Pairwise | null => {
  const counted = WinRate.pairwise([
    ...choices.map((choice) => (choice > 0 ? "CANDIDATE" : choice < 0 ? "BASELINE" : "TIE")),
    ...Array.from({ length: rows - choices.length }, () => "ERROR" as const)
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
