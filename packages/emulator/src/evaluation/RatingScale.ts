/**
 * The ratings that a template allows.
 *
 * @since 0.1.0
 */
import type { Measured } from "./Heuristic.ts"

/**
 * The ratings, from low to high, at least two.
 *
 * @since 0.1.0
 */
export type RatingScale = ReadonlyArray<number>

const widest = 100

const wholeNumbers = (low: number, high: number): RatingScale =>
  Array.from({ length: high - low + 1 }, (_, index) => low + index)

/**
 * 1 to 5, for templates that state no scale.
 *
 * @since 0.1.0
 */
export const usual: RatingScale = [1, 2, 3, 4, 5]

const rubricLine =
  /^[ \t]*(?:[-*•][ \t]+)?(?:(?:score|rating)[ \t]+)?["'(*]{0,3}(-?\d{1,3})["')*]{0,3}[ \t]*(?:[:=]|[-–—][ \t])/gim

const range =
  /\b(?:from|between|scale(?: of| from|:)?|rate|rating|score)\b[^\d\n-]{0,30}(-?\d{1,3})(?:[ \t]*\([^)\n]{0,60}\))?[ \t]*(?:to|-|–|—|and|through|\.\.)[ \t]*(-?\d{1,3})\b/i

const either = /\b(0 or 1|1 or 0|0\/1|1\/0)\b/

/**
 * Reads the ratings of a template: the lines of a rubric that begin with a number (`5: …`, `- -2: …`), at least two; else a range
 * (`from 1 to 5`, `scale of 0-10`); else `0 or 1`; else 1 to 5.
 *
 * @since 0.1.0
 */
export const of = (template: string): RatingScale => {
  const listed = [...new Set([...template.matchAll(rubricLine)].map(([, rating]) => Number(rating)))]
  if (listed.length > 1) return listed.toSorted((a, b) => a - b)
  const [, from, to] = range.exec(template) ?? []
  const low = Number(from)
  const high = Number(to)
  if (low < high && high - low <= widest) return wholeNumbers(low, high)
  return either.test(template) ? [0, 1] : usual
}

/**
 * The rating nearest to a measured quality; of two equally near ones the higher. On a scale with both signs a measure that has sides is
 * rated by its side, with 0 in the middle.
 *
 * @since 0.1.0
 */
export const rate = (scale: RatingScale, { quality, side }: Measured): number => {
  const low = scale[0] ?? 0
  const high = scale.at(-1) ?? low
  const exact =
    side !== undefined && low < 0 && high > 0 ? side * (side < 0 ? -low : high) : low + quality * (high - low)
  return scale.reduce((best, rating) => (Math.abs(rating - exact) <= Math.abs(best - exact) ? rating : best), low)
}
