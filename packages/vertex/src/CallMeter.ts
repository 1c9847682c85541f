/**
 * What a budget needs to know about a call that is under way.
 *
 * @since 0.1.0
 */
import type * as Budget from "@genops/core/Budget"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as VertexError from "./VertexError.ts"

/**
 * Told by an implementation of a paid service how far its call has come.
 *
 * An implementation that never calls `queued` is taken to have sent its request at once: an interrupted call of it is booked at
 * its worst case.
 *
 * @since 0.1.0
 */
export interface CallMeter {
  /** The call waits for credentials, a rate limit or a retry: nothing of it is on its way. */
  readonly queued: () => void
  /** From now on the request may reach the model and be billed. */
  readonly sent: () => void
  /** The call failed and is to be tried again: what may have been billed is booked, and the next attempt is admitted anew. */
  readonly retrying: (billed: VertexError.Billed) => Effect.Effect<void, Budget.BudgetExceeded>
}

/**
 * Measures nothing and refuses nothing: for calls outside a budget, and for calls that are free of charge.
 *
 * @since 0.1.0
 */
export const free: CallMeter = { queued: () => undefined, sent: () => undefined, retrying: () => Effect.void }

/**
 * The meter of the current call. A budget provides its own around each paid call.
 *
 * @since 0.1.0
 */
export const CallMeter = Context.Reference<CallMeter>("@genops/vertex/CallMeter", { defaultValue: () => free })
