/**
 * A process that works on errands: `node Worker.ts STORE PAYLOADS`. STORE is `sqlite:FILE` or the URL of a database. It ends when it has
 * the results of its payloads; without any it works until it is ended. KILL_AT, such as `work/answered`, is where it kills itself.
 */
import * as Engine from "@genops/pipelines/Engine"
import * as Step from "@genops/pipelines/Step"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Errand from "./Errand.ts"

const [store = "", payloads = "[]"] = process.argv.slice(2)
const [kind, filename = ""] = store.split(/:(.*)/s)
const engine =
  kind === "sqlite" ? Engine.layerSqlite({ filename }) : Engine.layerPostgres({ url: Redacted.make(store) })

const Payloads = Schema.fromJsonString(Schema.Array(Errand.Errand.payloadSchema))

const killing = Layer.succeed(Step.Observer, (step, stage) =>
  Effect.sync(() => {
    if (process.env["KILL_AT"] === `${step}/${stage}`) process.kill(process.pid, "SIGKILL")
  })
)

const program = Effect.gen(function* () {
  process.stdout.write("READY\n")
  const errands = yield* Schema.decodeEffect(Payloads)(payloads)
  yield* errands.length === 0 ? Effect.never : Errand.report(errands)
}).pipe(
  Effect.provide(Errand.ErrandLive.pipe(Layer.provideMerge(engine), Layer.provide(killing))),
  Effect.catch((error) =>
    Effect.sync(() => {
      process.stderr.write(`[${error._tag}] ${error.message}\n`)
      process.exitCode = 1
    })
  )
)

NodeRuntime.runMain(program)
