/**
 * Corrections for testing many hypotheses at once: with 20 metrics, one in 20 looks significant by chance.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"

const checked = (
  measure: string,
  pValues: ReadonlyArray<number>,
  adjust: (sorted: ReadonlyArray<number>) => ReadonlyArray<number>
): Result.Result<ReadonlyArray<number>, Absent> => {
  const odd = pValues.find((p) => !(p >= 0 && p <= 1))
  if (odd !== undefined) return absent(measure, "InvalidInput", `${odd} is no p-value.`)
  const order = pValues.map((_, i) => i).toSorted((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0))
  const adjusted = adjust(order.map((i) => pValues[i] ?? 0))
  const result = pValues.map(() => 0)
  for (const [rank, i] of order.entries()) result[i] = adjusted[rank] ?? 0
  return Result.succeed(result)
}

/**
 * Holm's adjusted p-values, in the order given: the chance of any false finding stays below the level. None for none.
 *
 * Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
 *
 * @since 0.1.0
 */
export const holm = (pValues: ReadonlyArray<number>): Result.Result<ReadonlyArray<number>, Absent> =>
  checked("holm", pValues, (sorted) => {
    let highest = 0
    return sorted.map((p, rank) => (highest = Math.max(highest, Math.min(1, p * (sorted.length - rank)))))
  })

/**
 * Benjamini and Hochberg's adjusted p-values, in the order given: the expected share of false findings stays below the level.
 *
 * Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", 1995.
 *
 * @since 0.1.0
 */
export const benjaminiHochberg = (pValues: ReadonlyArray<number>): Result.Result<ReadonlyArray<number>, Absent> =>
  checked("benjamini_hochberg", pValues, (sorted) => {
    let lowest = 1
    return sorted
      .map((p, rank) => p * (sorted.length / (rank + 1)))
      .toReversed()
      .map((p) => (lowest = Math.min(lowest, p)))
      .toReversed()
  })
