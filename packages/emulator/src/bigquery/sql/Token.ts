/**
 * The words of a statement. Strings, quoted names and comments are known here, so nothing behind looks into them.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical
 *
 * @since 0.1.0
 */
import type { Problems } from "./Problem.ts"

/**
 * A word at an offset of the text, up to `end`. `text` is what is written, `value` what a string, quoted name or parameter means.
 *
 * @since 0.1.0
 */
export interface Token {
  readonly kind: "bytes" | "end" | "float" | "integer" | "parameter" | "quoted" | "string" | "symbol" | "word"
  readonly text: string
  readonly value: string
  readonly bytes?: Uint8Array
  readonly at: number
  readonly end: number
}

const space = /(?:\s+|#[^\n]*|--[^\n]*|\/\*[\s\S]*?\*\/)+/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y
const symbol = /<<|>>|<=|>=|<>|!=|\|\||=>|[-+*/%&|^~=<>()[\],.;?@:{}!]/y
const prefix = /(?:[rR][bB]|[bB][rR]|[rR]|[bB])?(?="|')/y

const simple: { readonly [escape: string]: string } = {
  '"': '"',
  "'": "'",
  "?": "?",
  "\\": "\\",
  "`": "`",
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v"
}

const coded = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/y

/**
 * Takes a statement apart; the last word is `end`. Throws Refusal: strings that do not end, escapes and characters that do not exist.
 *
 * @since 0.1.0
 */
export const read = (source: string, problem: Problems): ReadonlyArray<Token> => {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    at += found?.length ?? 0
    return found
  }

  /** Reads up to the closing quotes; `at` is behind the opening ones. Of a bytes literal each character of the value is one byte. */
  const quoted = (start: number, close: string, isRaw: boolean, isBytes: boolean, what: string): string => {
    let value = ""
    for (;;) {
      if (source.startsWith(close, at)) {
        at += close.length
        return value
      }
      const point = source.codePointAt(at)
      const character = point === undefined ? undefined : String.fromCodePoint(point)
      const plain = (text: string) => (isBytes ? Buffer.from(text).toString("latin1") : text)
      if (character === undefined || (character === "\n" && close.length === 1))
        throw problem.syntax(start, `Unclosed ${what}`)
      if (character !== "\\") {
        value += plain(character)
        at += character.length
        continue
      }
      const next = source[at + 1] ?? ""
      if (isRaw) {
        value += plain(character + next)
        at += 2
        continue
      }
      coded.lastIndex = at
      const found = coded.exec(source)
      const [all = "", hex, four, eight, octal] = found ?? []
      const code = hex ?? four ?? eight
      if (Object.hasOwn(simple, next)) {
        value += simple[next]
        at += 2
      } else if (code !== undefined || octal !== undefined) {
        const escaped = code === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(code, 16)
        const isUnicode = four !== undefined || eight !== undefined
        const isSurrogate = escaped >= 0xd800 && escaped <= 0xdfff
        if (escaped > 0x10ffff || isSurrogate || (isBytes && isUnicode) || (!isUnicode && escaped > 255)) {
          throw problem.syntax(at, `Illegal escape sequence: ${all}`)
        }
        value += String.fromCodePoint(escaped)
        at += all.length
      } else throw problem.syntax(at, `Illegal escape sequence: \\${next}`)
    }
  }

  const literal = (): Token | undefined => {
    const start = at
    const marks = take(prefix)?.toLowerCase()
    if (marks === undefined) return undefined
    const quote = source[at] ?? ""
    const close = source.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote
    at += close.length
    const isBytes = marks.includes("b")
    const value = quoted(start, close, marks.includes("r"), isBytes, isBytes ? "bytes literal" : "string literal")
    const text = source.slice(start, at)
    if (!isBytes) return { kind: "string", text, value, at: start, end: at }
    return { kind: "bytes", text, value, bytes: Buffer.from(value, "latin1"), at: start, end: at }
  }

  const next = (): Token => {
    take(space)
    if (source.startsWith("/*", at)) throw problem.syntax(at, "Unclosed comment")
    const start = at
    const token = (kind: Token["kind"], value?: string): Token => {
      const text = source.slice(start, at)
      return { kind, text, value: value ?? text, at: start, end: at }
    }
    if (at >= source.length) return token("end")
    const string = literal()
    if (string !== undefined) return string
    if (source[at] === "`") {
      at++
      const value = quoted(start, "`", false, false, "identifier literal")
      if (value === "") throw problem.syntax(start, "Invalid empty identifier")
      return token("quoted", value)
    }
    if (source[at] === "@" && source[at + 1] === "@") throw problem.unsupported(at, "system variables")
    if (source[at] === "@") {
      at++
      if (source[at] === "`") {
        at++
        return token("parameter", quoted(start, "`", false, false, "identifier literal"))
      }
      const name = take(word)
      if (name === undefined) throw problem.syntax(start, 'Unexpected "@"')
      return token("parameter", name)
    }
    if (take(word) !== undefined) return token("word")
    if (/[\d.]/.test(source[at] ?? "")) {
      const found = take(number)
      if (found !== undefined) {
        if (/[A-Za-z_]/.test(source[at] ?? "")) throw problem.syntax(at, "Missing whitespace between literal and alias")
        return token(/^(?:0[xX].*|\d+)$/.test(found) ? "integer" : "float")
      }
    }
    if (take(symbol) !== undefined) return token("symbol")
    throw problem.syntax(at, `Illegal input character "${String.fromCodePoint(source.codePointAt(at) ?? 0)}"`)
  }

  const tokens: Array<Token> = []
  for (;;) {
    const token = next()
    tokens.push(token)
    if (token.kind === "end") return tokens
  }
}
