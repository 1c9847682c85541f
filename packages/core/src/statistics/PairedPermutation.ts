/**
 * The paired permutation test: had the two candidates been swapped at random on each row, how often would the mean difference be
 * as large as it is?
 *
 * Source: R. A. Fisher, "The design of experiments", 1935. Exact for any distribution of the differences.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Points from "./Points.ts"
import * as Random from "./Random.ts"

/**
 * The mean of `a[i] - b[i]` and the two-sided p-value.
 *
 * @since 0.1.0
 */
export interface PairedPermutationResult {
  readonly meanDifference: number
  readonly p: number
}

const MEASURE = "paired_permutation"
/** Above this, all sign flips are too many: 2^20 already is a million. */
const MAX_EXACT_PAIRS = 20

const sumOf = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0)

/** The smallest sum that counts as large as observed: sums of the same numbers in another order differ by rounding. */
const thresholdOf = (differences: ReadonlyArray<number>): number => {
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0)
  return Math.abs(sumOf(differences)) - 1e-12 * Math.max(1, magnitude)
}

/**
 * The share of all 2^n sign flips whose sum is as large as observed. Absent without pairs and for more than 20, where `sampled`
 * does.
 *
 * @since 0.1.0
 */
export const exact = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>
): Result.Result<PairedPermutationResult, Absent> =>
  Result.gen(function* () {
    const differences = yield* Points.differences(MEASURE, a, b, 1)
    const n = differences.length
    if (n > MAX_EXACT_PAIRS) {
      return yield* absent(
        MEASURE,
        "InvalidInput",
        `${n} pairs have 2^${n} sign flips; at most ${MAX_EXACT_PAIRS} pairs.`
      )
    }
    const threshold = thresholdOf(differences)
    let extreme = 0
    for (let flips = 0; flips < 2 ** n; flips++) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += (flips >> i) & 1 ? -(differences[i] ?? 0) : (differences[i] ?? 0)
      if (Math.abs(sum) >= threshold) extreme++
    }
    return { meanDifference: sumOf(differences) / n, p: extreme / 2 ** n }
  })

/**
 * Estimates the share from random sign flips: `(1 + extreme) / (resamples + 1)`. By default 9,999 resamples and seed 0. Absent
 * without pairs.
 *
 * @since 0.1.0
 */
export const sampled = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  options: { readonly resamples?: number; readonly seed?: number } = {}
): Result.Result<PairedPermutationResult, Absent> =>
  Result.gen(function* () {
    const { resamples = 9_999, seed = 0 } = options
    const differences = yield* Points.differences(MEASURE, a, b, 1)
    if (!Points.isCount(resamples) || resamples === 0) {
      return yield* absent(MEASURE, "InvalidInput", `${resamples} is no number of resamples.`)
    }
    const threshold = thresholdOf(differences)
    const next = Random.xoshiro128ss(seed)
    let extreme = 0
    for (let r = 0; r < resamples; r++) {
      let sum = 0
      for (const difference of differences) sum += next() >= 2 ** 31 ? -difference : difference
      if (Math.abs(sum) >= threshold) extreme++
    }
    return { meanDifference: sumOf(differences) / differences.length, p: (1 + extreme) / (resamples + 1) }
  })

/**
 * The exact test for up to 20 pairs, the sampled one for more.
 *
 * @since 0.1.0
 */
export const test = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  options: { readonly resamples?: number; readonly seed?: number } = {}
): Result.Result<PairedPermutationResult, Absent> =>
  a.length <= MAX_EXACT_PAIRS ? exact(a, b) : sampled(a, b, options)
