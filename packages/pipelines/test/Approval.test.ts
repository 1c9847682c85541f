import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Fiber from "effect/Fiber"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as DurableClock from "effect/workflow/DurableClock"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as Approval from "../src/Approval.ts"
import * as Gate from "../src/Gate.ts"
import * as Step from "../src/Step.ts"
import * as Trial from "./DurableTrial.ts"

const Failures = Schema.Union([Approval.ApprovalRejected, Approval.ApprovalTimeout, Step.StepChanged])
const workflow = Trial.make("Release", Approval.Decision, Failures)
const parking = Trial.make("ParkingRelease", Approval.Decision, Failures, { suspendOnFailure: true })

const question = { model: "support-v7", rouge: 0.52, costs: "$2.10" }
const options: Approval.Options = { name: "release", question }

const release = (changes: Partial<Approval.Options> = {}) => Gate.approval({ ...options, ...changes })

const memory = (body: () => ReturnType<typeof release> = () => release(), which = workflow) =>
  which.toLayer(() => Effect.suspend(body)).pipe(Layer.provideMerge(WorkflowEngine.layerMemory))

const start = (which = workflow) => which.execute({ id: Trial.runId }, { discard: true })

const state = (which = workflow) =>
  Effect.flatMap(which.executionId({ id: Trial.runId }), (id) => Trial.state(which, id))

/** A decision to approve, by whom. */
const approvedBy = (by: string) =>
  Effect.map(state(), (state) => assert.deepNestedInclude(state, { "value.approved": true, "value.by": by }))

const ada = { name: "release", by: "ada@acme.test" }
const at = (millis: number) => DateTime.makeUnsafe(millis)

describe("Gate.approval", () => {
  it.effect("waits for as long as it takes, and goes on when somebody approves", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust("400 days")
      assert.strictEqual(yield* state(), "Suspended")
      const decision = yield* Approval.approve(workflow, Trial.runId, { ...ada, reason: "looks good" })
      yield* TestClock.adjust(0)
      const expected = { _tag: "Decision", approved: true, by: ada.by, reason: "looks good", at: at(400 * 86_400_000) }
      assert.deepStrictEqual<unknown>(decision, expected)
      assert.deepStrictEqual<unknown>(yield* state(), { value: expected })
    }).pipe(Effect.provide(memory()))
  )

  it.effect("shows what is asked", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      yield* start()
      yield* TestClock.adjust(0)
      assert.deepStrictEqual<unknown>(yield* Approval.pending(workflow, Trial.runId, "release"), {
        name: "release",
        question,
        asked: at(60_000),
        until: at(60_000 + 3_600_000)
      })
    }).pipe(Effect.provide(memory(() => release({ upTo: "1 hour" }))))
  )

  it.effect("fails when somebody rejects, with who and why", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust("1 minute")
      yield* Approval.reject(workflow, Trial.runId, { ...ada, reason: "rouge fell\u001b[31m" })
      yield* TestClock.adjust(0)
      const error = yield* state()
      assert(error instanceof Approval.ApprovalRejected)
      assert.deepStrictEqual([error.step, error.by, error.reason], ["release", ada.by, "rouge fell\u001b[31m"])
      assert.strictEqual(
        error.message,
        'ada@acme.test rejected "release": rouge fell.\n  What comes after this gate was not run.'
      )
    }).pipe(Effect.provide(memory()))
  )

  it.effect("fails after the time-out, which counts from the question", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(yield* state(), "Suspended")
      yield* TestClock.adjust("1 minute")
      const error = yield* state()
      assert(error instanceof Approval.ApprovalTimeout)
      assert.strictEqual(Duration.toMinutes(error.waited), 60)
      assert.strictEqual(
        error.message,
        'Nobody decided on "release" within 1h.\n  What comes after this gate was not run. Start a new run to ask again.'
      )
      const late = yield* Effect.flip(Approval.approve(workflow, Trial.runId, ada))
      assert.strictEqual(late.state, "Expired")
      assert.instanceOf(yield* state(), Approval.ApprovalTimeout)
    }).pipe(Effect.provide(memory(() => release({ upTo: "1 hour" }))))
  )

  it.effect("fails also when its timer fires a moment early, for it fires once", () =>
    Effect.gen(function* () {
      const executionId = yield* start()
      yield* TestClock.adjust("59 minutes")
      const { deferred } = DurableClock.make({ name: "release/until", duration: 0 })
      const fired = { workflowName: "Release", executionId, deferredName: deferred.name, exit: Exit.void }
      yield* WorkflowEngine.WorkflowEngine.use((engine) => engine.deferredDone(deferred, fired))
      assert.instanceOf(yield* state(), Approval.ApprovalTimeout)
    }).pipe(Effect.provide(memory(() => release({ upTo: "1 hour" }))))
  )

  it.effect("is not timed out once it is approved", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust("59 minutes")
      yield* Approval.approve(workflow, Trial.runId, ada)
      yield* TestClock.adjust("2 hours")
      yield* approvedBy(ada.by)
    }).pipe(Effect.provide(memory(() => release({ upTo: "1 hour" }))))
  )

  it.effect("two gates wait side by side, each for its own decision", () => {
    const body = () =>
      Effect.map(
        Effect.all([release({ name: "a" }), release({ name: "b", upTo: "1 day" })], { concurrency: "unbounded" }),
        ([a]) => a
      )
    return Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust("1 minute")
      yield* Approval.approve(workflow, Trial.runId, { name: "b", by: "bob" })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* state(), "Suspended")
      yield* Approval.approve(workflow, Trial.runId, { name: "a", by: "ada" })
      yield* TestClock.adjust("1 minute")
      yield* approvedBy("ada")
    }).pipe(Effect.provide(memory(body)))
  })

  it.effect("another question under the same name is StepChanged: what was asked is what is approved", () => {
    let asked: Schema.Json = question
    return Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust("1 minute")
      asked = { ...question, rouge: 0.1 }
      yield* Approval.approve(workflow, Trial.runId, ada)
      yield* TestClock.adjust("1 minute")
      const error = yield* state()
      assert(error instanceof Step.StepChanged)
      assert.strictEqual(error.step, "release/asked")
    }).pipe(Effect.provide(memory(() => release({ question: asked }))))
  })

  it.effect("in a run that parks on failure a rejection stays a rejection when it is resumed", () =>
    Effect.gen(function* () {
      const id = yield* start(parking)
      yield* TestClock.adjust("1 minute")
      yield* Approval.reject(parking, Trial.runId, { ...ada, reason: "no" })
      yield* TestClock.adjust("1 minute")
      yield* parking.resume(id)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* state(parking), "Suspended")
      assert.strictEqual((yield* Effect.flip(Approval.approve(parking, Trial.runId, ada))).state, "Decided")
    }).pipe(Effect.provide(memory(() => release(), parking)))
  )

  it("takes a time-out above 0 and not for ever", () => {
    for (const upTo of [0, -1, Number.NaN, Infinity]) assert.throws(() => release({ upTo }), RangeError)
  })
})

describe("Approval.approve and reject", () => {
  it.effect("need a question: neither a run that has not asked, nor one that does not exist, can be approved", () =>
    Effect.gen(function* () {
      const unknown = yield* Effect.flip(Approval.approve(workflow, "no-such-run", ada))
      assert.deepStrictEqual([unknown.state, unknown.runId, unknown.step], ["NotAsked", "no-such-run", "release"])
      assert.strictEqual(
        unknown.message,
        'There is nothing to decide on "release" of run no-such-run: the run has not asked yet, or there is no such run or gate.' +
          "\n  Nothing was changed."
      )
      yield* start()
      yield* TestClock.adjust(0)
      assert.strictEqual(
        (yield* Effect.flip(Approval.reject(workflow, Trial.runId, { ...ada, name: "x", reason: "" }))).state,
        "NotAsked"
      )
      assert.strictEqual(yield* state(), "Suspended")
    }).pipe(Effect.provide(memory()))
  )

  it.effect("decide once: the second is told who was first", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust(0)
      yield* Approval.approve(workflow, Trial.runId, ada)
      const second = yield* Effect.flip(
        Approval.reject(workflow, Trial.runId, { name: "release", by: "bob", reason: "no" })
      )
      assert.strictEqual(second.decision?.by, ada.by)
      assert.include(second.message, "it was approved by ada@acme.test before")
      yield* TestClock.adjust(0)
      yield* approvedBy(ada.by)
    }).pipe(Effect.provide(memory()))
  )

  it.effect("of many at once one counts, and only its caller hears so", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust(0)
      const people = Array.from({ length: 10 }, (_, index) => `person ${index}`)
      const deciding = yield* Effect.forEach(
        people,
        (by, index) =>
          Effect.exit(
            index % 2 === 0
              ? Approval.approve(workflow, Trial.runId, { name: "release", by })
              : Approval.reject(workflow, Trial.runId, { name: "release", by, reason: "no" })
          ),
        { concurrency: "unbounded" }
      ).pipe(
        // All have looked before the first has decided.
        Effect.updateService(WorkflowEngine.WorkflowEngine, (engine) => ({
          ...engine,
          deferredDone: (deferred, options) => Effect.delay(engine.deferredDone(deferred, options), "1 second")
        })),
        Effect.forkChild
      )
      yield* TestClock.adjust(0).pipe(Effect.repeat({ times: 20 }))
      yield* TestClock.adjust("1 second")
      const heard = (yield* Fiber.join(deciding)).flatMap((exit) => (Exit.isSuccess(exit) ? [exit.value.by] : []))
      assert.lengthOf(heard, 1)
      yield* TestClock.adjust(0)
      yield* approvedBy(heard[0] ?? "")
    }).pipe(Effect.provide(memory()))
  )

  it.effect("there is nothing pending after a decision", () =>
    Effect.gen(function* () {
      yield* start()
      yield* TestClock.adjust(0)
      yield* Approval.approve(workflow, Trial.runId, ada)
      assert.strictEqual((yield* Effect.flip(Approval.pending(workflow, Trial.runId, "release"))).state, "Decided")
    }).pipe(Effect.provide(memory()))
  )
})

describe("other processes", () => {
  const program = (upTo?: Duration.Input) =>
    workflow.toLayer(() => release(upTo === undefined ? {} : { upTo })).pipe(Layer.provideMerge(Trial.process))
  const within = <A, E, R, L, RL>(layer: Layer.Layer<L, never, RL>, life: Effect.Effect<A, E, R>) =>
    Effect.scoped(Effect.provide(life, layer, { local: true }))
  const starting = Effect.andThen(start(), TestClock.adjust("10 seconds"))

  it.effect("approve what was asked in one that has died", () =>
    Effect.gen(function* () {
      yield* within(program(), starting)
      yield* TestClock.adjust("1 day")
      // To be told what is asked takes no more than the records.
      const asked = yield* within(Trial.process, Approval.pending(workflow, Trial.runId, "release"))
      assert.deepStrictEqual(asked.question, question)
      yield* within(program(), Approval.approve(workflow, Trial.runId, ada))
      const again = yield* within(program(), Effect.flip(Approval.approve(workflow, Trial.runId, ada)))
      assert.strictEqual(again.state, "Decided")
      yield* within(program(), Effect.andThen(TestClock.adjust("10 seconds"), approvedBy(ada.by)))
    }).pipe(Effect.provide(Trial.records))
  )

  it.effect("are told that it is too late, also when the one that asked is not there to know", () =>
    Effect.gen(function* () {
      yield* within(program("1 hour"), starting)
      yield* TestClock.adjust("1 hour")
      const error = yield* within(Trial.process, Effect.flip(Approval.pending(workflow, Trial.runId, "release")))
      assert.strictEqual(error.state, "Expired")
    }).pipe(Effect.provide(Trial.records))
  )

  it.effect("that do not know the workflow are told so, and do not wait for ever", () =>
    Effect.gen(function* () {
      yield* within(program(), starting)
      const exit = yield* within(
        Trial.process,
        Effect.gen(function* () {
          yield* TestClock.adjust("10 seconds")
          const fiber = yield* Effect.forkChild(Effect.exit(Approval.approve(workflow, Trial.runId, ada)))
          // The id of the run is a digest, which takes its time: only then the clock of the approval begins.
          yield* TestClock.adjust("10 seconds").pipe(Effect.repeat({ until: () => fiber.pollUnsafe() !== undefined }))
          return yield* Fiber.join(fiber)
        })
      )
      assert(Exit.isFailure(exit))
      assert.include(
        String(Cause.squash(exit.cause)),
        "The workflow Release is not registered: provide the layer Release.toLayer(...)"
      )
    }).pipe(Effect.provide(Trial.records))
  )

  it.effect("do not start the time-out again", () =>
    Effect.gen(function* () {
      yield* within(program("1 hour"), Effect.andThen(start(), TestClock.adjust("59 minutes")))
      const error = yield* within(program("1 hour"), Effect.andThen(TestClock.adjust("65 seconds"), state()))
      assert.instanceOf(error, Approval.ApprovalTimeout)
    }).pipe(Effect.provide(Trial.records))
  )
})
