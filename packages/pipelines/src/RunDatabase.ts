/**
 * Runs as tables of a database: all that is kept of any number of runs, asked in SQL.
 *
 * DuckDB does the work, from `@duckdb/node-api`, which is loaded when a database is opened and which only its users install.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Duck from "./internal/runDatabaseDuck.ts"
import * as Export from "./internal/runDatabaseExport.ts"
import * as Load from "./internal/runDatabaseLoad.ts"
import * as Rows from "./internal/runDatabaseRows.ts"
import * as ResultStore from "./ResultStore.ts"
import {
  DatabaseUnavailable,
  type ExportFailed,
  type FileExists,
  type QueryFailed,
  RowNotDecoded,
  RunsUnreadable
} from "./RunDatabaseError.ts"

export {
  DatabaseUnavailable,
  ExportFailed,
  FileExists,
  QueryFailed,
  RowNotDecoded,
  RunsUnreadable
} from "./RunDatabaseError.ts"

/**
 * A row as JSON, as BigQuery's rows are. Whole numbers are numbers, beyond 2^53 their text; DOUBLE a number, also NaN; DECIMAL text, so that nothing is
 * rounded; TIMESTAMPTZ, TIMESTAMP and DATE text in ISO 8601, the first in UTC; BLOB base64; JSON its value; LIST an array; STRUCT an object; NULL null.
 *
 * @since 0.1.0
 */
export type Row = { readonly [column: string]: unknown }

/**
 * A value for a query.
 *
 * @since 0.1.0
 */
export type Parameter = string | number | bigint | boolean | null

/**
 * Values for a query: in order for `$1` or `?`, by name for `$name`.
 *
 * @since 0.1.0
 */
export type Parameters = ReadonlyArray<Parameter> | { readonly [name: string]: Parameter }

/**
 * Which runs, default all of the directory; and how much memory DuckDB may take for them, default `1GB`. What is more is kept in a temporary directory.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly runs?: ReadonlyArray<string>
  readonly memory?: `${number}${"MB" | "GB"}`
}

/**
 * A file that was asked for. One that exists is left alone unless `overwrite` is true.
 *
 * @since 0.1.0
 */
export interface ExportOptions {
  readonly parameters?: Parameters
  readonly overwrite?: boolean
}

/**
 * A file that was written.
 *
 * @since 0.1.0
 */
export interface Exported {
  readonly file: string
  readonly rows: number
}

type ExportError = QueryFailed | ExportFailed | FileExists

/**
 * An open database.
 *
 * **Details**
 *
 * - `runs` are the ids of those that were loaded. `damaged` are those that were not, and why: a part of a run would give wrong numbers, so
 *   it is left out as a whole.
 * - `sql` runs one query; `FROM cells` is one too. Other statements, which would change tables or files, fail with `QueryFailed`.
 * - `exportParquet` and `exportCsv` write the result of a query. The file is there as a whole or not at all. In CSV (RFC 4180, UTF-8, CRLF) texts
 *   that a spreadsheet would take for a formula are made safe as in `CellsCsv.safe`; what is no scalar is JSON. In Parquet a HUGEINT, as sums of whole
 *   numbers are, becomes DECIMAL(38, 0).
 *
 * @since 0.1.0
 */
export interface RunDatabase {
  readonly runs: ReadonlyArray<string>
  readonly damaged: ReadonlyArray<ResultStore.ResultStoreError>
  readonly sql: (statement: string, parameters?: Parameters) => Stream.Stream<Row, QueryFailed>
  readonly exportParquet: (
    file: string,
    statement: string,
    options?: ExportOptions
  ) => Effect.Effect<Exported, ExportError>
  readonly exportCsv: (file: string, statement: string, options?: ExportOptions) => Effect.Effect<Exported, ExportError>
}

const unreadable = (root: string) => (error: PlatformError.PlatformError) =>
  new RunsUnreadable({
    root,
    reason: error.reason._tag === "NotFound" ? "there is no such directory" : error.message
  })

/** The directories of runs. One with neither run.json nor cells.jsonl is something else. */
const list = (fs: FileSystem.FileSystem, path: Path.Path, root: string) =>
  Effect.flatMap(fs.readDirectory(root), (names) =>
    Effect.filter(names.toSorted(), (name) => {
      const has = (file: string) => Effect.orElseSucceed(fs.exists(path.join(root, name, file)), () => false)
      return Effect.flatMap(has("run.json"), (found) => (found ? Effect.succeed(true) : has("cells.jsonl")))
    })
  ).pipe(Effect.mapError(unreadable(root)))

/**
 * Loads runs from the directory of `ResultStore.layerDirectory` into a database in memory, as they are now: also those that are worked on.
 *
 * **Tables** (`describe cells` shows types, `select column_name, comment from duckdb_columns() where table_name = 'cells'` says what columns mean)
 *
 * - `runs`: one row a run, `run_id` being the name of its directory.
 * - `cells`: one row a candidate, row and repeat. Of several lines for one the last counts, as for the store; `attempts` says how many there were,
 *   and `spent_usd` is what all of them have cost, so that its sum is what the run has cost.
 * - `scores`: one row a cell and metric, by the definition of the metric that the run has now.
 * - `summaries`: one row a run and candidate, when the run has come to an end.
 *
 * Money is DECIMAL(38, 12) of US dollars: sums are exact. A last line that is torn does not count. Cells of no candidate or row of the run are left
 * out, as they are from its summary.
 *
 * **Safety**: queries can neither write files nor read any but what DuckDB itself has spilled of these tables; they load no extension, reach no network, and
 * cannot change that. They can take all the memory that is given, and time: interrupt them.
 *
 * Fails with `RunsUnreadable`; with `DatabaseUnavailable` when DuckDB is not installed or has too little memory; and for `runs` that were named with
 * `RunNotFound` and `InvalidRunId`. An empty directory gives empty tables.
 *
 * @example
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import * as RunDatabase from "@genops/pipelines/RunDatabase"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const runs = yield* RunDatabase.open(".genops/runs")
 *   const rows = runs.sql("SELECT run_id, candidate, avg(score) AS mean FROM scores WHERE metric = $1 GROUP BY ALL", ["rouge_1"])
 *   yield* runs.exportParquet("cells.parquet", "FROM cells")
 *   return yield* Stream.runCollect(rows)
 * }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
 *
 * @since 0.1.0
 */
export const open = (
  root: string,
  options: Options = {}
): Effect.Effect<
  RunDatabase,
  DatabaseUnavailable | RunsUnreadable | ResultStore.RunNotFound | ResultStore.InvalidRunId,
  Scope.Scope | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const store = Context.get(yield* Layer.build(ResultStore.layerDirectory(root)), ResultStore.ResultStore)
    const { memory = "1GB", runs: named } = options
    const names = named ?? (yield* list(fs, path, root))
    const temporary = fs.makeTempDirectoryScoped({ prefix: "genops-duckdb-" })
    const directory = yield* Effect.mapError(temporary, ({ message }) => new DatabaseUnavailable({ reason: message }))
    const database = yield* Duck.open({ directory, memory })

    const runs: Array<string> = []
    const damaged: Array<ResultStore.ResultStoreError> = []
    /** What is wrong with a directory that nobody has named is no error of the caller's. */
    const found = (runId: string, reason: string) =>
      named === undefined
        ? Effect.sync(() => {
            const place = path.join(root, runId)
            damaged.push(new ResultStore.ResultStoreError({ runId, operation: "read", place, reason }))
          })
        : undefined
    yield* Effect.scoped(
      Effect.gen(function* () {
        const connected = { api: database.api, connection: yield* Duck.connect(database) }
        yield* Load.createTables(connected)
        for (const runId of new Set(names)) {
          yield* Load.run(connected, { fs, path, store }, runId).pipe(
            Effect.andThen(Effect.sync(() => runs.push(runId))),
            Effect.catchTags({
              ResultStoreError: (error) => Effect.sync(() => damaged.push(error)),
              RunNotFound: (error) => found(runId, "it has a cells.jsonl, but no run.json") ?? Effect.fail(error),
              InvalidRunId: (error) => found(runId, "its name cannot be that of a run") ?? Effect.fail(error)
            })
          )
        }
        yield* Load.dropSuperseded(connected)
      })
    )

    const exporting =
      (write: (asked: Export.Asked, aside: string) => Export.Write) =>
      (file: string, statement: string, { overwrite = false, parameters = [] }: ExportOptions = {}) =>
        Export.replacing(fs, path.resolve(file), overwrite, (aside) =>
          write({ database, statement, parameters }, aside)
        ).pipe(
          Effect.scoped,
          Effect.map((rows): Exported => ({ file, rows }))
        )

    const opened: RunDatabase = {
      runs,
      damaged,
      sql: (statement, parameters = []) =>
        Stream.unwrap(
          Effect.map(Duck.query(database, statement, parameters), (result) =>
            Stream.flattenIterable(Stream.map(result.chunks, (chunk) => Rows.of(result, chunk)))
          )
        ),
      exportParquet: exporting((asked, aside) => Export.parquet(fs, path, asked, aside)),
      exportCsv: exporting((asked, aside) => Export.csv(fs, asked, aside))
    }
    return opened
  })

/**
 * Runs a query, each row decoded by a schema of `Row`: a whole number by `Schema.Int`, money by `Schema.toCodecJson(Money.Money)`. Fails with
 * `RowNotDecoded` at the first row that is otherwise.
 *
 * @example
 * import * as RunDatabase from "@genops/pipelines/RunDatabase"
 * import * as Schema from "effect/Schema"
 *
 * const Mean = Schema.Struct({ candidate: Schema.String, cells: Schema.Int, mean: Schema.NullOr(Schema.Finite) })
 * const means = (runs: RunDatabase.RunDatabase) =>
 *   RunDatabase.query(runs, Mean, "SELECT candidate, count(*) AS cells, avg(score) AS mean FROM scores GROUP BY ALL")
 *
 * @since 0.1.0
 */
export const query = <A>(
  database: RunDatabase,
  schema: Schema.ConstraintDecoder<A>,
  statement: string,
  parameters: Parameters = []
): Stream.Stream<A, QueryFailed | RowNotDecoded> => {
  const decode = Schema.decodeUnknownEffect(schema)
  return Stream.mapEffect(Stream.zipWithIndex(database.sql(statement, parameters)), ([row, index]) =>
    Effect.mapError(decode(row), ({ message }) => new RowNotDecoded({ row: index, description: message }))
  )
}
