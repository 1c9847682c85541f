import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as Evaluation from "@genops/vertex/Evaluation"
import { VertexTest } from "@genops/vertex/testing"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as CompareModels from "../src/CompareModels.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

type Models = ReturnType<typeof CompareTrial.models>

const test = (
  what: string,
  body: Effect.Effect<void, unknown, Layer.Success<Models> | ResultStore.ResultStore>,
  models: Layer.Layer<Layer.Success<Models>> = CompareTrial.models()
) => it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

const pairwise = PairwiseMetric.all.find(({ name }) => name === "pairwise_fluency") ?? ""

describe("plan", () => {
  test(
    "counts calls, tokens, money and time without a paid call, and they are those of the run",
    Effect.gen(function* () {
      const options = CompareTrial.options(12, { metrics: ["rouge_1", "fluency", pairwise], repeats: 2 })
      const plan = yield* CompareModels.plan(options)
      assert.deepStrictEqual(yield* CompareTrial.asked, {})
      assert.deepInclude(plan, { rows: 12, repeats: 2, calls: 72, judgeCalls: 72 + 48, resumed: 0, sampledRows: 12 })
      assert.deepInclude(plan, { priceUnknown: [], unplanned: [], warnings: [], concurrency: 32 })
      assert.isTrue(plan.likely > 0n && plan.worst > plan.likely)
      assert.isAbove(plan.durationMs, 0)
      const flash = plan.candidates.find(({ candidate }) => candidate === "flash")
      assert.deepInclude(flash, { model: "gemini-3.5-flash", calls: 24, judgeCalls: 24, outputTokens: 2400 })

      const books: Array<BudgetGuard.Spending> = []
      const { summary } = yield* BudgetGuard.within(
        CompareModels.run(options),
        { usd: "100" },
        { onEnd: (spending) => Effect.sync(() => void books.push(spending)) }
      )
      const { judge, ...answers } = yield* CompareTrial.asked
      assert.strictEqual(judge, plan.judgeCalls)
      assert.strictEqual(
        Object.values(answers).reduce((sum, count) => sum + count, 0),
        plan.calls
      )
      assert.strictEqual(CompareTrial.candidate(summary, "flash").tokens.input, flash?.inputTokens)
      assert.isTrue((books[0]?.spent.usd ?? 0n) <= plan.worst, "it costs no more than the worst case")
    }),
    CompareTrial.models(undefined, (_, input) =>
      input.includes('"choice"') ? JSON.stringify({ explanation: "", choice: "A" }) : Trial.verdict(4)
    )
  )

  const words = (count: number) => "word ".repeat(count)
  /** Answers and verdicts are as long as they may be. */
  const dearest = Layer.merge(
    Trial.models(
      ({ generationConfig }) => {
        const most = generationConfig?.maxOutputTokens ?? 0
        return VertexTest.reply(words(most), { outputTokens: most })
      },
      (_, input) =>
        VertexTest.reply(input.includes('"choice"') ? '{"explanation":"","choice":"A"}' : Trial.verdict(4), {
          outputTokens: 100
        })
    ),
    ResultStore.layerMemory
  )
  for (const [what, ofBaseline, ofOther, rowSize] of [
    ["of rows that differ in length", 100, 100, (row: number) => row * 300],
    ["where one row is longer than all others", 100, 100, (row: number) => (row === 7 ? 5_000 : 10)],
    ["where the baseline says much more than the other", 3_000, 100, () => 10],
    ["where the other says much more than the baseline", 100, 3_000, () => 10],
    ["of very long answers", 20_000, 20_000, () => 10]
  ] as const) {
    it.effect(`says of the dearest run ${what} no less than its bill, and not much more`, () =>
      Effect.gen(function* () {
        const upTo = (configuration: ModelConfiguration.ModelConfiguration, maxOutputTokens: number) => ({
          ...configuration,
          generationConfig: { maxOutputTokens }
        })
        const options = CompareTrial.options(12, {
          candidates: [upTo(CompareTrial.flash, ofBaseline), upTo(CompareTrial.lite, ofOther)],
          metrics: ["rouge_1", "fluency", "coherence", pairwise],
          dataset: Trial.dataset(
            Array.from({ length: 12 }, (_, row) => ({
              id: `row-${row}`,
              article: `article ${row} ${words(rowSize(row))}`,
              reference: "short"
            }))
          )
        })
        const plan = yield* CompareModels.plan(options)
        assert.isBelow((yield* VertexTest.calls).length, 120, "few tokens are counted")
        const books: Array<BudgetGuard.Spending> = []
        const onEnd = (spending: BudgetGuard.Spending) => Effect.sync(() => void books.push(spending))
        yield* BudgetGuard.within(CompareModels.run(options), { usd: "1000" }, { onEnd })
        const bill = Number(books[0]?.spent.usd)
        assert.isAtMost(bill, Number(plan.worst))
        assert.isAbove(bill, Number(plan.worst) / 2)
        assert.isBelow(Number(plan.likely), Number(plan.worst))
      }).pipe(Effect.provide(dearest))
    )
  }

  test(
    "samples the rows of a large dataset, and says so",
    Effect.gen(function* () {
      const plan = yield* CompareModels.plan(CompareTrial.options(1_000))
      assert.deepInclude(plan, { rows: 1_000, calls: 3_000, sampledRows: 20 })
      assert.include(plan.warnings.join("\n"), "20 of 1000 rows were counted")
      assert.strictEqual((yield* VertexTest.calls).filter(({ operation }) => operation === "count").length, 60)
      const whole = yield* CompareModels.plan(CompareTrial.options(20))
      assert.strictEqual(plan.candidates[0]?.outputTokens, 50 * (whole.candidates[0]?.outputTokens ?? 0))
      assert.closeTo(Number(plan.worst) / (50 * Number(whole.worst)), 1, 0.01)
    }),
    Trial.models(undefined, undefined)
  )

  test(
    "plans what is left of a run that is resumed",
    Effect.gen(function* () {
      const options = CompareTrial.options(10, { metrics: ["rouge_1", "fluency"] })
      yield* Effect.flip(BudgetGuard.within(CompareModels.run(options), { requests: 31 }))
      const { judge = 0, ...answers } = yield* CompareTrial.asked
      const answered = Object.values(answers).reduce((sum, count) => sum + count, 0)
      const plan = yield* CompareModels.plan(options)
      assert.deepInclude(plan, { calls: 30 - answered, judgeCalls: 30 - judge, resumed: judge })
      const error = yield* Effect.flip(CompareModels.plan({ ...options, seed: 7 }))
      assert.strictEqual(error._tag, "RunMismatch")
      yield* CompareModels.run(options)
      const done = yield* CompareModels.plan(options)
      assert.deepStrictEqual([done.likely, done.worst], [Money.zero, Money.zero])
      assert.deepInclude(done, { calls: 0, judgeCalls: 0, resumed: 30, durationMs: 0 })
    })
  )

  test(
    "names models without a price, and candidates that cannot be counted",
    Effect.gen(function* () {
      const odd = ModelConfiguration.make("gemini-99-secret", { name: "odd" })
      const gone = { ...CompareTrial.careful, name: "gone" }
      const plan = yield* CompareModels.plan(CompareTrial.options(4, { candidates: [CompareTrial.flash, odd, gone] }))
      assert.deepStrictEqual(plan.priceUnknown, ["gemini-99-secret"])
      assert.include(plan.warnings.join("\n"), "gone: ")
      assert.include(plan.warnings.join("\n"), "no such model")
      assert.strictEqual(plan.candidates.find(({ candidate }) => candidate === "odd")?.worst, 0n)
      assert.isTrue((plan.candidates.find(({ candidate }) => candidate === "flash")?.worst ?? 0n) > 0n)
    }),
    Layer.provideMerge(
      Evaluation.layerLocal({ judge: Trial.judge, samplingCount: 1 }),
      VertexTest.layer({
        generate: "unused",
        count: ({ name }) =>
          name === "gone"
            ? VertexTest.fail(
                new VertexError.NotFound({ resource: "gone", description: "no such model", suggestions: [] })
              )
            : 10
      })
    )
  )

  test(
    "sends nothing to a service of judges, and says what it cannot plan",
    Effect.gen(function* () {
      const paid: Array<string> = []
      const service = Evaluation.Evaluation.of({
        supports: (yield* Evaluation.Evaluation).supports,
        score: (metric) => Effect.sync(() => paid.push(metric.name)).pipe(Effect.andThen(Effect.die("it was asked")))
      })
      const plan = yield* Effect.provideService(
        CompareModels.plan(CompareTrial.options(4, { metrics: ["rouge_1", "bleu"] })),
        Evaluation.Evaluation,
        service
      )
      assert.deepStrictEqual(paid, [], "computed metrics are not asked for")
      assert.strictEqual(plan.judgeCalls, 0)
    })
  )
})
