import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CompareModels from "../src/CompareModels.ts"
import * as Evaluate from "../src/Evaluate.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

describe("stopWhen", () => {
  it.effect(
    "ends a comparison in order: what is in flight is kept, nothing else is begun, and the run goes on later",
    () =>
      Effect.gen(function* () {
        const isAsked = yield* Deferred.make<void>()
        const release = yield* Deferred.make<void>()
        let begun = 0
        // The first four are in flight when it is asked to stop, and are answered only then.
        const models = CompareTrial.models((candidate, row) =>
          Effect.gen(function* () {
            if (++begun === 4) {
              yield* Deferred.succeed(isAsked, undefined)
              yield* Effect.andThen(Effect.yieldNow, Deferred.succeed(release, undefined))
            }
            yield* Deferred.await(release)
            return CompareTrial.answerOf(candidate, `article ${row}`)
          })
        )
        yield* Effect.gen(function* () {
          const options = CompareTrial.options(10, { concurrency: { total: 4 }, stopWhen: Deferred.await(isAsked) })
          const stopped = yield* Effect.flip(CompareModels.run(options))
          assert.strictEqual(stopped._tag, "ComparisonStopped")
          if (stopped._tag !== "ComparisonStopped") return
          assert.strictEqual(stopped.reason._tag, "StopRequested")
          assert.include(stopped.message, "run again with the run id run")
          assert.deepStrictEqual(
            [stopped.summary.candidates.reduce((sum, { n_valid }) => sum + n_valid, 0), stopped.unsaved.length, begun],
            [4, 0, 4]
          )
          const { resumed, summary } = yield* CompareModels.run(CompareTrial.options(10))
          assert.deepStrictEqual(
            [resumed, summary.candidates.map(({ n_valid }) => n_valid), begun],
            [4, [10, 10, 10], 30]
          )
        }).pipe(Effect.provide(Layer.merge(models, ResultStore.layerMemory)))
      })
  )

  it.effect("ends an evaluation likewise, before its first row if it is asked to by then", () =>
    Effect.gen(function* () {
      const options = { ...Trial.options(Trial.articles(20)), concurrency: 1, stopWhen: Effect.void }
      const stopped = yield* Effect.flip(Evaluate.run(options))
      assert.strictEqual(stopped._tag, "RunStopped")
      if (stopped._tag !== "RunStopped") return
      assert.strictEqual(stopped.reason._tag, "StopRequested")
      assert.strictEqual(stopped.summary.n_total, 0)
      assert.deepStrictEqual(yield* CompareTrial.asked, {})
    }).pipe(Effect.provide(Layer.merge(CompareTrial.models(), ResultStore.layerMemory)))
  )
})
