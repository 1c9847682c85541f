/** Rows on the wire and as JSON. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Row } from "../BigQuery.ts"
import type { Field, FieldType, Found, FoundField } from "../BigQueryTable.ts"

/** Names of types that the API has beside those of GoogleSQL. */
const aliases: { readonly [name: string]: FieldType } = {
  BOOLEAN: "BOOL",
  FLOAT: "FLOAT64",
  INTEGER: "INT64",
  RECORD: "STRUCT"
}

/** A field as the API has it. A type that is not known stays as it is. */
interface WireField {
  readonly name: string
  readonly type: string
  readonly mode?: string | undefined
  readonly fields?: ReadonlyArray<WireField> | undefined
}

const WireField: Schema.Codec<WireField> = Schema.suspend(() =>
  Schema.Struct({
    name: Schema.String,
    type: Schema.String,
    mode: Schema.optional(Schema.String),
    fields: Schema.optional(Schema.Array(WireField))
  })
)

const Layout = Schema.Struct({
  schema: Schema.optional(Schema.Struct({ fields: Schema.optional(Schema.Array(WireField)) })),
  timePartitioning: Schema.optional(
    Schema.Struct({ type: Schema.optional(Schema.String), field: Schema.optional(Schema.String) })
  ),
  clustering: Schema.optional(Schema.Struct({ fields: Schema.Array(Schema.String) })),
  location: Schema.optional(Schema.String)
})

/** Reads what a table says of itself. */
export const readLayout = Schema.decodeUnknownResult(Layout)

const typeOf = (name: string): string => aliases[name] ?? name

/** A field for a request, in the client's words, which are not readonly. */
export interface SentField {
  name: string
  type: string
  mode: string
  description?: string
  fields?: Array<SentField>
}

/** The fields of a table as the API wants them. */
export const wireFields = (fields: ReadonlyArray<Field>): Array<SentField> =>
  fields.map(({ description, fields: inner, mode = "NULLABLE", name, type }) => ({
    name,
    type,
    mode,
    ...(description === undefined ? {} : { description }),
    ...(inner === undefined ? {} : { fields: wireFields(inner) })
  }))

/** A table as it is, in the words in which one is wanted. */
export const foundTable = (layout: typeof Layout.Type): Found => {
  const field = ({ fields, mode = "NULLABLE", name, type }: WireField): FoundField => ({
    name,
    type: typeOf(type),
    mode,
    ...(fields === undefined ? {} : { fields: fields.map(field) })
  })
  const { clustering, schema, timePartitioning } = layout
  const by = (["DAY", "HOUR", "MONTH", "YEAR"] as const).find((by) => by === timePartitioning?.type) ?? "DAY"
  return {
    fields: (schema?.fields ?? []).map(field),
    ...(timePartitioning === undefined ? {} : { partition: { field: timePartitioning.field ?? "_PARTITIONTIME", by } }),
    ...(clustering === undefined ? {} : { cluster: clustering.fields })
  }
}

interface Cell {
  readonly v: null | string | { readonly f: ReadonlyArray<Cell> } | ReadonlyArray<Cell>
}

const Cell: Schema.Codec<Cell> = Schema.suspend(() =>
  Schema.Struct({
    v: Schema.Union([Schema.Null, Schema.String, Schema.Struct({ f: Schema.Array(Cell) }), Schema.Array(Cell)])
  })
)

const readRows = Schema.decodeUnknownResult(Schema.Array(Schema.Struct({ f: Schema.Array(Cell) })))
const readFields = Schema.decodeUnknownResult(Schema.Array(WireField))
const readJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

/** ISO 8601 in UTC of microseconds since 1970, with as many digits as say it. */
export const timestamp = (micros: bigint): string => {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().replace(".000Z", "")
  const digits = rest % 1000n === 0n ? (rest / 1000n).toString().padStart(3, "0") : rest.toString().padStart(6, "0")
  return `${seconds}${rest === 0n ? "" : `.${digits}`}Z`
}

const scalar = (type: string, text: string): unknown => {
  switch (typeOf(type)) {
    case "BOOL":
      return text === "true"
    case "FLOAT64":
      return Number(text === "-inf" || text === "inf" ? text.replace("inf", "Infinity") : text)
    case "INT64":
      return Number.isSafeInteger(Number(text)) ? Number(text) : text
    case "JSON":
      return readJson(text)
    case "TIMESTAMP":
      return timestamp(BigInt(text))
    default:
      return text
  }
}

const value = (field: WireField, { v }: Cell): unknown => {
  if (field.mode === "REPEATED") {
    return Array.isArray(v) ? v.map((item: Cell) => value({ ...field, mode: "NULLABLE" }, item)) : []
  }
  if (v === null) return null
  if (typeof v === "string") return scalar(field.type, v)
  return "f" in v ? row(field.fields ?? [], v.f) : null
}

const row = (fields: ReadonlyArray<WireField>, cells: ReadonlyArray<Cell>): Row =>
  Object.fromEntries(fields.map((field, index) => [field.name, value(field, cells[index] ?? { v: null })]))

/** Reads rows as they are answered, with timestamps as microseconds. Fails with what is wrong. */
export const read = (fields: unknown, rows: unknown): Result.Result<ReadonlyArray<Row>, string> =>
  Result.gen(function* () {
    const known = yield* Result.mapError(
      readFields(fields ?? []),
      ({ message }) => `the schema of the answer cannot be read: ${message}`
    )
    const cells = yield* Result.mapError(
      readRows(rows ?? []),
      ({ message }) => `the rows of the answer cannot be read: ${message}`
    )
    return yield* Result.try({
      try: () => cells.map(({ f }) => row(known, f)),
      catch: (cause) =>
        `a value of the answer cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    })
  })

/** A value as JSON has it: whole numbers without bounds as text. */
const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value)

/** Writes a row as a line of a file. */
export const line = (row: Row): string => JSON.stringify(row, plain)

/** A row as a stream of rows wants it, where a JSON column is text. */
export const streamed = (fields: ReadonlyArray<Field>, row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const field = fields.find((field) => field.name.toLowerCase() === name.toLowerCase())
      const cell = (item: unknown): unknown => {
        if (item === null || item === undefined) return null
        if (field?.type === "JSON") return JSON.stringify(item, plain)
        // JSON has no NaN and no infinity, and would make them NULL.
        if (typeof item === "number" && !Number.isFinite(item)) return String(item)
        const isObject = typeof item === "object" && field?.type === "STRUCT"
        if (isObject) return streamed(field.fields ?? [], Object.fromEntries(Object.entries(item)))
        return plain("", item)
      }
      return [name, field?.mode === "REPEATED" && Array.isArray(value) ? value.map(cell) : cell(value)] as const
    })
  )
