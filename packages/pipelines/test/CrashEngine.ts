/**
 * A workflow engine whose processes can be killed at any moment: what they recorded outlives them, and nothing that they do afterwards
 * reaches the records or the world. It runs one execution of one workflow, in memory, under any clock.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Workflow from "effect/workflow/Workflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"

type Ended = Workflow.Complete<unknown, unknown>

/** What outlives a process. Outcomes are kept as the engine encodes them. */
export interface Records {
  readonly activities: Map<string, Ended>
  readonly deferreds: Map<string, Exit.Exit<unknown, unknown>>
  readonly clocks: Map<string, { readonly wakeAt: number; readonly deferred: string }>
}

export const records = (): Records => ({ activities: new Map(), deferreds: new Map(), clocks: new Map() })

/** How a process ended: the run is complete or parked, or the process was killed. */
export type Outcome =
  | { readonly _tag: "Complete"; readonly exit: Exit.Exit<unknown, unknown> }
  | { readonly _tag: "Parked"; readonly reason: unknown }
  | { readonly _tag: "Killed" }

export interface Process {
  isAlive: boolean
  /** Ends the process at once. The fiber that calls it goes no further. */
  readonly kill: Effect.Effect<never>
  /** An effect on the world, which a dead process no longer has. */
  readonly world: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

type Body = Effect.Effect<unknown, unknown, WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance>

/** Starts a process over the records, and waits until the run has an outcome or the process was killed. */
export const live = (
  kept: Records,
  workflow: Workflow.Any,
  executionId: string,
  body: (process: Process) => Body
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const outcome = yield* Deferred.make<Outcome>()
    const wakes = yield* Queue.unbounded<void>()
    const process: Process = {
      isAlive: true,
      kill: Effect.suspend(() => {
        process.isAlive = false
        return Effect.andThen(Deferred.succeed(outcome, { _tag: "Killed" }), Effect.never)
      }),
      world: (effect) =>
        Effect.suspend(() => (process.isAlive ? effect : Effect.never)).pipe(
          Effect.tap(() => (process.isAlive ? Effect.void : Effect.never))
        )
    }
    const instance = () => WorkflowEngine.WorkflowInstance.initial(workflow, executionId)

    const wake = (name: string, exit: Exit.Exit<unknown, unknown>) =>
      Effect.gen(function* () {
        if (kept.deferreds.has(name)) return
        kept.deferreds.set(name, exit)
        yield* Queue.offer(wakes, undefined)
      }).pipe(process.world)

    const tick = (name: string, wakeAt: number) =>
      Effect.gen(function* () {
        yield* Effect.sleep(Math.max(0, wakeAt - (yield* Clock.currentTimeMillis)))
        yield* wake(name, Exit.void)
      }).pipe(Effect.forkIn(scope), Effect.asVoid)

    const unused = () => Effect.die(new Error("the crash engine has no such operation"))
    const engine = WorkflowEngine.makeUnsafe({
      register: unused,
      execute: unused,
      poll: unused,
      interrupt: unused,
      interruptUnsafe: unused,
      resume: unused,
      activityExecute: Effect.fnUntraced(function* (activity, attempt) {
        const key = `${activity.name}/${attempt}`
        const known = kept.activities.get(key)
        if (known !== undefined) return known
        const result = yield* activity.executeEncoded.pipe(
          Workflow.intoResult,
          Effect.provideService(WorkflowEngine.WorkflowInstance, instance()),
          process.world
        )
        if (result._tag === "Complete") kept.activities.set(key, written(result))
        return result
      }),
      deferredResult: ({ name }) => Effect.sync(() => Option.fromUndefinedOr(kept.deferreds.get(name))),
      deferredDone: ({ deferredName, exit }) => wake(deferredName, exit),
      scheduleClock: (_, { clock }) =>
        Effect.gen(function* () {
          if (kept.clocks.has(clock.name)) return
          const wakeAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(clock.duration)
          kept.clocks.set(clock.name, { wakeAt, deferred: clock.deferred.name })
          yield* tick(clock.deferred.name, wakeAt)
        }).pipe(process.world)
    })

    const run = Effect.gen(function* () {
      yield* Queue.take(wakes)
      const result = yield* body(process).pipe(
        Workflow.intoResult,
        Effect.provideService(WorkflowEngine.WorkflowInstance, instance()),
        Effect.provideService(WorkflowEngine.WorkflowEngine, engine),
        process.world
      )
      if (result._tag === "Complete") yield* Deferred.succeed(outcome, { _tag: "Complete", exit: result.exit })
      else if (result.failed === true) yield* Deferred.succeed(outcome, { _tag: "Parked", reason: reasonOf(result) })
    })

    for (const { deferred, wakeAt } of kept.clocks.values()) {
      if (!kept.deferreds.has(deferred)) yield* tick(deferred, wakeAt)
    }
    yield* Queue.offer(wakes, undefined)
    yield* Effect.forkIn(Effect.forever(run), scope)
    const ended = yield* Deferred.await(outcome)
    process.isAlive = false
    yield* Scope.close(scope, Exit.void)
    return ended
  })

const reasonOf = ({ cause }: Workflow.Suspended): unknown => (cause === undefined ? undefined : Cause.squash(cause))

/** As a store would give it back: values and errors are JSON. */
const written = (result: Ended): Ended =>
  new Workflow.Complete({ exit: Exit.mapBoth(result.exit, { onSuccess: asJson, onFailure: asJson }) })

const asJson = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)))
