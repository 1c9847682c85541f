/**
 * Budgets in use: mutable ledgers that nest, and the queue of calls that wait for room in them.
 *
 * JavaScript runs one piece of synchronous code at a time: each function here that changes ledgers does it without a pause, so
 * that no other call can come between a check and its hold.
 */
import * as Budget from "@genops/core/Budget"
import type * as Ledger from "@genops/core/Ledger"
import type * as Arr from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Accounting from "./accounting.ts"

/** One budget in use. */
export interface Region {
  readonly _tag: "Region"
  ledger: Ledger.Ledger
  readonly accounting: Accounting.Accounting
  readonly onInterrupt: "drain" | "abort"
  readonly drainTimeout: Duration.Duration
  readonly waitTimeout: Duration.Duration
  /** Told what is spent and held before a call is sent. */
  readonly onSend?: ((ledger: Ledger.Ledger) => Effect.Effect<void>) | undefined
  /**
   * Who waits here: calls made in this budget, and the budgets inside it in which calls wait. First come, first served, and what
   * waits for room in a budget is passed over only by what does not need that room: a large call is never overtaken for ever.
   */
  readonly line: Set<Waiter | Region>
  /** Interrupted calls that are read to their end. */
  readonly draining: Set<Fiber.Fiber<void>>
  /** Calls that this budget refused, that had no price, and that cost more than their worst case. */
  refused: number
  unpriced: number
  overrun: number
}

/** What a call holds in each of its regions, from the outermost to the innermost; `ids` is undefined while it holds nothing. */
export interface Hold {
  readonly regions: Arr.NonEmptyReadonlyArray<Region>
  readonly worst: Budget.Amount
  /** How the worst case came about, for a refusal. */
  readonly explain: () => string
  ids: ReadonlyArray<Ledger.HoldId> | undefined
}

interface Waiter {
  readonly _tag: "Waiter"
  readonly hold: Hold
  readonly done: Deferred.Deferred<void, Budget.BudgetExceeded>
}

interface Served {
  readonly waiter: Waiter
  readonly answer: Result.Result<void, Budget.BudgetExceeded>
}

interface Crowded {
  readonly _tag: "Crowded"
  readonly region: Region
  readonly unit: Budget.Unit
}

/** Every region admits the call: what each ledger would become. */
interface Fits {
  readonly _tag: "Fits"
  readonly admitted: ReadonlyArray<Ledger.Held>
}

/** Asks all regions, holds nothing. Names the innermost that refuses, or else the outermost that is crowded. */
const ask = (hold: Hold): Result.Result<Fits | Crowded, Budget.BudgetExceeded> => {
  const admitted: Array<Ledger.Held> = []
  let crowded: Crowded | undefined
  let refusal: { readonly region: Region; readonly error: Budget.BudgetExceeded } | undefined
  for (const region of hold.regions) {
    const answer = region.accounting.admit(region.ledger, hold.worst)
    if (Result.isFailure(answer)) refusal = { region, error: answer.failure }
    else if (answer.success._tag === "Held") admitted.push(answer.success)
    else crowded ??= { _tag: "Crowded", region, unit: answer.success.unit }
  }
  if (refusal === undefined) return Result.succeed(crowded ?? { _tag: "Fits", admitted })
  refusal.region.refused++
  return Result.fail(Budget.explain(refusal.error, hold.explain() + experience(refusal.region.ledger)))
}

/** What the calls so far used, which shows whether `maxOutputTokens` is too large. */
const experience = ({ spent, uncertain }: Ledger.Ledger): string => {
  const requests = spent.requests - uncertain.requests
  if (requests <= 0n) return ""
  const average = (spent.outputTokens - uncertain.outputTokens) / requests
  return `\n  The calls so far used ${average} output tokens on average.`
}

const commit = (hold: Hold, { admitted }: Fits): void => {
  for (const [index, { ledger }] of admitted.entries()) {
    const region = hold.regions[index]
    if (region !== undefined) region.ledger = ledger
  }
  hold.ids = admitted.map(({ id }) => id)
}

/** Admits what fits of a line and of the lines inside it. Returns the crowded region that stopped it, if one did. */
const serve = (region: Region, served: Array<Served>): Region | undefined => {
  for (const next of region.line) {
    if (next._tag === "Waiter") {
      const answer = ask(next.hold)
      if (Result.isSuccess(answer)) {
        if (answer.success._tag === "Crowded") return answer.success.region
        commit(next.hold, answer.success)
      }
      region.line.delete(next)
      served.push({ waiter: next, answer: Result.map(answer, () => undefined) })
      continue
    }
    const before = served.length
    const crowded = serve(next, served)
    // Lines take turns: one that was served goes to the end, one that still waits keeps its place.
    if (next.line.size === 0 || served.length > before) region.line.delete(next)
    if (next.line.size > 0) region.line.add(next)
    if (crowded !== undefined && crowded !== next) return crowded
  }
  return undefined
}

const admitWaiting = (outermost: Region): void => {
  const served: Array<Served> = []
  serve(outermost, served)
  for (const { answer, waiter } of served) Deferred.doneUnsafe(waiter.done, Effect.fromResult(answer))
}

const join = (waiter: Waiter): void => {
  let entry: Waiter | Region = waiter
  for (const region of waiter.hold.regions.toReversed()) {
    region.line.add(entry)
    entry = region
  }
}

const leave = (waiter: Waiter): void => {
  let entry: Waiter | Region = waiter
  for (const region of waiter.hold.regions.toReversed()) {
    region.line.delete(entry)
    if (region.line.size > 0) return
    entry = region
  }
}

/** Holds what was ordered already, whatever the limits say. */
export const force = (hold: Hold): void => {
  hold.ids = hold.regions.map((region) => {
    const { ledger } = region
    const admitted = Result.getOrThrow(
      region.accounting.admit({ ...ledger, limits: Budget.unlimited(ledger.limits.name) }, hold.worst)
    )
    if (admitted._tag !== "Held") throw new Error("a ledger without limits lets nothing wait")
    region.ledger = { ...admitted.ledger, limits: ledger.limits }
    return admitted.id
  })
}

/** Waits for the interrupted calls that are read to their end; each is bounded by its own time. */
export const drained = (region: Region): Effect.Effect<void> =>
  Effect.suspend(() =>
    region.draining.size === 0 ? Effect.void : Effect.andThen(Fiber.awaitAll([...region.draining]), drained(region))
  )

/** Ends the hold, from the innermost budget to the outermost, if it is open. */
export const end = (hold: Hold, booking: Accounting.Booking): void => {
  const { ids } = hold
  if (ids === undefined) return
  hold.ids = undefined
  for (const [index, region] of [...hold.regions.entries()].toReversed()) {
    const id = ids[index]
    if (id === undefined) continue
    const { ledger, overrun } = Result.getOrThrow(region.accounting.book(region.ledger, id, booking))
    region.ledger = ledger
    if (Option.isSome(overrun)) region.overrun++
  }
  admitWaiting(hold.regions[0])
}

const giveUp = (waiter: Waiter) =>
  Effect.sync(() => {
    leave(waiter)
    if (waiter.hold.ids === undefined) admitWaiting(waiter.hold.regions[0])
    else end(waiter.hold, { _tag: "Release" })
  })

/**
 * Takes the hold, waiting while only calls in flight are in its way. Fails with `BudgetExceeded` when it can never fit or has
 * waited too long. For use in an uninterruptible region: it can be interrupted while it waits, and after a failure holds nothing.
 */
export const take = (hold: Hold): Effect.Effect<void, Budget.BudgetExceeded> =>
  Effect.suspend(() => {
    const answer = ask(hold)
    if (Result.isFailure(answer)) return Effect.fail(answer.failure)
    const [outermost] = hold.regions
    if (outermost.line.size === 0 && answer.success._tag === "Fits") {
      commit(hold, answer.success)
      return Effect.void
    }
    const waiter: Waiter = { _tag: "Waiter", hold, done: Deferred.makeUnsafe() }
    join(waiter)
    admitWaiting(outermost)
    if (Deferred.isDoneUnsafe(waiter.done)) return Deferred.await(waiter.done)
    const patience = hold.regions.map(({ waitTimeout }) => waitTimeout).reduce((a, b) => Duration.min(a, b))
    return Deferred.await(waiter.done).pipe(
      // A call that gets its turn does not run on the stack of the one that made room.
      Effect.andThen(Effect.yieldNow),
      Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(outOfPatience(hold, patience)) }),
      Effect.interruptible,
      Effect.onExit((exit) => (Exit.isFailure(exit) ? giveUp(waiter) : Effect.void))
    )
  })

/** Tells that a call is about to be sent, whose hold is taken. */
export const sending = ({ regions }: Hold): Effect.Effect<void> =>
  Effect.forEach(regions, (region) => region.onSend?.(region.ledger) ?? Effect.void, { discard: true })

const outOfPatience = (hold: Hold, patience: Duration.Duration): Budget.BudgetExceeded => {
  const crowded = hold.regions.flatMap((region): ReadonlyArray<Crowded> => {
    const answer = region.accounting.admit(region.ledger, hold.worst)
    if (Result.isFailure(answer) || answer.success._tag === "Held") return []
    return [{ _tag: "Crowded", region, unit: answer.success.unit }]
  })
  const { region, unit } = crowded.at(-1) ?? { region: hold.regions[0], unit: "requests" as const }
  region.refused++
  const { held, limits, spent } = region.ledger
  const limit = limits.max[unit] ?? 0n
  return new Budget.BudgetExceeded({
    budget: limits.name,
    unit,
    limit,
    spent: spent[unit],
    inFlight: held[unit],
    left: limit > spent[unit] ? limit - spent[unit] : 0n,
    asked: hold.worst[unit],
    detail: `It waited ${Duration.format(patience)} for calls in flight to end: lower the concurrency, or raise waitTimeout.`
  })
}
