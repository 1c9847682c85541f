/**
 * A place in a statement's words, and the words that may not be names.
 *
 * @since 0.1.0
 */
import type { Problems } from "./Problem.ts"
import type { Name, TypeName } from "./Syntax.ts"
import * as SqlType from "../SqlType.ts"
import type { Token } from "./Token.ts"

/**
 * The reserved words of GoogleSQL.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
 */
const reserved: ReadonlySet<string> = new Set(
  (
    "ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT DEFAULT DEFINE DESC " +
    "DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE " +
    "IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER " +
    "PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED " +
    "UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN"
  ).split(" ")
)

/** What a word is called in messages. */
const kinds: { readonly [K in Token["kind"]]: string } = {
  bytes: "bytes literal ",
  end: "",
  float: "floating point literal ",
  integer: "integer literal ",
  parameter: "",
  quoted: "identifier ",
  string: "string literal ",
  symbol: "",
  word: "identifier "
}

/** Nesting of a statement; deeper ones would end on the stack. */
const deepest = 200

/**
 * Looks at and takes words. Key words are asked for in upper case and may be written in any.
 *
 * @since 0.1.0
 */
export interface Cursor {
  readonly problem: Problems
  readonly peek: (ahead?: number) => Token
  readonly next: () => Token
  /** Whether the next words are these. */
  readonly isNext: (...words: ReadonlyArray<string>) => boolean
  /** Takes these words if they are next. */
  readonly take: (...words: ReadonlyArray<string>) => boolean
  /** Takes these words or fails. */
  readonly expect: (...words: ReadonlyArray<string>) => void
  /** Takes a name, quoted or not reserved; fails without one. */
  readonly name: () => Name
  readonly isName: () => boolean
  /** Takes a name behind a dot, where reserved words are names too. */
  readonly anyName: () => Name
  /** Steps back by one word. */
  readonly back: () => void
  /** Counts the `?` of a statement, from 0. */
  readonly nextPosition: () => number
  readonly typeName: () => TypeName
  readonly list: <A>(item: () => A) => ReadonlyArray<A>
  /** Runs a step into the depth, and fails where it gets too deep. */
  readonly nested: <A>(step: () => A) => A
  readonly unexpected: () => Error
}

/**
 * Starts at the first word.
 *
 * @since 0.1.0
 */
export const make = (tokens: ReadonlyArray<Token>, problem: Problems): Cursor => {
  let position = 0
  let depth = 0
  let positions = 0
  // A type's `>>` is two closings: the second one is still to come.
  let half = false
  const last = tokens.at(-1)
  const peek = (ahead = 0): Token => {
    const token = tokens[position + ahead] ?? last
    if (token === undefined) throw problem.syntax(0, "Unexpected end of script")
    return token
  }
  const next = (): Token => {
    const token = peek()
    position++
    return token
  }
  const is = (token: Token, word: string) =>
    (token.kind === "word" || token.kind === "symbol") && token.text.toUpperCase() === word
  const isNext = (...words: ReadonlyArray<string>) => words.every((word, index) => is(peek(index), word))
  const take = (...words: ReadonlyArray<string>) => {
    if (!isNext(...words)) return false
    position += words.length
    return true
  }
  const shown = ({ kind, text }: Token) => {
    const upper = text.toUpperCase()
    return kind === "end"
      ? "end of script"
      : kind === "word" && reserved.has(upper)
        ? `keyword ${upper}`
        : `${kinds[kind]}"${text}"`
  }
  const unexpected = () => problem.syntax(peek().at, `Unexpected ${shown(peek())}`)
  const expect = (...words: ReadonlyArray<string>) => {
    for (const word of words) {
      if (take(word)) continue
      throw problem.syntax(
        peek().at,
        `Expected ${/^\w/.test(word) ? `keyword ${word}` : `"${word}"`} but got ${shown(peek())}`
      )
    }
  }
  const isName = () => {
    const { kind, text } = peek()
    return kind === "quoted" || (kind === "word" && !reserved.has(text.toUpperCase()))
  }
  const name = (): Name => {
    if (!isName()) throw unexpected()
    const { at, value } = next()
    return { text: value, at }
  }
  const anyName = (): Name => {
    const { kind } = peek()
    if (kind !== "word" && kind !== "quoted") throw unexpected()
    const { at, value } = next()
    return { text: value, at }
  }
  const back = () => {
    position--
  }
  const nextPosition = () => positions++
  const list = <A>(item: () => A): ReadonlyArray<A> => {
    const items = [item()]
    while (take(",")) items.push(item())
    return items
  }
  const nested = <A>(step: () => A): A => {
    if (depth >= deepest) throw problem.invalid(peek().at, "The statement is nested too deeply")
    depth++
    try {
      return step()
    } finally {
      depth--
    }
  }
  const close = () => {
    if (half) half = false
    else if (take(">>")) half = true
    else expect(">")
  }
  const typeName = (): TypeName =>
    nested(() => {
      if (take("ARRAY")) {
        expect("<")
        const item = typeName()
        close()
        return { kind: "ARRAY", item }
      }
      if (take("STRUCT")) {
        expect("<")
        const field = () => {
          const after = peek(1)
          const isNamed = isName() && (after.kind === "word" || after.kind === "quoted")
          return { name: isNamed ? name().text : "", type: typeName() }
        }
        const fields = isNext(">") ? [] : list(field)
        close()
        return { kind: "STRUCT", fields }
      }
      const { at, text } = peek()
      const kind = SqlType.named(text)
      if (kind === undefined) {
        if (/^(?:GEOGRAPHY|INTERVAL|RANGE)$/i.test(text))
          throw problem.unsupported(at, `the type ${text.toUpperCase()}`)
        if (!isName()) throw unexpected()
        throw problem.invalid(at, `Type not found: ${text}`)
      }
      next()
      if (isNext("(")) throw problem.unsupported(at, "types with parameters")
      return { kind }
    })
  return {
    problem,
    peek,
    next,
    isNext,
    take,
    expect,
    name,
    isName,
    anyName,
    back,
    nextPosition,
    typeName,
    list,
    nested,
    unexpected
  }
}
