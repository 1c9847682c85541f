/**
 * Prompt templates: text with named variables that are filled from the columns of a row.
 *
 * `{name}` stands for a column; `{{` and `}}` stand for literal braces. A template is parsed once. Rendering is a single pass:
 * braces that come from data are text and are never expanded.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as NearMatch from "./NearMatch.ts"
import { printable } from "./internal/PrintableName.ts"

/**
 * A parsed template. `Name` is the union of its variables when the template is a literal, else `string`.
 *
 * @since 0.1.0
 */
export interface Prompt<out Name extends string = string> {
  readonly template: string
  /** The distinct variables in order of first appearance. */
  readonly variables: ReadonlyArray<Name>
  /** Literal text and variables in order. */
  readonly segments: ReadonlyArray<string | { readonly variable: Name }>
}

/**
 * Reads the variable names from a template literal type.
 *
 * @example
 * type Names = Prompt.VariablesOf<"{instruction}. Article: {context}. {{json}}"> // "instruction" | "context"
 *
 * @since 0.1.0
 */
export type VariablesOf<Template extends string> = string extends Template
  ? string
  : Template extends `${string}{${infer Rest}`
    ? Rest extends `{${infer AfterEscape}`
      ? VariablesOf<AfterEscape>
      : Rest extends `${infer Name}}${infer AfterVariable}`
        ? Name | VariablesOf<AfterVariable>
        : never
    : never

/**
 * A template that cannot be parsed, with the 1-based line and column of the brace that is wrong.
 *
 * @since 0.1.0
 */
export class PromptSyntaxError extends Schema.TaggedError<PromptSyntaxError>()("PromptSyntaxError", {
  line: Schema.Int,
  column: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `The prompt template is not valid at line ${this.line}, column ${this.column}: ${this.reason}.`
  }
}

/**
 * A row that cannot fill a variable: the column is absent, null or undefined, or its value has no text (NaN, a function, a
 * cyclic object).
 *
 * @since 0.1.0
 */
export class MissingVariable extends Schema.TaggedError<MissingVariable>()("MissingVariable", {
  variable: Schema.String,
  problem: Schema.Literals(["absent", "empty", "not text"]),
  variables: Schema.Array(Schema.String),
  columns: Schema.Array(Schema.String)
}) {
  /** The column that was probably meant; none when no name is close. */
  get nearest(): string | undefined {
    return this.problem === "absent" ? NearMatch.nearest(this.variable, this.columns)[0] : undefined
  }

  override get message() {
    const problem = {
      absent: "the row has no such column",
      empty: "its value in this row is null or undefined",
      "not text": "its value in this row cannot be written as text or JSON"
    }[this.problem]
    const nearest = this.nearest
    return [
      `The prompt needs {${this.variable}}: ${problem}.${nearest === undefined ? "" : ` Did you mean {${printable(nearest)}}?`}`,
      `  Variables: ${list(this.variables)}.  Columns: ${list(this.columns)}.`
    ].join("\n")
  }
}

/**
 * Parses a template. Names hold letters, digits, `_`, and between them `.`, `-` and spaces; anything else between braces, an
 * empty name and a brace without its partner fail with `PromptSyntaxError`. A template without variables is fine.
 *
 * @example
 * import * as Prompt from "@genops/core/Prompt"
 * import * as Result from "effect/Result"
 *
 * const prompt = Result.getOrThrow(Prompt.make("{instruction}. Article: {context}. Summary:"))
 * prompt.variables // => ["instruction", "context"]
 *
 * @since 0.1.0
 */
export const make = <const Template extends string>(
  template: Template
): Result.Result<Prompt<VariablesOf<Template>>, PromptSyntaxError> => {
  type Name = VariablesOf<Template>
  const segments: Array<string | { readonly variable: Name }> = []
  const variables = new Set<Name>()
  const brace = /[{}]/g
  let text = ""
  let from = 0
  for (let match = brace.exec(template); match !== null; match = brace.exec(template)) {
    const at = match.index
    text += template.slice(from, at)
    if (template[at + 1] === match[0]) {
      text += match[0]
      from = at + 2
    } else if (match[0] === "}") {
      return Result.fail(syntaxError(template, at, "} closes nothing; write }} for a literal brace"))
    } else {
      const close = template.indexOf("}", at)
      if (close === -1) return Result.fail(syntaxError(template, at, "{ is never closed; write {{ for a literal brace"))
      // VariablesOf reads the same grammar from the literal type: up to the next closing brace.
      const name = template.slice(at + 1, close) as Name
      if (!nameFormat.test(name)) {
        const reason =
          name.trim() === ""
            ? "{} names no variable"
            : "a variable's name holds only letters, digits, _, and between them . - and spaces"
        return Result.fail(syntaxError(template, at, `${reason}; write {{ and }} for literal braces`))
      }
      if (text !== "") segments.push(text)
      text = ""
      segments.push({ variable: name })
      variables.add(name)
      from = close + 1
    }
    brace.lastIndex = from
  }
  text += template.slice(from)
  if (text !== "") segments.push(text)
  return Result.succeed({ template, variables: [...variables], segments })
}

/**
 * Fills a template from a row's own properties. Text is inserted as it is; finite numbers, booleans and bigints as their text;
 * objects and lists as JSON. Absent, null and undefined values fail with `MissingVariable`, as do values without a faithful
 * text (NaN, infinities, functions, cyclic objects). The types ask for the variables of a literal template, unless the row's
 * columns are known only at run time.
 *
 * @example
 * import * as Prompt from "@genops/core/Prompt"
 * import * as Result from "effect/Result"
 *
 * const prompt = Result.getOrThrow(Prompt.make("Summarise: {article}"))
 * Prompt.render(prompt, { article: "the {braces} stay" }) // => Result.succeed("Summarise: the {braces} stay")
 *
 * @since 0.1.0
 */
export const render = <Name extends string, Row extends object>(
  prompt: Prompt<Name>,
  row: Row & (string extends Name | keyof Row ? unknown : { readonly [Column in Name]: unknown })
): Result.Result<string, MissingVariable> => {
  let rendered = ""
  for (const segment of prompt.segments) {
    if (typeof segment === "string") {
      rendered += segment
      continue
    }
    const { variable } = segment
    const value: unknown =
      Object.hasOwn(row, variable) && Predicate.hasProperty(row, variable) ? row[variable] : undefined
    const text = toText(value)
    if (text === undefined) {
      const problem = Object.hasOwn(row, variable) ? (Predicate.isNullish(value) ? "empty" : "not text") : "absent"
      const columns = Object.keys(row)
      return Result.fail(new MissingVariable({ variable, problem, variables: prompt.variables, columns }))
    }
    rendered += text
  }
  return Result.succeed(rendered)
}

const nameFormat = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_.\- ]*[\p{L}\p{M}\p{N}_])?$/u

const syntaxError = (template: string, at: number, reason: string) => {
  const before = template.slice(0, at).split("\n")
  return new PromptSyntaxError({ line: before.length, column: (before.at(-1) ?? "").length + 1, reason })
}

const toText = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return value
    case "number":
      return Number.isFinite(value) ? String(value) : undefined
    case "boolean":
    case "bigint":
      return String(value)
    case "object":
      return value === null ? undefined : toJson(value)
    default:
      return undefined
  }
}

const toJson = (value: object): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const list = (names: ReadonlyArray<string>) =>
  names.length === 0
    ? "none"
    : `${names.slice(0, 20).map(printable).join(", ")}${names.length > 20 ? ` and ${names.length - 20} more` : ""}`
