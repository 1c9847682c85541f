/** Spaces requests evenly: as Google's SDK does, so that a quota a minute is not used up in a second. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Waits for the caller's turn, first come first served. A caller that gives up leaves its turn unused. */
export const make = (perSecond: number): Effect.Effect<void> => {
  const interval = 1_000 / perSecond
  let free = -Infinity
  return Effect.flatMap(Clock.monotonicTimeNanos, (nanos) => {
    const now = Number(nanos) / 1e6
    const turn = Math.max(free, now)
    free = turn + interval
    return turn <= now ? Effect.void : Effect.sleep(turn - now)
  })
}
