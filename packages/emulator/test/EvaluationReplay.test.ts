/** What the wire reference says of evaluation is accepted and answered: same status, same shape, equal scores where they are computed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import * as Emulator from "../src/Emulator.ts"
import * as Route from "../src/http/Route.ts"
import * as Routes from "../src/Routes.ts"
import * as State from "../src/State.ts"
import * as Decode from "../src/wire/Decode.ts"
import * as RawClient from "./RawClient.ts"

interface Exchange {
  readonly source: string
  readonly label?: string
  readonly request: { readonly method: string; readonly url: string; readonly body?: unknown }
  readonly response: { readonly status: number; readonly body: unknown }
}

const fixtures = new URL("fixtures/eval/", import.meta.url)

const exchanges: ReadonlyArray<Exchange> = readdirSync(fixtures).flatMap((source) =>
  JSON.parse(readFileSync(new URL(source, fixtures), "utf8")).exchanges.map((exchange: Exchange) => ({
    ...exchange,
    source
  }))
)

const posts = exchanges.filter(({ request }) => request.method === "POST")

/**
 * Three synthetic rows that later evidence contradicts: Google's published code asks a valid call for a name only and divides by the parameters
 * of both sides (origin, dest, to); sacrebleu 1.x, which the service uses, gives a little above 0 where nothing matches.
 */
const superseded: ReadonlyMap<string, number> = new Map([
  ["$.toolCallValidResults.toolCallValidMetricValues[2].score", 1],
  ["$.toolParameterKeyMatchResults.toolParameterKeyMatchMetricValues[2].score", 1 / 3],
  // 4 tokens against 7: precisions 1/8, 1/12, 1/16 and 1/16 after smoothing.
  ["$.bleuResults.bleuMetricValues[1].score", Math.exp(1 - 7 / 4) * (1 / 8 / 12 / 16 / 16) ** (1 / 4)]
])

const kind = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value)

/** Fields that depend on what was judged. */
const optional = new Set(["verdict", "rubricVerdicts", "reasoning", "explanation"])
const computed = /MetricValues\[\d+\]\.score$/

const differences = (expected: unknown, actual: unknown, path: string): ReadonlyArray<string> => {
  if (kind(expected) !== kind(actual)) return [`${path}: ${kind(expected)} became ${kind(actual)}`]
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return expected.length !== actual.length && !/ubric/.test(path)
      ? [`${path}: ${actual.length} instead of ${expected.length}`]
      : expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`))
  }
  if (typeof expected === "number" && typeof actual === "number" && computed.test(path)) {
    const wanted = superseded.get(path) ?? expected
    return Math.fround(wanted) === Math.fround(actual) ? [] : [`${path}: ${actual} instead of ${wanted}`]
  }
  if (!Decode.isJsonObject(expected) || !Decode.isJsonObject(actual)) return []
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((key) => {
    const both = Object.hasOwn(expected, key) && Object.hasOwn(actual, key)
    if (both) return differences(expected[key], actual[key], `${path}.${key}`)
    return optional.has(key) ? [] : [`${path}.${key}: ${Object.hasOwn(expected, key) ? "missing" : "new"}`]
  })
}

describe("exchanges of the wire fixtures", () => {
  assert.isAtLeast(posts.length, 36)

  for (const version of ["v1", "v1beta1"]) {
    it.effect.each(posts)(`${version} $source $label`, ({ request, response }) =>
      Effect.gen(function* () {
        const { url } = yield* Emulator.start()
        const path = new URL(request.url).pathname.replace(/^\/v1(?:beta1)?/, `/${version}`)
        const observed = yield* RawClient.call(url + path, { body: request.body })
        assert.strictEqual(observed.status, response.status, observed.text)
        assert.deepStrictEqual(differences(response.body, JSON.parse(observed.text), "$"), [])
      }).pipe(Effect.scoped)
    )
  }
})

/** The value with each of its parts, one at a time, replaced by something else or left out. */
function* spoiled(value: unknown): Generator<unknown> {
  yield* [null, 1, -1, "x", "", [], {}, true, undefined]
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) for (const other of spoiled(item)) yield value.with(index, other)
  } else if (Decode.isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) for (const other of spoiled(item)) yield { ...value, [key]: other }
  }
}

describe("spoiled requests", () => {
  const state = State.make({ endpoints: {}, enforceRegions: false, refusesNewerFields: false })
  const routes = Routes.make(state)

  it.each(posts)("are answered or refused, and never break the server: $source $label", ({ request }) => {
    const path = new URL(request.url).pathname
    const match = Route.find(routes, "POST", path)
    let count = 0
    for (const body of spoiled(request.body)) {
      const sent = {
        method: "POST",
        path,
        query: new URLSearchParams(),
        headers: {},
        parameters: match?.parameters ?? {}
      }
      // A defect of the route is thrown here.
      const answer = match?.route.handle({ ...sent, body: Buffer.from(JSON.stringify(body) ?? "") })
      const status = answer !== undefined && "status" in answer ? answer.status : 0
      assert.include([200, 400, 404, 501], status, JSON.stringify(body))
      count++
    }
    assert.isAbove(count, 20)
  })
})
