/** A tuning step on the engine of the cluster, whose processes end and begin again over the same records. */
import * as Money from "@genops/core/Money"
import type * as Tuning from "@genops/vertex/Tuning"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as Trial from "./DurableTrial.ts"
import * as Run from "./TuneRun.ts"

const end = () => ({ state: "SUCCEEDED", billableTokens: 120_000 })
const states = Effect.map(TuningTest.jobs, (jobs) => jobs.map(({ state }) => state))
const countOf = (kind: TuningTest.Call["request"]) =>
  Effect.map(TuningTest.calls, (calls) => calls.filter(({ request }) => request === kind).length)

/** The program in processes that live as long as an effect. */
const processes = (plan: () => Run.Plan = () => ({})) => {
  const { registered, told } = Run.program(plan)
  const engine = registered.pipe(Layer.provideMerge(Trial.process))
  const within = <A, E, R>(life: Effect.Effect<A, E, R>) => Effect.scoped(Effect.provide(life, engine, { local: true }))
  return { told, within }
}

const start = Run.workflow.execute({ id: Run.runId }, { discard: true })
const day = TestClock.setTime(Date.parse("2026-09-01"))

/** A test over records and jobs that outlive the processes. */
const over = (
  service: TuningTest.Options,
  test: Effect.Effect<void, unknown, Tuning.Tuning | TuningTest.TuningTest | Layer.Success<typeof Trial.records>>
) => Effect.andThen(day, test).pipe(Effect.provide(Trial.records), Effect.provide(TuningTest.layer(service)))

/** Lets the time pass until a fiber has ended; what is not on the test clock gets its turn. */
const ended = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.gen(function* () {
    for (let turns = 0; turns < 600 && fiber.pollUnsafe() === undefined; turns++) {
      yield* TestClock.withLive(Effect.sleep("1 millis"))
      yield* TestClock.adjust("1 second")
    }
    assert(fiber.pollUnsafe() !== undefined, "the process does not end")
    return yield* Fiber.join(fiber)
  })

describe("a process that ends", () => {
  it.effect("while it waits for the job: another one goes on, and books the same", () => {
    const { told, within } = processes(() => ({ limits: { name: "run", usd: "1.00" } }))
    return over(
      { end },
      Effect.gen(function* () {
        const id = yield* within(Effect.tap(start, () => TestClock.adjust("10 minutes")))
        assert.deepStrictEqual(yield* states, ["RUNNING"])
        yield* TestClock.adjust("1 hour")
        const tuned = yield* within(Effect.andThen(TestClock.adjust("2 minutes"), Run.resultOf(id)))
        assert.strictEqual(tuned.cost, Money.usd("0.6"))
        assert.strictEqual(told.books?.spent.usd, Money.usd("0.6"))
        assert.deepStrictEqual([yield* countOf("create"), yield* countOf("cancel")], [1, 0])
      })
    )
  })

  for (const [what, way] of [
    ["before it has arrived", { before: "30 seconds" }],
    ["before it is answered", { after: "30 seconds" }]
  ] as const) {
    it.effect(`while the creation is under way, ${what}: another one waits, looks, and takes the job`, () => {
      const { within } = processes()
      return over(
        { end, listLag: "5 seconds", takes: ({ request }) => (request === "create" ? way : undefined) },
        Effect.gen(function* () {
          // It ends when what is under way has ended, or is cut off.
          const life = yield* Effect.forkChild(within(Effect.tap(start, () => Effect.sleep("10 seconds"))))
          const id = yield* ended(life)
          const tuned = yield* within(Effect.andThen(TestClock.adjust("1 hour"), Run.resultOf(id)))
          assert.match(tuned.job, /tuningJobs\/1$/)
          assert.lengthOf(yield* states, 1)
          assert.deepStrictEqual([yield* countOf("create"), yield* countOf("cancel")], [1, 0])
        })
      )
    })
  }

  it.effect("before a cancellation: the next one cancels the job", () => {
    const { within } = processes()
    return over(
      {},
      Effect.gen(function* () {
        const id = yield* within(Effect.tap(start, () => TestClock.adjust("10 minutes")))
        assert.deepStrictEqual(yield* states, ["RUNNING"])
        const state = yield* within(
          Effect.gen(function* () {
            yield* Run.workflow.interrupt(id)
            yield* TestClock.adjust("10 seconds")
            return yield* Run.stateOf(id)
          })
        )
        assert.isTrue(typeof state !== "string" && Exit.hasInterrupts(state))
        assert.deepStrictEqual(yield* states, ["CANCELLING"])
      })
    )
  })
})

describe("a cancelled run", () => {
  it.effect("leaves its job when it is detached", () => {
    const { within } = processes(() => ({ detach: true }))
    return over(
      {},
      within(
        Effect.gen(function* () {
          const id = yield* start
          yield* TestClock.adjust("10 minutes")
          yield* Run.workflow.interrupt(id)
          yield* TestClock.adjust("10 seconds")
          const state = yield* Run.stateOf(id)
          assert.isTrue(typeof state !== "string" && Exit.hasInterrupts(state))
          assert.deepStrictEqual(yield* states, ["RUNNING"])
        })
      )
    )
  })
})
