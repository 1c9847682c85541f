/** A library with its store, in a process of its own, that is asked to do things over IPC. */
import { type ChildProcess, fork } from "node:child_process"
import * as Published from "../Published.ts"

export type Request =
  /** Runs a workflow of so many steps that do nothing. Answers milliseconds. */
  | { readonly kind: "steps"; readonly count: number; readonly concurrency: number }
  /**
   * Starts so many workflows that pause for an hour, and waits for their results. Answers in bytes:
   * resident memory and live heap after three seconds, both after 15, and the most that was resident.
   */
  | { readonly kind: "waiting"; readonly count: number }
  /** Runs so many workflows that pause for two seconds. Answers by how many milliseconds each went on too late. */
  | { readonly kind: "lateness"; readonly count: number }

type Answer = number | ReadonlyArray<number>

export interface Contestant {
  readonly ask: (request: Request) => Promise<Answer>
  readonly stop: () => Promise<void>
}

const answerOf = (child: ChildProcess): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const failed = (code: number | null) => reject(new Error(`The contestant ended with ${code}`))
    child.once("exit", failed)
    child.once("message", (answer: Answer) => {
      child.off("exit", failed)
      resolve(answer)
    })
  })

/** Starts a file of JavaScript, which says by its first message that it is ready. */
export const start = async (file: string, args: ReadonlyArray<string>): Promise<Contestant> => {
  const execArgv = ["--expose-gc", "--no-deprecation", ...Published.flags]
  const child = fork(file, args, { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] })
  await answerOf(child)
  return {
    ask: (request) => {
      const answer = answerOf(child)
      child.send(request)
      return answer
    },
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve())
        child.kill("SIGKILL")
      })
  }
}
