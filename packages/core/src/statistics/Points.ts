/**
 * Checks of the numbers that a statistic is computed from.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"

/**
 * The values themselves, if there are at least `minimum` and all are finite.
 *
 * @since 0.1.0
 */
export const finite = (
  measure: string,
  values: ReadonlyArray<number>,
  minimum: number
): Result.Result<ReadonlyArray<number>, Absent> => {
  const odd = values.findIndex((value) => !Number.isFinite(value))
  if (odd >= 0) return absent(measure, "NotFinite", `value ${odd} is ${values[odd]}.`)
  return values.length < minimum
    ? absent(measure, "TooFewPoints", `it needs at least ${minimum} values and got ${values.length}.`)
    : Result.succeed(values)
}

/**
 * The differences `a[i] - b[i]`, if both lists are equally long, have at least `minimum` values, and all are finite.
 *
 * @since 0.1.0
 */
export const differences = (
  measure: string,
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  minimum: number
): Result.Result<ReadonlyArray<number>, Absent> =>
  a.length === b.length
    ? finite(
        measure,
        a.map((value, i) => value - (b[i] ?? NaN)),
        minimum
      )
    : absent(measure, "InvalidInput", `pairs need equally long lists, not ${a.length} and ${b.length} values.`)

/**
 * A confidence level strictly between 0 and 1.
 *
 * @since 0.1.0
 */
export const confidence = (measure: string, level: number): Result.Result<number, Absent> =>
  level > 0 && level < 1
    ? Result.succeed(level)
    : absent(measure, "InvalidInput", `the confidence level must lie between 0 and 1, not be ${level}.`)

/**
 * A count: an integer from 0 up.
 *
 * @since 0.1.0
 */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
