/** Makes one verdict of several samples. Every list has at least one value. */
import type * as Score from "../Score.ts"

export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const median = (values: ReadonlyArray<number>): number => {
  const middle = values.length / 2
  const sorted = values.toSorted((a, b) => a - b)
  return mean(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1))
}

const countOf = <V>(values: ReadonlyArray<V>, value: V) => values.filter((other) => other === value).length

/** The share of the values that equal the most frequent one. */
export const agreement = <V>(values: ReadonlyArray<V>): number =>
  Math.max(...values.map((value) => countOf(values, value))) / values.length

/** What more samples chose than anything else; a draw is a tie. */
export const majority = (choices: ReadonlyArray<Score.PairwiseChoice>): Score.PairwiseChoice => {
  const wins = (choice: Score.PairwiseChoice, ...others: ReadonlyArray<Score.PairwiseChoice>) =>
    others.every((other) => countOf(choices, choice) > countOf(choices, other))
  if (wins("CANDIDATE", "BASELINE", "TIE")) return "CANDIDATE"
  return wins("BASELINE", "CANDIDATE", "TIE") ? "BASELINE" : "TIE"
}
