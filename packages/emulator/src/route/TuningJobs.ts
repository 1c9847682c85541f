/**
 * tuningJobs: create, list, get, cancel, rebase; and what tuned endpoints answer.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.tuningJobs
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type * as Ledger from "../control/Ledger.ts"
import * as Hash from "../engine/Hash.ts"
import * as Response from "../engine/Response.ts"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as Operations from "../store/Operations.ts"
import * as DataStats from "../tuning/DataStats.ts"
import * as Evaluation from "../tuning/Evaluation.ts"
import * as Job from "../tuning/Job.ts"
import * as JobFilter from "../tuning/JobFilter.ts"
import * as JobName from "../tuning/JobName.ts"
import * as TuningRequest from "../tuning/Request.ts"
import * as Resource from "../tuning/Resource.ts"
import * as TunedAnswer from "../tuning/TunedAnswer.ts"
import * as TuningBody from "../tuning/TuningBody.ts"
import type { JsonObject } from "../wire/Decode.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as TuningEnum from "../wire/TuningEnum.ts"
import * as GenerateContent from "./GenerateContent.ts"

type Answered<A> = Result.Result<A, GoogleError.GoogleError>

const invalid = (message: string) => Result.fail(GoogleError.invalidArgument(message))

const encoded = ({ query }: Request, body: JsonObject): JsonObject =>
  /enum-encoding=int/.test(query.get("$alt") ?? query.get("alt") ?? "") ? TuningEnum.numbered(body) : body

const now = (job: Job.Job): JsonObject => Resource.of(job, Date.now())

/** A job that has been created, and what the ledger says of it. */
interface Made {
  readonly job: Job.Job
  readonly bill: Answer.Bill
  readonly bills: ReadonlyArray<Answer.Bill>
  readonly created: Answer.Created
}

/** What the ledger says of a job: it is billed for all of its training when it is created. */
const createdOf = (job: Job.Job): Answer.Created => {
  const { baseModel, body, epochs } = job
  const { labels = {}, tunedModelDisplayName: name } = body
  return {
    name: Resource.nameOf(job),
    ...(name === undefined ? {} : { displayName: name }),
    labels,
    model: baseModel,
    tokens: DataStats.billableTokens(Job.dataOf(job).examples, epochs)
  }
}

const billOf = ({ model, tokens }: Answer.Created): Answer.Bill => ({
  model: `tuning/${model}`,
  input: tokens,
  cached: 0,
  output: 0,
  thoughts: 0
})

const make = (state: State, { asked, validation }: TuningRequest.Read): Made => {
  const bills: Array<Answer.Bill> = []
  const config = asked.body.supervisedTuningSpec?.evaluationConfig
  const isWrong = "code" in asked.data
  const evaluate = (job: Job.Job) => {
    if (config === undefined || isWrong) return []
    const done = Evaluation.run(state, job, config, validation)
    bills.push(...done.bills)
    return done.runs
  }
  const job = state.tuning.add({ ...asked, evaluate })
  const entry = createdOf(job)
  return { job, bill: billOf(entry), bills, created: entry }
}

/**
 * The calls that created the jobs whose names are not known: those that a killed server did not get to write down.
 *
 * @since 0.1.0
 */
export const unrecorded = (state: State, known: ReadonlySet<string>): ReadonlyArray<Ledger.Recorded> =>
  state.tuning.all().flatMap((job) => {
    const created = createdOf(job)
    if (known.has(created.name)) return []
    const path = `/v1/${JobName.parent(job.location)}/tuningJobs`
    return [{ operation: "tuningJobs.create", method: "POST", path, billed: billOf(created), created }]
  })

const create = (state: State, request: Request): Answered<Made> =>
  Result.gen(function* () {
    const body = yield* JsonBody.read(request.body, TuningBody.decode)
    return make(state, yield* TuningRequest.read(state, request.parameters["location"] ?? "", body))
  })

/** The job behind the model that is to be made anew. */
const referred = (state: State, { tunedModelRef = {} }: TuningBody.RebaseBody, location: string): Answered<Job.Job> => {
  const { pipelineJob, tunedModel, tuningJob } = tunedModelRef
  const name = tunedModel ?? tuningJob ?? pipelineJob
  if (name === undefined) return invalid("tuned_model_ref is required.")
  const model = JobName.parseModel(tunedModel ?? "")
  const [, place = "", id = ""] = /^projects\/[^/]+\/locations\/([^/]+)\/tuningJobs\/(\d+)$/.exec(tuningJob ?? "") ?? []
  const job = model === undefined ? state.tuning.find(place, id) : state.tuning.model(model.id, model.version)
  if (job === undefined || job.location !== location) {
    return Result.fail(GoogleError.notFound(`The tuned model \`${name}\` does not exist.`))
  }
  return Job.hasModel(job, Date.now())
    ? Result.succeed(job)
    : Result.fail(GoogleError.failedPrecondition(`The TuningJob \`${name}\` has no tuned model.`))
}

/** The operation runs as long as the job that makes the model anew, and ends with it. */
const rebase = (state: State, request: Request): Answered<Made & { readonly operation: Operations.Operation }> =>
  Result.gen(function* () {
    const location = request.parameters["location"] ?? ""
    const body = yield* JsonBody.read(request.body, TuningBody.decodeRebase)
    const made = make(state, yield* TuningRequest.rebase(state, yield* referred(state, body, location), body))
    const job = () => state.tuning.find(location, JobName.jobId(made.job.sequence)) ?? made.job
    const time = new Date(made.job.created).toISOString().replace("Z", "000Z")
    const version = request.path.startsWith("/v1beta1") ? "v1beta1" : "v1"
    const type = (name: string) => `type.googleapis.com/google.cloud.aiplatform.${version}.${name}`
    const end = (): Operations.End | undefined => {
      const { error, ...resource } = now(job())
      if (!Job.hasEnded(job(), Date.now())) return undefined
      return Operations.isStatus(error) ? { error } : { response: { "@type": type("TuningJob"), ...resource } }
    }
    const operation = state.operations.start(JobName.parent(location), {
      metadata: {
        "@type": type("RebaseTunedModelOperationMetadata"),
        genericMetadata: { createTime: time, updateTime: time }
      },
      end,
      looks: 0,
      cancel: () => state.tuning.cancel(job())
    })
    return { ...made, operation }
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
  const { listPageSize = 1000 } = state.tuning.settings()
  if (!Number.isInteger(size) || size < 1) return invalid("page_size must be positive.")
  const mark = Hash.text(text).toString(36)
  const token = query.get("pageToken") ?? query.get("page_token") ?? ""
  const [given, before] = token === "" ? [mark] : Buffer.from(token, "base64url").toString().split(":")
  if (given !== mark || (before !== undefined && !/^\d{1,15}$/.test(before)))
    return invalid("The page token is invalid.")
  const fits = state.tuning
    .list(parameters["location"] ?? "", before === undefined)
    .filter((job) => (before === undefined || job.sequence < Number(before)) && filter(job))
  const page = fits.slice(0, Math.min(size, listPageSize))
  const last = page.at(-1)
  return Result.succeed({
    ...(page.length === 0 ? {} : { tuningJobs: page.map(now) }),
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
  const creating = (
    verb: string,
    path: string,
    answer: (request: Request) => Answered<{ readonly body: JsonObject } & Omit<Made, "job">>
  ): Route => ({
    ...route(verb, "POST", path, () => Result.succeed({})),
    handle: (request) =>
      Result.match(answer(request), {
        onFailure: Answer.error,
        onSuccess: ({ bill, bills, body, created }) => ({
          ...Answer.json(encoded(request, body)),
          bill,
          bills,
          created
        })
      })
  })
  const one = "/(?<job>[^/:]+)"
  return [
    creating("create", "", (request) =>
      Result.map(create(state, request), ({ job, ...made }) => ({ ...made, body: now(job) }))
    ),
    creating("rebaseTunedModel", ":rebaseTunedModel", (request) =>
      Result.map(rebase(state, request), ({ operation, ...made }) => ({ ...made, body: Operations.body(operation) }))
    ),
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
