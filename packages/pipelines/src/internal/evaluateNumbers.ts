/**
 * Statistics of many numbers in place, as core defines them. Core's own functions copy their numbers several times, which for a million rows
 * is more memory than all else.
 */
import * as Distribution from "@genops/core/statistics/Distribution"

/** The sum, with what rounding loses made up for (Neumaier). */
const sumOf = (values: Float64Array): number => {
  let sum = 0
  let lost = 0
  for (const value of values) {
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + lost
}

/** NaN without values. */
export const mean = (values: Float64Array): number => sumOf(values) / values.length

/** The sample standard deviation (ddof 1); NaN for fewer than two. */
export const deviation = (values: Float64Array): number => {
  if (values.length < 2) return NaN
  const [first] = values
  if (values.every((value) => value === first)) return 0
  const center = mean(values)
  let squares = 0
  for (const value of values) squares += (value - center) ** 2
  return Math.sqrt(squares / (values.length - 1))
}

/** The value at a place of the sorted values, which it puts there: smaller ones before it, larger ones behind (Hoare's quickselect). */
const select = (values: Float64Array, place: number): number => {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? NaN
    let [i, j] = [low, high]
    while (i <= j) {
      while ((values[i] ?? NaN) < pivot) i++
      while ((values[j] ?? NaN) > pivot) j--
      if (i > j) break
      const moved = values[i] ?? NaN
      values[i++] = values[j] ?? NaN
      values[j--] = moved
    }
    if (place <= j) high = j
    else if (place >= i) low = i
    else break
  }
  return values[place] ?? NaN
}

/** The quantile of type 7, as numpy has it; NaN without values. Reorders the values, which are no NaN. */
export const quantile = (values: Float64Array, share: number): number => {
  const place = (values.length - 1) * share
  const below = select(values, Math.floor(place))
  const fraction = place % 1
  return fraction === 0 ? below : below + fraction * (select(values, Math.ceil(place)) - below)
}

/** The interval of the mean and the two-sided p-value of a mean of 0, by Student's t; undefined where there is no spread. */
export const student = (values: Float64Array, confidence: number) => {
  const spread = deviation(values)
  if (!(spread > 0)) return undefined
  const degrees = values.length - 1
  const error = spread / Math.sqrt(values.length)
  const center = mean(values)
  const half = Distribution.studentCritical(1 - confidence, degrees) * error
  return { low: center - half, high: center + half, p: Distribution.studentTwoSided(center / error, degrees) }
}

/** Whether two numbers differ by no more than rounding, as the means of the same scores in another order do. */
export const isSame = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b))

/** Numbers that are read one by one; NaN where there is none. */
export interface Reader {
  readonly length: number
  readonly at: (index: number) => number
}

/** The numbers that are there. */
export const known = ({ at, length }: Reader): Float64Array => {
  const values = new Float64Array(length)
  let count = 0
  for (let i = 0; i < length; i++) {
    const value = at(i)
    if (!Number.isNaN(value)) values[count++] = value
  }
  return values.subarray(0, count)
}
