/** An engine that tells the bodies of its workflows which run they are, and a journal how they go. */
import { ModelMeter } from "@genops/vertex/ModelMeter"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type * as Workflow from "effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import * as Run from "./engineRun.ts"
import type { Journal } from "./engineStore.ts"
import * as Guard from "./guard.ts"

type Engine = WorkflowEngine["Service"]

/** What was around the program that registered a workflow. */
interface Around {
  readonly budgets: Effect.Success<typeof Guard.Budgets>
  readonly meter: Effect.Success<typeof ModelMeter>
}

const runIdOf = (payload: unknown, executionId: string): string =>
  Predicate.hasProperty(payload, "runId") && typeof payload["runId"] === "string" ? payload["runId"] : executionId

/** What effect/workflow itself waits for by the same means. */
const isDecision = (name: string) => !/^(DurableClock|DurableQueue|Activity|raceAll|Workflow)\//.test(name)

/** Wraps an engine. The names of the workflows that are registered with it go into `registered`. */
export const wrap = (engine: Engine, journal: Journal, registered: Set<string>): Engine => {
  const self: Engine = WorkflowEngine.of({
    ...engine,
    register: <
      Name extends string,
      Payload extends Workflow.AnyStructSchema,
      Success extends Schema.Top,
      Error extends Schema.Top,
      R
    >(
      workflow: Workflow.Workflow<Name, Payload, Success, Error>,
      execute: (payload: Payload["Type"], executionId: string) => Effect.Effect<Success["Type"], Error["Type"], R>
    ) => {
      registered.add(workflow._tag)
      const begin = (around: Around) => (payload: Payload["Type"], executionId: string) =>
        Effect.gen(function* () {
          const { failures, marks } = yield* journal.begun(executionId)
          const run: Run.Run = {
            runId: runIdOf(payload, executionId),
            failures,
            marks,
            failed: (failure) => journal.failed(executionId, failure),
            marked: (step, mark) => journal.marked(executionId, step, mark)
          }
          return yield* execute(payload, executionId).pipe(
            Effect.catchCause((cause) => {
              if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
              const { message, tag } = Run.reasonOfCause(cause)
              const loss = { tag, message, spent: null, uncertain: null, resumes: false }
              return Effect.andThen(
                run.failed({ step: null, ...loss }),
                Run.parks(workflow) ? Run.park(null, loss) : Effect.failCause(cause)
              )
            }),
            Effect.onExit(() =>
              WorkflowInstance.use(({ suspended }) => (suspended ? Effect.void : journal.left(executionId)))
            ),
            Effect.provideService(Run.Current, run),
            // The engine in memory begins a body in the context of the timer that woke it, where the budgets of the last time still are.
            Effect.provideService(Guard.Budgets, around.budgets),
            Effect.provideService(ModelMeter, around.meter),
            // The engine in memory would give it itself.
            Effect.provideService(WorkflowEngine, self)
          )
        })
      return Effect.gen(function* () {
        const around: Around = { budgets: yield* Guard.Budgets, meter: yield* ModelMeter }
        return yield* engine.register(workflow, begin(around))
      })
    },
    deferredResult: (deferred) =>
      Effect.tap(engine.deferredResult(deferred), (result) =>
        // Who looks from outside does not wait.
        Effect.flatMap(Run.Current, (run) =>
          run !== undefined && Option.isNone(result) && isDecision(deferred.name)
            ? WorkflowInstance.use(({ executionId }) => journal.awaits(executionId, deferred.name))
            : Effect.void
        )
      )
  })
  return self
}
