/**
 * Splits the text of one CSV record into fields by RFC 4180.
 *
 * An own parser, because none at hand says where a field stands: csv-parse counts columns by field, works on Buffers (its
 * browser build carries 215 kB) and does not reject invalid UTF-8; Papa Parse gives a row and a character index, and effect's
 * Csv is not stable and gives the line of a record, not of a field. With the record already cut out (`RecordSplitter`) little is left.
 */
import type { Problem } from "./JsonPosition.ts"

/** The fields of a record and the 0-based offset at which each starts (at its opening quote, when it has one). */
export interface Fields {
  readonly values: ReadonlyArray<string>
  readonly offsets: ReadonlyArray<number>
}

/** Where a record stops being CSV; `unclosed` when its last quoted field never ends. */
export interface CsvProblem extends Problem {
  readonly unclosed: boolean
}

/**
 * Parses a record without its final line break. Fields keep their white space; `""` inside quotes is a quote; a quote inside an
 * unquoted field, text after a closing quote and a bare carriage return are problems.
 */
export const parse = (record: string, delimiter: string): Fields | CsvProblem => {
  const values: Array<string> = []
  const offsets: Array<number> = []
  for (let start = 0; ; start++) {
    offsets.push(start)
    let end: number
    if (record[start] === '"') {
      let close = record.indexOf('"', start + 1)
      while (close !== -1 && record[close + 1] === '"') close = record.indexOf('"', close + 2)
      if (close === -1) return { offset: start, reason: "the quote is never closed", unclosed: true }
      end = close + 1
      if (end < record.length && record[end] !== delimiter) return wrong(end, "text follows the closing quote")
      values.push(record.slice(start + 1, close).replaceAll('""', '"'))
    } else {
      end = record.indexOf(delimiter, start)
      if (end === -1) end = record.length
      const value = record.slice(start, end)
      const quote = value.indexOf('"')
      if (quote !== -1) return wrong(start + quote, "a quote stands inside a field that is not quoted")
      const carriageReturn = value.indexOf("\r")
      if (carriageReturn !== -1) return wrong(start + carriageReturn, "a carriage return stands without a line feed")
      values.push(value)
    }
    if (end === record.length) return { values, offsets }
    start = end
  }
}

/** Tells a problem from the fields of a record. */
export const isProblem = (parsed: Fields | CsvProblem): parsed is CsvProblem => "reason" in parsed

const wrong = (offset: number, reason: string): CsvProblem => ({ offset, reason, unclosed: false })
