/** Google's current client, unchanged, against the emulator. */
import { assert, layer } from "@effect/vitest"
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type } from "@google/genai"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"
import { article, summarise } from "./Article.ts"

/** The client asks for a token as it would from Google's library; no network is involved. */
const authClient = { getRequestHeaders: () => Promise.resolve(new Headers({ authorization: "Bearer a-token" })) }

const client = (url: string) =>
  new GoogleGenAI({
    vertexai: true,
    project: "demo-project",
    location: "global",
    httpOptions: { baseUrl: url },
    googleAuthOptions: { authClient: Object.assign(Object.create(null), authClient) }
  })

const withClient = <A>(use: (ai: GoogleGenAI) => Promise<A>) =>
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    return yield* Effect.promise(() => use(client(url)))
  })

const failure = <A>(use: (ai: GoogleGenAI) => Promise<A>) =>
  withClient((ai) =>
    use(ai).then(
      () => assert.fail("the call succeeded"),
      (error: unknown) => (error instanceof ApiError ? error : assert.fail(`not an ApiError: ${String(error)}`))
    )
  )

const collect = async <A>(stream: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const out: Array<A> = []
  for await (const item of stream) out.push(item)
  return out
}

const model = "gemini-3.5-flash"

layer(Emulator.layer({ anonymous: false }))("@google/genai 3.3.0", (it) => {
  it.effect("generates, and says that an emulator did", () =>
    Effect.gen(function* () {
      const answer = yield* withClient((ai) => ai.models.generateContent({ model, contents: summarise }))
      assert.isAbove(answer.text?.length ?? 0, 40)
      for (const sentence of answer.text?.split(/(?<=\.) /) ?? []) assert.include(article, sentence)
      assert.strictEqual(answer.modelVersion, `emulator/${model}`)
      const usage = answer.usageMetadata
      assert.strictEqual(
        usage?.totalTokenCount,
        (usage?.promptTokenCount ?? 0) + (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0)
      )
    })
  )

  it.effect("streams the same text with the usage at the end", () =>
    Effect.gen(function* () {
      const whole = yield* withClient((ai) => ai.models.generateContent({ model, contents: summarise }))
      const chunks = yield* withClient((ai) =>
        ai.models.generateContentStream({ model, contents: summarise }).then(collect)
      )
      assert.isAbove(chunks.length, 3)
      assert.strictEqual(chunks.map((chunk) => chunk.text ?? "").join(""), whole.text)
      assert.deepStrictEqual(
        chunks.slice(0, -1).map((chunk) => chunk.usageMetadata?.totalTokenCount),
        chunks.slice(1).map(() => undefined)
      )
      assert.deepStrictEqual(chunks.at(-1)?.usageMetadata, whole.usageMetadata)
      assert.strictEqual(chunks.at(-1)?.candidates?.[0]?.finishReason, "STOP")
    })
  )

  it.effect("counts and computes tokens by one rule", () =>
    Effect.gen(function* () {
      const counted = yield* withClient((ai) => ai.models.countTokens({ model, contents: "Hello world" }))
      const computed = yield* withClient((ai) => ai.models.computeTokens({ model, contents: "Hello world" }))
      assert.strictEqual(counted.totalTokens, 3)
      assert.strictEqual(computed.tokensInfo?.[0]?.tokens?.length, 3)
      assert.strictEqual(computed.tokensInfo?.[0]?.tokenIds?.length, 3)
    })
  )

  it.effect("lists and gets models", () =>
    Effect.gen(function* () {
      const pager = yield* withClient((ai) => ai.models.list({ config: { pageSize: 4, queryBase: true } }))
      const names = yield* Effect.promise(() => collect(pager))
      assert.isTrue(names.some(({ name }) => name === "publishers/google/models/gemini-2.5-pro"))
      assert.isFalse(names.some(({ name }) => name?.includes("gemini-2.0") === true))
      assert.strictEqual(new Set(names.map(({ name }) => name)).size, names.length)
      const one = yield* withClient((ai) => ai.models.get({ model }))
      assert.strictEqual(one.name, `publishers/google/models/${model}`)
    })
  )

  it.effect("calls functions and answers from their results", () =>
    Effect.gen(function* () {
      const tools = [
        {
          functionDeclarations: [
            {
              name: "get_weather",
              description: "The weather now",
              parameters: {
                type: Type.OBJECT,
                properties: { city: { type: Type.STRING }, unit: { type: Type.STRING, enum: ["C", "F"] } },
                required: ["city"]
              }
            }
          ]
        }
      ]
      const question = { role: "user", parts: [{ text: "What is the weather in Paris in C?" }] }
      const first = yield* withClient((ai) =>
        ai.models.generateContent({ model, contents: [question], config: { tools } })
      )
      assert.deepStrictEqual(first.functionCalls, [{ name: "get_weather", args: { city: "Paris", unit: "C" } }])
      const said = first.candidates?.[0]?.content ?? assert.fail("no content")
      const result = {
        role: "user",
        parts: [{ functionResponse: { name: "get_weather", response: { output: { tempC: 20 } } } }]
      }
      const second = yield* withClient((ai) =>
        ai.models.generateContent({ model, contents: [question, said, result], config: { tools } })
      )
      assert.strictEqual(second.text, "get_weather answered: tempC is 20.")
      const none = yield* withClient((ai) =>
        ai.models.generateContent({
          model,
          contents: [question],
          config: { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.NONE } } }
        })
      )
      assert.isUndefined(none.functionCalls)
    })
  )

  it.effect("fills a schema", () =>
    Effect.gen(function* () {
      const answer = yield* withClient((ai) =>
        ai.models.generateContent({
          model,
          contents: summarise,
          config: {
            responseMimeType: "application/json",
            responseSchema: {
              type: Type.OBJECT,
              properties: {
                summary: { type: Type.STRING },
                year: { type: Type.INTEGER, minimum: 1900, maximum: 2100 },
                tags: { type: Type.ARRAY, items: { type: Type.STRING }, minItems: "2", maxItems: "2" }
              },
              required: ["summary", "year", "tags"]
            }
          }
        })
      )
      const value = JSON.parse(answer.text ?? "")
      assert.include(article, value.summary.split(". ")[0])
      assert.strictEqual(value.year, 2016)
      assert.strictEqual(value.tags.length, 2)
    })
  )

  it.effect("reports errors as ApiError with the status", () =>
    Effect.gen(function* () {
      const retired = yield* failure((ai) => ai.models.generateContent({ model: "gemini-2.0-flash", contents: "hi" }))
      assert.strictEqual(retired.status, 404)
      assert.include(retired.message, "was not found or your project does not have access to it")
      const hot = yield* failure((ai) =>
        ai.models.generateContent({ model, contents: "hi", config: { temperature: 3 } })
      )
      assert.strictEqual(hot.status, 400)
      assert.include(hot.message, "temperature value of 3")
      const emulator = yield* Emulator.Emulator
      yield* emulator.setFaults([
        { operation: "streamGenerateContent", times: 1, effect: { type: "stream-error", shape: "data", status: 503 } }
      ])
      const midstream = yield* failure((ai) =>
        ai.models.generateContentStream({ model, contents: summarise }).then(collect)
      )
      assert.strictEqual(midstream.status, 503)
    })
  )

  it.effect("works in express mode, with an API key and no project", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      const ai = new GoogleGenAI({ vertexai: true, apiKey: "any", httpOptions: { baseUrl: url } })
      const { text } = yield* Effect.promise(() =>
        ai.models.generateContent({ model, contents: "What is the capital of France?" })
      )
      assert.include(text, "Paris")
    })
  )

  it.effect("keeps a chat going and uses caches", () =>
    Effect.gen(function* () {
      const second = yield* withClient(async (ai) => {
        const chat = ai.chats.create({ model })
        await chat.sendMessage({ message: summarise })
        return chat.sendMessage({ message: "When did a marine heat wave bleach the Great Barrier Reef?" })
      })
      assert.include(second.text, "2016")
      const cached = yield* withClient(async (ai) => {
        const cache = await ai.caches.create({ model, config: { contents: `${article}\n`.repeat(20), ttl: "60s" } })
        return ai.models.generateContent({
          model,
          contents: "Who breeds corals?",
          config: { cachedContent: cache.name ?? "" }
        })
      })
      assert.isAbove(cached.usageMetadata?.cachedContentTokenCount ?? 0, 4000)
      assert.include(cached.text, "breed corals")
    })
  )
})
