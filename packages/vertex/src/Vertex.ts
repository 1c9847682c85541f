/**
 * The client and what nearly every program needs of it, in one layer: generating and counting.
 *
 * Services that exist in regions only, or that few programs need, are layers over the client that this layer provides, so that a
 * small program neither loads nor configures them: `Evaluation.layer`, `EvaluationApi.layer`, `Experiments.layer`, `Tuning.layer`.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Layer from "effect/Layer"
import * as Credentials from "./Credentials.ts"
import * as GenerativeModel from "./GenerativeModel.ts"
import * as TokenCounter from "./TokenCounter.ts"
import * as VertexClient from "./VertexClient.ts"
import * as VertexConfig from "./VertexConfig.ts"

/**
 * The services that the layers of this module provide.
 *
 * @since 0.1.0
 */
export type Services = GenerativeModel.GenerativeModel | TokenCounter.TokenCounter | VertexClient.VertexClient

/**
 * Provides the services over a client that the caller provides.
 *
 * @since 0.1.0
 */
export const layerNoClient: Layer.Layer<
  GenerativeModel.GenerativeModel | TokenCounter.TokenCounter,
  never,
  VertexClient.VertexClient
> = Layer.mergeAll(GenerativeModel.layer, TokenCounter.layer)

const over = Layer.provideMerge(layerNoClient, VertexClient.layer)

/**
 * Provides client and services for a project and location, with application-default credentials unless others are given.
 *
 * @example
 * import * as Credentials from "@genops/vertex/Credentials"
 * import * as Vertex from "@genops/vertex/Vertex"
 *
 * const live = Vertex.layer({ project: "acme", location: "global" })
 * const emulated = Vertex.layer(
 *   { project: "acme", location: "global", baseUrl: "http://127.0.0.1:8080" },
 *   Credentials.layerAnonymous
 * )
 *
 * @since 0.1.0
 */
export const layer = <E = never>(
  options: VertexConfig.Options,
  credentials: Layer.Layer<Credentials.Credentials, E> = Credentials.layerAdc()
): Layer.Layer<Services, VertexConfig.VertexConfigError | E> =>
  over.pipe(Layer.provide(credentials), Layer.provide(VertexConfig.layer(options)))

/**
 * Provides client and services for the project and location that the environment names (`GOOGLE_CLOUD_PROJECT`,
 * `GOOGLE_CLOUD_LOCATION`), with the token `GOOGLE_OAUTH_ACCESS_TOKEN` or else application-default credentials.
 *
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<Services, VertexConfig.VertexConfigError | Config.ConfigError> = over.pipe(
  Layer.provide(Credentials.layerConfig()),
  Layer.provide(VertexConfig.layerConfig)
)
