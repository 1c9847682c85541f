/** The emulator's command in a process of its own, with a directory. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

export interface Running {
  readonly url: string
  readonly child: ChildProcess
  readonly kill: (signal: NodeJS.Signals) => Promise<void>
}

/** Starts it, and waits until it says its address; fails with what it says instead. */
export const start = (directory: string, ...flags: ReadonlyArray<string>): Promise<Running> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, "--dir", directory, ...flags])
    const ended = new Promise<void>((done) => child.once("close", () => done()))
    let err = ""
    child.stderr.on("data", (chunk) => {
      err += String(chunk)
    })
    child.stdout.on("data", (chunk) => {
      const url = /^listening on (\S+)\n/.exec(String(chunk))?.[1]
      if (url === undefined) return
      const kill = (signal: NodeJS.Signals) => {
        child.kill(signal)
        return ended
      }
      resolve({ url, child, kill })
    })
    void ended.then(() => reject(new Error(err)))
  })
