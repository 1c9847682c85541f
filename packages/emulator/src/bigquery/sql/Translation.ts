/**
 * Translates a query of GoogleSQL into one of DuckDB's SQL.
 *
 * It knows what it translates: every name is looked up, every expression has a type, every function stands in a table (`function/`). Whatever is not known is an error that
 * says so: nothing is passed on in the hope that DuckDB means the same. What this covers, and in what it differs:
 *
 * - **Queries**: SELECT with `*`, EXCEPT, REPLACE and DISTINCT, in subqueries also AS STRUCT and AS VALUE; FROM tables, queries, UNNEST and arrays of a row (WITH OFFSET), all joins with ON and USING;
 *   WHERE, GROUP BY (also by number or alias), HAVING, QUALIFY, ORDER BY, LIMIT; WITH; UNION ALL and DISTINCT, INTERSECT and EXCEPT DISTINCT; subqueries as values, in IN, EXISTS and ARRAY.
 * - **Types**: all but GEOGRAPHY, INTERVAL and RANGE. NUMERIC is exact. BIGNUMERIC has 20 digits before and 18 behind the point; more is an error.
 * - **Approximate functions** are exact. LOWER and UPPER refuse the letters that become several, such as ß. The order of rows without ORDER BY is that of DuckDB.
 * - **Not here**: DDL, DML, scripts, `_PARTITIONTIME`, INFORMATION_SCHEMA, functions of users, the prefix SAFE, named windows, weeks that begin on other days.
 *
 * A parser of SQL for BigQuery from the npm registry would have been the first choice; the complete one is under the GPL, the others take trees apart that mean something else.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { Refusal } from "../Refusal.ts"
import * as SqlType from "../SqlType.ts"
import * as Compare from "./Compare.ts"
import type { Context, Environment, Session, Tables, Translated } from "./Context.ts"
import { translate } from "./Expression.ts"
import * as From from "./From.ts"
import * as Problem from "./Problem.ts"
import * as QueryParser from "./QueryParser.ts"
import * as Scope from "./Scope.ts"
import * as Select from "./Select.ts"
import type { Body, Expression, Query } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

/**
 * A translated statement: its SQL, the columns of its result, and which columns of which tables it reads.
 *
 * @since 0.1.0
 */
export interface Statement {
  readonly sql: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: SqlType.SqlType }>
  readonly reads: ReadonlyMap<string, ReadonlySet<number>>
}

/** Characters of SQL that DuckDB gets at most. */
const longest = 5_000_000

const setOperators: { readonly [operator: string]: string } = {
  "EXCEPT DISTINCT": "EXCEPT",
  "INTERSECT DISTINCT": "INTERSECT",
  "UNION ALL": "UNION ALL",
  "UNION DISTINCT": "UNION"
}

/** A body, and the SELECT that it is when it is one. */
interface Whole extends Translated {
  readonly chosen?: Select.Chosen
}

const body = (of: Body, outer: Scope.Scope, tables: Tables, session: Session): Whole => {
  switch (of.kind) {
    case "select": {
      const chosen = Select.select(of, outer, tables, session)
      return { sql: chosen.sql, columns: chosen.columns, chosen }
    }
    case "query": {
      const { columns, sql } = session.query(of.query, outer, tables)
      return { sql: `SELECT * FROM (${sql}) AS ${session.fresh()}`, columns }
    }
    case "set": {
      const sides = [body(of.left, outer, tables, session), body(of.right, outer, tables, session)] as const
      const [left, right] = sides
      if (left.columns.length !== right.columns.length) {
        throw session.problem.invalid(
          of.at,
          `Queries in ${of.operator} have mismatched column count; query 1 has ${left.columns.length} column, query 2 has ${right.columns.length} column`
        )
      }
      const columns = left.columns.map((column, index) => {
        const other = right.columns[index]?.of ?? column.of
        const type = Typed.supertype([column.of, other])
        if (type === undefined || (of.operator !== "UNION ALL" && !SqlType.isOrdered(type))) {
          throw session.problem.invalid(
            of.at,
            `Column ${index + 1} in ${of.operator} has incompatible types: ${SqlType.show(column.of.type)}, ${SqlType.show(other.type)}`
          )
        }
        return { name: column.name, of: Typed.make(type, `"c${index}"`) }
      })
      const put = (side: Whole) => {
        const name = session.fresh()
        const list = columns.map(({ of }, index) => {
          const given = side.columns[index]?.of ?? of
          // A literal is written anew, anything else widens.
          const made =
            given.constant === undefined && given.isNull !== true
              ? Typed.make(given.type, `${name}."c${index}"`)
              : given
          return `${Typed.coerce(made, of.type)?.sql} AS "c${index}"`
        })
        return `SELECT ${list.join(", ")} FROM (${side.sql}) AS ${name}`
      }
      return { sql: `${put(left)} ${setOperators[of.operator]} ${put(right)}`, columns }
    }
  }
}

const count = (of: Expression, clause: string, context: Context): string => {
  const { constant } = translate(of, context)
  if (typeof constant === "bigint" && constant >= 0n) return String(constant)
  throw context.session.problem.invalid(of.at, `${clause} expects a non-negative integer literal or parameter`)
}

const query = (of: Query, outer: Scope.Scope, given: Tables, session: Session): Translated => {
  const { problem } = session
  const tables = new Map(given)
  const named = of.tables.map(({ name, query: inner }, index) => {
    if (of.tables.slice(0, index).some((other) => other.name.text.toLowerCase() === name.text.toLowerCase()))
      throw problem.invalid(name.at, `Duplicate alias ${name.text} for WITH subquery`)
    From.refuseValues(inner, problem)
    const read = query(inner, outer, tables, session)
    const sql = session.fresh()
    tables.set(name.text.toLowerCase(), { sql, columns: read.columns })
    return `${sql} AS (${read.sql})`
  })
  const whole = body(of.body, outer, tables, session)
  const { chosen, columns } = whole
  // Beyond a plain SELECT only the columns of the result can be sorted by.
  const isPlain = chosen?.isSortable === true
  const name = isPlain ? "" : session.fresh()
  const result = columns.map((column, index) => ({
    name: column.name,
    of: Typed.make(column.of.type, `${name}."c${index}"`)
  }))
  const context: Context = isPlain
    ? chosen.context
    : {
        session,
        tables,
        scope: { ranges: [{ alias: "", columns: result }], merged: [], outer },
        noAggregates: "ORDER BY clause after this",
        noWindows: "ORDER BY clause after this"
      }
  const keys = of.orderBy.map(({ isDescending, nulls, of }) => {
    const value = Select.ordinal(of, isPlain ? columns : result, "ORDER BY", session) ?? translate(of, context)
    const key = Compare.sortKey(value, isDescending, nulls)
    if (key !== undefined) return key
    throw problem.invalid(of.at, `ORDER BY does not support expressions of type ${SqlType.show(value.type)}`)
  })
  const limits: Context = { session, tables, scope: Scope.empty }
  const parts = [
    ...(keys.length === 0 ? [] : [`ORDER BY ${keys.join(", ")}`]),
    ...(of.limit === undefined ? [] : [`LIMIT ${count(of.limit, "LIMIT", limits)}`]),
    ...(of.offset === undefined ? [] : [`OFFSET ${count(of.offset, "OFFSET", limits)}`])
  ]
  const start = named.length === 0 ? "" : `WITH ${named.join(", ")} `
  const core = isPlain || parts.length === 0 ? whole.sql : `SELECT * FROM (${whole.sql}) AS ${name}`
  const sql = `${start}${core}${parts.map((part) => ` ${part}`).join("")}`
  if (sql.length > longest) throw problem.unsupported(of.at, "a query as large as this")
  return {
    sql,
    columns: isPlain ? columns : result.map((column, index) => ({ ...column, of: columns[index]?.of ?? column.of }))
  }
}

/**
 * Translates a statement, or says why not.
 *
 * @since 0.1.0
 */
export const statement = (source: string, environment: Environment): Result.Result<Statement, Refusal> => {
  const problem = Problem.make(source)
  const reads = new Map<string, Set<number>>()
  let names = 0
  const session: Session = {
    environment,
    problem,
    fresh: () => `r${names++}`,
    use: ({ physical }, column) => {
      const columns = reads.get(physical) ?? new Set()
      reads.set(physical, columns.add(column))
    },
    query: (of, outer, tables) => query(of, outer, tables, session)
  }
  return Result.try({
    try: () => {
      const read = QueryParser.read(source, problem)
      From.refuseValues(read, problem)
      const { columns, sql } = query(read, Scope.empty, new Map(), session)
      const seen = new Set<string>()
      for (const { name } of columns) {
        if (name !== "" && seen.has(name.toLowerCase())) {
          throw problem.invalid(
            0,
            `Duplicate column names in the result are not supported. Found duplicate(s): ${name}`
          )
        }
        seen.add(name.toLowerCase())
      }
      return { sql, columns: columns.map(({ name, of }) => ({ name, type: of.type })), reads }
    },
    catch: (thrown) => {
      if (thrown instanceof Refusal) return thrown
      throw thrown
    }
  })
}
