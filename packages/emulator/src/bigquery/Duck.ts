/**
 * Values as DuckDB's driver has them.
 *
 * The driver is loaded when the first request for BigQuery comes, so it is handed in here and never imported.
 *
 * @since 0.1.0
 */
import type * as Driver from "@duckdb/node-api"
import type { Datum } from "./Datum.ts"
import { scale, type SqlType } from "./SqlType.ts"

/**
 * The loaded driver.
 *
 * @since 0.1.0
 */
export type Api = typeof Driver

/**
 * Makes the driver's type.
 *
 * @since 0.1.0
 */
export const type = (api: Api, of: SqlType): Driver.DuckDBType => {
  switch (of.kind) {
    case "ARRAY":
      return api.LIST(type(api, of.item))
    case "STRUCT":
      return api.STRUCT(Object.fromEntries(of.fields.map((field, index) => [`f${index}`, type(api, field.type)])))
    case "BIGNUMERIC":
    case "NUMERIC":
      return api.DECIMAL(38, scale[of.kind])
    case "BOOL":
      return api.BOOLEAN
    case "BYTES":
      return api.BLOB
    case "DATE":
      return api.DATE
    case "DATETIME":
    case "TIMESTAMP":
      return api.TIMESTAMP
    case "FLOAT64":
      return api.DOUBLE
    case "INT64":
      return api.BIGINT
    case "JSON":
    case "STRING":
      return api.VARCHAR
    case "TIME":
      return api.TIME
  }
}

/**
 * Makes the driver's value.
 *
 * @since 0.1.0
 */
export const value = (api: Api, of: SqlType, datum: Datum): Driver.DuckDBValue => {
  if (datum === null) return null
  switch (of.kind) {
    case "ARRAY":
      return api.listValue(Array.isArray(datum) ? datum.map((item) => value(api, of.item, item)) : [])
    case "STRUCT": {
      const items = Array.isArray(datum) ? datum : []
      return api.structValue(
        Object.fromEntries(of.fields.map((field, index) => [`f${index}`, value(api, field.type, items[index] ?? null)]))
      )
    }
    case "BYTES":
      return api.blobValue(datum instanceof Uint8Array ? datum : new Uint8Array())
    default:
      break
  }
  if (typeof datum !== "bigint") return typeof datum === "object" ? null : datum
  switch (of.kind) {
    case "BIGNUMERIC":
    case "NUMERIC":
      return api.decimalValue(datum, 38, scale[of.kind])
    case "DATE":
      return api.dateValue(Number(datum))
    case "DATETIME":
    case "TIMESTAMP":
      return api.timestampValue(datum)
    case "TIME":
      return api.timeValue(datum)
    default:
      return datum
  }
}

/**
 * Reads the driver's value.
 *
 * @since 0.1.0
 */
export const datum = (api: Api, of: SqlType, value: Driver.DuckDBValue): Datum => {
  if (value === null || typeof value !== "object") {
    return value !== null && (of.kind === "INT64" || of.kind === "DATE") ? BigInt(value) : value
  }
  if (value instanceof api.DuckDBListValue) {
    return of.kind === "ARRAY" ? value.items.map((item) => datum(api, of.item, item)) : null
  }
  if (value instanceof api.DuckDBStructValue) {
    return of.kind === "STRUCT"
      ? of.fields.map(({ type }, index) => datum(api, type, value.entries[`f${index}`] ?? null))
      : null
  }
  if (value instanceof api.DuckDBDecimalValue) return value.value
  if (value instanceof api.DuckDBDateValue) return BigInt(value.days)
  if (value instanceof api.DuckDBTimestampValue || value instanceof api.DuckDBTimeValue) return value.micros
  if (value instanceof api.DuckDBBlobValue) return value.bytes
  throw new TypeError(`DuckDB answered ${value.constructor.name} where ${of.kind} was expected`)
}
