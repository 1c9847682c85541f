/**
 * The paths under which models and endpoints are called, with and without project and location.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Request } from "../http/Route.ts"
import type { Model } from "../Models.ts"
import type { State } from "../State.ts"
import * as GoogleError from "../wire/GoogleError.ts"

const parent = "(?:projects/(?<project>[^/]+)/locations/(?<location>[^/]+)/)?"
const target = "(?:publishers/(?<publisher>[^/]+)/models/(?<model>[^/:]+)|endpoints/(?<endpoint>[^/:]+))"

/**
 * The pattern of a model's or endpoint's verb, in both API versions.
 *
 * @since 0.1.0
 */
export const verb = (name: string): RegExp => new RegExp(`^/(?:v1|v1beta1)/${parent}${target}:${name}$`)

/**
 * Finds the model that a path names, or says that it does not exist as Vertex says it.
 *
 * @since 0.1.0
 */
export const resolve = (state: State, { parameters }: Request): Result.Result<Model, GoogleError.GoogleError> => {
  const { endpoint, location, model: id = "", project, publisher } = parameters
  const scope = project === undefined ? "" : `projects/${project}/locations/${location}/`
  if (endpoint !== undefined) {
    const model = state.endpoint(endpoint)
    return model === undefined
      ? Result.fail(GoogleError.notFound(`Endpoint \`${scope}endpoints/${endpoint}\` not found.`))
      : Result.succeed(model)
  }
  const model = publisher === "google" ? state.model(id, location) : undefined
  return model === undefined
    ? Result.fail(GoogleError.modelNotFound(`${scope}publishers/${publisher}/models/${id}`))
    : Result.succeed(model)
}
