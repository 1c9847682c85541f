/** The contract of experiments, kept by the test layer and by the live layer against the emulator; and what only the wire shows. */
import { Emulator } from "@genops/emulator"
import * as Credentials from "@genops/vertex/Credentials"
import * as Experiments from "@genops/vertex/Experiments"
import * as ExperimentsTest from "@genops/vertex/testing/ExperimentsTest"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Emulated from "./Emulated.ts"
import * as ExperimentsContract from "./ExperimentsContract.ts"
import { Sent } from "./Subject.ts"

/** The client is in `global`, as for most models; experiments are in a region. */
const live = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Experiments.layerIn("us-central1").pipe(
      Layer.provide(VertexClient.layer),
      Layer.provide(Credentials.layerAnonymous),
      Layer.provide(VertexConfig.layer({ project: "acme", location: "global", baseUrl: url }))
    )
  )
)
const emulated = Layer.merge(live, Emulated.sent)

ExperimentsContract.suite("Experiments on the emulator", {
  prefix: "contract",
  layer: Layer.provide(emulated, Emulator.layer())
})

const sentInMemory = Layer.effect(
  Sent,
  Effect.map(ExperimentsTest.ExperimentsTest, ({ calls }) => ({ total: Effect.map(calls, (calls) => calls.length) }))
)

ExperimentsContract.suite("ExperimentsTest", {
  prefix: "contract",
  layer: Layer.provideMerge(sentInMemory, ExperimentsTest.layer({ latency: "1 milli" }))
})

/** Each test has an emulator of its own, and real time. */
const onWire = (
  name: string,
  test: Effect.Effect<void, unknown, Experiments.Experiments | Emulator.Emulator>
): void => {
  it.live(name, () => test.pipe(Effect.provide(Layer.provideMerge(live, Emulator.layer()))))
}

const counts = Effect.flatMap(Emulator.Emulator, ({ requests }) => Effect.map(requests, ({ counts }) => counts))
const faults = (...rules: Parameters<Emulator.Emulator["Service"]["setFaults"]>[0]) =>
  Effect.flatMap(Emulator.Emulator, ({ setFaults }) => setFaults(rules))

describe("experiments on the wire", () => {
  onWire(
    "make the store once, however many ask for it",
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, index) => `experiment-${index}`)
      yield* Effect.forEach(names, (name) => Experiments.create(name), { concurrency: "unbounded" })
      const { "contexts.create": created, "metadataStores.create": stores, "metadataStores.get": looks } = yield* counts
      assert.deepStrictEqual([looks, stores, created], [1, 1, 20])
      assert.lengthOf(yield* Stream.runCollect(Experiments.list), 20)
    })
  )

  onWire(
    "read again and merge after a real 409, and only then",
    Effect.gen(function* () {
      yield* Experiments.create("race")
      const mine = yield* Experiments.startRun("race", "run-1")
      const theirs = yield* Experiments.startRun("race", "run-1")
      const before = yield* counts
      yield* theirs.logParams({ theirs: 1 })
      yield* mine.logParams({ mine: 1 })
      const { requests } = yield* Emulator.Emulator
      const { counts: after, recent } = yield* requests
      const patches = recent.filter(({ operation }) => operation === "contexts.patch").map(({ status }) => status)
      assert.deepStrictEqual(patches, [200, 409, 200])
      assert.strictEqual((after["contexts.get"] ?? 0) - (before["contexts.get"] ?? 0), 1)
      assert.deepStrictEqual((yield* Experiments.getRun("race", "run-1")).params, { theirs: 1, mine: 1 })
    })
  )

  onWire(
    "lose nothing when 20 writers with handles of their own share a run",
    Effect.gen(function* () {
      yield* Experiments.create("crowd")
      const writers = Array.from({ length: 20 }, (_, index) => index)
      const handles = yield* Effect.forEach(writers, () => Experiments.startRun("crowd", "run-1"))
      // More writers than retries: those that come too late say so, and the others' values are all there.
      const exits = yield* Effect.forEach(
        handles,
        (run, index) => Effect.exit(run.logParams({ [`p${index}`]: index })),
        { concurrency: 6 }
      )
      const { params } = yield* Experiments.getRun("crowd", "run-1")
      exits.forEach((exit, index) => {
        assert.strictEqual(params[`p${index}`], exit._tag === "Success" ? index : undefined)
      })
      const { recent } = yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)
      assert.isAbove(recent.filter(({ status }) => status === 409).length, 0)
    })
  )

  onWire(
    "survive lost answers and refusals without a second trace",
    Effect.gen(function* () {
      const once = (
        operation: string,
        effect: { readonly type: "lose-answer" } | { readonly type: "status"; readonly status: 503 }
      ) => ({ operation, effect, times: 1 }) as const
      const lost = { type: "lose-answer" } as const
      const busy = { type: "status", status: 503 } as const
      yield* faults(once("metadataStores.create", lost), once("contexts.create", lost), once("contexts.get", busy))
      yield* Experiments.create("faulty")
      yield* faults(
        once("contexts.create", lost),
        once("contexts.addContextChildren", lost),
        once("contexts.patch", lost),
        once("contexts.list", busy)
      )
      const run = yield* Experiments.startRun("faulty", "run-1", { params: { a: 1 } })
      yield* run.logMetrics({ m: 1 })
      const read = yield* Experiments.getRun("faulty", "run-1")
      assert.deepStrictEqual([read.params, read.metrics], [{ a: 1 }, { m: 1 }])
      // The write whose answer was lost is not written again: its repetition met 409, and a look showed it done.
      const { recent } = yield* Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)
      const patches = recent.filter(({ operation }) => operation === "contexts.patch").map(({ status }) => status)
      assert.deepStrictEqual(patches, [undefined, 409])
      assert.lengthOf(yield* Stream.runCollect(Experiments.listRuns("faulty")), 1)
      yield* faults(once("contexts.delete", lost))
      yield* Experiments.delete("faulty")
      assert.lengthOf(yield* Stream.runCollect(Experiments.list), 0)
    })
  )

  it.live("say that global has no experiments, and send nothing", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Emulator.Emulator
      const service = Experiments.layer.pipe(
        Layer.provide(VertexClient.layer),
        Layer.provide(Credentials.layerAnonymous),
        Layer.provide(VertexConfig.layer({ project: "acme", location: "global", baseUrl: url }))
      )
      const error = yield* Effect.flip(Effect.provide(Experiments.create("somewhere"), service))
      assert(error._tag === "VertexError")
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.include(error.message, 'layerIn("us-central1")')
      assert.deepStrictEqual((yield* requests).recent, [])
    }).pipe(Effect.provide(Emulator.layer()))
  )
})
