/**
 * How tuning jobs behave: for a whole server, for the jobs created from now on (`POST /_emulator/tuning`), or, by its labels, for one job.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The states that a job goes through before its end.
 *
 * @since 0.1.0
 */
export const states = ["QUEUED", "PENDING", "RUNNING", "PAUSED", "UPDATING"] as const

/**
 * The ends that can be ordered. A job whose data is wrong fails, whatever was ordered.
 *
 * @since 0.1.0
 */
export const ends = ["SUCCEEDED", "FAILED", "EXPIRED", "PARTIALLY_SUCCEEDED"] as const

const Seconds = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

/**
 * The settings; what is left out has its default.
 *
 * - `seconds`: how long a job lasts, default 3
 * - `states`: what it goes through in equal shares of that time, default PENDING and then RUNNING for four fifths. A state that stands several times in a
 *   row lasts as many shares
 * - `end`: what it ends as, default SUCCEEDED
 * - `listLagSeconds`: how long a new job is missing in lists, default 0; `from` and `to` draw a time for each job, always the same ones
 * - `listLagCalls`: in how many lists (first pages) a new job is missing, default 0
 * - `listPageSize`: jobs a page at most, default 1,000
 *
 * @since 0.1.0
 */
export const Settings = Schema.Struct({
  seconds: Schema.optionalKey(Seconds),
  states: Schema.optionalKey(Schema.NonEmptyArray(Schema.Literals(states))),
  end: Schema.optionalKey(Schema.Literals(ends)),
  listLagSeconds: Schema.optionalKey(Schema.Union([Seconds, Schema.Struct({ from: Seconds, to: Seconds })])),
  listLagCalls: Schema.optionalKey(Schema.Natural),
  listPageSize: Schema.optionalKey(Schema.Natural.check(Schema.isGreaterThan(0)))
})

/**
 * How tuning jobs behave.
 *
 * @since 0.1.0
 */
export type Settings = typeof Settings.Type

const secondsOf = (label: string | undefined): number | undefined =>
  label !== undefined && /^\d{1,6}(?:_\d{1,3})?$/.test(label) ? Number(label.replace("_", ".")) : undefined

const named = <const A extends string>(names: ReadonlyArray<A>, text: string): A | undefined =>
  names.find((name) => name === text.toUpperCase().replaceAll("-", "_"))

/**
 * The settings of a job: those of its labels go before the server's. `emulator-seconds` and `emulator-list-lag` are seconds (`10`, `0_5` for half a
 * second), `emulator-end` is an end (`failed`), `emulator-states` are states (`queued-pending-running-paused-running`). Other texts mean nothing.
 *
 * @since 0.1.0
 */
export const ofLabels = (settings: Settings, labels: { readonly [key: string]: string } = {}): Settings => {
  const seconds = secondsOf(labels["emulator-seconds"])
  const listLagSeconds = secondsOf(labels["emulator-list-lag"])
  const end = named(ends, labels["emulator-end"] ?? "")
  const [first, ...others] = (labels["emulator-states"] ?? "").split("-").flatMap((text) => named(states, text) ?? [])
  return {
    ...settings,
    ...(seconds === undefined ? {} : { seconds }),
    ...(listLagSeconds === undefined ? {} : { listLagSeconds }),
    ...(end === undefined ? {} : { end }),
    ...(first === undefined ? {} : { states: [first, ...others] })
  }
}
