/**
 * Whoever stops a call, in whatever phase, stops it at once: the fiber ends and the server sees the connection close. The measured
 * times are printed; what is asserted is only that they are not seconds.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as CallMeter from "@genops/vertex/CallMeter"
import * as Credentials from "@genops/vertex/Credentials"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as RetryPolicy from "@genops/vertex/RetryPolicy"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { beat, chunk, endless, events, openHead, raw, reply, silence, streamHead } from "./HostileAnswer.ts"
import * as HostileServer from "./HostileServer.ts"

const configuration = ModelConfiguration.make("gemini-3.5-flash")
const generate = GenerativeModel.generate(configuration, "Hi")
const unretried = Effect.provideService(generate, RetryPolicy.RetryPolicy, RetryPolicy.none)
const stream = GenerativeModel.stream(configuration, "Hi")
const delta = { candidates: [{ content: { parts: [{ text: "x" }] } }] }
const half = raw(`${openHead({ "content-length": 9_999 })}{"candidates"`)
const running = beat(streamHead(events([delta])), chunk(events([delta])), 20)
const flood = endless(streamHead(), chunk(events(Array.from({ length: 100 }, () => delta))))
const busy = reply(429, '{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}', { "retry-after": "50" })

const rounds = 20
const measured: Array<string> = []
const note = (phase: string, millis: ReadonlyArray<number>) => {
  const sorted = millis.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)
  measured.push(`${phase.padEnd(44)} median ${at(0.5)} ms, largest ${at(1)} ms`)
  assert.isBelow(Number(at(1)), 2_000, phase)
}

afterAll(() => console.log(`interruption, ${rounds} times each:\n  ${measured.join("\n  ")}`))

const until = (condition: () => boolean) =>
  Effect.promise(async () => {
    const end = performance.now() + 5_000
    while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.isTrue(condition(), "the awaited state was never reached")
  })

const layerOf = ({ port }: HostileServer.HostileServer, scheme = "http") =>
  Vertex.layer(
    { project: "acme", location: "global", baseUrl: `${scheme}://127.0.0.1:${port}` },
    Credentials.layerAnonymous
  )

/** Starts the call, interrupts it in the given state, and returns the milliseconds until the server saw its connection close. */
const closing = <E, R>(
  server: HostileServer.HostileServer,
  call: Effect.Effect<unknown, E, R>,
  reached: () => boolean
): Effect.Effect<number, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(call)
    yield* until(reached)
    const start = performance.now()
    yield* Fiber.interrupt(fiber)
    assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    assert.strictEqual(yield* HostileServer.drained(server), 0)
    return server.lastClosed() - start
  })

describe("interruption closes the connection", () => {
  let seen = 0
  const seeing = Stream.runForEach(stream, () => Effect.sync(() => seen++))
  const stuck = Stream.runForEach(stream, () =>
    Effect.andThen(
      Effect.sync(() => seen++),
      Effect.never
    )
  )
  const phases = [
    { name: "a whole answer, before its head", answer: silence, call: generate },
    { name: "a whole answer, in its body", answer: half, call: generate, delay: 20 },
    { name: "a stream, before its head", answer: silence, call: seeing },
    { name: "a stream, between events", answer: running, call: seeing, deltas: 2 },
    { name: "a stream that floods", answer: flood, call: seeing, deltas: 200 },
    { name: "a stream whose consumer is stuck", answer: flood, call: stuck, deltas: 1, delay: 20 }
  ]
  for (const { answer, call, deltas = 0, delay = 0, name } of phases) {
    it.live(name, () =>
      Effect.gen(function* () {
        const server = yield* HostileServer.make({ answer })
        yield* Effect.gen(function* () {
          const times: Array<number> = []
          while (times.length < rounds) {
            const requests = server.requests.length
            seen = 0
            let since = Infinity
            const reached = () => {
              if (server.requests.length <= requests || seen < deltas) return false
              since = Math.min(since, performance.now())
              return performance.now() - since >= delay
            }
            times.push(yield* closing(server, call, reached))
          }
          note(name, times)
        }).pipe(Effect.provide(layerOf(server)))
      }).pipe(Effect.scoped)
    )
  }

  it.live("fifty calls at once", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: running })
      const all = Effect.forEach(Array.from({ length: 50 }), () => Stream.runDrain(stream), {
        concurrency: "unbounded"
      })
      const time = yield* closing(server, all, () => server.requests.length === 50).pipe(
        Effect.provide(layerOf(server))
      )
      note("fifty streams at once", [time])
    }).pipe(Effect.scoped)
  )

  it.live("leaves no timer and no connection in the process", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: silence })
      const resources = () =>
        process.getActiveResourcesInfo().filter((kind) => /^(Timeout|TCPSocketWrap)$/.test(kind)).length
      const before = resources()
      for (const call of [generate, Stream.runDrain(stream)]) {
        yield* closing(server, call, () => server.open() === 1 && server.requests.length > 0).pipe(
          Effect.provide(layerOf(server))
        )
      }
      yield* until(() => resources() <= before)
    }).pipe(Effect.scoped)
  )

  it.live("a time-out around a call", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: silence })
      const exit = yield* generate.pipe(
        Effect.timeoutOption("50 millis"),
        Effect.andThen(HostileServer.drained(server)),
        Effect.provide(layerOf(server)),
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.succeed(0))
    }).pipe(Effect.scoped)
  )
})

describe("a stream that is stopped early", () => {
  it.live("closes its connection", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: running })
      yield* Effect.gen(function* () {
        const times: Array<number> = []
        while (times.length < rounds) {
          const taken = yield* Stream.runCollect(Stream.take(stream, 2))
          const start = performance.now()
          assert.lengthOf(taken, 2)
          assert.strictEqual(yield* HostileServer.drained(server), 0)
          times.push(Math.max(0, server.lastClosed() - start))
        }
        note("a stream of which two deltas are taken", times)
      }).pipe(Effect.provide(layerOf(server)))
    }).pipe(Effect.scoped)
  )

  it.live("closes its connection when the consumer fails", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: flood })
      const left = yield* Stream.runForEach(stream, () => Effect.fail("enough")).pipe(
        Effect.ignore,
        Effect.andThen(HostileServer.drained(server)),
        Effect.provide(layerOf(server))
      )
      assert.strictEqual(left, 0)
    }).pipe(Effect.scoped)
  )
})

describe("a consumer that is slow", () => {
  it.live("slows the server down instead of filling the memory", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: flood })
      const stuck = Stream.runForEach(stream, () => Effect.never)
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(stuck)
        const written = () => server.requests[0]?.socket.bytesWritten ?? 0
        yield* until(() => written() > 0)
        // Socket buffers of both sides hold some megabytes; a client without care would take hundreds in this time.
        yield* Effect.sleep("300 millis")
        const before = written()
        yield* Effect.sleep("100 millis")
        assert.strictEqual(written(), before)
        assert.isBelow(before, 32 << 20)
        yield* Fiber.interrupt(fiber)
      }).pipe(Effect.provide(layerOf(server)))
    }).pipe(Effect.scoped)
  )
})

describe("a wait that is interrupted", () => {
  const meter = () => {
    const told: Array<string> = []
    return {
      told,
      metered: Effect.provideService(CallMeter.CallMeter, {
        queued: () => void told.push("queued"),
        sent: () => void told.push("sent"),
        retrying: (billed) => Effect.sync(() => void told.push(`retrying ${billed}`))
      })
    }
  }

  const ends = <A, E, R>(call: Effect.Effect<A, E, R>, reached: () => boolean) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(call)
      yield* until(reached)
      yield* Effect.sleep(20)
      const start = performance.now()
      yield* Fiber.interrupt(fiber)
      return performance.now() - start
    })

  it.live("back-off sleep: nothing more is sent", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: busy })
      const { metered, told } = meter()
      const time = yield* ends(metered(generate), () => server.requests.length === 1).pipe(
        Effect.provide(layerOf(server))
      )
      note("back-off sleep: end of the fiber", [time])
      assert.deepStrictEqual(told, ["queued", "sent", "queued"])
      assert.strictEqual(server.requests.length, 1)
      assert.strictEqual(yield* HostileServer.drained(server), 0)
    }).pipe(Effect.scoped)
  )

  it.live("turn of a limited rate: nothing more is sent", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: busy })
      const { metered, told } = meter()
      yield* Effect.gen(function* () {
        // Ten refusals slow the client down; the loop ends in the wait for the next turn.
        yield* Effect.timeoutOption(Effect.forever(Effect.delay(Effect.ignore(unretried), 10)), "1 second")
        const before = server.requests.length
        const time = yield* ends(metered(generate), () => told.length > 0)
        note("turn of a limited rate: end of the fiber", [time])
        assert.isAtLeast(before, 10)
        assert.deepStrictEqual(told, ["queued"])
        assert.strictEqual(server.requests.length, before)
      }).pipe(Effect.provide(layerOf(server)))
      assert.strictEqual(yield* HostileServer.drained(server), 0)
    }).pipe(Effect.scoped)
  )

  it.live("connection that is not yet made: nothing was sent, and nothing is billed", () =>
    Effect.gen(function* () {
      // A handshake that never goes on: the server expects another protocol.
      const server = yield* HostileServer.make({ answer: silence })
      const { metered, told } = meter()
      const time = yield* ends(metered(generate), () => server.open() === 1).pipe(
        Effect.provide(layerOf(server, "https"))
      )
      note("connection that is not yet made: end of the fiber", [time])
      assert.deepStrictEqual(told, ["queued"])
      assert.strictEqual(yield* HostileServer.drained(server), 0)
    }).pipe(Effect.scoped)
  )
})
