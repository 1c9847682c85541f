/** Pipelines of the suites of the engines, and a world in which their steps do something. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Workflow from "effect/workflow/Workflow"
import type { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import * as Runs from "../src/Runs.ts"
import * as Step from "../src/Step.ts"
import type { EngineLayer } from "./EngineSubject.ts"

export class Broken extends Schema.TaggedError<Broken>()("Broken", { piece: Schema.String }) {
  override get message() {
    return `The ${this.piece} is broken.`
  }
}

const options = {
  payload: { runId: Schema.String, size: Schema.Int, note: Schema.optionalKey(Schema.String) },
  success: Schema.Int,
  error: Schema.Union([Broken, Step.StepChanged]),
  idempotencyKey: ({ runId }: { readonly runId: string }) => runId
}

/** Failures park its runs. */
export const Parking = Workflow.make("Parking", options).annotate(Workflow.SuspendOnFailure, true)

/** Failures end its runs. */
export const Ending = Workflow.make("Ending", options)

/** What works, what was done, and whether a step may come to its end. */
export const make = () => {
  const broken = new Set<string>()
  const done: Array<string> = []
  /** A step that notes that it was run, and how often any was. */
  const step = <R = never>(name: string, work: Effect.Effect<unknown, never, R> = Effect.void) =>
    Step.make({
      name,
      success: Schema.Int,
      error: Broken,
      execute: Effect.gen(function* () {
        done.push(name)
        yield* work
        if (broken.has(name)) return yield* new Broken({ piece: name })
        return done.length
      })
    })
  /** A step in which the test can be while it is at work. */
  const entered = Deferred.makeUnsafe<void>()
  const leave = Deferred.makeUnsafe<void>()
  const held = (name: string) => step(name, Effect.andThen(Deferred.succeed(entered, undefined), Deferred.await(leave)))
  /** What is to be undone when the run ends otherwise than well. */
  const undoing = (name: string) => Workflow.withCompensation(() => Effect.sync(() => done.push(`undo ${name}`)))
  return {
    broken,
    done,
    step,
    held,
    entered: Deferred.await(entered),
    leave: Deferred.succeed(leave, undefined),
    undoing
  }
}

/** The body of a pipeline; `R` is what it needs besides the engine. */
export type Body<R = never> = Effect.Effect<
  number,
  Broken | Step.StepChanged,
  R | WorkflowEngine | WorkflowInstance | Scope.Scope
>

/** An engine that runs both pipelines with this body, each time that the layer is built as a new process would. */
export const running = (engine: EngineLayer, body: Body) =>
  Layer.mergeAll(
    Parking.toLayer(() => body),
    Ending.toLayer(() => body)
  ).pipe(Layer.provideMerge(engine))

export const stateOf = (workflow: typeof Parking, runId: string) =>
  Effect.map(Runs.inspect(workflow, runId), ({ state }) => state)

/** Waits until the run does this. */
export const until = (runId: string, tag: Runs.State["_tag"], workflow = Parking) =>
  Effect.repeat(Effect.delay(stateOf(workflow, runId), "20 millis"), { until: ({ _tag }) => _tag === tag })
