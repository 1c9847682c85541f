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

  const late = (phase: "headers" | "idle" | "total", duration: Duration.Duration): Failure => {
    const description = `no answer within ${Duration.format(duration)}`
    return { reason: new VertexError.DeadlineExceeded({ phase, description }), billed: "unknown" }
  }

  const within = (phase: "headers" | "total", duration: Duration.Duration) =>
    Effect.timeoutOrElse({ duration, orElse: () => Effect.fail(late(phase, duration)) })

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

  const bodyOf = (response: HttpClientResponse.HttpClientResponse): Stream.Stream<Uint8Array, Failure> =>
    response.stream.pipe(
      Stream.catch((error) =>
        error.reason._tag === "EmptyBodyError" ? Stream.empty : Stream.fail(failure("body")(error))
      ),
      Stream.timeoutOrElse({ duration: timeouts.idle, orElse: () => Stream.fail(late("idle", timeouts.idle)) })
    )

  /** Reads it in one piece: how much a client may take in at once is its own affair. */
  const wholeBodyOf = (response: HttpClientResponse.HttpClientResponse) =>
    Effect.mapError(response.arrayBuffer, failure("body")).pipe(
      // An error status says more than a break in the body behind it.
      Effect.catch((failure) => (response.status < 300 ? Effect.fail(failure) : Effect.succeed(new ArrayBuffer(0)))),
      Effect.filterOrFail(
        ({ byteLength }) => byteLength <= limits.response,
        (): Failure => ({ reason: new VertexError.ResponseTooLarge({ limit: limits.response }), billed: "unknown" })
      ),
      Effect.map((body) => new Uint8Array(body))
    )

  return {
    whole: (request: Request) =>
      send(request).pipe(
        within("headers", timeouts.firstByte),
        Effect.flatMap((response) =>
          Effect.map(wholeBodyOf(response), (body) => ({ status: response.status, headers: response.headers, body }))
        ),
        within("total", timeouts.total)
      ),
    stream: (request: Request) =>
      send(request).pipe(
        within("headers", timeouts.firstByteOfStream),
        Effect.map((response) => ({
          status: response.status,
          headers: response.headers,
          body: Stream.interruptWhen(
            bodyOf(response),
            Effect.andThen(Effect.sleep(timeouts.total), Effect.fail(late("total", timeouts.total)))
          )
        }))
      )
  }
})
