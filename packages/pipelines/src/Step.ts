/**
 * Steps of durable pipelines: activities of `effect/workflow` whose results, and what they cost, are recorded once and for all.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Activity from "effect/workflow/Activity"
import * as DurableClock from "effect/workflow/DurableClock"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as BudgetBooks from "./BudgetBooks.ts"
import * as Run from "./internal/engineRun.ts"
import * as Marks from "./internal/stepMark.ts"

/**
 * A step of this name was recorded in this run with other inputs: the program has changed since. Its result is not taken for the
 * result of what the program asks now. Nothing was done.
 *
 * @since 0.1.0
 */
export class StepChanged extends Schema.TaggedError<StepChanged>()("StepChanged", {
  runId: Schema.String,
  step: Schema.String,
  recorded: Schema.String,
  given: Schema.String
}) {
  override get message() {
    return (
      `The step "${this.step}" of run ${this.runId} was recorded for other inputs than the program gives it now.` +
      `\n  recorded: ${this.recorded}\n  now:      ${this.given}` +
      "\n  Nothing was sent. Start a new run, or run the program that this run was started with."
    )
  }
}

/**
 * How far a step has come: `before` it is asked for (each time that the program is replayed), `started` when it is really run,
 * `answered` when its effect is done, `recorded` when the result is kept (at once when an earlier process did the work).
 *
 * @since 0.1.0
 */
export type Stage = "before" | "started" | "answered" | "recorded"

/**
 * Told of every stage of every step: for progress on a terminal, and for tests that end the process at a stage.
 *
 * @since 0.1.0
 */
export const Observer = Context.Reference<(step: string, stage: Stage) => Effect.Effect<void>>(
  "@genops/pipelines/Step/Observer",
  { defaultValue: () => () => Effect.void }
)

/**
 * What a step is.
 *
 * **Details**
 *
 * - `name`: unique in its run; in a loop it needs the counter.
 * - `input`: what the work depends on, as JSON, such as the settings of a job. It is recorded with the result: a program that asks for
 *   something else under the same name and run fails with `StepChanged`.
 * - `success`, `error`: how the outcome is written and read; a step without `error` does not fail.
 * - `execute`: the work. It is not run again when it is interrupted; after the death of its process it is, so a step that pays must find
 *   out what was done before, as `Tune.supervised` and `Evaluate.run` do.
 * - `resumes`: the work itself finds what an attempt that failed has done, and books what that cost in the budgets around it, as
 *   `Evaluate.run` does. Otherwise (the default) the cost of failed attempts is booked here.
 *
 * @since 0.1.0
 */
export interface Options<Success extends Schema.Constraint, Error extends Schema.Constraint, R> {
  readonly name: string
  readonly input?: Schema.Json
  readonly success: Success
  readonly error?: Error | undefined
  readonly resumes?: boolean
  readonly execute: Effect.Effect<Success["Type"], Error["Type"], R>
}

/**
 * A step, to be yielded in the body of a workflow.
 *
 * @since 0.1.0
 */
export type Step<Success extends Schema.Constraint, Error extends Schema.Constraint, R> = Effect.Effect<
  Success["Type"],
  Error["Type"] | StepChanged,
  | Success["DecodingServices"]
  | Success["EncodingServices"]
  | Error["DecodingServices"]
  | Exclude<R, Scope.Scope | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance>
  | WorkflowEngine.WorkflowEngine
  | WorkflowEngine.WorkflowInstance
>

/**
 * What is recorded of a step: the inputs as text, what was spent (null where no budget was around it), and the result as JSON.
 *
 * @since 0.1.0
 */
export const Record = Schema.Struct({
  input: Schema.String,
  spent: Schema.NullOr(Budget.Amount),
  uncertain: Schema.NullOr(Budget.Amount),
  value: Schema.Json
})

const never = Schedule.recurs(0)

/** JSON with its keys in order: the same inputs give the same text. */
const textOf = (value: Schema.Json): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )

/**
 * Makes a step: an effect for the body of a workflow that does its work once in a run, whatever happens to the process.
 *
 * **Details**
 *
 * - The result is recorded when the work is done, together with what it spent of the budgets around it. When the program is replayed
 *   the recorded result is returned, and its cost is booked in the budgets around it, as is the cost of attempts that failed: a budget
 *   around the body of a workflow holds for the run, not for the process.
 * - Inside a budget, what is spent and what the calls in flight cost at worst is written down before each call of a model is sent. When the
 *   process dies, the next one books that, calls in flight as `uncertain`. (`Engine.layerMemory` has nothing to write it to.)
 * - In a workflow with `Workflow.SuspendOnFailure` a failure is not recorded: the run parks and can be resumed, and the body does not
 *   see the failure. What the body is to decide on belongs in `success`.
 *
 * Fails with what the work fails with, and with `StepChanged`.
 *
 * @example
 * import * as GenerativeModel from "@genops/vertex/GenerativeModel"
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as Step from "@genops/pipelines/Step"
 * import * as VertexError from "@genops/vertex/VertexError"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const flash = ModelConfiguration.make("gemini-3.5-flash")
 *
 * const greet = Step.make({
 *   name: "greet",
 *   input: { prompt: "Hello" },
 *   success: Schema.String,
 *   execute: GenerativeModel.generate(flash, "Hello").pipe(
 *     Effect.map(({ text }) => text),
 *     Effect.orDie
 *   )
 * })
 *
 * @since 0.1.0
 */
export const make: {
  <Success extends Schema.Constraint, Error extends Schema.Constraint = Schema.Never, R = never>(
    options: Options<Success, Error, R>
  ): Step<Success, Error, R>
} = <Success extends Schema.Constraint, Error extends Schema.Constraint, R>({
  error,
  execute,
  input = null,
  name,
  resumes = false,
  success
}: Options<Success, Error, R>) =>
  Effect.gen(function* () {
    const given = textOf(input)
    const observe = yield* Observer
    const run = yield* Run.Current
    const { executionId, workflow } = yield* WorkflowEngine.WorkflowInstance
    const codec = Schema.toCodecJson(success)
    let ran = false
    const activity = Activity.make({
      name,
      success: Record,
      error,
      interruptRetryPolicy: never,
      execute: Effect.gen(function* () {
        ran = true
        yield* observe(name, "started")
        const marks = run === undefined ? undefined : yield* Marks.make(run, name, resumes)
        if (marks !== undefined) yield* marks.begin
        const { exit, spent, uncertain } = yield* BudgetBooks.measure(execute, marks)
        if (marks !== undefined) yield* marks.end({ spent, uncertain })
        yield* observe(name, "answered")
        if (Exit.isFailure(exit) && run !== undefined) {
          const { message, tag } = Run.reasonOfCause(exit.cause)
          yield* run.failed({ step: name, tag, message, spent, uncertain, resumes })
          if (Run.parks(workflow)) return yield* Run.park(name, { tag, message })
        }
        const value = yield* Effect.orDie(Schema.encodeEffect(codec)(yield* exit))
        return { input: given, spent, uncertain, value }
      })
    })
    yield* observe(name, "before")
    for (const failure of run?.failures ?? []) {
      if (failure.step === name && !failure.resumes) yield* bookAgain(failure.spent, failure.uncertain)
    }
    const recorded = yield* activity
    yield* observe(name, "recorded")
    if (!ran) yield* bookAgain(recorded.spent, recorded.uncertain)
    if (recorded.input !== given) {
      return yield* new StepChanged({ runId: run?.runId ?? executionId, step: name, recorded: recorded.input, given })
    }
    return yield* Effect.orDie(Schema.decodeEffect(codec)(recorded.value))
  })

const bookAgain = (spent: Budget.Amount | null, uncertain: Budget.Amount | null) =>
  spent === null ? Effect.void : BudgetBooks.book(spent, uncertain ?? Budget.zero)

/**
 * What a durable pause is: its name, unique in its run as that of a step is, and how long it lasts.
 *
 * @since 0.1.0
 */
export interface SleepOptions {
  readonly name: string
  readonly duration: Duration.Input
}

/**
 * Pauses the run, for a second or for weeks. Nothing is held meanwhile: the process may end, and the pause goes on where it was when the
 * run is taken up again. (`DurableClock.sleep` of up to a minute is not recorded and begins again.)
 *
 * The duration counts from the first time that this pause was reached in the run. Zero and less do not pause; a duration that is not
 * finite is a programming error.
 *
 * @since 0.1.0
 */
export const sleep = ({
  duration,
  name
}: SleepOptions): Effect.Effect<void, never, WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance> =>
  Effect.suspend(() => {
    const pause = Duration.fromInputUnsafe(duration)
    if (!Duration.isFinite(pause))
      return Effect.die(new RangeError(`The pause ${JSON.stringify(name)} would never end`))
    return Duration.isPositive(pause)
      ? DurableClock.sleep({ name, duration: pause, inMemoryThreshold: Duration.zero })
      : Effect.void
  })
