/**
 * The reason why a metric or a statistic has no value.
 *
 * A number that cannot be computed is never 0 or NaN here: functions return `Result<number, Absent>`, so that a report can show
 * an empty cell with its reason, and a mean counts only what was measured.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * What kind of input is missing or unfit.
 *
 * @since 0.1.0
 */
export const Reason = Schema.Literals([
  "MissingReference",
  "InvalidReference",
  "InvalidPrediction",
  "InvalidInput",
  "TooFewPoints",
  "NotFinite",
  "Undefined"
])

/**
 * What kind of input is missing or unfit.
 *
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * A value that does not exist for this input. `measure` names what was asked for, `detail` says what the input lacked.
 *
 * @since 0.1.0
 */
export class Absent extends Schema.TaggedError<Absent>()("Absent", {
  measure: Schema.String,
  reason: Reason,
  detail: Schema.String
}) {
  override get message() {
    return `${this.measure} has no value: ${this.detail}`
  }
}

/**
 * A failed `Result` that carries an `Absent`.
 *
 * @since 0.1.0
 */
export const absent = (measure: string, reason: Reason, detail: string): Result.Result<never, Absent> =>
  Result.fail(new Absent({ measure, reason, detail }))
