/** Starts workers as real processes, which end with the scope at the latest. */
import { afterAll } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export type Signal = "SIGKILL" | "SIGTERM"

/** What a worker has told: a word and a value in JSON, and when. */
interface Told {
  readonly what: string
  readonly value: unknown
  readonly at: number
}

interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly by: number | string | null
  readonly errors: string
}

export interface Worker {
  readonly pid: number
  readonly told: ReadonlyArray<Told>
  readonly signal: (name: Signal) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

export interface Options {
  readonly store: string
  readonly folder: string
  readonly url: string
  readonly runs: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** Compiled code of workers, so that each of the many need not compile it again. */
const compiled = mkdtempSync(join(tmpdir(), "genops-compiled-"))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

const launch = ({ env = {}, folder, runs, store, url }: Options): Worker => {
  const args = [join(import.meta.dirname, "Worker.ts"), store, folder, url, runs.join(",")]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const told: Array<Told> = []
  let rest = ""
  let errors = ""
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString("utf8")}`.split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const [, what = "", value = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? []
      if (what !== "") told.push({ what, value: JSON.parse(value), at: Date.now() })
    }
  })
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8")
  })
  const ended = new Promise<Ended>((resolve) => {
    // Not "exit": what it wrote must have arrived.
    child.once("close", (code, signal) => resolve({ by: code ?? signal, errors }))
  })
  return {
    pid: child.pid ?? 0,
    told,
    signal: (name) => Effect.sync(() => void child.kill(name)),
    ended: Effect.promise(() => ended)
  }
}

export const start = (options: Options): Effect.Effect<Worker, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => launch(options)),
    (worker) => Effect.andThen(worker.signal("SIGKILL"), worker.ended)
  )

/** What a worker has told under a word. */
export const values = ({ told }: Worker, word: string): ReadonlyArray<unknown> =>
  told.filter(({ what }) => what === word).map(({ value }) => value)
