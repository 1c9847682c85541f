/**
 * A bound on the retries of all calls together, so that an outage is not answered with a multiple of the load.
 *
 * A bucket of tokens: a retry takes its cost out, a call that succeeds at once puts one token in, and a retry that succeeds puts
 * its cost back. The bucket never holds more than it did at first. So at any time, with the defaults,
 * `failed retries <= 20 + calls that succeeded at once / 5`.
 *
 * Source: the retry quota of the AWS SDKs, https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"

/**
 * The size of a bucket and what a retry costs, in tokens.
 *
 * @since 0.1.0
 */
export interface Size {
  readonly capacity: number
  readonly cost: number
}

/**
 * 100 tokens, 5 for a retry.
 *
 * @since 0.1.0
 */
export const standard: Size = { capacity: 100, cost: 5 }

/**
 * Takes the cost of a retry out of `tokens`. Returns what is left, or nothing when there are too few.
 *
 * @since 0.1.0
 */
export const withdraw = (size: Size, tokens: number): Option.Option<number> =>
  tokens < size.cost ? Option.none() : Option.some(tokens - size.cost)

/**
 * Returns the tokens after a call succeeded: at its first attempt, or `retried`.
 *
 * @since 0.1.0
 */
export const refund = (size: Size, tokens: number, retried: boolean): number =>
  Math.min(size.capacity, tokens + (retried ? size.cost : 1))

/**
 * A bucket in use. Its operations take effect at once; one thread runs them all, so none can overtake another.
 *
 * @since 0.1.0
 */
export interface RetryBudget {
  /** Tells whether a retry can be paid for now. */
  readonly canPay: () => boolean
  /** Pays for one retry, or returns false and takes nothing. */
  readonly withdraw: () => boolean
  /** Books a call that succeeded. */
  readonly succeeded: (retried: boolean) => void
  /** The tokens that are left. */
  readonly tokens: () => number
}

/**
 * Makes a full bucket. Sizes that are not positive numbers throw `RangeError`.
 *
 * @since 0.1.0
 */
export const make = (size: Size = standard): RetryBudget => {
  if (!(size.capacity > 0) || !(size.cost > 0))
    throw new RangeError("capacity and cost of a retry budget are above zero")
  let tokens = size.capacity
  return {
    canPay: () => tokens >= size.cost,
    withdraw: () => {
      const left = withdraw(size, tokens)
      tokens = Option.getOrElse(left, () => tokens)
      return Option.isSome(left)
    },
    succeeded: (retried) => {
      tokens = refund(size, tokens, retried)
    },
    tokens: () => tokens
  }
}
