import type * as Budget from "@genops/core/Budget"
import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import * as Credentials from "@genops/vertex/Credentials"
import { VertexTest } from "@genops/vertex/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as BudgetGuard from "../src/BudgetGuard.ts"

const judge = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { maxOutputTokens: 100 } })
const fluency = Result.getOrThrow(Metric.named("fluency"))
const row = { prompt: "Name a prime.", response: "7 is a prime." }
const rating = VertexTest.reply(JSON.stringify({ explanation: "fine", score: 4 }), {
  inputTokens: 500,
  outputTokens: 20
})

/** The judge is made outside of the budget, as in a program that provides its layers at the end. */
const local = Layer.provideMerge(Evaluation.layerLocal({ judge }), VertexTest.layer({ generate: rating }))

/** Vertex AI's service, which says nothing about tokens. */
const service = (requests: Array<string>, options: Evaluation.Options = { judge }) => {
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      requests.push(url.pathname)
      return HttpClientResponse.fromWeb(request, Response.json({ pointwiseMetricResult: { score: 4 } }))
    })
  )
  return Evaluation.layer(options).pipe(
    Layer.provide(VertexClient.layerNoTransport),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.provide(Credentials.layerAnonymous),
    Layer.provide(VertexConfig.layer({ project: "acme", location: "us-central1" })),
    Layer.merge(VertexTest.layer({ generate: "unused" }))
  )
}

const within = (limits: Budget.LimitsInput, books: Array<BudgetGuard.Spending>) =>
  BudgetGuard.within(limits, { onEnd: (spending) => Effect.sync(() => void books.push(spending)) })

describe("judges within budgets", () => {
  it.effect("books the judge's calls at what they used", () => {
    const books: Array<BudgetGuard.Spending> = []
    return Effect.gen(function* () {
      const score = yield* Evaluation.score(fluency, row)
      assert.strictEqual(score._tag === "Rating" && score.score, 4)
    }).pipe(
      within({ name: "run", usd: "1.00" }, books),
      Effect.map(() => {
        assert.strictEqual(books[0]?.spent.requests, 4n)
        assert.strictEqual(books[0]?.spent.inputTokens, 2_000n)
        assert.strictEqual(books[0]?.spent.outputTokens, 80n)
        assert.isTrue((books[0]?.spent.usd ?? 0n) > 0n)
      }),
      Effect.provide(local)
    )
  })

  it.effect("refuses the judge's call that does not fit, before it is sent", () => {
    const books: Array<BudgetGuard.Spending> = []
    return Effect.gen(function* () {
      const error = yield* Effect.flip(within({ name: "run", requests: 2 }, books)(Evaluation.score(fluency, row)))
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.isAtMost((yield* VertexTest.calls).length, 2)
      assert.isTrue((books[0]?.refused ?? 0) > 0)
    }).pipe(Effect.provide(local))
  })

  it.effect("counts judges once where the program is metered too", () => {
    const books: Array<BudgetGuard.Spending> = []
    const metered = Evaluation.layerLocal({ judge }).pipe(
      Layer.provide(BudgetGuard.layerMetered),
      Layer.provideMerge(VertexTest.layer({ generate: rating }))
    )
    return Evaluation.score(fluency, row).pipe(
      within({ name: "run", usd: "1.00" }, books),
      Effect.map(() => assert.strictEqual(books[0]?.spent.requests, 4n)),
      Effect.provide(metered)
    )
  })

  it.effect("finds the judge's calls in a dry run and sends none of them", () =>
    Effect.gen(function* () {
      const answer = () => JSON.stringify({ explanation: "", score: 3 })
      const program = BudgetGuard.within(Evaluation.score(fluency, row), { name: "run", usd: "1.00" })
      const estimate = yield* BudgetGuard.estimate(program, { answer })
      assert.strictEqual(estimate.calls, 4)
      assert.isTrue(estimate.worst > 0n)
      assert.strictEqual(estimate.exit._tag, "Success")
      assert.strictEqual((yield* VertexTest.calls).filter(({ operation }) => operation === "generate").length, 0)
    }).pipe(Effect.provide(local))
  )

  it.effect("books the worst case of the service's judges, which do not say what they used", () => {
    const books: Array<BudgetGuard.Spending> = []
    const requests: Array<string> = []
    return Evaluation.score(fluency, row).pipe(
      within({ name: "run", usd: "1.00" }, books),
      Effect.map((score) => {
        assert.strictEqual(score._tag === "Rating" && score.score, 4)
        assert.strictEqual(requests.length, 1)
        // Four samples of at most 100 tokens each.
        assert.strictEqual(books[0]?.spent.outputTokens, 400n)
        assert.deepStrictEqual(books[0]?.uncertain, books[0]?.spent)
      }),
      Effect.provide(service(requests))
    )
  })

  it.effect("sends nothing to the service when its judges do not fit", () => {
    const requests: Array<string> = []
    return Effect.gen(function* () {
      const error = yield* Effect.flip(within({ name: "run", outputTokens: 399 }, [])(Evaluation.score(fluency, row)))
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.strictEqual(requests.length, 0)
      const computed = Result.getOrThrow(Metric.named("contains"))
      const free = yield* within(
        { name: "run", requests: 1 },
        []
      )(Evaluation.score(computed, { ...row, reference: "7" }))
      assert.strictEqual(free._tag === "Rating" && free.score, 1)
    }).pipe(Effect.provide(service(requests)))
  })

  it.effect("knows no price of judges that the service chooses, so a budget in money sends nothing", () => {
    const requests: Array<string> = []
    return Effect.gen(function* () {
      const error = yield* Effect.flip(within({ name: "run", usd: "1.00" }, [])(Evaluation.score(fluency, row)))
      assert.strictEqual(error._tag, "PriceUnknown")
      assert.strictEqual(requests.length, 0)
    }).pipe(Effect.provide(service(requests, {})))
  })
})
