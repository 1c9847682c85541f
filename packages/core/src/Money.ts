/**
 * Exact amounts of US dollars: a whole, non-negative number of pico-dollars (1 USD = 10^12 pUSD) in a branded bigint.
 *
 * Every list price with up to 6 decimals in USD per million tokens is a whole number of pUSD per token, so sums,
 * products and comparisons never round. No operation of this module passes through a floating-point number.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import { nominal } from "effect/Brand"
import * as Effect from "effect/Effect"
import * as Equ from "effect/Equivalence"
import * as Option from "effect/Option"
import * as Ord from "effect/Order"
import * as Reducer from "effect/Reducer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"

/**
 * An amount of money in pico-US-dollars, zero or more.
 *
 * @since 0.1.0
 */
export type Money = bigint & Brand.Brand<"Money">

const money = nominal<Money>()
const decimals = 12
const picoPerUsd = 10n ** BigInt(decimals)
const tokensPerMillion = 1_000_000n

/**
 * A text that is no amount of money. Nothing was booked.
 *
 * @since 0.1.0
 */
export class InvalidMoney extends Schema.TaggedError<InvalidMoney>()("InvalidMoney", {
  text: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${JSON.stringify(this.text.slice(0, 40))} is not an amount of US dollars: ${this.reason}.\n  Write digits such as "5" or "0.0208".`
  }
}

/**
 * The empty sum.
 *
 * @since 0.1.0
 */
export const zero: Money = money(0n)

const decimalText = /^([0-9]{1,15})(?:\.([0-9]{1,12}))?$/

const reasonFor = (text: string): string => {
  if (text === "") return "it is empty"
  if (text.startsWith("-")) return "money is never negative"
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text)) return "it is not plain decimal text"
  return "it has more than 15 digits before or 12 digits after the point"
}

/**
 * Reads decimal text in US dollars, exactly. Accepts `digits[.digits]` with at most 15 digits before and 12 after the
 * point; empty text, signs, exponents, `NaN`, `Infinity`, spaces and currency signs fail with `InvalidMoney`.
 *
 * @since 0.1.0
 */
export const fromDecimal = (text: string): Result.Result<Money, InvalidMoney> => {
  const match = decimalText.exec(text)
  if (match === null) return Result.fail(new InvalidMoney({ text: text.slice(0, 200), reason: reasonFor(text) }))
  return Result.succeed(money(BigInt((match[1] ?? "") + (match[2] ?? "").padEnd(decimals, "0"))))
}

/**
 * Reads a price in US dollars per million tokens as money per token. More than 6 decimals would not be a whole number
 * of pico-dollars per token and fail with `InvalidMoney`, as does everything that `fromDecimal` refuses.
 *
 * @since 0.1.0
 */
export const fromPerMillion = (text: string): Result.Result<Money, InvalidMoney> =>
  Result.flatMap(fromDecimal(text), (perMillion) =>
    perMillion % tokensPerMillion === 0n
      ? Result.succeed(money(perMillion / tokensPerMillion))
      : Result.fail(new InvalidMoney({ text, reason: "a price per million tokens has at most 6 decimals" }))
  )

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"
type Digits<Text, Most extends number, Seen extends ReadonlyArray<unknown> = []> = Text extends `${Digit}${infer Rest}`
  ? Seen["length"] extends Most
    ? false
    : Rest extends ""
      ? true
      : Digits<Rest, Most, [...Seen, unknown]>
  : false
type Decimal<Text extends string, Places extends number> = (
  Text extends `${infer Whole}.${infer Fraction}` ? [Digits<Whole, 15>, Digits<Fraction, Places>] : [Digits<Text, 15>]
) extends [true] | [true, true]
  ? Text
  : `not a decimal literal with at most ${Places} places: ${Text}`

/**
 * Makes money from a literal that the compiler checks: `usd("-1")`, `usd("1e3")` and a text known only at run time do
 * not compile. Read the latter with `fromDecimal`. (Untyped callers that pass other text get `InvalidMoney` thrown.)
 *
 * ```ts
 * import { Money } from "@genops/core"
 *
 * Money.toDecimal(Money.plus(Money.usd("0.1"), Money.usd("0.2"))) // => "0.3"
 * ```
 *
 * @since 0.1.0
 */
export const usd = <const Text extends string>(text: Decimal<Text, 12>): Money => Result.getOrThrow(fromDecimal(text))

/**
 * Makes money per token from a literal price in US dollars per million tokens, checked by the compiler as by `usd`.
 *
 * @since 0.1.0
 */
export const perMillion = <const Text extends string>(text: Decimal<Text, 6>): Money =>
  Result.getOrThrow(fromPerMillion(text))

/**
 * Adds two amounts.
 *
 * @since 0.1.0
 */
export const plus = (self: Money, that: Money): Money => money(self + that)

/**
 * Subtracts `that`; none when it is larger than `self`.
 *
 * @since 0.1.0
 */
export const minus = (self: Money, that: Money): Option.Option<Money> =>
  self < that ? Option.none() : Option.some(money(self - that))

/**
 * Subtracts `that`; zero when it is larger than `self`.
 *
 * @since 0.1.0
 */
export const minusOrZero = (self: Money, that: Money): Money => (self < that ? zero : money(self - that))

/**
 * Multiplies by a count. A negative, fractional or non-finite count is a programming error and throws `RangeError`.
 *
 * @since 0.1.0
 */
export const times = (self: Money, count: number | bigint): Money => {
  const factor = BigInt(count)
  if (factor < 0n) throw new RangeError(`a count is zero or more, got ${count}`)
  return money(self * factor)
}

/**
 * Takes a whole percentage, rounded up to the next pico-dollar so that a discount is never over-stated. A negative or
 * fractional percentage throws `RangeError`.
 *
 * @since 0.1.0
 */
export const percent = (self: Money, whole: number): Money => money((times(self, whole) + 99n) / 100n)

/**
 * Orders amounts.
 *
 * @since 0.1.0
 */
export const Order: Ord.Order<Money> = Ord.BigInt

/**
 * Compares amounts for equality.
 *
 * @since 0.1.0
 */
export const Equivalence: Equ.Equivalence<Money> = Equ.BigInt

/**
 * Sums amounts; the empty sum is `zero`.
 *
 * @since 0.1.0
 */
export const ReducerSum: Reducer.Reducer<Money> = Reducer.make(plus, zero)

/**
 * Takes the larger amount.
 *
 * @since 0.1.0
 */
export const max: (self: Money, that: Money) => Money = Ord.max(Order)

/**
 * Takes the smaller amount.
 *
 * @since 0.1.0
 */
export const min: (self: Money, that: Money) => Money = Ord.min(Order)

const fixed = (units: bigint, places: number): readonly [whole: string, fraction: string] => {
  const digits = units.toString().padStart(places + 1, "0")
  const point = digits.length - places
  return [digits.slice(0, point), digits.slice(point)]
}

/**
 * Prints the exact amount as decimal text without trailing zeros; `fromDecimal` reads it back.
 *
 * @since 0.1.0
 */
export const toDecimal = (self: Money): string => {
  const [whole, fraction] = fixed(self, decimals)
  const digits = fraction.replace(/0+$/, "")
  return digits === "" ? whole : `${whole}.${digits}`
}

/**
 * Prints a short text for people: from one dollar on cents, below it three significant digits (`$5.00`, `$0.0208`,
 * `$0.009`), rounded half up. Only zero prints as `$0.00`. Use `toDecimal` where the exact figure matters.
 *
 * @since 0.1.0
 */
export const format = (self: Money): string => {
  const places = self >= picoPerUsd ? 2 : Math.min(decimals, Math.max(2, decimals + 3 - self.toString().length))
  const unit = 10n ** BigInt(decimals - places)
  const [whole, fraction] = fixed((self + unit / 2n) / unit, places)
  const shown = self === zero ? "00" : fraction.slice(0, 2) + fraction.slice(2).replace(/0+$/, "")
  return `$${whole.replace(/\B(?=([0-9]{3})+$)/g, ",")}.${shown}`
}

/**
 * Prints money per token exactly as US dollars per million tokens, without currency sign: `fromPerMillion` reads it back.
 *
 * @since 0.1.0
 */
export const toPerMillion = (self: Money): string => toDecimal(times(self, tokensPerMillion))

// What decimal text can hold: 15 digits before the point and 12 after it.
const largest = 10n ** 27n - 1n

const codec = (
  read: (text: string) => Result.Result<Money, InvalidMoney>,
  print: (self: Money) => string,
  maximum: bigint,
  expected: string
) =>
  Schema.String.annotate({ expected }).pipe(
    Schema.decodeTo(
      Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum })).pipe(Schema.brand("Money")),
      SchemaTransformation.transformEffect({
        decode: (text: string, options): Effect.Effect<bigint, SchemaIssue.Issue> =>
          Effect.fromResult(
            Result.mapError(read(text), ({ message }) => new SchemaIssue.InvalidValue({ message }, text, options))
          ),
        encode: (self: bigint) => Effect.succeed(print(money(self)))
      })
    )
  )

/**
 * Decodes decimal text in US dollars (`"1.50"`) and encodes it back exactly.
 *
 * @since 0.1.0
 */
export const Money = codec(fromDecimal, toDecimal, largest, "US dollars as decimal text")

/**
 * Decodes US dollars per million tokens (`"1.50"`) as money per token, and encodes it back exactly.
 *
 * @since 0.1.0
 */
export const PerMillion = codec(
  fromPerMillion,
  toPerMillion,
  largest / tokensPerMillion,
  "US dollars per million tokens as decimal text"
)
