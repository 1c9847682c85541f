/** Cancels the job of a step when the run is cancelled. */
import * as TuningJob from "@genops/vertex/TuningJob"
import * as Effect from "effect/Effect"
import * as Workflow from "effect/workflow/Workflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as tuneJob from "./tuneJob.ts"

/** The jobs that go on. While an order is unanswered, one may become visible until the grace time is over. */
const running = ({ fate, grace, key, request, service }: tuneJob.Work) => {
  if (fate.job !== undefined) return Effect.succeed([fate.job])
  if (!fate.isOrdered) return Effect.succeed([])
  return service.findByLabel(tuneJob.label, key).pipe(
    Effect.delay(grace),
    Effect.map((jobs) => jobs.filter((job) => !job.isTerminal && TuningJob.isOf(job, request)).map(({ name }) => name))
  )
}

const cancel = (work: tuneJob.Work) =>
  running(work).pipe(
    Effect.flatMap(Effect.forEach((name) => Effect.catch(work.service.cancel(name), (error) => left(work, error)))),
    Effect.catch((error) => left(work, error)),
    Effect.asVoid
  )

const left = ({ key, name }: tuneJob.Work, { message }: Error) =>
  Effect.logError(
    `The run was cancelled, but the tuning job of its step "${name}" was not, and may be billed: ${message}\n` +
      `  Look: Tuning.findByLabel("${tuneJob.label}", "${key}")     Then: Tuning.cancel(name)`
  )

/**
 * Cancels the job when the run is cancelled, which the engine tells by `interrupted`. The end of the process closes the scope of a run
 * too, and leaves the job alone.
 */
export const onCancel = Effect.fnUntraced(function* (work: tuneJob.Work) {
  const instance = yield* WorkflowEngine.WorkflowInstance
  yield* Workflow.addFinalizer(() =>
    Effect.suspend(() => (instance.interrupted && !work.fate.isEnded ? cancel(work) : Effect.void))
  )
})
