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
   * An effect that has more to do, but nothing that needs the room, gives it back by `leave`. While the stream is read, its key keeps the
   * room that it has given back, up to its share.
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
  /** What it holds, and the part of it that waits for the next element of a stream. */
  running: number
  spare: number
  /** Streams that are still read. */
  streams: number
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
    const lane: Lane = { most, running: 0, spare: 0, streams: 0, waiting: new Set() }
    lanes.set(key, lane)
    return lane
  }

  const busy = ({ running, spare }: Lane) => running - spare

  /** Who is next: of the keys with the fewest running, the one that has waited longest. */
  const next = (): readonly [Lane, Waiter] | undefined => {
    let best: readonly [Lane, Waiter] | undefined
    for (const lane of lanes.values()) {
      const [first] = lane.waiting
      if (first === undefined || busy(lane) >= lane.most) continue
      if (
        best === undefined ||
        busy(lane) < busy(best[0]) ||
        (busy(lane) === busy(best[0]) && first.ticket < best[1].ticket)
      ) {
        best = [lane, first]
      }
    }
    return best
  }

  const free = (lane: Lane, room: number): void => {
    lane.running -= room
    running -= room
  }

  /** Takes room for a lane: its own that is spare, what is free, or what another one spares that has more. Tells whether there was some. */
  const hold = (lane: Lane): boolean => {
    if (lane.spare > 0) {
      lane.spare--
      return true
    }
    if (running >= total) {
      const sparing = [...lanes.values()].filter(({ running, spare }) => spare > 0 && running > lane.running)
      const most = sparing.reduce<Lane | undefined>(
        (a, b) => (a === undefined || b.running > a.running ? b : a),
        undefined
      )
      if (most === undefined) return false
      most.spare--
      free(most, 1)
    }
    lane.running++
    running++
    return true
  }

  const admit = (): void => {
    // What is started may end at once and give its room back: this loop hands it on, instead of one deeper on the stack.
    if (admitting) return
    admitting = true
    try {
      for (let found = next(); found !== undefined; found = next()) {
        const [lane, waiter] = found
        if (!hold(lane)) return
        lane.waiting.delete(waiter)
        waiter.start()
      }
    } finally {
      admitting = false
    }
  }

  const tidy = (key: K): void => {
    const lane = lanes.get(key)
    if (lane?.running === 0 && lane.streams === 0 && lane.waiting.size === 0) lanes.delete(key)
  }

  /** Changes a lane by giving room back, and hands the room on. */
  const giving = (key: K, change: (lane: Lane) => void): Effect.Effect<void> =>
    Effect.sync(() => {
      change(laneOf(key))
      tidy(key)
      admit()
    })

  const take = (key: K): Effect.Effect<void> =>
    Effect.callback((resume) => {
      const lane = laneOf(key)
      const waiter: Waiter = { ticket: tickets++, start: () => resume(Effect.void) }
      lane.waiting.add(waiter)
      admit()
      return Effect.sync(() => {
        lane.waiting.delete(waiter)
        tidy(key)
      })
    })

  const once = (effect: Effect.Effect<void>): Effect.Effect<void> => {
    let isDone = false
    return Effect.suspend(() => {
      if (isDone) return Effect.void
      isDone = true
      return effect
    })
  }

  // The next element is still to be read when an effect ends. Its room is spared for that: or else, when several end at the same time, the
  // first would find its key in line, and the room of the others would go to a slow key for long.
  const spare = (lane: Lane): void => {
    if (lane.streams > 0) lane.spare++
    else free(lane, 1)
  }

  const endStream = (lane: Lane): void => {
    if (--lane.streams > 0) return
    free(lane, lane.spare)
    lane.spare = 0
  }

  const consume: FanOut<K>["consume"] = (key, stream, f) =>
    Effect.gen(function* () {
      const fibers = yield* FiberSet.make<void, Effect.Error<ReturnType<typeof f>>>()
      const ended = once(giving(key, endStream))
      yield* Effect.acquireRelease(
        Effect.sync(() => laneOf(key).streams++),
        () => ended
      )
      const read = Stream.runForEach(stream, (element) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(take(key)), () => {
            const leave = once(giving(key, spare))
            return FiberSet.run(fibers, Effect.ensuring(restore(f(element, leave)), leave))
          })
        )
      )
      const all = Effect.andThen(Effect.andThen(read, ended), FiberSet.awaitEmpty(fibers))
      yield* Effect.raceFirst(all, FiberSet.join(fibers))
    }).pipe(Effect.scoped)

  const release = (lane: Lane) => free(lane, 1)

  return {
    within: (key) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(take(key)), () => Effect.ensuring(restore(effect), giving(key, release)))
      ),
    consume,
    running: (key) => {
      const lane = lanes.get(key)
      return lane === undefined ? 0 : busy(lane)
    }
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
