/**
 * The list of publisher models, and one of them. Neither needs a project in its path.
 *
 * Source: https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models
 *
 * @since 0.1.0
 */
import * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import * as Models from "../Models.ts"
import * as GoogleError from "../wire/GoogleError.ts"

const resource = (model: Models.Model) => ({
  name: `publishers/google/models/${model.id}`,
  versionId: "default",
  openSourceCategory: "PROPRIETARY",
  launchStage: model.state === "ga" ? "GA" : "PUBLIC_PREVIEW",
  publisherModelTemplate: `projects/{project}/locations/{location}/publishers/google/models/${model.id}`
})

const list = ({ parameters, query }: Request): Answer.Answer => {
  const offered = parameters["publisher"] === "google" ? Models.models.filter((model) => model.state !== "retired") : []
  const asked = Number(query.get("pageSize") ?? 0)
  const size = Number.isSafeInteger(asked) && asked > 0 ? Math.min(asked, 300) : 100
  const token = Number(query.get("pageToken") || 0)
  if (!Number.isSafeInteger(token) || token < 0) {
    return Answer.error(GoogleError.invalidArgument("The page token is invalid."))
  }
  const page = offered.slice(token, token + size)
  return Answer.json({
    ...(page.length === 0 ? {} : { publisherModels: page.map(resource) }),
    ...(token + size < offered.length ? { nextPageToken: String(token + size) } : {})
  })
}

const get = ({ parameters }: Request): Answer.Answer => {
  const { model: id = "", publisher } = parameters
  const model = publisher === "google" ? Models.find(id) : undefined
  return model === undefined
    ? Answer.error(GoogleError.modelNotFound(`publishers/${publisher}/models/${id}`))
    : Answer.json(resource(model))
}

/**
 * The routes of publisher models.
 *
 * @since 0.1.0
 */
export const routes: ReadonlyArray<Route> = [
  {
    operation: "publisherModels.list",
    method: "GET",
    pattern: /^\/(?:v1|v1beta1)\/publishers\/(?<publisher>[^/]+)\/models$/,
    rpc: "google.cloud.aiplatform.v1.ModelGardenService.ListPublisherModels",
    handle: list
  },
  {
    operation: "publisherModels.get",
    method: "GET",
    pattern: /^\/(?:v1|v1beta1)\/publishers\/(?<publisher>[^/]+)\/models\/(?<model>[^/:]+)$/,
    rpc: "google.cloud.aiplatform.v1.ModelGardenService.GetPublisherModel",
    handle: get
  }
]
