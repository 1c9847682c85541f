/**
 * Statements that are apt to be misread, and what BigQuery's reference says of them: where its SQL and DuckDB's differ, at the edges of types and in odd corners. Each is
 * answered rightly, or refused with a word about what is wrong; never answered otherwise.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"
import * as BigQueryWire from "./BigQueryWire.ts"
import dialect from "./fixtures/bigqueryDialect.json" with { type: "json" }

const { answered, refused } = dialect

layer(Emulator.layer(), { excludeTestServices: true })("GoogleSQL at its edges", (it) => {
  it.effect(`answers ${answered.length} statements as BigQuery does`, () =>
    Effect.gen(function* () {
      const wrong: Array<unknown> = []
      for (const { rows, sql } of answered) {
        const got = yield* BigQueryWire.ask(sql)
        const found = typeof got === "string" ? got : got.rows
        if (JSON.stringify(found) !== JSON.stringify(rows)) wrong.push({ sql, found, rows })
      }
      assert.deepStrictEqual(wrong, [])
    })
  )

  it.effect(`refuses ${refused.length} statements and says why`, () =>
    Effect.gen(function* () {
      const wrong: Array<unknown> = []
      for (const { message, sql } of refused) {
        const got = yield* BigQueryWire.ask(sql)
        if (typeof got !== "string" || !got.includes(message)) wrong.push({ sql, got, message })
      }
      assert.deepStrictEqual(wrong, [])
    })
  )

  it.effect("does not finish a load that was cancelled while it waited, even one of no rows", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      const put = (path: string, body: string) => Effect.promise(() => fetch(`${url}${path}`, { method: "POST", body }))
      yield* put("/storage/v1/b?project=demo", JSON.stringify({ name: "idle" }))
      yield* put("/upload/storage/v1/b/idle/o?uploadType=media&name=empty.jsonl", "")
      yield* BigQueryWire.send("POST", "/datasets", { datasetReference: { datasetId: "idle" } })
      const load = {
        sourceUris: ["gs://idle/empty.jsonl"],
        sourceFormat: "NEWLINE_DELIMITED_JSON",
        destinationTable: { projectId: "demo", datasetId: "idle", tableId: "t" },
        schema: { fields: [{ name: "x", type: "INTEGER" }] }
      }
      const run = Effect.fnUntraced(function* (jobId: string, labels: object) {
        yield* BigQueryWire.send("POST", "/jobs", { jobReference: { jobId }, configuration: { load, labels } })
        if (jobId === "cancelled") yield* BigQueryWire.send("POST", `/jobs/${jobId}/cancel`)
        for (;;) {
          const { body } = yield* BigQueryWire.send("GET", `/jobs/${jobId}`)
          if (body.status.state === "DONE") return body.status.errorResult?.reason
        }
      })
      assert.strictEqual(yield* run("cancelled", { "emulator-seconds": "60" }), "stopped")
      assert.strictEqual((yield* BigQueryWire.send("GET", "/datasets/idle/tables/t")).status, 404)
      assert.isUndefined(yield* run("done", {}))
      assert.strictEqual((yield* BigQueryWire.send("GET", "/datasets/idle/tables/t")).status, 200)
    })
  )
})
