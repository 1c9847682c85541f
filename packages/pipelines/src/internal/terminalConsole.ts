/**
 * A console whose text waits until there is a moment to write it above a window.
 */
import type * as Console from "effect/Console"
import { Console as NodeConsole } from "node:console"
import process from "node:process"
import { Writable } from "node:stream"
import * as TerminalText from "../TerminalText.ts"

interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
}

/** What was written and is not on the screen yet. */
export interface Texts {
  readonly console: Console.Console
  /**
   * Takes the text that goes above the window: whole lines, made safe, each ended by CR LF. Text for standard output is written at
   * once, after `clear`, which is to take the window away.
   */
  readonly take: (clear: () => void) => string
  /** Writes what waits. Text that comes later is written at once. */
  readonly close: () => void
}

/** Makes the console. Text for an `stdout` that is no terminal goes there as it is and at once. */
export const make = ({ output, stdout }: { readonly output: Output; readonly stdout: Output }): Texts => {
  let waiting: Array<{ readonly to: Output; readonly text: string }> = []
  let closed = false

  const flush = () => {
    try {
      for (const { text, to } of waiting.splice(0)) to.write(safe(text, "\n"))
    } catch {
      // Nobody reads it any more. That is no reason for the work to end.
    }
  }
  const into = (to: Output) =>
    new Writable({
      decodeStrings: false,
      write: (text: string, _, done) => {
        waiting.push({ to, text })
        if (closed) flush()
        done()
      }
    })
  const direct = new Writable({
    decodeStrings: false,
    write: (text: string, _, done) => {
      stdout.write(text)
      done()
    }
  })
  const console = new NodeConsole({
    stdout: stdout.isTTY === true ? into(stdout) : direct,
    stderr: into(output),
    colorMode: false
  })
  // A process that ends without its finalizers has still said what it said.
  process.once("exit", flush)

  return {
    console,
    take: (clear) => {
      const texts = waiting
      waiting = []
      const foreign = texts.filter(({ to }) => to === stdout)
      if (foreign.length > 0) clear()
      for (const { text } of foreign) stdout.write(safe(text, "\n"))
      return texts.flatMap(({ text, to }) => (to === stdout ? [] : [safe(text, "\r\n")])).join("")
    },
    close: () => {
      closed = true
      flush()
      process.removeListener("exit", flush)
    }
  }
}

const safe = (text: string, lineEnd: string) => {
  const lines = TerminalText.sanitize(text).split("\n")
  if (lines.at(-1) === "") lines.pop()
  return lines.map((line) => `${line}${lineEnd}`).join("")
}
