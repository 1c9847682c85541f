import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Money from "../src/Money.ts"

const onePico = Money.usd("0.000000000001")

const Count = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

/** From zero over single pico-dollars to a million dollars. */
const anyMoney = Arbitrary.schema(
  Schema.Struct({ usd: Count(1_000_000), pico: Count(999_999_999_999), scale: Count(12) })
).pipe(
  Arbitrary.map(({ usd, pico, scale }) =>
    Money.times(onePico, (BigInt(usd) * 10n ** 12n + BigInt(pico)) / 10n ** BigInt(scale))
  )
)

describe("fromDecimal", () => {
  for (const [text, pico] of [
    ["0", 0n],
    ["1.50", 1_500_000_000_000n],
    ["0.000000000001", 1n],
    ["0.1", 100_000_000_000n],
    ["007.5", 7_500_000_000_000n],
    ["999999999999999.999999999999", 999_999_999_999_999_999_999_999_999n]
  ] as const) {
    it(`reads ${text} exactly`, () =>
      assert.deepStrictEqual(Result.getOrThrow(Money.fromDecimal(text)) as bigint, pico))
  }

  for (const text of [
    "",
    " ",
    "-1",
    "-0",
    "+1",
    "NaN",
    "Infinity",
    "1e999",
    "1e3",
    "0x10",
    "1_000",
    "1,000",
    "$5",
    " 5",
    "5 ",
    "5\n",
    ".5",
    "5.",
    "1.2.3",
    "٣",
    "0.0000000000001",
    "1000000000000000",
    "9".repeat(1_000_000)
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      const result = Money.fromDecimal(text)
      assert.isTrue(Result.isFailure(result) && result.failure._tag === "InvalidMoney")
      assert.isTrue(Result.isFailure(result) && result.failure.message.length < 250)
    })
  }

  it("says why", () => {
    const message = Result.match(Money.fromDecimal("1e999"), { onFailure: (e) => e.message, onSuccess: () => "" })
    assert.strictEqual(
      message,
      '"1e999" is not an amount of US dollars: it is not plain decimal text.\n  Write digits such as "5" or "0.0208".'
    )
  })

  it.prop("what is printed is read back", [anyMoney], ([money]) => {
    assert.deepStrictEqual(Money.fromDecimal(Money.toDecimal(money)), Result.succeed(money))
  })

  it.prop("any text is either read or refused, never thrown", [Schema.String], ([text]) => {
    const result = Money.fromDecimal(text)
    assert.strictEqual(Result.isSuccess(result), /^[0-9]{1,15}(\.[0-9]{1,12})?$/.test(text))
  })
})

describe("usd and perMillion", () => {
  it("are checked by the compiler", () => {
    // @ts-expect-error negative
    assert.throws(() => Money.usd("-1"))
    // @ts-expect-error exponent
    assert.throws(() => Money.usd("1e3"))
    // @ts-expect-error empty
    assert.throws(() => Money.usd(""))
    // @ts-expect-error 13 places
    assert.throws(() => Money.usd("0.0000000000001"))
    // @ts-expect-error 7 places are no whole number of pico-dollars per token
    assert.throws(() => Money.perMillion("0.0000001"))
    const text: string = "5"
    // @ts-expect-error known at run time only
    assert.strictEqual(Money.usd(text), Money.usd("5"))
  })

  it("read a price per million tokens as money per token", () => {
    assert.strictEqual(Money.perMillion("1.5") as bigint, 1_500_000n)
    assert.strictEqual(Money.perMillion("0.000001") as bigint, 1n)
    assert.strictEqual(Money.toPerMillion(Money.perMillion("0.075")), "0.075")
    assert.isTrue(Result.isFailure(Money.fromPerMillion("0.0000015")))
  })
})

describe("arithmetic", () => {
  it("has no rounding of floating-point numbers", () => {
    assert.strictEqual(Money.plus(Money.usd("0.1"), Money.usd("0.2")), Money.usd("0.3"))
    const tenths = Array.from({ length: 250 }, () => Money.usd("0.1"))
    assert.strictEqual(Money.toDecimal(Money.ReducerSum.combineAll(tenths)), "25")
  })

  it("subtracts without going below zero", () => {
    assert.deepStrictEqual(Money.minus(Money.usd("1"), Money.usd("0.25")), Option.some(Money.usd("0.75")))
    assert.deepStrictEqual(Money.minus(Money.usd("1"), Money.usd("1.000000000001")), Option.none())
    assert.strictEqual(Money.minusOrZero(Money.usd("1"), Money.usd("2")), Money.zero)
  })

  it("refuses counts that are no counts", () => {
    for (const count of [-1, 1.5, NaN, Infinity]) assert.throws(() => Money.times(Money.usd("1"), count), RangeError)
  })

  it("rounds a percentage up", () => {
    assert.strictEqual(Money.percent(Money.perMillion("0.825"), 110), Money.perMillion("0.9075"))
    assert.strictEqual(Money.percent(onePico, 50), onePico)
    assert.strictEqual(Money.percent(Money.zero, 50), Money.zero)
  })

  it.prop("plus is commutative, associative and has zero", [anyMoney, anyMoney, anyMoney], ([a, b, c]) => {
    assert.strictEqual(Money.plus(a, b), Money.plus(b, a))
    assert.strictEqual(Money.plus(Money.plus(a, b), c), Money.plus(a, Money.plus(b, c)))
    assert.strictEqual(Money.plus(a, Money.zero), a)
  })

  it.prop("minus undoes plus", [anyMoney, anyMoney], ([a, b]) => {
    assert.deepStrictEqual(Money.minus(Money.plus(a, b), b), Option.some(a))
    assert.strictEqual(Money.plus(Money.minusOrZero(a, b), Money.min(a, b)), a)
  })

  it.prop("times distributes and is repeated addition", [anyMoney, anyMoney, Count(40)], ([a, b, n]) => {
    assert.strictEqual(Money.times(Money.plus(a, b), n), Money.plus(Money.times(a, n), Money.times(b, n)))
    assert.strictEqual(Money.times(a, n), Money.ReducerSum.combineAll(Array.from({ length: n }, () => a)))
  })

  it.prop("the order agrees with max, min and equality", [anyMoney, anyMoney], ([a, b]) => {
    assert.strictEqual(Money.Order(a, b), a < b ? -1 : a > b ? 1 : 0)
    assert.strictEqual(Money.Equivalence(a, b), Money.Order(a, b) === 0)
    assert.strictEqual(Money.plus(Money.max(a, b), Money.min(a, b)), Money.plus(a, b))
  })
})

describe("format", () => {
  for (const [text, shown] of [
    ["0", "$0.00"],
    ["5", "$5.00"],
    ["0.5", "$0.50"],
    ["0.0208", "$0.0208"],
    ["0.009", "$0.009"],
    ["0.00012345", "$0.000123"],
    ["0.000000000001", "$0.000000000001"],
    ["0.000000000123", "$0.000000000123"],
    ["0.9996", "$1.00"],
    ["0.09996", "$0.10"],
    ["1.005", "$1.01"],
    ["123.456", "$123.46"],
    ["1234567.899", "$1,234,567.90"]
  ] as const) {
    it(`shows ${text} as ${shown}`, () =>
      assert.strictEqual(Money.format(Result.getOrThrow(Money.fromDecimal(text))), shown))
  }

  it.prop("only zero looks like zero, and the error is below half a percent", [anyMoney], ([money]) => {
    const shown = Result.getOrThrow(Money.fromDecimal(Money.format(money).replace(/[$,]/g, "")))
    assert.strictEqual(shown === Money.zero, money === Money.zero)
    const error = shown > money ? shown - money : money - shown
    assert.isTrue(error * 200n <= money)
  })
})

describe("schemas", () => {
  const decode = Schema.decodeUnknownResult(Money.Money)

  it("decode and encode decimal text", () => {
    assert.deepStrictEqual(decode("1.50"), Result.succeed(Money.usd("1.5")))
    assert.strictEqual(Schema.encodeSync(Money.Money)(Money.usd("1.50")), "1.5")
    assert.strictEqual(Schema.encodeSync(Money.PerMillion)(Money.perMillion("1.50")), "1.5")
  })

  it("refuse everything else without throwing", () => {
    for (const input of [1.5, null, undefined, {}, "", "-1", "NaN", 10n]) assert.isTrue(Result.isFailure(decode(input)))
  })

  it.prop("round trip", [Money.Money], ([money]) => {
    assert.deepStrictEqual(decode(Schema.encodeSync(Money.Money)(money)), Result.succeed(money))
  })

  it.prop("round trip per million tokens", [Money.PerMillion], ([money]) => {
    const text = Schema.encodeSync(Money.PerMillion)(money)
    assert.deepStrictEqual(Schema.decodeUnknownResult(Money.PerMillion)(text), Result.succeed(money))
  })
})
