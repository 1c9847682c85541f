import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Engine from "../src/Engine.ts"
import * as Runs from "../src/Runs.ts"
import * as Step from "../src/Step.ts"
import * as World from "./EngineWorld.ts"

const { Parking } = World
const day = 24 * 60 * 60 * 1000

describe("the engine in memory", () => {
  it.effect("passes months in the time of the test clock, and its results need no time at all", () => {
    const { done, step } = World.make()
    const body = Effect.gen(function* () {
      yield* step("one")
      // Longer than a timer of JavaScript can be.
      yield* Step.sleep({ name: "season", duration: "90 days" })
      return yield* step("two")
    })
    return Effect.gen(function* () {
      // Names are digested outside of the test clock: without this, time would pass before the run begins.
      yield* Runs.start(Parking, { runId: "run", size: 1 })
      const running = yield* Effect.forkChild(Runs.run(Parking, { runId: "run", size: 1 }))
      yield* TestClock.adjust("89 days")
      assert.deepStrictEqual(yield* World.stateOf(Parking, "run"), { _tag: "Waiting", until: 90 * day, decisions: [] })
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* Fiber.join(running), 2)
      assert.deepStrictEqual(done, ["one", "two"])
      assert.deepStrictEqual(
        (yield* Runs.history(Parking, "run")).map(({ endedAt, name, startedAt }) => [name, startedAt, endedAt]),
        [
          ["one", 0, 0],
          ["season", 0, 90 * day],
          ["two", 90 * day, 90 * day]
        ]
      )
    }).pipe(Effect.provide(World.running(Engine.layerMemory, body)))
  })

  it.effect("ends and parks runs while the clock stands still", () => {
    const { broken, step } = World.make()
    return Effect.gen(function* () {
      assert.strictEqual(yield* Runs.run(Parking, { runId: "ends", size: 1 }), 1)
      broken.add("one")
      assert.strictEqual((yield* Effect.flip(Runs.run(Parking, { runId: "parks", size: 1 })))._tag, "RunParked")
      broken.clear()
      assert.strictEqual(yield* Runs.run(Parking, { runId: "parks", size: 1 }), 3)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }).pipe(Effect.provide(World.running(Engine.layerMemory, step("one"))))
  })
})
