/**
 * Win rates of candidates that were compared row by row.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"
import * as SignTest from "./SignTest.ts"

/**
 * What a comparison of two answers came to, as Vertex AI's `pairwise_choice`; `ERROR` for a row without a verdict.
 *
 * @since 0.1.0
 */
export type Choice = "CANDIDATE" | "BASELINE" | "TIE" | "ERROR"

/**
 * Shares of all rows: ties and errors stay in the denominator, as in Google's SDK. `winRateTiesHalf` counts a tie as half a win
 * and leaves out errors; absent when every row is an error. `signTestP` is over the decided rows.
 *
 * @since 0.1.0
 */
export interface WinRates {
  readonly rows: number
  readonly wins: number
  readonly losses: number
  readonly ties: number
  readonly errors: number
  readonly candidateWinRate: number
  readonly baselineWinRate: number
  readonly tieRate: number
  readonly winRateTiesHalf: Result.Result<number, Absent>
  readonly signTestP: number
}

/**
 * Counts pairwise verdicts. Absent without rows.
 *
 * @since 0.1.0
 */
export const pairwise = (choices: ReadonlyArray<Choice>): Result.Result<WinRates, Absent> => {
  const rows = choices.length
  if (rows === 0) return absent("win_rate", "TooFewPoints", "there are no rows.")
  const count = (choice: Choice) => choices.filter((other) => other === choice).length
  const wins = count("CANDIDATE")
  const losses = count("BASELINE")
  const ties = count("TIE")
  const judged = wins + losses + ties
  return Result.map(SignTest.pValue(wins, losses), (signTestP) => ({
    rows,
    wins,
    losses,
    ties,
    errors: rows - judged,
    candidateWinRate: wins / rows,
    baselineWinRate: losses / rows,
    tieRate: ties / rows,
    winRateTiesHalf:
      judged === 0
        ? absent("win_rate", "TooFewPoints", "no row has a verdict.")
        : Result.succeed((wins + ties / 2) / judged),
    signTestP
  }))
}

/**
 * Win rates of any number of candidates by their scores: `scores[row][candidate]`, `null` where a candidate has no score. The
 * single highest score of a row wins; several highest tie. Rows without any score are left out; absent when none is left.
 *
 * @since 0.1.0
 */
export const byScores = (
  scores: ReadonlyArray<ReadonlyArray<number | null>>
): Result.Result<{ readonly winRates: ReadonlyArray<number>; readonly tieRate: number }, Absent> => {
  const wins = Array.from({ length: scores.reduce((most, row) => Math.max(most, row.length), 0) }, () => 0)
  let rows = 0
  let ties = 0
  for (const row of scores) {
    const known = row.filter((score) => score !== null)
    if (known.some((score) => !Number.isFinite(score)))
      return absent("win_rates", "NotFinite", "a score is not finite.")
    if (known.length === 0) continue
    rows++
    const best = known.reduce((a, b) => Math.max(a, b))
    const winner = row.indexOf(best)
    if (row.indexOf(best, winner + 1) >= 0) ties++
    else wins[winner] = (wins[winner] ?? 0) + 1
  }
  return rows === 0
    ? absent("win_rates", "TooFewPoints", "no row has a score.")
    : Result.succeed({ winRates: wins.map((count) => count / rows), tieRate: ties / rows })
}
