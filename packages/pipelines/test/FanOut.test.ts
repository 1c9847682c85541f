import { assert, describe, it } from "@effect/vitest"
import * as Random from "@genops/core/statistics/Random"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FanOut from "../src/FanOut.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

/** Counts what runs at the same time, by key. */
const observer = () => {
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  const log: Array<string> = []
  const change = (key: string, by: number) => {
    running.set(key, (running.get(key) ?? 0) + by)
    running.set("all", (running.get("all") ?? 0) + by)
    for (const one of [key, "all"]) most.set(one, Math.max(most.get(one) ?? 0, running.get(one) ?? 0))
  }
  const work = (key: string, millis: number) =>
    Effect.acquireUseRelease(
      Effect.sync(() => change(key, 1)),
      () =>
        Effect.andThen(
          Effect.sync(() => log.push(key)),
          Effect.sleep(millis)
        ),
      () => Effect.sync(() => change(key, -1))
    )
  return { log, most, running, work }
}

describe("forEach", () => {
  it.effect("bounds what runs in total and by key, and keeps every result in order", () =>
    Effect.gen(function* () {
      const { most, work } = observer()
      const items = Array.from({ length: 60 }, (_, i) => ({ key: i % 3 === 0 ? "a" : "b", i }))
      const fiber = yield* FanOut.forEach(
        items,
        ({ i, key }) => Effect.andThen(work(key, 100), i % 7 === 0 ? Effect.fail(i) : Effect.succeed(i)),
        { key: ({ key }) => key, total: 5, perKey: (key) => (key === "a" ? 2 : 4) }
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("1 minute")
      const results = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        results.map((result) => Result.match(result, { onFailure: (i) => -i, onSuccess: (i) => i })),
        items.map(({ i }) => (i % 7 === 0 ? -i : i))
      )
      assert.deepStrictEqual(Object.fromEntries(most), { a: 2, b: 4, all: 5 })
    })
  )

  it.effect("does not grow the stack with effects that end at once", () =>
    Effect.gen(function* () {
      const items = Array.from({ length: 20_000 }, (_, i) => i)
      const results = yield* FanOut.forEach(items, Effect.succeed, { key: () => "a", total: 1 })
      assert.lengthOf(results, 20_000)
    })
  )

  it("takes no limits that are none", () => {
    for (const limits of [{ total: 0 }, { total: 1.5 }, { total: 1, perKey: NaN }]) {
      assert.throws(() => FanOut.make(limits), RangeError)
    }
  })
})

describe("room", () => {
  it.effect("goes to the key with the fewest running, so that a slow one does not hold the others up", () =>
    Effect.gen(function* () {
      const { running, work } = observer()
      const room = FanOut.make<string>({ total: 8 })
      const many = (key: string, count: number, millis: number) =>
        Effect.forEach(Array.from({ length: count }), () => room.within(key)(work(key, millis)), {
          concurrency: "unbounded",
          discard: true
        })
      const slow = yield* Effect.forkChild(many("slow", 1000, 60_000))
      yield* Effect.yieldNow
      // It came alone and has all the room, for a minute.
      assert.strictEqual(room.running("slow"), 8)
      const fast = yield* Effect.forkChild(many("fast", 100, 1_000))
      yield* TestClock.adjust("60 seconds")
      assert.deepInclude(Object.fromEntries(running), { slow: 4, fast: 4 })
      yield* TestClock.adjust("25 seconds")
      assert.isDefined(fast.pollUnsafe(), "4 at a time, a second each")
      assert.strictEqual(room.running("slow"), 8, "what nobody else wants is its own")
      yield* Fiber.interrupt(slow)
      assert.strictEqual(room.running("slow"), 0)
    })
  )

  it.effect("comes back from what fails, dies and is interrupted, while it runs and while it waits", () =>
    Effect.gen(function* () {
      const room = FanOut.make<string>({ total: 2 })
      const never = yield* Effect.forkChild(room.within("a")(Effect.never))
      yield* Effect.exit(room.within("a")(Effect.fail("x")))
      yield* Effect.exit(room.within("a")(Effect.die("x")))
      const other = yield* Effect.forkChild(room.within("b")(Effect.never))
      const waiting = yield* Effect.forkChild(room.within("a")(Effect.void))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(never)
      yield* Fiber.interrupt(other)
      assert.strictEqual(room.running("a") + room.running("b"), 0)
      assert.strictEqual(yield* room.within("c")(Effect.succeed(1)), 1)
    })
  )
})

describe("consume", () => {
  it.effect("keeps the share of a key whose effects end all at the same time", () =>
    Effect.gen(function* () {
      const room = FanOut.make<string>({ total: 8 })
      let gate = Deferred.makeUnsafe<void>()
      const slowly = Stream.tap(Stream.range(1, 1000), () => Effect.yieldNow)
      const consumers = [
        yield* Effect.forkChild(room.consume("slow", slowly, () => Effect.never)),
        yield* Effect.forkChild(room.consume("fast", slowly, () => Effect.suspend(() => Deferred.await(gate))))
      ]
      const settle = Effect.repeat(Effect.yieldNow, { times: 100 })
      for (let round = 0; round < 10; round++) {
        yield* settle
        assert.deepStrictEqual([room.running("slow"), room.running("fast")], [4, 4], `round ${round}`)
        const before = gate
        gate = Deferred.makeUnsafe<void>()
        yield* Deferred.succeed(before, undefined)
      }
      yield* Fiber.interruptAll(consumers)
      assert.strictEqual(room.running("slow") + room.running("fast"), 0)
    })
  )

  it.effect("gives back what it has in hand when its stream ends, and when it is interrupted while it reads", () =>
    Effect.gen(function* () {
      const room = FanOut.make<string>({ total: 4 })
      const gate = Deferred.makeUnsafe<void>()
      const stuck = Stream.concat(Stream.range(1, 4), Stream.fromEffect(Effect.never))
      const fiber = yield* Effect.forkChild(room.consume("a", stuck, () => Deferred.await(gate)))
      yield* Effect.repeat(Effect.yieldNow, { times: 50 })
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.repeat(Effect.yieldNow, { times: 50 })
      // Another key finds room as long as the stream has not taken more than it uses.
      assert.strictEqual(yield* room.within("b")(Effect.succeed("b")), "b")
      yield* Fiber.interrupt(fiber)
      yield* room.consume("c", Stream.range(1, 10), () => Effect.void)
      assert.deepStrictEqual(
        ["a", "b", "c"].map((key) => room.running(key)),
        [0, 0, 0]
      )
      yield* FanOut.forEach([1, 2, 3, 4], Effect.succeed, { key: () => "d", total: 4 })
    })
  )

  it.effect(`never exceeds a limit and loses no room, whatever ends when and how (GENOPS_SEED=${seed})`, () =>
    Effect.gen(function* () {
      const next = Random.xoshiro128ss(seed)
      const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit)
      for (let trial = 0; trial < 30; trial++) {
        const [total, perKey] = [1 + below(8), 1 + below(6)]
        const room = FanOut.make<string>({ total, perKey })
        const { most, running, work } = observer()
        const consumers = yield* Effect.forEach(["a", "b", "c"], (key) => {
          const elements = Stream.tap(Stream.range(1, 1 + below(40)), () => Effect.sleep(below(3)))
          const one = (_: number, leave: Effect.Effect<void>) => {
            const ends = [Effect.void, Effect.void, Effect.andThen(leave, Effect.sleep(below(50)))][below(3)]
            return Effect.andThen(work(key, [0, 10, 10, below(100)][below(4)] ?? 0), ends ?? Effect.void)
          }
          return Effect.forkChild(Effect.forEach([1, 2], () => room.consume(key, elements, one)))
        })
        yield* TestClock.adjust(below(1_000))
        const [first] = consumers
        if (first !== undefined && below(2) === 0) yield* Fiber.interrupt(first)
        yield* TestClock.adjust("1 hour")
        for (const [i, fiber] of consumers.entries())
          assert.isDefined(fiber.pollUnsafe(), `trial ${trial}, consumer ${i}`)
        for (const key of ["a", "b", "c"]) {
          assert.isAtMost(most.get(key) ?? 0, perKey)
          assert.strictEqual(room.running(key), 0)
        }
        assert.isAtMost(most.get("all") ?? 0, total)
        assert.strictEqual(running.get("all"), 0)
      }
    })
  )

  it.effect("reads no further than there is room", () =>
    Effect.gen(function* () {
      const { work } = observer()
      const room = FanOut.make<string>({ total: 3 })
      let read = 0
      const source = Stream.fromIterable(
        (function* () {
          for (; read < 100; read++) yield read
        })(),
        { chunkSize: 1 }
      )
      const fiber = yield* Effect.forkChild(room.consume("a", source, () => work("a", 1_000)))
      yield* TestClock.adjust("10 millis")
      assert.isAtMost(read, 5)
      yield* TestClock.adjust("10 seconds")
      assert.isAtMost(read, 36)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(read, 100)
    })
  )

  it.effect("reads on when an effect has left the room, and takes the room back once", () =>
    Effect.gen(function* () {
      const room = FanOut.make<string>({ total: 2 })
      let inside = 0
      let most = 0
      const work = (_: number, leave: Effect.Effect<void>) =>
        Effect.gen(function* () {
          most = Math.max(most, ++inside)
          yield* Effect.sleep("1 second")
          inside--
          yield* Effect.andThen(leave, leave)
          yield* Effect.sleep("10 seconds")
        })
      const fiber = yield* Effect.forkChild(room.consume("a", Stream.range(1, 20), work))
      yield* Effect.repeat(TestClock.adjust("1 second"), { times: 10 })
      assert.strictEqual(most, 2)
      assert.strictEqual(room.running("a"), 0)
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(room.running("a"), 0)
    })
  )

  it.effect("fails with the first failure, of the stream or of an element, and interrupts the rest", () =>
    Effect.gen(function* () {
      const room = FanOut.make<string>({ total: 4 })
      let interrupted = 0
      const work = (i: number) =>
        i === 2 ? Effect.fail("element") : Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted++))
      const error = yield* Effect.flip(room.consume("a", Stream.range(0, 100), work))
      assert.strictEqual(error, "element")
      assert.strictEqual(interrupted, room.running("a") + interrupted)
      assert.isAtLeast(interrupted, 2)
      assert.strictEqual(room.running("a"), 0)
      const source = Stream.concat(Stream.range(0, 1), Stream.fail("stream"))
      assert.strictEqual(yield* Effect.flip(room.consume("a", source, () => Effect.never)), "stream")
      assert.strictEqual(room.running("a"), 0)
    })
  )
})
