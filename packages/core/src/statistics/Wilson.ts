/**
 * Wilson's score interval for a proportion, which stays inside [0, 1] and works for few trials and for none or all successes.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Distribution from "./Distribution.ts"
import * as Points from "./Points.ts"

/**
 * An interval and its center, which is not the observed share but lies between it and one half.
 *
 * @since 0.1.0
 */
export interface WilsonInterval {
  readonly low: number
  readonly high: number
  readonly center: number
}

/**
 * The interval of the success probability after `successes` in `trials`. `confidence` is 0.95 by default. Absent without trials
 * or for counts that cannot be.
 *
 * @since 0.1.0
 */
export const interval = (
  successes: number,
  trials: number,
  confidence = 0.95
): Result.Result<WilsonInterval, Absent> => {
  if (!Points.isCount(successes) || !Points.isCount(trials) || successes > trials) {
    return absent("wilson", "InvalidInput", `${successes} successes in ${trials} trials cannot be.`)
  }
  if (trials === 0) return absent("wilson", "TooFewPoints", "there are no trials.")
  return Result.map(Points.confidence("wilson", confidence), (level) => {
    const z = Distribution.normalQuantile((1 + level) / 2)
    const p = successes / trials
    const scale = 1 + (z * z) / trials
    const center = (p + (z * z) / (2 * trials)) / scale
    const half = (z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials))) / scale
    // The ends are exact where rounding would leave them a hair inside.
    const low = successes === 0 ? 0 : Math.max(0, center - half)
    const high = successes === trials ? 1 : Math.min(1, center + half)
    return { low, high, center }
  })
}
