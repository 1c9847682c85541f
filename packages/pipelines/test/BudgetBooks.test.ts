import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import type { GenerativeModel } from "@genops/vertex/GenerativeModel"
import type { TokenCounter } from "@genops/vertex/TokenCounter"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as BudgetBooks from "../src/BudgetBooks.ts"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as GuardedRun from "./GuardedRun.ts"
import * as OracleModel from "./OracleModel.ts"

const dollars = (text: "1" | "2" | "3" | "9") => Budget.amount({ usd: Money.usd(text) })
/** Money and requests of so many calls. */
const calls = (count: bigint) => [Money.times(GuardedRun.costOfSuccess, count), count]
const moneyOf = (amount: Budget.Amount | null) => [amount?.usd, amount?.requests]

const test = (what: string, body: Effect.Effect<void, unknown, GenerativeModel | TokenCounter>) =>
  it.effect(what, () => Effect.provide(body, OracleModel.layer(OracleModel.make({ script: () => GuardedRun.success }))))

/** What the innermost budget around says in dollars: spent, held, and the part of the first that is not certain. */
const books = Effect.map(BudgetGuard.spent, (spending) => {
  const { held, spent, uncertain } = Option.getOrThrow(spending)
  return [spent, held, uncertain].map(({ usd }) => Number(Money.toDecimal(usd)))
})

describe("BudgetBooks", () => {
  test(
    "books in every budget around what was spent already, and more than it allows",
    Effect.gen(function* () {
      yield* BudgetBooks.book(dollars("9"), dollars("1"))
      assert.deepStrictEqual(yield* books, [9, 0, 1])
      const refused = yield* Effect.flip(GuardedRun.call())
      assert.strictEqual(refused._tag, "BudgetExceeded")
    }).pipe(
      BudgetGuard.within({ name: "inner", usd: "5" }),
      (inner) =>
        Effect.andThen(
          inner,
          Effect.map(books, (outer) => assert.deepStrictEqual(outer, [9, 0, 1]))
        ),
      BudgetGuard.within({ name: "outer", usd: "10" })
    )
  )

  test(
    "books nowhere where no budget is",
    Effect.gen(function* () {
      yield* BudgetBooks.book(dollars("9"))
      assert.isTrue(Option.isNone(yield* BudgetGuard.spent))
    })
  )

  test(
    "measures what an effect spends, and nothing of what goes on beside it",
    Effect.gen(function* () {
      const beside = yield* Effect.forkChild(BudgetBooks.measure(Effect.andThen(GuardedRun.call(), GuardedRun.call())))
      const one = yield* BudgetBooks.measure(GuardedRun.call())
      const two = yield* Fiber.join(beside)
      assert.isTrue(Exit.isSuccess(one.exit))
      assert.deepStrictEqual([moneyOf(one.spent), one.uncertain], [calls(1n), Budget.zero])
      assert.deepStrictEqual(moneyOf(two.spent), calls(2n))
      assert.deepStrictEqual(moneyOf(Option.getOrThrow(yield* BudgetGuard.spent).spent), calls(3n))
    }).pipe(BudgetGuard.within({ name: "run", usd: "10" }))
  )

  test(
    "measures also what a failed effect has spent",
    Effect.gen(function* () {
      const { exit, spent } = yield* BudgetBooks.measure(Effect.andThen(GuardedRun.call(), Effect.fail("late")))
      assert.deepStrictEqual(exit, Exit.fail("late"))
      assert.deepStrictEqual(moneyOf(spent), calls(1n))
    }).pipe(BudgetGuard.within({ name: "run", usd: "10" }))
  )

  test(
    "measures nothing where no budget is, rather than that it cost nothing",
    Effect.gen(function* () {
      const { exit, spent, uncertain } = yield* BudgetBooks.measure(GuardedRun.call())
      assert.deepStrictEqual([Exit.isSuccess(exit), spent, uncertain], [true, null, null])
    })
  )

  const job = (settle: BudgetBooks.Booking, isPaid = false) => ({
    worst: dollars("3"),
    explain: "The job has 3 epochs at a dollar each.",
    isPaid,
    settle: () => settle
  })

  for (const [what, settle, expected] of [
    ["nothing when nothing was billed", { _tag: "Release" }, [0, 0, 0]],
    ["what was billed", { _tag: "Actual", amount: dollars("2") }, [2, 0, 0]],
    ["the worst case when nobody knows", { _tag: "Worst" }, [3, 0, 3]]
  ] as const) {
    test(
      `holds the worst case of a job while it runs, and then books ${what}`,
      Effect.gen(function* () {
        const during = yield* BudgetBooks.reserve(books, job(settle))
        assert.deepStrictEqual([during, yield* books], [[0, 3, 0], [...expected]])
      }).pipe(BudgetGuard.within({ name: "run", usd: "10" }))
    )
  }

  test(
    "books a job that is interrupted as its end is settled",
    Effect.gen(function* () {
      const entered = yield* Deferred.make<void>()
      const work = Effect.andThen(Deferred.succeed(entered, undefined), Effect.never)
      const fiber = yield* Effect.forkChild(BudgetBooks.reserve(work, job({ _tag: "Worst" })))
      yield* Deferred.await(entered)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* books, [3, 0, 3])
    }).pipe(BudgetGuard.within({ name: "run", usd: "10" }))
  )

  test(
    "refuses a job that can never fit, without running it, and says why",
    Effect.gen(function* () {
      let ran = false
      const work = Effect.sync(() => {
        ran = true
      })
      const error = yield* Effect.flip(BudgetBooks.reserve(work, job({ _tag: "Release" })))
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.include(error.message, "The job has 3 epochs at a dollar each.")
      assert.deepStrictEqual([ran, yield* books], [false, [0, 0, 0]])
    }).pipe(BudgetGuard.within({ name: "run", usd: "2" }))
  )

  test(
    "does not refuse a job that was ordered before",
    Effect.gen(function* () {
      const during = yield* BudgetBooks.reserve(books, job({ _tag: "Actual", amount: dollars("3") }, true))
      assert.deepStrictEqual(
        [during, yield* books],
        [
          [0, 3, 0],
          [3, 0, 0]
        ]
      )
    }).pipe(BudgetGuard.within({ name: "run", usd: "2" }))
  )

  test(
    "says whether something would fit, and holds nothing",
    Effect.gen(function* () {
      yield* BudgetBooks.check(dollars("2"), "Two.")
      assert.deepStrictEqual(yield* books, [0, 0, 0])
      const error = yield* Effect.flip(BudgetBooks.check(dollars("3"), "Three epochs."))
      assert.include(error.message, "Three epochs.")
    }).pipe(BudgetGuard.within({ name: "run", usd: "2" }))
  )

  test("says that anything fits where no budget is", BudgetBooks.check(dollars("9"), "Nine."))
})
