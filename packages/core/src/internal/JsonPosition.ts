/**
 * Says where JSON text is wrong, and where a value stands in it. `JSON.parse` decides what is valid; this runs only after a
 * failure, because engines word their messages differently and often leave the position out. It keeps its own stack, so that
 * deeply nested text cannot overflow the call stack (JSON parsers with positions, such as momoa, recurse, and take control
 * characters in strings).
 */

/** A problem at a 0-based offset of the text. */
export interface Problem {
  readonly offset: number
  readonly reason: string
}

interface Frame {
  readonly close: "}" | "]"
  key: string | number
}

/** Offsets of a value and, inside an object, of its key. */
interface Place {
  readonly key: number
  readonly value: number
}

/**
 * Returns the first syntax error of the text by RFC 8259, none when it is valid JSON.
 */
export const syntaxError = (text: string): Problem | undefined => scan(text, () => {})

/**
 * Returns where the value at `path` stands in valid JSON text (the last one, when a key is repeated, as `JSON.parse` takes it).
 */
export const locate = (text: string, path: ReadonlyArray<PropertyKey>): Place | undefined => {
  let found: Place | undefined
  scan(text, (stack, place) => {
    if (stack.length === path.length && stack.every(({ key }, depth) => key === path[depth])) found = place
  })
  return found
}

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const word = /[A-Za-z0-9_$+.-]+/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

const scan = (text: string, visit: (stack: ReadonlyArray<Frame>, place: Place) => void): Problem | undefined => {
  const stack: Array<Frame> = []
  let expected: "value" | "first value" | "key" | "first key" | "separator" = "value"
  let key = 0
  for (let at = skip(space, text, 0); ; at = skip(space, text, at)) {
    const frame = stack.at(-1)
    const char = text[at]
    const wrong = (what: string): Problem => ({
      offset: at,
      reason: `expected ${what}, got ${char === undefined ? "the end" : name(char)}`
    })
    if (expected === "separator") {
      if (frame === undefined) return char === undefined ? undefined : wrong("the end after one JSON value")
      if (char === frame.close) stack.pop()
      else if (char !== ",") return wrong(`, or ${frame.close}`)
      else if (typeof frame.key === "number") {
        frame.key++
        expected = "value"
      } else expected = "key"
      at++
    } else if (frame !== undefined && expected.startsWith("first ") && char === frame.close) {
      stack.pop()
      expected = "separator"
      at++
    } else if (frame?.close === "}" && (expected === "key" || expected === "first key")) {
      if (char !== '"') return wrong(expected === "key" ? "a quoted name" : "a quoted name or }")
      const end = stringEnd(text, at)
      if (typeof end !== "number") return end
      key = at
      frame.key = String(JSON.parse(text.slice(at, end)))
      at = skip(space, text, end)
      if (text[at] !== ":") {
        const got = text[at] === undefined ? "the end" : name(text[at] ?? "")
        return { offset: at, reason: `expected : after the name, got ${got}` }
      }
      expected = "value"
      at++
    } else {
      visit(stack, { key: frame?.close === "}" ? key : at, value: at })
      if (char === "{" || char === "[") {
        stack.push(char === "{" ? { close: "}", key: "" } : { close: "]", key: 0 })
        expected = char === "{" ? "first key" : "first value"
        at++
        continue
      }
      const end = char === '"' ? stringEnd(text, at) : scalarEnd(text, at)
      if (end === undefined) return wrong("a JSON value")
      if (typeof end !== "number") return end
      expected = "separator"
      at = end
    }
  }
}

const stringEnd = (text: string, start: number): number | Problem => {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at + 1
    if (code < 0x20) return { offset: at, reason: `${name(text[at] ?? "")} must be escaped in a string` }
    if (code === 0x5c) {
      const end = skip(escape, text, at)
      if (end === at) return { offset: at, reason: "the escape sequence is not valid" }
      at = end - 1
    }
  }
  return { offset: start, reason: "the string is never closed" }
}

const scalarEnd = (text: string, at: number): number | Problem | undefined => {
  const end = skip(word, text, at)
  if (end === at) return undefined
  const scalar = text.slice(at, end)
  if (scalar === "true" || scalar === "false" || scalar === "null" || skip(number, scalar, 0) === scalar.length)
    return end
  return { offset: at, reason: "expected a JSON value, got a bare word or a malformed number" }
}

const skip = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

const name = (char: string): string =>
  char >= "!" && char <= "~" ? char : `character U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`
