/** The contract of tuning, kept by the test layer and by the live layer against the emulator; and answers lost on the wire. */
import { Emulator } from "@genops/emulator"
import * as Credentials from "@genops/vertex/Credentials"
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Emulated from "./Emulated.ts"
import { Sent } from "./Subject.ts"
import * as TuningContract from "./TuningContract.ts"

/** The client is in `global`, as for most models; tuning is in a region. */
const live = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Tuning.layerIn("us-central1").pipe(
      Layer.provide(VertexClient.layer),
      Layer.provide(Credentials.layerAnonymous),
      Layer.provide(VertexConfig.layer({ project: "acme", location: "global", baseUrl: url }))
    )
  )
)

TuningContract.suite("Tuning on the emulator", {
  prefix: "contract",
  layer: Layer.provide(Layer.merge(live, Emulated.sent), Emulator.layer())
})

const sentInMemory = Layer.effect(
  Sent,
  Effect.map(TuningTest.TuningTest, ({ calls }) => ({ total: Effect.map(calls, (calls) => calls.length) }))
)

TuningContract.suite("TuningTest", {
  prefix: "contract",
  trainingData: "gs://acme/train.jsonl",
  layer: Layer.provideMerge(
    sentInMemory,
    TuningTest.layer({ pending: "100 millis", lasts: "400 millis", cancelling: "100 millis" })
  )
})

const request = { model: "gemini-2.5-flash", trainingData: "gs://acme/train.jsonl", labels: { key: "a" } } as const

describe("a creation on the wire", () => {
  for (const [what, effect] of [
    ["its answer is lost", { type: "lose-answer" }],
    ["its answer is cut", { type: "truncate" }],
    ["its answer is no JSON", { type: "malformed" }]
  ] as const) {
    it.live(`is made once, may be billed and is found again when ${what}`, () =>
      Effect.gen(function* () {
        const { requests, setFaults } = yield* Emulator.Emulator
        yield* setFaults([{ operation: "tuningJobs.create", effect }])
        const error = yield* Effect.flip(Tuning.create(request))
        assert(error._tag === "VertexError")
        assert.strictEqual(error.billed, "unknown")
        assert.lengthOf(yield* Tuning.findByLabel("key", "a"), 1)
        const { counts, ledger } = yield* requests
        assert.strictEqual(counts["tuningJobs.create"], 1)
        assert.strictEqual(ledger["tuning/gemini-2.5-flash"]?.requests, 1)
      }).pipe(Effect.provide(Layer.provideMerge(live, Emulator.layer())))
    )
  }
})
