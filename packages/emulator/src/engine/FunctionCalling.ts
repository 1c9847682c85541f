/**
 * Decides which declared functions to call, and with what arguments.
 *
 * Rules:
 * - Mode NONE never calls. After a functionResponse the answer is text, whatever the mode.
 * - Mode ANY always calls exactly one function: the allowed one whose name and description share most words with the prompt, the first of equals.
 * - AUTO (also unset) and VALIDATED call every allowed function that the prompt mentions, in the order of declaration: by its name as it is (`get_weather`), or by
 *   all the words of its name but get, set, find, list, create, make, do, fetch, look, lookup, search, current, the, a, of, for, in, to ("weather").
 * - Arguments are filled from the prompt by `SchemaValue`.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import { isJsonObject } from "../wire/Decode.ts"
import type { Content } from "../wire/Content.ts"
import type { Part } from "../wire/GenerateContentResponse.ts"
import type { GenerateRequest } from "../wire/ModelRequest.ts"
import type { FunctionDeclaration } from "../wire/Tool.ts"
import { declarations } from "../wire/ToolRules.ts"
import * as Evidence from "./Evidence.ts"
import * as SchemaForm from "./SchemaForm.ts"
import * as SchemaValue from "./SchemaValue.ts"
import * as Words from "./Words.ts"

const generic = new Set(
  "get set find list create make do fetch look lookup search current the a of for in to".split(" ")
)

const nameWords = (name: string): ReadonlyArray<string> =>
  Evidence.nameWords(name)
    .split(/\s+/)
    .filter((word) => word !== "" && !generic.has(word))
    .map(Words.stem)

const isMentioned = (declared: FunctionDeclaration, prompt: string, words: ReadonlySet<string>): boolean => {
  const name = declared.name ?? ""
  const own = nameWords(name)
  return prompt.includes(name) || (own.length > 0 && own.every((word) => words.has(word)))
}

const overlap = (declared: FunctionDeclaration, words: ReadonlySet<string>): number =>
  new Set(
    [...nameWords(declared.name ?? ""), ...Words.content(declared.description ?? "")].filter((word) => words.has(word))
  ).size

/**
 * The functions to call for a prompt.
 *
 * @since 0.1.0
 */
export const choose = (request: GenerateRequest, prompt: string): ReadonlyArray<FunctionDeclaration> => {
  const { allowedFunctionNames = [], mode } = request.toolConfig?.functionCallingConfig ?? {}
  const answered = request.contents?.at(-1)?.parts?.some((part) => part.functionResponse !== undefined)
  if (mode === "NONE" || answered === true) return []
  const allowed = declarations(request.tools).filter(
    ({ name = "" }) => allowedFunctionNames.length === 0 || allowedFunctionNames.includes(name)
  )
  if (allowed.length === 0) return []
  const words = new Set(Words.all(prompt).map(Words.stem))
  if (mode !== "ANY") return allowed.filter((declared) => isMentioned(declared, prompt, words))
  return allowed.toSorted((left, right) => overlap(right, words) - overlap(left, words)).slice(0, 1)
}

const argumentsOf = (declared: FunctionDeclaration, source: SchemaValue.Source): JsonObject => {
  const schema =
    declared.parameters === undefined ? declared.parametersJsonSchema : SchemaForm.fromVertex(declared.parameters)
  const filled = schema === undefined ? {} : SchemaValue.make(schema, source)
  return isJsonObject(filled) ? filled : {}
}

/**
 * The parts that call functions. The first carries a thought signature, which belongs into the next turn unchanged.
 *
 * @since 0.1.0
 */
export const calls = (chosen: ReadonlyArray<FunctionDeclaration>, source: SchemaValue.Source): ReadonlyArray<Part> =>
  chosen.map((declared, index) => ({
    functionCall: { name: declared.name ?? "", args: argumentsOf(declared, source) },
    ...(index === 0 ? { thoughtSignature: Buffer.from(`emulator:${declared.name ?? ""}`).toString("base64") } : {})
  }))

const flatten = (value: unknown, path: string): ReadonlyArray<string> => {
  if (!isJsonObject(value)) return [`${path} is ${typeof value === "string" ? value : JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === "" ? key : `${path} ${key}`))
}

/**
 * Says what called functions answered; undefined when the last content holds no answer. An `error` key is told as a failure.
 *
 * @since 0.1.0
 */
export const report = (last: Content | undefined): string | undefined => {
  const answers = (last?.parts ?? []).flatMap((part) => part.functionResponse ?? [])
  if (answers.length === 0) return undefined
  return answers
    .map(({ name = "", response = {} }) => {
      if (Object.hasOwn(response, "error"))
        return `${name} failed: ${flatten(response["error"], "").join(", ").replace(/^ is /, "")}.`
      const said = flatten(response["output"] ?? response["result"] ?? response, "")
        .join(", ")
        .replace(/^ is /, "")
      return `${name} answered: ${said === "" ? "nothing" : said}.`
    })
    .join(" ")
}
