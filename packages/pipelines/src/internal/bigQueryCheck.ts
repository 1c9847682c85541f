/** What BigQuery takes as a value of a field: enough for a double of it, and stricter where in doubt. */
import * as Predicate from "effect/Predicate"
import type { Row } from "../BigQuery.ts"
import type { Field, FieldType } from "../BigQueryTable.ts"
import * as Rows from "./bigQueryRows.ts"

interface Problem {
  readonly field: string
  readonly description: string
}

const moment = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?)?(Z|[-+]\d\d:\d\d)?$/

const texts: { readonly [K in FieldType]?: RegExp } = {
  BIGNUMERIC: /^[-+]?\d+(?:\.\d+)?$/,
  BOOL: /^(?:true|false)$/i,
  BYTES: /^[A-Za-z0-9+/]*={0,2}$/,
  DATE: /^\d{4}-\d\d?-\d\d?$/,
  DATETIME: /^\d{4}-\d\d?-\d\d?[ T]\d\d?:\d\d:\d\d(?:\.\d{1,6})?$/,
  FLOAT64: /^(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|NaN|-?Infinity)$/,
  INT64: /^[-+]?\d{1,19}$/,
  NUMERIC: /^[-+]?\d+(?:\.\d+)?$/,
  TIME: /^\d\d?:\d\d:\d\d(?:\.\d{1,6})?$/,
  TIMESTAMP: moment
}

const isValue = (type: FieldType, value: unknown): boolean => {
  if (type === "JSON") return true
  if (type === "STRING") return typeof value === "string"
  if (typeof value === "string") return texts[type]?.test(value) === true
  if (typeof value === "bigint") return type === "INT64" || type === "NUMERIC" || type === "BIGNUMERIC"
  if (typeof value === "boolean") return type === "BOOL"
  if (typeof value !== "number") return false
  return type === "INT64"
    ? Number.isSafeInteger(value)
    : type === "FLOAT64" || type === "NUMERIC" || type === "BIGNUMERIC"
}

const same = (name: string) => (field: Field) => field.name.toLowerCase() === name.toLowerCase()

/** All that is wrong with a row. */
export const problems = (fields: ReadonlyArray<Field>, row: Row, path = ""): ReadonlyArray<Problem> => {
  const unknown = Object.keys(row).filter((name) => !fields.some(same(name)))
  const one = (field: Field, value: unknown, at: string): ReadonlyArray<Problem> => {
    if (field.type === "STRUCT") {
      return Predicate.isObject(value)
        ? problems(field.fields ?? [], Object.fromEntries(Object.entries(value)), `${at}.`)
        : [{ field: at, description: "This field is not a record." }]
    }
    return isValue(field.type, value) ? [] : [{ field: at, description: `Could not convert value to ${field.type}.` }]
  }
  const known = fields.flatMap((field): ReadonlyArray<Problem> => {
    const name = Object.keys(row).find((name) => same(name)(field))
    const value = name === undefined ? undefined : row[name]
    const at = `${path}${field.name}`
    if (field.mode === "REPEATED") {
      if (value === undefined) return []
      return Array.isArray(value)
        ? value.flatMap((item: unknown) => one(field, item, at))
        : [{ field: at, description: "Repeated field must be an array." }]
    }
    if (value !== undefined && value !== null) return one(field, value, at)
    return field.mode === "REQUIRED" ? [{ field: at, description: "Missing required field." }] : []
  })
  return [...unknown.map((name) => ({ field: `${path}${name}`, description: "No such field." })), ...known]
}

const readValue = (field: Field, value: unknown): unknown => {
  switch (field.type) {
    case "STRUCT":
      return asRead(field.fields ?? [], Predicate.isObject(value) ? Object.fromEntries(Object.entries(value)) : {})
    case "INT64": {
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : String(value)
    }
    case "FLOAT64":
      return Number(value)
    case "BOOL":
      return value === true || String(value).toLowerCase() === "true"
    case "NUMERIC":
    case "BIGNUMERIC":
      return String(value)
        .replace(/(\.\d*?)0+$/, "$1")
        .replace(/\.$/, "")
    case "TIMESTAMP": {
      const [, day = "", clock = "00:00:00", fraction = "", zone = ""] = moment.exec(String(value)) ?? []
      const millis = Date.parse(`${day}T${clock}${zone === "" ? "Z" : zone}`)
      return Rows.timestamp(BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, "0")))
    }
    default:
      return value
  }
}

/** A row as it is read again. */
export const asRead = (fields: ReadonlyArray<Field>, row: Row): Row =>
  Object.fromEntries(
    fields.map((field) => {
      const name = Object.keys(row).find((name) => same(name)(field))
      const value = name === undefined ? undefined : row[name]
      if (field.mode === "REPEATED")
        return [field.name, Array.isArray(value) ? value.map((item: unknown) => readValue(field, item)) : []]
      return [field.name, value === undefined || value === null ? null : readValue(field, value)]
    })
  )
