/**
 * What a model costs at one place and time: exact money per token.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/pricing
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Money from "./Money.ts"

/**
 * Money per token; written as US dollars per million tokens in decimal text.
 *
 * **Details**
 *
 * - `cachedInput` left out: cached tokens cost as much as other input (never less than what is billed).
 * - `audioInput` left out: audio costs as much as other input.
 * - `output` is the price of visible output and of thinking. Models without output (embeddings) say `"0"`.
 *
 * @since 0.1.0
 */
export const Rates = Schema.Struct({
  input: Money.PerMillion,
  cachedInput: Schema.optionalKey(Money.PerMillion),
  audioInput: Schema.optionalKey(Money.PerMillion),
  output: Money.PerMillion
})

/**
 * Money per token.
 *
 * @since 0.1.0
 */
export type Rates = typeof Rates.Type

/**
 * How a request is served: `standard` on demand, `batch` jobs, `flex` (slower, cheaper), `priority` (dearer).
 *
 * @since 0.1.0
 */
export const Service = Schema.Literals(["standard", "batch", "flex", "priority"])

/**
 * How a request is served.
 *
 * @since 0.1.0
 */
export type Service = typeof Service.Type

const Percent = (otherwise: number) =>
  Schema.Natural.pipe(
    Schema.withConstructorDefault(Effect.succeed(otherwise)),
    Schema.withDecodingDefaultKey(Effect.succeed(otherwise))
  )

/**
 * The percentage of the standard price that a way of serving costs. Left out, a discount is not assumed and the premium is.
 *
 * @since 0.1.0
 */
export const ServicePercent = Schema.Struct({ batch: Percent(100), flex: Percent(100), priority: Percent(200) })

/**
 * A calendar day in UTC, written `YYYY-MM-DD`.
 *
 * @since 0.1.0
 */
export const Day = Schema.String.check(Schema.isPattern(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/))

/**
 * The price of a model.
 *
 * **Details**
 *
 * - `validFrom` is the first day of the price, `validUntil` the first day on which it no longer holds; left out, it has
 *   no beginning or end.
 * - `longContext`: a prompt of more than `aboveInputTokens` tokens pays these rates for the **whole** request.
 * - `cacheStoragePerHour`: money per cached token and hour (written per million tokens).
 * - `tuningTraining`: money per billed training token (dataset tokens x epochs; written per million tokens).
 * - `groundingPer1000`: US dollars per 1,000 search queries, free quotas not deducted.
 *
 * @since 0.1.0
 */
export const Price = Schema.Struct({
  validFrom: Schema.optionalKey(Day),
  validUntil: Schema.optionalKey(Day),
  rates: Rates,
  longContext: Schema.optionalKey(Schema.Struct({ aboveInputTokens: Schema.Natural, rates: Rates })),
  percent: ServicePercent.pipe(
    Schema.withConstructorDefault(Effect.sync(() => ServicePercent.make({}))),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  cacheStoragePerHour: Schema.optionalKey(Money.PerMillion),
  tuningTraining: Schema.optionalKey(Money.PerMillion),
  groundingPer1000: Schema.optionalKey(Money.Money)
})

/**
 * The price of a model.
 *
 * @since 0.1.0
 */
export type Price = typeof Price.Type

/**
 * The price of a model that costs nothing, such as one that runs on the reader's own machine.
 *
 * @since 0.1.0
 */
export const free: Price = Price.make({ rates: { input: Money.zero, output: Money.zero } })

const premiumRates = (rates: Rates, percent: number): Rates => ({
  input: Money.percent(rates.input, percent),
  output: Money.percent(rates.output, percent),
  ...(rates.cachedInput === undefined ? {} : { cachedInput: Money.percent(rates.cachedInput, percent) }),
  ...(rates.audioInput === undefined ? {} : { audioInput: Money.percent(rates.audioInput, percent) })
})

/**
 * Multiplies everything that is billed by token and time by a whole percentage, such as 110 for a regional endpoint.
 * Training and grounding stay as they are.
 *
 * @since 0.1.0
 */
export const withPercent = (self: Price, percent: number): Price => ({
  ...self,
  rates: premiumRates(self.rates, percent),
  ...(self.longContext === undefined
    ? {}
    : { longContext: { ...self.longContext, rates: premiumRates(self.longContext.rates, percent) } }),
  ...(self.cacheStoragePerHour === undefined
    ? {}
    : { cacheStoragePerHour: Money.percent(self.cacheStoragePerHour, percent) })
})

/**
 * Prints the rates in US dollars per million tokens: `1.5 in, 0.15 cached, 9 out USD per 1M tokens`.
 *
 * @since 0.1.0
 */
export const format = ({ rates, longContext }: Price): string => {
  const one = ({ input, cachedInput, audioInput, output }: Rates) =>
    [
      `${Money.toPerMillion(input)} in`,
      ...(cachedInput === undefined ? [] : [`${Money.toPerMillion(cachedInput)} cached`]),
      ...(audioInput === undefined ? [] : [`${Money.toPerMillion(audioInput)} audio`]),
      `${Money.toPerMillion(output)} out`
    ].join(", ")
  const long =
    longContext === undefined ? "" : ` (above ${longContext.aboveInputTokens} input tokens: ${one(longContext.rates)})`
  return `${one(rates)} USD per 1M tokens${long}`
}
