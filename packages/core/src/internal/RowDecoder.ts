/**
 * Decodes the value of a row by a Schema and says in plain words, without quoting data, what is wrong with it.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

/** A value that is not a row: where in it, at its key or at its value, and why. */
interface RowProblem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly part: "key" | "value"
  readonly reason: string
}

/** Decodes one value. */
export type RowDecoder<out A> = (value: unknown) => Result.Result<A, RowProblem>

/** An object as `JSON.parse` makes it. */
export type JsonRow = { readonly [field: string]: Schema.Json }

/**
 * Makes a decoder from a schema without services and asynchronous steps; extra fields are problems, or are left out.
 */
export const fromSchema = <A>(schema: Schema.ConstraintDecoder<A>, extraFields: "error" | "ignore"): RowDecoder<A> => {
  const decode = Schema.decodeUnknownResult(schema)
  const options = { onExcessProperty: extraFields }
  return (value) => {
    const problem = notARow(value)
    return problem === undefined
      ? Result.mapError(decode(value, options), ({ issue }) => describe(issue, value))
      : Result.fail(problem)
  }
}

/**
 * Takes any object: the values of JSON Lines and CSV are JSON already, those of a stream are typed by the stream.
 */
export const jsonRow: RowDecoder<JsonRow> = (value) => {
  const problem = notARow(value)
  // notARow leaves objects only; the text formats put nothing but JSON in them.
  return problem === undefined ? Result.succeed(value as JsonRow) : Result.fail(problem)
}

// Far deeper than any row means to be, far shallower than the recursion of JSON.stringify and of schemas allows.
const maxDepth = 100

const notARow = (value: unknown): RowProblem | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { path: [], part: "value", reason: `expected an object, got ${kindOf(value)}` }
  }
  return isDeeper(value, maxDepth)
    ? { path: [], part: "value", reason: `nested more than ${maxDepth} levels deep` }
    : undefined
}

const isDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== "object" || value === null) return false
  if (levels === 0) return true
  for (const item of Object.values(value)) {
    if (isDeeper(item, levels - 1)) return true
  }
  return false
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const describe = (issue: SchemaIssue.Issue, row: unknown): RowProblem => {
  const [first] = format(issue).issues
  const path = (first?.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
  const message = first?.message ?? "not valid"
  if (message === "Missing key") return { path, part: "value", reason: "missing" }
  if (message === "Expected no excess property") {
    return { path, part: "key", reason: 'the schema has no such field (extraFields: "ignore" allows it)' }
  }
  if (!message.startsWith("Expected ")) return { path, part: "value", reason: message }
  const expected = message.slice("Expected ".length)
  const words = expected
    .split(" | ")
    .map((type) => plain.get(type) ?? type)
    .join(" or ")
  return { path, part: "value", reason: `expected ${words}, got ${kindOf(valueAt(row, path))}` }
}

const plain: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "an object"]
])

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  if (value === "") return "empty text"
  return (
    { string: "text", number: "a number", boolean: "a boolean", object: "an object" }[String(typeof value)] ?? "nothing"
  )
}

const valueAt = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (parent, key) => (typeof parent === "object" && parent !== null ? Reflect.get(parent, key) : undefined),
    value
  )
