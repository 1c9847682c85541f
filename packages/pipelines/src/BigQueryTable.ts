/**
 * Tables of BigQuery as plain data: where they are, and what is in them.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { InvalidName } from "./BigQueryError.ts"

/**
 * The types of fields, by the names of GoogleSQL.
 *
 * @since 0.1.0
 */
export type FieldType =
  | "BIGNUMERIC"
  | "BOOL"
  | "BYTES"
  | "DATE"
  | "DATETIME"
  | "FLOAT64"
  | "INT64"
  | "JSON"
  | "NUMERIC"
  | "STRING"
  | "STRUCT"
  | "TIME"
  | "TIMESTAMP"

/**
 * A field; `fields` are those of a STRUCT. Default mode: NULLABLE.
 *
 * @since 0.1.0
 */
export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly mode?: "NULLABLE" | "REPEATED" | "REQUIRED"
  readonly description?: string
  readonly fields?: ReadonlyArray<Field>
}

/**
 * Where a table is: in the client's project.
 *
 * @since 0.1.0
 */
export interface TableName {
  readonly dataset: string
  readonly table: string
}

/**
 * A table: partitioned by days of a field (or hours, months, years), clustered by up to four.
 *
 * @since 0.1.0
 */
export interface Table extends TableName {
  readonly fields: ReadonlyArray<Field>
  readonly partition?: { readonly field: string; readonly by?: "DAY" | "HOUR" | "MONTH" | "YEAR" }
  readonly cluster?: ReadonlyArray<string>
  readonly description?: string
}

/** Stricter than the product, so that a name never needs care where it is used. */
const pattern = /^[A-Za-z_][A-Za-z0-9_]{0,299}$/

const name = (what: InvalidName["what"], text: string): Result.Result<string, InvalidName> =>
  pattern.test(text) ? Result.succeed(text) : Result.fail(new InvalidName({ what, name: text }))

/**
 * Checks the name of a dataset: up to 300 letters, digits and `_`, no digit first. Fails with `InvalidName`.
 *
 * @since 0.1.0
 */
export const checkDataset = (text: string): Result.Result<string, InvalidName> => name("dataset", text)

/**
 * Checks the names of a table and its dataset, in the same way. Fails with `InvalidName`.
 *
 * @since 0.1.0
 */
export const checkName = <A extends TableName>(table: A): Result.Result<A, InvalidName> =>
  Result.map(
    Result.flatMap(checkDataset(table.dataset), () => name("table", table.table)),
    () => table
  )

const checkFields = (fields: ReadonlyArray<Field>): Result.Result<void, InvalidName> => {
  const seen = new Set<string>()
  for (const field of fields) {
    const lower = field.name.toLowerCase()
    const checked = seen.has(lower)
      ? Result.fail(new InvalidName({ what: "duplicate column", name: field.name }))
      : name("column", field.name)
    if (Result.isFailure(checked)) return Result.fail(checked.failure)
    seen.add(lower)
    const inner = checkFields(field.fields ?? [])
    if (Result.isFailure(inner)) return inner
  }
  return Result.void
}

/**
 * Checks all names of a table: also those of its fields, which may not come twice, and that it is partitioned and clustered by fields of its own. Fails
 * with `InvalidName`.
 *
 * @since 0.1.0
 */
export const check = (table: Table): Result.Result<Table, InvalidName> =>
  Result.gen(function* () {
    yield* checkName(table)
    yield* checkFields(table.fields)
    const used = [...(table.partition === undefined ? [] : [table.partition.field]), ...(table.cluster ?? [])]
    const unknown = used.find((one) => !table.fields.some(({ name }) => name === one))
    return unknown === undefined
      ? table
      : yield* Result.fail(new InvalidName({ what: "missing column", name: unknown }))
  })

/**
 * A difference between a table as it is wanted and as it is: a field's path with its type and mode on either side, null where it is not.
 * `(partition)` and `(cluster)` stand for the layout.
 *
 * @since 0.1.0
 */
export interface Difference {
  readonly field: string
  readonly wanted: string | null
  readonly found: string | null
}

/**
 * A field as a table has it, whatever its type may be.
 *
 * @since 0.1.0
 */
export interface FoundField {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly fields?: ReadonlyArray<FoundField>
}

/**
 * A table as it is.
 *
 * @since 0.1.0
 */
export interface Found extends Pick<Table, "cluster" | "partition"> {
  readonly fields: ReadonlyArray<FoundField>
}

const shown = ({ mode = "NULLABLE", type }: FoundField): string => `${type} ${mode}`

const fieldDifferences = (
  wanted: ReadonlyArray<FoundField>,
  found: ReadonlyArray<FoundField>,
  path: string
): ReadonlyArray<Difference> => {
  const same = (a: FoundField) => (b: FoundField) => a.name.toLowerCase() === b.name.toLowerCase()
  const missing = wanted.flatMap((field): ReadonlyArray<Difference> => {
    const other = found.find(same(field))
    const at = `${path}${field.name}`
    if (other === undefined || shown(field) !== shown(other)) {
      return [{ field: at, wanted: shown(field), found: other === undefined ? null : shown(other) }]
    }
    return fieldDifferences(field.fields ?? [], other.fields ?? [], `${at}.`)
  })
  // Further fields do no harm, unless rows need them.
  const needed = found.filter((field) => field.mode === "REQUIRED" && !wanted.some(same(field)))
  return [...missing, ...needed.map((field) => ({ field: `${path}${field.name}`, wanted: null, found: shown(field) }))]
}

/**
 * What stands between a table as it is and rows of the one that is wanted; [] when they fit. Fields that are further there and may be NULL, and the order of
 * fields, do not matter.
 *
 * @since 0.1.0
 */
export const differences = (wanted: Table, found: Found): ReadonlyArray<Difference> => {
  const layout = (field: string, a: string | null, b: string | null) =>
    a === b ? [] : [{ field, wanted: a, found: b }]
  const partition = ({ partition }: Pick<Table, "partition">) =>
    partition === undefined ? null : `${partition.by ?? "DAY"} of ${partition.field}`
  const cluster = ({ cluster }: Pick<Table, "cluster">) =>
    cluster === undefined || cluster.length === 0 ? null : cluster.join(", ")
  return [
    ...fieldDifferences(wanted.fields, found.fields, ""),
    ...layout("(partition)", partition(wanted), partition(found)),
    ...layout("(cluster)", cluster(wanted), cluster(found))
  ]
}

/**
 * The fields of a table that are missing in another, at the top and with a mode that lets them be added to it.
 *
 * @since 0.1.0
 */
export const addable = (wanted: Table, differences: ReadonlyArray<Difference>): ReadonlyArray<Field> =>
  wanted.fields.filter(
    (field) =>
      field.mode !== "REQUIRED" &&
      differences.some((difference) => difference.field === field.name && difference.found === null)
  )
