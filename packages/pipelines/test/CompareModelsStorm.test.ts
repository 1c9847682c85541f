import * as Random from "@genops/core/statistics/Random"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CompareModels from "../src/CompareModels.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

type Models = ReturnType<typeof CompareTrial.models>
type Services = Layer.Success<Models> | ResultStore.ResultStore

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

const test = (what: string, body: Effect.Effect<void, unknown, Services>, models: Models = CompareTrial.models()) =>
  it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

/** When each candidate was done, in milliseconds from the start. */
const ends = (options: CompareTrial.Options) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const done = new Map<string, number>()
    const onProgress: CompareTrial.Options["onProgress"] = ({ candidates }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const { activity, candidate } of candidates) {
          if (activity._tag === "Done" && !done.has(candidate)) done.set(candidate, now - started)
        }
      })
    const { summary } = yield* CompareTrial.untilDone(CompareModels.run({ ...options, onProgress }), "100 millis")
    return { done, summary }
  })

/** Waits a second, so that all who wait go on at the same moment. */
const rounds = () => {
  let round: Deferred.Deferred<void> | undefined
  return Effect.suspend(() => {
    if (round !== undefined) return Deferred.await(round)
    const next = (round = Deferred.makeUnsafe<void>())
    const ring = Effect.sync(() => {
      round = undefined
      Deferred.doneUnsafe(next, Effect.void)
    })
    return Effect.andThen(Effect.forkDetach(Effect.delay(ring, "1 second")), Deferred.await(next))
  })
}

describe("a model in a storm of refusals", () => {
  const nextRound = rounds()
  const rows = 40
  const answers = (candidate: string, row: number) => Effect.succeed(CompareTrial.answerOf(candidate, `article ${row}`))

  test(
    "does not hold up another one whose answers come all at the same time",
    Effect.gen(function* () {
      const candidates = [CompareTrial.flash, CompareTrial.lite]
      const { done, summary } = yield* ends(CompareTrial.options(rows, { candidates, concurrency: { total: 8 } }))
      // Half of the room: four answers a second, forty of them.
      assert.closeTo(done.get("flash") ?? 0, 10_000, 500)
      assert.deepInclude(CompareTrial.candidate(summary, "flash"), { n_valid: rows })
      // Each is refused after half a minute and once more at the end: eight at a time when it is alone.
      assert.closeTo(done.get("lite") ?? 0, 320_000, 41_000)
      assert.deepInclude(CompareTrial.candidate(summary, "lite"), {
        n_error: rows,
        errors: { ResourceExhausted: rows }
      })
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: rows, lite: 2 * rows })
    }),
    CompareTrial.models((candidate, row) =>
      candidate === "lite"
        ? Effect.delay(Effect.succeed(CompareTrial.busy), "30 seconds")
        : Effect.andThen(nextRound, answers(candidate, row))
    )
  )

  test(
    "is asked a third time by nobody, also when it is judged by pairs; what another stage has scored stays",
    Effect.gen(function* () {
      const options = CompareTrial.options(6, {
        candidates: [CompareTrial.flash, CompareTrial.lite],
        metrics: ["rouge_1", "fluency", CompareTrial.pairwise]
      })
      const { done, summary } = yield* ends(options)
      const { judge, ...asked } = yield* CompareTrial.asked
      assert.deepStrictEqual(asked, { flash: 6, lite: 8 }, "two cells a second time")
      assert.strictEqual(judge, 6 + 4 + 4)
      const lite = CompareTrial.candidate(summary, "lite")
      assert.deepInclude(lite, { n_error: 2, errors: { ResourceExhausted: 2 } })
      assert.deepInclude(lite.metrics["fluency"]?.errors, { ResourceExhausted: 2, JudgeFailed: 4 })
      assert.deepInclude(lite.metrics["pairwise_fluency"], { n_valid: 4 })
      // It waits once for the service to recover: nothing of the pairs was refused.
      assert.closeTo(done.get("lite") ?? 0, 10_000, 300)
      const cells = (yield* Trial.keptCells()).filter(({ candidate, row }) => candidate === "lite" && row > 1)
      assert.isTrue(cells.every(({ scores }) => scores["fluency"]?.error?.tag === "JudgeFailed"))
      assert.isTrue(cells.every(({ scores }) => scores["rouge_1"]?.score !== undefined))
    }),
    CompareTrial.models(
      (candidate, row) => (candidate === "lite" && row < 2 ? CompareTrial.busy : undefined),
      (configuration, input) =>
        input.includes('"choice"') ? CompareTrial.judges(configuration, input) : "I would rather not say."
    )
  )

  test(
    "does not wait for the service when it cannot be used at all",
    Effect.gen(function* () {
      const candidates = [CompareTrial.flash, CompareTrial.lite]
      const started = yield* Clock.currentTimeMillis
      const { summary } = yield* ends(CompareTrial.options(6, { candidates }))
      assert.strictEqual(CompareTrial.candidate(summary, "lite").failure?.tag, "NotFound")
      assert.isBelow((yield* Clock.currentTimeMillis) - started, 2_000)
    }),
    CompareTrial.models((candidate, row) => {
      if (candidate !== "lite") return undefined
      return row === 0 ? CompareTrial.busy : Effect.delay(Effect.succeed(CompareTrial.missing), "1 second")
    })
  )
})

it.effect(`no more calls are at the service than allowed, in total and of each model (GENOPS_SEED=${seed})`, () =>
  Effect.gen(function* () {
    const next = Random.xoshiro128ss(seed)
    const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit)
    for (let trial = 0; trial < 8; trial++) {
      const limits = { total: 1 + below(10), flash: 1 + below(6), lite: 1 + below(6) }
      const inFlight = { flash: 0, lite: 0 }
      const most = { total: 0, flash: 0, lite: 0 }
      const models = CompareTrial.models((candidate, row) => {
        const model = candidate === "lite" ? "lite" : "flash"
        return Effect.acquireUseRelease(
          Effect.sync(() => {
            most[model] = Math.max(most[model], ++inFlight[model])
            most.total = Math.max(most.total, inFlight.flash + inFlight.lite)
          }),
          () =>
            Effect.delay(
              Effect.succeed(below(5) === 0 ? CompareTrial.busy : CompareTrial.answerOf(candidate, `article ${row}`)),
              [0, 1_000, 1_000, below(5_000)][below(4)] ?? 0
            ),
          () => Effect.sync(() => void inFlight[model]--)
        )
      })
      const concurrency = {
        total: limits.total,
        perModel: (model: string) => (model === CompareTrial.lite.model ? limits.lite : limits.flash)
      }
      const run = CompareTrial.untilDone(CompareModels.run(CompareTrial.options(25, { concurrency })))
      yield* Effect.provide(run, Layer.merge(models, Layer.fresh(ResultStore.layerMemory)))
      for (const [who, limit] of Object.entries(limits)) {
        const found = Object.entries(most).find(([name]) => name === who)?.[1] ?? 0
        assert.isAtMost(found, limit, `trial ${trial}, ${who}`)
      }
      // The room is used: a bound that nobody comes near shows nothing.
      assert.strictEqual(most.total, Math.min(limits.total, limits.flash + limits.lite), `trial ${trial}`)
    }
  })
)
