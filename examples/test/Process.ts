/** Runs an example as a user would: a process of its own, its streams and its exit code. */
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { join } from "node:path"

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = join(import.meta.dirname, "../run.ts")

export const example = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const child = execFile(
      process.execPath,
      [run, ...args],
      { env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env }, timeout: 60_000 },
      (error, stdout, stderr) =>
        resume(
          Effect.succeed({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr })
        )
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })
