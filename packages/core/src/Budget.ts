/**
 * Budgets: named limits on money, tokens, characters and requests, and the amounts that are checked against them.
 *
 * Everything here is pure arithmetic on bigints. The state of a budget in use is `Ledger`.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import { nominal } from "effect/Brand"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Money from "./Money.ts"
import * as Usage from "./Usage.ts"

/**
 * The units that a budget can limit, in the order in which a refusal names them.
 *
 * @since 0.1.0
 */
export const units = ["usd", "inputTokens", "outputTokens", "totalTokens", "billableCharacters", "requests"] as const

/**
 * A unit of a budget. `usd` is counted in pico-dollars, everything else in whole pieces. `inputTokens` includes tool
 * results, `outputTokens` includes thinking.
 *
 * @since 0.1.0
 */
export const Unit = Schema.Literals(units)

/**
 * A unit of a budget.
 *
 * @since 0.1.0
 */
export type Unit = typeof Unit.Type

const Quantity = Schema.BigIntFromString.check(Schema.isGreaterThanOrEqualToBigInt(0n))

/**
 * A non-negative quantity of each unit, encoded in JSON as decimal text. Made by `amount`, `fromUsage`, `plus` and
 * `minusOrZero`.
 *
 * @since 0.1.0
 */
export const Amount = Schema.Struct({
  usd: Money.Money,
  inputTokens: Quantity,
  outputTokens: Quantity,
  totalTokens: Quantity,
  billableCharacters: Quantity,
  requests: Quantity
}).pipe(Schema.brand("Amount"))

/**
 * A non-negative quantity of each unit.
 *
 * @since 0.1.0
 */
export type Amount = typeof Amount.Type

const asAmount = nominal<Amount>()

/**
 * Counts and money as they are written down: units left out are 0, `totalTokens` left out is input + output.
 *
 * @since 0.1.0
 */
export interface Parts {
  readonly usd?: Money.Money
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly billableCharacters?: number
  readonly requests?: number
}

const whole = (unit: Unit, count = 0): bigint => {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new RangeError(`${unit} is a count of zero or more, got ${count}`)
  return BigInt(count)
}

/**
 * Makes an amount. A count that is no non-negative safe integer is a programming error and throws `RangeError`: counts
 * come from decoded data.
 *
 * @since 0.1.0
 */
export const amount = (parts: Parts): Amount => {
  const inputTokens = whole("inputTokens", parts.inputTokens)
  const outputTokens = whole("outputTokens", parts.outputTokens)
  return asAmount({
    usd: parts.usd ?? Money.zero,
    inputTokens,
    outputTokens,
    totalTokens: parts.totalTokens === undefined ? inputTokens + outputTokens : whole("totalTokens", parts.totalTokens),
    billableCharacters: whole("billableCharacters", parts.billableCharacters),
    requests: whole("requests", parts.requests)
  })
}

/**
 * Makes the amount of a usage that cost `usd`: thinking counts as output, tool results as input.
 *
 * @since 0.1.0
 */
export const fromUsage = (usage: Usage.Usage, usd: Money.Money): Amount =>
  amount({
    usd,
    inputTokens: Usage.billedInputTokens(usage),
    outputTokens: Usage.billedOutputTokens(usage),
    billableCharacters: usage.billableCharacters,
    requests: usage.requests
  })

/**
 * Nothing of any unit.
 *
 * @since 0.1.0
 */
export const zero: Amount = amount({})

// Written out and not a loop over the units: this runs several times per call, and the compiler checks each field.
const combine = (
  money: (self: Money.Money, that: Money.Money) => Money.Money,
  count: (self: bigint, that: bigint) => bigint,
  self: Amount,
  that: Amount
): Amount =>
  asAmount({
    usd: money(self.usd, that.usd),
    inputTokens: count(self.inputTokens, that.inputTokens),
    outputTokens: count(self.outputTokens, that.outputTokens),
    totalTokens: count(self.totalTokens, that.totalTokens),
    billableCharacters: count(self.billableCharacters, that.billableCharacters),
    requests: count(self.requests, that.requests)
  })

/**
 * Adds two amounts unit by unit.
 *
 * @since 0.1.0
 */
export const plus = (self: Amount, that: Amount): Amount => combine(Money.plus, (a, b) => a + b, self, that)

/**
 * Subtracts unit by unit; a unit that would fall below zero is zero.
 *
 * @since 0.1.0
 */
export const minusOrZero = (self: Amount, that: Amount): Amount =>
  combine(Money.minusOrZero, (a, b) => (a > b ? a - b : 0n), self, that)

/**
 * Tells whether every unit is zero.
 *
 * @since 0.1.0
 */
export const isZero = (self: Amount): boolean => units.every((unit) => self[unit] === 0n)

const words = (unit: Unit): string => unit.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
const grouped = (quantity: bigint): string => quantity.toString().replace(/\B(?=([0-9]{3})+$)/g, ",")
const onePico = Money.usd("0.000000000001")

/**
 * Prints a quantity of a unit for people: `$0.0208`, `1,210 input tokens`.
 *
 * @since 0.1.0
 */
export const formatQuantity = (unit: Unit, quantity: bigint): string =>
  unit === "usd" ? Money.format(Money.times(onePico, quantity)) : `${grouped(quantity)} ${words(unit)}`

/**
 * Limits of a budget under a name that refusals show. Made by `limits` and `unlimited`.
 *
 * @since 0.1.0
 */
export type Limits = {
  readonly name: string
  readonly max: { readonly [U in Unit]?: bigint }
} & Brand.Brand<"Limits">

const asLimits = nominal<Limits>()

const choices = `name one of\n  ${units.join(", ")}`

const readUsd = (given: unknown): Result.Result<bigint, string> => {
  if (typeof given === "string")
    return Result.mapError(
      Money.fromDecimal(given),
      ({ reason }) => `${reason}, got ${JSON.stringify(given.slice(0, 40))}`
    )
  if (typeof given === "bigint") return given < 0n ? Result.fail("money is never negative") : Result.succeed(given)
  return Result.fail(`must be text such as "5.00" (numbers round), got ${String(given)}`)
}

/**
 * Limits as they are written down. `usd` is money or decimal text such as `"5.00"`.
 *
 * @since 0.1.0
 */
export interface LimitsInput {
  readonly name?: string
  readonly usd?: Money.Money | string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly billableCharacters?: number
  readonly requests?: number
}

/**
 * A limit that cannot be enforced. Nothing was sent.
 *
 * @since 0.1.0
 */
export class InvalidBudget extends Schema.TaggedError<InvalidBudget>()("InvalidBudget", {
  budget: Schema.String,
  field: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Budget "${this.budget}" is not valid. ${this.field}: ${this.reason}.`
  }
}

/**
 * Makes limits. A limit of 0 allows nothing of its unit; a unit left out is not limited.
 *
 * Fails with `InvalidBudget`, which names the field, for `NaN`, negative, fractional, infinite and unsafe counts, for
 * text that is no decimal amount of dollars, for a field that is no unit, and when no limit is given at all (a typing
 * error must not become an unlimited budget: write `unlimited`).
 *
 * ```ts
 * import { Budget } from "@genops/core"
 *
 * Budget.limits({ name: "run", usd: "5.00", requests: 1_000 })
 * ```
 *
 * @since 0.1.0
 */
export const limits = (input: LimitsInput): Result.Result<Limits, InvalidBudget> => {
  const { name = "budget", ...fields } = input
  const invalid = (field: string, reason: string) => Result.fail(new InvalidBudget({ budget: name, field, reason }))
  const max: { [U in Unit]?: bigint } = {}
  for (const [field, given] of Object.entries(fields)) {
    const unit = units.find((unit) => unit === field)
    if (unit === undefined) return invalid(field, `not a unit; ${choices}`)
    if (given === undefined) continue
    if (unit === "usd") {
      const usd = readUsd(given)
      if (Result.isFailure(usd)) return invalid(field, usd.failure)
      max.usd = usd.success
    } else {
      if (typeof given !== "number" || !Number.isSafeInteger(given) || given < 0) {
        return invalid(field, `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${String(given)}`)
      }
      max[unit] = BigInt(given)
    }
  }
  return Object.keys(max).length === 0
    ? invalid("(none)", `nothing is limited; use Budget.unlimited, or ${choices}`)
    : Result.succeed(asLimits({ name, max }))
}

/**
 * Makes limits that allow everything: a meter that only adds up.
 *
 * @since 0.1.0
 */
export const unlimited = (name = "budget"): Limits => asLimits({ name, max: {} })

/**
 * A call that can never fit into what is left of a budget. The call was not sent.
 *
 * Quantities are in `unit` (pico-dollars for `usd`). `left` is `limit - spent`, zero after an overrun; `inFlight` is the
 * part of it that calls in flight hold.
 *
 * @since 0.1.0
 */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>()("BudgetExceeded", {
  budget: Schema.String,
  unit: Unit,
  limit: Schema.BigInt,
  spent: Schema.BigInt,
  inFlight: Schema.BigInt,
  left: Schema.BigInt,
  asked: Schema.BigInt,
  detail: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    const short = (quantity: bigint) => (this.unit === "usd" ? formatQuantity("usd", quantity) : grouped(quantity))
    const exact = (quantity: bigint) => `$${Money.toDecimal(Money.times(onePico, quantity))}`
    // Rounding must not show "needs $5.00, $5.00 is left".
    const show = this.asked !== this.left && short(this.asked) === short(this.left) ? exact : short
    const asked = this.unit === "usd" ? show(this.asked) : formatQuantity(this.unit, this.asked)
    const held = this.inFlight === 0n ? "" : ` (${show(this.inFlight)} of it in flight)`
    const over = this.spent > this.limit ? ` (${show(this.spent)} is spent)` : ""
    return [
      `${this.budget}: the call needs ${asked} at worst; ${show(this.left)} of ${show(this.limit)} is left${held}${over}.`,
      ...(this.detail === undefined ? [] : [`  ${this.detail}`]),
      `  Not sent, not billed. Raise ${this.unit} of this budget${remedy[this.unit]}.`
    ].join("\n")
  }
}

const remedy: { readonly [U in Unit]: string } = {
  usd: ", lower maxOutputTokens, or use a cheaper model",
  inputTokens: ", or send less input",
  outputTokens: ", or lower maxOutputTokens",
  totalTokens: ", lower maxOutputTokens, or send less input",
  billableCharacters: ", or send less input",
  requests: ", or send fewer requests"
}

/**
 * Adds how the worst case was reckoned, such as `Worst case = 1,210 input tokens + maxOutputTokens 8,192 at ...`.
 *
 * @since 0.1.0
 */
export const explain = (self: BudgetExceeded, detail: string): BudgetExceeded => new BudgetExceeded({ ...self, detail })

/**
 * Fails with `BudgetExceeded` when `spent + asked` is above a limit, naming the first such unit in the order of `units`.
 * Holds (`inFlight`) do not count: they may still end cheaper. Reaching a limit exactly is allowed.
 *
 * @since 0.1.0
 */
export const check = (
  limits: Limits,
  asked: Amount,
  spent: Amount = zero,
  inFlight: Amount = zero
): Result.Result<void, BudgetExceeded> => {
  for (const unit of units) {
    const limit = limits.max[unit]
    if (limit === undefined || spent[unit] + asked[unit] <= limit) continue
    return Result.fail(
      new BudgetExceeded({
        budget: limits.name,
        unit,
        limit,
        spent: spent[unit],
        inFlight: inFlight[unit],
        left: limit > spent[unit] ? limit - spent[unit] : 0n,
        asked: asked[unit]
      })
    )
  }
  return Result.void
}
