/**
 * Reads expressions.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/operators#operator_precedence
 *
 * @since 0.1.0
 */
import * as Datum from "../Datum.ts"
import * as Json from "../Json.ts"
import * as SqlType from "../SqlType.ts"
import * as CallParser from "./CallParser.ts"
import type { Cursor } from "./Cursor.ts"
import type { Expression, Query, SortKey } from "./Syntax.ts"

/** Operators with two sides, those that bind more tightly first. */
const levels: ReadonlyArray<ReadonlyArray<string>> = [["*", "/", "||"], ["+", "-"], ["<<", ">>"], ["&"], ["^"], ["|"]]

const comparisons = ["=", "<=", ">=", "<>", "!=", "<", ">"]

/** Functions that may stand without parentheses. */
const bare: ReadonlySet<string> = new Set(["CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP"])

/** Reserved words that are functions before a parenthesis. */
const functions = ["IF", "LEFT", "RIGHT"]

const elements: ReadonlySet<string> = new Set(["OFFSET", "ORDINAL", "SAFE_OFFSET", "SAFE_ORDINAL"])

/**
 * Reads expressions and keys to sort by.
 *
 * @since 0.1.0
 */
export interface Expressions {
  readonly expression: () => Expression
  readonly sortKeys: () => ReadonlyArray<SortKey>
}

/**
 * Makes the reader; `query` reads what stands in parentheses after `SELECT` or `WITH`.
 *
 * @since 0.1.0
 */
export const make = (cursor: Cursor, query: () => Query): Expressions => {
  const { expect, isNext, list, name, nested, next, peek, problem, take, typeName } = cursor

  const parenthesised = <A>(inside: () => A): A => {
    expect("(")
    const value = inside()
    expect(")")
    return value
  }
  const isQuery = (ahead = 0) => {
    let at = ahead
    while (peek(at).text === "(") at++
    return peek(at).kind === "word" && /^(?:SELECT|WITH)$/i.test(peek(at).text)
  }

  const { call, sortKeys } = CallParser.make(cursor, {
    expression: () => expression(),
    operand: () => binary(levels.length),
    subquery: () => (isQuery() ? queryIn("subquery") : undefined),
    parenthesised
  })

  const typed = (type: SqlType.Scalar): Expression => {
    const { at, value } = next()
    const text = next()
    const read = type === "JSON" ? Json.normalText(text.value) : Datum.read(type, text.value)
    // A literal is not rounded, as a cast is.
    if (read === undefined || (type === "NUMERIC" && /\.\d{9}\d*[1-9]/.test(text.value)))
      throw problem.invalid(text.at, `Invalid ${value.toUpperCase()} literal`)
    return { kind: "literal", at, type, value: read }
  }

  const caseOf = (at: number): Expression => {
    const of = isNext("WHEN") ? undefined : expression()
    const branches: Array<{ readonly when: Expression; readonly result: Expression }> = []
    while (take("WHEN")) {
      const when = expression()
      expect("THEN")
      branches.push({ when, result: expression() })
    }
    if (branches.length === 0) expect("WHEN")
    const otherwise = take("ELSE") ? expression() : undefined
    expect("END")
    return {
      kind: "case",
      at,
      branches,
      ...(of === undefined ? {} : { of }),
      ...(otherwise === undefined ? {} : { otherwise })
    }
  }

  const cast = (at: number, isSafe: boolean): Expression =>
    parenthesised(() => {
      const of = expression()
      expect("AS")
      const to = typeName()
      if (isNext("FORMAT")) throw problem.unsupported(peek().at, "CAST with FORMAT")
      return { kind: "cast", at, of, to, isSafe }
    })

  const extract = (at: number): Expression =>
    parenthesised(() => {
      const part = name().text.toUpperCase()
      if (isNext("(")) throw problem.unsupported(peek().at, "weeks that begin on another day")
      expect("FROM")
      const of = expression()
      const zone = take("AT", "TIME", "ZONE") ? expression() : undefined
      return { kind: "extract", at, part, of, ...(zone === undefined ? {} : { zone }) }
    })

  const array = (at: number): Expression => {
    const type = isNext("<") ? (cursor.back(), typeName()) : undefined
    if (type === undefined && isNext("(")) return { kind: "arrayQuery", at, query: parenthesised(query) }
    expect("[")
    const items = isNext("]") ? [] : list(expression)
    expect("]")
    return { kind: "array", at, items, ...(type?.kind === "ARRAY" ? { item: type.item } : {}) }
  }

  const struct = (at: number): Expression => {
    const type = isNext("<") ? (cursor.back(), typeName()) : undefined
    const field = () => {
      const value = expression()
      return { name: take("AS") ? name().text : value.kind === "path" ? (value.names.at(-1)?.text ?? "") : "", value }
    }
    return parenthesised(() => ({
      kind: "struct",
      at,
      fields: isNext(")") ? [] : list(field),
      ...(type === undefined ? {} : { type })
    }))
  }

  const queryIn = (kind: "arrayQuery" | "exists" | "subquery"): Expression => ({ kind, at: peek().at, query: query() })

  const primary = (): Expression => {
    const token = peek()
    const { at, kind, text, value } = token
    switch (kind) {
      case "integer": {
        next()
        const read = Datum.integer(text)
        if (read !== undefined) return { kind: "literal", at, type: "INT64", value: read }
        // -9223372036854775808 is read as the negation of a number that is too large by one.
        if (BigInt(text) === 2n ** 63n) return { kind: "literal", at, type: "INT64", value: 2n ** 63n }
        throw problem.invalid(at, `Invalid integer literal: ${text}`)
      }
      case "float": {
        next()
        const read = Datum.float(text)
        if (read === undefined) throw problem.invalid(at, `Invalid floating point literal: ${text}`)
        return { kind: "literal", at, type: "FLOAT64", value: read }
      }
      case "string":
        next()
        return { kind: "literal", at, type: "STRING", value }
      case "bytes":
        next()
        return { kind: "literal", at, type: "BYTES", value: token.bytes ?? new Uint8Array() }
      case "parameter":
        next()
        return { kind: "parameter", at, name: value }
      default:
        break
    }
    if (take("?")) return { kind: "parameter", at, name: cursor.nextPosition() }
    if (take("NULL")) return { kind: "null", at }
    if (take("TRUE")) return { kind: "literal", at, type: "BOOL", value: true }
    if (take("FALSE")) return { kind: "literal", at, type: "BOOL", value: false }
    if (take("CASE")) return caseOf(at)
    if (take("CAST")) return cast(at, false)
    if (isNext("SAFE_CAST", "(") && next()) return cast(at, true)
    if (take("EXTRACT")) return extract(at)
    if (take("EXISTS")) return parenthesised(() => queryIn("exists"))
    if (take("ARRAY")) return array(at)
    if (take("STRUCT")) return struct(at)
    if (take("INTERVAL")) {
      const of = expression()
      return { kind: "interval", at, of, part: name().text.toUpperCase() }
    }
    if (isNext("[")) return array(at)
    if (isNext("(")) {
      return parenthesised((): Expression => {
        if (isQuery()) return queryIn("subquery")
        const first = expression()
        if (!isNext(",")) return first
        next()
        return { kind: "struct", at, fields: [first, ...list(expression)].map((value) => ({ name: "", value })) }
      })
    }
    if (functions.some((word) => isNext(word, "("))) return call(at, next().text)
    const type = kind === "word" ? SqlType.named(text) : undefined
    if (type !== undefined && peek(1).kind === "string") return typed(type)
    const first = name()
    if (isNext("(")) return call(at, first.text)
    if (kind === "word" && bare.has(text.toUpperCase())) {
      return { kind: "call", at, name: text.toUpperCase(), inputs: [], isStar: false, isDistinct: false, orderBy: [] }
    }
    const names = [first]
    while (isNext(".") && peek(1).text !== "*") {
      next()
      names.push(cursor.anyName())
      if (isNext("(")) {
        const path = names.map(({ text }) => text.toUpperCase()).join(".")
        throw problem.unsupported(at, path.startsWith("SAFE.") ? "the prefix SAFE" : `the function ${path}`)
      }
    }
    return { kind: "path", at, names }
  }

  const postfix = (): Expression => {
    let of = primary()
    for (;;) {
      const { at } = peek()
      if (isNext(".") && peek(1).text !== "*") {
        next()
        of = { kind: "field", at, of, name: cursor.anyName() }
      } else if (take("[")) {
        const word = peek().text.toUpperCase()
        const isNamed = elements.has(word) && peek(1).text === "("
        if (isNamed) next()
        of = {
          kind: "element",
          at,
          of,
          by: isNamed ? word : "",
          index: isNamed ? parenthesised(expression) : expression()
        }
        expect("]")
      } else return of
    }
  }

  const unary = (): Expression =>
    nested(() => {
      const { at } = peek()
      const operator = ["+", "-", "~"].find((operator) => take(operator))
      if (operator === undefined) return postfix()
      const isNumber = peek().kind === "integer"
      const of = unary()
      // A sign belongs to its number, so that the smallest INT64 can be written.
      if (operator === "-" && isNumber && of.kind === "literal" && typeof of.value === "bigint")
        return { ...of, at, value: -of.value }
      return { kind: "unary", at, operator, of }
    })

  const binary = (level: number): Expression => {
    const operators = levels[level - 1]
    if (operators === undefined) return unary()
    let left = binary(level - 1)
    for (;;) {
      const { at } = peek()
      const operator = operators.find((operator) => take(operator))
      if (operator === undefined) return left
      left = { kind: "binary", at, operator, left, right: binary(level - 1) }
    }
  }

  const inside = (of: Expression, at: number): Expression => {
    if (take("UNNEST")) return { kind: "inArray", at, of, array: parenthesised(expression) }
    return parenthesised((): Expression =>
      isQuery() ? { kind: "inQuery", at, of, query: query() } : { kind: "in", at, of, list: list(expression) }
    )
  }

  const comparison = (): Expression => {
    const left = binary(levels.length)
    const { at } = peek()
    const operand = () => binary(levels.length)
    const operator = comparisons.find((operator) => take(operator))
    if (operator !== undefined)
      return { kind: "binary", at, operator: operator === "<>" ? "!=" : operator, left, right: operand() }
    const not = (of: Expression): Expression => ({ kind: "unary", at, operator: "NOT", of })
    if (take("IS")) {
      const isNot = take("NOT")
      const negated = isNot ? not : (of: Expression) => of
      if (take("DISTINCT", "FROM")) {
        const same: Expression = { kind: "binary", at, operator: "IS NOT DISTINCT FROM", left, right: operand() }
        return isNot ? same : not(same)
      }
      for (const what of ["NULL", "TRUE", "FALSE"] as const)
        if (take(what)) return negated({ kind: "is", at, of: left, what })
      throw cursor.unexpected()
    }
    const isNot = isNext("NOT") && /^(?:LIKE|IN|BETWEEN)$/i.test(peek(1).text) && take("NOT")
    const negated = isNot ? not : (of: Expression) => of
    if (take("LIKE")) {
      if (isNext("ANY") || isNext("SOME") || isNext("ALL")) throw problem.unsupported(at, "quantified LIKE")
      return negated({ kind: "binary", at, operator: "LIKE", left, right: operand() })
    }
    if (take("IN")) return negated(inside(left, at))
    if (take("BETWEEN")) {
      const low = operand()
      expect("AND")
      const high = operand()
      return negated({
        kind: "binary",
        at,
        operator: "AND",
        left: { kind: "binary", at, operator: ">=", left, right: low },
        right: { kind: "binary", at, operator: "<=", left, right: high }
      })
    }
    return left
  }

  const negation = (): Expression =>
    nested(() => {
      const { at } = peek()
      return take("NOT") ? { kind: "unary", at, operator: "NOT", of: negation() } : comparison()
    })

  const chain = (operator: "AND" | "OR", operand: () => Expression): Expression => {
    let left = operand()
    for (;;) {
      const { at } = peek()
      if (!take(operator)) return left
      left = { kind: "binary", at, operator, left, right: operand() }
    }
  }

  const expression = (): Expression => nested(() => chain("OR", () => chain("AND", negation)))

  return { expression, sortKeys }
}
