/**
 * Translates operators: sums, fractions, logic, bits, joined texts and comparisons.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/operators
 *
 * @since 0.1.0
 */
import * as SqlType from "../SqlType.ts"
import * as Compare from "./Compare.ts"
import type { Context, Translate } from "./Context.ts"
import type { Of } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

const bool = SqlType.scalar("BOOL")
const numbers = ["INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64"] as const

/**
 * Says that an operator does not take such inputs.
 *
 * @since 0.1.0
 */
export const refuse = (
  { session: { problem } }: Context,
  at: number,
  operator: string,
  inputs: ReadonlyArray<Typed.Typed>
) =>
  problem.invalid(
    at,
    `No matching signature for operator ${operator} for argument types: ${inputs.map(({ type }) => SqlType.show(type)).join(", ")}`
  )

/** The type that a sum, product or fraction is made in. A fraction of whole numbers is one of FLOAT64. */
const arithmeticKind = (operator: string, sides: ReadonlyArray<Typed.Typed>): (typeof numbers)[number] | undefined => {
  if (!sides.every(({ isNull, type }) => isNull === true || SqlType.isNumber(type))) return undefined
  const found =
    numbers.toReversed().find((kind) => sides.some(({ isNull, type }) => isNull !== true && type.kind === kind)) ??
    "INT64"
  return operator === "/" && found === "INT64" ? "FLOAT64" : found
}

/** A date and a number of days. */
const days = (operator: string, left: Typed.Typed, right: Typed.Typed): Typed.Typed | undefined => {
  if (left.type.kind === "INT64" && right.type.kind === "DATE" && operator === "+") return days(operator, right, left)
  if (left.type.kind !== "DATE" || right.type.kind !== "INT64" || (operator !== "+" && operator !== "-"))
    return undefined
  return Typed.make(left.type, `bq_year(${left.sql} ${operator} CAST(${right.sql} AS INTEGER))`)
}

const arithmetic = (
  { at, operator }: Of<"binary">,
  left: Typed.Typed,
  right: Typed.Typed,
  context: Context
): Typed.Typed => {
  const sides = [left, right]
  const moved = days(operator, left, right)
  if (moved !== undefined) return moved
  const kind = arithmeticKind(operator, sides)
  if (kind === undefined) throw refuse(context, at, operator, sides)
  const type = SqlType.scalar(kind)
  const [a, b] = [Typed.coerce(left, type) ?? left, Typed.coerce(right, type) ?? right]
  // A literal beside a NUMERIC may be either in BigQuery, and the result's type hangs on it.
  const isUnclear =
    kind === "FLOAT64" &&
    sides.some(({ constant, type }) => type.kind === kind && constant !== undefined) &&
    sides.some(({ type }) => type.kind.endsWith("NUMERIC"))
  if (
    isUnclear ||
    (kind === "NUMERIC" && operator === "/") ||
    (kind === "BIGNUMERIC" && (operator === "/" || operator === "*"))
  ) {
    throw context.session.problem.unsupported(
      at,
      `${operator} of ${SqlType.show(left.type)} and ${SqlType.show(right.type)}: CAST both to one type, FLOAT64 for /`
    )
  }
  if (kind === "NUMERIC" && operator === "*")
    return Typed.make(type, `CAST(${a.sql} * ${b.sql} AS ${SqlType.duck(type)})`)
  const sql = `(${a.sql} ${operator} ${operator === "/" ? `bq_divisor(${a.sql}, ${b.sql})` : b.sql})`
  return kind === "FLOAT64"
    ? { type, sql, leaves: [...(a.leaves ?? [a.sql]), ...(b.leaves ?? [b.sql])] }
    : Typed.make(type, sql)
}

/**
 * Translates an operator with two sides; `raw` translates without a look at overflows.
 *
 * @since 0.1.0
 */
export const binary = (
  expression: Of<"binary">,
  context: Context,
  { raw, translate }: { readonly raw: Translate; readonly translate: Translate }
): Typed.Typed => {
  const { at, operator } = expression
  const isArithmetic = operator === "+" || operator === "-" || operator === "*" || operator === "/"
  // Sums and products within others are looked at as one. Not so below a fraction, where infinity would make 0.
  const left = (isArithmetic ? raw : translate)(expression.left, context)
  const right = (isArithmetic && operator !== "/" ? raw : translate)(expression.right, context)
  if (isArithmetic) return arithmetic(expression, left, right, context)
  const all = (kind: SqlType.Scalar) => {
    const sides = [left, right].map((side) => Typed.coerce(side, SqlType.scalar(kind)))
    const [a, b] = sides
    return a === undefined || b === undefined ? undefined : { a: a.sql, b: b.sql }
  }
  switch (operator) {
    case "AND":
    case "OR": {
      const sides = all("BOOL")
      if (sides !== undefined) return Typed.make(bool, `(${sides.a} ${operator} ${sides.b})`)
      break
    }
    case "LIKE": {
      const sides = all("STRING")
      if (sides !== undefined) return Typed.make(bool, `(${sides.a} LIKE ${sides.b} ESCAPE '\\')`)
      break
    }
    case "&":
    case "|":
    case "^": {
      const sides = all("INT64")
      if (sides === undefined) break
      return Typed.make(
        SqlType.scalar("INT64"),
        operator === "^" ? `xor(${sides.a}, ${sides.b})` : `(${sides.a} ${operator} ${sides.b})`
      )
    }
    case "<<":
    case ">>":
      throw context.session.problem.unsupported(at, `the operator ${operator}`)
    case "||": {
      const type = Typed.supertype([left, right])
      const [a, b] = type === undefined ? [] : [Typed.coerce(left, type), Typed.coerce(right, type)]
      if (type === undefined || a === undefined || b === undefined) break
      if (type.kind === "STRING" || type.kind === "BYTES") return Typed.make(type, `(${a.sql} || ${b.sql})`)
      if (type.kind !== "ARRAY") break
      return Typed.make(
        type,
        `CASE WHEN ${a.sql} IS NOT NULL AND ${b.sql} IS NOT NULL THEN list_concat(${a.sql}, ${b.sql}) END`
      )
    }
    default: {
      const sql = Compare.write(operator, left, right)
      if (sql !== undefined) return Typed.make(bool, sql)
    }
  }
  throw refuse(context, at, operator, [left, right])
}

/** @since 0.1.0 */
export const unary = ({ at, of, operator }: Of<"unary">, context: Context, translate: Translate): Typed.Typed => {
  const inner = translate(of, context)
  const { type } = inner
  if (operator === "NOT") {
    const value = Typed.coerce(inner, bool)
    if (value !== undefined) return Typed.make(bool, `(NOT ${value.sql})`)
  } else if (operator === "~") {
    if (type.kind === "INT64") return Typed.make(type, `(~${inner.sql})`)
  } else if (SqlType.isNumber(type)) {
    if (operator === "+") return inner
    if (typeof inner.constant === "number") return Typed.literal(type, -inner.constant)
    return Typed.make(type, `(-${inner.sql})`)
  }
  throw refuse(context, at, operator, [inner])
}
