/** What an engine does that only looks: a test for each store that others work on. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Engine from "../src/Engine.ts"
import * as Runs from "../src/Runs.ts"
import * as Step from "../src/Step.ts"
import type { EngineLayer } from "./EngineSubject.ts"
import * as World from "./EngineWorld.ts"

const { Parking, until } = World
const payload = { runId: "run", size: 1 }

/** Opens the same store again and again, to work or to look. */
export const looks = (open: (options: Engine.StoreOptions) => EngineLayer): Effect.Effect<void, unknown> => {
  const { done, step } = World.make()
  const nap = Step.sleep({ name: "nap", duration: "300 millis" })
  const body = Effect.andThen(Effect.andThen(step("one"), nap), step("two"))
  const working = World.running(open({}), body)
  const looking = World.running(open({ viewOnly: true }), body)
  return Effect.gen(function* () {
    yield* Effect.provide(Effect.andThen(Runs.start(Parking, payload), until("run", "Waiting")), working)
    yield* Effect.gen(function* () {
      // Long after the pause: an engine that works would have gone on.
      yield* Effect.sleep("1500 millis")
      assert.deepStrictEqual([(yield* World.stateOf(Parking, "run"))._tag, done], ["Waiting", ["one"]])
      assert.lengthOf(yield* Runs.list, 1)
      assert.lengthOf(yield* Runs.history(Parking, "run"), 2)
      assert.include(String(yield* Effect.flip(Effect.sandbox(Runs.run(Parking, payload)))), "viewOnly runs nothing")
      yield* Runs.cancel(Parking, "run")
      assert.strictEqual((yield* World.stateOf(Parking, "run"))._tag, "Cancelling")
    }).pipe(Effect.provide(looking))
    yield* Effect.provide(until("run", "Cancelled"), working)
    assert.deepStrictEqual(done, ["one"])
  })
}
