/**
 * Numbers as the service writes them: single precision, in the shortest text that reads back as the same number.
 *
 * @since 0.1.0
 */

/**
 * The number of fewest digits that has the same single-precision value: 2/3 becomes 0.6666667.
 *
 * @example
 * import * as SinglePrecision from "@genops/emulator/evaluation/SinglePrecision"
 *
 * SinglePrecision.shortest(2 / 3) // => 0.6666667
 *
 * @since 0.1.0
 */
export const shortest = (value: number): number => {
  const single = Math.fround(value)
  // Nine digits always suffice.
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single) return short
  }
  return Number(single.toPrecision(9))
}
