/**
 * What a step may have spent when its process dies: written down before each of its calls is sent, and booked when the step is run again. So a
 * budget holds for a run that is killed, at the price that calls in flight count at their worst case.
 */
import * as Budget from "@genops/core/Budget"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as BudgetBooks from "../BudgetBooks.ts"
import type * as Run from "./engineRun.ts"
import { died } from "./engineRun.ts"
import * as Guard from "./guard.ts"

const smaller = (self: Budget.Amount, that: Budget.Amount): Budget.Amount =>
  Budget.minusOrZero(self, Budget.minusOrZero(self, that))

const message = "Its process died. What it had spent, and what its calls in flight cost at worst, is booked."

/** Follows one attempt at a step. With `resumes` the work itself books what it finds of the attempts before. */
export const make = Effect.fnUntraced(function* (run: Run.Run, step: string, resumes: boolean) {
  const around = yield* Guard.Budgets
  const oneByOne = Semaphore.makeUnsafe(1)
  let attempt = run.failures.filter((failure) => failure.step === step).length
  const last = run.marks.get(step)
  let lost = last?.attempt === attempt ? last : undefined
  let due: Omit<Run.Mark, "attempt"> | undefined
  let isWritten = false

  /** Books what the attempt before this one may have spent beyond what is known of it. */
  const settle = (known: Budget.Amount): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (lost === undefined) return Effect.void
      const spent = Budget.minusOrZero(lost.spent, known)
      const uncertain = smaller(lost.uncertain, spent)
      lost = undefined
      if (Budget.isZero(spent)) return Effect.void
      attempt++
      return Effect.andThen(
        run.failed({ step, tag: died, message, spent, uncertain, resumes: false }),
        Effect.provideService(BudgetBooks.book(spent, uncertain), Guard.Budgets, around)
      )
    })

  const write = Effect.suspend(() => {
    if (due === undefined) return Effect.void
    const mark = { attempt, ...due }
    due = undefined
    isWritten = true
    return run.marked(step, mark)
  })

  return {
    /** Before the work begins. */
    begin: resumes ? Effect.void : settle(Budget.zero),
    /** Before a call is sent. Who comes while one is written is written with the next. */
    onSend: ({ held, spent, uncertain }: BudgetBooks.Exposure) =>
      Effect.suspend(() => {
        due = { spent: Budget.plus(spent, held), uncertain: Budget.plus(uncertain, held) }
        return oneByOne.withPermits(1)(Effect.andThen(settle(spent), write))
      }),
    /** When the work is done, before its result is recorded. */
    end: ({ spent, uncertain }: Pick<BudgetBooks.Measured<unknown, unknown>, "spent" | "uncertain">) =>
      Effect.suspend(() => {
        if (isWritten && spent !== null) due = { spent, uncertain: uncertain ?? Budget.zero }
        return Effect.andThen(settle(spent ?? Budget.zero), write)
      })
  }
})
