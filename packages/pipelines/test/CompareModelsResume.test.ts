import type * as ComputedMetric from "@genops/core/ComputedMetric"
import * as Scale from "@genops/core/Scale"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { VertexTest } from "@genops/vertex/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as CompareModels from "../src/CompareModels.ts"
import * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as RowScores from "../src/RowScores.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

type Models = ReturnType<typeof CompareTrial.models>
type Services = Layer.Success<Models> | ResultStore.ResultStore

const test = (
  what: string,
  body: Effect.Effect<void, unknown, Services>,
  models: Models = CompareTrial.models(),
  store: Layer.Layer<ResultStore.ResultStore, unknown> = ResultStore.layerMemory
) => it.effect(what, () => Effect.provide(body, Layer.merge(models, store)))

describe("cells that the service was too busy for", () => {
  test(
    "are tried once more at the end, when it had time to recover",
    Effect.gen(function* () {
      const { summary } = yield* CompareTrial.untilDone(CompareModels.run(CompareTrial.options(12)))
      for (const name of ["flash", "careful", "lite"]) {
        assert.deepInclude(CompareTrial.candidate(summary, name), { n_valid: 12, n_error: 0, errors: {} })
      }
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 15, careful: 12, lite: 24 })
      const cells = (yield* Trial.keptCells()).filter(({ candidate }) => candidate === "flash")
      const second = cells.slice(12).map(({ row }) => row)
      assert.deepStrictEqual(second.toSorted(), [1, 2, 3], "after all others")
    }),
    (() => {
      const storm = CompareTrial.failing(CompareTrial.busy, 1, (candidate) => candidate === "lite")
      const some = CompareTrial.failing(
        CompareTrial.unavailable,
        1,
        (candidate, row) => candidate === "flash" && row > 0 && row < 4
      )
      return CompareTrial.models((candidate, row) => storm(candidate, row) ?? some(candidate, row))
    })()
  )

  test(
    "stay failed after the second time, and so does what no waiting mends",
    Effect.gen(function* () {
      const { summary } = yield* CompareTrial.untilDone(CompareModels.run(CompareTrial.options(5)))
      assert.deepInclude(CompareTrial.candidate(summary, "flash"), {
        n_error: 2,
        errors: { ContentBlocked: 1, Unavailable: 1 }
      })
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 6, careful: 5, lite: 5 })
      const again = yield* CompareTrial.untilDone(CompareModels.run(CompareTrial.options(5)))
      assert.strictEqual(again.resumed, 13)
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 8, careful: 5, lite: 5 })
    }),
    (() => {
      const storm = CompareTrial.failing(
        CompareTrial.unavailable,
        2,
        (candidate, row) => candidate === "flash" && row === 1
      )
      const blocked = CompareTrial.failing(
        VertexTest.blocked(),
        1,
        (candidate, row) => candidate === "flash" && row === 2
      )
      return CompareTrial.models((candidate, row) => storm(candidate, row) ?? blocked(candidate, row))
    })()
  )

  test(
    "do not hold up candidates that have none, and wait no longer than needed",
    Effect.gen(function* () {
      const done: Array<readonly [string, number]> = []
      const started = yield* Clock.currentTimeMillis
      const onProgress: CompareTrial.Options["onProgress"] = ({ candidates }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          for (const { activity, candidate } of candidates) {
            if (activity._tag === "Done" && !done.some(([name]) => name === candidate))
              done.push([candidate, now - started])
            if (candidate === "lite" && activity._tag === "BackingOff")
              assert.closeTo(activity.untilMs, started + 11_000, 200)
          }
        })
      yield* CompareTrial.untilDone(CompareModels.run(CompareTrial.options(4, { onProgress })), "100 millis")
      const at = new Map(done)
      assert.isBelow(at.get("flash") ?? Infinity, 2_000)
      assert.isBelow(at.get("careful") ?? Infinity, 2_000)
      // One second for the answers, ten for the service, one for the answers that were missing.
      assert.closeTo(at.get("lite") ?? 0, 12_000, 400)
    }),
    (() => {
      const storm = CompareTrial.failing(CompareTrial.busy, 1, (candidate) => candidate === "lite")
      return CompareTrial.models((candidate, row) =>
        Effect.delay(
          Effect.sync(() => storm(candidate, row) ?? CompareTrial.answerOf(candidate, `article ${row}`)),
          "1 second"
        )
      )
    })()
  )

  test(
    "are judged again without being answered again, when it was the judge",
    Effect.gen(function* () {
      const options = CompareTrial.options(4, { candidates: [CompareTrial.flash], metrics: ["rouge_1", "fluency"] })
      const { summary } = yield* CompareTrial.untilDone(CompareModels.run(options))
      assert.deepInclude(CompareTrial.candidate(summary, "flash").metrics["fluency"], { n_valid: 4, n_error: 0 })
      assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 4, judge: 6 })
    }),
    (() => {
      let calls = 0
      return CompareTrial.models(undefined, () => (++calls <= 2 ? CompareTrial.busy : Trial.verdict(3)))
    })()
  )
})

describe("resuming", () => {
  test(
    "pays only for what is missing, from any point, and gives the same summary byte for byte",
    Effect.gen(function* () {
      const { judges, pairwise } = CompareTrial
      const options = CompareTrial.options(7, { metrics: ["rouge_1", "fluency", pairwise], repeats: 2 })
      const whole = yield* CompareModels.run(options).pipe(
        Effect.provide(Layer.merge(CompareTrial.models(undefined, judges), Layer.fresh(ResultStore.layerMemory)))
      )
      const expected = ComparisonSummary.toJson(whole.summary)
      for (const requests of [1, 10, 41, 60, 83, 100, 111]) {
        yield* Effect.gen(function* () {
          const stopped = yield* Effect.flip(BudgetGuard.within(CompareModels.run(options), { requests }))
          assert.strictEqual(stopped._tag, "ComparisonStopped")
          const { summary } = yield* CompareModels.run(options)
          assert.strictEqual(ComparisonSummary.toJson(summary), expected, `stopped after ${requests} calls`)
          const { judge, ...answers } = yield* CompareTrial.asked
          assert.deepStrictEqual(answers, { flash: 14, careful: 14, lite: 14 })
          assert.strictEqual(judge, 42 + 28, "each score was paid once")
        }).pipe(
          Effect.provide(Layer.merge(CompareTrial.models(undefined, judges), Layer.fresh(ResultStore.layerMemory)))
        )
      }
    })
  )

  test(
    "scores the answers again when a metric is defined otherwise, and generates nothing",
    Effect.gen(function* () {
      const overlap = (type: "rouge_1" | "rouge_2"): ComputedMetric.ComputedMetric => ({
        _tag: "Computed",
        name: "overlap",
        inputs: ["response", "reference"],
        scale: Scale.share,
        measure: { _tag: "Rouge", type }
      })
      const run = (type: "rouge_1" | "rouge_2") =>
        CompareModels.run(CompareTrial.options(5, { metrics: ["exact_match", overlap(type)] }))
      const of = (summary: ComparisonSummary.ComparisonSummary) =>
        CompareTrial.candidate(summary, "flash").metrics["overlap"]
      const first = yield* run("rouge_1")
      const before = yield* CompareTrial.asked
      const second = yield* run("rouge_2")
      assert.strictEqual(second.resumed, 0)
      assert.isBelow(of(second.summary)?.mean ?? 1, of(first.summary)?.mean ?? 0)
      assert.strictEqual(of(second.summary)?.n_valid, 5)
      assert.deepStrictEqual(yield* CompareTrial.asked, before)
      const { manifest } = yield* (yield* ResultStore.ResultStore).read("run")
      assert.include(JSON.stringify(manifest.metrics), "rouge_2")
      const scores = yield* RowScores.read("run", ["overlap"], { candidate: "flash" })
      const mean = [...(scores.get("overlap")?.values() ?? [])].reduce((sum, score) => sum + score, 0) / 5
      assert.closeTo(mean, of(second.summary)?.mean ?? NaN, 1e-12)
      assert.strictEqual((yield* run("rouge_2")).resumed, 15)
      const fs = yield* Effect.provide(FileSystem.FileSystem, NodeServices.layer)
      const written = yield* fs.readFileString(`${second.place}/summary.json`)
      assert.strictEqual(written, ComparisonSummary.toJson(second.summary))
      const fresh = yield* Effect.provide(
        run("rouge_2"),
        Layer.merge(CompareTrial.models(), Layer.fresh(ResultStore.layerMemory))
      )
      assert.strictEqual(ComparisonSummary.toJson(second.summary), ComparisonSummary.toJson(fresh.summary))
    }),
    CompareTrial.models(),
    Trial.directory
  )

  test(
    "refuses other candidates, data, metrics and repeats, and takes another baseline for computed metrics",
    Effect.gen(function* () {
      yield* CompareModels.run(CompareTrial.options(3))
      const before = yield* CompareTrial.asked
      for (const [changes, path] of [
        [{ candidates: [CompareTrial.flash, CompareTrial.careful] }, "candidates.lite"],
        [{ dataset: Trial.dataset(Trial.articles(4)) }, "dataset.rows"],
        [{ metrics: ["rouge_1"] }, "metrics.exact_match"],
        [{ repeats: 2 }, "repeats"],
        [{ settings: { judge: "x" } }, "settings.judge"]
      ] as const) {
        const error = yield* Effect.flip(CompareModels.run(CompareTrial.options(3, changes)))
        assert.strictEqual(error._tag, "RunMismatch")
        assert.include(error.message, path)
      }
      const { manifest, summary } = yield* CompareModels.run(
        CompareTrial.options(3, { baseline: "lite", primaryMetric: "rouge_1" })
      )
      assert.deepInclude(summary, { baseline: "lite", primary_metric: "rouge_1" })
      assert.strictEqual(manifest.baseline, "lite")
      assert.deepStrictEqual(yield* CompareTrial.asked, before)
    })
  )

  test(
    "is refused while the run is being worked on",
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const held = CompareTrial.models(() => Effect.andThen(Deferred.succeed(reached, undefined), Effect.never))
      const first = yield* Effect.forkChild(Effect.provide(CompareModels.run(CompareTrial.options(3)), held))
      yield* Deferred.await(reached)
      const error = yield* Effect.flip(CompareModels.run(CompareTrial.options(3)))
      assert.strictEqual(error._tag, "RunLocked")
      assert.deepStrictEqual(yield* CompareTrial.asked, {})
      yield* CompareTrial.untilDone(Fiber.interrupt(first))
    }),
    CompareTrial.models(),
    Trial.directory
  )

  test(
    "goes on after an interruption, which keeps what the calls in flight bring",
    Effect.gen(function* () {
      const options = CompareTrial.options(10, { concurrency: { total: 6 } })
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(CompareModels.run(options))
        yield* Effect.repeat(TestClock.adjust("100 millis"), { times: 15 })
        yield* CompareTrial.untilDone(Fiber.interrupt(fiber))
        const paid = Object.values(yield* CompareTrial.asked).reduce((sum, count) => sum + count, 0)
        const cells = yield* Trial.keptCells()
        assert.isAbove(paid, 5)
        assert.isBelow(paid, 30)
        assert.lengthOf(cells, paid)
        assert.isTrue(cells.every(({ response }) => response !== undefined))
      }).pipe(
        Effect.provide(
          CompareTrial.models((name, row) =>
            Effect.delay(Effect.succeed(CompareTrial.answerOf(name, `article ${row}`)), "1 second")
          )
        )
      )
      const kept = (yield* Trial.keptCells()).length
      const { summary } = yield* CompareModels.run(options)
      assert.isTrue(summary.candidates.every(({ metrics }) => metrics["rouge_1"]?.n_valid === 10))
      assert.strictEqual(
        Object.values(yield* CompareTrial.asked).reduce((sum, count) => sum + count, 0),
        30 - kept
      )
    })
  )
})

describe("results that cannot be kept", () => {
  it.effect("end the run in the middle: nothing that is paid is lost, and the run goes on when there is room", () =>
    Effect.gen(function* () {
      const memory = yield* ResultStore.ResultStore
      let appended = 0
      let full = true
      const failure = { runId: "run", operation: "append", place: "disk", reason: "ENOSPC: no space left" } as const
      const store: ResultStore.ResultStore["Service"] = {
        ...memory,
        open: (manifest) =>
          Effect.map(memory.open(manifest), (run) => ({
            ...run,
            append: (cell) =>
              Effect.suspend(() =>
                full && ++appended > 20 ? Effect.fail(new ResultStore.ResultStoreError(failure)) : run.append(cell)
              )
          }))
      }
      const run = Effect.provideService(CompareModels.run(CompareTrial.options(50)), ResultStore.ResultStore, store)
      const error = yield* Effect.flip(run)
      assert.strictEqual(error._tag, "ComparisonStopped")
      if (error._tag !== "ComparisonStopped") return
      assert.include(error.message, "no space left")
      assert.include(error.message, "could not be kept")
      const paid = Object.values(yield* CompareTrial.asked).reduce((sum, count) => sum + count, 0)
      assert.isBelow(paid, 60)
      assert.strictEqual(error.unsaved.length + 20, paid, "every answer that was paid is kept or given back")
      assert.strictEqual(
        error.summary.candidates.reduce((sum, { n_total }) => sum + n_total, 0),
        20
      )
      full = false
      const { resumed, summary } = yield* run
      assert.strictEqual(resumed, 20)
      assert.isTrue(summary.candidates.every(({ n_valid }) => n_valid === 50))
    }).pipe(Effect.provide(Layer.merge(CompareTrial.models(), Layer.fresh(ResultStore.layerMemory))))
  )

  it.effect("are refused before anything is paid, where the directory cannot be written", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const root = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${root}/file`, "not a directory")
      const store = ResultStore.layerDirectory(`${root}/file/runs`)
      const error = yield* Effect.flip(Effect.provide(CompareModels.run(CompareTrial.options(3)), store))
      assert.strictEqual(error._tag, "ResultStoreError")
      assert.include(error.message, "file/runs")
      assert.deepStrictEqual(yield* CompareTrial.asked, {})
    }).pipe(Effect.provide(Layer.merge(CompareTrial.models(), NodeServices.layer)))
  )
})
