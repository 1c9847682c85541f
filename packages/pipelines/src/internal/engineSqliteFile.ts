/** Opens a file of SQLite for one process, and refuses what is not one of ours before anything in it is changed. */
import {
  constants,
  accessSync,
  closeSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { hostname } from "node:os"
import { dirname } from "node:path"
import process from "node:process"
import type { DatabaseSync } from "node:sqlite"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as EngineError from "../EngineError.ts"
import * as Sums from "./engineSums.ts"

export interface Options {
  /** As an absolute path. */
  readonly filename: string
  readonly lockTimeout: Duration.Duration
}

/** Marks a file as ours: "geno". */
const applicationId = 0x67656e6f

const Holder = Schema.fromJsonString(Schema.Struct({ pid: Schema.Int, host: Schema.String, since: Schema.String }))

/** Who has the file, for the message to others. The lock itself is SQLite's, which the system drops when its process dies. */
const ownerFile = (filename: string) => `${filename}-owner`

const holderOf = (filename: string): string => {
  try {
    const { host, pid, since } = Schema.decodeSync(Holder)(readFileSync(ownerFile(filename), "utf8"))
    return `process ${pid} on ${host} since ${since}`
  } catch {
    return "another process"
  }
}

const unusable = (place: string, reason: string, advice: string) =>
  new EngineError.StoreUnusable({ place, reason, advice: `${advice} Nothing was run.` })

/** What the result codes of SQLite mean for a file that is opened. */
export const errorOf = (filename: string) => (cause: unknown) => {
  const code = cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number" ? cause.errcode : 0
  const detail = cause instanceof Error ? cause.message : String(cause)
  switch (code & 0xff) {
    case 5:
    case 6:
      return new EngineError.StoreLocked({ place: filename, holder: holderOf(filename) })
    case 8:
      return unusable(filename, "it cannot be written", "Give this user write access to the file and its folder.")
    case 13:
      return unusable(filename, "the disk is full", "Make room, then start again: runs go on where they were.")
    case 11:
    case 26:
      return new EngineError.StoreDamaged({ place: filename, detail })
    default:
      return unusable(filename, detail, "Look at the file and the folder it is in.")
  }
}

const header = "SQLite format 3\0"

/** Looks at the file as such, so that the common mistakes get a message of their own. */
const inspect = (filename: string): EngineError.EngineError | undefined => {
  const folder = dirname(filename)
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false
  if (!isFolder) return unusable(filename, `there is no folder ${folder}`, `Make it: mkdir -p ${folder}`)
  const file = statSync(filename, { throwIfNoEntry: false })
  try {
    accessSync(file === undefined ? folder : filename, constants.R_OK | constants.W_OK)
  } catch {
    const what = file === undefined ? "the folder" : "it"
    return unusable(filename, `${what} cannot be written`, "Give this user write access to the file and its folder.")
  }
  if (file === undefined) return undefined
  if (!file.isFile()) return unusable(filename, "it is not a file", "Name a file.")
  if (file.size === 0) return undefined
  const start = Buffer.alloc(header.length)
  const descriptor = openSync(filename, "r")
  readSync(descriptor, start, 0, header.length, 0)
  closeSync(descriptor)
  if (start.toString("latin1") === header) return undefined
  return unusable(filename, "it is not a file of SQLite, or its first bytes are damaged", "Take another file.")
}

const numberOf = (database: DatabaseSync, query: string): number =>
  Number(Object.values(database.prepare(query).get() ?? {})[0])

const configure = (database: DatabaseSync, filename: string): EngineError.EngineError | undefined => {
  const isEmpty = numberOf(database, "SELECT count(*) FROM sqlite_schema") === 0
  if (!isEmpty && numberOf(database, "PRAGMA application_id") !== applicationId) {
    return unusable(filename, "it is a database of another program", "Take another file.")
  }
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  // The first write takes the lock, and keeps it until the database is closed.
  database.exec(`BEGIN IMMEDIATE; PRAGMA application_id = ${applicationId}; COMMIT`)
  const [verdict] = Object.values(database.prepare("PRAGMA integrity_check(1)").get() ?? {})
  if (verdict !== "ok") return new EngineError.StoreDamaged({ place: filename, detail: String(verdict) })
  return undefined
}

const load = Effect.tryPromise({
  try: () => import("node:sqlite"),
  catch: () =>
    unusable(
      "Engine.layerSqlite",
      `it needs the SQLite of Node 22.13 or newer, this is Node ${process.versions.node}`,
      "Use a newer Node, Engine.layerPostgres, or Engine.layerMemory."
    )
})

/** A file that is refused is closed at once. */
const open = (filename: string): Effect.Effect<DatabaseSync, EngineError.EngineError> =>
  Effect.gen(function* () {
    const { DatabaseSync } = yield* load
    const mistake = inspect(filename)
    if (mistake !== undefined) return yield* mistake
    const database = yield* Effect.try({
      try: () => new DatabaseSync(filename, { timeout: 0 }),
      catch: errorOf(filename)
    })
    return yield* Effect.try({
      try: () => {
        const refusal = configure(database, filename)
        if (refusal === undefined) Sums.install(database)
        return refusal
      },
      catch: errorOf(filename)
    }).pipe(
      Effect.flatMap((refusal) => (refusal === undefined ? Effect.succeed(database) : Effect.fail(refusal))),
      Effect.tapError(() => Effect.sync(() => database.close()))
    )
  })

/** Says who has the file while it is open. It is a help to others, so nothing depends on it. */
const announce = (filename: string) =>
  Effect.ignore(
    Effect.try(() => {
      const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
      writeFileSync(ownerFile(filename), Schema.encodeSync(Holder)(holder))
    })
  )

const close = (filename: string, database: DatabaseSync) =>
  Effect.sync(() => {
    rmSync(ownerFile(filename), { force: true })
    database.close()
  })

/**
 * Opens the file until the scope ends. While another process has it, tries again for `lockTimeout`: a process that was told to end needs a
 * moment.
 */
export const acquire = ({
  filename,
  lockTimeout
}: Options): Effect.Effect<DatabaseSync, EngineError.EngineError, Scope.Scope> =>
  Effect.acquireRelease(
    open(filename).pipe(
      Effect.retry({
        while: ({ _tag }) => _tag === "StoreLocked",
        schedule: Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: lockTimeout }))
      }),
      Effect.tap(() => announce(filename))
    ),
    (database) => close(filename, database)
  )
