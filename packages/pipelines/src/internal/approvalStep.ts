/** The records of a gate that a person opens: what is asked, and what was decided. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DurableClock from "effect/workflow/DurableClock"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import * as Step from "../Step.ts"

export const Question = Schema.Struct({
  name: Schema.String,
  question: Schema.Json,
  asked: Schema.DateTimeUtc,
  until: Schema.NullOr(Schema.DateTimeUtc)
})

export const Decision = Schema.TaggedStruct("Decision", {
  approved: Schema.Boolean,
  by: Schema.String,
  reason: Schema.String,
  at: Schema.DateTimeUtc
})

const Outcome = Schema.Union([Decision, Schema.TaggedStruct("Expired", {})])

/** Where the question is kept: the first one stays. */
export const questionOf = (name: string) => DurableDeferred.make(`${name}/question`, { success: Question })

/** Where the outcome is kept, under the name of the gate: the first one counts, whoever gives it. */
export const outcomeOf = (name: string) => DurableDeferred.make(name, { success: Outcome })

/** A run, as seen from outside of it. */
export interface Run {
  readonly workflow: Workflow.Any
  readonly executionId: string
}

/** Finds a run by its name, which is the idempotency key of its payload: effect/workflow derives the id from nothing else. */
export const runOf = (workflow: Workflow.Any, runId: string): Effect.Effect<Run> => {
  const named = Workflow.make(workflow._tag, {
    payload: { runId: Schema.String },
    idempotencyKey: (payload) => payload.runId
  })
  return Effect.map(named.executionId({ runId }), (executionId) => ({ workflow, executionId }))
}

/** Reads what is kept with a run; none when there is nothing yet. */
export const read = <S extends Schema.Constraint>(
  { executionId, workflow }: Run,
  deferred: DurableDeferred.DurableDeferred<S>
): Effect.Effect<Option.Option<S["Type"]>, never, WorkflowEngine> =>
  WorkflowEngine.use((engine) => engine.deferredResult(deferred)).pipe(
    Effect.provideService(WorkflowInstance, WorkflowInstance.initial(workflow, executionId)),
    Effect.map(Option.flatMap(Exit.getSuccess))
  )

/** Keeps a value with a run, unless one is kept already. */
export const write = <S extends Schema.Constraint>(
  { executionId, workflow: { _tag: workflowName } }: Run,
  deferred: DurableDeferred.DurableDeferred<S>,
  value: S["Type"]
): Effect.Effect<void, never, WorkflowEngine | S["EncodingServices"]> =>
  WorkflowEngine.use((engine) =>
    engine.deferredDone(deferred, {
      workflowName,
      executionId,
      deferredName: deferred.name,
      exit: Exit.succeed(value)
    })
  ).pipe(
    // effect/cluster waits for a workflow that nobody registers.
    Effect.timeoutOrElse({
      duration: "10 seconds",
      orElse: () =>
        Effect.die(
          new Error(`The workflow ${workflowName} is not registered: provide the layer ${workflowName}.toLayer(...)`)
        )
    })
  )

/**
 * Asks once, and waits for the outcome. The wait is one activity, which the engine runs again when it wakes the run: because somebody
 * decided, or because the time is over.
 */
export const make = (name: string, question: Schema.Json, upTo: number | undefined) => {
  const kept = questionOf(name)
  const decided = outcomeOf(name)
  const input = { question }
  const ask = Effect.gen(function* () {
    const asked = yield* DateTime.now
    const until = upTo === undefined ? null : DateTime.add(asked, { milliseconds: upTo })
    const token = yield* DurableDeferred.token(kept)
    yield* DurableDeferred.succeed(kept, { token, value: { name, question, asked, until } })
    return yield* DurableDeferred.await(kept)
  })
  const wait = ({ until }: typeof Question.Type) =>
    Effect.gen(function* () {
      if (until !== null) {
        const left = DateTime.toEpochMillis(until) - (yield* Clock.currentTimeMillis)
        const clock = DurableClock.make({ name: `${name}/until`, duration: Duration.millis(Math.max(1, left)) })
        const engine = yield* WorkflowEngine
        // A timer may fire a moment early, and clocks are set back: it fires once.
        if (left <= 0 || Option.isSome(yield* engine.deferredResult(clock.deferred))) {
          const token = yield* DurableDeferred.token(decided)
          // Who decided just before has decided: the first outcome counts.
          yield* DurableDeferred.succeed(decided, { token, value: { _tag: "Expired" } })
        } else {
          const { executionId, workflow } = yield* WorkflowInstance
          yield* engine.scheduleClock(workflow, { executionId, clock })
        }
      }
      // Going to sleep suspends the run: the branches beside this one must have begun by then.
      yield* Effect.yieldNow
      return yield* DurableDeferred.await(decided)
    })
  return Effect.gen(function* () {
    const asked = yield* Step.make({ name: `${name}/asked`, input, success: Question, execute: ask })
    const outcome = yield* Step.make({ name, input, success: Outcome, execute: wait(asked) })
    return { asked, outcome }
  })
}
