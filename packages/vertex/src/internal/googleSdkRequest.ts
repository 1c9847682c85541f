/**
 * Prepares requests for `@google-cloud/vertexai`, and refuses those that it would change, misroute or crash on.
 *
 * Source: src/functions/pre_fetch_processing.ts, post_request.ts and src/models/generative_models.ts of 1.12.0.
 */
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as ModelName from "@genops/core/ModelName"
import * as Result from "effect/Result"
import * as VertexError from "../VertexError.ts"
import * as request from "./request.ts"

/** What a `VertexAI` instance was made with. */
export interface Settings {
  readonly project: string
  readonly location: string
  readonly apiEndpoint: string | undefined
}

export interface Prepared {
  readonly model: string
  /** The full resource name, which the client uses as it is. */
  readonly path: string
  /** Fresh at each read: the client writes into the request that it is given. */
  readonly generate: () => unknown
  readonly count: () => unknown
}

export const prepare = (
  settings: Settings,
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): Result.Result<Prepared, VertexError.InvalidRequest> =>
  Result.flatMap(request.prepare(configuration, input), ({ count, generate, model, name }) => {
    const violations = violationsOf(settings, configuration, name)
    if (violations.length > 0) {
      const description = "@google-cloud/vertexai cannot send it as it is; Vertex.layer can"
      return Result.fail(new VertexError.InvalidRequest({ description, violations }))
    }
    const path = ModelName.path(name, settings)
    return Result.succeed({ model, path, generate: () => JSON.parse(generate), count: () => JSON.parse(count) })
  })

const violationsOf = (
  { apiEndpoint, location }: Settings,
  { generationConfig, tools = [] }: ModelConfiguration.ModelConfiguration,
  name: ModelName.ModelName
): ReadonlyArray<{ readonly field: string; readonly description: string }> => {
  const { topK = 1 } = generationConfig ?? {}
  const searches = tools.some((tool) => tool.retrieval?.vertexAiSearch !== undefined)
  const retrieves = tools.some((tool) => tool.retrieval?.vertexRagStore !== undefined)
  return [
    ...(topK > 40 ? [{ field: "generationConfig.topK", description: "the client drops a topK above 40" }] : []),
    ...(name.location !== undefined && name.location !== location
      ? [{ field: "model", description: `the client was made for ${location}, the model is in ${name.location}` }]
      : []),
    ...(apiEndpoint === undefined && ["global", "us", "eu"].includes(location)
      ? [
          {
            field: "apiEndpoint",
            description: `the client calls ${location}-aiplatform.googleapis.com unless it is given`
          }
        ]
      : []),
    ...(searches && retrieves
      ? [{ field: "tools", description: "the client takes vertexAiSearch or vertexRagStore, not both" }]
      : [])
  ]
}
