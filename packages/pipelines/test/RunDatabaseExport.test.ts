import * as DuckDB from "@duckdb/node-api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as Stream from "effect/Stream"
import * as Export from "../src/internal/runDatabaseExport.ts"
import * as RunDatabase from "../src/RunDatabase.ts"
import { cell, inDirectory, keep, manifest, rowsOf } from "./RunDatabaseTrial.ts"

/** What another DuckDB reads. */
const read = (statement: string) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => (await DuckDB.DuckDBInstance.create(":memory:")).connect()),
    (connection) => Effect.promise(async () => (await connection.runAndReadAll(statement)).getRowObjectsJson()),
    (connection) => Effect.sync(() => connection.closeSync())
  )

const quoted = (path: string) => `'${path.replaceAll("'", "''")}'`

const recordsOf = (text: string) => Stream.runCollect(Stream.pipeThroughChannel(Stream.make(text), Csv.decodeString()))

describe("exportParquet", () => {
  it.effect("writes what another DuckDB reads back, with the same types and the last decimal", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        const texts = ["=1+1", "a\u0000b ✓ 🌍", "x".repeat(100_000), ""]
        yield* keep(
          root,
          manifest("run", { rows: 4 }),
          texts.map((response, row) => cell("flash", row, { ter: row }, { response }))
        )
        const runs = yield* RunDatabase.open(root)
        for (const table of ["runs", "cells", "scores", "summaries"]) {
          const file = `${root}/${table}.parquet`
          const { rows } = yield* runs.exportParquet(file, `FROM ${table}`)
          const [found] = yield* read(`SELECT count(*)::INT AS n FROM ${quoted(file)}`)
          assert.deepStrictEqual(found, { n: rows })
          const described = yield* rowsOf(runs, `SELECT column_name, column_type FROM (DESCRIBE ${table})`)
          assert.deepStrictEqual(
            yield* read(`SELECT column_name, column_type FROM (DESCRIBE FROM ${quoted(file)})`),
            described
          )
        }
        const cells = yield* read(
          `SELECT response, cost_usd, latency_ms FROM ${quoted(`${root}/cells.parquet`)} ORDER BY row_number`
        )
        assert.deepStrictEqual(
          cells,
          texts.map((response, row) => ({ response, cost_usd: "0.000000000001", latency_ms: 100.5 + row }))
        )
        assert.deepStrictEqual(
          (yield* fs.readDirectory(root)).filter((name) => name.includes(".new")),
          []
        )
      })
    )
  )

  it.effect("keeps whole numbers that are larger than 64 bits, and any kind of column", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        const file = `${root}/all.parquet`
        const written = yield* runs.exportParquet(
          file,
          `SELECT sum(range + $1) AS huge, [1, 2] AS list, {'a': 'x'} AS struct, NULL AS nothing, '{"a": 1}'::JSON AS json, DATE '2026-11-28' AS day,
             'odd "name"' AS "odd ""name""" FROM range(3) WHERE range < $2`,
          { parameters: [9_007_199_254_740_993n, 3] }
        )
        assert.deepStrictEqual(written, { file, rows: 1 })
        const [row] = yield* read(`SELECT * REPLACE (huge::VARCHAR AS huge) FROM ${quoted(file)}`)
        assert.deepStrictEqual(row, {
          huge: "27021597764222982",
          list: [1, 2],
          struct: { a: "x" },
          nothing: null,
          json: '{"a": 1}',
          day: "2026-11-28",
          'odd "name"': 'odd "name"'
        })
        const many = `${root}/many.parquet`
        const { rows } = yield* runs.exportParquet(
          many,
          "SELECT range AS n FROM range(100000) ORDER BY n DESC; -- ) TO 'x'"
        )
        assert.strictEqual(rows, 100_000)
        const [first, ...others] = yield* read(`SELECT n::INT AS n FROM ${quoted(many)}`)
        assert.deepStrictEqual([first, others.length, others.at(-1)], [{ n: 99_999 }, 99_999, { n: 0 }])
        const described = yield* runs.exportParquet(`${root}/columns.parquet`, "DESCRIBE cells")
        assert.isAbove(described.rows, 20)
      })
    )
  )
})

describe("exportCsv", () => {
  it.effect("writes records that are safe in a spreadsheet", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        const texts = ["=1+1", "@SUM(A1)", "-5", 'a,b\n"c"', "＝x", "plain"]
        yield* keep(
          root,
          manifest("run", { rows: 6 }),
          texts.map((response, row) => cell("flash", row, { ter: row / 4 }, { response }))
        )
        const runs = yield* RunDatabase.open(root)
        const file = `${root}/cells.csv`
        const { rows } = yield* runs.exportCsv(
          file,
          `SELECT response, score, -score AS "-negative", c.cost_usd, c.error_tag, [1, NULL] AS list, 'NaN'::DOUBLE AS nan, started_at
           FROM cells c JOIN scores USING (run_id, row_number) JOIN runs USING (run_id) ORDER BY row_number`
        )
        assert.strictEqual(rows, 6)
        const text = yield* fs.readFileString(file)
        assert.isTrue(text.startsWith("response,score,'-negative,cost_usd,error_tag,list,nan,started_at\r\n"), text)
        const records = yield* recordsOf(text)
        assert.deepStrictEqual(
          records.map(([response]) => response),
          ["response", "'=1+1", "'@SUM(A1)", "-5", 'a,b\n"c"', "'＝x", "plain"]
        )
        assert.deepStrictEqual(records[2]?.slice(1), [
          "0.25",
          "-0.25",
          "0.000000000001",
          "",
          "[1,null]",
          "NaN",
          "2026-11-24T10:20:30.400Z"
        ])
        yield* runs.exportCsv(`${root}/none.csv`, "FROM summaries")
        assert.match(yield* fs.readFileString(`${root}/none.csv`), /^run_id,candidate,[a-z0-9_,]+\r\n$/)
      })
    )
  )
})

describe("a file", () => {
  it.effect("that exists is left alone unless it is to be overwritten; one that fails is not there", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        for (const write of [runs.exportParquet, runs.exportCsv]) {
          const file = `${root}/out`
          yield* fs.writeFileString(file, "mine")
          const exists = yield* Effect.flip(write(file, "SELECT 1"))
          assert.strictEqual(exists._tag, "FileExists")
          assert.include(exists.message, file)
          // Without asking first what may take long.
          assert.strictEqual((yield* Effect.flip(write(file, "SELECT nothing")))._tag, "FileExists")
          assert.strictEqual(yield* fs.readFileString(file), "mine")
          // The query fails when the file is half written.
          const half = "SELECT CASE WHEN range = 50000 THEN error('half') ELSE range END AS n FROM range(100000)"
          for (const query of ["SELECT nothing", half, "DROP TABLE cells"]) {
            assert.strictEqual((yield* Effect.flip(write(file, query, { overwrite: true })))._tag, "QueryFailed")
            assert.strictEqual((yield* Effect.flip(write(`${root}/other`, query)))._tag, "QueryFailed")
          }
          assert.strictEqual(yield* fs.readFileString(file), "mine")
          const nowhere = yield* Effect.flip(write(`${root}/no/such/out`, "SELECT 1"))
          assert.strictEqual(nowhere._tag, "ExportFailed")
          yield* write(file, "SELECT 1", { overwrite: true })
          assert.notStrictEqual(yield* fs.readFileString(file), "mine")
          yield* write(`${root}/second`, "SELECT 1")
          assert.deepStrictEqual((yield* fs.readDirectory(root)).toSorted(), ["out", "second"])
          yield* fs.remove(file)
          yield* fs.remove(`${root}/second`)
        }
      })
    )
  )

  it.effect("is not lost when it comes while another one is written", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        const file = `${root}/out`
        const write = (aside: string) =>
          Effect.as(Effect.andThen(fs.writeFileString(aside, "new"), fs.writeFileString(file, "mine")), 1)
        assert.strictEqual((yield* Effect.flip(Export.replacing(fs, file, false, write)))._tag, "FileExists")
        assert.strictEqual(yield* fs.readFileString(file), "mine")
        assert.deepStrictEqual(yield* fs.readDirectory(root), ["out"])
      })
    )
  )
})
