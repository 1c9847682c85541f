/**
 * What all parts of BigQuery work on, and what they ask of it.
 *
 * @since 0.1.0
 */
import type { CloudStorage } from "../storage/CloudStorage.ts"
import * as Catalog from "./Catalog.ts"
import * as Field from "./Field.ts"
import type { Jobs } from "./Job.ts"
import * as Refusal from "./Refusal.ts"
import * as Size from "./Size.ts"
import { duck, scalar } from "./SqlType.ts"
import type { Warehouse } from "./Warehouse.ts"

/** @since 0.1.0 */
export interface Core {
  readonly warehouse: Warehouse
  readonly catalog: Catalog.Catalog
  readonly jobs: Jobs
  readonly storage: CloudStorage
}

/**
 * The place of a dataset in which no location was named.
 *
 * @since 0.1.0
 */
export const usualLocation = "US"

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/**
 * Finds a dataset, in a location when one is named. Throws Refusal.
 *
 * @since 0.1.0
 */
export const dataset = ({ catalog }: Core, project: string, id: string, location?: string): Catalog.Dataset => {
  const found = catalog.dataset(project, id)
  if (found === undefined || (location !== undefined && !isSame(found.location, location))) {
    throw Refusal.notFound(
      `Dataset ${project}:${id}${location === undefined ? "" : ` was not found in location ${location}`}`
    )
  }
  return found
}

/**
 * Finds a table. Throws Refusal.
 *
 * @since 0.1.0
 */
export const table = (core: Core, reference: Catalog.Reference, location?: string): Catalog.Table => {
  dataset(core, reference.project, reference.dataset, location)
  const found = core.catalog.table(reference)
  if (found === undefined) throw Refusal.notFound(`Table ${Catalog.shown(reference)}`)
  return found
}

/**
 * The statement that makes a table in DuckDB. One without fields gets a column that nothing reads, as DuckDB wants one.
 *
 * @since 0.1.0
 */
export const create = (physical: string, fields: ReadonlyArray<Field.Field>): string => {
  const columns = fields.map((field, index) => `"c${index}" ${duck(Field.sqlType(field))}`)
  return `CREATE TABLE "${physical}" (${columns.length === 0 ? '"none" BOOLEAN' : columns.join(", ")})`
}

/**
 * Counts the rows of a table, and the bytes of some of its columns (of all unless said otherwise).
 *
 * @since 0.1.0
 */
export const count = async (
  { warehouse }: Core,
  { fields, physical }: Pick<Catalog.Table, "fields" | "physical">,
  columns?: ReadonlySet<number>
): Promise<{ readonly rows: bigint; readonly bytes: bigint }> => {
  const sizes = fields.flatMap((field, index) =>
    columns === undefined || columns.has(index) ? [Size.sql(Field.sqlType(field), `"c${index}"`)] : []
  )
  const bytes = sizes.length === 0 ? "0" : `coalesce(sum(${sizes.join(" + ")}), 0)`
  const int64 = scalar("INT64")
  const [[rows, size] = []] = await warehouse.rows(`SELECT count(*), CAST(${bytes} AS BIGINT) FROM "${physical}"`, [
    int64,
    int64
  ])
  return { rows: BigInt(String(rows ?? 0)), bytes: BigInt(String(size ?? 0)) }
}
