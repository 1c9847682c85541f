/**
 * The failure of a candidates file: where it is wrong, why, and what was probably meant.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * One problem. `line` and `column` (1-based, in UTF-16 code units, as editors count) are absent when it concerns the file as a whole;
 * `setting` is the name of the setting, "" when it is none.
 *
 * @since 0.1.0
 */
export const Problem = Schema.Struct({
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  setting: Schema.String,
  reason: Schema.String
})

/**
 * One problem.
 *
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

const shown = 5

/**
 * A candidates file that cannot be used. Lists its problems from the top; no text of prompts is quoted.
 *
 * @since 0.1.0
 */
export class InvalidCandidates extends Schema.TaggedError<InvalidCandidates>()("InvalidCandidates", {
  source: Schema.String,
  problems: Schema.Array(Problem)
}) {
  override get message() {
    const lines = this.problems.slice(0, shown).map(({ column, line, reason, setting }) => {
      const place = [this.source, line, column].filter((part) => part !== undefined).join(":")
      return `${place} ${setting === "" ? "" : `${setting}: `}${reason}`
    })
    const more = this.problems.length - lines.length
    return [
      lines.join("\n  "),
      ...(more > 0 ? [`  ${more} more ${more === 1 ? "problem" : "problems"}.`] : []),
      "  Nothing was sent."
    ].join("\n")
  }
}
