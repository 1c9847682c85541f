/**
 * Calls Vertex AI over HTTP: credentials, retries, rate, decoding and typed errors in one place.
 *
 * @since 0.1.0
 */
import type * as Budget from "@genops/core/Budget"
import * as PriceTable from "@genops/core/PriceTable"
import * as Release from "@genops/core/Release"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as AdaptiveRate from "./AdaptiveRate.ts"
import { CallMeter } from "./CallMeter.ts"
import { Credentials } from "./Credentials.ts"
import { type Failure, fromResponse } from "./internal/errorMapping.ts"
import * as eventReader from "./internal/eventReader.ts"
import * as retry from "./internal/retry.ts"
import * as RetryBudget from "./RetryBudget.ts"
import * as Transport from "./Transport.ts"
import * as VertexConfig from "./VertexConfig.ts"
import * as VertexError from "./VertexError.ts"

/**
 * A place in an answer that is not what the protocol says.
 *
 * @since 0.1.0
 */
export interface Malformed {
  readonly where: string
  readonly description: string
}

/**
 * One call: `path` stands below the API version and includes the verb, `resource` names the target in errors, and `rateKey`
 * groups calls that share a quota.
 *
 * @since 0.1.0
 */
export interface Call<A> {
  readonly operation: string
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly path: string
  /** Another API version than the configured one, for methods that exist in one only. */
  readonly apiVersion?: "v1" | "v1beta1" | undefined
  /** The location inside the resource's name, when it has one: it decides the host. */
  readonly location?: string | undefined
  readonly resource: string
  readonly rateKey: string
  /** JSON text. */
  readonly body?: string | undefined
  readonly decode: (json: unknown) => Result.Result<A, Malformed>
  /** Whether a repetition leaves no second trace. Paid creates say false: they are repeated only when nothing was sent. */
  readonly safeToRepeat: boolean
}

/**
 * An answer and the number of attempts that it took.
 *
 * @since 0.1.0
 */
export interface Answer<A> {
  readonly value: A
  readonly attempts: number
}

/**
 * Calls Vertex AI.
 *
 * @since 0.1.0
 */
export class VertexClient extends Context.Service<
  VertexClient,
  {
    readonly config: VertexConfig.VertexConfig["Service"]
    /** Sends a request and decodes its whole answer. */
    call<A>(call: Call<A>): Effect.Effect<Answer<A>, VertexError.VertexError | Budget.BudgetExceeded>
    /** Sends a request and decodes the events of its answer. Retries end with the head of the answer. */
    stream<A>(call: Call<A>): Stream.Stream<Answer<A>, VertexError.VertexError | Budget.BudgetExceeded>
  }
>()("@genops/vertex/VertexClient") {}

const userAgent = `genops/${Release.version}`
const utf8 = new TextDecoder("utf-8", { fatal: true })
const lenientUtf8 = new TextDecoder("utf-8")

const malformed = (where: string, description: string): Failure => ({
  reason: new VertexError.MalformedResponse({ where, description }),
  billed: "unknown"
})

const isSuccess = ({ status }: Transport.Head) => status < 300

const decodeText = <A>(call: Call<A>, text: string): Result.Result<A, Failure> => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The message of a syntax error quotes the text, which may be content.
    const what = text === "" ? "the body is empty" : `the body is not JSON (${text.length} characters)`
    return Result.fail(malformed("body", what))
  }
  return Result.mapError(call.decode(json), ({ description, where }) => malformed(where, description))
}

const decodeBytes = <A>(call: Call<A>, bytes: Uint8Array): Result.Result<A, Failure> => {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return Result.fail(malformed("body", "the body is not UTF-8"))
  }
  return Result.flatMap(eventReader.errorIn(text), () => decodeText(call, text))
}

const make = Effect.gen(function* () {
  const config = yield* VertexConfig.VertexConfig
  const credentials = yield* Credentials
  const transport = yield* Transport.Transport
  const budget = RetryBudget.make()
  const rates = new Map<string, AdaptiveRate.AdaptiveRate>()

  const rateOf = (key: string): AdaptiveRate.AdaptiveRate => {
    const known = rates.get(key)
    if (known !== undefined) return known
    const rate = AdaptiveRate.make()
    rates.set(key, rate)
    return rate
  }

  const { headers } = credentials
  const authorization = Effect.mapError(headers, (reason): Failure => ({ reason, billed: "no" }))

  /** Sends with credentials, and once more with fresh ones when the first were refused. */
  const send = <A extends Transport.Head, R>(
    call: Call<unknown>,
    accept: string,
    carry: (request: Transport.Request) => Effect.Effect<A, Failure, R>
  ): Effect.Effect<A, Failure, R> =>
    Effect.flatMap(CallMeter, (meter) => {
      meter.queued()
      const once = Effect.flatMap(authorization, (credential) => {
        const headers: Record<string, string> = { ...credential, accept, "user-agent": userAgent }
        if (call.body !== undefined) headers["content-type"] = "application/json"
        const { body, method } = call
        const origin = VertexConfig.origin(config, call.location ?? config.location)
        return carry({
          method,
          origin,
          path: `/${call.apiVersion ?? config.apiVersion}/${call.path}`,
          headers,
          body,
          sent: meter.sent
        })
      })
      return Effect.flatMap(once, (answer) =>
        answer.status === 401 ? Effect.andThen(credentials.invalidate, once) : Effect.succeed(answer)
      )
    })

  const refused = (call: Call<unknown>, { headers, status }: Transport.Head, body: string) =>
    fromResponse({ status, headers, body, resource: call.resource, knownModels: PriceTable.builtIn.models.keys() })

  const unary = <A>(call: Call<A>): Effect.Effect<A, Failure> =>
    Effect.flatMap(send(call, "application/json", transport.whole), (answer) => {
      if (!isSuccess(answer)) return Effect.fail(refused(call, answer, lenientUtf8.decode(answer.body)))
      const decoded = decodeBytes(call, answer.body)
      return Result.isSuccess(decoded) ? Effect.succeed(decoded.success) : Effect.fail(decoded.failure)
    })

  /** Reads an error body, which is short: of one that is not, or that breaks, the beginning says enough. */
  const beginningOf = (body: Transport.Streaming["body"]) =>
    Effect.suspend(() => {
      const decoder = new TextDecoder()
      let text = ""
      const isLong = (piece: Uint8Array) => {
        text += decoder.decode(piece, { stream: true })
        return text.length >= 64 * 1024
      }
      return Effect.map(Effect.ignore(Stream.runDrain(Stream.takeUntil(body, isLong))), () => text)
    })

  const streaming = (call: Call<unknown>) =>
    Effect.flatMap(send(call, "text/event-stream", transport.stream), (answer) =>
      isSuccess(answer)
        ? Effect.succeed(answer.body)
        : Effect.flatMap(beginningOf(answer.body), (body) => Effect.fail(refused(call, answer, body)))
    )

  const attempts = <A, R>(call: Call<unknown>, attempt: Effect.Effect<A, Failure, R>) =>
    retry.withRetry({
      attempt: () => attempt,
      safeToRepeat: call.safeToRepeat,
      operation: call.operation,
      target: call.resource,
      budget,
      rate: rateOf(call.rateKey)
    })

  const events = <A>(call: Call<A>, body: Transport.Streaming["body"], attempts: number) =>
    Stream.transformPull(body, (pull) =>
      Effect.sync(() => {
        const reader = eventReader.make(
          (text) => Result.map(decodeText(call, text), (value): Answer<A> => ({ value, attempts })),
          config.limits
        )
        let ended = false
        const read = Effect.map(pull, (chunks) => chunks.flatMap(reader.feed)).pipe(
          Pull.catchDone(() =>
            Effect.sync(() => {
              ended = true
              return reader.end()
            })
          )
        )
        const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Answer<A>>, Failure> = Effect.suspend(() => {
          // What stands before a failure is delivered first.
          const failure = reader.failure()
          if (failure !== undefined) return Effect.fail(failure)
          if (ended) return Cause.done()
          return Effect.flatMap(read, (values) => (Arr.isReadonlyArrayNonEmpty(values) ? Effect.succeed(values) : next))
        })
        return next
      })
    ).pipe(
      Stream.mapError(({ billed, reason }) => {
        const { operation, resource } = call
        return new VertexError.VertexError({ operation, target: resource, reason, billed, attempts: [] })
      })
    )

  return VertexClient.of({
    config,
    call: (call) => attempts(call, unary(call)),
    stream: (call) =>
      Stream.unwrap(Effect.map(attempts(call, streaming(call)), ({ attempts, value }) => events(call, value, attempts)))
  })
})

/**
 * Provides the client over a transport of the caller's choice.
 *
 * @since 0.1.0
 */
export const layerTransport: Layer.Layer<
  VertexClient,
  never,
  VertexConfig.VertexConfig | Credentials | Transport.Transport
> = Layer.effect(VertexClient, make)

/**
 * Provides the client over an `HttpClient` of the caller's choice, for proxies and scripted tests.
 *
 * @since 0.1.0
 */
export const layerNoTransport: Layer.Layer<
  VertexClient,
  never,
  VertexConfig.VertexConfig | Credentials | HttpClient.HttpClient
> = Layer.provide(layerTransport, Transport.layerHttpClient)

/**
 * Provides the client over undici: connections are kept and reused, redirects are refused, interruption closes the socket.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<VertexClient, never, VertexConfig.VertexConfig | Credentials> = Layer.provide(
  layerTransport,
  Transport.layerUndici
)
