/**
 * Vertex AI for tests: scripted answers, recorded calls, no network.
 *
 * What was not scripted dies and says how to script it. Configurations and contents are checked as the live layers check them, and
 * filters, budgets and metrics see the same as with a real model.
 *
 * @example
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as GenerativeModel from "@genops/vertex/GenerativeModel"
 * import { VertexTest } from "@genops/vertex/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = GenerativeModel.generate(ModelConfiguration.make("gemini-3.5-flash"), "Say hello.").pipe(
 *   Effect.map((reply) => reply.text)
 * )
 * Effect.runSync(Effect.provide(program, VertexTest.layer({ generate: "Hello!" })))
 * // => "Hello!"
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as CallMeter from "../CallMeter.ts"
import type * as GenerateBody from "../GenerateBody.ts"
import * as GenerateResponse from "../GenerateResponse.ts"
import { type GenerateError, GenerativeModel } from "../GenerativeModel.ts"
import * as answer from "../internal/answer.ts"
import * as deltas from "../internal/deltas.ts"
import * as request from "../internal/request.ts"
import { type TokenCount, TokenCounter } from "../TokenCounter.ts"
import * as VertexError from "../VertexError.ts"
import { bodiesOf, eventsOf, player } from "./Playback.ts"
import { type Answer, type Chunks, type Failure, type Script, type Target, unsent } from "./Script.ts"
import * as TokenRule from "./TokenRule.ts"

export { blocked, chunks, fail, failTimes, reply } from "./Script.ts"
export type { Answer, Chunks, Failure, ReplyOptions, Script, Target } from "./Script.ts"

/**
 * A call that reached the scripted service.
 *
 * @since 0.1.0
 */
export interface Call {
  readonly operation: "generate" | "stream" | "count"
  readonly configuration: ModelConfiguration.ModelConfiguration
  readonly input: Content.Input
}

/**
 * What the test layer has seen.
 *
 * @since 0.1.0
 */
export class VertexTest extends Context.Service<
  VertexTest,
  {
    /** The calls so far, in order. */
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
  }
>()("@genops/vertex/testing/VertexTest") {}

/**
 * Returns the calls so far, in order. Requests that were refused before sending are not among them.
 *
 * @since 0.1.0
 */
export const calls: Effect.Effect<ReadonlyArray<Call>, never, VertexTest> = Effect.flatMap(
  VertexTest,
  ({ calls }) => calls
)

/**
 * The script. `stream` left out streams the answers of `generate` word by word and takes them from the same list; `count` left
 * out counts by `TokenRule`.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly generate?: Script<Answer, GenerateError> | undefined
  readonly stream?: Script<Answer, GenerateError> | undefined
  readonly count?: Script<number | TokenCount | Failure<VertexError.VertexError>, VertexError.VertexError> | undefined
  /** How long each answer takes on the `Clock`, so that `TestClock` moves it. Default none. */
  readonly latency?: Duration.Input | undefined
  /** Default `global`. */
  readonly location?: string | undefined
}

/**
 * Provides `GenerativeModel` and `TokenCounter` that answer by the script, and `VertexTest` that tells the calls.
 *
 * A call past the end of a list, or of an operation without a script, dies.
 *
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<GenerativeModel | TokenCounter | VertexTest> =>
  Layer.syncContext(() => make(options))

const make = (options: Options) => {
  const { latency = 0, location = "global" } = options
  const latencyMs = Duration.toMillis(latency)
  const calls: Array<Call> = []

  const nextReply = player("generate", options.generate)
  const nextStream = options.stream === undefined ? nextReply : player("stream", options.stream)
  const nextCount = player("count", options.count ?? TokenRule.ofRequest)

  /** Checks the request as the live layers do, and records it. */
  const send = (operation: string, call: Call) =>
    Effect.gen(function* () {
      const meter = call.operation === "count" ? CallMeter.free : yield* CallMeter.CallMeter
      meter.queued()
      const prepared = yield* Effect.mapError(
        Effect.fromResult(request.prepare(call.configuration, call.input)),
        (reason) =>
          new VertexError.VertexError({
            operation,
            target: call.configuration.model,
            reason,
            billed: "no",
            attempts: []
          })
      )
      meter.sent()
      calls.push(call)
      return {
        operation,
        model: prepared.model,
        location: prepared.name.location ?? location,
        inputTokens: TokenRule.ofRequest(call.configuration, call.input)
      }
    })

  const slowly = <A, E>(answer: Effect.Effect<A, E>) => (latencyMs === 0 ? answer : Effect.delay(answer, latencyMs))

  /** The time that a call took is the scripted one. */
  const responseOf = (body: GenerateBody.GenerateBody, { location, model }: Target & { readonly location: string }) =>
    new GenerateResponse.GenerateResponse(body, { model, location, attempts: 1, latencyMs })

  const generate = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Effect.gen(function* () {
      const target = yield* send("generateContent", { operation: "generate", configuration, input })
      const call = Effect.flatMap(slowly(nextReply(configuration, input)), (reply) => {
        if (isFailure(reply)) return Effect.fail(reply.error(target))
        if (isChunks(reply) && reply.end !== undefined) return Effect.fail(reply.end.error(target))
        return Effect.succeed(once(wholeOf(bodiesOf(reply, target.inputTokens))))
      })
      const { body } = yield* answer.observe(call, { ...target, configuration })
      return responseOf(body, target)
    })

  const stream = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const target = yield* send("streamGenerateContent", { operation: "stream", configuration, input })
        const reply = yield* slowly(nextStream(configuration, input))
        if (isFailure(reply)) return Stream.fail(reply.error(target))
        const bodies = bodiesOf(reply, target.inputTokens)
        const sent = Stream.fromIterable((isChunks(reply) ? bodies : bodies.flatMap(eventsOf)).map(once))
        const end = isChunks(reply) ? reply.end : undefined
        const events = end === undefined ? sent : Stream.concat(sent, Stream.fail(end.error(target)))
        return deltas
          .observe(events, { ...target, configuration })
          .pipe(Stream.map(({ body }) => responseOf(body, target)))
      })
    )

  const count = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Effect.gen(function* () {
      const target = yield* send("countTokens", { operation: "count", configuration, input })
      const counted = yield* slowly(nextCount(configuration, input))
      if (typeof counted !== "number") {
        return isFailure(counted) ? yield* Effect.fail(counted.error(target)) : counted
      }
      return { totalTokens: counted, billableCharacters: TokenRule.billableCharacters(configuration, input) }
    })

  return Context.make(GenerativeModel, { location, generate, stream }).pipe(
    Context.add(TokenCounter, { count }),
    Context.add(VertexTest, { calls: Effect.sync(() => [...calls]) })
  )
}

const isFailure = <A, E>(answer: A | Failure<E>): answer is Failure<E> => Predicate.isTagged(answer, "Failure")
const isChunks = <A>(answer: A | Chunks): answer is Chunks => Predicate.isTagged(answer, "Chunks")
const once = (value: GenerateBody.GenerateBody) => ({ value, attempts: 1 })

const wholeOf = (bodies: ReadonlyArray<GenerateBody.GenerateBody>): GenerateBody.GenerateBody => {
  const [only] = bodies
  if (only !== undefined && bodies.length === 1) return only
  return GenerateResponse.collect(bodies.map((body) => new GenerateResponse.GenerateResponse(body, unsent))).body
}
