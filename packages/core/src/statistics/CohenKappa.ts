/**
 * Cohen's kappa: agreement of two judges beyond chance.
 *
 * Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"

/**
 * Kappa, at most 1 and 0 at chance level, and the observed share of equal labels.
 *
 * @since 0.1.0
 */
export interface CohenKappaResult {
  readonly kappa: number
  readonly observed: number
}

/**
 * Compares the labels that two judges gave to the same items. Labels are compared with `===`. Absent without items, and when both
 * judges used one and the same label only: then agreement by chance is certain.
 *
 * @since 0.1.0
 */
export const kappa = <L extends string | number | boolean>(
  a: ReadonlyArray<L>,
  b: ReadonlyArray<L>
): Result.Result<CohenKappaResult, Absent> => {
  const n = a.length
  if (n !== b.length) return absent("cohen_kappa", "InvalidInput", `${n} labels against ${b.length}.`)
  if (n === 0) return absent("cohen_kappa", "TooFewPoints", "there are no labels.")
  const counts = new Map<L, { a: number; b: number }>()
  const of = (label: L) => {
    const found = counts.get(label) ?? { a: 0, b: 0 }
    counts.set(label, found)
    return found
  }
  for (const label of a) of(label).a++
  for (const label of b) of(label).b++
  let chance = 0
  for (const count of counts.values()) chance += (count.a / n) * (count.b / n)
  const observed = a.filter((label, i) => label === b[i]).length / n
  return counts.size === 1
    ? absent("cohen_kappa", "Undefined", "both judges gave a single label to all items.")
    : Result.succeed({ kappa: (observed - chance) / (1 - chance), observed })
}
