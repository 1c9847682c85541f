import * as Budget from "@genops/core/Budget"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import { call, configuration, costOfSuccess, errorOf, room, run, success, worstOf } from "./GuardedRun.ts"
import * as OracleModel from "./OracleModel.ts"

describe("what is booked", () => {
  const outcomes: ReadonlyArray<
    readonly [OracleModel.Script["ends"], (worst: bigint) => { readonly spent: bigint; readonly uncertain: bigint }]
  > = [
    ["success", () => ({ spent: costOfSuccess, uncertain: 0n })],
    ["noUsage", (worst) => ({ spent: worst, uncertain: worst })],
    ["throttled", () => ({ spent: 0n, uncertain: 0n })],
    ["timedOut", (worst) => ({ spent: worst, uncertain: worst })],
    ["defect", (worst) => ({ spent: worst, uncertain: worst })],
    ["blocked", () => ({ spent: Money.usd("0.00001"), uncertain: 0n })]
  ]
  for (const [ends, expected] of outcomes) {
    it.effect(ends, () =>
      Effect.gen(function* () {
        const { books } = yield* run({ ...success, ends }, call())
        const { spent, uncertain } = expected(worstOf().usd)
        assert.strictEqual(books.spent.usd, spent)
        assert.strictEqual(books.uncertain.usd, uncertain)
      })
    )
  }

  it.effect("tokens and requests of a success, and what is left", () =>
    Effect.gen(function* () {
      const { books, exit } = yield* run(success, call(), { limits: { totalTokens: 1_000, requests: 3 } })
      assert.strictEqual(Exit.isSuccess(exit) && exit.value.text, "answer")
      assert.deepStrictEqual(books.left, { totalTokens: 970n, requests: 2n })
    })
  )

  it.effect("the worst case of a blocked prompt whose usage is not known", () =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => success })
      const model = { ...oracle.model, generate: () => Effect.fail(OracleModel.blocked(undefined)) }
      const snapshot = Effect.andThen(Effect.flip(call()), BudgetGuard.spent)
      const books = yield* snapshot.pipe(
        BudgetGuard.within(room(10)),
        Effect.provideService(GenerativeModel.GenerativeModel, model),
        Effect.provide(OracleModel.layer(oracle))
      )
      assert.strictEqual(Option.getOrThrow(books).uncertain.usd, worstOf().usd)
    })
  )

  it.effect("a defect of the program after the answer leaves what was booked", () =>
    Effect.gen(function* () {
      const { books, exit } = yield* run(success, Effect.andThen(call(), Effect.die("a bug")))
      assert.isTrue(Exit.hasDies(exit))
      assert.strictEqual(books.spent.usd, costOfSuccess)
    })
  )
})

describe("refusals", () => {
  it.effect("a call that cannot fit is not sent, says why, and may be caught", () =>
    Effect.gen(function* () {
      const { books, exit, oracle } = yield* run(
        success,
        Effect.flip(call("hello", ModelConfiguration.make("oracle"))),
        {
          limits: { name: "run", usd: "0.009" }
        }
      )
      const error = Exit.isSuccess(exit) ? exit.value : undefined
      assert.instanceOf(error, Budget.BudgetExceeded)
      assert.include(error?.message, "8,000 output tokens")
      assert.include(error?.message, "maxOutputTokens is not set")
      assert.deepStrictEqual(oracle.requests, [])
      assert.strictEqual(books.refused, 1)
    })
  )

  it.effect("the innermost budget that refuses is named", () =>
    Effect.gen(function* () {
      const nested = call().pipe(BudgetGuard.within({ name: "step", usd: "0.000001" }))
      const { books, exit } = yield* run(success, nested, { limits: { name: "run", usd: "0.000002" } })
      assert.strictEqual(errorOf(exit, "BudgetExceeded").budget, "step")
      assert.strictEqual(books.refused, 0)
    })
  )

  it.effect("nested budgets book the same calls", () =>
    Effect.gen(function* () {
      const step = Effect.andThen(call(), BudgetGuard.spent).pipe(BudgetGuard.within({ name: "step", usd: "1" }))
      const { books, exit } = yield* run(success, Effect.andThen(call(), step))
      assert.strictEqual(Exit.isSuccess(exit) && Option.getOrThrow(exit.value).spent.usd, costOfSuccess)
      assert.strictEqual(books.spent.usd, Money.times(costOfSuccess, 2))
    })
  )

  it.effect("an unknown price is refused when money is limited, and counted when allowed", () =>
    Effect.gen(function* () {
      const unknown = call(
        "hello",
        ModelConfiguration.make("nobody-knows", { generationConfig: { maxOutputTokens: 8 } })
      )
      const refused = yield* run(success, unknown)
      errorOf(refused.exit, "PriceUnknown")
      assert.deepStrictEqual(refused.oracle.requests, [])
      const allowed = yield* run(success, unknown, { onUnknownPrice: "allow" })
      assert.strictEqual(allowed.books.unpriced, 1)
      assert.strictEqual(allowed.books.spent.usd, 0n)
      const tokens = yield* run(success, unknown, { limits: { totalTokens: 10_000 } })
      assert.strictEqual(tokens.books.spent.totalTokens, 30n)
    })
  )

  it.effect("limits that cannot be enforced are a typed failure", () =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => success })
      for (const limits of [{ usd: "-1" }, { usd: "NaN" }, { requests: Number.NaN }, { totalTokens: 1e300 }, {}]) {
        const error = yield* Effect.flip(
          call().pipe(BudgetGuard.within(limits), Effect.provide(OracleModel.layer(oracle)))
        )
        assert.strictEqual(error._tag, "InvalidBudget")
      }
      assert.deepStrictEqual(oracle.requests, [])
    })
  )

  it.effect("a configuration that Vertex would refuse is refused before it is reckoned", () =>
    Effect.gen(function* () {
      const broken = ModelConfiguration.make("oracle", { generationConfig: { maxOutputTokens: Number.NaN } })
      const { exit, oracle } = yield* run(success, call("hello", broken))
      assert.strictEqual(errorOf(exit, "VertexError").reason._tag, "InvalidRequest")
      assert.deepStrictEqual(oracle.requests, [])
    })
  )
})

describe("retries", () => {
  it.effect("an attempt that may be billed is booked, and the next one admitted anew", () =>
    Effect.gen(function* () {
      const { books, oracle } = yield* run({ ...success, retries: ["unknown"] }, call())
      assert.strictEqual(oracle.requests.length, 2)
      assert.strictEqual(books.spent.usd, worstOf().usd + costOfSuccess)
      const tight = yield* run({ ...success, retries: ["unknown"] }, call(), { limits: room(1, costOfSuccess) })
      errorOf(tight.exit, "BudgetExceeded")
      assert.strictEqual(tight.oracle.requests.length, 1)
      assert.strictEqual(tight.books.spent.usd, worstOf().usd)
    })
  )

  it.effect("an attempt that is not billed keeps its hold", () =>
    Effect.gen(function* () {
      const { books } = yield* run({ ...success, retries: ["no", "no"] }, call(), { limits: room(1) })
      assert.strictEqual(books.spent.usd, costOfSuccess)
    })
  )
})

describe("models around models", () => {
  const retryOnce = (
    model: GenerativeModel.GenerativeModel["Service"]
  ): GenerativeModel.GenerativeModel["Service"] => ({
    ...model,
    generate: (configuration, input) =>
      Effect.andThen(model.generate(configuration, input), model.generate(configuration, input))
  })

  it.effect("a decorator between two budgets is booked by the calls that it makes, once each", () =>
    Effect.gen(function* () {
      const step = call().pipe(
        BudgetGuard.within({ name: "step", usd: "1" }),
        Effect.updateService(GenerativeModel.GenerativeModel, retryOnce)
      )
      const { books, oracle } = yield* run(success, step, { limits: room(1, costOfSuccess) })
      assert.strictEqual(oracle.requests.length, 2)
      assert.strictEqual(books.spent.usd, Money.times(costOfSuccess, 2))
    })
  )

  it.effect("a service built outside on the metered layer is booked in the budget that uses it", () =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => success })
      const judge = yield* GenerativeModel.GenerativeModel.pipe(
        Effect.provide(Layer.provide(BudgetGuard.layerMetered, OracleModel.layer(oracle)))
      )
      const books = yield* Effect.andThen(judge.generate(configuration, "hello"), BudgetGuard.spent).pipe(
        BudgetGuard.within(room(1)),
        Effect.provide(OracleModel.layer(oracle))
      )
      assert.strictEqual(Option.getOrThrow(books).spent.usd, costOfSuccess)
    })
  )
})

describe("perRequest", () => {
  const guarded = (input: string, limits: Budget.LimitsInput) =>
    Effect.gen(function* () {
      const oracle = OracleModel.make({ script: () => success })
      const generate = yield* Effect.exit(
        call(input).pipe(BudgetGuard.perRequest(limits), Effect.provide(OracleModel.layer(oracle)))
      )
      const stream = yield* Effect.exit(
        Stream.runCollect(GenerativeModel.stream(configuration, input)).pipe(
          BudgetGuard.perRequest(limits),
          Effect.provide(OracleModel.layer(oracle))
        )
      )
      return { generate, stream, oracle }
    })

  for (const [limits, passes] of [
    [{ inputTokens: 11 }, true],
    [{ inputTokens: 10 }, false],
    [{ billableCharacters: 10 }, true],
    [{ billableCharacters: 9 }, false],
    [{ totalTokens: 111 }, true],
    [{ totalTokens: 110 }, false],
    [{ usd: "0.000311" }, true],
    [{ usd: "0.000310" }, false]
  ] as const) {
    it.effect(
      `${JSON.stringify(limits)} ${passes ? "passes" : "refuses"} 11 tokens, 10 characters and 100 tokens out`,
      () =>
        Effect.gen(function* () {
          const { generate, oracle, stream } = yield* guarded("hello world", limits)
          assert.deepStrictEqual(oracle.counted, ["hello world", "hello world"])
          assert.strictEqual(oracle.requests.length, passes ? 2 : 0)
          if (passes) {
            assert.isTrue(Exit.isSuccess(generate))
            assert.isTrue(Exit.isSuccess(stream))
          } else {
            assert.strictEqual(errorOf(generate, "BudgetExceeded").budget, "request")
            assert.strictEqual(errorOf(stream, "BudgetExceeded").budget, "request")
          }
        })
    )
  }

  it.effect("a ledger around it uses the same count", () =>
    Effect.gen(function* () {
      const { books, oracle } = yield* run(success, call().pipe(BudgetGuard.perRequest({ inputTokens: 100 })))
      assert.deepStrictEqual(oracle.counted, ["hello"])
      assert.strictEqual(books.spent.usd, costOfSuccess)
      const without = yield* run(success, call())
      assert.deepStrictEqual(without.oracle.counted, [])
    })
  )
})

it.effect("there are no books outside of budgets", () =>
  Effect.gen(function* () {
    assert.isTrue(Option.isNone(yield* BudgetGuard.spent))
  })
)
