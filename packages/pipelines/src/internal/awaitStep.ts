/** The step of a sensor: looks, and sleeps durably until the next look. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import type { Options } from "../Await.ts"
import { AwaitTimeout } from "../AwaitTimeout.ts"
import type { CloudStorage } from "../CloudStorage.ts"
import { CloudStorageError } from "../CloudStorageError.ts"
import * as Step from "../Step.ts"
import * as pace from "./awaitPace.ts"

/** An object, to be recorded. */
export const ObjectInfo = Schema.Struct({
  bucket: Schema.String,
  name: Schema.String,
  generation: Schema.String,
  size: Schema.Finite,
  contentType: Schema.String,
  updated: Schema.String,
  metadata: Schema.Record(Schema.String, Schema.String)
})

export interface Sensor<Found extends Schema.Constraint, E, R> extends Options<Found["Type"], E, R> {
  readonly uri: string
  /** What is asked for, beside the URI. */
  readonly asked: { readonly [key: string]: Schema.Json }
  readonly found: Found
  /** What there is now, or in words what is missing. `start` is the time of the wait's first start. */
  readonly look: (start: number) => Effect.Effect<Result.Result<Found["Type"], string>, CloudStorageError, CloudStorage>
}

const missingBucket = /specified bucket does not exist/i

/** What is missing, in words, as far as it may come yet. */
const notYet = (error: CloudStorageError): Effect.Effect<Result.Result<never, string>, CloudStorageError> => {
  const { reason } = error
  switch (reason._tag) {
    case "NotFound":
      return missingBucket.test(reason.description)
        ? Effect.fail(error)
        : Effect.succeed(Result.fail("there is no such object"))
    case "Changed":
      return Effect.succeed(Result.fail("it was replaced while it was looked at"))
    default:
      return reason.isRetryable
        ? Effect.succeed(Result.fail(`Cloud Storage could not be asked (${reason._tag})`))
        : Effect.fail(error)
  }
}

/**
 * Makes the step. It is one activity, which the engine runs again after each sleep until it has an outcome: so a wait leaves two records,
 * its start and its outcome, and one timer for each look, however long it lasts.
 */
export const make = <Found extends Schema.Constraint, E, R>({
  asked,
  check = () => Effect.succeed(true),
  error,
  found,
  look,
  name,
  softFail = false,
  uri,
  ...options
}: Sensor<Found, E, R>) => {
  const { end, looks, next } = pace.make(options)
  const input = { uri, ...asked }
  const success = Schema.Result(found, AwaitTimeout)
  const ofCheck: Schema.ConstraintCodec<E, unknown> = error ?? Schema.Never
  const failure = Schema.Union([AwaitTimeout, CloudStorageError, ofCheck])
  const once = (start: number) =>
    Effect.gen(function* () {
      const seen = yield* look(start)
      if (Result.isFailure(seen)) return seen
      return (yield* check(seen.success)) ? seen : Result.fail("it is there, but the check said: not yet")
    }).pipe(
      Effect.catch((failure): Effect.Effect<Result.Result<never, string>, E | CloudStorageError> =>
        failure instanceof CloudStorageError ? notYet(failure) : Effect.fail(failure)
      )
    )
  const untilFound = (start: number) =>
    Effect.gen(function* () {
      let slept = 0
      for (;;) {
        const seen = yield* once(start)
        if (Result.isSuccess(seen)) return Result.succeed(seen.success)
        const elapsed = (yield* Clock.currentTimeMillis) - start
        // A timer may fire a moment early, and clocks are set back: the look after a sleep counts as the one that it slept for.
        const passed = Math.max(slept, elapsed)
        if (passed >= end) {
          const waited = Duration.millis(end)
          const timeout = new AwaitTimeout({ step: name, uri, waited, looks, last: seen.failure })
          // Not as a result unless it is one: where failures park the run, resuming it looks once more.
          return softFail ? Result.fail(timeout) : yield* timeout
        }
        slept = next(passed)
        // Going to sleep suspends the run: the branches beside this one must have begun by then.
        yield* Effect.yieldNow
        yield* Step.sleep({ name: `${name}/${slept}`, duration: Math.max(1, slept - elapsed) })
      }
    })
  return Effect.gen(function* () {
    const started = { name: `${name}/start`, input, success: Schema.Finite, execute: Clock.currentTimeMillis }
    const start = yield* Step.make(started)
    const execute: Effect.Effect<
      (typeof success)["Type"],
      (typeof failure)["Type"],
      R | CloudStorage | WorkflowEngine | WorkflowInstance
    > = untilFound(start)
    return yield* Step.make({ name, input, success, error: failure, execute })
  })
}
