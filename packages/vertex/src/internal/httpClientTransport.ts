/** Carries requests through an `HttpClient` that somebody else provides. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import type { Request } from "../Transport.ts"
import { VertexConfig } from "../VertexConfig.ts"
import * as VertexError from "../VertexError.ts"
import type { Failure } from "./errorMapping.ts"
import { fromTransport } from "./transportError.ts"

export const make = Effect.gen(function* () {
  const http = yield* HttpClient.HttpClient
  const { limits, timeouts } = yield* VertexConfig
  const limit = Math.max(limits.response, limits.stream)

  const failure = (phase: "headers" | "body") => (error: HttpClientError.HttpClientError) =>
    fromTransport("cause" in error.reason ? error.reason.cause : error, phase, limit)

  const within = (phase: "headers" | "total", duration: Duration.Duration) =>
    Effect.timeoutOrElse({
      duration,
      orElse: (): Effect.Effect<never, Failure> => {
        const description = `no answer within ${Duration.format(duration)}`
        return Effect.fail({ reason: new VertexError.DeadlineExceeded({ phase, description }), billed: "unknown" })
      }
    })

  const send = ({ body, headers, method, origin, path, sent }: Request) =>
    Effect.suspend(() => {
      sent()
      const request = HttpClientRequest.make(method)(`${origin}${path}`, {
        headers,
        ...(body === undefined ? {} : { body: HttpBody.text(body, "application/json") })
      })
      // The call has a span of its own, and Google reads no trace headers of others.
      return Effect.provideService(http.execute(request), HttpClient.TracerDisabledWhen, constTrue)
    }).pipe(Effect.mapError(failure("headers")))

  /** An error status says more than a break in the body behind it. */
  const bodyOf = (response: HttpClientResponse.HttpClientResponse) =>
    response.status < 300
      ? Effect.mapError(response.arrayBuffer, failure("body"))
      : Effect.orElseSucceed(response.arrayBuffer, () => new ArrayBuffer(0))

  return {
    whole: (request: Request) =>
      send(request).pipe(
        Effect.flatMap((response) =>
          Effect.map(bodyOf(response), (body) => ({
            status: response.status,
            headers: response.headers,
            body: new Uint8Array(body)
          }))
        ),
        Effect.filterOrFail(
          ({ body }) => body.byteLength <= limits.response,
          (): Failure => ({ reason: new VertexError.ResponseTooLarge({ limit: limits.response }), billed: "unknown" })
        ),
        within("total", timeouts.total)
      ),
    stream: (request: Request) =>
      send(request).pipe(
        within("headers", timeouts.firstByteOfStream),
        Effect.map((response) => ({
          status: response.status,
          headers: response.headers,
          body: Stream.mapError(response.stream, failure("body"))
        }))
      )
  }
})
