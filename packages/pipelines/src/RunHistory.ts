/**
 * What a durable run did and when: its steps and waits, read back from the store of the engine.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import * as Schema from "effect/Schema"

/**
 * A step or a wait of a run.
 *
 * **Details**
 *
 * - `kind`: `step` for work, `wait` for a durable sleep or a decision that is waited for.
 * - `startedAt` and `endedAt` are milliseconds since 1970; `endedAt` is null while it goes on.
 * - `attempts` counts how often it was begun as far as is known, 1 or more.
 * - `costUsd` is what its calls and jobs cost, in attempts that failed too; null for waits, and when that is not known (yet).
 * - `error` is what it failed with, in one line.
 *
 * @since 0.1.0
 */
export const Entry = Schema.Struct({
  name: Schema.String,
  kind: Schema.Literals(["step", "wait"]),
  state: Schema.Literals(["running", "done", "failed"]),
  startedAt: Schema.Finite,
  endedAt: Schema.NullOr(Schema.Finite),
  attempts: Schema.Natural,
  costUsd: Schema.NullOr(Money.Money),
  error: Schema.optional(Schema.String)
})

/**
 * A step or a wait of a run.
 *
 * @since 0.1.0
 */
export type Entry = typeof Entry.Type

/**
 * The entries of a run in the order in which they began.
 *
 * @since 0.1.0
 */
export type RunHistory = ReadonlyArray<Entry>
