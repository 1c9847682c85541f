/**
 * What can become of a run besides its result.
 *
 * @since 0.1.0
 */
import * as NearMatch from "@genops/core/NearMatch"
import * as Schema from "effect/Schema"

/**
 * The run failed and waits for somebody: what it has done is kept. `step` is the step that failed, null when the program failed between
 * steps; `tag` and `detail` are the error's.
 *
 * @since 0.1.0
 */
export class RunParked extends Schema.TaggedError<RunParked>()("RunParked", {
  runId: Schema.String,
  workflow: Schema.String,
  step: Schema.NullOr(Schema.String),
  tag: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    const where = this.step === null ? "between its steps" : `in the step ${JSON.stringify(this.step)}`
    return (
      `Run ${this.runId} of ${this.workflow} failed ${where} and is parked.` +
      `\n  [${this.tag}] ${this.detail}` +
      "\n  What it did before is kept. Mend the cause, then run it again with the same run id: it goes on with this step."
    )
  }
}

/**
 * There is a run of this id that was started with other settings. It was not joined: its result is not that of what is asked now.
 *
 * @since 0.1.0
 */
export class RunMismatch extends Schema.TaggedError<RunMismatch>()("RunMismatch", {
  runId: Schema.String,
  workflow: Schema.String,
  fields: Schema.Array(Schema.String)
}) {
  override get message() {
    return (
      `Run ${this.runId} of ${this.workflow} was started with other settings: ${this.fields.join(", ")}.` +
      "\n  Nothing was started. Take another run id, or the settings that it was started with."
    )
  }
}

/**
 * The store has no run of this id.
 *
 * @since 0.1.0
 */
export class RunUnknown extends Schema.TaggedError<RunUnknown>()("RunUnknown", {
  runId: Schema.String,
  workflow: Schema.String,
  place: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const near = NearMatch.nearest(this.runId, this.known)
    const hint = near.length > 0 ? ` Did you mean ${near.join(", ")}?` : ""
    return `${this.place} has no run ${JSON.stringify(this.runId)} of ${this.workflow}.${hint}`
  }
}

/**
 * Somebody cancelled the run.
 *
 * @since 0.1.0
 */
export class RunCancelled extends Schema.TaggedError<RunCancelled>()("RunCancelled", {
  runId: Schema.String,
  workflow: Schema.String
}) {
  override get message() {
    return `Run ${this.runId} of ${this.workflow} was cancelled.\n  It cannot go on. Start a new one with another run id.`
  }
}
