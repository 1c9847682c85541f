/** Whatever comes in, the server neither falls over nor blames itself. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import * as Random from "../src/engine/Random.ts"
import * as Emulator from "../src/Emulator.ts"
import { summarise } from "./Article.ts"
import * as RawClient from "./RawClient.ts"

const fixtures = new URL("fixtures/vertex/", import.meta.url)

const seeds: ReadonlyArray<unknown> = [
  RawClient.ask(summarise, {
    generationConfig: { temperature: 0.5, candidateCount: 2, stopSequences: ["x"], seed: 3 }
  }),
  ...readdirSync(fixtures).flatMap((name) =>
    JSON.parse(readFileSync(new URL(name, fixtures), "utf8")).exchanges.map(
      ({ request }: { readonly request: { readonly body?: unknown } }) => request.body ?? {}
    )
  )
]

const odd: ReadonlyArray<unknown> = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  -0.5,
  2 ** 53,
  "",
  " ",
  "\u0000",
  "\ud800",
  "𝕏".repeat(50),
  "x".repeat(5000),
  [],
  {},
  [[]],
  { __proto__: null },
  "-9223372036854775809",
  "1s",
  "(a+)+$",
  "#/",
  "emulator:block:SAFETY",
  "emulator:finish:MALFORMED_FUNCTION_CALL",
  "((((1+2)*3)!)!)",
  "9^9^9^9",
  { $ref: "#" },
  { type: "array", items: { $ref: "#" }, minItems: 3 },
  { anyOf: [{ $ref: "#" }] },
  { type: "OBJECT", minProperties: 9 }
]

const keys = [
  "contents",
  "parts",
  "text",
  "role",
  "tools",
  "functionDeclarations",
  "parameters",
  "properties",
  "generationConfig",
  "responseSchema",
  "responseJsonSchema",
  "responseMimeType",
  "__proto__",
  "constructor",
  "toString",
  "type",
  "items",
  "enum",
  "required",
  "pattern"
]

/** Changes a JSON value somewhere: replaces, drops, doubles, renames, wraps. */
const mutate = (value: unknown, random: Random.Random): unknown => {
  const pick = <A>(list: ReadonlyArray<A>): A | undefined => list[Math.floor(random() * list.length)]
  if (random() < 0.05 || typeof value !== "object" || value === null) {
    if (typeof value === "string" && random() < 0.4)
      return value.slice(Math.floor(random() * value.length)) + (JSON.stringify(pick(odd)) ?? "")
    return random() < 0.2 ? [value] : pick(odd)
  }
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length)
    if (random() < 0.2) return [...value, ...value]
    return value.map((item, index) => (index === at ? mutate(item, random) : item))
  }
  const entries = Object.entries(value)
  const at = Math.floor(random() * entries.length)
  const changed = entries.flatMap(([key, item], index) => {
    if (index !== at) return [[key, item] as const]
    const choice = random()
    if (choice < 0.1) return []
    return [[choice < 0.2 ? (pick(keys) ?? key) : key, mutate(item, random)] as const]
  })
  return Object.fromEntries(random() < 0.1 ? [...changed, [pick(keys) ?? "x", pick(odd)]] : changed)
}

/** A request that is valid more often than not, with odd texts and random schemas and tools. */
const plausible = (random: Random.Random): unknown => {
  const pick = <A>(list: ReadonlyArray<A>, otherwise: A): A => list[Math.floor(random() * list.length)] ?? otherwise
  const schema = (depth: number): object => {
    const type = pick(
      ["string", "number", "integer", "boolean", "null", ...(depth > 3 ? [] : ["object", "array", "object"])],
      "string"
    )
    if (type === "object")
      return {
        type,
        properties: Object.fromEntries(keys.slice(0, Math.floor(random() * 6)).map((key) => [key, schema(depth + 1)])),
        required: ["text", "__proto__"].slice(0, Math.floor(random() * 3)),
        additionalProperties: random() < 0.5
      }
    if (type === "array") return { type, items: schema(depth + 1), minItems: Math.floor(random() * 4) }
    if (type === "string")
      return random() < 0.3
        ? { type, pattern: pick(["^[A-Z]{3}$", "^(a|b)+\\d?$", "("], "x"), maxLength: 9 }
        : random() < 0.3
          ? { type, enum: ["a", "positive", ""] }
          : { type, format: pick(["date", "uuid", "nonsense"], "") }
    return random() < 0.3 ? { anyOf: [{ type: "null" }, { type, minimum: -3, maximum: 3 }] } : { type }
  }
  const texts = [
    summarise,
    "Say \ud800",
    "12! + (3",
    "x".repeat(9000),
    "emulator:block:JAILBREAK",
    "https://corpus.example/france get_x 7",
    "\n\n:::",
    "Text: ???",
    "a weapon and an explosive",
    "1.\n2.\n3.",
    "list 3 bullet points of __proto__"
  ]
  const text = pick(texts, "hi") + pick(["", " ", JSON.stringify(pick(odd, ""))], "")
  return RawClient.ask(text, {
    generationConfig: {
      temperature: random() * 2,
      candidateCount: 1 + Math.floor(random() * 3),
      ...(random() < 0.5 ? { maxOutputTokens: 1 + Math.floor(random() * 60) } : {}),
      ...(random() < 0.3 ? { responseLogprobs: true, logprobs: 3 } : {}),
      ...(random() < 0.5 ? { responseMimeType: "application/json", responseJsonSchema: schema(0) } : {}),
      stopSequences: [pick(["", "e", "\n"], "x")]
    },
    safetySettings: [{ category: 2, threshold: 1 + Math.floor(random() * 5) }],
    tools: [
      pick<object>(
        [
          { googleSearch: {} },
          { codeExecution: {} },
          { urlContext: {} },
          { functionDeclarations: [{ name: "get_x", parametersJsonSchema: schema(0) }] }
        ],
        {}
      )
    ]
  })
}

/** Breaks a JSON text: flips, cuts or repeats some of its bytes. */
const garble = (text: string, random: Random.Random): Buffer => {
  const bytes = Buffer.from(text)
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--)
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  return random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

describe("2,500 random bodies", () => {
  it.live("are each answered with 200 or a client error in Google's shape", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start({ endpoints: { "1": "gemini-2.5-pro" } })
      const random = Random.make(20_261_124)
      const verbs = [
        "generateContent",
        "generateContent",
        "streamGenerateContent",
        "streamGenerateContent?alt=sse",
        "countTokens",
        "computeTokens"
      ]
      const models = ["gemini-3.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"]
      const statuses = new Map<number | undefined, number>()
      const one = Effect.fnUntraced(function* (index: number) {
        let body = index % 2 === 0 ? plausible(random) : seeds[Math.floor(random() * seeds.length)]
        for (let round = index % 4; round > 0; round--) body = mutate(body, random)
        const text = JSON.stringify(body) ?? "null"
        const payload = index % 5 === 0 ? garble(text, random) : text
        const path = RawClient.model(url, models[index % 3] ?? "", verbs[index % verbs.length] ?? "")
        const observed = yield* RawClient.call(index % 97 === 0 ? `${url}/_emulator/faults` : path, {
          body: payload,
          method: "POST"
        })
        statuses.set(observed.status, (statuses.get(observed.status) ?? 0) + 1)
        assert.isTrue(
          observed.status === 200 || observed.status === 400 || observed.status === 404,
          `${observed.status} ${observed.text.slice(0, 200)} for ${text.slice(0, 500)}`
        )
        assert.strictEqual(observed.end, "complete")
        if (!path.endsWith("sse")) JSON.parse(observed.text)
        if (index % 97 === 0) yield* RawClient.call(`${url}/_emulator/faults`, { method: "DELETE" })
      })
      yield* Effect.forEach(
        Array.from({ length: 2500 }, (_, index) => index),
        one,
        { concurrency: 8, discard: true }
      )
      // Both kinds of answer must be well represented, or the mutations prove nothing.
      assert.isAbove(statuses.get(200) ?? 0, 300)
      assert.isAbove(statuses.get(400) ?? 0, 300)
      assert.strictEqual((yield* RawClient.call(`${url}/_emulator/health`)).status, 200)
    }).pipe(Effect.scoped)
  )
})
