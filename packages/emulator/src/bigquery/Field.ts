/**
 * Schemas of tables, as the API has them.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Refusal from "./Refusal.ts"
import * as SqlType from "./SqlType.ts"

/** The names of types in the API, which are those of the older dialect. */
const names: { readonly [K in SqlType.Scalar]: string } = {
  BIGNUMERIC: "BIGNUMERIC",
  BOOL: "BOOLEAN",
  BYTES: "BYTES",
  DATE: "DATE",
  DATETIME: "DATETIME",
  FLOAT64: "FLOAT",
  INT64: "INTEGER",
  JSON: "JSON",
  NUMERIC: "NUMERIC",
  STRING: "STRING",
  TIME: "TIME",
  TIMESTAMP: "TIMESTAMP"
}

/** What the product has and the emulator has not. */
const missing: ReadonlySet<string> = new Set(["GEOGRAPHY", "INTERVAL", "RANGE", "FOREIGN"])

const modes = ["NULLABLE", "REPEATED", "REQUIRED"] as const

/**
 * A field: `type` is the API's name, `fields` those of a RECORD.
 *
 * @since 0.1.0
 */
export interface Field {
  readonly name: string
  readonly type: string
  readonly mode: (typeof modes)[number]
  readonly description?: string
  readonly fields?: ReadonlyArray<Field>
}

/**
 * A field as it comes: names in any case, most of it left out.
 *
 * @since 0.1.0
 */
export interface Given {
  readonly name: string
  readonly type: string
  readonly mode?: string | null | undefined
  readonly description?: string | null | undefined
  readonly fields?: ReadonlyArray<Given> | null | undefined
  readonly precision?: unknown
  readonly scale?: unknown
  readonly maxLength?: unknown
  readonly defaultValueExpression?: unknown
  readonly collation?: unknown
}

const Nullish = Schema.optional(Schema.NullOr(Schema.String))

const Given: Schema.Codec<Given> = Schema.suspend(() =>
  Schema.Struct({
    name: Schema.String,
    type: Schema.String,
    mode: Nullish,
    description: Nullish,
    fields: Schema.optional(Schema.NullOr(Schema.Array(Given))),
    precision: Schema.optional(Schema.Unknown),
    scale: Schema.optional(Schema.Unknown),
    maxLength: Schema.optional(Schema.Unknown),
    defaultValueExpression: Schema.optional(Schema.Unknown),
    collation: Schema.optional(Schema.Unknown)
  })
)

/**
 * A schema as it comes in a request.
 *
 * @since 0.1.0
 */
export const TableSchema = Schema.Struct({ fields: Schema.optional(Schema.Array(Given)) })

const word = /^[A-Za-z_][A-Za-z0-9_]{0,299}$/

/** Beginnings of names that the service keeps for itself. */
const reserved = /^(?:_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER)/i

const parameters = ["precision", "scale", "maxLength", "defaultValueExpression", "collation"] as const

const field = (given: Given, path: string, depth: number): Field => {
  const { description, name } = given
  const at = path === "" ? name : `${path}.${name}`
  if (!word.test(name) || reserved.test(name)) {
    throw Refusal.invalid(
      `Invalid field name "${name}". Fields must contain only letters, numbers, and underscores, start with a letter or underscore, and be at most 300 characters long.`
    )
  }
  if (depth > 15) throw Refusal.invalid(`Field ${at} is nested too deeply. The limit is 15 levels.`)
  const upper = given.type.toUpperCase()
  if (missing.has(upper)) throw Refusal.unsupported(`the type ${upper} (field ${at})`)
  const parameter = parameters.find((key) => given[key] !== undefined && given[key] !== null && given[key] !== "")
  if (parameter !== undefined) throw Refusal.unsupported(`${parameter} (field ${at})`)
  const isRecord = upper === "RECORD" || upper === "STRUCT"
  const scalar = SqlType.named(upper === "FLOAT" ? "FLOAT64" : upper)
  if (!isRecord && scalar === undefined) {
    throw Refusal.invalid(`Invalid value for type: ${given.type} is not a valid value (field ${at})`)
  }
  const upperMode = (given.mode ?? "NULLABLE").toUpperCase()
  const mode = modes.find((mode) => mode === upperMode)
  if (mode === undefined)
    throw Refusal.invalid(`Invalid value for mode: ${given.mode} is not a valid value (field ${at})`)
  if (isRecord && (given.fields ?? []).length === 0)
    throw Refusal.invalid(`Field ${at} is type RECORD but has no schema`)
  return {
    name,
    type: scalar === undefined ? "RECORD" : names[scalar],
    mode,
    ...(typeof description === "string" ? { description } : {}),
    ...(isRecord ? { fields: fields(given.fields ?? [], at, depth + 1) } : {})
  }
}

/**
 * Checks a schema that came. Throws Refusal: names, types and modes that do not exist, names that come twice, records without fields.
 *
 * @since 0.1.0
 */
export const fields = (given: ReadonlyArray<Given>, path = "", depth = 1): ReadonlyArray<Field> => {
  const seen = new Set<string>()
  return given.map((one) => {
    const lower = one.name.toLowerCase()
    if (seen.has(lower))
      throw Refusal.invalid(`Duplicate field name: ${path === "" ? one.name : `${path}.${one.name}`}`)
    seen.add(lower)
    return field(one, path, depth)
  })
}

/**
 * The type of a field's values, an ARRAY when it is repeated.
 *
 * @since 0.1.0
 */
export const sqlType = ({ fields = [], mode, type }: Field): SqlType.SqlType => {
  const scalar = SqlType.named(type === "FLOAT" ? "FLOAT64" : type)
  const one: SqlType.SqlType =
    scalar === undefined
      ? { kind: "STRUCT", fields: fields.map((field) => ({ name: field.name, type: sqlType(field) })) }
      : SqlType.scalar(scalar)
  return mode === "REPEATED" ? SqlType.array(one) : one
}

/**
 * The field that a column of a result is. Columns without a name get `f0_`, `f1_`, ...
 *
 * @since 0.1.0
 */
export const ofType = (name: string, type: SqlType.SqlType, index = 0): Field => {
  const named = name === "" ? `f${index}_` : name
  switch (type.kind) {
    case "ARRAY":
      return { ...ofType(named, type.item), mode: "REPEATED" }
    case "STRUCT":
      return {
        name: named,
        type: "RECORD",
        mode: "NULLABLE",
        fields: type.fields.map(({ name, type }, index) => ofType(name === "" ? `_field_${index + 1}` : name, type))
      }
    default:
      return { name: named, type: names[type.kind], mode: "NULLABLE" }
  }
}

/**
 * Brings a schema together with a newer one. Throws Refusal when that is not just new fields that may be NULL and REQUIRED that becomes NULLABLE.
 *
 * @since 0.1.0
 */
export const merged = (
  table: string,
  before: ReadonlyArray<Field>,
  after: ReadonlyArray<Field>,
  may: { readonly add: boolean; readonly relax: boolean; readonly omit: boolean }
): ReadonlyArray<Field> => {
  const mismatch = (detail: string) => Refusal.invalid(`Provided Schema does not match Table ${table}. ${detail}`)
  const find = (list: ReadonlyArray<Field>, name: string) =>
    list.find((other) => other.name.toLowerCase() === name.toLowerCase())
  const kept = before.map((field): Field => {
    const newer = find(after, field.name)
    if (newer === undefined) {
      if (!may.omit || field.mode === "REQUIRED") throw mismatch(`Field ${field.name} is missing in new schema`)
      return field
    }
    if (newer.type !== field.type) {
      throw mismatch(`Field ${field.name} has changed type from ${field.type} to ${newer.type}`)
    }
    const relaxes = field.mode === "REQUIRED" && newer.mode === "NULLABLE"
    if (newer.mode !== field.mode && !(relaxes && may.relax)) {
      throw mismatch(`Field ${field.name} has changed mode from ${field.mode} to ${newer.mode}`)
    }
    if (field.fields !== undefined)
      merged(`${table}, field ${field.name}`, field.fields, newer.fields ?? [], { ...may, add: false })
    return {
      ...field,
      mode: newer.mode,
      ...(newer.description === undefined ? {} : { description: newer.description })
    }
  })
  const added = after.filter(({ name }) => find(before, name) === undefined)
  for (const { mode, name } of added) {
    if (!may.add) throw mismatch(`Cannot add fields (field: ${name})`)
    if (mode === "REQUIRED") throw mismatch(`Cannot add required fields to an existing schema. (field: ${name})`)
  }
  return [...kept, ...added]
}
