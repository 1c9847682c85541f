/**
 * What steps and pauses do on every engine.
 */
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import type { GenerativeModel } from "@genops/vertex/GenerativeModel"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as BudgetBooks from "../src/BudgetBooks.ts"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Runs from "../src/Runs.ts"
import * as Step from "../src/Step.ts"
import type { EngineLayer, Subject } from "./EngineSubject.ts"
import * as World from "./EngineWorld.ts"
import * as GuardedRun from "./GuardedRun.ts"
import * as OracleModel from "./OracleModel.ts"

const { Parking } = World
const payload = { runId: "run", size: 1 }
const nap = Step.sleep({ name: "nap", duration: "50 millis" })
const cost = GuardedRun.costOfSuccess
const generate = Effect.orDie(GuardedRun.call())

export const suite = <R>(
  { isDurable, name, store }: Subject<R>,
  provide: (test: Effect.Effect<void, unknown, R | Scope.Scope>) => Effect.Effect<void, unknown, Scope.Scope>
) => {
  describe(`Steps on ${name}`, () => {
    const test = (what: string, body: (engine: EngineLayer) => Effect.Effect<void, unknown, Scope.Scope>) =>
      it.live(what, () => Effect.scoped(provide(Effect.flatMap(store, body))))

    /** One after the other: on a durable engine each in an engine of its own, as after the death of a process. */
    const inTurn = (
      layer: ReturnType<typeof World.running>,
      first: Effect.Effect<void, unknown, Runs.Runs>,
      second: Effect.Effect<void, unknown, Runs.Runs>
    ) =>
      isDurable
        ? Effect.andThen(Effect.provide(first, layer), Effect.provide(second, layer))
        : Effect.provide(Effect.andThen(first, second), layer)

    test("run once each when many run at a time and the body is replayed", (engine) => {
      const { done, step } = World.make()
      const seven = (group: string) =>
        Effect.forEach([1, 2, 3, 4, 5, 6, 7], (n) => step(`${group}${n}`), { concurrency: 3 })
      const body = Effect.all([seven("a"), nap, seven("b")])
      return Effect.gen(function* () {
        yield* Runs.run(Parking, payload)
        assert.strictEqual(new Set(done).size, 14)
        assert.lengthOf(done, 14)
      }).pipe(Effect.provide(World.running(engine, Effect.as(body, 1))))
    })

    test("refuse their record when they were given other inputs, and do nothing", (engine) => {
      const { broken, done, step } = World.make()
      let wish = { model: "flash", epochs: 3 }
      const fetch = Effect.suspend(() =>
        Step.make({ name: "fetch", input: wish, success: Schema.Int, execute: Effect.sync(() => done.push("fetch")) })
      )
      broken.add("two")
      return inTurn(
        World.running(engine, Effect.andThen(fetch, step("two"))),
        Effect.gen(function* () {
          assert.include((yield* Effect.flip(Runs.run(Parking, payload))).message, "[Broken]")
          // The order of the fields is none of the inputs.
          wish = { epochs: 3, model: "flash" }
          assert.include((yield* Effect.flip(Runs.run(Parking, payload))).message, "[Broken]")
        }),
        Effect.gen(function* () {
          wish = { model: "pro", epochs: 3 }
          const error = yield* Effect.flip(Runs.run(Parking, payload))
          assert.include(
            error.message,
            '[StepChanged] The step "fetch" of run run was recorded for other inputs than the program gives it now.' +
              '\n  recorded: {"epochs":3,"model":"flash"}\n  now:      {"epochs":3,"model":"pro"}'
          )
          wish = { model: "flash", epochs: 3 }
          broken.clear()
          assert.strictEqual(yield* Runs.run(Parking, payload), 4)
          assert.deepStrictEqual(done, ["fetch", "two", "two", "two"])
        })
      )
    })

    test("may be given other inputs after they failed, because nothing was recorded", (engine) => {
      let wish = 0
      const divide = Effect.suspend(() =>
        Step.make({
          name: "divide",
          input: wish,
          success: Schema.Int,
          execute: wish === 0 ? Effect.die(new RangeError("division by zero")) : Effect.succeed(6 / wish)
        })
      )
      return Effect.gen(function* () {
        assert.include((yield* Effect.flip(Runs.run(Parking, payload))).message, "[RangeError] division by zero")
        wish = 2
        assert.strictEqual(yield* Runs.run(Parking, payload), 3)
      }).pipe(Effect.provide(World.running(engine, divide)))
    })

    test("are not run again when they are interrupted from within", (engine) => {
      const { done, step } = World.make()
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Runs.run(Parking, payload))
        assert.strictEqual(error._tag, "RunParked")
        assert.include(error.message, 'failed in the step "one"')
        assert.deepStrictEqual(done, ["one"])
      }).pipe(Effect.provide(World.running(engine, step("one", Effect.interrupt))))
    })

    test("tell an observer how far they are, also when they are only replayed", (engine) => {
      const { step } = World.make()
      const told: Array<string> = []
      const observer = Layer.succeed(Step.Observer, (name, stage) => Effect.sync(() => told.push(`${name} ${stage}`)))
      const body = Effect.andThen(Effect.andThen(step("one"), nap), step("two"))
      return Effect.gen(function* () {
        yield* Runs.run(Parking, payload)
        const [begin, again] = [told.slice(0, 4), told.slice(4)]
        assert.deepStrictEqual(begin, ["one before", "one started", "one answered", "one recorded"])
        assert.deepStrictEqual(again, [
          "one before",
          "one recorded",
          "two before",
          "two started",
          "two answered",
          "two recorded"
        ])
      }).pipe(Effect.provide(Layer.provide(World.running(engine, body), observer)))
    })

    test("pause for no time at all, and refuse to pause for ever", (engine) => {
      const pauses = Effect.andThen(
        Step.sleep({ name: "none", duration: 0 }),
        Step.sleep({ name: "ever", duration: "Infinity" })
      )
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Runs.run(Parking, payload))
        assert.include(error.message, '[RangeError] The pause "ever" would never end')
        assert.deepStrictEqual(yield* Runs.history(Parking, "run"), [])
      }).pipe(Effect.provide(World.running(engine, Effect.as(pauses, 1))))
    })

    /** A pipeline in a budget of money, with the model that bills it and what the budget said each time that it ended. */
    const budgeted = (engine: EngineLayer, usd: Money.Money, body: World.Body<GenerativeModel>) => {
      const oracle = OracleModel.make({ script: () => GuardedRun.success })
      const books: Array<Money.Money> = []
      const onEnd = ({ spent }: BudgetGuard.Spending) => Effect.sync(() => books.push(spent.usd))
      const within = body.pipe(
        BudgetGuard.within({ name: "run", usd: Money.toDecimal(usd) }, { onEnd }),
        Effect.catchTag("InvalidBudget", Effect.die),
        Effect.provide(OracleModel.layer(oracle))
      )
      return { oracle, books, layer: World.running(engine, within) }
    }
    const costs = Effect.map(Runs.history(Parking, "run"), (entries) =>
      entries.map(({ attempts, costUsd, name }) => [name, attempts, costUsd])
    )

    test("book what they cost in the budget of the run, whichever process paid", (engine) => {
      const { broken, step } = World.make()
      const { books, layer, oracle } = budgeted(
        engine,
        Money.usd("1"),
        Effect.andThen(step("one", generate), step("two", generate))
      )
      broken.add("two")
      return inTurn(
        layer,
        Effect.gen(function* () {
          yield* Effect.flip(Runs.run(Parking, payload))
          assert.deepStrictEqual(books, [Money.times(cost, 2)])
          assert.deepStrictEqual(yield* costs, [
            ["one", 1, cost],
            ["two", 1, cost]
          ])
        }),
        Effect.gen(function* () {
          broken.clear()
          yield* Runs.run(Parking, payload)
          assert.strictEqual(books.at(-1), Money.times(cost, 3))
          assert.strictEqual(books.at(-1), oracle.bill)
          assert.deepStrictEqual(yield* costs, [
            ["one", 1, cost],
            ["two", 2, Money.times(cost, 2)]
          ])
        })
      )
    })

    test("leave so much less room in the budget to what comes after the replay", (engine) => {
      const { broken, done, step } = World.make()
      // Room for two calls and the worst case of a third one: the fourth is refused.
      const limit = Money.plus(GuardedRun.worstOf().usd, Money.times(cost, 2))
      const calls = ["one", "two", "three", "four"].map((name) => step(name, generate))
      const { layer, oracle } = budgeted(engine, limit, Effect.as(Effect.all(calls), 1))
      broken.add("two")
      return inTurn(
        layer,
        Effect.asVoid(Effect.flip(Runs.run(Parking, payload))),
        Effect.gen(function* () {
          broken.clear()
          const error = yield* Effect.flip(Runs.run(Parking, payload))
          assert.include(error.message, 'failed in the step "three" and is parked.\n  [BudgetExceeded]')
          assert.deepStrictEqual(done, ["one", "two", "two", "three"])
          assert.strictEqual(oracle.bill, Money.times(cost, 3))
        })
      )
    })

    test("book nothing twice when they find themselves what a failed attempt did", (engine) => {
      const { broken, done } = World.make()
      const two = Step.make({
        name: "two",
        success: Schema.Int,
        error: World.Broken,
        resumes: true,
        execute: Effect.gen(function* () {
          // As an evaluation does with the rows that are kept.
          if (done.length > 0) yield* BudgetBooks.book(Budget.amount({ usd: cost }))
          yield* generate
          done.push("two")
          if (broken.has("two")) return yield* new World.Broken({ piece: "two" })
          return done.length
        })
      })
      const { books, layer, oracle } = budgeted(engine, Money.usd("1"), two)
      broken.add("two")
      return inTurn(
        layer,
        Effect.asVoid(Effect.flip(Runs.run(Parking, payload))),
        Effect.gen(function* () {
          broken.clear()
          yield* Runs.run(Parking, payload)
          assert.deepStrictEqual([books.at(-1), oracle.bill], [Money.times(cost, 2), Money.times(cost, 2)])
          assert.deepStrictEqual(yield* costs, [["two", 2, Money.times(cost, 2)]])
        })
      )
    })

    test("cost nothing that is known where no budget is around them", (engine) => {
      const { step } = World.make()
      const oracle = OracleModel.make({ script: () => GuardedRun.success })
      return Effect.gen(function* () {
        yield* Runs.run(Parking, payload)
        assert.deepStrictEqual(yield* costs, [["one", 1, null]])
      }).pipe(Effect.provide(World.running(engine, Effect.provide(step("one", generate), OracleModel.layer(oracle)))))
    })
  })
}
