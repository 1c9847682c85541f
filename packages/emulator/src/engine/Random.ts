/**
 * Seeded random numbers: the same seed gives the same numbers on every machine.
 *
 * @since 0.1.0
 */

/**
 * Gives the next number, at least 0 and below 1.
 *
 * @since 0.1.0
 */
export type Random = () => number

/**
 * Makes a generator from a 32-bit seed (mulberry32).
 *
 * @since 0.1.0
 */
export const make = (seed: number): Random => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
