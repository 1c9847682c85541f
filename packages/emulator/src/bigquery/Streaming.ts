/**
 * Streaming inserts: rows that are there at once, each judged by itself, with ids that keep a repeated call from adding them again.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Table } from "./Catalog.ts"
import * as Core from "./Core.ts"
import type { Datum } from "./Datum.ts"
import * as Field from "./Field.ts"
import * as Json from "./Json.ts"
import type { ErrorProto } from "./Refusal.ts"
import * as Refusal from "./Refusal.ts"
import * as RowReader from "./RowReader.ts"
import * as Warehouse from "./Warehouse.ts"

/** How long an id is remembered: BigQuery promises about a minute. */
const remembered = 60_000

/**
 * A request. Rows are read apart from it, so that no number in them is rounded.
 *
 * @since 0.1.0
 */
export const Insert = Schema.Struct({
  skipInvalidRows: Schema.optional(Schema.NullOr(Schema.Boolean)),
  ignoreUnknownValues: Schema.optional(Schema.NullOr(Schema.Boolean)),
  templateSuffix: Schema.optional(Schema.NullOr(Schema.String))
})

/**
 * What became of the rows that were not inserted, by their place in the request.
 *
 * @since 0.1.0
 */
export type InsertErrors = ReadonlyArray<{ readonly index: number; readonly errors: ReadonlyArray<ErrorProto> }>

/**
 * Streaming inserts of a server.
 *
 * @since 0.1.0
 */
export interface Streaming {
  readonly insert: (
    core: Core.Core,
    table: Table,
    options: typeof Insert.Type,
    rows: Json.Json | undefined
  ) => Promise<InsertErrors>
}

const stopped: ErrorProto = { reason: "stopped", location: "", debugInfo: "", message: "" }

/** @since 0.1.0 */
export const make = (): Streaming => {
  /** When each row came, by table and id. */
  const seen = new Map<string, number>()
  const forget = (now: number) => {
    for (const [key, at] of seen) {
      if (now - at < remembered) return
      seen.delete(key)
    }
  }
  return {
    insert: async ({ catalog, warehouse }, table, options, given) => {
      if (typeof options.templateSuffix === "string" && options.templateSuffix !== "")
        throw Refusal.unsupported("templateSuffix")
      if (!Array.isArray(given) || given.length === 0) throw Refusal.invalid("No rows present in the request.")
      if (table.fields.length === 0) throw Refusal.invalid("The destination table has no schema.")
      const ignoreUnknownValues = options.ignoreUnknownValues === true
      const errors: Array<{ readonly index: number; readonly errors: ReadonlyArray<ErrorProto> }> = []
      const rows: Array<{
        readonly index: number
        readonly id: string | undefined
        readonly values: ReadonlyArray<Datum>
      }> = []
      given.forEach((one: Json.Json, index) => {
        const { insertId, json = null }: { readonly [key: string]: Json.Json } = Json.isObject(one) ? one : {}
        const outcome = RowReader.read(table.fields, json, { from: "stream", ignoreUnknownValues })
        const id = typeof insertId === "string" && insertId !== "" ? `${table.physical}/${insertId}` : undefined
        if (outcome.problems === undefined) rows.push({ index, id, values: outcome.values })
        else
          errors.push({
            index,
            errors: outcome.problems.map(({ field, message }) => ({
              reason: "invalid",
              location: field,
              debugInfo: "",
              message
            }))
          })
      })
      if (errors.length > 0 && options.skipInvalidRows !== true) {
        // One wrong row stops all of them.
        const others = rows.map(({ index }) => ({ index, errors: [stopped] }))
        return [...errors, ...others].toSorted((a, b) => a.index - b.index)
      }
      const now = Date.now()
      forget(now)
      const fresh = rows.filter(({ id }) => {
        if (id === undefined) return true
        const isNew = !seen.delete(id)
        seen.set(id, now)
        return isNew
      })
      if (fresh.length === 0) return errors
      const stage = catalog.physical()
      try {
        await warehouse.change(() => Warehouse.statements(Core.create(stage, table.fields)))
        await warehouse.append(
          stage,
          table.fields.map(Field.sqlType),
          fresh.map(({ values }) => values)
        )
        await warehouse.change(() => {
          const current = catalog.table({ project: table.project, dataset: table.dataset, table: table.id })
          if (current?.physical !== table.physical || current.fields.length !== table.fields.length) {
            throw new Refusal.Refusal("backendError", "The table was changed while rows were inserted. Retry.")
          }
          return Warehouse.statements(
            `INSERT INTO "${table.physical}" SELECT * FROM "${stage}"`,
            `DROP TABLE "${stage}"`
          )
        })
      } catch (thrown) {
        // Rows that are not there may come again.
        for (const { id } of fresh) if (id !== undefined) seen.delete(id)
        throw thrown
      }
      return errors
    }
  }
}
