/**
 * How long calls take: always the same, or as varied as a real service's.
 *
 * @since 0.1.0
 */
import * as Random from "../engine/Random.ts"

/**
 * Milliseconds, or a log-normal distribution by its median in milliseconds and its sigma (0.5 gives a 95th percentile of 2.3 medians).
 *
 * @since 0.1.0
 */
export type Latency = number | { readonly median: number; readonly sigma: number }

/**
 * Makes a function that gives the latency of the next call, in milliseconds and at most ten minutes. The sequence is the same for each server.
 *
 * @since 0.1.0
 */
export const sampler = (latency: Latency = 0): (() => number) => {
  const longest = 600_000
  if (typeof latency === "number") return () => Math.min(longest, latency)
  const random = Random.make(1)
  return () => {
    // Box-Muller; 1 - u keeps the logarithm finite.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.min(longest, latency.median * Math.exp(latency.sigma * normal))
  }
}
