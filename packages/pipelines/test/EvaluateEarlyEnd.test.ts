import { VertexTest } from "@genops/vertex/testing"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Cell from "../src/Cell.ts"
import * as Evaluate from "../src/Evaluate.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as RunSummary from "../src/RunSummary.ts"
import * as Trial from "./EvaluateTrial.ts"

const test = (
  what: string,
  body: Effect.Effect<void, unknown, Layer.Success<ReturnType<typeof Trial.models>> | ResultStore.ResultStore>,
  models: ReturnType<typeof Trial.models> = Trial.models()
) => it.effect(what, () => Effect.provide(body, Layer.merge(models, ResultStore.layerMemory)))

describe("a run is ended early", () => {
  const stopped = (
    what: string,
    tag: string,
    options: Trial.Options,
    models: ReturnType<typeof Trial.models>,
    check: (
      error: Evaluate.RunStopped
    ) => Effect.Effect<void, unknown, VertexTest.VertexTest | ResultStore.ResultStore>,
    around: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, unknown, R | Layer.Success<typeof models>> = (
      self
    ) => self
  ) =>
    test(
      what,
      Effect.gen(function* () {
        const error = yield* Effect.flip(around(Evaluate.run(options)))
        assert.instanceOf(error, Evaluate.RunStopped)
        if (!(error instanceof Evaluate.RunStopped)) return
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.message, "run again with the run id run")
        yield* check(error)
      }),
      models
    )

  stopped(
    "when the budget is used up, with what is done kept and resumed for no more than what is missing",
    "BudgetExceeded",
    Trial.options(Trial.articles(50), { concurrency: 4 }),
    Trial.models(),
    ({ summary }) =>
      Effect.gen(function* () {
        const { generated, judged } = yield* Trial.calls
        assert.isAbove(summary.n_total, 2)
        assert.isBelow(summary.n_total, 50)
        assert.strictEqual(generated + judged, 20)
        const complete = yield* Evaluate.run(Trial.options(Trial.articles(50))).pipe(Effect.provide(Trial.models()))
        assert.strictEqual(complete.summary.n_total, 50)
        assert.strictEqual(complete.summary.n_error, 0)
        const paid = (yield* Trial.keptCells()).reduce(
          (sum, { spent }) => sum + Number(spent.generation > 0n) + Number(spent.judge > 0n),
          0
        )
        assert.strictEqual(paid, 100, "each answer and each score was paid once")
      }),
    BudgetGuard.within({ name: "run", requests: 20 })
  )

  stopped(
    "by a model that does not exist, after the calls in flight",
    "VertexError",
    Trial.options(Trial.articles(100), { concurrency: 3 }),
    Trial.models(() =>
      VertexTest.fail(new VertexError.NotFound({ resource: "gemini-9", description: "no such model", suggestions: [] }))
    ),
    ({ summary }) =>
      Effect.gen(function* () {
        assert.strictEqual(summary.n_total, 0)
        assert.isAtMost((yield* Trial.calls).generated, 3)
      })
  )

  test(
    "but not by a budget of single requests that is to be skipped",
    Effect.gen(function* () {
      const rows = [...Trial.articles(3), { ...Trial.article(3), article: "article 3 ".repeat(100) }, Trial.article(4)]
      const { summary } = yield* Evaluate.run(
        Trial.options(rows, { onBudgetExceeded: "skip", metrics: ["rouge_1"] })
      ).pipe(BudgetGuard.perRequest({ inputTokens: 100 }))
      assert.deepInclude(summary, {
        n_total: 5,
        n_valid: 4,
        n_error: 1,
        errors: { BudgetExceeded: 1 },
        cost_unknown: 0
      })
    })
  )

  it.effect("when results cannot be kept, and gives back what could not", () =>
    Effect.gen(function* () {
      const memory = yield* ResultStore.ResultStore
      let appended = 0
      const full = new ResultStore.ResultStoreError({
        runId: "run",
        operation: "append",
        place: "disk",
        reason: "no space"
      })
      const store: ResultStore.ResultStore["Service"] = {
        ...memory,
        open: (manifest) =>
          Effect.map(memory.open(manifest), (run) => ({
            ...run,
            append: (cell) => Effect.suspend(() => (++appended > 5 ? Effect.fail(full) : run.append(cell)))
          }))
      }
      const error = yield* Effect.flip(
        Effect.provideService(
          Evaluate.run(Trial.options(Trial.articles(50), { concurrency: 4 })),
          ResultStore.ResultStore,
          store
        )
      )
      assert.instanceOf(error, Evaluate.RunStopped)
      if (!(error instanceof Evaluate.RunStopped)) return
      assert.strictEqual(error.reason, full)
      const { generated } = yield* Trial.calls
      assert.strictEqual((yield* Trial.keptCells()).length, 5)
      assert.strictEqual(error.unsaved.length + 5, generated, "every answer that was paid is kept or given back")
    }).pipe(Effect.provide(Layer.merge(Trial.models(), ResultStore.layerMemory)))
  )

  it.effect("by an interruption, with finished rows and paid answers kept", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      let judged = 0
      const models = Trial.models(undefined, () =>
        Effect.suspend(() =>
          ++judged < 4
            ? Effect.succeed(Trial.verdict(4))
            : Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
        )
      )
      const options = Trial.options(Trial.articles(10), { concurrency: 2 })
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Evaluate.run(options))
        yield* Deferred.await(reached)
        const interrupt = yield* Effect.forkChild(Fiber.interrupt(fiber))
        // A call that never ends is waited for; the row that comes to its call meanwhile, too.
        yield* Effect.repeat(TestClock.adjust("1 second"), {
          until: () => interrupt.pollUnsafe() !== undefined,
          times: 60
        })
        yield* Fiber.join(interrupt)
        const { generated } = yield* Trial.calls
        const cells = yield* Trial.keptCells()
        assert.strictEqual(cells.length, generated)
        const unfinished = cells.filter((cell) => !Cell.isFinished(cell, ["exact_match", "rouge_1", "fluency"]))
        assert.isAbove(unfinished.length, 0)
      }).pipe(Effect.provide(models))
      const before = yield* Trial.keptCells()
      yield* Effect.gen(function* () {
        const { summary } = yield* Evaluate.run(options)
        assert.deepInclude(summary, { n_total: 10, n_valid: 10 })
        assert.strictEqual((yield* Trial.calls).generated, 10 - before.length)
      }).pipe(Effect.provide(Trial.models()))
    }).pipe(Effect.provide(ResultStore.layerMemory))
  )

  it.effect("by an interruption, after the calls in flight: what they bring is kept", () =>
    Effect.gen(function* () {
      const models = Trial.models((_, input) => Effect.delay(Effect.succeed(Trial.summaryOf(input)), "3 seconds"))
      const options = Trial.options(Trial.articles(10), { concurrency: 4 })
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Evaluate.run(options))
        yield* TestClock.adjust("4 seconds")
        const interrupt = yield* Effect.forkChild(Fiber.interrupt(fiber))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(interrupt)
        const cells = yield* Trial.keptCells()
        assert.strictEqual((yield* Trial.calls).generated, 8)
        assert.strictEqual(new Set(cells.map(({ rowId }) => rowId)).size, 8)
        assert.isTrue(cells.every(({ response }) => response !== undefined))
      }).pipe(Effect.provide(models))
    }).pipe(Effect.provide(ResultStore.layerMemory))
  )
})

describe("resuming", () => {
  test(
    "refuses another configuration, other data, other metrics",
    Effect.gen(function* () {
      const rows = Trial.articles(3)
      yield* Evaluate.run(Trial.options(rows))
      const before = yield* Trial.calls
      for (const [changes, path] of [
        [{ configuration: { ...Trial.configuration, generationConfig: { temperature: 0.7 } } }, "temperature"],
        [{ dataset: Trial.dataset(Trial.articles(4)) }, "dataset.rows"],
        [{ dataset: Trial.dataset(rows.map((row) => ({ ...row, article: "changed" }))) }, "dataset.sha256"],
        [{ metrics: ["exact_match", "fluency"] }, "rouge_1"],
        [{ seed: 7 }, "seed"],
        [{ settings: { judge: "another" } }, "settings.judge"]
      ] as const) {
        const error = yield* Effect.flip(Evaluate.run(Trial.options(rows, changes)))
        assert.strictEqual(error._tag, "RunMismatch")
        assert.include(error.message, path)
      }
      assert.deepStrictEqual(yield* Trial.calls, before)
    })
  )

  it.effect("from any point gives the summary of an uninterrupted run, byte for byte", () =>
    Effect.gen(function* () {
      const rows = Trial.articles(12)
      const options = Trial.options(rows, { concurrency: 3 })
      const judges = (_: unknown, input: string) => Trial.verdict(1 + (input.length % 5))
      const whole = yield* Evaluate.run(options).pipe(
        Effect.provide(Layer.merge(Trial.models(undefined, judges), ResultStore.layerMemory))
      )
      const expected = RunSummary.toJson({ candidates: [whole.summary] })
      for (const requests of [1, 2, 5, 11, 23]) {
        const resumed = Effect.gen(function* () {
          yield* Effect.exit(BudgetGuard.within(Evaluate.run(options), { requests }))
          return yield* Evaluate.run(options)
        }).pipe(Effect.provide(Layer.merge(Trial.models(undefined, judges), ResultStore.layerMemory)))
        assert.strictEqual(RunSummary.toJson({ candidates: [(yield* resumed).summary] }), expected)
      }
    })
  )
})
