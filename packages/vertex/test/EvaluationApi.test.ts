import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as EvaluationApi from "../src/EvaluationApi.ts"
import type * as EvaluationRequest from "../src/EvaluationRequest.ts"
import type * as VertexConfig from "../src/VertexConfig.ts"
import * as fixtures from "./EvaluationFixture.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

const beta: VertexConfig.Options = { project: "demo-project", location: "us-central1", apiVersion: "v1beta1" }

const serving = (answers: ReadonlyArray<unknown>, options: EvaluationApi.Options = {}, config = beta) => {
  const [first, ...rest] = answers.map((answer) => () => ScriptedHttp.json(answer))
  const http = ScriptedHttp.make(first ?? (() => ScriptedHttp.json({})), ...rest)
  const layer = Layer.provide(EvaluationApi.layer(options), ScriptedHttp.services(http.layer, config))
  return { sent: http.sent, layer }
}

const seen = (sent: ReadonlyArray<ScriptedHttp.Sent>) => sent.map(({ body, method, url }) => ({ body, method, url }))
const expected = (exchanges: ReadonlyArray<fixtures.Exchange>) =>
  exchanges.map(({ request }) => ({ body: request.body ?? null, method: request.method, url: request.url }))

const rougeDataset: EvaluationRequest.EvaluateDataset = {
  dataset: { gcsSource: { uris: ["gs://my-bucket/eval.jsonl"] } },
  metrics: [{ aggregationMetrics: ["AVERAGE", "STANDARD_DEVIATION"], rougeSpec: { rougeType: "rougeL" } }],
  outputConfig: { gcsDestination: { outputUriPrefix: "gs://my-bucket/eval-out/" } }
}

describe("EvaluationApi", () => {
  it.effect("sends several metrics at once and keeps their order", () => {
    const exchange = fixtures.exchange("metrics-array", "all succeed")
    const { layer, sent } = serving([exchange.response.body], {}, { ...beta, apiVersion: "v1" })
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const answer = yield* api.evaluateInstances({
        instance: { prompt: { text: "Name a prime." }, response: { text: "7" }, reference: { text: "7" } },
        metrics: [
          { predefinedMetricSpec: { metricSpecName: "general_quality_v1" } },
          { computationBasedMetricSpec: { type: "ROUGE", parameters: { rouge_type: "rougeL" } } },
          { llmBasedMetricSpec: { metricPromptTemplate: "Rate {response}" } }
        ]
      })
      assert.deepStrictEqual(seen(sent), expected([exchange]))
      assert.deepStrictEqual(
        answer.metricResults?.map(({ score }) => score),
        [1, 1, 4]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("sends media and reads raw outputs", () => {
    const media = fixtures.exchange("pointwise", "multimodal instance")
    const raw = fixtures.exchange("pointwise", "raw output: score and explanation are absent")
    const { layer, sent } = serving([media.response.body, raw.response.body], {}, { ...beta, apiVersion: "v1" })
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const fileData = { mimeType: "image/png", fileUri: "gs://my-bucket/a.png" }
      const first = yield* api.evaluateInstances({
        pointwiseMetricInput: {
          metricSpec: { metricPromptTemplate: "Is the caption right? {image} {response}" },
          instance: {
            contentMapInstance: {
              values: {
                image: { contents: [{ role: "user", parts: [{ fileData }] }] },
                response: { contents: [{ role: "user", parts: [{ text: "A dot" }] }] }
              }
            }
          }
        }
      })
      yield* TestClock.adjust("1 second")
      const second = yield* api.evaluateInstances({
        pointwiseMetricInput: {
          metricSpec: {
            metricPromptTemplate: "Rate the response from 1 to 5.\n\n# Prompt\n{prompt}\n\n# Response\n{response}",
            customOutputFormatConfig: { returnRawOutput: true }
          },
          instance: { jsonInstance: '{"prompt": "Name a prime.", "response": "7"}' }
        },
        autoraterConfig: {
          samplingCount: 2,
          autoraterModel: "projects/demo-project/locations/us-central1/publishers/google/models/gemini-2.5-flash"
        }
      })
      assert.deepStrictEqual(seen(sent), expected([media, raw]))
      assert.strictEqual(first.pointwiseMetricResult?.score, 1)
      assert.deepStrictEqual(second.pointwiseMetricResult?.customOutput?.rawOutputs?.rawOutput, [
        '{"score": 5}',
        '{"score": 4}'
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("lets no more than ten queries leave in a second", () => {
    const { layer, sent } = serving([{}])
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const query = api.evaluateInstances({ exactMatchInput: { metricSpec: {}, instances: [] } })
      const all = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 25 }, () => query),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(sent.length, 10)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(sent.length, 20)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(all)
      assert.strictEqual(sent.length, 25)
    }).pipe(Effect.provide(layer))
  })

  it.effect("evaluates a dataset: starts it once, then looks until it is done", () => {
    const [start, done] = fixtures.exchanges("evaluate-dataset")
    const running = start?.response.body
    const { layer, sent } = serving([running, running, done?.response.body])
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const fiber = yield* Effect.forkChild(api.evaluateDataset(rougeDataset))
      yield* TestClock.adjust("10 seconds")
      yield* TestClock.adjust("10 seconds")
      const answer = yield* Fiber.join(fiber)
      const exchanges = [start, done, done].flatMap((exchange) => exchange ?? [])
      assert.deepStrictEqual(seen(sent), expected(exchanges))
      assert.strictEqual(answer.aggregationOutput?.aggregationResults?.[0]?.rougeMetricValue?.score, 0.61)
      assert.strictEqual(answer.outputInfo?.gcsOutputDirectory, "gs://my-bucket/eval-out/evaluation-20261122184000")
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails with the error of the operation, which is an HTTP 200", () => {
    const { layer } = serving([fixtures.exchange("evaluate-dataset", "done with error (still HTTP 200)").response.body])
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const error = yield* Effect.flip(api.evaluateDataset(rougeDataset))
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "InvalidRequest")
    }).pipe(Effect.provide(layer))
  })

  it.effect("stops waiting after the time-out and says that the evaluation goes on", () => {
    const { layer, sent } = serving([fixtures.exchange("evaluate-dataset", "start").response.body])
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const started = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.forkChild(
        Effect.flip(api.evaluateDataset(rougeDataset, { interval: "1 minute", timeout: "5 minutes" }))
      )
      yield* TestClock.adjust("5 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual((yield* Clock.currentTimeMillis) - started, 300_000)
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "DeadlineExceeded")
      assert.include(error.message, "it goes on without us")
      assert.isAtLeast(sent.length, 5)
    }).pipe(Effect.provide(layer))
  })

  it.effect("lets the service write rubrics", () => {
    const exchange = fixtures.exchange("generate-instance-rubrics")
    const { layer, sent } = serving([exchange.response.body])
    return Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const rubrics = yield* api.generateRubrics({
        contents: [{ role: "user", parts: [{ text: "Write a haiku about rain." }] }],
        predefinedRubricGenerationSpec: { metricSpecName: "general_quality_v1" }
      })
      assert.deepStrictEqual(seen(sent), expected([exchange]))
      assert.strictEqual(rubrics[0]?.content?.property?.description, "The response has three lines.")
    }).pipe(Effect.provide(layer))
  })
})
