/**
 * What `Runs` does on every engine.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import * as Runs from "../src/Runs.ts"
import * as Step from "../src/Step.ts"
import type { EngineLayer, Subject } from "./EngineSubject.ts"
import * as World from "./EngineWorld.ts"

const { Ending, Parking, until } = World
const Approval = DurableDeferred.make("approval", { success: Schema.Int })

const payload = { runId: "run", size: 1 }

export const suite = <R>(
  { isDurable, name, store }: Subject<R>,
  provide: (test: Effect.Effect<void, unknown, R | Scope.Scope>) => Effect.Effect<void, unknown, Scope.Scope>
) => {
  describe(`Runs on ${name}`, () => {
    const test = (what: string, body: (engine: EngineLayer) => Effect.Effect<void, unknown, Scope.Scope>) =>
      it.live(what, () => Effect.scoped(provide(Effect.flatMap(store, body))))

    test("runs the steps of a run once, and returns the result to whoever runs it again", (engine) => {
      const { done, step } = World.make()
      return Effect.gen(function* () {
        const first = yield* Runs.run(Parking, payload)
        const second = yield* Runs.run(Parking, payload)
        assert.deepStrictEqual([first, second, done], [2, 2, ["one", "two"]])
        const { endedAt, result, startedAt, state } = yield* Runs.inspect(Parking, "run")
        assert.deepStrictEqual([state, Option.getOrNull(result)], [{ _tag: "Done" }, 2])
        assert.isAtLeast(endedAt ?? 0, startedAt)
      }).pipe(Effect.provide(World.running(engine, Effect.andThen(step("one"), step("two")))))
    })

    test("runs once for many callers at once", (engine) => {
      const { done, step } = World.make()
      return Effect.gen(function* () {
        const callers = Array.from({ length: 20 }, () => Runs.run(Parking, payload))
        const results = yield* Effect.all(callers, { concurrency: "unbounded" })
        assert.deepStrictEqual([new Set(results), done], [new Set([1]), ["one"]])
      }).pipe(Effect.provide(World.running(engine, step("one"))))
    })

    test("keeps runs with other names apart, also of workflows with other names", (engine) => {
      const { done, step } = World.make()
      return Effect.gen(function* () {
        yield* Runs.run(Parking, payload)
        yield* Runs.run(Parking, { ...payload, runId: "other" })
        yield* Runs.run(Ending, payload)
        assert.lengthOf(done, 3)
        const runs = yield* Runs.list
        assert.deepStrictEqual(
          runs.map(({ runId, state, workflow }) => [workflow, runId, state._tag]),
          [
            ["Parking", "run", "Done"],
            ["Parking", "other", "Done"],
            ["Ending", "run", "Done"]
          ]
        )
      }).pipe(Effect.provide(World.running(engine, step("one"))))
    })

    test("refuses a run that was started with another payload, and names the fields", (engine) => {
      const { done, step } = World.make()
      return Effect.gen(function* () {
        yield* Runs.run(Parking, payload)
        const error = yield* Effect.flip(Runs.run(Parking, { runId: "run", size: 2, note: "new" }))
        assert.strictEqual(
          error.message,
          "Run run of Parking was started with other settings: note, size." +
            "\n  Nothing was started. Take another run id, or the settings that it was started with."
        )
        assert.strictEqual((yield* Effect.flip(Runs.start(Parking, { ...payload, size: 2 })))._tag, "RunMismatch")
        assert.strictEqual(yield* Runs.run(Parking, payload), 1)
        assert.deepStrictEqual(done, ["one"])
      }).pipe(Effect.provide(World.running(engine, step("one"))))
    })

    test("lets one of two payloads win that come at the same time", (engine) => {
      const { done, step } = World.make()
      return Effect.gen(function* () {
        const sizes = [1, 2, 3, 4]
        const exits = yield* Effect.forEach(sizes, (size) => Effect.exit(Runs.run(Parking, { runId: "run", size })), {
          concurrency: "unbounded"
        })
        assert.lengthOf(exits.filter(Exit.isSuccess), 1)
        const errors = exits.flatMap((exit) => Option.toArray(Exit.findErrorOption(exit)))
        assert.deepStrictEqual(
          errors.map(({ _tag }) => _tag),
          ["RunMismatch", "RunMismatch", "RunMismatch"]
        )
        assert.deepStrictEqual(done, ["one"])
      }).pipe(Effect.provide(World.running(engine, step("one"))))
    })

    test("parks a run whose step fails, and goes on with that step when it is run again", (engine) => {
      const { broken, done, step } = World.make()
      const layer = World.running(engine, Effect.andThen(step("one"), step("two")))
      const parked = { _tag: "Parked", step: "two", tag: "Broken", detail: "The two is broken." } as const
      const fail = Effect.gen(function* () {
        broken.add("two")
        const error = yield* Effect.flip(Runs.run(Parking, payload))
        assert.strictEqual(
          error.message,
          'Run run of Parking failed in the step "two" and is parked.\n  [Broken] The two is broken.' +
            "\n  What it did before is kept. Mend the cause, then run it again with the same run id: it goes on with this step."
        )
        assert.deepStrictEqual(yield* World.stateOf(Parking, "run"), parked)
      })
      const mend = Effect.gen(function* () {
        assert.deepStrictEqual(yield* World.stateOf(Parking, "run"), parked)
        assert.strictEqual((yield* Effect.flip(Runs.run(Parking, payload)))._tag, "RunParked")
        broken.clear()
        assert.strictEqual(yield* Runs.run(Parking, payload), 4)
        assert.deepStrictEqual(done, ["one", "two", "two", "two"])
        const [one, two] = yield* Runs.history(Parking, "run")
        assert.deepStrictEqual([one?.attempts, two?.attempts, two?.state], [1, 3, "done"])
      })
      return isDurable
        ? Effect.andThen(Effect.provide(fail, layer), Effect.provide(mend, layer))
        : Effect.provide(Effect.andThen(fail, mend), layer)
    })

    test("resumes a parked run without waiting for it, and leaves others alone", (engine) => {
      const { broken, done, step } = World.make()
      return Effect.gen(function* () {
        broken.add("one")
        yield* Effect.flip(Runs.run(Parking, payload))
        broken.clear()
        yield* Runs.resume(Parking, "run")
        yield* until("run", "Done")
        yield* Runs.resume(Parking, "run")
        assert.deepStrictEqual([done, (yield* World.stateOf(Parking, "run"))._tag], [["one", "one"], "Done"])
      }).pipe(Effect.provide(World.running(engine, step("one"))))
    })

    test("parks a run that fails between its steps", (engine) => {
      const { step } = World.make()
      const body = Effect.andThen(step("one"), Effect.fail(new World.Broken({ piece: "plan" })))
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Runs.run(Parking, payload))
        assert.include(error.message, "failed between its steps and is parked.\n  [Broken] The plan is broken.")
      }).pipe(Effect.provide(World.running(engine, body)))
    })

    test("parks a run whose step has a defect", (engine) => {
      const { step } = World.make()
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Runs.run(Parking, payload))
        assert.include(error.message, 'failed in the step "one" and is parked.\n  [TypeError] no such field')
      }).pipe(Effect.provide(World.running(engine, step("one", Effect.die(new TypeError("no such field"))))))
    })

    test("ends a run with its own error when its failures do not park", (engine) => {
      const { broken, done, step } = World.make()
      return Effect.gen(function* () {
        broken.add("one")
        for (const _ of [1, 2]) {
          const error = yield* Effect.flip(Runs.run(Ending, payload))
          assert.deepStrictEqual(error, new World.Broken({ piece: "one" }))
        }
        const { endedAt, state } = yield* Runs.inspect(Ending, "run")
        assert.deepStrictEqual(state, { _tag: "Failed", tag: "Broken", detail: "The one is broken." })
        assert.isNotNull(endedAt)
        assert.deepStrictEqual(done, ["one"])
      }).pipe(Effect.provide(World.running(engine, step("one"))))
    })

    test("says until when a run waits", (engine) => {
      const { step } = World.make()
      const body = Effect.andThen(Step.sleep({ name: "night", duration: "1 second" }), step("one"))
      return Effect.gen(function* () {
        const { startedAt } = yield* Runs.start(Parking, payload)
        const state = yield* until("run", "Waiting")
        assert.deepInclude(state, { _tag: "Waiting", decisions: [] })
        const wake = state._tag === "Waiting" ? state.until : null
        assert.isAtLeast(wake ?? 0, startedAt + 1000)
        yield* Runs.run(Parking, payload)
        const [night, one] = yield* Runs.history(Parking, "run")
        assert.deepInclude(night, { name: "night", kind: "wait", state: "done", costUsd: null })
        assert.isAtLeast(one?.startedAt ?? 0, wake ?? Infinity)
      }).pipe(Effect.provide(World.running(engine, body)))
    })

    test("says for which decision a run waits", (engine) => {
      const { done, step } = World.make()
      const layer = World.running(engine, Effect.andThen(step("one"), DurableDeferred.await(Approval)))
      const ask = Effect.gen(function* () {
        yield* Runs.start(Parking, payload)
        const state = yield* until("run", "Waiting")
        assert.deepStrictEqual(state, { _tag: "Waiting", until: null, decisions: ["approval"] })
        assert.deepInclude((yield* Runs.history(Parking, "run")).at(-1), {
          name: "approval",
          kind: "wait",
          state: "running"
        })
      })
      const decide = Effect.gen(function* () {
        const { executionId } = yield* Runs.inspect(Parking, "run")
        const token = DurableDeferred.tokenFromExecutionId(Approval, { workflow: Parking, executionId })
        yield* DurableDeferred.succeed(Approval, { token, value: 7 })
        assert.deepStrictEqual([yield* Runs.run(Parking, payload), done], [7, ["one"]])
        const last = (yield* Runs.history(Parking, "run")).at(-1)
        assert.deepInclude(last, { name: "approval", state: "done" })
        assert.isAtLeast(last?.endedAt ?? 0, last?.startedAt ?? Infinity)
      })
      return isDurable
        ? Effect.andThen(Effect.provide(ask, layer), Effect.provide(decide, layer))
        : Effect.provide(Effect.andThen(ask, decide), layer)
    })

    test("cancels a run that waits, and undoes what it did", (engine) => {
      const { done, step, undoing } = World.make()
      const body = Effect.andThen(undoing("one")(step("one")), Step.sleep({ name: "night", duration: "1 hour" }))
      return Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(Runs.run(Parking, payload), { startImmediately: true })
        yield* until("run", "Waiting")
        yield* Runs.cancel(Parking, "run")
        const error = yield* Effect.flip(Fiber.join(waiting))
        assert.strictEqual(
          error.message,
          "Run run of Parking was cancelled.\n  It cannot go on. Start a new one with another run id."
        )
        assert.deepStrictEqual(done, ["one", "undo one"])
        assert.strictEqual((yield* Effect.flip(Runs.run(Parking, payload)))._tag, "RunCancelled")
        yield* Runs.cancel(Parking, "run")
        assert.isNotNull((yield* Runs.inspect(Parking, "run")).endedAt)
      }).pipe(Effect.provide(World.running(engine, Effect.as(body, 1))))
    })

    test("cancels a parked run without trying its failed step again", (engine) => {
      const { broken, done, step, undoing } = World.make()
      broken.add("two")
      return Effect.gen(function* () {
        yield* Effect.flip(Runs.run(Parking, payload))
        yield* Runs.cancel(Parking, "run")
        yield* until("run", "Cancelled")
        assert.deepStrictEqual(done, ["one", "two", "undo one"])
      }).pipe(Effect.provide(World.running(engine, Effect.andThen(undoing("one")(step("one")), step("two")))))
    })

    test("lets the step at work come to its end when its run is cancelled", (engine) => {
      const { done, entered, held, leave, step, undoing } = World.make()
      return Effect.gen(function* () {
        yield* Runs.start(Parking, payload)
        yield* entered
        yield* Runs.cancel(Parking, "run")
        assert.deepStrictEqual(yield* World.stateOf(Parking, "run"), { _tag: "Cancelling" })
        yield* leave
        yield* until("run", "Cancelled")
        assert.deepStrictEqual(done, ["one", "undo one"])
      }).pipe(Effect.provide(World.running(engine, Effect.andThen(undoing("one")(held("one")), step("two")))))
    })

    test("undoes nothing because the engine ends", (engine) => {
      const { done, step, undoing } = World.make()
      const body = Effect.andThen(undoing("one")(step("one")), Step.sleep({ name: "night", duration: "3 seconds" }))
      const layer = World.running(engine, Effect.as(body, 1))
      return Effect.gen(function* () {
        yield* Effect.provide(Effect.andThen(Runs.start(Parking, payload), until("run", "Waiting")), layer)
        assert.deepStrictEqual(done, ["one"])
        if (!isDurable) return
        yield* Effect.provide(
          Effect.map(Runs.run(Parking, payload), (result) => assert.strictEqual(result, 1)),
          layer
        )
        assert.deepStrictEqual(done, ["one"])
      })
    })

    test("goes on when its caller stops waiting", (engine) => {
      const { done, entered, held, leave } = World.make()
      return Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(Runs.run(Parking, payload), { startImmediately: true })
        yield* entered
        yield* Fiber.interrupt(waiting)
        yield* leave
        assert.strictEqual(yield* Runs.run(Parking, payload), 1)
        assert.deepStrictEqual(done, ["one"])
      }).pipe(Effect.provide(World.running(engine, held("one"))))
    })

    test("knows no run that was not started, and says which name is near", (engine) =>
      Effect.gen(function* () {
        yield* Runs.run(Parking, { ...payload, runId: "2026-11-28" })
        for (const ask of [Runs.inspect, Runs.history, Runs.resume, Runs.cancel]) {
          const error = yield* Effect.flip(ask(Parking, "2026-11-29"))
          assert.match(error.message, /has no run "2026-11-29" of Parking\. Did you mean 2026-11-28\?$/)
        }
      }).pipe(Effect.provide(World.running(engine, World.make().step("one")))))

    test("says what is wrong with a workflow that it cannot run", (engine) => {
      const Misnamed = Workflow.make("Misnamed", { payload: { runId: Schema.String }, idempotencyKey: () => "fixed" })
      const misnamed = Misnamed.toLayer(() => Effect.void)
      return Effect.gen(function* () {
        const message = (exit: Exit.Exit<unknown, unknown>) => String(Exit.isFailure(exit) && exit.cause)
        assert.include(message(yield* Effect.exit(Runs.run(Parking, payload))), "Parking.toLayer(...)")
        const key = yield* Effect.exit(Effect.provide(Runs.run(Misnamed, { runId: "run" }), misnamed))
        assert.include(message(key), "idempotency key of the workflow Misnamed must be its payload's runId")
      }).pipe(Effect.provide(engine))
    })
  })
}
