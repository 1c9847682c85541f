/** The money of a tuning job: its price is fixed and its worst case held before anything is sent. */
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as BudgetBooks from "../BudgetBooks.ts"
import * as Guard from "./guard.ts"
import * as tuneJob from "./tuneJob.ts"

/** The intent to order a job: since when, and at which price; null when none is known and none is needed. */
const Intent = Schema.Struct({ at: Schema.Finite, perToken: Schema.NullOr(Money.Money) })

/** What is known of the money of a job. */
export interface Order {
  /** When the step was started first. */
  readonly at: number
  readonly perToken: Money.Money | null
  readonly worst: Budget.Amount
  /** Ends the hold. */
  readonly end: (booking: BudgetBooks.Booking) => Effect.Effect<void>
}

const usd = (perToken: Money.Money | null, tokens: number): Budget.Amount =>
  Budget.amount({ usd: perToken === null ? Money.zero : Money.times(perToken, tokens) })

/** What so many billed tokens cost; undefined when the price or the tokens are not known. */
export const costOf = (perToken: Money.Money | null, tokens: number | undefined): Money.Money | undefined =>
  perToken === null || tokens === undefined ? undefined : Money.times(perToken, tokens)

/** The price of a training token. Fails when a budget of money needs it and it is not known. */
const priceOf = Effect.fnUntraced(function* (
  { prices, request: { model }, service: { location } }: tuneJob.Work,
  at: DateTime.DateTime
) {
  const price = PriceTable.training(prices, { model, location, at })
  if (Result.isSuccess(price)) return price.success
  const budgets = yield* Guard.Budgets
  for (const { limitsMoney, onUnknownPrice, region } of budgets) {
    if (region === undefined || !limitsMoney) continue
    if (onUnknownPrice === "refuse") return yield* Effect.fail(price.failure)
  }
  return null
})

const countUnpriced = Effect.map(Effect.service(Guard.Budgets), (budgets) => {
  for (const { region } of budgets) if (region !== undefined) region.unpriced++
})

/** Holds money in the budgets around the fiber until it is told how that ends, or the scope is closed: then the worst is booked. */
const hold = Effect.fnUntraced(function* (scope: Scope.Scope, worst: Budget.Amount, explain: string, isPaid: boolean) {
  const taken = yield* Deferred.make<void, Budget.BudgetExceeded>()
  const ending = yield* Deferred.make<BudgetBooks.Booking>()
  const held = Effect.andThen(Deferred.succeed(taken, undefined), Deferred.await(ending))
  const fiber = yield* BudgetBooks.reserve(held, {
    worst,
    explain,
    isPaid,
    settle: (exit) => (Exit.isSuccess(exit) ? exit.value : { _tag: "Worst" })
  }).pipe(
    Effect.catch((refused) => Deferred.fail(taken, refused)),
    Effect.forkIn(scope, { startImmediately: true })
  )
  yield* Deferred.await(taken)
  return (booking: BudgetBooks.Booking) => Effect.andThen(Deferred.succeed(ending, booking), Fiber.await(fiber))
})

const count = (quantity: number): string => quantity.toString().replace(/\B(?=([0-9]{3})+$)/g, ",")

/**
 * Records the intent to order the job, and holds its worst case: epochs x training tokens x price.
 *
 * The intent is recorded only when the money is held. So a replay that finds it recorded may hold the money again without asking: the
 * job may have been ordered, and what is ordered cannot be refused.
 */
export const order = Effect.fnUntraced(function* (work: tuneJob.Work, input: Schema.Json, scope: Scope.Scope) {
  const { name, prices, request, trainingTokens } = work
  const tokens = trainingTokens * request.epochs
  const explain =
    `Worst case = ${count(request.epochs)} epochs x ${count(trainingTokens)} training tokens ` +
    `at ${request.model} prices of ${prices.asOf}.`
  let end: Order["end"] | undefined
  const { value: intent } = yield* tuneJob.step({
    name: `${name}/intent`,
    input,
    success: Intent,
    error: Schema.Union([Budget.BudgetExceeded, PriceTable.PriceUnknown]),
    execute: Effect.gen(function* () {
      const at = yield* DateTime.now
      const perToken = yield* priceOf(work, at)
      end = yield* hold(scope, usd(perToken, tokens), explain, false)
      return { at: DateTime.toEpochMillis(at), perToken }
    })
  })
  const worst = usd(intent.perToken, tokens)
  if (intent.perToken === null) yield* countUnpriced
  const order: Order = { ...intent, worst, end: end ?? (yield* hold(scope, worst, explain, true)) }
  return order
})
