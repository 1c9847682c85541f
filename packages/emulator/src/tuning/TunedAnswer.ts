/**
 * Answers in the place of a base model what a tuned one has learned.
 *
 * The answer is the training example's, whole or cut by `maxOutputTokens` and `stopSequences`; tuned models do not think. What is not near an
 * example, a request with tools or a cache, and whatever a filter or a marker stops, is the base model's to answer.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Finish from "../engine/Finish.ts"
import * as PromptTokens from "../engine/PromptTokens.ts"
import type * as Response from "../engine/Response.ts"
import * as Safety from "../engine/Safety.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as ModelRequest from "../wire/ModelRequest.ts"
import * as RequestRules from "../wire/RequestRules.ts"
import * as Examples from "./Examples.ts"
import * as Recall from "./Recall.ts"

/**
 * Makes the answer of a tuned endpoint; undefined when the base model answers.
 *
 * @since 0.1.0
 */
export const make = (
  state: State,
  request: Request
): { readonly outcome: Response.Outcome; readonly model: string } | undefined => {
  const id = request.parameters["endpoint"] ?? ""
  const [model, tuned] = [state.endpoint(id), state.tuning.tuned(id)]
  if (model === undefined || tuned === undefined) return undefined
  const decode = state.refusesNewerFields ? ModelRequest.decodeGenerateStrict : ModelRequest.decodeGenerate
  const body = Result.getOrUndefined(JsonBody.read(request.body, decode))
  // A request that is not right gets its error from the base model's route.
  if (body === undefined || Result.isFailure(RequestRules.check(model, body))) return undefined
  if (body.cachedContent !== undefined || (body.tools ?? []).length > 0) return undefined
  const prompt = PromptTokens.count(body)
  const asked = Examples.textOf(body.contents?.at(-1))
  if (prompt.total > model.inputTokens || Safety.withoutMarkers(asked) !== asked) return undefined
  if (Safety.stopPrompt(asked, asked, body.safetySettings) !== undefined) return undefined
  const learned = Recall.answer(tuned.examples, asked)
  if (learned === undefined) return undefined
  const { candidateCount = 1, maxOutputTokens = model.outputTokens, stopSequences = [] } = body.generationConfig ?? {}
  const { reason, text } = Finish.cut(learned, stopSequences, maxOutputTokens)
  const safetyRatings = Safety.rate(text, body.safetySettings)
  if (safetyRatings.some(({ blocked }) => blocked === true)) return undefined
  const parts = text === "" ? [] : [{ text }]
  const drafts = Array.from({ length: candidateCount }, () => ({
    parts,
    finishReason: reason,
    withheld: false,
    safetyRatings,
    extras: {}
  }))
  const outcome = {
    drafts,
    promptFeedback: undefined,
    prompt,
    cached: 0,
    thoughts: 0,
    toolUse: 0,
    streamArguments: false
  }
  return { outcome, model: model.id }
}
