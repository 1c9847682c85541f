/**
 * A process that works on runs of the GenOps pipeline: `node Worker.ts STORE FOLDER URL RUNS`. STORE is `sqlite:FILE` or the URL of a
 * database, FOLDER keeps the results of evaluations, URL is an emulator's, RUNS are the names of runs, separated by commas; without any it
 * works until it is ended.
 *
 * The environment says what goes wrong: END_AT is a step and a stage of it, such as `tune/create/0:answered`, or `tune:look` for a look
 * at the job, and END_BY the signal that the process sends itself there. APPROVAL is `ask` or `approve`. NAIVE takes a pipeline that creates its job as anybody would.
 */
import * as Approval from "@genops/pipelines/Approval"
import * as Engine from "@genops/pipelines/Engine"
import * as GenOps from "@genops/pipelines/GenOps"
import * as Runs from "@genops/pipelines/Runs"
import * as Step from "@genops/pipelines/Step"
import * as Tune from "@genops/pipelines/Tune"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Naive from "./Naive.ts"
import * as Scene from "./Scene.ts"

const [store = "", folder = "", url = "", runs = ""] = process.argv.slice(2)
const { APPROVAL, END_AT, END_BY, NAIVE } = process.env

const tell = (what: string, value: unknown) =>
  Effect.sync(() => process.stdout.write(`${what} ${JSON.stringify(value)}\n`))

let isEnding = false
/** Ends the process at its point: at once, or as soon as it has heard that it is to end. */
const end = (at: string) =>
  Effect.gen(function* () {
    if (at !== END_AT || isEnding) return
    isEnding = true
    yield* tell("AT", at)
    process.kill(process.pid, END_BY ?? "SIGKILL")
    // The signal is heard between two turns of the event loop.
    yield* Effect.sleep("50 millis")
  })

const observed = Layer.mergeAll(
  Layer.succeed(Step.Observer, (step, stage) => end(`${step}:${stage}`)),
  Layer.succeed(Tune.Observer, (step, { job, state }) =>
    Effect.andThen(tell("POLL", { job, state }), end(`${step}:look`))
  )
)

const engine = store.startsWith("sqlite:")
  ? Engine.layerSqlite({ filename: store.slice("sqlite:".length) })
  : Engine.layerPostgres({ url: Redacted.make(store) })

/** Tells as soon as the run asks, and approves. */
const decide = (runId: string) =>
  Effect.gen(function* () {
    yield* Effect.retry(Approval.pending(GenOps.GenOps, runId, GenOps.approvalName), Scene.often)
    yield* tell("ASKED", runId)
    if (APPROVAL === "approve") yield* Approval.approve(GenOps.GenOps, runId, { name: GenOps.approvalName, by: "ada" })
    return yield* Effect.never
  })

const encode = Schema.encodeSync(Schema.toCodecJson(GenOps.Outcome))

const genOps = (runId: string) =>
  Runs.run(GenOps.GenOps, { ...Scene.payload, runId, approval: APPROVAL !== undefined }).pipe(
    Effect.map(encode),
    APPROVAL === undefined ? (self) => self : Effect.raceFirst(decide(runId))
  )

const program = Effect.gen(function* () {
  yield* tell("READY", process.pid)
  yield* Scene.uploadTest
  const names = runs.split(",").filter((name) => name !== "")
  const work = (runId: string) =>
    Effect.flatMap(NAIVE === undefined ? genOps(runId) : Runs.run(Naive.Naive, { runId }), (outcome) =>
      tell("RESULT", { runId, outcome })
    )
  yield* names.length === 0 ? Effect.never : Effect.forEach(names, work, { concurrency: "unbounded", discard: true })
}).pipe(
  Effect.provide(
    Layer.mergeAll(GenOps.layer(Scene.options), Naive.layer).pipe(
      Layer.provide(observed),
      Layer.provideMerge(engine),
      Layer.provideMerge(Layer.merge(Scene.layer(url), Scene.results(folder)))
    )
  ),
  Effect.catch((error) =>
    Effect.sync(() => {
      process.stderr.write(`[${error._tag}] ${error.message}\n`)
      process.exitCode = 1
    })
  )
)

NodeRuntime.runMain(program)
