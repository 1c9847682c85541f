import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import { CallMeter } from "@genops/vertex/CallMeter"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import { call, costOfSuccess, room, run, success, worstOf } from "./GuardedRun.ts"
import * as OracleModel from "./OracleModel.ts"

describe("waiting", () => {
  const slow: OracleModel.Script = { ...success, working: 1_000 }

  it.effect("calls that do not fit beside those in flight wait in order, and are not refused", () =>
    Effect.gen(function* () {
      const inputs = ["first", "secon", "third", "fourt"]
      const program = Effect.forEach(inputs, (input) => call(input), { concurrency: "unbounded", discard: true })
      // Room for one worst case and what the others really cost.
      const fiber = yield* Effect.forkChild(run(slow, program, { limits: room(1, Money.times(costOfSuccess, 3)) }))
      yield* TestClock.adjust("10 seconds")
      const { books, exit, oracle } = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(oracle.requests, inputs)
      assert.strictEqual(books.refused, 0)
    })
  )

  it.effect("a large call is not overtaken for ever by small ones", () =>
    Effect.gen(function* () {
      const large = ModelConfiguration.make("oracle", { generationConfig: { maxOutputTokens: 700 } })
      const done: Array<string> = []
      const small = (name: string) => Effect.tap(call(name), () => Effect.sync(() => done.push(name)))
      const program = Effect.gen(function* () {
        const first = yield* Effect.forkChild(Effect.all([small("a"), small("b")], { concurrency: 2 }))
        yield* Effect.sleep(1)
        const big = yield* Effect.forkChild(
          Effect.tap(call("large", large), () => Effect.sync(() => done.push("large")))
        )
        yield* Effect.sleep(1)
        yield* Effect.forEach(["c", "d", "e"], small, { concurrency: 3 })
        yield* Fiber.join(first)
        yield* Fiber.join(big)
      })
      const limits = {
        name: "run",
        usd: Money.toDecimal(Money.plus(worstOf("large", large).usd, Money.times(costOfSuccess, 5)))
      }
      const fiber = yield* Effect.forkChild(run(slow, program, { limits }))
      yield* TestClock.adjust("1 minute")
      const { exit } = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(done.slice(0, 3), ["a", "b", "large"])
    })
  )

  it.effect("waiting for one step does not stop another", () =>
    Effect.gen(function* () {
      const judge = Effect.forEach(["j1", "j2"], (name) => call(name), { concurrency: 2 }).pipe(
        BudgetGuard.within({ ...room(1, costOfSuccess), name: "judge" })
      )
      const generate = Effect.andThen(Effect.sleep(1), call("g1"))
      const fiber = yield* Effect.forkChild(
        run({ ...slow, working: 5_000 }, Effect.all([judge, generate], { concurrency: 2, discard: true }))
      )
      yield* TestClock.adjust("1 minute")
      const { oracle } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(oracle.requests, ["j1", "g1", "j2"])
    })
  )

  it.effect("steps that wait for the same budget take turns", () =>
    Effect.gen(function* () {
      const step = (name: string) =>
        Effect.forEach([1, 2, 3], (index) => call(`${name}${index}`), { concurrency: 3 }).pipe(
          BudgetGuard.within({ name, usd: "1" })
        )
      const fiber = yield* Effect.forkChild(
        run(slow, Effect.all([step("a"), step("b")], { concurrency: 2 }), {
          limits: { name: "run", usd: Money.toDecimal(Money.plus(worstOf("a1").usd, Money.times(costOfSuccess, 5))) }
        })
      )
      yield* TestClock.adjust("1 minute")
      const { exit, oracle } = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(oracle.requests, ["a1", "a2", "b1", "a3", "b2", "b3"])
    })
  )

  it.effect("waiting ends with BudgetExceeded after waitTimeout", () =>
    Effect.gen(function* () {
      const program = Effect.all([call("a"), Effect.flip(call("b"))], { concurrency: 2 })
      const fiber = yield* Effect.forkChild(
        run({ ...success, working: 60_000 }, program, { limits: room(1, costOfSuccess), waitTimeout: "5 seconds" })
      )
      yield* TestClock.adjust("2 minutes")
      const { exit, oracle } = yield* Fiber.join(fiber)
      assert.include(Exit.isSuccess(exit) ? exit.value[1].message : "", "It waited 5s for calls in flight")
      assert.deepStrictEqual(oracle.requests, ["a"])
    })
  )

  it.effect("a call that is interrupted while it waits leaves nothing behind", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const first = yield* Effect.forkChild(call("a"))
        const second = yield* Effect.forkChild(call("b"))
        yield* Effect.sleep(10)
        yield* Fiber.interrupt(second)
        yield* Fiber.join(first)
        return yield* call("c")
      })
      const fiber = yield* Effect.forkChild(run(slow, program, { limits: room(1, costOfSuccess) }))
      yield* TestClock.adjust("1 minute")
      const { exit, oracle } = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(oracle.requests, ["a", "c"])
    })
  )
})

describe("interruption", () => {
  /** Starts a call, interrupts it after a while, and says how long the interruption took. */
  const interrupted = (after: number) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(call())
      yield* Effect.sleep(after)
      yield* Fiber.interrupt(fiber)
    })
  const slow: OracleModel.Script = { ...success, queued: 100, working: 1_000 }

  const cases: ReadonlyArray<
    readonly [
      string,
      number,
      Partial<OracleModel.Script>,
      BudgetGuard.Options & { reports?: boolean },
      "none" | "actual" | "worst"
    ]
  > = [
    ["before the request is sent: released", 50, {}, {}, "none"],
    ["after it is sent: read to its end, actual", 500, {}, {}, "actual"],
    ["after it is sent, slower than the grace time: worst case", 500, { working: 60_000 }, {}, "worst"],
    ["after it is sent, abort: worst case", 500, {}, { onInterrupt: "abort" }, "worst"],
    ["before it is sent, abort: released", 50, {}, { onInterrupt: "abort" }, "none"],
    ["of a model that reports nothing: worst case", 50, {}, { onInterrupt: "abort", reports: false }, "worst"]
  ]
  for (const [name, after, script, options, booked] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(run({ ...slow, ...script }, interrupted(after), options))
        yield* TestClock.adjust("30 seconds")
        const { books } = yield* Fiber.join(fiber)
        assert.strictEqual(books.spent.usd, { none: 0n, actual: costOfSuccess, worst: worstOf().usd }[booked])
      })
    )
  }

  it.effect("a call that is drained does not try again", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(run({ ...slow, retries: ["unknown"] }, interrupted(500)))
      yield* TestClock.adjust("30 seconds")
      const { books, oracle } = yield* Fiber.join(fiber)
      assert.strictEqual(oracle.requests.length, 1)
      assert.strictEqual(books.spent.usd, worstOf().usd)
    })
  )

  /** Interrupts a call of a model of one's own after half a second. */
  const withModel = (generate: GenerativeModel.GenerativeModel["Service"]["generate"], options?: BudgetGuard.Options) =>
    run(
      success,
      Effect.gen(function* () {
        const model = yield* GenerativeModel.GenerativeModel
        return yield* interrupted(500).pipe(
          BudgetGuard.within({ name: "own", usd: "1" }, options),
          Effect.provideService(GenerativeModel.GenerativeModel, { ...model, generate })
        )
      })
    )

  it.effect("a model that cannot be interrupted does not keep the books open", () =>
    Effect.gen(function* () {
      const stubborn = Effect.uninterruptible(Effect.as(Effect.sleep("1 hour"), OracleModel.responseOf(success)))
      const fiber = yield* Effect.forkChild(withModel(() => stubborn))
      yield* TestClock.adjust("11 seconds")
      const { books } = yield* Fiber.join(fiber)
      assert.strictEqual(books.uncertain.usd, worstOf().usd)
    })
  )

  it.effect("after the grace time the connection is closed", () =>
    Effect.gen(function* () {
      let closed = false
      const endless = Effect.onInterrupt(Effect.never, () => Effect.sync(() => (closed = true)))
      const fiber = yield* Effect.forkChild(withModel(() => endless))
      yield* TestClock.adjust("11 seconds")
      yield* Fiber.join(fiber)
      assert.isTrue(closed)
    })
  )

  it.effect("between two attempts nothing is on its way: released", () =>
    Effect.gen(function* () {
      const backingOff = Effect.gen(function* () {
        const meter = yield* CallMeter
        meter.queued()
        meter.sent()
        yield* meter.retrying("no")
        return yield* Effect.never
      })
      const fiber = yield* Effect.forkChild(withModel(() => backingOff))
      yield* TestClock.adjust("11 seconds")
      const { books } = yield* Fiber.join(fiber)
      assert.strictEqual(books.spent.usd, 0n)
    })
  )

  it.effect("the caller does not wait for the draining, the region does", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* interrupted(500)
        return Option.getOrThrow(yield* BudgetGuard.spent).held.usd
      })
      const fiber = yield* Effect.forkChild(run(slow, program))
      yield* TestClock.adjust("500 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("600 millis")
      const { exit } = yield* Fiber.join(fiber)
      assert.strictEqual(Exit.isSuccess(exit) && exit.value, worstOf().usd)
    })
  )

  it.effect("a region that is interrupted closes its books", () =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => slow })
      let books: BudgetGuard.Spending | undefined
      const fiber = yield* Effect.forEach([1, 2, 3], () => call(), { concurrency: 3 }).pipe(
        BudgetGuard.within(room(10), { onEnd: (spending) => Effect.sync(() => (books = spending)) }),
        Effect.provide(OracleModel.layer(oracle)),
        Effect.forkChild
      )
      yield* TestClock.adjust("500 millis")
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(interrupting)
      assert.strictEqual(books?.held.usd, 0n)
      assert.strictEqual(books?.spent.usd, Money.times(costOfSuccess, 3))
      assert.strictEqual(oracle.bill, Money.times(costOfSuccess, 3))
    })
  )
})
