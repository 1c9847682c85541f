import * as ComputedMetric from "@genops/core/ComputedMetric"
import * as Metric from "@genops/core/Metric"
import type * as MetricInstance from "@genops/core/MetricInstance"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as ServiceMetric from "@genops/core/ServiceMetric"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Evaluation from "../src/Evaluation.ts"
import * as fixtures from "./EvaluationFixture.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

const demo = { project: "demo-project", location: "us-central1" }
const url =
  "https://us-central1-aiplatform.googleapis.com/v1/projects/demo-project/locations/us-central1:evaluateInstances"
const named = (name: string) => Result.getOrThrow(Metric.named(name))

/** The service over a server that gives these answers, and what was sent. */
const serving = (answers: ReadonlyArray<unknown>, options?: Evaluation.Options, config = demo) => {
  const [first, ...rest] = answers.map((answer) => () => ScriptedHttp.json(answer))
  const http = ScriptedHttp.make(first ?? (() => ScriptedHttp.json({})), ...rest)
  const layer = Evaluation.layer({ queriesPerSecond: Infinity, ...options }).pipe(
    Layer.provide(ScriptedHttp.services(http.layer, config))
  )
  return { sent: http.sent, layer }
}

const Calls = Schema.Struct({
  toolCalls: Schema.Array(Schema.Struct({ toolName: Schema.String, toolInput: Schema.fromJsonString(Schema.Unknown) }))
})
const Wire = Schema.Struct({
  prediction: Schema.optional(Schema.String),
  reference: Schema.optional(Schema.String),
  source: Schema.optional(Schema.String),
  predictedTrajectory: Schema.optional(Calls),
  referenceTrajectory: Schema.optional(Calls)
})
const trajectory = (calls: typeof Calls.Type | undefined) =>
  calls?.toolCalls.map(({ toolInput, toolName }) => ({ tool_name: toolName, tool_input: toolInput }))

/** An instance of ours from one of the wire. */
const instanceOf = (wire: unknown): MetricInstance.MetricInstance => {
  const {
    predictedTrajectory,
    prediction = "",
    reference,
    referenceTrajectory,
    source
  } = Schema.decodeUnknownSync(Wire)(wire)
  const predicted = trajectory(predictedTrajectory)
  const expected = trajectory(referenceTrajectory)
  return {
    response: prediction,
    ...(reference === undefined ? {} : { reference }),
    ...(source === undefined ? {} : { source }),
    ...(predicted === undefined ? {} : { trajectory: predicted }),
    ...(expected === undefined ? {} : { referenceTrajectory: expected })
  }
}

const computed: ReadonlyArray<readonly [fixture: string, label: string | undefined, metric: Metric.Metric]> = [
  ["exact-match", undefined, named("exact_match")],
  ["bleu", undefined, ComputedMetric.bleu({ useEffectiveOrder: true })],
  ["rouge", "rouge1: P 3/3, R 3/6, F1 2/3", named("rouge_1")],
  ["rouge", "rouge2: P 2/2, R 2/5, F1 4/7", named("rouge_2")],
  ["rouge", "rougeL: LCS 3", named("rouge_l")],
  ["rouge", "rougeLsum with stemmer", ComputedMetric.rouge("rouge_l_sum", { useStemmer: true, splitSummaries: true })],
  ["tool-call-valid", undefined, named("tool_call_valid")],
  ["tool-name-match", undefined, named("tool_name_match")],
  ["tool-parameter-key-match", undefined, named("tool_parameter_key_match")],
  ["tool-parameter-kv-match", undefined, ComputedMetric.toolParameterKvMatch({ useStrictStringMatch: true })],
  ["trajectory", "trajectoryExactMatch", named("trajectory_exact_match")],
  ["trajectory", "trajectoryInOrderMatch", named("trajectory_in_order_match")],
  ["trajectory", "trajectoryAnyOrderMatch", named("trajectory_any_order_match")],
  ["trajectory", "trajectoryPrecision", named("trajectory_precision")],
  ["trajectory", "trajectoryRecall", named("trajectory_recall")],
  ["trajectory", "trajectorySingleToolUse", ComputedMetric.singleToolUse("book")]
]

describe("Evaluation.layer", () => {
  for (const [fixture, label, metric] of computed) {
    it.effect(`sends ${label ?? fixture} as the service reads it, and takes its score`, () => {
      const rows = fixtures.rows(fixtures.exchange(fixture, label))
      const { layer, sent } = serving(rows.map(({ answer }) => answer))
      return Effect.gen(function* () {
        for (const { instance, request, score } of rows) {
          const { body, method, url: to } = { body: request, method: "POST", url }
          const rated = yield* Evaluation.score(metric, instanceOf(instance))
          const last = sent[sent.length - 1]
          assert.deepStrictEqual({ body: last?.body, method: last?.method, url: last?.url }, { body, method, url: to })
          assert.deepStrictEqual(rated, {
            _tag: "Rating",
            metric: metric.name,
            scoredBy: "vertex",
            score: Number(score)
          })
        }
        assert.strictEqual(sent.length, rows.length)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("computes the same scores in this process, but for single precision", () => {
    const { layer, sent } = serving([{}], { computed: "local" })
    return Effect.gen(function* () {
      for (const [fixture, label, metric] of computed) {
        // Two rows of these follow the wording of the documentation, the metrics follow Google's published code.
        if (metric.name === "tool_call_valid" || metric.name === "tool_parameter_key_match") continue
        for (const { instance, score } of fixtures.rows(fixtures.exchange(fixture, label))) {
          const rated = yield* Evaluation.score(metric, instanceOf(instance))
          assert.strictEqual(rated.scoredBy, "local")
          // No word matches: sacrebleu 1.x smooths it to a tiny number above 0. The fixture is ours, it shows no real answer.
          const tolerance = metric.name === "bleu" ? 0.05 : 1e-6
          assert.approximately(
            rated._tag === "Rating" ? rated.score : Number.NaN,
            Number(score),
            tolerance,
            metric.name
          )
        }
      }
      assert.strictEqual(sent.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("computes here what the service does not have, and says so", () => {
    const { layer, sent } = serving([{}])
    return Effect.gen(function* () {
      const rated = yield* Evaluation.score(named("contains"), { response: "It is Paris.", reference: "Paris" })
      assert.deepStrictEqual(rated, { _tag: "Rating", metric: "contains", scoredBy: "local", score: 1 })
      assert.strictEqual(sent.length, 0)
    }).pipe(Effect.provide(layer))
  })

  const Sent = Schema.Record(
    Schema.String,
    Schema.Struct({
      metricSpec: Schema.Unknown,
      instance: Schema.Struct({ jsonInstance: Schema.fromJsonString(Schema.Unknown) })
    })
  )
  /** White space inside `jsonInstance` is nobody's business. */
  const judgedRequest = (body: unknown) => {
    const { autoraterConfig, ...input } = Schema.decodeUnknownSync(Schema.Record(Schema.String, Schema.Unknown))(body)
    return { autoraterConfig, input: Schema.decodeUnknownSync(Sent)(input) }
  }

  const rate = Result.getOrThrow(
    PointwiseMetric.make({
      name: "rate",
      template: "Rate the response from 1 to 5.\n\n# Prompt\n{prompt}\n\n# Response\n{response}",
      systemInstruction: "You are a careful judge."
    })
  )
  const row = { row: "r7", prompt: "Name a prime.", response: "7", columns: { unused: "never sent" } }

  it.effect("sends a pointwise template with its own columns only", () => {
    const { request, response } = fixtures.exchange("pointwise", "default output")
    const { layer, sent } = serving([response.body])
    return Effect.gen(function* () {
      const rated = yield* Evaluation.score(rate, row)
      assert.deepStrictEqual(judgedRequest(sent[0]?.body), judgedRequest(request.body))
      assert.deepStrictEqual(rated, {
        _tag: "Rating",
        metric: "rate",
        scoredBy: "vertex",
        score: 5,
        explanation: "The response gives a prime number as asked.",
        samples: { asked: 4, values: [], failed: [] }
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("sends the judge, its settings and the sampling count", () => {
    const judge = ModelConfiguration.make("gemini-2.5-flash", { generationConfig: { temperature: 0 } })
    const { layer, sent } = serving([{ pointwiseMetricResult: { score: 4 } }], { judge, samplingCount: 2, flip: false })
    return Effect.gen(function* () {
      const rated = yield* Evaluation.score(rate, row)
      assert.strictEqual(rated.judge, "gemini-2.5-flash")
      assert.deepStrictEqual(judgedRequest(sent[0]?.body).autoraterConfig, {
        samplingCount: 2,
        autoraterModel: "projects/demo-project/locations/us-central1/publishers/google/models/gemini-2.5-flash",
        generationConfig: { temperature: 0 }
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("sends a pairwise template with the names of both answers", () => {
    const { request, response } = fixtures.exchange("pairwise", "candidate wins")
    const { layer, sent } = serving([response.body, fixtures.exchange("pairwise", "tie").response.body], {
      samplingCount: 4,
      flip: true
    })
    const better = Result.getOrThrow(
      PairwiseMetric.make({
        name: "better",
        template: "Which is better?\n{prompt}\nA: {baseline_model_response}\nB: {response}",
        systemInstruction: ""
      })
    )
    return Effect.gen(function* () {
      const both = { ...row, baselineResponse: "4" }
      const chosen = yield* Evaluation.score(better, both)
      assert.deepStrictEqual(judgedRequest(sent[0]?.body), judgedRequest(request.body))
      assert.strictEqual(chosen._tag === "Preference" && chosen.pairwiseChoice, "CANDIDATE")
      const tie = yield* Evaluation.score(better, both)
      assert.strictEqual(tie._tag === "Preference" && tie.pairwiseChoice, "TIE")
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks COMET and MetricX", () => {
    const [comet, metricx] = fixtures.exchanges("comet-metricx")
    const { layer, sent } = serving([comet?.response.body, metricx?.response.body])
    const instance = {
      response: "The cat sleeps.",
      reference: "The cat is sleeping.",
      source: "Die Katze schläft."
    }
    return Effect.gen(function* () {
      const languages = { sourceLanguage: "de", targetLanguage: "en" }
      const first = yield* Evaluation.score(ServiceMetric.comet(languages), instance)
      const second = yield* Evaluation.score(named("metricx"), instance)
      assert.deepStrictEqual(
        sent.map(({ body }) => body),
        [comet?.request.body, metricx?.request.body]
      )
      assert.deepStrictEqual(
        [first, second].map((rated) => rated._tag === "Rating" && rated.score),
        [0.93, 0.8]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for predefined metrics and keeps their verdicts; an error inside HTTP 200 is an error", () => {
    const { layer, sent } = serving([
      fixtures.exchange("metrics-array", "all succeed").response.body,
      fixtures.exchange("metrics-array", "per-metric error inside HTTP 200").response.body
    ])
    return Effect.gen(function* () {
      const rated = yield* Evaluation.score(named("general_quality_v1"), row)
      assert.deepStrictEqual(sent[0]?.body, {
        instance: { prompt: { text: "Name a prime." }, response: { text: "7" } },
        metrics: [{ predefinedMetricSpec: { metricSpecName: "general_quality_v1" } }]
      })
      assert.deepStrictEqual(rated, {
        _tag: "Rating",
        metric: "general_quality_v1",
        scoredBy: "vertex",
        score: 1,
        verdicts: [{ rubric: "The response is a prime number.", verdict: true, reasoning: "7 is prime." }]
      })
      const error = yield* Effect.flip(Evaluation.score(named("general_quality_v1"), row))
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "InvalidRequest")
      assert.include(error.message, "reference is required")
    }).pipe(Effect.provide(layer))
  })

  for (const [what, score, reason] of [
    ["no score", undefined, "unparsable"],
    ["NaN", "NaN", "outOfRange"],
    ["6 of 5", 6, "outOfRange"]
  ] as const) {
    it.effect(`takes ${what} of a judge for a failure, never for a score`, () => {
      const { layer } = serving([{ pointwiseMetricResult: { score, explanation: "so" } }])
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Evaluation.score(rate, row))
        assert.strictEqual(error._tag === "JudgeFailed" && error.reason, reason)
        assert.include(error.message, "rate of row r7 has no score")
        assert.notInclude(error.message, "so\n")
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("takes NaN of a computed metric for a malformed answer", () => {
    const { layer } = serving([{ bleuResults: { bleuMetricValues: [{ score: "NaN" }] } }])
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Evaluation.score(named("bleu"), { response: "a", reference: "a" }))
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "MalformedResponse")
      assert.include(error.message, "bleuResults.bleuMetricValues.0.score")
    }).pipe(Effect.provide(layer))
  })

  it.effect("sends nothing for a row without what the metric needs", () => {
    const { layer, sent } = serving([{}])
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Evaluation.score(named("rouge_1"), { row: "r3", response: "a", prompt: "b" }))
      assert.deepStrictEqual(error._tag === "MetricInputMissing" && [error.metric, error.row, error.input], [
        "rouge_1",
        "r3",
        "reference"
      ])
      assert.strictEqual(sent.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("refuses the location global before anything is sent", () => {
    const config = { project: "demo-project", location: "global" }
    const refused = serving([{}], {}, config)
    const moved = serving(
      [{ exactMatchResults: { exactMatchMetricValues: [{ score: 1 }] } }],
      { location: "us-central1" },
      config
    )
    const match = Evaluation.score(named("exact_match"), { response: "a", reference: "a" })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(match, refused.layer))
      assert.include(error.message, "regions only")
      assert.strictEqual(refused.sent.length, 0)
      yield* Effect.provide(match, moved.layer)
      assert.strictEqual(moved.sent[0]?.url, url)
    })
  })
})
