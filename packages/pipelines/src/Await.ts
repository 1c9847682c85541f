/**
 * Sensors: steps of a durable program that wait for objects in Cloud Storage.
 *
 * Between two looks nothing is held: no process, no connection, no timer of ours; the engine wakes the run at the time of the next look.
 * A wait survives the end of its process. Its time-out counts from its first start, which is recorded; what it found is recorded too.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import type { AwaitTimeout } from "./AwaitTimeout.ts"
import * as CloudStorage from "./CloudStorage.ts"
import type { CloudStorageError } from "./CloudStorageError.ts"
import * as step from "./internal/awaitStep.ts"
import type * as Step from "./Step.ts"

export { AwaitTimeout } from "./AwaitTimeout.ts"

/**
 * When a sensor looks.
 *
 * - `upTo`: how long it waits in all, counted from its first start. The last look is at the end.
 * - `every`: the time between two looks, 1 minute when left out.
 * - `backoff`: each time between two looks is `factor` (1 or more) times the one before, and at most `upTo`.
 *
 * All of them may be changed while a wait goes on. Lengths of time are above 0 and finite; anything else throws `RangeError`.
 *
 * @since 0.1.0
 */
export interface Pace {
  readonly upTo: Duration.Input
  readonly every?: Duration.Input | undefined
  readonly backoff?: { readonly factor: number; readonly upTo: Duration.Input } | undefined
}

/**
 * How to wait.
 *
 * - `name`: the step's, unique in its run.
 * - `check`: looks into what was found. `false` means "not yet": it is looked at again. A failure ends the wait, but for those of Cloud
 *   Storage that say that the object is gone, was replaced, or cannot be read now. Its errors are written by the schema `error`, as those
 *   of a `Step` are; without one it has no others.
 * - `softFail`: gives `None` after the time-out instead of failing.
 *
 * @since 0.1.0
 */
export interface Options<A, E = never, R = never> extends Pace {
  readonly name: string
  readonly check?: ((found: A) => Effect.Effect<boolean, NoInfer<E> | CloudStorageError, R>) | undefined
  readonly error?: Schema.ConstraintCodec<E, unknown> | undefined
  readonly softFail?: boolean | undefined
}

/**
 * A wait, to be yielded in the body of a workflow.
 *
 * @since 0.1.0
 */
export type Sensor<A, E, R> = Effect.Effect<
  A,
  E | CloudStorageError | Step.StepChanged,
  | CloudStorage.CloudStorage
  | WorkflowEngine.WorkflowEngine
  | WorkflowEngine.WorkflowInstance
  | Exclude<R, Scope.Scope | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance>
>

/** Options with `softFail`. */
interface Soft {
  readonly softFail: true
}

/** Options without `softFail`. */
interface Hard {
  readonly softFail?: false | undefined
}

/**
 * Waits until there is an object, and returns it with its generation: read that one, and a later version does not mix in.
 *
 * **Details**
 *
 * - Failures of Cloud Storage that may pass are outlived until the time-out. A missing bucket, missing permission or credentials and an
 *   invalid URI end the wait at once with `CloudStorageError`.
 * - Fails with `AwaitTimeout` after `upTo`, `StepChanged` when the run waited for something else under this name, and with what `check`
 *   fails with.
 *
 * **Gotchas**
 *
 * A run that waits for several things at once looks for each of them whenever it is woken for one.
 *
 * @example
 * import * as Await from "@genops/pipelines/Await"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const { generation } = yield* Await.object("gs://acme/train.jsonl", {
 *     name: "wait for data",
 *     every: "10 seconds",
 *     backoff: { factor: 2, upTo: "10 minutes" },
 *     upTo: "1 day",
 *     check: ({ size }) => Effect.succeed(size > 0)
 *   })
 *   return generation
 * })
 *
 * @since 0.1.0
 */
export function object<E = never, R = never>(
  uri: string,
  options: Options<CloudStorage.ObjectInfo, E, R> & Soft
): Sensor<Option.Option<CloudStorage.ObjectInfo>, E, R>
export function object<E = never, R = never>(
  uri: string,
  options: Options<CloudStorage.ObjectInfo, E, R> & Hard
): Sensor<CloudStorage.ObjectInfo, E | AwaitTimeout, R>
export function object<E, R>(uri: string, options: Options<CloudStorage.ObjectInfo, E, R>) {
  return settle(
    options,
    step.make({
      ...options,
      uri,
      asked: { sensor: "object" },
      found: step.ObjectInfo,
      look: () => Effect.map(CloudStorage.metadata(uri), Result.succeed)
    })
  )
}

/**
 * What to wait for below a prefix: `atLeast` objects (1 when left out, at most 1,000), whose names fit a `glob` as `CloudStorage.list` has
 * it.
 *
 * @since 0.1.0
 */
export interface PrefixOptions extends CloudStorage.ListOptions {
  readonly atLeast?: number | undefined
}

/**
 * Waits until there are objects below a prefix such as `gs://bucket/dir/`, and returns the first 1,000 of them in the order of their
 * names. Fails as `object` does; an `atLeast` out of bounds throws `RangeError`.
 *
 * @example
 * import * as Await from "@genops/pipelines/Await"
 *
 * const shards = Await.prefix("gs://acme/shards/", {
 *   name: "wait for shards",
 *   glob: "shards/*.jsonl",
 *   atLeast: 8,
 *   upTo: "2 hours",
 *   softFail: true
 * })
 *
 * @since 0.1.0
 */
export function prefix<E = never, R = never>(
  uri: string,
  options: Options<ReadonlyArray<CloudStorage.ObjectInfo>, E, R> & PrefixOptions & Soft
): Sensor<Option.Option<ReadonlyArray<CloudStorage.ObjectInfo>>, E, R>
export function prefix<E = never, R = never>(
  uri: string,
  options: Options<ReadonlyArray<CloudStorage.ObjectInfo>, E, R> & PrefixOptions & Hard
): Sensor<ReadonlyArray<CloudStorage.ObjectInfo>, E | AwaitTimeout, R>
export function prefix<E, R>(
  uri: string,
  { atLeast = 1, glob, ...options }: Options<ReadonlyArray<CloudStorage.ObjectInfo>, E, R> & PrefixOptions
) {
  if (!(Number.isInteger(atLeast) && atLeast >= 1 && atLeast <= mostObjects)) {
    throw new RangeError(`atLeast is a whole number from 1 to ${mostObjects}, got ${atLeast}`)
  }
  const wanted = glob === undefined ? {} : { glob }
  const look = Effect.map(Stream.runCollect(Stream.take(CloudStorage.list(uri, wanted), mostObjects)), (objects) =>
    objects.length >= atLeast
      ? Result.succeed(objects)
      : Result.fail(`there are ${objects.length} of ${atLeast} objects`)
  )
  return settle(
    options,
    step.make({
      ...options,
      uri,
      asked: { sensor: "prefix", atLeast, ...wanted },
      found: Schema.Array(step.ObjectInfo),
      look: () => look
    })
  )
}

const mostObjects = 1_000

/**
 * Since when an object must be newer: another generation than this text, or updated after this moment; left out, after the start of the
 * wait. It is recorded: a moment that is another one in each run of the program's text, such as now, fails with `StepChanged`.
 *
 * @since 0.1.0
 */
export interface UpdatedOptions {
  readonly since?: string | DateTime.DateTime | undefined
}

/**
 * Waits until an object is new, also when there was none before, and returns it with its generation. Fails as `object` does.
 *
 * @example
 * import * as Await from "@genops/pipelines/Await"
 * import type * as CloudStorage from "@genops/pipelines/CloudStorage"
 *
 * const next = (last: CloudStorage.ObjectInfo) =>
 *   Await.updated("gs://acme/train.jsonl", { name: "wait for new data", since: last.generation, upTo: "7 days" })
 *
 * @since 0.1.0
 */
export function updated<E = never, R = never>(
  uri: string,
  options: Options<CloudStorage.ObjectInfo, E, R> & UpdatedOptions & Soft
): Sensor<Option.Option<CloudStorage.ObjectInfo>, E, R>
export function updated<E = never, R = never>(
  uri: string,
  options: Options<CloudStorage.ObjectInfo, E, R> & UpdatedOptions & Hard
): Sensor<CloudStorage.ObjectInfo, E | AwaitTimeout, R>
export function updated<E, R>(
  uri: string,
  { since, ...options }: Options<CloudStorage.ObjectInfo, E, R> & UpdatedOptions
) {
  const isNew = (object: CloudStorage.ObjectInfo, start: number) =>
    typeof since === "string"
      ? object.generation !== since
      : Date.parse(object.updated) > (since === undefined ? start : DateTime.toEpochMillis(since))
  return settle(
    options,
    step.make({
      ...options,
      uri,
      asked: {
        sensor: "updated",
        since: since === undefined ? "start" : typeof since === "string" ? since : DateTime.formatIso(since)
      },
      found: step.ObjectInfo,
      look: (start) =>
        Effect.map(CloudStorage.metadata(uri), (object) =>
          isNew(object, start)
            ? Result.succeed(object)
            : Result.fail(`there is generation ${object.generation} of ${object.updated}, which is not new`)
        )
    })
  )
}

const settle = <A, E, R>(
  { softFail = false }: { readonly softFail?: boolean | undefined },
  outcome: Effect.Effect<Result.Result<A, AwaitTimeout>, E, R>
): Effect.Effect<A | Option.Option<A>, E | AwaitTimeout, R> =>
  softFail ? Effect.map(outcome, Result.getSuccess) : Effect.flatMap(outcome, Effect.fromResult)
