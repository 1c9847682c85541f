/** DuckDB, in memory and hardened: it opens no file, loads no extension, and no query can change that. */
import type * as Driver from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Parameter, Parameters } from "../RunDatabase.ts"
import { DatabaseUnavailable, QueryFailed } from "../RunDatabaseError.ts"

/** The loaded driver. */
export type Api = typeof Driver

/** An open database, and the directory that DuckDB spills into: the only one that it can write to. */
export interface Database {
  readonly api: Api
  readonly instance: Driver.DuckDBInstance
  readonly directory: string
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

const unavailable = (thrown: unknown) => new DatabaseUnavailable({ reason: textOf(thrown).split("\n")[0] ?? "" })

/** Does what fails only for want of memory, or of DuckDB. */
export const attempt = <A>(run: () => A): Effect.Effect<A, DatabaseUnavailable> =>
  Effect.try({ try: run, catch: unavailable })

/** Does what fails only for want of memory, or of DuckDB. */
export const attemptAsync = <A>(run: () => Promise<A>): Effect.Effect<A, DatabaseUnavailable> =>
  Effect.tryPromise({ try: run, catch: unavailable })

const load = attemptAsync<Api>(() => import("@duckdb/node-api"))

/** Starts DuckDB. What does not fit into `memory` is spilled into `directory`. Everything is closed with the scope. */
export const open = ({ directory, memory }: { readonly directory: string; readonly memory: string }) =>
  Effect.gen(function* () {
    const api = yield* load
    const instance = yield* Effect.acquireRelease(
      attemptAsync(() =>
        api.DuckDBInstance.create(":memory:", {
          memory_limit: memory,
          temp_directory: directory,
          allow_community_extensions: "false",
          autoinstall_known_extensions: "false",
          autoload_known_extensions: "false",
          // The last one: afterwards no directory can be set.
          enable_external_access: "false"
        })
      ),
      (instance) => Effect.sync(() => instance.closeSync())
    )
    const database: Database = { api, instance, directory }
    yield* Effect.scoped(
      Effect.flatMap(connect(database), (connection) =>
        attemptAsync(async () => {
          await connection.run("SET GLOBAL TimeZone = 'UTC'")
          await connection.run("SET GLOBAL lock_configuration = true")
        })
      )
    )
    return database
  })

export const connect = ({
  instance
}: Database): Effect.Effect<Driver.DuckDBConnection, DatabaseUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    attemptAsync(() => instance.connect()),
    (connection) => Effect.sync(() => connection.closeSync())
  )

/** Runs on a connection; an interruption stops DuckDB, and comes back when it has stopped. */
export const stoppable = <A>(
  connection: Driver.DuckDBConnection,
  run: () => Promise<A>,
  onError: (thrown: unknown) => QueryFailed
): Effect.Effect<A, QueryFailed> =>
  Effect.callback<A, QueryFailed>((resume) => {
    const work = run().then(
      (value) => resume(Effect.succeed(value)),
      (thrown: unknown) => resume(Effect.fail(onError(thrown)))
    )
    return Effect.promise(async () => {
      connection.interrupt()
      // DuckDB forgets an interruption that comes before the statement has begun.
      const again = setInterval(() => connection.interrupt(), 20)
      await work
      clearInterval(again)
    })
  })

/** What DuckDB says, without the values that it quotes: they may be texts of cells. */
const reasonOf = (thrown: unknown): string => {
  const [first = "", ...more] = textOf(thrown).trim().split("\n")
  const said = /^(?:Conversion|Invalid Input|Out of Range) Error/.test(first)
    ? [first.replace(/(['"]).*\1/, "$1…$1")]
    : // What follows on a lack of memory is advice to change settings.
      first.startsWith("Out of Memory")
      ? [first]
      : [first, ...more.filter((line) => line.trim() !== "").slice(0, 3)]
  return said.map((line) => (line.length > 200 ? `${line.slice(0, 199)}…` : line)).join("\n  ")
}

/** The result of a query while its rows are fetched. */
export interface Result {
  readonly api: Api
  readonly names: ReadonlyArray<string>
  readonly types: ReadonlyArray<Driver.DuckDBType>
  readonly chunks: Stream.Stream<Driver.DuckDBDataChunk, QueryFailed>
}

/**
 * Why a statement is not run; undefined when it may be. Only DuckDB's parser is asked: what looks the names up already makes the directory of an EXPORT,
 * say, which the directory of spilled data has to allow.
 */
const refusal = async (connection: Driver.DuckDBConnection, statement: string): Promise<string | undefined> => {
  const reader = await connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [statement])
  const parsed = String(reader.getRows()[0]?.[0])
  if (parsed.startsWith('{"error":true,"error_type":"not implemented"'))
    return "Only queries are run: SELECT, FROM, VALUES, DESCRIBE, SUMMARIZE and SHOW."
  const [, name] = /"function_name":"(enable_logging|enable_profiling|query|query_table)"/i.exec(parsed) ?? []
  return name === undefined ? undefined : `The function ${name} is not available.`
}

/** A connection for one query. Other statements are refused: the tables are for all queries to come. */
const session = (database: Database, statement: string, parameters: Parameters) =>
  Effect.gen(function* () {
    const failed = (reason: string) => new QueryFailed({ statement, reason })
    const onError = (thrown: unknown) => failed(reasonOf(thrown))
    const connection = yield* Effect.mapError(connect(database), ({ reason }) => failed(reason))
    const run = <A>(work: (connection: Driver.DuckDBConnection) => Promise<A>) =>
      stoppable(connection, () => work(connection), onError)
    const refused = yield* run((connection) => refusal(connection, statement))
    if (refused !== undefined) return yield* failed(refused)
    const prepare = (sql: string) =>
      Effect.tap(
        run((connection) => connection.prepare(sql)),
        (prepared) =>
          Effect.try({
            try: () => prepared.bind(isList(parameters) ? [...parameters] : { ...parameters }),
            catch: onError
          })
      )
    return { prepare, run }
  })

/** Runs one query. */
export const query = (
  database: Database,
  statement: string,
  parameters: Parameters
): Effect.Effect<Result, QueryFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { prepare, run } = yield* session(database, statement, parameters)
    const prepared = yield* prepare(statement)
    const result = yield* run(() => prepared.stream())
    const next = run(() => result.fetchChunk())
    return {
      api: database.api,
      names: result.deduplicatedColumnNames(),
      types: result.columnTypes(),
      chunks: Stream.unfold(undefined, () =>
        Effect.map(next, (chunk) =>
          chunk === null || chunk.rowCount === 0 ? undefined : ([chunk, undefined] as const)
        )
      )
    }
  })

const name = (text: string) => `"${text.replaceAll('"', '""')}"`

/** Writes the result of one query as Parquet into the directory of the database; gives the number of rows. */
export const parquet = (
  database: Database,
  statement: string,
  parameters: Parameters,
  file: string
): Effect.Effect<number, QueryFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { prepare, run } = yield* session(database, statement, parameters)
    // For its message, should something be wrong with it.
    yield* prepare(statement)
    // As DuckDB writes it: without comments or a semicolon, so that it can stand in parentheses.
    const normal = yield* run(async (connection) => {
      const sql = "SELECT json_deserialize_sql(json_serialize_sql($1::VARCHAR))"
      return String((await connection.runAndReadAll(sql, [statement])).getRows()[0]?.[0])
    })
    const nothing = yield* prepare(`SELECT * FROM (${normal}) LIMIT 0`)
    const result = yield* run(() => nothing.run())
    // Parquet has no whole numbers of 128 bits; DuckDB would round them to DOUBLE.
    const { HUGEINT, UHUGEINT } = database.api.DuckDBTypeId
    const huge = result
      .columnNames()
      .filter((_, index) => [HUGEINT, UHUGEINT].includes(result.columnTypeId(index)))
      .map((one) => `CAST(${name(one)} AS DECIMAL(38, 0)) AS ${name(one)}`)
    const replaced = huge.length === 0 ? "" : ` REPLACE (${huge.join(", ")})`
    const target = `'${file.replaceAll("'", "''")}'`
    const copy = yield* prepare(
      `COPY (SELECT *${replaced} FROM (${normal})) TO ${target} (FORMAT parquet, COMPRESSION zstd)`
    )
    const reader = yield* run(() => copy.runAndReadAll())
    return Number(reader.getRows()[0]?.[0])
  })

const isList = (parameters: Parameters): parameters is ReadonlyArray<Parameter> => Array.isArray(parameters)
