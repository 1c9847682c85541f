/**
 * Tuning for tests: jobs in memory with the same rules as the live service, whose states follow the `Clock`, and no network.
 *
 * A job is `PENDING` when it is created, `RUNNING` after 1 minute and at its end after 40, so that `TestClock.adjust` steers it.
 *
 * @example
 * import * as Tuning from "@genops/vertex/Tuning"
 * import { TuningTest } from "@genops/vertex/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const job = yield* Tuning.create({ model: "gemini-2.5-flash", trainingData: "gs://acme/train.jsonl" })
 *   return `${job.state}, ${(yield* TuningTest.jobs).length} job`
 * })
 * Effect.runSync(Effect.provide(program, TuningTest.layer()))
 * // => "PENDING, 1 job"
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Body } from "../internal/tuningRequest.ts"
import * as tuningService from "../internal/tuningService.ts"
import type { TuningStore } from "../internal/tuningStore.ts"
import { Tuning } from "../Tuning.ts"
import * as TuningBody from "../TuningBody.ts"
import * as TuningJob from "../TuningJob.ts"
import * as VertexError from "../VertexError.ts"

/**
 * A request that the live service would have sent. `target` is the name of a job, or of the region for `create` and `list`.
 *
 * @since 0.1.0
 */
export interface Call {
  readonly request: "create" | "get" | "list" | "cancel"
  readonly target: string
}

/**
 * A failure: with `done` the work was done and its answer lost, so that a job is left behind; otherwise nothing was done. `billed` is
 * what the caller can know of it: by default `unknown` when it was done and `no` when not.
 *
 * @since 0.1.0
 */
export interface Failure {
  readonly reason: VertexError.Reason
  readonly done?: boolean | undefined
  readonly billed?: VertexError.Billed | undefined
}

/**
 * How long a request is under way: `before` its work is done, which happens also when its caller is gone by then, and `after` it.
 *
 * @since 0.1.0
 */
export interface Way {
  readonly before?: Duration.Input | undefined
  readonly after?: Duration.Input | undefined
}

/**
 * How a job ends: `error` is for jobs that do not succeed, `billableTokens` and `checkpoints` (their number) for those that do.
 *
 * @since 0.1.0
 */
export interface End {
  readonly state: TuningJob.State
  readonly error?: { readonly code: number; readonly message: string } | undefined
  readonly billableTokens?: number | undefined
  readonly checkpoints?: number | undefined
}

/**
 * How the test layer behaves.
 *
 * @since 0.1.0
 */
export interface Options {
  /** Default `us-central1`. */
  readonly location?: string | undefined
  /** From the creation until the job runs, default 1 minute. */
  readonly pending?: Duration.Input | undefined
  /** From the creation until its end, default 40 minutes. */
  readonly lasts?: Duration.Input | undefined
  /** From a cancellation until the job has ended, default 1 minute. */
  readonly cancelling?: Duration.Input | undefined
  /** How long a new job is missing in lists, also by its number from 0; default not at all. */
  readonly listLag?: Duration.Input | ((jobIndex: number) => Duration.Input) | undefined
  /** The most jobs on a page of a list, default as many as are asked for. */
  readonly pageSize?: number | undefined
  /** Returns how a job ends, by its number from 0; the default is `SUCCEEDED`. */
  readonly end?: ((jobIndex: number) => End) | undefined
  /** Returns the failure of a request, or nothing. `callIndex` counts from 0. */
  readonly fail?: ((call: Call, callIndex: number) => Failure | undefined) | undefined
  /** Returns how long a request is under way, default no time. */
  readonly takes?: ((call: Call, callIndex: number) => Way | undefined) | undefined
}

/**
 * What the test layer has seen.
 *
 * @since 0.1.0
 */
export class TuningTest extends Context.Service<
  TuningTest,
  {
    /** The requests so far, in order. What was refused before sending is not among them. */
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
    /** Every job that exists, those too whose answer was lost: each of them would have been billed. */
    readonly jobs: Effect.Effect<ReadonlyArray<TuningJob.TuningJob>>
  }
>()("@genops/vertex/testing/TuningTest") {}

/**
 * Returns the requests so far, in order.
 *
 * @since 0.1.0
 */
export const calls: Effect.Effect<ReadonlyArray<Call>, never, TuningTest> = Effect.flatMap(
  TuningTest,
  ({ calls }) => calls
)

/**
 * Returns every job that exists, in the order of their creation.
 *
 * @since 0.1.0
 */
export const jobs: Effect.Effect<ReadonlyArray<TuningJob.TuningJob>, never, TuningTest> = Effect.flatMap(
  TuningTest,
  ({ jobs }) => jobs
)

/**
 * Provides `Tuning` kept in memory, and `TuningTest` that tells what was done.
 *
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Tuning | TuningTest> =>
  Layer.syncContext(() => {
    const location = options.location ?? "us-central1"
    const { calls, jobs, store } = make(location, options)
    return Context.make(Tuning, tuningService.make(store, { location, project: "test" })).pipe(
      Context.add(TuningTest, { calls, jobs })
    )
  })

interface Stored {
  readonly index: number
  readonly body: Body
  readonly created: number
  cancelled: number | undefined
}

type Answer<A> = Effect.Effect<A, VertexError.VertexError>

/** What a job that has succeeded tells: its model, and the data as far as the test says something of it. */
const outcome = (parent: string, index: number, body: Body, { billableTokens, checkpoints = 0 }: End) => {
  const endpoint = `${parent}/endpoints/${index + 1}`
  const model = `${parent}/models/${index + 1}@1`
  const kept = Array.from({ length: checkpoints }, (_, checkpoint) => {
    const number = String(checkpoint + 1)
    return {
      checkpointId: number,
      epoch: number,
      step: String((checkpoint + 1) * 10),
      endpoint: `${endpoint}${number}`
    }
  })
  const stats = billableTokens === undefined ? undefined : { totalBillableTokenCount: String(billableTokens) }
  const method =
    body.preferenceOptimizationSpec === undefined ? "supervisedTuningDataStats" : "preferenceOptimizationDataStats"
  return {
    tunedModel: { model, endpoint, ...(kept.length === 0 ? {} : { checkpoints: kept }) },
    ...(stats === undefined ? {} : { tuningDataStats: { [method]: stats } })
  }
}

const time = (milliseconds: number) => new Date(milliseconds).toISOString()

const asJson = Schema.decodeUnknownSync(TuningBody.TuningBody)

const make = (location: string, options: Options) => {
  const succeeds = (): End => ({ state: "SUCCEEDED" })
  const { end = succeeds, listLag = 0, lasts = "40 minutes", pending = "1 minute", cancelling = "1 minute" } = options
  const lagOf = typeof listLag === "function" ? listLag : () => listLag
  const parent = `projects/1/locations/${location}`
  const stored: Array<Stored> = []
  const calls: Array<Call> = []

  /** The job at a time. */
  const at = ({ body, cancelled, created, index }: Stored, now: number): TuningBody.TuningBody => {
    const starts = created + Duration.toMillis(pending)
    const ends =
      cancelled === undefined ? created + Duration.toMillis(lasts) : cancelled + Duration.toMillis(cancelling)
    const ended: End =
      cancelled === undefined ? end(index) : { state: "CANCELLED", error: { code: 1, message: "CANCELED" } }
    const running = cancelled === undefined ? "RUNNING" : "CANCELLING"
    const state = now >= ends ? ended.state : now >= starts || cancelled !== undefined ? running : "PENDING"
    const succeeded = now >= ends && ended.state.endsWith("SUCCEEDED")
    const job = {
      name: `${parent}/tuningJobs/${index + 1}`,
      baseModel: body.baseModel,
      preTunedModel: body.preTunedModel,
      supervisedTuningSpec: body.supervisedTuningSpec,
      preferenceOptimizationSpec: body.preferenceOptimizationSpec,
      tunedModelDisplayName: body.tunedModelDisplayName,
      description: body.description,
      labels: body.labels,
      state: `JOB_STATE_${state}`,
      createTime: time(created),
      updateTime: time(Math.min(now, Math.max(ends, created))),
      ...(now >= starts && starts < ends ? { startTime: time(starts) } : {}),
      ...(now >= ends ? { endTime: time(ends) } : {}),
      ...(now >= ends && !succeeded && ended.error !== undefined ? { error: ended.error } : {}),
      ...(succeeded ? outcome(parent, index, body, ended) : {})
    }
    // As it would arrive: what is undefined is absent.
    return asJson(JSON.parse(JSON.stringify(job)))
  }

  const answer = <A>(call: Call, work: (now: number) => A | VertexError.Reason): Answer<A> =>
    Effect.suspend(() => {
      const index = calls.push(call) - 1
      const failed = (reason: VertexError.Reason, billed: VertexError.Billed) => {
        const about = { operation: `tuningJobs.${call.request}`, target: call.target, attempts: [] }
        return Effect.fail(new VertexError.VertexError({ ...about, reason, billed }))
      }
      const done = Effect.flatMap(Clock.currentTimeMillis, (now): Answer<A> => {
        const { billed, done = false, reason } = options.fail?.(call, index) ?? {}
        if (reason !== undefined && !done) return failed(reason, billed ?? "no")
        const result = work(now)
        if (reason !== undefined) return failed(reason, billed ?? "unknown")
        return isReason(result) ? failed(result, "no") : Effect.succeed(result)
      })
      const { after = 0, before } = options.takes?.(call, index) ?? {}
      if (before === undefined) return Effect.tap(done, () => Effect.sleep(after))
      // It has left: what it asks for is done, whether somebody still waits or not.
      return Effect.delay(done, before).pipe(
        Effect.forkDetach({ startImmediately: true }),
        Effect.flatMap(Fiber.join),
        Effect.tap(() => Effect.sleep(after))
      )
    })

  // Names may have the project's id in the place of its number.
  const find = (name: string): Stored | VertexError.NotFound =>
    stored.find(({ index }) => name.endsWith(`/locations/${location}/tuningJobs/${index + 1}`)) ??
    new VertexError.NotFound({ resource: name, description: "there is no such job", suggestions: [] })

  const store: TuningStore = {
    create: (body) =>
      answer({ request: "create", target: parent }, (now) => {
        const job: Stored = { index: stored.length, body, created: now, cancelled: undefined }
        stored.push(job)
        return at(job, now)
      }),
    get: (name) =>
      answer({ request: "get", target: name }, (now) => {
        const job = find(name)
        return isReason(job) ? job : at(job, now)
      }),
    list: ({ filter, pageSize, pageToken }) =>
      answer({ request: "list", target: parent }, (now) => {
        if (filter !== undefined) {
          const description = "TuningTest knows no filters: filter what the list emits, or use findByLabel"
          return new VertexError.InvalidRequest({ description, violations: [] })
        }
        const from = Number(pageToken ?? 0)
        const to = from + Math.min(pageSize, options.pageSize ?? pageSize)
        const visible = stored
          .filter(({ created, index }) => now >= created + Duration.toMillis(lagOf(index)))
          .toReversed()
        const tuningJobs = visible.slice(from, to).map((job) => at(job, now))
        return to < visible.length ? { tuningJobs, nextPageToken: String(to) } : { tuningJobs }
      }),
    cancel: (name) =>
      answer({ request: "cancel", target: name }, (now) => {
        const job = find(name)
        if (isReason(job)) return job
        const { state = "" } = at(job, now)
        if (!TuningJob.isTerminal(state.replace("JOB_STATE_", ""))) job.cancelled ??= now
        return undefined
      })
  }
  return {
    store,
    calls: Effect.sync(() => [...calls]),
    jobs: Effect.map(Clock.currentTimeMillis, (now) => stored.map((job) => new TuningJob.TuningJob(at(job, now))))
  }
}

const isReason = (value: unknown): value is VertexError.Reason => reasons.some((reason) => value instanceof reason)
const reasons = VertexError.Reason.members
