/**
 * Tuning jobs that were waited for in vain.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The wait was over before the job was: the job goes on, and so does its bill. `state` is the last one seen, "" when none was.
 *
 * @since 0.1.0
 */
export class TuningUnfinished extends Schema.TaggedError<TuningUnfinished>()("TuningUnfinished", {
  job: Schema.String,
  state: Schema.String,
  waited: Schema.String
}) {
  override get message() {
    const state = this.state === "" ? "in no known state" : this.state
    return (
      `[TuningUnfinished] ${this.job} was ${state} after ${this.waited}. It goes on, and is billed.\n` +
      "  Wait for it again with Tuning.wait, or end it with Tuning.cancel. Creating another job would be billed twice."
    )
  }
}
