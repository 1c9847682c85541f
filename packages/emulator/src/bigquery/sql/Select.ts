/**
 * Translates the SELECT of a query: its list, its conditions and its groups.
 *
 * @since 0.1.0
 */
import * as SqlType from "../SqlType.ts"
import * as CallExpression from "./CallExpression.ts"
import type { Context, Session, Tables, Translated } from "./Context.ts"
import { translate } from "./Expression.ts"
import * as From from "./From.ts"
import * as Scope from "./Scope.ts"
import type { Expression, Item, Name, Select } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

type Columns = Translated["columns"]

const lower = (text: string) => text.toLowerCase()

/** The name of a column that has no alias: the last of its path. */
const nameOf = (of: Expression): string =>
  of.kind === "path" ? (of.names.at(-1)?.text ?? "") : of.kind === "field" ? of.name.text : ""

const find = (columns: ReadonlyArray<{ readonly name: string }>, { text }: Name) =>
  columns.some(({ name }) => lower(name) === lower(text))

const star = (item: Extract<Item, { readonly kind: "star" }>, context: Context): Columns => {
  const { problem } = context.session
  const all = ((): ReadonlyArray<Scope.Column> => {
    if (item.of === undefined) return Scope.columns(context.scope)
    const { of } = item
    const first = of.kind === "path" && of.names.length === 1 ? of.names[0] : undefined
    const range =
      first === undefined ? undefined : context.scope.ranges.find(({ alias }) => lower(alias) === lower(first.text))
    if (range !== undefined) return range.columns
    const value = translate(of, context)
    if (value.type.kind !== "STRUCT")
      throw problem.invalid(item.at, `Dot-star is not supported for type ${SqlType.show(value.type)}`)
    return value.type.fields.map(({ name, type }, index) => ({
      name,
      of: Typed.make(type, `(${value.sql})."f${index}"`)
    }))
  })()
  if (all.length === 0) throw problem.invalid(item.at, "SELECT * must have a FROM clause")
  for (const name of [...item.except, ...item.replace.map(({ name }) => name)]) {
    if (!find(all, name))
      throw problem.invalid(name.at, `Column ${name.text} in SELECT * EXCEPT or REPLACE list does not exist`)
  }
  const kept = all.filter(({ name }) => !item.except.some(({ text }) => lower(text) === lower(name)))
  if (kept.length === 0) throw problem.invalid(item.at, "SELECT * expands to zero columns after applying EXCEPT")
  return kept.map(({ name, of, onUse }) => {
    const replaced = item.replace.find((one) => lower(one.name.text) === lower(name))
    if (replaced !== undefined) return { name, of: translate(replaced.of, context) }
    onUse?.()
    const isFree = context.keys === undefined || context.keys.some((key) => key.sql === of.sql)
    if (!isFree)
      throw problem.invalid(
        item.at,
        `Star expansion expression references column ${name} which is neither grouped nor aggregated`
      )
    return { name, of }
  })
}

/**
 * A translated SELECT: how a key to sort by is read in it, and whether it may be sorted by more than its columns.
 *
 * @since 0.1.0
 */
export interface Chosen extends Translated {
  readonly context: Context
  readonly isSortable: boolean
}

/**
 * What a whole number in GROUP BY or ORDER BY means.
 *
 * @since 0.1.0
 */
export const ordinal = (
  of: Expression,
  columns: Columns,
  clause: string,
  session: Session
): Typed.Typed | undefined => {
  if (of.kind !== "literal" || of.type !== "INT64") return undefined
  const column = columns[Number(of.value) - 1]
  if (column !== undefined) return column.of
  throw session.problem.invalid(
    of.at,
    `${clause} column number item is out of range. Column numbers must be between 1 and ${columns.length}, inclusive`
  )
}

const condition = (of: Expression, clause: string, context: Context): string => {
  const value = Typed.coerce(translate(of, context), SqlType.scalar("BOOL"))
  if (value !== undefined) return value.sql
  throw context.session.problem.invalid(of.at, `${clause} clause should return type BOOL`)
}

const aliasesOf = (columns: Columns): ReadonlyMap<string, Typed.Typed> =>
  new Map(columns.toReversed().flatMap(({ name, of }) => (name === "" ? [] : [[lower(name), of] as const])))

/**
 * Translates a SELECT.
 *
 * @since 0.1.0
 */
export const select = (of: Select, outer: Scope.Scope, tables: Tables, session: Session): Chosen => {
  const { problem } = session
  const source = of.from === undefined ? undefined : From.from(of.from, { ...Scope.empty, outer }, tables, session)
  const scope: Scope.Scope = source?.scope ?? { ...Scope.empty, outer }
  const rows: Context = { session, tables, scope }
  const itemsOf = (context: Context): Columns =>
    of.items.flatMap((item): Columns =>
      item.kind === "star"
        ? star(item, context)
        : [{ name: item.alias ?? nameOf(item.of), of: translate(item.of, context) }]
    )
  const isGrouped = of.groupBy.length > 0 || of.having !== undefined || CallExpression.hasAggregate(of.items)

  // GROUP BY may name a column of the list, which in turn is read in the light of the groups.
  const named = new Map(
    of.items.flatMap((item) =>
      item.kind === "expression" && item.alias !== undefined ? [[lower(item.alias), item.of] as const] : []
    )
  )
  const plain: Context = { ...rows, noAggregates: "GROUP BY", noWindows: "GROUP BY" }
  const keys = of.groupBy.map((key) => {
    const { at } = key
    const number = key.kind === "literal" && key.type === "INT64" ? of.items[Number(key.value) - 1] : undefined
    if (number?.kind === "star") throw problem.unsupported(at, "GROUP BY with the number of a column of *")
    if (key.kind === "literal" && number === undefined) throw problem.invalid(at, "Cannot GROUP BY literal values")
    const alias = key.kind === "path" && key.names.length === 1 ? named.get(lower(key.names[0]?.text ?? "")) : undefined
    const aliases =
      alias === undefined || key.kind !== "path"
        ? undefined
        : new Map([[lower(key.names[0]?.text ?? ""), translate(alias, plain)]])
    const read =
      number !== undefined
        ? translate(number.of, plain)
        : translate(key, aliases === undefined ? plain : { ...plain, aliases: { of: aliases, isFirst: false } })
    if (!SqlType.isOrdered(read.type))
      throw problem.invalid(at, `Grouping by expressions of type ${SqlType.show(read.type)} is not allowed`)
    return read
  })
  const grouped: Context = isGrouped ? { ...rows, keys } : rows
  const columns = itemsOf(grouped)
  const aliases = aliasesOf(columns)
  const after: Context = { ...grouped, aliases: { of: aliases, isFirst: false } }

  const parts = [
    ...(source === undefined ? [] : [`FROM ${source.sql}`]),
    ...(of.where === undefined
      ? []
      : [
          `WHERE ${condition(of.where, "WHERE", { ...rows, noAggregates: "WHERE clause", noWindows: "WHERE clause" })}`
        ]),
    ...(keys.length === 0 ? [] : [`GROUP BY ${keys.map(({ sql }) => sql).join(", ")}`]),
    ...(of.having === undefined
      ? []
      : [`HAVING ${condition(of.having, "HAVING", { ...after, noWindows: "HAVING clause" })}`]),
    ...(of.qualify === undefined ? [] : [`QUALIFY ${condition(of.qualify, "QUALIFY", after)}`])
  ]
  if (of.qualify !== undefined && !CallExpression.hasWindow([of.qualify, of.items])) {
    throw problem.invalid(
      of.qualify.at,
      "The QUALIFY clause requires analytic function to be present in the QUALIFY clause or the SELECT list"
    )
  }
  if (of.isDistinct) {
    const bad = columns.find((column) => !SqlType.isOrdered(column.of.type))
    if (bad !== undefined)
      throw problem.invalid(
        of.at,
        `Column ${bad.name} of type ${SqlType.show(bad.of.type)} cannot be used in SELECT DISTINCT`
      )
  }
  const result = ((): Columns => {
    if (of.as === "STRUCT") {
      const type: SqlType.SqlType = {
        kind: "STRUCT",
        fields: columns.map((column) => ({ name: column.name, type: column.of.type }))
      }
      return [
        {
          name: "",
          of: Typed.make(type, `{${columns.map((column, index) => `'f${index}': ${column.of.sql}`).join(", ")}}`)
        }
      ]
    }
    if (of.as === "VALUE" && columns.length !== 1)
      throw problem.invalid(of.at, "SELECT AS VALUE query must have exactly one column")
    return columns
  })()
  const list = result.map((column, index) => `${column.of.sql} AS "c${index}"`).join(", ")
  return {
    sql: `SELECT ${of.isDistinct ? "DISTINCT " : ""}${list}${parts.map((part) => ` ${part}`).join("")}`,
    columns: result,
    context: { ...grouped, aliases: { of: aliases, isFirst: true } },
    isSortable: !of.isDistinct
  }
}
