/** What the sinks must show, on every implementation of Cloud Storage and BigQuery. */
import * as BigQuery from "@genops/pipelines/BigQuery"
import * as BigQuerySink from "@genops/pipelines/BigQuerySink"
import type * as Cell from "@genops/pipelines/Cell"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as GcsSink from "@genops/pipelines/GcsSink"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Sample from "./BigQuerySample.ts"

const bucket = "gs://contract-bucket"

const Any = Schema.Record(Schema.String, Schema.Unknown)

const rows = (dataset: string, table: string) => Stream.runCollect(BigQuery.rows({ dataset, table }, Any))

const names = (prefix: string) =>
  Effect.map(Stream.runCollect(CloudStorage.list(prefix)), (all) => all.map(({ name }) => name))

const run = (prefix: string, runId: string, more: Partial<GcsSink.Options> & { readonly isResumed?: boolean } = {}) => {
  const { isResumed = false, ...rest } = more
  const cells: Stream.Stream<Cell.Cell> = Stream.fromIterable(Sample.cells(runId, { isResumed }))
  return GcsSink.write({ prefix, manifest: Sample.manifest(runId), summary: Sample.summary(), cells, ...rest })
}

export const suite = <E>(
  name: string,
  subject: Layer.Layer<BigQuery.BigQuery | CloudStorage.CloudStorage, E>
): void => {
  layer(subject, { excludeTestServices: true, timeout: "120 seconds" })(`sinks: ${name}`, (it) => {
    it.effect("writes a run below its day and id, and loads it into both tables", () =>
      Effect.gen(function* () {
        const prefix = `${bucket}/first`
        const target = { dataset: "first" }
        yield* GcsSink.prepare(prefix)
        yield* BigQuerySink.prepare(target)
        const exported = yield* run(prefix, "run.1")
        assert.isTrue(exported.isNew)
        assert.strictEqual(exported.place, `${prefix}/run_date=2026-11-22/run_id=run.1/revision=1`)
        assert.deepStrictEqual(
          yield* names(`${prefix}/`),
          ["cells.jsonl", "run.json", "summaries.jsonl", "summary.json"].map(
            (name) => `first/run_date=2026-11-22/run_id=run.1/revision=1/${name}`
          )
        )
        const loaded = yield* BigQuerySink.load(target, exported)
        assert.deepStrictEqual([loaded.cells.rows, loaded.summaries.rows], [6, 2])
        assert.deepStrictEqual(loaded.added, ["exact_match_mean", "exact_match_std", "rouge_l_mean", "rouge_l_std"])
        const cells = yield* rows("first", "cells")
        const blocked = cells.find(({ candidate, row_number }) => candidate === "pro" && row_number === 2)
        assert.deepInclude(blocked, {
          run_id: "run.1",
          eval_date: "2026-11-22",
          revision: 1,
          evaluated_model: "gemini-pro",
          repeat: 0,
          response: null,
          error_tag: "ContentBlocked",
          cost_usd: null
        })
        const [answered] = cells.filter(({ candidate, row_number }) => candidate === "flash" && row_number === 1)
        assert.deepInclude(answered, {
          response: 'answer "1"\n; DROP TABLE cells; -- flash \u{1f600}',
          cost_usd: "0.000000000012",
          latency_ms: 12.5,
          input_tokens: 100,
          thinking_tokens: 1,
          scores: { exact_match: { score: 0, explanation: "secret words" }, rouge_l: { score: 0.2, cost: "0.000001" } }
        })
        const summaries = yield* rows("first", "summaries")
        const pro = summaries.find(({ candidate }) => candidate === "pro")
        assert.deepInclude(pro, {
          row_count: 3,
          exact_match_mean: 1.25,
          exact_match_std: null,
          rouge_l_mean: 1.2,
          started_at: "2026-11-22T23:59:59.500Z",
          generation_config: { temperature: 0.1 },
          system_instruction: "Always respond in plain-text only.",
          tools: [{ googleSearch: {} }],
          prompt_template: "Summarise: {context}",
          sample_prompt: "Summarise: text 0",
          is_baseline: false,
          blocked: 1,
          errors: { ContentBlocked: 1 },
          cost_usd: "0.000000000036",
          cost_per_1000_usd: "0.000000012"
        })
        const flash = summaries.find(({ candidate }) => candidate === "flash")
        assert.isNull(flash?.["tools"])
        assert.deepStrictEqual(flash?.["configuration"], Sample.manifest("run.1").candidates[0]?.configuration)
      })
    )

    it.effect("does nothing when it is done again, and keeps the history of other runs", () =>
      Effect.gen(function* () {
        const prefix = `${bucket}/again/`
        const target = { dataset: "again" }
        const once = Effect.flatMap(run(prefix, "r1"), (exported) =>
          Effect.map(BigQuerySink.load(target, exported), (loaded) => ({ exported, loaded }))
        )
        const first = yield* once
        const before = yield* names(`${bucket}/again/`)
        const second = yield* once
        assert.isFalse(second.exported.isNew)
        assert.deepStrictEqual(second.exported.place, first.exported.place)
        assert.deepStrictEqual([second.loaded.cells.isNew, second.loaded.summaries.isNew], [false, false])
        assert.deepStrictEqual(second.loaded.added, [])
        assert.deepStrictEqual(yield* names(`${bucket}/again/`), before)
        yield* BigQuerySink.load(target, yield* run(prefix, "r2"))
        const summaries = yield* rows("again", "summaries")
        assert.deepStrictEqual(
          summaries.map(({ candidate, run_id }) => [run_id, candidate]),
          [
            ["r1", "flash"],
            ["r1", "pro"],
            ["r2", "flash"],
            ["r2", "pro"]
          ]
        )
        // The same export into another dataset is another load.
        const other = yield* BigQuerySink.load({ dataset: "again_2" }, first.exported)
        assert.isTrue(other.cells.isNew)
        assert.lengthOf(yield* rows("again_2", "cells"), 6)
      })
    )

    it.effect("gives a run that has gone on a further revision, in which the later cell counts", () =>
      Effect.gen(function* () {
        const prefix = `${bucket}/resumed`
        const target = { dataset: "resumed" }
        yield* BigQuerySink.load(target, yield* run(prefix, "r1"))
        const resumed = yield* run(prefix, "r1", { isResumed: true })
        assert.deepStrictEqual([resumed.revision, resumed.isNew], [2, true])
        yield* BigQuerySink.load(target, resumed)
        assert.strictEqual((yield* run(prefix, "r1")).revision, 1)
        assert.deepInclude(yield* run(prefix, "r1", { isResumed: true }), { revision: 2, isNew: false })
        const cells = yield* rows("resumed", "cells")
        assert.lengthOf(cells, 12)
        const last = cells.filter(
          ({ candidate, revision, row_number }) => revision === 2 && candidate === "pro" && row_number === 2
        )
        assert.deepStrictEqual(
          last.map(({ error_tag }) => error_tag),
          [null]
        )
      })
    )

    it.effect("completes what a crash has left half, and lets two write the same at once", () =>
      Effect.gen(function* () {
        const prefix = `${bucket}/half`
        const exported = yield* run(prefix, "r1")
        yield* CloudStorage.remove(exported.summaries)
        yield* CloudStorage.remove(`${exported.place}/run.json`)
        const again = yield* run(prefix, "r1")
        assert.deepInclude(again, { revision: 1, isNew: true })
        assert.isTrue(yield* CloudStorage.exists(exported.summaries))
        const both = yield* Effect.all([run(prefix, "r2"), run(prefix, "r2"), run(prefix, "r2")], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual([...new Set(both.map(({ revision }) => revision))], [1])
        assert.lengthOf(yield* names(`${prefix}/run_date=2026-11-22/run_id=r2/`), 4)
        // Two that write different states of a run do not write over each other.
        const states = [run(prefix, "r3"), run(prefix, "r3", { isResumed: true })]
        const raced = yield* Effect.all(states, { concurrency: "unbounded" })
        assert.sameMembers(
          raced.map(({ revision }) => revision),
          [1, 2]
        )
        for (const [index, { revision }] of raced.entries()) {
          assert.deepInclude(yield* states[index] ?? Effect.die("no such state"), { revision, isNew: false })
        }
      })
    )

    it.effect("adds columns of new metrics and says so, or refuses; and never another schema", () =>
      Effect.gen(function* () {
        const prefix = `${bucket}/columns`
        const target = { dataset: "columns" }
        yield* BigQuerySink.load(target, yield* run(prefix, "r1"))
        const exported = yield* run(prefix, "r2", { summary: Sample.summary({ "my-metric v2": 0.5 }) })
        const refused = yield* Effect.flip(BigQuerySink.load({ ...target, newMetrics: "refuse" }, exported))
        assert(refused.reason._tag === "SchemaMismatch")
        assert.include(refused.message, "my_metric_v2_mean")
        const { added } = yield* BigQuerySink.load(target, exported)
        assert.deepStrictEqual(added, ["my_metric_v2_mean", "my_metric_v2_std"])
        const summaries = yield* rows("columns", "summaries")
        assert.deepStrictEqual(
          summaries.map(({ my_metric_v2_mean, run_id }) => [run_id, my_metric_v2_mean]),
          [
            ["r1", null],
            ["r1", null],
            ["r2", 0.5],
            ["r2", 1.5]
          ]
        )
        yield* BigQuery.ensureTable({ dataset: "columns", table: "other", fields: [{ name: "run_id", type: "INT64" }] })
        const other = { ...target, cells: "other" }
        for (const call of [BigQuerySink.prepare(other), Effect.asVoid(BigQuerySink.load(other, exported))]) {
          const error = yield* Effect.flip(call)
          assert(error.reason._tag === "SchemaMismatch")
          assert.include(error.message, "run_id: STRING REQUIRED, but it is INT64 NULLABLE")
        }
        assert.lengthOf(yield* rows("columns", "other"), 0)
      })
    )

    it.effect("leaves texts out when it is told to", () =>
      Effect.gen(function* () {
        const { place } = yield* run(`${bucket}/bare`, "r1", { content: false })
        const text = yield* CloudStorage.readText(`${place}/cells.jsonl`)
        const summaries = yield* CloudStorage.readText(`${place}/summaries.jsonl`)
        for (const secret of ["DROP TABLE", "secret words", "text 0", "stopped: SAFETY"]) {
          assert.notInclude(text + summaries, secret)
        }
        assert.include(text, "ContentBlocked")
        // With them it is another export.
        assert.deepInclude(yield* run(`${bucket}/bare`, "r1"), { revision: 2, isNew: true })
      })
    )

    it.effect("fails with the failure of its cells, and writes nothing", () =>
      Effect.gen(function* () {
        const prefix = `${bucket}/broken`
        const cells = Stream.concat(Stream.fromIterable(Sample.cells("r1")), Stream.fail("disk" as const))
        const write = GcsSink.write({ prefix, manifest: Sample.manifest("r1"), summary: Sample.summary(), cells })
        assert.strictEqual(yield* Effect.flip(write), "disk")
        assert.deepStrictEqual(yield* names(`${prefix}/`), [])
      })
    )
  })
}
