/**
 * Functions as a table: `["LENGTH(STRING) INT64", "length($1)"]` is the whole of LENGTH.
 *
 * A signature names the types of the inputs and of the result. `T` is any type and the same everywhere, `O` one whose values have an order, `N` a number, `ANY` a type that
 * does not matter; `?` marks an input that may be missing, `...` one that may be repeated. In the SQL behind it `$1` is the first input, `$*` all of them.
 *
 * @since 0.1.0
 */
import * as SqlType from "../SqlType.ts"
import * as Typed from "../sql/Typed.ts"

/**
 * A function: its signature, and its SQL or what makes it from the inputs.
 *
 * @since 0.1.0
 */
export type Entry = readonly [
  signature: string,
  sql: string | ((inputs: ReadonlyArray<Typed.Typed>) => string | undefined)
]

/** A type in a signature. */
type Pattern =
  | { readonly kind: "variable"; readonly name: "ANY" | "N" | "O" | "T" }
  | { readonly kind: "ARRAY"; readonly item: Pattern }
  | { readonly kind: "type"; readonly type: SqlType.SqlType }

/**
 * A signature that was read.
 *
 * @since 0.1.0
 */
export interface Signature {
  readonly name: string
  readonly text: string
  readonly inputs: ReadonlyArray<Pattern>
  readonly required: number
  readonly isVariadic: boolean
  readonly result: Pattern
  readonly sql: Entry[1]
}

const pattern = (text: string): Pattern => {
  if (text.startsWith("ARRAY<")) return { kind: "ARRAY", item: pattern(text.slice(6, -1)) }
  if (text === "ANY" || text === "N" || text === "O" || text === "T") return { kind: "variable", name: text }
  if (!SqlType.isScalar(text)) throw new Error(`No type of a signature: ${text}`)
  return { kind: "type", type: SqlType.scalar(text) }
}

const read = ([text, sql]: Entry): Signature => {
  const [, name = "", inside = "", result = ""] = /^([A-Z0-9_]+)\((.*)\) (\S+)$/.exec(text) ?? []
  const inputs = inside === "" ? [] : inside.split(", ")
  return {
    name,
    text,
    inputs: inputs.map((input) => pattern(input.replace(/\?|\.\.\.$/, ""))),
    required: inputs.filter((input) => !input.endsWith("?")).length,
    isVariadic: inputs.at(-1)?.endsWith("...") === true,
    result: pattern(result),
    sql
  }
}

/**
 * Reads tables of functions, into lists of signatures by name.
 *
 * @since 0.1.0
 */
export const table = (
  ...entries: ReadonlyArray<ReadonlyArray<Entry>>
): ReadonlyMap<string, ReadonlyArray<Signature>> => {
  const byName = new Map<string, Array<Signature>>()
  for (const signature of entries.flat().map(read)) {
    byName.set(signature.name, [...(byName.get(signature.name) ?? []), signature])
  }
  return byName
}

const satisfies = (name: "ANY" | "N" | "O" | "T", type: SqlType.SqlType): boolean =>
  name === "N" ? SqlType.isNumber(type) : name === "O" ? SqlType.isOrdered(type) : true

/** The types that the variables of a signature stand for. */
const bind = (patterns: ReadonlyArray<Pattern>, inputs: ReadonlyArray<Typed.Typed>) => {
  const seen = new Map<string, Array<Typed.Typed>>()
  const see = (pattern: Pattern, input: Typed.Typed): void => {
    if (pattern.kind === "variable" && pattern.name !== "ANY")
      seen.set(pattern.name, [...(seen.get(pattern.name) ?? []), input])
    if (pattern.kind === "ARRAY" && input.isNull !== true && input.type.kind === "ARRAY") {
      if (input.items === undefined) see(pattern.item, Typed.make(input.type.item, ""))
      for (const item of input.items ?? []) see(pattern.item, item)
    }
  }
  patterns.forEach((pattern, index) => {
    const input = inputs[index]
    if (input !== undefined) see(pattern, input)
  })
  const bound = new Map<string, SqlType.SqlType>()
  for (const [name, all] of seen) {
    const type = Typed.supertype(all)
    if (type === undefined || !satisfies(name === "N" || name === "O" ? name : "T", type)) return undefined
    bound.set(name, type)
  }
  return (pattern: Pattern, input?: Typed.Typed): SqlType.SqlType => {
    const resolve = (pattern: Pattern): SqlType.SqlType => {
      if (pattern.kind === "type") return pattern.type
      if (pattern.kind === "ARRAY") return SqlType.array(resolve(pattern.item))
      return bound.get(pattern.name) ?? input?.type ?? Typed.nothing.type
    }
    return resolve(pattern)
  }
}

/**
 * A signature that fits, with the inputs as it wants them.
 *
 * @since 0.1.0
 */
export interface Match {
  readonly signature: Signature
  readonly inputs: ReadonlyArray<Typed.Typed>
  readonly result: SqlType.SqlType
}

/**
 * Finds the signature that fits best: with the fewest inputs changed, the first of equals.
 *
 * @since 0.1.0
 */
export const match = (signatures: ReadonlyArray<Signature>, inputs: ReadonlyArray<Typed.Typed>): Match | undefined => {
  let best: (Match & { readonly cost: number }) | undefined
  for (const signature of signatures) {
    const { inputs: wanted, isVariadic, required } = signature
    if (inputs.length < required || (!isVariadic && inputs.length > wanted.length)) continue
    const patterns = inputs
      .map((_, index) => wanted[Math.min(index, wanted.length - 1)])
      .filter((one) => one !== undefined)
    const typeOf = bind(patterns, inputs)
    if (typeOf === undefined) continue
    let cost = 0
    const made = inputs.flatMap((input, index) => {
      const pattern = patterns[index]
      const type = pattern === undefined ? input.type : typeOf(pattern, input)
      cost += Typed.cost(input, type) ?? Number.POSITIVE_INFINITY
      return Typed.coerce(input, type) ?? []
    })
    if (made.length === inputs.length && (best === undefined || cost < best.cost)) {
      best = { signature, inputs: made, result: typeOf(signature.result), cost }
    }
  }
  return best
}

/**
 * Puts the inputs into the SQL of a signature; undefined when there is none for these inputs. `more` are further names with a `$`, such as `$w` for a window.
 *
 * @since 0.1.0
 */
export const fill = (match: Match, more: { readonly [name: string]: string } = {}): string | undefined => {
  const { inputs, signature } = match
  if (typeof signature.sql !== "string") return signature.sql(inputs)
  return signature.sql.replaceAll(/\$(\d|\*|[a-z]+)/g, (whole, key: string) => {
    if (key === "*") return inputs.map(({ sql }) => sql).join(", ")
    return Object.hasOwn(more, key) ? (more[key] ?? "") : (inputs[Number(key) - 1]?.sql ?? whole)
  })
}
