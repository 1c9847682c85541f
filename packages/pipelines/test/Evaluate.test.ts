import * as Money from "@genops/core/Money"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as Usage from "@genops/core/Usage"
import * as Evaluation from "@genops/vertex/Evaluation"
import type * as Score from "@genops/vertex/Score"
import { VertexTest } from "@genops/vertex/testing"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Cell from "../src/Cell.ts"
import * as Evaluate from "../src/Evaluate.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as RunSummary from "../src/RunSummary.ts"
import * as Trial from "./EvaluateTrial.ts"

const test = (
  what: string,
  body: Effect.Effect<void, unknown, Layer.Success<ReturnType<typeof Trial.models>> | ResultStore.ResultStore>,
  models: ReturnType<typeof Trial.models> = Trial.models()
) => it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

const byRow = (cells: ReadonlyArray<Cell.Cell>) => cells.toSorted((a, b) => a.row - b.row)

/** Fails the row of this number at its first attempts. */
const failing = (row: number, times: number, failure: VertexTest.Answer) => {
  let left = times
  return (_: unknown, input: string): VertexTest.Answer =>
    input.endsWith(` ${row}`) && left-- > 0 ? failure : Trial.summaryOf(input)
}
const unavailable = VertexTest.fail(new VertexError.Unavailable({ description: "down" }))

describe("run", () => {
  test(
    "generates, scores and summarises every row, and keeps what it cost",
    Effect.gen(function* () {
      const outcome = yield* Evaluate.run(Trial.options(Trial.articles(7)))
      const { metrics, summary_metrics, ...counts } = outcome.summary
      const cells = byRow(yield* Trial.keptCells())
      const total = cells.reduce((sum, { spent }) => sum + spent.generation + spent.judge, 0n)
      assert.deepEqual(counts, {
        candidate: "flash",
        fingerprint: cells[0]?.fingerprint ?? "",
        row_count: 7,
        n_total: 7,
        n_valid: 7,
        n_error: 0,
        errors: {},
        cost_usd: Money.times(Money.usd("0.000000000001"), total),
        judge_cost_usd: Money.ReducerSum.combineAll(cells.map(({ spent }) => spent.judge)),
        cost_unknown: 0
      })
      assert.isAbove(Number(counts.judge_cost_usd), 0)
      assert.isBelow(Number(counts.judge_cost_usd), Number(counts.cost_usd))

      // Rows 0, 3 and 6 answer with the reference.
      const exact = metrics["exact_match"]
      assert.strictEqual(exact?.mean, 3 / 7)
      assert.closeTo(exact?.std ?? NaN, Math.sqrt((3 / 7) * (4 / 7) * (7 / 6)), 1e-12)
      assert.strictEqual(exact?.interval?.method, "wilson")
      const rouge = metrics["rouge_1"]
      assert.strictEqual(rouge?.interval?.method, "bootstrap")
      assert.isBelow(rouge?.interval?.low ?? NaN, rouge?.mean ?? NaN)
      assert.isAbove(rouge?.interval?.high ?? NaN, rouge?.mean ?? NaN)
      assert.strictEqual(metrics["fluency"]?.mean, 4)
      assert.strictEqual(metrics["fluency"]?.interval, null)
      assert.include(metrics["fluency"]?.absent["interval"], "all values are equal")
      assert.deepStrictEqual(Object.keys(summary_metrics), [
        "row_count",
        "exact_match/mean",
        "exact_match/std",
        "rouge_1/mean",
        "rouge_1/std",
        "fluency/mean",
        "fluency/std"
      ])

      assert.deepStrictEqual(
        cells.map(({ rowId }) => rowId),
        Trial.articles(7).map(({ id }) => id)
      )
      const [first] = cells
      assert.strictEqual(first?.prompt, "Summarise: article 0")
      assert.strictEqual(first?.reference, "the summary of article 0")
      assert.strictEqual(first?.response, "the summary of article 0")
      assert.strictEqual(first?.finishReason, "STOP")
      assert.strictEqual(first?.usage?.requests, 1)
      assert.strictEqual(first?.scores["fluency"]?.explanation, "Because.")
      assert.strictEqual(first?.scores["fluency"]?.judge, Trial.judge.model)
      assert.deepStrictEqual(yield* Trial.calls, { generated: 7, judged: 7 })
    })
  )

  test(
    "counts a failed generation, leaves it out of means, and retries it when it is resumed",
    Effect.gen(function* () {
      const options = Trial.options(Trial.articles(4))
      const { summary } = yield* Evaluate.run(options)
      assert.deepInclude(summary, { n_total: 4, n_valid: 3, n_error: 1, errors: { Unavailable: 1 }, cost_unknown: 1 })
      for (const metric of Object.values(summary.metrics)) {
        assert.deepInclude(metric, { n_total: 4, n_valid: 3, n_error: 1, errors: { Unavailable: 1 } })
      }
      assert.strictEqual(summary.metrics["exact_match"]?.mean, 2 / 3)
      const failed = (yield* Trial.keptCells()).find(({ error }) => error !== undefined)
      assert.strictEqual(failed?.rowId, "row-1")
      assert.strictEqual(failed?.error?.billed, "unknown")
      assert.deepStrictEqual(failed?.scores, {})

      const again = yield* Evaluate.run(options)
      assert.strictEqual(again.resumed, 3)
      assert.deepInclude(again.summary, { n_total: 4, n_valid: 4, n_error: 0, errors: {} })
      assert.deepStrictEqual(yield* Trial.calls, { generated: 5, judged: 4 })
    }),
    Trial.models(failing(1, 1, unavailable))
  )

  test(
    "counts a judge that writes prose as no score, and asks it again without generating again",
    Effect.gen(function* () {
      const options = Trial.options(Trial.articles(3))
      const { summary } = yield* Evaluate.run(options)
      assert.deepInclude(summary, { n_valid: 3, n_error: 0 })
      assert.deepInclude(summary.metrics["fluency"], { n_total: 3, n_valid: 2, n_error: 1, mean: 5 })
      assert.deepStrictEqual(summary.metrics["fluency"]?.errors, { JudgeFailed: 1 })
      assert.strictEqual(summary.metrics["rouge_1"]?.n_valid, 3)
      const spent = summary.cost_usd
      const again = yield* Evaluate.run(options)
      assert.strictEqual(again.summary.metrics["fluency"]?.n_valid, 3)
      assert.isAbove(Number(again.summary.cost_usd), Number(spent))
      assert.deepStrictEqual(yield* Trial.calls, { generated: 3, judged: 4 })
      const cells = yield* Trial.keptCells()
      assert.lengthOf(cells, 4)
      assert.strictEqual(cells.at(-1)?.spent.generation, Money.zero)
      assert.strictEqual((yield* Evaluate.run(options)).resumed, 3)
      assert.deepStrictEqual(yield* Trial.calls, { generated: 3, judged: 4 })
    }),
    Trial.models(
      undefined,
      (() => {
        let calls = 0
        return () => (calls++ === 1 ? "I liked it very much." : Trial.verdict(5))
      })()
    )
  )

  test(
    "gives a summary that does not depend on the order in which rows finish",
    Effect.gen(function* () {
      const rows = Trial.articles(40)
      const one = yield* Evaluate.run(Trial.options(rows, { runId: "one", concurrency: 1 }))
      const many = yield* Evaluate.run(Trial.options(rows, { runId: "many", concurrency: 16 }))
      assert.notDeepEqual(
        (yield* Trial.keptCells("many")).map(({ row }) => row),
        (yield* Trial.keptCells("one")).map(({ row }) => row),
        "the rows finished in another order"
      )
      assert.strictEqual(
        RunSummary.toJson({ candidates: [many.summary] }),
        RunSummary.toJson({ candidates: [one.summary] })
      )
    }),
    Trial.models(
      (_, input) => Effect.as(Effect.repeat(Effect.yieldNow, { times: input.length % 7 }), Trial.summaryOf(input)),
      (_, input) => Trial.verdict(1 + (input.length % 5))
    )
  )

  test(
    "gives no interval of width 0, and none off the scale",
    Effect.gen(function* () {
      const { summary } = yield* Evaluate.run(Trial.options(Trial.articles(5)))
      assert.deepInclude(summary.metrics["fluency"], { mean: 1, std: 0, interval: null })
      assert.strictEqual(summary.metrics["exact_match"]?.interval?.method, "wilson")
      assert.closeTo(summary.metrics["exact_match"]?.interval?.low ?? NaN, 0, 1e-12)
      assert.isAbove(summary.metrics["exact_match"]?.interval?.high ?? 0, 0.3)
    }),
    Trial.models(
      () => "nothing of it",
      () => Trial.verdict(1)
    )
  )

  test(
    "takes given answers from a column, and generates nothing",
    Effect.gen(function* () {
      const rows = Trial.articles(3).map((row) => ({ ...row, response: row.reference, prompt: "Summarise!" }))
      const responseColumn = "response"
      const { summary, latency } = yield* Evaluate.run({
        responseColumn,
        runId: "run",
        dataset: Trial.dataset(rows),
        metrics: ["exact_match", "fluency"]
      })
      assert.strictEqual(summary.candidate, "response")
      assert.strictEqual(summary.metrics["exact_match"]?.mean, 1)
      assert.strictEqual(latency, undefined)
      assert.deepStrictEqual(yield* Trial.calls, { generated: 0, judged: 3 })
      const missing = Evaluate.run({
        runId: "other",
        dataset: Trial.dataset([...rows, { id: "x", reference: "r", prompt: "p" }]),
        metrics: ["exact_match"],
        responseColumn
      })
      const error = yield* Effect.flip(missing)
      assert.strictEqual(error._tag, "DatasetError")
      assert.include(error.message, "articles:4  response: missing")
    })
  )

  test(
    "reports pairwise metrics as win rates, ties and errors in the denominator",
    Effect.gen(function* () {
      const metric = PairwiseMetric.all.find(({ name }) => name === "pairwise_fluency")
      assert.isDefined(metric)
      const rows = Trial.articles(4).map((row) => ({ ...row, baseline_model_response: "so so" }))
      const { summary } = yield* Evaluate.run(Trial.options(rows, { metrics: [metric ?? ""] }))
      const found = summary.metrics["pairwise_fluency"]
      assert.deepInclude(found, { n_total: 4, n_valid: 3, n_error: 1, mean: null })
      assert.deepInclude(found?.pairwise, {
        candidate_model_win_rate: 0.5,
        baseline_model_win_rate: 0,
        wins: 2,
        ties: 1
      })
      assert.strictEqual(summary.summary_metrics["pairwise_fluency/candidate_model_win_rate"], 0.5)
    }),
    Trial.models(undefined, (_, input) => {
      const choice = input.includes("article 1") ? "TIE" : input.includes("article 2") ? "nothing" : "B"
      return JSON.stringify({ explanation: "", choice })
    })
  )

  it.effect("takes a NaN of a service for no score", () =>
    Effect.gen(function* () {
      const fluency: Score.Rating = { _tag: "Rating", metric: "fluency", scoredBy: "vertex", score: Number.NaN }
      const evaluation = Evaluation.Evaluation.of({ score: () => Effect.succeed(fluency), supports: () => Result.void })
      const { summary } = yield* Effect.provideService(
        Evaluate.run(Trial.options(Trial.articles(2), { metrics: ["fluency"] })),
        Evaluation.Evaluation,
        evaluation
      )
      assert.deepInclude(summary.metrics["fluency"], { n_valid: 0, n_error: 2, mean: null, errors: { NotFinite: 2 } })
      assert.strictEqual(summary.summary_metrics["fluency/mean"], null)
    }).pipe(Effect.provide(Layer.merge(Trial.models(), ResultStore.layerMemory)))
  )

  test(
    "tells its progress",
    Effect.gen(function* () {
      const seen: Array<Evaluate.Progress> = []
      const onProgress = (progress: Evaluate.Progress) => Effect.sync(() => void seen.push(progress))
      const { summary } = yield* Evaluate.run(Trial.options(Trial.articles(3), { onProgress }))
      assert.deepStrictEqual(
        seen.map(({ done, failed, resumed, rows }) => ({ done, failed, resumed, rows })),
        [1, 2, 3].map((done) => ({ done, failed: done < 2 ? 0 : 1, resumed: 0, rows: 3 }))
      )
      assert.strictEqual(seen.at(-1)?.cost, summary.cost_usd)
      assert.strictEqual(seen.at(-1)?.judgeCost, summary.judge_cost_usd)
    }),
    Trial.models(failing(1, 1, VertexTest.blocked()))
  )
})

describe("before the first paid call, a run is refused", () => {
  const refused = (what: string, tag: string, text: string, options: Trial.Options) =>
    test(
      what,
      Effect.gen(function* () {
        const error = yield* Effect.flip(Evaluate.run(options))
        const { _tag, message } = error
        assert.strictEqual(_tag, tag)
        assert.include(message, text)
        assert.deepStrictEqual(yield* Trial.calls, { generated: 0, judged: 0 })
        assert.strictEqual((yield* Effect.flip(Trial.keptCells()))._tag, "RunNotFound")
      })
    )
  const rows = Trial.articles(30)
  const last = { id: "last" }

  refused("for an empty dataset", "DatasetError", "no rows", Trial.options([]))
  refused(
    "for a row without a template's variable",
    "PromptNotFilled",
    "articles:31 (row last)",
    Trial.options([...rows, last])
  )
  refused(
    "for a row without the reference that a metric needs",
    "MetricInputMissing",
    "Row last has no reference, which the metric exact_match needs",
    Trial.options([...rows, { ...last, article: "a" }])
  )
  refused(
    "for a reference that is null",
    "MetricInputMissing",
    "last",
    Trial.options([...rows, { ...last, article: "a", reference: null }])
  )
  refused(
    "for an unknown metric, with near names",
    "UnknownMetric",
    "rouge_l_sum",
    Trial.options(rows, { metrics: ["rouge_l_summ"] })
  )
  refused(
    "for a metric named twice",
    "DuplicateMetric",
    "BLEU",
    Trial.options(rows, { metrics: ["bleu", { ...PairwiseMetric.all[0]!, name: "BLEU" }] })
  )
  refused(
    "for a metric that this evaluation does not have",
    "MetricUnsupported",
    "comet",
    Trial.options(rows, { metrics: ["comet"] })
  )
  refused(
    "for a configuration that Vertex would refuse",
    "InvalidConfiguration",
    "temperature",
    Trial.options(rows, { configuration: { ...Trial.configuration, generationConfig: { temperature: 9 } } })
  )
  refused(
    "for two rows of one id",
    "DatasetError",
    "articles:31  id: the same id stands on line 1",
    Trial.options([...rows, Trial.article(0)])
  )
  refused(
    "for a line that is too long",
    "DatasetError",
    "1048576",
    Trial.options([...rows, { ...Trial.article(99), article: "x".repeat(1_100_000) }])
  )
})

describe("Cell", () => {
  it("is finished when it has an answer and every score that can be", () => {
    const cell: Cell.Cell = {
      runId: "run",
      candidate: "c",
      fingerprint: "f",
      row: 0,
      rowId: "a",
      response: "",
      usage: Usage.empty,
      scores: { a: { score: 0 }, b: { score: null, error: { tag: "Absent", message: "" } } },
      spent: { generation: Money.zero, judge: Money.zero, unknown: 0 }
    }
    assert.isTrue(Cell.isFinished(cell, ["a", "b"]))
    assert.isFalse(Cell.isFinished(cell, ["a", "b", "constructor"]))
    assert.isFalse(Cell.isFinished({ ...cell, response: undefined }, []))
    assert.isFalse(
      Cell.isFinished({ ...cell, scores: { a: { score: null, error: { tag: "JudgeFailed", message: "" } } } }, ["a"])
    )
  })
})
