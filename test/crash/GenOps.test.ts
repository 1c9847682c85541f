/** The GenOps pipeline on the engine in memory, over Google's protocols against the emulator. */
import * as Money from "@genops/core/Money"
import { Emulator } from "@genops/emulator"
import * as Approval from "@genops/pipelines/Approval"
import * as Engine from "@genops/pipelines/Engine"
import * as GenOps from "@genops/pipelines/GenOps"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Runs from "@genops/pipelines/Runs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scene from "./Scene.ts"

const live = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    GenOps.layer(Scene.options).pipe(
      Layer.provideMerge(Engine.layerMemory),
      Layer.provideMerge(Layer.merge(Scene.layer(url), ResultStore.layerMemory))
    )
  )
).pipe(Layer.provideMerge(Emulator.layer({ tuning: { seconds: 0.5 } })))

const data = Effect.gen(function* () {
  const { url } = yield* Emulator.Emulator
  yield* Scene.makeBucket(url)
  yield* Scene.uploadTest
})

const test = <E>(what: string, body: Effect.Effect<void, E, Layer.Success<typeof live>>) =>
  it.live(what, () => Effect.provide(Effect.andThen(data, body), live))

/** What the emulator has in its book: calls that are paid, and jobs. */
const book = Effect.flatMap(Emulator.Emulator, ({ requests }) =>
  Effect.map(requests, ({ counts, jobs }) => ({ jobs: jobs.length, calls: counts["generateContent"] }))
)

const stateOf = Effect.map(Runs.inspect(GenOps.GenOps, Scene.payload.runId), ({ state }) => state)
const until = (tag: Runs.State["_tag"]) =>
  Effect.repeat(Effect.delay(stateOf, "50 millis"), { until: ({ _tag }) => _tag === tag })

describe("GenOps", () => {
  test(
    "tunes, evaluates both models, passes the gate and answers with the tuned one, in one budget",
    Effect.gen(function* () {
      yield* Scene.uploadTraining
      const outcome = yield* Runs.run(GenOps.GenOps, Scene.payload)
      const { answers, approval, evaluation, gate, spentUsd, training, tuned, uncertainUsd } = outcome
      assert.strictEqual(training.examples, 20)
      assert.deepStrictEqual([gate.refused, approval, uncertainUsd], [null, null, 0n])
      assert.deepStrictEqual([evaluation.base.n_valid, evaluation.tuned.n_valid], [Scene.rows, Scene.rows])
      const [base, its] = [evaluation.base, evaluation.tuned].map(
        ({ metrics }) => metrics["rouge_1"]?.mean ?? Number.NaN
      )
      assert.isAbove(its ?? Number.NaN, base ?? Number.NaN)
      assert.match(answers[0]?.text ?? "", /E34/)
      assert.deepStrictEqual(yield* book, { jobs: 1, calls: 2 * Scene.rows + 1 })
      const emulator = yield* Emulator.Emulator
      const last = (yield* emulator.requests).recent.findLast(({ operation }) => operation === "generateContent")
      assert.include(last?.path, tuned.endpoint)
      // The training, both evaluations, and the answer, whose cost is what is left.
      const { base: one, tuned: other } = evaluation
      const known = Money.ReducerSum.combineAll([tuned.cost ?? Money.zero, one.cost_usd, other.cost_usd])
      const answer = Money.minusOrZero(spentUsd, known)
      assert.isTrue(answer > 0n && answer < Money.usd("0.01"), Money.format(answer))
    })
  )

  test(
    "says what a run would cost without paying for anything, and the run costs no more",
    Effect.gen(function* () {
      yield* Scene.uploadTraining
      const { parts, total } = yield* GenOps.plan(Scene.payload)
      assert.deepStrictEqual(yield* book, { jobs: 0, calls: 0 })
      assert.strictEqual(total.worst, Money.ReducerSum.combineAll(Object.values(parts).map(({ worst }) => worst)))
      const { spentUsd, tuned } = yield* Runs.run(GenOps.GenOps, Scene.payload)
      assert.isTrue(spentUsd <= total.worst && (tuned.cost ?? Money.zero) <= parts.tuning.worst)
      // What is planned at worst is enough, and a millionth of a dollar less is not.
      yield* Runs.run(GenOps.GenOps, { ...Scene.payload, runId: "enough", budgetUsd: total.worst })
      const short = {
        ...Scene.payload,
        runId: "short",
        budgetUsd: Money.minusOrZero(total.worst, Money.usd("0.000001"))
      }
      const parked = yield* Effect.flip(Runs.run(GenOps.GenOps, short))
      assert.propertyVal(parked, "tag", "BudgetExceeded")
    })
  )

  test(
    "generates nothing when the gate refuses, and says why",
    Effect.gen(function* () {
      yield* Scene.uploadTraining
      const { answers, approval, gate } = yield* Runs.run(GenOps.GenOps, {
        ...Scene.payload,
        gate: { exact_match: { atLeast: 1 } },
        approval: true
      })
      assert.deepStrictEqual([answers, approval], [[], null])
      assert.match(gate.refused?.message ?? "", /exact_match/)
      assert.deepStrictEqual(yield* book, { jobs: 1, calls: 2 * Scene.rows })
    })
  )

  test(
    "parks before anything is paid when the budget does not hold all of it",
    Effect.gen(function* () {
      yield* Scene.uploadTraining
      const parked = yield* Effect.flip(Runs.run(GenOps.GenOps, { ...Scene.payload, budgetUsd: Money.usd("0.10") }))
      assert.deepInclude(parked, { _tag: "RunParked", step: "check money", tag: "BudgetExceeded" })
      assert.match(parked.message, /tuning \$.+ \+ two evaluations \$.+ \+ answers \$/)
      assert.deepStrictEqual(yield* book, { jobs: 0, calls: 0 })
    })
  )

  test(
    "refuses what cannot be decided on before it waits for anything",
    Effect.gen(function* () {
      for (const [wrong, tag] of [
        [{ metrics: ["a metric of nobody"], gate: {} }, "UnknownMetric"],
        [{ gate: { rouge_2: { atLeast: 0.3 } } }, "InvalidThreshold"]
      ] as const) {
        const failed = yield* Effect.flip(Runs.run(GenOps.GenOps, { ...Scene.payload, ...wrong, runId: tag }))
        assert.deepInclude(failed, { _tag: "RunParked", step: null, tag })
      }
      const emulator = yield* Emulator.Emulator
      assert.strictEqual((yield* emulator.requests).counts["storage.objects.get"], 0)
    })
  )

  test(
    "refuses a gate that the test data is too short for before it pays",
    Effect.gen(function* () {
      yield* Scene.uploadTraining
      const gate = { rouge_1: { notWorseThanBaseline: { alpha: 0.001 } } }
      const failed = yield* Effect.flip(Runs.run(GenOps.GenOps, { ...Scene.payload, gate }))
      assert.deepInclude(failed, { _tag: "RunParked", step: "check money", tag: "InvalidThreshold" })
      assert.include(failed.message, "it needs 11 rows, the test data has 6")
      assert.deepStrictEqual(yield* book, { jobs: 0, calls: 0 })
    })
  )

  test(
    "waits for data that comes later",
    Effect.gen(function* () {
      const run = yield* Effect.forkChild(Runs.run(GenOps.GenOps, Scene.payload))
      yield* until("Waiting")
      yield* Effect.sleep("500 millis")
      assert.deepStrictEqual(yield* book, { jobs: 0, calls: 0 })
      yield* Scene.uploadTraining
      const { answers } = yield* Fiber.join(run)
      assert.lengthOf(answers, 1)
    })
  )

  describe("asks a person after the gate", () => {
    const asked = Effect.gen(function* () {
      yield* Scene.uploadTraining
      const run = yield* Effect.forkChild(Runs.run(GenOps.GenOps, { ...Scene.payload, approval: true }))
      yield* Effect.repeat(Effect.delay(stateOf, "50 millis"), {
        until: (state) => state._tag === "Waiting" && state.decisions.length > 0
      })
      assert.deepStrictEqual(yield* book, { jobs: 1, calls: 2 * Scene.rows })
      return run
    })
    const decision = { name: GenOps.approvalName, by: "ada@acme.test", reason: "as agreed" }

    test(
      "and answers when it is approved",
      Effect.gen(function* () {
        const run = yield* asked
        const { question } = yield* Approval.pending(GenOps.GenOps, Scene.payload.runId, GenOps.approvalName)
        assert.nestedProperty(question, "metrics.rouge_1/mean")
        yield* Approval.approve(GenOps.GenOps, Scene.payload.runId, decision)
        const { answers, approval } = yield* Fiber.join(run)
        assert.deepStrictEqual([answers.length, approval?.by], [1, decision.by])
      })
    )

    test(
      "and answers nothing when it is rejected",
      Effect.gen(function* () {
        const run = yield* asked
        yield* Approval.reject(GenOps.GenOps, Scene.payload.runId, decision)
        const failed = yield* Effect.flip(Fiber.join(run))
        assert.deepInclude(failed, { _tag: "RunParked", tag: "ApprovalRejected" })
        assert.deepStrictEqual(yield* book, { jobs: 1, calls: 2 * Scene.rows })
      })
    )
  })
})
