/** Reads YAML (and so JSON) into plain data, and tells where a value stands in the text. */
import * as Result from "effect/Result"
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseAllDocuments, visit } from "yaml"
import type { Problem } from "../CandidatesError.ts"

/** Where something stands, 1-based. */
interface Place {
  readonly line: number
  readonly column: number
}

/** The data of a file. `placeOf` tells where the value at a path stands, or its key; of one that is not there, what it should stand in. */
export interface Data {
  readonly value: unknown
  readonly placeOf: (path: ReadonlyArray<PropertyKey>, part: "key" | "value") => Place
}

/**
 * Parses the text. It must hold exactly one document. Tags are refused, whatever they name; aliases may not multiply the text, nor refer
 * to what they stand in.
 */
export const parse = (text: string): Result.Result<Data, ReadonlyArray<Problem>> => {
  const source = text.replace(/^\ufeff/, "")
  const place = placesOf(source)
  const problem = (offset: number, reason: string): Problem => ({ ...place(offset), setting: "", reason })
  const documents = parseAllDocuments(source, {
    prettyErrors: false,
    schema: "core",
    resolveKnownTags: false,
    merge: true,
    stringKeys: true,
    // Checked below: the library compares each key with each.
    uniqueKeys: false
  })
  const [document, second] = documents
  if (document === undefined) return Result.fail([{ setting: "", reason: empty }])
  const errors = [...document.errors, ...document.warnings]
  if (errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) {
    return Result.fail([{ setting: "", reason: "is nested too deeply" }])
  }
  if (errors.length > 0) {
    return Result.fail(
      errors.map(({ code, message, pos: [offset] }) =>
        problem(offset, code === "TAG_RESOLVE_FAILED" ? "tags (!) are not supported" : message)
      )
    )
  }
  if (second !== undefined) {
    return Result.fail([problem(second.range[0], "a second document starts here: put all candidates into one list")])
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return Result.fail([{ setting: "", reason: empty }])
  }
  const keys = keyProblems(document, problem)
  if (keys.length > 0) return Result.fail(keys)
  const value = Result.try({
    try: (): unknown => document.toJS({ maxAliasCount: mostAliases }),
    catch: () => [{ setting: "", reason: "its aliases (*) multiply the text too often" }]
  })
  return Result.flatMap(value, (value) =>
    isBounded(value)
      ? Result.succeed({ value, placeOf: (path, part) => place(offsetOf(document, path, part)) })
      : Result.fail([{ setting: "", reason: "is nested too deeply, or an alias (*) refers to what it stands in" }])
  )
}

/** Tells line and column of an offset. Counted here: the library's own counter misses a line feed now and then after an error. */
const placesOf = (text: string) => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return (offset: number): Place => {
    let line = 0
    for (let step = 2 ** Math.ceil(Math.log2(starts.length)); step >= 1; step /= 2) {
      if ((starts[line + step] ?? Infinity) <= offset) line += step
    }
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}

const empty = "is empty: write a list of candidates, each with a name and a model"

const mostKeys = 1_000
const mostAliases = 100
const mostLevels = 64
const mostValues = 200_000

const keyProblems = (
  document: Document.Parsed,
  problem: (offset: number, reason: string) => Problem
): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  visit(document, {
    Map: (_, { items, range }) => {
      if (items.length > mostKeys)
        problems.push(problem(range?.[0] ?? 0, `has more than ${mostKeys} settings in one group`))
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) problems.push(problem(startOf(key), `${key.source ?? "the key"} is there twice`))
        seen.add(key.value)
      }
    }
  })
  return problems
}

/** Whether data is a tree of a reasonable size, with shared parts counted as often as they are seen. */
const isBounded = (value: unknown): boolean => {
  let values = 0
  const visit = (one: unknown, level: number): boolean => {
    if (++values > mostValues || level > mostLevels) return false
    return typeof one !== "object" || one === null || Object.values(one).every((item) => visit(item, level + 1))
  }
  return visit(value, 0)
}

const offsetOf = (document: Document.Parsed, path: ReadonlyArray<PropertyKey>, part: "key" | "value"): number => {
  let node = resolved(document, document.contents)
  let offset = startOf(node)
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1
    const pair = isMap(node) ? pairOf(document, node.items, key) : undefined
    const item = pair === undefined ? (isSeq(node) ? node.items[Number(key)] : undefined) : pair.value
    const at = isLast && part === "key" && pair !== undefined ? pair.key : item
    if (at === undefined || at === null) break
    offset = startOf(at) || offset
    node = resolved(document, item)
  }
  return offset
}

const startOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)

const isNode = (value: unknown): value is Node => isMap(value) || isSeq(value) || isScalar(value) || isAlias(value)

const resolved = (document: Document.Parsed, node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

/** The pair of a key: the map's own, or one that is merged in by `<<`. */
const pairOf = (
  document: Document.Parsed,
  pairs: ReadonlyArray<Pair>,
  key: PropertyKey,
  level = 0
): Pair | undefined => {
  const own = pairs.find((pair) => isScalar(pair.key) && pair.key.value === key)
  if (own !== undefined || level > mostLevels) return own
  for (const { key: name, value } of pairs) {
    if (!(isScalar(name) && name.source === "<<")) continue
    const target = resolved(document, value)
    for (const source of isSeq(target) ? target.items : [target]) {
      const map = resolved(document, source)
      const found = isMap(map) ? pairOf(document, map.items, key, level + 1) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}
