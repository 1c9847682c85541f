import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as AdaptiveRate from "../src/AdaptiveRate.ts"

interface Server {
  /** Requests a second at a time in milliseconds. */
  readonly quota: (now: number) => number
  /** Allowance that is stored up for a second, or a new allowance with each second. */
  readonly refill: "continuous" | "each second"
  readonly latency: number
  /** The share of requests that is refused for no reason. */
  readonly noise?: number
  /** Callers that are refused wait up to half a second before they return; otherwise they return at once. */
  readonly patient?: boolean
  readonly workers?: number
}

interface Second {
  readonly sent: number
  readonly accepted: number
  readonly rate: number
}

/** Runs callers that never stop against a server for some virtual seconds. */
const simulate = (server: Server, seconds: number) =>
  Effect.gen(function* () {
    const rate = AdaptiveRate.make()
    const history = Array.from({ length: seconds + 1 }, () => ({ sent: 0, accepted: 0, rate: Infinity }))
    let allowance = server.quota(0)
    let refilledAt = 0
    const admits = (now: number): boolean => {
      const quota = server.quota(now)
      const passed = server.refill === "continuous" ? (now - refilledAt) / 1_000 : Math.floor(now / 1_000) - refilledAt
      allowance =
        server.refill === "continuous" ? Math.min(quota, allowance + passed * quota) : passed > 0 ? quota : allowance
      refilledAt = server.refill === "continuous" ? now : Math.floor(now / 1_000)
      if (allowance < 1) return false
      allowance -= 1
      return true
    }
    const worker = Effect.gen(function* () {
      while (true) {
        const falls = yield* rate.acquire
        const now = yield* Clock.currentTimeMillis
        const second = history[Math.floor(now / 1_000)]!
        second.sent += 1
        second.rate = rate.rate()
        const unlucky = (yield* Random.next) < (server.noise ?? 0)
        if (!unlucky && admits(now)) {
          yield* Effect.sleep(server.latency)
          rate.succeeded()
          second.accepted += 1
        } else {
          yield* Effect.sleep(Math.min(30, server.latency))
          yield* rate.throttled(falls)
          if (server.patient === true) yield* Effect.sleep((yield* Random.next) * 500)
        }
      }
    })
    const workers = Array.from({ length: server.workers ?? 64 }, () => worker)
    const fiber = yield* Effect.forkChild(Effect.all(workers, { concurrency: "unbounded", discard: true }))
    yield* TestClock.adjust(seconds * 1_000)
    yield* Fiber.interrupt(fiber)
    return history.slice(0, seconds)
  }).pipe(Random.withSeed("AdaptiveRate"))

const mean = (seconds: ReadonlyArray<Second>, key: "sent" | "accepted"): number =>
  seconds.reduce((sum, second) => sum + second[key], 0) / seconds.length

const assertBetween = (value: number, low: number, high: number, what: string) =>
  assert.isTrue(low <= value && value <= high, `${what} is ${value}, not in [${low}, ${high}]`)

describe("AdaptiveRate", () => {
  for (const refill of ["continuous", "each second"] as const) {
    for (const patient of [false, true]) {
      const callers = patient ? "patient" : "impatient"
      it.effect(`settles at a quota of 20 a second: ${refill}, ${callers} callers`, () =>
        Effect.gen(function* () {
          const history = yield* simulate({ quota: () => 20, refill, latency: 50, patient }, 40)
          for (const { sent } of history.slice(15)) assertBetween(sent, 10, 30, "sent")
          assertBetween(mean(history.slice(15, 39), "accepted"), 16, 20.5, "accepted")
        })
      )
    }
  }

  it.effect("settles although answers take longer than refusals", () =>
    Effect.gen(function* () {
      const history = yield* simulate({ quota: () => 20, refill: "continuous", latency: 2_000, patient: true }, 40)
      for (const { sent } of history.slice(15)) assertBetween(sent, 10, 30, "sent")
      assertBetween(mean(history.slice(15, 35), "accepted"), 16, 20.5, "accepted")
    })
  )

  it.effect("follows a fall from 10,000 to 10 a second, and the rise after it", () =>
    Effect.gen(function* () {
      const quota = (now: number) => (now < 1_000 || now >= 31_000 ? 10_000 : 10)
      const history = yield* simulate({ quota, refill: "each second", latency: 10, patient: true, workers: 100 }, 52)
      for (const { sent } of history.slice(16, 31)) assertBetween(sent, 3, 20, "sent")
      assert.isAbove(mean(history.slice(41, 46), "accepted"), 20)
      assert.isAbove(mean(history.slice(48), "accepted"), 5_000)
    })
  )

  it.effect("recovers above 20 a second after a quota of 10 rose to 40", () =>
    Effect.gen(function* () {
      const quota = (now: number) => (now < 20_000 ? 10 : 40)
      const history = yield* simulate({ quota, refill: "each second", latency: 50, patient: true }, 50)
      assert.isAtMost(mean(history.slice(15, 20), "sent"), 15)
      assert.isAbove(mean(history.slice(35), "accepted"), 32)
    })
  )

  it.effect("recovers after everything was refused for 25 seconds", () =>
    Effect.gen(function* () {
      const quota = (now: number) => (now > 5_000 && now < 30_000 ? 0 : 200)
      const history = yield* simulate({ quota, refill: "continuous", latency: 50, patient: true }, 60)
      assert.isAtMost(mean(history.slice(15, 30), "sent"), 2)
      assert.isAbove(mean(history.slice(50, 59), "accepted"), 160)
    })
  )

  it.effect("ignores refusals that are no rate limit", () =>
    Effect.gen(function* () {
      const history = yield* simulate({ quota: () => 1e9, refill: "each second", latency: 20, noise: 0.1 }, 30)
      for (const { rate } of history) assert.strictEqual(rate, Infinity)
    })
  )

  it.effect("a quota and noise together leave four fifths of the quota in use", () =>
    Effect.gen(function* () {
      const server = { quota: () => 20, refill: "continuous", latency: 50, noise: 0.1, patient: true } as const
      const history = yield* simulate(server, 40)
      assertBetween(mean(history.slice(15, 39), "sent"), 10, 30, "sent")
      assertBetween(mean(history.slice(15, 39), "accepted"), 16, 20.5, "accepted")
    })
  )

  /** A rate that is limited to about `accepted` a second. */
  const limited = (accepted: number) =>
    Effect.gen(function* () {
      const rate = AdaptiveRate.make()
      yield* TestClock.adjust(2_000)
      yield* rate.throttled(0)
      for (let n = 0; n < accepted; n++) rate.succeeded()
      for (let n = 0; n < 10 * accepted; n++) yield* rate.throttled(0)
      yield* TestClock.adjust(1_000)
      yield* rate.throttled(0)
      assert.strictEqual(rate.rate(), accepted)
      return rate
    })

  it.effect("serves waiting callers in their order", () =>
    Effect.gen(function* () {
      const rate = yield* limited(4)
      const order: Array<number> = []
      yield* Effect.forEach(
        Array.from({ length: 10 }, (_, n) => n),
        (n) => Effect.forkChild(Effect.map(rate.acquire, () => order.push(n)))
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  )

  it.effect("interrupted callers give up their turn and block nobody", () =>
    Effect.gen(function* () {
      const rate = yield* limited(4)
      const first = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.forkChild(rate.acquire))
      yield* TestClock.adjust(1)
      yield* Fiber.interruptAll(first)
      const last = yield* Effect.forkChild(rate.acquire)
      yield* TestClock.adjust(2_000)
      assert.isDefined(last.pollUnsafe())
    })
  )

  it.effect("counts a refusal of what was sent before the last fall no second time", () =>
    Effect.gen(function* () {
      const rate = yield* limited(4)
      const before = rate.rate()
      yield* TestClock.adjust(3_000)
      for (let n = 0; n < 100; n++) yield* rate.throttled(0)
      assert.strictEqual(rate.rate(), before)
    })
  )

  it.effect("does not limit any more when nobody has waited for ten seconds", () =>
    Effect.gen(function* () {
      const rate = yield* limited(100)
      yield* TestClock.adjust(11_000)
      yield* rate.acquire
      assert.strictEqual(rate.rate(), Infinity)
    })
  )
})

const count = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 })))
const millis = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })))

describe("AdaptiveRate.next", () => {
  it.prop(
    "the rate stays between its minimum and twice what it was, whatever happens",
    [count, count, millis, count],
    ([accepted, throttled, millis, rate]) => {
      const before = { rate: AdaptiveRate.minRate + rate, raises: rate % 30, idle: 0 }
      for (const waited of [false, true]) {
        const after = AdaptiveRate.next(before, { millis, accepted, throttled, waited })
        assert.isTrue(after.rate >= AdaptiveRate.minRate)
        if (after.rate !== Infinity) assert.isTrue(after.rate <= 2 * before.rate)
        else assert.isFalse(waited)
      }
    }
  )

  it("starts to limit only beyond chance", () => {
    const window = (throttled: number, accepted: number) => ({ millis: 1_000, throttled, accepted, waited: false })
    assert.deepStrictEqual(AdaptiveRate.next(AdaptiveRate.unlimited, window(9, 0)), AdaptiveRate.unlimited)
    assert.deepStrictEqual(AdaptiveRate.next(AdaptiveRate.unlimited, window(20, 80)), AdaptiveRate.unlimited)
    assert.strictEqual(AdaptiveRate.next(AdaptiveRate.unlimited, window(40, 60)).rate, 60)
    assert.strictEqual(AdaptiveRate.next(AdaptiveRate.unlimited, window(40, 0)).rate, AdaptiveRate.minRate)
  })
})
