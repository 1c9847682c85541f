/**
 * Answers that a filter stopped.
 *
 * @since 0.1.0
 */
import * as Usage from "@genops/core/Usage"
import * as Schema from "effect/Schema"
import * as GenerateBody from "./GenerateBody.ts"

/**
 * The prompt or the answer was stopped by a filter. The prompt was billed; a retry is billed too, so none is made.
 * `usage` is absent when the service did not say it: a budget then books the worst case.
 *
 * `reason` is Vertex's block or finish reason, such as `SAFETY`, `PROHIBITED_CONTENT` or `RECITATION`.
 *
 * @since 0.1.0
 */
export class ContentBlocked extends Schema.TaggedError<ContentBlocked>()("ContentBlocked", {
  blocked: Schema.Literals(["prompt", "candidate"]),
  reason: Schema.String,
  description: Schema.String,
  model: Schema.String,
  text: Schema.String,
  safetyRatings: Schema.Array(GenerateBody.SafetyRating),
  usage: Schema.optional(Usage.Usage)
}) {
  readonly billed = "yes"

  override get message() {
    const ratings = this.safetyRatings
      .filter((rating) => rating.blocked === true)
      .map((rating) => `${rating.category} ${rating.probability ?? ""}`.trim())
    const why = ratings.length === 0 ? "" : ` (${ratings.join(", ")})`
    return (
      `${this.model} stopped the ${this.blocked === "prompt" ? "prompt" : "answer"}: ${this.reason}${why}. ${this.description}`.trim() +
      `\n  The prompt was billed${this.usage === undefined ? "" : `: ${this.usage.inputTokens} tokens`}. Not retried: a retry is billed too.` +
      "\n  Thresholds are ModelConfiguration.safetySettings."
    )
  }
}
