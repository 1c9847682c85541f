/**
 * JSON in which no number is rounded, and the normal form in which BigQuery keeps a JSON value.
 *
 * `JSON.parse` makes 9007199254740993 an even number: here a number that a double does not hold as it is written stays text.
 *
 * @since 0.1.0
 */

/**
 * A number whose text says more than a double would.
 *
 * @since 0.1.0
 */
export class Exact {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * A value of JSON.
 *
 * @since 0.1.0
 */
export type Json = null | boolean | number | string | Exact | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** @since 0.1.0 */
export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Exact)

/** Long runs of digits, exponents and zeros behind a point: only then may a number be one that a double changes. */
const doubtful = /[\d.]{16}|\d[eE]|\.\d*0(?!\d)|-0/

const numberAt = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const stringAt = /"(?:[^"\\]|\\.)*"/sy
const spaceAt = /[ \t\n\r]*/y
const wordAt = /true|false|null/y

/** Nesting that is read; BigQuery's own limit is 500. */
const deepest = 500

/** Reads the text whole, with each number that a double changes kept as it is written. Throws SyntaxError. */
const readExactly = (text: string): Json => {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  const fail = (): never => {
    throw new SyntaxError(`Unexpected token at position ${at}`)
  }
  const next = (character: string): boolean => {
    take(spaceAt)
    if (text[at] !== character) return false
    at++
    return true
  }
  const string = (): string => {
    const found = take(stringAt)
    return found === undefined ? fail() : String(JSON.parse(found))
  }
  const value = (depth: number): Json => {
    take(spaceAt)
    if (depth > deepest) return fail()
    if (next("{")) {
      const entries: Array<readonly [string, Json]> = []
      if (next("}")) return {}
      do {
        take(spaceAt)
        const key = string()
        if (!next(":")) return fail()
        entries.push([key, value(depth + 1)])
      } while (next(","))
      return next("}") ? Object.fromEntries(entries) : fail()
    }
    if (next("[")) {
      const items: Array<Json> = []
      if (next("]")) return items
      do items.push(value(depth + 1))
      while (next(","))
      return next("]") ? items : fail()
    }
    if (text[at] === '"') return string()
    const word = take(wordAt)
    if (word !== undefined) return word === "null" ? null : word === "true"
    const number = take(numberAt)
    if (number === undefined) return fail()
    const double = Number(number)
    return String(double) === number ? double : new Exact(number)
  }
  const whole = value(0)
  take(spaceAt)
  return at === text.length ? whole : fail()
}

/**
 * Reads a text. Undefined when it is not JSON.
 *
 * @since 0.1.0
 */
export const parse = (text: string): Json | undefined => {
  try {
    if (doubtful.test(text)) return readExactly(text)
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** As BigQuery writes a number: integers as they are, others as the shortest text of their double, which shows that it is one. */
const numberText = (text: string): string => {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text)
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return value.toString()
  }
  const double = Number(text)
  const shortest = String(double)
  return /[.e]/.test(shortest) ? shortest : `${shortest}.0`
}

/**
 * Writes a value in the normal form: without space, keys in order, of equal keys the last.
 *
 * @since 0.1.0
 */
export const normal = (value: Json): string => {
  if (value instanceof Exact) return numberText(value.text)
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : numberText(String(value))
  if (!isObject(value)) return Array.isArray(value) ? `[${value.map(normal).join(",")}]` : JSON.stringify(value)
  const keys = Object.keys(value).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `{${keys.map((key) => `${JSON.stringify(key)}:${normal(value[key] ?? null)}`).join(",")}}`
}

/**
 * Brings a text of JSON into the normal form. Undefined when it is not JSON.
 *
 * @since 0.1.0
 */
export const normalText = (text: string): string | undefined => {
  const value = parse(text)
  return value === undefined ? undefined : normal(value)
}
