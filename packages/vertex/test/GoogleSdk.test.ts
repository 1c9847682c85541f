import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Part from "@genops/core/Part"
import * as Tool from "@genops/core/Tool"
import * as CallMeter from "@genops/vertex/CallMeter"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as GoogleSdk from "@genops/vertex/GoogleSdk"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import type * as VertexError from "@genops/vertex/VertexError"
import { VertexAI } from "@google-cloud/vertexai"
import { assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import type * as Http from "node:http"
import * as Https from "node:https"
import * as Tls from "node:tls"

const pem = (name: string) => readFileSync(new URL(`../../../test/fixtures/tls/${name}.pem`, import.meta.url), "utf8")

beforeAll(() => {
  // The client speaks https only: this thread trusts the test certificate.
  Tls.setDefaultCACertificates([...Tls.getCACertificates("default"), pem("cert")])
  // It prints its deprecation at each construction.
  vi.spyOn(console, "warn").mockImplementation(() => undefined)
})

interface Request {
  readonly url: string
  readonly body: unknown
}

/** An https server that answers every request by the handler and keeps what it was sent. */
const serve = (
  handler: Http.RequestListener
): Effect.Effect<{ host: string; requests: Array<Request> }, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ server: Https.Server; requests: Array<Request> }>((resume) => {
        const requests: Array<Request> = []
        const server = Https.createServer({ cert: pem("cert"), key: pem("key") }, (request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => {
            requests.push({ url: request.url ?? "", body: JSON.parse(Buffer.concat(chunks).toString()) })
            handler(request, response)
          })
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, requests })))
      }),
      ({ server }) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    ({ requests, server }) => {
      const address = server.address()
      return { host: `127.0.0.1:${typeof address === "object" ? address?.port : ""}`, requests }
    }
  )

const clientOf = (apiEndpoint: string | undefined, location = "us-central1") => {
  const client = new VertexAI({ project: "acme", location, ...(apiEndpoint === undefined ? {} : { apiEndpoint }) })
  const auth = client["googleAuth"]
  const user = auth.fromJSON({ type: "authorized_user", client_id: "i", client_secret: "s", refresh_token: "r" })
  user.setCredentials({ access_token: "token", expiry_date: Date.now() + 3_600_000 })
  auth.cachedCredential = user
  return client
}

const json =
  (body: unknown, status = 200): Http.RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  }

const body = {
  candidates: [{ content: { role: "model", parts: [{ text: "Hi." }] }, finishReason: "STOP", index: 0, novelty: 1 }],
  usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 1, thoughtsTokenCount: 5, totalTokenCount: 8 },
  modelVersion: "gemini-3.5-flash@1",
  brandNew: { kept: true }
}

const flash = ModelConfiguration.make("gemini-3.5-flash")

/** Runs a program on a client of a server that answers so; returns what it did and what the server was sent. */
const on = <A, E>(
  handler: Http.RequestListener,
  program: Effect.Effect<A, E, GenerativeModel.GenerativeModel | TokenCounter.TokenCounter>
) =>
  Effect.gen(function* () {
    const { host, requests } = yield* serve(handler)
    const exit = yield* Effect.exit(Effect.provide(program, GoogleSdk.layer(clientOf(host))))
    return { exit, requests }
  }).pipe(Effect.scoped)

const failureOf = (
  handler: Http.RequestListener,
  program: Effect.Effect<unknown, unknown, GenerativeModel.GenerativeModel> = GenerativeModel.generate(flash, "Hi")
) =>
  Effect.gen(function* () {
    const { exit } = yield* on(handler, Effect.flip(program))
    if (!Exit.isSuccess(exit)) return assert.fail("the call should have failed")
    return exit.value as GenerativeModel.GenerateError
  })

const reasonOf = (error: GenerativeModel.GenerateError): VertexError.Reason => {
  assert(error._tag === "VertexError")
  return error.reason
}

describe("GoogleSdk requests", () => {
  it.live("sends the whole configuration, also what the client's types do not know", () =>
    Effect.gen(function* () {
      const configuration = ModelConfiguration.make("gemini-3.5-flash", {
        systemInstruction: "Be brief.",
        generationConfig: {
          topK: 40,
          seed: 7,
          responseMimeType: "application/json",
          responseJsonSchema: { type: "object" },
          thinkingConfig: { thinkingLevel: "LOW" }
        },
        safetySettings: [{ category: "HARM_CATEGORY_JAILBREAK", threshold: "OFF" }],
        tools: [Tool.functions({ name: "f", parametersJsonSchema: { type: "object" } }), Tool.googleSearch()],
        toolConfig: { functionCallingConfig: { mode: "VALIDATED", allowedFunctionNames: ["f"] } },
        labels: { team: "ml" }
      })
      const call = { name: "f", args: {}, id: "call-1" }
      const conversation = [
        Content.user("Hi"),
        Content.model([{ functionCall: call, thoughtSignature: "c2ln" }]),
        Content.user([Part.functionResponse(call, { output: 1 })])
      ]
      const { exit, requests } = yield* on(json(body), GenerativeModel.generate(configuration, conversation))
      assert(Exit.isSuccess(exit))
      const { name: _, model: __, systemInstruction, ...settings } = configuration
      assert.deepStrictEqual(requests, [
        {
          url: "/v1/projects/acme/locations/us-central1/publishers/google/models/gemini-3.5-flash:generateContent",
          body: {
            contents: conversation,
            systemInstruction: { role: "system", parts: [{ text: systemInstruction }] },
            ...settings
          }
        }
      ])
    })
  )

  it.live("sends a configuration unchanged again and again", () =>
    Effect.gen(function* () {
      const configuration = ModelConfiguration.make("gemini-3.5-flash", {
        systemInstruction: { role: "user", parts: [{ text: "Be brief." }] },
        generationConfig: { topK: 1 }
      })
      const before = structuredClone(configuration)
      const { requests } = yield* on(
        json(body),
        Effect.replicateEffect(GenerativeModel.generate(configuration, "Hi"), 2)
      )
      assert.deepStrictEqual(requests[0], requests[1])
      assert.deepStrictEqual(configuration, before)
    })
  )

  it.live("calls tuned endpoints and caches by their names, and counts with system instruction and tools", () =>
    Effect.gen(function* () {
      const tuned = "projects/other/locations/us-central1/endpoints/123"
      const cachedContent = "projects/acme/locations/us-central1/cachedContents/1"
      const tools = [Tool.functions({ name: "f" })]
      const { requests } = yield* on(
        json({ ...body, totalTokens: 9 }),
        Effect.gen(function* () {
          yield* GenerativeModel.generate(ModelConfiguration.make(tuned), "Hi")
          yield* GenerativeModel.generate(ModelConfiguration.make("gemini-3.5-flash", { cachedContent }), "Hi")
          const counted = yield* TokenCounter.count(
            ModelConfiguration.make("gemini-3.5-flash", { systemInstruction: "Be brief.", tools }),
            "Hi"
          )
          assert.deepStrictEqual(counted, { totalTokens: 9, billableCharacters: undefined })
        })
      )
      const model = "projects/acme/locations/us-central1/publishers/google/models/gemini-3.5-flash"
      assert.deepStrictEqual(
        requests.map(({ url }) => url),
        [`/v1/${tuned}:generateContent`, `/v1beta1/${model}:generateContent`, `/v1/${model}:countTokens`]
      )
      assert.containsSubset(requests[1]?.body, { cachedContent })
      assert.containsSubset(requests[2]?.body, { systemInstruction: { parts: [{ text: "Be brief." }] }, tools })
    })
  )

  it.live("refuses what the client would drop, misroute or crash on, before anything is sent", () =>
    Effect.gen(function* () {
      const violations = (configuration: ModelConfiguration.ModelConfiguration) =>
        Effect.map(on(json(body), Effect.flip(GenerativeModel.generate(configuration, "Hi"))), ({ exit, requests }) => {
          assert.lengthOf(requests, 0)
          assert(
            Exit.isSuccess(exit) && exit.value._tag === "VertexError" && exit.value.reason._tag === "InvalidRequest"
          )
          assert.strictEqual(exit.value.billed, "no")
          return exit.value.reason.violations.map(({ field }) => field)
        })
      const make = (settings: Partial<ModelConfiguration.ModelConfiguration>) =>
        ModelConfiguration.make("gemini-3.5-flash", settings)
      assert.deepStrictEqual(yield* violations(make({ generationConfig: { topK: 41 } })), ["generationConfig.topK"])
      assert.deepStrictEqual(yield* violations(make({ tools: [Tool.vertexAiSearch("d"), Tool.ragCorpus("c")] })), [
        "tools"
      ])
      assert.deepStrictEqual(
        yield* violations(ModelConfiguration.make("projects/acme/locations/europe-west4/endpoints/1")),
        ["model"]
      )
      assert.deepStrictEqual(yield* violations(make({ generationConfig: { temperature: 9 } })), [
        "generationConfig.temperature"
      ])
    })
  )

  it.effect("refuses a location whose server the client does not know, unless it is given", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(GenerativeModel.generate(flash, "Hi")).pipe(
        Effect.provide(GoogleSdk.layer(clientOf(undefined, "global")))
      )
      const reason = reasonOf(error)
      assert(reason._tag === "InvalidRequest")
      assert.include(reason.message, "global-aiplatform.googleapis.com")
    })
  )

  it("takes a VertexAI or its preview, and nothing else", () => {
    const client = clientOf("127.0.0.1:1")
    const run = (client: GoogleSdk.GoogleClient) =>
      Effect.runSync(
        Effect.provide(
          Effect.map(GenerativeModel.GenerativeModel, ({ location }) => location),
          GoogleSdk.layer(client)
        )
      )
    assert.strictEqual(run(client), "us-central1")
    assert.strictEqual(run(client.preview), "us-central1")
    assert.throws(() => run({ getGenerativeModel: () => assert.fail("unreachable") }), /VertexAI instance/)
  })
})

describe("GoogleSdk answers", () => {
  it.live("keeps every field of the answer", () =>
    Effect.gen(function* () {
      const { exit } = yield* on(json(body), GenerativeModel.generate(flash, "Hi"))
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual<unknown>(exit.value.body, body)
      assert.strictEqual(exit.value.usage?.thinkingTokens, 5)
      assert.strictEqual(exit.value.call.location, "us-central1")
    })
  )

  it.live("reads an answer that has another shape as MalformedResponse", () =>
    Effect.gen(function* () {
      const reason = reasonOf(yield* failureOf(json({ candidates: [{ content: { parts: "no list" } }] })))
      assert(reason._tag === "MalformedResponse")
      assert.strictEqual(reason.where, "candidates.0.content.parts")
    })
  )

  const refusals: ReadonlyArray<
    readonly [status: number, name: string, reason: VertexError.Reason["_tag"], billed: VertexError.Billed]
  > = [
    [400, "INVALID_ARGUMENT", "InvalidRequest", "no"],
    [401, "UNAUTHENTICATED", "Unauthenticated", "no"],
    [403, "PERMISSION_DENIED", "PermissionDenied", "no"],
    [404, "NOT_FOUND", "NotFound", "no"],
    [429, "RESOURCE_EXHAUSTED", "ResourceExhausted", "no"],
    [499, "CANCELLED", "Cancelled", "unknown"],
    [500, "INTERNAL", "Internal", "unknown"],
    [503, "UNAVAILABLE", "Unavailable", "unknown"],
    [504, "DEADLINE_EXCEEDED", "DeadlineExceeded", "unknown"]
  ]
  it.live.each(refusals)("maps HTTP %i %s to %s", ([status, name, tag, billed]) =>
    Effect.gen(function* () {
      const error = yield* failureOf(
        json({ error: { code: status, message: "why. not {this}?", status: name } }, status)
      )
      const reason = reasonOf(error)
      assert.strictEqual(reason._tag, tag)
      assert("description" in reason)
      assert.strictEqual(reason.description, "why. not {this}?")
      assert.strictEqual(error._tag === "VertexError" && error.billed, billed)
    })
  )

  it.live("keeps the delay that the body of a 429 asks for", () =>
    Effect.gen(function* () {
      const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "12.5s" }]
      const error = { code: 429, message: "busy", status: "RESOURCE_EXHAUSTED", details }
      const reason = reasonOf(yield* failureOf(json({ error }, 429)))
      assert(reason._tag === "ResourceExhausted" && reason.retryAfter !== undefined)
      assert.strictEqual(Duration.toMillis(reason.retryAfter), 12_500)
    })
  )

  it.live("cannot tell the status of an error page or of an error without an object", () =>
    Effect.gen(function* () {
      const page: Http.RequestListener = (_request, response) => response.writeHead(502).end("<html>Bad Gateway</html>")
      assert.strictEqual(reasonOf(yield* failureOf(page))._tag, "MalformedResponse")
      assert.strictEqual(reasonOf(yield* failureOf(json({}, 404)))._tag, "MalformedResponse")
    })
  )

  it.live("says that nothing was billed when nobody listens, and unknown when the connection breaks", () =>
    Effect.gen(function* () {
      const { host } = yield* Effect.scoped(serve(json(body)))
      const refused = yield* Effect.flip(GenerativeModel.generate(flash, "Hi")).pipe(
        Effect.provide(GoogleSdk.layer(clientOf(host)))
      )
      assert(refused._tag === "VertexError" && refused.reason._tag === "Transport")
      assert.deepStrictEqual([refused.reason.kind, refused.billed], ["refused", "no"])
      const broken = yield* failureOf((request) => request.socket.destroy())
      assert(broken._tag === "VertexError" && broken.reason._tag === "Transport")
      assert.deepStrictEqual([broken.reason.kind, broken.billed], ["reset", "unknown"])
    })
  )

  it.live("says that an answer which breaks off may be billed", () =>
    Effect.gen(function* () {
      const error = yield* failureOf((_request, response) => {
        response.writeHead(200, { "content-length": "100" })
        response.write("{", () => response.destroy())
      })
      assert(error._tag === "VertexError" && error.reason._tag === "Transport")
      assert.deepStrictEqual([error.reason.kind, error.reason.phase, error.billed], ["reset", "body", "unknown"])
    })
  )

  it.live("does not trust an unknown certificate", () =>
    Effect.gen(function* () {
      const trusted = Tls.getCACertificates("default")
      yield* Effect.acquireRelease(
        Effect.sync(() => Tls.setDefaultCACertificates(trusted.filter((one) => one.trim() !== pem("cert").trim()))),
        () => Effect.sync(() => Tls.setDefaultCACertificates(trusted))
      )
      const error = yield* failureOf(json(body))
      assert(error._tag === "VertexError" && error.reason._tag === "Transport")
      assert.deepStrictEqual([error.reason.kind, error.billed], ["tls", "no"])
    }).pipe(Effect.scoped)
  )

  it.live("tells missing credentials, and sends nothing", () =>
    Effect.gen(function* () {
      const { host, requests } = yield* serve(json(body))
      const client = clientOf(host)
      const auth = client["googleAuth"]
      const user = auth.fromJSON({ type: "authorized_user", client_id: "i", client_secret: "s", refresh_token: "r" })
      user.getAccessToken = () => Promise.reject(new Error("invalid_grant"))
      auth.cachedCredential = user
      const error = yield* Effect.flip(GenerativeModel.generate(flash, "Hi")).pipe(
        Effect.provide(GoogleSdk.layer(client))
      )
      assert(error._tag === "VertexError" && error.reason._tag === "CredentialsMissing")
      assert.deepStrictEqual([error.reason.description, error.billed], ["invalid_grant", "no"])
      assert.lengthOf(requests, 0)
    }).pipe(Effect.scoped)
  )

  it.live("abandons an interrupted call, which the meter knows as sent", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { promise: arrived, resolve } = Promise.withResolvers<void>()
      const { host } = yield* serve(() => resolve())
      const fiber = yield* GenerativeModel.generate(flash, "Hi").pipe(
        Effect.provideService(CallMeter.CallMeter, { ...CallMeter.free, sent: () => seen.push("sent") }),
        Effect.provide(GoogleSdk.layer(clientOf(host))),
        Effect.forkChild
      )
      yield* Effect.promise(() => arrived)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(seen, ["sent"])
    }).pipe(Effect.scoped)
  )
})

const event = (text: string, more: object = {}) =>
  `data: ${JSON.stringify({ candidates: [{ content: { role: "model", parts: [{ text }] }, ...more }] })}\r\n\r\n`

const events =
  (...texts: ReadonlyArray<string>): Http.RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.end(texts.join(""))
  }

/** Goes on once the first delta was taken: the client drops what was not when it meets an error. */
const thenNext = (
  text: string,
  next: (response: Http.ServerResponse) => void
): { readonly handler: Http.RequestListener; readonly taken: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    taken: resolve,
    handler: (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(text)
      void promise.then(() => next(response))
    }
  }
}

describe("GoogleSdk streams", () => {
  const drain = Stream.runDrain(GenerativeModel.stream(flash, "Hi"))

  it.live("emits deltas that add up to the answer", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* on(
        events(event("Hel"), event("lo 巴黎"), event("", { finishReason: "STOP" })),
        Stream.runCollect(GenerativeModel.stream(flash, "Hi"))
      )
      assert(Exit.isSuccess(exit))
      assert.strictEqual(GenerateResponse.collect(exit.value).text, "Hello 巴黎")
      assert.strictEqual(exit.value.at(-1)?.finishReason, "STOP")
      assert.include(requests[0]?.url, ":streamGenerateContent?alt=sse")
    })
  )

  const truncations: ReadonlyArray<readonly [string, (response: Http.ServerResponse) => void]> = [
    ["ends without a finish reason", (response) => response.end()],
    ["ends inside an event", (response) => response.end('data: {"candidates":[{"con')],
    ["holds an event that is not JSON", (response) => response.end("data: {\r\n\r\n")],
    ["loses its connection", (response) => response.destroy()]
  ]
  it.live.each(truncations)("fails with the text so far when the stream %s", ([, next]) =>
    Effect.gen(function* () {
      const { handler, taken } = thenNext(event("Hel"), next)
      const stream = GenerativeModel.stream(flash, "Hi")
      const error = yield* failureOf(
        handler,
        Stream.runForEach(stream, () => Effect.sync(taken))
      )
      const reason = reasonOf(error)
      assert(reason._tag === "StreamTruncated")
      assert.strictEqual(reason.text, "Hel")
      assert.strictEqual(error._tag === "VertexError" && error.billed, "unknown")
    })
  )

  const error = JSON.stringify({ error: { code: 429, message: "busy", status: "RESOURCE_EXHAUSTED" } }, undefined, 2)
  const errors: ReadonlyArray<readonly [string, Http.RequestListener]> = [
    ["event", events(event("Hel"), `data: ${error.replaceAll(/\s+/g, " ")}\r\n\r\n`)],
    ["bare object", events(event("Hel"), error)],
    ["status", json(JSON.parse(error), 429)]
  ]
  it.live.each(errors)("reads an error that comes as %s", ([, handler]) =>
    Effect.map(failureOf(handler, drain), (error) => assert.strictEqual(reasonOf(error)._tag, "ResourceExhausted"))
  )

  it.live("recognises a blocked prompt and an answer that was stopped midway", () =>
    Effect.gen(function* () {
      const feedback = { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 12 } }
      const prompt = yield* failureOf(events(`data: ${JSON.stringify(feedback)}\n\n`), drain)
      assert(prompt._tag === "ContentBlocked")
      assert.deepStrictEqual([prompt.blocked, prompt.usage?.inputTokens], ["prompt", 12])
      const answer = yield* failureOf(events(event("Step one: "), event("", { finishReason: "SAFETY" })), drain)
      assert(answer._tag === "ContentBlocked")
      assert.deepStrictEqual([answer.blocked, answer.text], ["candidate", "Step one: "])
    })
  )

  it.live("ends early at once, while the server is still writing", () =>
    Effect.gen(function* () {
      const stalled: Http.RequestListener = (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(event("one ") + event("two "))
      }
      const { exit } = yield* on(stalled, Stream.runCollect(Stream.take(GenerativeModel.stream(flash, "Hi"), 1)))
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(
        exit.value.map(({ text }) => text),
        ["one "]
      )
    })
  )
})
