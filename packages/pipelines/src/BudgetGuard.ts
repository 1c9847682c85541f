/**
 * Budgets at work: a program inside one cannot spend more than the limits allow, whatever it does at the same time.
 *
 * Before a call its worst case is held; when it ends, what it really used is booked. So what is spent, and what the calls in
 * flight may still cost, together never pass the limit.
 *
 * ```ts
 * import { ModelConfiguration } from "@genops/core"
 * import { BudgetGuard } from "@genops/pipelines"
 * import { GenerativeModel } from "@genops/vertex"
 *
 * const flash = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { maxOutputTokens: 256 } })
 *
 * const program = GenerativeModel.generate(flash, "Hello").pipe(
 *   BudgetGuard.perRequest({ inputTokens: 8_000 }),
 *   BudgetGuard.within({ name: "run", usd: "5.00" })
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as Ledger from "@genops/core/Ledger"
import { GenerativeModel } from "@genops/vertex/GenerativeModel"
import { ModelMeter } from "@genops/vertex/ModelMeter"
import { TokenCounter } from "@genops/vertex/TokenCounter"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Accounting from "./internal/accounting.ts"
import * as Guard from "./internal/guard.ts"
import * as Region from "./internal/region.ts"

export { estimate } from "./Estimate.ts"

/**
 * The books of a budget at one moment.
 *
 * **Details**
 *
 * - `spent` is booked; `uncertain` is the part of it that was booked at worst case, because nobody knows what was billed.
 * - `held` is what the calls in flight can cost at worst; 0 when the books are closed.
 * - `left` is limit - spent for each unit that is limited, and never below 0.
 * - `refused` counts calls that were not sent because of this budget, `unpriced` calls without a known price (then `spent.usd`
 *   is incomplete), `overrun` calls that cost more than their worst case.
 *
 * @since 0.1.0
 */
export interface Spending {
  readonly limits: Budget.Limits
  readonly spent: Budget.Amount
  readonly held: Budget.Amount
  readonly uncertain: Budget.Amount
  readonly left: { readonly [U in Budget.Unit]?: bigint }
  readonly refused: number
  readonly unpriced: number
  readonly overrun: number
}

/**
 * How a budget behaves.
 *
 * **Details**
 *
 * - `onUnknownPrice`: `refuse` (default) fails with `PriceUnknown` when money is limited; `allow` counts such calls as
 *   `unpriced` and books no money for them.
 * - `onInterrupt`: `drain` (default) reads a call that was sent to its end for at most `drainTimeout` (10 seconds), so that its
 *   true cost is booked; its caller does not wait for that, the end of the region does. `abort` cuts the connection and books
 *   the worst case.
 * - `waitTimeout`: how long a call waits for calls in flight to make room, 10 minutes when left out.
 * - `count`: counts each request with CountTokens for a sharper worst case than its bytes. Default: only for media, and when
 *   billable characters are limited.
 * - `spent`: what an earlier run has spent already.
 * - `onEnd`: is given the closed books, after success, failure and interruption.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly onUnknownPrice?: "refuse" | "allow"
  readonly onInterrupt?: "drain" | "abort"
  readonly drainTimeout?: Duration.Input
  readonly waitTimeout?: Duration.Input
  readonly count?: boolean
  readonly spent?: Budget.Amount
  readonly onEnd?: (spending: Spending) => Effect.Effect<void>
}

const spendingOf = (region: Region.Region): Spending => {
  const { held, limits, spent, uncertain } = region.ledger
  const left: { [U in Budget.Unit]?: bigint } = {}
  for (const unit of Budget.units) {
    const limit = limits.max[unit]
    if (limit !== undefined) left[unit] = limit > spent[unit] ? limit - spent[unit] : 0n
  }
  const { overrun, refused, unpriced } = region
  return { limits, spent, held, uncertain, left, refused, unpriced, overrun }
}

const enclose = <A, E, R>(self: Effect.Effect<A, E, R>, enclosing: Guard.Enclosing) =>
  self.pipe(
    Effect.updateService(GenerativeModel, Guard.meter),
    // Judges and other services hold a model since their layer was built: it is metered where it is called.
    Effect.updateService(ModelMeter, (around) => (model) => Guard.meter(around(model))),
    Effect.updateService(Guard.Budgets, (around) => [...around, enclosing])
  )

/**
 * Runs the effect within a budget: a ledger over every call of `GenerativeModel` inside, also of concurrent ones.
 *
 * **Details**
 *
 * - A call that cannot fit fails with `BudgetExceeded` before it is sent; the program may catch it there. A call that only does
 *   not fit beside the calls in flight waits for them, in order.
 * - Success books the usage of the answer; a failure that is not billed books nothing; time-outs, broken answers, answers
 *   without usage and defects book the worst case as `uncertain`.
 * - A retry after an attempt that may have been billed is admitted anew.
 * - Budgets nest: a call is held in all budgets around it or in none, and an error names the innermost that refuses.
 * - When the effect ends, also by failure or interruption, its books are closed: nothing is held any more.
 *
 * **Gotchas**
 *
 * The budget wraps the model that the effect is given from outside, and models that are called through `ModelMeter`, such as
 * judges. A model that the effect provides to itself is not booked: provide it outside, or wrap it by `meter`. While a stream is open its worst case is held: a program that makes calls for each
 * delta of it needs room for both.
 *
 * Fails with `InvalidBudget` when the limits cannot be enforced (`NaN`, negative, nothing limited).
 *
 * @since 0.1.0
 */
export const within: {
  (
    limits: Budget.LimitsInput,
    options?: Options
  ): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | Budget.InvalidBudget, R | GenerativeModel | TokenCounter>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    limits: Budget.LimitsInput,
    options?: Options
  ): Effect.Effect<A, E | Budget.InvalidBudget, R | GenerativeModel | TokenCounter>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(self: Effect.Effect<A, E, R>, limits: Budget.LimitsInput, options: Options = {}) =>
    Effect.gen(function* () {
      const valid = yield* Effect.fromResult(Budget.limits(limits))
      const counter = yield* TokenCounter
      const accounting = yield* Accounting.Rules
      const { onUnknownPrice = "refuse" } = options
      const region: Region.Region = {
        _tag: "Region",
        ledger: Ledger.make(valid, options.spent),
        accounting,
        onInterrupt: options.onInterrupt ?? "drain",
        drainTimeout: Duration.fromInputUnsafe(options.drainTimeout ?? "10 seconds"),
        waitTimeout: Duration.fromInputUnsafe(options.waitTimeout ?? "10 minutes"),
        line: new Set(),
        draining: new Set(),
        refused: 0,
        unpriced: 0,
        overrun: 0
      }
      const ends = Effect.andThen(
        Region.drained(region),
        Effect.suspend(() => options.onEnd?.(spendingOf(region)) ?? Effect.void)
      )
      return yield* enclose(self, {
        counter,
        counts: options.count === true || valid.max.billableCharacters !== undefined,
        limitsMoney: valid.max.usd !== undefined,
        onUnknownPrice,
        region
      }).pipe(Effect.onExit(() => ends))
    })
)

/**
 * Refuses each request inside the effect that is larger than the limits, before it is sent.
 *
 * The request is counted with its own model, system instruction and tools (CountTokens); output and money are those of the worst
 * case. `totalTokens` is input and output together: to limit the prompt, use `inputTokens`. Refused calls fail with
 * `BudgetExceeded`, and with `PriceUnknown` when money is limited and the price not known. Calls are not added up: see `within`.
 *
 * Fails with `InvalidBudget` when the limits cannot be enforced.
 *
 * @since 0.1.0
 */
export const perRequest: {
  (
    limits: Budget.LimitsInput,
    options?: Pick<Options, "onUnknownPrice">
  ): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | Budget.InvalidBudget, R | GenerativeModel | TokenCounter>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    limits: Budget.LimitsInput,
    options?: Pick<Options, "onUnknownPrice">
  ): Effect.Effect<A, E | Budget.InvalidBudget, R | GenerativeModel | TokenCounter>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    limits: Budget.LimitsInput,
    { onUnknownPrice = "refuse" }: Pick<Options, "onUnknownPrice"> = {}
  ) =>
    Effect.gen(function* () {
      const perRequest = yield* Effect.fromResult(Budget.limits({ name: "request", ...limits }))
      const counter = yield* TokenCounter
      const limitsMoney = perRequest.max.usd !== undefined
      return yield* enclose(self, { counter, counts: true, limitsMoney, onUnknownPrice, perRequest })
    })
)

/**
 * The books of the innermost budget around the current fiber; none outside of budgets.
 *
 * @since 0.1.0
 */
export const spent: Effect.Effect<Option.Option<Spending>> = Effect.map(Effect.service(Guard.Budgets), (budgets) => {
  const region = budgets.findLast(({ region }) => region !== undefined)?.region
  return Option.map(Option.fromUndefinedOr(region), spendingOf)
})

/**
 * Wraps a model so that each call is booked in the budgets around the fiber that makes it. `within` does this to the model it is
 * given; wrap the models of services that were built outside of the budget, such as judges.
 *
 * Of metered models inside each other, the innermost one that is called books.
 *
 * @since 0.1.0
 */
export const meter: (model: GenerativeModel["Service"]) => GenerativeModel["Service"] = Guard.meter

/**
 * Provides the metered model of the one it requires: services built on it are booked in whatever budget they are used.
 *
 * @since 0.1.0
 */
export const layerMetered: Layer.Layer<GenerativeModel, never, GenerativeModel> = Layer.effect(
  GenerativeModel,
  Effect.map(GenerativeModel, meter)
)
