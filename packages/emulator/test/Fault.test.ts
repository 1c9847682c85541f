/** Each fault, as a client that looks at the wire sees it, and what the server's own book says afterwards. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import type * as Fault from "../src/control/Fault.ts"
import * as Emulator from "../src/Emulator.ts"
import { summarise } from "./Article.ts"
import * as RawClient from "./RawClient.ts"

const model = "gemini-3.5-flash"

interface True {
  readonly id: string
  readonly body: unknown
}
const bodies: ReadonlyArray<True> = JSON.parse(readFileSync(new URL("fixtures/errors.json", import.meta.url), "utf8"))
const trueBody = (id: string): unknown => bodies.find((body) => body.id === id)?.body ?? assert.fail(`no fixture ${id}`)

/** Starts a server, orders faults over HTTP and makes one call, streamed when the operation is. */
const under = (rule: object, options: { readonly stream?: boolean; readonly patience?: number } = {}) =>
  Effect.gen(function* () {
    const { requests, url } = yield* Emulator.start()
    const operation = options.stream === true ? "streamGenerateContent" : "generateContent"
    const ordered = yield* RawClient.call(`${url}/_emulator/faults`, { body: { rules: [{ operation, ...rule }] } })
    assert.strictEqual(ordered.status, 200, ordered.text)
    const path = RawClient.model(
      url,
      model,
      options.stream === true ? "streamGenerateContent?alt=sse" : "generateContent"
    )
    const call = RawClient.call(path, {
      body: RawClient.ask(summarise),
      ...(options.patience === undefined ? {} : { patience: options.patience })
    })
    const observed = yield* call
    const book = yield* requests
    return {
      observed,
      call,
      billed: book.ledger[model]?.requests ?? 0,
      recent: book.recent,
      count: book.counts[operation]
    }
  })

const events = (text: string) => text.split("\r\n\r\n").filter((event) => event !== "")

describe("a status", () => {
  const statuses: ReadonlyArray<readonly [status: number, id: string, more: object]> = [
    [429, "dsq-429", {}],
    [500, "internal", {}],
    [503, "unavailable", {}],
    [503, "overloaded", { error: "overloaded" }],
    [504, "deadline", {}],
    [401, "unauthenticated", {}]
  ]
  it.effect.each(statuses)("%s has the true body of %s", ([status, id, more]) =>
    Effect.gen(function* () {
      const { billed, count, observed } = yield* under({ effect: { type: "status", status, ...more } })
      assert.strictEqual(observed.status, status)
      assert.deepStrictEqual(JSON.parse(observed.text), trueBody(id))
      assert.strictEqual(billed, 0)
      assert.strictEqual(count, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("429 may carry RetryInfo and a header", () =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "status", status: 429, retryDelay: "3.5s", retryAfter: 4 } })
      const { details } = JSON.parse(observed.text).error
      assert.deepInclude(details, { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3.5s" })
      assert.strictEqual(observed.headers["retry-after"], "4")
    }).pipe(Effect.scoped)
  )

  it.effect("502 is a page", () =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "status", status: 502 } })
      assert.strictEqual(observed.text, trueBody("html-502"))
      assert.include(observed.headers["content-type"], "text/html")
    }).pipe(Effect.scoped)
  )

  it.effect.each([403, 404])("%s is an error of its own", (status) =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "status", status } })
      const { error } = JSON.parse(observed.text)
      assert.strictEqual(error.code, status)
      assert.include(error.message, `locations/global/publishers/google/models/${model}`)
    }).pipe(Effect.scoped)
  )
})

describe("a connection", () => {
  it.effect("dropped before the headers costs nothing", () =>
    Effect.gen(function* () {
      const { billed, observed } = yield* under({ effect: { type: "drop", when: "before-headers" } })
      assert.strictEqual(observed.end, "dropped")
      assert.strictEqual(billed, 0)
    }).pipe(Effect.scoped)
  )

  it.effect.each([true, false])("dropped after the headers costs all (stream %s)", (stream) =>
    Effect.gen(function* () {
      const { billed, observed } = yield* under({ effect: { type: "drop", when: "after-headers" } }, { stream })
      assert.deepStrictEqual([observed.status, observed.text, observed.end], [200, "", "cut"])
      assert.strictEqual(billed, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("that loses the answer has done the work", () =>
    Effect.gen(function* () {
      const { billed, observed, recent } = yield* under({ effect: { type: "lose-answer" } })
      assert.strictEqual(observed.end, "dropped")
      assert.strictEqual(billed, 1)
      assert.strictEqual(recent.at(-1)?.fault, "lose-answer")
      assert.isUndefined(recent.at(-1)?.status)
    }).pipe(Effect.scoped)
  )
})

describe("a body", () => {
  it.effect("is cut at a byte", () =>
    Effect.gen(function* () {
      const { billed, observed } = yield* under({ effect: { type: "truncate", bytes: 25 } })
      assert.deepStrictEqual([observed.end, observed.text.length], ["cut", 25])
      assert.strictEqual(billed, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("of a stream is cut inside an event", () =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "truncate" } }, { stream: true })
      assert.strictEqual(observed.end, "cut")
      assert.isFalse(observed.text.endsWith("\r\n\r\n"))
    }).pipe(Effect.scoped)
  )

  it.effect("is no JSON though complete", () =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "malformed" } })
      assert.deepStrictEqual([observed.end, observed.status], ["complete", 200])
      assert.throws(() => JSON.parse(observed.text))
    }).pipe(Effect.scoped)
  )

  it.effect.each([true, false])("stalls (stream %s)", (stream) =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "stall" } }, { stream, patience: 200 })
      assert.strictEqual(observed.end, "stalled")
      assert.isAbove(observed.text.length, 10)
    }).pipe(Effect.scoped)
  )
})

describe("a stream", () => {
  it.effect("breaks off with an error event", () =>
    Effect.gen(function* () {
      const { observed } = yield* under(
        { effect: { type: "stream-error", shape: "data", events: 2 } },
        { stream: true }
      )
      assert.strictEqual(observed.end, "complete")
      const [first, second, error, ...rest] = events(observed.text)
      assert.include(first, `"text"`)
      assert.include(second, `"text"`)
      assert.deepStrictEqual(JSON.parse(error?.slice(6) ?? ""), trueBody("overloaded"))
      assert.deepStrictEqual(rest, [])
    }).pipe(Effect.scoped)
  )

  it.effect("breaks off with a bare error", () =>
    Effect.gen(function* () {
      const { observed } = yield* under(
        { effect: { type: "stream-error", shape: "bare", status: 429 } },
        { stream: true }
      )
      assert.deepStrictEqual(JSON.parse(events(observed.text)[1] ?? ""), trueBody("dsq-429"))
      assert.isAtLeast(observed.chunks, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("ends without a finish reason", () =>
    Effect.gen(function* () {
      const { observed } = yield* under({ effect: { type: "no-finish" } }, { stream: true })
      assert.strictEqual(observed.end, "complete")
      assert.notInclude(observed.text, "finishReason")
    }).pipe(Effect.scoped)
  )
})

describe("rules", () => {
  const statuses = (rules: ReadonlyArray<Fault.Rule>, calls: number) =>
    Effect.gen(function* () {
      const { setFaults, url } = yield* Emulator.start()
      yield* setFaults(rules)
      const one = RawClient.call(RawClient.model(url, model, "generateContent"), { body: RawClient.ask("Say hi") })
      return yield* Effect.forEach(Array.from({ length: calls }), () => Effect.map(one, ({ status }) => status))
    }).pipe(Effect.scoped)
  const status = (status: 429 | 500 | 503) => ({ type: "status", status }) as const

  it.effect("follow an exact sequence", () =>
    Effect.gen(function* () {
      const rules = [{ operation: "generateContent", sequence: [status(429), null, status(503)] }]
      assert.deepStrictEqual(yield* statuses(rules, 5), [429, 200, 503, 200, 200])
    })
  )

  it.effect("skip, then apply a number of times, in order of precedence", () =>
    Effect.gen(function* () {
      const rules = [
        { operation: ["countTokens", "generateContent"], skip: 1, times: 2, effect: status(500) },
        { operation: "*", skip: 2, times: 1, effect: status(429) },
        { operation: "generateContent", model: "gemini-2.5-pro", effect: status(503) }
      ]
      assert.deepStrictEqual(yield* statuses(rules, 6), [200, 500, 500, 200, 429, 200])
    })
  )

  it.effect("with a probability give the same calls for the same seed", () =>
    Effect.gen(function* () {
      const rules = (seed: number) => [{ operation: "generateContent", probability: 0.5, seed, effect: status(503) }]
      const first = yield* statuses(rules(7), 30)
      assert.deepStrictEqual(yield* statuses(rules(7), 30), first)
      assert.notDeepEqual(yield* statuses(rules(8), 30), first)
      const failed = first.filter((status) => status === 503).length
      assert.isTrue(failed > 5 && failed < 25)
    })
  )

  const wrong: ReadonlyArray<readonly [body: unknown, says: string]> = [
    [{ rules: [{ operation: "x" }] }, "either an effect or a sequence"],
    [{ rules: [{ operation: "x", effect: { type: "explode" } }] }, `["rules"][0]["effect"]`],
    [{ rules: [{ operation: "x", effect: { type: "status", status: 418 } }] }, `["status"]`],
    [{ rules: [{ operation: "x", effect: { type: "stall" }, probability: 2 }] }, "probability"],
    [{ rules: [{ operation: "x", effect: { type: "stall" }, often: 2 }] }, "often"],
    [{ rules: [{ operation: "generateContent", effect: { type: "no-finish" } }] }, "streamGenerateContent only"],
    [{ rules: [{ operation: "x", sequence: [], times: 1 }] }, "neither times nor probability"],
    [{ faults: [] }, "faults"],
    ["{", "JSON"]
  ]
  it.effect.each(wrong)("that make no sense are refused: %j", ([body, says]) =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const observed = yield* RawClient.call(`${url}/_emulator/faults`, { body })
      assert.strictEqual(observed.status, 400)
      const { error } = JSON.parse(observed.text)
      assert.strictEqual(error.status, "INVALID_ARGUMENT")
      assert.include(error.message, says)
    }).pipe(Effect.scoped)
  )
})

describe("latency", () => {
  it.effect("delays an answer by at least its milliseconds", () =>
    Effect.gen(function* () {
      const started = performance.now()
      const { observed } = yield* under({ effect: { type: "latency", latency: 60 } })
      assert.strictEqual(observed.status, 200)
      // A lower bound holds on any machine; timers may be one millisecond early.
      assert.isAtLeast(performance.now() - started, 58)
    }).pipe(Effect.scoped)
  )
})
