/**
 * Reads calls of functions: their inputs, order and window.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/window-function-calls
 *
 * @since 0.1.0
 */
import type { Cursor } from "./Cursor.ts"
import type { Bound, Call, Expression, SortKey, Window } from "./Syntax.ts"

/**
 * Reads what stands within a call: `operand` no comparison, `subquery` a query where one begins.
 *
 * @since 0.1.0
 */
export interface Parts {
  readonly expression: () => Expression
  readonly operand: () => Expression
  readonly subquery: () => Expression | undefined
  readonly parenthesised: <A>(inside: () => A) => A
}

/**
 * Reads a call whose name was read, and keys to sort by.
 *
 * @since 0.1.0
 */
export interface Calls {
  readonly call: (at: number, name: string) => Call
  readonly sortKeys: () => ReadonlyArray<SortKey>
}

/** @since 0.1.0 */
export const make = (cursor: Cursor, { expression, operand, parenthesised, subquery }: Parts): Calls => {
  const { expect, isName, isNext, list, peek, problem, take } = cursor

  const sortKeys = (): ReadonlyArray<SortKey> =>
    list(() => {
      const of = expression()
      const isDescending = take("DESC") || (take("ASC"), false)
      const nulls = take("NULLS", "FIRST") ? "FIRST" : take("NULLS", "LAST") ? "LAST" : undefined
      return { of, isDescending, ...(nulls === undefined ? {} : { nulls }) }
    })

  const bound = (): Bound => {
    if (take("CURRENT", "ROW")) return { kind: "CURRENT ROW" }
    if (take("UNBOUNDED", "PRECEDING")) return { kind: "UNBOUNDED PRECEDING" }
    if (take("UNBOUNDED", "FOLLOWING")) return { kind: "UNBOUNDED FOLLOWING" }
    const offset = operand()
    if (take("PRECEDING")) return { kind: "PRECEDING", offset }
    expect("FOLLOWING")
    return { kind: "FOLLOWING", offset }
  }

  const window = (): Window => {
    if (isName()) throw problem.unsupported(peek().at, "named windows")
    return parenthesised(() => {
      const partitionBy = take("PARTITION", "BY") ? list(expression) : []
      const orderBy = take("ORDER", "BY") ? sortKeys() : []
      const unit = take("ROWS") ? "ROWS" : take("RANGE") ? "RANGE" : undefined
      if (unit === undefined) return { partitionBy, orderBy }
      if (!take("BETWEEN")) return { partitionBy, orderBy, frame: { unit, from: bound(), to: { kind: "CURRENT ROW" } } }
      const from = bound()
      expect("AND")
      return { partitionBy, orderBy, frame: { unit, from, to: bound() } }
    })
  }

  const call = (at: number, name: string): Call => {
    expect("(")
    const isStar = take("*")
    const isDistinct = !isStar && take("DISTINCT")
    const input = () => {
      if (isName() && peek(1).text === "=>") throw problem.unsupported(peek().at, "named arguments")
      return subquery() ?? expression()
    }
    const inputs = isStar || isNext(")") ? [] : list(input)
    if (isNext("HAVING")) throw problem.unsupported(peek().at, "HAVING MAX and HAVING MIN in a function call")
    const inner = take("IGNORE", "NULLS") ? "IGNORE" : take("RESPECT", "NULLS") ? "RESPECT" : undefined
    const orderBy = take("ORDER", "BY") ? sortKeys() : []
    const limit = take("LIMIT") ? expression() : undefined
    expect(")")
    const outer = take("IGNORE", "NULLS") ? "IGNORE" : take("RESPECT", "NULLS") ? "RESPECT" : undefined
    const nulls = inner ?? outer
    const over = take("OVER") ? window() : undefined
    return {
      kind: "call",
      at,
      name: name.toUpperCase(),
      inputs,
      isStar,
      isDistinct,
      orderBy,
      ...(nulls === undefined ? {} : { nulls }),
      ...(limit === undefined ? {} : { limit }),
      ...(over === undefined ? {} : { over })
    }
  }

  return { call, sortKeys }
}
