/**
 * Values as expressions of DuckDB's SQL. The only place where text that came from outside becomes SQL.
 *
 * @since 0.1.0
 */
import * as Datum from "./Datum.ts"
import { duck, type SqlType } from "./SqlType.ts"

/**
 * Quotes a text. NUL has no place in a statement, so it is put in by its number.
 *
 * @since 0.1.0
 */
export const text = (value: string): string => {
  const quoted = (part: string) => `'${part.replaceAll("'", "''")}'`
  const parts = value.split("\u0000").map(quoted)
  return parts.length === 1 ? (parts[0] ?? "''") : `concat(${parts.join(", chr(0), ")})`
}

/** A double is written as text, because a decimal literal would be rounded twice. */
const float = (value: number): string =>
  `CAST('${Number.isNaN(value) ? "nan" : Number.isFinite(value) ? (Object.is(value, -0) ? "-0.0" : String(value)) : value < 0 ? "-inf" : "inf"}' AS DOUBLE)`

/**
 * Writes a value of a type, with its type.
 *
 * @since 0.1.0
 */
export const write = (type: SqlType, value: Datum.Datum): string => {
  if (value === null) return `CAST(NULL AS ${duck(type)})`
  switch (type.kind) {
    case "ARRAY": {
      const items = Array.isArray(value) ? value : []
      return `CAST([${items.map((item) => write(type.item, item)).join(", ")}] AS ${duck(type)})`
    }
    case "STRUCT": {
      const items = Array.isArray(value) ? value : []
      return `{${type.fields.map((field, index) => `'f${index}': ${write(field.type, items[index] ?? null)}`).join(", ")}}`
    }
    case "BOOL":
      return value === true ? "TRUE" : "FALSE"
    case "FLOAT64":
      return float(Number(value))
    case "INT64":
      return `CAST(${BigInt(String(value))} AS BIGINT)`
    case "NUMERIC":
    case "BIGNUMERIC":
      return `CAST('${Datum.decimalText(BigInt(String(value)), type.kind)}' AS ${duck(type)})`
    case "BYTES":
      return `from_hex('${value instanceof Uint8Array ? Buffer.from(value).toString("hex") : ""}')`
    case "DATE":
      return `(DATE '1970-01-01' + CAST(${BigInt(String(value))} AS INTEGER))`
    case "TIME":
      return `CAST('${Datum.timeText(BigInt(String(value)))}' AS TIME)`
    case "DATETIME":
    case "TIMESTAMP":
      return `make_timestamp(CAST(${BigInt(String(value))} AS BIGINT))`
    case "JSON":
    case "STRING":
      return text(String(value))
  }
}
