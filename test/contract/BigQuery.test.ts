/** The contract of BigQuery, kept in memory and by Google's client against the emulator; and what only the wire shows. */
import { Emulator } from "@genops/emulator"
import * as BigQuery from "@genops/pipelines/BigQuery"
import * as BigQueryClient from "@genops/pipelines/BigQueryClient"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import { BigQuery as GoogleBigQuery } from "@google-cloud/bigquery"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as BigQueryContract from "./BigQueryContract.ts"

/** Google's clients, with a bucket. */
const live = Layer.unwrap(
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    const body = JSON.stringify({ name: "contract-bucket" })
    yield* Effect.promise(() => fetch(`${url}/storage/v1/b?project=acme`, { method: "POST", body }))
    return Layer.merge(
      BigQueryClient.layer({ apiEndpoint: url, projectId: "acme", anonymous: true }),
      CloudStorageClient.layer({ apiEndpoint: url, projectId: "acme" })
    )
  })
)

const memory = Layer.provideMerge(BigQuery.layerMemory(), CloudStorage.layerMemory)

BigQueryContract.suite("memory", memory, { hasSql: false })
BigQueryContract.suite("@google-cloud/bigquery on the emulator", Layer.provide(live, Emulator.layer()), {
  hasSql: true
})

const table = { dataset: "wire", table: "t", fields: [{ name: "n", type: "INT64" as const }] }

const withTable = Effect.gen(function* () {
  yield* BigQuery.ensureDataset(table.dataset)
  yield* BigQuery.ensureTable(table)
  yield* CloudStorage.write("gs://contract-bucket/n.jsonl", '{"n":1}\n{"n":2}\n')
})

const load = BigQuery.load({ table, uris: ["gs://contract-bucket/n.jsonl"], jobId: "wire-load" })

const numbers = Effect.map(Stream.runCollect(BigQuery.rows(table, Schema.Struct({ n: Schema.Int }))), (rows) =>
  rows.map(({ n }) => n)
)

const onWire = Effect.provide(Layer.provideMerge(live, Emulator.layer()))

describe("BigQuery on the wire", () => {
  it.live("takes a job whose answer was lost for its own, and loads once", () =>
    Effect.gen(function* () {
      const { requests, setFaults } = yield* Emulator.Emulator
      yield* withTable
      yield* setFaults([{ operation: "bigquery.jobs.insert", effect: { type: "lose-answer" }, times: 1 }])
      const { jobId, rows } = yield* load
      assert.deepStrictEqual([jobId, rows], ["wire-load", 2])
      assert.deepStrictEqual(yield* numbers, [1, 2])
      const { counts } = yield* requests
      assert.strictEqual(counts["bigquery.jobs.insert"], 2)
    }).pipe(onWire)
  )

  it.live("inserts once when the answer of an insert was lost", () =>
    Effect.gen(function* () {
      const { setFaults } = yield* Emulator.Emulator
      yield* withTable
      yield* setFaults([{ operation: "bigquery.tabledata.insertAll", effect: { type: "lose-answer" }, times: 2 }])
      yield* BigQuery.insert(table, [{ n: 5 }, { n: 6 }], { id: ({ n }) => String(n) })
      assert.deepStrictEqual(yield* numbers, [5, 6])
    }).pipe(onWire)
  )

  it.live("tries again what passes: 503, rate limits, broken connections; and not what does not", () =>
    Effect.gen(function* () {
      const { requests, setFaults } = yield* Emulator.Emulator
      yield* withTable
      yield* setFaults([
        {
          operation: "bigquery.jobs.insert",
          sequence: [
            { type: "status", status: 503 },
            { type: "status", status: 403 }
          ]
        },
        {
          operation: "bigquery.jobs.get",
          sequence: [{ type: "drop", when: "before-headers" }, { type: "malformed" }, { type: "status", status: 500 }]
        }
      ])
      yield* load
      assert.deepStrictEqual(yield* numbers, [1, 2])
      yield* setFaults([{ operation: "bigquery.tables.get", effect: { type: "status", status: 401 } }])
      const before = (yield* requests).counts["bigquery.tables.get"] ?? 0
      const refused = yield* Effect.flip(numbers)
      assert.strictEqual(refused.reason._tag, "Unauthenticated")
      assert.strictEqual((yield* requests).counts["bigquery.tables.get"], before + 1)
      yield* setFaults([{ operation: "bigquery.tables.get", effect: { type: "status", status: 503 } }])
      const down = yield* Effect.flip(numbers)
      assert.strictEqual(down.reason._tag, "Unavailable")
      assert.isTrue(down.reason.isRetryable)
      assert.strictEqual((yield* requests).counts["bigquery.tables.get"], before + 6)
    }).pipe(onWire)
  )

  it.live("takes a query whose answer was lost for its own, and asks again for one that is not done", () =>
    Effect.gen(function* () {
      const { requests, setFaults, url } = yield* Emulator.Emulator
      const client = new GoogleBigQuery({ apiEndpoint: url, projectId: "acme", autoRetry: false })
      client.authClient.cachedCredential = client.authClient.fromAPIKey("any")
      // The service waits for some seconds before it says that a query is not done; here for some milliseconds.
      client.interceptors.push({
        request: (options) => {
          const uri = "uri" in options ? String(options.uri) : String(options.url)
          const more = uri.includes("/queries/") ? { timeoutMs: 20 } : {}
          return { qs: { ...options.qs, ...more }, json: options.json, method: options.method ?? "GET", uri }
        }
      })
      yield* setFaults([{ operation: "bigquery.jobs.insert", effect: { type: "lose-answer" }, times: 1 }])
      const query = BigQuery.query(
        { sql: "SELECT 3 AS n", labels: { "emulator-seconds": "0_3" } },
        Schema.Struct({ n: Schema.Int })
      )
      const rows = yield* Stream.runCollect(query).pipe(Effect.provide(BigQueryClient.layerClient(client)))
      assert.deepStrictEqual(rows, [{ n: 3 }])
      const { counts } = yield* requests
      assert.strictEqual(counts["bigquery.jobs.insert"], 2)
      assert.isAbove(counts["bigquery.jobs.getQueryResults"] ?? 0, 2)
    }).pipe(onWire)
  )

  it.live("inserts many rows in several requests, and numbers the wrong ones of all", () =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      yield* withTable
      const rows = Array.from({ length: 1200 }, (_, n): { readonly n: number | string } => ({ n: n === 750 ? "x" : n }))
      const { reason } = yield* Effect.flip(BigQuery.insert(table, rows, { id: ({ n }) => String(n) }))
      assert(reason._tag === "RowsRejected")
      assert.strictEqual(reason.inserted, 500)
      assert.deepStrictEqual(
        reason.rows.map(({ field, row }) => [row, field]),
        [[750, "n"]]
      )
      assert.lengthOf(yield* numbers, 500)
      assert.strictEqual((yield* requests).counts["bigquery.tabledata.insertAll"], 2)
    }).pipe(onWire)
  )

  it.live("waits for a job that takes its time", () =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      yield* withTable
      yield* BigQuery.load({
        table,
        uris: ["gs://contract-bucket/n.jsonl"],
        jobId: "slow",
        labels: { "emulator-seconds": "0_5" }
      })
      assert.deepStrictEqual(yield* numbers, [1, 2])
      assert.isAtLeast((yield* requests).counts["bigquery.jobs.get"] ?? 0, 2)
    }).pipe(onWire)
  )
})
