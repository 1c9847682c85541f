/** A file of SQLite with the tables of an engine, checked before anything is run. */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import * as EngineError from "../EngineError.ts"
import * as Migrations from "./engineMigrations.ts"
import * as Run from "./engineRun.ts"
import * as Sqlite from "./engineSqlite.ts"
import * as File from "./engineSqliteFile.ts"
import * as Sums from "./engineSums.ts"

/** Everything that can go wrong here comes from the file. */
const attempt = <A>(place: string, f: () => A) => Effect.try({ try: f, catch: File.errorOf(place) })

const verify = (place: string, database: DatabaseSync, sums: string) =>
  Effect.gen(function* () {
    const damaged = yield* attempt(place, () => Sums.damaged(database, sums))
    if (damaged.length === 0) return
    const detail = `the checksum of ${damaged.join(", ")} does not fit its content`
    return yield* new EngineError.StoreDamaged({ place, detail })
  })

/**
 * A version that is too new is told from damage first. The checksum of the definitions is away while they are changed, so that a process
 * that ends in between leaves no file that looks damaged.
 */
const prepare = (place: string, prefix: string, database: DatabaseSync) =>
  Effect.gen(function* () {
    const { sums } = Migrations.tablesOf(prefix)
    const arePending = yield* Migrations.arePending(place, prefix)
    const areKept = yield* attempt(place, () => Sums.areKept(database, sums))
    if (areKept) yield* verify(place, database, sums)
    if (arePending) {
      if (areKept) yield* attempt(place, () => Sums.forgetDefinitions(database, sums))
      yield* Migrations.run(prefix)
    } else if (!areKept) {
      return yield* new EngineError.StoreDamaged({ place, detail: "its checksums are missing" })
    }
    yield* attempt(place, () => Sums.keepDefinitions(database, sums))
  }).pipe(
    Effect.catchTags({
      SqlError: ({ reason }) => Effect.fail(File.errorOf(place)(reason.cause)),
      MigrationError: (error) => {
        const { message } = Run.reasonOf(error)
        return Effect.fail(new EngineError.StoreUnusable({ place, reason: message, advice: "Nothing was run." }))
      }
    })
  )

export const layer = (
  options: File.Options & { readonly prefix: string }
): Layer.Layer<SqlClient.SqlClient, EngineError.EngineError> =>
  Layer.unwrap(
    Effect.map(File.acquire(options), (database) => {
      const client = Sqlite.layer(database)
      return Layer.provideMerge(Layer.effectDiscard(prepare(options.filename, options.prefix, database)), client)
    })
  )
