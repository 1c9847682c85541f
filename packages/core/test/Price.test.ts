import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Money from "../src/Money.ts"
import * as Price from "../src/Price.ts"

const price = Price.Price.make({
  rates: { input: Money.perMillion("2"), cachedInput: Money.perMillion("0.2"), output: Money.perMillion("12") },
  longContext: {
    aboveInputTokens: 200_000,
    rates: { input: Money.perMillion("4"), output: Money.perMillion("18") }
  },
  cacheStoragePerHour: Money.perMillion("4.5"),
  tuningTraining: Money.perMillion("25")
})

describe("Price", () => {
  it("raises everything billed by token and time for a regional endpoint", () => {
    const regional = Price.withPercent(price, 110)
    assert.deepStrictEqual(regional, {
      ...price,
      rates: {
        input: Money.perMillion("2.2"),
        cachedInput: Money.perMillion("0.22"),
        output: Money.perMillion("13.2")
      },
      longContext: {
        aboveInputTokens: 200_000,
        rates: { input: Money.perMillion("4.4"), output: Money.perMillion("19.8") }
      },
      cacheStoragePerHour: Money.perMillion("4.95")
    })
    assert.deepStrictEqual(Price.withPercent(price, 100), price)
  })

  it("assumes no discount and the dearest premium when the data says nothing", () => {
    assert.deepStrictEqual(price.percent, { batch: 100, flex: 100, priority: 200 })
  })

  it("prints", () => {
    assert.strictEqual(
      Price.format(price),
      "2 in, 0.2 cached, 12 out USD per 1M tokens (above 200000 input tokens: 4 in, 18 out)"
    )
  })

  it("refuses wrong data", () => {
    const decode = Schema.decodeUnknownResult(Price.Price)
    const rates = { input: "1", output: "2" }
    assert.isTrue(Result.isSuccess(decode({ rates })))
    for (const wrong of [
      { rates: { input: 1, output: "2" } },
      { rates: { input: "1" } },
      { rates: { input: "-1", output: "2" } },
      { rates: { input: "0.0000001", output: "2" } },
      { rates, percent: { batch: -50 } },
      { rates, percent: { batch: 0.5 } },
      { rates, validFrom: "2027-13-01" },
      { rates, validFrom: "1.1.2027" }
    ]) {
      assert.isTrue(Result.isFailure(decode(wrong)), JSON.stringify(wrong))
    }
  })

  it.prop("survives JSON", [Price.Price], ([price]) => {
    const codec = Schema.fromJsonString(Price.Price)
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(price)), price)
  })
})
