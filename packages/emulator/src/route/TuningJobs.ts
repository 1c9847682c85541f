/**
 * tuningJobs: create, list, get, cancel; and what tuned endpoints answer.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.tuningJobs
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Hash from "../engine/Hash.ts"
import * as Response from "../engine/Response.ts"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as DataStats from "../tuning/DataStats.ts"
import * as Examples from "../tuning/Examples.ts"
import * as Job from "../tuning/Job.ts"
import * as JobFilter from "../tuning/JobFilter.ts"
import * as TunedAnswer from "../tuning/TunedAnswer.ts"
import * as TuningBody from "../tuning/TuningBody.ts"
import type { JsonObject } from "../wire/Decode.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as GenerateContent from "./GenerateContent.ts"

type Answered<A> = Result.Result<A, GoogleError.GoogleError>

const invalid = (message: string) => Result.fail(GoogleError.invalidArgument(message))

/** Epochs when a job names none: the service chooses, the emulator takes three. */
const usualEpochs = 3

const states = [
  "JOB_STATE_UNSPECIFIED",
  "JOB_STATE_QUEUED",
  "JOB_STATE_PENDING",
  "JOB_STATE_RUNNING",
  "JOB_STATE_SUCCEEDED",
  "JOB_STATE_FAILED",
  "JOB_STATE_CANCELLING",
  "JOB_STATE_CANCELLED",
  "JOB_STATE_PAUSED",
  "JOB_STATE_EXPIRED"
]

/** Enums as numbers, for clients that ask for them. */
const numbered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(numbered)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const names: ReadonlyArray<string> =
        key === "state" ? states : key === "adapterSize" ? TuningBody.adapterSizes : []
      return [key, names.includes(String(item)) ? names.indexOf(String(item)) : numbered(item)]
    })
  )
}

const encoded = ({ query }: Request, body: JsonObject): unknown =>
  /enum-encoding=int/.test(query.get("$alt") ?? query.get("alt") ?? "") ? numbered(body) : body

function* problems(location: string, body: TuningBody.TuningBody): Generator<string> {
  if (["global", "us", "eu"].includes(location)) yield `Tuning is not supported in the location ${location}.`
  const { baseModel, labels = {}, preTunedModel, preferenceOptimizationSpec, supervisedTuningSpec } = body
  if ((baseModel === undefined) === (preTunedModel === undefined))
    yield "One of base_model and pre_tuned_model must be set."
  const spec = supervisedTuningSpec ?? preferenceOptimizationSpec
  if (spec === undefined || (supervisedTuningSpec !== undefined && preferenceOptimizationSpec !== undefined)) {
    yield "One of supervised_tuning_spec and preference_optimization_spec must be set."
  }
  for (const uri of [spec?.trainingDatasetUri ?? "", spec?.validationDatasetUri ?? "gs://none/none"]) {
    if (!/^gs:\/\/[^/]+\/.+/.test(uri)) yield `The dataset must be the URI of a Cloud Storage object, not "${uri}".`
  }
  const { epochCount = 1, learningRateMultiplier = 1 } = spec?.hyperParameters ?? {}
  if (epochCount < 1 || epochCount > 100) yield "epoch_count must be in the range 1 to 100."
  if (learningRateMultiplier <= 0) yield "learning_rate_multiplier must be positive."
  if (Array.from(body.tunedModelDisplayName ?? "").length > 128)
    yield "The display name must have at most 128 characters."
  for (const [key, value] of Object.entries(labels)) {
    const isRight = /^[\p{Ll}\p{Lo}\p{N}_-]{1,64}$/u.test(key) && /^[\p{Ll}\p{Lo}\p{N}_-]{0,64}$/u.test(value)
    if (!isRight) yield `The label "${key}": "${value}" is invalid.`
  }
}

/** The base model's id, and what a model that is tuned on knows already. */
const origin = (state: State, body: TuningBody.TuningBody, location: string) => {
  const { baseModel, preTunedModel } = body
  if (preTunedModel !== undefined) {
    const { checkpointId = "0", tunedModelName = "" } = preTunedModel
    const [, id = ""] = /\/models\/(\d{15})\d{4}(?:@\d+)?$/.exec(tunedModelName) ?? []
    const tuned = state.tuning.tuned(`${id}${checkpointId.padStart(4, "0")}`)
    if (tuned === undefined) return Result.fail(GoogleError.notFound(`The model \`${tunedModelName}\` does not exist.`))
    return Result.succeed({ baseModel: tuned.baseModel, known: tuned.examples })
  }
  const model = state.model(baseModel ?? "", location)
  return model?.kind === "generate"
    ? Result.succeed({ baseModel: model.id, known: [] })
    : Result.fail(GoogleError.invalidArgument(`Base model ${baseModel ?? ""} is not supported.`))
}

const create = (state: State, request: Request): Answered<{ readonly job: Job.Job; readonly bill: Answer.Bill }> =>
  Result.gen(function* () {
    const location = request.parameters["location"] ?? ""
    const body = yield* JsonBody.read(request.body, TuningBody.decode)
    const problem = problems(location, body).next()
    if (problem.done !== true) return yield* invalid(problem.value)
    const { baseModel, known } = yield* origin(state, body, location)
    const spec = body.supervisedTuningSpec ?? body.preferenceOptimizationSpec ?? {}
    const method = body.supervisedTuningSpec === undefined ? "preference" : "supervised"
    const { trainingDatasetUri: uri = "", validationDatasetUri: validation } = spec
    const isMissing = validation !== undefined && state.object(validation) === undefined
    const data = isMissing
      ? ({ code: 5, message: `The dataset ${validation} was not found.` } as const)
      : Result.merge(Examples.of(uri, state.object(uri), method))
    const epochs = spec.hyperParameters?.epochCount ?? usualEpochs
    const job = state.tuning.add({ location, body, baseModel, epochs, data, known })
    const input = DataStats.billableTokens(Job.examplesOf(job), epochs)
    return { job, bill: { model: `tuning/${baseModel}`, input, cached: 0, output: 0, thoughts: 0 } }
  })

const find = (state: State, { parameters }: Request): Answered<Job.Job> => {
  const { job: id = "", location = "", project = "" } = parameters
  const job = state.tuning.find(location, id)
  const name = `projects/${project}/locations/${location}/tuningJobs/${id}`
  return job === undefined
    ? Result.fail(GoogleError.notFound(`The TuningJob \`${name}\` does not exist.`))
    : Result.succeed(job)
}

/** A page ends with a job, so that new jobs do not shift what follows. A token belongs to its filter. */
const list = (state: State, { parameters, query }: Request): Answered<JsonObject> => {
  const text = query.get("filter") ?? ""
  const filter = JobFilter.parse(text)
  if (filter === undefined) return invalid(`Invalid filter: ${text.slice(0, 200)}`)
  const size = Number(query.get("pageSize") || query.get("page_size") || 100)
  if (!Number.isInteger(size) || size < 1) return invalid("page_size must be positive.")
  const mark = Hash.text(text).toString(36)
  const token = query.get("pageToken") ?? query.get("page_token") ?? ""
  const [given, before] = token === "" ? [mark] : Buffer.from(token, "base64url").toString().split(":")
  if (given !== mark || (before !== undefined && !/^\d{1,15}$/.test(before)))
    return invalid("The page token is invalid.")
  const fits = state.tuning
    .list(parameters["location"] ?? "")
    .filter((job) => (before === undefined || job.sequence < Number(before)) && filter(job))
  const page = fits.slice(0, Math.min(size, 1000))
  const last = page.at(-1)
  const now = Date.now()
  return Result.succeed({
    ...(page.length === 0 ? {} : { tuningJobs: page.map((job) => Job.resource(job, now)) }),
    ...(last === undefined || page.length === fits.length
      ? {}
      : { nextPageToken: Buffer.from(`${mark}:${last.sequence}`).toString("base64url") })
  })
}

/** The routes of generation, answered by what a tuned endpoint has learned where that fits. */
const tunedRoutes = (state: State): ReadonlyArray<Route> =>
  GenerateContent.routes(state).map((route) => ({
    ...route,
    handle: (request) => {
      const tuned = TunedAnswer.make(state, request)
      if (tuned === undefined) return route.handle(request)
      const { model, outcome } = tuned
      const stamp = state.stamp(`emulator/${model}`)
      const output = Response.outputTokens(outcome)
      const bill = { model, input: outcome.prompt.total, cached: 0, output, thoughts: 0 }
      if (route.operation === "generateContent") return { ...Answer.json(Response.whole(outcome, stamp)), bill }
      const messages = Response.messages(outcome, stamp).map((message) => JSON.stringify(message))
      return { _tag: "Streamed", framing: request.query.get("alt") === "sse" ? "sse" : "array", messages, bill }
    }
  }))

/**
 * The routes of tuning. They stand before those of generation, which they answer for tuned endpoints.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const parent = "^/(?:v1|v1beta1)/projects/(?<project>[^/]+)/locations/(?<location>[^/]+)/tuningJobs"
  const route = (
    verb: string,
    method: Route["method"],
    path: string,
    answer: (request: Request) => Answered<JsonObject>
  ): Route => ({
    operation: `tuningJobs.${verb}`,
    method,
    pattern: new RegExp(`${parent}${path}$`),
    rpc: `google.cloud.aiplatform.v1.GenAiTuningService.${verb}`,
    handle: (request) =>
      Result.match(answer(request), {
        onFailure: Answer.error,
        onSuccess: (body) => Answer.json(encoded(request, body))
      })
  })
  const one = "/(?<job>[^/:]+)"
  const now = (job: Job.Job) => Job.resource(job, Date.now())
  return [
    {
      ...route("create", "POST", "", () => Result.succeed({})),
      handle: (request) =>
        Result.match(create(state, request), {
          onFailure: Answer.error,
          onSuccess: ({ bill, job }) => ({ ...Answer.json(encoded(request, now(job))), bill })
        })
    },
    route("list", "GET", "", (request) => list(state, request)),
    route("get", "GET", one, (request) => Result.map(find(state, request), now)),
    route("cancel", "POST", `${one}:cancel`, (request) =>
      Result.map(find(state, request), (job) => {
        state.tuning.cancel(job)
        return {}
      })
    ),
    ...tunedRoutes(state)
  ]
}
