import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FanOut from "../src/FanOut.ts"

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
