/** genops as a contestant: `GenopsMain.ts memory`, `sqlite FILE` or `postgres URL`. */
import * as Engine from "@genops/pipelines/Engine"
import * as Runs from "@genops/pipelines/Runs"
import * as Step from "@genops/pipelines/Step"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import type { Request } from "./Contestant.ts"

const [engine, place = ""] = process.argv.slice(2)
const layer =
  engine === "memory"
    ? Engine.layerMemory
    : engine === "sqlite"
      ? Engine.layerSqlite({ filename: place })
      : Engine.layerPostgres({ url: Redacted.make(place) })

const Steps = Workflow.make("Steps", {
  payload: { runId: Schema.String, count: Schema.Int, concurrency: Schema.Int },
  success: Schema.Int,
  error: Step.StepChanged,
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

const StepsLive = Steps.toLayer(({ concurrency, count }) =>
  Effect.map(
    Effect.forEach(
      Array.from({ length: count }, (_, i) => i),
      (i) => Step.make({ name: `step/${i}`, success: Schema.Int, execute: Effect.succeed(i) }),
      { concurrency }
    ),
    (results) => results.length
  )
)

const Pause = Workflow.make("Pause", {
  payload: { runId: Schema.String, milliseconds: Schema.Int },
  success: Schema.Number,
  error: Step.StepChanged,
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

let paused = 0
const PauseLive = Pause.toLayer(({ milliseconds }) =>
  Effect.gen(function* () {
    const now = Effect.sync(() => Date.now())
    const began = yield* Step.make({ name: "begin", success: Schema.Number, execute: now })
    paused++
    yield* Step.sleep({ name: "pause", duration: milliseconds })
    return (yield* now) - began - milliseconds
  })
)

let runs = 0
const pauses = (count: number, milliseconds: number) =>
  Effect.forEach(
    Array.from({ length: count }, () => `pause-${++runs}`),
    (runId) => Runs.run(Pause, { runId, milliseconds }),
    { concurrency: "unbounded" }
  )

/** Resident memory and live heap in bytes. */
const measured = () => {
  global.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return [rss, heapUsed]
}

const answer = (request: Request) =>
  Effect.gen(function* () {
    switch (request.kind) {
      case "steps": {
        const { concurrency, count } = request
        const began = performance.now()
        yield* Runs.run(Steps, { runId: `steps-${++runs}`, count, concurrency })
        return performance.now() - began
      }
      case "waiting": {
        paused = 0
        yield* Effect.forkDetach(pauses(request.count, 3_600_000))
        while (paused < request.count) yield* Effect.sleep("100 millis")
        yield* Effect.sleep("3 seconds")
        const soon = measured()
        yield* Effect.sleep("12 seconds")
        return [...soon, ...measured(), process.resourceUsage().maxRSS * 1024]
      }
      case "lateness":
        return yield* pauses(request.count, 2000)
    }
  })

const runtime = ManagedRuntime.make(Layer.mergeAll(StepsLive, PauseLive).pipe(Layer.provideMerge(layer)))
process.on("message", (request: Request) => {
  void runtime.runPromise(answer(request)).then((result) => process.send?.(result))
})
await runtime.context()
process.send?.("ready")
