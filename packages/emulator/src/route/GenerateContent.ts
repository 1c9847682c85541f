/**
 * generateContent and streamGenerateContent.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Generation from "../engine/Generation.ts"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Response from "../engine/Response.ts"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import type { Model } from "../Models.ts"
import type { State } from "../State.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as ModelRequest from "../wire/ModelRequest.ts"
import * as RequestRules from "../wire/RequestRules.ts"
import * as ModelPath from "./ModelPath.ts"

interface Generated {
  readonly outcome: Response.Outcome
  readonly stamp: Response.Stamp
  readonly bill: Answer.Bill
}

/** The request with what its cache holds in front, and the tokens held; the request itself when it names no cache. */
const withCache = (
  state: State,
  model: Model,
  body: ModelRequest.GenerateRequest,
  location: string | undefined
): Result.Result<
  { readonly whole: ModelRequest.GenerateRequest; readonly held: number | undefined },
  GoogleError.GoogleError
> => {
  const name = body.cachedContent
  if (name === undefined) return Result.succeed({ whole: body, held: undefined })
  const [, place = "", id = name] = /^projects\/[^/]+\/locations\/([^/]+)\/cachedContents\/([^/]+)$/.exec(name) ?? []
  const cache = location === undefined || location === place ? state.caches.find(place, id) : undefined
  if (cache === undefined) return Result.fail(GoogleError.notFound(`Not found: cached content metadata for ${id}.`))
  if (cache.modelId !== model.id) {
    return Result.fail(
      GoogleError.invalidArgument(
        `Model used by GenerateContent request (models/${model.id}) and CachedContent (models/${cache.modelId}) has to be the same.`
      )
    )
  }
  const { contents = [], systemInstruction, toolConfig, tools } = cache.held
  const whole = {
    ...body,
    contents: [...contents, ...(body.contents ?? [])],
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...(tools === undefined ? {} : { tools })
  }
  return Result.succeed({ whole, held: cache.tokens })
}

const run = (state: State, request: Request) =>
  Result.gen(function* () {
    const model: Model = yield* ModelPath.resolve(state, request)
    const decode = state.refusesNewerFields ? ModelRequest.decodeGenerateStrict : ModelRequest.decodeGenerate
    const body = yield* JsonBody.read(request.body, decode)
    yield* RequestRules.check(model, body)
    const { held, whole } = yield* withCache(state, model, body, request.parameters["location"])
    const prompt = PromptTokens.count(whole)
    yield* RequestRules.checkWindow(model, prompt.total)
    const texts = PromptTokens.texts(whole)
    const cached = held ?? Math.min(prompt.total, state.promptCache.use(model, texts))
    const outcome = Generation.generate(model, whole, { prompt, texts, cached })
    const generated: Generated = {
      outcome,
      stamp: state.stamp(`emulator/${model.id}`),
      bill: {
        model: model.id,
        input: outcome.prompt.total + outcome.toolUse,
        cached: outcome.cached,
        output: Response.outputTokens(outcome),
        thoughts: outcome.thoughts
      }
    }
    return generated
  })

const answer = (
  state: State,
  request: Request,
  refuse: (error: GoogleError.GoogleError) => Answer.Answer,
  write: (generated: Generated) => Answer.Answer
): Answer.Answer =>
  Result.match(run(state, request), {
    onFailure: refuse,
    onSuccess: (generated) => ({ ...write(generated), bill: generated.bill })
  })

/**
 * The routes of generation.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => [
  {
    operation: "generateContent",
    method: "POST",
    pattern: ModelPath.verb("generateContent"),
    rpc: "google.cloud.aiplatform.v1.PredictionService.GenerateContent",
    handle: (request) =>
      answer(state, request, Answer.error, ({ outcome, stamp }) => Answer.json(Response.whole(outcome, stamp)))
  },
  {
    operation: "streamGenerateContent",
    method: "POST",
    pattern: ModelPath.verb("streamGenerateContent"),
    rpc: "google.cloud.aiplatform.v1.PredictionService.StreamGenerateContent",
    handle: (request) => {
      const framing = request.query.get("alt") === "sse" ? "sse" : "array"
      // Where a client expects a list, an error comes in one.
      const refuse =
        framing === "sse" ? Answer.error : (error: GoogleError.GoogleError) => Answer.json([error], error.error.code)
      return answer(state, request, refuse, ({ outcome, stamp }) => ({
        _tag: "Streamed",
        framing,
        messages: Response.messages(outcome, stamp).map((message) => JSON.stringify(message))
      }))
    }
  }
]
