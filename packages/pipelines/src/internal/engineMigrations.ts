/** The tables of a store: those of effect/cluster, and a log of what it does not keep. */
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as EngineError from "../EngineError.ts"
import * as Sums from "./engineSums.ts"

/** The names of the tables. With another prefix a program keeps apart from others in the same database. */
export const tablesOf = (prefix: string) => ({
  messages: `${prefix}_messages`,
  replies: `${prefix}_replies`,
  events: `${prefix}_events`,
  sums: `${prefix}_sums`
})

const journal = (prefix: string): Migrator.Loader => {
  const tables = tablesOf(prefix)
  return Migrator.fromRecord({
    "0001_journal": Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { events, messages } = { events: sql(tables.events), messages: sql(tables.messages) }
      yield* sql.onDialectOrElse({
        pg: () =>
          sql`CREATE TABLE ${events} (id BIGSERIAL PRIMARY KEY, execution_id TEXT NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL, name TEXT, detail TEXT)`,
        orElse: () =>
          sql`CREATE TABLE ${events} (id INTEGER PRIMARY KEY, execution_id TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, name TEXT, detail TEXT)`
      })
      yield* sql`CREATE INDEX ${sql(`${tables.events}_run_idx`)} ON ${events} (execution_id)`
      yield* sql`CREATE INDEX ${sql(`${tables.messages}_entity_idx`)} ON ${messages} (entity_id)`
      yield* sql.onDialectOrElse({ pg: () => Effect.void, orElse: () => keepSums(prefix) })
    })
  })
}

const keepSums = (prefix: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { events, messages, replies, sums } = tablesOf(prefix)
    const columns = new Map<string, ReadonlyArray<string>>()
    for (const table of [messages, replies, events]) {
      const rows = yield* sql<{ readonly name: string }>`SELECT name FROM pragma_table_info(${table}) ORDER BY cid`
      columns.set(
        table,
        rows.map(({ name }) => name)
      )
    }
    for (const statement of Sums.statements(sums, [...columns.keys()], (table) => columns.get(table) ?? [])) {
      yield* sql.unsafe(statement)
    }
  })

interface History {
  readonly what: string
  readonly table: string
  readonly loader: Migrator.Loader
}

const histories = (prefix: string): ReadonlyArray<History> => [
  { what: "messages", table: `${prefix}_migrations`, loader: SqlMessageStorage.migrations({ prefix }) },
  { what: "runners", table: `${prefix}_runner_migrations`, loader: SqlRunnerStorage.migrations({ prefix }) },
  { what: "journal", table: `${prefix}_journal_migrations`, loader: journal(prefix) }
]

const reached = (table: string): Effect.Effect<number, SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const exists = yield* sql.onDialectOrElse({
      pg: () =>
        sql`SELECT 1 AS found FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = ${table}`,
      orElse: () => sql`SELECT 1 AS found FROM sqlite_schema WHERE name = ${table}`
    })
    if (exists.length === 0) return 0
    const [row] = yield* sql<{ readonly id: number | null }>`SELECT max(migration_id) AS id FROM ${sql(table)}`
    return row?.id ?? 0
  })

/**
 * Says whether tables are missing. Fails with `StoreIncompatible` when the store has migrations that this version does not know.
 */
export const arePending = (
  place: string,
  prefix: string
): Effect.Effect<boolean, EngineError.StoreIncompatible | SqlError | Migrator.MigrationError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const states = yield* Effect.forEach(histories(prefix), ({ loader, table, what }) =>
      Effect.gen(function* () {
        const known = (yield* loader).reduce((most, [id]) => Math.max(most, id), 0)
        return { what, found: yield* reached(table), known }
      })
    )
    const newer = states.filter(({ found, known }) => found > known)
    if (newer.length === 0) return states.some(({ found, known }) => found < known)
    const list = (of: (state: (typeof states)[number]) => number) =>
      newer.map((state) => `${state.what} ${of(state)}`).join(", ")
    return yield* new EngineError.StoreIncompatible({
      place,
      found: list(({ found }) => found),
      known: list(({ known }) => known)
    })
  })

/** Makes what is missing. */
export const run = (prefix: string): Effect.Effect<void, SqlError | Migrator.MigrationError, SqlClient.SqlClient> =>
  Effect.forEach(histories(prefix), ({ loader, table }) => Migrator.make({})({ loader, table }), { discard: true })
