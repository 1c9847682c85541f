/** Adds up a reading of training data: what is right, how large it is, and all that is wrong. */
import type * as Dataset from "@genops/core/Dataset"
import type { DatasetError } from "@genops/core/DatasetError"
import * as TrainingExample from "@genops/core/TrainingExample"
import type { Limits, Report } from "../TrainingData.ts"
import { InvalidTrainingData, type Problem } from "../TrainingDataError.ts"
import * as sample from "./trainingSample.ts"

export interface Settings {
  readonly limits: Limits
  /** How many problems are kept; the rest is counted. */
  readonly problems: number
  /** How many examples are kept to be counted. */
  readonly sample: number
}

const grouped = (count: number) => count.toLocaleString("en-US")

export const make = ({ limits, problems: kept, sample: size }: Settings) => {
  const totals = { examples: 0, withFiles: 0, characters: 0, likely: 0, worst: 0, longest: { tokens: 0, line: 0 } }
  const chosen = sample.make<{ readonly example: TrainingExample.TrainingExample; readonly estimated: number }>(size)
  const problems: Array<Problem> = []
  let count = 0

  const problem = (found: Problem) => {
    if (++count <= kept) problems.push(found)
  }

  return {
    totals,
    chosen: chosen.chosen,
    isRight: () => count === 0,
    /** Takes a right line; `counted` are its tokens by the service, when they were asked for. */
    example: ({ line, value }: Dataset.Row<TrainingExample.TrainingExample>, counted?: number) => {
      const { characters, most, tokens: estimated } = TrainingExample.size(value)
      const tokens = counted ?? estimated
      const learned = TrainingExample.conversations(value).length
      const longest = limits.exampleTokens * learned
      totals.examples++
      if (most === undefined) totals.withFiles++
      totals.characters += characters
      totals.likely += tokens
      totals.worst += counted ?? Math.min(most ?? longest, longest)
      if (tokens > totals.longest.tokens) totals.longest = { tokens, line }
      if (tokens > longest) {
        const about = counted === undefined ? "about " : ""
        const reason = `it has ${about}${grouped(tokens)} tokens; beyond ${grouped(longest)} nothing is learned`
        problem({ line, reason })
      }
      chosen.take({ example: value, estimated })
    },
    invalid: ({ column, field, line, reason }: DatasetError) =>
      problem({
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
        ...(field === undefined ? {} : { field }),
        reason
      }),
    /**
     * The tokens of an epoch: of all examples when all were counted, or else, with the counts of the sample, as many times the estimate as the
     * sample has.
     */
    tokens: (isCounted: boolean, sampled: ReadonlyArray<number>): Omit<Report["tokens"], "longest"> => {
      const { examples, likely, worst } = totals
      if (isCounted) return { basis: "counted", asked: examples, likely, worst }
      if (sampled.length === 0) return { basis: "estimated", asked: 0, likely, worst }
      const counted = sampled.reduce((sum, tokens) => sum + tokens, 0)
      if (sampled.length === examples) return { basis: "counted", asked: examples, likely: counted, worst: counted }
      const estimated = chosen.chosen.reduce((sum, { estimated }) => sum + estimated, 0)
      const extrapolated = Math.min(worst, Math.round((likely * counted) / estimated))
      return { basis: "sampled", asked: sampled.length, likely: extrapolated, worst }
    },
    /** Ends the reading: undefined when all is right. */
    verdict: (source: string): InvalidTrainingData | undefined => {
      const { examples, withFiles } = totals
      if (examples < limits.fewest) {
        problem({ reason: `there are ${grouped(examples)} examples, at least ${grouped(limits.fewest)} are needed` })
      }
      if (withFiles > limits.mostWithFiles) {
        problem({
          reason: `${grouped(withFiles)} examples refer to files, at most ${grouped(limits.mostWithFiles)} may`
        })
      }
      return count === 0 ? undefined : new InvalidTrainingData({ source, examples, count, problems })
    }
  }
}
