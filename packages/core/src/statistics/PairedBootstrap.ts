/**
 * The paired bootstrap: an interval for the mean difference of two candidates on the same rows, without assumptions about its
 * distribution.
 *
 * Source: B. Efron, "Bootstrap methods: another look at the jackknife", 1979; for comparing systems P. Koehn, "Statistical
 * significance tests for machine translation evaluation", EMNLP 2004.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { quantileSorted } from "simple-statistics"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Points from "./Points.ts"
import * as Random from "./Random.ts"

/**
 * The mean of `a[i] - b[i]`, the percentile interval of the resampled means, and the two-sided p-value
 * `(1 + #{|resampled - observed| >= |observed|}) / (resamples + 1)`.
 *
 * @since 0.1.0
 */
export interface PairedBootstrapResult {
  readonly meanDifference: number
  readonly low: number
  readonly high: number
  readonly p: number
}

const MEASURE = "paired_bootstrap"

const resampled = (
  differences: ReadonlyArray<number>,
  level: number,
  resamples: number,
  draw: (resample: number, position: number) => number
): PairedBootstrapResult => {
  const n = differences.length
  const meanDifference = differences.reduce((sum, value) => sum + value, 0) / n
  const means = new Float64Array(resamples)
  // Means of the same numbers added in another order differ by rounding; they still are ties.
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0) / n
  const threshold = Math.abs(meanDifference) - 1e-12 * magnitude
  let extreme = 0
  for (let b = 0; b < resamples; b++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += differences[draw(b, i)] ?? 0
    const mean = sum / n
    means[b] = mean
    if (Math.abs(mean - meanDifference) >= threshold) extreme++
  }
  const sorted = Array.from(means.toSorted())
  return {
    meanDifference,
    low: quantileSorted(sorted, (1 - level) / 2),
    high: quantileSorted(sorted, (1 + level) / 2),
    p: (1 + extreme) / (resamples + 1)
  }
}

/**
 * Resamples paired values with the generator of `Random`: the same seed gives the same result everywhere. By default 10,000
 * resamples, confidence 0.95 and seed 0. Absent for fewer than two pairs; a single one has no spread to resample.
 *
 * Time is resamples times pairs.
 *
 * @since 0.1.0
 */
export const test = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  options: { readonly confidence?: number; readonly resamples?: number; readonly seed?: number } = {}
): Result.Result<PairedBootstrapResult, Absent> =>
  Result.gen(function* () {
    const { confidence = 0.95, resamples = 10_000, seed = 0 } = options
    const differences = yield* Points.differences(MEASURE, a, b, 2)
    const level = yield* Points.confidence(MEASURE, confidence)
    if (!Points.isCount(resamples) || resamples === 0) {
      return yield* absent(MEASURE, "InvalidInput", `${resamples} is no number of resamples.`)
    }
    const next = Random.xoshiro128ss(seed)
    return resampled(differences, level, resamples, () => Random.index(next(), differences.length))
  })

/**
 * The same with given resamples: each is a list of as many row numbers as there are pairs.
 *
 * @since 0.1.0
 */
export const withIndices = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  indices: ReadonlyArray<ReadonlyArray<number>>,
  confidence = 0.95
): Result.Result<PairedBootstrapResult, Absent> =>
  Result.gen(function* () {
    const differences = yield* Points.differences(MEASURE, a, b, 2)
    const level = yield* Points.confidence(MEASURE, confidence)
    const n = differences.length
    const fits = (rows: ReadonlyArray<number>) =>
      rows.length === n && rows.every((row) => Points.isCount(row) && row < n)
    if (indices.length === 0 || !indices.every(fits)) {
      return yield* absent(MEASURE, "InvalidInput", `each resample must be a list of ${n} row numbers below ${n}.`)
    }
    return resampled(differences, level, indices.length, (resample, position) => indices[resample]?.[position] ?? 0)
  })
