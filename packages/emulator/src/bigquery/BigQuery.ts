/**
 * The emulated BigQuery: opened when it is first asked for, kept in memory or in a file of the emulator's directory.
 *
 * What is kept: datasets, tables with their rows, and jobs that have ended. Results of queries that have no table of their own are not.
 *
 * @since 0.1.0
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import type { CloudStorage } from "../storage/CloudStorage.ts"
import * as Catalog from "./Catalog.ts"
import type * as Core from "./Core.ts"
import * as Job from "./Job.ts"
import * as KeptJob from "./KeptJob.ts"
import * as Refusal from "./Refusal.ts"
import { scalar } from "./SqlType.ts"
import * as Streaming from "./Streaming.ts"
import * as Uploads from "./Uploads.ts"
import * as Warehouse from "./Warehouse.ts"

/**
 * What a job's work is given: when to stop, and what to do together with its last change, so that a job is known exactly when its rows are there.
 *
 * @since 0.1.0
 */
export interface Task {
  readonly signal: AbortSignal
  readonly kept: (outcome: Job.Outcome) => Warehouse.Change
}

/**
 * An opened BigQuery.
 *
 * @since 0.1.0
 */
export interface Opened extends Core.Core {
  readonly streaming: Streaming.Streaming
  readonly uploads: Uploads.Uploads
  /** What queries that may come twice have become, by their request id. */
  readonly requests: Map<string, Job.Job>
  /** Takes a job in and starts its work, which ends at the earliest after `milliseconds`. Throws Refusal when there is one of its id. */
  readonly start: (
    reference: Job.JobReference,
    configuration: Job.Job["configuration"],
    work: (task: Task) => Promise<Job.Outcome>,
    milliseconds?: number
  ) => Job.Job
}

/** @since 0.1.0 */
export interface BigQuery {
  readonly open: () => Promise<Opened>
  /** Forgets everything. */
  readonly clear: () => void
  /** Stops what runs, and lets go of the file. */
  readonly close: () => Promise<void>
}

/** Results of queries that are held; the oldest go first. */
const mostResults = 1000

const wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    timer.unref()
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })

const start = (core: Core.Core): Opened["start"] => {
  const results: Array<Job.Result> = []
  const { jobs, warehouse } = core
  const hold = (result: Job.Result | undefined) => {
    if (result?.isAnonymous !== true) return
    results.push(result)
    const oldest = results.length > mostResults ? results.shift() : undefined
    if (oldest === undefined) return
    void warehouse.change(() => Warehouse.statements(`DROP TABLE IF EXISTS "${oldest.physical}"`)).catch(() => {})
  }
  return (reference, configuration, work, milliseconds = 0) => {
    Job.checkId(reference.id)
    const cancel = new AbortController()
    const job: Job.Job = {
      reference,
      configuration,
      created: Date.now(),
      state: "RUNNING",
      cancel,
      done: Promise.resolve()
    }
    jobs.add(job)
    const run = async () => {
      await wait(milliseconds, cancel.signal)
      try {
        const kept = (outcome: Job.Outcome) =>
          Warehouse.statements(KeptJob.keep({ ...job, ended: Date.now(), outcome }))
        job.outcome = await work({ signal: cancel.signal, kept })
        hold(job.outcome.result)
      } catch (thrown) {
        if (!(thrown instanceof Refusal.Refusal))
          process.stderr.write(
            `emulator: bigquery job ${Job.shown(reference)} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`
          )
        job.error =
          thrown instanceof Refusal.Refusal
            ? thrown
            : new Refusal.Refusal("internalError", "An internal error occurred and the request could not be completed.")
      }
      job.ended = Date.now()
      await warehouse.change(() => Warehouse.statements(KeptJob.keep(job))).catch(() => {})
      job.state = "DONE"
    }
    job.done = run()
    return job
  }
}

const open = async (storage: CloudStorage, file: string | undefined): Promise<Opened> => {
  const warehouse = await Warehouse.open(file)
  const text = scalar("STRING")
  await warehouse.change(() =>
    Warehouse.statements(
      `CREATE TABLE IF NOT EXISTS "${Catalog.kept}" (kind VARCHAR, key VARCHAR, value VARCHAR, PRIMARY KEY (kind, key))`
    )
  )
  const saved = async (kind: string) =>
    (await warehouse.rows(`SELECT value FROM "${Catalog.kept}" WHERE kind = '${kind}'`, [text])).map(([value]) =>
      String(value)
    )
  const names = (
    await warehouse.rows(`SELECT table_name FROM duckdb_tables() WHERE table_name SIMILAR TO 't[0-9]+'`, [text])
  ).map(([name]) => String(name))
  const first = Math.max(0, ...names.map((name) => Number(name.slice(1)))) + 1
  const catalog = Catalog.make({ datasets: await saved("dataset"), tables: await saved("table") }, first)
  const jobs = Job.make()
  for (const job of (await saved("job")).map(KeptJob.read).toSorted((a, b) => a.created - b.created)) jobs.add(job)
  // What a server that was killed had not come to the end with.
  const known = new Set(catalog.physicals())
  await warehouse.change(() =>
    Warehouse.statements(...names.filter((name) => !known.has(name)).map((name) => `DROP TABLE "${name}"`))
  )
  const core = { warehouse, catalog, jobs, storage }
  return { ...core, streaming: Streaming.make(), uploads: Uploads.make(), requests: new Map(), start: start(core) }
}

/**
 * Starts with what is in the directory, which is looked at when the first request comes.
 *
 * @since 0.1.0
 */
export const make = (storage: CloudStorage, directory?: string): BigQuery => {
  const file = directory === undefined ? undefined : join(directory, "bigquery.duckdb")
  let opened: Promise<Opened> | undefined
  // A file that is being closed cannot be opened again before.
  let closing: Promise<void> = Promise.resolve()
  const close = (then: () => void): Promise<void> => {
    const before = opened
    opened = undefined
    closing = closing.then(async () => {
      const core = await before?.catch(() => undefined)
      core?.jobs.cancelAll()
      await Promise.all(core?.jobs.running().map(({ done }) => done) ?? [])
      core?.warehouse.close()
      then()
    })
    return closing
  }
  return {
    open: () => {
      opened ??= closing.then(() => open(storage, file))
      return opened
    },
    clear: () => {
      void close(() => {
        if (file !== undefined) for (const name of [file, `${file}.wal`]) rmSync(name, { force: true })
      })
    },
    close: () => close(() => {})
  }
}
