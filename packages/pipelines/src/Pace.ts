/**
 * How fast a comparison goes, and how long it will still take: a guess that is calm enough to be read.
 *
 * @since 0.1.0
 */
import type { ComparisonProgress } from "./ComparisonProgress.ts"

/** Something counted by time, where what lies a half-life back counts half. */
interface Rate {
  readonly last: number
  readonly amount: number
  readonly time: number
}

/**
 * What is remembered of a comparison to tell its pace. Times are milliseconds of a clock that only goes forward.
 *
 * @since 0.1.0
 */
export interface Pace {
  readonly startedAt: number
  readonly at: number
  /** Cells that were done when this session began: they say nothing about its speed. */
  readonly before: number
  readonly done: number
  readonly lastDoneAt: number
  readonly cells: ReadonlyMap<string, Rate>
  readonly tokens: Rate
  readonly eta: Eta
}

/**
 * How long it will take: not known yet, a time, or a standstill and since when. Milliseconds.
 *
 * @since 0.1.0
 */
export type Eta =
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Left"; readonly ms: number }
  | { readonly _tag: "Stalled"; readonly ms: number }

const halfLife = 30_000
const firstAfter = 10_000
const firstShare = 0.05
const stalledAfter = 30_000
const mostGrowth = 1.2

const unknown: Eta = { _tag: "Unknown" }
const rateFrom = (last: number): Rate => ({ last, amount: 0, time: 0 })

const advance = (rate: Rate, now: number, elapsed: number): Rate => {
  const fade = 2 ** (-elapsed / halfLife)
  return { last: now, amount: rate.amount * fade + Math.max(0, now - rate.last), time: rate.time * fade + elapsed }
}

/** Per millisecond; 0 before any time has passed. */
const perMs = ({ amount, time }: Rate) => (time === 0 ? 0 : amount / time)

/**
 * Begins with the first progress of a session.
 *
 * @since 0.1.0
 */
export const start = (progress: ComparisonProgress, now: number): Pace => ({
  startedAt: now,
  at: now,
  before: progress.done,
  done: progress.done,
  lastDoneAt: now,
  cells: new Map(progress.candidates.map(({ candidate, done }) => [candidate, rateFrom(done)])),
  tokens: rateFrom(progress.tokens),
  eta: unknown
})

/**
 * Takes the progress of now into account. Rates are exponentially weighted with a half-life of 30 s.
 *
 * **Details**
 *
 * - The time left is that of the slowest candidate: its remaining cells by its rate. It is unknown before 10 s and 5 % of what this
 *   session has to do, and while a candidate that is not done has finished nothing.
 * - From one observation to the next it grows by at most 20 %.
 * - It is a standstill when nothing was finished for 30 s.
 *
 * @since 0.1.0
 */
export const observe = (self: Pace, progress: ComparisonProgress, now: number): Pace => {
  const elapsed = Math.max(0, now - self.at)
  const cells = new Map(
    progress.candidates.map(({ candidate, done }) => [
      candidate,
      advance(self.cells.get(candidate) ?? rateFrom(done), done, elapsed)
    ])
  )
  const next = {
    ...self,
    at: self.at + elapsed,
    done: progress.done,
    lastDoneAt: progress.done > self.done ? self.at + elapsed : self.lastDoneAt,
    cells,
    tokens: advance(self.tokens, progress.tokens, elapsed)
  }
  return { ...next, eta: etaOf(next, progress) }
}

const etaOf = (pace: Pace, progress: ComparisonProgress): Eta => {
  const { at, before, cells, done, lastDoneAt, startedAt } = pace
  if (done >= progress.total) return { _tag: "Left", ms: 0 }
  if (at - lastDoneAt >= stalledAfter) return { _tag: "Stalled", ms: at - lastDoneAt }
  if (at - startedAt < firstAfter || done - before < firstShare * (progress.total - before)) return unknown
  const times = progress.candidates
    .filter(({ activity, done, total }) => done < total && activity._tag !== "Done" && activity._tag !== "Failed")
    .map(({ candidate, done, total }) => (total - done) / perMs(cells.get(candidate) ?? rateFrom(done)))
  const slowest = times.reduce((a, b) => Math.max(a, b), 0)
  // A rate fades for ever, but never to nothing: without an end there is a candidate that has not begun.
  if (!Number.isFinite(slowest)) return unknown
  return { _tag: "Left", ms: pace.eta._tag === "Left" ? Math.min(slowest, pace.eta.ms * mostGrowth) : slowest }
}

/**
 * Milliseconds since the session began.
 *
 * @since 0.1.0
 */
export const elapsed = (self: Pace): number => self.at - self.startedAt

/**
 * Tokens per second; 0 before any time has passed.
 *
 * @since 0.1.0
 */
export const tokensPerSecond = (self: Pace): number => perMs(self.tokens) * 1000
