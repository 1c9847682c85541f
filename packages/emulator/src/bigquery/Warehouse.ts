/**
 * DuckDB as the place where tables lie and queries run.
 *
 * It is hardened before a statement of a user is seen: no files, no network, no extensions, and no way to change that. The driver is loaded when the first request for
 * BigQuery comes, so that a server that is never asked does not pay for it.
 *
 * @since 0.1.0
 */
import type * as Driver from "@duckdb/node-api"
import type { Datum } from "./Datum.ts"
import * as Duck from "./Duck.ts"
import * as Macros from "./function/Macros.ts"
import { Refusal, stopped } from "./Refusal.ts"
import type { SqlType } from "./SqlType.ts"

/**
 * Rows of values.
 *
 * @since 0.1.0
 */
export type Rows = ReadonlyArray<ReadonlyArray<Datum>>

/**
 * Statements that belong together, and what is true once they are done.
 *
 * @since 0.1.0
 */
export interface Change {
  readonly statements: ReadonlyArray<string>
  readonly apply: () => void
}

/** @since 0.1.0 */
export const together = (changes: ReadonlyArray<Change>): Change => ({
  statements: changes.flatMap(({ statements }) => statements),
  apply: () => {
    for (const { apply } of changes) apply()
  }
})

/** @since 0.1.0 */
export const statements = (...all: ReadonlyArray<string>): Change => ({ statements: all, apply: () => {} })

/**
 * An open warehouse.
 *
 * @since 0.1.0
 */
export interface Warehouse {
  /** Runs what `plan` gives as one transaction, then `apply`. One change is done at a time, so what a plan looks at stays so until it is applied. */
  readonly change: (plan: () => Change) => Promise<void>
  /** Appends rows to a table. They are seen at once, so the table is one that nobody knows yet. */
  readonly append: (table: string, types: ReadonlyArray<SqlType>, rows: Rows) => Promise<void>
  /** Runs a query; `signal` stops it. */
  readonly rows: (sql: string, types: ReadonlyArray<SqlType>, signal?: AbortSignal) => Promise<Rows>
  /** Runs a statement of a user, which reads what is there now; `signal` stops it. Throws Refusal for what is wrong with it. */
  readonly run: (sql: string, signal?: AbortSignal) => Promise<void>
  readonly close: () => void
}

const settings = {
  allow_community_extensions: "false",
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  enable_external_access: "false",
  memory_limit: "2GB"
}

/** What DuckDB says, as BigQuery would: the statement's own errors, its limits, and what only a fault of the translation can be. */
const refusal = (thrown: unknown): Refusal => {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const [, kind = "", text = message] = /^([A-Za-z ]+) Error: ([\s\S]*)$/.exec(message) ?? []
  const query = (message: string) => new Refusal("invalidQuery", message, "query")
  if (kind === "INTERRUPT") return stopped()
  if (kind === "Out of Memory")
    return new Refusal(
      "resourcesExceeded",
      "Resources exceeded during query execution: the emulator has 2 GB for all queries."
    )
  if (kind === "Invalid Input" || kind === "Out of Range" || kind === "Conversion") {
    if (text.startsWith("Overflow in multiplication of DECIMAL"))
      return query("The emulator does not support products of NUMERIC with more than 20 digits before the point")
    if (text.startsWith("More than one row returned by a subquery"))
      return query("Scalar subquery produced more than one element")
    return query(text.split("\n\n")[0] ?? text)
  }
  return query(`The emulator cannot run this query. DuckDB says: ${message.split("\n")[0]}`)
}

const stoppable = async <A>(
  connection: Driver.DuckDBConnection,
  signal: AbortSignal | undefined,
  run: () => Promise<A>
): Promise<A> => {
  if (signal?.aborted === true) throw new Error("INTERRUPT Error: Interrupted!")
  let again: NodeJS.Timeout | undefined
  const stop = () => {
    connection.interrupt()
    // DuckDB forgets an interruption that comes before the statement has begun.
    again = setInterval(() => connection.interrupt(), 20)
  }
  signal?.addEventListener("abort", stop)
  try {
    return await run()
  } finally {
    signal?.removeEventListener("abort", stop)
    clearInterval(again)
  }
}

/** Rows that one piece of an append has. */
const piece = 2048

/**
 * Opens a warehouse in memory, or in a file that only the emulator writes.
 *
 * @since 0.1.0
 */
export const open = async (file?: string): Promise<Warehouse> => {
  const api = await import("@duckdb/node-api")
  const instance = await api.DuckDBInstance.create(file ?? ":memory:", settings)
  const writer = await instance.connect()
  const locked = [
    "SET GLOBAL TimeZone = 'UTC'",
    // It puts constants of sums together, as if a sum between them could not overflow.
    "SET GLOBAL disabled_optimizers = 'expression_rewriter'",
    "SET GLOBAL lock_configuration = true"
  ]
  for (const statement of [...Macros.statements, ...locked]) await writer.run(statement)
  let last: Promise<unknown> = Promise.resolve()
  const exclusive = <A>(work: () => Promise<A>): Promise<A> => {
    const next = last.then(work, work)
    last = next.catch(() => {})
    return next
  }
  const connected = async <A>(use: (connection: Driver.DuckDBConnection) => Promise<A>): Promise<A> => {
    const connection = await instance.connect()
    try {
      return await use(connection)
    } finally {
      connection.closeSync()
    }
  }
  const chunk = (types: ReadonlyArray<SqlType>, rows: Rows) => {
    const made = api.DuckDBDataChunk.create(
      types.map((type) => Duck.type(api, type)),
      rows.length
    )
    made.setColumns(types.map((type, column) => rows.map((row) => Duck.value(api, type, row[column] ?? null))))
    return made
  }
  return {
    change: (plan) =>
      exclusive(async () => {
        const { apply, statements } = plan()
        await writer.run("BEGIN")
        try {
          for (const statement of statements) await writer.run(statement)
          await writer.run("COMMIT")
        } catch (thrown) {
          await writer.run("ROLLBACK")
          throw thrown
        }
        apply()
      }),
    append: (table, types, rows) =>
      connected(async (connection) => {
        const appender = await connection.createAppender(table)
        for (let at = 0; at < rows.length; at += piece)
          appender.appendDataChunk(chunk(types, rows.slice(at, at + piece)))
        appender.closeSync()
      }),
    rows: (sql, types, signal) =>
      connected((connection) =>
        stoppable(connection, signal, async () => {
          const rows: Array<ReadonlyArray<Datum>> = []
          const result = await connection.stream(sql)
          for await (const chunk of result) {
            for (const row of chunk.getRows())
              rows.push(types.map((type, column) => Duck.datum(api, type, row[column] ?? null)))
          }
          return rows
        })
      ),
    run: (sql, signal) =>
      connected((connection) =>
        stoppable(connection, signal, async () => {
          await connection.run(sql)
        })
      ).catch((thrown: unknown) => {
        throw refusal(thrown)
      }),
    close: () => {
      writer.closeSync()
      instance.closeSync()
    }
  }
}
