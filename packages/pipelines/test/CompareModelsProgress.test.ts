import { CallMeter } from "@genops/vertex/CallMeter"
import { GenerativeModel } from "@genops/vertex/GenerativeModel"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as CompareModels from "../src/CompareModels.ts"
import type { ComparisonProgress } from "../src/ComparisonProgress.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"

type Models = ReturnType<typeof CompareTrial.models>
type Services = Layer.Success<Models> | ResultStore.ResultStore

const test = (what: string, body: Effect.Effect<void, unknown, Services>, models: Models = CompareTrial.models()) =>
  it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

type Seen = ComparisonProgress & { readonly at: number }

const slowly = (seconds: (candidate: string, row: number) => number) =>
  CompareTrial.models((candidate, row) =>
    Effect.delay(Effect.succeed(CompareTrial.answerOf(candidate, `article ${row}`)), seconds(candidate, row) * 1000)
  )

/** Runs a comparison in steps of the clock, and gives what was told. */
const watched = (
  options: CompareTrial.Options,
  around: <A, E, R>(run: Effect.Effect<A, E, R>) => Effect.Effect<A, unknown, R | Layer.Success<Models>> = (run) => run
) =>
  Effect.gen(function* () {
    const seen: Array<Seen> = []
    const onProgress = (progress: ComparisonProgress) =>
      Effect.map(Clock.currentTimeMillis, (at) => void seen.push({ ...progress, at }))
    const fiber = yield* Effect.forkChild(around(CompareModels.run({ ...options, onProgress })))
    yield* Effect.repeat(TestClock.adjust("50 millis"), {
      until: () => fiber.pollUnsafe() !== undefined,
      times: 50_000
    })
    yield* Fiber.join(fiber)
    return seen
  })

const activities = (seen: ReadonlyArray<Seen>, candidate: string) => [
  ...new Set(
    seen.flatMap(({ candidates }) => {
      const activity = candidates.find((one) => one.candidate === candidate)?.activity
      return activity === undefined ? [] : [activity._tag]
    })
  )
]

describe("progress", () => {
  test(
    "is told at the start, at most ten times a second, and at the end",
    Effect.gen(function* () {
      const seen = yield* watched(CompareTrial.options(30, { metrics: ["rouge_1", "fluency"] }))
      const [first] = seen
      const last = seen.at(-1)
      assert.deepInclude(first, { total: 90, done: 0, resumed: 0, judgeCalls: 0 })
      assert.deepInclude(last, { total: 90, done: 90, failed: 0, judgeCalls: 90, firstError: undefined })
      const times = seen.slice(0, -1).map(({ at }) => at)
      for (const [i, at] of times.entries()) assert.isAtLeast(at - (times[i - 1] ?? -100), 100)
      assert.isAbove(seen.length, 20)
      for (const [i, { done }] of seen.entries()) assert.isAtLeast(done, seen[i - 1]?.done ?? 0)
      const flash = last?.candidates.find(({ candidate }) => candidate === "flash")
      assert.deepInclude(flash, { total: 30, done: 30, ok: 30, failed: 0, model: "gemini-3.5-flash" })
      assert.closeTo(flash?.p50Ms ?? 0, 0, 1)
      assert.closeTo(flash?.means["fluency"] ?? 0, 4, 1e-9)
      assert.isAbove(Number(last?.judgeCost), 0)
      assert.isAbove(last?.tokens ?? 0, 0)
      assert.deepStrictEqual(activities(seen, "flash"), ["Waiting", "InFlight", "Done"])
    }),
    slowly((candidate) => (candidate === "lite" ? 1 : 0.3))
  )

  test(
    "says what a candidate is doing",
    Effect.gen(function* () {
      const seen = yield* watched(CompareTrial.options(8))
      assert.deepStrictEqual(activities(seen, "flash"), ["Waiting", "InFlight", "BackingOff", "Done"])
      assert.deepStrictEqual(activities(seen, "lite"), ["Waiting", "InFlight", "Failed"])
      const pause = seen.find(({ candidates }) => candidates[0]?.activity._tag === "BackingOff")
      const activity = pause?.candidates[0]?.activity
      assert.isTrue(activity?._tag === "BackingOff" && activity.untilMs > (pause?.at ?? Infinity))
      assert.deepInclude(seen.at(-1), { done: 16, failed: 0 })
      assert.deepInclude(seen.at(-1)?.firstError, { candidate: "flash", tag: "ResourceExhausted" })
      const calls = seen.flatMap(({ candidates }) =>
        candidates.flatMap(({ activity }) => (activity._tag === "InFlight" ? activity.calls : []))
      )
      assert.strictEqual(Math.max(...calls), 8)
    }),
    (() => {
      const storm = CompareTrial.failing(CompareTrial.busy, 1, (candidate, row) => candidate === "flash" && row < 2)
      return CompareTrial.models((candidate, row) =>
        Effect.delay(
          Effect.sync(() =>
            candidate === "lite"
              ? CompareTrial.missing
              : (storm(candidate, row) ?? CompareTrial.answerOf(candidate, `article ${row}`))
          ),
          "1 second"
        )
      )
    })()
  )

  test(
    "says that calls wait for a budget, and how its money stands",
    Effect.gen(function* () {
      // Room for one call at a time.
      const candidates = [CompareTrial.flash, CompareTrial.careful]
      const seen = yield* watched(CompareTrial.options(3, { candidates, concurrency: { total: 2 } }), (run) =>
        BudgetGuard.within(run, { name: "run", usd: "0.0018" })
      )
      assert.include(activities(seen, "careful"), "WaitingForBudget")
      const held = seen.map(({ heldUsd }) => Number(heldUsd))
      assert.isAbove(Math.max(...held), 0)
      assert.strictEqual(seen.at(-1)?.heldUsd, 0n)
      assert.strictEqual(Number(seen.at(-1)?.budgetUsd), 0.0018e12)
      for (const { cost, heldUsd } of seen) assert.isAtMost(Number(cost) + Number(heldUsd), 0.0018e12)
    }),
    slowly(() => 1)
  )

  test(
    "says that calls wait for their turn, where the model service tells it",
    Effect.gen(function* () {
      const base = yield* GenerativeModel
      const paced = GenerativeModel.of({
        ...base,
        generate: (configuration, input) =>
          Effect.flatMap(CallMeter, (meter) => {
            meter.queued()
            return Effect.andThen(Effect.sleep("5 seconds"), base.generate(configuration, input))
          })
      })
      const seen = yield* Effect.provideService(
        watched(CompareTrial.options(4, { candidates: [CompareTrial.flash] })),
        GenerativeModel,
        paced
      )
      const at = (millis: number) => seen.findLast(({ at }) => at <= millis)?.candidates[0]?.activity
      assert.deepStrictEqual(at(3_000), { _tag: "Waiting" })
      assert.deepStrictEqual(at(5_500), { _tag: "InFlight", calls: 4 })
    }),
    slowly(() => 1)
  )

  test(
    "of a resumed run begins where it was",
    Effect.gen(function* () {
      yield* Effect.flip(BudgetGuard.within(CompareModels.run(CompareTrial.options(10)), { requests: 12 }))
      const seen = yield* watched(CompareTrial.options(10))
      assert.deepInclude(seen[0], { total: 30, done: 12, resumed: 12 })
      assert.isAbove(Number(seen[0]?.cost), 0)
      assert.deepInclude(seen.at(-1), { done: 30, resumed: 12 })
    })
  )
})

describe("fairness", () => {
  test(
    "a slow model does not hold the others up",
    Effect.gen(function* () {
      const ended = new Map<string, number>()
      const seen = yield* watched(CompareTrial.options(40, { concurrency: { total: 8 } }))
      for (const { at, candidates } of seen) {
        for (const { activity, candidate } of candidates) {
          if (activity._tag === "Done" && !ended.has(candidate)) ended.set(candidate, at)
        }
      }
      // flash and careful are one model: half of the room, four at a time, 80 cells of a second.
      assert.closeTo(ended.get("flash") ?? 0, 20_000, 1_500)
      assert.closeTo(ended.get("careful") ?? 0, 20_000, 1_500)
      // lite has four places of a minute for each answer, and eight when it is alone.
      assert.closeTo(ended.get("lite") ?? 0, 300_000, 61_000)
    }),
    slowly((candidate) => (candidate === "lite" ? 60 : 1))
  )

  test(
    "no more is in flight than allowed, in total and of each model",
    Effect.gen(function* () {
      const concurrency = { total: 10, perModel: (model: string) => (model === CompareTrial.lite.model ? 2 : 6) }
      const seen = yield* watched(CompareTrial.options(40, { concurrency }))
      const most = (names: ReadonlyArray<string>) =>
        Math.max(
          ...seen.map(({ candidates }) =>
            candidates
              .filter(({ candidate }) => names.includes(candidate))
              .reduce((sum, { activity }) => sum + (activity._tag === "InFlight" ? activity.calls : 0), 0)
          )
        )
      assert.strictEqual(most(["lite"]), 2)
      assert.strictEqual(most(["flash", "careful"]), 6)
      assert.strictEqual(most(["flash", "careful", "lite"]), 8)
    }),
    slowly((_, row) => 1 + (row % 3))
  )

  it.effect("a slow judge does not hold answers up, until as many wait for it as there is room for", () =>
    Effect.gen(function* () {
      const inFlight = { answers: 0, judges: 0 }
      const most = { answers: 0, judges: 0, ahead: 0 }
      let answered = 0
      let judged = 0
      const call = <A>(who: "answers" | "judges", seconds: number, reply: A) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            most[who] = Math.max(most[who], ++inFlight[who])
          }),
          () => Effect.delay(Effect.succeed(reply), `${seconds} seconds`),
          () => Effect.sync(() => void inFlight[who]--)
        )
      const models = CompareTrial.models(
        (candidate, row) =>
          Effect.tap(call("answers", 1, CompareTrial.answerOf(candidate, `article ${row}`)), () =>
            Effect.sync(() => {
              answered++
              most.ahead = Math.max(most.ahead, answered - judged)
            })
          ),
        () => Effect.tap(call("judges", 10, '{"explanation":"","score":4}'), () => Effect.sync(() => void judged++))
      )
      const started = yield* Clock.currentTimeMillis
      const options = CompareTrial.options(12, { metrics: ["rouge_1", "fluency"], concurrency: { total: 4 } })
      const seen = yield* Effect.provide(watched(options), Layer.merge(models, ResultStore.layerMemory))
      assert.deepInclude(seen.at(-1), { done: 36, failed: 0 })
      // Four answers at a time, four judges at a time, and four answers that wait for them.
      assert.deepStrictEqual(most, { answers: 4, judges: 4, ahead: 8 })
      // Nine judgements one after another, the first answer before them.
      assert.closeTo((yield* Clock.currentTimeMillis) - started, 91_000, 1_500)
    })
  )

  it.effect("a concurrency that is none dies", () =>
    Effect.gen(function* () {
      for (const concurrency of [{ total: 0 }, { perModel: 1.5 }]) {
        const exit = yield* Effect.exit(CompareModels.run(CompareTrial.options(1, { concurrency })))
        assert.include(String(exit), "whole number from 1")
      }
    }).pipe(Effect.provide(Layer.merge(CompareTrial.models(), ResultStore.layerMemory)))
  )
})
