/** The contract of evaluation, kept by the test layer, by judges of this process and by the service on the emulator; and what the wire shows. */
import * as Content from "@genops/core/Content"
import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as Scale from "@genops/core/Scale"
import * as ServiceMetric from "@genops/core/ServiceMetric"
import { Emulator } from "@genops/emulator"
import * as Credentials from "@genops/vertex/Credentials"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as EvaluationApi from "@genops/vertex/EvaluationApi"
import { VertexTest } from "@genops/vertex/testing"
import * as EvaluationTest from "@genops/vertex/testing/EvaluationTest"
import * as Vertex from "@genops/vertex/Vertex"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Emulated from "./Emulated.ts"
import * as EvaluationContract from "./EvaluationContract.ts"
import { Sent } from "./Subject.ts"

const judge = ModelConfiguration.make("gemini-3.5-flash")

const sentTo = <I, S extends { readonly calls: Effect.Effect<ReadonlyArray<unknown>> }>(
  service: Effect.Effect<S, never, I>
) =>
  Layer.effect(
    Sent,
    Effect.map(service, ({ calls }) => ({ total: Effect.map(calls, ({ length }) => length) }))
  )

const ratings = PointwiseMetric.all.map(({ name, scale }) => [name, Scale.ratings(scale)[0] ?? 0] as const)
const choices = PairwiseMetric.all.map(({ name }) => [name, "TIE"] as const)
const scores = ServiceMetric.all.map(({ name }) => [name, 1] as const)

EvaluationContract.suite("EvaluationTest", {
  hasService: true,
  layer: Layer.provideMerge(
    sentTo(EvaluationTest.EvaluationTest),
    EvaluationTest.layer(Object.fromEntries([...ratings, ...choices, ...scores]))
  )
})

/** A judge by the book: it gives the first rating that it is offered. */
const play = (_: ModelConfiguration.ModelConfiguration, input: Content.Input): VertexTest.Answer => {
  const text = Content.fromInput(input).map(Content.text).join("\n")
  const score = /then "score", one of (-?\d+)/.exec(text)?.[1]
  return JSON.stringify({
    explanation: "By the book.",
    ...(score === undefined ? { choice: "B" } : { score: Number(score) })
  })
}

EvaluationContract.suite("Evaluation.layerLocal over VertexTest", {
  hasService: false,
  layer: Layer.provide(
    Layer.merge(Evaluation.layerLocal({ judge }), sentTo(VertexTest.VertexTest)),
    VertexTest.layer({ generate: play })
  )
})

const models = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Vertex.layer({ project: "acme", location: "global", baseUrl: url }, Credentials.layerAnonymous)
  )
)

EvaluationContract.suite("Evaluation.layerLocal over the emulator's models", {
  hasService: false,
  layer: Layer.provide(
    Layer.merge(Layer.provide(Evaluation.layerLocal({ judge, samplingCount: 2 }), models), Emulated.sent),
    Emulator.layer()
  )
})

const client = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    VertexClient.layer.pipe(
      Layer.provide(Credentials.layerAnonymous),
      Layer.provide(VertexConfig.layer({ project: "acme", location: "us-central1", baseUrl: url }))
    )
  )
)
const live = (options: Evaluation.Options = {}) =>
  Layer.provide(Evaluation.layer({ queriesPerSecond: Infinity, ...options }), client)

EvaluationContract.suite("Evaluation.layer on the emulator", {
  hasService: true,
  layer: Layer.provide(Layer.merge(live({ judge }), Emulated.sent), Emulator.layer())
})

EvaluationContract.suite("Evaluation.layer on the emulator, computing locally", {
  hasService: true,
  layer: Layer.provide(Layer.merge(live({ computed: "local" }), Emulated.sent), Emulator.layer())
})

/** Each test has an emulator of its own, and real time. */
const onWire = (
  name: string,
  test: Effect.Effect<void, unknown, Evaluation.Evaluation | EvaluationApi.EvaluationApi | Emulator.Emulator>,
  options: Evaluation.Options = {}
): void => {
  const api = Layer.provide(EvaluationApi.layer({ queriesPerSecond: Infinity }), client)
  it.live(name, () => test.pipe(Effect.provide(Layer.provideMerge(Layer.merge(live(options), api), Emulator.layer()))))
}

const named = (name: string) => Result.getOrThrow(Metric.named(name))
const snapshot = Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)

describe("evaluation on the wire", () => {
  onWire(
    "has the judge that was configured, and it alone is billed",
    Effect.gen(function* () {
      yield* Evaluation.score(named("fluency"), EvaluationContract.row)
      yield* Evaluation.score(named("bleu"), EvaluationContract.row)
      yield* Evaluation.score(named("comet"), EvaluationContract.row)
      const { counts, ledger } = yield* snapshot
      assert.strictEqual(counts["evaluateInstances"], 3)
      assert.deepStrictEqual(Object.keys(ledger), ["gemini-2.5-pro"])
      assert.strictEqual(ledger["gemini-2.5-pro"]?.requests, 1)
      assert.isAbove(ledger["gemini-2.5-pro"]?.input ?? 0, 500)
    }),
    { judge: ModelConfiguration.make("gemini-2.5-pro"), samplingCount: 3 }
  )

  onWire(
    "says what decided a score, and prefers the better answer",
    Effect.gen(function* () {
      const score = yield* Evaluation.score(named("pairwise_summarization_quality"), EvaluationContract.row)
      assert.strictEqual(score._tag === "Preference" && score.pairwiseChoice, "CANDIDATE")
      assert.match(score.explanation ?? "", /Emulator's heuristic/)
      const rubrics = yield* Evaluation.score(named("general_quality_v1"), EvaluationContract.row)
      assert.isAbove((rubrics._tag === "Rating" && rubrics.verdicts?.length) || 0, 0)
    })
  )

  onWire(
    "fails with NotFound for a judge that does not exist",
    Effect.gen(function* () {
      const error = yield* Effect.flip(Evaluation.score(named("fluency"), EvaluationContract.row))
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "NotFound")
    }),
    { judge: ModelConfiguration.make("gemini-0.1-imaginary") }
  )

  onWire(
    "is repeated when the service is busy, or its answer is lost",
    Effect.gen(function* () {
      const { setFaults } = yield* Emulator.Emulator
      yield* setFaults([
        { operation: "evaluateInstances", sequence: [{ type: "status", status: 503 }, { type: "lose-answer" }] }
      ])
      const score = yield* Evaluation.score(named("rouge_1"), EvaluationContract.row)
      assert.strictEqual(score._tag, "Rating")
      assert.strictEqual((yield* snapshot).counts["evaluateInstances"], 3)
    })
  )

  onWire(
    "tells the end of a dataset whose object does not exist",
    Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const error = yield* Effect.flip(
        api.evaluateDataset(
          {
            dataset: { gcsSource: { uris: ["gs://bucket/rows.jsonl"] } },
            metrics: [{ exactMatchSpec: {}, aggregationMetrics: ["AVERAGE"] }],
            outputConfig: { gcsDestination: { outputUriPrefix: "gs://bucket/out/" } }
          },
          { interval: "1 millis" }
        )
      )
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "NotFound")
      assert.strictEqual((yield* snapshot).counts["operations.get"], 2)
    })
  )

  onWire(
    "writes rubrics for a prompt",
    Effect.gen(function* () {
      const api = yield* EvaluationApi.EvaluationApi
      const rubrics = yield* api.generateRubrics({
        contents: [Content.user("Write a haiku about rain.")],
        predefinedRubricGenerationSpec: { metricSpecName: "general_quality_v1" }
      })
      assert.isAbove(rubrics.length, 0)
    })
  )
})
