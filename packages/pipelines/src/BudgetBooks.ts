/**
 * The books of the budgets around a fiber, for what is not a call of a model: jobs that are paid as a whole, and what an earlier
 * process has spent.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as Ledger from "@genops/core/Ledger"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Accounting from "./internal/accounting.ts"
import * as Guard from "./internal/guard.ts"
import * as Region from "./internal/region.ts"

const regions = Effect.map(Effect.service(Guard.Budgets), (budgets) => budgets.flatMap(({ region }) => region ?? []))

/**
 * Books what was spent already, in every budget around the fiber: by an earlier process, or by a step whose result was recorded.
 * Nothing is asked of the limits, because it is paid; later calls find that much less room. `uncertain` is the part of it that was
 * booked at worst case.
 *
 * @since 0.1.0
 */
export const book = (spent: Budget.Amount, uncertain: Budget.Amount = Budget.zero): Effect.Effect<void> =>
  Effect.map(regions, (all) => {
    for (const region of all) {
      const { ledger } = region
      region.ledger = {
        ...ledger,
        spent: Budget.plus(ledger.spent, spent),
        uncertain: Budget.plus(ledger.uncertain, uncertain)
      }
    }
  })

/**
 * What an effect has spent; `uncertain` is the part of it that was booked at worst case. Both are null where it was not measured.
 *
 * @since 0.1.0
 */
export interface Measured<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly spent: Budget.Amount | null
  readonly uncertain: Budget.Amount | null
}

/**
 * What an effect may have spent until now: `spent` is booked, `held` is what its calls in flight cost at worst.
 *
 * @since 0.1.0
 */
export interface Exposure {
  readonly spent: Budget.Amount
  readonly uncertain: Budget.Amount
  readonly held: Budget.Amount
}

/**
 * Runs an effect and tells what it spent of the budgets around it, concurrent work not included. Outside of budgets nothing is measured,
 * because nobody looks at prices there.
 *
 * `onSend` is told before each call of a model is sent, with that call held: what it writes down is true also when the process dies.
 *
 * @since 0.1.0
 */
export const measure: <A, E, R>(
  self: Effect.Effect<A, E, R>,
  options?: { readonly onSend?: (exposure: Exposure) => Effect.Effect<void> }
) => Effect.Effect<Measured<A, E>, never, R> = Effect.fnUntraced(function* <A, E, R>(
  self: Effect.Effect<A, E, R>,
  options: { readonly onSend?: (exposure: Exposure) => Effect.Effect<void> } = {}
) {
  const budgets = yield* Guard.Budgets
  const innermost = budgets.at(-1)
  if (innermost === undefined) {
    return { exit: yield* Effect.exit(self), spent: null, uncertain: null }
  }
  const region: Region.Region = {
    _tag: "Region",
    ledger: Ledger.make(Budget.unlimited("step")),
    accounting: yield* Accounting.Rules,
    onSend: options.onSend,
    onInterrupt: innermost.region?.onInterrupt ?? "drain",
    drainTimeout: innermost.region?.drainTimeout ?? Duration.seconds(10),
    waitTimeout: innermost.region?.waitTimeout ?? Duration.minutes(10),
    line: new Set(),
    draining: new Set(),
    refused: 0,
    unpriced: 0,
    overrun: 0
  }
  const enclosing: Guard.Enclosing = {
    counter: innermost.counter,
    counts: false,
    limitsMoney: false,
    onUnknownPrice: "allow",
    region
  }
  const exit = yield* self.pipe(Effect.provideService(Guard.Budgets, [...budgets, enclosing]), Effect.exit)
  yield* Region.drained(region)
  const { spent, uncertain } = region.ledger
  return { exit, spent, uncertain }
})

/**
 * How a reservation ends: nothing was billed, this was billed, or nobody knows and the worst case is booked.
 *
 * @since 0.1.0
 */
export type Booking =
  | { readonly _tag: "Release" }
  | { readonly _tag: "Actual"; readonly amount: Budget.Amount }
  | { readonly _tag: "Worst" }

/**
 * Something paid as a whole. `explain` says in one sentence how its worst case comes about, for a refusal. With `isPaid` it was
 * ordered by an earlier process: then its worst case is held without asking the limits, as money that is gone cannot be refused.
 *
 * @since 0.1.0
 */
export interface Reservation<A, E> {
  readonly worst: Budget.Amount
  readonly explain: string
  readonly isPaid?: boolean
  readonly settle: (exit: Exit.Exit<A, E>) => Booking
}

/**
 * Holds the worst case in every budget around the fiber while an effect runs, then books what `settle` says of its end.
 *
 * Waits for calls in flight to make room, as a call of a model does. Fails with `BudgetExceeded` when it can never fit; the effect is
 * then not run. Outside of budgets it does nothing.
 *
 * @since 0.1.0
 */
export const reserve = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  { explain, isPaid = false, settle, worst }: Reservation<A, E>
): Effect.Effect<A, E | Budget.BudgetExceeded, R> =>
  Effect.gen(function* () {
    const around = yield* regions
    if (!Arr.isReadonlyArrayNonEmpty(around)) return yield* self
    const hold: Region.Hold = { regions: around, worst, explain: () => explain, ids: undefined }
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        if (isPaid) Region.force(hold)
        else yield* Region.take(hold)
        const exit = yield* Effect.exit(restore(self))
        const booking = settle(exit)
        Region.end(hold, booking._tag === "Worst" ? { _tag: "Worst", amount: worst } : booking)
        return yield* exit
      })
    )
  })

/**
 * Says whether something would fit into the budgets around the fiber now, holding nothing. Fails with `BudgetExceeded` when it cannot.
 *
 * @since 0.1.0
 */
export const check = (worst: Budget.Amount, explain: string): Effect.Effect<void, Budget.BudgetExceeded> =>
  Effect.flatMap(regions, (around) =>
    Effect.forEach(
      around.toReversed(),
      ({ accounting, ledger }) =>
        Effect.fromResult(
          Result.mapError(accounting.admit(ledger, worst), (refusal) => Budget.explain(refusal, explain))
        ),
      { discard: true }
    )
  )
