/** Waiting for a job and finding it again, on the test clock. */
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"

const request = { model: "gemini-2.5-flash", trainingData: "gs://acme/train.jsonl", labels: { key: "a" } } as const
const unavailable = new VertexError.Unavailable({ description: "down" })

const after = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  ...times: ReadonlyArray<"30 seconds" | "10 minutes" | "1 hour">
) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    for (const time of times) yield* TestClock.adjust(time)
    return fiber
  })

describe("wait", () => {
  it.effect("looks every interval until the end", () =>
    Effect.gen(function* () {
      const job = yield* Tuning.create(request)
      const fiber = yield* after(Tuning.wait(job, { interval: "10 minutes" }), "1 hour")
      const ended = yield* Fiber.join(fiber)
      assert.strictEqual(ended.state, "SUCCEEDED")
      const looks = (yield* TuningTest.calls).filter(({ request }) => request === "get")
      assert.lengthOf(looks, 5)
    }).pipe(Effect.provide(TuningTest.layer()))
  )

  it.effect("outlives an outage of five intervals, and no more", () =>
    Effect.gen(function* () {
      const job = yield* Tuning.create(request)
      const fiber = yield* after(Effect.result(Tuning.wait(job)), "1 hour", "1 hour")
      const ended = yield* Fiber.join(fiber)
      assert.strictEqual(ended._tag, "Success")
    }).pipe(
      Effect.provide(
        TuningTest.layer({ fail: (_, index) => (index >= 3 && index < 8 ? { reason: unavailable } : undefined) })
      )
    )
  )

  it.effect("fails when the service stays away", () =>
    Effect.gen(function* () {
      const job = yield* Tuning.create(request)
      const fiber = yield* after(Effect.flip(Tuning.wait(job)), "1 hour")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "VertexError")
    }).pipe(Effect.provide(TuningTest.layer({ fail: (_, index) => (index > 0 ? { reason: unavailable } : undefined) })))
  )

  it.effect("says after the time that the job goes on", () =>
    Effect.gen(function* () {
      const job = yield* Tuning.create(request)
      const fiber = yield* after(Effect.flip(Tuning.wait(job, { timeout: "10 minutes" })), "10 minutes")
      const error = yield* Fiber.join(fiber)
      assert(error._tag === "TuningUnfinished")
      assert.deepStrictEqual([error.job, error.state], [job.name, "RUNNING"])
      assert.strictEqual((yield* Tuning.get(job.name)).state, "RUNNING")
    }).pipe(Effect.provide(TuningTest.layer()))
  )

  it.effect("leaves the job when it is interrupted, and cancels it when asked to", () =>
    Effect.gen(function* () {
      const [left, cancelled] = [yield* Tuning.create(request), yield* Tuning.create(request)]
      yield* Effect.flatMap(after(Tuning.wait(left), "10 minutes"), Fiber.interrupt)
      yield* Effect.flatMap(after(Tuning.wait(cancelled, { cancelOnInterrupt: true }), "10 minutes"), Fiber.interrupt)
      assert.deepStrictEqual(
        (yield* TuningTest.jobs).map(({ state }) => state),
        ["RUNNING", "CANCELLING"]
      )
    }).pipe(Effect.provide(TuningTest.layer()))
  )
})

describe("findByLabel", () => {
  it.effect("finds the job whose answer was lost, newest first, over pages, once it is visible", () =>
    Effect.gen(function* () {
      for (let index = 0; index < 120; index++) yield* Tuning.create({ ...request, labels: { key: "other" } })
      yield* Tuning.create(request)
      yield* TestClock.adjust("10 minutes")
      const lost = yield* Effect.flip(Tuning.create(request))
      assert(lost._tag === "VertexError")
      assert.strictEqual(lost.billed, "unknown")
      assert.lengthOf(yield* Tuning.findByLabel("key", "a"), 1)
      yield* TestClock.adjust("30 seconds")
      const found = yield* Tuning.findByLabel("key", "a")
      assert.deepStrictEqual(
        found.map(({ name }) => name.split("/").at(-1)),
        ["122", "121"]
      )
      assert.lengthOf(yield* TuningTest.jobs, 122)
    }).pipe(
      Effect.provide(
        TuningTest.layer({
          listLag: "30 seconds",
          fail: (_, index) => (index === 121 ? { reason: unavailable, done: true } : undefined)
        })
      )
    )
  )
})

describe("TuningTest", () => {
  it.effect("does what has left, also when its caller is gone, and answers late", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Tuning.create(request))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(yield* TuningTest.jobs, 0)
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(yield* TuningTest.jobs, 1)
      const late = yield* after(Tuning.create(request), "30 seconds", "30 seconds", "30 seconds")
      assert.isUndefined(late.pollUnsafe())
      assert.lengthOf(yield* TuningTest.jobs, 2)
      yield* TestClock.adjust("30 seconds")
      assert.match((yield* Fiber.join(late)).name, /tuningJobs\/2$/)
    }).pipe(
      Effect.provide(
        TuningTest.layer({
          takes: ({ request }) => (request === "create" ? { before: "45 seconds", after: "1 minute" } : undefined)
        })
      )
    )
  )

  it.effect("tells the data and the checkpoints of a job that has succeeded, and has small pages", () =>
    Effect.gen(function* () {
      for (const method of ["supervised", "preference"] as const) yield* Tuning.create({ ...request, method })
      yield* TestClock.adjust("1 hour")
      for (const job of yield* Tuning.findByLabel("key", "a")) {
        assert.strictEqual(job.dataStats?.billableTokens, 135_000)
        assert.deepStrictEqual(
          job.tunedModel?.checkpoints.map(({ epoch }) => epoch),
          [1, 2, 3]
        )
      }
      const pages = (yield* TuningTest.calls).filter(({ request }) => request === "list")
      assert.lengthOf(pages, 2)
    }).pipe(
      Effect.provide(
        TuningTest.layer({
          pageSize: 1,
          end: () => ({ state: "SUCCEEDED", billableTokens: 135_000, checkpoints: 3 })
        })
      )
    )
  )

  it.effect("says of a failure what its caller can know", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Tuning.create(request))
      assert(error._tag === "VertexError")
      assert.strictEqual(error.billed, "unknown")
      assert.lengthOf(yield* TuningTest.jobs, 0)
    }).pipe(Effect.provide(TuningTest.layer({ fail: () => ({ reason: unavailable, billed: "unknown" }) })))
  )
})
