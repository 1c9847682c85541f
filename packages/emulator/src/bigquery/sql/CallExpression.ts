/**
 * Translates calls of functions: of a row, of many rows, and of a window.
 *
 * @since 0.1.0
 */
import * as NearMatch from "@genops/core/NearMatch"
import * as Aggregate from "../function/Aggregate.ts"
import * as Format from "../function/Format.ts"
import * as JsonText from "../function/JsonText.ts"
import * as Pattern from "../function/Pattern.ts"
import * as Scalar from "../function/Scalar.ts"
import * as Signature from "../function/Signature.ts"
import * as SqlType from "../SqlType.ts"
import * as Compare from "./Compare.ts"
import type { Context, Translate } from "./Context.ts"
import type { Bound, Call, Expression, Window } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

const scalars = Signature.table(
  Scalar.conditions,
  Scalar.numbers,
  Scalar.text,
  Scalar.arrays,
  Scalar.times,
  JsonText.json,
  Pattern.patterns,
  Format.formats
)
const aggregates = Signature.table(Aggregate.aggregates)
const windows = Signature.table(Aggregate.windows)

/** What does not go down into a query of its own. */
const isQuery = (value: object) =>
  "kind" in value && (value.kind === "subquery" || value.kind === "exists" || value.kind === "arrayQuery")

/** Only calls have this kind. */
const isCall = (value: object): value is Call => "kind" in value && value.kind === "call"

const some = (value: unknown, test: (call: Call) => boolean): boolean => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false
  if (Array.isArray(value)) return value.some((item) => some(item, test))
  if (isQuery(value)) return false
  if (isCall(value) && test(value)) return true
  return Object.entries(value).some(([key, item]) => key !== "query" && some(item, test))
}

/**
 * Whether an expression has an aggregate function in it, but for the functions of windows.
 *
 * @since 0.1.0
 */
export const hasAggregate = (of: unknown): boolean =>
  some(of, ({ name, over }) => over === undefined && aggregates.has(name))

/** @since 0.1.0 */
export const hasWindow = (of: unknown): boolean => some(of, ({ over }) => over !== undefined)

/**
 * The key of GROUP BY that an expression is, if it is one.
 *
 * @since 0.1.0
 */
export const keyOf = (of: Expression, context: Context, translate: Translate): Typed.Typed | undefined => {
  const { keys, ...free } = context
  if (keys === undefined || keys.length === 0 || hasAggregate(of) || hasWindow(of)) return undefined
  try {
    const { sql } = translate(of, free)
    return keys.find((key) => key.sql === sql)
  } catch {
    // What is wrong with it is said when it is translated where it stands.
    return undefined
  }
}

const bound = ({ kind, offset }: Bound, context: Context, translate: Translate): string => {
  if (offset === undefined) return kind
  const { constant, sql } = translate(offset, context)
  if (constant === undefined) throw context.session.problem.unsupported(offset.at, "frames whose size is not constant")
  return `${sql} ${kind}`
}

const over = (
  { at, name }: Call,
  { frame, orderBy, partitionBy }: Window,
  context: Context,
  translate: Translate
): string => {
  const { problem } = context.session
  const { needsOrder, noFrame, noOrder } = Aggregate.overs
  if (needsOrder.has(name) && orderBy.length === 0)
    throw problem.invalid(at, `Window ORDER BY is required for analytic function ${name}`)
  if (noOrder.has(name) && orderBy.length > 0)
    throw problem.invalid(at, `Window ORDER BY is not allowed for analytic function ${name}`)
  if (noFrame.has(name) && frame !== undefined)
    throw problem.invalid(at, `Window framing clause is not allowed for analytic function ${name}`)
  const parts: Array<string> = []
  const inside = { ...context, noWindows: "a window" }
  if (partitionBy.length > 0) {
    const keys = partitionBy.map((of) => {
      const key = translate(of, inside)
      if (SqlType.isOrdered(key.type)) return key.sql
      throw problem.invalid(of.at, `Partitioning by expressions of type ${SqlType.show(key.type)} is not allowed`)
    })
    parts.push(`PARTITION BY ${keys.join(", ")}`)
  }
  if (orderBy.length > 0) {
    const isRange = frame?.unit === "RANGE" && [frame.from, frame.to].some(({ offset }) => offset !== undefined)
    const keys = orderBy.map(({ isDescending, nulls, of }) => {
      const of_ = translate(of, inside)
      const key = Compare.sortKey(of_, isDescending, nulls, isRange)
      if (key !== undefined) return key
      throw problem.invalid(of.at, `Ordering by expressions of type ${SqlType.show(of_.type)} is not allowed`)
    })
    parts.push(`ORDER BY ${keys.join(", ")}`)
  }
  if (frame !== undefined) {
    parts.push(
      `${frame.unit} BETWEEN ${bound(frame.from, inside, translate)} AND ${bound(frame.to, inside, translate)}`
    )
  }
  return ` OVER (${parts.join(" ")})`
}

const choose = (
  call: Call,
  table: ReadonlyMap<string, ReadonlyArray<Signature.Signature>>,
  inputs: ReadonlyArray<Typed.Typed>,
  context: Context
) => {
  const signatures = table.get(call.name) ?? []
  const found = Signature.match(signatures, inputs)
  if (found !== undefined) return found
  throw context.session.problem.invalid(
    call.at,
    `No matching signature for function ${call.name} for argument types: ${inputs.map(({ type }) => SqlType.show(type)).join(", ") || "()"}. ` +
      `The emulator knows: ${signatures.map(({ text }) => text.replace(/ \S+$/, "")).join("; ")}`
  )
}

const filled = (
  call: Call,
  match: Signature.Match,
  context: Context,
  more?: { readonly [name: string]: string }
): Typed.Typed => {
  const sql = Signature.fill(match, more)
  if (match.result.kind === "ARRAY" && match.result.item.kind === "ARRAY")
    throw context.session.problem.invalid(call.at, `${call.name} cannot make an array of arrays`)
  if (sql !== undefined) return Typed.make(match.result, sql)
  const types = match.inputs.map(({ type }) => SqlType.show(type)).join(", ")
  throw context.session.problem.unsupported(call.at, `${call.name}(${types}) with these arguments`)
}

const refuseModifiers = (call: Call, context: Context) => {
  const { problem } = context.session
  const { takes } = Aggregate
  const { at, name } = call
  if (call.isDistinct && !takes.distinct.has(name)) throw problem.unsupported(at, `${name} with DISTINCT`)
  if (call.orderBy.length > 0 && !takes.order.has(name)) throw problem.unsupported(at, `${name} with ORDER BY`)
  if (call.limit !== undefined && !takes.limit.has(name)) throw problem.unsupported(at, `${name} with LIMIT`)
  if (call.nulls !== undefined && !takes.nulls.has(name))
    throw problem.unsupported(at, `${name} with ${call.nulls} NULLS`)
  const isPlain = call.orderBy.length === 0 && call.limit === undefined
  if (call.over !== undefined && (!isPlain || call.isDistinct))
    throw problem.unsupported(at, `${name} over a window with DISTINCT, ORDER BY or LIMIT`)
}

/** A function of many rows, or of a window. */
const ofMany = (call: Call, context: Context, translate: Translate): Typed.Typed => {
  const { problem } = context.session
  const { at, isStar, name, nulls } = call
  refuseModifiers(call, context)
  const isAggregate = call.over === undefined
  if (isAggregate && context.noAggregates !== undefined)
    throw problem.invalid(at, `Aggregate function ${name} not allowed in ${context.noAggregates}`)
  if (!isAggregate && context.noWindows !== undefined)
    throw problem.invalid(at, `Analytic function not allowed in ${context.noWindows}`)
  // An aggregate reads the rows themselves; a window reads what was made of them.
  const { keys: _keys, ...free } = context
  const inside: Context = isAggregate
    ? { ...free, noAggregates: "an aggregate function", noWindows: "an aggregate function" }
    : { ...context, noWindows: "another one" }
  const w = call.over === undefined ? "" : over(call, call.over, context, translate)
  if (isStar) {
    if (name !== "COUNT") throw problem.invalid(at, `Argument * can only be used in COUNT(*)`)
    return Typed.make(SqlType.scalar("INT64"), `count(*)${w}`)
  }
  const inputs = call.inputs.map((input) => translate(input, inside))
  const table = aggregates.has(name) ? aggregates : windows
  const match = choose(call, table, inputs, context)
  const [first, second] = match.inputs
  if (name === "STRING_AGG" && second !== undefined && typeof second.constant !== "string")
    throw problem.invalid(at, "Argument 2 to STRING_AGG must be a literal or query parameter that is not NULL")
  if ((name === "LAG" || name === "LEAD") && second !== undefined && !(Number(second.constant ?? -1) >= 0))
    throw problem.invalid(at, `Argument 2 to ${name} must be a literal or query parameter that is not negative`)
  if (call.isDistinct && first !== undefined && !SqlType.isOrdered(first.type)) {
    throw problem.invalid(
      at,
      `Aggregate functions with DISTINCT cannot be used with arguments of type ${SqlType.show(first.type)}`
    )
  }
  const keys = call.orderBy.map(({ isDescending, nulls, of }) => {
    // Of a DISTINCT one only the argument itself can be the order, and it has one row for NaN.
    const by = translate(of, inside)
    if (call.isDistinct && by.sql !== first?.sql)
      throw problem.invalid(of.at, `${name} with DISTINCT can only be ordered by its argument`)
    const key = Compare.sortKey(by, isDescending, nulls, call.isDistinct)
    if (key !== undefined) return key
    throw problem.invalid(of.at, "Ordering by this expression is not allowed")
  })
  const made = filled(call, match, context, {
    d: call.isDistinct ? "DISTINCT " : "",
    o: keys.length === 0 ? "" : ` ORDER BY ${keys.join(", ")}`,
    f: name === "ARRAY_AGG" && nulls === "IGNORE" ? ` FILTER (WHERE ${first?.sql} IS NOT NULL)` : "",
    n: nulls === "IGNORE" ? " IGNORE NULLS" : "",
    w
  })
  if (call.limit === undefined) return made
  const limit = translate(call.limit, inside)
  if (typeof limit.constant !== "bigint" || limit.constant < 0n)
    throw problem.invalid(call.limit.at, "LIMIT wants a whole number that is not negative")
  return {
    ...made,
    sql: limit.constant === 0n ? `list_slice(${made.sql}, 2, 1)` : `(${made.sql})[1:${limit.constant}]`
  }
}

/**
 * Translates a call. Throws Refusal for functions that are not known.
 *
 * @since 0.1.0
 */
export const call = (call: Call, context: Context, translate: Translate): Typed.Typed => {
  const { at, name } = call
  const { problem } = context.session
  if (aggregates.has(name) || windows.has(name)) {
    if (!aggregates.has(name) && call.over === undefined)
      throw problem.invalid(at, `Analytic function ${name} cannot be called without an OVER clause`)
    return ofMany(call, context, translate)
  }
  if (name === "NULLIF" && call.inputs.length === 2) {
    const [a, b] = call.inputs.map((input) => translate(input, context))
    const type = a === undefined || b === undefined ? undefined : Typed.supertype([a, b])
    const same = a === undefined || b === undefined ? undefined : Compare.write("=", a, b)
    const value = a === undefined || type === undefined ? undefined : Typed.coerce(a, type)
    if (same !== undefined && type !== undefined && value !== undefined) {
      return Typed.make(type, `CASE WHEN ${same} THEN NULL ELSE ${value.sql} END`)
    }
  }
  if (!scalars.has(name)) {
    const [near] = NearMatch.nearest(name, [...scalars.keys(), ...aggregates.keys(), ...windows.keys()])
    throw problem.unsupported(at, `the function ${name}${near === undefined ? "" : `; did you mean ${near}?`}`)
  }
  if (
    call.isStar ||
    call.isDistinct ||
    call.orderBy.length > 0 ||
    call.limit !== undefined ||
    call.over !== undefined ||
    call.nulls !== undefined
  ) {
    throw problem.invalid(at, `Function ${name} takes no *, DISTINCT, ORDER BY, LIMIT or OVER`)
  }
  const inputs = call.inputs.map((input) => translate(input, context))
  return filled(call, choose(call, scalars, inputs, context), context)
}
