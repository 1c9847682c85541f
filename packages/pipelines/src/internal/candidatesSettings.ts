/** Says in plain words what is wrong with the settings of candidates, without quoting texts of prompts. */
import * as NearMatch from "@genops/core/NearMatch"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"

/** A problem at a path: with the key itself, or with its value. */
export interface Problem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly part: "key" | "value"
  readonly reason: string
}

const Candidates = Schema.Array(ModelConfiguration.ModelConfiguration)
const decodeCandidates = Schema.decodeUnknownResult(Candidates)
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Decodes a list of candidates strictly. All problems are found. */
export const decode = (
  value: unknown
): Result.Result<ReadonlyArray<ModelConfiguration.ModelConfiguration>, ReadonlyArray<Problem>> =>
  Result.mapError(decodeCandidates(value, { errors: "all", onExcessProperty: "error" }), ({ issue }) =>
    format(issue).issues.map(({ message, path = [] }) =>
      describe(
        path.map((key) => (typeof key === "object" ? key.key : key)),
        message,
        value
      )
    )
  )

const describe = (path: ReadonlyArray<PropertyKey>, message: string, value: unknown): Problem => {
  if (message === "Expected no excess property") {
    return { path, part: "key", reason: `is not a setting${meant(String(path.at(-1)), keysAt(path.slice(0, -1)))}` }
  }
  if (message === "Missing key") return { path, part: "value", reason: "is missing" }
  const found = valueAt(value, path)
  const choices = [...message.matchAll(/"([^"]+)"/g)].map(([, choice = ""]) => choice)
  if (message.startsWith('Expected "') && choices.length > 0) {
    const named =
      choices.length > 5 ? `${choices.slice(0, 3).join(", ")} and ${choices.length - 3} more` : choices.join(", ")
    return {
      path,
      part: "value",
      reason: `is none of ${named}${typeof found === "string" ? meant(found, choices, 1) : ""}`
    }
  }
  if (!message.startsWith("Expected ")) return { path, part: "value", reason: message.replace(/\.$/, "") }
  const types = message.slice("Expected ".length).split(" | ")
  const words = types.filter((type) => type !== "undefined").map((type) => plain.get(type) ?? type)
  const isType = types.some((type) => plain.has(type))
  return { path, part: "value", reason: `expected ${words.join(" or ")}${isType ? `, got ${kindOf(found)}` : ""}` }
}

const plain: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a group of settings"]
])

const kindOf = (value: unknown): string => {
  if (value === null) return "nothing"
  if (Array.isArray(value)) return "a list"
  const kinds: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    boolean: "true or false",
    object: "a group of settings"
  }
  return kinds[typeof value] ?? "nothing"
}

const valueAt = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (parent, key) => (typeof parent === "object" && parent !== null ? Reflect.get(parent, key) : undefined),
    value
  )

const meant = (name: string, known: ReadonlyArray<string>, most = 3): string => {
  const near = NearMatch.nearest(name, known)
  const longer = name.length < 3 ? [] : known.filter((one) => one.toLowerCase().startsWith(name.toLowerCase()))
  const names = [...new Set([...near, ...longer])].slice(0, most)
  return names.length === 0 ? "" : `. Did you mean ${names.join(", ")}?`
}

/** The settings that the schema knows at a path. */
const keysAt = (path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  const found = path.reduce<ReadonlyArray<SchemaAST.AST>>(
    (asts, key) => asts.flatMap((ast) => inside(ast, key)),
    [Candidates.ast]
  )
  return found.flatMap((ast) => members(ast).flatMap(signatures)).map(({ name }) => String(name))
}

const members = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  SchemaAST.isUnion(ast) ? ast.types.flatMap(members) : [ast]

const signatures = (ast: SchemaAST.AST) => (SchemaAST.isObjects(ast) ? ast.propertySignatures : [])

const inside = (ast: SchemaAST.AST, key: PropertyKey): ReadonlyArray<SchemaAST.AST> =>
  members(ast).flatMap((member) =>
    SchemaAST.isArrays(member)
      ? [...member.elements, ...member.rest]
      : signatures(member).flatMap(({ name, type }) => (name === key ? [type] : []))
  )
