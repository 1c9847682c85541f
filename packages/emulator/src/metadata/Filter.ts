/**
 * The filters of list requests: comparisons joined by AND and OR, in parentheses up to five deep.
 *
 * Source: https://google.aip.dev/160, and the fields named at ListContextsRequest, ListExecutionsRequest and ListArtifactsRequest.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { isJsonObject } from "../wire/Decode.ts"
import type { Kind, Node } from "./Node.ts"

/**
 * What a filter can ask for beside the resource itself: full names with the project's number.
 *
 * @since 0.1.0
 */
export interface Links {
  readonly parents: (node: Node) => ReadonlyArray<string>
  readonly children: (node: Node) => ReadonlyArray<string>
  readonly isIn: (node: Node, context: string) => boolean
}

/**
 * Says whether a resource passes.
 *
 * @since 0.1.0
 */
export type Filter = (node: Node, links: Links) => boolean

type Scalar = boolean | number | string
type Operator = "!=" | ":" | "<" | "<=" | "=" | ">" | ">="
type Read = (node: Node, links: Links) => Scalar | ReadonlyArray<Scalar> | undefined

const simple: { readonly [field: string]: { readonly read: Read; readonly kinds?: ReadonlyArray<Kind> } } = {
  name: { read: ({ name }) => name },
  display_name: { read: ({ draft }) => draft.displayName ?? "" },
  schema_title: { read: ({ draft }) => draft.schemaTitle ?? "" },
  create_time: { read: ({ created }) => created },
  update_time: { read: ({ updated }) => updated },
  state: { read: ({ draft }) => draft.state ?? "STATE_UNSPECIFIED", kinds: ["artifacts", "executions"] },
  uri: { read: ({ draft }) => draft.uri ?? "", kinds: ["artifacts"] },
  parent_contexts: { read: (node, links) => links.parents(node), kinds: ["contexts"] },
  child_contexts: { read: (node, links) => links.children(node), kinds: ["contexts"] }
}

const inMetadata = (path: ReadonlyArray<string>, type: string): Read => {
  const typeName = { number_value: "number", string_value: "string", bool_value: "boolean" }[type]
  return ({ draft }) => {
    let value: unknown = draft.metadata
    for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
    const scalar =
      typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined
    return typeof scalar === typeName ? scalar : undefined
  }
}

const order = (one: Scalar, other: Scalar): number | undefined => {
  if (typeof one !== typeof other) return undefined
  return one === other ? 0 : one < other ? -1 : 1
}

const compare = (value: Scalar | undefined, operator: Operator, wanted: Scalar): boolean => {
  const sign = value === undefined ? undefined : order(value, wanted)
  if (sign === undefined) return operator === "!="
  switch (operator) {
    case ":":
    case "=":
      return sign === 0
    case "!=":
      return sign !== 0
    case "<":
      return sign < 0
    case "<=":
      return sign <= 0
    case ">":
      return sign > 0
    case ">=":
      return sign >= 0
  }
}

const maximumNesting = 5

class Unreadable extends Error {}

/** A reader of one filter, by recursive descent. It throws `Unreadable`, which `parse` catches. */
const reader = (text: string, kind: Kind) => {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) return undefined
    at = pattern.lastIndex
    return found[1]
  }
  const fail = (what: string): never => {
    throw new Unreadable(`${what} at position ${at}`)
  }

  const string = (): string | undefined => take(/\s*"((?:[^"\\]|\\.)*)"/y)?.replaceAll(/\\(.)/gs, "$1")

  const value = (): Scalar => {
    const quoted = string()
    if (quoted !== undefined) return quoted
    const bare = take(/\s*([\w.+-]+)/y) ?? fail("expected a value")
    if (bare === "true" || bare === "false") return bare === "true"
    return Number.isFinite(Number(bare)) ? Number(bare) : bare
  }

  const comparison = (): Filter => {
    const head = take(/\s*([a-z_]+)/y) ?? fail("expected a field")
    if (head === "in_context") return inContext()
    const path: Array<string> = []
    while (take(/(\.)/y) !== undefined) path.push(string() ?? take(/(\w+)/y) ?? fail("expected a key"))
    const read = readerOf(head, path)
    // The pattern knows exactly the operators.
    const operator = (take(/\s*(<=|>=|!=|=|<|>|:)/y) ?? fail("expected a comparison")) as Operator
    const wanted = value()
    if (head === "create_time" || head === "update_time") {
      const moment = Date.parse(String(wanted))
      if (Number.isNaN(moment)) fail("expected an RFC 3339 time")
      return (node, links) => compare(first(read(node, links)), operator, moment)
    }
    return (node, links) => {
      const found = read(node, links)
      return Array.isArray(found)
        ? found.some((item) => compare(item, operator, wanted))
        : compare(first(found), operator, wanted)
    }
  }

  const readerOf = (head: string, path: ReadonlyArray<string>): Read => {
    if (head === "metadata") {
      const type = path.at(-1) ?? ""
      if (path.length < 2 || !/^(number|string|bool)_value$/.test(type)) {
        fail("expected metadata.<key>.<number_value, string_value or bool_value>")
      }
      return inMetadata(path.slice(0, -1), type)
    }
    const field = Object.hasOwn(simple, head) && path.length === 0 ? simple[head] : undefined
    if (field === undefined || field.kinds?.includes(kind) === false)
      return fail(`unknown field "${[head, ...path].join(".")}"`)
    return field.read
  }

  const inContext = (): Filter => {
    if (kind === "contexts") fail('unknown function "in_context"')
    if (take(/\s*(\()/y) === undefined) fail('expected "("')
    const context = string() ?? fail("expected the name of a context")
    if (take(/\s*(\))/y) === undefined) fail('expected ")"')
    return (node, links) => links.isIn(node, context)
  }

  const term = (depth: number): Filter => {
    if (take(/\s*(\()/y) === undefined) return comparison()
    if (depth >= maximumNesting) fail("nested too deep")
    const inner = expression(depth + 1)
    if (take(/\s*(\))/y) === undefined) fail('expected ")"')
    return inner
  }

  /** OR binds closer than AND, as AIP-160 has it. */
  const either = (depth: number): Filter => {
    const terms = [term(depth)]
    while (take(/\s+(OR)\b/y) !== undefined) terms.push(term(depth))
    return (node, links) => terms.some((filter) => filter(node, links))
  }
  const expression = (depth: number): Filter => {
    const terms = [either(depth)]
    while (take(/\s+(AND)\b/y) !== undefined) terms.push(either(depth))
    return (node, links) => terms.every((filter) => filter(node, links))
  }

  const whole = (): Filter => {
    const filter = expression(0)
    if (text.slice(at).trim() !== "") fail("expected AND, OR or the end")
    return filter
  }
  return { whole }
}

const first = (value: ReturnType<Read>): Scalar | undefined => (typeof value === "object" ? value[0] : value)

/**
 * Reads a filter; the empty one passes everything. Fails with what is wrong and where.
 *
 * @since 0.1.0
 */
export const parse = (text: string, kind: Kind): Result.Result<Filter, string> => {
  if (text.trim() === "") return Result.succeed(() => true)
  try {
    return Result.succeed(reader(text, kind).whole())
  } catch (error) {
    if (error instanceof Unreadable) return Result.fail(error.message)
    throw error
  }
}
