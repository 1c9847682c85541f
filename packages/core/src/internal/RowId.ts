/**
 * Gives each row its id and finds ids that are used twice.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import * as Result from "effect/Result"
import type { Candidate, Problem } from "./RowFormat.ts"

/** A row without a usable id. */
export interface IdProblem extends Pick<Problem, "kind" | "reason"> {
  readonly path: ReadonlyArray<string>
}

/**
 * Makes the ids of one reading: the text of the column `id`, whose values it remembers; without a column `line-hash`, the first
 * 12 hexadecimal digits of the sha-256 of the row's content, for which nothing need be remembered.
 */
export const make = (id: string | undefined): ((candidate: Candidate) => Result.Result<string, IdProblem>) => {
  if (id === undefined) {
    return ({ bytes, line }) => Result.succeed(`${line}-${bytesToHex(sha256(bytes).subarray(0, 6))}`)
  }
  const path = [id]
  const lines = new Map<string, number>()
  const invalid = (reason: string) => Result.fail({ kind: "InvalidRow", path, reason } as const)
  return ({ line, value: row }) => {
    const value: unknown =
      typeof row === "object" && row !== null && Object.hasOwn(row, id) ? Reflect.get(row, id) : undefined
    if (value === undefined) return invalid("missing, and rows are identified by it")
    // Beyond the safe integers two ids of the source may have become one number.
    if (typeof value !== "string" && !Number.isSafeInteger(value)) return invalid("expected text or an integer as id")
    const text = String(value)
    if (text.trim() === "") return invalid("empty, and rows are identified by it")
    const first = lines.get(text)
    if (first !== undefined) {
      return Result.fail({ kind: "DuplicateId", path, reason: `the same id stands on line ${first}` })
    }
    lines.set(text, line)
    return Result.succeed(text)
  }
}
