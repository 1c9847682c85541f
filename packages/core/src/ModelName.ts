/**
 * Names of generative models: publisher models, tuned endpoints and full resource names.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * A base model of a publisher, such as `gemini-3.5-flash`. `project` and `location` are set when the name spelled them out.
 *
 * @since 0.1.0
 */
export interface PublisherModel {
  readonly _tag: "PublisherModel"
  readonly publisher: string
  readonly model: string
  readonly project?: string
  readonly location?: string
}

/**
 * An endpoint that serves a tuned model. Endpoints live in one region: a full name carries its own location.
 *
 * @since 0.1.0
 */
export interface Endpoint {
  readonly _tag: "Endpoint"
  readonly endpoint: string
  readonly project?: string
  readonly location?: string
}

/**
 * A parsed model name.
 *
 * @since 0.1.0
 */
export type ModelName = PublisherModel | Endpoint

/**
 * A text that names no model. Raised before anything is sent.
 *
 * @since 0.1.0
 */
export class InvalidModelName extends Schema.TaggedError<InvalidModelName>()("InvalidModelName", {
  name: Schema.String
}) {
  override get message() {
    return (
      `${JSON.stringify(this.name.slice(0, 120))} is not a model name. Write gemini-3.5-flash, ` +
      "projects/<project>/locations/<location>/publishers/google/models/<model>, or for a tuned model " +
      "projects/<project>/locations/<location>/endpoints/<id>."
    )
  }
}

const segment = "[A-Za-z0-9][A-Za-z0-9._@-]{0,127}"
const place = `(?:projects/(?<project>[A-Za-z0-9][A-Za-z0-9.:_-]{0,127})/locations/(?<location>[a-z][a-z0-9-]{0,63})/)?`
const publisherModel = new RegExp(
  `^(?:${place}publishers/(?<publisher>${segment})/models/|models/|(?<short>google)/)?(?<model>${segment})$`
)
const endpoint = new RegExp(`^${place}endpoints/(?<endpoint>[A-Za-z0-9][A-Za-z0-9_-]{0,127})$`)

const placeOf = (groups: Record<string, string | undefined>) => ({
  ...(groups["project"] === undefined ? {} : { project: groups["project"] }),
  ...(groups["location"] === undefined ? {} : { location: groups["location"] })
})

/**
 * Parses `gemini-3.5-flash`, `google/gemini-3.5-flash`, `models/…`, `publishers/…/models/…`, `endpoints/…` and the full
 * `projects/…/locations/…/…` forms. Path tricks, white space and texts over about 400 characters fail with `InvalidModelName`.
 *
 * @since 0.1.0
 */
export const parse = (name: string): Result.Result<ModelName, InvalidModelName> => {
  const ends = endpoint.exec(name)?.groups
  if (ends?.["endpoint"] !== undefined) {
    return Result.succeed({ _tag: "Endpoint", endpoint: ends["endpoint"], ...placeOf(ends) })
  }
  const model = publisherModel.exec(name)?.groups
  if (model?.["model"] === undefined || model["model"].includes("..")) {
    return Result.fail(new InvalidModelName({ name }))
  }
  return Result.succeed({
    _tag: "PublisherModel",
    publisher: model["publisher"] ?? "google",
    model: model["model"],
    ...placeOf(model)
  })
}

/**
 * Returns the short id that price tables and reports use: the model id, or the endpoint's name as written.
 *
 * @since 0.1.0
 */
export const id = (name: ModelName): string => (name._tag === "PublisherModel" ? name.model : path(name))

/**
 * Prints the resource path below the API version. A name without project and location takes those of `fallback`; with no
 * fallback it prints the short form that express mode uses.
 *
 * @example
 * import * as ModelName from "@genops/core/ModelName"
 * import * as Result from "effect/Result"
 *
 * const name = Result.getOrThrow(ModelName.parse("gemini-3.5-flash"))
 * ModelName.path(name, { project: "acme", location: "global" })
 * // => "projects/acme/locations/global/publishers/google/models/gemini-3.5-flash"
 *
 * @since 0.1.0
 */
export const path = (name: ModelName, fallback?: { readonly project: string; readonly location: string }): string => {
  const project = name.project ?? fallback?.project
  const location = name.location ?? fallback?.location
  const prefix = project === undefined || location === undefined ? "" : `projects/${project}/locations/${location}/`
  return name._tag === "PublisherModel"
    ? `${prefix}publishers/${name.publisher}/models/${name.model}`
    : `${prefix}endpoints/${name.endpoint}`
}
