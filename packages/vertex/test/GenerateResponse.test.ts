import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"

const call = { model: "gemini-3.5-flash", location: "global", attempts: 1, latencyMs: 12 }
const of = (body: GenerateResponse.GenerateResponse["body"], info = call) =>
  new GenerateResponse.GenerateResponse(body, info)

const used = { promptTokenCount: 1_000, candidatesTokenCount: 100, thoughtsTokenCount: 50, totalTokenCount: 1_150 }

describe("cost", () => {
  it.effect("is the list price, thinking at the output price", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-11-24T00:00:00Z"))
      // 1,000 tokens at $1.50 and 150 at $9.00 a million
      assert.strictEqual(Money.toDecimal(yield* GenerateResponse.cost(of({ usageMetadata: used }))), "0.00285")
      const regional = of({ usageMetadata: used }, { ...call, location: "europe-west2" })
      assert.strictEqual(Money.toDecimal(yield* GenerateResponse.cost(regional)), "0.003135")
    })
  )

  it.effect("is unknown, not zero, without usage and without a price", () =>
    Effect.gen(function* () {
      const silent = yield* Effect.flip(GenerateResponse.cost(of({})))
      assert.strictEqual(silent._tag, "UsageUnknown")
      const unpriced = of({ usageMetadata: used }, { ...call, model: "gemini-9" })
      assert.strictEqual((yield* Effect.flip(GenerateResponse.cost(unpriced)))._tag, "PriceUnknown")
      const free = PriceTable.addFree(PriceTable.builtIn, "gemini-9")
      const cost = GenerateResponse.cost(unpriced).pipe(Effect.provideService(PriceTable.Prices, free))
      assert.strictEqual(yield* cost, Money.zero)
    })
  )
})

describe("collect", () => {
  it("joins texts of a kind, keeps the order of parts, the last usage and finish reason", () => {
    const part = (part: object) => of({ candidates: [{ content: { role: "model", parts: [part] } }] })
    const whole = GenerateResponse.collect([
      part({ text: "I think", thought: true }),
      part({ text: " so.", thought: true }),
      part({ text: "Par" }),
      part({ text: "is" }),
      part({ functionCall: { name: "f", args: {} } }),
      part({ text: "!" }),
      of({ candidates: [{ finishReason: "STOP" }], usageMetadata: used, responseId: "r" })
    ])
    assert.strictEqual(whole.text, "Paris!")
    assert.strictEqual(whole.thoughts, "I think so.")
    assert.lengthOf(whole.functionCalls, 1)
    assert.lengthOf(whole.parts, 4)
    assert.strictEqual(whole.finishReason, "STOP")
    assert.strictEqual(whole.usage?.thinkingTokens, 50)
    assert.strictEqual(whole.body.responseId, "r")
  })

  it("keeps candidates apart", () => {
    const delta = (index: number, text: string) => of({ candidates: [{ index, content: { parts: [{ text }] } }] })
    const whole = GenerateResponse.collect([delta(0, "a"), delta(1, "x"), delta(0, "b"), delta(1, "y")])
    assert.deepStrictEqual(
      whole.candidates.map(({ content }) => content?.parts?.[0]?.text),
      ["ab", "xy"]
    )
  })

  it("of nothing is an answer without candidates", () => assert.lengthOf(GenerateResponse.collect([]).candidates, 0))
})

describe("FromJson", () => {
  it.effect("keeps fields that are not known yet", () =>
    Effect.gen(function* () {
      const codec = Schema.fromJsonString(Schema.toCodecJson(GenerateResponse.FromJson))
      const text = JSON.stringify({
        body: { candidates: [{ finishReason: "STOP", soon: { a: 1 } }], later: true },
        call
      })
      const answer = yield* Schema.decodeEffect(codec)(text)
      assert.strictEqual(answer.finishReason, "STOP")
      assert.strictEqual(yield* Schema.encodeEffect(codec)(answer), text)
      yield* Effect.flip(Schema.decodeEffect(codec)(JSON.stringify({ body: { candidates: 3 }, call })))
    })
  )
})
