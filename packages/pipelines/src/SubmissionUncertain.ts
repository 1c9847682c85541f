/**
 * Paid jobs of which nobody knows whether they exist.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A job that carries the label of a step. `isOurs` says whether it was made by the request of the step.
 *
 * @since 0.1.0
 */
export const Candidate = Schema.Struct({
  name: Schema.String,
  state: Schema.String,
  createTime: Schema.optional(Schema.String),
  isOurs: Schema.Boolean
})

/**
 * A job that carries the label of a step.
 *
 * @since 0.1.0
 */
export type Candidate = typeof Candidate.Type

/**
 * A paid job was ordered, or may have been, and it is not certain which job is it, if any. No other one was created.
 *
 * **Details**
 *
 * - `reason`: `Lost`, the answer was lost and after `waited` no job was visible; `Several`, more than one job was made by the request;
 *   `Foreign`, a job has the label that was made by another request.
 * - `candidates` are the jobs with the label `label` = `key`.
 *
 * A person decides: the run goes on with the option `assumeSubmitted` or `resubmit`.
 *
 * @since 0.1.0
 */
export class SubmissionUncertain extends Schema.TaggedError<SubmissionUncertain>()("SubmissionUncertain", {
  step: Schema.String,
  reason: Schema.Literals(["Lost", "Several", "Foreign"]),
  label: Schema.String,
  key: Schema.String,
  location: Schema.String,
  waited: Schema.String,
  detail: Schema.String,
  candidates: Schema.Array(Candidate)
}) {
  readonly billed = "unknown"

  override get message() {
    const labelled = `labelled ${this.label}=${this.key}`
    const what = {
      Lost: `${this.detail}, and after ${this.waited} no job\n  ${labelled} was visible in ${this.location}`,
      Several: `${this.candidates.length} jobs\n  ${labelled} exist in ${this.location}`,
      Foreign: `another request made the job\n  ${labelled} in ${this.location}`
    }[this.reason]
    const shown = this.candidates.slice(0, 2).map(({ name, state }) => `  ${name} ${state}`)
    const hidden = this.candidates.length - shown.length
    const resubmit = this.reason === "Several" ? "" : ", or resubmit: true"
    return [
      `[SubmissionUncertain] ${this.step}: ${what}.`,
      ...shown,
      ...(hidden > 0 ? [`  and ${hidden} more`] : []),
      "  No other job was created. What was may have been billed.",
      `  Look: Tuning.findByLabel("${this.label}", "${this.key}")`,
      `  Then resume with assumeSubmitted: the job's name${resubmit}.`
    ].join("\n")
  }
}
