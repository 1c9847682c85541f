/**
 * How a comparison stands while it runs: what a terminal shows.
 *
 * @since 0.1.0
 */
import type * as Money from "@genops/core/Money"

/**
 * What a candidate is doing.
 *
 * **Details**
 *
 * - `InFlight`: so many of its cells are at work. A cell whose call waits for a retry or for its turn under a rate is among them where the
 *   model service does not say that it waits.
 * - `Waiting`: nothing of it is sent: there is no room beside the others, or all its calls wait for a rate or a retry.
 * - `WaitingForBudget`: all its calls wait for calls in flight to make room in a budget.
 * - `BackingOff`: the service was too busy for some cells. They are tried again when it has had time to recover. `WaitingForQuota`: the same,
 *   where a quota says until when.
 * - `Failed`: it cannot be used; `tag` is that of the error.
 *
 * @since 0.1.0
 */
export type Activity =
  | { readonly _tag: "InFlight"; readonly calls: number }
  | { readonly _tag: "WaitingForQuota"; readonly untilMs: number }
  | { readonly _tag: "BackingOff"; readonly untilMs: number }
  | { readonly _tag: "WaitingForBudget" }
  | { readonly _tag: "Waiting" }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Failed"; readonly tag: string }

/**
 * A candidate so far: cells of `total` that are `done`, of which `ok` have an answer and `failed` have none. `means` are of the scores so
 * far by metric; `p50Ms` is about the median latency, undefined without answers.
 *
 * @since 0.1.0
 */
export interface CandidateProgress {
  readonly candidate: string
  readonly model: string
  readonly total: number
  readonly done: number
  readonly ok: number
  readonly failed: number
  readonly blocked: number
  readonly means: Readonly<Record<string, number | undefined>>
  readonly p50Ms: number | undefined
  readonly cost: Money.Money
  readonly activity: Activity
}

/**
 * A comparison so far. Money includes what earlier sessions of the run have paid; `resumed` cells were done by them. `heldUsd` is what the
 * calls in flight may cost at worst, `budgetUsd` the limit of the innermost budget in money around the comparison. `retries` are those that
 * are known: of a call that failed in the end by their reasons, of one that was answered in the end as `other`. Times are milliseconds since
 * 1970.
 *
 * @since 0.1.0
 */
export interface ComparisonProgress {
  readonly total: number
  readonly done: number
  readonly resumed: number
  readonly failed: number
  readonly blocked: number
  readonly cost: Money.Money
  readonly judgeCost: Money.Money
  readonly heldUsd: Money.Money | undefined
  readonly budgetUsd: Money.Money | undefined
  readonly tokens: number
  readonly judgeCalls: number
  readonly retries: { readonly quota: number; readonly unavailable: number; readonly other: number }
  readonly candidates: ReadonlyArray<CandidateProgress>
  readonly firstError: { readonly candidate: string; readonly rowId: string; readonly tag: string } | undefined
}
