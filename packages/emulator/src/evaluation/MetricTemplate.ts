/**
 * The template of a judged metric and the values that it is filled from.
 *
 * `{name}` stands for a value; `{{` and `}}` for braces. Braces around anything but a name are text. Filling is a single pass.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as PromptTokens from "../engine/PromptTokens.ts"
import type { Content, Part } from "../wire/Content.ts"
import { isJsonObject } from "../wire/Decode.ts"
import type { Instance, InstanceData, JudgedInstance } from "../wire/EvaluationRequest.ts"
import * as Problem from "./Problem.ts"

/**
 * One value: its text, and its media, which only count as tokens.
 *
 * @since 0.1.0
 */
export interface Value {
  readonly text: string
  readonly media: ReadonlyArray<Part>
}

/**
 * Values by name.
 *
 * @since 0.1.0
 */
export type Values = ReadonlyMap<string, Value>

const ofText = (text: string): Value => ({ text, media: [] })

const ofContents = (contents: ReadonlyArray<Content>): Value => {
  const parts = contents.flatMap((content) => content.parts ?? [])
  return {
    text: parts.flatMap((part) => PromptTokens.textOf(part) ?? []).join("\n"),
    media: parts.filter((part) => PromptTokens.textOf(part) === undefined)
  }
}

/**
 * The values of a flat JSON object. What is no text stands as JSON.
 *
 * @since 0.1.0
 */
export const ofObject = (object: { readonly [key: string]: unknown }): Values =>
  new Map(
    Object.entries(object).map(([name, value]) => [
      name,
      ofText(typeof value === "string" ? value : JSON.stringify(value))
    ])
  )

/**
 * The values of a JSON object as text.
 *
 * @since 0.1.0
 */
export const ofJson = (text: string): Result.Result<Values, Problem.Problem> => {
  const refusal = Problem.invalid("json_instance must be the text of a JSON object")
  try {
    const object: unknown = JSON.parse(text)
    return isJsonObject(object) ? Result.succeed(ofObject(object)) : refusal
  } catch {
    return refusal
  }
}

/**
 * The values of a judged instance.
 *
 * @since 0.1.0
 */
export const ofJudged = (instance: JudgedInstance | undefined): Result.Result<Values, Problem.Problem> => {
  if (instance?.jsonInstance !== undefined) return ofJson(instance.jsonInstance)
  return Result.map(Problem.required(instance?.contentMapInstance, "instance"), ({ values = {} }) => {
    const entries = Object.entries(values)
    return new Map(entries.map(([name, { contents = [] }]) => [name, ofContents(contents)]))
  })
}

const ofData = ({ contents, text }: InstanceData): Value =>
  text === undefined ? ofContents(contents?.contents ?? []) : ofText(text)

/**
 * The values of an instance that a list of metrics is asked about.
 *
 * @since 0.1.0
 */
export const ofInstance = ({ otherData, prompt, reference, response }: Instance): Values =>
  new Map(
    Object.entries({ ...otherData?.mapInstance, prompt, response, reference }).flatMap(([name, data]) =>
      data === undefined ? [] : [[name, ofData(data)] as const]
    )
  )

const token = /\{\{|\}\}|\{([A-Za-z_][\w.]{0,99})\}/g

/**
 * The names that a template mentions, each once.
 *
 * @since 0.1.0
 */
export const names = (template: string): ReadonlyArray<string> => [
  ...new Set([...template.matchAll(token)].flatMap(([, name]) => name ?? []))
]

/**
 * The template without the places for values.
 *
 * @since 0.1.0
 */
export const wording = (template: string): string => template.replaceAll(token, " ")

/**
 * Fills a template. A name without a value is a problem, as in the service.
 *
 * @since 0.1.0
 */
export const render = (template: string, values: Values): Result.Result<Value, Problem.Problem> => {
  const used = names(template)
  const missing = used.find((name) => !values.has(name))
  if (missing !== undefined) {
    return Problem.invalid(`The metric prompt template names {${missing}}, and the instance has no such value`)
  }
  const text = template.replaceAll(token, (whole, name: string | undefined) =>
    name === undefined ? whole.charAt(0) : (values.get(name)?.text ?? "")
  )
  return Result.succeed({ text, media: used.flatMap((name) => values.get(name)?.media ?? []) })
}
