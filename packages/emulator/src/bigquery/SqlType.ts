/**
 * The types of GoogleSQL and what each is in DuckDB.
 *
 * Names never reach DuckDB: columns are `c0`, `c1`, ... and the fields of a STRUCT `f0`, `f1`, ... by position, so a name can neither break out of
 * a statement nor collide with another.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
 *
 * @since 0.1.0
 */

/**
 * The types without parts.
 *
 * @since 0.1.0
 */
export type Scalar =
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
  | "TIME"
  | "TIMESTAMP"

/**
 * A type. The name of a STRUCT's field is empty when it has none.
 *
 * @since 0.1.0
 */
export type SqlType =
  | { readonly kind: Scalar }
  | { readonly kind: "ARRAY"; readonly item: SqlType }
  | { readonly kind: "STRUCT"; readonly fields: ReadonlyArray<StructField> }

/**
 * A field of a STRUCT.
 *
 * @since 0.1.0
 */
export interface StructField {
  readonly name: string
  readonly type: SqlType
}

/**
 * DATETIME and TIMESTAMP are both DuckDB's TIMESTAMP, in UTC: so nothing depends on a session's time zone. JSON is its text in a normal form.
 * NUMERIC is exact; of BIGNUMERIC's 38 digits behind the point DuckDB keeps 18.
 */
const physical: { readonly [K in Scalar]: string } = {
  BIGNUMERIC: "DECIMAL(38,18)",
  BOOL: "BOOLEAN",
  BYTES: "BLOB",
  DATE: "DATE",
  DATETIME: "TIMESTAMP",
  FLOAT64: "DOUBLE",
  INT64: "BIGINT",
  JSON: "VARCHAR",
  NUMERIC: "DECIMAL(38,9)",
  STRING: "VARCHAR",
  TIME: "TIME",
  TIMESTAMP: "TIMESTAMP"
}

/**
 * Digits behind the point.
 *
 * @since 0.1.0
 */
export const scale = { NUMERIC: 9, BIGNUMERIC: 18 } as const

/** @since 0.1.0 */
export const isScalar = (name: string): name is Scalar => Object.hasOwn(physical, name)

/** @since 0.1.0 */
export const scalar = (kind: Scalar): SqlType => ({ kind })

/** @since 0.1.0 */
export const array = (item: SqlType): SqlType => ({ kind: "ARRAY", item })

/** The names that GoogleSQL has beside its own. */
const aliases: { readonly [alias: string]: Scalar } = {
  BIGDECIMAL: "BIGNUMERIC",
  BIGINT: "INT64",
  BOOLEAN: "BOOL",
  BYTEINT: "INT64",
  DECIMAL: "NUMERIC",
  INT: "INT64",
  INTEGER: "INT64",
  SMALLINT: "INT64",
  TINYINT: "INT64"
}

/**
 * Finds a type without parts by a name of GoogleSQL, in any case.
 *
 * @since 0.1.0
 */
export const named = (name: string): Scalar | undefined => {
  const upper = name.toUpperCase()
  if (isScalar(upper)) return upper
  return Object.hasOwn(aliases, upper) ? aliases[upper] : undefined
}

/**
 * Writes a type as GoogleSQL does in its messages: `ARRAY<STRUCT<a INT64, STRING>>`.
 *
 * @since 0.1.0
 */
export const show = (type: SqlType): string => {
  switch (type.kind) {
    case "ARRAY":
      return `ARRAY<${show(type.item)}>`
    case "STRUCT":
      return `STRUCT<${type.fields.map(({ name, type }) => (name === "" ? show(type) : `${name} ${show(type)}`)).join(", ")}>`
    default:
      return type.kind
  }
}

/**
 * Writes the type that stands for it in DuckDB.
 *
 * @since 0.1.0
 */
export const duck = (type: SqlType): string => {
  switch (type.kind) {
    case "ARRAY":
      return `${duck(type.item)}[]`
    case "STRUCT":
      return `STRUCT(${type.fields.map(({ type }, index) => `"f${index}" ${duck(type)}`).join(", ")})`
    default:
      return physical[type.kind]
  }
}

/**
 * Whether two types are the same but for the names of fields.
 *
 * @since 0.1.0
 */
export const isSame = (a: SqlType, b: SqlType): boolean => {
  if (a.kind === "ARRAY") return b.kind === "ARRAY" && isSame(a.item, b.item)
  if (a.kind !== "STRUCT") return a.kind === b.kind
  if (b.kind !== "STRUCT" || a.fields.length !== b.fields.length) return false
  return a.fields.every(({ type }, index) => {
    const other = b.fields[index]
    return other !== undefined && isSame(type, other.type)
  })
}

/** Where a value may go by itself. */
const widened: { readonly [K in Scalar]?: ReadonlyArray<Scalar> } = {
  INT64: ["NUMERIC", "BIGNUMERIC", "FLOAT64"],
  NUMERIC: ["BIGNUMERIC", "FLOAT64"],
  BIGNUMERIC: ["FLOAT64"]
}

/**
 * Whether a value of one type becomes the other by itself: numbers widen, in arrays nothing does.
 *
 * @since 0.1.0
 */
export const widens = (from: SqlType, to: SqlType): boolean =>
  isSame(from, to) ||
  (from.kind !== "ARRAY" &&
    from.kind !== "STRUCT" &&
    to.kind !== "ARRAY" &&
    to.kind !== "STRUCT" &&
    widened[from.kind]?.includes(to.kind) === true)

/** @since 0.1.0 */
export const isNumber = ({ kind }: SqlType): boolean =>
  kind === "INT64" || kind === "NUMERIC" || kind === "BIGNUMERIC" || kind === "FLOAT64"

/**
 * Whether values can be sorted and compared by size: all but JSON, arrays and structs.
 *
 * @since 0.1.0
 */
export const isOrdered = ({ kind }: SqlType): boolean => kind !== "ARRAY" && kind !== "STRUCT" && kind !== "JSON"
