/**
 * The datasets and tables of a server, and where each table lies in DuckDB.
 *
 * Names of users never become names in DuckDB: tables are `t1`, `t2`, ... there. With a file what is here is kept in a table beside them, changed in the same transactions.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest/v2/tables
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Field } from "./Field.ts"
import * as Literal from "./Literal.ts"
import * as Refusal from "./Refusal.ts"
import type { Change } from "./Warehouse.ts"

/**
 * What a caller has put on a dataset or table, as it came.
 *
 * @since 0.1.0
 */
export type Attributes = { readonly [name: string]: unknown }

/**
 * A dataset. Times are milliseconds since 1970.
 *
 * @since 0.1.0
 */
export interface Dataset {
  readonly project: string
  readonly id: string
  readonly location: string
  readonly attributes: Attributes
  readonly created: number
  readonly modified: number
}

/**
 * A table; `physical` is its name in DuckDB.
 *
 * @since 0.1.0
 */
export interface Table {
  readonly project: string
  readonly dataset: string
  readonly id: string
  readonly physical: string
  readonly fields: ReadonlyArray<Field>
  readonly attributes: Attributes
  readonly created: number
  readonly modified: number
}

/** @since 0.1.0 */
export interface Reference {
  readonly project: string
  readonly dataset: string
  readonly table: string
}

/** @since 0.1.0 */
export const shown = ({ dataset, project, table }: Reference): string => `${project}:${dataset}.${table}`

/**
 * The datasets and tables. What changes them comes back as a change, to be done together with what else belongs to it.
 *
 * @since 0.1.0
 */
export interface Catalog {
  readonly datasets: (project: string) => ReadonlyArray<Dataset>
  readonly dataset: (project: string, id: string) => Dataset | undefined
  readonly tables: (project: string, dataset: string) => ReadonlyArray<Table>
  readonly table: (reference: Reference) => Table | undefined
  /** The tables' names in DuckDB. */
  readonly physicals: () => ReadonlyArray<string>
  /** A new name in DuckDB. */
  readonly physical: () => string
  readonly putDataset: (dataset: Dataset) => Change
  readonly putTable: (table: Table) => Change
  readonly removeDataset: (dataset: Dataset) => Change
  readonly removeTable: (table: Table) => Change
}

const word = /^[A-Za-z0-9_]{1,1024}$/
const tableName = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}]{1,1024}$/u

/**
 * Checks a dataset's name. Throws Refusal.
 *
 * @since 0.1.0
 */
export const checkDataset = (id: string): void => {
  if (!word.test(id)) {
    throw Refusal.invalid(
      `Invalid dataset ID "${id}". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.`
    )
  }
}

/**
 * Checks a table's name. Throws Refusal.
 *
 * @since 0.1.0
 */
export const checkTable = (id: string): void => {
  if (id.includes("$")) throw Refusal.unsupported("partition decorators")
  if (!tableName.test(id)) {
    throw Refusal.invalid(
      `Invalid table ID "${id}". Table IDs must be letters, numbers, connectors, dashes or spaces, at most 1024 characters.`
    )
  }
}

/**
 * The table in which the catalogue is kept.
 *
 * @since 0.1.0
 */
export const kept = "_kept"

/** @since 0.1.0 */
export const keep = (kind: string, key: string, value: unknown): string =>
  `INSERT OR REPLACE INTO "${kept}" VALUES (${[kind, key, JSON.stringify(value)].map(Literal.text).join(", ")})`

/** @since 0.1.0 */
export const forget = (kind: string, key: string): string =>
  `DELETE FROM "${kept}" WHERE kind = ${Literal.text(kind)} AND key = ${Literal.text(key)}`

const Dataset = Schema.Struct({
  project: Schema.String,
  id: Schema.String,
  location: Schema.String,
  attributes: Schema.Record(Schema.String, Schema.Unknown),
  created: Schema.Number,
  modified: Schema.Number
})

const Field: Schema.Codec<Field> = Schema.suspend(() =>
  Schema.Struct({
    name: Schema.String,
    type: Schema.String,
    mode: Schema.Literals(["NULLABLE", "REPEATED", "REQUIRED"]),
    description: Schema.optionalKey(Schema.String),
    fields: Schema.optionalKey(Schema.Array(Field))
  })
)

const Table = Schema.Struct({
  project: Schema.String,
  dataset: Schema.String,
  id: Schema.String,
  physical: Schema.String,
  fields: Schema.Array(Field),
  attributes: Schema.Record(Schema.String, Schema.Unknown),
  created: Schema.Number,
  modified: Schema.Number
})

const readDataset = Schema.decodeUnknownSync(Schema.fromJsonString(Dataset))
const readTable = Schema.decodeUnknownSync(Schema.fromJsonString(Table))

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1)

/**
 * Starts with what was kept; `first` is the first free number of a physical table.
 *
 * @since 0.1.0
 */
export const make = (
  saved: { readonly datasets: ReadonlyArray<string>; readonly tables: ReadonlyArray<string> },
  first: number
): Catalog => {
  const datasets = new Map<string, Dataset>()
  const tables = new Map<string, Table>()
  const datasetKey = (project: string, id: string) => `${project}:${id}`
  for (const dataset of saved.datasets.map((text) => readDataset(text)))
    datasets.set(datasetKey(dataset.project, dataset.id), dataset)
  for (const table of saved.tables.map((text) => readTable(text))) {
    tables.set(shown({ project: table.project, dataset: table.dataset, table: table.id }), table)
  }
  let next = first
  const keyOf = (table: Table) => shown({ project: table.project, dataset: table.dataset, table: table.id })
  const isThere = ({ attributes }: Table) => !(Number(attributes["expirationTime"]) <= Date.now())
  const tablesOf = (project: string, dataset: string) =>
    [...tables.values()]
      .filter((table) => table.project === project && table.dataset === dataset && isThere(table))
      .toSorted(byId)
  return {
    datasets: (project) => [...datasets.values()].filter((dataset) => dataset.project === project).toSorted(byId),
    dataset: (project, id) => datasets.get(datasetKey(project, id)),
    tables: tablesOf,
    table: (reference) => {
      const table = tables.get(shown(reference))
      return table !== undefined && isThere(table) ? table : undefined
    },
    physicals: () => [...tables.values()].map(({ physical }) => physical),
    physical: () => `t${next++}`,
    putDataset: (dataset) => {
      const key = datasetKey(dataset.project, dataset.id)
      return { statements: [keep("dataset", key, dataset)], apply: () => void datasets.set(key, dataset) }
    },
    putTable: (table) => ({
      statements: [keep("table", keyOf(table), table)],
      apply: () => void tables.set(keyOf(table), table)
    }),
    removeDataset: ({ id, project }) => {
      const key = datasetKey(project, id)
      const gone = tablesOf(project, id)
      return {
        statements: [
          forget("dataset", key),
          ...gone.flatMap((table) => [forget("table", keyOf(table)), `DROP TABLE "${table.physical}"`])
        ],
        apply: () => {
          datasets.delete(key)
          for (const table of gone) tables.delete(keyOf(table))
        }
      }
    },
    removeTable: (table) => ({
      statements: [forget("table", keyOf(table)), `DROP TABLE "${table.physical}"`],
      apply: () => void tables.delete(keyOf(table))
    })
  }
}
