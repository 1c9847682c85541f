/** Runs from their directories into the tables of a database. */
import type * as Driver from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ComparisonSummary from "../ComparisonSummary.ts"
import type { ResultStore } from "../ResultStore.ts"
import { ResultStoreError } from "../ResultStoreError.ts"
import type { DatabaseUnavailable } from "../RunDatabaseError.ts"
import * as RunManifest from "../RunManifest.ts"
import * as RunSummary from "../RunSummary.ts"
import * as Duck from "./runDatabaseDuck.ts"
import * as Tables from "./runDatabaseTables.ts"

const readSummary = Schema.decodeEffect(
  Schema.fromJsonString(Schema.toCodecJson(Schema.Union([ComparisonSummary.ComparisonSummary, RunSummary.RunSummary])))
)

export interface Connected {
  readonly api: Duck.Api
  readonly connection: Driver.DuckDBConnection
}

/** Where runs are read from. */
export interface Files {
  readonly fs: FileSystem.FileSystem
  readonly path: Path.Path
  readonly store: ResultStore["Service"]
}

/** Rows wait until there are as many as the driver takes at once, or so many bytes of them. */
const mostRows = 2048
const mostBytes = 8_000_000

const appending = <A>(api: Duck.Api, appender: Driver.DuckDBAppender, table: Tables.Table<A>) => {
  const chunkOf = Tables.chunks(api, table)
  let rows: Array<A> = []
  const flush = () => {
    if (rows.length > 0) appender.appendDataChunk(chunkOf(rows))
    rows = []
    // Otherwise it holds 200,000 rows beside the memory that DuckDB counts.
    appender.flushSync()
  }
  return {
    add: (row: A) => {
      rows.push(row)
      if (rows.length === mostRows) flush()
    },
    flush
  }
}

/** What is appended to the four tables, seen all at once or, when something fails, not at all. */
const transaction = <A, E, R>({ api, connection }: Connected, use: (appenders: Appenders) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Duck.attemptAsync(async () => {
      await connection.run("BEGIN")
      const opened = async <A>(table: Tables.Table<A>) => {
        const appender = await connection.createAppender(table.name)
        return { ...appending(api, appender, table), appender }
      }
      return {
        runs: await opened(Tables.runs),
        cells: await opened(Tables.cells),
        scores: await opened(Tables.scores),
        summaries: await opened(Tables.summaries)
      }
    }),
    use,
    (appenders, exit) =>
      Duck.attemptAsync(async () => {
        const isDone = Exit.isSuccess(exit)
        for (const { appender, flush } of Object.values(appenders)) {
          if (isDone) flush()
          // What waits in it would be written when it is closed.
          else appender.clear()
          appender.closeSync()
        }
        await connection.run(isDone ? "COMMIT" : "ROLLBACK")
      })
  )

interface Appender<A> {
  readonly add: (row: A) => void
  readonly flush: () => void
}

interface Appenders {
  readonly runs: Appender<Tables.Run>
  readonly cells: Appender<Tables.Line>
  readonly scores: Appender<Tables.Scored>
  readonly summaries: Appender<Tables.Summarised>
}

const summaryOf = (fs: FileSystem.FileSystem, runId: string, file: string) =>
  Effect.gen(function* () {
    const damaged = (reason: string) => new ResultStoreError({ runId, operation: "read", place: file, reason })
    const text = yield* fs.readFileString(file).pipe(
      Effect.catchReason("PlatformError", "NotFound", () => Effect.undefined),
      Effect.mapError(({ message }) => damaged(message))
    )
    if (text === undefined) return undefined
    return yield* Effect.mapError(readSummary(text), () => damaged("it is not the summary.json of a run"))
  })

/** Loads a run. Cells of no candidate or row of the run are left out, as are scores by another definition of a metric. */
export const run = (connected: Connected, { fs, path, store }: Files, runId: string) =>
  Effect.gen(function* () {
    const { kept, manifest, place } = yield* store.read(runId)
    const summary = yield* summaryOf(fs, runId, path.join(place, "summary.json"))
    const one: Tables.Run = { runId, place, manifest, summary }
    const versions = RunManifest.metricVersions(manifest)
    const fingerprints = new Map(manifest.candidates.map(({ fingerprint, name }) => [name, fingerprint]))
    const { dataset, repeats = 1 } = manifest
    yield* transaction(connected, ({ cells, runs, scores, summaries }) => {
      let line = 0
      let flushed = 0
      return Effect.gen(function* () {
        yield* Duck.attempt(() => {
          runs.add(one)
          for (const candidate of summary?.candidates ?? []) summaries.add({ run: one, candidate })
        })
        yield* Stream.runForEach(kept, ({ cell, position }) =>
          Duck.attempt(() => {
            line++
            if (position - flushed > mostBytes) {
              flushed = position
              cells.flush()
              scores.flush()
            }
            const isOfRun = fingerprints.get(cell.candidate) === cell.fingerprint
            if (!isOfRun || cell.row >= dataset.rows || (cell.repeat ?? 0) >= repeats) return
            cells.add({ run: one, line, cell })
            for (const [metric, score] of Object.entries(cell.scores)) {
              if (versions.has(metric) && versions.get(metric) === score.version)
                scores.add({ run: one, line, cell, metric, score })
            }
          })
        )
      })
    })
  })

/** Of several lines of a cell the last one counts; it gets what all of them have cost. */
const supersede = [
  `CREATE TEMP TABLE again AS
    SELECT run_id, candidate, row_number, repeat, max(line) AS last, count(*) AS attempts, sum(spent_usd) AS spent_usd,
      sum(spent_judge_usd) AS spent_judge_usd, sum(spent_unknown) AS spent_unknown
    FROM cells GROUP BY ALL HAVING count(*) > 1`,
  `UPDATE cells SET attempts = again.attempts, spent_usd = again.spent_usd, spent_judge_usd = again.spent_judge_usd,
      spent_unknown = again.spent_unknown
    FROM again WHERE cells.run_id = again.run_id AND cells.line = again.last`,
  ...["scores", "cells"].map(
    (table) => `DELETE FROM ${table} USING again
      WHERE ${["run_id", "candidate", "row_number", "repeat"].map((name) => `${table}.${name} = again.${name}`).join(" AND ")}
        AND ${table}.line < again.last`
  ),
  "DROP TABLE again"
]

export const createTables = ({ api, connection }: Connected) =>
  Duck.attemptAsync(async () => {
    const statements = [
      ...Tables.create(api, Tables.runs),
      ...Tables.create(api, Tables.cells),
      ...Tables.create(api, Tables.scores),
      ...Tables.create(api, Tables.summaries)
    ]
    for (const statement of statements) await connection.run(statement)
  })

export const dropSuperseded = ({ connection }: Connected): Effect.Effect<void, DatabaseUnavailable> =>
  Duck.attemptAsync(async () => {
    for (const statement of supersede) await connection.run(statement)
  })
