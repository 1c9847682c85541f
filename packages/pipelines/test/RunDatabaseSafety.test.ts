import * as DuckDB from "@duckdb/node-api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Duck from "../src/internal/runDatabaseDuck.ts"
import * as RunDatabase from "../src/RunDatabase.ts"
import { cell, column, failure, inDirectory, keep, manifest } from "./RunDatabaseTrial.ts"

const secret = "root of all evil"
const quoted = (path: string) => `'${path.replaceAll("'", "''")}'`

/** Ways to read a file. */
const reading = (file: string) => [
  `SELECT * FROM read_csv(${quoted(file)})`,
  `SELECT * FROM read_text(${quoted(file)})`,
  `SELECT * FROM read_blob(${quoted(file)})`,
  `SELECT * FROM read_json_auto(${quoted(file)})`,
  `SELECT * FROM read_parquet(${quoted(file)})`,
  `FROM ${quoted(file)}`,
  `SELECT * FROM sniff_csv(${quoted(file)})`,
  `SELECT * FROM glob(${quoted(file)})`,
  `FROM query('FROM read_text(' || chr(39) || ${quoted(file.replaceAll("'", "''"))} || chr(39) || ')')`
]

/** Ways to write one, and to get at more than that. */
const changing = (file: string) => [
  `COPY (SELECT 1) TO ${quoted(file)}`,
  `COPY cells TO ${quoted(file)} (FORMAT parquet)`,
  `COPY cells FROM ${quoted(file)}`,
  `EXPLAIN ANALYZE COPY (SELECT 1) TO ${quoted(file)}`,
  `EXPORT DATABASE ${quoted(file)}`,
  `IMPORT DATABASE ${quoted(file)}`,
  `ATTACH ${quoted(file)} AS other`,
  "ATTACH ':memory:' AS other",
  "INSTALL httpfs",
  "LOAD httpfs",
  `LOAD ${quoted(file)}`,
  "SET enable_external_access = true",
  "SET GLOBAL lock_configuration = false",
  "RESET lock_configuration",
  `SET temp_directory = ${quoted(file)}`,
  `SET allowed_directories = ['/']`,
  "SET memory_limit = '100GB'",
  `PRAGMA profile_output = ${quoted(file)}`,
  "PRAGMA enable_profiling",
  `CALL enable_logging(storage = 'file', storage_path = ${quoted(file)})`,
  `FROM enable_logging(storage = 'file', storage_path = ${quoted(file)})`,
  `FROM query('FROM enable' || '_logging(storage = ''file'')')`,
  `WITH x AS (FROM SYSTEM.main.Enable_Logging()) FROM x`,
  "CREATE SECRET s (TYPE s3)",
  "CREATE TABLE mine AS SELECT 1",
  "DROP TABLE cells",
  "DELETE FROM cells",
  "UPDATE cells SET response = ''",
  "BEGIN",
  "SELECT 1; SELECT 2"
]

const withCanary = <E>(
  body: (place: {
    readonly root: string
    readonly canary: string
    readonly fs: FileSystem.FileSystem
  }) => Effect.Effect<void, E, Effect.Services<ReturnType<typeof RunDatabase.open>>>
) =>
  inDirectory(({ fs, root }) =>
    Effect.gen(function* () {
      const canary = `${root}/canary.csv`
      yield* fs.writeFileString(canary, `word\n${secret}\n`)
      yield* keep(root, manifest("run"), [cell("flash", 0)])
      yield* body({ root, canary, fs })
    })
  )

describe("a query", () => {
  it.effect("reads no file", () =>
    withCanary(({ canary, root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        for (const statement of [
          ...reading(canary),
          ...reading("/etc/passwd"),
          ...reading("https://127.0.0.1:1/x.csv")
        ]) {
          const message = yield* failure(runs, statement)
          assert.notInclude(message, secret)
        }
        // Nothing is broken by it.
        assert.deepStrictEqual(yield* column(runs, "SELECT count(*) FROM cells"), [1])
      })
    )
  )

  it.effect("writes no file, changes no table, and gets at nothing else", () =>
    withCanary(({ canary, fs, root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        const before = yield* fs.readDirectory(root, { recursive: true })
        const spill = String((yield* column(runs, "SELECT current_setting('temp_directory')"))[0])
        const targets = [`${root}/new`, canary, `${spill}/new`]
        for (const statement of targets.flatMap(changing)) yield* failure(runs, statement)
        assert.deepStrictEqual(yield* fs.readDirectory(root, { recursive: true }), before)
        assert.deepStrictEqual(yield* fs.readDirectory(spill), [])
        assert.strictEqual(yield* fs.readFileString(canary), `word\n${secret}\n`)
        assert.deepStrictEqual(yield* column(runs, "SELECT count(*) FROM cells"), [1])
      })
    )
  )

  it.effect("would not get through to a file if DuckDB were asked directly", () =>
    withCanary(({ canary, fs, root }) =>
      Effect.gen(function* () {
        const directory = yield* fs.makeTempDirectoryScoped()
        const connection = yield* Duck.connect(yield* Duck.open({ directory, memory: "100MB" }))
        const before = yield* fs.readDirectory(root, { recursive: true })
        const settings = changing(`${root}/new`).filter((one) =>
          /^(COPY \(|EXPORT|ATTACH '\/|INSTALL|LOAD|SET|RESET)/.test(one)
        )
        assert.isAbove(settings.length, 10)
        for (const statement of [...reading(canary), ...settings]) {
          const failed = yield* Effect.promise(() =>
            connection.run(statement).then(
              () => false,
              () => true
            )
          )
          assert.isTrue(failed, statement)
        }
        assert.deepStrictEqual(yield* fs.readDirectory(root, { recursive: true }), before)
      })
    )
  )

  it.effect("could read and write in a DuckDB that nobody has locked: the statements are right", () =>
    withCanary(({ canary, fs, root }) =>
      Effect.gen(function* () {
        const connection = yield* Effect.promise(async () => (await DuckDB.DuckDBInstance.create(":memory:")).connect())
        const texts: Array<string> = []
        for (const statement of reading(canary)) {
          const rows = yield* Effect.promise(() =>
            connection.runAndReadAll(statement).then((reader) => JSON.stringify(reader.getRowsJson()), String)
          )
          texts.push(rows)
        }
        assert.isAbove(texts.filter((text) => text.includes(secret)).length, 3, texts.join("\n"))
        const write = changing(`${root}/new`)[0] ?? ""
        yield* Effect.promise(() => connection.run(write))
        assert.isTrue(yield* fs.exists(`${root}/new`))
        connection.closeSync()
      })
    )
  )
})
