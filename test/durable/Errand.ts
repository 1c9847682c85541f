/** The pipeline of the tests with real processes: steps that leave a trace which outlives the process, and a pause. */
import * as Runs from "@genops/pipelines/Runs"
import * as Step from "@genops/pipelines/Step"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import { appendFileSync, existsSync, readFileSync } from "node:fs"

export const Errand = Workflow.make("Errand", {
  payload: {
    runId: Schema.String,
    /** The file into which each step that is really run writes a line. */
    trace: Schema.String,
    /** Milliseconds that the run pauses, and that its longest step takes. */
    pause: Schema.Int,
    work: Schema.Int
  },
  success: Schema.Array(Schema.String),
  error: Step.StepChanged,
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

/** Each time that a step is run it has another token: the result of the run says which one was recorded. */
const step = (name: string, trace: string, work: number) =>
  Step.make({
    name,
    input: { trace },
    success: Schema.String,
    execute: Effect.gen(function* () {
      const token = `${name} ${process.pid} ${crypto.randomUUID().slice(0, 8)}`
      appendFileSync(trace, `${token}\n`)
      yield* Effect.sleep(work)
      return token
    })
  })

export const ErrandLive = Errand.toLayer(({ pause, trace, work }) =>
  Effect.gen(function* () {
    const fetched = yield* step("fetch", trace, 0)
    yield* Step.sleep({ name: "wait", duration: pause })
    const worked = yield* step("work", trace, work)
    const reported = yield* step("report", trace, 0)
    return [fetched, worked, reported]
  })
)

export type Payload = typeof Errand.payloadSchema.Type

/** Runs the errands at a time, and tells their results. */
export const report = (payloads: ReadonlyArray<Payload>) =>
  Effect.forEach(
    payloads,
    (payload) =>
      Effect.map(Runs.run(Errand, payload), (tokens) => {
        process.stdout.write(`RESULT ${JSON.stringify({ runId: payload.runId, tokens })}\n`)
      }),
    { concurrency: "unbounded", discard: true }
  )

/** A token, read: which step was run, and by which process. */
export interface Token {
  readonly text: string
  readonly step: string
  readonly pid: number
}

/** What was really run of an errand. */
export const traceOf = ({ trace }: Payload): ReadonlyArray<Token> =>
  (existsSync(trace) ? readFileSync(trace, "utf8") : "")
    .split("\n")
    .filter((line) => line !== "")
    .map((text) => {
      const [step = "", pid] = text.split(" ")
      return { text, step, pid: Number(pid) }
    })
