/** Starts the process of a contestant and gives it work. */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Abandonment } from "./Contestant.ts"
import type { Entry } from "./Contestants.ts"
import * as Deadline from "./Deadline.ts"
import { certificate } from "./ServerProcess.ts"

export type Command =
  | { readonly kind: "calls"; readonly count: number; readonly concurrency: number }
  | { readonly kind: "chunks"; readonly streams: number }
  /** Starts so many calls at once and does not wait for them. */
  | { readonly kind: "launch"; readonly count: number }
  /** Collects garbage and returns the bytes that are left. */
  | { readonly kind: "heap" }
  /** Gives a call up and returns when it did, in milliseconds of the epoch; NaN when it cannot. */
  | { readonly kind: "abandon"; readonly how: Abandonment }

/** What a command returned, how long it took, and the processor time of the whole process. */
export interface Turn {
  readonly value: number
  readonly milliseconds: number
  readonly cpuMicros: number
}

export interface ContestantProcess {
  readonly entry: Entry
  readonly ask: (command: Command) => Promise<Turn>
  readonly stop: () => void
}

const patience = 120

export const start = async (entry: Entry, url: string): Promise<ContestantProcess> => {
  // JSON, the other way to write messages, has no NaN.
  const file = fileURLToPath(import.meta.resolve("./ContestantMain.ts"))
  const env = entry.tls === true ? { ...process.env, NODE_EXTRA_CA_CERTS: certificate } : process.env
  const child = fork(file, [entry.name, url], { env, execArgv: ["--expose-gc"], serialization: "advanced" })
  const dead = new Promise<never>((_, reject) => {
    child.once("exit", (code) => reject(new Error(`${entry.name} ended with exit code ${code}`)))
  })
  // Nobody listens between two commands.
  dead.catch(() => undefined)
  const answer = (what: string) =>
    // ContestantMain.ts sends nothing but "ready" and turns.
    Deadline.within(
      patience,
      `${entry.name}: ${what}`,
      Promise.race([dead, new Promise<Turn>((resolve) => child.once("message", (turn) => resolve(turn as Turn)))])
    )
  await answer("start")
  return {
    entry,
    ask: (command) => {
      const turn = answer(command.kind)
      child.send(command)
      return turn
    },
    stop: () => {
      child.kill()
    }
  }
}
