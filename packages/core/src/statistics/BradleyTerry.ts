/**
 * The Bradley-Terry model: strengths of candidates from who beat whom.
 *
 * Source: R. A. Bradley and M. E. Terry, "Rank analysis of incomplete block designs: I", Biometrika 39, 1952. The probability
 * that i beats j is `1 / (1 + exp(θ_j - θ_i))`; a tie counts as half a win for each.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "../metric/Absent.ts"

/**
 * Log-strengths θ with mean 0, and the same as Elo ratings: `1500 + 400 θ / ln 10`.
 *
 * @since 0.1.0
 */
export interface BradleyTerryResult {
  readonly logStrengths: ReadonlyArray<number>
  readonly elo: ReadonlyArray<number>
}

const MEASURE = "bradley_terry"
const MAX_STEPS = 200

type Matrix = ReadonlyArray<ReadonlyArray<number>>

const at = (matrix: Matrix, i: number, j: number) => matrix[i]?.[j] ?? 0

/** Can every candidate be reached from the first, following wins? */
const reachesAll = (n: number, beats: (i: number, j: number) => boolean): boolean => {
  const reached = new Set([0])
  for (const i of reached) for (let j = 0; j < n; j++) if (beats(i, j)) reached.add(j)
  return reached.size === n
}

/** Solves a symmetric positive definite system by Gaussian elimination; changes its arguments. */
const solve = (rows: Array<Array<number>>, right: Array<number>): ReadonlyArray<number> => {
  const n = right.length
  const value = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = value(i, k) / value(k, k)
      rows[i] = (rows[i] ?? []).map((entry, j) => entry - factor * value(k, j))
      right[i] = (right[i] ?? 0) - factor * (right[k] ?? 0)
    }
  }
  const result = Array.from({ length: n }, () => 0)
  for (let i = n - 1; i >= 0; i--) {
    let rest = right[i] ?? 0
    for (let j = i + 1; j < n; j++) rest -= value(i, j) * (result[j] ?? 0)
    result[i] = rest / value(i, i)
  }
  return result
}

/**
 * The strengths of greatest likelihood, by Newton's method. `wins[i][j]` says how often i beat j, `ties[i][j]` (symmetric,
 * optional) how often they tied; the diagonals are ignored. Counts may be fractions.
 *
 * Strengths exist only if no group of candidates beat all others without losing: there must be a chain of wins or ties from
 * each candidate to each other. Otherwise, and for fewer than two candidates, they are absent.
 *
 * @since 0.1.0
 */
export const strengths = (wins: Matrix, ties: Matrix = []): Result.Result<BradleyTerryResult, Absent> => {
  const n = wins.length
  const indices = Array.from({ length: n }, (_, i) => i)
  const square = (matrix: Matrix) => matrix.length === n && matrix.every((row) => row.length === n)
  const isCount = (count: number) => Number.isFinite(count) && count >= 0
  if (!square(wins) || (ties.length > 0 && !square(ties)) || ![...wins, ...ties].flat().every(isCount)) {
    return absent(MEASURE, "InvalidInput", "wins and ties must be square tables of finite counts from 0 up.")
  }
  if (n < 2) return absent(MEASURE, "TooFewPoints", `it needs at least 2 candidates and got ${n}.`)
  const won = (i: number, j: number) => (i === j ? 0 : at(wins, i, j) + at(ties, i, j) / 2)
  if (!reachesAll(n, (i, j) => won(i, j) > 0) || !reachesAll(n, (i, j) => won(j, i) > 0)) {
    return absent(MEASURE, "Undefined", "some candidates are not linked by a chain of wins in both directions.")
  }
  const probability = (theta: ReadonlyArray<number>, i: number, j: number) =>
    1 / (1 + Math.exp((theta[j] ?? 0) - (theta[i] ?? 0)))
  const logLikelihood = (theta: ReadonlyArray<number>) => {
    let sum = 0
    for (const i of indices)
      for (const j of indices) {
        if (won(i, j) > 0) sum -= won(i, j) * Math.log1p(Math.exp((theta[j] ?? 0) - (theta[i] ?? 0)))
      }
    return sum
  }
  let theta: ReadonlyArray<number> = indices.map(() => 0)
  let likelihood = logLikelihood(theta)
  for (let step = 0; step < MAX_STEPS; step++) {
    const current = theta
    const games = (i: number, j: number) => won(i, j) + won(j, i)
    const gradient = indices.map((i) =>
      indices.reduce((sum, j) => sum + won(i, j) - games(i, j) * probability(current, i, j), 0)
    )
    const weight = (i: number, j: number) => games(i, j) * probability(current, i, j) * probability(current, j, i)
    // The likelihood does not change when all strengths move together; adding 1 everywhere fixes their mean.
    const curvature = indices.map((i) =>
      indices.map((j) => 1 + (i === j ? indices.reduce((sum, k) => sum + weight(i, k), 0) : -weight(i, j)))
    )
    const direction = solve(curvature, gradient)
    let scale = 1
    let next = current.map((value, i) => value + (direction[i] ?? 0))
    // Rounding may make a step near the top seem to lead down.
    while (logLikelihood(next) < likelihood - 1e-9 * Math.abs(likelihood) && scale > 1e-12) {
      scale /= 2
      next = current.map((value, i) => value + scale * (direction[i] ?? 0))
    }
    theta = next
    likelihood = logLikelihood(next)
    if (Math.max(...direction.map(Math.abs)) < 1e-12) break
  }
  const center = theta.reduce((sum, value) => sum + value, 0) / n
  const logStrengths = theta.map((value) => value - center)
  return Result.succeed({ logStrengths, elo: logStrengths.map((value) => 1500 + (400 * value) / Math.LN10) })
}
