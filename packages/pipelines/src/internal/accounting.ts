/**
 * What a budget books when a call ends: the rules of every guard in one place, pure.
 */
import type * as Budget from "@genops/core/Budget"
import * as Ledger from "@genops/core/Ledger"
import type * as Usage from "@genops/core/Usage"
import type * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import type * as Result from "effect/Result"

/** What an answer says about its cost; a usage that is missing or makes no sense is undefined. */
export interface Reading {
  readonly usage: Usage.Usage | undefined
  readonly searchQueries: number
}

/** What a finished call costs: nothing, what its usage says, or the worst case because nobody knows. */
export type Outcome =
  | { readonly _tag: "NotBilled" }
  | { readonly _tag: "Used"; readonly usage: Usage.Usage; readonly searchQueries: number }
  | { readonly _tag: "Unknown" }

/** An outcome, priced. */
export type Booking =
  | { readonly _tag: "Release" }
  | { readonly _tag: "Actual"; readonly amount: Budget.Amount }
  | { readonly _tag: "Worst"; readonly amount: Budget.Amount }

/** The rules. Tests replace them by broken ones, which the properties of the guard must reject. */
export interface Accounting {
  readonly admit: (
    ledger: Ledger.Ledger,
    worst: Budget.Amount
  ) => Result.Result<Ledger.Held | Ledger.Wait, Budget.BudgetExceeded>
  readonly outcome: (exit: Exit.Exit<Reading, GenerativeModel.GenerateError>, sent: boolean) => Outcome
  readonly book: (
    ledger: Ledger.Ledger,
    id: Ledger.HoldId,
    booking: Booking
  ) => Result.Result<Ledger.Settled, Ledger.HoldNotOpen>
}

const unknown: Outcome = { _tag: "Unknown" }
const notBilled: Outcome = { _tag: "NotBilled" }

const used = ({ searchQueries, usage }: Reading): Outcome =>
  usage === undefined ? unknown : { _tag: "Used", usage, searchQueries }

const ofReason = (reason: Cause.Reason<GenerativeModel.GenerateError>, sent: boolean): Outcome => {
  if (Cause.isInterruptReason(reason)) return sent ? unknown : notBilled
  if (Cause.isDieReason(reason)) return unknown
  const error = reason.error
  switch (error._tag) {
    case "VertexError":
      return error.billed === "no" ? notBilled : unknown
    case "ContentBlocked":
      return used({ usage: error.usage, searchQueries: 0 })
    case "BudgetExceeded":
    case "PriceUnknown":
      return notBilled
  }
}

/**
 * Tells what a call costs from how it ended. `sent` says whether the request may have been on its way when it was interrupted.
 *
 * A success without usage, a defect and a failure that may be billed are unknown. Of several reasons (a failure and a defect of
 * a finalizer, say) all must agree that nothing was billed.
 */
const outcome: Accounting["outcome"] = (exit, sent) => {
  if (Exit.isSuccess(exit)) return used(exit.value)
  const outcomes = exit.cause.reasons.map((reason) => ofReason(reason, sent))
  const [first] = outcomes
  if (first !== undefined && outcomes.length === 1) return first
  return outcomes.length > 0 && outcomes.every(({ _tag }) => _tag === "NotBilled") ? notBilled : unknown
}

/** The rules that hold: reserve the worst case, and end each hold exactly once. */
export const exact: Accounting = {
  admit: Ledger.admit,
  outcome,
  book: (ledger, id, booking) => {
    switch (booking._tag) {
      case "Actual":
        return Ledger.settle(ledger, id, booking.amount)
      case "Worst":
        return Ledger.settleWorst(ledger, id)
      case "Release":
        return Ledger.release(ledger, id)
    }
  }
}

/** The rules in use. */
export const Rules = Context.Reference<Accounting>("@genops/pipelines/BudgetGuard/Accounting", {
  defaultValue: () => exact
})
