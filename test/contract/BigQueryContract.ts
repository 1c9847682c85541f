/** What every implementation of `BigQuery` must show; SQL only where there is one. */
import * as BigQuery from "@genops/pipelines/BigQuery"
import * as BigQueryParameter from "@genops/pipelines/BigQueryParameter"
import type * as BigQueryTable from "@genops/pipelines/BigQueryTable"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const bucket = "gs://contract-bucket"
const dataset = "contract"

const table = (name: string, more: Partial<BigQueryTable.Table> = {}): BigQueryTable.Table => ({
  dataset,
  table: name,
  fields: [
    { name: "run_id", type: "STRING", mode: "REQUIRED" },
    { name: "day", type: "DATE" },
    { name: "score", type: "FLOAT64" },
    { name: "n", type: "INT64" },
    { name: "cost", type: "BIGNUMERIC" },
    { name: "at", type: "TIMESTAMP" },
    { name: "ok", type: "BOOL" },
    { name: "more", type: "JSON" },
    { name: "tags", type: "STRING", mode: "REPEATED" },
    { name: "part", type: "STRUCT", fields: [{ name: "x", type: "INT64" }] }
  ],
  partition: { field: "day" },
  cluster: ["run_id"],
  ...more
})

const row = {
  run_id: "r1",
  day: "2026-11-22",
  score: 0.1,
  n: 3,
  cost: "0.000000000012",
  at: "2026-11-22T18:40:00.123456Z",
  ok: true,
  more: { b: [1, "x"], a: null },
  tags: ["x", "y"],
  part: { x: 7 }
}

const empty = {
  run_id: "r2",
  day: null,
  score: null,
  n: null,
  cost: null,
  at: null,
  ok: null,
  more: null,
  tags: [],
  part: null
}

const Any = Schema.Record(Schema.String, Schema.Unknown)

const all = (name: BigQueryTable.TableName) => Stream.runCollect(BigQuery.rows(name, Any))

const count = (name: BigQueryTable.TableName) => Effect.map(all(name), (rows) => rows.length)

const reason = <A, R>(call: Effect.Effect<A, BigQuery.BigQueryError, R>) =>
  Effect.map(Effect.flip(call), (error) => error.reason)

const lines = (...rows: ReadonlyArray<unknown>) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")

export const suite = <E>(
  name: string,
  subject: Layer.Layer<BigQuery.BigQuery | CloudStorage.CloudStorage, E>,
  { hasSql }: { readonly hasSql: boolean }
): void => {
  layer(subject, { excludeTestServices: true, timeout: "120 seconds" })(`BigQuery contract: ${name}`, (it) => {
    it.effect("makes a dataset and a table once, and refuses another schema by its fields", () =>
      Effect.gen(function* () {
        assert.isTrue((yield* BigQuery.ensureDataset(dataset)).isNew)
        assert.isFalse((yield* BigQuery.ensureDataset(dataset)).isNew)
        const elsewhere = yield* reason(BigQuery.ensureDataset(dataset, { location: "EU" }))
        assert.strictEqual(elsewhere._tag, "SchemaMismatch")
        assert.deepStrictEqual(yield* BigQuery.ensureTable(table("made")), { isNew: true, added: [] })
        assert.deepStrictEqual(yield* BigQuery.ensureTable(table("made")), { isNew: false, added: [] })
        // What is further there and may be NULL does no harm.
        const fewer = table("made", { fields: table("made").fields.filter(({ name }) => name !== "tags") })
        assert.deepStrictEqual(yield* BigQuery.ensureTable(fewer), { isNew: false, added: [] })
        const others = table("made").fields.map((field) => {
          if (field.name === "score") return { ...field, type: "STRING" as const }
          return field.name === "part" ? { ...field, fields: [{ name: "y", type: "BOOL" as const }] } : field
        })
        const mismatch = yield* reason(
          BigQuery.ensureTable(table("made", { fields: [...others, { name: "new", type: "BYTES" }], cluster: ["n"] }))
        )
        assert(mismatch._tag === "SchemaMismatch")
        assert.deepStrictEqual(mismatch.differences, [
          { field: "score", wanted: "STRING NULLABLE", found: "FLOAT64 NULLABLE" },
          { field: "part.y", wanted: "BOOL NULLABLE", found: null },
          { field: "new", wanted: "BYTES NULLABLE", found: null },
          { field: "(cluster)", wanted: "n", found: "run_id" }
        ])
        assert.include(mismatch.message, "score: STRING NULLABLE, but it is FLOAT64 NULLABLE")
        // Rows of a table without the required column would all fail.
        const lacking = table("made", { fields: table("made").fields.slice(1), cluster: [] })
        const required = yield* reason(BigQuery.ensureTable(lacking))
        assert(required._tag === "SchemaMismatch")
        assert.deepInclude(required.differences, { field: "run_id", wanted: null, found: "STRING REQUIRED" })
        const nowhere = yield* reason(BigQuery.ensureTable({ ...table("x"), dataset: "nowhere" }))
        assert.strictEqual(nowhere._tag, "NotFound")
      })
    )

    it.effect("adds fields only when it is told to", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const before = table("grows")
        yield* BigQuery.ensureTable(before)
        yield* BigQuery.insert(before, [{ run_id: "r0" }], { id: () => "0" })
        const after = table("grows", { fields: [...before.fields, { name: "bleu_mean", type: "FLOAT64" }] })
        assert.strictEqual((yield* reason(BigQuery.ensureTable(after)))._tag, "SchemaMismatch")
        assert.deepStrictEqual(yield* BigQuery.ensureTable(after, { missing: "add" }), {
          isNew: false,
          added: ["bleu_mean"]
        })
        assert.deepStrictEqual(yield* BigQuery.ensureTable(after), { isNew: false, added: [] })
        assert.deepInclude((yield* all(after))[0], { run_id: "r0", bleu_mean: null })
        const required = table("grows", {
          fields: [...after.fields, { name: "must", type: "INT64", mode: "REQUIRED" }]
        })
        assert.strictEqual((yield* reason(BigQuery.ensureTable(required, { missing: "add" })))._tag, "SchemaMismatch")
      })
    )

    it.effect("loads objects exactly once for a job id, and gives all values back as they were", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("loaded")
        yield* BigQuery.ensureTable(target)
        const uri = `${bucket}/load/cells.jsonl`
        yield* CloudStorage.write(uri, lines(row, empty))
        const request = { table: target, uris: [uri], jobId: "load-r1" }
        assert.deepStrictEqual(yield* BigQuery.load(request), { jobId: "load-r1", rows: 2, isNew: true })
        assert.deepStrictEqual(yield* BigQuery.load(request), { jobId: "load-r1", rows: 2, isNew: false })
        assert.deepStrictEqual(yield* all(target), [row, empty])
        yield* BigQuery.load({ ...request, jobId: "load-r2" })
        assert.strictEqual(yield* count(target), 4)
        const other = yield* reason(BigQuery.load({ ...request, uris: [`${bucket}/load/other.jsonl`] }))
        assert(other._tag === "JobMismatch")
        assert.include(other.kept, uri)
      })
    )

    it.effect("lets many callers of one job load once", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("raced")
        yield* BigQuery.ensureTable(target)
        const uri = `${bucket}/race/cells.jsonl`
        yield* CloudStorage.write(uri, lines(row))
        const load = BigQuery.load({ table: target, uris: [uri], jobId: "race" })
        const loaded = yield* Effect.all([load, load, load, load], { concurrency: "unbounded" })
        assert.lengthOf(
          loaded.filter(({ isNew }) => isNew),
          1
        )
        assert.strictEqual(yield* count(target), 1)
      })
    )

    it.effect("loads all rows or none, names the row at fault, and starts anew when it is mended", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("mended")
        yield* BigQuery.ensureTable(target)
        const uri = `${bucket}/mend/cells.jsonl`
        yield* CloudStorage.write(uri, lines(row, { ...row, score: "no number" }))
        const request = { table: target, uris: [`${bucket}/mend/*.jsonl`], jobId: "mend" }
        const failure = yield* reason(BigQuery.load(request))
        assert(failure._tag === "LoadFailed", failure.message)
        assert.isTrue(failure.errors.some((error) => error.includes("score")))
        assert.strictEqual(yield* count(target), 0)
        assert.strictEqual((yield* reason(BigQuery.load(request)))._tag, "LoadFailed")
        yield* CloudStorage.write(uri, lines(row))
        assert.deepStrictEqual(yield* BigQuery.load(request), { jobId: "mend_3", rows: 1, isNew: true })
        assert.deepStrictEqual(yield* BigQuery.load(request), { jobId: "mend_3", rows: 1, isNew: false })
        assert.strictEqual(yield* count(target), 1)
      })
    )

    it.effect("says what is missing: object, bucket, table, dataset", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("missing")
        yield* BigQuery.ensureTable(target)
        const load = (jobId: string, uri: string, into = target) =>
          reason(BigQuery.load({ table: into, uris: [uri], jobId }))
        assert.strictEqual((yield* load("m1", `${bucket}/none.jsonl`))._tag, "NotFound")
        assert.strictEqual((yield* load("m2", "gs://no-such-bucket-here/x.jsonl"))._tag, "NotFound")
        yield* CloudStorage.write(`${bucket}/there.jsonl`, lines(row))
        assert.strictEqual((yield* load("m3", `${bucket}/there.jsonl`, table("never_made")))._tag, "NotFound")
        assert.strictEqual(
          (yield* load("m4", `${bucket}/there.jsonl`, { ...target, dataset: "nowhere" }))._tag,
          "NotFound"
        )
        assert.strictEqual(
          (yield* reason(BigQuery.insert(table("never_made"), [row], { id: () => "a" })))._tag,
          "NotFound"
        )
        assert.strictEqual((yield* reason(all({ dataset, table: "never_made" })))._tag, "NotFound")
      })
    )

    it.effect("inserts rows once for an id, and tells wrong ones by their number", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("inserted")
        yield* BigQuery.ensureTable(target)
        const insert = (...rows: ReadonlyArray<BigQuery.Row>) =>
          BigQuery.insert(target, rows, { id: (row) => String(row["run_id"]) })
        yield* insert(row, empty)
        yield* insert(row)
        assert.deepStrictEqual(yield* all(target), [row, empty])
        yield* insert({ run_id: "r3", n: 9007199254740993n })
        const rejected = yield* reason(
          insert({ run_id: "r4" }, { run_id: "r5", n: "three" }, { run_id: "r6", what: 1 })
        )
        assert(rejected._tag === "RowsRejected", rejected.message)
        assert.deepStrictEqual(
          rejected.rows.map(({ field, row }) => [row, field]),
          [
            [1, "n"],
            [2, "what"]
          ]
        )
        assert.strictEqual(rejected.inserted, 0)
        const rows = yield* all(target)
        assert.deepStrictEqual(
          rows.map(({ n, run_id }) => [run_id, n]),
          [
            ["r1", 3],
            ["r2", null],
            ["r3", "9007199254740993"]
          ]
        )
      })
    )

    it.effect("decodes rows by a schema, and names the one that does not fit", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("decoded")
        yield* BigQuery.ensureTable(target)
        yield* BigQuery.insert(target, [row, empty], { id: ({ run_id }) => run_id })
        const Row = Schema.Struct({ run_id: Schema.String, n: Schema.NullOr(Schema.Int) })
        assert.deepStrictEqual(yield* Stream.runCollect(BigQuery.rows(target, Row)), [
          { run_id: "r1", n: 3 },
          { run_id: "r2", n: null }
        ])
        const strict = yield* reason(Stream.runCollect(BigQuery.rows(target, Schema.Struct({ n: Schema.Int }))))
        assert(strict._tag === "RowMismatch")
        assert.strictEqual(strict.row, 1)
      })
    )

    it.effect("keeps NaN, infinities and the smallest and largest of numbers", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = { dataset, table: "numbers", fields: [{ name: "x", type: "FLOAT64" as const }] }
        yield* BigQuery.ensureTable(target)
        const values = [Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1 + 0.2, 1e21, -0.5]
        yield* BigQuery.insert(
          target,
          values.map((x) => ({ x })),
          { id: (_, index) => String(index) }
        )
        assert.deepStrictEqual(
          (yield* all(target)).map(({ x }) => x),
          values
        )
      })
    )

    it.effect("sends no name that is not plain", () =>
      Effect.gen(function* () {
        for (const name of ["", "a-b", "a.b", "1a", "a b", "a`b", "ä", "x".repeat(301), "a;DROP TABLE b", "a\n"]) {
          const tags = [
            yield* reason(BigQuery.ensureDataset(name)),
            yield* reason(BigQuery.ensureTable(table(name))),
            yield* reason(BigQuery.ensureTable(table("t", { fields: [{ name, type: "STRING" }], cluster: [] }))),
            yield* reason(all({ dataset: name, table: "t" })),
            yield* reason(BigQuery.path({ dataset, table: name }))
          ].map(({ _tag }) => _tag)
          assert.deepStrictEqual([...new Set(tags)], ["InvalidName"], name)
        }
        const twice = table("t", {
          fields: [
            { name: "a", type: "STRING" },
            { name: "A", type: "STRING" }
          ],
          cluster: []
        })
        assert.strictEqual((yield* reason(BigQuery.ensureTable(twice)))._tag, "InvalidName")
        const jobId = yield* reason(BigQuery.load({ table: table("t"), uris: [], jobId: "a/b" }))
        assert.strictEqual(jobId._tag, "InvalidName")
        assert.strictEqual(yield* BigQuery.path({ dataset, table: "t" }), "`contract.t`")
      })
    )

    if (!hasSql) {
      it.effect("has no SQL and says so", () =>
        Effect.gen(function* () {
          const query = { sql: "SELECT 1 AS one" }
          assert.strictEqual((yield* reason(Stream.runCollect(BigQuery.query(query, Any))))._tag, "InvalidQuery")
          assert.strictEqual((yield* reason(BigQuery.estimate(query)))._tag, "InvalidQuery")
        })
      )
      return
    }

    it.effect("queries with parameters, whose values are never part of the statement", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("queried")
        yield* BigQuery.ensureTable(target)
        yield* BigQuery.insert(target, [row, empty], { id: ({ run_id }) => run_id })
        const hostile = "r1' OR '1'='1\"; DROP TABLE contract.queried; -- \\ `\u0000"
        const find = (run: string) =>
          Stream.runCollect(
            BigQuery.query(
              { sql: "SELECT run_id, more.a FROM queried WHERE run_id = @run", dataset, parameters: { run } },
              Schema.Struct({ run_id: Schema.String })
            )
          )
        assert.deepStrictEqual(yield* find("r1"), [{ run_id: "r1" }])
        assert.deepStrictEqual(yield* find(hostile), [])
        const { array, of } = BigQueryParameter
        const parameters = {
          s: hostile,
          i: 3,
          big: 9223372036854775807n,
          f: 0.1,
          nan: of("FLOAT64", Number.NaN),
          b: false,
          d: of("DATE", "2026-11-22"),
          ts: of("TIMESTAMP", "2026-11-22T18:40:00.123456Z"),
          // Seconds as a double cannot tell it from the year 10000.
          last: of("TIMESTAMP", "9999-12-31T23:59:59.999999Z"),
          num: of("NUMERIC", "12.34"),
          j: of("JSON", '{"k": [1]}'),
          bytes: of("BYTES", "aGk="),
          nothing: of("STRING", null),
          list: array("INT64", [1, 2]),
          none: array("STRING", [])
        }
        const names = Object.keys(parameters)
        const sql = `SELECT ${names.map((name) => `@${name} AS ${name}`).join(", ")}`
        const [answer] = yield* Stream.runCollect(BigQuery.query({ sql, parameters }, Any))
        assert.deepStrictEqual(answer, {
          s: hostile,
          i: 3,
          big: "9223372036854775807",
          f: 0.1,
          nan: Number.NaN,
          b: false,
          d: "2026-11-22",
          ts: "2026-11-22T18:40:00.123456Z",
          last: "9999-12-31T23:59:59.999999Z",
          num: "12.34",
          j: { k: [1] },
          bytes: "aGk=",
          nothing: null,
          list: [1, 2],
          none: []
        })
        const positional = BigQuery.query({ sql: "SELECT ? AS a, ? AS b", parameters: ["x", 2] }, Any)
        assert.deepStrictEqual(yield* Stream.runCollect(positional), [{ a: "x", b: 2 }])
      })
    )

    it.effect("streams results of many pages, and stops when nobody wants more", () =>
      Effect.gen(function* () {
        const numbers = BigQuery.query(
          { sql: "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25000)) AS n ORDER BY n" },
          Schema.Struct({ n: Schema.Int })
        )
        const sum = yield* Stream.runFold(
          numbers,
          () => 0,
          (sum, { n }) => sum + n
        )
        assert.strictEqual(sum, (25_000 * 25_001) / 2)
        assert.lengthOf(yield* Stream.runCollect(Stream.take(numbers, 3)), 3)
      })
    )

    it.effect("tells the bytes of a query, refuses one that is too dear, and says what is wrong with one", () =>
      Effect.gen(function* () {
        yield* BigQuery.ensureDataset(dataset)
        const target = table("estimated")
        yield* BigQuery.ensureTable(target)
        yield* BigQuery.insert(target, [row, empty], { id: ({ run_id }) => run_id })
        const query = { sql: "SELECT n, run_id FROM contract.estimated" }
        // 8 bytes a number, 2 more than its UTF-8 a text; NULL has none.
        assert.deepStrictEqual(yield* BigQuery.estimate(query), { bytes: 16n })
        const dear = yield* reason(Stream.runCollect(BigQuery.query({ ...query, maximumBytesBilled: 1n }, Any)))
        assert.strictEqual(dear._tag, "TooManyBytes")
        for (const sql of ["SELECT", "SELECT nope FROM contract.estimated", "SELECT 1/0 AS x"]) {
          assert.strictEqual((yield* reason(Stream.runCollect(BigQuery.query({ sql }, Any))))._tag, "InvalidQuery", sql)
        }
        const nowhere = yield* reason(
          Stream.runCollect(BigQuery.query({ sql: "SELECT 1 AS one FROM contract.nowhere" }, Any))
        )
        assert.strictEqual(nowhere._tag, "NotFound")
      })
    )
  })
}
