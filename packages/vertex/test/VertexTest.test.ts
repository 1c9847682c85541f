import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Tool from "@genops/core/Tool"
import * as CallMeter from "@genops/vertex/CallMeter"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { TokenRule, VertexTest } from "@genops/vertex/testing"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"

const flash = ModelConfiguration.make("gemini-3.5-flash", { systemInstruction: "Be brief." })
const ask = GenerativeModel.generate(flash, "How are you?")
const busy = new VertexError.ResourceExhausted({ description: "busy", retryAfter: Duration.seconds(2), quotas: [] })

const dies = <A, E>(exit: Exit.Exit<A, E>): string =>
  Exit.isFailure(exit) && Cause.hasDies(exit.cause) ? Cause.pretty(exit.cause) : ""

describe("VertexTest", () => {
  it.effect("answers each call with a text and its usage", () =>
    Effect.gen(function* () {
      const reply = yield* ask
      assert.strictEqual(reply.text, "Fine, thanks.")
      assert.strictEqual(reply.finishReason, "STOP")
      assert.strictEqual(reply.usage?.inputTokens, TokenRule.ofText("Be brief.") + TokenRule.ofText("How are you?"))
      assert.strictEqual(reply.usage?.outputTokens, 4)
      assert.deepStrictEqual(reply.call, { model: "gemini-3.5-flash", location: "global", attempts: 1, latencyMs: 0 })
      assert.strictEqual((yield* ask).text, "Fine, thanks.")
    }).pipe(Effect.provide(VertexTest.layer({ generate: "Fine, thanks." })))
  )

  it.effect("answers from a list in order and dies past its end", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ask).text, "one")
      const error = yield* Effect.flip(ask)
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "ResourceExhausted")
      assert.strictEqual((yield* ask).text, "two")
      assert.include(
        dies(yield* Effect.exit(ask)),
        'VertexTest: "generate" was called 4 times and its list has 3 answers'
      )
    }).pipe(Effect.provide(VertexTest.layer({ generate: ["one", VertexTest.fail(busy), VertexTest.reply("two")] })))
  )

  it.effect("answers by a function of the call, plainly or in an Effect", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ask).text, "gemini-3.5-flash 0")
      assert.strictEqual((yield* ask).text, "gemini-3.5-flash 1")
      const { totalTokens } = yield* TokenCounter.count(flash, "abc")
      assert.strictEqual(totalTokens, 3)
    }).pipe(
      Effect.provide(
        VertexTest.layer({
          generate: (configuration, _input, callIndex) => Effect.succeed(`${configuration.model} ${callIndex}`),
          count: (_configuration, input) => (typeof input === "string" ? input.length : 0)
        })
      )
    )
  )

  it.effect("fails n times, then answers", () =>
    Effect.gen(function* () {
      const reply = yield* Effect.retry(ask, { times: 5 })
      assert.strictEqual(reply.text, "at last")
      assert.lengthOf(yield* VertexTest.calls, 3)
    }).pipe(Effect.provide(VertexTest.layer({ generate: VertexTest.failTimes(2, busy, "at last") })))
  )

  it.effect("dies for what was not scripted, and says how to script it", () =>
    Effect.gen(function* () {
      const unscripted =
        'VertexTest: "generate" was called for "gemini-3.5-flash" and has no script: VertexTest.layer({ generate'
      assert.include(dies(yield* Effect.exit(ask)), unscripted)
      assert.include(dies(yield* Effect.exit(Stream.runCollect(GenerativeModel.stream(flash, "?")))), unscripted)
      assert.strictEqual((yield* TokenCounter.count(flash, "12345")).totalTokens, 3 + 2)
    }).pipe(Effect.provide(VertexTest.layer({})))
  )

  it.effect("records the calls in order, and only those that would have been sent", () =>
    Effect.gen(function* () {
      const wrong = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { temperature: 9 } })
      yield* TokenCounter.count(flash, "a")
      const error = yield* Effect.flip(GenerativeModel.generate(wrong, "b"))
      assert.strictEqual(error._tag === "VertexError" && error.reason._tag, "InvalidRequest")
      yield* GenerativeModel.generate(flash, "c")
      yield* Stream.runDrain(GenerativeModel.stream(flash, "d"))
      const calls = yield* VertexTest.calls
      assert.deepStrictEqual(
        calls.map(({ configuration, input, operation }) => [operation, configuration.name, input]),
        [
          ["count", "gemini-3.5-flash", "a"],
          ["generate", "gemini-3.5-flash", "c"],
          ["stream", "gemini-3.5-flash", "d"]
        ]
      )
    }).pipe(Effect.provide(VertexTest.layer({ generate: ["c", "d"] })))
  )

  it.effect("streams the answers of generate word by word, with finish reason and usage in the last delta", () =>
    Effect.gen(function* () {
      const deltas = yield* Stream.runCollect(GenerativeModel.stream(flash, "?"))
      assert.deepStrictEqual(
        deltas.map(({ text }) => text),
        ["One ", "two\n", "three.", "", ""]
      )
      assert.deepStrictEqual(
        deltas.map(({ finishReason }) => finishReason),
        [undefined, undefined, undefined, undefined, "STOP"]
      )
      assert.deepStrictEqual(deltas[3]?.functionCalls, [{ name: "add", args: { a: 1 } }])
      const whole = GenerateResponse.collect(deltas)
      assert.strictEqual(whole.text, "One two\nthree.")
      assert.deepStrictEqual(whole.functionCalls, [{ name: "add", args: { a: 1 } }])
      assert.strictEqual(whole.usage?.inputTokens, 3 + 1)
    }).pipe(
      Effect.provide(
        VertexTest.layer({
          generate: VertexTest.reply("One two\nthree.", { functionCalls: [{ name: "add", args: { a: 1 } }] })
        })
      )
    )
  )

  it.effect("breaks a stream off with the text so far", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const error = yield* GenerativeModel.stream(flash, "?").pipe(
        Stream.runForEach((delta) => Effect.sync(() => seen.push(delta.text))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["Hel", "lo"])
      assert(error._tag === "VertexError" && error.reason._tag === "StreamTruncated")
      assert.strictEqual(error.reason.text, "Hello")
    }).pipe(
      Effect.provide(
        VertexTest.layer({
          stream: VertexTest.chunks(
            ["Hel", "lo"],
            VertexTest.fail(new VertexError.Transport({ kind: "reset", phase: "body", description: "gone" }))
          )
        })
      )
    )
  )

  it.effect("streams given chunks, and generates what they add up to", () =>
    Effect.gen(function* () {
      const deltas = yield* Stream.runCollect(GenerativeModel.stream(flash, "?"))
      assert.deepStrictEqual(
        deltas.map(({ text, usage }) => [text, usage?.outputTokens]),
        [
          ["Hel", undefined],
          ["lo you", 3]
        ]
      )
      const reply = yield* ask
      assert.strictEqual(reply.text, "Hello you")
      assert.strictEqual(reply.finishReason, "STOP")
    }).pipe(Effect.provide(VertexTest.layer({ generate: VertexTest.chunks(["Hel", "lo you"]) })))
  )

  it.effect("blocks as a filter does, by failure or by finish reason", () =>
    Effect.gen(function* () {
      const prompt = yield* Effect.flip(ask)
      assert(prompt._tag === "ContentBlocked")
      assert.deepStrictEqual(
        [prompt.blocked, prompt.reason, prompt.model],
        ["prompt", "PROHIBITED_CONTENT", flash.model]
      )
      assert.strictEqual(prompt.usage?.inputTokens, 3 + 3)
      const answer = yield* Effect.flip(ask)
      assert(answer._tag === "ContentBlocked")
      assert.deepStrictEqual([answer.blocked, answer.reason, answer.text], ["candidate", "SAFETY", "Step one: "])
    }).pipe(
      Effect.provide(
        VertexTest.layer({
          generate: [
            VertexTest.blocked("PROHIBITED_CONTENT", { blocked: "prompt" }),
            VertexTest.reply("Step one: ", { finishReason: "SAFETY" })
          ]
        })
      )
    )
  )

  it.effect.each([
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "LANGUAGE",
    "IMAGE_SAFETY"
  ])("takes the finish reason %s for a stopped answer", (finishReason) =>
    Effect.gen(function* () {
      const whole = yield* Effect.flip(ask)
      const streamed = yield* Effect.flip(Stream.runDrain(GenerativeModel.stream(flash, "?")))
      for (const error of [whole, streamed]) {
        assert(error._tag === "ContentBlocked")
        assert.deepStrictEqual([error.reason, error.text], [finishReason, "some text"])
      }
    }).pipe(Effect.provide(VertexTest.layer({ generate: VertexTest.reply("some text", { finishReason }) })))
  )

  it.effect.each(["STOP", "MAX_TOKENS", "OTHER", "MALFORMED_FUNCTION_CALL", "NO_IMAGE", "INVENTED_IN_2030"])(
    "takes the finish reason %s for an answer",
    (finishReason) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* ask).finishReason, finishReason)
        yield* Stream.runDrain(GenerativeModel.stream(flash, "?"))
      }).pipe(Effect.provide(VertexTest.layer({ generate: VertexTest.reply("some text", { finishReason }) })))
  )

  it.effect("replies with everything that a model may send", () =>
    Effect.gen(function* () {
      const reply = yield* GenerativeModel.generate(flash, [Content.user("?")])
      assert.deepStrictEqual(
        [
          reply.usage?.inputTokens,
          reply.usage?.outputTokens,
          reply.usage?.thinkingTokens,
          reply.usage?.cachedInputTokens
        ],
        [100, 20, 30, 40]
      )
      assert.isTrue(reply.isTruncated)
      assert.lengthOf(reply.candidates, 2)
      assert.strictEqual(reply.parts[1]?.thoughtSignature, "c2ln")
      assert.strictEqual((yield* ask).usage, undefined)
      const stored = yield* Schema.encodeEffect(GenerateResponse.FromJson)(reply)
      assert.deepStrictEqual((yield* Schema.decodeEffect(GenerateResponse.FromJson)(stored)).body, reply.body)
    }).pipe(
      Effect.provide(
        VertexTest.layer({
          generate: [
            VertexTest.reply("cut", {
              inputTokens: 100,
              outputTokens: 20,
              thinkingTokens: 30,
              cachedInputTokens: 40,
              finishReason: "MAX_TOKENS",
              parts: [{ functionCall: { name: "f", id: "7" }, thoughtSignature: "c2ln" }],
              alternatives: ["other"]
            }),
            VertexTest.reply("free", { body: { usageMetadata: undefined } })
          ]
        })
      )
    )
  )

  it.effect("takes the latency from the clock", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask)
      yield* TestClock.adjust("1 second")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).call.latencyMs, 2000)
    }).pipe(Effect.provide(VertexTest.layer({ generate: "late", latency: "2 seconds" })))
  )

  it.effect("tells the meter of a budget: queued, then sent; counting is free and refusals are not sent", () => {
    const seen: Array<string> = []
    const meter: CallMeter.CallMeter = {
      queued: () => seen.push("queued"),
      sent: () => seen.push("sent"),
      retrying: () => Effect.void
    }
    return Effect.gen(function* () {
      yield* ask
      yield* TokenCounter.count(flash, "?")
      assert.deepStrictEqual(seen, ["queued", "sent"])
      yield* Effect.exit(GenerativeModel.generate(flash, []))
      assert.deepStrictEqual(seen, ["queued", "sent", "queued"])
    }).pipe(Effect.provideService(CallMeter.CallMeter, meter), Effect.provide(VertexTest.layer({ generate: "x" })))
  })

  it.effect("says whether a failure is billed", () =>
    Effect.gen(function* () {
      const billed = Effect.map(Effect.flip(ask), (error) => (error._tag === "VertexError" ? error.billed : "?"))
      assert.strictEqual(yield* billed, "no")
      assert.strictEqual(yield* billed, "unknown")
      assert.strictEqual(yield* billed, "yes")
    }).pipe(
      Effect.provide(
        VertexTest.layer({
          generate: [
            VertexTest.fail(busy),
            VertexTest.fail(new VertexError.Internal({ description: "boom" })),
            VertexTest.fail(new VertexError.Internal({ description: "boom" }), { billed: "yes" })
          ]
        })
      )
    )
  )

  it.effect("starts each layer anew", () => {
    const layer = VertexTest.layer({ generate: ["only"] })
    const run = Effect.provide(ask, layer, { local: true })
    return Effect.gen(function* () {
      assert.strictEqual((yield* run).text, "only")
      assert.strictEqual((yield* run).text, "only")
    })
  })
})

describe("TokenRule", () => {
  it("counts four code points a token, over system instruction, contents and tools", () => {
    assert.deepStrictEqual(["", "a", "abcd", "abcde", "👍👍👍👍"].map(TokenRule.ofText), [0, 1, 1, 2, 1])
    const tools = [Tool.functions({ name: "f" }), Tool.googleSearch()]
    const configuration = ModelConfiguration.make("m", { systemInstruction: "12345678", tools })
    const declared = '{"name":"f"}'
    assert.strictEqual(TokenRule.ofRequest(configuration, "1234"), 2 + 1 + TokenRule.ofText(declared))
    assert.strictEqual(TokenRule.billableCharacters(configuration, " a\nb "), 8 + 2 + declared.length)
    const called = Content.model([{ functionCall: { name: "f" } }, { inlineData: { mimeType: "image/png", data: "" } }])
    assert.strictEqual(TokenRule.ofRequest(ModelConfiguration.make("m"), called), TokenRule.ofText(declared) + 258)
  })
})
