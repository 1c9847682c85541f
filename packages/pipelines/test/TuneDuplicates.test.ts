/**
 * A run pays for one tuning job, whatever happens: 2,000 random runs through lost answers, failures, conflicts, lists that lag and have
 * pages, labels that others use, and processes that are killed at any moment. The ledger of the service is the oracle.
 *
 * GENOPS_SEED repeats a run, GENOPS_TRIALS multiplies the number of trials for long runs.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as Trial from "./TuneTrial.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)
const times = Number(process.env["GENOPS_TRIALS"] ?? 1)

const trials = (count: number, method: Trial.Method) =>
  Effect.gen(function* () {
    const verdicts: Array<Trial.Verdict> = []
    for (let index = 0; index < count; index++) {
      const fiber = yield* Effect.forkChild(Trial.run(seed + index, method))
      // One day is enough, unless the clock went through before the trial had begun to sleep.
      for (let days = 0; days < 5 && fiber.pollUnsafe() === undefined; days++) yield* TestClock.adjust("1 day")
      assert(fiber.pollUnsafe() !== undefined, `trial ${seed + index} does not end`)
      verdicts.push(yield* Fiber.join(fiber))
    }
    return verdicts
  })

const share = (verdicts: ReadonlyArray<Trial.Verdict>, which: (verdict: Trial.Verdict) => boolean) =>
  verdicts.filter(which).length / verdicts.length
const isTwice = ({ jobs }: Trial.Verdict) => jobs > 1

describe(`tuning jobs, GENOPS_SEED=${seed}`, () => {
  it.effect(
    "are never paid twice, and every run ends with its job",
    () =>
      Effect.gen(function* () {
        const verdicts = yield* trials(2_000 * times, "step")
        assert.deepStrictEqual(verdicts.filter(isTwice), [])
        assert.deepStrictEqual(
          verdicts.filter(({ end }) => end !== "tuned"),
          []
        )
        // A trial in which nothing goes wrong says nothing.
        assert.isAbove(
          share(verdicts, ({ kills }) => kills > 0),
          0.5
        )
        assert.isAbove(
          share(verdicts, ({ faults }) => faults > 0),
          0.4
        )
        assert.isAbove(
          share(verdicts, ({ uncertain }) => uncertain > 0),
          0.02
        )
      }),
    120_000 * Math.max(1, times)
  )

  it.effect(
    "are paid twice by programs that record what they have done, and look for nothing",
    () =>
      Effect.gen(function* () {
        const verdicts = yield* trials(300, "naive")
        assert.isAbove(share(verdicts, isTwice), 0.2)
      }),
    60_000
  )

  it.effect(
    "are paid twice by a step that looks, but does not wait for what may be under way",
    () =>
      Effect.gen(function* () {
        const verdicts = yield* trials(300, "impatient")
        assert.isAbove(share(verdicts, isTwice), 0)
      }),
    60_000
  )
})
