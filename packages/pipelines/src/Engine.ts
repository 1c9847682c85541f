/**
 * Engines for durable pipelines: in memory, in a file, or in PostgreSQL for many processes. The text of a pipeline is the same for all.
 *
 * A pipeline is a workflow of `effect/workflow`, its work is in steps (`Step.make`) and its pauses in `Step.sleep`. When its process dies,
 * the next one that opens the store goes on with every run: the body of the workflow is replayed, steps that were recorded return what they
 * returned, and the first one that was not is run again. `Runs` starts runs and looks at them.
 *
 * @since 0.1.0
 */
import { resolve } from "node:path"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import { layerMemory as innerMemory, WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { type EngineError, StoreUnusable } from "./EngineError.ts"
import * as Cluster from "./internal/engineCluster.ts"
import * as Memory from "./internal/engineMemory.ts"
import * as Postgres from "./internal/enginePostgres.ts"
import * as Recorder from "./internal/engineRecorder.ts"
import * as EngineRuns from "./internal/engineRuns.ts"
import * as SqliteStore from "./internal/engineSqliteStore.ts"
import type { Journal, Store } from "./internal/engineStore.ts"
import * as StoreSql from "./internal/engineStoreSql.ts"
import { Runs } from "./Runs.ts"

const servicesOf = (inner: WorkflowEngine["Service"], store: Store & Journal, viewOnly = false) => {
  const known = new Set<string>()
  const engine = Recorder.wrap(inner, store, known)
  const registered = viewOnly ? ("none" as const) : known
  return Context.make(WorkflowEngine, engine).pipe(Context.add(Runs, EngineRuns.make({ engine, registered, store })))
}

/**
 * Keeps everything in memory: for tests, where a `TestClock` passes months in no time, and for pipelines that need not survive their
 * process. Their compensations are not done when the process ends, as with the other engines.
 *
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<WorkflowEngine | Runs> = Layer.effectContext(
  Effect.map(WorkflowEngine, (inner) => {
    const runs: Memory.Runs = new Map()
    return servicesOf(Memory.record(inner, runs), Memory.make(runs))
  })
).pipe(Layer.provide(innerMemory))

/** Tables of effect/cluster get this prefix, so that another program's cluster in the same database stays apart. */
const defaultPrefix = "genops"

const sql = (options: Cluster.Options): Layer.Layer<WorkflowEngine | Runs, never, SqlClient.SqlClient> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const inner = yield* WorkflowEngine
      return servicesOf(inner, yield* StoreSql.make(options), options.viewOnly)
    })
  ).pipe(Layer.provide(Cluster.layer(options)))

/**
 * What an engine with a store is told.
 *
 * - `viewOnly`: runs are looked at, resumed and cancelled, but none is taken up: no step begins because somebody lists the runs. What is
 *   resumed or cancelled happens in a process that works on runs, at once or when there is one. `Runs.run` and `Runs.start` do not work.
 *
 * @since 0.1.0
 */
export interface StoreOptions {
  readonly viewOnly?: boolean
}

/**
 * Where an engine keeps its runs, and how long it waits for another process to let go of the file: a second unless said otherwise.
 *
 * @since 0.1.0
 */
export interface SqliteOptions extends StoreOptions {
  readonly filename: string
  readonly lockTimeout?: Duration.Input
}

/**
 * Keeps runs in one file, with Node's own SQLite: one process at a time, no server, nothing to install. Needs Node 22.13 or newer.
 *
 * **Details**
 *
 * - Every step is on the disk before the next one begins (WAL, full synchronisation): it survives a power cut.
 * - The file is locked while it is open: a second process is refused with `StoreLocked`. A process that died holds no lock.
 * - Before anything is run, the file is checked from end to end. Bytes that were changed by something else are `StoreDamaged`, also in
 *   values, which SQLite itself would believe. `StoreUnusable` and `StoreIncompatible` say what else can be wrong with it.
 * - It is opened to go on: runs that are not finished are taken up at once. Those of workflows that this program does not register stay as
 *   they are, and with `viewOnly` all do.
 * - A durable pause ends within a second of its time.
 * - While the disk is full, runs wait, with a warning in the log: no step is begun that could not be recorded, and the results of those at
 *   work are kept in memory until there is room.
 *
 * @since 0.1.0
 */
export const layerSqlite = ({
  filename,
  lockTimeout = "1 second",
  viewOnly = false
}: SqliteOptions): Layer.Layer<WorkflowEngine | Runs, EngineError> =>
  Layer.suspend(() => {
    const place = resolve(filename)
    const file = { filename: place, lockTimeout: Duration.fromInputUnsafe(lockTimeout), prefix: defaultPrefix }
    return Layer.provide(sql({ place, prefix: defaultPrefix, runners: "alone", viewOnly }), SqliteStore.layer(file))
  })

const invalidNamespace = new StoreUnusable({
  place: "Engine.layerPostgres",
  reason: "its namespace cannot begin the names of tables",
  advice: "Use 1 to 31 lower-case letters, digits and _, not a digit first. Nothing was run."
})

/**
 * The database, as `postgres://user:password@host:port/database`. `namespace`, `genops` when left out, begins the names of the tables:
 * lower-case letters, digits and `_`.
 *
 * @since 0.1.0
 */
export interface PostgresOptions extends StoreOptions {
  readonly url: Redacted.Redacted
  readonly namespace?: string
}

/**
 * Keeps runs in a database of PostgreSQL that any number of processes on any number of machines work on. Needs `@effect/sql-pg`.
 *
 * **Details**
 *
 * - The processes share the runs among them and meet in the database alone: nothing listens, no port is opened.
 * - When one dies, others take its runs over within ten seconds; when it is told to end, at once. One that was merely frozen cannot record
 *   anything any more when it wakes.
 * - A step at work in a process that dies is run again by another one. All else is done once.
 * - All processes of one `namespace` must register the same workflows: a run may be taken by any of them. Programs that do not know each
 *   other's workflows take a namespace each.
 * - The tables are made when they are missing, for which the user needs the right to create them.
 * - Fails with `StoreUnusable` when the server cannot be reached or refuses, `StoreIncompatible` when a newer version wrote the tables.
 *
 * @since 0.1.0
 */
export const layerPostgres = ({
  namespace = defaultPrefix,
  url,
  viewOnly = false
}: PostgresOptions): Layer.Layer<WorkflowEngine | Runs, EngineError> =>
  Layer.suspend(() => {
    if (!/^[a-z_][a-z0-9_]{0,30}$/.test(namespace)) return Layer.effectContext(Effect.fail(invalidNamespace))
    const engine = sql({ place: Postgres.placeOf(url), prefix: namespace, runners: "shared", viewOnly })
    return Layer.provide(engine, Postgres.layer({ url, prefix: namespace }))
  })
