/** What is wrong with a request is said as Google says it. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"
import * as RawClient from "./RawClient.ts"

interface Case {
  readonly name: string
  readonly body: unknown
  readonly says: RegExp | string
  readonly field?: string
  readonly model?: string
  readonly verb?: string
}

const config = (generationConfig: object): object => RawClient.ask("hi", { generationConfig })
const range = (field: string, value: number, says: string): Case => ({
  name: `${field} ${value}`,
  body: config({ [field]: value }),
  says
})
const turn = (role: string, ...parts: ReadonlyArray<object>) => ({ role, parts })
const call = { functionCall: { name: "f", args: {} } }
const answer = { functionResponse: { name: "f", response: {} } }
const declares = (...names: ReadonlyArray<string>) => [{ functionDeclarations: names.map((name) => ({ name })) }]

const refused: ReadonlyArray<Case> = [
  {
    name: "an unknown field",
    body: config({ temprature: 1 }),
    says: `Invalid JSON payload received. Unknown name "temprature" at 'generation_config': Cannot find field.`,
    field: "generation_config"
  },
  {
    name: "an unknown top-level field",
    body: RawClient.ask("hi", { prompt: "x" }),
    says: `Unknown name "prompt": Cannot find field.`
  },
  {
    name: "an unknown enum name",
    body: RawClient.ask("hi", { safetySettings: [{ category: "NOPE", threshold: "OFF" }] }),
    says: `Invalid value at 'safety_settings[0].category' (type.googleapis.com/google.cloud.aiplatform.v1.HarmCategory), "NOPE"`,
    field: "safety_settings[0].category"
  },
  {
    name: "a wrong type",
    body: { contents: [{ role: "user", parts: [{ text: 7 }] }] },
    says: `Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 7`
  },
  {
    name: "two kinds of data in a part",
    body: { contents: [turn("user", { text: "a", functionCall: {} })] },
    says: "(oneof), oneof field 'data' is already set"
  },
  {
    name: "bad base64",
    body: { contents: [turn("user", { inlineData: { mimeType: "image/png", data: "a*b" } })] },
    says: "(TYPE_BYTES)"
  },
  {
    name: "a bad duration",
    body: {
      contents: [
        turn("user", { fileData: { mimeType: "video/mp4", fileUri: "gs://b/v" }, videoMetadata: { startOffset: "1" } })
      ]
    },
    says: "protobuf.Duration"
  },
  { name: "no contents", body: {}, says: "at least one contents field is required" },
  { name: "no parts", body: { contents: [{ role: "user" }] }, says: "at least one parts field" },
  { name: "an empty part", body: { contents: [turn("user", {})] }, says: "required oneof field 'data'" },
  { name: "an empty text", body: RawClient.ask(""), says: "empty text parameter" },
  {
    name: "an unknown role",
    body: { contents: [turn("system", { text: "a" })] },
    says: "Please use a valid role: user, model."
  },
  {
    name: "turns that do not alternate",
    body: { contents: [RawClient.user("a"), RawClient.user("b")] },
    says: "alternate between user and model"
  },
  {
    name: "an answer without a call",
    body: { contents: [turn("user", answer)] },
    says: "immediately after a function call turn"
  },
  {
    name: "fewer answers than calls",
    body: { contents: [RawClient.user("a"), turn("model", call, call), turn("user", answer)] },
    says: "number of function response parts",
    model: "gemini-2.5-flash"
  },
  {
    name: "a lost thought signature",
    body: { contents: [RawClient.user("a"), turn("model", call), turn("user", answer)] },
    says: "thought_signature"
  },
  {
    name: "a file nowhere",
    body: { contents: [turn("user", { fileData: { mimeType: "image/png", fileUri: "a.png" } })] },
    says: "Invalid resource URI"
  },
  {
    name: "a picture as system instruction",
    body: RawClient.ask("hi", { systemInstruction: turn("user", { inlineData: { mimeType: "image/png", data: "" } }) }),
    says: "text parts only"
  },
  range("temperature", 2.1, "temperature value of 2.1 but the supported range is from 0 (inclusive) to 2 (inclusive)"),
  range("topP", 1.5, "topP value of 1.5"),
  range("topK", -1, "topK value of -1"),
  range("candidateCount", 9, "from 1 (inclusive) to 8 (inclusive)"),
  range("maxOutputTokens", 65_537, "from 1 (inclusive) to 65537 (exclusive)"),
  range("maxOutputTokens", 0, "maxOutputTokens value of 0"),
  range("presencePenalty", 2, "from -2 (inclusive) to 2 (exclusive)"),
  range("frequencyPenalty", -2.5, "frequencyPenalty value of -2.5"),
  range("seed", 2_147_483_648, "(TYPE_INT32)"),
  { name: "logprobs 21", body: config({ responseLogprobs: true, logprobs: 21 }), says: "logprobs value of 21" },
  { name: "logprobs without responseLogprobs", body: config({ logprobs: 2 }), says: "responseLogprobs is not" },
  { name: "six stop sequences", body: config({ stopSequences: ["a", "b", "c", "d", "e", "f"] }), says: "at most 5" },
  {
    name: "an unknown MIME type",
    body: config({ responseMimeType: "text/html" }),
    says: `"text/html" is not supported`
  },
  {
    name: "a schema without its MIME type",
    body: config({ responseSchema: { type: "STRING" } }),
    says: "controlled generation"
  },
  {
    name: "two schemas",
    body: config({ responseMimeType: "application/json", responseSchema: { type: "STRING" }, responseJsonSchema: {} }),
    says: "mutually exclusive"
  },
  { name: "pictures as output", body: config({ responseModalities: ["TEXT", "IMAGE"] }), says: "response modalities" },
  {
    name: "two ways to set thinking",
    body: config({ thinkingConfig: { thinkingBudget: 5, thinkingLevel: "LOW" } }),
    says: "not supported together"
  },
  {
    name: "a level for 2.5",
    body: config({ thinkingConfig: { thinkingLevel: "LOW" } }),
    says: "Thinking level is not supported",
    model: "gemini-2.5-flash"
  },
  {
    name: "no thinking for pro",
    body: config({ thinkingConfig: { thinkingBudget: 0 } }),
    says: "only works in thinking mode",
    model: "gemini-2.5-pro"
  },
  {
    name: "too much thinking",
    body: config({ thinkingConfig: { thinkingBudget: 99_999 } }),
    says: "thinking_budget is out of range",
    model: "gemini-2.5-flash"
  },
  {
    name: "two thresholds for a category",
    body: RawClient.ask("hi", {
      safetySettings: [
        { category: 1, threshold: 3 },
        { category: "HARM_CATEGORY_HATE_SPEECH", threshold: "OFF" }
      ]
    }),
    says: "more than one safety setting"
  },
  { name: "a bad label", body: RawClient.ask("hi", { labels: { Team: "x" } }), says: `label "Team"` },
  {
    name: "65 labels",
    body: RawClient.ask("hi", {
      labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, "v"]))
    }),
    says: "at most 64"
  },
  { name: "an empty tool", body: RawClient.ask("hi", { tools: [{}] }), says: "required one_of 'tool_type'" },
  { name: "a bad function name", body: RawClient.ask("hi", { tools: declares("1f") }), says: "Invalid function name" },
  {
    name: "a function twice",
    body: RawClient.ask("hi", { tools: declares("f", "f") }),
    says: "Duplicate function declaration found: f"
  },
  {
    name: "129 functions",
    body: RawClient.ask("hi", { tools: declares(...Array.from({ length: 129 }, (_, index) => `f${index}`)) }),
    says: "at most 128"
  },
  {
    name: "a mode without functions",
    body: RawClient.ask("hi", { toolConfig: { functionCallingConfig: { mode: "ANY" } } }),
    says: "without function_declarations"
  },
  {
    name: "allowed names in mode AUTO",
    body: RawClient.ask("hi", {
      tools: declares("f"),
      toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["f"] } }
    }),
    says: "only when mode is ANY"
  },
  {
    name: "an unknown allowed name",
    body: RawClient.ask("hi", {
      tools: declares("f"),
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["g"] } }
    }),
    says: "not declared"
  },
  {
    name: "a cache with its own instruction",
    body: RawClient.ask("hi", { cachedContent: "x", systemInstruction: RawClient.user("a") }),
    says: "should not be set in the request when using cached content"
  },
  {
    name: "a prompt above the window",
    body: RawClient.ask("x".repeat(4 * 1_048_576 + 1)),
    says: "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."
  },
  {
    name: "an embedding model",
    body: RawClient.ask("hi"),
    says: "does not support generateContent",
    model: "gemini-embedding-001"
  },
  {
    name: "safety settings in countTokens",
    body: RawClient.ask("hi", { safetySettings: [] }),
    says: `Unknown name "safetySettings"`,
    verb: "countTokens"
  },
  { name: "no JSON", body: "{", says: "Invalid JSON payload received" },
  { name: "a JSON array", body: "[]", says: "Root element must be a message" },
  { name: "too deep a nesting", body: `{"contents":${"[".repeat(5000)}${"]".repeat(5000)}}`, says: "Message too deep" },
  { name: "invalid UTF-8", body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), says: "not valid UTF-8" }
]

const accepted: ReadonlyArray<readonly [name: string, body: object]> = [
  [
    "snake_case",
    {
      contents: [RawClient.user("Say hi")],
      generation_config: { max_output_tokens: 16, top_k: 3 },
      system_instruction: RawClient.user("x"),
      safety_settings: []
    }
  ],
  ["enum numbers", RawClient.ask("Say hi", { safetySettings: [{ category: 3, threshold: 3, method: 2 }] })],
  [
    "lower-case types",
    config({ responseMimeType: "application/json", responseSchema: { type: "object", properties: {} } })
  ],
  [
    "integers as text",
    config({
      responseMimeType: "application/json",
      responseSchema: { type: "ARRAY", minItems: "1", maxItems: 2, items: { type: "STRING" } },
      maxOutputTokens: "100"
    })
  ],
  ["single values for lists", { contents: { role: "user", parts: { text: "Say hi" } } }],
  ["nulls", RawClient.ask("Say hi", { tools: null, generationConfig: { seed: null } })],
  ["fields of newer clients", RawClient.ask("Say hi", { serviceTier: "x", outputConfig: {}, continuationToken: "y" })],
  ["a single content without a role", { contents: [{ parts: [{ text: "Say hi" }] }] }],
  ["URL-safe base64", { contents: [turn("user", { inlineData: { mimeType: "image/png", data: "_-8" } })] }],
  [
    "the bounds themselves",
    config({
      temperature: 2,
      topP: 0,
      candidateCount: 8,
      maxOutputTokens: 65_536,
      presencePenalty: -2,
      seed: -2_147_483_648
    })
  ]
]

layer(Emulator.layer())("a request", (it) => {
  describe("is refused for", () => {
    it.effect.each(refused)("$name", ({ body, field, model = "gemini-3.5-flash", says, verb = "generateContent" }) =>
      Effect.gen(function* () {
        const { url } = yield* Emulator.Emulator
        const observed = yield* RawClient.call(RawClient.model(url, model, verb), { body, method: "POST" })
        assert.strictEqual(observed.status, 400, observed.text.slice(0, 300))
        const { error } = JSON.parse(observed.text)
        assert.strictEqual(error.code, 400)
        assert.strictEqual(error.status, "INVALID_ARGUMENT")
        if (typeof says === "string") assert.include(error.message, says)
        else assert.match(error.message, says)
        if (field !== undefined) assert.strictEqual(error.details[0].fieldViolations[0].field, field)
      })
    )
  })

  describe("is accepted with", () => {
    it.effect.each(accepted)("%s", ([, body]) =>
      Effect.gen(function* () {
        const { url } = yield* Emulator.Emulator
        const observed = yield* RawClient.call(RawClient.model(url, "gemini-3.5-flash", "generateContent"), { body })
        assert.strictEqual(observed.status, 200, observed.text)
      })
    )
  })

  it.effect("names every violation of a body at once", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      const body = { ...config({ a: 1, b: 2 }), c: 3 }
      const { error } = JSON.parse(
        (yield* RawClient.call(RawClient.model(url, "gemini-3.5-flash", "generateContent"), { body })).text
      )
      assert.strictEqual(error.details[0].fieldViolations.length, 3)
      assert.strictEqual(error.message.split("\n").length, 3)
    })
  )

  it.effect("with newer fields is refused when the switch says so", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start({ refuseNewerFields: true })
      const body = RawClient.ask("Say hi", { serviceTier: "x" })
      const observed = yield* RawClient.call(RawClient.model(url, "gemini-3.5-flash", "generateContent"), { body })
      assert.include(observed.text, `Unknown name \\"serviceTier\\"`)
    }).pipe(Effect.scoped)
  )

  it.effect("reaches only models that are offered", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start({ enforceRegions: true, endpoints: { "77": "gemini-2.5-flash" } })
      const status = (path: string) =>
        Effect.map(
          RawClient.call(`${url}${path}:generateContent`, { body: RawClient.ask("Say hi") }),
          ({ status }) => status
        )
      const scope = (location: string) => `/v1beta1/projects/p/locations/${location}/publishers/google/models/`
      assert.strictEqual(yield* status(`${scope("global")}gemini-3.5-flash`), 200)
      assert.strictEqual(yield* status(`${scope("us-central1")}gemini-3.5-flash`), 404)
      assert.strictEqual(yield* status(`${scope("global")}gemini-1.5-pro-002`), 404)
      assert.strictEqual(yield* status(`${scope("global")}nonsense`), 404)
      assert.strictEqual(yield* status("/v1/publishers/google/models/gemini-3.5-flash"), 200)
      assert.strictEqual(yield* status("/v1/publishers/other/models/gemini-3.5-flash"), 404)
      assert.strictEqual(yield* status("/v1/projects/p/locations/us-central1/endpoints/77"), 200)
      assert.strictEqual(yield* status("/v1/endpoints/77"), 200)
      assert.strictEqual(yield* status("/v1/projects/p/locations/us-central1/endpoints/78"), 404)
      assert.strictEqual(yield* status("/v2/publishers/google/models/gemini-3.5-flash"), 404)
    }).pipe(Effect.scoped)
  )
})
