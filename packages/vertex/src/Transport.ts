/**
 * Carries requests to a server and their answers back, without knowing what they mean.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Failure } from "./internal/errorMapping.ts"
import * as httpClient from "./internal/httpClientTransport.ts"
import * as undici from "./internal/undiciTransport.ts"
import type { VertexConfig } from "./VertexConfig.ts"

/**
 * A request. `sent` is called when it may be on its way: before that, a failed or interrupted call costs nothing.
 *
 * @since 0.1.0
 */
export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly sent: () => void
}

/**
 * The head of an answer. Header names are in lower case.
 *
 * @since 0.1.0
 */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * An answer that has arrived as a whole.
 *
 * @since 0.1.0
 */
export interface Whole extends Head {
  readonly body: Uint8Array
}

/**
 * An answer whose body is still arriving.
 *
 * @since 0.1.0
 */
export interface Streaming extends Head {
  readonly body: Stream.Stream<Uint8Array, Failure>
}

/**
 * Carries requests and answers. Time-outs and size limits are those of `VertexConfig`; redirects are not followed, answers are
 * not decompressed, and interruption closes the connection.
 *
 * @since 0.1.0
 */
export class Transport extends Context.Service<
  Transport,
  {
    readonly whole: (request: Request) => Effect.Effect<Whole, Failure>
    /** The connection closes with the scope, however much of the body was read. */
    readonly stream: (request: Request) => Effect.Effect<Streaming, Failure, Scope.Scope>
  }
>()("@genops/vertex/Transport") {}

/**
 * Provides connections of undici's pool: kept, reused, with undici's own timers and limits. Half the work per call of
 * `layerHttpClient`.
 *
 * @since 0.1.0
 */
export const layerUndici: Layer.Layer<Transport, never, VertexConfig> = Layer.effect(Transport, undici.make)

/**
 * Goes through an `HttpClient` of the caller's choice: another runtime, a proxy, a recorder, a scripted server in a test.
 *
 * @since 0.1.0
 */
export const layerHttpClient: Layer.Layer<Transport, never, VertexConfig | HttpClient.HttpClient> = Layer.effect(
  Transport,
  httpClient.make
)
