/** What is done when it is not known whether a job was created. */
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as Step from "../src/Step.ts"
import { SubmissionUncertain } from "../src/SubmissionUncertain.ts"
import * as Tune from "../src/Tune.ts"
import * as Run from "./TuneRun.ts"

const reset = new VertexError.Transport({ kind: "reset", phase: "headers", description: "closed" })
const unavailable = new VertexError.Unavailable({ description: "down" })
const conflict = new VertexError.Conflict({ kind: "AlreadyExists", description: "exists" })
const busy = new VertexError.ResourceExhausted({ description: "one job at a time", quotas: [] })
const denied = new VertexError.PermissionDenied({ description: "no" })

const creations = Effect.map(TuningTest.calls, (calls) => calls.filter(({ request }) => request === "create").length)

/** Fails the first creations so. */
const failing =
  (failure: TuningTest.Failure, times = 1): NonNullable<TuningTest.Options["fail"]> =>
  ({ request }) =>
    request === "create" && times-- > 0 ? failure : undefined

/** A job with the label of the step, made by another request. */
const foreign = (id: string) =>
  Tuning.create({
    ...Run.request,
    trainingData: "gs://acme/other.jsonl",
    labels: { [Tune.label]: Tune.keyOf(id, "tune") }
  })

describe("a job that was made and whose answer was lost", () => {
  for (const [what, reason] of [
    ["reset", reset],
    ["unavailable", unavailable],
    ["conflict", conflict],
    ["malformed", new VertexError.MalformedResponse({ where: "body", description: "no JSON" })]
  ] as const) {
    it.effect(`is found again after the grace time: ${what}`, () => {
      const { layer } = Run.program(() => ({}), {
        fail: failing({ reason, done: true, billed: what === "conflict" ? "no" : "unknown" }),
        listLag: "45 seconds"
      })
      return Effect.gen(function* () {
        const id = yield* Run.start()
        yield* TestClock.adjust("89 seconds")
        assert.lengthOf(
          (yield* TuningTest.calls).filter(({ request }) => request !== "create"),
          1
        )
        yield* TestClock.adjust("1 hour")
        assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
        assert.lengthOf(yield* TuningTest.jobs, 1)
        assert.strictEqual(yield* creations, 1)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("is found on a later page, among jobs of others", () => {
    const { layer } = Run.program(() => ({}), { fail: failing({ reason: reset, done: true }), pageSize: 2 })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 second")
      for (let index = 0; index < 7; index++)
        yield* Tuning.create({ ...Run.request, labels: { [Tune.label]: "other" } })
      yield* TestClock.adjust("2 hours")
      const { job } = yield* Run.resultOf(id)
      const mine = (yield* TuningTest.jobs).filter(({ labels }) => labels[Tune.label] === Tune.keyOf(id, "tune"))
      assert.deepStrictEqual(
        [job],
        mine.map(({ name }) => name)
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("is found when its creation is not answered within two thirds of the grace time", () => {
    const { layer } = Run.program(() => ({ grace: "3 minutes" }), {
      takes: ({ request }) => (request === "create" ? { before: "10 seconds", after: "1 day" } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("119 seconds")
      assert.strictEqual(yield* Run.stateOf(id), "Running")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Run.stateOf(id), "Suspended")
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
      assert.strictEqual(yield* creations, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is found by a run whose store was lost, whatever became of it", () => {
    const { layer } = Run.program()
    return Effect.gen(function* () {
      const id = yield* Run.workflow.executionId({ id: Run.runId })
      yield* Tuning.create({ ...Run.request, labels: { [Tune.label]: Tune.keyOf(id, "tune") } })
      yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
      assert.lengthOf(yield* TuningTest.jobs, 1)
    }).pipe(Effect.provide(layer))
  })
})

describe("a creation that may have been held up", () => {
  it.effect("is not sent when the look before it is old: it is looked for again first", () => {
    const { layer } = Run.program()
    let isFrozen = true
    const freeze = (step: string, stage: Step.Stage) =>
      Effect.suspend(() => {
        if (step !== "tune/look-up/0" || stage !== "recorded" || !isFrozen) return Effect.void
        isFrozen = false
        return Effect.sleep("61 seconds")
      })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* creations, 0)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
      assert.deepStrictEqual(
        (yield* TuningTest.calls).slice(0, 3).map(({ request }) => request),
        ["list", "list", "create"]
      )
    }).pipe(Effect.provide(layer.pipe(Layer.provide(Layer.succeed(Step.Observer, freeze)))))
  })
})

describe("a creation that the service says has failed", () => {
  it.effect("is made again after the grace time, when there is no job", () => {
    const { layer } = Run.program(() => ({}), { fail: failing({ reason: unavailable, billed: "unknown" }, 3) })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("2 hours")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
      assert.deepStrictEqual([yield* creations, (yield* TuningTest.jobs).length], [4, 1])
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails the step after five times, and once more for each time that it is resumed", () => {
    const { layer } = Run.program(() => ({}), { fail: failing({ reason: busy }, 7) })
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      assert.instanceOf(yield* Run.reasonOf(id), VertexError.VertexError)
      assert.strictEqual(yield* creations, 5)
      for (const made of [6, 7]) {
        yield* Run.parking.resume(id)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* creations, made)
        assert.instanceOf(yield* Run.reasonOf(id), VertexError.VertexError)
      }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).endpoint, /endpoints\/1$/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails at once when it was refused, and is made when the run is resumed", () => {
    const { layer } = Run.program(() => ({}), { fail: failing({ reason: denied }) })
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 second")
      const error = yield* Run.reasonOf(id)
      assert(error instanceof VertexError.VertexError)
      assert.strictEqual(error.reason._tag, "PermissionDenied")
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).endpoint, /endpoints\/1$/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is looked for again when the jobs cannot be listed, and nothing is made meanwhile", () => {
    const { layer } = Run.program(() => ({}), {
      fail: ({ request }, index) => (request === "list" && index < 4 ? { reason: unavailable } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* creations, 0)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
    }).pipe(Effect.provide(layer))
  })
})

describe("SubmissionUncertain", () => {
  it.effect("says that an answer was lost and no job is visible; the run goes on with another order", () => {
    let plan: Run.Plan = {}
    const { layer } = Run.program(() => plan, { fail: failing({ reason: reset, billed: "unknown" }) })
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      const error = yield* Run.reasonOf(id)
      assert(error instanceof SubmissionUncertain)
      const key = Tune.keyOf(id, "tune")
      assert.strictEqual(
        error.message,
        "[SubmissionUncertain] tune: the answer to its creation was lost (Transport), and after 1m 30s no job\n" +
          `  labelled genops-key=${key} was visible in us-central1.\n` +
          "  No other job was created. What was may have been billed.\n" +
          `  Look: Tuning.findByLabel("genops-key", "${key}")\n` +
          "  Then resume with assumeSubmitted: the job's name, or resubmit: true."
      )
      plan = { resubmit: true }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("10 minutes")
      plan = {}
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).endpoint, /endpoints\/1$/)
      assert.strictEqual(yield* creations, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is over without another order when the job has become visible after all", () => {
    let plan: Run.Plan = {}
    const { layer } = Run.program(() => plan, { fail: failing({ reason: reset, done: true }), listLag: "10 minutes" })
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      assert.instanceOf(yield* Run.reasonOf(id), SubmissionUncertain)
      plan = { resubmit: true }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).endpoint, /endpoints\/1$/)
      assert.strictEqual(yield* creations, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is over with a job that a person names, when there is such a job", () => {
    let plan: Run.Plan = {}
    const { layer } = Run.program(() => plan, { fail: failing({ reason: reset, done: true }), listLag: "1 day" })
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      plan = { assumeSubmitted: "99" }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.instanceOf(yield* Run.reasonOf(id), VertexError.VertexError)
      plan = { assumeSubmitted: "1" }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).job, /^projects\/1\/.*\/tuningJobs\/1$/)
      assert.strictEqual(yield* creations, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "orders no job beside the one that is there when a person names a wrong one, and then says resubmit",
    () => {
      let plan: Run.Plan = { assumeSubmitted: "99" }
      const { layer } = Run.program(() => plan)
      return Effect.gen(function* () {
        const id = yield* Run.parking.executionId({ id: Run.runId })
        const ours = yield* Tuning.create({ ...Run.request, labels: { [Tune.label]: Tune.keyOf(id, "tune") } })
        yield* Run.start(Run.parking)
        yield* TestClock.adjust("1 hour")
        assert.instanceOf(yield* Run.reasonOf(id), VertexError.VertexError)
        plan = { resubmit: true }
        yield* Run.parking.resume(id)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* Run.resultOf(id, Run.parking)).job, ours.name)
        assert.strictEqual(yield* creations, 1)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("is spared a run that is told from the start which job it is, and keeps to it", () => {
    let plan: Run.Plan = { assumeSubmitted: "1" }
    const { layer } = Run.program(() => plan)
    return Effect.gen(function* () {
      yield* Tuning.create({ ...Run.request, displayName: "by hand" })
      const id = yield* Run.start()
      yield* TestClock.adjust("5 minutes")
      plan = {}
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).job, /tuningJobs\/1$/)
      assert.strictEqual(yield* creations, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("names jobs with the label that another request has made, and takes none of them", () => {
    let plan: Run.Plan = {}
    const { layer } = Run.program(() => plan)
    return Effect.gen(function* () {
      const id = yield* Run.parking.executionId({ id: Run.runId })
      const other = yield* foreign(id)
      yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      const error = yield* Run.reasonOf(id)
      assert(error instanceof SubmissionUncertain)
      assert.deepStrictEqual([error.reason, error.candidates.map(({ name }) => name)], ["Foreign", [other.name]])
      assert.strictEqual(yield* creations, 1)
      plan = { resubmit: true }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).job, /tuningJobs\/2$/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("names several jobs of the request; a person must say which one", () => {
    let plan: Run.Plan = {}
    const { layer } = Run.program(() => plan)
    return Effect.gen(function* () {
      const id = yield* Run.parking.executionId({ id: Run.runId })
      for (let index = 0; index < 3; index++) {
        yield* Tuning.create({ ...Run.request, labels: { [Tune.label]: Tune.keyOf(id, "tune") } })
      }
      yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      for (const next of [{ resubmit: true }, { assumeSubmitted: "2" }]) {
        const error = yield* Run.reasonOf(id)
        assert(error instanceof SubmissionUncertain)
        assert.strictEqual(error.reason, "Several")
        assert.isAtMost(error.message.split("\n").length, 8)
        assert.isAtMost(Math.max(...error.message.split("\n").map((line) => line.length)), 100)
        assert.notInclude(error.message, "resubmit")
        plan = next
        yield* Run.parking.resume(id)
        yield* TestClock.adjust("1 hour")
      }
      assert.match((yield* Run.resultOf(id, Run.parking)).job, /tuningJobs\/2$/)
      assert.strictEqual(yield* creations, 3)
    }).pipe(Effect.provide(layer))
  })
})
