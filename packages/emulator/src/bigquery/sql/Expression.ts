/**
 * Translates expressions.
 *
 * @since 0.1.0
 */
import * as Cast from "../function/Cast.ts"
import * as Literal from "../Literal.ts"
import * as SqlType from "../SqlType.ts"
import * as CallExpression from "./CallExpression.ts"
import * as Compare from "./Compare.ts"
import { textOf, type Context, type Translate } from "./Context.ts"
import * as Scope from "./Scope.ts"
import * as OperatorExpression from "./OperatorExpression.ts"
import { refuse } from "./OperatorExpression.ts"
import type { Of, TypeName } from "./Syntax.ts"
import * as TimeExpression from "./TimeExpression.ts"
import * as Typed from "./Typed.ts"

const bool = SqlType.scalar("BOOL")

/** A type as it is written; its kinds are the same. */
const typeOf = (name: TypeName): SqlType.SqlType => name

const isKey = ({ keys }: Context, sql: string) => keys === undefined || keys.some((key) => key.sql === sql)

const path = ({ at, names }: Of<"path">, context: Context): Typed.Typed => {
  const { aliases, scope, session } = context
  const [first] = names
  const alias = first === undefined ? undefined : aliases?.of.get(first.text.toLowerCase())
  const follow = (of: Typed.Typed, rest: typeof names, mayRead: boolean): Typed.Typed => {
    let found = of
    let may = mayRead || isKey(context, of.sql)
    for (const name of rest) {
      found = Scope.field(found, name, session.problem)
      may ||= isKey(context, found.sql)
    }
    if (may) return found
    throw session.problem.invalid(
      at,
      `Expression references column ${textOf(names)} which is neither grouped nor aggregated`
    )
  }
  if (alias !== undefined && aliases?.isFirst === true) return follow(alias, names.slice(1), true)
  const found = ((): Scope.Found | undefined => {
    if (alias === undefined) return Scope.find(scope, names, session.problem)
    try {
      return Scope.find(scope, names, session.problem)
    } catch {
      return undefined
    }
  })()
  if (found === undefined || (found.isOuter && alias !== undefined))
    return follow(alias ?? Typed.nothing, names.slice(1), true)
  if (alias !== undefined && alias.sql !== found.of.sql) {
    throw session.problem.unsupported(
      at,
      `the name ${textOf(names)}, which is a column and another expression of the SELECT list`
    )
  }
  return follow(found.of, found.rest, found.isOuter)
}

/** `x IN (...)`, one comparison after the other, as their types may differ. */
const inList = ({ at, list, of }: Of<"in">, context: Context): Typed.Typed => {
  const left = translate(of, context)
  const items = list.map((item) => translate(item, context))
  const type = Typed.supertype([left, ...items])
  if (type !== undefined && SqlType.isOrdered(type) && type.kind !== "FLOAT64") {
    const sides = [left, ...items].map((side) => Typed.coerce(side, type)?.sql ?? "")
    return Typed.make(bool, `(${sides[0]} IN (${sides.slice(1).join(", ")}))`)
  }
  const comparisons = items.map((item) => Compare.write("=", left, item))
  if (comparisons.includes(undefined)) throw refuse(context, at, "IN", [left, ...items])
  return Typed.make(bool, `(${comparisons.join(" OR ")})`)
}

const inside = (
  at: number,
  left: Typed.Typed,
  item: SqlType.SqlType,
  query: (column: string) => string,
  context: Context
) => {
  const name = context.session.fresh()
  const right = Typed.make(item, `${name}."c0"`)
  const type = Typed.supertype([left, right])
  if (type === undefined || !SqlType.isOrdered(type)) throw refuse(context, at, "IN", [left, right])
  const [a, b] = [Typed.coerce(left, type), Typed.coerce(right, type)]
  if (a === undefined || b === undefined) throw refuse(context, at, "IN", [left, right])
  // No row of NaN is equal to anything.
  const where = type.kind === "FLOAT64" ? ` WHERE isnan(${b.sql}) IS NOT TRUE AND isnan(${a.sql}) IS NOT TRUE` : ""
  return Typed.make(bool, `(${a.sql} IN (SELECT ${b.sql} FROM (${query(name)}) AS ${name}${where}))`)
}

const caseOf = ({ at, branches, of, otherwise }: Of<"case">, context: Context): Typed.Typed => {
  const operand = of === undefined ? undefined : translate(of, context)
  const results = [...branches.map(({ result }) => result), ...(otherwise === undefined ? [] : [otherwise])].map(
    (one) => translate(one, context)
  )
  const type = Typed.supertype(results)
  if (type === undefined) throw refuse(context, at, "CASE", results)
  const put = (result: Typed.Typed | undefined) => (result === undefined ? undefined : Typed.coerce(result, type)?.sql)
  const parts = branches.map(({ when }, index) => {
    const read = translate(when, context)
    const condition = operand === undefined ? Typed.coerce(read, bool)?.sql : Compare.write("=", operand, read)
    if (condition === undefined)
      throw refuse(context, when === undefined ? at : when.at, "CASE", operand === undefined ? [read] : [operand, read])
    return `WHEN ${condition} THEN ${put(results[index])}`
  })
  const last = otherwise === undefined ? Literal.write(type, null) : put(results.at(-1))
  return Typed.make(type, `CASE ${parts.join(" ")} ELSE ${last} END`)
}

const element = ({ at, by, index, of }: Of<"element">, context: Context): Typed.Typed => {
  const { problem } = context.session
  const [whole, place] = [translate(of, context), translate(index, context)]
  if (whole.type.kind === "JSON" && by === "") {
    if (typeof place.constant === "string") return Scope.field(whole, { text: place.constant, at }, problem)
    if (typeof place.constant !== "bigint" || place.constant < 0n) throw problem.unsupported(at, "this element of JSON")
    return Typed.make(whole.type, `CAST(json_extract(${whole.sql}, '$[${place.constant}]') AS VARCHAR)`)
  }
  if (whole.type.kind !== "ARRAY" || place.type.kind !== "INT64") throw refuse(context, at, "[]", [whole, place])
  const [isSafe, base] = [by.startsWith("SAFE_"), by.endsWith("ORDINAL") ? 1 : 0]
  const position = `(${place.sql} + ${1 - base})`
  const item = `CASE WHEN ${position} BETWEEN 1 AND len(${whole.sql}) THEN (${whole.sql})[${position}]`
  const beyond = `WHEN ${whole.sql} IS NOT NULL AND ${place.sql} IS NOT NULL THEN error('Array index ' || ${place.sql} || ' is out of bounds')`
  return Typed.make(whole.type.item, `${item} ${isSafe ? "" : beyond} END`)
}

const array = ({ at, item, items }: Of<"array">, context: Context): Typed.Typed => {
  const read = items.map((one) => translate(one, context))
  const type = item === undefined ? Typed.supertype(read) : typeOf(item)
  const made = type === undefined ? [] : read.map((one) => Typed.coerce(one, type))
  if (type === undefined || type.kind === "ARRAY" || made.includes(undefined)) throw refuse(context, at, "ARRAY", read)
  const all = made.filter((one) => one !== undefined)
  const whole = SqlType.array(type)
  return { type: whole, sql: Typed.arraySql(whole, all), ...(item === undefined ? { items: read } : {}) }
}

const struct = ({ at, fields, type }: Of<"struct">, context: Context): Typed.Typed => {
  const read = fields.map(({ value }) => translate(value, context))
  const asked = type === undefined ? undefined : typeOf(type)
  const wanted =
    asked?.kind === "STRUCT"
      ? asked.fields
      : read.map((value, index) => ({ name: fields[index]?.name ?? "", type: value.type }))
  const made = wanted.map((field, index) => {
    const value = read[index]
    return value === undefined ? undefined : Typed.coerce(value, field.type)
  })
  if (wanted.length !== read.length || made.includes(undefined)) throw refuse(context, at, "STRUCT", read)
  const whole: SqlType.SqlType = { kind: "STRUCT", fields: wanted }
  return Typed.make(whole, `{${made.map((value, index) => `'f${index}': ${value?.sql}`).join(", ")}}`)
}

const subquery = ({ at, kind, query }: Of<"subquery" | "exists" | "arrayQuery">, context: Context): Typed.Typed => {
  const { scope, session, tables } = context
  const { columns, sql } = session.query(query, scope, tables)
  if (kind === "exists") return Typed.make(bool, `EXISTS (${sql})`)
  const [column, second] = columns
  if (column === undefined || second !== undefined) {
    const what = kind === "subquery" ? "Scalar subquery" : "ARRAY subquery"
    throw session.problem.invalid(
      at,
      `${what} cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values`
    )
  }
  const { type } = column.of
  if (kind === "subquery") return Typed.make(type, `(${sql})`)
  if (type.kind === "ARRAY")
    throw session.problem.invalid(
      at,
      "Cannot use array subquery with column of type ARRAY because nested arrays are not supported"
    )
  const [name, order] = [session.fresh(), session.fresh()]
  const numbered = `SELECT ${name}."c0", row_number() OVER () AS ${order} FROM (${sql}) AS ${name}`
  return Typed.make(
    SqlType.array(type),
    `coalesce((SELECT list("c0" ORDER BY ${order}) FROM (${numbered})), CAST([] AS ${SqlType.duck(SqlType.array(type))}))`
  )
}

/** Translates without a look at overflows. */
const raw: Translate = (expression, context) => {
  const { session } = context
  const { environment, problem } = session
  const { at, kind } = expression
  if (kind !== "path" && kind !== "literal" && context.keys !== undefined) {
    const key = CallExpression.keyOf(expression, context, translate)
    if (key !== undefined) return key
  }
  switch (kind) {
    case "literal":
      if (expression.value === 2n ** 63n) throw problem.invalid(at, `Invalid integer literal: ${expression.value}`)
      return Typed.literal(SqlType.scalar(expression.type), expression.value)
    case "null":
      return Typed.nothing
    case "parameter": {
      const { name } = expression
      const given = environment.parameters.get(typeof name === "string" ? name.toLowerCase() : name)
      if (given === undefined) {
        throw problem.invalid(
          at,
          typeof name === "string"
            ? `Query parameter '${name}' not found`
            : `Query parameter number ${name + 1} is not defined`
        )
      }
      return Typed.literal(given.type, given.value)
    }
    case "path":
      return path(expression, context)
    case "field":
      return Scope.field(translate(expression.of, context), expression.name, problem)
    case "element":
      return element(expression, context)
    case "unary":
      return OperatorExpression.unary(expression, context, translate)
    case "binary":
      return OperatorExpression.binary(expression, context, { translate, raw })
    case "is": {
      const of = translate(expression.of, context)
      if (expression.what === "NULL") return Typed.make(bool, `(${of.sql} IS NULL)`)
      const value = Typed.coerce(of, bool)
      if (value === undefined) throw refuse(context, at, `IS ${expression.what}`, [of])
      return Typed.make(bool, `(${value.sql} IS ${expression.what})`)
    }
    case "in":
      return inList(expression, context)
    case "inArray": {
      const [left, list] = [translate(expression.of, context), translate(expression.array, context)]
      const item = list.isNull === true ? left.type : list.type.kind === "ARRAY" ? list.type.item : undefined
      if (item === undefined) throw refuse(context, at, "IN UNNEST", [left, list])
      return inside(
        at,
        left,
        item,
        () => `SELECT unnest(${list.isNull === true ? Literal.write(SqlType.array(item), null) : list.sql}) AS "c0"`,
        context
      )
    }
    case "inQuery": {
      const { columns, sql } = session.query(expression.query, context.scope, context.tables)
      const [column, second] = columns
      if (column === undefined || second !== undefined)
        throw problem.invalid(at, "Subquery of type IN must have only one output column")
      return inside(at, translate(expression.of, context), column.of.type, () => sql, context)
    }
    case "case":
      return caseOf(expression, context)
    case "cast": {
      const [of, to] = [translate(expression.of, context), typeOf(expression.to)]
      if (of.isNull === true) return Typed.literal(to, null)
      const sql = Cast.write(of.sql, of.type, to, expression.isSafe)
      if (sql === undefined)
        throw problem.invalid(at, `Invalid cast from ${SqlType.show(of.type)} to ${SqlType.show(to)}`)
      return Typed.make(to, sql)
    }
    case "array":
      return array(expression, context)
    case "struct":
      return struct(expression, context)
    case "extract":
      return TimeExpression.extract(expression, context, translate)
    case "interval":
      throw problem.unsupported(at, "INTERVAL outside of functions such as DATE_ADD")
    case "subquery":
    case "exists":
    case "arrayQuery":
      return subquery(expression, context)
    case "call":
      return TimeExpression.call(expression, context, translate) ?? CallExpression.call(expression, context, translate)
  }
}

/**
 * Translates an expression. Throws Refusal for whatever is not known to be right.
 *
 * @since 0.1.0
 */
export const translate: Translate = (expression, context) => Typed.checked(raw(expression, context))
