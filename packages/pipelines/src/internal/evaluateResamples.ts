/**
 * The resampling statistics of core for many columns at once: what a resample draws is drawn once for all columns of the same length, which
 * is most of the work.
 */
import * as Random from "@genops/core/statistics/Random"
import * as Numbers from "./evaluateNumbers.ts"

type Column = Float64Array

export interface Options {
  readonly seed: number
  readonly confidence: number
}

export interface Interval {
  readonly low: number
  readonly high: number
}

const bootstraps = 10_000
const permutations = 9_999

/** Solves for all columns of a length together, and gives the results in the order of the columns. */
const byLength = <A>(
  columns: ReadonlyArray<Column>,
  solve: (group: ReadonlyArray<Column>, n: number) => ReadonlyArray<A>
) => {
  const found = new Map<Column, A>()
  for (const [n, group] of Map.groupBy(columns, ({ length }) => length)) {
    for (const [i, result] of solve(group, n).entries()) {
      const column = group[i]
      if (column !== undefined) found.set(column, result)
    }
  }
  return columns.flatMap((column) => found.get(column) ?? [])
}

/**
 * What each resample draws, as `n` numbers. For not too many rows they are kept for the next columns on as many rows, as those of the next
 * candidate are.
 */
const drawing = <A extends Uint32Array | Int8Array>(
  make: (length: number) => A,
  draw: (next: number, n: number) => number,
  resamples: number
) => {
  let kept: { readonly n: number; readonly seed: number; readonly all: A } | undefined
  return (n: number, seed: number): ((resample: number) => A) => {
    const fill = (into: A, next: () => number) => {
      for (let i = 0; i < into.length; i++) into[i] = draw(next(), n)
      return into
    }
    if (n > mostKept) {
      const [into, next] = [make(n), Random.xoshiro128ss(seed)]
      return () => fill(into, next)
    }
    if (kept?.n !== n || kept.seed !== seed)
      kept = { n, seed, all: fill(make(n * resamples), Random.xoshiro128ss(seed)) }
    const { all } = kept
    // A view of the same kind as the whole.
    return (resample) => all.subarray(resample * n, (resample + 1) * n) as A
  }
}

const mostKept = 200
const rowsOf = drawing((length) => new Uint32Array(length), Random.index, bootstraps)
const signsOf = drawing(
  (length) => new Int8Array(length),
  (next) => (next >= 2 ** 31 ? -1 : 1),
  permutations
)

/** Columns in fours, the last ones filled up: four at a time share the look-up of a draw, which takes half of the time. */
const inFours = (columns: ReadonlyArray<Column>, n: number) => {
  const none = new Float64Array(n)
  return Array.from({ length: Math.ceil(columns.length / 4) }, (_, four) => ({
    first: four * 4,
    a: columns[four * 4] ?? none,
    b: columns[four * 4 + 1] ?? none,
    c: columns[four * 4 + 2] ?? none,
    d: columns[four * 4 + 3] ?? none
  }))
}

/**
 * Percentile intervals of means, of columns of at least 2 finite numbers: exactly those of `PairedBootstrap.test(column, zeros)` with the
 * same seed.
 */
export const intervals = (columns: ReadonlyArray<Column>, { confidence, seed }: Options): ReadonlyArray<Interval> =>
  byLength(columns, (group, n) => {
    const fours = inFours(group, n)
    const means = Array.from({ length: fours.length * 4 }, () => new Float64Array(bootstraps))
    const draw = rowsOf(n, seed)
    const put = (column: number, resample: number, sum: number) => {
      const into = means[column]
      if (into !== undefined) into[resample] = sum / n
    }
    for (let resample = 0; resample < bootstraps; resample++) {
      const rows = draw(resample)
      for (const { a, b, c, d, first } of fours) {
        let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0]
        for (let i = 0; i < n; i++) {
          const row = rows[i] ?? 0
          sumA += a[row] ?? 0
          sumB += b[row] ?? 0
          sumC += c[row] ?? 0
          sumD += d[row] ?? 0
        }
        put(first, resample, sumA)
        put(first + 1, resample, sumB)
        put(first + 2, resample, sumC)
        put(first + 3, resample, sumD)
      }
    }
    return means.slice(0, group.length).map((resampled) => ({
      low: Numbers.quantile(resampled, (1 - confidence) / 2),
      high: Numbers.quantile(resampled, (1 + confidence) / 2)
    }))
  })

/**
 * Two-sided p-values of a mean of 0 by random sign flips, of columns of at least 1 finite number: exactly those of
 * `PairedPermutation.sampled(column, zeros)` with the same seed.
 */
export const pValues = (columns: ReadonlyArray<Column>, { seed }: Pick<Options, "seed">): ReadonlyArray<number> =>
  byLength(columns, (group, n) => {
    const fours = inFours(group, n)
    const thresholds = group.map((values) => {
      const magnitude = values.reduce((sum, value) => sum + Math.abs(value), 0)
      // Sums of the same numbers in another order differ by rounding; they still are as large.
      return Math.abs(values.reduce((sum, value) => sum + value, 0)) - 1e-12 * Math.max(1, magnitude)
    })
    const extreme = group.map(() => 0)
    const draw = signsOf(n, seed)
    const put = (column: number, sum: number) => {
      if (Math.abs(sum) >= (thresholds[column] ?? Infinity)) extreme[column] = (extreme[column] ?? 0) + 1
    }
    for (let resample = 0; resample < permutations; resample++) {
      const signs = draw(resample)
      for (const { a, b, c, d, first } of fours) {
        let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0]
        for (let i = 0; i < n; i++) {
          const sign = signs[i] ?? 0
          sumA += sign * (a[i] ?? 0)
          sumB += sign * (b[i] ?? 0)
          sumC += sign * (c[i] ?? 0)
          sumD += sign * (d[i] ?? 0)
        }
        put(first, sumA)
        put(first + 1, sumB)
        put(first + 2, sumC)
        put(first + 3, sumD)
      }
    }
    return extreme.map((count) => (1 + count) / (permutations + 1))
  })
