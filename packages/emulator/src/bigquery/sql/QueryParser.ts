/**
 * Reads statements.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax
 *
 * @since 0.1.0
 */
import * as Cursor from "./Cursor.ts"
import * as ExpressionParser from "./ExpressionParser.ts"
import * as Problem from "./Problem.ts"
import type { Body, Expression, Item, Name, Query, Select, Source } from "./Syntax.ts"
import * as Token from "./Token.ts"

/** Words that follow a table and are no alias, although they are not reserved. */
const notAlias = /^(?:PIVOT|UNPIVOT|MATCH_RECOGNIZE)$/i

const parser = (cursor: Cursor.Cursor) => {
  const { expect, isName, isNext, list, name, nested, next, peek, problem, take } = cursor
  const { expression, sortKeys } = ExpressionParser.make(cursor, () => query())

  const alias = (): { readonly alias?: string } => {
    if (take("AS")) return { alias: name().text }
    return isName() && !notAlias.test(peek().text) ? { alias: name().text } : {}
  }

  const star = (at: number, of?: Expression): Item => {
    let except: ReadonlyArray<Name> = []
    let replace: ReadonlyArray<{ readonly of: Expression; readonly name: Name }> = []
    if (take("EXCEPT", "(")) {
      except = list(name)
      expect(")")
    }
    if (take("REPLACE", "(")) {
      replace = list(() => {
        const of = expression()
        expect("AS")
        return { of, name: name() }
      })
      expect(")")
    }
    return { kind: "star", at, except, replace, ...(of === undefined ? {} : { of }) }
  }

  const item = (): Item => {
    const { at } = peek()
    if (take("*")) return star(at)
    const of = expression()
    if (take(".", "*")) return star(at, of)
    return { kind: "expression", at, of, ...alias() }
  }

  /** The items, of which the last may have a comma behind it. */
  const items = (): ReadonlyArray<Item> => {
    const all = [item()]
    while (take(",")) {
      if (isNext("FROM") || isNext(")") || peek().kind === "end") break
      all.push(item())
    }
    return all
  }

  /** `a.b.c`, where a quoted name may hold several parts and a project may have dashes without quotes. */
  const tablePath = (): ReadonlyArray<Name> => {
    const part = (): ReadonlyArray<Name> => {
      const { kind } = peek()
      let found = name()
      if (kind === "quoted") return found.text.split(".").map((text) => ({ text, at: found.at }))
      while (isNext("-") && peek(1).at === peek().end && peek().at === found.at + found.text.length) {
        next()
        found = { text: `${found.text}-${next().text}`, at: found.at }
      }
      return [found]
    }
    const path = [...part()]
    while (take(".")) path.push(...(peek().kind === "quoted" ? part() : [cursor.anyName()]))
    return path
  }

  const offset = (): { readonly offset?: string } => {
    if (!take("WITH", "OFFSET")) return {}
    if (take("AS")) return { offset: name().text }
    return { offset: isName() ? name().text : "offset" }
  }

  const refuseExtras = () => {
    const { at, text } = peek()
    if (notAlias.test(text) && peek(1).text === "(") throw problem.unsupported(at, text.toUpperCase())
    if (isNext("TABLESAMPLE")) throw problem.unsupported(at, "TABLESAMPLE")
    if (isNext("FOR", "SYSTEM_TIME")) throw problem.unsupported(at, "tables as of an earlier time")
  }

  const operand = (): Source => {
    const { at } = peek()
    if (take("UNNEST")) {
      expect("(")
      const of = expression()
      expect(")")
      return { kind: "unnest", at, of, ...alias(), ...offset() }
    }
    if (isNext("LATERAL")) throw problem.unsupported(at, "LATERAL")
    if (take("(")) {
      const inner = isQuery() ? undefined : source()
      const of = inner ?? query()
      expect(")")
      const found: Source = "body" in of ? { kind: "query", at, query: of, ...alias() } : of
      refuseExtras()
      return found
    }
    const path = tablePath()
    if (isNext("(")) throw problem.unsupported(at, "table functions")
    const found: Source = { kind: "table", at, path, ...alias(), ...offset() }
    refuseExtras()
    return found
  }

  const joins = ["CROSS", "FULL", "INNER", "LEFT", "RIGHT"] as const

  const source = (): Source => {
    let left = operand()
    for (;;) {
      const { at } = peek()
      if (take(",")) {
        left = { kind: "join", at, join: "CROSS", left, right: operand() }
        continue
      }
      const join = joins.find((word) => take(word))
      if (join !== undefined && join !== "CROSS" && join !== "INNER") take("OUTER")
      if (join === undefined && !isNext("JOIN")) return left
      expect("JOIN")
      const right = operand()
      const on = take("ON") ? expression() : undefined
      let using: ReadonlyArray<Name> | undefined
      if (on === undefined && take("USING")) {
        expect("(")
        using = list(name)
        expect(")")
      }
      const isArray = right.kind === "unnest" || (right.kind === "table" && right.path.length > 1)
      if (join !== "CROSS" && !isArray && on === undefined && using === undefined) {
        throw problem.syntax(peek().at, `${join ?? "INNER"} JOIN must have an immediately following ON or USING clause`)
      }
      left = {
        kind: "join",
        at,
        join: join ?? "INNER",
        left,
        right,
        ...(on === undefined ? {} : { on }),
        ...(using === undefined ? {} : { using })
      }
    }
  }

  const isQuery = () => {
    let at = 0
    while (peek(at).text === "(") at++
    return peek(at).kind === "word" && /^(?:SELECT|WITH)$/i.test(peek(at).text)
  }

  const groupBy = (): ReadonlyArray<Expression> => {
    const { at } = peek()
    if (isNext("ALL")) throw problem.unsupported(at, "GROUP BY ALL")
    if (isNext("ROLLUP") || isNext("CUBE") || isNext("GROUPING"))
      throw problem.unsupported(at, `GROUP BY ${peek().text.toUpperCase()}`)
    return list(expression)
  }

  const select = (): Select => {
    const { at } = peek()
    expect("SELECT")
    if (isNext("WITH")) throw problem.unsupported(peek().at, "SELECT WITH")
    const isDistinct = take("DISTINCT") || (take("ALL"), false)
    const as = take("AS", "STRUCT") ? "STRUCT" : take("AS", "VALUE") ? "VALUE" : undefined
    const chosen = items()
    const from = take("FROM") ? source() : undefined
    const where = take("WHERE") ? expression() : undefined
    const grouped = take("GROUP", "BY") ? groupBy() : []
    const having = take("HAVING") ? expression() : undefined
    const qualify = take("QUALIFY") ? expression() : undefined
    if (isNext("WINDOW")) throw problem.unsupported(peek().at, "named windows")
    return {
      kind: "select",
      at,
      isDistinct,
      items: chosen,
      groupBy: grouped,
      ...(as === undefined ? {} : { as }),
      ...(from === undefined ? {} : { from }),
      ...(where === undefined ? {} : { where }),
      ...(having === undefined ? {} : { having }),
      ...(qualify === undefined ? {} : { qualify })
    }
  }

  const term = (): Body => {
    const { at } = peek()
    if (!take("(")) return select()
    const inner = query()
    expect(")")
    return { kind: "query", at, query: inner }
  }

  const body = (): Body => {
    let left = term()
    let first: string | undefined
    for (;;) {
      const { at } = peek()
      const word = ["UNION", "INTERSECT", "EXCEPT"].find((word) => take(word))
      if (word === undefined) return left
      const kind = take("ALL") ? "ALL" : take("DISTINCT") ? "DISTINCT" : undefined
      if (kind === undefined) {
        throw problem.syntax(
          peek().at,
          `Expected keyword ALL or keyword DISTINCT but got ${peek().text || "end of script"}`
        )
      }
      if (kind === "ALL" && word !== "UNION") throw problem.invalid(at, `${word} ALL is not supported`)
      const operator = `${word} ${kind}`
      first ??= operator
      if (operator !== first)
        throw problem.syntax(
          at,
          "Different set operations cannot be used in the same query without using parentheses for grouping"
        )
      if (isNext("BY") || isNext("CORRESPONDING")) throw problem.unsupported(at, `${operator} by name`)
      left = { kind: "set", at, operator, left, right: term() }
    }
  }

  const query = (): Query =>
    nested(() => {
      const { at } = peek()
      const table = () => {
        const named = name()
        expect("AS", "(")
        const inner = query()
        expect(")")
        return { name: named, query: inner }
      }
      const isWith = take("WITH")
      if (isWith && isNext("RECURSIVE")) throw problem.unsupported(peek().at, "WITH RECURSIVE")
      const tables = isWith ? list(table) : []
      const of = body()
      const orderBy = take("ORDER", "BY") ? sortKeys() : []
      const limit = take("LIMIT") ? expression() : undefined
      const offset = limit !== undefined && take("OFFSET") ? expression() : undefined
      return {
        at,
        tables,
        body: of,
        orderBy,
        ...(limit === undefined ? {} : { limit }),
        ...(offset === undefined ? {} : { offset })
      }
    })

  return { isQuery, query }
}

/**
 * Reads a statement. Only queries are read: DDL, DML and scripts are refused by name. Throws Refusal.
 *
 * @since 0.1.0
 */
export const read = (source: string, problem: Problem.Problems = Problem.make(source)): Query => {
  const cursor = Cursor.make(Token.read(source, problem), problem)
  const { at, kind, text } = cursor.peek()
  const { isQuery, query } = parser(cursor)
  if (kind === "end") throw problem.syntax(at, "Unexpected end of statement")
  if (!isQuery()) {
    const isStatement =
      /^(?:ALTER|ASSERT|BEGIN|CALL|COMMIT|CREATE|DECLARE|DELETE|DROP|EXECUTE|EXPLAIN|EXPORT|FROM|GRANT|INSERT|LOAD|MERGE|REVOKE|ROLLBACK|SET|TRUNCATE|UPDATE)$/i
    throw isStatement.test(text)
      ? problem.unsupported(at, `statements of ${text.toUpperCase()}: only SELECT`)
      : cursor.unexpected()
  }
  const read = query()
  cursor.take(";")
  if (cursor.isNext("|", ">")) throw problem.unsupported(cursor.peek().at, "pipe syntax")
  if (cursor.peek().kind === "end") return read
  if (cursor.peek(-1).text === ";") throw problem.unsupported(cursor.peek().at, "several statements in one query")
  throw cursor.unexpected()
}
