/**
 * Guesses the schema of a file of JSON: numbers, booleans, text, dates and timestamps in BigQuery's own form, records and arrays. CSV has no types that could be told
 * with certainty, so of CSV nothing is guessed.
 *
 * BigQuery looks at 500 rows, this at all that are read for it; where two rows differ too much the field is text.
 *
 * Source: https://cloud.google.com/bigquery/docs/schema-detect
 *
 * @since 0.1.0
 */
import * as Datum from "./Datum.ts"
import type { Field } from "./Field.ts"
import * as Json from "./Json.ts"

const isInteger = (text: string): boolean => /^-?\d+$/.test(text)

const one = (name: string, value: Json.Json): Field | undefined => {
  const field = (type: string, more: Partial<Field> = {}): Field => ({ name, type, mode: "NULLABLE", ...more })
  if (value === null) return undefined
  if (typeof value === "boolean") return field("BOOLEAN")
  if (typeof value === "number") return field(Number.isInteger(value) ? "INTEGER" : "FLOAT")
  if (value instanceof Json.Exact) return field(isInteger(value.text) ? "INTEGER" : "FLOAT")
  if (typeof value === "string") {
    if (Datum.date(value) !== undefined) return field("DATE")
    return field(/\d:\d/.test(value) && Datum.timestamp(value) !== undefined ? "TIMESTAMP" : "STRING")
  }
  if (Array.isArray(value)) {
    const items = value.map((item: Json.Json) => one(name, item)).filter((item) => item !== undefined)
    const merged = items.reduce<Field | undefined>(
      (all, item) => (all === undefined ? item : merge(all, item)),
      undefined
    )
    return merged === undefined ? undefined : { ...merged, mode: "REPEATED" }
  }
  const fields = Json.isObject(value) ? of(value) : []
  return fields.length === 0 ? undefined : field("RECORD", { fields })
}

const merge = (a: Field, b: Field): Field => {
  if (a.type === "RECORD" && b.type === "RECORD") return { ...a, fields: together(a.fields ?? [], b.fields ?? []) }
  if (a.type === b.type) return a
  const types = new Set([a.type, b.type])
  const type =
    types.has("INTEGER") && types.has("FLOAT")
      ? "FLOAT"
      : types.has("DATE") && types.has("TIMESTAMP")
        ? "TIMESTAMP"
        : "STRING"
  return { name: a.name, type, mode: a.mode }
}

const of = (row: { readonly [key: string]: Json.Json }): ReadonlyArray<Field> =>
  Object.entries(row).flatMap(([name, value]) => one(name, value) ?? [])

/**
 * Brings the fields of two rows together, those of the first in front.
 *
 * @since 0.1.0
 */
export const together = (a: ReadonlyArray<Field>, b: ReadonlyArray<Field>): ReadonlyArray<Field> => {
  const same = (field: Field) => (other: Field) => other.name.toLowerCase() === field.name.toLowerCase()
  const known = a.map((field) => {
    const other = b.find(same(field))
    return other === undefined ? field : merge(field, other)
  })
  return [...known, ...b.filter((field) => !a.some(same(field)))]
}

/**
 * The fields of a row; a field that is null or empty has none.
 *
 * @since 0.1.0
 */
export const fields = (row: Json.Json): ReadonlyArray<Field> => (Json.isObject(row) ? of(row) : [])
