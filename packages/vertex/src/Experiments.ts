/**
 * Experiments and their runs in Vertex ML Metadata, readable by Google's console and SDK.
 *
 * An experiment is a context `system.Experiment`, a run a context `system.ExperimentRun` below it, both in the metadata store
 * `default` of a project and region. Failures to log are typed errors of the program that logs.
 *
 * Source: google.cloud.aiplatform.v1.MetadataService, and google-cloud-aiplatform for the layout of the metadata.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as experimentParams from "./internal/experimentParams.ts"
import * as experimentService from "./internal/experimentService.ts"
import * as metadataStore from "./internal/metadataStore.ts"
import * as VertexClient from "./VertexClient.ts"
import * as VertexError from "./VertexError.ts"

/**
 * A parameter or metric as it is logged. Numbers are finite: a statistic that does not exist is left out.
 *
 * @since 0.1.0
 */
export type Value = number | string | boolean

/**
 * Parameters or metrics by name. Names are kept as they are, `rouge_l/mean` too.
 *
 * @since 0.1.0
 */
export type Values = { readonly [key: string]: Value }

/**
 * Parameters or metrics as they are read: other tools may have logged any JSON.
 *
 * @since 0.1.0
 */
export type Logged = { readonly [key: string]: Schema.Json }

/**
 * An experiment. Times are RFC 3339 texts; `resource` is its full name, with the number of the project.
 *
 * @since 0.1.0
 */
export interface Experiment {
  readonly name: string
  readonly resource: string
  readonly description: string
  readonly createTime: string | undefined
  readonly updateTime: string | undefined
}

/**
 * A run as it was when it was read. `state` is `RUNNING`, `COMPLETE`, `FAILED`, or what another tool has written.
 *
 * @since 0.1.0
 */
export interface Run {
  readonly experiment: string
  readonly name: string
  readonly resource: string
  readonly state: string
  readonly params: Logged
  readonly metrics: Logged
  readonly createTime: string | undefined
  readonly updateTime: string | undefined
}

/**
 * How a run ends.
 *
 * @since 0.1.0
 */
export type EndState = "COMPLETE" | "FAILED"

/**
 * A run that is being logged to.
 *
 * Several fibers, and several processes with a handle each, may log to one run: what the others logged stays. Of two values for
 * one key the later stays. A write that meets another one reads again and is tried 5 more times before it fails with the reason
 * `Conflict` of the kind `Aborted`.
 *
 * @since 0.1.0
 */
export interface RunHandle {
  readonly experiment: string
  readonly name: string
  readonly resource: string
  /** Adds parameters. Wrong values, and more than 200,000 bytes in all, are refused with `InvalidRequest` before sending. */
  logParams(params: Values): Effect.Effect<void, VertexError.VertexError>
  /** Adds metrics, under the same rules. */
  logMetrics(metrics: Values): Effect.Effect<void, VertexError.VertexError>
  /** Sets the state, by default `COMPLETE`, and returns the run. */
  end(state?: EndState): Effect.Effect<Run, VertexError.VertexError>
}

/**
 * Keeps experiments and runs.
 *
 * **Details**
 *
 * - Names are checked before anything is sent: an experiment has 4 to 128 of the characters a-z, 0-9 and -; a run has the same
 *   characters, and `{experiment}-{run}` at most 121. What is wrong fails with the reason `InvalidRequest`.
 * - Only regions have ML Metadata: `global`, `us` and `eu` fail with `InvalidRequest`, see `layerIn`.
 * - An unknown name fails with the reason `NotFound`; a name that something else has, with `Conflict`.
 *
 * @since 0.1.0
 */
export class Experiments extends Context.Service<
  Experiments,
  {
    /** Creates an experiment, and the metadata store when the region has none. One that is there is returned as it is. */
    create(
      experiment: string,
      options?: { readonly description?: string | undefined }
    ): Effect.Effect<Experiment, VertexError.VertexError>
    /** Reads an experiment. */
    get(experiment: string): Effect.Effect<Experiment, VertexError.VertexError>
    /** All experiments of the region, page by page. */
    readonly list: Stream.Stream<Experiment, VertexError.VertexError>
    /** Deletes an experiment and its runs, but no run that belongs to another experiment, too. */
    delete(experiment: string): Effect.Effect<void, VertexError.VertexError>
    /** Starts a run in the state `RUNNING`. One that is there goes on: the parameters are added and it is `RUNNING` again. */
    startRun(
      experiment: string,
      run: string,
      options?: { readonly params?: Values | undefined }
    ): Effect.Effect<RunHandle, VertexError.VertexError>
    /** Reads a run. */
    getRun(experiment: string, run: string): Effect.Effect<Run, VertexError.VertexError>
    /** All runs of an experiment, page by page. */
    listRuns(experiment: string): Stream.Stream<Run, VertexError.VertexError>
    /** Deletes a run. */
    deleteRun(experiment: string, run: string): Effect.Effect<void, VertexError.VertexError>
  }
>()("@genops/vertex/Experiments") {}

type Service = Experiments["Service"]

/**
 * Creates an experiment; one that is there is returned as it is. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const create = (
  ...args: Parameters<Service["create"]>
): Effect.Effect<Experiment, VertexError.VertexError, Experiments> =>
  Effect.flatMap(Experiments, (service) => service.create(...args))

/**
 * Reads an experiment. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const get = (experiment: string): Effect.Effect<Experiment, VertexError.VertexError, Experiments> =>
  Effect.flatMap(Experiments, (service) => service.get(experiment))

/**
 * Emits all experiments of the region. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const list: Stream.Stream<Experiment, VertexError.VertexError, Experiments> = Stream.unwrap(
  Effect.map(Experiments, (service) => service.list)
)

const remove = (experiment: string): Effect.Effect<void, VertexError.VertexError, Experiments> =>
  Effect.flatMap(Experiments, (service) => service.delete(experiment))

export {
  /**
   * Deletes an experiment and its runs. Fails with `VertexError`.
   *
   * @since 0.1.0
   */
  remove as delete
}

/**
 * Starts a run; one that is there goes on. Fails with `VertexError`. `withRun` also ends it.
 *
 * @since 0.1.0
 */
export const startRun = (
  ...args: Parameters<Service["startRun"]>
): Effect.Effect<RunHandle, VertexError.VertexError, Experiments> =>
  Effect.flatMap(Experiments, (service) => service.startRun(...args))

/**
 * Reads a run. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const getRun = (experiment: string, run: string): Effect.Effect<Run, VertexError.VertexError, Experiments> =>
  Effect.flatMap(Experiments, (service) => service.getRun(experiment, run))

/**
 * Emits all runs of an experiment. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const listRuns = (experiment: string): Stream.Stream<Run, VertexError.VertexError, Experiments> =>
  Stream.unwrap(Effect.map(Experiments, (service) => service.listRuns(experiment)))

/**
 * Deletes a run. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const deleteRun = (experiment: string, run: string): Effect.Effect<void, VertexError.VertexError, Experiments> =>
  Effect.flatMap(Experiments, (service) => service.deleteRun(experiment, run))

/**
 * The start or the end of a run could not be written. With `action` `end` the body of `withRun` did run, and the run still stands
 * as `RUNNING`.
 *
 * @since 0.1.0
 */
export class RunNotRecorded extends Schema.TaggedError<RunNotRecorded>()("RunNotRecorded", {
  experiment: Schema.String,
  run: Schema.String,
  action: Schema.Literals(["start", "end"]),
  state: Schema.Literals(["RUNNING", "COMPLETE", "FAILED"]),
  error: VertexError.VertexError
}) {
  override get message() {
    const body =
      this.action === "start" ? "Its work was not begun." : "Its work has ended; it may still stand as RUNNING."
    return `[RunNotRecorded] the run ${this.experiment}/${this.run} could not be set to ${this.state}. ${body}\n${this.error.message}`
  }
}

/** An interrupted program waits for its last word this long. */
const patience = { start: Duration.minutes(2), end: Duration.seconds(30) }

const recorded = <A, R>(
  effect: Effect.Effect<A, VertexError.VertexError, R>,
  what: Pick<RunNotRecorded, "experiment" | "run" | "action" | "state">
): Effect.Effect<A, RunNotRecorded, R> =>
  Effect.interruptible(effect).pipe(
    Effect.timeoutOrElse({
      duration: patience[what.action],
      orElse: () => {
        const description = `no answer within ${Duration.format(patience[what.action])}`
        const reason = new VertexError.DeadlineExceeded({ phase: "total", description })
        const target = `${what.experiment}/${what.run}`
        const failed = { operation: `experiments.${what.action}Run`, target, billed: "no", attempts: [] } as const
        return Effect.fail(new VertexError.VertexError({ ...failed, reason }))
      }
    }),
    Effect.mapError((error) => new RunNotRecorded({ ...what, error }))
  )

/**
 * Runs a body as a run of an experiment: starts the run, hands it to the body, and ends it `COMPLETE` when the body succeeds and
 * `FAILED` when it fails, dies or is interrupted.
 *
 * **Details**
 *
 * Which failure is seen:
 *
 * - The start fails: `RunNotRecorded`, and the body is not run.
 * - The body succeeds and the end fails: `RunNotRecorded`. The body's value is lost with it, so a body stores what must not be lost.
 * - The body fails and the end fails, too: the cause has both, the body's failure first; that one is what `Effect.catch` sees.
 *
 * An interruption is answered when the end is written, at most 30 seconds later; during the start at most 2 minutes later.
 *
 * @example
 * import * as Experiments from "@genops/vertex/Experiments"
 * import * as Effect from "effect/Effect"
 *
 * const program = Experiments.withRun("summaries", "flash-1", (run) =>
 *   Effect.gen(function* () {
 *     yield* run.logParams(Experiments.params({ metrics: ["rouge_l"] }))
 *     yield* run.logMetrics({ row_count: 20, "rouge_l/mean": 0.61 })
 *   })
 * )
 *
 * @since 0.1.0
 */
export const withRun = <A, E, R>(
  experiment: string,
  run: string,
  body: (run: RunHandle) => Effect.Effect<A, E, R>,
  options?: { readonly params?: Values | undefined }
): Effect.Effect<A, E | RunNotRecorded, R | Experiments> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const what = { experiment, run }
      const handle = yield* recorded(startRun(experiment, run, options), { ...what, action: "start", state: "RUNNING" })
      const exit = yield* Effect.exit(restore(Effect.suspend(() => body(handle))))
      const state = Exit.isSuccess(exit) ? "COMPLETE" : "FAILED"
      const end = yield* Effect.exit(recorded(handle.end(state), { ...what, action: "end", state }))
      if (Exit.isSuccess(end)) return yield* exit
      return yield* Effect.failCause(Exit.isSuccess(exit) ? end.cause : Cause.combine(exit.cause, end.cause))
    })
  )

/**
 * What a run was made with: model configuration, dataset, prompt template, metrics, judge and price table. What is left out is
 * not logged.
 *
 * @since 0.1.0
 */
export type Origin = experimentParams.Origin

/**
 * Returns the parameters that tell how the numbers of a run came about. Google's SDK records the model and its generation config;
 * these are also the system instruction, tools, tool config and fingerprint of the configuration, the hash of the dataset, the
 * metrics, the judge, the date of the price table and the version of this SDK.
 *
 * Settings of the generation config stand under their own names in snake case (`max_output_tokens`). A text longer than 4,000
 * characters is cut, and says its length and sha-256.
 *
 * @since 0.1.0
 */
export const params: (origin: Origin) => Values = experimentParams.params

const over = (location: string | undefined) =>
  Layer.effect(
    Experiments,
    Effect.map(VertexClient.VertexClient, (client) => {
      const place = { project: client.config.project, location: location ?? client.config.location }
      return Experiments.of(experimentService.make(metadataStore.make(client, place), place))
    })
  )

/**
 * Provides the live service in the location of the client, which must be a region.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<Experiments, never, VertexClient.VertexClient> = over(undefined)

/**
 * Provides the live service in a region of its own, for programs that call their models in `global`.
 *
 * @since 0.1.0
 */
export const layerIn = (region: string): Layer.Layer<Experiments, never, VertexClient.VertexClient> => over(region)
