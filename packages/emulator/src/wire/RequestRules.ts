/**
 * What a request to generate must keep to beyond its shape. The first problem is answered, as HTTP 400 with Google's words where they are known.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Model } from "../Models.ts"
import * as ConfigRules from "./ConfigRules.ts"
import * as ContentRules from "./ContentRules.ts"
import * as GoogleError from "./GoogleError.ts"
import type { GenerateRequest } from "./ModelRequest.ts"
import * as ToolRules from "./ToolRules.ts"

const cannot = "Unable to submit request because"

const labelKey = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

function* labelProblems(labels: GenerateRequest["labels"]): Generator<string> {
  const pairs = Object.entries(labels ?? {})
  if (pairs.length > 64) yield `${cannot} it has ${pairs.length} labels but at most 64 are supported.`
  for (const [key, value] of pairs) {
    if (labelKey.test(key) && labelValue.test(value)) continue
    yield `${cannot} the label "${key}": "${value}" is invalid. Keys and values have at most 63 lowercase letters, digits, underscores and dashes; keys start with a letter.`
  }
}

function* safetyProblems({ modelArmorConfig, safetySettings = [] }: GenerateRequest): Generator<string> {
  const seen = new Set<string>()
  for (const { category = "HARM_CATEGORY_UNSPECIFIED" } of safetySettings) {
    if (category === "HARM_CATEGORY_UNSPECIFIED") yield `${cannot} a safety setting has no category.`
    if (seen.has(category)) yield `${cannot} it has more than one safety setting for the category ${category}.`
    seen.add(category)
  }
  if (modelArmorConfig !== undefined && safetySettings.length > 0) {
    yield `${cannot} model_armor_config and safety_settings are mutually exclusive.`
  }
}

function* problems(model: Model, request: GenerateRequest): Generator<string> {
  if (model.kind !== "generate") yield `${cannot} the model ${model.id} does not support generateContent.`
  yield* ContentRules.problems(request.contents, model.thinking.control === "level")
  yield* ContentRules.systemProblems(request.systemInstruction)
  yield* ConfigRules.problems(model, request.generationConfig)
  yield* ToolRules.problems(request.tools, request.toolConfig)
  yield* safetyProblems(request)
  yield* labelProblems(request.labels)
  const configured = request.systemInstruction ?? request.tools ?? request.toolConfig
  if (request.cachedContent !== undefined && configured !== undefined) {
    yield "Tool config, tools and system instruction should not be set in the request when using cached content."
  }
}

/**
 * Checks a request for a model.
 *
 * @since 0.1.0
 */
export const check = (model: Model, request: GenerateRequest): Result.Result<void, GoogleError.GoogleError> => {
  const first = problems(model, request).next()
  return first.done === true ? Result.void : Result.fail(GoogleError.invalidArgument(first.value))
}

/**
 * Checks that a prompt fits the model's window.
 *
 * @since 0.1.0
 */
export const checkWindow = (model: Model, promptTokens: number): Result.Result<void, GoogleError.GoogleError> =>
  promptTokens <= model.inputTokens
    ? Result.void
    : Result.fail(
        GoogleError.invalidArgument(
          `The input token count (${promptTokens}) exceeds the maximum number of tokens allowed (${model.inputTokens}).`
        )
      )
