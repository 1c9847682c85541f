/**
 * Recorded answers, mutated at random, and recorded streams, cut at every byte: whatever comes in, a call ends in an answer that can
 * be read or in a typed error, and never in a defect. Another seed: GENOPS_SEED=7.
 */
import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Credentials from "@genops/vertex/Credentials"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as RetryPolicy from "@genops/vertex/RetryPolicy"
import * as Vertex from "@genops/vertex/Vertex"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as fs from "node:fs"
import * as Outcome from "./Outcome.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? 20_261_124)
const rounds = Number(process.env["GENOPS_ROUNDS"] ?? 20_000)

/** A small generator (mulberry32): the same seed gives the same mutations everywhere. */
const generator = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const fixtures = new URL("../../packages/vertex/test/fixtures/", import.meta.url)
const recorded = fs
  .readdirSync(new URL("vertex/", fixtures))
  .filter((name) => name.startsWith("generate-"))
  .flatMap(
    (name): ReadonlyArray<{ response: { body: unknown } }> =>
      JSON.parse(fs.readFileSync(new URL(`vertex/${name}`, fixtures), "utf8")).exchanges
  )
  .map(({ response }) => response.body)

const oddities = [null, true, -1, 3.5, 1e308, "", "3", "\ud800", [], {}, [null], { a: { b: [{}] } }, "x".repeat(1_000)]

/** Changes one place of a JSON value: deletes, replaces, nests, repeats, renames, or adds what nobody expects. */
const mutate = (value: unknown, random: (below: number) => number): unknown => {
  const oddity = () => structuredClone(oddities[random(oddities.length)])
  if (typeof value !== "object" || value === null || random(6) === 0) return random(4) === 0 ? [value] : oddity()
  if (Array.isArray(value)) {
    const at = random(value.length + 1)
    const changed = random(3) === 0 ? [] : random(2) === 0 ? [value[at], value[at]] : [mutate(value[at], random)]
    return value.toSpliced(at, 1, ...changed)
  }
  const entries = Object.entries(value)
  const at = random(entries.length + 1)
  const [key, member] = entries[at] ?? ["extra", oddity()]
  const names = [key, "__proto__", "constructor", key.toUpperCase()]
  const changed: Array<[string, unknown]> = random(4) === 0 ? [] : [[names[random(8)] ?? key, mutate(member, random)]]
  // JSON text, not an assignment: it makes __proto__ a member like any other.
  const members = entries
    .toSpliced(at, 1, ...changed)
    .map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member) ?? "null"}`)
  return JSON.parse(`{${members.join(",")}}`)
}

let next: () => Response = () => new Response("{}")
const http = HttpClient.make((request) => Effect.sync(() => HttpClientResponse.fromWeb(request, next())))
const layer = Vertex.layerNoClient.pipe(
  Layer.provide(VertexClient.layerNoTransport),
  Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
  Layer.provide(Credentials.layerAnonymous),
  Layer.provide(VertexConfig.layer({ project: "acme", location: "global" }))
)
const configuration = ModelConfiguration.make("gemini-3.5-flash")

/** Reads everything that an answer offers. */
const readAll = (reply: GenerateResponse.GenerateResponse): string => {
  const {
    body: _,
    call,
    ...read
  } = {
    body: reply.body,
    call: reply.call,
    all: [reply.text, reply.thoughts, reply.parts, reply.functionCalls, reply.usage, reply.citations, reply.grounding],
    joined: GenerateResponse.collect([reply, reply]).text
  }
  return `${call.attempts} ${read.joined.length} ${read.all.length}`
}

const known = /^(ok|MalformedResponse|ContentBlocked|StreamTruncated|Internal|Unknown|InvalidRequest)\b/

describe("mutated answers", () => {
  it.live(`${rounds} of them, seed ${seed}`, () =>
    Effect.gen(function* () {
      const random = generator(seed)
      const ends = new Map<string, number>()
      for (let round = 0; round < rounds; round++) {
        let body = recorded[round % recorded.length]
        for (let times = random(3); times >= 0; times--) body = mutate(body, random)
        const text = JSON.stringify(body)
        const streamed = round % 4 === 0
        next = () => new Response(streamed ? `data: ${text}\n\n` : text)
        const call = streamed
          ? Effect.map(Stream.runCollect(GenerativeModel.stream(configuration, "Hi")), GenerateResponse.collect)
          : GenerativeModel.generate(configuration, "Hi")
        const exit = yield* Effect.exit(Effect.map(call, (reply) => Option.some(readAll(reply))))
        const outcome = Outcome.of(exit)
        assert.match(outcome, known, `seed ${seed}, round ${round}: ${text}`)
        const kind = outcome.split(/[ ,]/)[0] ?? ""
        ends.set(kind, (ends.get(kind) ?? 0) + 1)
      }
      // Deep nesting, now that the checks have long been compiled.
      const deep = `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`
      next = () => new Response(`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":${deep}}}]}}]}`)
      const exit = yield* Effect.exit(Effect.asSome(Effect.as(GenerativeModel.generate(configuration, "Hi"), "")))
      assert.match(Outcome.of(exit), known)
      // Neither all good nor all bad, or the mutations would test nothing.
      assert.isAbove(ends.get("ok") ?? 0, rounds / 20)
      assert.isAbove(ends.get("MalformedResponse") ?? 0, rounds / 20)
      assert.notProperty({}, "polluted")
      assert.deepStrictEqual(Object.keys(Object.prototype), [])
    }).pipe(Effect.provide(layer), Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none))
  )
})

describe("streams cut at every byte", () => {
  for (const name of ["text.sse", "text-lf.sse", "thoughts.sse", "function-call.sse", "single-chunk.sse"]) {
    it.live(name, () =>
      Effect.gen(function* () {
        const bytes = fs.readFileSync(new URL(`streams/${name}`, fixtures))
        const read = (length: number) => {
          next = () => new Response(bytes.subarray(0, length))
          const texts: Array<string> = []
          return GenerativeModel.stream(configuration, "Hi").pipe(
            Stream.tap(({ text }) => Effect.sync(() => texts.push(text))),
            Stream.runDrain,
            Effect.map(() => Option.some(texts.join(""))),
            Effect.exit,
            Effect.map((exit) => ({ text: texts.join(""), outcome: Outcome.of(exit, texts.join("")) }))
          )
        }
        const whole = yield* read(bytes.length)
        assert.match(whole.outcome, /^ok/)
        const body = bytes.toString("utf8").trimEnd()
        const complete = Buffer.byteLength(body)
        for (let length = 0; length < complete; length++) {
          const cut = yield* read(length)
          assert.isTrue(whole.text.startsWith(cut.text), `cut at ${length}`)
          assert.match(
            cut.outcome,
            /^(StreamTruncated after ".*", billed unknown|MalformedResponse (body|stream), billed unknown)$/s,
            `cut at ${length}`
          )
          if (cut.outcome.startsWith("StreamTruncated")) {
            assert.strictEqual(
              cut.outcome,
              `StreamTruncated after ${JSON.stringify(cut.text)}, billed unknown`,
              `cut at ${length}`
            )
          }
        }
      }).pipe(Effect.provide(layer), Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none))
    )
  }
})
