/**
 * A small seeded generator, so that a resampling result can be repeated anywhere: xoshiro128** 1.1, seeded by splitmix32.
 *
 * Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021. Not for secrets.
 *
 * @since 0.1.0
 */

const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by))

/**
 * A generator of integers in `[0, 2^32)`. `seed` is taken modulo 2^32. Each call of the result gives the next number.
 *
 * @since 0.1.0
 */
export const xoshiro128ss = (seed: number): (() => number) => {
  let counter = seed | 0
  const splitmix32 = () => {
    counter = (counter + 0x9e3779b9) | 0
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
  let a = splitmix32()
  let b = splitmix32()
  let c = splitmix32()
  let d = splitmix32()
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result
  }
}

/**
 * An index in `[0, n)` from a number of the generator, for n up to 2^21.
 *
 * @since 0.1.0
 */
export const index = (uint32: number, n: number): number => Math.floor((uint32 * n) / 2 ** 32)
