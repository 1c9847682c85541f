import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Budget from "../src/Budget.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Money from "../src/Money.ts"

const ledger = (input: Budget.LimitsInput) => Ledger.make(Result.getOrThrow(Budget.limits(input)))
const usd = (text: string) => Budget.amount({ usd: Result.getOrThrow(Money.fromDecimal(text)) })
const refusal = <A, E>(result: Result.Result<A, E>) => Result.getOrThrow(Result.flip(result))

const held = (self: Ledger.Ledger, worst: Budget.Amount): readonly [Ledger.Ledger, Ledger.HoldId] => {
  const answer = Result.getOrThrow(Ledger.admit(self, worst))
  assert.strictEqual(answer._tag, "Held")
  return answer._tag === "Held" ? [answer.ledger, answer.id] : assert.fail()
}

describe("Ledger", () => {
  it("holds, waits, refuses", () => {
    const [one] = held(ledger({ name: "run", usd: "1.00" }), usd("0.60"))
    assert.deepStrictEqual(Ledger.admit(one, usd("0.50")), Result.succeed({ _tag: "Wait", budget: "run", unit: "usd" }))
    const [two] = held(one, usd("0.40"))
    assert.deepStrictEqual(two.held, usd("1"))
    const error = refusal(Ledger.admit(two, usd("1.000000000001")))
    assert.deepStrictEqual([error.unit, error.left, error.inFlight], ["usd", Money.usd("1"), Money.usd("1")])
  })

  it("settles at the actual amount and frees the rest", () => {
    const [open, id] = held(ledger({ usd: "1.00" }), usd("0.60"))
    const settled = Result.getOrThrow(Ledger.settle(open, id, usd("0.25")))
    assert.deepStrictEqual([settled.ledger.spent, settled.ledger.held], [usd("0.25"), Budget.zero])
    assert.deepStrictEqual(settled.overrun, Option.none())
    held(settled.ledger, usd("0.75"))
  })

  it("releases what was not billed", () => {
    const [open, id] = held(ledger({ usd: "1.00" }), usd("0.60"))
    const released = Result.getOrThrow(Ledger.release(open, id)).ledger
    assert.deepStrictEqual([released.spent, released.held], [Budget.zero, Budget.zero])
  })

  it("books the worst case when nobody knows, and corrects it once", () => {
    const [open, id] = held(ledger({ usd: "1.00" }), usd("0.60"))
    const worst = Result.getOrThrow(Ledger.settleWorst(open, id)).ledger
    assert.deepStrictEqual([worst.spent, worst.uncertain, worst.held], [usd("0.60"), usd("0.60"), Budget.zero])
    const known = Result.getOrThrow(Ledger.reconcile(worst, id, usd("0.10"))).ledger
    assert.deepStrictEqual([known.spent, known.uncertain], [usd("0.10"), Budget.zero])
    assert.strictEqual(refusal(Ledger.reconcile(known, id, usd("0.10"))).operation, "reconcile")
  })

  it("books an overrun truthfully and refuses from then on", () => {
    const [open, id] = held(ledger({ usd: "1.00" }), usd("0.60"))
    const { ledger: over, overrun } = Result.getOrThrow(Ledger.settle(open, id, usd("1.20")))
    assert.deepStrictEqual(overrun, Option.some(usd("0.60")))
    assert.deepStrictEqual(over.spent, usd("1.20"))
    assert.strictEqual(refusal(Ledger.admit(over, Budget.zero)).left, 0n)
  })

  it("ends each hold once", () => {
    const [open, id] = held(ledger({ name: "run", usd: "1.00" }), usd("0.60"))
    const { ledger: done } = Result.getOrThrow(Ledger.settle(open, id, usd("0.25")))
    for (const again of [
      Ledger.settle(done, id, usd("0.25")),
      Ledger.settleWorst(done, id),
      Ledger.release(done, id)
    ]) {
      assert.strictEqual(refusal(again)._tag, "HoldNotOpen")
    }
    assert.strictEqual(
      refusal(Ledger.release(done, id)).message,
      'release: budget "run" has no open hold 0; each ends exactly once. Nothing was booked.'
    )
    assert.isTrue(Result.isFailure(Ledger.reconcile(open, id, Budget.zero)), "an open hold is not uncertain")
  })

  it("admits calls that cost nothing, until something is overspent", () => {
    const [full] = held(ledger({ usd: "0", requests: 1 }), Budget.amount({ requests: 1 }))
    held(full, Budget.zero)
    assert.deepStrictEqual(
      Ledger.admit(full, Budget.amount({ requests: 1 })),
      Result.succeed({ _tag: "Wait", budget: "budget", unit: "requests" })
    )
  })

  it("limits every unit at once, and meters those without a limit", () => {
    const start = ledger({ usd: "1", totalTokens: 100 })
    assert.strictEqual(
      refusal(Ledger.admit(start, Budget.amount({ inputTokens: 60, outputTokens: 41 }))).unit,
      "totalTokens"
    )
    const [open, id] = held(start, Budget.amount({ inputTokens: 60, outputTokens: 40, requests: 1 }))
    const { spent } = Result.getOrThrow(Ledger.settle(open, id, Budget.amount({ inputTokens: 60, requests: 1 }))).ledger
    assert.deepStrictEqual([spent.totalTokens, spent.requests], [60n, 1n])
  })

  it("continues from what an earlier run has spent", () => {
    const resumed = Ledger.make(Result.getOrThrow(Budget.limits({ usd: "1" })), usd("0.9"))
    assert.isTrue(Result.isFailure(Ledger.admit(resumed, usd("0.2"))))
    held(resumed, usd("0.1"))
  })

  it("books what an earlier process had in flight, even above the limit", () => {
    const { ledger: found, id } = Ledger.recover(
      Ledger.make(Result.getOrThrow(Budget.limits({ usd: "1" }))),
      usd("1.5")
    )
    assert.deepStrictEqual([found.spent, found.uncertain, found.held], [usd("1.5"), usd("1.5"), Budget.zero])
    assert.isTrue(Result.isFailure(Ledger.admit(found, usd("0.1"))))
    const known = Result.getOrThrow(Ledger.reconcile(found, id, usd("0.2"))).ledger
    assert.notStrictEqual(held(known, usd("0.8"))[1], id)
  })

  it("keeps nothing of ended calls, and old states are untouched", () => {
    const start = ledger({ usd: "1" })
    let now = start
    for (let call = 0; call < 10_000; call++) {
      const [open, id] = held(now, usd("0.5"))
      now = Result.getOrThrow(Ledger.settle(open, id, usd("0.00005"))).ledger
    }
    assert.deepStrictEqual([now.spent, HashMap.size(now.holds), HashMap.size(now.doubts)], [usd("0.5"), 0, 0])
    assert.deepStrictEqual(start.spent, Budget.zero)
  })
})

describe("a chain of budgets", () => {
  const run = ledger({ name: "run", usd: "1.00" })
  const step = ledger({ name: "step", usd: "0.50" })

  it("holds in all of them and settles in all of them", () => {
    const answer = Result.getOrThrow(Ledger.admitAll([run, step], usd("0.40")))
    const pairs =
      answer._tag === "AllHeld" ? answer.holds.map(({ ledger, id }) => [ledger, id] as const) : assert.fail()
    assert.deepStrictEqual(
      pairs.map(([{ limits }]) => limits.name),
      ["run", "step"]
    )
    const settled = Result.getOrThrow(Ledger.endAll(pairs, (ledger, id) => Ledger.settle(ledger, id, usd("0.30"))))
    assert.deepStrictEqual(
      settled.map(({ ledger }) => ledger.spent),
      [usd("0.30"), usd("0.30")]
    )
    const released = Result.getOrThrow(Ledger.endAll(pairs, Ledger.release))
    assert.deepStrictEqual(
      released.map(({ ledger }) => ledger.held),
      [Budget.zero, Budget.zero]
    )
  })

  it("names the innermost budget that refuses", () => {
    assert.strictEqual(refusal(Ledger.admitAll([run, step], usd("2"))).budget, "step")
    assert.strictEqual(refusal(Ledger.admitAll([step, run], usd("2"))).budget, "run")
    assert.strictEqual(refusal(Ledger.admitAll([step, run], usd("0.6"))).budget, "step")
  })

  it("refuses rather than waits, and waits for the innermost", () => {
    const [busyRun] = held(run, usd("0.90"))
    const [busyStep] = held(step, usd("0.40"))
    assert.strictEqual(refusal(Ledger.admitAll([busyRun, step], usd("0.6"))).budget, "step")
    assert.deepStrictEqual(
      Ledger.admitAll([busyRun, busyStep], usd("0.2")),
      Result.succeed({ _tag: "Wait", budget: "step", unit: "usd" })
    )
    assert.deepStrictEqual(
      Ledger.admitAll([busyRun, step], usd("0.2")),
      Result.succeed({ _tag: "Wait", budget: "run", unit: "usd" })
    )
  })

  it("holds an unchained call in no budget", () => {
    assert.deepStrictEqual(Ledger.admitAll([], usd("2")), Result.succeed({ _tag: "AllHeld", holds: [] }))
  })

  it("ends all or none", () => {
    const [open, id] = held(run, usd("0.1"))
    assert.strictEqual(
      refusal(
        Ledger.endAll(
          [
            [open, id],
            [step, id]
          ],
          Ledger.release
        )
      ).budget,
      "step"
    )
  })

  const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
  const Calls = Schema.Array(
    Schema.Struct({
      step: Schema.Literals(["a", "b"]),
      end: Schema.Literals(["none", "settle", "settleWorst", "release"]),
      cents: Count,
      pick: Count
    })
  ).check(Schema.isMaxLength(40))
  const Tree = Arbitrary.schema(Schema.Struct({ run: Count, a: Count, b: Count, calls: Calls }))
  const cents = (n: number) => Budget.amount({ usd: Money.times(Money.usd("0.01"), n) })

  /** Two steps under one run; returns the first violation. */
  const play = (
    admitAll: typeof Ledger.admitAll,
    tree: (typeof Tree)["~A"] extends (_: never) => infer A ? A : never
  ) => {
    const of = (name: string, n: number) => Ledger.make({ ...step.limits, name, max: { usd: cents(n).usd } })
    const state = { run: of("run", tree.run), a: of("a", tree.a), b: of("b", tree.b) }
    const open: Array<{ step: "a" | "b"; runId: Ledger.HoldId; stepId: Ledger.HoldId; worst: Budget.Amount }> = []
    for (const call of tree.calls) {
      const worst = cents(call.cents)
      const answer = admitAll([state.run, state[call.step]], worst)
      const alone = [Ledger.admit(state[call.step], worst), Ledger.admit(state.run, worst)]
      const refused = alone.find(Result.isFailure)
      if (Result.isFailure(answer)) {
        if (refused === undefined) return "refused for nothing"
        if (refused.failure.budget !== answer.failure.budget) return "not the innermost"
      } else if (refused !== undefined) return "admitted what one budget refuses"
      else if (answer.success._tag === "AllHeld") {
        const [runHold, stepHold] = answer.success.holds
        if (runHold === undefined || stepHold === undefined) return "not held in all"
        state.run = runHold.ledger
        state[call.step] = stepHold.ledger
        open.push({ step: call.step, runId: runHold.id, stepId: stepHold.id, worst })
      }
      const [ending] = call.end === "none" ? [] : open.splice(call.pick % Math.max(1, open.length), 1)
      if (ending !== undefined) {
        const pairs = [[state.run, ending.runId] as const, [state[ending.step], ending.stepId] as const]
        const ended = Ledger.endAll(pairs, (ledger, id) =>
          call.end === "settle"
            ? Ledger.settle(ledger, id, ending.worst)
            : call.end === "settleWorst"
              ? Ledger.settleWorst(ledger, id)
              : Ledger.release(ledger, id)
        )
        if (Result.isFailure(ended)) return "a hold could not be ended"
        state.run = ended.success[0]?.ledger ?? state.run
        state[ending.step] = ended.success[1]?.ledger ?? state[ending.step]
      }
      const { run, a, b } = state
      if (run.spent.usd !== a.spent.usd + b.spent.usd) return "spent of the run is not that of its steps"
      if (run.held.usd !== a.held.usd + b.held.usd) return "held of the run is not that of its steps"
      if ([run, a, b].some(({ limits, spent, held }) => spent.usd + held.usd > (limits.max.usd ?? 0n)))
        return "over the limit"
    }
    return undefined
  }

  it.prop("adds up, whatever the interleaving", [Tree], ([tree]) => assert.isUndefined(play(Ledger.admitAll, tree)), {
    arbitrary: { runs: 500, size: 40 }
  })

  const broken: ReadonlyArray<readonly [string, typeof Ledger.admitAll]> = [
    [
      "asks the outermost budget only",
      (ledgers, worst) =>
        Result.map(Ledger.admitAll(ledgers.slice(0, 1), worst), (answer) =>
          answer._tag === "AllHeld"
            ? { ...answer, holds: ledgers.flatMap((ledger) => answer.holds.map((hold) => ({ ...hold, ledger }))) }
            : answer
        )
    ],
    ["names the outermost budget", (ledgers, worst) => Ledger.admitAll(ledgers.toReversed(), worst)],
    [
      "keeps the outer hold only",
      (ledgers, worst) =>
        Result.map(Ledger.admitAll(ledgers, worst), (answer) =>
          answer._tag === "AllHeld"
            ? {
                ...answer,
                holds: answer.holds.map((hold, i) => ({ ...hold, ledger: i === 0 ? hold.ledger : (ledgers[i] ?? run) }))
              }
            : answer
        )
    ]
  ]
  for (const [name, admitAll] of broken) {
    it.effect(`the property rejects a chain that ${name}`, () =>
      Effect.map(
        Arbitrary.checkEffect(Tree, (tree) => Effect.sync(() => play(admitAll, tree) === undefined), {
          runs: 1_000,
          size: 40
        }),
        (outcome) => assert.strictEqual(outcome._tag, "Falsified")
      )
    )
  }
})
