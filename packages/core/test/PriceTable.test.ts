import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Money from "../src/Money.ts"
import * as Price from "../src/Price.ts"
import * as PriceTable from "../src/PriceTable.ts"
import { prices } from "../src/data/prices.ts"

const lookup = (model: string, location = "global", day = "2026-11-24", table = PriceTable.builtIn) =>
  PriceTable.lookup(table, { model, location, at: DateTime.makeUnsafe(`${day}T12:00:00Z`) })

const rates = (model: string, location?: string, day?: string) =>
  Result.map(lookup(model, location, day), ({ rates }) => ({
    input: Money.toPerMillion(rates.input),
    cached: rates.cachedInput === undefined ? undefined : Money.toPerMillion(rates.cachedInput),
    output: Money.toPerMillion(rates.output)
  }))

const refusal = (...request: Parameters<typeof lookup>) => Result.getOrThrow(Result.flip(lookup(...request)))

describe("the built-in table", () => {
  it("has each model once", () => {
    const ids = prices.models.map(({ id }) => id)
    assert.deepStrictEqual([...new Set(ids)], ids)
    assert.strictEqual(PriceTable.builtIn.models.size, ids.length)
    assert.strictEqual(PriceTable.builtIn.asOf, "2026-10-07")
  })

  it("has the list prices, global and regional", () => {
    for (const [model, location, input, cached, output] of [
      ["gemini-3.8-flash", "global", "0.75", "0.075", "3.75"],
      ["gemini-3.8-flash", "us", "0.825", "0.0825", "4.125"],
      ["gemini-3.5-flash", "global", "1.5", "0.15", "9"],
      ["gemini-3.5-flash", "europe-west3", "1.65", "0.165", "9.9"],
      ["gemini-3.5-flash-lite", "global", "0.3", undefined, "2.5"],
      ["gemini-3.5-flash-lite", "eu", "0.33", undefined, "2.75"],
      ["gemini-3.1-flash-lite", "global", "0.25", undefined, "1.5"],
      ["gemini-embedding-001", "us-central1", "0.15", undefined, "0"]
    ] as const) {
      assert.deepStrictEqual(rates(model, location), Result.succeed({ input, cached, output }), `${model} ${location}`)
    }
  })

  it("changes prices on the day", () => {
    assert.deepStrictEqual(rates("gemini-3.8-flash", "global", "2026-12-31"), rates("gemini-3.8-flash"))
    const dearer = { input: "1.5", cached: "0.15", output: "7.5" }
    assert.deepStrictEqual(rates("gemini-3.8-flash", "global", "2027-01-01"), Result.succeed(dearer))
    const regional = { input: "1.65", cached: "0.165", output: "8.25" }
    assert.deepStrictEqual(rates("gemini-3.6-flash", "us", "2027-01-01"), Result.succeed(regional))
  })

  it("knows the long-context prices and what tuning costs", () => {
    const pro = Result.getOrThrow(lookup("gemini-3.1-pro-preview"))
    assert.strictEqual(pro.longContext?.aboveInputTokens, 200_000)
    assert.strictEqual(pro.longContext?.rates.output, Money.perMillion("18"))
    const tunable = Result.getOrThrow(lookup("gemini-2.5-flash", "us-central1", "2026-10-01"))
    assert.strictEqual(tunable.tuningTraining, Money.perMillion("5"))
    assert.strictEqual(tunable.rates.audioInput, Money.perMillion("1"))
    assert.strictEqual(tunable.rates.input, Money.perMillion("0.3"), "2.5 has no regional premium")
  })

  it("knows limits", () => {
    const model = Option.getOrThrow(PriceTable.find(PriceTable.builtIn, "gemini-3.5-flash"))
    assert.deepStrictEqual(model.limits, { inputTokens: 1_048_576, outputTokens: 65_536 })
    assert.isTrue(model.thinkingInsideOutputLimit)
    assert.deepStrictEqual(PriceTable.find(PriceTable.builtIn, "nobody"), Option.none())
  })
})

describe("unknown prices are refused", () => {
  it("an unknown id names its neighbours", () => {
    const error = refusal("gemini-3.5-flahs", "us-central1")
    assert.strictEqual(error.reason, "NoSuchModel")
    assert.strictEqual(error.near[0], "gemini-3.5-flash")
    assert.strictEqual(
      error.message,
      "No price for gemini-3.5-flahs in us-central1: the table of 2026-10-07 does not know this model.\n" +
        "  Did you mean gemini-3.5-flash, gemini-3.8-flash, gemini-3.7-flash?\n" +
        "  A budget of money refuses what it cannot price; nothing was sent.\n  Add its price: PriceTable.add(table, model)."
    )
  })

  it("a version suffix is not guessed away, nonsense has no neighbours", () => {
    assert.strictEqual(refusal("gemini-3.5-flash-001").reason, "NoSuchModel")
    assert.deepStrictEqual(refusal("x".repeat(10_000)).near, [])
    assert.strictEqual(refusal("").reason, "NoSuchModel")
    assert.strictEqual(refusal("constructor").reason, "NoSuchModel")
  })

  it("a retired id says since when", () => {
    const error = refusal("gemini-2.0-flash")
    assert.deepStrictEqual([error.reason, error.retired], ["Retired", "2026-06-01"])
    assert.include(error.message, "retired on 2026-06-01")
    assert.isTrue(Result.isSuccess(lookup("gemini-2.5-pro", "global", "2026-10-19")))
    assert.strictEqual(refusal("gemini-2.5-pro", "global", "2026-10-20").reason, "Retired")
  })

  it("a known model without a price", () => {
    assert.strictEqual(refusal("text-embedding-005").reason, "NoPrice")
    assert.include(refusal("text-embedding-005").message, "no price for 2026-11-24")
  })

  it("a tuned endpoint that is not registered", () => {
    const error = refusal("projects/1/locations/us/endpoints/2", "us")
    assert.strictEqual(error.reason, "UnregisteredEndpoint")
    assert.include(error.message, "PriceTable.withEndpoint")
  })
})

describe("own tables", () => {
  const price = Price.Price.make({ rates: { input: Money.perMillion("0.25"), output: Money.perMillion("1") } })
  const mine = PriceTable.Model.make({
    id: "my-model",
    prices: [price]
  })

  it("can be extended, without changing the table they come from", () => {
    const table = PriceTable.add(PriceTable.builtIn, mine)
    assert.deepStrictEqual(lookup("my-model", "anywhere", "2026-11-24", table), Result.succeed(price))
    assert.isTrue(Result.isFailure(lookup("my-model")))
  })

  it("can hold free models, but only explicitly", () => {
    const table = PriceTable.addFree(PriceTable.builtIn, "emulated")
    assert.deepStrictEqual(lookup("emulated", "us", "2026-11-24", table), Result.succeed(Price.free))
  })

  it("price a tuned endpoint like its base model", () => {
    const endpoint = "projects/1/locations/us/endpoints/2"
    const table = PriceTable.withEndpoint(PriceTable.builtIn, endpoint, "gemini-3.5-flash")
    assert.deepStrictEqual(lookup(endpoint, "us", "2026-11-24", table), lookup("gemini-3.5-flash", "us"))
    assert.strictEqual(
      refusal("projects/1/locations/us/endpoints/3", "us", "2026-11-24", table).reason,
      "UnregisteredEndpoint"
    )
  })

  it("refuse a tuned model from the day on which its base model is retired", () => {
    const endpoint = "projects/1/locations/us-central1/endpoints/2"
    const table = PriceTable.withEndpoint(PriceTable.builtIn, endpoint, "gemini-2.5-flash")
    assert.isTrue(Result.isSuccess(lookup(endpoint, "us-central1", "2026-10-19", table)))
    const error = refusal(endpoint, "us-central1", "2026-10-20", table)
    assert.deepStrictEqual([error.reason, error.retired, error.model], ["Retired", "2026-10-20", endpoint])
  })

  it("price the training of a model, and of a tuned model that is tuned on", () => {
    const at = DateTime.makeUnsafe("2026-11-24")
    const training = (model: string, table = PriceTable.builtIn, day = at) =>
      Result.mapError(PriceTable.training(table, { model, location: "us-central1", at: day }), ({ reason }) => reason)
    const earlier = DateTime.makeUnsafe("2026-10-01")
    assert.deepStrictEqual(
      training("gemini-2.5-pro", PriceTable.builtIn, earlier),
      Result.succeed(Money.perMillion("25"))
    )
    assert.deepStrictEqual(training("gemini-2.5-pro"), Result.fail("Retired"))
    assert.deepStrictEqual(training("gemini-3.5-flash"), Result.fail("NoTrainingPrice"))
    const tuned = "projects/1/locations/us-central1/models/7@1"
    assert.deepStrictEqual(training(tuned), Result.fail("UnregisteredEndpoint"))
    const priced = PriceTable.withTraining(PriceTable.builtIn, "gemini-3.5-flash", Money.perMillion("10"))
    assert.deepStrictEqual(training("gemini-3.5-flash", priced), Result.succeed(Money.perMillion("10")))
    assert.deepStrictEqual(
      training(tuned, PriceTable.withEndpoint(priced, tuned, "gemini-3.5-flash")),
      Result.succeed(Money.perMillion("10"))
    )
    assert.strictEqual(
      lookup("gemini-3.5-flash", "us", "2026-11-24", priced).pipe(Result.getOrThrow).rates.input,
      Money.perMillion("1.65")
    )
    assert.strictEqual(PriceTable.withTraining(PriceTable.builtIn, "nobody", Money.zero), PriceTable.builtIn)
  })

  it("say that only the training has no price", () => {
    const at = DateTime.makeUnsafe("2026-11-24")
    const asked = { model: "gemini-3.5-flash", location: "us-central1", at }
    assert.strictEqual(
      Result.getOrThrow(Result.flip(PriceTable.training(PriceTable.builtIn, asked))).message,
      "No price for gemini-3.5-flash in us-central1: the table of 2026-10-07 has no price for tuning it.\n" +
        "  A budget of money refuses what it cannot price; nothing was sent.\n" +
        "  Add it: PriceTable.withTraining(table, model, perToken)."
    )
  })

  it("accept full resource names of publisher models", () => {
    const name = "projects/p/locations/global/publishers/google/models/gemini-3.5-flash"
    assert.deepStrictEqual(lookup(name), lookup("gemini-3.5-flash"))
    assert.deepStrictEqual(lookup("publishers/google/models/gemini-3.5-flash"), lookup("gemini-3.5-flash"))
  })

  it("are read from JSON and provided to a program", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const json = '{"asOf":"2027-03-01","models":[{"id":"m","prices":[{"rates":{"input":"0.5","output":"2"}}]}]}'
        const table = PriceTable.make(yield* Schema.decodeUnknownEffect(Schema.fromJsonString(PriceTable.Data))(json))
        assert.strictEqual(yield* PriceTable.Prices, PriceTable.builtIn)
        const provided = yield* PriceTable.Prices.pipe(Effect.provideService(PriceTable.Prices, table))
        assert.strictEqual(
          Result.getOrThrow(lookup("m", "global", "2027-03-02", provided)).rates.input,
          Money.perMillion("0.5")
        )
      })
    ))
})
