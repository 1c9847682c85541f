import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Cost from "../src/Cost.ts"
import * as Money from "../src/Money.ts"
import * as Price from "../src/Price.ts"
import * as Usage from "../src/Usage.ts"

const flash = Price.Price.make({
  rates: { input: Money.perMillion("1.5"), cachedInput: Money.perMillion("0.15"), output: Money.perMillion("9") },
  percent: { batch: 50, flex: 50, priority: 180 },
  cacheStoragePerHour: Money.perMillion("0.5"),
  tuningTraining: Money.perMillion("5"),
  groundingPer1000: Money.usd("14")
})

const pro = Price.Price.make({
  rates: { input: Money.perMillion("2"), output: Money.perMillion("12") },
  longContext: {
    aboveInputTokens: 200_000,
    rates: { input: Money.perMillion("4"), output: Money.perMillion("18") }
  }
})

const audio = Price.Price.make({
  rates: { input: Money.perMillion("0.3"), audioInput: Money.perMillion("1"), output: Money.perMillion("2.5") }
})

const cost = (price: Price.Price, counts: Partial<Usage.Usage>, options?: Cost.Options) =>
  Money.toDecimal(Cost.of(price, Usage.make(counts), options))

const worst = (price: Price.Price, request: Cost.WorstCase, options?: Cost.Options) =>
  Money.toDecimal(Cost.worst(price, request, options))

describe("of", () => {
  it("bills input and output", () => {
    // 1,210 x 1.5e-6 + 180 x 9e-6 = 0.001815 + 0.00162
    assert.strictEqual(cost(flash, { inputTokens: 1_210, outputTokens: 180 }), "0.003435")
  })

  it("bills thinking as output, which is not inside the visible output", () => {
    assert.strictEqual(cost(flash, { outputTokens: 10, thinkingTokens: 90 }), "0.0009")
  })

  it("bills cached tokens once, at their own price", () => {
    // 210 x 1.5e-6 + 1,000 x 0.15e-6
    assert.strictEqual(cost(flash, { inputTokens: 1_210, cachedInputTokens: 1_000 }), "0.000465")
  })

  it("bills cached tokens like input when the table has no price for them", () => {
    assert.strictEqual(cost(pro, { inputTokens: 1_000, cachedInputTokens: 1_000 }), "0.002")
  })

  it("never has a negative term", () => {
    assert.strictEqual(cost(flash, { inputTokens: 10, cachedInputTokens: 1_000 }), "0.0000015")
    assert.strictEqual(cost(audio, { inputTokens: 10, audioInputTokens: 1_000 }), "0.00001")
  })

  it("refuses negative counts", () => {
    const price = flash
    for (const field of [
      "inputTokens",
      "cachedInputTokens",
      "outputTokens",
      "thinkingTokens",
      "toolUseTokens"
    ] as const) {
      const usage = { ...Usage.make({ inputTokens: 100, outputTokens: 100 }), [field]: -1 }
      assert.throws(() => Cost.of(price, usage), RangeError)
    }
    assert.throws(() => Cost.worst(price, { inputTokens: -1, outputTokens: 100 }), RangeError)
    assert.throws(() => Cost.worst(price, { inputTokens: Number.NaN, outputTokens: 100 }), RangeError)
  })

  it("bills audio at its price, and as other input where it has none", () => {
    // 70 x 0.3e-6 + 30 x 1e-6
    assert.strictEqual(cost(audio, { inputTokens: 100, audioInputTokens: 30 }), "0.000051")
    assert.strictEqual(cost(flash, { inputTokens: 100, audioInputTokens: 30 }), "0.00015")
  })

  it("bills tool results as input", () => {
    assert.strictEqual(cost(flash, { inputTokens: 100, toolUseTokens: 100 }), "0.0003")
  })

  it("moves the whole request to the long-context price above the edge", () => {
    assert.strictEqual(cost(pro, { inputTokens: 200_000, outputTokens: 1_000 }), "0.412")
    assert.strictEqual(cost(pro, { inputTokens: 200_001, outputTokens: 1_000 }), "0.818004")
    assert.strictEqual(cost(pro, { inputTokens: 199_999, toolUseTokens: 2, outputTokens: 1_000 }), "0.818004")
  })

  it("discounts batch and flex, but not cached tokens, and adds the premium of priority", () => {
    const usage = { inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 100 }
    // 600 x 1.5e-6 + 400 x 0.15e-6 + 100 x 9e-6 = 0.0009 + 0.00006 + 0.0009
    assert.strictEqual(cost(flash, usage), "0.00186")
    assert.strictEqual(cost(flash, usage, { service: "batch" }), "0.00096")
    assert.strictEqual(cost(flash, usage, { service: "flex" }), "0.00096")
    assert.strictEqual(cost(flash, usage, { service: "priority" }), "0.003348")
  })

  it("rounds a half pico-dollar up, once for the whole call", () => {
    const tiny = Price.Price.make({
      rates: { input: Money.perMillion("0.000001"), output: Money.zero },
      percent: { batch: 50, flex: 50, priority: 180 }
    })
    assert.strictEqual(cost(tiny, { inputTokens: 3 }, { service: "batch" }), "0.000000000002")
    assert.strictEqual(cost(tiny, { inputTokens: 4 }, { service: "batch" }), "0.000000000002")
  })

  it("is nothing for nothing, and for a free model", () => {
    assert.strictEqual(cost(flash, {}), "0")
    assert.strictEqual(cost(Price.free, { inputTokens: 9e15, outputTokens: 9 }, { service: "priority" }), "0")
  })

  it("is exact where floating-point numbers are not", () => {
    // 9,007,199,254,740,991 x 0.000001e-6 USD
    const tiny = Price.Price.make({ rates: { input: Money.perMillion("0.000001"), output: Money.zero } })
    assert.strictEqual(cost(tiny, { inputTokens: Number.MAX_SAFE_INTEGER }), "9007.199254740991")
  })
})

describe("worst", () => {
  it("takes the uncached price and the whole output cap", () => {
    // 1,210 x 1.5e-6 + 8,192 x 9e-6
    assert.strictEqual(worst(flash, { inputTokens: 1_210, outputTokens: 8_192 }), "0.075543")
  })

  it("takes the dearer rates within 1 % of the edge", () => {
    assert.strictEqual(worst(pro, { inputTokens: 197_999, outputTokens: 0 }), "0.395998")
    assert.strictEqual(worst(pro, { inputTokens: 198_000, outputTokens: 0 }), "0.792")
    assert.strictEqual(worst(pro, { inputTokens: 190_000, toolUseTokens: 8_000, outputTokens: 0 }), "0.792")
  })

  it("takes the price of audio for audio", () => {
    assert.strictEqual(worst(audio, { inputTokens: 100, audioInputTokens: 30, outputTokens: 0 }), "0.000051")
  })

  const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400_000 }))
  it.prop(
    "no usage within the request costs more, at any price and service",
    {
      price: Price.Price,
      service: Price.Service,
      request: Schema.Struct({ input: Count, audio: Count, tools: Count, output: Count }),
      part: Schema.Struct({ input: Count, audio: Count, cached: Count, tools: Count, output: Count, thinking: Count })
    },
    ({ price, service, request, part }) => {
      const inputTokens = part.input % (request.input + 1)
      const outputTokens = part.output % (request.output + 1)
      const usage = Usage.make({
        inputTokens,
        cachedInputTokens: part.cached % (inputTokens + 1),
        audioInputTokens: part.audio % (Math.min(request.audio, inputTokens) + 1),
        toolUseTokens: part.tools % (request.tools + 1),
        outputTokens,
        thinkingTokens: part.thinking % (request.output - outputTokens + 1)
      })
      const most = Cost.worst(
        price,
        {
          inputTokens: request.input,
          audioInputTokens: request.audio,
          toolUseTokens: request.tools,
          outputTokens: request.output
        },
        { service }
      )
      assert.isTrue(Cost.of(price, usage, { service }) <= most)
    },
    { arbitrary: { runs: 500 } }
  )
})

describe("worstOutputTokens", () => {
  const limits = { inputTokens: 1_048_576, outputTokens: 65_536 }
  const inside = { limits, thinkingInsideOutputLimit: true }
  const outside = { limits, thinkingInsideOutputLimit: false }

  for (const [name, model, request, tokens] of [
    ["the cap", inside, { maxOutputTokens: 512 }, 512],
    ["the cap of each candidate", inside, { maxOutputTokens: 512, candidateCount: 3 }, 1_536],
    ["the limit of the model without a cap", inside, {}, 65_536],
    ["thinking inside the cap", inside, { maxOutputTokens: 512, thinkingBudget: 1_024 }, 512],
    ["thinking outside the cap", outside, { maxOutputTokens: 512, thinkingBudget: 1_024 }, 1_536],
    ["no thinking", outside, { maxOutputTokens: 512, thinkingBudget: 0 }, 512],
    ["dynamic thinking", outside, { maxOutputTokens: 512, thinkingBudget: -1 }, 66_048],
    ["thinking of each candidate", outside, { maxOutputTokens: 512, thinkingBudget: 1_024, candidateCount: 2 }, 3_072]
  ] as const) {
    it(`counts ${name}`, () => assert.deepStrictEqual(Cost.worstOutputTokens(model, request), Option.some(tokens)))
  }

  it("is unknown without a cap and a limit", () => {
    assert.deepStrictEqual(Cost.worstOutputTokens({ thinkingInsideOutputLimit: true }, {}), Option.none())
    assert.deepStrictEqual(
      Cost.worstOutputTokens({ thinkingInsideOutputLimit: false }, { maxOutputTokens: 5 }),
      Option.none()
    )
  })
})

describe("other lines of the bill", () => {
  it("cache storage by token and second, rounded up", () => {
    // 1,000,000 tokens x 0.5e-6 x 1.5 h
    assert.deepStrictEqual(
      Cost.cacheStorage(flash, { tokens: 1_000_000, seconds: 5_400 }),
      Option.some(Money.usd("0.75"))
    )
    // 500,000 pUSD / 3,600 = 138.9
    assert.deepStrictEqual(
      Cost.cacheStorage(flash, { tokens: 1, seconds: 1 }),
      Option.some(Money.usd("0.000000000139"))
    )
  })

  it("tuning by dataset tokens and epochs, grounding by query", () => {
    assert.deepStrictEqual(Cost.tuning(flash, { datasetTokens: 1_000_000, epochs: 3 }), Option.some(Money.usd("15")))
    assert.deepStrictEqual(Cost.grounding(flash, 3), Option.some(Money.usd("0.042")))
  })

  it("are unknown, not free, when the table has no price", () => {
    assert.deepStrictEqual(Cost.cacheStorage(pro, { tokens: 1, seconds: 1 }), Option.none())
    assert.deepStrictEqual(Cost.tuning(pro, { datasetTokens: 1, epochs: 1 }), Option.none())
    assert.deepStrictEqual(Cost.grounding(pro, 1), Option.none())
  })

  it("explains a worst case", () => {
    assert.strictEqual(
      Cost.explain({ inputTokens: 1_210, outputTokens: 8_192 }, { model: "gemini-3.5-flash", asOf: "2026-10-07" }),
      "Worst case = 1,210 input + 8,192 output tokens at gemini-3.5-flash prices of 2026-10-07."
    )
  })
})
