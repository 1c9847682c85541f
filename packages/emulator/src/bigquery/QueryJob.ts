/**
 * Query jobs: a statement is translated, and its rows become a table, the job's own or one that was named.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Catalog from "./Catalog.ts"
import * as Core from "./Core.ts"
import * as Field from "./Field.ts"
import type { Outcome } from "./Job.ts"
import { TableReference } from "./LoadOptions.ts"
import * as Parameters from "./Parameters.ts"
import * as Partitioning from "./Partitioning.ts"
import * as Refusal from "./Refusal.ts"
import * as Translation from "./sql/Translation.ts"
import * as SqlType from "./SqlType.ts"
import * as Warehouse from "./Warehouse.ts"

const Text = Schema.optional(Schema.NullOr(Schema.String))

/**
 * A query as it is asked for.
 *
 * @since 0.1.0
 */
export const Query = Schema.Struct({
  query: Schema.String,
  useLegacySql: Schema.optional(Schema.NullOr(Schema.Boolean)),
  defaultDataset: Schema.optional(Schema.NullOr(Schema.Struct({ projectId: Text, datasetId: Schema.String }))),
  queryParameters: Schema.optional(Schema.NullOr(Parameters.Given)),
  maximumBytesBilled: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number]))),
  destinationTable: Schema.optional(Schema.NullOr(TableReference)),
  createDisposition: Text,
  writeDisposition: Text,
  timePartitioning: Schema.optional(Schema.Unknown),
  clustering: Schema.optional(Schema.Unknown)
})

/** @since 0.1.0 */
export type Query = typeof Query.Type

/** What a query is billed for at least, for each table that it reads. */
const least = 10n * 1024n * 1024n

/**
 * A translated query: where it runs, its columns, and the bytes that it reads.
 *
 * @since 0.1.0
 */
export interface Prepared {
  readonly statement: Translation.Statement
  readonly fields: ReadonlyArray<Field.Field>
  readonly location: string
  readonly bytes: bigint
  readonly statistics: { readonly [name: string]: unknown }
}

/** The table that a path in a statement names. */
const referenceOf = (path: ReadonlyArray<string>, project: string, query: Query): Catalog.Reference => {
  if (path.some((part) => part.toUpperCase() === "INFORMATION_SCHEMA")) throw Refusal.unsupported("INFORMATION_SCHEMA")
  const [a = "", b, c, more] = path
  if (more !== undefined) throw Refusal.invalid(`Invalid table name: ${path.join(".")}`)
  if (b === undefined) {
    const { defaultDataset } = query
    if (defaultDataset === undefined || defaultDataset === null) {
      throw Refusal.invalid(`Table "${a}" must be qualified with a dataset (e.g. dataset.table).`)
    }
    return { project: defaultDataset.projectId ?? project, dataset: defaultDataset.datasetId, table: a }
  }
  return c === undefined ? { project, dataset: a, table: b } : { project: a, dataset: b, table: c }
}

const translate = (core: Core.Core, project: string, location: string | undefined, query: Query) => {
  const read = new Map<string, Catalog.Table>()
  let place = location
  const statement = Translation.statement(query.query, {
    now: BigInt(Date.now()) * 1000n,
    parameters: Parameters.read(query.queryParameters ?? []),
    table: (path) => {
      const reference = referenceOf(path, project, query)
      place ??= core.catalog.dataset(reference.project, reference.dataset)?.location
      const table = Core.table(core, reference, place)
      read.set(table.physical, table)
      return {
        physical: table.physical,
        columns: table.fields.map((field) => ({ name: field.name, type: Field.sqlType(field) }))
      }
    }
  })
  if (Result.isFailure(statement)) throw statement.failure
  return { statement: statement.success, read, location: place ?? Core.usualLocation }
}

/**
 * Translates a query and counts what it would read, without running it. Throws Refusal.
 *
 * @since 0.1.0
 */
export const prepare = async (
  core: Core.Core,
  project: string,
  location: string | undefined,
  query: Query
): Promise<Prepared> => {
  if (query.useLegacySql !== false && !/^\s*#standardsql\b/i.test(query.query)) {
    throw Refusal.unsupported("legacy SQL: set useLegacySql to false (bq query --nouse_legacy_sql)")
  }
  const { location: place, read, statement } = translate(core, project, location, query)
  let bytes = 0n
  for (const [physical, columns] of statement.reads) {
    const table = read.get(physical)
    if (table !== undefined) bytes += (await Core.count(core, table, columns)).bytes
  }
  const billed =
    statement.reads.size === 0
      ? 0n
      : BigInt(statement.reads.size) * least > bytes
        ? BigInt(statement.reads.size) * least
        : bytes
  const limit = query.maximumBytesBilled
  if (limit !== undefined && limit !== null && billed > BigInt(limit)) {
    throw new Refusal.Refusal(
      "bytesBilledLimitExceeded",
      `Query exceeded limit for bytes billed: ${limit}. ${billed} or higher required.`
    )
  }
  return {
    statement,
    fields: statement.columns.map(({ name, type }, index) => Field.ofType(name, type, index)),
    location: place,
    bytes,
    statistics: {
      totalBytesProcessed: String(bytes),
      query: {
        statementType: "SELECT",
        cacheHit: false,
        totalBytesProcessed: String(bytes),
        totalBytesBilled: String(billed),
        totalSlotMs: "0",
        referencedTables: [...read.values()].map(({ dataset, id, project }) => ({
          projectId: project,
          datasetId: dataset,
          tableId: id
        }))
      }
    }
  }
}

/** Writes the SQL that says whether an array in a value has a NULL in it. */
const hasHole = (type: SqlType.SqlType, of: string, depth = 0): string | undefined => {
  if (type.kind === "ARRAY") {
    const item = `e${depth}`
    const inner = hasHole(type.item, item, depth + 1)
    return `len(list_filter(${of}, lambda ${item}: ${item} IS NULL${inner === undefined ? "" : ` OR ${inner}`})) > 0`
  }
  if (type.kind !== "STRUCT") return undefined
  const parts = type.fields
    .map((field, index) => hasHole(field.type, `(${of})."f${index}"`, depth))
    .filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : `(${parts.join(" OR ")})`
}

/** No result may have a NULL in an array. */
const refuseHoles = async ({ warehouse }: Core.Core, stage: string, { statement }: Prepared): Promise<void> => {
  const holes = statement.columns
    .map(({ type }, index) => hasHole(type, `"c${index}"`))
    .filter((hole) => hole !== undefined)
  if (holes.length === 0) return
  const found = await warehouse.rows(`SELECT 1::BIGINT FROM "${stage}" WHERE ${holes.join(" OR ")} LIMIT 1`, [
    SqlType.scalar("INT64")
  ])
  if (found.length > 0)
    throw new Refusal.Refusal("invalidQuery", "Array cannot have a null element; error in writing field", "query")
}

/** Puts the rows of a query into a table that was named. */
const deliver = async (
  core: Core.Core,
  query: Query,
  target: Catalog.Reference,
  stage: string,
  { fields, location }: Prepared
): Promise<Pick<Catalog.Table, "physical" | "fields">> => {
  const { catalog, warehouse } = core
  const write = query.writeDisposition ?? "WRITE_EMPTY"
  Core.dataset(core, target.project, target.dataset, location)
  Catalog.checkTable(target.table)
  if (!/^WRITE_(?:APPEND|EMPTY|TRUNCATE)$/.test(write))
    throw Refusal.invalid(`Invalid value for writeDisposition: ${write} is not a valid value`)
  const existing = catalog.table(target)
  if (existing === undefined && query.createDisposition === "CREATE_NEVER")
    throw Refusal.notFound(`Table ${Catalog.shown(target)}`)
  if (existing !== undefined && write === "WRITE_EMPTY" && (await Core.count(core, existing, new Set())).rows > 0n) {
    throw Refusal.exists(`Table ${Catalog.shown(target)}`)
  }
  // The names must be ones that a table can have.
  const checked = Field.fields(fields)
  const layout = Partitioning.read(query, checked)
  let delivered: Pick<Catalog.Table, "physical" | "fields"> = { physical: stage, fields: checked }
  await warehouse.change(() => {
    const now = Date.now()
    const current = catalog.table(target)
    const appends = current !== undefined && write === "WRITE_APPEND" && current.fields.length > 0
    if (
      appends &&
      Field.merged(Catalog.shown(target), current.fields, checked, { add: false, relax: true, omit: true }).length !==
        checked.length
    ) {
      throw Refusal.invalid(`Provided Schema does not match Table ${Catalog.shown(target)}.`)
    }
    const places = appends
      ? current.fields.map(
          ({ name }) => `"c${checked.findIndex((field) => field.name.toLowerCase() === name.toLowerCase())}"`
        )
      : []
    const table: Catalog.Table = {
      project: target.project,
      dataset: target.dataset,
      id: target.table,
      created: now,
      ...current,
      attributes: { ...current?.attributes, ...layout },
      physical: appends ? current.physical : stage,
      fields: appends ? current.fields : checked,
      modified: now
    }
    const moves = appends
      ? [`INSERT INTO "${table.physical}" SELECT ${places.join(", ")} FROM "${stage}"`, `DROP TABLE "${stage}"`]
      : current === undefined
        ? []
        : [`DROP TABLE "${current.physical}"`]
    delivered = table
    return Warehouse.together([Warehouse.statements(...moves), catalog.putTable(table)])
  })
  return delivered
}

/**
 * Runs a query. Throws Refusal.
 *
 * @since 0.1.0
 */
export const run = async (
  core: Core.Core,
  project: string,
  query: Query,
  prepared: Prepared,
  signal: AbortSignal
): Promise<Outcome> => {
  const { catalog, warehouse } = core
  const stage = catalog.physical()
  await warehouse.run(`CREATE TABLE "${stage}" AS ${prepared.statement.sql}`, signal)
  try {
    await refuseHoles(core, stage, prepared)
    if (signal.aborted) throw Refusal.stopped()
    const rows = Number((await Core.count(core, { physical: stage, fields: [] })).rows)
    const { fields, statistics } = prepared
    const { destinationTable } = query
    if (destinationTable === undefined || destinationTable === null) {
      return { statistics, result: { physical: stage, fields, rows, isAnonymous: true } }
    }
    const { datasetId, projectId = project, tableId } = destinationTable
    const table = await deliver(
      core,
      query,
      { project: projectId, dataset: datasetId, table: tableId },
      stage,
      prepared
    )
    return { statistics, result: { ...table, rows, isAnonymous: false } }
  } catch (thrown) {
    await warehouse.change(() => Warehouse.statements(`DROP TABLE IF EXISTS "${stage}"`))
    throw thrown
  }
}
