/**
 * No credential leaves the process but in the header of a request, and no content enters telemetry: every failing scenario is poured
 * into every sink, and the sinks are searched for canaries.
 */
import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { createServer } from "node:net"
import { inspect } from "node:util"
import * as Credentials from "../src/Credentials.ts"
import * as GenerativeModel from "../src/GenerativeModel.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as TokenCounter from "../src/TokenCounter.ts"
import * as Vertex from "../src/Vertex.ts"
import * as VertexError from "../src/VertexError.ts"
import * as ScriptedHttp from "./ScriptedHttp.ts"

const apiKey = "AIzaSyCanaryCanaryCanaryCanaryCanary123"
const token = "ya29.canaryCanary-canary_canary"
const refreshToken = "1//0canary-refresh-canary-refresh-canary"
const secrets = [apiKey, token, refreshToken]
const prompt = "canary-prompt-of-a-patient"
const written = "canary-answer-about-a-patient"

type Services = GenerativeModel.GenerativeModel | TokenCounter.TokenCounter
type Call = Effect.Effect<unknown, unknown, Services>

const everything = { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }
const text = (make: () => string | undefined): string => {
  try {
    return make() ?? ""
  } catch (cause) {
    return String(cause)
  }
}

/** What a failure says by its message, its stack and the printers of effect: these never hold content. */
const spoken = (exit: Exit.Exit<unknown, unknown>): Record<string, string> => {
  if (Exit.isSuccess(exit)) return {}
  const errors = exit.cause.reasons.map((reason) => (Cause.isFailReason(reason) ? reason.error : reason))
  return {
    message: errors.map((error) => (error instanceof Error ? error.message : "")).join("\n"),
    string: errors.map(String).join("\n"),
    stack: errors.map((error) => (error instanceof Error ? (error.stack ?? "") : "")).join("\n"),
    pretty: Cause.pretty(exit.cause)
  }
}

const encodeError = Schema.encodeUnknownSync(Schema.toCodecJson(VertexError.VertexError))

/** Everything that is inside a failure: it may hold the text of an answer, as a field made for it, but no credential. */
const contained = (exit: Exit.Exit<unknown, unknown>): Record<string, string> => ({
  json: text(() => JSON.stringify(exit)),
  inspect: inspect(exit, everything),
  journal: Exit.isFailure(exit)
    ? exit.cause.reasons
        .map((reason) => (Cause.isFailReason(reason) ? text(() => JSON.stringify(encodeError(reason.error))) : ""))
        .join()
    : ""
})

/** Runs the call, logs how it ended with every logger, and returns what each sink was given. */
const pour = (call: Call, layer: Layer.Layer<Services, unknown>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const console = new Proxy(globalThis.console, {
      get:
        () =>
        (...values: ReadonlyArray<unknown>) =>
          void lines.push(values.map((value) => inspect(value, everything)).join(" "))
    })
    const collect = (logger: Logger.Logger<unknown, unknown>) =>
      Logger.map(logger, (line) => void lines.push(typeof line === "string" ? line : inspect(line, everything)))
    const loggers = Logger.layer([
      collect(Logger.formatSimple),
      collect(Logger.formatLogFmt),
      collect(Logger.formatJson),
      collect(Logger.formatStructured),
      Logger.consolePretty({ mode: "tty" }),
      Logger.consoleJson
    ])
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const registry = new Map()
    const exit = yield* call.pipe(
      Effect.tapCause((cause) => Effect.logError("the call failed", cause)),
      Effect.withSpan("caller"),
      Effect.provide(layer),
      Effect.provide(loggers),
      Effect.provideService(Console.Console, console),
      Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none),
      Effect.withTracer(tracer),
      Effect.provideService(Metric.MetricRegistry, registry),
      Effect.exit
    )
    const metrics = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
    return {
      exit,
      spoken: {
        message: "",
        ...spoken(exit),
        logs: lines.join("\n"),
        spans: spans
          .map(({ attributes, events, name }) => inspect({ name, attributes, events }, everything))
          .join("\n"),
        metrics: inspect(metrics, everything)
      },
      contained: contained(exit)
    }
  })

const hits = (sinks: Record<string, string>, canaries: ReadonlyArray<string>) =>
  Object.entries(sinks).flatMap(([sink, content]) =>
    canaries.filter((canary) => content.includes(canary)).map((canary) => `${canary} in ${sink}`)
  )

const configuration = ModelConfiguration.make("gemini-3.5-flash", { systemInstruction: prompt })
const generate = GenerativeModel.generate(configuration, prompt)
const stream = Stream.runDrain(GenerativeModel.stream(configuration, prompt))
const count = TokenCounter.count(configuration, prompt)
const object = GenerativeModel.generateObject(configuration, prompt, Schema.Struct({ a: Schema.Number }))

const answer = { candidates: [{ content: { parts: [{ text: written }] }, finishReason: "STOP" }] }
const error = (status: number, message: string) => () =>
  ScriptedHttp.json(
    {
      error: {
        code: status,
        message,
        details: [{ "@type": "type.googleapis.com/google.rpc.DebugInfo", detail: message }]
      }
    },
    status
  )
const echo = `your headers: x-goog-api-key: ${apiKey}, authorization: Bearer ${token}, url ?key=${apiKey}&access_token=${token}`
const broken = (first: string) => () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(first)),
      pull: (controller) => controller.error(new Error("gone"))
    })
  )

const scenarios: ReadonlyArray<readonly [string, () => Response]> = [
  ["a right answer", () => ScriptedHttp.json(answer)],
  ["a right stream", () => ScriptedHttp.events([answer])],
  ["an answer that is not JSON", () => new Response(`${written} {`)],
  [
    "an answer of wrong types",
    () => ScriptedHttp.json({ candidates: [{ content: { parts: [{ text: { [written]: written } }] } }] })
  ],
  ["an answer whose enum is content", () => ScriptedHttp.json({ candidates: { [written]: written } })],
  ["a filtered answer", () => ScriptedHttp.json({ candidates: [{ ...answer.candidates[0], finishReason: "SAFETY" }] })],
  ["a filtered stream", () => ScriptedHttp.events([answer, { candidates: [{ finishReason: "SAFETY" }] }])],
  [
    "a stream without an end",
    () => ScriptedHttp.events([{ candidates: [{ content: { parts: [{ text: written }] } }] }])
  ],
  ["a stream of garbage", () => new Response(`data: ${written}\r\n\r\n${written}`)],
  [
    "a connection that breaks",
    broken(`data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: written }] } }] })}\r\n\r\n`)
  ],
  [
    "a redirect that echoes",
    () => new Response(null, { status: 302, headers: { location: `https://x.example/?key=${apiKey}` } })
  ],
  ["HTML that echoes", () => new Response(`<html><b>${echo}</b></html>`, { status: 502 })],
  [
    "an error in mid-stream that echoes",
    () => ScriptedHttp.events([answer, { error: { code: 500, message: echo, status: "INTERNAL" } }])
  ],
  [
    "an error in a 200 that echoes",
    () => ScriptedHttp.json({ error: { code: 500, message: echo, status: "INTERNAL" } })
  ],
  ...[400, 401, 403, 404, 408, 409, 413, 418, 429, 499, 500, 501, 503, 504].map(
    (status) => [`${status} that echoes`, error(status, echo)] as const
  )
]

const credentials: ReadonlyArray<readonly [string, Layer.Layer<Credentials.Credentials>]> = [
  ["an API key", Credentials.layerApiKey(Redacted.make(apiKey))],
  ["a token", Credentials.layerToken(Redacted.make(token))]
]

describe("credentials and content stay inside", () => {
  for (const [name, answer] of scenarios) {
    it.live(name, () =>
      Effect.gen(function* () {
        for (const [, credential] of credentials) {
          const layer = ScriptedHttp.services(ScriptedHttp.make(answer).layer, ScriptedHttp.acme, credential)
          for (const call of [generate, stream, count, object] satisfies ReadonlyArray<Call>) {
            const sinks = yield* pour(call, layer)
            assert.deepStrictEqual(hits(sinks.spoken, [...secrets, prompt, written]), [])
            assert.deepStrictEqual(
              hits({ ...sinks.contained, json: "" }, Exit.isFailure(sinks.exit) ? [...secrets, prompt] : secrets),
              []
            )
          }
        }
      })
    )
  }

  it.live("a request that is refused before it is sent", () =>
    Effect.gen(function* () {
      const layer = ScriptedHttp.services(
        ScriptedHttp.make(() => ScriptedHttp.json({})).layer,
        ScriptedHttp.acme,
        credentials[0]?.[1]
      )
      const call = GenerativeModel.generate(configuration, [
        { role: "user", parts: [{ text: prompt, functionCall: { name: prompt } }] }
      ])
      const sinks = yield* pour(call, layer)
      assert.isTrue(Exit.isFailure(sinks.exit))
      assert.deepStrictEqual(hits({ ...sinks.spoken, ...sinks.contained }, [...secrets, prompt]), [])
    })
  )

  it.live("credentials that cannot be turned into a token", () =>
    Effect.gen(function* () {
      // What google-auth-library throws holds the request that failed, refresh token and all.
      const cause = Object.assign(new Error(`invalid_grant for ${refreshToken}`), {
        config: { data: { refresh_token: refreshToken }, headers: { authorization: token } },
        response: { data: { error: "invalid_grant", error_description: refreshToken } }
      })
      const adc = Credentials.layerAdc({ auth: () => Promise.reject(cause) })
      const layer = ScriptedHttp.services(ScriptedHttp.make(() => ScriptedHttp.json({})).layer, ScriptedHttp.acme, adc)
      for (const call of [generate, stream, count] satisfies ReadonlyArray<Call>) {
        const sinks = yield* pour(call, layer)
        assert.include(sinks.spoken.message, "CredentialsMissing")
        assert.deepStrictEqual(hits({ ...sinks.spoken, ...sinks.contained }, [...secrets, prompt]), [])
      }
    })
  )

  it.live("a key and a token with a line break at the end", () =>
    Effect.gen(function* () {
      const layers = [
        Credentials.layerApiKey(Redacted.make(`${apiKey}\n`)),
        Credentials.layerToken(Redacted.make(`${token}\r\nx-evil: 1`))
      ]
      for (const credential of layers) {
        const layer = Vertex.layer({ ...ScriptedHttp.acme, baseUrl: "http://127.0.0.1:9" }, credential)
        for (const call of [generate, stream, count] satisfies ReadonlyArray<Call>) {
          const sinks = yield* pour(call, layer)
          assert.include(sinks.spoken.message, "Nothing was billed")
          assert.deepStrictEqual(hits({ ...sinks.spoken, ...sinks.contained }, [...secrets, prompt]), [])
        }
      }
    })
  )

  it.live("a real connection that is refused or breaks", () =>
    Effect.gen(function* () {
      const server = createServer((socket) => socket.on("data", () => socket.destroy()))
      const port = yield* Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      })
      for (const live of [true, false]) {
        if (!live) yield* Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
        for (const [, credential] of credentials) {
          const layer = Vertex.layer({ ...ScriptedHttp.acme, baseUrl: `http://127.0.0.1:${port}` }, credential)
          for (const call of [generate, stream, count] satisfies ReadonlyArray<Call>) {
            const sinks = yield* pour(call, layer)
            assert.include(sinks.spoken.message, "[Transport]")
            assert.deepStrictEqual(hits({ ...sinks.spoken, ...sinks.contained }, [...secrets, prompt]), [])
          }
        }
      }
    })
  )
})

describe("the search is not blind", () => {
  it.live("a careless client is found out by nearly every sink", () =>
    Effect.gen(function* () {
      const http = HttpClient.make((request) =>
        Effect.succeed(HttpClientResponse.fromWeb(request, new Response(written, { status: 404 })))
      )
      const careless = HttpClientRequest.post(`https://vertex.example/v1?key=${apiKey}`).pipe(
        HttpClientRequest.setHeader("x-goog-api-key", token),
        HttpClientRequest.bodyText(prompt),
        HttpClient.filterStatusOk(http).execute
      )
      const sinks = yield* pour(careless, ScriptedHttp.services(ScriptedHttp.make(() => ScriptedHttp.json({})).layer))
      const found = hits({ ...sinks.spoken, ...sinks.contained }, [apiKey, token])
      for (const sink of ["message", "string", "stack", "pretty", "logs", "spans", "json", "inspect"]) {
        assert.isTrue(
          found.some((hit) => hit.endsWith(` in ${sink}`)),
          sink
        )
      }
    })
  )
})
