/**
 * Expressions of DuckDB's SQL with the type that they have in GoogleSQL, and what may become what.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules
 *
 * @since 0.1.0
 */
import * as Datum from "../Datum.ts"
import * as Literal from "../Literal.ts"
import * as SqlType from "../SqlType.ts"

/**
 * An expression. `constant` is the value of a literal or parameter; `isNull` marks the literal NULL, `items` a literal array: they may become other types.
 *
 * `leaves` marks sums and products of FLOAT64 that have not been looked at for an overflow yet, by what goes into them.
 *
 * @since 0.1.0
 */
export interface Typed {
  readonly sql: string
  readonly type: SqlType.SqlType
  readonly constant?: Datum.Datum
  readonly isNull?: boolean
  readonly items?: ReadonlyArray<Typed>
  readonly leaves?: ReadonlyArray<string>
}

/** @since 0.1.0 */
export const make = (type: SqlType.SqlType, sql: string): Typed => ({ type, sql })

/** @since 0.1.0 */
export const literal = (type: SqlType.SqlType, value: Datum.Datum): Typed => ({
  type,
  sql: Literal.write(type, value),
  constant: value
})

/**
 * NULL. It is an INT64 until something else is wanted.
 *
 * @since 0.1.0
 */
export const nothing: Typed = { ...literal(SqlType.scalar("INT64"), null), isNull: true }

const texts: ReadonlySet<string> = new Set(["DATE", "DATETIME", "TIME", "TIMESTAMP"])

/**
 * What it costs an expression to become a type: 0 it is one, 1 a literal that can be written as one, 2 a number that widens. Undefined when it cannot.
 *
 * @since 0.1.0
 */
export const cost = (from: Typed, to: SqlType.SqlType): number | undefined => {
  if (SqlType.isSame(from.type, to)) return 0
  if (from.isNull === true) return 1
  if (from.items !== undefined && to.kind === "ARRAY") {
    const costs = from.items.map((item) => cost(item, to.item))
    return costs.includes(undefined) ? undefined : 1
  }
  const { constant } = from
  if (from.type.kind === "STRING" && typeof constant === "string" && texts.has(to.kind)) {
    return to.kind !== "ARRAY" &&
      to.kind !== "STRUCT" &&
      to.kind !== "JSON" &&
      Datum.read(to.kind, constant) !== undefined
      ? 1
      : undefined
  }
  if (
    from.type.kind === "FLOAT64" &&
    typeof constant === "number" &&
    (to.kind === "NUMERIC" || to.kind === "BIGNUMERIC")
  ) {
    return Number.isFinite(constant) ? 1 : undefined
  }
  if (!SqlType.widens(from.type, to)) return undefined
  return constant === undefined ? 2 : 1
}

/**
 * Makes an expression the type, by itself. Undefined when that cannot be.
 *
 * @since 0.1.0
 */
export const coerce = (from: Typed, to: SqlType.SqlType): Typed | undefined => {
  const price = cost(from, to)
  if (price === undefined) return undefined
  if (price === 0) return from
  if (from.isNull === true) return { ...literal(to, null), isNull: true }
  if (from.items !== undefined && to.kind === "ARRAY") {
    const items = from.items.map((item) => coerce(item, to.item)).filter((item) => item !== undefined)
    return { type: to, items, sql: arraySql(to, items) }
  }
  const { constant } = from
  if (typeof constant === "string" && to.kind !== "ARRAY" && to.kind !== "STRUCT" && to.kind !== "JSON") {
    return literal(to, Datum.read(to.kind, constant) ?? null)
  }
  if (typeof constant === "number" && (to.kind === "NUMERIC" || to.kind === "BIGNUMERIC")) {
    return literal(to, Datum.decimal(String(constant), to.kind) ?? null)
  }
  return { type: to, sql: `CAST(${from.sql} AS ${SqlType.duck(to)})` }
}

/**
 * Writes an array of expressions that have the array's item type.
 *
 * @since 0.1.0
 */
export const arraySql = (type: SqlType.SqlType, items: ReadonlyArray<Typed>): string =>
  `CAST([${items.map(({ sql }) => sql).join(", ")}] AS ${SqlType.duck(type)})`

/**
 * The type that all of the expressions can become: that of one of them. INT64 when all are NULL; undefined when there is none.
 *
 * @since 0.1.0
 */
export const supertype = (all: ReadonlyArray<Typed>): SqlType.SqlType | undefined => {
  const typed = all.filter(({ isNull }) => isNull !== true)
  // What is no literal has the first word: it cannot change.
  const ordered = [
    ...typed.filter(({ constant }) => constant === undefined),
    ...typed.filter(({ constant }) => constant !== undefined)
  ]
  const fits = (type: SqlType.SqlType) => all.every((one) => cost(one, type) !== undefined)
  return typed.length === 0 ? nothing.type : ordered.find(({ type }) => fits(type))?.type
}

/** Looks once at a whole sum or product: it may be infinite only where something in it was. */
const overflow = "error('Floating point error: the result is not finite')"

/**
 * Makes an overflow of FLOAT64 the error that it is in BigQuery; DuckDB would go on with infinity.
 *
 * @since 0.1.0
 */
export const checked = (of: Typed): Typed => {
  if (of.leaves === undefined) return of
  const inputs = of.leaves.map((leaf) => `isfinite(${leaf})`).join(" AND ")
  return make(of.type, `CASE WHEN NOT isfinite(${of.sql}) AND ${inputs} THEN ${overflow} ELSE ${of.sql} END`)
}
