/**
 * Rows as JSON, checked against a table's fields.
 *
 * Load jobs and streaming inserts differ in their messages and in one rule: a JSON column takes any value from a file, but text of JSON from a stream.
 *
 * Source: https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json#details_of_loading_json_data
 *
 * @since 0.1.0
 */
import * as Datum from "./Datum.ts"
import * as Field from "./Field.ts"
import * as Json from "./Json.ts"
import type { Scalar } from "./SqlType.ts"

/**
 * What is wrong with a row, and in which field.
 *
 * @since 0.1.0
 */
export interface Problem {
  readonly field: string
  readonly message: string
}

/**
 * A row's values in the order of the fields, or all that is wrong with it.
 *
 * @since 0.1.0
 */
export type Outcome =
  | { readonly values: ReadonlyArray<Datum.Datum>; readonly problems?: undefined }
  | { readonly problems: ReadonlyArray<Problem> }

/**
 * How rows are read.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly from: "file" | "stream"
  readonly ignoreUnknownValues: boolean
}

/** What a type is called in messages. */
const called: { readonly [K in Scalar]: string } = {
  BIGNUMERIC: "bignumeric",
  BOOL: "boolean",
  BYTES: "bytes",
  DATE: "date",
  DATETIME: "datetime",
  FLOAT64: "double",
  INT64: "integer",
  JSON: "json",
  NUMERIC: "numeric",
  STRING: "string",
  TIME: "time",
  TIMESTAMP: "timestamp"
}

const shown = (value: Json.Json): string => {
  const text = typeof value === "string" ? value : Json.normal(value)
  return text.length > 100 ? `${text.slice(0, 100)}...` : text
}

/** A cell of CSV or a string of JSON for a BOOL. */
const truth: { readonly [text: string]: boolean } = {
  "0": false,
  "1": true,
  f: false,
  false: false,
  n: false,
  no: false,
  t: true,
  true: true,
  y: true,
  yes: true
}

/**
 * Reads a text for a type, as files and streams have it. Undefined when it is none.
 *
 * @since 0.1.0
 */
export const fromText = (kind: Exclude<Scalar, "JSON">, text: string): Datum.Datum | undefined => {
  if (kind !== "BOOL") return Datum.read(kind, text)
  const lower = text.trim().toLowerCase()
  return Object.hasOwn(truth, lower) ? truth[lower] : undefined
}

/** A number of JSON: seconds since 1970 for a TIMESTAMP. */
const fromNumber = (kind: Scalar, text: string): Datum.Datum | undefined => {
  switch (kind) {
    case "INT64":
    case "NUMERIC":
    case "BIGNUMERIC":
    case "FLOAT64":
    case "STRING":
      return Datum.read(kind, text)
    case "TIMESTAMP": {
      const nanos = Datum.decimal(text, "NUMERIC")
      const micros = nanos === undefined ? undefined : nanos / 1000n
      return micros !== undefined && Datum.isTimestamp(micros) ? micros : undefined
    }
    default:
      return undefined
  }
}

const scalar = (kind: Scalar, value: Json.Json, { from }: Options): Datum.Datum | undefined => {
  if (kind === "JSON") {
    if (from === "file") return Json.normal(value)
    return typeof value === "string" ? Json.normalText(value) : undefined
  }
  if (typeof value === "string") return fromText(kind, value)
  if (typeof value === "boolean") return kind === "BOOL" ? value : kind === "STRING" ? String(value) : undefined
  if (typeof value === "number" || value instanceof Json.Exact) {
    return fromNumber(kind, typeof value === "number" ? String(value) : value.text)
  }
  return undefined
}

/**
 * Reads a row. All problems are found, not only the first.
 *
 * @since 0.1.0
 */
export const read = (fields: ReadonlyArray<Field.Field>, row: Json.Json, options: Options): Outcome => {
  const problems: Array<Problem> = []
  const isFile = options.from === "file"
  /** What stands in the place of a wrong value does not matter: the row is not kept. */
  const fail = (field: string, message: string): null => {
    problems.push({ field, message })
    return null
  }
  const notNull = (path: string) => fail(path, `Only optional fields can be set to NULL. Field: ${path}; Value: NULL`)
  const notRecord = (path: string) => fail(path, `This field: ${path} is not a record.`)

  const one = (field: Field.Field, value: Json.Json, path: string): Datum.Datum => {
    const type = Field.sqlType({ ...field, mode: "NULLABLE" })
    if (type.kind === "STRUCT") return Json.isObject(value) ? record(field.fields ?? [], value, path) : notRecord(path)
    if (type.kind === "ARRAY") return null
    if (type.kind !== "JSON" && Array.isArray(value))
      return fail(path, `Array specified for non-repeated field: ${path}.`)
    if (type.kind !== "JSON" && Json.isObject(value)) {
      return isFile ? fail(path, `JSON object specified for non-record field: ${path}`) : notRecord(path)
    }
    const read = scalar(type.kind, value, options)
    if (read !== undefined) return read
    const what = called[type.kind]
    return isFile
      ? fail(path, `Could not convert value to ${what}. Field: ${path}; Value: ${shown(value)}`)
      : fail(path, `Cannot convert value to ${what} (bad value): ${shown(value)}`)
  }

  const cell = (field: Field.Field, value: Json.Json | undefined, path: string): Datum.Datum => {
    if (field.mode === "REPEATED") {
      if (value === undefined) return []
      if (value === null) return notNull(path)
      if (!Array.isArray(value)) return fail(path, `Repeated field must be imported as a JSON array. Field: ${path}.`)
      return value.map((item: Json.Json) =>
        item === null && field.type !== "JSON" ? notNull(path) : one(field, item, path)
      )
    }
    if (value !== undefined && value !== null) return one(field, value, path)
    if (field.mode === "NULLABLE") return null
    return value === null ? notNull(path) : fail(path, `Missing required field: ${path}.`)
  }

  const record = (
    fields: ReadonlyArray<Field.Field>,
    value: { readonly [key: string]: Json.Json },
    path: string
  ): ReadonlyArray<Datum.Datum> => {
    const at = (name: string) => (path === "" ? name : `${path}.${name}`)
    const given = new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item] as const))
    const values = fields.map((field) => cell(field, given.get(field.name.toLowerCase()), at(field.name)))
    if (options.ignoreUnknownValues) return values
    const known = new Set(fields.map(({ name }) => name.toLowerCase()))
    for (const key of Object.keys(value)) {
      if (!known.has(key.toLowerCase())) fail(at(key), `${isFile ? "No" : "no"} such field: ${at(key)}.`)
    }
    return values
  }

  if (!Json.isObject(row)) return { problems: [{ field: "", message: "Row is not a JSON object." }] }
  const values = record(fields, row, "")
  return problems.length === 0 ? { values } : { problems }
}
