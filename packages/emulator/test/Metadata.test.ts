import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import * as Emulator from "../src/Emulator.ts"
import * as Filter from "../src/metadata/Filter.ts"
import type * as Node from "../src/metadata/Node.ts"
import { call } from "./RawClient.ts"

const Exchange = Schema.Struct({
  label: Schema.String,
  request: Schema.Struct({
    method: Schema.String,
    url: Schema.String,
    headers: Schema.Record(Schema.String, Schema.String),
    body: Schema.optionalKey(Schema.Unknown)
  }),
  response: Schema.Struct({ status: Schema.Int, body: Schema.Unknown })
})
const fixture = new URL("fixtures/metadata/experiment-sequence.json", import.meta.url)
const { exchanges } = Schema.decodeUnknownSync(Schema.Struct({ exchanges: Schema.Array(Exchange) }))(
  JSON.parse(readFileSync(fixture, "utf8"))
)

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The times of an answer are those of the run, and the fixture's first etag is a large number. */
const timeless = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(timeless)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key.endsWith("Time")) return [key, Number.isNaN(Date.parse(String(item))) ? "no time" : "a time"]
      return [key, key === "etag" && String(item).length > 9 ? "1" : timeless(item)]
    })
  )
}

const region = "/v1/projects/demo-project/locations/us-central1/metadataStores"
const full = "projects/123456789012/locations/us-central1/metadataStores/default"

interface Answered {
  readonly status: number | undefined
  readonly body: { readonly [key: string]: unknown }
  readonly error: { readonly status?: unknown; readonly message?: unknown }
}

const send = (method: string, path: string, body?: unknown): Effect.Effect<Answered, never, Emulator.Emulator> =>
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    const { status, text } = yield* call(`${url}${region}${path}`, { method, ...(body === undefined ? {} : { body }) })
    const parsed: unknown = JSON.parse(text)
    const json = isRecord(parsed) ? parsed : {}
    return { status, body: json, error: isRecord(json["error"]) ? json["error"] : {} }
  })

const list = (answered: Answered, key: string): ReadonlyArray<{ readonly [key: string]: unknown }> => {
  const items = answered.body[key]
  return Array.isArray(items) ? items.filter(isRecord) : []
}

const ready = send("POST", "?metadataStoreId=default", {})
const context = (id: string, body: unknown = {}) => send("POST", `/default/contexts?contextId=${id}`, body)
const ids = (answered: Answered) => list(answered, "contexts").map(({ name }) => String(name).replace(/^.*\//, ""))
const search = (filter: string, more = "", kind = "contexts") =>
  send("GET", `/default/${kind}?filter=${encodeURIComponent(filter)}${more}`)

layer(Emulator.layer())("ML Metadata: the recorded sequence", (it) => {
  it.effect("answers every step as Google does", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      assert.isAbove(exchanges.length, 10)
      for (const { label, request, response } of exchanges) {
        const { text, status } = yield* call(request.url.replace(/^https:\/\/[^/]+/, url), {
          method: request.method,
          headers: request.headers,
          ...(request.body === undefined ? {} : { body: request.body })
        })
        assert.strictEqual(status, response.status, label)
        const answered = JSON.parse(text)
        // The fixture leaves out the metadata of the operation that has ended.
        if (label === "store ready") delete answered.metadata
        assert.deepStrictEqual(timeless(answered), timeless(response.body), label)
      }
    })
  )
})

const fresh = <A, E>(test: Effect.Effect<A, E, Emulator.Emulator>) =>
  Effect.andThen(ready, test).pipe(Effect.provide(Emulator.layer()))

describe("contexts", () => {
  it.effect("have ids of a rule, and a made one without", () =>
    fresh(
      Effect.gen(function* () {
        for (const id of ["abc", "Upper-case", "under_score", "a".repeat(129)]) {
          const { error, status } = yield* context(id)
          assert.strictEqual(status, 400, id)
          assert.strictEqual(error.status, "INVALID_ARGUMENT")
        }
        const made = yield* send("POST", "/default/contexts", { displayName: "x" })
        assert.match(String(made.body["name"]), /contexts\/[0-9a-f-]{36}$/)
        assert.strictEqual((yield* context("four")).status, 200)
        const again = yield* context("four")
        assert.strictEqual(again.status, 409)
        assert.strictEqual(again.error.status, "ALREADY_EXISTS")
      })
    )
  )

  it.effect("change their etag with every write, by mask and whole", () =>
    fresh(
      Effect.gen(function* () {
        yield* context("ctx-1", { displayName: "one", description: "first", metadata: { a: 1, b: { c: 2 } } })
        const masked = yield* send("PATCH", "/default/contexts/ctx-1?updateMask=metadata.a,description", {
          etag: "1",
          displayName: "ignored",
          description: "second",
          metadata: { a: 7, z: 1 }
        })
        assert.strictEqual(masked.body["etag"], "2")
        assert.strictEqual(masked.body["displayName"], "one")
        assert.strictEqual(masked.body["description"], "second")
        assert.deepStrictEqual(masked.body["metadata"], { a: 7, b: { c: 2 } })
        const whole = yield* send("PATCH", "/default/contexts/ctx-1", { metadata: { only: true } })
        assert.strictEqual(whole.body["etag"], "3")
        assert.strictEqual(whole.body["description"], "second")
        assert.deepStrictEqual(whole.body["metadata"], { only: true })
        const cleared = yield* send("PATCH", "/default/contexts/ctx-1?updateMask=*", { etag: "3", display_name: "two" })
        assert.notProperty(cleared.body, "metadata")
        assert.strictEqual(cleared.body["displayName"], "two")
        const stale = yield* send("PATCH", "/default/contexts/ctx-1", { etag: "3", metadata: { lost: 1 } })
        assert.strictEqual(stale.status, 409)
        assert.strictEqual(stale.error.status, "ABORTED")
        assert.strictEqual(stale.error.message, "Specified Context `etag`: `3` does not match server `etag`: `4`")
        assert.strictEqual((yield* send("PATCH", "/default/contexts/ctx-1?updateMask=colour", {})).status, 400)
      })
    )
  )

  it.effect("are created by a patch with allowMissing only", () =>
    fresh(
      Effect.gen(function* () {
        const patch = (query: string) => send("PATCH", `/default/contexts/new-one${query}`, { displayName: "n" })
        assert.strictEqual((yield* patch("")).status, 404)
        assert.strictEqual((yield* patch("?allowMissing=true")).body["etag"], "1")
        assert.strictEqual((yield* patch("")).body["etag"], "2")
      })
    )
  )

  it.effect("refuse unknown fields, too much metadata and a missing store", () =>
    fresh(
      Effect.gen(function* () {
        assert.strictEqual((yield* context("odd-1", { colour: "red" })).status, 400)
        assert.strictEqual((yield* context("odd-2", { metadata: { a: "x".repeat(200 * 1024) } })).status, 400)
        assert.strictEqual((yield* context("odd-3", { createTime: "2020-01-01T00:00:00Z" })).status, 200)
        const { error, status } = yield* send("POST", "/other/contexts?contextId=ctx-1", {})
        assert.strictEqual(status, 404)
        assert.strictEqual(
          error.message,
          "Cannot find MetadataStore projects/demo-project/locations/us-central1/metadataStores/other"
        )
      })
    )
  )

  it.effect("are deleted under an etag, and leave their children", () =>
    fresh(
      Effect.gen(function* () {
        yield* context("parent")
        yield* context("child")
        yield* send("POST", "/default/contexts/parent:addContextChildren", {
          childContexts: [`${full}/contexts/child`]
        })
        const wrong = yield* send("DELETE", "/default/contexts/parent?etag=9")
        assert.strictEqual(wrong.status, 400)
        assert.strictEqual(wrong.error.status, "FAILED_PRECONDITION")
        const gone = yield* send("DELETE", "/default/contexts/parent?etag=1")
        assert.isTrue(gone.body["done"])
        const { url } = yield* Emulator.Emulator
        const looked = yield* call(`${url}/v1/${String(gone.body["name"])}`)
        assert.deepStrictEqual(JSON.parse(looked.text), gone.body)
        assert.strictEqual((yield* send("GET", "/default/contexts/parent")).status, 404)
        const child = yield* send("GET", "/default/contexts/child")
        assert.strictEqual(child.status, 200)
        assert.notProperty(child.body, "parentContexts")
        yield* context("parent")
        const late = yield* send("PATCH", "/default/contexts/parent", { etag: "1", description: "for the old one" })
        assert.strictEqual(late.error.status, "ABORTED")
      })
    )
  )
})

describe("links", () => {
  const link = (parent: string, child: string, verb = "addContextChildren") =>
    send("POST", `/default/contexts/${parent}:${verb}`, {
      childContexts: [`projects/demo-project/locations/us-central1/metadataStores/default/contexts/${child}`]
    })

  it.effect("skip repeats and refuse cycles, strangers and an eleventh parent", () =>
    fresh(
      Effect.gen(function* () {
        for (const id of ["top-1", "middle", "bottom"]) yield* context(id)
        assert.deepStrictEqual((yield* link("top-1", "middle")).body, {})
        assert.strictEqual((yield* link("top-1", "middle")).status, 200)
        assert.strictEqual((yield* link("middle", "bottom")).status, 200)
        assert.strictEqual((yield* link("bottom", "top-1")).status, 400)
        assert.strictEqual((yield* link("top-1", "top-1")).status, 400)
        assert.strictEqual((yield* link("top-1", "nobody")).status, 404)
        const middle = yield* send("GET", "/default/contexts/middle")
        assert.deepStrictEqual(middle.body["parentContexts"], [`${full}/contexts/top-1`])
        assert.strictEqual(middle.body["etag"], "1")
        for (let index = 0; index < 9; index++) {
          yield* context(`more-${index}`)
          assert.strictEqual((yield* link(`more-${index}`, "middle")).status, 200)
        }
        yield* context("eleventh")
        assert.strictEqual((yield* link("eleventh", "middle")).status, 400)
        assert.strictEqual((yield* link("more-0", "middle", "removeContextChildren")).status, 200)
        assert.strictEqual((yield* link("more-0", "middle", "removeContextChildren")).status, 200)
        assert.strictEqual((yield* link("eleventh", "middle")).status, 200)
      })
    )
  )

  it.effect("tell the artifacts, executions and events of a context", () =>
    fresh(
      Effect.gen(function* () {
        yield* context("run-1")
        const execution = yield* send("POST", "/default/executions?executionId=evaluate", { state: "RUNNING" })
        const artifact = yield* send("POST", "/default/artifacts?artifactId=data-1", { uri: "gs://b/d", state: 2 })
        assert.strictEqual(execution.body["state"], "RUNNING")
        assert.strictEqual(artifact.body["state"], "LIVE")
        const numbers = yield* send("GET", "/default/executions/evaluate?$alt=json%3Benum-encoding=int")
        assert.strictEqual(numbers.body["state"], 2)
        const members = { artifacts: [`${full}/artifacts/data-1`], executions: [`${full}/executions/evaluate`] }
        yield* send("POST", "/default/contexts/run-1:addContextArtifactsAndExecutions", members)
        const events = { events: [{ artifact: `${full}/artifacts/data-1`, type: "INPUT" }] }
        for (let twice = 0; twice < 2; twice++) {
          yield* send("POST", "/default/executions/evaluate:addExecutionEvents", events)
        }
        const lineage = yield* send("GET", "/default/contexts/run-1:queryContextLineageSubgraph")
        assert.deepStrictEqual(list(lineage, "executions"), [execution.body])
        assert.deepStrictEqual(list(lineage, "artifacts"), [artifact.body])
        assert.deepStrictEqual(
          list(lineage, "events").map(({ type }) => type),
          ["INPUT"]
        )
        const patched = yield* send("PATCH", "/default/executions/evaluate", { etag: "1", state: "COMPLETE" })
        assert.strictEqual(patched.body["state"], "COMPLETE")
        const complete = yield* search(`state="COMPLETE" AND in_context("${full}/contexts/run-1")`, "", "executions")
        assert.strictEqual(list(complete, "executions").length, 1)
      })
    )
  )
})

describe("lists", () => {
  const seed = Effect.gen(function* () {
    yield* context("exp-1", { schemaTitle: "system.Experiment", displayName: "b" })
    for (let index = 0; index < 5; index++) {
      yield* context(`run-${index}`, {
        schemaTitle: "system.ExperimentRun",
        displayName: `r${9 - index}`,
        metadata: { rows: index * 10, "field:1": index % 2 === 0, _state: "COMPLETE", "it's": 'a "quote"' }
      })
    }
    yield* send("POST", "/default/contexts/exp-1:addContextChildren", {
      childContexts: [1, 2, 3].map((index) => `${full}/contexts/run-${index}`)
    })
  })

  it.effect("are filtered", () =>
    fresh(
      Effect.gen(function* () {
        yield* seed
        const parent = `parent_contexts:"${full}/contexts/exp-1"`
        const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
          ['schema_title="system.Experiment"', ["exp-1"]],
          [`schema_title="system.ExperimentRun" AND ${parent}`, ["run-1", "run-2", "run-3"]],
          [`${parent} AND metadata.rows.number_value >= 20`, ["run-2", "run-3"]],
          ['metadata."field:1".bool_value = true AND metadata.rows.number_value > 0', ["run-2", "run-4"]],
          ['display_name="b" OR metadata.rows.number_value = 30', ["exp-1", "run-3"]],
          [`(display_name="b" OR metadata.rows.number_value = 0) AND schema_title != "x"`, ["exp-1", "run-0"]],
          [`child_contexts:"${full}/contexts/run-2"`, ["exp-1"]],
          [`name="${full}/contexts/run-4"`, ["run-4"]],
          ['metadata.rows.string_value = "10"', []],
          ['metadata."it\'s".string_value = "a \\"quote\\"" AND metadata.rows.number_value < 1', ["run-0"]],
          ['create_time > "2999-01-01T00:00:00Z"', []],
          ['update_time < "2999-01-01T00:00:00Z" AND display_name="b"', ["exp-1"]],
          // Names in filters hold the project's number; one with its id finds nothing.
          [parent.replace("123456789012", "demo-project"), []]
        ]
        for (const [filter, expected] of cases) {
          assert.deepStrictEqual(ids(yield* search(filter)), expected, filter)
        }
      })
    )
  )

  it.effect("refuse filters that cannot be read", () =>
    fresh(
      Effect.gen(function* () {
        const bad = [
          "colour = 1",
          "display_name",
          'display_name = "a" AND',
          "display_name = ",
          '(display_name = "a"',
          'display_name = "a" display_name = "b"',
          "metadata.rows = 1",
          'state = "LIVE"',
          'create_time > "yesterday"',
          `${"(".repeat(6)}display_name="a"${")".repeat(6)}`
        ]
        for (const filter of bad) {
          const { error, status } = yield* search(filter)
          assert.strictEqual(status, 400, filter)
          assert.include(String(error.message), "Invalid filter", filter)
        }
      })
    )
  )

  it.effect("come in order and in pages", () =>
    fresh(
      Effect.gen(function* () {
        yield* seed
        const runs = 'schema_title="system.ExperimentRun"'
        assert.deepStrictEqual(ids(yield* search(runs, "&orderBy=display_name")), [
          "run-4",
          "run-3",
          "run-2",
          "run-1",
          "run-0"
        ])
        const first = yield* search(runs, "&pageSize=2&orderBy=display_name%20desc")
        assert.deepStrictEqual(ids(first), ["run-0", "run-1"])
        const token = encodeURIComponent(String(first.body["nextPageToken"]))
        const second = yield* search(runs, `&pageSize=3&orderBy=display_name%20desc&pageToken=${token}`)
        assert.deepStrictEqual(ids(second), ["run-2", "run-3", "run-4"])
        assert.notProperty(second.body, "nextPageToken")
        for (const query of [
          `&pageToken=${token}`,
          "&pageSize=1001",
          "&pageSize=-1",
          "&orderBy=colour",
          "&pageToken=x"
        ]) {
          assert.strictEqual((yield* search(runs, query)).status, 400, query)
        }
        assert.deepStrictEqual((yield* search('display_name="nobody"')).body, {})
      })
    )
  )
})

describe("operations", () => {
  it.effect("of a store end when they are looked at, and can be forgotten", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      const created = yield* send("POST", "?metadataStoreId=default", {})
      assert.notProperty(created.body, "done")
      const name = String(created.body["name"])
      const waited = yield* call(`${url}/v1beta1/${name}:wait`, { method: "POST", body: {} })
      assert.include(waited.text, '"done":true')
      assert.strictEqual((yield* call(`${url}/v1/${name}`, { method: "DELETE" })).text, "{}")
      assert.strictEqual((yield* call(`${url}/v1/${name}`)).status, 404)
      assert.strictEqual((yield* send("POST", "?metadataStoreId=default", {})).status, 409)
      assert.strictEqual((yield* send("DELETE", "/default")).status, 200)
      assert.strictEqual((yield* send("GET", "/default")).status, 404)
    }).pipe(Effect.provide(Emulator.layer()))
  )

  it.effect("obey ordered faults", () =>
    fresh(
      Effect.gen(function* () {
        const { requests, setFaults } = yield* Emulator.Emulator
        yield* setFaults([{ operation: "contexts.patch", effect: { type: "status", status: 503 }, times: 1 }])
        yield* context("ctx-1")
        const patch = send("PATCH", "/default/contexts/ctx-1", { etag: "1", description: "d" })
        assert.strictEqual((yield* patch).status, 503)
        assert.strictEqual((yield* patch).status, 200)
        assert.strictEqual((yield* requests).counts["contexts.patch"], 2)
      })
    )
  )
})

describe("a filter", () => {
  const node = { kind: "contexts", id: "x", name: "x", draft: {}, version: 1, created: 0, updated: 0 } as const
  const links = { parents: () => [], children: () => [], isIn: () => false }
  const passes = (filter: string) => {
    const parsed = Filter.parse(filter, "contexts")
    return parsed._tag === "Success" && parsed.success(node satisfies Node.Node, links)
  }

  it("is either read or refused, whatever it holds, in linear time", () => {
    assert.isTrue(passes(" "))
    assert.isTrue(passes('metadata.constructor.string_value != "x"'))
    assert.isFalse(passes('metadata.__proto__.string_value = "x"'))
    for (const text of ['"'.repeat(10_000), "(".repeat(10_000), "a.".repeat(10_000), ` ${"AND ".repeat(10_000)}`]) {
      assert.isFalse(passes(text))
    }
  })
})
