/**
 * Training data that cannot be learned from: all that is wrong with it, line by line.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as TerminalText from "./TerminalText.ts"

/**
 * One thing that is wrong: the physical line and column (1-based), the path of the value in the example, and why. They are absent where
 * they have no meaning, as for a whole file. No value of the data is quoted.
 *
 * @since 0.1.0
 */
export const Problem = Schema.Struct({
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  field: Schema.optionalKey(Schema.String),
  reason: Schema.String
})

/**
 * One thing that is wrong.
 *
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

const shownProblems = 4
const shownLines = 10
const columns = 98

const counted = (count: number, word: string) => `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`

const describe = ({ column, field, line, reason }: Problem): string => {
  const place = line === undefined ? "" : `${line}${column === undefined ? "" : `:${column}`}  `
  return `${place}${field === undefined ? "" : `${field}: `}${reason}`
}

/**
 * Training data that cannot be learned from. `problems` are the first of `count` problems in the order in which they were found, `examples`
 * the number of lines that are right.
 *
 * @since 0.1.0
 */
export class InvalidTrainingData extends Schema.TaggedError<InvalidTrainingData>()("InvalidTrainingData", {
  source: Schema.String,
  examples: Schema.Int,
  count: Schema.Int,
  problems: Schema.Array(Problem)
}) {
  override get message() {
    const hidden = this.count - Math.min(this.problems.length, shownProblems)
    const lines = this.problems.slice(shownProblems).flatMap(({ line }) => line ?? [])
    const where = lines.length === 0 ? "" : `: lines ${lines.slice(0, shownLines).join(", ")}`
    const rest = lines.length === 0 || hidden <= Math.min(lines.length, shownLines) ? "" : ", …"
    return [
      `${this.source} cannot be learned from: ${counted(this.count, "problem")}, ${counted(this.examples, "good example")}.`,
      ...this.problems.slice(0, shownProblems).map((problem) => `  ${TerminalText.cut(describe(problem), columns)}`),
      ...(hidden === 0 ? [] : [`  ${counted(hidden, "more problem")}${where}${rest}`]),
      "  Nothing was tuned, nothing was billed. Correct the data and check it again."
    ].join("\n")
  }
}
