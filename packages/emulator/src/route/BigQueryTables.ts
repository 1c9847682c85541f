/**
 * Datasets, tables, their rows, and streaming inserts.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Opened } from "../bigquery/BigQuery.ts"
import * as Catalog from "../bigquery/Catalog.ts"
import * as Core from "../bigquery/Core.ts"
import * as Field from "../bigquery/Field.ts"
import * as Json from "../bigquery/Json.ts"
import * as Partitioning from "../bigquery/Partitioning.ts"
import * as Refusal from "../bigquery/Refusal.ts"
import * as Resource from "../bigquery/Resource.ts"
import { duck } from "../bigquery/SqlType.ts"
import * as Streaming from "../bigquery/Streaming.ts"
import * as Warehouse from "../bigquery/Warehouse.ts"
import * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as BigQueryRoute from "./BigQueryRoute.ts"
import * as BigQueryRows from "./BigQueryRows.ts"

const { parameter } = BigQueryRoute

const Given = Schema.Record(Schema.String, Schema.Unknown)

/** What callers may put on datasets and tables, beside what is read apart. */
const ofDataset = ["defaultPartitionExpirationMs", "defaultTableExpirationMs", "description", "friendlyName", "labels"]
const ofTable = ["description", "expirationTime", "friendlyName", "labels", "requirePartitionFilter"]

/** Kinds of tables that the emulator has not. */
const otherTables = [
  "cloneDefinition",
  "externalDataConfiguration",
  "materializedView",
  "rangePartitioning",
  "snapshotDefinition",
  "tableConstraints",
  "view"
]

/** Puts what was given on what is there; null takes away. */
const attributes = (
  names: ReadonlyArray<string>,
  given: Catalog.Attributes,
  before: Catalog.Attributes = {}
): Catalog.Attributes => {
  const changed = Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(given, name) ? [[name, given[name]] as const] : []))
  )
  return Object.fromEntries(
    Object.entries({ ...before, ...changed }).filter(([, value]) => value !== null && value !== undefined)
  )
}

const none: Answer.Unary = { _tag: "Unary", status: 204, contentType: "text/plain; charset=UTF-8", body: "" }

const Dataset = Schema.Struct({
  datasetReference: Schema.Struct({ datasetId: Schema.String }),
  location: Schema.optional(Schema.NullOr(Schema.String))
})

const insertDataset: BigQueryRoute.Handler = async ({ catalog, warehouse }, request, origin) => {
  const text = request.body.toString("utf8")
  const project = parameter(request, "project")
  const { datasetReference, location } = BigQueryRoute.read(Dataset, text)
  const { datasetId: id } = datasetReference
  Catalog.checkDataset(id)
  const now = Date.now()
  const made: Catalog.Dataset = {
    project,
    id,
    location: location ?? Core.usualLocation,
    attributes: attributes(ofDataset, BigQueryRoute.read(Given, text)),
    created: now,
    modified: now
  }
  await warehouse.change(() => {
    if (catalog.dataset(project, id) !== undefined) throw Refusal.exists(`Dataset ${project}:${id}`)
    return catalog.putDataset(made)
  })
  return Answer.json(Resource.dataset(made, origin))
}

const datasetOf = (opened: Opened, request: Request): Catalog.Dataset =>
  Core.dataset(opened, parameter(request, "project"), parameter(request, "dataset"))

const patchDataset: BigQueryRoute.Handler = async (opened, request, origin) => {
  const before = datasetOf(opened, request)
  const given = BigQueryRoute.read(Given, request.body.toString("utf8"))
  const isWhole = request.method === "PUT"
  const after = {
    ...before,
    attributes: attributes(ofDataset, given, isWhole ? {} : before.attributes),
    modified: Date.now()
  }
  await opened.warehouse.change(() => opened.catalog.putDataset(after))
  return Answer.json(Resource.dataset(after, origin))
}

const deleteDataset: BigQueryRoute.Handler = async (opened, request) => {
  const { catalog, warehouse } = opened
  const found = datasetOf(opened, request)
  await warehouse.change(() => {
    const isFull = catalog.tables(found.project, found.id).length > 0
    if (isFull && request.query.get("deleteContents") !== "true") {
      throw new Refusal.Refusal("resourceInUse", `Dataset ${found.project}:${found.id} is still in use`)
    }
    return catalog.removeDataset(found)
  })
  return none
}

const listDatasets: BigQueryRoute.Handler = ({ catalog }, request, origin) => {
  const { items, nextPageToken } = BigQueryRoute.page(catalog.datasets(parameter(request, "project")), request, 1000)
  const datasets = items.map((dataset) => {
    const { datasetReference, friendlyName, id, kind, labels, location } = {
      friendlyName: undefined,
      labels: undefined,
      ...Resource.dataset(dataset, origin)
    }
    return { kind, id, datasetReference, friendlyName, labels, location }
  })
  return Answer.json({
    kind: "bigquery#datasetList",
    etag: "list",
    nextPageToken,
    ...(datasets.length === 0 ? {} : { datasets })
  })
}

const tableOf = (opened: Opened, request: Request): Catalog.Table =>
  Core.table(opened, {
    project: parameter(request, "project"),
    dataset: parameter(request, "dataset"),
    table: parameter(request, "table")
  })

const shown = async (opened: Opened, table: Catalog.Table, origin: string): Promise<Answer.Unary> => {
  const { location } = Core.dataset(opened, table.project, table.dataset)
  return Answer.json(Resource.table(table, location, await Core.count(opened, table), origin))
}

const Table = Schema.Struct({
  tableReference: Schema.optional(Schema.Struct({ tableId: Schema.String })),
  schema: Schema.optional(Schema.NullOr(Field.TableSchema))
})

const insertTable: BigQueryRoute.Handler = async (opened, request, origin) => {
  const { catalog, warehouse } = opened
  const dataset = datasetOf(opened, request)
  const text = request.body.toString("utf8")
  const { schema, tableReference } = BigQueryRoute.read(Table, text)
  const given = BigQueryRoute.read(Given, text)
  const other = otherTables.find((name) => given[name] !== undefined && given[name] !== null)
  if (other !== undefined) throw Refusal.unsupported(`tables with ${other}`)
  const id = tableReference?.tableId ?? ""
  Catalog.checkTable(id)
  const fields = Field.fields(schema?.fields ?? [])
  const now = Date.now()
  const life = Number(dataset.attributes["defaultTableExpirationMs"])
  const table: Catalog.Table = {
    project: dataset.project,
    dataset: dataset.id,
    id,
    physical: catalog.physical(),
    fields,
    attributes: {
      ...(life > 0 ? { expirationTime: String(now + life) } : {}),
      ...attributes(ofTable, given),
      ...Partitioning.read(given, fields)
    },
    created: now,
    modified: now
  }
  const reference = { project: table.project, dataset: table.dataset, table: id }
  await warehouse.change(() => {
    if (catalog.table(reference) !== undefined) throw Refusal.exists(`Table ${Catalog.shown(reference)}`)
    return Warehouse.together([Warehouse.statements(Core.create(table.physical, fields)), catalog.putTable(table)])
  })
  return shown(opened, table, origin)
}

const patchTable: BigQueryRoute.Handler = async (opened, request, origin) => {
  const { catalog, warehouse } = opened
  const { dataset, id, project } = tableOf(opened, request)
  const text = request.body.toString("utf8")
  const { schema } = BigQueryRoute.read(Table, text)
  const given = BigQueryRoute.read(Given, text)
  let after: Catalog.Table | undefined
  await warehouse.change(() => {
    const before = tableOf(opened, request)
    const name = Catalog.shown({ project, dataset, table: id })
    const wanted = schema?.fields === undefined ? before.fields : Field.fields(schema.fields)
    const isNew = before.fields.length === 0 && wanted.length > 0
    const fields = isNew ? wanted : Field.merged(name, before.fields, wanted, { add: true, relax: true, omit: false })
    const { clustering, timePartitioning } = Partitioning.read({ ...before.attributes, ...given }, fields)
    if (JSON.stringify(timePartitioning) !== JSON.stringify(before.attributes["timePartitioning"]) && !isNew) {
      throw Refusal.invalid(`Cannot change partitioning spec for a table that has one or should have none: ${name}`)
    }
    const isWhole = request.method === "PUT"
    after = {
      ...before,
      fields,
      physical: isNew ? catalog.physical() : before.physical,
      attributes: { ...attributes(ofTable, given, isWhole ? {} : before.attributes), timePartitioning, clustering },
      modified: Date.now()
    }
    const added = fields.slice(before.fields.length).map((field, index) => {
      return `ALTER TABLE "${before.physical}" ADD COLUMN "c${before.fields.length + index}" ${duck(Field.sqlType(field))}`
    })
    const moves = isNew ? [Core.create(after.physical, fields), `DROP TABLE "${before.physical}"`] : added
    return Warehouse.together([Warehouse.statements(...moves), catalog.putTable(after)])
  })
  return shown(opened, after ?? tableOf(opened, request), origin)
}

const deleteTable: BigQueryRoute.Handler = async (opened, request) => {
  await opened.warehouse.change(() => opened.catalog.removeTable(tableOf(opened, request)))
  return none
}

const listTables: BigQueryRoute.Handler = (opened, request) => {
  const { id, project } = datasetOf(opened, request)
  const all = opened.catalog.tables(project, id)
  const { items, nextPageToken } = BigQueryRoute.page(all, request, 1000)
  const tables = items.map(Resource.listedTable)
  return Answer.json({
    kind: "bigquery#tableList",
    etag: "list",
    nextPageToken,
    ...(tables.length === 0 ? {} : { tables }),
    totalItems: all.length
  })
}

const listRows: BigQueryRoute.Handler = async (opened, request) => {
  const { fields, physical } = tableOf(opened, request)
  const { rows } = await Core.count(opened, { fields, physical }, new Set())
  const names = (request.query.get("selectedFields") ?? "").split(",").filter((name) => name !== "")
  const selected = names.map((name) => {
    const index = fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase())
    if (index < 0)
      throw name.includes(".")
        ? Refusal.unsupported("parts of records in selectedFields")
        : Refusal.invalid(`No such field: ${name}`)
    return index
  })
  const all = { physical, fields, rows: Number(rows) }
  const page = await BigQueryRows.page(
    opened,
    all,
    BigQueryRows.asked(request, all),
    selected.length === 0 ? undefined : selected.toSorted((a, b) => a - b)
  )
  return Answer.json({ kind: "bigquery#tableDataList", etag: physical, totalRows: String(rows), ...page })
}

const insertAll: BigQueryRoute.Handler = async (opened, request) => {
  const table = tableOf(opened, request)
  const text = request.body.toString("utf8")
  const options = BigQueryRoute.read(Streaming.Insert, text)
  const body = Json.parse(text)
  const insertErrors = await opened.streaming.insert(
    opened,
    table,
    options,
    Json.isObject(body) ? body["rows"] : undefined
  )
  return Answer.json({
    kind: "bigquery#tableDataInsertAllResponse",
    ...(insertErrors.length === 0 ? {} : { insertErrors })
  })
}

/**
 * The routes of datasets and tables.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const route = BigQueryRoute.make(state)
  const datasets = `${BigQueryRoute.project}/datasets`
  const dataset = `${datasets}/(?<dataset>[^/]+)`
  const tables = `${dataset}/tables`
  const table = `${tables}/(?<table>[^/]+)`
  return [
    route("datasets.list", "GET", datasets, listDatasets),
    route("datasets.insert", "POST", datasets, insertDataset),
    route("datasets.get", "GET", dataset, (opened, request, origin) =>
      Answer.json(Resource.dataset(datasetOf(opened, request), origin))
    ),
    route("datasets.patch", "PATCH", dataset, patchDataset),
    route("datasets.update", "PUT", dataset, patchDataset),
    route("datasets.delete", "DELETE", dataset, deleteDataset),
    route("tables.list", "GET", tables, listTables),
    route("tables.insert", "POST", tables, insertTable),
    route("tables.get", "GET", table, (opened, request, origin) => shown(opened, tableOf(opened, request), origin)),
    route("tables.patch", "PATCH", table, patchTable),
    route("tables.update", "PUT", table, patchTable),
    route("tables.delete", "DELETE", table, deleteTable),
    route("tabledata.list", "GET", `${table}/data`, listRows),
    route("tabledata.insertAll", "POST", `${table}/insertAll`, insertAll)
  ]
}
