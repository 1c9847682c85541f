/** Values of DuckDB as JSON has them, and as cells of a spreadsheet. */
import type * as Driver from "@duckdb/node-api"
import type { Row } from "../RunDatabase.ts"
import { timestamp } from "./bigQueryRows.ts"
import type * as Duck from "./runDatabaseDuck.ts"

const whole = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

/** DuckDB writes 2026-11-28 10:00:00. */
const iso = (text: string): string => text.replace(/^(-?\d+-\d\d-\d\d) /, "$1T")

const converter = (api: Duck.Api): Driver.DuckDBValueConverter<Driver.Json> => {
  const { DuckDBTypeId: Id } = api
  const convert: Driver.DuckDBValueConverter<Driver.Json> = (value, type) => {
    if (value === null) return null
    if (typeof value === "bigint") return whole(value)
    switch (type.typeId) {
      case Id.DOUBLE:
      case Id.FLOAT:
        return Number(value)
      case Id.VARCHAR:
        return type.alias === "JSON" ? JSON.parse(String(value)) : String(value)
      case Id.BLOB:
        return value instanceof api.DuckDBBlobValue ? Buffer.from(value.bytes).toString("base64") : null
      case Id.TIMESTAMP_TZ:
        return value instanceof api.DuckDBTimestampTZValue && value.isFinite ? timestamp(value.micros) : String(value)
      case Id.TIMESTAMP:
      case Id.TIMESTAMP_S:
      case Id.TIMESTAMP_MS:
      case Id.TIMESTAMP_NS:
        return iso(String(value))
      case Id.INTERVAL:
        return String(value)
      default:
        return api.JsonDuckDBValueConverter(value, type, convert)
    }
  }
  return convert
}

/** The values of a chunk, row by row. That a column is JSON only the result knows. */
export const values = (
  { api, types }: Duck.Result,
  chunk: Driver.DuckDBDataChunk
): ReadonlyArray<ReadonlyArray<unknown>> => {
  const convert = converter(api)
  return chunk.getRows().map((row) => row.map((value, index) => convert(value, types[index] ?? api.VARCHAR, convert)))
}

/** The rows of a chunk. */
export const of = (result: Duck.Result, chunk: Driver.DuckDBDataChunk): ReadonlyArray<Row> =>
  values(result, chunk).map((row) => Object.fromEntries(result.names.map((name, index) => [name, row[index]])))

/** A value as a cell of a spreadsheet: nothing for null, JSON for what is no scalar. */
export const text = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}
