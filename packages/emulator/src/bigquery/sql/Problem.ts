/**
 * What is wrong with a statement, and where: `Unrecognized name: foo at [1:8]`.
 *
 * @since 0.1.0
 */
import { Refusal } from "../Refusal.ts"

/**
 * Makes refusals for a statement; `at` is an offset in its text.
 *
 * @since 0.1.0
 */
export interface Problems {
  /** The text is not GoogleSQL. */
  readonly syntax: (at: number, message: string) => Refusal
  /** The statement cannot be: a name that is not there, types that do not fit. */
  readonly invalid: (at: number, message: string) => Refusal
  /** BigQuery may well do it, the emulator does not. */
  readonly unsupported: (at: number, what: string) => Refusal
}

const refuse = (message: string): Refusal => new Refusal("invalidQuery", message, "query")

/**
 * Makes refusals that name line and column of a text, both from 1.
 *
 * @since 0.1.0
 */
export const make = (source: string): Problems => {
  const place = (at: number) => {
    const before = source.slice(0, at)
    const line = before.lastIndexOf("\n")
    return `[${before.split("\n").length}:${before.length - line}]`
  }
  return {
    syntax: (at, message) => refuse(`Syntax error: ${message} at ${place(at)}`),
    invalid: (at, message) => refuse(`${message} at ${place(at)}`),
    unsupported: (at, what) => refuse(`The emulator does not support ${what} at ${place(at)}`)
  }
}
