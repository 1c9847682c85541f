/**
 * Tuning jobs that ended without a model.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { printable } from "./internal/printable.ts"
import type * as TuningJob from "./TuningJob.ts"

const advice: Readonly<Record<string, string>> = {
  3: "The training data or a setting is wrong: correct it, then create another job.",
  5: "The training data was not found: check its address and that the service account may read it.",
  7: "The service account may not read the training data: grant it roles/storage.objectViewer on the bucket.",
  8: "A quota or the capacity was used up: create the job again later, or in another region."
}

/**
 * A tuning job that failed, was cancelled, expired, or ended without a model. `code` is the google.rpc.Code of the job's own error.
 * Tokens that it had learned from may be billed.
 *
 * @since 0.1.0
 */
export class TuningFailed extends Schema.TaggedError<TuningFailed>()("TuningFailed", {
  job: Schema.String,
  state: Schema.String,
  code: Schema.optionalKey(Schema.Int),
  description: Schema.String
}) {
  readonly billed = "unknown"

  override get message() {
    const code = this.code === undefined ? "" : ` (code ${this.code})`
    const why = this.description === "" ? "the service gave no reason" : this.description
    const next =
      this.state === "CANCELLED"
        ? "Somebody cancelled it; nothing goes on."
        : (advice[this.code ?? ""] ?? "Look at the job in the console before another one is created.")
    return `[TuningFailed] ${this.job} ended as ${this.state}${code}: ${why}\n  ${next}\n  It may have been billed.`
  }
}

/**
 * Passes a job on, unless it has ended without a tuned model: then fails with `TuningFailed`. A job that runs passes.
 *
 * @since 0.1.0
 */
export const check = (job: TuningJob.TuningJob): Result.Result<TuningJob.TuningJob, TuningFailed> => {
  if (!job.isTerminal || job.tunedModel !== undefined) return Result.succeed(job)
  const { code, message = "" } = job.body.error ?? {}
  return Result.fail(
    new TuningFailed({
      job: job.name,
      state: job.state,
      description: printable(message),
      ...(code === undefined ? {} : { code })
    })
  )
}
