/** The engine in memory, with a record of what its runs do, because it keeps nothing that could be read back. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Workflow from "effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import * as Reply from "./engineReply.ts"
import type * as Run from "./engineRun.ts"
import type { Journal, Store, StoredActivity, StoredClock, StoredDecision, StoredRun } from "./engineStore.ts"

type Engine = WorkflowEngine["Service"]

interface Kept {
  readonly workflow: string
  readonly payload: StoredRun["payload"]
  readonly startedAt: number
  /** When the body last ended or paused. */
  leftAt: number
  readonly poll: Effect.Effect<Option.Option<Workflow.Result<unknown, unknown>>>
  /** Waits until the body ends or pauses. */
  readonly pass: Effect.Effect<void>
  /** Done when the body is begun again. */
  again: Deferred.Deferred<void>
  readonly activities: Map<string, StoredActivity>
  readonly clocks: Map<string, StoredClock>
  readonly decisions: Map<string, StoredDecision>
  readonly failures: Array<Run.Failure & { readonly at: number }>
  isCancelled: boolean
}

/** What runs of one engine did, by execution id. */
export type Runs = Map<string, Kept>

const clockPrefix = "DurableClock/"
const Payload = Schema.Record(Schema.String, Schema.Json)

const keep = <A>(runs: Runs, executionId: string, f: (run: Kept, now: number) => A) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const run = runs.get(executionId)
    return run === undefined ? undefined : f(run, now)
  })

const startOf = <
  Name extends string,
  Payload extends Workflow.AnyStructSchema,
  Success extends Schema.Top,
  Error extends Schema.Top
>(
  inner: Engine,
  workflow: Workflow.Workflow<Name, Payload, Success, Error>,
  { executionId, payload }: { readonly executionId: string; readonly payload: Payload["Type"] }
) =>
  Effect.gen(function* () {
    const encoded = yield* Effect.orDie(Schema.encodeEffect(Schema.toCodecJson(workflow.payloadSchema))(payload))
    const services = yield* Effect.context<
      Payload["EncodingServices"] | Success["DecodingServices"] | Error["DecodingServices"]
    >()
    // The engine would look again and again at a run that pauses; this stops it after the first look.
    const suspendedRetrySchedule = Schedule.recurs(0)
    const once = inner.execute(workflow, { executionId, payload, suspendedRetrySchedule })
    const startedAt = yield* Clock.currentTimeMillis
    const run: Kept = {
      workflow: workflow._tag,
      payload: Option.getOrElse(Schema.decodeUnknownOption(Payload)(encoded), () => ({})),
      startedAt,
      leftAt: startedAt,
      poll: Effect.provideContext(inner.poll(workflow, executionId), services),
      pass: Effect.asVoid(Effect.exit(Effect.provideContext(once, services))),
      again: Deferred.makeUnsafe(),
      activities: new Map(),
      clocks: new Map(),
      decisions: new Map(),
      failures: [],
      isCancelled: false
    }
    return run
  })

/** A body that is interrupted from outside ends with its process, not by the user's will: its compensations must not run. */
const abandonWhenInterrupted = (exit: Exit.Exit<unknown, unknown>) =>
  Effect.map(WorkflowInstance, (instance) => {
    const isFromOutside = !instance.suspended && !instance.interrupted
    if (isFromOutside && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) instance.abandoned = true
  })

const isEnded = (outcome: Option.Option<Reply.Outcome>) =>
  Option.exists(outcome, ({ _tag }) => _tag !== "Suspended" && _tag !== "Parked")

/** Wraps the engine in memory. */
export const record = (inner: Engine, runs: Runs): Engine =>
  WorkflowEngine.of({
    ...inner,
    register: (workflow, execute) =>
      inner.register(workflow, (payload, executionId) =>
        execute(payload, executionId).pipe(
          Effect.onExit(abandonWhenInterrupted),
          Effect.onExit(() =>
            keep(runs, executionId, (run, now) => {
              run.leftAt = now
            })
          )
        )
      ),
    execute: (workflow, options) =>
      Effect.gen(function* () {
        const { executionId } = options
        if (!runs.has(executionId)) runs.set(executionId, yield* startOf(inner, workflow, options))
        return yield* inner.execute(workflow, options)
      }),
    interrupt: (workflow, executionId) =>
      Effect.andThen(
        keep(runs, executionId, (run) => {
          run.isCancelled = true
        }),
        inner.interrupt(workflow, executionId)
      ),
    activityExecute: (activity, attempt) =>
      Effect.gen(function* () {
        const { executionId } = yield* WorkflowInstance
        const { name } = activity
        const key = `${name}/${attempt}`
        yield* keep(runs, executionId, ({ activities }, now) => {
          const known = activities.get(key)
          if (known !== undefined && isEnded(known.outcome)) return
          const startedAt = known?.startedAt ?? now
          activities.set(key, { _tag: "Activity", name, startedAt, endedAt: null, outcome: Option.none() })
        })
        const result = yield* inner.activityExecute(activity, attempt)
        yield* keep(runs, executionId, ({ activities }, now) => {
          const known = activities.get(key)
          if (known === undefined || Option.isSome(known.outcome)) return
          activities.set(key, { ...known, endedAt: now, outcome: Option.some(Reply.fromResult(result)) })
        })
        return result
      }),
    scheduleClock: (workflow, options) =>
      Effect.andThen(
        keep(runs, options.executionId, ({ clocks }, now) => {
          const { duration, name } = options.clock
          const until = now + Duration.toMillis(duration)
          if (!clocks.has(name)) clocks.set(name, { _tag: "Clock", name, startedAt: now, until, endedAt: null })
        }),
        inner.scheduleClock(workflow, options)
      ),
    deferredResult: (deferred) =>
      Effect.gen(function* () {
        const { executionId } = yield* WorkflowInstance
        const result = yield* inner.deferredResult(deferred)
        if (Option.isSome(result) && deferred.name.startsWith(clockPrefix)) {
          yield* keep(runs, executionId, ({ clocks }, now) => {
            const clock = clocks.get(deferred.name.slice(clockPrefix.length))
            if (clock?.endedAt === null) clocks.set(clock.name, { ...clock, endedAt: Math.min(clock.until, now) })
          })
        }
        return result
      }),
    deferredDone: (deferred, options) =>
      Effect.andThen(
        keep(runs, options.executionId, ({ decisions }, now) => {
          const decision = decisions.get(options.deferredName)
          if (decision?.endedAt === null) decisions.set(decision.name, { ...decision, endedAt: now })
        }),
        inner.deferredDone(deferred, options)
      )
  })

export const make = (runs: Runs): Store & Journal => {
  const storedOf = (executionId: string, run: Kept): Effect.Effect<StoredRun> =>
    Effect.map(run.poll, (result) => {
      const { leftAt, payload, startedAt, workflow } = run
      const outcome = Option.map(result, Reply.fromResult)
      return { workflow, executionId, payload, startedAt, endedAt: isEnded(outcome) ? leftAt : null, outcome }
    })
  return {
    place: "memory",
    find: (workflow, executionId) =>
      Effect.suspend(() => {
        const run = runs.get(executionId)
        if (run?.workflow !== workflow) return Effect.succeedNone
        return Effect.asSome(storedOf(executionId, run))
      }),
    list: Effect.suspend(() => Effect.forEach(runs, ([executionId, run]) => storedOf(executionId, run))),
    trail: (_workflow, executionId) =>
      Effect.sync(() => {
        const run = runs.get(executionId)
        if (run === undefined) return { entries: [], failures: [], begun: [], isCancelled: false }
        const { activities, clocks, decisions, failures, isCancelled, startedAt } = run
        const entries = [...activities.values(), ...clocks.values(), ...decisions.values()]
        return { entries, failures, begun: [startedAt], isCancelled }
      }),
    settled: (_workflow, { executionId }) =>
      Effect.gen(function* () {
        while (true) {
          const run = runs.get(executionId)
          if (run === undefined) return
          const { again } = run
          yield* run.pass
          const result = yield* run.poll
          if (Option.isSome(result) && (result.value._tag === "Complete" || result.value.failed === true)) return
          yield* Deferred.await(again)
        }
      }),
    begun: (executionId) =>
      Effect.suspend(() => {
        const run = runs.get(executionId)
        if (run === undefined) return Effect.succeed({ failures: [], marks: new Map() })
        const { again, failures } = run
        run.again = Deferred.makeUnsafe()
        return Effect.as(Deferred.succeed(again, undefined), { failures: [...failures], marks: new Map() })
      }),
    failed: (executionId, failure) =>
      Effect.asVoid(keep(runs, executionId, ({ failures }, at) => failures.push({ ...failure, at }))),
    // What would be written dies with the process.
    marked: () => Effect.void,
    left: () => Effect.void,
    awaits: (executionId, name) =>
      Effect.asVoid(
        keep(runs, executionId, ({ decisions }, now) => {
          if (!decisions.has(name)) decisions.set(name, { _tag: "Decision", name, startedAt: now, endedAt: null })
        })
      )
  }
}
