import * as Budget from "@genops/core/Budget"
import * as Cost from "@genops/core/Cost"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as Random from "@genops/core/statistics/Random"
import * as Usage from "@genops/core/Usage"
import * as VertexError from "@genops/vertex/VertexError"
import { VertexTest } from "@genops/vertex/testing"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import * as BudgetBooks from "../src/BudgetBooks.ts"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as CompareModels from "../src/CompareModels.ts"
import * as Evaluate from "../src/Evaluate.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

const late = VertexTest.fail(new VertexError.DeadlineExceeded({ phase: "total", description: "too long" }))

/** What the provider bills, at list prices. */
const priceOf = (
  model: string,
  usage: { readonly inputTokens: number; readonly outputTokens: number }
): Money.Money => {
  const at = DateTime.makeUnsafe(0)
  const found = PriceTable.lookup(PriceTable.builtIn, { model, location: "global", at })
  return Cost.of(Result.getOrThrow(found), Usage.make({ ...usage, requests: 1 }))
}

type Models = ReturnType<typeof CompareTrial.models>
type Services = Layer.Success<Models> | ResultStore.ResultStore

const test = (what: string, body: Effect.Effect<void, unknown, Services>, models: Models = CompareTrial.models()) =>
  it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

/** Runs within a budget, and gives its closed books and how it ended. */
const within = <A, E, R>(limits: Budget.LimitsInput, run: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const books: Array<BudgetGuard.Spending> = []
    const onEnd = (spending: BudgetGuard.Spending) => Effect.sync(() => void books.push(spending))
    const result = yield* Effect.result(BudgetGuard.within(run, { name: "run", ...limits }, { onEnd }))
    const [spending] = books
    if (spending === undefined) return yield* Effect.die(new Error("the books were not closed"))
    return { result, spending }
  })

const tagOf = (result: { readonly _tag: string; readonly failure?: { readonly _tag: string } }) => result.failure?._tag

const withJudge = (changes: Partial<CompareTrial.Options> = {}) =>
  CompareTrial.options(10, { metrics: ["rouge_1", "fluency"], ...changes })

describe("a budget holds for the run", () => {
  test(
    "over answers and judges, and not only for one session of it",
    Effect.gen(function* () {
      const limits = { requests: 25 }
      const first = yield* within(limits, CompareModels.run(withJudge()))
      assert.strictEqual(tagOf(first.result), "ComparisonStopped")
      assert.strictEqual(first.spending.spent.requests, 25n)
      const total = Effect.map(CompareTrial.asked, (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0))
      assert.strictEqual(yield* total, 25)

      // Another session with the same limit has nothing left, and pays nothing.
      const second = yield* within(limits, CompareModels.run(withJudge()))
      assert.strictEqual(tagOf(second.result), "ComparisonStopped")
      assert.deepStrictEqual(second.spending.spent, first.spending.spent)
      assert.strictEqual(yield* total, 25)

      // With more, it pays what is missing.
      const third = yield* within({ requests: 60 }, CompareModels.run(withJudge()))
      assert.strictEqual(third.result._tag, "Success")
      assert.strictEqual(third.spending.spent.requests, 60n)
      assert.strictEqual(yield* total, 60)
      const whole = yield* within({ requests: 60 }, CompareModels.run(withJudge({ runId: "whole" })))
      assert.deepStrictEqual(third.spending.spent, whole.spending.spent)
    })
  )

  test(
    "of an evaluation too",
    Effect.gen(function* () {
      const run = Evaluate.run(Trial.options(Trial.articles(20)))
      const first = yield* within({ usd: "0.002" }, run)
      assert.strictEqual(tagOf(first.result), "RunStopped")
      const before = yield* CompareTrial.asked
      const second = yield* within({ usd: "0.002" }, run)
      assert.strictEqual(tagOf(second.result), "RunStopped")
      assert.deepStrictEqual(yield* CompareTrial.asked, before)
      assert.deepStrictEqual(second.spending.spent, first.spending.spent)
    })
  )

  test(
    "and books a run that is continued inside of it once",
    Effect.gen(function* () {
      const twice = Effect.andThen(
        Effect.flip(BudgetGuard.within(CompareModels.run(withJudge()), { name: "inner", requests: 25 })),
        CompareModels.run(withJudge())
      )
      const { spending } = yield* within({ requests: 1000 }, twice)
      assert.strictEqual(spending.spent.requests, 60n)
    })
  )

  test(
    "as a step of a pipeline: what is measured has the earlier sessions in it, and is booked once",
    Effect.gen(function* () {
      const first = yield* within({ requests: 25 }, CompareModels.run(withJudge()))
      const { result, spending } = yield* within(
        { requests: 1000 },
        BudgetBooks.measure(CompareModels.run(withJudge()))
      )
      assert.strictEqual(spending.spent.requests, 60n)
      if (result._tag === "Failure") return assert.fail("it was not measured")
      assert.deepStrictEqual(result.success.spent, spending.spent)
      assert.isTrue((result.success.spent?.usd ?? 0n) > first.spending.spent.usd)
    })
  )

  test(
    "with what may have been billed, at its worst case",
    Effect.gen(function* () {
      const limits = { usd: "1.00" }
      const first = yield* within(limits, CompareModels.run(CompareTrial.options(10)))
      assert.isFalse(Budget.isZero(first.spending.uncertain))
      const lost = (yield* Trial.keptCells()).find(({ candidate, row }) => candidate === "lite" && row === 4)
      assert.deepStrictEqual(lost?.spent.booked?.generation?.uncertain, first.spending.uncertain)
      const second = yield* within(limits, CompareModels.run(CompareTrial.options(10)))
      assert.deepStrictEqual(second.spending.uncertain, first.spending.uncertain)
      assert.strictEqual(second.spending.spent.requests, 31n)
    }),
    (() => {
      const reason = new VertexError.DeadlineExceeded({ phase: "total", description: "too long" })
      const late = CompareTrial.failing(
        VertexTest.fail(reason),
        1,
        (candidate, row) => candidate === "lite" && row === 4
      )
      return CompareTrial.models(late)
    })()
  )

  test(
    "with a call that was cut off with the run",
    Effect.gen(function* () {
      const options = CompareTrial.options(1, { candidates: [CompareTrial.lite] })
      const books: Array<BudgetGuard.Spending> = []
      const stuck = CompareTrial.models(() => Effect.never)
      const fiber = yield* CompareModels.run(options).pipe(
        BudgetGuard.within({ usd: "1.00" }, { onEnd: (spending) => Effect.sync(() => void books.push(spending)) }),
        Effect.provide(stuck),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 second")
      const interrupt = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* Effect.repeat(TestClock.adjust("1 second"), {
        until: () => interrupt.pollUnsafe() !== undefined,
        times: 60
      })
      const [cell] = yield* Trial.keptCells()
      assert.strictEqual(cell?.error?.tag, "Interrupted")
      assert.strictEqual(cell?.spent.unknown, 1)
      assert.deepStrictEqual(cell?.spent.booked?.generation?.spent, books[0]?.spent)
      const { spending } = yield* within({ usd: "1.00" }, CompareModels.run(options))
      assert.strictEqual(spending.spent.requests, 2n)
      assert.deepStrictEqual(spending.uncertain, books[0]?.uncertain)
    })
  )
})

describe("samples of a judge that were paid before the budget refused the next", () => {
  test(
    "are booked in later sessions, though they made no score",
    Effect.gen(function* () {
      const options = withJudge({ candidates: [CompareTrial.flash] })
      const total = Effect.map(VertexTest.calls, ({ length }) => length)
      // All answers are asked for before the first one is judged.
      const answers = yield* CompareTrial.untilDone(within({ requests: 10 }, CompareModels.run(options)))
      assert.deepStrictEqual([tagOf(answers.result), yield* total], ["ComparisonStopped", 10])
      assert.lengthOf(yield* Trial.keptCells(), 10)
      for (let session = 0; session < 3; session++) {
        const { spending } = yield* within({ requests: 13 }, CompareModels.run(options))
        assert.strictEqual(spending.spent.requests, 13n)
        assert.strictEqual(yield* total, 13, `session ${session}`)
      }
    }),
    Trial.models(
      ({ name }, input) => Effect.delay(Effect.succeed(CompareTrial.answerOf(name, input)), "1 second"),
      undefined,
      4
    )
  )
})

describe("a budget of the judges' own", () => {
  test(
    "keeps them from using up what answers need; the run goes on with more, and pays scores only",
    Effect.gen(function* () {
      const options = withJudge({ judgeBudget: { requests: 7 } })
      const { result, spending } = yield* within({ requests: 40 }, CompareModels.run(options))
      if (result._tag !== "Failure" || result.failure._tag !== "ComparisonStopped") return assert.fail("not stopped")
      const { reason, summary } = result.failure
      assert.strictEqual(reason._tag === "BudgetExceeded" && reason.budget, "run judges")
      assert.strictEqual(spending.spent.requests, 37n)
      for (const { metrics, n_valid } of summary.candidates) {
        assert.strictEqual(n_valid, 10)
        assert.strictEqual(metrics["rouge_1"]?.n_valid, 10)
      }
      const scored = summary.candidates.reduce((sum, { metrics }) => sum + (metrics["fluency"]?.n_valid ?? 0), 0)
      assert.strictEqual(scored, 7)
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 10, careful: 10, lite: 10, judge: 7 })

      // It holds for the run.
      yield* within({ requests: 100 }, CompareModels.run(options))
      assert.strictEqual((yield* CompareTrial.asked)["judge"], 7)

      const more = yield* within({ requests: 60 }, CompareModels.run(withJudge({ judgeBudget: { requests: 30 } })))
      assert.strictEqual(more.result._tag, "Success")
      assert.strictEqual(more.spending.spent.requests, 60n)
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 10, careful: 10, lite: 10, judge: 30 })
    })
  )

  test(
    "without one, judges use up what answers need",
    Effect.gen(function* () {
      const { result } = yield* within({ requests: 37 }, CompareModels.run(withJudge()))
      if (result._tag !== "Failure" || result.failure._tag !== "ComparisonStopped") return assert.fail("not stopped")
      assert.isBelow(
        result.failure.summary.candidates.reduce((sum, { n_valid }) => sum + n_valid, 0),
        30
      )
    })
  )
})

describe("nothing goes over the limit", () => {
  it.effect(
    `of all, or of the judges, whatever answers cost, fails and stops in which session (GENOPS_SEED=${seed})`,
    () =>
      Effect.gen(function* () {
        const next = Random.xoshiro128ss(seed)
        const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit)
        const counts = { stopped: 0, judges: 0, used: 0 }
        for (let trial = 0; trial < 20; trial++) {
          // The provider's own books: it bills what arrives, also when its answer is lost.
          const bill = { all: Money.zero, judges: Money.zero }
          const call = (model: string, text: string) =>
            Effect.suspend(() => {
              const usage = { inputTokens: 1 + below(60), outputTokens: below(4) === 0 ? 100 : 1 + below(100) }
              const blocked = VertexTest.reply("", { ...usage, outputTokens: 0, finishReason: "SAFETY" })
              const failure = below(10) === 0 ? [CompareTrial.busy, late, blocked][below(3)] : undefined
              if (failure !== CompareTrial.busy) {
                const cost = priceOf(model, failure === blocked ? { ...usage, outputTokens: 0 } : usage)
                bill.all = Money.plus(bill.all, cost)
                if (model === Trial.judge.model) bill.judges = Money.plus(bill.judges, cost)
              }
              return Effect.delay(Effect.succeed(failure ?? VertexTest.reply(text, usage)), below(3) * 500)
            })
          const models = Trial.models(
            ({ model, name }, input) => call(model, CompareTrial.answerOf(name, input)),
            ({ model }) => call(model, Trial.verdict(4)),
            1 + below(3)
          )
          const limit = Money.times(Money.usd("0.001"), 4 + below(40))
          const judgeLimit = Money.times(Money.usd("0.001"), 8 + below(10))
          const options = withJudge({
            concurrency: { total: 1 + below(20) },
            ...(below(2) === 0 ? {} : { judgeBudget: { usd: judgeLimit } })
          })
          yield* Effect.gen(function* () {
            for (let session = 0; session < 4; session++) {
              const { result, spending } = yield* CompareTrial.untilDone(
                within({ usd: limit }, CompareModels.run(options))
              )
              if (result._tag === "Failure") {
                counts.stopped++
                assert.strictEqual(result.failure._tag, "ComparisonStopped")
                if (result.failure._tag === "ComparisonStopped")
                  assert.strictEqual(result.failure.reason._tag, "BudgetExceeded")
              }
              const hint = `GENOPS_SEED=${seed}, trial ${trial}, session ${session}`
              assert.isTrue(bill.all <= spending.spent.usd, `${hint}: the bill is larger than the books`)
              assert.isTrue(spending.spent.usd <= limit, `${hint}: over the limit`)
              if (options.judgeBudget !== undefined) assert.isTrue(bill.judges <= judgeLimit, `${hint}: judges`)
            }
            if (options.judgeBudget !== undefined && bill.judges * 4n > judgeLimit) counts.judges++
            if (bill.all * 2n > limit) counts.used++
          }).pipe(Effect.provide(Layer.merge(models, Layer.fresh(ResultStore.layerMemory))))
        }
        // Budgets that are not used up show nothing.
        console.log(
          `seed ${seed}: ${counts.stopped} sessions of 80 stopped, ${counts.used} budgets of 20 and ${counts.judges} of judges used`
        )
        assert.isAbove(counts.stopped, 20)
        assert.isAbove(counts.used, 8)
        assert.isAbove(counts.judges, 0)
      })
  )
})

describe("a budget that is used up", () => {
  test(
    "is the reason of the stop, also when the first candidate cannot be used",
    Effect.gen(function* () {
      const { result } = yield* within({ requests: 10 }, CompareModels.run(CompareTrial.options(20)))
      if (result._tag !== "Failure" || result.failure._tag !== "ComparisonStopped") return assert.fail("not stopped")
      assert.strictEqual(result.failure.reason._tag, "BudgetExceeded")
      assert.strictEqual(CompareTrial.candidate(result.failure.summary, "flash").failure?.tag, "NotFound")
    }),
    CompareTrial.models((candidate) => (candidate === "flash" ? CompareTrial.missing : undefined))
  )

  test(
    "counts cells as failed and goes on, where it is said to; they are tried again with more",
    Effect.gen(function* () {
      const options = CompareTrial.options(20, { onBudgetExceeded: "skip" })
      const { result } = yield* within({ requests: 25 }, CompareModels.run(options))
      if (result._tag === "Failure") return assert.fail(String(result.failure))
      const failed = result.success.summary.candidates.map(({ errors, n_total }) => [
        n_total,
        errors["BudgetExceeded"] ?? 0
      ])
      assert.deepStrictEqual(
        failed.map(([total]) => total),
        [20, 20, 20]
      )
      assert.strictEqual(
        failed.reduce((sum, [, count = 0]) => sum + count, 0),
        35
      )
      const more = yield* within({ requests: 60 }, CompareModels.run(options))
      assert.strictEqual(more.result._tag === "Success" && more.result.success.resumed, 25)
      assert.strictEqual(more.spending.spent.requests, 60n)
    })
  )
})

describe("money", () => {
  test(
    "of a candidate whose price is not known is refused, and the others go on",
    Effect.gen(function* () {
      const odd = { ...CompareTrial.lite, name: "odd", model: "gemini-99-secret" }
      const options = CompareTrial.options(5, { candidates: [CompareTrial.flash, odd] })
      const { result, spending } = yield* within({ usd: "1.00" }, CompareModels.run(options))
      if (result._tag === "Failure") return assert.fail(String(result.failure))
      assert.strictEqual(CompareTrial.candidate(result.success.summary, "odd").failure?.tag, "PriceUnknown")
      assert.strictEqual(CompareTrial.candidate(result.success.summary, "flash").n_valid, 5)
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 5 })
      assert.strictEqual(spending.unpriced, 0)
      // A mean cost that is 0 would make the candidate look free.
      assert.isNull(CompareTrial.candidate(result.success.summary, "odd").cost_per_1000_usd)
    })
  )

  test(
    "of a judgement that broke off after some of its samples were paid is not known, and not 0",
    Effect.gen(function* () {
      const options = withJudge({ candidates: [CompareTrial.flash] })
      const { result, spending } = yield* CompareTrial.untilDone(within({ usd: "1.00" }, CompareModels.run(options)))
      if (result._tag === "Failure") return assert.fail(String(result.failure))
      const [flash] = result.success.summary.candidates
      assert.strictEqual(flash?.metrics["fluency"]?.n_valid, 10, "it was judged again")
      assert.strictEqual(flash?.cost_unknown, 1)
      assert.isTrue(spending.spent.usd > (flash?.cost_usd ?? 0n))
      assert.strictEqual(spending.spent.requests, 31n, "ten answers, two samples of each, and one that was lost")
    }),
    (() => {
      let isBusy = true
      const judges: Parameters<typeof Trial.models>[1] = ({ generationConfig }) => {
        if (generationConfig?.seed !== 1 || !isBusy) return Trial.verdict(4)
        isBusy = false
        return Effect.delay(Effect.succeed(CompareTrial.busy), "1 second")
      }
      return Trial.models(({ name }, input) => CompareTrial.answerOf(name, input), judges, 2)
    })()
  )

  test(
    "that the summary says is what the budget booked",
    Effect.gen(function* () {
      const { result, spending } = yield* within({ usd: "1.00" }, CompareModels.run(withJudge()))
      if (result._tag === "Failure") return assert.fail(String(result.failure))
      const cost = Money.ReducerSum.combineAll(result.success.summary.candidates.map(({ cost_usd }) => cost_usd))
      assert.strictEqual(cost, spending.spent.usd)
    })
  )
})
