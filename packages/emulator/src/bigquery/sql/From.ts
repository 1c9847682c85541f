/**
 * Translates what a query reads from: tables, queries, arrays and joins.
 *
 * @since 0.1.0
 */
import * as SqlType from "../SqlType.ts"
import * as Compare from "./Compare.ts"
import type { Session, Tables, Translated } from "./Context.ts"
import { translate } from "./Expression.ts"
import * as Scope from "./Scope.ts"
import type { Problems } from "./Problem.ts"
import type { Body, Query, Source } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

/**
 * What is read from, and the names in it.
 *
 * @since 0.1.0
 */
export interface Read {
  readonly sql: string
  readonly scope: Scope.Scope
}

const lower = (text: string) => text.toLowerCase()

const ofColumns = (columns: Translated["columns"], name: string): ReadonlyArray<Scope.Column> =>
  columns.map((column, index) => ({ name: column.name, of: Typed.make(column.of.type, `${name}."c${index}"`) }))

const unnest = (
  array: Typed.Typed,
  { alias = "", at, offset }: { readonly alias?: string; readonly at: number; readonly offset?: string },
  session: Session
): { readonly sql: string; readonly ranges: ReadonlyArray<Scope.Range> } => {
  if (array.type.kind !== "ARRAY") {
    throw session.problem.invalid(
      at,
      `Values referenced in UNNEST must be arrays. UNNEST contains expression of type ${SqlType.show(array.type)}`
    )
  }
  const name = session.fresh()
  const value = Typed.make(array.type.item, `${name}."v"`)
  const columns =
    value.type.kind === "STRUCT"
      ? value.type.fields.map((field, index) => ({
          name: field.name,
          of: Typed.make(field.type, `(${value.sql})."f${index}"`)
        }))
      : [{ name: alias, of: value }]
  const position = { name: offset ?? "", of: Typed.make(SqlType.scalar("INT64"), `${name}."o"`) }
  const numbers = offset === undefined ? "" : `, generate_subscripts(${array.sql}, 1) - 1 AS "o"`
  return {
    sql: `(SELECT unnest(${array.sql}) AS "v"${numbers}) AS ${name}`,
    ranges: [
      { alias, columns, value },
      ...(offset === undefined ? [] : [{ alias: offset, columns: [position], value: position.of }])
    ]
  }
}

const makesValues = (of: Body): boolean =>
  of.kind === "select"
    ? of.as !== undefined
    : of.kind === "query"
      ? makesValues(of.query.body)
      : makesValues(of.left) || makesValues(of.right)

/**
 * Refuses SELECT AS STRUCT and AS VALUE where rows are wanted: a table of values has other names than one of rows.
 *
 * @since 0.1.0
 */
export const refuseValues = ({ at, body }: Query, problem: Problems): void => {
  if (makesValues(body))
    throw problem.unsupported(at, "SELECT AS STRUCT and AS VALUE but for values, in IN and in ARRAY")
}

const alone = (range: Scope.Range, outer: Scope.Scope): Scope.Scope => ({
  ranges: [range],
  merged: [],
  ...outerOf(outer)
})

const outerOf = ({ outer }: Scope.Scope) => (outer === undefined ? {} : { outer })

/** `left` is what may be read from: what stands to the left in the same FROM. */
const operand = (
  source: Exclude<Source, { readonly kind: "join" }>,
  left: Scope.Scope,
  tables: Tables,
  session: Session
) => {
  const { problem } = session
  switch (source.kind) {
    case "unnest": {
      const array = translate(source.of, {
        session,
        tables,
        scope: left,
        noAggregates: "FROM clause",
        noWindows: "FROM clause"
      })
      const { ranges, sql } = unnest(array, source, session)
      return { sql, isLateral: true, scope: { ranges, merged: [], ...outerOf(left) } }
    }
    case "query": {
      refuseValues(source.query, problem)
      const { columns, sql } = session.query(source.query, left.outer ?? Scope.empty, tables)
      const name = session.fresh()
      return {
        sql: `(${sql}) AS ${name}`,
        isLateral: false,
        scope: alone({ alias: source.alias ?? "", columns: ofColumns(columns, name) }, left)
      }
    }
    case "table": {
      const { alias, at, path } = source
      const [first, ...rest] = path
      const last = path.at(-1)?.text ?? ""
      const common = rest.length === 0 ? tables.get(lower(last)) : undefined
      const name = session.fresh()
      if (common !== undefined) {
        return {
          sql: `${common.sql} AS ${name}`,
          isLateral: false,
          scope: alone({ alias: alias ?? last, columns: ofColumns(common.columns, name) }, left)
        }
      }
      const isRange = (scope: Scope.Scope | undefined): boolean =>
        scope !== undefined &&
        (scope.ranges.some((range) => range.alias !== "" && lower(range.alias) === lower(first?.text ?? "")) ||
          isRange(scope.outer))
      if (rest.length > 0 && isRange(left)) {
        // `FROM t, t.items` reads an array of each row.
        const array = translate({ kind: "path", at, names: path }, { session, tables, scope: left })
        const { ranges, sql } = unnest(array, { ...source, alias: alias ?? last }, session)
        return { sql, isLateral: true, scope: { ranges, merged: [], ...outerOf(left) } }
      }
      if (source.offset !== undefined) throw problem.invalid(at, "WITH OFFSET can only be used with arrays")
      const table = session.environment.table(path.map(({ text }) => text))
      const columns = table.columns.map((column, index) => ({
        name: column.name,
        of: Typed.make(column.type, `${name}."c${index}"`),
        onUse: () => session.use(table, index)
      }))
      return {
        sql: `"${table.physical}" AS ${name}`,
        isLateral: false,
        scope: alone({ alias: alias ?? last, columns }, left)
      }
    }
  }
}

const using = (
  names: ReadonlyArray<{ readonly text: string; readonly at: number }>,
  join: string,
  left: Scope.Scope,
  right: Scope.Scope,
  session: Session
) => {
  const made = names.map((name) => {
    const [a, b] = [left, right].map(
      (side) => Scope.find({ ranges: side.ranges, merged: side.merged }, [name], session.problem).of
    )
    const type = a === undefined || b === undefined ? undefined : Typed.supertype([a, b])
    const condition = a === undefined || b === undefined ? undefined : Compare.write("=", a, b)
    if (a === undefined || b === undefined || type === undefined || condition === undefined) {
      throw session.problem.invalid(
        name.at,
        `Column ${name.text} in USING has incompatible types on either side of the join`
      )
    }
    const [first, second] = [Typed.coerce(a, type) ?? a, Typed.coerce(b, type) ?? b]
    const of =
      join === "FULL" ? Typed.make(type, `coalesce(${first.sql}, ${second.sql})`) : join === "RIGHT" ? second : first
    return { column: { name: name.text, of }, condition }
  })
  return { merged: made.map(({ column }) => column), on: made.map(({ condition }) => condition).join(" AND ") }
}

/**
 * Translates a FROM clause; `before` is what stands to its left, and outside.
 *
 * @since 0.1.0
 */
export const from = (source: Source, before: Scope.Scope, tables: Tables, session: Session): Read => {
  if (source.kind !== "join") {
    const { scope, sql } = operand(source, before, tables, session)
    return { sql, scope }
  }
  const { problem } = session
  const left = from(source.left, before, tables, session)
  const right = ((): ReturnType<typeof operand> => {
    if (source.right.kind !== "join") return operand(source.right, left.scope, tables, session)
    return { ...from(source.right, before, tables, session), isLateral: false }
  })()
  const aliases = left.scope.ranges.map(({ alias }) => lower(alias))
  for (const { alias } of right.scope.ranges) {
    if (alias !== "" && aliases.includes(lower(alias)))
      throw problem.invalid(source.at, `Duplicate table alias ${alias} in the same FROM clause`)
  }
  const shared =
    source.using === undefined ? undefined : using(source.using, source.join, left.scope, right.scope, session)
  const merged = [...left.scope.merged, ...right.scope.merged].filter(
    ({ name }) => shared?.merged.some((column) => lower(column.name) === lower(name)) !== true
  )
  const scope: Scope.Scope = {
    ranges: [...left.scope.ranges, ...right.scope.ranges],
    merged: [...(shared?.merged ?? []), ...merged],
    ...outerOf(before)
  }
  if (right.isLateral && (source.join === "RIGHT" || source.join === "FULL"))
    throw problem.unsupported(source.at, `${source.join} JOIN with an array`)
  const on = ((): string => {
    if (source.on === undefined) return shared?.on ?? "TRUE"
    const value = Typed.coerce(
      translate(source.on, { session, tables, scope, noAggregates: "JOIN ON clause", noWindows: "JOIN ON clause" }),
      SqlType.scalar("BOOL")
    )
    if (value === undefined) throw problem.invalid(source.on.at, "JOIN ON clause should return type BOOL")
    return value.sql
  })()
  const lateral = right.isLateral ? "LATERAL " : ""
  // What is joined on the right in parentheses keeps them.
  const inner = source.right.kind === "join" ? `(${right.sql})` : right.sql
  return {
    sql: `${left.sql} ${source.join === "CROSS" ? "INNER" : source.join} JOIN ${lateral}${inner} ON ${on}`,
    scope
  }
}
