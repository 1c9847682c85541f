/** The statistics of metrics from their scores. */
import type * as Scale from "@genops/core/Scale"
import * as Wilson from "@genops/core/statistics/Wilson"
import * as WinRate from "@genops/core/statistics/WinRate"
import * as Result from "effect/Result"
import type * as RunSummary from "../RunSummary.ts"
import * as Numbers from "./evaluateNumbers.ts"
import * as resamples from "./evaluateResamples.ts"

/** How intervals are made. */
export interface Options {
  readonly seed: number
  readonly confidence: number
}

/** A metric with its scores: all of them, and their means by row. */
export interface Scored {
  readonly scale: Scale.Scale
  readonly scores: Numbers.Reader
  readonly rows: Numbers.Reader
}

type Described = Omit<RunSummary.MetricSummary, "n_total" | "n_valid" | "n_error" | "errors" | "pairwise">

/** Where there is no number, and nothing to be absent: the numbers of a pairwise metric. */
export const none: Described = {
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

const isBinary = ({ max, min }: Scale.Scale, values: Float64Array): boolean =>
  min === 0 && max === 1 && values.every((value) => value === 0 || value === 1)

type Interval = Result.Result<RunSummary.Interval, string>

/** Intervals that need no resampling; undefined for those that do. */
const directly = (values: Float64Array, scale: Scale.Scale, confidence: number): Interval | undefined => {
  const n = values.length
  if (n < 2) return Result.fail(`it needs at least 2 values and got ${n}.`)
  // Of all metrics on [0, 1] a yes or no varies most: the interval is on the safe side for the others.
  if (isBinary(scale, values)) {
    const ones = values.reduce((sum, value) => sum + value, 0)
    return Result.mapBoth(Wilson.interval(ones, n, confidence), {
      onFailure: ({ detail }) => detail,
      onSuccess: ({ high, low }) => ({ low, high, confidence, method: "wilson" as const })
    })
  }
  // An interval of width 0 would look like certainty.
  if (values.every((value) => value === values[0])) {
    return Result.fail("all values are equal: there is no spread to measure the mean by.")
  }
  if (n <= mostForBootstrap) return undefined
  const { high, low } = Numbers.student(values, confidence) ?? { low: NaN, high: NaN }
  return Result.succeed({ low, high, confidence, method: "t" })
}

const describe = ({ ideal }: Scale.Scale, all: Float64Array, mean: number, interval: Interval): Described => {
  const std = Numbers.deviation(all)
  const absent = {
    ...(Number.isNaN(std) ? { std: `it needs at least 2 values and got ${all.length}.` } : {}),
    ...(Result.isFailure(interval) ? { interval: interval.failure } : {})
  }
  return {
    ideal,
    mean,
    std: Number.isNaN(std) ? null : std,
    interval: Result.getOrNull(interval),
    min: all.reduce((least, value) => Math.min(least, value), Infinity),
    max: all.reduce((most, value) => Math.max(most, value), -Infinity),
    median: Numbers.quantile(all, 0.5),
    absent
  }
}

/** The statistics of metrics over the same rows. Those of one at a time are held in memory. */
export const of = (metrics: ReadonlyArray<Scored>, options: Options): ReadonlyArray<Described> => {
  const { confidence } = options
  const found = metrics.map(({ rows, scale, scores }) => {
    const all = Numbers.known(scores)
    if (all.length === 0) {
      const why = "it needs at least 1 values and got 0."
      return { made: { ...none, ideal: scale.ideal, absent: { mean: why, std: why, interval: why } } }
    }
    const column = rows === scores ? all : Numbers.known(rows)
    const mean = Numbers.mean(column)
    const interval = directly(column, scale, confidence)
    return interval === undefined
      ? { column: column.slice(), make: (interval: Interval) => describe(scale, all, mean, interval) }
      : { made: describe(scale, all, mean, interval) }
  })
  const columns = found.flatMap(({ column }) => column ?? [])
  const resampled = resamples.intervals(columns, options).values()
  return found.map(({ made, make }) => {
    if (made !== undefined) return made
    const next = resampled.next().value
    return make(
      next === undefined
        ? Result.fail("it was not computed.")
        : Result.succeed({ low: next.low, high: next.high, confidence, method: "bootstrap" })
    )
  })
}

/** Who was chosen, from choices of 1, 0 (tie) and -1 in `rows` rows. */
export const pairwise = (choices: Float64Array, rows: number): RunSummary.Pairwise | null => {
  const counted = WinRate.pairwise([
    ...Array.from(choices, (choice) => (choice > 0 ? "CANDIDATE" : choice < 0 ? "BASELINE" : "TIE")),
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
