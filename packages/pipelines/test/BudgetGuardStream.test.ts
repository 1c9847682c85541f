import type * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import { configuration, costOfSuccess, errorOf, room, run, success, worstOf } from "./GuardedRun.ts"
import * as OracleModel from "./OracleModel.ts"

describe("streams", () => {
  const collect = Stream.runCollect(GenerativeModel.stream(configuration, "hello"))

  it.effect("all deltas arrive and the last usage is booked", () =>
    Effect.gen(function* () {
      const { books, exit } = yield* run(success, collect)
      assert.deepStrictEqual(Exit.isSuccess(exit) && exit.value.map(({ text }) => text), ["1", "2", "3", "answer"])
      assert.strictEqual(books.spent.usd, costOfSuccess)
    })
  )

  it.effect("without usage the worst case is booked, and a failure reaches the reader", () =>
    Effect.gen(function* () {
      const silent = yield* run({ ...success, ends: "noUsage" }, collect)
      assert.strictEqual(silent.books.uncertain.usd, worstOf().usd)
      const broken = yield* run({ ...success, ends: "timedOut" }, collect)
      errorOf(broken.exit, "VertexError")
      assert.strictEqual(broken.books.uncertain.usd, worstOf().usd)
    })
  )

  const early = Stream.runCollect(Stream.take(GenerativeModel.stream(configuration, "hello"), 1))
  for (const [onInterrupt, expected] of [
    ["drain", costOfSuccess],
    ["abort", worstOf().usd]
  ] as const) {
    it.effect(`a reader that stops early: ${onInterrupt}`, () =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(run({ ...success, working: 100 }, early, { onInterrupt }))
        yield* TestClock.adjust("5 seconds")
        const { books, exit } = yield* Fiber.join(fiber)
        assert.strictEqual(Exit.isSuccess(exit) && exit.value.length, 1)
        assert.strictEqual(books.spent.usd, expected)
      })
    )
  }

  it.effect("a refused stream sends nothing", () =>
    Effect.gen(function* () {
      const { exit, oracle } = yield* run(success, collect, { limits: { requests: 0 } })
      assert.strictEqual(errorOf(exit, "BudgetExceeded").unit, "requests")
      assert.deepStrictEqual(oracle.requests, [])
    })
  )

  it.effect("a slow reader holds back the model: memory is bounded", () =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => success })
      let made = 0
      const endless = Stream.fromEffectRepeat(
        Effect.sync(() => {
          made++
          return OracleModel.responseOf({ ...success, ends: "noUsage" })
        })
      )
      const model = { ...oracle.model, stream: () => endless }
      yield* Stream.runDrain(
        GenerativeModel.stream(configuration, "hello").pipe(
          Stream.mapEffect((delta) => Effect.as(Effect.sleep("1 second"), delta)),
          Stream.take(3)
        )
      ).pipe(
        BudgetGuard.within(room(1), { onInterrupt: "abort" }),
        Effect.provideService(GenerativeModel.GenerativeModel, model),
        Effect.provide(OracleModel.layer(oracle)),
        Effect.forkChild({ startImmediately: true }),
        Effect.tap(() => TestClock.adjust("10 seconds")),
        Effect.flatMap(Fiber.join)
      )
      assert.isBelow(made, 1_000)
    })
  )

  const streaming = (deltas: Stream.Stream<GenerateResponse.GenerateResponse>, program: typeof collect) =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => success })
      const books = yield* Effect.andThen(program, BudgetGuard.spent).pipe(
        BudgetGuard.within(room(1)),
        Effect.provideService(GenerativeModel.GenerativeModel, { ...oracle.model, stream: () => deltas }),
        Effect.provide(OracleModel.layer(oracle))
      )
      return Option.getOrThrow(books)
    })

  it.effect("of several usages the last counts", () =>
    Effect.gen(function* () {
      const first = OracleModel.responseOf({ ...success, outputTokens: 1 })
      const { spent } = yield* streaming(Stream.make(first, OracleModel.responseOf(success)), collect)
      assert.strictEqual(spent.usd, costOfSuccess)
    })
  )

  it.effect("draining reads on although nobody takes the deltas", () =>
    Effect.gen(function* () {
      const silent = OracleModel.responseOf({ ...success, ends: "noUsage" })
      const long = Stream.concat(
        Stream.rechunk(Stream.fromIterable(Array.from({ length: 2_000 }, () => silent)), 1),
        Stream.succeed(OracleModel.responseOf(success))
      )
      const oracle = OracleModel.make({ script: () => success })
      let books: BudgetGuard.Spending | undefined
      yield* early.pipe(
        BudgetGuard.within(room(1), { onEnd: (spending) => Effect.sync(() => (books = spending)) }),
        Effect.provideService(GenerativeModel.GenerativeModel, { ...oracle.model, stream: () => long }),
        Effect.provide(OracleModel.layer(oracle))
      )
      assert.strictEqual(books?.spent.usd, costOfSuccess)
    })
  )
})
