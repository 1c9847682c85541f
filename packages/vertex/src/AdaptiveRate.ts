/**
 * A send rate that is learned from the server: unlimited until the server throttles persistently, then about what it accepts.
 *
 * `next` is the control law, a pure function of the last window of answers. `make` counts the windows and makes callers wait.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/**
 * What is known about the server.
 *
 * @since 0.1.0
 */
export interface State {
  /** Requests a second; `Infinity` while nothing limits. */
  readonly rate: number
  /** Windows in a row in which the rate was raised: long runs raise it faster. */
  readonly raises: number
  /** Milliseconds for which nobody has had to wait. */
  readonly idle: number
}

/**
 * What happened within `millis` milliseconds. `waited` tells whether the rate made anybody wait.
 *
 * @since 0.1.0
 */
export interface Window {
  readonly millis: number
  readonly accepted: number
  readonly throttled: number
  readonly waited: boolean
}

/**
 * Nothing limits.
 *
 * @since 0.1.0
 */
export const unlimited: State = { rate: Infinity, raises: 0, idle: 0 }

/**
 * The lowest rate, in requests a second.
 *
 * @since 0.1.0
 */
export const minRate = 0.5

// A shared pool refuses some calls at random (about one in ten on a bad day): that is no limit on this caller.
const tolerated = 0.15

/** Tells whether more answers are throttled than `tolerated` explains, by `sigmas` standard deviations. */
const exceeds = ({ accepted, throttled }: Window, sigmas: number): boolean => {
  const answers = accepted + throttled
  return throttled > tolerated * answers + sigmas * Math.sqrt(tolerated * (1 - tolerated) * answers)
}

/**
 * Tells whether a window is long enough to learn from.
 *
 * @since 0.1.0
 */
export const isComplete = (state: State, window: Window): boolean => {
  const answers = window.accepted + window.throttled
  const early = state.rate === Infinity ? window.millis >= 100 && exceeds(window, 4) : window.millis >= 1_000
  return window.millis >= 2_000 || (early && answers >= 10)
}

/** How much a rate grows after so many raises in a row: 5 % four times, then more each time, twofold in the end. */
const growth = (raises: number): number => 1 + Math.min(1, 0.05 * 2 ** Math.max(0, raises - 3))

// The raises to begin with where only a few answers tell where the limit is, or none: steps of 10 % and 80 %.
const cautious = 4
const searching = 7

/**
 * Returns the state after a window.
 *
 * **Details**
 *
 * - Unlimited: limits to what was accepted once the throttled share is above 15 % beyond chance (4 standard deviations, at least
 *   10 answers: 10 % random refusals never do that). A window shorter than a second counts as one, because a server's
 *   stored-up allowance may be most of it.
 * - Limited, and above 15 % beyond chance (2 standard deviations): falls to what was accepted, by a tenth at least; to half when
 *   nothing was accepted.
 * - Limited, at most 15 % throttled, and somebody waited: rises. After a small fall the limit is near: by 5 %, and after four such
 *   windows by more each time. After a fall to less than 40 % the limit may be anywhere: nearly twofold each time.
 * - Limited, and nobody waited for ten seconds: unlimited again.
 *
 * @since 0.1.0
 */
export const next = (state: State, window: Window): State => {
  const { accepted, millis, throttled, waited } = window
  const answers = accepted + throttled
  if (state.rate === Infinity) {
    return answers >= 10 && exceeds(window, 4)
      ? { rate: Math.max(minRate, accepted / Math.max(millis / 1_000, 1)), raises: searching, idle: 0 }
      : state
  }
  if (exceeds(window, 2)) {
    const measured = accepted === 0 ? state.rate / 2 : (accepted / millis) * 1_000
    const rate = Math.max(minRate, Math.min(measured, state.rate * 0.9))
    const near = accepted > 0 && rate >= state.rate * 0.4
    return { rate, raises: !near ? searching : answers < 10 ? cautious : 0, idle: 0 }
  }
  if (!waited) {
    const idle = state.idle + millis
    return idle >= 10_000 ? unlimited : { ...state, idle }
  }
  if (answers === 0) return { ...state, idle: 0 }
  return throttled > tolerated * answers
    ? { rate: state.rate, raises: answers < 10 ? Math.max(cautious, state.raises) : 0, idle: 0 }
    : { rate: state.rate * growth(state.raises), raises: state.raises + 1, idle: 0 }
}

/**
 * The rate of one model in one location.
 *
 * @since 0.1.0
 */
export interface AdaptiveRate {
  /**
   * Waits for its turn, first come first served; while nothing limits it returns at once. Gives the number of falls so far, which
   * `throttled` wants back.
   */
  readonly acquire: Effect.Effect<number>
  /** Books an accepted request. */
  readonly succeeded: () => void
  /** Books a request that the server refused because of its rate. One sent before the last fall of the rate says nothing new. */
  readonly throttled: (falls: number) => Effect.Effect<void>
  /** Requests a second; `Infinity` while nothing limits. */
  readonly rate: () => number
}

// A wall clock that is set back must not make anybody wait.
const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/**
 * Makes a rate that does not limit yet.
 *
 * @since 0.1.0
 */
export const make = (): AdaptiveRate => {
  const turn = Semaphore.makeUnsafe(1)
  let state = unlimited
  let falls = 0
  let openedAt = 0
  let sent = 0
  let succeeded = 0
  let throttled = 0
  let waited = false
  // When the next request may leave; it lags at most 100 ms behind the clock, which makes up for late timers.
  let free = 0

  const observe = (now: number): void => {
    // Refusals come at once and answers late: what was sent and not refused is taken for accepted.
    const accepted = Math.max(succeeded, sent - throttled)
    const window = { millis: now - openedAt, accepted, throttled, waited }
    if (!isComplete(state, window)) return
    const after = next(state, window)
    if (after.rate < state.rate) falls += 1
    state = after
    openedAt = now
    sent = succeeded = throttled = 0
    waited = false
  }

  const paced = turn.withPermit(
    Effect.flatMap(monotonicMillis, (now) => {
      observe(now)
      free = Math.max(free, now - 100)
      if (free <= now) {
        free += 1_000 / state.rate
        sent += 1
        return Effect.succeed(falls)
      }
      waited = true
      return Effect.map(Effect.sleep(free - now), () => {
        free += 1_000 / state.rate
        sent += 1
        return falls
      })
    })
  )

  return {
    acquire: Effect.suspend(() => {
      if (state.rate !== Infinity) return paced
      sent += 1
      return Effect.succeed(falls)
    }),
    succeeded: () => {
      succeeded += 1
    },
    throttled: (sentAfter) =>
      Effect.map(monotonicMillis, (now) => {
        if (sentAfter !== falls) return
        throttled += 1
        observe(now)
      }),
    rate: () => state.rate
  }
}
