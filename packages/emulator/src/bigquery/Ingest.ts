/**
 * Reads files into rows, with the messages that BigQuery has for those that do not fit.
 *
 * @since 0.1.0
 */
import type * as Datum from "./Datum.ts"
import * as Field from "./Field.ts"
import * as Json from "./Json.ts"
import * as Lines from "./Lines.ts"
import type { LoadOptions } from "./LoadOptions.ts"
import * as Refusal from "./Refusal.ts"
import * as RowReader from "./RowReader.ts"

/**
 * A file: its name in messages, and its bytes.
 *
 * @since 0.1.0
 */
export interface File {
  readonly name: string
  readonly bytes: () => Lines.Bytes
}

/** A row, or what is wrong with it. */
type Record =
  | { readonly values: ReadonlyArray<Datum.Datum>; readonly problem?: undefined }
  | { readonly problem: string }

const jsonRecords = async function* (
  file: File,
  fields: ReadonlyArray<Field.Field>,
  options: LoadOptions
): AsyncGenerator<Record> {
  for await (const { at, bytes } of Lines.lines(Lines.unpacked(file.bytes()))) {
    if (Lines.isBlank(bytes)) continue
    const text = Lines.decode(bytes)?.replace(/^\uFEFF/, "")
    const row = text === undefined ? undefined : Json.parse(text)
    const where = `JSON parsing error in row starting at position ${at}: `
    if (row === undefined || !Json.isObject(row)) {
      yield {
        problem: `${where}${text === undefined ? "Invalid UTF-8" : row === undefined ? "Parser terminated before end of string" : "Start of object expected"}`
      }
      continue
    }
    const { ignoreUnknownValues } = options
    const outcome = RowReader.read(fields, row, { from: "file", ignoreUnknownValues })
    yield outcome.problems === undefined ? outcome : { problem: `${where}${outcome.problems[0]?.message}` }
  }
}

const csvCell = (field: Field.Field, cell: Lines.CsvCell, nullMarker: string): Datum.Datum | undefined => {
  const type = Field.sqlType(field)
  if (type.kind === "ARRAY" || type.kind === "STRUCT") return undefined
  const isText = type.kind === "STRING" || type.kind === "BYTES" || type.kind === "JSON"
  // Without a marker an empty cell is NULL, but for text: there it is the empty text.
  const isNull = cell.text === nullMarker && (nullMarker !== "" || !isText) && !cell.isQuoted
  if (isNull) return null
  return type.kind === "JSON" ? Json.normalText(cell.text) : RowReader.fromText(type.kind, cell.text)
}

const csvRecords = async function* (
  file: File,
  fields: ReadonlyArray<Field.Field>,
  options: LoadOptions
): AsyncGenerator<Record> {
  let skipped = 0
  for await (const { at, cells } of Lines.csv(Lines.unpacked(file.bytes()), options.csv)) {
    if (skipped++ < options.skip) continue
    const where = `Error detected while parsing row starting at position: ${at}. Error: `
    if (cells === undefined) {
      yield {
        problem: `${where}Data between close quote character (") and field separator, or a quoted section that does not end.`
      }
      continue
    }
    if (cells.length > fields.length && !options.ignoreUnknownValues) {
      yield {
        problem: `Too many values in row starting at position: ${at}. Found ${cells.length} column(s) while expected ${fields.length}.`
      }
      continue
    }
    if (cells.length < fields.length && !options.jagged) {
      yield {
        problem: `CSV table references column position ${cells.length}, but line starting at position:${at} contains only ${cells.length} columns.`
      }
      continue
    }
    let problem: string | undefined
    const values = fields.map((field, index): Datum.Datum => {
      const cell = cells[index]
      const value =
        cell === undefined
          ? null
          : csvCell(
              field,
              index === 0 && at === 0 ? { ...cell, text: cell.text.replace(/^\uFEFF/, "") } : cell,
              options.nullMarker
            )
      if (value === undefined) {
        problem ??= `Could not parse '${(cell?.text ?? "").slice(0, 100)}' as ${Field.sqlType(field).kind} for field ${field.name} (position ${index}) starting at location ${at}`
      } else if (value === null && field.mode === "REQUIRED") {
        problem ??= `Required column value for column index: ${index} is missing in row starting at position: ${at}`
      }
      return value ?? null
    })
    yield problem === undefined ? { values } : { problem }
  }
}

/**
 * What reading came to: `bad` counts the rows that were left out.
 *
 * @since 0.1.0
 */
export interface Ingested {
  readonly rows: number
  readonly bad: number
  readonly warnings: ReadonlyArray<Refusal.ErrorProto>
}

/** Errors that a job lists. */
const mostListed = 5

const giveUp = (
  format: LoadOptions["format"],
  rows: number,
  errors: ReadonlyArray<Refusal.ErrorProto>,
  bad: number,
  most: number
): Refusal.Refusal => {
  const location = errors[0]?.location
  const what = format === "CSV" ? "CSV" : "JSON"
  const prefix = "Error while reading data, error message: "
  const share = rows === 0 ? 0 : Math.floor((100 * bad) / rows)
  const summary = `${prefix}${what} processing encountered too many errors, giving up. Rows: ${rows}; errors: ${bad}; max bad: ${most}; error percent: ${share}`
  const where = location === undefined ? {} : { location }
  return new Refusal.Refusal(
    "invalid",
    `${prefix}${what} table encountered too many errors, giving up. Rows: ${rows}; errors: ${bad}. Please look into the errors[] collection for more details.`,
    location,
    [{ reason: "invalid", ...where, message: summary }, ...errors]
  )
}

/** Rows that are handed on at once. */
const batch = 8192

/**
 * Reads files, and hands on the rows. Throws Refusal, with the first errors, as soon as more rows do not fit than may.
 *
 * @since 0.1.0
 */
export const ingest = async (
  files: ReadonlyArray<File>,
  fields: ReadonlyArray<Field.Field>,
  options: LoadOptions,
  use: (rows: ReadonlyArray<ReadonlyArray<Datum.Datum>>) => Promise<void>
): Promise<Ingested> => {
  const errors: Array<Refusal.ErrorProto> = []
  let [rows, bad] = [0, 0]
  const records = options.format === "CSV" ? csvRecords : jsonRecords
  let held: Array<ReadonlyArray<Datum.Datum>> = []
  for (const file of files) {
    try {
      for await (const record of records(file, fields, options)) {
        rows++
        if (record.problem === undefined) {
          held.push(record.values)
          if (held.length < batch) continue
          await use(held)
          held = []
          continue
        }
        bad++
        const message = `Error while reading data, error message: ${record.problem}`
        if (errors.length < mostListed) errors.push({ reason: "invalid", location: file.name, message })
        if (bad > options.maxBadRecords) throw giveUp(options.format, rows, errors, bad, options.maxBadRecords)
      }
    } catch (thrown) {
      if (!(thrown instanceof Lines.Unreadable)) throw thrown
      throw Refusal.invalid(`Error while reading data, error message: ${thrown.message}`, file.name)
    }
  }
  if (held.length > 0) await use(held)
  return { rows: rows - bad, bad, warnings: errors }
}
