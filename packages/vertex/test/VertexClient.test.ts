import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Credentials from "../src/Credentials.ts"
import * as GenerativeModel from "../src/GenerativeModel.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as VertexClient from "../src/VertexClient.ts"
import type * as VertexConfig from "../src/VertexConfig.ts"
import * as VertexError from "../src/VertexError.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

const flash = ModelConfiguration.make("gemini-3.5-flash")
const good = { candidates: [{ content: { role: "model", parts: [{ text: "7" }] }, finishReason: "STOP" }] }
const ok = () => ScriptedHttp.json(good)
const failing = (status: number) => () => ScriptedHttp.json({ error: { code: status, message: "no" } }, status)
const reasonOf = (error: unknown) => (error instanceof VertexError.VertexError ? error.reason._tag : String(error))

describe("where a call goes", () => {
  const global = "https://aiplatform.googleapis.com/v1"
  const publisher = (location: string) =>
    `projects/acme/locations/${location}/publishers/google/models/gemini-3.5-flash`
  const places: ReadonlyArray<readonly [string, string, string]> = [
    ["global", "gemini-3.5-flash", `${global}/${publisher("global")}`],
    ["us", "gemini-3.5-flash", `https://aiplatform.us.rep.googleapis.com/v1/${publisher("us")}`],
    ["eu", "gemini-3.5-flash", `https://aiplatform.eu.rep.googleapis.com/v1/${publisher("eu")}`],
    ["us-central1", "gemini-3.5-flash", `https://us-central1-aiplatform.googleapis.com/v1/${publisher("us-central1")}`],
    [
      "global",
      "projects/42/locations/europe-west4/endpoints/777",
      "https://europe-west4-aiplatform.googleapis.com/v1/projects/42/locations/europe-west4/endpoints/777"
    ],
    [
      "us-central1",
      "projects/other/locations/global/publishers/google/models/gemini-3.5-flash",
      `${global}/projects/other/locations/global/publishers/google/models/gemini-3.5-flash`
    ],
    [
      "us-central1",
      "endpoints/777",
      "https://us-central1-aiplatform.googleapis.com/v1/projects/acme/locations/us-central1/endpoints/777"
    ],
    [
      "global",
      "publishers/anthropic/models/claude-x",
      `${global}/projects/acme/locations/global/publishers/anthropic/models/claude-x`
    ]
  ]
  for (const [location, model, url] of places) {
    it.effect(`${model} from ${location}`, () =>
      Effect.gen(function* () {
        const http = ScriptedHttp.make(ok)
        const call = GenerativeModel.generate(ModelConfiguration.make(model), "Hi")
        yield* Effect.provide(call, ScriptedHttp.services(http.layer, { project: "acme", location }))
        assert.deepStrictEqual(
          http.sent.map(({ method, url }) => [method, url]),
          [["POST", `${url}:generateContent`]]
        )
      })
    )
  }

  it.effect("express mode: no project, and the key in a header", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(ok)
      const layer = ScriptedHttp.services(
        http.layer,
        { location: "global" },
        Credentials.layerApiKey(Redacted.make("k"))
      )
      yield* Effect.provide(GenerativeModel.generate(flash, "Hi"), layer)
      assert.strictEqual(http.sent[0]?.url, `${global}/publishers/google/models/gemini-3.5-flash:generateContent`)
      assert.strictEqual(http.sent[0]?.headers["x-goog-api-key"], "k")
      assert.notProperty(http.sent[0]?.headers, "authorization")
    })
  )

  it.effect("a stream asks for events, another API version and base URL are kept", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(() => ScriptedHttp.events([good]))
      const options = { ...ScriptedHttp.acme, apiVersion: "v1beta1", baseUrl: "https://proxy.example/vertex/" } as const
      yield* Effect.provide(
        Stream.runDrain(GenerativeModel.stream(flash, "Hi")),
        ScriptedHttp.services(http.layer, options)
      )
      assert.strictEqual(
        http.sent[0]?.url,
        `https://proxy.example/vertex/v1beta1/${publisher("global")}:streamGenerateContent?alt=sse`
      )
      assert.strictEqual(http.sent[0]?.headers["accept"], "text/event-stream")
    })
  )

  it.effect("a call carries its headers and no trace of the caller", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(ok)
      const layer = ScriptedHttp.services(
        http.layer,
        ScriptedHttp.acme,
        Credentials.layerToken(Redacted.make("t"), { quotaProject: "payer" })
      )
      yield* GenerativeModel.generate(flash, "Hi").pipe(Effect.withSpan("caller"), Effect.provide(layer))
      const { "content-length": _, ...headers } = http.sent[0]?.headers ?? {}
      assert.deepStrictEqual(headers, {
        accept: "application/json",
        authorization: "Bearer t",
        "content-type": "application/json",
        "user-agent": "genops/0.1.0",
        "x-goog-user-project": "payer"
      })
    })
  )
})

describe("credentials", () => {
  /** Tokens t1, t2, …: a new one after each refusal. */
  const tokens = () => {
    let number = 1
    const layer = Layer.succeed(Credentials.Credentials, {
      headers: Effect.sync(() => ({ authorization: `Bearer t${number}` })),
      invalidate: Effect.sync(() => {
        number++
      })
    })
    return layer
  }
  const seen = (sent: ReadonlyArray<ScriptedHttp.Sent>) => sent.map(({ headers }) => headers["authorization"])

  it.effect("a refused token is refreshed once, and the call goes on", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(failing(401), ok)
      const reply = yield* Effect.provide(
        GenerativeModel.generate(flash, "Hi"),
        ScriptedHttp.services(http.layer, ScriptedHttp.acme, tokens())
      )
      assert.strictEqual(reply.text, "7")
      assert.strictEqual(reply.call.attempts, 1)
      assert.deepStrictEqual(seen(http.sent), ["Bearer t1", "Bearer t2"])
    })
  )

  it.effect("a token that is refused again fails, also as a stream, and is not tried a third time", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(failing(401))
      const layer = ScriptedHttp.services(http.layer, ScriptedHttp.acme, tokens())
      const unary = yield* Effect.flip(GenerativeModel.generate(flash, "Hi")).pipe(Effect.provide(layer))
      assert.strictEqual(reasonOf(unary), "Unauthenticated")
      const stream = yield* Effect.flip(Stream.runDrain(GenerativeModel.stream(flash, "Hi"))).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(reasonOf(stream), "Unauthenticated")
      assert.deepStrictEqual(seen(http.sent), ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"])
    })
  )

  it.effect("without credentials nothing is sent, and the error names three ways", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(ok)
      const reason = new VertexError.CredentialsMissing({ description: "none were found" })
      const none = Layer.succeed(Credentials.Credentials, { headers: Effect.fail(reason), invalidate: Effect.void })
      const error = yield* Effect.flip(GenerativeModel.generate(flash, "Hi")).pipe(
        Effect.provide(ScriptedHttp.services(http.layer, ScriptedHttp.acme, none))
      )
      assert.strictEqual(reasonOf(error), "CredentialsMissing")
      assert.propertyVal(error, "billed", "no")
      assert.match(error.message, /application-default login[^]*GOOGLE_APPLICATION_CREDENTIALS[^]*testing/)
      assert.lengthOf(http.sent, 0)
    })
  )
})

describe("errors of the server", () => {
  it.effect("an unknown model is told with its near matches", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(failing(404))
      const call = GenerativeModel.generate(ModelConfiguration.make("gemini-2.5-flahs"), "Hi")
      const error = yield* Effect.flip(call).pipe(Effect.provide(ScriptedHttp.services(http.layer)))
      assert.match(
        error.message,
        /^\[NotFound\] generateContent gemini-2.5-flahs[^]*Did you mean gemini-2.5-flash[^]*Nothing was billed/
      )
      assert.lengthOf(http.sent, 1)
    })
  )

  const hasty = (maxAttempts: number) =>
    Effect.provideService(
      RetryPolicy.RetryPolicy,
      RetryPolicy.make({ maxAttempts, baseDelay: 1, connectDelay: 1, maxDelay: 1 })
    )

  it.live("failed attempts are kept in the error, and the answer counts them", () =>
    Effect.gen(function* () {
      const twice = ScriptedHttp.make(failing(503), failing(429), ok)
      const reply = yield* GenerativeModel.generate(flash, "Hi").pipe(
        hasty(3),
        Effect.provide(ScriptedHttp.services(twice.layer))
      )
      assert.strictEqual(reply.call.attempts, 3)

      const always = ScriptedHttp.make(failing(503))
      const error = yield* Effect.flip(GenerativeModel.generate(flash, "Hi")).pipe(
        hasty(3),
        Effect.provide(ScriptedHttp.services(always.layer))
      )
      const { attempts } = error instanceof VertexError.VertexError ? error : { attempts: [] }
      assert.deepStrictEqual(
        attempts.map(({ billed, reason }) => [reason, billed]),
        [
          ["Unavailable", "unknown"],
          ["Unavailable", "unknown"]
        ]
      )
      assert.match(error.message, /3 attempts were made/)
    })
  )

  it.live("a call that is not safe to repeat is sent once, unless nothing was done", () =>
    Effect.gen(function* () {
      for (const [status, requests] of [
        [503, 1],
        [429, 3]
      ] as const) {
        const http = ScriptedHttp.make(failing(status))
        yield* Effect.flatMap(VertexClient.VertexClient, (client) =>
          client.call({
            operation: "createTuningJob",
            method: "POST",
            path: "projects/acme/locations/global/tuningJobs",
            resource: "a job",
            rateKey: "tuning",
            body: "{}",
            decode: Result.succeed,
            safeToRepeat: false
          })
        ).pipe(hasty(3), Effect.provide(ScriptedHttp.services(http.layer)), Effect.exit)
        assert.lengthOf(http.sent, requests)
      }
    })
  )

  it.live("the retries of all calls together are bounded", () =>
    Effect.gen(function* () {
      const http = ScriptedHttp.make(failing(503))
      yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.exit(GenerativeModel.generate(flash, "Hi")), {
        concurrency: 10
      }).pipe(hasty(6), Effect.provide(ScriptedHttp.services(http.layer)))
      // 100 tokens, 5 for a retry: 20 retries, and no call succeeded to earn another.
      assert.lengthOf(http.sent, 120)
    })
  )
})

describe("over an HttpClient of the caller's choice", () => {
  const options = { ...ScriptedHttp.acme, limits: { response: 1_000, stream: 1_000, event: 500 } }
  const outcome = (answer: () => Response) =>
    Effect.gen(function* () {
      const { layer } = ScriptedHttp.make(answer)
      const unary = yield* Effect.exit(GenerativeModel.generate(flash, "Hi")).pipe(
        Effect.provide(ScriptedHttp.services(layer, options)),
        Effect.map((exit) =>
          exit._tag === "Success"
            ? "ok"
            : exit.cause.reasons.map((one) => ("error" in one ? reasonOf(one.error) : one._tag)).join()
        )
      )
      const stream = yield* Effect.exit(Stream.runDrain(GenerativeModel.stream(flash, "Hi"))).pipe(
        Effect.provide(ScriptedHttp.services(layer, options)),
        Effect.map((exit) =>
          exit._tag === "Success"
            ? "ok"
            : exit.cause.reasons.map((one) => ("error" in one ? reasonOf(one.error) : one._tag)).join()
        )
      )
      return [unary, stream]
    }).pipe(Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none))
  const rows: ReadonlyArray<readonly [string, () => Response, ReadonlyArray<string>]> = [
    ["an answer above the limit", () => new Response(" ".repeat(2_000)), ["ResponseTooLarge", "ResponseTooLarge"]],
    ["an empty answer", () => new Response(""), ["MalformedResponse", "StreamTruncated"]],
    ["HTML", () => new Response("<html>"), ["MalformedResponse", "MalformedResponse"]],
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { location: "https://evil.example" } }),
      ["Transport", "Transport"]
    ],
    ["503", failing(503), ["Unavailable", "Unavailable"]],
    [
      "a body that breaks",
      () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) })),
      ["Transport", "Transport"]
    ]
  ]
  for (const [name, answer, expected] of rows) {
    it.effect(name, () => Effect.map(outcome(answer), (seen) => assert.deepStrictEqual(seen, expected)))
  }

  const silent = () => new Response(new ReadableStream({}))
  const first = `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: "7" }] } }] })}\r\n\r\n`
  const dripping = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new TextEncoder().encode(": still here\n\n"))
      })
    )
  const broken = () =>
    new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(first)) }))
  const unary = GenerativeModel.generate(flash, "Hi")
  const stream = Stream.runDrain(GenerativeModel.stream(flash, "Hi"))
  const late: ReadonlyArray<
    readonly [
      string,
      Effect.Effect<unknown, unknown, GenerativeModel.GenerativeModel>,
      () => Response,
      VertexConfig.Options["timeouts"],
      RegExp
    ]
  > = [
    ["a whole answer that takes too long", unary, silent, { total: "5 seconds" }, /^\[DeadlineExceeded\].*\(total\)/],
    [
      "a stream that pauses before its first event",
      stream,
      silent,
      { idle: "5 seconds" },
      /^\[DeadlineExceeded\].*\(idle\)/
    ],
    ["a stream that pauses", stream, broken, { idle: "5 seconds" }, /^\[StreamTruncated\].*after 1 characters/],
    ["a stream that takes too long", stream, silent, { total: "5 seconds" }, /^\[DeadlineExceeded\].*\(total\)/]
  ]
  for (const [name, call, answer, timeouts, message] of late) {
    it.effect(`${name} ends there too`, () =>
      Effect.gen(function* () {
        const { layer } = ScriptedHttp.make(answer)
        const fiber = yield* Effect.flip(call).pipe(
          Effect.provide(ScriptedHttp.services(layer, { ...ScriptedHttp.acme, timeouts })),
          Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none),
          Effect.forkChild
        )
        // The body arrives on promises, which the clock of the test does not know.
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
        yield* TestClock.adjust("5 seconds")
        const error = yield* Fiber.join(fiber)
        assert.match(error instanceof Error ? error.message : "", message)
      })
    )
  }

  it.effect("a stream without end is not read to the end", () =>
    Effect.gen(function* () {
      const { layer } = ScriptedHttp.make(dripping)
      const services = ScriptedHttp.services(layer, {
        ...ScriptedHttp.acme,
        limits: { response: 100_000, stream: 100_000 }
      })
      const error = yield* Effect.flip(stream).pipe(Effect.provide(services))
      assert.strictEqual(reasonOf(error), "ResponseTooLarge")
    })
  )
})
