/**
 * Generates and counts with a `VertexAI` client of `@google-cloud/vertexai` 1.12 that the program already has.
 *
 * Requests are checked, errors typed and filters recognised as by the live layers. The package is not loaded here: pass the
 * instance. Google has deprecated it; with `Vertex.layer` the same program does what this client cannot:
 *
 * - An interrupted or timed-out call is abandoned, not aborted: it runs to its end and is billed, so a budget books its worst
 *   case. A stream that is left early is still received to its end, in memory. When a stream breaks, deltas that have arrived
 *   but were not yet taken are lost.
 * - Nothing is retried, no rate is limited. A `Retry-After` header is lost; a delay in the body is kept.
 * - An error without a JSON body, such as an error page, loses its status and becomes `MalformedResponse`.
 * - It always speaks https, to the region it was made for. For `global`, `us` and `eu` it must be given an `apiEndpoint`
 *   (`aiplatform.googleapis.com`, `aiplatform.eu.rep.googleapis.com`).
 * - Refused with `InvalidRequest` before anything is sent, because the client would drop it, misroute it or crash: `topK` above
 *   40, a model of another location than the client's, and both kinds of retrieval in one request.
 *
 * Fields that its types do not know (`thinkingConfig`, `responseJsonSchema`, `seed`, ids of function calls) pass: it sends the
 * request and returns the answer as they are.
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CallMeter from "./CallMeter.ts"
import * as GenerateBody from "./GenerateBody.ts"
import { GenerativeModel } from "./GenerativeModel.ts"
import * as answer from "./internal/answer.ts"
import { decoder } from "./internal/decode.ts"
import * as deltas from "./internal/deltas.ts"
import type { Failure } from "./internal/errorMapping.ts"
import { errorIn, failureOf } from "./internal/googleSdkFailure.ts"
import * as request from "./internal/googleSdkRequest.ts"
import * as TokenCounter from "./TokenCounter.ts"
import type { Malformed } from "./VertexClient.ts"
import * as VertexError from "./VertexError.ts"

/**
 * What is used of a `VertexAI` instance, or of its `preview`.
 *
 * Requests and answers are `unknown` here: they are JSON that is checked on this side, and the types of the client know fewer
 * fields than it sends and returns.
 *
 * @since 0.1.0
 */
export interface GoogleClient {
  getGenerativeModel(params: { readonly model: string }): {
    generateContent(request: unknown): Promise<{ readonly response: unknown }>
    generateContentStream(
      request: unknown
    ): Promise<{ readonly stream: AsyncIterable<unknown>; readonly response: Promise<unknown> }>
    countTokens(request: unknown): Promise<unknown>
  }
}

/**
 * Provides `GenerativeModel` and `TokenCounter` over the client.
 *
 * @example
 * import * as GoogleSdk from "@genops/vertex/GoogleSdk"
 * import { VertexAI } from "@google-cloud/vertexai"
 *
 * const layer = GoogleSdk.layer(new VertexAI({ project: "acme", location: "us-central1" }))
 *
 * @since 0.1.0
 */
export const layer = (client: GoogleClient): Layer.Layer<GenerativeModel | TokenCounter.TokenCounter> =>
  Layer.syncContext(() => make(client))

type Operation = "generateContent" | "streamGenerateContent" | "countTokens"

const decodeBody = decoder(GenerateBody.GenerateBody)
const decodeCount = decoder(
  Schema.Struct({
    totalTokens: Schema.optional(Schema.Natural),
    totalBillableCharacters: Schema.optional(Schema.Natural)
  })
)

const make = (client: GoogleClient) => {
  const settings = settingsOf(client)
  const { location } = settings

  const prepare = (operation: Operation, configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Effect.mapError(Effect.fromResult(request.prepare(settings, configuration, input)), (reason) =>
      failed(operation, configuration.model, { reason, billed: "no" })
    )

  /** The client fetches its token inside the call, so that everything from here on may have been sent. */
  const sendPaid = <A>(operation: Operation, model: string, call: () => Promise<A>) =>
    Effect.flatMap(CallMeter.CallMeter, (meter) => {
      meter.sent()
      return send(operation, model, call)
    })

  const generate = Effect.fnUntraced(function* (
    configuration: ModelConfiguration.ModelConfiguration,
    input: Content.Input
  ) {
    const prepared = yield* prepare("generateContent", configuration, input)
    const { model, path } = prepared
    const call = sendPaid("generateContent", model, () =>
      client.getGenerativeModel({ model: path }).generateContent(prepared.generate())
    ).pipe(
      Effect.flatMap(({ response }) => decoded("generateContent", model, decodeBody(response))),
      Effect.map(once)
    )
    return yield* answer.observe(call, { model, location, configuration })
  })

  const stream = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Stream.unwrap(
      Effect.map(prepare("streamGenerateContent", configuration, input), (prepared) => {
        const { model, path } = prepared
        const opened = sendPaid("streamGenerateContent", model, async () => {
          const streamed = await client.getGenerativeModel({ model: path }).generateContentStream(prepared.generate())
          // The client also joins the stream. Nobody waits for that: a broken stream would end the process.
          streamed.response.catch(() => undefined)
          return streamed.stream
        })
        const events = Stream.unwrap(Effect.map(opened, (events) => read(model, events)))
        return deltas.observe(events, { model, location, configuration })
      })
    )

  const count = Effect.fnUntraced(function* (
    configuration: ModelConfiguration.ModelConfiguration,
    input: Content.Input
  ) {
    const prepared = yield* prepare("countTokens", configuration, input)
    const { model, path } = prepared
    const counted = yield* send("countTokens", model, () =>
      client.getGenerativeModel({ model: path }).countTokens(prepared.count())
    )
    const { totalBillableCharacters, totalTokens = 0 } = yield* decoded("countTokens", model, decodeCount(counted))
    return { totalTokens, billableCharacters: totalBillableCharacters }
  })

  return Context.make(GenerativeModel, { location, generate, stream }).pipe(
    Context.add(TokenCounter.TokenCounter, { count })
  )
}

/** Pulls one event after another. The iterator is not returned: it could not stop the client, and would wait for its next event. */
const read = (model: string, events: AsyncIterable<unknown>) => {
  const operation = "streamGenerateContent"
  const iterator = events[Symbol.asyncIterator]()
  const next = Effect.tryPromise({
    try: () => iterator.next(),
    catch: (thrown) => failed(operation, model, failureOf(thrown, model))
  })
  return Stream.unfold(undefined, () =>
    Effect.flatMap(next, ({ done, value }) => {
      if (done === true) return Effect.succeed(undefined)
      const error = errorIn(value)
      if (error !== undefined) return Effect.fail(failed(operation, model, error))
      return Effect.map(
        decoded(operation, model, decodeBody(value)),
        (body) => [{ value: body, attempts: 1 }, undefined] as const
      )
    })
  )
}

const once = <A>(value: A) => ({ value, attempts: 1 })

const failed = (operation: Operation, target: string, { billed, reason }: Failure) =>
  new VertexError.VertexError({ operation, target, reason, billed, attempts: [] })

const send = <A>(operation: Operation, model: string, call: () => Promise<A>) =>
  Effect.tryPromise({ try: call, catch: (thrown) => failed(operation, model, failureOf(thrown, model)) })

const decoded = <A>(operation: Operation, model: string, result: Result.Result<A, Malformed>) =>
  Effect.mapError(Effect.fromResult(result), (malformed) =>
    failed(operation, model, { reason: new VertexError.MalformedResponse(malformed), billed: "unknown" })
  )

/** The fields are private in the types of the client, and present in every 1.x instance. */
const settingsOf = (client: GoogleClient): request.Settings => {
  const field = (name: string) => {
    const value = Predicate.hasProperty(client, name) ? client[name] : undefined
    return typeof value === "string" ? value : undefined
  }
  const project = field("project")
  const location = field("location")
  if (project === undefined || location === undefined) {
    throw new TypeError("GoogleSdk.layer takes a VertexAI instance of @google-cloud/vertexai 1.x.")
  }
  return { project, location, apiEndpoint: field("apiEndpoint") }
}
