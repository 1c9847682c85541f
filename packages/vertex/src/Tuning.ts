/**
 * Tunes models: supervised tuning, preference optimisation, and tuning on from a tuned model.
 *
 * A job is paid for, lasts from minutes to hours, and there is no request id by which the service would know a repeated creation. So
 * `create` is sent at most once. When its answer is lost the error says `billed: "unknown"`: wait some seconds, look for the job with
 * `findByLabel`, and create another only when there is none.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/tuning
 *
 * @since 0.1.0
 */
import type * as Budget from "@genops/core/Budget"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as tuningService from "./internal/tuningService.ts"
import * as tuningStore from "./internal/tuningStore.ts"
import type * as TuningFailed from "./TuningFailed.ts"
import type * as TuningJob from "./TuningJob.ts"
import type * as TuningRequest from "./TuningRequest.ts"
import type { TuningUnfinished } from "./TuningUnfinished.ts"
import * as VertexClient from "./VertexClient.ts"
import type * as VertexError from "./VertexError.ts"

/**
 * Which jobs are listed: `filter` is handed to the service, which documents no field for it (`labels.key="value"` works on its sibling
 * resources), so filter again what comes; `pageSize` is the number of jobs a request, default 100.
 *
 * @since 0.1.0
 */
export interface ListOptions {
  readonly filter?: string | undefined
  readonly pageSize?: number | undefined
}

/**
 * How a job's end is waited for: a look every `interval` (default 1 minute), for `timeout` in all (default: as long as it takes).
 * An interrupted wait leaves the job running, unless `cancelOnInterrupt`.
 *
 * @since 0.1.0
 */
export interface WaitOptions {
  readonly interval?: Duration.Input | undefined
  readonly timeout?: Duration.Input | undefined
  readonly cancelOnInterrupt?: boolean | undefined
}

/**
 * Tunes models.
 *
 * **Details**
 *
 * - Requests are checked before anything is sent: what is wrong fails with the reason `InvalidRequest`, field by field.
 * - Only regions have tuning: `global`, `us` and `eu` fail with `InvalidRequest`, see `layerIn`.
 * - A job is named by its full name, or by its id in the layer's region. An unknown one fails with the reason `NotFound`.
 *
 * @since 0.1.0
 */
export class Tuning extends Context.Service<
  Tuning,
  {
    /** Where jobs are created and listed. */
    readonly location: string
    /** Creates a job. It is sent at most once: of an error with `billed: "unknown"` the job may exist. */
    create(
      request: TuningRequest.TuningRequest
    ): Effect.Effect<TuningJob.TuningJob, VertexError.VertexError | Budget.BudgetExceeded>
    /** Reads a job. */
    get(name: string): Effect.Effect<TuningJob.TuningJob, VertexError.VertexError>
    /** All jobs of the region in the service's order, page by page. */
    list(options?: ListOptions): Stream.Stream<TuningJob.TuningJob, VertexError.VertexError>
    /** The jobs with a label, newest first. Every page is read and compared here, because the service's filter is not documented. */
    findByLabel(key: string, value: string): Effect.Effect<ReadonlyArray<TuningJob.TuningJob>, VertexError.VertexError>
    /** Asks a job to end. It is `CANCELLING` for a while, then `CANCELLED`; what it has learned from may be billed. */
    cancel(name: string): Effect.Effect<void, VertexError.VertexError>
    /** Waits, in this process, for the end of a job, and returns it with its tuned model. */
    wait(
      job: string | TuningJob.TuningJob,
      options?: WaitOptions
    ): Effect.Effect<TuningJob.TuningJob, TuningFailed.TuningFailed | TuningUnfinished | VertexError.VertexError>
  }
>()("@genops/vertex/Tuning") {}

/**
 * Creates a tuning job; it is sent at most once. Fails with `VertexError`, and inside a budget with `BudgetExceeded`.
 *
 * @example
 * import * as Tuning from "@genops/vertex/Tuning"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const job = yield* Tuning.create({
 *     model: "gemini-3.5-flash",
 *     trainingData: "gs://acme/train.jsonl",
 *     epochs: 3,
 *     adapterSize: 4,
 *     displayName: "support-v7",
 *     labels: { "genops-key": "4f2c9a" }
 *   })
 *   const { tunedModel } = yield* Tuning.wait(job, { interval: "1 minute" })
 *   return tunedModel?.endpoint
 * })
 *
 * @since 0.1.0
 */
export const create = (
  request: TuningRequest.TuningRequest
): Effect.Effect<TuningJob.TuningJob, VertexError.VertexError | Budget.BudgetExceeded, Tuning> =>
  Effect.flatMap(Tuning, (service) => service.create(request))

/**
 * Reads a job. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const get = (name: string): Effect.Effect<TuningJob.TuningJob, VertexError.VertexError, Tuning> =>
  Effect.flatMap(Tuning, (service) => service.get(name))

/**
 * Emits the jobs of the region, page by page. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const list = (options?: ListOptions): Stream.Stream<TuningJob.TuningJob, VertexError.VertexError, Tuning> =>
  Stream.unwrap(Effect.map(Tuning, (service) => service.list(options)))

/**
 * Returns the jobs with a label, newest first: what to look at before a job is created, and after a creation whose answer was lost. A new
 * job may be missing for some seconds. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const findByLabel = (
  key: string,
  value: string
): Effect.Effect<ReadonlyArray<TuningJob.TuningJob>, VertexError.VertexError, Tuning> =>
  Effect.flatMap(Tuning, (service) => service.findByLabel(key, value))

/**
 * Asks a job to end. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const cancel = (name: string): Effect.Effect<void, VertexError.VertexError, Tuning> =>
  Effect.flatMap(Tuning, (service) => service.cancel(name))

/**
 * Waits in this process for the end of a job. Outages of the service are outlived for 5 intervals.
 *
 * Fails with `TuningFailed` when the job ended without a tuned model, `TuningUnfinished` when the time is over (the job goes on), and
 * `VertexError` when the job cannot be read.
 *
 * @since 0.1.0
 */
export const wait = (
  job: string | TuningJob.TuningJob,
  options?: WaitOptions
): Effect.Effect<TuningJob.TuningJob, TuningFailed.TuningFailed | TuningUnfinished | VertexError.VertexError, Tuning> =>
  Effect.flatMap(Tuning, (service) => service.wait(job, options))

const over = (location: string | undefined) =>
  Layer.effect(
    Tuning,
    Effect.map(VertexClient.VertexClient, (client) => {
      const place = { project: client.config.project, location: location ?? client.config.location }
      return Tuning.of(tuningService.make(tuningStore.make(client, place), place))
    })
  )

/**
 * Provides the live service in the location of the client, which must be a region.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<Tuning, never, VertexClient.VertexClient> = over(undefined)

/**
 * Provides the live service in a region of its own, for programs that call their models in `global`.
 *
 * @since 0.1.0
 */
export const layerIn = (region: string): Layer.Layer<Tuning, never, VertexClient.VertexClient> => over(region)
