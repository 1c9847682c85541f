import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as Part from "@genops/core/Part"
import * as PriceTable from "@genops/core/PriceTable"
import * as Tool from "@genops/core/Tool"
import * as Usage from "@genops/core/Usage"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as WorstCase from "../src/WorstCase.ts"
import * as OracleModel from "./OracleModel.ts"

const at = DateTime.makeUnsafe("2026-11-22T00:00:00Z")

const of = (
  model: string,
  settings: Partial<ModelConfiguration.ModelConfiguration> = {},
  rest: Partial<WorstCase.Request> = {}
) =>
  WorstCase.of({
    configuration: ModelConfiguration.make(model, settings),
    input: "hello",
    location: "global",
    prices: OracleModel.prices,
    at,
    ...rest
  })

const tokens = (maxOutputTokens: number, more: object = {}) => ({ generationConfig: { maxOutputTokens, ...more } })

describe("input", () => {
  it.prop("no text has more tokens than its request has bytes", [Schema.String], ([input]) => {
    assert.isAtLeast(of("oracle", tokens(1), { input }).inputTokens, Buffer.byteLength(input))
  })

  it("the count replaces the bytes, for tokens and characters", () => {
    const counted = { totalTokens: 3, billableCharacters: 7 }
    const { amount } = of("oracle", tokens(1), { counted })
    assert.strictEqual(amount.inputTokens, 3n)
    assert.strictEqual(amount.billableCharacters, 7n)
  })

  it("system instruction, tools and response schema are part of it", () => {
    const plain = of("oracle", tokens(1)).inputTokens
    const declaration = { name: "look_up", description: "x".repeat(1_000) }
    for (const settings of [
      { ...tokens(1), systemInstruction: "x".repeat(1_000) },
      { ...tokens(1), tools: [Tool.functions(declaration)] },
      tokens(1, { responseMimeType: "application/json", responseJsonSchema: { description: "x".repeat(1_000) } })
    ]) {
      assert.isAtLeast(of("oracle", settings).inputTokens, plain + 1_000)
    }
  })

  it("media must be counted, text need not", () => {
    const image = Content.user([Part.fileData("image/png", "gs://bucket/image.png")])
    assert.isTrue(WorstCase.needsCount(ModelConfiguration.make("oracle"), image))
    assert.isTrue(
      WorstCase.needsCount(
        ModelConfiguration.make("oracle", {
          systemInstruction: { parts: [Part.fileData("image/png", "gs://b/i.png")] }
        }),
        "hello"
      )
    )
    assert.isFalse(WorstCase.needsCount(ModelConfiguration.make("oracle", { systemInstruction: "brief" }), "hello"))
  })

  it("what cannot be bounded takes the model's limit", () => {
    const cached = of("oracle", { ...tokens(1), cachedContent: "projects/p/locations/l/cachedContents/1" })
    assert.strictEqual(cached.inputTokens, 100_000)
    assert.include(cached.explain(), "cached content")
    assert.strictEqual(of("oracle", { ...tokens(1), tools: [Tool.urlContext] }).inputTokens, 100_000)
  })
})

describe("output", () => {
  it("is candidateCount x maxOutputTokens, or the limit of the model", () => {
    assert.strictEqual(of("oracle", tokens(50, { candidateCount: 3 })).outputTokens, 150)
    assert.strictEqual(of("oracle").outputTokens, 8_000)
    assert.include(of("oracle").explain(), "maxOutputTokens is not set")
    assert.notInclude(of("oracle", tokens(50)).explain(), "maxOutputTokens")
  })

  it("has thinking on top where the model counts it so", () => {
    const outside = PriceTable.add(
      OracleModel.prices,
      PriceTable.Model.make({
        id: "thinker",
        prices: [OracleModel.price],
        limits: { inputTokens: 9, outputTokens: 500 }
      })
    )
    const thinking = (thinkingBudget: number) =>
      of("thinker", tokens(50, { thinkingConfig: { thinkingBudget } }), { prices: outside }).outputTokens
    assert.strictEqual(thinking(20), 70)
    assert.strictEqual(thinking(0), 50)
    assert.strictEqual(thinking(-1), 550)
  })

  it("of an unknown model is that of Gemini", () => {
    assert.strictEqual(of("endpoints/1").outputTokens, 65_536)
    assert.strictEqual(of("endpoints/1", tokens(50)).outputTokens, 50)
  })
})

describe("money", () => {
  it("is input and output at the price of the table", () => {
    const { usd } = of("oracle", tokens(100), { counted: { totalTokens: 10, billableCharacters: undefined } })
    assert.strictEqual(usd, Money.usd("0.00031"))
  })

  it("has ten search queries when a search tool is on, and the real number afterwards", () => {
    const settings = tokens(100)
    const searching = { ...settings, tools: [Tool.googleSearch()] }
    const counted = { totalTokens: 10, billableCharacters: 0 }
    const plain = of("gemini-3.5-flash", settings, { counted }).usd
    const grounded = of("gemini-3.5-flash", searching, { counted })
    assert.strictEqual(Money.minusOrZero(grounded.usd, plain), Money.usd("0.14"))
    const usage = Usage.make({ inputTokens: 10, outputTokens: 1 })
    const two = WorstCase.actual(grounded, usage, 2).usd - WorstCase.actual(grounded, usage).usd
    assert.strictEqual(two, Money.usd("0.028"))
  })

  it("is dearer in a region for models that say so, also when the name spells the region out", () => {
    const global = of("gemini-3.5-flash", tokens(100)).usd
    const regional = Money.percent(global, 110)
    assert.strictEqual(of("gemini-3.5-flash", tokens(100), { location: "europe-west1" }).usd, regional)
    const named = "projects/p/locations/europe-west1/publishers/google/models/gemini-3.5-flash"
    assert.strictEqual(of(named, tokens(100)).usd, regional)
  })

  it("is not known for an unknown model", () => {
    const unknown = of("nobody-knows", tokens(100))
    assert.isTrue(Result.isFailure(unknown.price))
    assert.strictEqual(unknown.usd, 0n)
  })

  it.prop(
    "no usage within the bounds costs more",
    [
      Schema.Natural.check(Schema.isLessThanOrEqualTo(300_000)),
      Schema.Natural.check(Schema.isLessThanOrEqualTo(9_000))
    ],
    ([inputTokens, outputTokens]) => {
      const counted = { totalTokens: inputTokens, billableCharacters: 0 }
      const worst = of("gemini-3.1-pro-preview", tokens(9_000), { counted })
      const usage = Usage.make({ inputTokens, outputTokens, requests: 1 })
      assert.isTrue(WorstCase.actual(worst, usage).usd <= worst.usd)
    }
  )
})
