/**
 * The state of a budget in use: reserve the worst case, send, settle. Immutable, pure and exact.
 *
 * A call is admitted by holding its worst case; the hold ends exactly once, by `settle` (the actual amount is known),
 * `settleWorst` (it may have been billed, nobody knows how much), or `release` (provably not billed). While no call costs
 * more than its worst case, `spent + held` never passes a limit, whatever the interleaving.
 *
 * Each operation returns a new ledger and takes time logarithmic in the number of open holds.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import { nominal } from "effect/Brand"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Budget from "./Budget.ts"

/**
 * Names a hold within its ledger. Ids are never used twice.
 *
 * @since 0.1.0
 */
export type HoldId = number & Brand.Brand<"HoldId">

const holdId = nominal<HoldId>()

/**
 * What a budget has spent and holds.
 *
 * **Details**
 *
 * - `spent`: booked for ever, except that `reconcile` corrects an uncertain entry.
 * - `held`: the sum of `holds`, the worst cases of calls in flight.
 * - `uncertain`: the part of `spent` that was booked at worst case; the sum of `doubts`.
 *
 * @since 0.1.0
 */
export interface Ledger {
  readonly limits: Budget.Limits
  readonly spent: Budget.Amount
  readonly held: Budget.Amount
  readonly uncertain: Budget.Amount
  readonly holds: HashMap.HashMap<HoldId, Budget.Amount>
  readonly doubts: HashMap.HashMap<HoldId, Budget.Amount>
  readonly nextId: number
}

/**
 * Opens a ledger, empty or with what an earlier run has spent.
 *
 * @since 0.1.0
 */
export const make = (limits: Budget.Limits, spent: Budget.Amount = Budget.zero): Ledger => ({
  limits,
  spent,
  held: Budget.zero,
  uncertain: Budget.zero,
  holds: HashMap.empty(),
  doubts: HashMap.empty(),
  nextId: 0
})

/**
 * The call may be sent; its worst case is held.
 *
 * @since 0.1.0
 */
export interface Held {
  readonly _tag: "Held"
  readonly id: HoldId
  readonly ledger: Ledger
}

/**
 * The call fits into the budget, but not beside the calls in flight: ask again when one of them has ended.
 *
 * @since 0.1.0
 */
export interface Wait {
  readonly _tag: "Wait"
  readonly budget: string
  readonly unit: Budget.Unit
}

/**
 * Asks to send a call that costs at most `worst`.
 *
 * Fails with `BudgetExceeded` when `spent + worst` is above a limit (it can never fit), waits when only
 * `spent + held + worst` is, and holds `worst` otherwise. Nothing is spent by this. A call that costs nothing is always
 * admitted while nothing is overspent.
 *
 * @since 0.1.0
 */
export const admit = (self: Ledger, worst: Budget.Amount): Result.Result<Held | Wait, Budget.BudgetExceeded> =>
  Result.map(Budget.check(self.limits, worst, self.spent, self.held), () => {
    const held = Budget.plus(self.held, worst)
    const crowded = Budget.units.find((unit) => {
      const limit = self.limits.max[unit]
      // A unit that the call does not use cannot make it wait.
      return limit !== undefined && worst[unit] > 0n && self.spent[unit] + held[unit] > limit
    })
    if (crowded !== undefined) return { _tag: "Wait", budget: self.limits.name, unit: crowded }
    const id = holdId(self.nextId)
    const ledger = { ...self, held, holds: HashMap.set(self.holds, id, worst), nextId: self.nextId + 1 }
    return { _tag: "Held", id, ledger }
  })

/**
 * A hold was ended twice, or never existed: a bug in the caller. The ledger is unchanged.
 *
 * @since 0.1.0
 */
export class HoldNotOpen extends Schema.TaggedError<HoldNotOpen>()("HoldNotOpen", {
  budget: Schema.String,
  id: Schema.Number,
  operation: Schema.Literals(["settle", "settleWorst", "release", "reconcile"])
}) {
  override get message() {
    const what = this.operation === "reconcile" ? "no open uncertain entry" : "no open hold"
    return `${this.operation}: budget "${this.budget}" has ${what} ${this.id}; each ends exactly once. Nothing was booked.`
  }
}

/**
 * A ledger after a call has ended. `overrun` is what the actual amount has above the worst case that was held for it: it
 * is booked all the same, because it was billed, and it means that the estimate was wrong.
 *
 * @since 0.1.0
 */
export interface Settled {
  readonly ledger: Ledger
  readonly overrun: Option.Option<Budget.Amount>
}

const take = (
  self: Ledger,
  from: "holds" | "doubts",
  id: HoldId,
  operation: HoldNotOpen["operation"]
): Result.Result<Budget.Amount, HoldNotOpen> =>
  Result.fromOption(HashMap.get(self[from], id), () => new HoldNotOpen({ budget: self.limits.name, id, operation }))

const overrun = (actual: Budget.Amount, worst: Budget.Amount): Option.Option<Budget.Amount> =>
  Option.filter(Option.some(Budget.minusOrZero(actual, worst)), (above) => !Budget.isZero(above))

const withoutHold = (self: Ledger, id: HoldId, worst: Budget.Amount): Ledger => ({
  ...self,
  held: Budget.minusOrZero(self.held, worst),
  holds: HashMap.remove(self.holds, id)
})

const withDoubt = (self: Ledger, id: HoldId, worst: Budget.Amount): Ledger => ({
  ...self,
  spent: Budget.plus(self.spent, worst),
  uncertain: Budget.plus(self.uncertain, worst),
  doubts: HashMap.set(self.doubts, id, worst)
})

/**
 * Ends a hold by booking what the call used. Fails with `HoldNotOpen`.
 *
 * @since 0.1.0
 */
export const settle = (self: Ledger, id: HoldId, actual: Budget.Amount): Result.Result<Settled, HoldNotOpen> =>
  Result.map(take(self, "holds", id, "settle"), (worst) => ({
    ledger: { ...withoutHold(self, id, worst), spent: Budget.plus(self.spent, actual) },
    overrun: overrun(actual, worst)
  }))

/**
 * Ends a hold by booking its worst case, because the call may have been billed. The entry stays open under the same id
 * for `reconcile`. Fails with `HoldNotOpen`.
 *
 * @since 0.1.0
 */
export const settleWorst = (self: Ledger, id: HoldId): Result.Result<Settled, HoldNotOpen> =>
  Result.map(take(self, "holds", id, "settleWorst"), (worst) => ({
    ledger: withDoubt(withoutHold(self, id, worst), id, worst),
    overrun: Option.none()
  }))

/**
 * Ends a hold without booking anything, because the call was provably not billed. Fails with `HoldNotOpen`.
 *
 * @since 0.1.0
 */
export const release = (self: Ledger, id: HoldId): Result.Result<Settled, HoldNotOpen> =>
  Result.map(take(self, "holds", id, "release"), (worst) => ({
    ledger: withoutHold(self, id, worst),
    overrun: Option.none()
  }))

/**
 * Books the worst case of a call that was in flight when an earlier process ended, as an entry open for `reconcile`. Such
 * a call was sent already, so nothing is asked of the limits.
 *
 * @since 0.1.0
 */
export const recover = (self: Ledger, worst: Budget.Amount): { readonly id: HoldId; readonly ledger: Ledger } => {
  const id = holdId(self.nextId)
  return { id, ledger: { ...withDoubt(self, id, worst), nextId: self.nextId + 1 } }
}

/**
 * Replaces the worst case that `settleWorst` booked by what was billed after all. The only operation by which `spent`
 * can fall. Fails with `HoldNotOpen`.
 *
 * @since 0.1.0
 */
export const reconcile = (self: Ledger, id: HoldId, actual: Budget.Amount): Result.Result<Settled, HoldNotOpen> =>
  Result.map(take(self, "doubts", id, "reconcile"), (worst) => ({
    ledger: {
      ...self,
      spent: Budget.plus(Budget.minusOrZero(self.spent, worst), actual),
      uncertain: Budget.minusOrZero(self.uncertain, worst),
      doubts: HashMap.remove(self.doubts, id)
    },
    overrun: overrun(actual, worst)
  }))

/**
 * The call is held in every budget of a chain; `holds` are in the order of the ledgers that were asked.
 *
 * @since 0.1.0
 */
export interface AllHeld {
  readonly _tag: "AllHeld"
  readonly holds: ReadonlyArray<Held>
}

/**
 * Asks every budget of a chain, given from the outermost (run) to the innermost (step): all of them hold the call, or
 * none does. A refusal and a wait name the innermost budget that refuses; one refusal outweighs any wait.
 *
 * @since 0.1.0
 */
export const admitAll = (
  ledgers: ReadonlyArray<Ledger>,
  worst: Budget.Amount
): Result.Result<AllHeld | Wait, Budget.BudgetExceeded> =>
  Result.map(Result.all(ledgers.toReversed().map((ledger) => admit(ledger, worst))), (answers) => {
    const wait = answers.find((answer) => answer._tag === "Wait")
    return wait ?? { _tag: "AllHeld", holds: answers.filter((answer) => answer._tag === "Held").toReversed() }
  })

/**
 * Ends the holds of one call in every budget of a chain, all or none. Each pair is the current ledger of a budget and the
 * id that `admitAll` gave for it.
 *
 * ```ts
 * import { Budget, Ledger } from "@genops/core"
 *
 * type Holds = ReadonlyArray<readonly [Ledger.Ledger, Ledger.HoldId]>
 *
 * const settle = (holds: Holds, actual: Budget.Amount) => Ledger.endAll(holds, (ledger, id) => Ledger.settle(ledger, id, actual))
 * ```
 *
 * @since 0.1.0
 */
export const endAll = (
  holds: ReadonlyArray<readonly [ledger: Ledger, id: HoldId]>,
  end: (ledger: Ledger, id: HoldId) => Result.Result<Settled, HoldNotOpen>
): Result.Result<ReadonlyArray<Settled>, HoldNotOpen> => Result.all(holds.map(([ledger, id]) => end(ledger, id)))
