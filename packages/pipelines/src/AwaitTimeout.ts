/**
 * The end of a wait in vain.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * What was waited for did not come in time. `last` is what the last look found; `looks` counts the looks that were due: a process that
 * was down meanwhile has made fewer.
 *
 * @since 0.1.0
 */
export class AwaitTimeout extends Schema.TaggedError<AwaitTimeout>()("AwaitTimeout", {
  step: Schema.String,
  uri: Schema.String,
  waited: Schema.Duration,
  looks: Schema.Int,
  last: Schema.String
}) {
  override get message() {
    return (
      `${this.uri} was waited for in vain for ${Duration.format(this.waited)} (step "${this.step}").` +
      `\n  The last of ${this.looks} ${this.looks === 1 ? "look" : "looks"}: ${this.last}.` +
      "\n  Nothing was paid. To wait longer: upTo; to go on without it: softFail."
    )
  }
}
