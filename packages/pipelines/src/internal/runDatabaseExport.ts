/** Results of queries as files: there as a whole, or not at all. */
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import * as CellsCsv from "../CellsCsv.ts"
import type { Parameters } from "../RunDatabase.ts"
import { ExportFailed, FileExists, type QueryFailed } from "../RunDatabaseError.ts"
import * as FileFailure from "./fileFailure.ts"
import * as Duck from "./runDatabaseDuck.ts"
import * as Rows from "./runDatabaseRows.ts"

/** Writes the file that it is given, and gives the number of rows. */
export type Write = Effect.Effect<number, QueryFailed | ExportFailed | PlatformError.PlatformError, Scope.Scope>

/** Writes a file beside the wanted one, and puts it in its place when it is whole. */
export const replacing = (
  fs: FileSystem.FileSystem,
  file: string,
  overwrite: boolean,
  write: (aside: string) => Write
): Effect.Effect<number, QueryFailed | ExportFailed | FileExists, Scope.Scope> => {
  const exists = new FileExists({ file })
  const aside = `${file}.${randomUUID()}.new`
  const move = fs.rename(aside, file)
  // A link, unlike a renaming, replaces nothing. Not every file system has links.
  const place = overwrite
    ? move
    : fs.link(aside, file).pipe(
        Effect.catchReason(
          "PlatformError",
          "AlreadyExists",
          () => Effect.fail(exists),
          () => move
        )
      )
  return Effect.gen(function* () {
    if (!overwrite && (yield* fs.exists(file))) return yield* exists
    const written = yield* write(aside)
    yield* place
    return written
  }).pipe(
    Effect.ensuring(Effect.ignore(fs.remove(aside))),
    Effect.catchTag("PlatformError", (error) => Effect.fail(new ExportFailed({ file, reason: FileFailure.why(error) })))
  )
}

/** A query, and of what. */
export interface Asked {
  readonly database: Duck.Database
  readonly statement: string
  readonly parameters: Parameters
}

/** Writes CSV that is safe to open in a spreadsheet; gives the number of rows. */
export const csv = (fs: FileSystem.FileSystem, { database, parameters, statement }: Asked, file: string) =>
  Effect.gen(function* () {
    const result = yield* Duck.query(database, statement, parameters)
    let rows = 0
    const records = result.chunks.pipe(
      Stream.map((chunk) => Rows.values(result, chunk)),
      Stream.flattenIterable,
      Stream.map((row) => {
        rows++
        return row.map((value) => CellsCsv.safe(Rows.text(value)))
      })
    )
    yield* Stream.make(result.names.map(CellsCsv.safe)).pipe(
      Stream.concat(records),
      Stream.pipeThroughChannel(Csv.encodeString()),
      Stream.encodeText,
      Stream.run(fs.sink(file))
    )
    return rows
  })

/**
 * Writes Parquet; gives the number of rows. DuckDB can write into its own directory only, and queries cannot even do that; the file is copied from
 * there.
 */
export const parquet = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  { database, parameters, statement }: Asked,
  file: string
) => {
  const own = path.join(database.directory, `${randomUUID()}.parquet`)
  return Duck.parquet(database, statement, parameters, own).pipe(
    Effect.tap(fs.copyFile(own, file)),
    Effect.ensuring(Effect.ignore(fs.remove(own)))
  )
}
