/**
 * The methods of Vertex AI's evaluation service.
 *
 * `Evaluation` scores rows by named metrics on top of it; use this one for what only the service has: whole datasets in Cloud Storage
 * or BigQuery, generated rubrics, media.
 *
 * @since 0.1.0
 */
import type * as Budget from "@genops/core/Budget"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as CallMeter from "./CallMeter.ts"
import type * as EvaluationRequest from "./EvaluationRequest.ts"
import * as EvaluationResponse from "./EvaluationResponse.ts"
import { decoder } from "./internal/decode.ts"
import { fromErrorObject } from "./internal/errorMapping.ts"
import * as evaluationPace from "./internal/evaluationPace.ts"
import * as VertexClient from "./VertexClient.ts"
import * as VertexError from "./VertexError.ts"

type Failed = VertexError.VertexError | Budget.BudgetExceeded

/**
 * The service's own methods.
 *
 * @since 0.1.0
 */
export class EvaluationApi extends Context.Service<
  EvaluationApi,
  {
    /** Where requests go. */
    readonly location: string
    /** Scores one instance by one input, or by several `metrics`. It waits for its turn by the rate. */
    evaluateInstances(
      request: EvaluationRequest.EvaluateInstances
    ): Effect.Effect<EvaluationResponse.EvaluateInstances, Failed>
    /** Starts the evaluation of a dataset. It is sent at most once: when the answer is lost, look for the operation. */
    startDataset(request: EvaluationRequest.EvaluateDataset): Effect.Effect<EvaluationResponse.DatasetOperation, Failed>
    /** Looks at an evaluation once, by the name of its operation. */
    getDataset(name: string): Effect.Effect<EvaluationResponse.DatasetOperation, VertexError.VertexError>
    /** Starts the evaluation of a dataset and waits for its end. When the wait times out or is interrupted, it goes on. */
    evaluateDataset(
      request: EvaluationRequest.EvaluateDataset,
      options?: PollOptions
    ): Effect.Effect<EvaluationResponse.EvaluateDataset, Failed>
    /** Lets the service write rubrics for a prompt. */
    generateRubrics(
      request: EvaluationRequest.GenerateRubrics
    ): Effect.Effect<ReadonlyArray<EvaluationResponse.Rubric>, Failed>
  }
>()("@genops/vertex/EvaluationApi") {}

/**
 * How long a dataset's end is waited for: a look every `interval` (10 seconds), for `timeout` (1 hour) in all.
 *
 * @since 0.1.0
 */
export interface PollOptions {
  readonly interval?: Duration.Input
  readonly timeout?: Duration.Input
}

/**
 * - `location`: a region; the location of the client when left out. The service does not exist in `global`
 * - `queriesPerSecond`: how many `evaluateInstances` leave in a second, spaced evenly. Default 10, as in Google's SDK;
 *   `Infinity` does not wait
 *
 * @since 0.1.0
 */
export interface Options {
  readonly location?: string
  readonly queriesPerSecond?: number
}

const errorOf = (operation: string, target: string, reason: VertexError.Reason, billed: VertexError.Billed = "no") =>
  new VertexError.VertexError({ operation, target, reason, billed, attempts: [] })

/**
 * Makes the methods over a client. A rate that is no positive number is a programming error and dies.
 *
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const client = yield* VertexClient.VertexClient
  const { project } = client.config
  const location = options.location ?? client.config.location
  const { queriesPerSecond = 10 } = options
  if (!(queriesPerSecond > 0)) return yield* Effect.die(new RangeError(`queriesPerSecond: ${queriesPerSecond}`))
  const turn = evaluationPace.make(queriesPerSecond)

  const post = <A>(
    operation: string,
    body: object,
    decode: (json: unknown) => Result.Result<A, VertexClient.Malformed>,
    settings: { readonly safeToRepeat: boolean; readonly apiVersion?: "v1beta1" }
  ): Effect.Effect<A, Failed> => {
    const target = `projects/${project ?? ""}/locations/${location}`
    if (project === undefined || location === "global") {
      const description =
        project === undefined
          ? "evaluation needs a project; express mode has none"
          : 'evaluation exists in regions only, not in global: pass { location: "us-central1" } to the layer'
      return Effect.fail(errorOf(operation, target, new VertexError.InvalidRequest({ description, violations: [] })))
    }
    const call = {
      operation,
      method: "POST" as const,
      path: `${target}:${operation}`,
      location,
      resource: target,
      rateKey: `${location} ${operation}`,
      body: JSON.stringify(body),
      decode,
      ...settings
    }
    return Effect.map(client.call(call), ({ value }) => value)
  }

  const evaluateInstances = (request: EvaluationRequest.EvaluateInstances) =>
    Effect.gen(function* () {
      const meter = yield* CallMeter.CallMeter
      meter.queued()
      yield* turn
      return yield* post("evaluateInstances", request, decodeInstances, { safeToRepeat: true })
    })

  const startDataset = (request: EvaluationRequest.EvaluateDataset) =>
    post("evaluateDataset", request, decodeOperation, { safeToRepeat: false, apiVersion: "v1beta1" })

  const getDataset = (name: string) => {
    const call = {
      operation: "operations.get",
      method: "GET" as const,
      path: name,
      location,
      resource: name,
      rateKey: `${location} operations.get`,
      decode: decodeOperation,
      safeToRepeat: true,
      apiVersion: "v1beta1" as const
    }
    return client.call(call).pipe(
      // Looking is free: a budget around it has nothing to refuse.
      Effect.provideService(CallMeter.CallMeter, CallMeter.free),
      Effect.catchTag("BudgetExceeded", Effect.die),
      Effect.map(({ value }) => value)
    )
  }

  const evaluateDataset = (request: EvaluationRequest.EvaluateDataset, poll: PollOptions = {}) =>
    Effect.gen(function* () {
      const { interval = "10 seconds", timeout = "1 hour" } = poll
      const started = yield* startDataset(request)
      const late = () => {
        const description = `the evaluation still ran after ${Duration.format(Duration.fromInputUnsafe(timeout))}; it goes on without us`
        const reason = new VertexError.DeadlineExceeded({ phase: "server", description })
        return Effect.fail(errorOf("evaluateDataset", started.name, reason, "unknown"))
      }
      const ended =
        started.done === true
          ? started
          : yield* Effect.delay(getDataset(started.name), interval).pipe(
              Effect.repeat({ until: ({ done }) => done === true, schedule: Schedule.forever }),
              Effect.timeoutOrElse({ duration: timeout, orElse: late })
            )
      if (ended.error !== undefined) {
        const { billed, reason } = fromErrorObject(ended.error, ended.name)
        return yield* Effect.fail(errorOf("evaluateDataset", ended.name, reason, billed))
      }
      return ended.response ?? {}
    })

  const generateRubrics = (request: EvaluationRequest.GenerateRubrics) =>
    Effect.map(
      post("generateInstanceRubrics", request, decodeRubrics, { safeToRepeat: true, apiVersion: "v1beta1" }),
      ({ generatedRubrics = [] }) => generatedRubrics
    )

  return EvaluationApi.of({ location, evaluateInstances, startDataset, getDataset, evaluateDataset, generateRubrics })
})

const decodeInstances = decoder(EvaluationResponse.EvaluateInstances)
const decodeOperation = decoder(EvaluationResponse.DatasetOperation)
const decodeRubrics = decoder(EvaluationResponse.GenerateRubrics)

/**
 * Provides the methods over the client.
 *
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<EvaluationApi, never, VertexClient.VertexClient> =>
  Layer.effect(EvaluationApi, make(options))
