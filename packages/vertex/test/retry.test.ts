import * as Budget from "@genops/core/Budget"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as AdaptiveRate from "../src/AdaptiveRate.ts"
import { CallMeter } from "../src/CallMeter.ts"
import type { Failure } from "../src/internal/failure.ts"
import * as retry from "../src/internal/retry.ts"
import * as RetryBudget from "../src/RetryBudget.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as VertexError from "../src/VertexError.ts"

const description = "scripted"
const late = (phase: "connect" | "headers" | "server", billed: VertexError.Billed): Failure => ({
  reason: new VertexError.DeadlineExceeded({ phase, description }),
  billed
})
const throttled = (seconds?: number): Failure => ({
  reason: new VertexError.ResourceExhausted({
    description,
    quotas: [],
    ...(seconds === undefined ? {} : { retryAfter: Duration.seconds(seconds) })
  }),
  billed: "no"
})
const faults = {
  refused: { reason: new VertexError.Transport({ kind: "refused", phase: "connect", description }), billed: "no" },
  dns: { reason: new VertexError.Transport({ kind: "dns", phase: "connect", description }), billed: "no" },
  connectLate: late("connect", "no"),
  tls: { reason: new VertexError.Transport({ kind: "tls", phase: "connect", description }), billed: "no" },
  redirect: { reason: new VertexError.Transport({ kind: "redirect", phase: "headers", description }), billed: "no" },
  unsentReset: { reason: new VertexError.Transport({ kind: "reset", phase: "headers", description }), billed: "no" },
  reset: { reason: new VertexError.Transport({ kind: "reset", phase: "headers", description }), billed: "unknown" },
  cut: { reason: new VertexError.Transport({ kind: "reset", phase: "body", description }), billed: "unknown" },
  429: throttled(),
  "429+3s": throttled(3),
  "429+60s": throttled(60),
  "429+61s": throttled(61),
  500: { reason: new VertexError.Internal({ description }), billed: "unknown" },
  503: { reason: new VertexError.Unavailable({ description }), billed: "unknown" },
  504: late("server", "unknown"),
  headersLate: late("headers", "unknown"),
  400: { reason: new VertexError.InvalidRequest({ description, violations: [] }), billed: "no" },
  401: { reason: new VertexError.Unauthenticated({ description }), billed: "no" },
  403: { reason: new VertexError.PermissionDenied({ description }), billed: "no" },
  404: { reason: new VertexError.NotFound({ resource: "x", description, suggestions: [] }), billed: "no" },
  409: { reason: new VertexError.Conflict({ kind: "AlreadyExists", description }), billed: "no" },
  499: { reason: new VertexError.Cancelled({ description }), billed: "unknown" },
  malformed: { reason: new VertexError.MalformedResponse({ where: "body", description }), billed: "unknown" },
  tooLarge: { reason: new VertexError.ResponseTooLarge({ limit: 1 }), billed: "unknown" },
  unknown: { reason: new VertexError.Unknown({ status: 418, body: "" }), billed: "unknown" }
} as const satisfies Record<string, Failure>

type Fault = `${keyof typeof faults}`

// Half of each upper end: waits are exact.
const half = { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 }

interface Ran {
  readonly starts: ReadonlyArray<number>
  readonly outcome: string
  readonly error: VertexError.VertexError | undefined
}

/** Runs a call whose attempts fail as scripted and then succeed, and notes when each attempt started. */
const run = (script: ReadonlyArray<Fault>, safeToRepeat: boolean, budget = RetryBudget.make()) =>
  Effect.gen(function* () {
    const starts: Array<number> = []
    const fiber = yield* retry
      .withRetry({
        attempt: (n) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            starts.push(now)
            const fault = script[n - 1]
            return fault === undefined ? Effect.succeed("answer") : Effect.fail<Failure>(faults[fault])
          }),
        safeToRepeat,
        operation: "generate",
        target: "model",
        budget,
        rate: AdaptiveRate.make()
      })
      .pipe(Effect.provideService(Random.Random, half), Effect.result, Effect.forkChild)
    yield* TestClock.adjust("10 minutes")
    const result = yield* Fiber.join(fiber)
    const error = result._tag === "Failure" && result.failure._tag === "VertexError" ? result.failure : undefined
    const outcome =
      result._tag === "Success" ? `${result.success.value} ${result.success.attempts}` : result.failure._tag
    return { starts, outcome, error } satisfies Ran
  })

/** The starts of each attempt in milliseconds, for calls that may be repeated and for those that may not. */
const once = [0]
const table: ReadonlyArray<
  readonly [script: ReadonlyArray<Fault>, safe: ReadonlyArray<number>, unsafe: ReadonlyArray<number>]
> = [
  [[], once, once],
  [["refused"], [0, 50], [0, 50]],
  [
    ["refused", "refused", "refused"],
    [0, 50, 150, 350],
    [0, 50, 150, 350]
  ],
  [["dns"], [0, 50], [0, 50]],
  [
    ["connectLate", "connectLate", "connectLate"],
    [0, 50, 150, 350],
    [0, 50, 150, 350]
  ],
  [["unsentReset"], [0, 250], [0, 250]],
  [["tls"], once, once],
  [["redirect"], once, once],
  [["reset"], [0, 250], once],
  [["cut"], [0, 250], once],
  [["429"], [0, 250], [0, 250]],
  [
    ["429", "429", "429"],
    [0, 250, 750, 1_750],
    [0, 250, 750, 1_750]
  ],
  [
    ["429", "429", "429", "429", "429"],
    [0, 250, 750, 1_750, 3_750, 7_750],
    [0, 250, 750, 1_750, 3_750, 7_750]
  ],
  [
    ["429", "429", "429", "429", "429", "429"],
    [0, 250, 750, 1_750, 3_750, 7_750],
    [0, 250, 750, 1_750, 3_750, 7_750]
  ],
  [["429+3s"], [0, 3_250], [0, 3_250]],
  [["429+60s"], [0, 60_000], [0, 60_000]],
  [["429+61s"], once, once],
  [
    ["429", "429+61s"],
    [0, 250],
    [0, 250]
  ],
  [["500"], [0, 250], once],
  [["503"], [0, 250], once],
  [["503", "429", "reset"], [0, 250, 750, 1_750], once],
  [
    ["429", "503"],
    [0, 250, 750],
    [0, 250]
  ],
  [
    ["refused", "reset"],
    [0, 50, 550],
    [0, 50]
  ],
  [["504"], [0, 250], once],
  [["504", "504"], [0, 250], once],
  [["headersLate", "429", "headersLate"], [0, 250, 750], once],
  [
    ["connectLate", "504"],
    [0, 50, 550],
    [0, 50]
  ],
  [["400"], once, once],
  [["401"], once, once],
  [["403"], once, once],
  [["404"], once, once],
  [["409"], once, once],
  [["499"], once, once],
  [["malformed"], once, once],
  [["tooLarge"], once, once],
  [["unknown"], once, once],
  [
    ["429", "400"],
    [0, 250],
    [0, 250]
  ],
  [["503", "malformed"], [0, 250], once]
]

// Operations differ only in whether a repetition is safe.
const operations = {
  generate: true,
  countTokens: true,
  embed: true,
  evaluateInstances: true,
  get: true,
  createTuningJob: false,
  createBatchJob: false,
  createCachedContent: false
} as const

describe("retry, conformance", () => {
  for (const [operation, safe] of Object.entries(operations)) {
    for (const [script, whenSafe, whenNot] of table) {
      const expected = safe ? whenSafe : whenNot
      it.effect(`${operation}: ${script.join(", ") || "success"}: ${expected.length} attempts`, () =>
        Effect.gen(function* () {
          const { error, outcome, starts } = yield* run(script, safe)
          assert.deepStrictEqual(starts, expected)
          if (starts.length > script.length) return assert.strictEqual(outcome, `answer ${starts.length}`)
          const last = faults[script[starts.length - 1]!]
          assert.deepStrictEqual(
            { reason: error?.reason, billed: error?.billed, operation: error?.operation, target: error?.target },
            { reason: last.reason, billed: last.billed, operation: "generate", target: "model" }
          )
          assert.deepStrictEqual(
            error?.attempts,
            script.slice(0, starts.length - 1).map((fault, n) => ({
              reason: faults[fault].reason._tag,
              billed: faults[fault].billed,
              waited: starts[n + 1]! - starts[n]!
            }))
          )
        })
      )
    }
  }

  it.effect("the policy none switches retries off", () =>
    Effect.gen(function* () {
      const { starts } = yield* Effect.provideService(run(["429"], true), RetryPolicy.RetryPolicy, RetryPolicy.none)
      assert.deepStrictEqual(starts, once)
    })
  )

  it.effect("an empty retry budget ends the call at its first failure", () =>
    Effect.gen(function* () {
      const budget = RetryBudget.make({ capacity: 4, cost: 5 })
      assert.deepStrictEqual((yield* run(["429"], true, budget)).starts, once)
    })
  )
})

describe("retry, meter", () => {
  const metered = (events: Array<string>, refuse = false) => ({
    queued: () => events.push("queued"),
    sent: () => events.push("sent"),
    retrying: (billed: VertexError.Billed) =>
      Effect.suspend(() => {
        events.push(`retrying ${billed}`)
        return refuse ? Effect.fromResult(Budget.check(limits, Budget.amount({ requests: 2 }))) : Effect.void
      })
  })
  const limits = Effect.runSync(Effect.fromResult(Budget.limits({ name: "test", requests: 1 })))

  it.effect("what may be billed is booked before the next attempt; what is not waits as unsent", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Effect.provideService(run(["503", "429"], true), CallMeter, metered(events))
      )
      yield* TestClock.adjust("10 minutes")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(events, ["retrying unknown", "queued", "queued", "retrying no", "queued"])
    })
  )

  it.effect("a budget may refuse the next attempt", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const { outcome, starts } = yield* Effect.provideService(run(["503"], true), CallMeter, metered(events, true))
      assert.deepStrictEqual([outcome, starts], ["BudgetExceeded", once])
    })
  )

  it.effect("interruption during a wait ends the wait and starts no attempt", () =>
    Effect.gen(function* () {
      let attempts = 0
      const fiber = yield* retry
        .withRetry({
          attempt: () =>
            Effect.flatMap(
              Effect.sync(() => attempts++),
              () => Effect.fail<Failure>(faults["429+60s"])
            ),
          safeToRepeat: true,
          operation: "generate",
          target: "model",
          budget: RetryBudget.make(),
          rate: AdaptiveRate.make()
        })
        .pipe(Effect.forkChild)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(attempts, 1)
    })
  )
})

/** Runs `calls` calls with 64 at a time against a server that answers by chance, within virtual time. */
const load = (
  calls: number,
  answer: (random: number) => Fault | undefined,
  budget = RetryBudget.make(),
  seed = "storm"
) =>
  Effect.gen(function* () {
    const rate = AdaptiveRate.make()
    let attempts = 0
    let failedRetries = 0
    let firstTry = 0
    let longestWait = 0
    const one = retry
      .withRetry({
        attempt: (n) =>
          Effect.gen(function* () {
            attempts += 1
            yield* Effect.sleep(20)
            const fault = answer(yield* Random.next)
            if (fault === undefined && n === 1) firstTry += 1
            if (fault !== undefined && n > 1) failedRetries += 1
            return fault === undefined ? undefined : yield* Effect.fail<Failure>(faults[fault])
          }),
        safeToRepeat: true,
        operation: "generate",
        target: "model",
        budget,
        rate
      })
      .pipe(
        Effect.match({
          onSuccess: () => true,
          onFailure: (error) => {
            if (error._tag === "VertexError")
              longestWait = Math.max(longestWait, ...error.attempts.map(({ waited }) => waited))
            return false
          }
        })
      )
    const fiber = yield* Effect.forkChild(
      Effect.all(
        Array.from({ length: calls }, () => one),
        { concurrency: 64 }
      )
    )
    yield* TestClock.adjust("6 hours")
    const succeeded = (yield* Fiber.join(fiber)).filter(Boolean).length
    return { attempts, failedRetries, firstTry, longestWait, rate: rate.rate(), succeeded }
  }).pipe(Random.withSeed(seed))

describe("retry, storms", () => {
  for (const calls of [1, 100, 1_000]) {
    it.effect(`${calls} calls while everything is throttled: at most 20 more attempts`, () =>
      Effect.gen(function* () {
        const { attempts, longestWait, succeeded } = yield* load(calls, () => "429")
        assert.strictEqual(succeeded, 0)
        assert.isAtMost(attempts, calls + 20)
        assert.isAtMost(longestWait, 60_000)
        if (calls === 1) assert.strictEqual(attempts, 6)
      })
    )

    for (const fault of ["429", "503"] as const) {
      it.effect(`${calls} calls, half of the answers ${fault}: failed retries stay in their bound`, () =>
        Effect.gen(function* () {
          const { failedRetries, firstTry, succeeded } = yield* load(calls, (random) =>
            random < 0.5 ? fault : undefined
          )
          assert.isAtMost(failedRetries, 20 + firstTry / 5)
          assert.isAtLeast(succeeded, firstTry)
        })
      )
    }
  }

  it.effect("without the retry budget a storm would be answered six times over", () =>
    Effect.gen(function* () {
      const { attempts } = yield* load(100, () => "429", RetryBudget.make({ capacity: 1e9, cost: 5 }))
      assert.strictEqual(attempts, 600)
    })
  )

  it.effect("2,000 calls with 10 % 429, 2 % 503 and 1 % dropped all succeed, and nothing is throttled", () =>
    Effect.gen(function* () {
      const answer = (random: number) =>
        random < 0.1 ? "429" : random < 0.12 ? "503" : random < 0.13 ? "reset" : undefined
      const { rate, succeeded } = yield* load(2_000, answer)
      assert.strictEqual(succeeded, 2_000)
      assert.strictEqual(rate, Infinity)
    })
  )
})
