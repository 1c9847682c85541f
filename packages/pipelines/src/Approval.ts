/**
 * Gates that a person opens: a durable program asks, and goes on when somebody approves, from whatever process.
 *
 * While it waits nothing is held, and the wait survives the end of its process. What was asked is recorded, so that it can be shown, and
 * so is who decided: `by` is what the caller says, nobody checks it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Workflow from "effect/workflow/Workflow"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as step from "./internal/approvalStep.ts"
import * as pace from "./internal/awaitPace.ts"
import type * as Step from "./Step.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * What is asked at a gate, as text or JSON, when, and until when it can be answered; null when there is no end.
 *
 * @since 0.1.0
 */
export const Question = step.Question

/**
 * What is asked at a gate.
 *
 * @since 0.1.0
 */
export type Question = typeof Question.Type

/**
 * What somebody decided. `reason` is "" when none was given.
 *
 * @since 0.1.0
 */
export const Decision = step.Decision

/**
 * What somebody decided.
 *
 * @since 0.1.0
 */
export type Decision = typeof Decision.Type

const said = (text: string) => TerminalText.oneLine(text, 200)

/**
 * Somebody rejected what was asked.
 *
 * @since 0.1.0
 */
export class ApprovalRejected extends Schema.TaggedError<ApprovalRejected>()("ApprovalRejected", {
  step: Schema.String,
  by: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    const reason = this.reason === "" ? "no reason was given" : said(this.reason)
    return `${said(this.by)} rejected "${this.step}": ${reason}.\n  What comes after this gate was not run.`
  }
}

/**
 * Nobody decided in time.
 *
 * @since 0.1.0
 */
export class ApprovalTimeout extends Schema.TaggedError<ApprovalTimeout>()("ApprovalTimeout", {
  step: Schema.String,
  waited: Schema.Duration
}) {
  override get message() {
    return (
      `Nobody decided on "${this.step}" within ${Duration.format(this.waited)}.` +
      "\n  What comes after this gate was not run. Start a new run to ask again."
    )
  }
}

/**
 * There is nothing to decide: the run has not asked at this gate (or there is no such run), somebody decided before, or the time is over.
 * Nothing was changed.
 *
 * @since 0.1.0
 */
export class ApprovalNotPending extends Schema.TaggedError<ApprovalNotPending>()("ApprovalNotPending", {
  runId: Schema.String,
  step: Schema.String,
  state: Schema.Literals(["NotAsked", "Decided", "Expired"]),
  decision: Schema.optionalKey(Decision)
}) {
  override get message() {
    const by = this.decision === undefined ? "" : ` by ${said(this.decision.by)}`
    const verb = this.decision?.approved === false ? "rejected" : "approved"
    const why = {
      NotAsked: "the run has not asked yet, or there is no such run or gate",
      Decided: `it was ${verb}${by} before`,
      Expired: "the time to decide is over"
    }[this.state]
    return `There is nothing to decide on "${this.step}" of run ${this.runId}: ${why}.\n  Nothing was changed.`
  }
}

/**
 * How to ask.
 *
 * - `name`: the step's, unique in its run. `approve` and `reject` need it.
 * - `question`: what the person is to know, as text or JSON. It is recorded, so no prompts and no secrets. It must be the same each time
 *   that the program is replayed: what was asked is what is approved.
 * - `upTo`: how long to wait in all, counted from when it was first asked; for ever when left out. Above 0 and finite, else `RangeError`.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly name: string
  readonly question: Schema.Json
  readonly upTo?: Duration.Input | undefined
}

/**
 * Waits until somebody decides, and returns the decision to approve.
 *
 * Fails with `ApprovalRejected`, with `ApprovalTimeout` after `upTo`, and with `StepChanged` when something else was asked under this name.
 *
 * @example
 * import * as Approval from "@genops/pipelines/Approval"
 * import * as Gate from "@genops/pipelines/Gate"
 * import * as Effect from "effect/Effect"
 * import type * as Workflow from "effect/workflow/Workflow"
 *
 * const gate = Gate.approval({ name: "release", question: { model: "support-v7", rouge: 0.52 }, upTo: "3 days" })
 *
 * const review = (workflow: Workflow.Any, runId: string) =>
 *   Effect.gen(function* () {
 *     const { question } = yield* Approval.pending(workflow, runId, "release")
 *     yield* Effect.logInfo(question)
 *     yield* Approval.approve(workflow, runId, { name: "release", by: "ada@acme.test" })
 *   })
 *
 * @since 0.1.0
 */
export const approval = ({
  name,
  question,
  upTo
}: Options): Effect.Effect<
  Decision,
  ApprovalRejected | ApprovalTimeout | Step.StepChanged,
  WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance
> =>
  Effect.flatMap(
    step.make(name, question, upTo === undefined ? undefined : pace.millis("upTo", upTo)),
    ({ asked: { asked, until }, outcome }): Effect.Effect<Decision, ApprovalRejected | ApprovalTimeout> => {
      if (outcome._tag === "Expired") {
        return Effect.fail(new ApprovalTimeout({ step: name, waited: DateTime.distance(asked, until ?? asked) }))
      }
      const { approved, by, reason } = outcome
      return approved ? Effect.succeed(outcome) : Effect.fail(new ApprovalRejected({ step: name, by, reason }))
    }
  )

/**
 * Tells what a run asks at a gate and nobody has decided yet, from any process with an engine on the store of the run. `runId` is the
 * run's name: the idempotency key of its payload. Fails with `ApprovalNotPending`.
 *
 * @since 0.1.0
 */
export const pending = (
  workflow: Workflow.Any,
  runId: string,
  name: string
): Effect.Effect<Question, ApprovalNotPending, WorkflowEngine.WorkflowEngine> =>
  Effect.gen(function* () {
    const run = yield* step.runOf(workflow, runId)
    const question = yield* step.read(run, step.questionOf(name))
    if (Option.isNone(question)) return yield* new ApprovalNotPending({ runId, step: name, state: "NotAsked" })
    const outcome = yield* step.read(run, step.outcomeOf(name))
    if (Option.isSome(outcome)) return yield* decided(runId, name, outcome.value)
    const { until } = question.value
    return until !== null && DateTime.toEpochMillis(until) <= (yield* Clock.currentTimeMillis)
      ? yield* new ApprovalNotPending({ runId, step: name, state: "Expired" })
      : question.value
  })

const decided = (runId: string, name: string, outcome: Decision | { readonly _tag: "Expired" }) =>
  new ApprovalNotPending({
    runId,
    step: name,
    ...(outcome._tag === "Expired" ? { state: "Expired" } : { state: "Decided", decision: outcome })
  })

const decide =
  (approved: boolean) =>
  (
    workflow: Workflow.Any,
    runId: string,
    { by, name, reason = "" }: { readonly name: string; readonly by: string; readonly reason?: string | undefined }
  ): Effect.Effect<Decision, ApprovalNotPending, WorkflowEngine.WorkflowEngine> =>
    Effect.gen(function* () {
      const run = yield* step.runOf(workflow, runId)
      yield* pending(workflow, runId, name)
      const decision = Decision.make({ approved, by, reason, at: yield* DateTime.now })
      yield* step.write(run, step.outcomeOf(name), decision)
      const outcome = yield* step.read(run, step.outcomeOf(name))
      // Of two that decide at once the first is kept, and the other must know.
      return Option.isSome(outcome) && !Equal.equals(outcome.value, decision)
        ? yield* decided(runId, name, outcome.value)
        : decision
    })

/**
 * Approves what a run asks at a gate: the run goes on. The process needs an engine on the store of the run, with the workflow registered:
 * it may be the one that takes the run up. One that is not dies, after 10 seconds, with how to register it.
 *
 * Fails with `ApprovalNotPending` when there is nothing to decide: nothing can be approved before it was asked, or twice.
 *
 * @since 0.1.0
 */
export const approve: (
  workflow: Workflow.Any,
  runId: string,
  options: { readonly name: string; readonly by: string; readonly reason?: string | undefined }
) => Effect.Effect<Decision, ApprovalNotPending, WorkflowEngine.WorkflowEngine> = decide(true)

/**
 * Rejects what a run asks at a gate: there it fails with `ApprovalRejected`. Fails as `approve` does.
 *
 * @since 0.1.0
 */
export const reject: (
  workflow: Workflow.Any,
  runId: string,
  options: { readonly name: string; readonly by: string; readonly reason: string }
) => Effect.Effect<Decision, ApprovalNotPending, WorkflowEngine.WorkflowEngine> = decide(false)
