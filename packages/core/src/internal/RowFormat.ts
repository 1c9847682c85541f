/**
 * The formats of a dataset: each turns chunks of its input into candidates for rows, with the means to say where a value stands.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { isSkippable, type DatasetError } from "../DatasetError.ts"
import * as CsvRecord from "./CsvRecord.ts"
import * as JsonPosition from "./JsonPosition.ts"
import * as RecordSplitter from "./RecordSplitter.ts"

/** A problem before it is given the dataset's source. Lines and columns are 1-based. */
export type Problem = Pick<DatasetError, "kind" | "reason"> &
  Partial<Pick<DatasetError, "line" | "column" | "row" | "field">>

/** A data row that is not decoded yet. `bytes` are its content for hashing and valid only until the next candidate. */
export interface Candidate {
  readonly line: number
  readonly value: unknown
  readonly bytes: Uint8Array
  /** Where the value at the path stands, or its key; none when the source has no text. */
  readonly locate: (path: ReadonlyArray<PropertyKey>, part: "key" | "value") => Position | undefined
}

/** A place in the source. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Receives what a format reads. A problem of a skippable kind stands in the place of a row. */
export interface RowSink {
  readonly candidate: (candidate: Candidate) => void
  readonly problem: (problem: Problem) => void
}

/** One reading of an input of chunks. */
export interface RowFormat<in Chunk> {
  readonly push: (chunk: Chunk) => void
  readonly end: () => void
  /** Totals so far: physical lines, bytes and their sha-256 as 64 hexadecimal digits (asked once, at the end). */
  readonly totals: () => { readonly lines: number; readonly bytes: number; readonly sha256: string }
}

/** Bounds of a reading in bytes. */
export interface ByteLimits {
  readonly lineBytes: number
  readonly bytes: number
}

/**
 * Reads JSON Lines: one value a line; lines of white space are skipped.
 */
export const jsonl =
  (limits: ByteLimits) =>
  (sink: RowSink): RowFormat<Uint8Array> =>
    fromText(limits, sink, undefined, (line, text, bytes) => {
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        const { offset, reason } = JsonPosition.syntaxError(text) ?? { offset: 0, reason: "not valid JSON" }
        return sink.problem({ kind: "InvalidJson", line, column: offset + 1, reason })
      }
      sink.candidate({
        line,
        value,
        bytes,
        locate: (path, part) => {
          const place = JsonPosition.locate(text, path)
          return place && { line, column: place[part] + 1 }
        }
      })
    })

/**
 * Reads CSV: the first record that is not blank names the columns; every value is text.
 */
export const csv =
  (limits: ByteLimits, delimiter: string) =>
  (sink: RowSink): RowFormat<Uint8Array> => {
    let header: ReadonlyArray<string> | undefined
    // Were a bad header left out as a row is, the first row would become the header.
    const problem = (problem: Problem) =>
      sink.problem(header === undefined && isSkippable(problem.kind) ? { ...problem, kind: "InvalidHeader" } : problem)
    return fromText(limits, { ...sink, problem }, delimiter, (line, text, bytes) => {
      const at = (offset: number) => position(line, text, offset)
      const invalid = (offset: number, reason: string, kind: Problem["kind"] = "InvalidCsv") =>
        problem({ kind, ...at(offset), reason })
      const nul = text.indexOf("\0")
      if (nul !== -1) return invalid(nul, "a NUL character is no text")
      const fields = CsvRecord.parse(text, delimiter)
      if (CsvRecord.isProblem(fields)) {
        const kind = fields.unclosed ? "UnclosedQuote" : "InvalidCsv"
        return invalid(fields.offset, fields.reason, kind)
      }
      const { offsets, values } = fields
      if (header === undefined) {
        const wrong = values.findIndex((name, index) => name.trim() === "" || values.indexOf(name) !== index)
        if (wrong !== -1) {
          const reason =
            values[wrong]?.trim() === "" ? `column ${wrong + 1} has no name` : `two columns have the same name`
          return invalid(offsets[wrong] ?? 0, reason)
        }
        header = values
        return
      }
      const names = header
      if (values.length !== names.length) {
        const reason = `expected ${names.length} ${names.length === 1 ? "column" : "columns"}, got ${values.length}`
        return invalid(offsets[names.length] ?? text.length, reason)
      }
      sink.candidate({
        line,
        // fromEntries defines own properties, so that a column called __proto__ is only a column.
        value: Object.fromEntries(names.map((name, index) => [name, values[index]])),
        bytes,
        locate: ([name]) => at(offsets[names.indexOf(String(name))] ?? 0)
      })
    })
  }

/**
 * Reads values that exist already: the line is the number of the value, the bytes are those of its JSON text and a line feed.
 */
export const values =
  (limits: ByteLimits) =>
  (sink: RowSink): RowFormat<unknown> => {
    const hash = sha256.create()
    let line = 0
    let total = 0
    return {
      push: (value) => {
        line++
        const json = toJson(value)
        if (json === undefined) {
          return sink.problem({ kind: "InvalidRow", line, reason: "the value cannot be written as JSON" })
        }
        const bytes = utf8ToBytes(json)
        hash.update(bytes).update(lineFeed)
        total += bytes.length + 1
        if (total > limits.bytes) return sink.problem(tooLarge(limits))
        if (bytes.length > limits.lineBytes) return sink.problem(tooLong(limits, line))
        sink.candidate({ line, value, bytes, locate: () => undefined })
      },
      end: () => {},
      totals: () => ({ lines: line, bytes: total, sha256: bytesToHex(hash.digest()) })
    }
  }

const fromText = (
  limits: ByteLimits,
  sink: RowSink,
  delimiter: string | undefined,
  read: (line: number, text: string, bytes: Uint8Array) => void
): RowFormat<Uint8Array> => {
  const hash = sha256.create()
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let total = 0
  const records = {
    record: (line: number, bytes: Uint8Array) => {
      let text: string
      try {
        text = decoder.decode(bytes)
      } catch {
        return sink.problem({
          kind: "InvalidText",
          ...invalidByte(line, bytes),
          reason: "the bytes are not valid UTF-8"
        })
      }
      if (!blank.test(text)) read(line, text, bytes)
    },
    tooLong: (line: number) => sink.problem(tooLong(limits, line))
  }
  const splitter = RecordSplitter.make(records, limits.lineBytes, delimiter?.charCodeAt(0))
  return {
    push: (chunk) => {
      total += chunk.length
      if (total > limits.bytes) return sink.problem(tooLarge(limits))
      hash.update(chunk)
      splitter.push(chunk)
    },
    end: () => {
      const open = splitter.openSince()
      splitter.end()
      // Reached when the open record was too long to be parsed; otherwise parsing has told the quote's own place.
      if (open !== undefined) {
        sink.problem({ kind: "UnclosedQuote", line: open, reason: "a quote in this record is never closed" })
      }
    },
    totals: () => ({ lines: splitter.lines(), bytes: total, sha256: bytesToHex(hash.digest()) })
  }
}

const lineFeed = Uint8Array.of(0x0a)
const blank = /^[ \t\r]*$/

const tooLong = (limits: ByteLimits, line: number): Problem => ({
  kind: "TooLong",
  line,
  reason: `longer than ${limits.lineBytes} bytes`
})

const tooLarge = (limits: ByteLimits): Problem => ({ kind: "TooLarge", reason: `larger than ${limits.bytes} bytes` })

const position = (line: number, text: string, offset: number): Position => {
  const before = text.slice(0, offset).split("\n")
  return { line: line + before.length - 1, column: (before.at(-1) ?? "").length + 1 }
}

/** Finds the first invalid byte: the first replacement character of a tolerant decoding that is not in the bytes itself. */
const invalidByte = (line: number, bytes: Uint8Array): Position => {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
  let byte = 0
  let from = 0
  for (;;) {
    const at = text.indexOf("\uFFFD", from)
    if (at === -1) return position(line, text, from)
    byte += utf8ToBytes(text.slice(from, at)).length
    if (bytes[byte] !== 0xef || bytes[byte + 1] !== 0xbf || bytes[byte + 2] !== 0xbd) return position(line, text, at)
    byte += 3
    from = at + 1
  }
}

/** BigInts, which warehouses return for 64-bit integers, are hashed as their digits. */
const toJson = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item))
  } catch {
    return undefined
  }
}
