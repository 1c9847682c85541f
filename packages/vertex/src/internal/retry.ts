/**
 * Runs the attempts of one call.
 */
import type * as Budget from "@genops/core/Budget"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as AdaptiveRate from "../AdaptiveRate.ts"
import * as CallMeter from "../CallMeter.ts"
import type * as RetryBudget from "../RetryBudget.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as VertexError from "../VertexError.ts"
import type { Failure } from "./failure.ts"

/** A call that may take several attempts. */
export interface Call<A, R> {
  /** Runs attempt number `n`, from 1. */
  readonly attempt: (n: number) => Effect.Effect<A, Failure, R>
  /** Whether doing it twice is the same as doing it once, but for its price. What is not is repeated only when nothing was done. */
  readonly safeToRepeat: boolean
  readonly operation: string
  readonly target: string
  readonly budget: RetryBudget.RetryBudget
  readonly rate: AdaptiveRate.AdaptiveRate
}

/** What the last attempt gave, and how many it took. */
export interface Attempted<A> {
  readonly value: A
  readonly attempts: number
}

type Attempts = ReadonlyArray<VertexError.Attempt>

const run = <A, R>(
  call: Call<A, R>,
  earlier: Attempts
): Effect.Effect<Attempted<A>, VertexError.VertexError | Budget.BudgetExceeded, R> => {
  const attempts = earlier.length + 1
  const attempt = Effect.flatMap(call.rate.acquire, (falls) =>
    Effect.matchEffect(call.attempt(attempts), {
      onSuccess: (value) => {
        call.rate.succeeded()
        call.budget.succeeded(attempts > 1)
        return Effect.succeed({ value, attempts })
      },
      onFailure: (failure) => failed(call, earlier, failure, falls)
    })
  )
  if (call.rate.rate() === Infinity) return attempt
  return Effect.flatMap(CallMeter.CallMeter, (meter) => {
    meter.queued()
    return attempt
  })
}

// A request that took too long once takes too long again: it gets a second chance, not five.
const timedOutBefore = (earlier: Attempts, { billed, reason }: Failure): boolean =>
  billed !== "no" &&
  reason._tag === "DeadlineExceeded" &&
  earlier.some((one) => one.reason === reason._tag && one.billed !== "no")

const failed = Effect.fnUntraced(function* <A, R>(
  call: Call<A, R>,
  earlier: Attempts,
  failure: Failure,
  falls: number
) {
  const { billed, reason } = failure
  if (reason._tag === "ResourceExhausted") yield* call.rate.throttled(falls)
  const mayRepeat = (call.safeToRepeat || billed === "no") && !timedOutBefore(earlier, failure)
  const policy = yield* RetryPolicy.RetryPolicy
  const delay = mayRepeat
    ? RetryPolicy.nextDelay(policy, reason, earlier.length + 1, yield* Random.next)
    : Option.none<Duration.Duration>()
  const error = () => {
    const { operation, target } = call
    return new VertexError.VertexError({ operation, target, reason, billed, attempts: earlier })
  }
  if (Option.isNone(delay) || !call.budget.canPay()) return yield* error()
  const meter = yield* CallMeter.CallMeter
  // What may be billed stays "sent" while it waits: an interruption must not take it for nothing.
  if (billed === "no") meter.queued()
  yield* Effect.sleep(delay.value)
  // Paid only now: retries that wait would keep the tokens from those that need them first.
  if (!call.budget.withdraw()) return yield* error()
  yield* meter.retrying(billed)
  meter.queued()
  return yield* run(call, [...earlier, { reason: reason._tag, billed, waited: Duration.toMillis(delay.value) }])
})

/**
 * Waits for its turn, attempts the call, and while the policy, the retry budget and `CallMeter.retrying` allow it, waits and
 * attempts it again. Fails with the last attempt's reason and the list of the earlier attempts.
 */
export const withRetry = <A, R>(
  call: Call<A, R>
): Effect.Effect<Attempted<A>, VertexError.VertexError | Budget.BudgetExceeded, R> =>
  Effect.suspend(() => run(call, []))
