import * as Budget from "@genops/core/Budget"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Run from "../src/internal/engineRun.ts"
import * as Marks from "../src/internal/stepMark.ts"
import * as Trial from "./EvaluateTrial.ts"

const requests = (count: number) => Budget.amount({ requests: count })
const exposure = (spent: number, held: number) => ({
  spent: requests(spent),
  held: requests(held),
  uncertain: Budget.zero
})

/** A store of one step of one run, that a process finds and leaves. */
const store = () => {
  const failures: Array<Run.Failure> = []
  const marks = new Map<string, Run.Mark>()
  let writes = 0
  const taken = (): Run.Run => ({
    runId: "run",
    failures: [...failures],
    marks: new Map(marks),
    failed: (failure) => Effect.sync(() => void failures.push(failure)),
    marked: (step, mark) =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => {
          writes++
          marks.set(step, mark)
        })
      )
  })
  return { failures, marks, taken, writes: () => writes }
}

/** What a process finds to be spent, whose work on the step is `work`; it books what was spent earlier, as a step does. */
const spentIn = (
  kept: ReturnType<typeof store>,
  resumes: boolean,
  work: (marks: Effect.Success<ReturnType<typeof Marks.make>>) => Effect.Effect<unknown>
) =>
  Effect.gen(function* () {
    const run = kept.taken()
    const marks = yield* Marks.make(run, "step", resumes)
    yield* marks.begin
    yield* work(marks)
    const spending = yield* Effect.orDie(Effect.fromOption(yield* BudgetGuard.spent))
    return [spending.spent.requests, spending.uncertain.requests]
  }).pipe(BudgetGuard.within({ requests: 100 }), Effect.provide(Trial.models()))

describe("what a step may have spent when its process dies", () => {
  it.effect("is booked by the next attempt: what was booked for certain, and what was held as uncertain", () =>
    Effect.gen(function* () {
      const kept = store()
      assert.deepStrictEqual(yield* spentIn(kept, false, ({ onSend }) => onSend(exposure(0, 1))), [0n, 0n])
      // It died; so does the second, after it had two answers and sent three more.
      assert.deepStrictEqual(yield* spentIn(kept, false, ({ onSend }) => onSend(exposure(2, 3))), [1n, 1n])
      const third = yield* spentIn(kept, false, ({ end, onSend }) =>
        Effect.andThen(onSend(exposure(0, 1)), end({ spent: requests(1), uncertain: Budget.zero }))
      )
      // The first failure is among those that every beginning books again.
      assert.deepStrictEqual(third, [5n, 3n])
      assert.deepStrictEqual(
        kept.failures.map(({ spent, tag, uncertain }) => [tag, spent?.requests, uncertain?.requests]),
        [
          [Run.died, 1n, 1n],
          [Run.died, 5n, 3n]
        ]
      )
    })
  )

  it.effect("is not booked twice when the attempt had failed and said so", () =>
    Effect.gen(function* () {
      const kept = store()
      yield* spentIn(kept, false, ({ onSend }) => onSend(exposure(0, 1)))
      const loss = { tag: "Broken", message: "", spent: requests(1), uncertain: Budget.zero, resumes: false }
      kept.failures.push({ step: "step", ...loss })
      assert.deepStrictEqual(yield* spentIn(kept, false, () => Effect.void), [0n, 0n])
    })
  )

  it.effect("is only what the work does not find itself, when it resumes", () =>
    Effect.gen(function* () {
      const kept = store()
      yield* spentIn(kept, true, ({ onSend }) => onSend(exposure(4, 2)))
      // It finds five of the six answers.
      const next = yield* spentIn(kept, true, ({ onSend }) => onSend(exposure(5, 1)))
      assert.deepStrictEqual(next, [1n, 1n])
      // The one after finds all that this one has asked, and that no money was lost with it.
      const last = yield* spentIn(kept, true, ({ end }) => end({ spent: requests(6), uncertain: Budget.zero }))
      assert.deepStrictEqual(last, [0n, 0n])
      assert.lengthOf(kept.failures, 1)
    })
  )

  it.effect("is written before any of many calls is sent, with few writes", () =>
    Effect.gen(function* () {
      const kept = store()
      const marks = yield* Marks.make(kept.taken(), "step", false)
      yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => index + 1),
        (held) =>
          Effect.gen(function* () {
            yield* marks.onSend(exposure(0, held))
            assert.isTrue((kept.marks.get("step")?.spent.requests ?? 0n) >= BigInt(held))
          }),
        { concurrency: "unbounded" }
      )
      assert.isBelow(kept.writes(), 5)
    })
  )
})
