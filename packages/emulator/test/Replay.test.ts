/** What Google's own client once sent, and what the wire reference says, is accepted and answered in the same shape. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import * as Emulator from "../src/Emulator.ts"
import * as RawClient from "./RawClient.ts"

interface Exchange {
  readonly label?: string
  readonly request: {
    readonly method: string
    readonly path?: string
    readonly url?: string
    readonly body?: unknown
    readonly json?: unknown
  }
  readonly response: {
    readonly status: number
    readonly body?: unknown
    readonly json?: unknown
    readonly sse?: string
  }
}

const fixtures = new URL("fixtures/", import.meta.url)

const read = (name: string): ReadonlyArray<Exchange & { readonly source: string }> =>
  JSON.parse(readFileSync(new URL(name, fixtures), "utf8")).exchanges.map((exchange: Exchange) => ({
    ...exchange,
    source: name
  }))

const pathOf = ({ request }: Exchange): string =>
  request.path ?? new URL(request.url ?? "").pathname + new URL(request.url ?? "").search

const implemented =
  /:(?:generateContent|streamGenerateContent|countTokens|computeTokens)(?:\?|$)|\/v1(?:beta1)?\/publishers\/google\/models(?:\/[^/:]+)?(?:\?|$)/

/** These were answered by a recorder that was told to fail; see the tests of faults. */
const staged = (exchange: Exchange): boolean => exchange.response.status !== 200

const exchanges = [
  ...readdirSync(new URL("vertex/", fixtures)).flatMap((name) => read(`vertex/${name}`)),
  ...read("js-genai-3.1.0.json")
].filter((exchange) => implemented.test(pathOf(exchange)) && !staged(exchange))

/** Fields whose presence depends on what a model says, not on the protocol. */
const optional = new Set([
  "parts",
  "text",
  "finishReason",
  "candidates",
  "promptFeedback",
  "content",
  "safetyRatings",
  "avgLogprobs",
  "thoughtsTokenCount",
  "cachedContentTokenCount",
  "cacheTokensDetails",
  "candidatesTokenCount",
  "candidatesTokensDetails",
  "groundingChunks",
  "groundingSupports",
  "citationMetadata",
  "functionCall",
  "thoughtSignature",
  "toolUsePromptTokenCount",
  "toolUsePromptTokensDetails",
  "nextPageToken",
  "openSourceCategory",
  "launchStage",
  "publisherModelTemplate",
  "thought",
  "webSearchQueries",
  "searchEntryPoint",
  "retrievalQueries",
  "logprobsResult",
  "groundingMetadata",
  "urlContextMetadata",
  "index",
  "startIndex",
  "web",
  "usageMetadata",
  "textCount",
  "systemInstruction",
  "displayName"
])

const kind = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value)

/** Says where two bodies have different shapes: other types, or fields that are missing or new without being optional. */
const differences = (expected: unknown, actual: unknown, path: string): ReadonlyArray<string> => {
  if (kind(expected) !== kind(actual)) return [`${path}: ${kind(expected)} became ${kind(actual)}`]
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return expected.length === 0 || actual.length === 0 ? [] : differences(expected[0], actual[0], `${path}[0]`)
  }
  if (kind(expected) !== "object") return []
  const left = Object(expected)
  const right = Object(actual)
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) => {
    if (Object.hasOwn(left, key) && Object.hasOwn(right, key))
      return differences(left[key], right[key], `${path}.${key}`)
    return optional.has(key) ? [] : [`${path}.${key}: ${Object.hasOwn(left, key) ? "missing" : "new"}`]
  })
}

const events = (text: string): ReadonlyArray<unknown> =>
  text
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith("data: "))
    .map((event) => JSON.parse(event.slice(6)))

describe("exchanges of the wire fixtures", () => {
  assert.isAtLeast(exchanges.length, 35)

  const emulator = Emulator.start({
    endpoints: { "8888888888888888888": "gemini-2.5-flash", "888": "gemini-2.5-flash" }
  })

  it.effect.each(exchanges)("$source $label $request.path$request.url", (exchange) =>
    Effect.gen(function* () {
      const { url } = yield* emulator
      const sent = exchange.request.body ?? exchange.request.json
      // A cache has the name that this server gave it.
      const cache = yield* RawClient.call(`${url}/v1/projects/demo-project/locations/us-central1/cachedContents`, {
        body: {
          model: "projects/demo-project/locations/us-central1/publishers/google/models/gemini-2.5-flash",
          contents: [RawClient.user("A long text. ".repeat(1000))]
        }
      })
      const own: string = JSON.parse(cache.text).name
      const rename = (text: string) =>
        text.replaceAll(/projects\/[\w-]+\/locations\/us-central1\/cachedContents\/\d+/g, own)
      const observed = yield* RawClient.call(url + rename(pathOf(exchange)), {
        method: exchange.request.method,
        body: sent === undefined ? undefined : rename(JSON.stringify(sent))
      })
      assert.strictEqual(observed.status, exchange.response.status, observed.text)
      const expected = exchange.response.body ?? exchange.response.json
      if (expected !== undefined) {
        assert.deepStrictEqual(differences(expected, JSON.parse(observed.text), "$"), [])
      } else if (!/midstream|truncated/.test(exchange.label ?? "")) {
        const [first, ...rest] = events(observed.text)
        const [expectedFirst, ...expectedRest] = events(exchange.response.sse ?? "")
        assert.deepStrictEqual(differences(expectedFirst, first, "$first"), [])
        assert.deepStrictEqual(differences(expectedRest.at(-1), rest.at(-1), "$last"), [])
      }
    }).pipe(Effect.scoped)
  )
})
