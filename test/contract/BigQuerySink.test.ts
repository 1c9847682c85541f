/** The sinks of a comparison: in memory, and by Google's clients against the emulator with real SQL. */
import { Emulator } from "@genops/emulator"
import * as BigQuery from "@genops/pipelines/BigQuery"
import * as BigQueryClient from "@genops/pipelines/BigQueryClient"
import * as BigQuerySink from "@genops/pipelines/BigQuerySink"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import * as GcsSink from "@genops/pipelines/GcsSink"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Sample from "./BigQuerySample.ts"
import * as BigQuerySinkContract from "./BigQuerySinkContract.ts"

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
).pipe(Layer.provide(Emulator.layer()))

BigQuerySinkContract.suite("memory", Layer.provideMerge(BigQuery.layerMemory(), CloudStorage.layerMemory))
BigQuerySinkContract.suite("Google's clients on the emulator", live)

describe("sinks, asked by SQL", () => {
  it.live("give the last revision of each run, exact money, and scores out of JSON", () =>
    Effect.gen(function* () {
      const target = { dataset: "genops" }
      for (const [runId, isResumed] of [
        ["r1", false],
        ["r1", true],
        ["r2", false]
      ] as const) {
        const cells = Stream.fromIterable(Sample.cells(runId, { isResumed }))
        const exported = yield* GcsSink.write({
          prefix: "gs://contract-bucket/sql",
          manifest: Sample.manifest(runId),
          summary: Sample.summary(),
          cells
        })
        yield* BigQuerySink.load(target, exported)
      }
      const sql = `
        WITH last AS (SELECT * FROM cells WHERE eval_date = @day QUALIFY revision = MAX(revision) OVER (PARTITION BY run_id))
        SELECT run_id, candidate, COUNT(*) AS n, COUNTIF(error_tag IS NOT NULL) AS failed, SUM(cost_usd) AS cost,
          ROUND(AVG(FLOAT64(scores.rouge_l.score)), 6) AS rouge_l
        FROM last GROUP BY run_id, candidate ORDER BY run_id, candidate`
      const day = { type: "DATE" as const, value: "2026-11-22" }
      const Row = Schema.Struct({
        run_id: Schema.String,
        candidate: Schema.String,
        n: Schema.Int,
        failed: Schema.Int,
        cost: Schema.String,
        rouge_l: Schema.Finite
      })
      assert.deepStrictEqual(
        yield* Stream.runCollect(BigQuery.query({ sql, dataset: "genops", parameters: { day } }, Row)),
        [
          { run_id: "r1", candidate: "flash", n: 3, failed: 0, cost: "0.000000000036", rouge_l: 0.2 },
          { run_id: "r1", candidate: "pro", n: 3, failed: 0, cost: "0.000000000036", rouge_l: 0.2 },
          { run_id: "r2", candidate: "flash", n: 3, failed: 0, cost: "0.000000000036", rouge_l: 0.2 },
          { run_id: "r2", candidate: "pro", n: 3, failed: 1, cost: "0.000000000024", rouge_l: 0.15 }
        ]
      )
    }).pipe(Effect.provide(live))
  )

  it.live("say before and after that a bucket does not exist", () =>
    Effect.gen(function* () {
      const prefix = "gs://no-such-bucket-anywhere/runs"
      const before = yield* Effect.flip(GcsSink.prepare(prefix))
      assert.strictEqual(before.reason._tag, "NotFound")
      const cells = Stream.fromIterable(Sample.cells("r1"))
      const after = yield* Effect.flip(
        GcsSink.write({ prefix, manifest: Sample.manifest("r1"), summary: Sample.summary(), cells })
      )
      assert.strictEqual(after.reason._tag, "NotFound")
      assert.include(after.message, "bucket does not exist")
    }).pipe(Effect.provide(live))
  )
})
