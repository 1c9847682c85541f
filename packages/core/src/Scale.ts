/**
 * The numbers that a metric can give, and which of them are good.
 *
 * @since 0.1.0
 */

/**
 * - `min`, `max`: the bounds, both included; without `max` the metric has no upper bound
 * - `ideal`: what is good. `high` and `low` are the ends of the scale; `zero` means the nearer to 0 the better, on both sides, so a
 *   gate compares absolute values
 * - `integer`: each single rating is a whole number; a mean of ratings need not be
 *
 * @since 0.1.0
 */
export interface Scale {
  readonly min: number
  readonly max?: number
  readonly ideal: "high" | "low" | "zero"
  readonly integer?: boolean
}

// BLEU of equal texts is 100.00000000000004, and services answer in single precision.
const rounding = 1e-6

/**
 * Whether a value can be on the scale, a rounding error of 1e-6 at the bounds aside. NaN and infinities never are. `integer` is
 * not asked for: a mean lies between ratings.
 *
 * @since 0.1.0
 */
export const contains = (scale: Scale, value: number): boolean =>
  Number.isFinite(value) && value >= scale.min - rounding && value <= (scale.max ?? Infinity) + rounding

/**
 * The ratings of an integer scale with two ends, from low to high; [] of any other scale.
 *
 * @since 0.1.0
 */
export const ratings = ({ integer, max, min }: Scale): ReadonlyArray<number> =>
  integer === true && max !== undefined ? Array.from({ length: max - min + 1 }, (_, index) => min + index) : []

/**
 * How good a value is, for comparisons: more is better, whatever the scale's ideal.
 *
 * @since 0.1.0
 */
export const goodness = ({ ideal }: Scale, value: number): number =>
  ideal === "high" ? value : ideal === "low" ? -value : -Math.abs(value)

/**
 * 1 to 5, higher is better: most judged qualities.
 *
 * @since 0.1.0
 */
export const oneToFive: Scale = { min: 1, max: 5, ideal: "high", integer: true }

/**
 * 0 or 1, higher is better: safety, groundedness.
 *
 * @since 0.1.0
 */
export const zeroOrOne: Scale = { min: 0, max: 1, ideal: "high", integer: true }

/**
 * 0 to 1, higher is better: computed overlaps and shares.
 *
 * @since 0.1.0
 */
export const share: Scale = { min: 0, max: 1, ideal: "high" }
