/**
 * Runs many effects at the same time, bounded in total and by key (a model, a tenant), so that a slow key does not hold the others up.
 *
 * Room goes to the key that has the fewest running, and among those to the one that has waited longest. A key whose effects take
 * long, because its model is slow or throttled, so never holds more than its share while others wait; room that nobody else wants
 * is its own. (Taking turns, as `PartitionedSemaphore` does, would slow every key down to the slowest: it would fill the room turn
 * by turn.)
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"

/**
 * How many may run: `total` of all keys together, and `perKey` of each; without it a key may use all room.
 *
 * @since 0.1.0
 */
export interface Limits<in K> {
  readonly total: number
  readonly perKey?: number | ((key: K) => number)
}

/**
 * Room that effects share.
 *
 * @since 0.1.0
 */
export interface FanOut<in K> {
  /** Runs an effect when there is room for its key, and gives the room back when it ends. */
  readonly within: (key: K) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /**
   * Runs an effect for each element of a stream. An element is read only when the one before it has found room, so memory holds what
   * is running and one element more. The first failure interrupts the others and is returned.
   *
   * An effect that has more to do, but nothing that needs the room, gives it back by `leave`.
   */
  readonly consume: <A, E, R, E2, R2>(
    key: K,
    stream: Stream.Stream<A, E, R>,
    f: (element: A, leave: Effect.Effect<void>) => Effect.Effect<void, E2, R2>
  ) => Effect.Effect<void, E | E2, R | R2>
  /** How many effects of a key are running. */
  readonly running: (key: K) => number
}

interface Lane {
  readonly most: number
  running: number
  /** What is called when its turn has come; in the order of arrival. */
  readonly waiting: Set<Waiter>
}

interface Waiter {
  readonly ticket: number
  readonly start: () => void
}

const checked = (name: string, limit: number): number => {
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new RangeError(`${name} is a whole number from 1, not ${limit}`)
}

/**
 * Makes room. Limits that are no positive integers are a programming error and throw `RangeError`.
 *
 * @since 0.1.0
 */
export const make = <K>({ perKey, total }: Limits<K>): FanOut<K> => {
  checked("total", total)
  if (typeof perKey === "number") checked("perKey", perKey)
  const lanes = new Map<K, Lane>()
  let running = 0
  let tickets = 0
  let admitting = false

  const laneOf = (key: K): Lane => {
    const known = lanes.get(key)
    if (known !== undefined) return known
    const most = typeof perKey === "function" ? checked("perKey", perKey(key)) : (perKey ?? total)
    const lane: Lane = { most, running: 0, waiting: new Set() }
    lanes.set(key, lane)
    return lane
  }

  /** Who is next: of the keys with the fewest running, the one that has waited longest. */
  const next = (): readonly [Lane, Waiter] | undefined => {
    let best: readonly [Lane, Waiter] | undefined
    for (const lane of lanes.values()) {
      const [first] = lane.waiting
      if (first === undefined || lane.running >= lane.most) continue
      if (
        best === undefined ||
        lane.running < best[0].running ||
        (lane.running === best[0].running && first.ticket < best[1].ticket)
      ) {
        best = [lane, first]
      }
    }
    return best
  }

  const admit = (): void => {
    // What is started may end at once and give its room back: this loop hands it on, instead of one deeper on the stack.
    if (admitting) return
    admitting = true
    try {
      while (running < total) {
        const found = next()
        if (found === undefined) return
        const [lane, waiter] = found
        lane.waiting.delete(waiter)
        lane.running++
        running++
        waiter.start()
      }
    } finally {
      admitting = false
    }
  }

  const give = (key: K): void => {
    const lane = laneOf(key)
    lane.running--
    running--
    if (lane.running === 0 && lane.waiting.size === 0) lanes.delete(key)
    admit()
  }

  const take = (key: K): Effect.Effect<void> =>
    Effect.callback((resume) => {
      const lane = laneOf(key)
      const waiter: Waiter = { ticket: tickets++, start: () => resume(Effect.void) }
      lane.waiting.add(waiter)
      admit()
      return Effect.sync(() => {
        lane.waiting.delete(waiter)
      })
    })

  /** Gives room back, once. */
  const giving = (key: K): Effect.Effect<void> => {
    let isGiven = false
    return Effect.sync(() => {
      if (isGiven) return
      isGiven = true
      give(key)
    })
  }

  const consume: FanOut<K>["consume"] = (key, stream, f) =>
    Effect.gen(function* () {
      const fibers = yield* FiberSet.make<void, Effect.Error<ReturnType<typeof f>>>()
      const read = Stream.runForEach(stream, (element) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(take(key)), () => {
            const leave = giving(key)
            return FiberSet.run(fibers, Effect.ensuring(restore(f(element, leave)), leave))
          })
        )
      )
      yield* Effect.raceFirst(Effect.andThen(read, FiberSet.awaitEmpty(fibers)), FiberSet.join(fibers))
    }).pipe(Effect.scoped)

  return {
    within: (key) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(take(key)), () => Effect.ensuring(restore(effect), giving(key)))
      ),
    consume,
    running: (key) => lanes.get(key)?.running ?? 0
  }
}

/**
 * Runs an effect for each item and keeps every result, in the order of the items: a failure is a result and ends nothing.
 *
 * @example
 * import * as GenerativeModel from "@genops/vertex/GenerativeModel"
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as FanOut from "@genops/pipelines/FanOut"
 *
 * const models = ["gemini-3.5-flash", "gemini-3.1-pro-preview"].map((model) => ModelConfiguration.make(model))
 * const answers = FanOut.forEach(models, (model) => GenerativeModel.generate(model, "Name a prime."), {
 *   key: ({ model }) => model,
 *   total: 8,
 *   perKey: 4
 * })
 *
 * @since 0.1.0
 */
export const forEach = <A, B, E, R, K>(
  items: Iterable<A>,
  f: (item: A, index: number) => Effect.Effect<B, E, R>,
  options: Limits<K> & { readonly key: (item: A) => K }
): Effect.Effect<ReadonlyArray<Result.Result<B, E>>, never, R> =>
  Effect.suspend(() => {
    const { within } = make(options)
    return Effect.forEach(items, (item, index) => within(options.key(item))(Effect.result(f(item, index))), {
      concurrency: "unbounded"
    })
  })
