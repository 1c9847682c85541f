/**
 * What a report says of a run beside its summary: when, how much, what went wrong, and where everything is.
 *
 * @since 0.1.0
 */
import type * as Money from "@genops/core/Money"
import type * as GateReport from "./GateReport.ts"

/**
 * A cell without an answer or without a score. `file` and `line` say where the row stands, when that is known.
 *
 * @since 0.1.0
 */
export interface Failure {
  readonly candidate: string
  readonly rowId: string
  readonly tag: string
  readonly message: string
  readonly place?: { readonly file: string; readonly line: number } | undefined
}

/**
 * Something that was written; `bytes` is its size when that is of interest.
 *
 * @since 0.1.0
 */
export interface Artifact {
  readonly label: string
  readonly path: string
  readonly bytes?: number | undefined
}

/**
 * What a report says of a run.
 *
 * **Details**
 *
 * - `spent` is everything that the run has cost, earlier sessions too; of it `retries` for calls that were asked again, and `uncertain`
 *   booked at worst case because nobody knows. What is undefined is not known and not shown.
 * - `stopped`: the run ended before its end, and why, in a few words.
 * - `failures`: some cells that have none, the first ones; how many there are says the summary.
 * - `resume`: the command that goes on with the run, as it is to be typed.
 *
 * @since 0.1.0
 */
export interface RunFacts {
  readonly name: string
  readonly elapsedMs: number | undefined
  readonly spent: Money.Money
  readonly budget: Money.Money | undefined
  readonly retries: Money.Money | undefined
  readonly uncertain: Money.Money | undefined
  readonly stopped: string | undefined
  readonly gates: ReadonlyArray<GateReport.GateReport>
  readonly failures: ReadonlyArray<Failure>
  readonly artifacts: ReadonlyArray<Artifact>
  readonly resume: string | undefined
}
