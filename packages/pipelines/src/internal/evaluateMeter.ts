/** What budgets book for the cells of a run, so that a budget holds for the run and not only for one session of it. */
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import * as BudgetBooks from "../BudgetBooks.ts"
import type * as Cell from "../Cell.ts"
import * as Guard from "./guard.ts"
import type * as Region from "./region.ts"

/** What is paid for: answers, or judges. */
export type Part = "generation" | "judge"

/** An amount, and how much of it is not certain. */
export interface Booked {
  readonly spent: Budget.Amount
  readonly uncertain: Budget.Amount
}

export const nothing: Booked = { spent: Budget.zero, uncertain: Budget.zero }

export const isNothing = ({ spent }: Booked): boolean => Budget.isZero(spent)

export const plus = (self: Booked, that: Booked): Booked => ({
  spent: Budget.plus(self.spent, that.spent),
  uncertain: Budget.plus(self.uncertain, that.uncertain)
})

/** As it is kept in a cell; undefined for nothing. */
export const toCell = ({ spent, uncertain }: Booked): Cell.Booked | undefined =>
  Budget.isZero(spent) ? undefined : { spent, ...(Budget.isZero(uncertain) ? {} : { uncertain }) }

/** What a kept cell has cost. A session outside of budgets knew the money only. */
export const ofCell = ({ spent }: Cell.Cell, part: Part): Booked => {
  const booked = spent.booked?.[part]
  if (booked !== undefined) return { spent: booked.spent, uncertain: booked.uncertain ?? Budget.zero }
  return spent[part] === Money.zero ? nothing : { spent: Budget.amount({ usd: spent[part] }), uncertain: Budget.zero }
}

/** Runs a call, and tells what the budgets around it have booked: also when it was cut off, because it may have been paid. */
export const measured = <A, E, R>(
  call: Effect.Effect<A, E, R>,
  note: (booked: Booked) => void
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Guard.Budgets, (budgets) =>
    budgets.length === 0
      ? call
      : Effect.uninterruptible(
          Effect.flatMap(BudgetBooks.measure(Effect.interruptible(call)), ({ exit, spent, uncertain }) => {
            note({ spent: spent ?? Budget.zero, uncertain: uncertain ?? Budget.zero })
            return exit
          })
        )
  )

/** Runs an effect outside of one budget, in all others that are around it. */
export const outside = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  budget: Guard.Enclosing | undefined
): Effect.Effect<A, E, R> =>
  budget === undefined
    ? effect
    : Effect.updateService(effect, Guard.Budgets, (around) => around.filter((one) => one !== budget))

/** What each budget has seen of a run already, from sessions inside it: they were booked while they ran. */
const seen = new WeakMap<Region.Region, Map<string, Booked>>()

const less = (self: Booked, that: Booked): Booked => ({
  spent: Budget.minusOrZero(self.spent, that.spent),
  uncertain: Budget.minusOrZero(self.uncertain, that.uncertain)
})

/** Books in every budget around the fiber what the run has cost, as far as the budget has not seen it. */
export const resume = (run: string, total: Booked): Effect.Effect<void> =>
  Effect.flatMap(Guard.Budgets, (budgets) =>
    Effect.forEach(
      budgets.filter(({ region }) => region !== undefined),
      (budget) => {
        const due = less(total, seenBy(budget, run))
        return Effect.provideService(BudgetBooks.book(due.spent, due.uncertain), Guard.Budgets, [budget])
      },
      { discard: true }
    )
  )

const seenBy = ({ region }: Guard.Enclosing, run: string): Booked =>
  (region === undefined ? undefined : seen.get(region)?.get(run)) ?? nothing

/** Notes that the budgets around the fiber have seen all that the run has cost. */
export const close = (run: string, total: Booked): Effect.Effect<void> =>
  Effect.map(Guard.Budgets, (budgets) => {
    for (const { region } of budgets) {
      if (region !== undefined) seen.set(region, (seen.get(region) ?? new Map<string, Booked>()).set(run, total))
    }
  })
