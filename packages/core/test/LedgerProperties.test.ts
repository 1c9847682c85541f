/**
 * One property suite for ledgers, run against `Ledger` and against broken ledgers that it must reject.
 *
 * A scenario is a random interleaving of calls and of their ends, played against a ledger beside a provider that bills.
 * `play` names the first invariant that is violated:
 *
 * - I1 `spent + held` stays within the limit (plus what overran its worst case)
 * - I2 `held` is the sum of the open holds, and zero when no call is in flight
 * - I3 each hold ends exactly once
 * - I4 what the provider billed is at most `spent`, and `spent` is exactly what was booked
 * - I5 `spent` falls only by `reconcile`
 * - I6 a refused or waiting call changes nothing, and calls are refused, wait or are held by the rule
 */
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

const Count = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

const Operation = Schema.Struct({
  kind: Schema.Literals(["admit", "admitRest", "settle", "settleWorst", "release", "reconcile", "endAgain"]),
  /** Which of the open holds. */
  pick: Count(1_000),
  dollars: Count(3),
  pico: Count(999_999_999_999),
  tokens: Count(500),
  /** What is billed, in thousandths of the worst case: above 1,000 the worst case was wrong. */
  billed: Count(1_500)
})

const Scenario = Schema.Struct({
  dollars: Count(8),
  tokens: Count(2_000),
  requests: Count(12),
  /** Large sums leave the 53 bits in which floating-point numbers are exact. */
  large: Schema.Boolean,
  operations: Schema.Array(Operation).check(Schema.isMaxLength(60))
})

const onePico = Money.usd("0.000000000001")

type Ledgers = Pick<typeof Ledger, "admit" | "settle" | "settleWorst" | "release" | "reconcile">

const limited = ["usd", "totalTokens", "requests"] as const satisfies ReadonlyArray<Budget.Unit>

const thousandths = (amount: Budget.Amount, share: number): Budget.Amount =>
  Budget.amount({
    usd: Money.times(onePico, (amount.usd * BigInt(share)) / 1_000n),
    inputTokens: Math.floor((Number(amount.inputTokens) * share) / 1_000),
    requests: Number(amount.requests)
  })

const sum = (amounts: Iterable<Budget.Amount>) => [...amounts].reduce(Budget.plus, Budget.zero)
const same = (a: Budget.Amount, b: Budget.Amount) => Budget.units.every((unit) => a[unit] === b[unit])

/** Plays a scenario and returns the first violated invariant, if any. */
const play = (ledgers: Ledgers, scenario: typeof Scenario.Type): string | undefined => {
  const scale = scenario.large ? 1_000_003n : 1n
  const usd = (dollars: number, pico: number) =>
    Money.times(onePico, (BigInt(dollars) * 10n ** 12n + BigInt(pico)) * scale)
  const limits = Result.getOrThrow(
    Budget.limits({ usd: usd(scenario.dollars, 0), totalTokens: scenario.tokens, requests: scenario.requests })
  )
  let ledger = Ledger.make(limits)
  const open = new Map<Ledger.HoldId, Budget.Amount>()
  const uncertain = new Map<Ledger.HoldId, { readonly worst: Budget.Amount; readonly bill: Budget.Amount }>()
  const ended: Array<Ledger.HoldId> = []
  let booked = Budget.zero
  let billed = Budget.zero
  let overrun = Budget.zero

  const admit = (worst: Budget.Amount): string | undefined => {
    const held = sum(open.values())
    const never = limited.some((unit) => booked[unit] + worst[unit] > (limits.max[unit] ?? 0n))
    const crowded = limited.some(
      (unit) => worst[unit] > 0n && booked[unit] + held[unit] + worst[unit] > (limits.max[unit] ?? 0n)
    )
    const answer = ledgers.admit(ledger, worst)
    if (Result.isFailure(answer)) return never ? undefined : "I6 refused what can fit"
    if (never) return "I6 admitted what can never fit"
    if (answer.success._tag === "Wait") return crowded ? undefined : "I6 waited for nothing"
    if (crowded) return "I6 did not wait for calls in flight"
    if (open.has(answer.success.id) || ended.includes(answer.success.id)) return "I3 an id was used twice"
    ledger = answer.success.ledger
    open.set(answer.success.id, worst)
    return undefined
  }

  const settled = (
    result: Result.Result<Ledger.Settled, Ledger.HoldNotOpen>,
    worst: Budget.Amount,
    actual: Budget.Amount
  ): string | undefined => {
    if (Result.isFailure(result)) return "I3 an open hold could not be ended"
    ledger = result.success.ledger
    const above = Budget.minusOrZero(actual, worst)
    overrun = Budget.plus(overrun, above)
    return same(
      Option.getOrElse(result.success.overrun, () => Budget.zero),
      above
    )
      ? undefined
      : "I4 overrun not reported"
  }

  const step = (operation: typeof Operation.Type): string | undefined => {
    const at = <A>(items: Iterable<A>): A | undefined => {
      const all = [...items]
      return all[operation.pick % Math.max(1, all.length)]
    }
    const hold = at(open)
    switch (operation.kind) {
      case "admit": {
        return admit(
          Budget.amount({ usd: usd(operation.dollars, operation.pico), inputTokens: operation.tokens, requests: 1 })
        )
      }
      case "admitRest": {
        const used = Budget.plus(ledger.spent, ledger.held)
        const left = (unit: (typeof limited)[number]) =>
          (limits.max[unit] ?? 0n) > used[unit] ? (limits.max[unit] ?? 0n) - used[unit] : 0n
        return admit(
          Budget.amount({ usd: Money.times(onePico, left("usd")), inputTokens: Number(left("totalTokens")) })
        )
      }
      case "settle": {
        if (hold === undefined) return undefined
        const [id, worst] = hold
        const actual = thousandths(worst, operation.billed)
        open.delete(id)
        ended.push(id)
        booked = Budget.plus(booked, actual)
        billed = Budget.plus(billed, actual)
        return settled(ledgers.settle(ledger, id, actual), worst, actual)
      }
      case "settleWorst": {
        if (hold === undefined) return undefined
        const [id, worst] = hold
        const bill = thousandths(worst, Math.min(1_000, operation.billed))
        open.delete(id)
        ended.push(id)
        uncertain.set(id, { worst, bill })
        booked = Budget.plus(booked, worst)
        billed = Budget.plus(billed, bill)
        return settled(ledgers.settleWorst(ledger, id), Budget.zero, Budget.zero)
      }
      case "release": {
        if (hold === undefined) return undefined
        const [id] = hold
        open.delete(id)
        ended.push(id)
        return settled(ledgers.release(ledger, id), Budget.zero, Budget.zero)
      }
      case "reconcile": {
        const entry = at(uncertain)
        if (entry === undefined) return undefined
        const [id, { worst, bill }] = entry
        uncertain.delete(id)
        booked = Budget.plus(Budget.minusOrZero(booked, worst), bill)
        return settled(ledgers.reconcile(ledger, id, bill), worst, bill)
      }
      case "endAgain": {
        const id = at(ended)
        if (id === undefined) return undefined
        const again = [
          ledgers.settle(ledger, id, Budget.zero),
          ledgers.settleWorst(ledger, id),
          ledgers.release(ledger, id)
        ]
        const twice = uncertain.has(id) ? [] : [ledgers.reconcile(ledger, id, Budget.zero)]
        return [...again, ...twice].every(Result.isFailure) ? undefined : "I3 a hold ended twice"
      }
    }
  }

  for (const operation of scenario.operations) {
    const before = ledger
    const violated = step(operation)
    if (violated !== undefined) return violated
    const { spent, held } = ledger
    if (!same(held, sum(open.values())) || HashMap.size(ledger.holds) !== open.size)
      return "I2 held is not the open holds"
    if (limited.some((unit) => spent[unit] + held[unit] > (limits.max[unit] ?? 0n) + overrun[unit]))
      return "I1 over the limit"
    if (Budget.units.some((unit) => billed[unit] > spent[unit])) return "I4 billed more than spent"
    if (!same(spent, booked)) return "I4 spent is not what was booked"
    if (!same(ledger.uncertain, sum([...uncertain.values()].map(({ worst }) => worst)))) return "I4 uncertain is wrong"
    if (operation.kind !== "reconcile" && Budget.units.some((unit) => spent[unit] < before.spent[unit]))
      return "I5 spent fell"
  }
  return undefined
}

/** Long enough for interleavings: with the default size a scenario has one or two operations. */
const size = 60

const anyScenario = Arbitrary.schema(Scenario)

describe("Ledger", () => {
  it.prop(
    "holds I1-I6 over any interleaving",
    [anyScenario],
    ([scenario]) => assert.isUndefined(play(Ledger, scenario)),
    { arbitrary: { runs: 1_000, size } }
  )

  it.effect("is asked for every outcome by the scenarios", () =>
    Effect.gen(function* () {
      const seen: Record<string, number> = {}
      const count = (name: string) => (seen[name] = (seen[name] ?? 0) + 1)
      const settled = <E>(name: string, result: Result.Result<Ledger.Settled, E>) =>
        Result.tap(result, ({ overrun }) => count(Option.isSome(overrun) ? `${name} overrun` : name))
      const counting: Ledgers = {
        admit: (ledger, worst) => {
          const answer = Ledger.admit(ledger, worst)
          count(Result.match(answer, { onFailure: () => "BudgetExceeded", onSuccess: ({ _tag }) => _tag }))
          return answer
        },
        settle: (ledger, id, actual) => settled("settle", Ledger.settle(ledger, id, actual)),
        settleWorst: (ledger, id) => Result.tap(Ledger.settleWorst(ledger, id), () => count("settleWorst")),
        release: (ledger, id) => {
          const result = Ledger.release(ledger, id)
          count(Result.isFailure(result) ? "HoldNotOpen" : "release")
          return result
        },
        reconcile: (ledger, id, actual) => settled("reconcile", Ledger.reconcile(ledger, id, actual))
      }
      yield* Arbitrary.checkEffect(
        anyScenario,
        (scenario) => Effect.sync(() => play(counting, scenario) === undefined),
        { runs: 300, size, seed: "outcomes" }
      )
      for (const outcome of [
        "Held",
        "Wait",
        "BudgetExceeded",
        "settle",
        "settle overrun",
        "settleWorst",
        "release",
        "reconcile",
        "HoldNotOpen"
      ]) {
        assert.isAbove(seen[outcome] ?? 0, 20, `${outcome} in ${JSON.stringify(seen)}`)
      }
    })
  )
})

const unchanged = (ledger: Ledger.Ledger): Ledger.Settled => ({ ledger, overrun: Option.none() })

const broken: ReadonlyArray<readonly [name: string, violates: RegExp, mutant: Partial<Ledgers>]> = [
  [
    "checks, but holds nothing",
    /^I2/,
    {
      admit: (ledger, worst) =>
        Result.map(Ledger.admit(ledger, worst), (answer) =>
          answer._tag === "Held" ? { ...answer, ledger: { ...answer.ledger, held: ledger.held } } : answer
        )
    }
  ],
  [
    "shrinks the hold of the last call to what is left",
    /^I6 admitted what can never fit/,
    {
      admit: (ledger, worst) =>
        Result.orElse(Ledger.admit(ledger, worst), ({ left, unit }) =>
          Ledger.admit(ledger, Budget.amount(unit === "usd" ? { usd: Money.times(onePico, left) } : {}))
        )
    }
  ],
  [
    "refuses what only has to wait",
    /^I6 refused what can fit/,
    {
      admit: (ledger, worst) =>
        Result.andThen(
          Budget.check(ledger.limits, worst, Budget.plus(ledger.spent, ledger.held)),
          Ledger.admit(ledger, worst)
        )
    }
  ],
  [
    "refuses a call that fits exactly",
    /^I6 (refused what can fit|waited for nothing)/,
    {
      admit: (ledger, worst) => {
        const more = Budget.amount({ usd: Money.plus(Money.times(onePico, worst.usd), onePico) })
        return Result.andThen(Budget.check(ledger.limits, more, ledger.spent), Ledger.admit(ledger, worst))
      }
    }
  ],
  ["releases what may have been billed", /^I4/, { settleWorst: Ledger.release }],
  ["settles at zero", /^I4/, { settle: (ledger, id) => Ledger.settle(ledger, id, Budget.zero) }],
  [
    "settles before it sends",
    /^(I2|I3|I4)/,
    {
      admit: (ledger, worst) =>
        Result.map(Ledger.admit(ledger, worst), (answer) =>
          answer._tag === "Held"
            ? { ...answer, ledger: Result.getOrThrow(Ledger.settle(answer.ledger, answer.id, Budget.zero)).ledger }
            : answer
        )
    }
  ],
  [
    "settles a hold twice",
    /^(I2|I3)/,
    {
      settle: (ledger, id, actual) =>
        Result.map(Ledger.settle(ledger, id, actual), (settled) => ({
          ...settled,
          ledger: { ...settled.ledger, holds: ledger.holds }
        }))
    }
  ],
  [
    "ends an ended hold silently",
    /^I3/,
    { release: (ledger, id) => Result.orElse(Ledger.release(ledger, id), () => Result.succeed(unchanged(ledger))) }
  ],
  [
    "loses a hold: released, but still counted",
    /^I2/,
    {
      release: (ledger, id) =>
        Result.map(Ledger.release(ledger, id), (ended) => ({
          ...ended,
          ledger: { ...ended.ledger, held: ledger.held }
        }))
    }
  ],
  [
    "forgets to end a hold on interruption",
    /^I2/,
    { release: (ledger, id) => Result.map(Ledger.release(ledger, id), () => unchanged(ledger)) }
  ],
  [
    "books in floating-point numbers",
    /^(I1|I4)/,
    {
      settle: (ledger, id, actual) =>
        Result.map(Ledger.settle(ledger, id, actual), (settled) => {
          const usd = Money.times(onePico, Number(ledger.spent.usd) + Number(actual.usd))
          return { ...settled, ledger: { ...settled.ledger, spent: { ...settled.ledger.spent, usd } } }
        })
    }
  ],
  [
    "cuts an overrun off",
    /^I4/,
    {
      settle: (ledger, id, actual) =>
        Result.flatMap(Ledger.settle(ledger, id, actual), ({ overrun }) =>
          Ledger.settle(
            ledger,
            id,
            Budget.minusOrZero(
              actual,
              Option.getOrElse(overrun, () => Budget.zero)
            )
          )
        )
    }
  ],
  [
    "reconciles an entry twice",
    /^(I3|I4)/,
    {
      reconcile: (ledger, id, actual) =>
        Result.map(Ledger.reconcile(ledger, id, actual), (settled) => ({
          ...settled,
          ledger: { ...settled.ledger, doubts: ledger.doubts }
        }))
    }
  ],
  [
    "gives money back when an uncertain call is booked",
    /^(I4|I5)/,
    {
      settleWorst: (ledger, id) =>
        Result.map(Ledger.settleWorst(ledger, id), (ended) => ({
          ...ended,
          ledger: { ...ended.ledger, spent: Budget.minusOrZero(ended.ledger.spent, ended.ledger.uncertain) }
        }))
    }
  ]
]

describe("the suite rejects a ledger that", () => {
  for (const [name, violates, mutant] of broken) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const ledgers = { ...Ledger, ...mutant }
        const outcome = yield* Arbitrary.checkEffect(
          anyScenario,
          (scenario) => Effect.sync(() => !violates.test(play(ledgers, scenario) ?? "")),
          { runs: 2_000, size, seed: name }
        )
        assert.strictEqual(outcome._tag, "Falsified")
      })
    )
  }
})
