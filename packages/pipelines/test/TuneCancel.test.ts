/** Cancelling a run cancels its job; the end of a process does not. */
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import * as Run from "./TuneRun.ts"

const states = Effect.map(TuningTest.jobs, (jobs) => jobs.map(({ state }) => state))
const reset = new VertexError.Transport({ kind: "reset", phase: "headers", description: "closed" })
const isInterrupted = (id: string) =>
  Effect.map(Run.stateOf(id), (state) => typeof state !== "string" && Exit.hasInterrupts(state))

describe("a cancelled run", () => {
  it.effect("cancels its job", () => {
    const { layer } = Run.program()
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 minutes")
      yield* Run.workflow.interrupt(id)
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* isInterrupted(id))
      assert.deepStrictEqual(yield* states, ["CANCELLING"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("leaves its job when it is detached", () => {
    const { layer } = Run.program(() => ({ detach: true }))
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 minutes")
      yield* Run.workflow.interrupt(id)
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(yield* isInterrupted(id))
      assert.deepStrictEqual(yield* states, ["RUNNING"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("cancels a job whose creation was not answered, once it is visible", () => {
    const { layer } = Run.program(() => ({}), {
      listLag: "20 seconds",
      fail: ({ request }) => (request === "create" ? { reason: reset, done: true } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 seconds")
      yield* Run.workflow.interrupt(id)
      yield* TestClock.adjust("5 minutes")
      assert.isTrue(yield* isInterrupted(id))
      assert.deepStrictEqual(yield* states, ["CANCELLED"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("while its creation is under way lets it be answered first, then cancels", () => {
    const { layer } = Run.program(() => ({}), {
      takes: ({ request }) => (request === "create" ? { before: "10 seconds", after: "10 seconds" } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("5 seconds")
      yield* Effect.forkChild(Run.workflow.interrupt(id))
      yield* TestClock.adjust("5 minutes")
      assert.isTrue(yield* isInterrupted(id))
      assert.deepStrictEqual(yield* states, ["CANCELLED"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("that has ordered nothing cancels nothing", () => {
    const { layer } = Run.program(() => ({}), {
      fail: ({ request }) =>
        request === "list" ? { reason: new VertexError.Unavailable({ description: "down" }) } : undefined
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 seconds")
      yield* Run.workflow.interrupt(id)
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* isInterrupted(id))
      assert.deepStrictEqual(
        (yield* TuningTest.calls).map(({ request }) => request),
        ["list"]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("says which job goes on when it cannot be cancelled", () => {
    const { layer } = Run.program(() => ({}), {
      fail: ({ request }) => (request === "cancel" ? { reason: reset } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 minutes")
      yield* Run.workflow.interrupt(id)
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* isInterrupted(id))
      assert.deepStrictEqual(yield* states, ["RUNNING"])
    }).pipe(Effect.provide(layer))
  })
})

describe("a run that is not cancelled", () => {
  it.effect("leaves its job when the process ends", () => {
    const { layer } = Run.program()
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      yield* Effect.gen(function* () {
        yield* Run.start()
        yield* TestClock.adjust("10 minutes")
        yield* Scope.close(scope, Exit.void)
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* states, ["RUNNING"])
        const cancels = (yield* TuningTest.calls).filter(({ request }) => request === "cancel")
        assert.lengthOf(cancels, 0)
      }).pipe(Effect.provideContext(context))
    })
  })

  it.effect("leaves its job when the process ends while a look is under way", () => {
    const { layer } = Run.program(() => ({}), {
      takes: ({ request }) => (request === "get" ? { after: "30 seconds" } : undefined)
    })
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      yield* Effect.gen(function* () {
        yield* Run.start()
        yield* TestClock.adjust("10 seconds")
        yield* Scope.close(scope, Exit.void)
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* states, ["RUNNING"])
      }).pipe(Effect.provideContext(context))
    })
  })

  it.effect("leaves its job when it fails", () => {
    const { layer } = Run.program(() => ({ timeout: "5 minutes" }))
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Run.failureOf(id))._tag, "TuningUnfinished")
      assert.deepStrictEqual(yield* states, ["RUNNING"])
    }).pipe(Effect.provide(layer))
  })
})
