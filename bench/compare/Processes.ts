/** Starts the server and the contestants, each a process of its own. */
import { fork, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Published from "../Published.ts"

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export interface Server {
  readonly url: string
  readonly counts: () => Promise<{ readonly answered: number; readonly refused: number }>
  readonly stop: () => void
}

type Environment = Readonly<Record<string, string>>

/** Starts the server: `latency=ROUND`, `none` or `quota=20`. */
export const server = async (mode: string, env: Environment = {}): Promise<Server> => {
  const child = fork(file("./Server.ts"), [mode], { env: { ...process.env, ...env } })
  const [{ port }] = await once(child, "message")
  return {
    url: `http://127.0.0.1:${port}`,
    counts: async () => {
      child.send("counts")
      const [counts] = await once(child, "message")
      return counts
    },
    stop: () => {
      child.kill()
      child.unref()
    }
  }
}

/** How a program is run. */
export interface RunOptions {
  readonly env?: Environment
  /** For Node. */
  readonly flags?: ReadonlyArray<string>
}

let compiled: string | undefined

/** Runs a program of genops as `run` does, compiled as it is published. */
export const runGenops = <A>(
  program: "Genops" | "Scale",
  args: ReadonlyArray<string | number>,
  { flags = [], ...options }: RunOptions = {}
): Promise<A> => {
  compiled ??= Published.make("compare", ["Genops", "Scale", "Work"])
  return run<A>(join(compiled, `${program}.mjs`), args, { ...options, flags: [...Published.flags, ...flags] })
}

/** Runs a program to its end and reads the JSON of its last line. */
export const run = async <A>(
  program: string,
  args: ReadonlyArray<string | number>,
  { env = {}, flags = [] }: RunOptions = {}
): Promise<A> => {
  const child = spawn(process.execPath, [...flags, program, ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env }
  })
  let out = ""
  let errors = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text))
  const [code] = await once(child, "close")
  const last = out.trim().split("\n").at(-1) ?? ""
  if (code !== 0) throw new Error(`${program} ended with exit code ${code}\n${errors.slice(-2000)}`)
  // The programs print their report and nothing after it.
  return JSON.parse(last) as A
}
