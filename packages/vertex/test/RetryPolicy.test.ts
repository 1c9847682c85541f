import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as VertexError from "../src/VertexError.ts"

const description = "test"
const throttled = (retryAfter?: Duration.Input) =>
  new VertexError.ResourceExhausted({
    description,
    quotas: [],
    ...(retryAfter === undefined ? {} : { retryAfter: Duration.fromInputUnsafe(retryAfter) })
  })
const refused = new VertexError.Transport({ kind: "refused", phase: "connect", description })
const policy = RetryPolicy.make()

const delay = (reason: VertexError.Reason, attempt: number, random = 1, from = policy) =>
  Option.getOrUndefined(Option.map(RetryPolicy.nextDelay(from, reason, attempt, random), Duration.toMillis))

describe("RetryPolicy", () => {
  it("doubles the upper end from 500 ms and from 100 ms for connections, for five retries", () => {
    const all = (reason: VertexError.Reason) => [1, 2, 3, 4, 5, 6].map((attempt) => delay(reason, attempt))
    assert.deepStrictEqual(all(throttled()), [500, 1_000, 2_000, 4_000, 8_000, undefined])
    assert.deepStrictEqual(all(refused), [100, 200, 400, 800, 1_600, undefined])
  })

  it("never waits longer than maxDelay", () => {
    assert.strictEqual(delay(throttled(), 1_500, 1, RetryPolicy.make({ maxAttempts: 5_000 })), 20_000)
  })

  it("waits for what the server asks, up to a minute", () => {
    assert.strictEqual(delay(throttled("12.5 seconds"), 1, 0), 12_500)
    assert.strictEqual(delay(throttled("12.5 seconds"), 1, 0.5), 12_750)
    assert.strictEqual(delay(throttled("60 seconds"), 1, 0.9), 60_000)
    assert.strictEqual(delay(throttled("60001 millis"), 1, 0), undefined)
    assert.strictEqual(delay(throttled("1000000000 seconds"), 1, 0), undefined)
  })

  it("does not wait for tomorrow", () => {
    const daily = new VertexError.ResourceExhausted({
      description,
      quotas: [{ metric: "logprobs", limit: "LogprobsRequestsPerDayPerProject", value: "200" }]
    })
    assert.strictEqual(delay(daily, 1), undefined)
  })

  it("never retries what no retry can mend", () => {
    for (const reason of [
      new VertexError.InvalidRequest({ description, violations: [] }),
      new VertexError.PermissionDenied({ description }),
      new VertexError.MalformedResponse({ where: "body", description }),
      new VertexError.Transport({ kind: "tls", phase: "connect", description })
    ]) {
      assert.strictEqual(delay(reason, 1), undefined)
    }
  })

  it("none is one attempt, and a policy without attempts is no policy", () => {
    assert.strictEqual(delay(refused, 1, 1, RetryPolicy.none), undefined)
    for (const maxAttempts of [0, -1, 1.5, Number.NaN])
      assert.throws(() => RetryPolicy.make({ maxAttempts }), RangeError)
  })

  it.effect("is read from the context", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* RetryPolicy.RetryPolicy).maxAttempts, 6)
      const inside = Effect.map(RetryPolicy.RetryPolicy, (policy) => policy.maxAttempts)
      assert.strictEqual(yield* Effect.provideService(inside, RetryPolicy.RetryPolicy, RetryPolicy.none), 1)
    })
  )

  const unit = Arbitrary.schema(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
  const attempt = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })))
  it.prop("a wait is at least zero and at most a minute", [unit, attempt], ([random, attempt]) => {
    for (const reason of [refused, throttled(), throttled("59 seconds")]) {
      const millis = delay(reason, attempt, random, RetryPolicy.make({ maxAttempts: 20_000 }))
      assert.isTrue(millis !== undefined && millis >= 0 && millis <= 60_000)
    }
  })
})
