/**
 * A scripted server behind an `HttpClient`: no socket, and every request is kept.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import * as Credentials from "../src/Credentials.ts"
import * as Vertex from "../src/Vertex.ts"
import * as VertexClient from "../src/VertexClient.ts"
import * as VertexConfig from "../src/VertexConfig.ts"

export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } })

export const events = (values: ReadonlyArray<unknown>): Response =>
  new Response(values.map((value) => `data: ${JSON.stringify(value)}\r\n\r\n`).join(""))

/** Answers request after request; the last answer answers all that follow. */
export const make = (...answers: readonly [() => Response, ...ReadonlyArray<() => Response>]) => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const { body, headers, method } = request
      const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "null"
      sent.push({ method, url: url.href, headers: { ...headers }, body: JSON.parse(text) })
      const answer = answers[sent.length - 1] ?? answers[answers.length - 1] ?? answers[0]
      return HttpClientResponse.fromWeb(request, answer())
    })
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

export const acme: VertexConfig.Options = { project: "acme", location: "global" }

/** All services over the scripted server. */
export const services = (
  http: Layer.Layer<HttpClient.HttpClient>,
  options: VertexConfig.Options = acme,
  credentials: Layer.Layer<Credentials.Credentials> = Credentials.layerAnonymous
) =>
  Vertex.layerNoClient.pipe(
    Layer.provideMerge(VertexClient.layerNoTransport),
    Layer.provide(http),
    Layer.provide(credentials),
    Layer.provide(VertexConfig.layer(options))
  )

const Fixture = Schema.Struct({
  exchanges: Schema.Array(
    Schema.Struct({
      label: Schema.optional(Schema.String),
      request: Schema.Struct({ url: Schema.String, body: Schema.Record(Schema.String, Schema.Unknown) }),
      response: Schema.Struct({ body: Schema.Unknown })
    })
  )
})

/** The recorded exchanges of `fixtures/vertex/NAME.json`. */
export const fixture = (name: string) => {
  const text = readFileSync(new URL(`fixtures/vertex/${name}.json`, import.meta.url), "utf8")
  return Schema.decodeUnknownSync(Fixture)(JSON.parse(text)).exchanges
}
