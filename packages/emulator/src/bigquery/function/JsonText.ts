/**
 * Functions of JSON, whether its type is JSON or STRING. Paths are constants, so they are read here and not by DuckDB.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions
 *
 * @since 0.1.0
 */
import * as Json from "../Json.ts"
import * as Literal from "../Literal.ts"
import type { SqlType } from "../SqlType.ts"
import type { Typed } from "../sql/Typed.ts"
import type { Entry } from "./Signature.ts"

const step = /\.([A-Za-z_][A-Za-z0-9_]*)|\."([^"\\*]*)"|\[(\d{1,9})\]|\[\s*(?:'([^'"\\*]*)'|"([^"\\*]*)")\s*\]/y

/**
 * Writes a JSONPath as DuckDB's, quoted. Undefined when it is not constant, or has more than names and numbers.
 *
 * @since 0.1.0
 */
export const path = (of: Typed | undefined, more = ""): string | undefined => {
  const text = of === undefined ? "$" : of.constant
  if (typeof text !== "string" || !text.startsWith("$")) return undefined
  let steps = "$"
  step.lastIndex = 1
  while (step.lastIndex < text.length) {
    const found = step.exec(text)
    if (found === null) return undefined
    const [, plain, quoted, index, single, double] = found
    steps += index === undefined ? `."${plain ?? quoted ?? single ?? double ?? ""}"` : `[${index}]`
  }
  return Literal.text(`${steps}${more}`)
}

/** A text that is no JSON has no parts. */
const document = (of: Typed): string => (of.type.kind === "JSON" ? of.sql : `bq_json(${of.sql})`)

type Write = (of: string, path: string) => string

const part: Write = (of, path) => `CAST(json_extract(${of}, ${path}) AS VARCHAR)`

/** What is read at a path of a text, unless a number there would not be given as it is written. */
const exact = (of: Typed, path: string, read: string): string =>
  of.type.kind === "JSON" ? read : `bq_json_exact(${of.sql}, ${part(document(of), path)}, ${read})`

const at =
  (write: Write): Entry[1] =>
  ([of, at]) => {
    const steps = path(at)
    return of === undefined || steps === undefined ? undefined : exact(of, steps, write(document(of), steps))
  }

const each =
  (write: (items: string) => string): Entry[1] =>
  ([of, at]) => {
    const [steps, items] = [path(at), path(at, "[*]")]
    if (of === undefined || steps === undefined || items === undefined) return undefined
    const whole = document(of)
    const read = `CASE WHEN json_type(${whole}, ${steps}) = 'ARRAY' THEN ${write(`json_extract(${whole}, ${items})`)} END`
    return exact(of, steps, read)
  }

const partOfText: Write = (of, path) => `nullif(${part(of, path)}, 'null')`
const value: Write = (of, path) =>
  `CASE WHEN json_type(${of}, ${path}) NOT IN ('ARRAY', 'OBJECT') THEN json_extract_string(${of}, ${path}) END`
const parts = (items: string) => `CAST(${items} AS VARCHAR[])`
const values = (items: string) =>
  `CASE WHEN len(list_filter(${items}, lambda e: json_type(e) IN ('ARRAY', 'OBJECT'))) = 0 THEN list_transform(${items}, lambda e: json_extract_string(e, '$')) END`

/** Each function for JSON and for STRING, with a path and without. */
const both = (name: string, json: string, string: string, ofJson: Entry[1], ofText = ofJson): ReadonlyArray<Entry> => [
  [`${name}(JSON, STRING?) ${json}`, ofJson],
  [`${name}(STRING, STRING?) ${string}`, ofText]
]

const one = (type: string, kinds: string, read: string): string =>
  `CASE WHEN $1 IS NULL THEN NULL WHEN json_type($1) IN (${kinds}) THEN ${read} ELSE error('The provided JSON input is not ${type}') END`

/** @since 0.1.0 */
export const json: ReadonlyArray<Entry> = [
  ...both("JSON_VALUE", "STRING", "STRING", at(value)),
  ...both("JSON_EXTRACT_SCALAR", "STRING", "STRING", at(value)),
  ...both("JSON_QUERY", "JSON", "STRING", at(part), at(partOfText)),
  ...both("JSON_EXTRACT", "JSON", "STRING", at(part), at(partOfText)),
  ...both("JSON_QUERY_ARRAY", "ARRAY<JSON>", "ARRAY<STRING>", each(parts)),
  ...both("JSON_EXTRACT_ARRAY", "ARRAY<JSON>", "ARRAY<STRING>", each(parts)),
  ...both("JSON_VALUE_ARRAY", "ARRAY<STRING>", "ARRAY<STRING>", each(values)),
  ...both("JSON_EXTRACT_STRING_ARRAY", "ARRAY<STRING>", "ARRAY<STRING>", each(values)),
  // Keys come in order, and DuckDB cannot put them so: the text of a constant is put in order here.
  [
    "PARSE_JSON(STRING) JSON",
    ([of]) => {
      const text = typeof of?.constant === "string" ? Json.normalText(of.constant) : undefined
      return text === undefined ? undefined : Literal.text(text)
    }
  ],
  ["TO_JSON_STRING(ANY) STRING", ([of]) => (of === undefined ? undefined : write(of.type, of.sql, 0))],
  [
    "JSON_TYPE(JSON) STRING",
    "CASE json_type($1) WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'NULL' THEN 'null' ELSE CASE WHEN $1 IS NOT NULL THEN 'number' END END"
  ],
  ["STRING(JSON) STRING", one("a string", "'VARCHAR'", "json_extract_string($1, '$')")],
  ["BOOL(JSON) BOOL", one("a boolean", "'BOOLEAN'", "CAST(json_extract_string($1, '$') AS BOOLEAN)")],
  ["INT64(JSON) INT64", one("an integer", "'BIGINT', 'UBIGINT'", "CAST(json_extract_string($1, '$') AS BIGINT)")],
  [
    "FLOAT64(JSON) FLOAT64",
    one("a number", "'BIGINT', 'UBIGINT', 'DOUBLE'", "CAST(json_extract_string($1, '$') AS DOUBLE)")
  ]
]

/** Writes the SQL that writes a value as JSON. Names of fields are constants. */
const write = (type: SqlType, sql: string, depth: number): string => {
  const quoted = (text: string) => `concat('"', ${text}, '"')`
  const body = (): string => {
    switch (type.kind) {
      case "ARRAY": {
        const item = `e${depth}`
        return `concat('[', array_to_string(list_transform(${sql}, lambda ${item}: ${write(type.item, item, depth + 1)}), ','), ']')`
      }
      case "STRUCT": {
        const fields = type.fields.map(({ name, type }, index) => {
          const key = Literal.text(`${index === 0 ? "" : ","}${JSON.stringify(name)}:`)
          return `${key}, ${write(type, `(${sql})."f${index}"`, depth + 1)}`
        })
        return `concat('{', ${fields.join(", ")}, '}')`
      }
      case "JSON":
        return sql
      case "STRING":
        return `CAST(to_json(${sql}) AS VARCHAR)`
      case "BOOL":
        return `CAST(${sql} AS VARCHAR)`
      case "INT64":
        return `CASE WHEN ${sql} BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST(${sql} AS VARCHAR) ELSE ${quoted(sql)} END`
      case "NUMERIC":
      case "BIGNUMERIC":
        return `CASE WHEN ${sql} = trunc(${sql}) AND ${sql} BETWEEN -9007199254740992 AND 9007199254740992 THEN bq_decimal_text(${sql}) ELSE ${quoted(`bq_decimal_text(${sql})`)} END`
      case "FLOAT64":
        return `CASE WHEN isnan(${sql}) THEN '"NaN"' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE bq_float_text(${sql}) END`
      case "BYTES":
        return quoted(`to_base64(${sql})`)
      case "DATE":
        return quoted(`CAST(${sql} AS VARCHAR)`)
      case "TIME":
        return quoted(`bq_time_text(${sql})`)
      case "DATETIME":
        return quoted(`replace(bq_datetime_text(${sql}), ' ', 'T')`)
      case "TIMESTAMP":
        return quoted(`replace(bq_datetime_text(${sql}), ' ', 'T') || 'Z'`)
    }
  }
  const empty = type.kind === "ARRAY" ? "'[]'" : "'null'"
  return `CASE WHEN ${sql} IS NULL THEN ${depth === 0 && type.kind === "ARRAY" ? "'null'" : empty} ELSE ${body()} END`
}
