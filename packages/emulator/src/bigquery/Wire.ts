/**
 * Rows as the service writes them: `{"f": [{"v": ...}]}`, every scalar as text.
 *
 * @since 0.1.0
 */
import * as Datum from "./Datum.ts"
import type { SqlType } from "./SqlType.ts"

/**
 * A cell as it is written.
 *
 * @since 0.1.0
 */
export type Cell = { readonly v: null | string | Row | ReadonlyArray<Cell> }

/**
 * A row as it is written.
 *
 * @since 0.1.0
 */
export interface Row {
  readonly f: ReadonlyArray<Cell>
}

/**
 * Writes a FLOAT64 as the service does, which is as Java does: `1.0`, `0.1`, `1.0E10`, `NaN`, `-Infinity`.
 *
 * @since 0.1.0
 */
export const floatText = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0"
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) {
    const plain = String(value)
    return plain.includes(".") ? plain : `${plain}.0`
  }
  const [mantissa = "", exponent = ""] = value.toExponential().split("e")
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

/** Seconds since 1970 as a FLOAT64 is written; with `useInt64Timestamp` whole microseconds. */
const timestampText = (micros: bigint, asInt64: boolean): string => {
  if (asInt64) return micros.toString()
  if (micros === 0n) return "0.0"
  // Microseconds have more digits than a double where the years end, so the text is made from the digits.
  const digits = (micros < 0n ? -micros : micros).toString()
  const exponent = digits.length - 7
  const fraction = digits.slice(1).replace(/0+$/, "")
  const sign = micros < 0n ? "-" : ""
  if (exponent >= 7 || exponent < -3) return `${sign}${digits[0]}.${fraction === "" ? "0" : fraction}E${exponent}`
  return floatText(Number(micros) / 1e6)
}

const scalarText = (type: SqlType, value: Datum.Datum, asInt64: boolean): string => {
  switch (typeof value) {
    case "bigint":
      switch (type.kind) {
        case "NUMERIC":
        case "BIGNUMERIC":
          return Datum.decimalText(value, type.kind)
        case "DATE":
          return Datum.dateText(value)
        case "TIME":
          return Datum.timeText(value)
        case "DATETIME":
          return Datum.datetimeText(value)
        case "TIMESTAMP":
          return timestampText(value, asInt64)
        default:
          return value.toString()
      }
    case "number":
      return floatText(value)
    default:
      return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : String(value)
  }
}

/**
 * Writes a value. An array that is NULL is an empty one, as in BigQuery's tables.
 *
 * @since 0.1.0
 */
export const cell = (type: SqlType, value: Datum.Datum, asInt64 = false): Cell => {
  if (type.kind === "ARRAY") {
    const items = Array.isArray(value) ? value : []
    return { v: items.map((item) => cell(type.item, item, asInt64)) }
  }
  if (value === null) return { v: null }
  if (type.kind === "STRUCT") {
    const items = Array.isArray(value) ? value : []
    return { v: { f: type.fields.map(({ type }, index) => cell(type, items[index] ?? null, asInt64)) } }
  }
  return { v: scalarText(type, value, asInt64) }
}

/**
 * Writes a row.
 *
 * @since 0.1.0
 */
export const row = (types: ReadonlyArray<SqlType>, values: ReadonlyArray<Datum.Datum>, asInt64 = false): Row => ({
  f: types.map((type, index) => cell(type, values[index] ?? null, asInt64))
})
