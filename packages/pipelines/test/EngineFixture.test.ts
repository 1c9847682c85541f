/** Files that earlier releases have written: every later one goes on with their runs. */
import { assert, describe, it } from "@effect/vitest"
import * as Release from "@genops/core/Release"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import * as Engine from "../src/Engine.ts"
import * as Runs from "../src/Runs.ts"
import * as EngineSubject from "./EngineSubject.ts"
import { folder, Kite, live, Name, payloadOf } from "./EngineFixture.ts"

const files = readdirSync(folder).filter((name) => name.endsWith(".db.gz"))

describe("a file of an earlier release", () => {
  it("is kept of this one too", () => assert.include(files, `runs-${Release.version}.db.gz`))

  for (const file of files) {
    it.live(`${file}: its runs go on where they were`, () =>
      Effect.gen(function* () {
        const filename = join(yield* EngineSubject.folder, "runs.db")
        writeFileSync(filename, gunzipSync(readFileSync(join(folder, file))))
        // The glue of today is not that of the recording.
        const ran: Array<string> = []
        const spent: Array<string> = []
        const paper = DateTime.makeUnsafe("2026-11-28T06:00:00Z")
        const layer = Layer.provideMerge(live({ glue: () => 33n, ran, spent }), Engine.layerSqlite({ filename }))
        yield* Effect.gen(function* () {
          assert.deepStrictEqual(
            (yield* Runs.list).map(({ runId, state }) => [runId, state._tag === "Running" ? "Waiting" : state._tag]),
            [
              ["done", "Done"],
              ["waiting", "Waiting"],
              ["parked", "Parked"],
              ["sleeping", "Waiting"]
            ]
          )
          const parked = yield* Runs.inspect(Kite, "parked")
          const detail = "There are only 3 grams of glue."
          assert.deepStrictEqual(parked.state, { _tag: "Parked", step: "glue", tag: "NoGlue", detail })

          assert.deepEqual(yield* Runs.run(Kite, payloadOf("done")), { paper, glue: 20n, name: "Nameless" })
          assert.deepEqual(yield* Runs.run(Kite, payloadOf("sleeping")), { paper, glue: 33n, name: "Nameless" })
          assert.deepEqual(yield* Runs.run(Kite, payloadOf("parked")), { paper, glue: 33n, name: "Nameless" })
          const { executionId } = yield* Runs.inspect(Kite, "waiting")
          const token = DurableDeferred.tokenFromExecutionId(Name, { workflow: Kite, executionId })
          yield* DurableDeferred.succeed(Name, { token, value: "Ærlig" })
          assert.deepEqual(yield* Runs.run(Kite, payloadOf("waiting")), { paper, glue: 20n, name: "Ærlig" })

          // What was recorded was not run again, and what it had cost is in the books: two dollars, and one for the failed attempt.
          assert.deepStrictEqual(ran.toSorted(), ["parked glue", "sleeping glue"])
          assert.includeMembers(spent, ["sleeping 2", "parked 3", "waiting 2"])
          const error = yield* Effect.flip(Runs.run(Kite, { ...payloadOf("done"), colours: ["blue"] }))
          assert.include(error.message, "started with other settings: colours")
        }).pipe(Effect.provide(layer))
      }).pipe(Effect.scoped)
    )
  }
})
