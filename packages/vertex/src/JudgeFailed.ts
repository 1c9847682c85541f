/**
 * Judges that gave no score.
 *
 * @since 0.1.0
 */
import * as Usage from "@genops/core/Usage"
import * as Schema from "effect/Schema"

/**
 * Why an answer of a judge is no score.
 *
 * - `blocked`: a filter stopped the prompt or the answer
 * - `refused`: the judge wrote nothing
 * - `unparsable`: it wrote something else than was asked for, such as prose
 * - `outOfRange`: its rating is not on the metric's scale, or not a finite number
 *
 * @since 0.1.0
 */
export const Reason = Schema.Literals(["blocked", "refused", "unparsable", "outOfRange"])

/**
 * Why an answer of a judge is no score.
 *
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * A judge was asked and gave no score: the row is recorded as not scored, never as 0. The calls were billed.
 *
 * `text` is what the judge wrote, for people; it is not in the message, because it may quote the answer that it judged.
 *
 * @since 0.1.0
 */
export class JudgeFailed extends Schema.TaggedError<JudgeFailed>()("JudgeFailed", {
  metric: Schema.String,
  row: Schema.String,
  judge: Schema.String,
  reason: Reason,
  description: Schema.String,
  text: Schema.String,
  /** Samples asked, and those of them that gave no value. */
  asked: Schema.Natural,
  failed: Schema.Natural,
  usage: Schema.optional(Usage.Usage)
}) {
  readonly billed = "yes"

  override get message() {
    const row = this.row === "" ? "" : ` of row ${this.row}`
    const what = {
      blocked: "was stopped by a filter",
      refused: "wrote nothing",
      unparsable: "did not write a rating",
      outOfRange: "gave a rating that is not on the scale"
    }[this.reason]
    const tokens = this.usage === undefined ? "" : `: ${this.usage.inputTokens + this.usage.outputTokens} tokens`
    return (
      `${this.metric}${row} has no score: the judge ${this.judge} ${what}. ${this.description}`.trim() +
      `\n  ${this.failed} of ${this.asked} samples failed. The judge was billed${tokens}.` +
      "\n  The row counts as not scored, not as a bad score. What the judge wrote is in `text`."
    )
  }
}
