/** What the engine tells the steps of a run, and what they tell the engine. */
import * as Budget from "@genops/core/Budget"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"

/** Why something failed, as far as it can be told without the type of the error. */
export const Reason = Schema.Struct({ tag: Schema.String, message: Schema.String })
export type Reason = typeof Reason.Type

/**
 * The defect with which steps and bodies park their run. The engine keeps what the error is made of, but not its message, which may be made
 * from that, and not the step.
 */
const Parking = Schema.Struct({
  _tag: Schema.tag("genops/Parking"),
  step: Schema.NullOr(Schema.String),
  tag: Schema.String,
  // Called "message", the engine would take the whole for an `Error` and keep nothing else.
  detail: Schema.String
})

const isParking = Schema.is(Parking)

/** Parks the run: the body does not see it. */
export const park = (step: string | null, { message, tag }: Reason): Effect.Effect<never> =>
  Effect.die(Parking.make({ step, tag, detail: message }))

/** Whether failures park the runs of a workflow. */
export const parks = ({ annotations }: Pick<Workflow.Any, "annotations">): boolean =>
  Context.get(annotations, Workflow.SuspendOnFailure)

/**
 * What an attempt at a step had spent when it failed; null where no budget was around it. When the step `resumes`, its next attempt finds
 * that itself.
 */
export const Loss = Schema.Struct({
  ...Reason.fields,
  spent: Schema.NullOr(Budget.Amount),
  uncertain: Schema.NullOr(Budget.Amount),
  resumes: Schema.Boolean
})
export type Loss = typeof Loss.Type

/**
 * What an attempt at a step may have spent at most, written before each of its calls is sent. `attempt` counts the attempts that failed
 * before it: when there are more of them, it has ended itself.
 */
export const Mark = Schema.Struct({ attempt: Schema.Int, spent: Budget.Amount, uncertain: Budget.Amount })
export type Mark = typeof Mark.Type

/** The tag of an attempt whose process died. */
export const died = "ProcessDied"

/** A failed attempt; `step` is null when the body of the workflow failed outside of its steps. */
export interface Failure extends Loss {
  readonly step: string | null
}

/** The run that a fiber works on. */
export interface Run {
  readonly runId: string
  /** The attempts that failed before the body was begun this time. */
  readonly failures: ReadonlyArray<Failure>
  /** What attempts at steps may have spent, as far as it was written before the body was begun this time. */
  readonly marks: ReadonlyMap<string, Mark>
  /** Keeps a failed attempt, for its cost and for the history. */
  readonly failed: (failure: Failure) => Effect.Effect<void>
  /** Writes what an attempt at a step may have spent, in place of what was written before. */
  readonly marked: (step: string, mark: Mark) => Effect.Effect<void>
}

/** Undefined outside of the engines of this package. */
export const Current = Context.Reference<Run | undefined>("@genops/pipelines/Engine/Run", {
  defaultValue: () => undefined
})

// Messages of other libraries can be of any length.
const longest = 2000

const bounded = (text: string) => (text.length > longest ? `${text.slice(0, longest)} …` : text)

/** A reason, and the step that has it: null for the body, undefined when that is not known. */
export interface Located extends Reason {
  readonly step?: string | null
}

/** Says in short what an error of unknown type is: errors of Effect have a tag, others a name. */
export const reasonOf = (error: unknown): Located => {
  if (isParking(error)) return { step: error.step, tag: error.tag, message: error.detail }
  const text = (key: string) =>
    Predicate.hasProperty(error, key) && typeof error[key] === "string" && error[key] !== "" ? error[key] : undefined
  const tag = text("_tag") ?? text("name") ?? "Error"
  const message = text("message") ?? (Predicate.isObject(error) ? JSON.stringify(error) : String(error))
  return { tag: bounded(tag), message: bounded(message) }
}

/** The reason of a cause: its first failure, or its first defect. */
export const reasonOfCause = (cause: Cause.Cause<unknown>): Located => {
  const error = Cause.findError(cause)
  if (Result.isSuccess(error)) return reasonOf(error.success)
  const defect = Cause.findDefect(cause)
  if (Result.isSuccess(defect)) return reasonOf(defect.success)
  return { tag: "Interrupted", message: "It was interrupted." }
}
