/** When a sensor looks: a pure function of the time since its start, so that a restart needs no record of the earlier looks. */
import * as Duration from "effect/Duration"
import type { Pace as Options } from "../Await.ts"

export interface Pace {
  /** Milliseconds from the start after which the wait is given up. */
  readonly end: number
  /** The time of the first look after `elapsed`, in milliseconds from the start, at most `end`. */
  readonly next: (elapsed: number) => number
  /** The looks that are due in all, with the first and the last. */
  readonly looks: number
}

/** A length of time in whole milliseconds, above 0 and finite; anything else throws. */
export const millis = (field: string, input: Duration.Input): number => {
  const duration = Duration.fromInputUnsafe(input)
  const value = Math.ceil(Duration.toMillis(duration))
  if (value > 0 && Number.isSafeInteger(value)) return value
  throw new RangeError(`${field} is a length of time above 0 and not for ever, got ${Duration.format(duration)}`)
}

export const make = ({ backoff, every: interval = "1 minute", upTo }: Options): Pace => {
  const end = millis("upTo", upTo)
  const every = millis("every", interval)
  const factor = backoff?.factor ?? 1
  if (!(factor >= 1 && Number.isFinite(factor))) throw new RangeError(`backoff.factor is 1 or more, got ${factor}`)
  const cap = backoff === undefined ? every : Math.max(every, millis("backoff.upTo", backoff.upTo))
  const longest = factor === 1 ? every : cap
  /** The looks at or before `elapsed`, and the time of the first one after it. */
  const around = (elapsed: number) => {
    let looks = 1
    let at = 0
    let delay = every
    for (; delay < longest; delay *= factor) {
      const next = at + Math.ceil(delay)
      if (next > elapsed) return { looks, next }
      looks++
      at = next
    }
    const more = Math.floor((elapsed - at) / longest)
    return { looks: looks + more, next: at + (more + 1) * longest }
  }
  return {
    end,
    looks: around(end - 1).looks + 1,
    next: (elapsed) => Math.min(end, around(Math.max(0, elapsed)).next)
  }
}
