/**
 * A file with runs in every state, as a release has written it, which all later ones must be able to go on with.
 *
 * `node packages/pipelines/test/EngineFixture.ts` records the file of the release that the sources are.
 */
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import * as Release from "@genops/core/Release"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as BudgetBooks from "../src/BudgetBooks.ts"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Engine from "../src/Engine.ts"
import * as Runs from "../src/Runs.ts"
import * as Step from "../src/Step.ts"
import * as OracleModel from "./OracleModel.ts"

export const folder = join(import.meta.dirname, "fixtures/engine")

class NoGlue extends Schema.TaggedError<NoGlue>()("NoGlue", { grams: Schema.BigInt }) {
  override get message() {
    return `There are only ${this.grams} grams of glue.`
  }
}

export const Kite = Workflow.make("Kite", {
  payload: { runId: Schema.String, colours: Schema.Array(Schema.String), launch: Schema.DateTimeUtc },
  success: Schema.Struct({ paper: Schema.DateTimeUtc, glue: Schema.BigInt, name: Schema.String }),
  error: Schema.Union([NoGlue, Step.StepChanged]),
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

export const Name = DurableDeferred.make("name", { success: Schema.String })

/** A dollar for every attempt at a step. */
const pay = BudgetBooks.book(Budget.amount({ usd: Money.usd("1") }))

/** What differs between the recording and the test: the glue that there is, which steps were run, and what they cost. */
export interface World {
  readonly glue: () => bigint
  readonly ran: Array<string>
  readonly spent: Array<string>
}

export const live = ({ glue, ran, spent }: World) =>
  Kite.toLayer(({ colours, launch, runId }) =>
    Effect.gen(function* () {
      const paper = yield* Step.make({
        name: "paper",
        input: { colours },
        success: Schema.DateTimeUtc,
        execute: Effect.andThen(
          pay,
          Effect.sync(() => {
            ran.push(`${runId} paper`)
            return launch
          })
        )
      })
      if (runId === "sleeping") yield* Step.sleep({ name: "dry", duration: "5 seconds" })
      const glued = yield* Step.make({
        name: "glue",
        success: Schema.BigInt,
        error: NoGlue,
        execute: Effect.gen(function* () {
          yield* pay
          ran.push(`${runId} glue`)
          const grams = glue()
          return grams < 10n ? yield* new NoGlue({ grams }) : grams
        })
      })
      const name = runId === "waiting" ? yield* DurableDeferred.await(Name) : "Nameless"
      return { paper, glue: glued, name }
    }).pipe(
      BudgetGuard.within(
        { name: runId, usd: "100" },
        { onEnd: (books) => Effect.sync(() => spent.push(`${runId} ${Money.toDecimal(books.spent.usd)}`)) }
      ),
      Effect.catchTag("InvalidBudget", Effect.die),
      Effect.provide(
        OracleModel.layer(OracleModel.make({ script: () => ({ inputTokens: 1, outputTokens: 1, ends: "success" }) }))
      )
    )
  )

export const payloadOf = (runId: string) => ({
  runId,
  colours: ["red", "ærlig"],
  launch: DateTime.makeUnsafe("2026-11-28T06:00:00Z")
})

const record = (filename: string) => {
  let grams = 20n
  const world = { glue: () => grams, ran: [], spent: [] }
  return Effect.gen(function* () {
    yield* Runs.run(Kite, payloadOf("done"))
    yield* Runs.start(Kite, payloadOf("waiting"))
    yield* Effect.sleep("1 second")
    grams = 3n
    yield* Effect.flip(Runs.run(Kite, payloadOf("parked")))
    grams = 20n
    yield* Runs.start(Kite, payloadOf("sleeping"))
    yield* Effect.sleep("2 seconds")
  }).pipe(Effect.provide(Layer.provideMerge(live(world), Engine.layerSqlite({ filename }))))
}

if (import.meta.main) {
  const path = mkdtempSync(join(tmpdir(), "genops-fixture-"))
  await Effect.runPromise(record(join(path, "runs.db")))
  writeFileSync(
    join(folder, `runs-${Release.version}.db.gz`),
    gzipSync(readFileSync(join(path, "runs.db")), { level: 9 })
  )
  rmSync(path, { recursive: true })
}
