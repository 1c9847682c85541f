/**
 * One random run of many fibers through nested budgets, against a provider that keeps its own bill.
 */
import type * as Ledger from "@genops/core/Ledger"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Accounting from "../src/internal/accounting.ts"
import * as OracleModel from "./OracleModel.ts"

export interface Trial {
  readonly seed: number
  readonly fibers: number
  readonly calls: number
  /** The limit of the run, in per cent of about what all calls together would be billed. */
  readonly share: number
  readonly onInterrupt: "drain" | "abort"
  /** Whether outcomes happen after which nobody knows what was billed. */
  readonly doubts: boolean
}

export interface Verdict {
  /** What broke, as the names of the invariants. */
  readonly violations: ReadonlySet<string>
  /** Whether the budget was used up: a trial that is not says nothing about limits. */
  readonly saturated: boolean
  /** What the provider billed, as a share of the limit. */
  readonly utilisation: number
  readonly requests: number
  /** How often a call did not fit beside those in flight. */
  readonly waited: number
}

/** Mulberry32: small, seeded, good enough to choose outcomes. */
const generator = (seed: number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const steps = (quantity: number): Effect.Effect<void> =>
  quantity === 0
    ? Effect.void
    : Effect.andThen(
        Effect.yieldNow,
        Effect.suspend(() => steps(quantity - 1))
      )

/** The same few configurations for all calls, as programs have them. */
const configurations = [16, 64, 256, 1024].map((maxOutputTokens) =>
  ModelConfiguration.make("oracle", { generationConfig: { maxOutputTokens } })
)

/** Looks at every state that a ledger gets into: nothing may ever be above a limit, or below zero. */
const watched = (rules: Accounting.Accounting, violations: Set<string>, waits: () => void): Accounting.Accounting => {
  const look = ({ held, limits, spent }: Ledger.Ledger) => {
    const limit = limits.max.usd
    if (limit !== undefined && spent.usd + held.usd > limit) violations.add("I1 spent + held is above the limit")
    if (held.usd < 0n) violations.add("I2 less than nothing is held")
  }
  return {
    outcome: rules.outcome,
    admit: (ledger, worst) =>
      Result.map(rules.admit(ledger, worst), (answer) => {
        if (answer._tag === "Held") look(answer.ledger)
        else waits()
        return answer
      }),
    book: (ledger, id, booking) =>
      Result.map(rules.book(ledger, id, booking), (settled) => {
        look(settled.ledger)
        if (settled.ledger.spent.usd < ledger.spent.usd) violations.add("I5 spent has fallen")
        return settled
      })
  }
}

export const run = (trial: Trial, rules: Accounting.Accounting = Accounting.exact): Effect.Effect<Verdict> =>
  Effect.gen(function* () {
    const random = generator(trial.seed)
    const upTo = (most: number) => Math.floor(random() * (most + 1))
    const violations = new Set<string>()
    const bills = new Map<string, bigint>()
    const arrived = new Set<string>()
    const scripts = new Map<string, OracleModel.Script>()
    const oracle = OracleModel.make({
      script: (input) => scripts.get(input) ?? { inputTokens: 1, outputTokens: 0, ends: "success" },
      wait: steps,
      onArrival: (input, cost) => {
        arrived.add(input)
        // "run/step/fiber/call": the budgets around the call are the beginnings of its name.
        const [, step = "", fiber = ""] = input.split("/")
        for (const name of ["run", step, `${step}/${fiber}`]) bills.set(name, (bills.get(name) ?? 0n) + cost)
      }
    })

    const scriptOf = (maxOutputTokens: number): OracleModel.Script => {
      const dice = random()
      const ends: OracleModel.Script["ends"] = !trial.doubts
        ? dice < 0.2
          ? "throttled"
          : dice < 0.25
            ? "blocked"
            : "success"
        : dice < 0.15
          ? "throttled"
          : dice < 0.2
            ? "timedOut"
            : dice < 0.23
              ? "defect"
              : dice < 0.26
                ? "noUsage"
                : dice < 0.3
                  ? "blocked"
                  : "success"
      const retries = random() < 0.1 ? [trial.doubts && random() < 0.5 ? ("unknown" as const) : ("no" as const)] : []
      const outputTokens = random() < 0.2 ? maxOutputTokens : upTo(maxOutputTokens)
      return { inputTokens: 1 + upTo(15), outputTokens, queued: upTo(1), working: upTo(4), ends, retries }
    }

    const call = (name: string) =>
      Effect.gen(function* () {
        const configuration = configurations[upTo(configurations.length - 1)] ?? ModelConfiguration.make("oracle")
        const script = scriptOf(configuration.generationConfig?.maxOutputTokens ?? 0)
        scripts.set(name, script)
        const model = GenerativeModel.generate(configuration, name)
        if (random() < 0.25) {
          const fiber = yield* Effect.forkChild(model)
          yield* steps(upTo(7))
          return yield* Fiber.interrupt(fiber)
        }
        const exit = yield* Effect.exit(model)
        if (Exit.isSuccess(exit) || script.retries?.includes("unknown") === true) return
        const refused = exit.cause.reasons.some(
          (reason) => Cause.isFailReason(reason) && reason.error._tag === "BudgetExceeded"
        )
        if (refused && arrived.has(name)) violations.add("I6 a refused call was sent")
      })

    let saturated = false
    let waited = 0
    const check = (spending: BudgetGuard.Spending) => {
      const { held, limits, spent, uncertain } = spending
      const bill = bills.get(limits.name) ?? 0n
      const limit = limits.max.usd ?? 0n
      if (held.usd !== 0n) violations.add("I2 something is held at the end")
      if (bill > spent.usd) violations.add("I4 the bill is above what was booked")
      if (bill > limit) violations.add("I4 the bill is above the limit")
      if (spent.usd > limit) violations.add("I4 more than the limit was booked")
      if (spent.usd - uncertain.usd > bill) violations.add("I3 more than the bill was booked for certain")
      if (spending.overrun > 0) violations.add("a call cost more than its worst case")
      if (spending.refused > 0) saturated = true
    }
    // Under rules that lose holds, calls wait for nothing.
    const waitTimeout = rules === Accounting.exact ? "10 seconds" : "5 millis"
    const within = (name: string, usd: bigint) =>
      BudgetGuard.within(
        { name, usd: Money.toDecimal(Money.times(Money.usd("0.000000000001"), usd)) },
        {
          onInterrupt: trial.onInterrupt,
          waitTimeout,
          onEnd: (spending) => Effect.sync(() => check(spending))
        }
      )

    const limit = BigInt(trial.fibers * trial.calls * trial.share) * 6_600_000n
    const names = ["alpha", "beta", "gamma"]
    yield* Effect.forEach(
      names,
      (step) =>
        Effect.forEach(
          Array.from({ length: Math.ceil(trial.fibers / names.length) }, (_, fiber) => `${step}/${fiber}`),
          (fiber) =>
            Effect.forEach(
              Array.from({ length: trial.calls }, (_, index) => `run/${fiber}/${index}`),
              call,
              { discard: true }
            ).pipe(within(fiber, limit)),
          { concurrency: "unbounded", discard: true }
        ).pipe(within(step, (limit * 5n) / 12n)),
      { concurrency: "unbounded", discard: true }
    ).pipe(
      BudgetGuard.within(
        { name: "run", usd: Money.toDecimal(Money.times(Money.usd("0.000000000001"), limit)) },
        {
          onInterrupt: trial.onInterrupt,
          waitTimeout,
          onEnd: (spending) => Effect.sync(() => check(spending))
        }
      ),
      Effect.catchCause((cause) => Effect.sync(() => void violations.add(`the guard failed: ${Cause.pretty(cause)}`))),
      Effect.provideService(
        Accounting.Rules,
        watched(rules, violations, () => waited++)
      ),
      Effect.provide(OracleModel.layer(oracle))
    )
    return {
      violations,
      saturated,
      utilisation: Number(bills.get("run") ?? 0n) / Number(limit),
      requests: oracle.requests.length,
      waited
    }
  })
