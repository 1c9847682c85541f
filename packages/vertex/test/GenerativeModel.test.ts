import { assert, describe, it } from "@effect/vitest"
import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ContentBlocked from "../src/ContentBlocked.ts"
import * as Credentials from "../src/Credentials.ts"
import * as GenerateResponse from "../src/GenerateResponse.ts"
import * as GenerativeModel from "../src/GenerativeModel.ts"
import * as VertexError from "../src/VertexError.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

/** Reads project, location and model back from the URL of a fixture. */
const target = (url: string) => {
  const found =
    /\/v1\/(projects\/([^/]+)\/locations\/([^/]+)\/(?:publishers\/google\/models\/(.+)|endpoints\/.+)):/.exec(url)
  const [, path = "", project = "", location = "", model = path] = found ?? []
  return { project, location, model }
}

const Contents = Schema.Array(Content.Content)

/** Sends the request of an exchange as a program would write it, and answers with the exchange's answer. */
const exchange = (name: string, index = 0) => {
  const recorded = ScriptedHttp.fixture(name)[index]
  if (recorded === undefined) throw new Error(`${name} has no exchange ${index}`)
  const { request, response } = recorded
  const { contents, ...settings } = request.body
  const { location, model, project } = target(request.url)
  const configuration = Result.getOrThrow(ModelConfiguration.validate({ ...settings, name: "recorded", model }))
  const input = Schema.decodeUnknownSync(Contents)(contents)
  const unary = ScriptedHttp.make(() => ScriptedHttp.json(response.body))
  const streamed = ScriptedHttp.make(() => ScriptedHttp.events([response.body]))
  const credentials = Credentials.layerToken(Redacted.make("FAKE_ACCESS_TOKEN"))
  const options = { project, location }
  return {
    request,
    response,
    unary,
    streamed,
    generate: Effect.provide(
      GenerativeModel.generate(configuration, input),
      ScriptedHttp.services(unary.layer, options, credentials)
    ),
    stream: Effect.provide(
      Stream.runCollect(GenerativeModel.stream(configuration, input)),
      ScriptedHttp.services(streamed.layer, options, credentials)
    )
  }
}

const exchanges = [
  "generate-text",
  "generate-tools",
  "generate-multi-candidate",
  "generate-logprobs",
  "generate-code-execution",
  "generate-grounded",
  "generate-cached",
  "generate-json-schema",
  "generate-max-tokens",
  "generate-multimodal-input",
  "generate-tuned-endpoint"
].flatMap((name) => ScriptedHttp.fixture(name).map(({ label }, index) => ({ name, index, label: label ?? "" })))

describe("recorded exchanges", () => {
  for (const { index, label, name } of exchanges) {
    it.effect(`${name} ${index} ${label}: the request is the recorded one, the answer keeps every field`, () =>
      Effect.gen(function* () {
        const { generate, request, response, stream, streamed, unary } = exchange(name, index)
        const reply = yield* generate
        assert.deepStrictEqual(
          unary.sent.map(({ body, url }) => ({ body, url })),
          [{ body: request.body, url: request.url }]
        )
        assert.deepStrictEqual(reply.body, response.body)

        const deltas = yield* stream
        assert.deepStrictEqual(streamed.sent[0]?.body, request.body)
        assert.strictEqual(
          streamed.sent[0]?.url,
          request.url.replace(":generateContent", ":streamGenerateContent?alt=sse")
        )
        assert.strictEqual(GenerateResponse.collect(deltas).text, reply.text)
        assert.deepStrictEqual(GenerateResponse.collect(deltas).usage, reply.usage)

        const stored = yield* Schema.encodeEffect(GenerateResponse.FromJson)(reply)
        const restored = yield* Schema.decodeUnknownEffect(GenerateResponse.FromJson)(
          JSON.parse(JSON.stringify(stored))
        )
        for (const field of [
          "text",
          "thoughts",
          "functionCalls",
          "finishReason",
          "usage",
          "citations",
          "call"
        ] as const) {
          assert.deepStrictEqual(restored[field], reply[field])
        }
      })
    )
  }

  it.effect("every field of a request has its place", () =>
    Effect.gen(function* () {
      const settings = {
        systemInstruction: { parts: [{ text: "Be terse." }] },
        generationConfig: {
          temperature: 0.2,
          topP: 0.5,
          topK: 20,
          candidateCount: 1,
          maxOutputTokens: 256,
          stopSequences: ["END"],
          presencePenalty: -1,
          frequencyPenalty: 1,
          seed: 42,
          responseMimeType: "text/plain",
          responseModalities: ["TEXT"],
          mediaResolution: "MEDIA_RESOLUTION_LOW",
          thinkingConfig: { includeThoughts: true, thinkingBudget: 128 }
        },
        safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH", method: "SEVERITY" }],
        tools: [{ googleSearch: {} }],
        toolConfig: { functionCallingConfig: { mode: "AUTO" } },
        labels: { team: "a" }
      }
      const input = [
        Content.user([
          { inlineData: { mimeType: "image/png", data: "AA==" } },
          { fileData: { mimeType: "application/pdf", fileUri: "gs://b/a.pdf" } },
          { text: "What?" }
        ]),
        Content.model([{ functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" }]),
        Content.user([{ functionResponse: { name: "f", response: { output: 2 } } }])
      ]
      const configuration = Result.getOrThrow(
        ModelConfiguration.validate({ ...settings, name: "all", model: "gemini-3.5-flash" })
      )
      const http = ScriptedHttp.make(() => ScriptedHttp.json({ candidates: [{ finishReason: "STOP" }] }))
      yield* Effect.provide(GenerativeModel.generate(configuration, input), ScriptedHttp.services(http.layer))
      assert.deepStrictEqual(http.sent[0]?.body, { contents: JSON.parse(JSON.stringify(input)), ...settings })
    })
  )

  it.effect("plain text becomes one user message, a system instruction may be text", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(() => ScriptedHttp.json({ candidates: [{ finishReason: "STOP" }] }))
      const configuration = ModelConfiguration.make("gemini-3.5-flash", { systemInstruction: 'Say "hi" 😀' })
      yield* Effect.provide(
        GenerativeModel.generate(configuration, 'a "quoted"\n\u2028line'),
        ScriptedHttp.services(http.layer)
      )
      assert.deepStrictEqual(http.sent[0]?.body, {
        contents: [{ role: "user", parts: [{ text: 'a "quoted"\n\u2028line' }] }],
        systemInstruction: { parts: [{ text: 'Say "hi" 😀' }] }
      })
    })
  )
})

describe("what an answer tells", () => {
  it.effect("text, exact usage and how the call went", () =>
    Effect.map(exchange("generate-text").generate, (reply) => {
      assert.strictEqual(reply.text, "7")
      assert.strictEqual(reply.finishReason, "STOP")
      assert.deepInclude(reply.usage, { inputTokens: 15, outputTokens: 1, thinkingTokens: 23, requests: 1 })
      assert.deepInclude(reply.call, { model: "gemini-3.5-flash", location: "global", attempts: 1 })
      assert.isAtLeast(reply.call.latencyMs, 0)
    })
  )

  it.effect("function calls, and the content to send back with its thought signature", () =>
    Effect.map(exchange("generate-tools").generate, (reply) => {
      assert.deepStrictEqual(reply.functionCalls, [{ name: "get_weather", args: { city: "Paris", unit: "C" } }])
      assert.strictEqual(reply.content.parts?.[0]?.thoughtSignature, "CiQBVKhc7tGhc2lnbmF0dXJl")
      assert.strictEqual(reply.text, "")
    })
  )

  it.effect("several candidates", () =>
    Effect.map(exchange("generate-multi-candidate").generate, (reply) =>
      assert.deepStrictEqual(
        reply.candidates.map(({ content }) => Content.text(content)),
        ["Sun", "Moon"]
      )
    )
  )

  it.effect("log probabilities", () =>
    Effect.map(exchange("generate-logprobs").generate, ({ candidates: [first] }) => {
      assert.strictEqual(first?.avgLogprobs, -0.0003)
      assert.deepStrictEqual(first?.logprobsResult?.chosenCandidates, [
        { token: "OK", tokenId: 9366, logProbability: -0.0003 }
      ])
    })
  )

  it.effect("executed code, and its tokens", () =>
    Effect.map(exchange("generate-code-execution").generate, (reply) => {
      assert.deepStrictEqual(
        reply.parts.map((part) => Object.keys(part)),
        [["executableCode"], ["codeExecutionResult"], ["text"]]
      )
      assert.deepInclude(reply.usage, { inputTokens: 30, outputTokens: 45, toolUseTokens: 88 })
    })
  )

  it.effect("citations", () =>
    Effect.map(exchange("generate-grounded").generate, (reply) => {
      assert.lengthOf(reply.citations, 1)
      assert.deepInclude(reply.citations[0], { title: "uefa.com", start: 0, end: 46 })
    })
  )

  it.effect("cached tokens", () =>
    Effect.map(exchange("generate-cached").generate, ({ usage }) =>
      assert.deepInclude(usage, { inputTokens: 5210, cachedInputTokens: 5200, outputTokens: 24 })
    )
  )

  it.effect("an answer cut by maxOutputTokens is a success, also when thinking used it all", () =>
    Effect.gen(function* () {
      const cut = yield* exchange("generate-max-tokens", 0).generate
      assert.isTrue(cut.isTruncated)
      const empty = yield* exchange("generate-max-tokens", 1).generate
      assert.deepStrictEqual([empty.text, empty.isTruncated, empty.usage?.thinkingTokens], ["", true, 29])
    })
  )

  for (const [name, blocked, reason] of [
    ["generate-blocked-prompt", "prompt", "PROHIBITED_CONTENT"],
    ["generate-safety-stop", "candidate", "SAFETY"]
  ] as const) {
    it.effect(`${name} is a failure that is billed, whole and streamed`, () =>
      Effect.gen(function* () {
        const { generate, stream } = exchange(name)
        for (const call of [generate, stream]) {
          const error = yield* Effect.flip<unknown, unknown, never>(call)
          assert.instanceOf(error, ContentBlocked.ContentBlocked)
          assert.deepInclude(error, { blocked, reason, billed: "yes" })
        }
      })
    )
  }
})

describe("a request that Vertex would refuse", () => {
  const flash = (settings: Parameters<typeof ModelConfiguration.make>[1]) =>
    ModelConfiguration.make("gemini-3.5-flash", settings)
  const wrong: ReadonlyArray<readonly [string, ModelConfiguration.ModelConfiguration, Content.Input, string]> = [
    [
      "a temperature out of bounds",
      flash({ generationConfig: { temperature: 2.5 } }),
      "Hi",
      "generationConfig.temperature"
    ],
    ["topP that is no number", flash({ generationConfig: { topP: Number.NaN } }), "Hi", "generationConfig.topP"],
    [
      "an unknown setting",
      flash(JSON.parse('{"generationConfig":{"temprature":1}}')),
      "Hi",
      "generationConfig.temprature"
    ],
    [
      "a harm category twice",
      flash(
        JSON.parse(
          '{"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"},{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]}'
        )
      ),
      "Hi",
      "safetySettings"
    ],
    [
      "cached content with a system instruction",
      flash({ cachedContent: "projects/p/locations/l/cachedContents/1", systemInstruction: "x" }),
      "Hi",
      "cachedContent"
    ],
    ["a label in capitals", flash({ labels: { Team: "a" } }), "Hi", "label"],
    ["a model with a path in it", ModelConfiguration.make("../../secrets"), "Hi", "model"],
    ["a model with a line break", ModelConfiguration.make("gemini\r\nx-evil: 1"), "Hi", "model"],
    ["a model with a blank behind it", ModelConfiguration.make("gemini-3.5-flash "), "Hi", "model"],
    ["a model of 10 KB", ModelConfiguration.make("g".repeat(10_240)), "Hi", "model"],
    ["no message", flash({}), [], "contents"],
    ["a message without parts", flash({}), { role: "user", parts: [] }, "contents"],
    [
      "a part with two data fields",
      flash({}),
      { role: "user", parts: [{ text: "a", functionCall: { name: "f" } }] },
      "contents"
    ],
    ["half a surrogate pair as prompt", flash({}), "a\ud800", "surrogate"],
    ["half a surrogate pair in a part", flash({}), { role: "user", parts: [{ text: "\udc00" }] }, "surrogate"]
  ]
  for (const [name, configuration, input, where] of wrong) {
    it.effect(`${name}: nothing is sent`, () =>
      Effect.gen(function* () {
        const http = ScriptedHttp.make(() => ScriptedHttp.json({}))
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown, GenerativeModel.GenerativeModel>> = [
          GenerativeModel.generate(configuration, input),
          Stream.runDrain(GenerativeModel.stream(configuration, input))
        ]
        for (const call of calls) {
          const error = yield* Effect.flip(call).pipe(Effect.provide(ScriptedHttp.services(http.layer)))
          assert.instanceOf(error, VertexError.VertexError)
          assert.strictEqual(error.reason._tag, "InvalidRequest")
          assert.strictEqual(error.billed, "no")
          assert.include(error.message, where)
          assert.isBelow(error.message.length, 1_000)
        }
        assert.lengthOf(http.sent, 0)
      })
    )
  }
})

describe("generateObject", () => {
  const City = Schema.Struct({ city: Schema.String, founded: Schema.DateFromString })
  const ask = (text: string, finishReason = "STOP") => {
    const http = ScriptedHttp.make(() =>
      ScriptedHttp.json({ candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason }] })
    )
    const configuration = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { temperature: 0 } })
    const call = GenerativeModel.generateObject(configuration, "Paris?", City)
    return { http, call: Effect.provide(call, ScriptedHttp.services(http.layer)) }
  }

  it.effect("sends the schema and decodes the answer", () =>
    Effect.gen(function* () {
      const { call, http } = ask('{"city":"Paris","founded":"1260-01-01T00:00:00Z"}')
      const { response, value } = yield* call
      assert.strictEqual(value.city, "Paris")
      assert.strictEqual(value.founded.getUTCFullYear(), 1260)
      assert.strictEqual(response.finishReason, "STOP")
      const { body } = http.sent[0] ?? { body: undefined }
      assert.deepNestedInclude(body, { "generationConfig.temperature": 0 })
      assert.deepNestedInclude(body, { "generationConfig.responseMimeType": "application/json" })
      assert.deepNestedInclude(body, { "generationConfig.responseJsonSchema.required": ["city", "founded"] })
    })
  )

  it.effect("an answer of another shape fails with the raw text, and was billed", () =>
    Effect.gen(function* () {
      for (const text of ['{"city":7}', "Paris is old.", ""]) {
        const error = yield* Effect.flip(ask(text).call)
        assert.instanceOf(error, GenerativeModel.InvalidObject)
        assert.strictEqual(error.text, text)
        assert.strictEqual(error.billed, "yes")
        assert.notInclude(error.message, "maxOutputTokens")
        if (text !== "") assert.notInclude(error.message, text)
      }
    })
  )

  it.effect("an answer that was cut says what to raise", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask('{"city":"Par', "MAX_TOKENS").call)
      assert.match(error.message, /raise maxOutputTokens/)
    })
  )
})
