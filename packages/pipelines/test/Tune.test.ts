/** A tuning step: what it asks for, how it waits, and how it ends. */
import * as Money from "@genops/core/Money"
import type * as Tuning from "@genops/vertex/Tuning"
import * as TuningJob from "@genops/vertex/TuningJob"
import { TuningUnfinished } from "@genops/vertex/TuningUnfinished"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { TestClock } from "effect/testing"
import * as Step from "../src/Step.ts"
import * as Tune from "../src/Tune.ts"
import * as TunedModel from "../src/TunedModel.ts"
import * as Run from "./TuneRun.ts"

const ended = { state: "SUCCEEDED", billableTokens: 120_000, checkpoints: 2 }
const unavailable = new VertexError.Unavailable({ description: "down" })
const requests = Effect.map(TuningTest.calls, (calls) => calls.map(({ request }) => request))

/** A service whose jobs are in these states, look by look; in the last one for ever. */
const scripted =
  (states: ReadonlyArray<string>) =>
  (service: Tuning.Tuning["Service"]): Tuning.Tuning["Service"] => {
    let look = 0
    return {
      ...service,
      get: (name) =>
        Effect.map(service.get(name), ({ body }) => {
          const state = states[Math.min(look++, states.length - 1)]
          return new TuningJob.TuningJob({ ...body, state: `JOB_STATE_${state}` })
        })
    }
  }

describe("a tuning step", () => {
  it.effect("orders one job, looks once an interval, and returns the model with its data and cost", () => {
    const { layer, told } = Run.program(() => ({}), { end: () => ended })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      const tuned = yield* Run.resultOf(id)
      const { baseModel, checkpoints, cost, data, endpoint, model } = tuned
      assert.match(model, /\/models\/1@1$/)
      assert.match(endpoint, /\/endpoints\/1$/)
      assert.deepStrictEqual([baseModel, data?.billableTokens, cost], ["gemini-2.5-flash", 120_000, Money.usd("0.6")])
      assert.deepStrictEqual(
        checkpoints.map(({ epoch, id }) => [id, epoch]),
        [
          ["1", 1],
          ["2", 2]
        ]
      )
      assert.deepStrictEqual(yield* requests, ["list", "create", ...Array.from({ length: 41 }, () => "get")])
      assert.deepStrictEqual([...new Set(told.states)], ["PENDING", "RUNNING", "SUCCEEDED"])
      const [job] = yield* TuningTest.jobs
      assert.deepStrictEqual(job?.labels, { [Tune.label]: Tune.keyOf(id, "tune") })
      const codec = Schema.toCodecJson(TunedModel.TunedModel)
      const stored = JSON.stringify(Schema.encodeSync(codec)(tuned))
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(JSON.parse(stored)), tuned)
    }).pipe(Effect.provide(layer))
  })

  it.effect("tunes by preference, and on from a tuned model, with labels of the user beside its own", () => {
    const model = "projects/1/locations/us-central1/models/7@1"
    const labels = { team: "support" }
    const { layer } = Run.program(() => ({
      request: { ...Run.request, method: "preference", beta: 0.1, model, checkpoint: "2", labels }
    }))
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.resultOf(id)).baseModel, undefined)
      const [job] = yield* TuningTest.jobs
      assert.deepStrictEqual(job?.labels, { ...labels, [Tune.label]: Tune.keyOf(id, "tune") })
      assert.deepStrictEqual(job?.body.preTunedModel, { tunedModelName: model, checkpointId: "2" })
      assert.strictEqual(job?.body.preferenceOptimizationSpec?.hyperParameters?.beta, 0.1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails before anything is recorded or sent when the request is not valid", () => {
    const { layer } = Run.program(() => ({ request: { ...Run.request, epochs: 0.5, trainingData: "train.jsonl" } }))
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 minute")
      const error = yield* Run.failureOf(id)
      assert(error._tag === "VertexError" && error.reason._tag === "InvalidRequest")
      assert.deepStrictEqual(
        error.reason.violations.map(({ field }) => field),
        ["trainingData", "epochs"]
      )
      assert.lengthOf(yield* requests, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("refuses another request in the same run, and lets what is not recorded change", () => {
    let plan: Run.Plan = { timeout: "10 minutes" }
    const { layer } = Run.program(() => plan)
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("15 minutes")
      assert.instanceOf(yield* Run.reasonOf(id), TuningUnfinished)
      plan = { request: { ...Run.request, epochs: 4 } }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.instanceOf(yield* Run.reasonOf(id), Step.StepChanged)
      plan = { trainingTokens: 1, interval: "5 minutes", grace: "1 minute" }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id, Run.parking)).endpoint, /endpoints/)
      assert.lengthOf(yield* TuningTest.jobs, 1)
    }).pipe(Effect.provide(layer))
  })
})

describe("waiting for a job", () => {
  it.effect("goes on while it is paused or in a state that is not known, one look an interval", () => {
    const states = ["QUEUED", "PENDING", "RUNNING", "PAUSED", "UPDATING", "HIBERNATING", "CANCELLING", "SUCCEEDED"]
    const { layer, told } = Run.program(() => ({ interval: "7 minutes" }), { lasts: 0 }, scripted(states))
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("48 minutes")
      assert.strictEqual(yield* Run.stateOf(id), "Suspended")
      yield* TestClock.adjust("1 minute")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
      assert.deepStrictEqual(told.states, states)
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes a part of a success for a model", () => {
    const { layer } = Run.program(() => ({}), { end: () => ({ state: "PARTIALLY_SUCCEEDED" }) })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
    }).pipe(Effect.provide(layer))
  })

  for (const state of ["FAILED", "CANCELLED", "EXPIRED", "SUCCEEDED"]) {
    it.effect(`fails with the job's own error when it ends as ${state} without a model`, () => {
      const adapt = (service: Tuning.Tuning["Service"]): Tuning.Tuning["Service"] => ({
        ...service,
        get: (name) =>
          Effect.map(service.get(name), ({ body }) => new TuningJob.TuningJob(Struct.omit(body, ["tunedModel"])))
      })
      const error = { code: 3, message: "Row 7: no contents" }
      const { layer } = Run.program(() => ({}), { end: () => ({ state, error }) }, adapt)
      return Effect.gen(function* () {
        const id = yield* Run.start()
        yield* TestClock.adjust("1 hour")
        const failed = yield* Run.failureOf(id)
        assert(failed._tag === "TuningFailed", failed.message)
        assert.deepStrictEqual([failed.state, failed.code], [state, state === "SUCCEEDED" ? undefined : 3])
        assert.lengthOf(yield* TuningTest.jobs, 1)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("outlives an outage of any length", () => {
    const { layer } = Run.program(() => ({}), {
      fail: ({ request }, index) => (request === "get" && index > 3 && index < 90 ? { reason: unavailable } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("85 minutes")
      assert.strictEqual(yield* Run.stateOf(id), "Suspended")
      yield* TestClock.adjust("10 minutes")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails when the job cannot be read for good", () => {
    const reason = new VertexError.PermissionDenied({ description: "no" })
    const { layer } = Run.program(() => ({}), {
      fail: ({ request }) => (request === "get" ? { reason } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Run.failureOf(id))._tag, "VertexError")
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends after the timeout, counted from the first start; the job goes on and can be waited for again", () => {
    let plan: Run.Plan = { timeout: "150 seconds" }
    const { layer, told } = Run.program(() => plan)
    return Effect.gen(function* () {
      const id = yield* Run.start()
      const parked = yield* Run.parking.execute({ id: "other" }, { discard: true })
      yield* TestClock.adjust("149 seconds")
      assert.strictEqual(yield* Run.stateOf(id), "Suspended")
      yield* TestClock.adjust("1 second")
      const error = yield* Run.failureOf(id)
      assert(error._tag === "TuningUnfinished", error.message)
      assert.deepStrictEqual([error.state, error.waited], ["RUNNING", "2m 30s"])
      assert.deepStrictEqual(
        (yield* TuningTest.jobs).map(({ state }) => state),
        ["RUNNING", "RUNNING"]
      )
      const looks = told.states.length
      plan = {}
      yield* Run.parking.resume(parked)
      yield* TestClock.adjust("40 minutes")
      assert.match((yield* Run.resultOf(parked, Run.parking)).endpoint, /endpoints\/2$/)
      assert.isAbove(told.states.length, looks)
    }).pipe(Effect.provide(layer))
  })
})
