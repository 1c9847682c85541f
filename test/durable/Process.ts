/** Starts workers as real processes, which end with the scope at the latest. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import type { Payload } from "./Errand.ts"

export interface Worker {
  readonly pid: number
  readonly signal: (name: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT") => Effect.Effect<void>
  /** Waits until it works on the store. */
  readonly isReady: Effect.Effect<void>
  /** Waits until it is gone: its exit code or the signal, what it wrote to standard error, and the results by run. */
  readonly ended: Effect.Effect<Ended>
}

export interface Ended {
  readonly by: number | string | null
  readonly errors: string
  readonly results: ReadonlyMap<string, ReadonlyArray<string>>
}

const resultsOf = (output: string): Ended["results"] =>
  new Map(
    output.split("\n").flatMap((line) => {
      if (!line.startsWith("RESULT ")) return []
      const result: { readonly runId: string; readonly tokens: ReadonlyArray<string> } = JSON.parse(line.slice(7))
      return [[result.runId, result.tokens] as const]
    })
  )

const watch = (child: ChildProcess): Worker => {
  let output = ""
  let errors = ""
  let tell = () => {}
  const ready = new Promise<void>((resolve) => {
    tell = resolve
  })
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8")
    if (output.includes("READY")) tell()
  })
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8")
  })
  const ended = new Promise<Ended>((resolve) => {
    // Not "exit": what it wrote must have arrived.
    child.once("close", (code, signal) => resolve({ by: code ?? signal, errors, results: resultsOf(output) }))
  })
  return {
    pid: child.pid ?? 0,
    signal: (name) => Effect.sync(() => child.kill(name)),
    isReady: Effect.promise(() => Promise.race([ready, ended.then(() => {})])),
    ended: Effect.promise(() => ended)
  }
}

/** Starts a worker. `killAt` is a step and a stage of it, such as `work/answered`. */
export const start = (
  store: string,
  payloads: ReadonlyArray<Payload> = [],
  killAt?: string
): Effect.Effect<Worker, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const env = { ...process.env, ...(killAt === undefined ? {} : { KILL_AT: killAt }) }
      const file = join(import.meta.dirname, "Worker.ts")
      const args = [file, store, JSON.stringify(payloads)]
      return watch(spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] }))
    }),
    (worker) => Effect.andThen(worker.signal("SIGKILL"), worker.ended)
  )
