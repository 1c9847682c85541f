/**
 * Why a store of results cannot do its work.
 *
 * @since 0.1.0
 */
import * as NearMatch from "@genops/core/NearMatch"
import * as Schema from "effect/Schema"

/**
 * A text that cannot name a run.
 *
 * @since 0.1.0
 */
export class InvalidRunId extends Schema.TaggedError<InvalidRunId>()("InvalidRunId", { runId: Schema.String }) {
  override get message() {
    return (
      `${JSON.stringify(this.runId.slice(0, 120))} cannot name a run: it names a directory.` +
      "\n  Use 1 to 100 letters, digits, . _ and -, a letter or digit first. Nothing was sent."
    )
  }
}

/**
 * Another process works on the run. Two would pay for the same rows twice.
 *
 * @since 0.1.0
 */
export class RunLocked extends Schema.TaggedError<RunLocked>()("RunLocked", {
  runId: Schema.String,
  holder: Schema.String,
  lock: Schema.String
}) {
  override get message() {
    return (
      `Run ${this.runId} is being worked on by ${this.holder}.\n  Wait for it, or use another run id. Nothing was sent.` +
      (this.lock === "" ? "" : `\n  If that process is surely gone, remove ${this.lock}`)
    )
  }
}

/**
 * The store has no run of this id.
 *
 * @since 0.1.0
 */
export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", {
  runId: Schema.String,
  place: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const near = NearMatch.nearest(this.runId, this.known)
    const hint = near.length > 0 ? ` Did you mean ${near.join(", ")}?` : ""
    return `There is no run ${JSON.stringify(this.runId)} in ${this.place}.${hint}`
  }
}

/**
 * The store cannot be read or written: no room, no permission, or content that is not its own. What was kept before stays.
 *
 * @since 0.1.0
 */
export class ResultStoreError extends Schema.TaggedError<ResultStoreError>()("ResultStoreError", {
  runId: Schema.String,
  operation: Schema.Literals(["open", "append", "read", "finish"]),
  place: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    const advice =
      this.operation === "append"
        ? "Results that were kept before are safe: make room, then run again with the same run id to go on."
        : "Nothing in it was changed."
    return `${this.place} (run ${this.runId}, ${this.operation}): ${this.reason}.\n  ${advice}`
  }
}
