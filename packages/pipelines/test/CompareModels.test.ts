import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import { VertexTest } from "@genops/vertex/testing"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as CompareModels from "../src/CompareModels.ts"
import * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as Evaluate from "../src/Evaluate.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as RowScores from "../src/RowScores.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

type Models = ReturnType<typeof CompareTrial.models>

/** The compiler's word for it that nothing else can go wrong than what is documented. */
const onlyDocumented = <E>(run: Effect.Effect<unknown, E, unknown>): Effect.Effect<unknown, E, unknown> => run
onlyDocumented<CompareModels.CompareError>(CompareModels.run(CompareTrial.options(1)))
onlyDocumented<Evaluate.EvaluateError>(Evaluate.run(Trial.options(Trial.articles(1))))

const test = (
  what: string,
  body: Effect.Effect<void, unknown, Layer.Success<Models> | ResultStore.ResultStore>,
  models: Models = CompareTrial.models()
) => it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

describe("run", () => {
  test(
    "keeps a cell for each candidate, row and repeat, and sums them up",
    Effect.gen(function* () {
      const { manifest, resumed, summary } = yield* CompareModels.run(CompareTrial.options(6, { repeats: 3 }))
      const cells = yield* Trial.keptCells()
      assert.lengthOf(cells, 54)
      assert.strictEqual(new Set(cells.map((one) => `${one.candidate} ${one.row} ${one.repeat}`)).size, 54)
      assert.deepStrictEqual([...new Set(cells.map(({ repeat }) => repeat))].toSorted(), [0, 1, 2])
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 18, careful: 18, lite: 18 })
      assert.deepInclude(manifest, { repeats: 3, baseline: "flash", primaryMetric: "exact_match" })
      assert.deepInclude(summary, { baseline: "flash", primary_metric: "exact_match", rows: 6, repeats: 3 })
      assert.strictEqual(resumed, 0)
      for (const name of ["flash", "careful", "lite"]) {
        const own = cells.filter(({ candidate }) => candidate === name)
        const found = CompareTrial.candidate(summary, name)
        assert.deepInclude(found, { row_count: 18, n_total: 18, n_valid: 18, n_error: 0, blocked: 0 })
        assert.strictEqual(
          found.tokens.output,
          own.reduce((sum, { usage }) => sum + (usage?.outputTokens ?? 0), 0)
        )
        const cost = Money.ReducerSum.combineAll(own.map(({ cost }) => cost ?? Money.zero))
        assert.strictEqual(found.cost_usd, cost)
        assert.strictEqual(Number(found.cost_per_1000_usd), Math.round((Number(cost) * 1000) / 18))
      }
      assert.strictEqual(summary.differences.length, 4)
      assert.strictEqual(summary.win_rates.length, 12)
      assert.isNull(summary.order)
    })
  )

  test(
    "says of each candidate what an evaluation of it alone says",
    Effect.gen(function* () {
      const { metrics, prompt } = CompareTrial.options(0)
      const { summary } = yield* CompareModels.run(CompareTrial.options(20, { metrics: [...metrics, "fluency"] }))
      for (const configuration of [CompareTrial.flash, CompareTrial.careful, CompareTrial.lite]) {
        const alone = yield* Evaluate.run({
          runId: configuration.name,
          configuration,
          prompt,
          dataset: Trial.dataset(Trial.articles(20)),
          metrics: [...metrics, "fluency"]
        })
        assert.deepInclude(CompareTrial.candidate(summary, configuration.name), alone.summary)
      }
    }),
    CompareTrial.models(undefined, (_, input) => Trial.verdict(1 + (input.length % 5)))
  )

  test(
    "keeps what failed, was blocked or refused as cells with their errors, and goes on",
    Effect.gen(function* () {
      const { summary } = yield* CompareModels.run(CompareTrial.options(10))
      assert.deepInclude(CompareTrial.candidate(summary, "flash"), {
        n_total: 10,
        n_error: 2,
        blocked: 1,
        errors: { ContentBlocked: 1, MalformedResponse: 1 }
      })
      assert.deepInclude(CompareTrial.candidate(summary, "careful"), { n_total: 10, n_error: 0 })
      const failed = (yield* Trial.keptCells()).filter(({ error }) => error !== undefined)
      assert.deepStrictEqual(failed.map(({ error, row }) => [row, error?.tag]).toSorted(), [
        [2, "ContentBlocked"],
        [3, "MalformedResponse"]
      ])
      // The others are compared with what is there.
      const difference = summary.differences.find(
        ({ candidate, metric }) => `${candidate} ${metric}` === "lite rouge_1"
      )
      assert.strictEqual(difference?.n, 8)
      const rate = summary.win_rates.find((one) => one.candidate === "lite" && one.against === "flash")
      assert.strictEqual(rate?.errors, 2)
    }),
    CompareTrial.models((candidate, row) => {
      if (candidate !== "flash") return undefined
      if (row === 2) return VertexTest.blocked()
      const reason = new VertexError.MalformedResponse({ where: "body", description: "cut" })
      return row === 3 ? VertexTest.fail(reason) : undefined
    })
  )

  test(
    "lets a candidate that cannot be used fail by itself",
    Effect.gen(function* () {
      const { summary } = yield* CompareModels.run(CompareTrial.options(50, { concurrency: { total: 6 } }))
      const failed = CompareTrial.candidate(summary, "lite")
      assert.strictEqual(failed.failure?.tag, "NotFound")
      assert.include(failed.failure?.message, "gemini-9")
      assert.strictEqual(failed.n_total, 0)
      assert.isNull(failed.latency_ms)
      assert.isNull(failed.cost_per_1000_usd)
      assert.deepInclude(CompareTrial.candidate(summary, "flash"), { n_valid: 50 })
      assert.deepInclude(CompareTrial.candidate(summary, "careful"), { n_valid: 50 })
      assert.isAtMost((yield* CompareTrial.asked)["lite"] ?? 0, 6)
      const verdicts = summary.differences.filter(({ candidate }) => candidate === "lite")
      assert.isTrue(verdicts.every(({ reason, verdict }) => verdict === "not_tested" && reason !== null))
      assert.isFalse(summary.trade_off.find(({ candidate }) => candidate === "lite")?.on_front)
    }),
    CompareTrial.models((candidate) => (candidate === "lite" ? CompareTrial.missing : undefined))
  )

  test(
    "ends when no candidate can be used, and at once when nobody may ask",
    Effect.gen(function* () {
      const error = yield* Effect.flip(CompareModels.run(CompareTrial.options(50)))
      assert.strictEqual(error._tag, "ComparisonStopped")
      assert.include(error.message, "0 of 150 cells were tried")
      const denied = new VertexError.Unauthenticated({ description: "expired" })
      const all = CompareTrial.models((candidate) =>
        candidate === "lite" ? VertexTest.fail(denied) : Effect.delay(Effect.succeed("late"), "1 second")
      )
      const stopped = yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.flip(CompareModels.run(CompareTrial.options(50, { runId: "b" }))))
        yield* TestClock.adjust("3 seconds")
        const error = yield* Fiber.join(fiber)
        const { careful = 0, flash = 0 } = yield* CompareTrial.asked
        // What was in flight is finished, and no more is started.
        assert.isAtMost(flash + careful, 32)
        return error
      }).pipe(Effect.provide(all))
      assert.strictEqual(stopped._tag === "ComparisonStopped" && stopped.reason._tag, "VertexError")
      assert.include(stopped.message, "expired")
    }),
    CompareTrial.models(() => CompareTrial.missing)
  )

  test(
    "compares pairwise with the baseline's answer, and orders by the choices",
    Effect.gen(function* () {
      const metric = PairwiseMetric.all.find(({ name }) => name === "pairwise_fluency")
      assert.isDefined(metric)
      const options = CompareTrial.options(10, { metrics: ["rouge_1", metric ?? ""], baseline: "careful" })
      const { summary } = yield* CompareModels.run(options)
      const { judge } = yield* CompareTrial.asked
      assert.strictEqual(judge, 20, "two candidates against the baseline, in ten rows")
      assert.notProperty(CompareTrial.candidate(summary, "careful").metrics, "pairwise_fluency")
      const flash = CompareTrial.candidate(summary, "flash").metrics["pairwise_fluency"]
      assert.deepInclude(flash?.pairwise, { wins: 3, losses: 6, ties: 1 })
      const rate = summary.win_rates.find(
        (one) => one.metric === "pairwise_fluency" && one.candidate === "flash" && one.against === "careful"
      )
      assert.deepInclude(rate, { wins: 3, losses: 6, ties: 1, errors: 0, rate: 0.35 })
      assert.strictEqual(summary.order_metric, "pairwise_fluency")
      assert.deepStrictEqual(
        summary.order?.map(({ candidate }) => candidate),
        ["careful", "flash", "lite"]
      )
      const before = yield* CompareTrial.asked
      assert.strictEqual((yield* CompareModels.run(options)).resumed, 30)
      assert.deepStrictEqual(yield* CompareTrial.asked, before)
      // Another baseline would make the choices mean something else.
      const error = yield* Effect.flip(CompareModels.run({ ...options, baseline: "lite" }))
      assert.strictEqual(error._tag, "RunMismatch")
      assert.include(error.message, "baseline")
    }),
    CompareTrial.models(undefined, (_, input) => {
      const row = CompareTrial.indexOf(input)
      // Without exchanging the answers, A is the baseline's.
      assert.include(input, row % 4 === 3 ? "no idea" : `the summary of article ${row}`)
      const choice = row === 0 ? "TIE" : row % 3 === 0 && !input.includes(`\narticle ${row}\n`) ? "B" : "A"
      return JSON.stringify({ explanation: "", choice })
    })
  )

  test(
    "gives a summary that does not depend on the order in which cells finish",
    Effect.gen(function* () {
      const one = yield* CompareModels.run(CompareTrial.options(30, { runId: "one", concurrency: { total: 1 } }))
      const many = yield* CompareModels.run(CompareTrial.options(30, { runId: "many", repeats: 1 }))
      const order = (runId: string) => Effect.map(Trial.keptCells(runId), (cells) => cells.map(({ rowId }) => rowId))
      assert.notDeepEqual(yield* order("many"), yield* order("one"))
      assert.strictEqual(ComparisonSummary.toJson(many.summary), ComparisonSummary.toJson(one.summary))
    }),
    CompareTrial.models((candidate, row) =>
      Effect.as(
        Effect.repeat(Effect.yieldNow, { times: (row * 7) % 5 }),
        CompareTrial.answerOf(candidate, `article ${row}`)
      )
    )
  )
})

describe("repeats", () => {
  test(
    "are averaged within their row, for means, intervals, differences and row scores",
    Effect.gen(function* () {
      const { summary } = yield* CompareModels.run(
        CompareTrial.options(40, { repeats: 2, candidates: [CompareTrial.flash, CompareTrial.careful] })
      )
      const flash = CompareTrial.candidate(summary, "flash").metrics["exact_match"]
      // One of two repeats is right in each row: no row differs from another.
      assert.deepInclude(flash, { n_valid: 80, mean: 0.5, min: 0, max: 1, interval: null })
      assert.closeTo(flash?.std ?? 0, Math.sqrt((0.25 * 80) / 79), 1e-12)
      const difference = summary.differences.find(({ metric }) => metric === "exact_match")
      assert.deepInclude(difference, { n: 40, mean: 0.25, verdict: "better" })
      const scores = yield* RowScores.read("run", ["exact_match"], { candidate: "flash" })
      assert.deepStrictEqual([...new Set(scores.get("exact_match")?.values())], [0.5])
    }),
    (() => {
      const seen = new Set<number>()
      return CompareTrial.models((candidate, row) => {
        if (candidate !== "flash") return undefined
        const answer = seen.has(row) ? "nothing of it" : `the summary of article ${row}`
        seen.add(row)
        return answer
      })
    })()
  )
})

describe("before the first paid call, a comparison is refused", () => {
  const refused = (what: string, tag: string, text: string, options: CompareTrial.Options) =>
    test(
      what,
      Effect.gen(function* () {
        for (const refuse of [Effect.asVoid(CompareModels.run(options)), Effect.asVoid(CompareModels.plan(options))]) {
          const error = yield* Effect.flip(refuse)
          assert.strictEqual(error._tag, tag)
          assert.include(error.message, text)
        }
        assert.deepStrictEqual(yield* CompareTrial.asked, {})
      })
    )
  const options = CompareTrial.options

  refused("without candidates", "InvalidComparison", "no candidates", options(3, { candidates: [] }))
  refused("without metrics", "InvalidComparison", "no metrics", options(3, { metrics: [] }))
  refused(
    "for two candidates of one name",
    "InvalidComparison",
    'two candidates are called "flash"',
    options(3, { candidates: [CompareTrial.flash, CompareTrial.lite, CompareTrial.flash] })
  )
  refused(
    "for a baseline that is no candidate",
    "InvalidComparison",
    "Did you mean careful?",
    options(3, { baseline: "carefull" })
  )
  refused(
    "for a primary metric that is not measured",
    "InvalidComparison",
    "Did you mean rouge_1?",
    options(3, { primaryMetric: "rouge1" })
  )
  refused(
    "for columns that the template does not find",
    "PromptNotFilled",
    "articles:4 (row x)",
    options(3, { dataset: Trial.dataset([...Trial.articles(3), { id: "x", text: "t", reference: "r" }]) })
  )
  refused(
    "for a row without the reference that a metric needs",
    "MetricInputMissing",
    "Row x has no reference",
    options(3, { dataset: Trial.dataset([...Trial.articles(3), { id: "x", article: "a" }]) })
  )
  refused("for an unknown metric", "UnknownMetric", "rouge_1", options(3, { metrics: ["rouge_11"] }))
  refused(
    "for a configuration that Vertex would refuse",
    "InvalidConfiguration",
    "temperature",
    options(3, { candidates: [ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { temperature: 9 } })] })
  )
  refused(
    "for a judge budget that limits nothing",
    "InvalidBudget",
    "nothing is limited",
    options(3, { judgeBudget: {} })
  )
})
