/**
 * Pages of rows: of tables and of the results of queries.
 *
 * @since 0.1.0
 */
import type { Core } from "../bigquery/Core.ts"
import * as Field from "../bigquery/Field.ts"
import * as Refusal from "../bigquery/Refusal.ts"
import * as Wire from "../bigquery/Wire.ts"
import type { Request } from "../http/Route.ts"
import * as BigQueryRoute from "./BigQueryRoute.ts"

/** Rows of a page unless fewer are asked for. */
const most = 10_000

/**
 * Where rows lie, and how many there are.
 *
 * @since 0.1.0
 */
export interface Rows {
  readonly physical: string
  readonly fields: ReadonlyArray<Field.Field>
  readonly rows: number
}

/**
 * What is asked for: a place to start, how many, and how timestamps are written.
 *
 * @since 0.1.0
 */
export interface Asked {
  readonly start: number
  readonly count: number | undefined
  readonly asInt64: boolean
}

const token = (start: number, { physical }: Rows): string => Buffer.from(`${physical}/${start}`).toString("base64url")

/**
 * Reads what a query string asks for. Throws Refusal.
 *
 * @since 0.1.0
 */
export const asked = (request: Request, rows: Rows): Asked => {
  const { query } = request
  const given = query.get("pageToken") ?? ""
  const [physical, start] = Buffer.from(given, "base64url").toString().split("/")
  if (given !== "" && (physical !== rows.physical || !/^\d+$/.test(start ?? "")))
    throw Refusal.invalid("Invalid page token.")
  const format = query.get("formatOptions.timestampOutputFormat")
  if (format === "ISO8601_STRING") throw Refusal.unsupported("timestamps as ISO 8601")
  return {
    start: given === "" ? (BigQueryRoute.count(request, "startIndex") ?? 0) : Number(start),
    count: BigQueryRoute.count(request, "maxResults"),
    asInt64: query.get("formatOptions.useInt64Timestamp") === "true" || format === "INT64"
  }
}

/**
 * Reads a page. Throws Refusal when the rows are gone.
 *
 * @since 0.1.0
 */
export const page = async (
  { warehouse }: Core,
  rows: Rows,
  { asInt64, count = most, start }: Asked,
  selected: ReadonlyArray<number> = rows.fields.map((_, index) => index)
): Promise<{ readonly rows?: ReadonlyArray<Wire.Row>; readonly pageToken?: string }> => {
  const columns = selected.flatMap((index) => {
    const field = rows.fields[index]
    return field === undefined ? [] : [{ sql: `"c${index}"`, type: Field.sqlType(field) }]
  })
  const size = Math.min(count, most)
  if (size === 0 || start >= rows.rows || columns.length === 0) return {}
  const types = columns.map(({ type }) => type)
  const list = columns.map(({ sql }) => sql).join(", ")
  const values = await warehouse
    .rows(`SELECT ${list} FROM "${rows.physical}" ORDER BY rowid LIMIT ${size} OFFSET ${start}`, types)
    .catch((thrown: unknown) => {
      throw thrown instanceof Error && thrown.message.includes("does not exist")
        ? Refusal.notFound("The rows are gone")
        : thrown
    })
  const end = start + values.length
  return {
    rows: values.map((row) => Wire.row(types, row, asInt64)),
    ...(end < rows.rows && values.length > 0 ? { pageToken: token(end, rows) } : {})
  }
}
