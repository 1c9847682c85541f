/** The server itself: who may talk to it, how it keeps its book, and that it goes away without a trace. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { networkInterfaces } from "node:os"
import * as Emulator from "../src/Emulator.ts"
import { maximumBody } from "../src/http/Listener.ts"
import { summarise } from "./Article.ts"
import * as RawClient from "./RawClient.ts"

const model = "gemini-3.5-flash"
const generate = (url: string) => RawClient.model(url, model, "generateContent")

describe("the guard", () => {
  const foreign: ReadonlyArray<{ readonly [name: string]: string }> = [
    { host: "evil.example" },
    { host: "127.0.0.1.evil.example:80" },
    { host: "localhost.evil.example" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" }
  ]
  it.effect.each(foreign)("refuses %j", (headers) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Emulator.start()
      for (const path of [generate(url), `${url}/_emulator/faults`]) {
        const observed = yield* RawClient.call(path, { headers, body: RawClient.ask("hi") })
        assert.strictEqual(observed.status, 403)
        assert.strictEqual(JSON.parse(observed.text).error.status, "PERMISSION_DENIED")
      }
      assert.strictEqual((yield* requests).counts["generateContent"], 0)
    }).pipe(Effect.scoped)
  )

  it.effect("lets this machine in", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Emulator.start()
      for (const host of [`localhost:${port}`, "localhost", "127.0.0.1", "[::1]:80"]) {
        const observed = yield* RawClient.call(`${url}/_emulator/health`, {
          headers: { host, "sec-fetch-site": "none" }
        })
        assert.deepStrictEqual([observed.status, observed.text], [200, `{"status":"ok"}`])
      }
      const own = yield* RawClient.call(`${url}/_emulator/health`, { headers: { origin: url } })
      assert.strictEqual(own.status, 200)
    }).pipe(Effect.scoped)
  )

  it.effect("is not reachable from other interfaces", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.start()
      const addresses = Object.values(networkInterfaces())
        .flatMap((list) => list ?? [])
        .filter(({ family, internal }) => !internal && family === "IPv4")
      for (const { address } of addresses) {
        const observed = yield* RawClient.call(`http://${address}:${port}/_emulator/health`)
        assert.strictEqual(observed.end, "dropped")
      }
    }).pipe(Effect.scoped)
  )

  it.effect.each(["0.0.0.0", "::", "10.0.0.1"])("does not listen on %s without being told twice", (host) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Emulator.start({ host }))
      assert.strictEqual(error.reason, "NotLoopback")
      assert.include(error.message, "--allow-remote")
    }).pipe(Effect.scoped)
  )

  it.effect("accepts any Host, but no foreign Origin, once told twice", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.start({ host: "0.0.0.0", allowRemote: true })
      const health = (headers: { readonly [name: string]: string }) =>
        RawClient.call(`http://127.0.0.1:${port}/_emulator/health`, { headers })
      assert.strictEqual((yield* health({ host: "emulator:80" })).status, 200)
      assert.strictEqual((yield* health({ origin: "https://evil.example" })).status, 403)
    }).pipe(Effect.scoped)
  )
})

describe("limits", () => {
  it.effect("a body above 32 MiB is 413, announced or not", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Emulator.start()
      const announced = yield* RawClient.bytes(
        port,
        `POST ${new URL(generate(url)).pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${maximumBody + 1}\r\n\r\n{`
      )
      assert.match(announced, /^HTTP\/1.1 413/)
      assert.include(announced, `"status":"INVALID_ARGUMENT"`)
      const streamed = yield* RawClient.call(generate(url), {
        body: Buffer.alloc(maximumBody + 1, 32),
        headers: { "transfer-encoding": "chunked" }
      })
      assert.isTrue(streamed.status === 413 || streamed.end !== "complete")
      assert.strictEqual((yield* RawClient.call(`${url}/_emulator/health`)).status, 200)
    }).pipe(Effect.scoped)
  )

  it.effect("what is no HTTP is answered and survived", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Emulator.start()
      for (const payload of [
        "nonsense\r\n\r\n",
        "GET  HTTP/9.9\r\n\r\n",
        `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(100_000)}\r\n\r\n`,
        "\u0000\u0001"
      ]) {
        yield* RawClient.bytes(port, `${payload}\r\n\r\n`)
      }
      assert.strictEqual((yield* RawClient.call(`${url}/_emulator/health`)).status, 200)
      assert.strictEqual((yield* RawClient.call(`${url}/%E0%A4%A`)).status, 404)
      assert.strictEqual((yield* RawClient.call(`${url}/v1/publishers/google/models/%zz`)).status, 404)
    }).pipe(Effect.scoped)
  )
})

describe("credentials", () => {
  it.effect("are asked for when anonymous calls are not allowed", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start({ anonymous: false })
      const status = (headers: { readonly [name: string]: string }) =>
        Effect.map(RawClient.call(generate(url), { headers, body: RawClient.ask("Say hi") }), ({ status }) => status)
      assert.strictEqual(yield* status({}), 401)
      assert.strictEqual(yield* status({ authorization: "Basic x" }), 401)
      assert.strictEqual(yield* status({ authorization: "Bearer a-token" }), 200)
      assert.strictEqual(yield* status({ "x-goog-api-key": "a-key" }), 200)
    }).pipe(Effect.scoped)
  )
})

describe("the book", () => {
  it.effect("counts calls, keeps the last and bills tokens by model", () =>
    Effect.gen(function* () {
      const { requests, reset, url } = yield* Emulator.start()
      const first = JSON.parse(
        (yield* RawClient.call(generate(url), { body: RawClient.ask(summarise) })).text
      ).usageMetadata
      yield* RawClient.call(RawClient.model(url, model, "streamGenerateContent?alt=sse"), {
        body: RawClient.ask(summarise)
      })
      yield* RawClient.call(RawClient.model(url, model, "countTokens"), { body: RawClient.ask(summarise) })
      yield* RawClient.call(generate(url), { body: {} })
      const book = JSON.parse((yield* RawClient.call(`${url}/_emulator/requests`)).text)
      assert.deepInclude(book.counts, {
        generateContent: 2,
        streamGenerateContent: 1,
        countTokens: 1,
        computeTokens: 0
      })
      assert.deepStrictEqual(book.ledger, {
        [model]: {
          requests: 2,
          input: 2 * first.promptTokenCount,
          cached: 0,
          output: 2 * first.candidatesTokenCount,
          thoughts: 2 * first.thoughtsTokenCount
        }
      })
      assert.deepStrictEqual(
        book.recent.map(({ status }: { readonly status: number }) => status),
        [200, 200, 200, 400]
      )
      assert.notInclude(JSON.stringify(book), "reef")
      assert.deepStrictEqual(book, yield* requests)
      yield* reset
      assert.deepStrictEqual((yield* requests).ledger, {})
      yield* RawClient.call(generate(url), { body: RawClient.ask("Say hi") })
      assert.strictEqual((yield* RawClient.call(`${url}/_emulator/reset`, { method: "POST" })).status, 200)
      assert.strictEqual((yield* requests).counts["generateContent"], 0)
    }).pipe(Effect.scoped)
  )

  it.effect("remembers the last 200 calls only", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Emulator.start()
      const one = RawClient.call(RawClient.model(url, model, "countTokens"), { body: RawClient.ask("a") })
      yield* Effect.forEach(Array.from({ length: 450 }), () => one, { concurrency: 20, discard: true })
      const { counts, recent } = yield* requests
      assert.deepStrictEqual([counts["countTokens"], recent.length, recent.at(-1)?.sequence], [450, 200, 450])
    }).pipe(Effect.scoped)
  )
})

describe("answers", () => {
  it.effect("are one streamed JSON array without alt=sse", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const observed = yield* RawClient.call(RawClient.model(url, model, "streamGenerateContent"), {
        body: RawClient.ask(summarise)
      })
      assert.include(observed.headers["content-type"], "application/json")
      const messages = JSON.parse(observed.text)
      assert.isAbove(messages.length, 2)
      assert.strictEqual(messages.at(-1).candidates[0].finishReason, "STOP")
    }).pipe(Effect.scoped)
  )

  it.effect("of a refused stream are an error, in a list where a list was expected", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const refused = (query: string) =>
        Effect.map(
          RawClient.call(RawClient.model(url, model, `streamGenerateContent${query}`), { body: {} }),
          (observed) => {
            assert.strictEqual(observed.status, 400)
            return JSON.parse(observed.text)
          }
        )
      assert.strictEqual((yield* refused("?alt=sse")).error.code, 400)
      assert.strictEqual((yield* refused(""))[0].error.code, 400)
    }).pipe(Effect.scoped)
  )

  it.effect("ignore unknown query parameters and headers", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const observed = yield* RawClient.call(`${generate(url)}?$alt=json&foo=1`, {
        body: RawClient.ask("Say hi"),
        headers: { "x-server-timeout": "5", "x-foo": "1" }
      })
      assert.strictEqual(observed.status, 200)
    }).pipe(Effect.scoped)
  )

  it.effect("take the latency that was asked for, as a whole or spread over a stream", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start({ latency: { median: 40, sigma: 0.1 } })
      const started = performance.now()
      yield* RawClient.call(generate(url), { body: RawClient.ask("Say hi") })
      assert.isAtLeast(performance.now() - started, 20)
      const observed = yield* RawClient.call(RawClient.model(url, model, "streamGenerateContent?alt=sse"), {
        body: RawClient.ask(summarise)
      })
      assert.isAtLeast(observed.chunks, 3)
    }).pipe(Effect.scoped)
  )
})

describe("a deadline", () => {
  it.effect("that the client sets shorter than the work is answered with 504 and costs nothing", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Emulator.start({ latency: 60_000 })
      const observed = yield* RawClient.call(generate(url), {
        body: RawClient.ask("Say hi"),
        headers: { "x-server-timeout": "0.05" }
      })
      assert.strictEqual(observed.status, 504)
      assert.deepStrictEqual((yield* requests).ledger, {})
    }).pipe(Effect.scoped)
  )
})

describe("caches", () => {
  it.effect("live from create to delete", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const parent = `${url}/v1/projects/demo-project/locations/us-central1/cachedContents`
      const cached = (more: object) => ({
        model: "projects/demo-project/locations/us-central1/publishers/google/models/gemini-2.5-flash",
        contents: [
          { role: "user", parts: [{ fileData: { mimeType: "application/pdf", fileUri: "gs://my-bucket/manual.pdf" } }] }
        ],
        ...more
      })
      const created = JSON.parse(
        (yield* RawClient.call(parent, { body: cached({ ttl: "3600s", displayName: "c1" }) })).text
      )
      assert.deepStrictEqual(created.usageMetadata, { totalTokenCount: 5160 })
      assert.strictEqual(Date.parse(created.expireTime) - Date.parse(created.createTime), 3_600_000)
      const own = `${url}/v1/${created.name}`
      assert.deepStrictEqual(JSON.parse((yield* RawClient.call(own)).text), created)
      assert.deepStrictEqual(JSON.parse((yield* RawClient.call(parent)).text), { cachedContents: [created] })
      const longer = JSON.parse((yield* RawClient.call(own, { method: "PATCH", body: { ttl: "7200s" } })).text)
      assert.isAbove(Date.parse(longer.expireTime), Date.parse(created.expireTime))
      const use = (id: string) =>
        RawClient.call(RawClient.model(url, id, "generateContent").replace("global", "us-central1"), {
          body: RawClient.ask("Summarise.", { cachedContent: created.name })
        })
      const usage = JSON.parse((yield* use("gemini-2.5-flash")).text).usageMetadata
      assert.strictEqual(usage.cachedContentTokenCount, 5160)
      assert.strictEqual(usage.promptTokenCount, 5163)
      assert.include((yield* use("gemini-2.5-pro")).text, "has to be the same")
      assert.strictEqual((yield* RawClient.call(own, { method: "DELETE", body: {} })).text, "{}")
      assert.strictEqual((yield* RawClient.call(own)).status, 404)
      assert.strictEqual((yield* use("gemini-2.5-flash")).status, 404)
      const small = yield* RawClient.call(parent, { body: cached({ contents: [RawClient.user("short")] }) })
      assert.include(small.text, "The cached content is of 2 tokens. The minimum token count to start caching is 2048.")
    }).pipe(Effect.scoped)
  )
})

describe("the end of a scope", () => {
  it.effect("closes the port and every connection, the stalled ones too", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, setFaults, url } = yield* Scope.provide(Emulator.start(), scope)
      yield* setFaults([{ operation: "generateContent", effect: { type: "stall" } }])
      const stalled = yield* Effect.forkChild(
        RawClient.call(generate(url), { body: RawClient.ask(summarise), patience: 20_000 })
      )
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))
      yield* Scope.close(scope, Exit.void)
      const observed = yield* Fiber.join(stalled)
      assert.strictEqual(observed.end, "cut")
      assert.strictEqual((yield* RawClient.call(`${url}/_emulator/health`)).end, "dropped")
      const again = yield* Emulator.start({ port })
      assert.strictEqual(again.port, port)
      const taken = yield* Effect.flip(Emulator.start({ port }))
      assert.strictEqual(taken.reason, "AddressInUse")
    }).pipe(Effect.scoped)
  )
})
