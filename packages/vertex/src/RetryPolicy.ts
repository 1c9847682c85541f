/**
 * When a failed call is tried again, and how long it waits before that.
 *
 * A policy is plain data in a `Context.Reference`: it applies to every call inside the effect that it is provided to.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type * as VertexError from "./VertexError.ts"

/**
 * Limits and delays of retries.
 *
 * **Details**
 *
 * - `maxAttempts`: attempts of one call, the first included; 1 means no retry. The retry budget of the client bounds the retries of
 *   all calls together, usually much earlier.
 * - `baseDelay`: upper end of the first wait; it doubles with each attempt. Each wait is drawn evenly between zero and its upper
 *   end ("full jitter"), so that callers which failed together do not come back together.
 * - `connectDelay`: the same for connections that could not be made: nothing reached the service, so it need not recover.
 * - `maxDelay`: the upper end never grows above this.
 * - `maxRetryAfter`: a server that asks for a longer wait is not waited for: the call fails, and its error says how long.
 *
 * Source of the jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @since 0.1.0
 */
export interface RetryPolicy {
  readonly maxAttempts: number
  readonly baseDelay: Duration.Duration
  readonly connectDelay: Duration.Duration
  readonly maxDelay: Duration.Duration
  readonly maxRetryAfter: Duration.Duration
}

/**
 * Settings of `make`; what is left out keeps its default: 6 attempts, 500 ms, 100 ms, 20 s, 60 s.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly maxAttempts?: number
  readonly baseDelay?: Duration.Input
  readonly connectDelay?: Duration.Input
  readonly maxDelay?: Duration.Input
  readonly maxRetryAfter?: Duration.Input
}

/**
 * Makes a policy. A `maxAttempts` that is no whole number from 1, or a text that is no duration, is a programming error and throws.
 *
 * @since 0.1.0
 */
export const make = (options: Options = {}): RetryPolicy => {
  const { maxAttempts = 6 } = options
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw new RangeError(`maxAttempts is a whole number from 1, got ${maxAttempts}`)
  }
  return {
    maxAttempts,
    baseDelay: Duration.fromInputUnsafe(options.baseDelay ?? "500 millis"),
    connectDelay: Duration.fromInputUnsafe(options.connectDelay ?? "100 millis"),
    maxDelay: Duration.fromInputUnsafe(options.maxDelay ?? "20 seconds"),
    maxRetryAfter: Duration.fromInputUnsafe(options.maxRetryAfter ?? "60 seconds")
  }
}

/**
 * The policy that never tries again.
 *
 * @since 0.1.0
 */
export const none: RetryPolicy = make({ maxAttempts: 1 })

const standard = make()

/**
 * The policy of the calls inside an effect.
 *
 * @example
 * import { RetryPolicy } from "@genops/vertex"
 * import * as Effect from "effect/Effect"
 *
 * const once = <A, E, R>(program: Effect.Effect<A, E, R>) =>
 *   Effect.provideService(program, RetryPolicy.RetryPolicy, RetryPolicy.none)
 *
 * @since 0.1.0
 */
export const RetryPolicy = Context.Reference<RetryPolicy>("@genops/vertex/RetryPolicy", {
  defaultValue: () => standard
})

// Waiting for tomorrow is not what a retry is for.
const isDaily = ({ quotas }: VertexError.ResourceExhausted): boolean =>
  quotas.some(({ limit, metric }) => /per_?day/i.test(`${metric} ${limit}`))

/**
 * Returns how long to wait after the failure of attempt number `attempt` (from 1), or nothing when the call is over.
 *
 * What the server asked for goes first, plus up to `baseDelay` so that callers do not return all at once. Otherwise the wait is
 * `random` times `min(maxDelay, baseDelay * 2^(attempt - 1))`. `random` is in [0, 1).
 *
 * Nothing is returned for the last attempt, for a reason that no retry can mend, for a quota per day, and for a wait above
 * `maxRetryAfter`.
 *
 * @since 0.1.0
 */
export const nextDelay = (
  policy: RetryPolicy,
  reason: VertexError.Reason,
  attempt: number,
  random: number
): Option.Option<Duration.Duration> => {
  if (attempt >= policy.maxAttempts || !reason.isRetryable) return Option.none()
  if (reason._tag === "ResourceExhausted" && isDaily(reason)) return Option.none()
  const unsent = (reason._tag === "Transport" || reason._tag === "DeadlineExceeded") && reason.phase === "connect"
  const base = Duration.toMillis(unsent ? policy.connectDelay : policy.baseDelay)
  if (reason.retryAfter !== undefined) {
    const asked = Duration.toMillis(reason.retryAfter)
    const limit = Duration.toMillis(policy.maxRetryAfter)
    return asked > limit ? Option.none() : Option.some(Duration.millis(Math.min(asked + random * base, limit)))
  }
  return Option.some(Duration.millis(random * Math.min(base * 2 ** (attempt - 1), Duration.toMillis(policy.maxDelay))))
}
