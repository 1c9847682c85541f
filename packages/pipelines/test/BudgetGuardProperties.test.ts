import * as Budget from "@genops/core/Budget"
import * as Ledger from "@genops/core/Ledger"
import * as Money from "@genops/core/Money"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Accounting from "../src/internal/accounting.ts"
import * as BudgetTrial from "./BudgetTrial.ts"

// GENOPS_SEED repeats a run, GENOPS_TRIALS multiplies the number of trials for long runs.
const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)
const times = Number(process.env["GENOPS_TRIALS"] ?? 1)

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0)

/** Runs trials that differ by seed, and by turns in the policy for interrupted calls and in whether outcomes are unknown. */
const trials = (
  count: number,
  size: { readonly fibers: number; readonly calls: number; readonly share: number },
  rules?: Accounting.Accounting,
  onInterrupt?: "drain" | "abort"
) =>
  Effect.forEach(Array.from({ length: count }), (_, index) =>
    BudgetTrial.run(
      {
        ...size,
        seed: seed + index,
        onInterrupt: onInterrupt ?? (index % 2 === 0 ? "drain" : "abort"),
        doubts: index % 4 < 2
      },
      rules
    )
  )

const violationsOf = (verdicts: ReadonlyArray<BudgetTrial.Verdict>) =>
  [...new Set(verdicts.flatMap(({ violations }) => [...violations]))].toSorted()

const report = (name: string, verdicts: ReadonlyArray<BudgetTrial.Verdict>) => {
  const saturated = verdicts.filter((verdict) => verdict.saturated).length
  const used = sum(verdicts.map(({ utilisation }) => utilisation)) / verdicts.length
  const waited = sum(verdicts.map(({ waited }) => waited))
  const requests = sum(verdicts.map(({ requests }) => requests))
  console.log(
    `seed ${seed}: ${name}: ${verdicts.length} trials, ${requests} requests, ${waited} waited, ` +
      `${saturated} saturated, ${(used * 100).toFixed(1)} % of the limit billed`
  )
  return { saturated, used, waited }
}

// Each refusal is an error with a stack trace: making them is most of the time of a trial.
const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

describe("many fibers in three nested budgets", () => {
  const cases = [
    { fibers: 64, calls: 20, share: 50, count: 100 },
    { fibers: 64, calls: 20, share: 4, count: 40 },
    { fibers: 16, calls: 8, share: 50, count: 300 },
    { fibers: 16, calls: 8, share: 20, count: 200 },
    { fibers: 4, calls: 8, share: 20, count: 200 },
    { fibers: 1, calls: 20, share: 20, count: 100 }
  ]
  for (const { count, ...size } of cases) {
    const name = `${size.fibers} fibers x ${size.calls} calls, budget for ${size.share} %`
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const verdicts = yield* trials(count * times, size)
          const { saturated } = report(name, verdicts)
          assert.deepStrictEqual(violationsOf(verdicts), [], `GENOPS_SEED=${seed}`)
          assert.isAbove(saturated, 0.9 * verdicts.length, "most trials use the budget up")
        }),
      600_000
    )
  }

  it.live(
    "uses at least 70 % of a saturated limit when interrupted calls are drained",
    () =>
      Effect.gen(function* () {
        const verdicts = yield* trials(20 * times, { fibers: 64, calls: 20, share: 50 }, undefined, "drain")
        const { used, waited } = report("drained", verdicts)
        assert.isAtLeast(used, 0.7)
        assert.isAbove(waited, 0, "calls waited instead of being refused")
      }),
    600_000
  )
})

const { exact } = Accounting
const onePico = Money.usd("0.000000000001")

/** Six ways to get it wrong. The same trials must find each of them, or they prove nothing. */
const mutants: ReadonlyArray<{
  readonly name: string
  readonly finds: RegExp
  readonly rules: () => Accounting.Accounting
  readonly onInterrupt?: "abort"
}> = [
  {
    name: "no hold: check, call, add",
    finds: /I4 the bill is above the limit/,
    rules: () => ({
      outcome: exact.outcome,
      admit: (ledger, worst) =>
        Result.flatMap(Budget.check(ledger.limits, worst, ledger.spent), () => Ledger.admit(ledger, Budget.zero)),
      book: (ledger, id, booking) =>
        booking._tag === "Release" ? Ledger.release(ledger, id) : Ledger.settle(ledger, id, booking.amount)
    })
  },
  {
    name: "release on interruption",
    finds: /I4 the bill is above what was booked/,
    onInterrupt: "abort",
    rules: () => ({
      ...exact,
      outcome: (exit, sent) =>
        Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? { _tag: "NotBilled" } : exact.outcome(exit, sent)
    })
  },
  {
    name: "settle twice",
    finds: /I3 more than the bill was booked/,
    rules: () => ({
      ...exact,
      book: (ledger, id, booking) =>
        Result.map(exact.book(ledger, id, booking), (settled) =>
          booking._tag === "Actual"
            ? { ...settled, ledger: { ...settled.ledger, spent: Budget.plus(settled.ledger.spent, booking.amount) } }
            : settled
        )
    })
  },
  {
    name: "settle before the call is sent",
    finds: /I4 the bill is above what was booked/,
    rules: () => ({
      outcome: exact.outcome,
      admit: (ledger, worst) =>
        Result.flatMap(Budget.check(ledger.limits, worst, ledger.spent), () => {
          const guess = Budget.amount({ usd: Money.times(onePico, worst.usd / 3n) })
          return Ledger.admit({ ...ledger, spent: Budget.plus(ledger.spent, guess) }, Budget.zero)
        }),
      book: (ledger, id) => Ledger.release(ledger, id)
    })
  },
  {
    name: "hold lost on a defect",
    finds: /I2 something is held at the end/,
    rules: () => {
      let defect = false
      return {
        ...exact,
        outcome: (exit, sent) => {
          defect = Exit.isFailure(exit) && Cause.hasDies(exit.cause)
          return exact.outcome(exit, sent)
        },
        book: (ledger, id, booking) =>
          defect ? Result.succeed({ ledger, overrun: Option.none() }) : exact.book(ledger, id, booking)
      }
    }
  },
  {
    name: "floating-point money",
    finds: /I3 more than the bill was booked|I4 the bill is above what was booked/,
    rules: () => ({
      ...exact,
      book: (ledger, id, booking) =>
        Result.map(exact.book(ledger, id, booking), (settled) => {
          if (booking._tag !== "Actual") return settled
          const dollars = Number(ledger.spent.usd) / 1e12 + Number(booking.amount.usd) / 1e12
          const spent = Budget.amount({ usd: Money.times(onePico, BigInt(Math.trunc(dollars * 1e12))) })
          return { ...settled, ledger: { ...settled.ledger, spent } }
        })
    })
  }
]

describe("the same trials reject broken rules", () => {
  for (const { finds, name, onInterrupt, rules } of mutants) {
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const verdicts = yield* trials(12, { fibers: 64, calls: 20, share: 50 }, rules(), onInterrupt)
          const found = violationsOf(verdicts)
          console.log(
            `seed ${seed}: ${name}: ${verdicts.filter((v) => v.violations.size > 0).length} of 12 trials; ${found.join("; ").slice(0, 300)}`
          )
          assert.match(found.join("\n"), finds, `GENOPS_SEED=${seed}`)
        }),
      600_000
    )
  }
})
