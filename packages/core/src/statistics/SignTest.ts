/**
 * The sign test: is one candidate better on more rows than the other, beyond chance?
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"
import * as Distribution from "./Distribution.ts"
import * as Points from "./Points.ts"

/**
 * The exact two-sided p-value of `wins` against `losses` under even odds. Ties are left out by the caller and reported beside.
 * Without any decided row nothing speaks against chance: 1. Absent for numbers that are no counts.
 *
 * @since 0.1.0
 */
export const pValue = (wins: number, losses: number): Result.Result<number, Absent> => {
  if (!Points.isCount(wins) || !Points.isCount(losses)) {
    return absent("sign_test", "InvalidInput", `${wins} wins and ${losses} losses are no counts.`)
  }
  return Result.succeed(Math.min(1, 2 * Distribution.fairBinomialCdf(Math.min(wins, losses), wins + losses)))
}
