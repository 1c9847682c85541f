/**
 * A named candidate: a model with everything that shapes its answers.
 *
 * One value is used to count, to generate and to evaluate, so that what was measured is what runs.
 *
 * @since 0.1.0
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Struct from "effect/Struct"
import * as Content from "./Content.ts"
import * as GenerationConfig from "./GenerationConfig.ts"
import * as ModelName from "./ModelName.ts"
import * as SafetySetting from "./SafetySetting.ts"
import * as Tool from "./Tool.ts"

const label = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

const Labels = Schema.Record(Schema.String, Schema.String).check(
  Schema.isMaxProperties(64),
  Schema.makeFilter((labels) =>
    Object.entries(labels).every(([key, value]) => /^\p{Ll}/u.test(key) && label.test(key) && label.test(value))
      ? undefined
      : "label keys and values have at most 63 lower-case letters, digits, _ and -, and a key starts with a letter"
  )
)

/**
 * A model with system instruction, generation config, safety settings, tools, cached content and labels.
 *
 * `name` is what reports show. `labels` go to Google's billing reports: at most 64.
 *
 * @since 0.1.0
 */
export const ModelConfiguration = Schema.Struct({
  name: Schema.NonEmptyString,
  model: Schema.String.check(
    Schema.makeFilter((name) => {
      const parsed = ModelName.parse(name)
      return Result.isFailure(parsed) ? parsed.failure.message : undefined
    })
  ),
  systemInstruction: Schema.optional(Schema.Union([Schema.String, Content.RequestContent])),
  generationConfig: Schema.optional(GenerationConfig.GenerationConfig),
  safetySettings: Schema.optional(
    Schema.Array(SafetySetting.SafetySetting).check(
      Schema.makeFilter((settings) =>
        new Set(settings.map((setting) => setting.category)).size === settings.length
          ? undefined
          : "each harm category has at most one safety setting"
      )
    )
  ),
  tools: Schema.optional(Schema.Array(Tool.Tool)),
  toolConfig: Schema.optional(Tool.ToolConfig),
  cachedContent: Schema.optional(Schema.String),
  labels: Schema.optional(Labels)
}).check(
  Schema.makeFilter((configuration) =>
    configuration.cachedContent !== undefined &&
    (configuration.systemInstruction !== undefined ||
      configuration.tools !== undefined ||
      configuration.toolConfig !== undefined)
      ? "cachedContent already holds the system instruction and tools: leave them out of the configuration"
      : undefined
  )
)

/**
 * A model with system instruction, generation config, safety settings, tools, cached content and labels.
 *
 * @since 0.1.0
 */
export type ModelConfiguration = typeof ModelConfiguration.Type

/**
 * A configuration that Vertex would refuse. `issues` name the path and the reason of each problem.
 *
 * @since 0.1.0
 */
export class InvalidConfiguration extends Schema.TaggedError<InvalidConfiguration>()("InvalidConfiguration", {
  configuration: Schema.String,
  issues: Schema.Array(Schema.Struct({ path: Schema.String, reason: Schema.String }))
}) {
  override get message() {
    const issues = this.issues.map(({ path, reason }) => `  ${path === "" ? "" : `${path}: `}${reason}`).join("\n")
    return `The model configuration ${JSON.stringify(this.configuration)} is not valid. Nothing was sent.\n${issues}`
  }
}

/**
 * Makes a configuration from a model's name and settings; `name` defaults to the model's name. Total: problems are reported by
 * `validate`, which every service calls before it sends anything.
 *
 * @example
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 *
 * const balanced = ModelConfiguration.make("gemini-3.5-flash", {
 *   name: "balanced",
 *   generationConfig: { temperature: 0.5, topP: 0.5, topK: 20, maxOutputTokens: 512 }
 * })
 *
 * @since 0.1.0
 */
export const make = (model: string, settings: Partial<Omit<ModelConfiguration, "model">> = {}): ModelConfiguration => ({
  ...settings,
  name: settings.name ?? model,
  model
})

const decode = Schema.decodeUnknownResult(ModelConfiguration)
const strict = { errors: "all", onExcessProperty: "error" } as const
const format = SchemaIssue.makeFormatterStandardSchemaV1()

const valid = new WeakMap<object, Result.Result<ModelConfiguration, InvalidConfiguration>>()

/**
 * Decodes a configuration strictly: unknown settings, values out of bounds and combinations that Vertex refuses are collected
 * into one `InvalidConfiguration`. The result is remembered for the object, so that validation costs nothing per call.
 *
 * @since 0.1.0
 */
export const validate = (input: unknown): Result.Result<ModelConfiguration, InvalidConfiguration> => {
  if (typeof input !== "object" || input === null) return decodeStrictly(input)
  const known = valid.get(input)
  if (known !== undefined) return known
  const result = decodeStrictly(input)
  valid.set(input, result)
  return result
}

const decodeStrictly = (input: unknown) =>
  Result.mapError(
    decode(input, strict),
    (error) =>
      new InvalidConfiguration({
        configuration: nameOf(input),
        issues: format(error.issue).issues.map(({ message, path }) => ({
          path: (path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join("."),
          reason: message === "Expected no excess property" ? "is not a known setting" : message
        }))
      })
  )

const nameOf = (input: unknown) =>
  Predicate.hasProperty(input, "name") && Predicate.isString(input.name) ? input.name : "(unnamed)"

/**
 * Returns the sha-256 of the configuration's content as 64 hexadecimal digits. Key order, undefined fields, the name and the
 * labels do not change it: equal fingerprints ask the same model the same way.
 *
 * @since 0.1.0
 */
export const fingerprint = (configuration: ModelConfiguration): string => {
  const content = canonical(Struct.omit(configuration, ["name", "labels"]))
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(content))))
}

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)])
  )
}
