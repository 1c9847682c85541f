/**
 * A `SqlClient` on an open database of Node's own SQLite.
 *
 * `@effect/sql-sqlite-node` cannot be installed beside effect 4.1, and would bring a native module where Node has one.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"

const keptStatements = 200

/** `node:sqlite` reports the result code of SQLite as `errcode`; the classifier of effect/sql looks for `errno`. */
const errorOf = (cause: unknown) =>
  new SqlError.SqlError({
    reason: SqlError.classifySqliteError(
      cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause,
      { operation: "execute", message: cause instanceof Error ? cause.message : "SQLite failed" }
    )
  })

const parameter = (value: unknown): SQLInputValue => {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value
    case "boolean":
      return value ? 1 : 0
    case "undefined":
      return null
    default:
      if (value === null || value instanceof Uint8Array) return value
      if (value instanceof Date) return value.toISOString()
      throw new TypeError(`SQLite takes no ${typeof value} as a parameter`)
  }
}

type Row = Record<string, SQLOutputValue>

const makeConnection = (database: DatabaseSync): Connection => {
  const kept = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = kept.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const [oldest] = kept.keys()
    if (kept.size >= keptStatements && oldest !== undefined) kept.delete(oldest)
    kept.set(sql, statement)
    return statement
  }

  const run = (statementOf: (sql: string) => StatementSync, sql: string, params: ReadonlyArray<unknown>) =>
    Effect.withFiber<ReadonlyArray<Row>, SqlError.SqlError>((fiber) =>
      Effect.try({
        try: () => {
          const statement = statementOf(sql)
          statement.setReadBigInts(Context.get(fiber.context, SqlClient.SafeIntegers))
          return statement.all(...params.map(parameter))
        },
        catch: errorOf
      })
    )
  const prepared = (sql: string, params: ReadonlyArray<unknown>) => run(prepare, sql, params)
  const unprepared = (sql: string, params: ReadonlyArray<unknown>) => run((text) => database.prepare(text), sql, params)
  const values = Effect.map((rows: ReadonlyArray<Row>) => rows.map((row) => Object.values(row)))

  return {
    execute: (sql, params, transform) =>
      transform === undefined ? prepared(sql, params) : Effect.map(prepared(sql, params), transform),
    executeUnprepared: (sql, params, transform) =>
      transform === undefined ? unprepared(sql, params) : Effect.map(unprepared(sql, params), transform),
    executeValues: (sql, params) => values(prepared(sql, params)),
    executeValuesUnprepared: (sql, params) => values(unprepared(sql, params)),
    executeRaw: prepared,
    executeStream: (sql, params, transform) =>
      Stream.unwrap(
        Effect.map(prepared(sql, params), (rows) =>
          Stream.fromIterable(transform === undefined ? rows : transform<Row>(rows))
        )
      )
  }
}

/** One connection, which transactions take in turns. The database is closed by who opened it. */
export const layer = (database: DatabaseSync): Layer.Layer<SqlClient.SqlClient> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.suspend(() =>
      SqlClient.make({
        ...SqlClient.makeSqliteAcquirers({
          connection: Effect.succeed(makeConnection(database)),
          semaphore: Semaphore.makeUnsafe(1),
          // Older versions of Node cannot tell.
          isTransaction: "isTransaction" in database ? () => database.isTransaction : undefined
        }),
        driver: "node-sqlite",
        compiler: Statement.makeCompilerSqlite(),
        beginTransaction: "BEGIN IMMEDIATE",
        releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
        prepareTransactionControls: true,
        spanAttributes: [["db.system.name", "sqlite"]]
      })
    )
  ).pipe(Layer.provide(Reactivity.layer))
