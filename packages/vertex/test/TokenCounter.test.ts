import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import * as CallMeter from "../src/CallMeter.ts"
import * as TokenCounter from "../src/TokenCounter.ts"
import * as VertexError from "../src/VertexError.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

const demo = { project: "demo-project", location: "global" }

describe("countTokens", () => {
  it.effect("sends contents and system instruction as recorded", () =>
    Effect.gen(function* () {
      const [text, image] = ScriptedHttp.fixture("count-tokens")
      const http = ScriptedHttp.make(() => ScriptedHttp.json(text?.response.body))
      const configuration = ModelConfiguration.make("gemini-3.5-flash", {
        systemInstruction: { parts: [{ text: "Be terse" }] }
      })
      const count = yield* Effect.provide(
        TokenCounter.count(configuration, "Hello world"),
        ScriptedHttp.services(http.layer, demo)
      )
      assert.deepStrictEqual(count, { totalTokens: 4, billableCharacters: 17 })
      assert.deepStrictEqual(http.sent[0]?.body, text?.request.body)
      assert.strictEqual(http.sent[0]?.url, text?.request.url)
      assert.isDefined(image)
    })
  )

  it.effect("leaves out what countTokens does not take", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(() => ScriptedHttp.json({ totalTokens: 3 }))
      const configuration = ModelConfiguration.make("gemini-3.5-flash", {
        systemInstruction: "Be terse",
        generationConfig: { temperature: 0.5 },
        tools: [{ googleSearch: {} }],
        toolConfig: { functionCallingConfig: { mode: "AUTO" } },
        safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }],
        labels: { team: "a" }
      })
      const count = yield* Effect.provide(TokenCounter.count(configuration, "Hi"), ScriptedHttp.services(http.layer))
      assert.deepStrictEqual(count, { totalTokens: 3, billableCharacters: undefined })
      assert.deepStrictEqual(http.sent[0]?.body, {
        contents: [{ role: "user", parts: [{ text: "Hi" }] }],
        systemInstruction: { parts: [{ text: "Be terse" }] },
        tools: [{ googleSearch: {} }],
        generationConfig: { temperature: 0.5 }
      })
    })
  )

  it.effect("uses the configuration's own model and its place", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(() => ScriptedHttp.json({ totalTokens: 3 }))
      const endpoint = "projects/42/locations/europe-west4/endpoints/777"
      yield* Effect.provide(
        TokenCounter.count(ModelConfiguration.make(endpoint), "Hi"),
        ScriptedHttp.services(http.layer, demo)
      )
      assert.strictEqual(http.sent[0]?.url, `https://europe-west4-aiplatform.googleapis.com/v1/${endpoint}:countTokens`)
    })
  )

  it.effect("is free: no meter hears of it", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(() => ScriptedHttp.json({ totalTokens: 3 }))
      const told: Array<string> = []
      yield* TokenCounter.count(ModelConfiguration.make("gemini-3.5-flash"), "Hi").pipe(
        Effect.provideService(CallMeter.CallMeter, {
          queued: () => void told.push("queued"),
          sent: () => void told.push("sent"),
          retrying: () => Effect.sync(() => void told.push("retrying"))
        }),
        Effect.provide(ScriptedHttp.services(http.layer))
      )
      assert.deepStrictEqual(told, [])
    })
  )

  it.effect("a wrong request is not sent", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(() => ScriptedHttp.json({ totalTokens: 3 }))
      const configuration = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { temperature: 3 } })
      const error = yield* Effect.flip(TokenCounter.count(configuration, "Hi")).pipe(
        Effect.provide(ScriptedHttp.services(http.layer))
      )
      assert.instanceOf(error.reason, VertexError.InvalidRequest)
      assert.match(error.message, /^\[InvalidRequest\] countTokens gemini-3.5-flash[^]*temperature/)
      assert.lengthOf(http.sent, 0)
    })
  )
})
