/** Builds request bodies, strictly: what Vertex would refuse is refused here, before anything is sent. */
import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as ModelName from "@genops/core/ModelName"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as VertexError from "../VertexError.ts"
import { printable } from "./printable.ts"

export interface Prepared {
  readonly name: ModelName.ModelName
  /** The id that errors, prices and telemetry use. */
  readonly model: string
  readonly generate: string
  readonly count: string
}

interface Settings {
  readonly name: ModelName.ModelName
  readonly model: string
  /** JSON members that follow `contents`, each with its comma. */
  readonly generate: string
  readonly count: string
}

const invalid = (
  description: string,
  violations: ReadonlyArray<{ readonly field: string; readonly description: string }> = []
) => new VertexError.InvalidRequest({ description, violations })

/** What errors call the target of a configuration that is not valid: its model's name, made safe to print. */
export const targetOf = ({ model }: ModelConfiguration.ModelConfiguration): string => printable(model.slice(0, 120))

const members = (fields: Readonly<Record<string, unknown>>) => {
  const json = JSON.stringify(fields)
  return json === "{}" ? "" : `,${json.slice(1, -1)}`
}

const known = new WeakMap<object, Result.Result<Settings, VertexError.InvalidRequest>>()

/** Validates and serialises a configuration once: a run sends the same one thousands of times. */
const settingsOf = (configuration: ModelConfiguration.ModelConfiguration) => {
  const cached = known.get(configuration)
  if (cached !== undefined) return cached
  const settings = Result.flatMap(
    Result.mapError(ModelConfiguration.validate(configuration), (error) =>
      invalid(
        `the model configuration ${JSON.stringify(error.configuration.slice(0, 120))} is not valid`,
        error.issues.map(({ path, reason }) => ({ field: path, description: reason }))
      )
    ),
    serialise
  )
  known.set(configuration, settings)
  return settings
}

const serialise = (configuration: ModelConfiguration.ModelConfiguration) =>
  Result.mapBoth(ModelName.parse(configuration.model), {
    onFailure: (error) => invalid(error.message),
    onSuccess: (name): Settings => {
      const { cachedContent, generationConfig, labels, safetySettings, systemInstruction, toolConfig, tools } =
        configuration
      const system =
        typeof systemInstruction === "string" ? { parts: [{ text: systemInstruction }] } : systemInstruction
      return {
        name,
        model: ModelName.id(name),
        generate: members({
          systemInstruction: system,
          tools,
          toolConfig,
          safetySettings,
          generationConfig,
          cachedContent,
          labels
        }),
        count: members({ systemInstruction: system, tools, generationConfig })
      }
    }
  })

const decodeContents = Schema.decodeUnknownResult(Schema.NonEmptyArray(Content.RequestContent))
const format = SchemaIssue.makeFormatterStandardSchemaV1()

const contentsOf = (input: Content.Input): Result.Result<string, VertexError.InvalidRequest> => {
  if (typeof input === "string") {
    if (!input.isWellFormed()) return Result.fail(invalid("the prompt holds half of a surrogate pair"))
    return Result.succeed(`[{"role":"user","parts":[{"text":${JSON.stringify(input)}}]}]`)
  }
  const contents = Content.fromInput(input)
  const decoded = decodeContents(contents, { errors: "all", onExcessProperty: "error" })
  if (Result.isFailure(decoded)) {
    const violations = format(decoded.failure.issue).issues.map(({ message, path }) => ({
      field: ["contents", ...(path ?? []).map((key) => String(typeof key === "object" ? key.key : key))].join("."),
      description: message
    }))
    return Result.fail(invalid("the contents are not valid", violations))
  }
  const broken = contents.some((content) => (content.parts ?? []).some((part) => part.text?.isWellFormed() === false))
  return broken
    ? Result.fail(invalid("a text part holds half of a surrogate pair"))
    : Result.succeed(JSON.stringify(contents))
}

export const prepare = (
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): Result.Result<Prepared, VertexError.InvalidRequest> =>
  Result.flatMap(settingsOf(configuration), ({ count, generate, model, name }) =>
    Result.map(contentsOf(input), (contents) => ({
      name,
      model,
      generate: `{"contents":${contents}${generate}}`,
      count: `{"contents":${contents}${count}}`
    }))
  )
