/**
 * Comparisons and sort keys as GoogleSQL has them: NULL comes first, then NaN, and NaN is equal to nothing.
 *
 * @since 0.1.0
 */
import * as SqlType from "../SqlType.ts"
import * as Typed from "./Typed.ts"

const duck: { readonly [operator: string]: string } = { "!=": "<>" }

/** A literal is not converted at run time, and a number of a column only where that is exact. */
const asFloat = (of: Typed.Typed): Typed.Typed => {
  const float = SqlType.scalar("FLOAT64")
  if (of.type.kind === "INT64" && of.constant === undefined) return Typed.make(float, `bq_exact(${of.sql})`)
  return Typed.coerce(of, float) ?? of
}

/**
 * Compares two expressions. Undefined when their types cannot be compared with this operator.
 *
 * @since 0.1.0
 */
export const write = (operator: string, left: Typed.Typed, right: Typed.Typed): string | undefined => {
  const type = Typed.supertype([left, right])
  if (type === undefined) return undefined
  if (type.kind === "FLOAT64") {
    const [a, b] = [asFloat(left).sql, asFloat(right).sql]
    switch (operator) {
      case "=":
        return `bq_feq(${a}, ${b})`
      case "!=":
        return `(NOT bq_feq(${a}, ${b}))`
      case "<":
        return `bq_flt(${a}, ${b})`
      case "<=":
        return `bq_fle(${a}, ${b})`
      case ">":
        return `bq_flt(${b}, ${a})`
      case ">=":
        return `bq_fle(${b}, ${a})`
      default:
        return `(${a} ${operator} ${b})`
    }
  }
  const [a, b] = [Typed.coerce(left, type), Typed.coerce(right, type)]
  if (!SqlType.isOrdered(type) || a === undefined || b === undefined) return undefined
  return `(${a.sql} ${duck[operator] ?? operator} ${b.sql})`
}

/**
 * Writes what sorts by an expression. Undefined when its values have no order. `isPlain` leaves NaN to DuckDB, for frames that take one key only.
 *
 * @since 0.1.0
 */
export const sortKey = (
  { sql, type }: Typed.Typed,
  isDescending: boolean,
  nulls: "FIRST" | "LAST" | undefined,
  isPlain = false
): string | undefined => {
  if (!SqlType.isOrdered(type)) return undefined
  const direction = isDescending ? "DESC" : "ASC"
  const key = `${sql} ${direction} NULLS ${nulls ?? (isDescending ? "LAST" : "FIRST")}`
  if (type.kind !== "FLOAT64" || isPlain) return key
  const first = nulls === undefined ? !isDescending : nulls === "FIRST"
  return `(${sql} IS NULL) ${first ? "DESC" : "ASC"}, isnan(${sql}) ${isDescending ? "ASC" : "DESC"}, ${key}`
}
