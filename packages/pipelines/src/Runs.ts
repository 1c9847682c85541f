/**
 * The runs of durable pipelines, by the names that their users gave them: start, join, resume, inspect, cancel.
 *
 * A pipeline is an ordinary workflow of `effect/workflow` whose payload has a field `runId` that is its idempotency key. The layers of
 * `Engine` provide the service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Workflow from "effect/workflow/Workflow"
import type { StoreUnusable } from "./EngineError.ts"
import type { RunHistory } from "./RunHistory.ts"
import type { RunCancelled, RunMismatch, RunParked, RunUnknown } from "./RunsError.ts"

/**
 * The payload of a pipeline: a struct with the name of the run, which is also the workflow's idempotency key.
 *
 * @since 0.1.0
 */
export interface Payload extends Workflow.AnyStructSchema {
  readonly Type: { readonly runId: string }
}

/**
 * A workflow whose runs have names.
 *
 * **Details**
 *
 * Annotate it with `Workflow.SuspendOnFailure`: then a run that fails parks, and goes on from the failed step when it is run again. Without
 * it a failure is the run's end, recorded for good.
 *
 * @example
 * import * as Schema from "effect/Schema"
 * import * as Workflow from "effect/workflow/Workflow"
 *
 * const Tune = Workflow.make("Tune", {
 *   payload: { runId: Schema.String, baseModel: Schema.String },
 *   success: Schema.String,
 *   idempotencyKey: ({ runId }) => runId
 * }).annotate(Workflow.SuspendOnFailure, true)
 *
 * @since 0.1.0
 */
export type Pipeline<
  Tag extends string,
  P extends Payload,
  Success extends Schema.Top,
  Error extends Schema.Top
> = Workflow.Workflow<Tag, P, Success, Error>

/**
 * A pipeline by its name alone.
 *
 * @since 0.1.0
 */
export interface Named {
  readonly _tag: string
}

/**
 * What a run does.
 *
 * **Details**
 *
 * - `Running`: a step is at work, or will be as soon as a process takes the run up.
 * - `Waiting`: durably: for a time (`until`, milliseconds since 1970), for `decisions`, or for something else.
 * - `Parked`: it failed and waits for somebody to mend the cause and to run it again.
 * - `Cancelling`: somebody cancelled it; the step at work comes to its end first.
 * - `Cancelled`, `Failed`, `Done`: it has ended.
 *
 * @since 0.1.0
 */
export type State =
  | { readonly _tag: "Running" }
  | { readonly _tag: "Waiting"; readonly until: number | null; readonly decisions: ReadonlyArray<string> }
  | { readonly _tag: "Parked"; readonly step: string | null; readonly tag: string; readonly detail: string }
  | { readonly _tag: "Cancelling" }
  | { readonly _tag: "Cancelled" }
  | { readonly _tag: "Failed"; readonly tag: string; readonly detail: string }
  | { readonly _tag: "Done" }

/**
 * A run. Times are milliseconds since 1970; `endedAt` is null while it has not ended. `executionId` is its name inside of effect/workflow.
 *
 * @since 0.1.0
 */
export interface Run {
  readonly workflow: string
  readonly runId: string
  readonly executionId: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly state: State
}

/**
 * A run, and its result when it is done.
 *
 * @since 0.1.0
 */
export interface Inspected<A> extends Run {
  readonly result: Option.Option<A>
}

/**
 * The service. The functions of this module say what each does.
 *
 * @since 0.1.0
 */
export class Runs extends Context.Service<
  Runs,
  {
    start<Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
      workflow: Pipeline<Tag, P, Success, Error>,
      payload: P["~type.make.in"]
    ): Effect.Effect<
      Run,
      RunMismatch | StoreUnusable,
      P["EncodingServices"] | Success["DecodingServices"] | Error["DecodingServices"]
    >
    run<Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
      workflow: Pipeline<Tag, P, Success, Error>,
      payload: P["~type.make.in"]
    ): Effect.Effect<
      Success["Type"],
      Error["Type"] | RunParked | RunMismatch | RunCancelled | StoreUnusable,
      P["EncodingServices"] | Success["DecodingServices"] | Error["DecodingServices"]
    >
    inspect<Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
      workflow: Pipeline<Tag, P, Success, Error>,
      runId: string
    ): Effect.Effect<
      Inspected<Success["Type"]>,
      RunUnknown | StoreUnusable,
      Success["DecodingServices"] | Error["DecodingServices"]
    >
    readonly list: Effect.Effect<ReadonlyArray<Run>, StoreUnusable>
    history(workflow: Named, runId: string): Effect.Effect<RunHistory, RunUnknown | StoreUnusable>
    resume(workflow: Workflow.Any, runId: string): Effect.Effect<void, RunUnknown | StoreUnusable>
    cancel(workflow: Workflow.Any, runId: string): Effect.Effect<void, RunUnknown | StoreUnusable>
  }
>()("@genops/pipelines/Runs") {}

/**
 * Starts a run and does not wait for it; a run of this id that exists already is left as it is. Returns what it does now.
 *
 * Fails with `RunMismatch` when the run exists with another payload.
 *
 * @since 0.1.0
 */
export const start = <Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
  workflow: Pipeline<Tag, P, Success, Error>,
  payload: P["~type.make.in"]
): Effect.Effect<
  Run,
  RunMismatch | StoreUnusable,
  Runs | P["EncodingServices"] | Success["DecodingServices"] | Error["DecodingServices"]
> => Runs.use((runs) => runs.start(workflow, payload))

/**
 * Starts a run, or joins it, or resumes it when it is parked, and waits for its end. Of a run that has ended it returns the result.
 *
 * **Details**
 *
 * - Any number of callers, also in other processes on the same PostgreSQL, may run the same: it happens once, and all get the result.
 * - Who is interrupted only stops waiting. The run goes on with its engine, and after the process has ended when another process, or
 *   the next one, opens the store: `cancel` is the only way to stop it for good.
 * - Fails with the workflow's own errors where they end the run; with `RunParked` when the run failed and can be resumed; with
 *   `RunMismatch` when it exists with another payload, before anything is done; with `RunCancelled`.
 *
 * @example
 * import * as Engine from "@genops/pipelines/Engine"
 * import * as Runs from "@genops/pipelines/Runs"
 * import * as Step from "@genops/pipelines/Step"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Schema from "effect/Schema"
 * import * as Workflow from "effect/workflow/Workflow"
 *
 * const Greet = Workflow.make("Greet", {
 *   payload: { runId: Schema.String, name: Schema.String },
 *   success: Schema.String,
 *   idempotencyKey: ({ runId }) => runId
 * }).annotate(Workflow.SuspendOnFailure, true)
 *
 * const GreetLive = Greet.toLayer(({ name }) =>
 *   Effect.gen(function* () {
 *     yield* Step.sleep({ name: "think", duration: "1 second" })
 *     return yield* Step.make({
 *       name: "greet",
 *       input: name,
 *       success: Schema.String,
 *       execute: Effect.succeed(`Hello ${name}`)
 *     }).pipe(Effect.orDie)
 *   })
 * )
 *
 * const program = Runs.run(Greet, { runId: "2026-11-28", name: "Ada" }).pipe(
 *   Effect.provide(Layer.provideMerge(GreetLive, Engine.layerSqlite({ filename: "runs.db" })))
 * )
 *
 * @since 0.1.0
 */
export const run = <Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
  workflow: Pipeline<Tag, P, Success, Error>,
  payload: P["~type.make.in"]
): Effect.Effect<
  Success["Type"],
  Error["Type"] | RunParked | RunMismatch | RunCancelled | StoreUnusable,
  Runs | P["EncodingServices"] | Success["DecodingServices"] | Error["DecodingServices"]
> => Runs.use((runs) => runs.run(workflow, payload))

/**
 * Tells what a run does, and its result when it is done. Fails with `RunUnknown`.
 *
 * @since 0.1.0
 */
export const inspect = <Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
  workflow: Pipeline<Tag, P, Success, Error>,
  runId: string
): Effect.Effect<
  Inspected<Success["Type"]>,
  RunUnknown | StoreUnusable,
  Runs | Success["DecodingServices"] | Error["DecodingServices"]
> => Runs.use((runs) => runs.inspect(workflow, runId))

/**
 * Lists the runs of all pipelines in the store, the oldest first.
 *
 * @since 0.1.0
 */
export const list: Effect.Effect<ReadonlyArray<Run>, StoreUnusable, Runs> = Runs.use((runs) => runs.list)

/**
 * Reads what a run did and when: its steps and waits in the order in which they began, also of runs of earlier processes. Fails with
 * `RunUnknown`.
 *
 * @since 0.1.0
 */
export const history = (workflow: Named, runId: string): Effect.Effect<RunHistory, RunUnknown | StoreUnusable, Runs> =>
  Runs.use((runs) => runs.history(workflow, runId))

/**
 * Lets a parked run go on with the step that failed, and does not wait for it. A run that is not parked is left as it is. Fails with
 * `RunUnknown`.
 *
 * @since 0.1.0
 */
export const resume = (workflow: Workflow.Any, runId: string): Effect.Effect<void, RunUnknown | StoreUnusable, Runs> =>
  Runs.use((runs) => runs.resume(workflow, runId))

/**
 * Cancels a run for good. The step at work comes to its end, no other one begins, and what was registered with `Workflow.withCompensation`
 * or `Workflow.addFinalizer` is done; a remote job is cancelled by that. Returns when it is recorded, not when it has happened: a run that
 * waits or is parked ends within a second, in whichever process it is. One that has ended is left as it is. Fails with `RunUnknown`.
 *
 * @since 0.1.0
 */
export const cancel = (workflow: Workflow.Any, runId: string): Effect.Effect<void, RunUnknown | StoreUnusable, Runs> =>
  Runs.use((runs) => runs.cancel(workflow, runId))
