import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as GenerativeModel from "../src/GenerativeModel.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as TokenCounter from "../src/TokenCounter.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

const configuration = ModelConfiguration.make("gemini-2.5-flash", {
  name: "balanced",
  generationConfig: { temperature: 0.5, topP: 0.9, topK: 20, maxOutputTokens: 512, seed: 7 }
})
const whole = {
  candidates: [{ content: { role: "model", parts: [{ text: "SECRET ANSWER" }] }, finishReason: "STOP" }],
  usageMetadata: {
    promptTokenCount: 1_000_000,
    candidatesTokenCount: 600_000,
    thoughtsTokenCount: 400_000,
    totalTokenCount: 2_000_000
  },
  modelVersion: "gemini-2.5-flash@2026",
  responseId: "r-1"
}

/** Runs a call and returns its spans and metrics. */
const observed = <A, E>(
  call: Effect.Effect<A, E, GenerativeModel.GenerativeModel | TokenCounter.TokenCounter>,
  answer: () => Response
) =>
  Effect.gen(function* () {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const registry = new Map()
    yield* call.pipe(
      Effect.provide(ScriptedHttp.services(ScriptedHttp.make(answer).layer)),
      Effect.withSpan("caller"),
      Effect.withTracer(tracer),
      Effect.provideService(Metric.MetricRegistry, registry),
      Effect.exit
    )
    const metrics = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
    return { spans: spans.filter(({ name }) => name !== "caller"), caller: spans[0], metrics }
  })

const generate = GenerativeModel.generate(configuration, "SECRET PROMPT")
const stream = Stream.runDrain(GenerativeModel.stream(configuration, "SECRET PROMPT"))
const ok = () => ScriptedHttp.json(whole)
const okStream = () => ScriptedHttp.events([{ candidates: [{ content: { parts: [{ text: "a" }] } }] }, whole])
const fails = () => ScriptedHttp.json({ error: { code: 503, message: "no", status: "UNAVAILABLE" } }, 503)

const asked = {
  "gen_ai.operation.name": "generate_content",
  "gen_ai.provider.name": "gcp.vertex_ai",
  "gen_ai.request.model": "gemini-2.5-flash",
  "gcp.location": "global",
  "genops.configuration": "balanced",
  "gen_ai.request.temperature": 0.5,
  "gen_ai.request.top_p": 0.9,
  "gen_ai.request.top_k": 20,
  "gen_ai.request.max_tokens": 512,
  "gen_ai.request.seed": 7
}
const answered = {
  "gen_ai.response.model": "gemini-2.5-flash@2026",
  "gen_ai.response.id": "r-1",
  "gen_ai.response.finish_reasons": ["STOP"],
  "gen_ai.usage.input_tokens": 1_000_000,
  "gen_ai.usage.output_tokens": 1_000_000,
  "genops.attempts": 1
}

describe("the span of a call", () => {
  for (const [name, call, answer] of [
    ["generate", generate, ok],
    ["stream", stream, okStream]
  ] as const) {
    it.effect(`${name}: one, with the attributes of the conventions and no content`, () =>
      Effect.gen(function* () {
        const { caller, spans } = yield* observed<unknown, unknown>(call, answer)
        assert.lengthOf(spans, 1)
        const [span] = spans
        assert.strictEqual(span?.name, "generate_content gemini-2.5-flash")
        assert.strictEqual(span?.kind, "client")
        assert.strictEqual(span?.status._tag, "Ended")
        assert.strictEqual(Option.getOrUndefined(span?.parent ?? Option.none())?.spanId, caller?.spanId)
        assert.deepStrictEqual(Object.fromEntries(span?.attributes ?? []), { ...asked, ...answered })
        assert.lengthOf(span?.events ?? [], 0)
      })
    )
  }

  for (const [name, call] of [
    ["generate", generate],
    ["stream", stream]
  ] as const) {
    it.live(`${name}: one for all attempts of a call that fails, with the kind of the failure`, () =>
      Effect.gen(function* () {
        const retried = Effect.provideService(
          call as Effect.Effect<unknown, unknown, GenerativeModel.GenerativeModel>,
          RetryPolicy.RetryPolicy,
          RetryPolicy.make({ maxAttempts: 3, baseDelay: 1, maxDelay: 1 })
        )
        const { spans } = yield* observed(retried, fails)
        assert.lengthOf(spans, 1)
        assert.deepStrictEqual(Object.fromEntries(spans[0]?.attributes ?? []), {
          ...asked,
          "error.type": "Unavailable"
        })
        assert.strictEqual(spans[0]?.status._tag, "Ended")
      })
    )
  }

  it.effect("a filtered answer is a failure whose tokens are known", () =>
    Effect.gen(function* () {
      const { spans } = yield* observed(generate, () =>
        ScriptedHttp.json({ candidates: [{ finishReason: "SAFETY" }], usageMetadata: { promptTokenCount: 5 } })
      )
      const attributes = Object.fromEntries(spans[0]?.attributes ?? [])
      assert.deepInclude(attributes, { "error.type": "ContentBlocked", "gen_ai.usage.input_tokens": 5 })
    })
  )

  it.effect("a stream that is stopped early has one too", () =>
    Effect.gen(function* () {
      const early = Stream.runDrain(Stream.take(GenerativeModel.stream(configuration, "Hi"), 1))
      const { spans } = yield* observed(early, okStream)
      assert.lengthOf(spans, 1)
      assert.strictEqual(spans[0]?.status._tag, "Ended")
    })
  )

  it.effect("counting tokens has none: nothing is generated", () =>
    Effect.gen(function* () {
      const { metrics, spans } = yield* observed(TokenCounter.count(configuration, "Hi"), () =>
        ScriptedHttp.json({ totalTokens: 1 })
      )
      assert.lengthOf(spans, 0)
      assert.lengthOf(metrics, 0)
    })
  )
})

describe("the metrics of a call", () => {
  const labels = {
    "gen_ai.operation.name": "generate_content",
    "gen_ai.provider.name": "gcp.vertex_ai",
    "gen_ai.request.model": "gemini-2.5-flash"
  }
  const valueOf = ({ id, state, type, attributes }: Metric.Metric.Snapshot) => ({
    id,
    attributes,
    ...(type === "Histogram" ? { count: state.count, sum: id.endsWith("duration") ? "seconds" : state.sum } : { state })
  })
  const byName = (a: { id: string; attributes?: unknown }, b: { id: string; attributes?: unknown }) =>
    JSON.stringify([a.id, a.attributes]) < JSON.stringify([b.id, b.attributes]) ? -1 : 1

  for (const [name, call, answer] of [
    ["generate", generate, ok],
    ["stream", stream, okStream]
  ] as const) {
    it.effect(`${name}: tokens, list price and seconds`, () =>
      Effect.gen(function* () {
        const { metrics } = yield* observed<unknown, unknown>(call, answer)
        // 1 M tokens of input at $0.30 and 1 M of output, thinking included, at $2.50.
        assert.deepStrictEqual(metrics.map(valueOf).toSorted(byName), [
          { id: "gen_ai.client.operation.duration", attributes: labels, count: 1, sum: "seconds" },
          {
            id: "gen_ai.client.token.usage",
            attributes: { ...labels, "gen_ai.token.type": "input" },
            count: 1,
            sum: 1_000_000
          },
          {
            id: "gen_ai.client.token.usage",
            attributes: { ...labels, "gen_ai.token.type": "output" },
            count: 1,
            sum: 1_000_000
          },
          { id: "genops.client.cost", attributes: labels, state: { count: 2.8, incremental: true } }
        ])
      })
    )
  }

  it.effect("a failed call has seconds only, with the kind of the failure", () =>
    Effect.gen(function* () {
      const once = Effect.provideService(generate, RetryPolicy.RetryPolicy, RetryPolicy.none)
      const { metrics } = yield* observed(once, fails)
      assert.deepStrictEqual(metrics.map(valueOf), [
        {
          id: "gen_ai.client.operation.duration",
          attributes: { ...labels, "error.type": "Unavailable" },
          count: 1,
          sum: "seconds"
        }
      ])
    })
  )

  it.effect("a model without a price costs nothing known: no cost is recorded", () =>
    Effect.gen(function* () {
      const call = GenerativeModel.generate(ModelConfiguration.make("gemini-of-tomorrow"), "Hi")
      const { metrics } = yield* observed(call, ok)
      assert.isFalse(metrics.some(({ id }) => id === "genops.client.cost"))
      assert.lengthOf(metrics, 3)
    })
  )
})
