/**
 * What a call costs, exactly, and what it can cost at worst.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/pricing
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Money from "./Money.ts"
import type * as Price from "./Price.ts"
import type * as PriceTable from "./PriceTable.ts"
import type * as Usage from "./Usage.ts"

/**
 * How a call is served; `standard` when left out.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly service?: Price.Service
}

/** Whole hundredths of a pico-dollar per token, so that a percentage does not round. */
interface CentiRates {
  readonly input: bigint
  readonly cached: bigint
  readonly audio: bigint
  readonly output: bigint
}

const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const centiRates = (price: Price.Price, rates: Price.Rates, { service = "standard" }: Options): CentiRates => {
  const percent = service === "standard" ? 100n : BigInt(price.percent[service])
  return {
    input: rates.input * percent,
    cached: rates.cachedInput === undefined ? rates.input * percent : rates.cachedInput * largest(percent, 100n),
    audio: (rates.audioInput ?? rates.input) * percent,
    output: rates.output * percent
  }
}

// Counts come from decoded data; a negative one must not make another line of the bill cheaper.
const whole = (count: number): bigint => {
  if (count < 0) throw new RangeError(`a count is zero or more, got ${count}`)
  return BigInt(count)
}

const roundUp = (centi: bigint): Money.Money => Money.times(onePico, (centi + 99n) / 100n)
const onePico = Money.usd("0.000000000001")

/**
 * Reckons exactly what a usage costs:
 *
 * `(input - cached - audio + toolUse) x input + audio x audioInput + cached x cachedInput + (output + thinking) x output`
 *
 * **Details**
 *
 * - A prompt (with tool results) above `longContext.aboveInputTokens` moves the whole request to the long-context rates.
 *   So reckon call by call: the cost of a sum of usages is not the sum of their costs.
 * - Audio is what of it fits beside the cached tokens. No term is negative: more cached tokens than input count as input.
 * - A discount (batch, flex) leaves cached tokens alone, because cache and batch discounts do not stack; a premium does not.
 * - A fraction of a pico-dollar, possible only after a percentage, is rounded up.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini
 *
 * @since 0.1.0
 */
export const of = (price: Price.Price, usage: Usage.Usage, options: Options = {}): Money.Money => {
  const long = price.longContext
  const isLong = long !== undefined && usage.inputTokens + usage.toolUseTokens > long.aboveInputTokens
  const rates = centiRates(price, isLong ? long.rates : price.rates, options)
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens)
  const audio = Math.min(usage.audioInputTokens, usage.inputTokens - cached)
  return roundUp(
    (whole(usage.inputTokens - cached - audio) + whole(usage.toolUseTokens)) * rates.input +
      whole(audio) * rates.audio +
      whole(cached) * rates.cached +
      (whole(usage.outputTokens) + whole(usage.thinkingTokens)) * rates.output
  )
}

/**
 * What a request can use at most: counted input (with the audio in it), tool results, and all output with thinking.
 *
 * @since 0.1.0
 */
export interface WorstCase {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly audioInputTokens?: number
  readonly toolUseTokens?: number
}

/**
 * Reckons the most that a request can cost: nothing is cached, and the dearer rates are taken when the counted input is
 * above the long-context edge or within 1 % of it. No usage within `request` costs more.
 *
 * @since 0.1.0
 */
export const worst = (price: Price.Price, request: WorstCase, options: Options = {}): Money.Money => {
  const input = whole(request.inputTokens) + whole(request.toolUseTokens ?? 0)
  const audio = whole(Math.min(request.audioInputTokens ?? 0, request.inputTokens))
  const at = (rates: Price.Rates) => {
    const centi = centiRates(price, rates, options)
    const text = largest(centi.input, centi.cached)
    return (input - audio) * text + audio * largest(centi.audio, text) + whole(request.outputTokens) * centi.output
  }
  const long = price.longContext
  const mayBeLong = long !== undefined && input * 100n >= BigInt(long.aboveInputTokens) * 99n
  return roundUp(mayBeLong ? largest(at(price.rates), at(long.rates)) : at(price.rates))
}

/**
 * Reckons the most output tokens, thinking included, that a request can be billed for.
 *
 * `candidateCount x maxOutputTokens`, plus the thinking budget for each candidate where the model counts thinking outside
 * that limit. Without `maxOutputTokens`, and for dynamic thinking (`thinkingBudget` absent or negative), the limit of the
 * model is taken; none when the table does not know it.
 *
 * @since 0.1.0
 */
export const worstOutputTokens = (
  model: Pick<PriceTable.Model, "limits" | "thinkingInsideOutputLimit">,
  request: {
    readonly maxOutputTokens?: number | undefined
    readonly candidateCount?: number | undefined
    readonly thinkingBudget?: number | undefined
  }
): Option.Option<number> => {
  const limit = model.limits?.outputTokens
  const visible = request.maxOutputTokens ?? limit
  const dynamic = request.thinkingBudget === undefined || request.thinkingBudget < 0
  const thinking = model.thinkingInsideOutputLimit ? 0 : dynamic ? limit : request.thinkingBudget
  return visible === undefined || thinking === undefined
    ? Option.none()
    : Option.some((request.candidateCount ?? 1) * (visible + thinking))
}

/**
 * Reckons what storing a context cache costs, rounded up to the next pico-dollar; none when the table has no price for it.
 *
 * @since 0.1.0
 */
export const cacheStorage = (
  price: Price.Price,
  cache: { readonly tokens: number; readonly seconds: number }
): Option.Option<Money.Money> =>
  Option.map(Option.fromUndefinedOr(price.cacheStoragePerHour), (perHour) =>
    Money.times(onePico, (Money.times(Money.times(perHour, cache.tokens), cache.seconds) + 3599n) / 3600n)
  )

/**
 * Reckons what supervised tuning costs: tokens of the dataset x epochs x price; none when the table has no price for it.
 *
 * @since 0.1.0
 */
export const tuning = (
  price: Price.Price,
  training: { readonly datasetTokens: number; readonly epochs: number }
): Option.Option<Money.Money> =>
  Option.map(Option.fromUndefinedOr(price.tuningTraining), (perToken) =>
    Money.times(Money.times(perToken, training.datasetTokens), training.epochs)
  )

/**
 * Reckons what search queries of a grounding tool cost, free quotas not deducted; none when the table has no price for it.
 *
 * @since 0.1.0
 */
export const grounding = (price: Price.Price, queries: number): Option.Option<Money.Money> =>
  Option.map(Option.fromUndefinedOr(price.groundingPer1000), (per1000) =>
    Money.times(onePico, (Money.times(per1000, queries) + 999n) / 1000n)
  )

/**
 * Says how a worst case came about, for `Budget.explain`.
 *
 * @since 0.1.0
 */
export const explain = (request: WorstCase, source: { readonly model: string; readonly asOf: string }): string => {
  const grouped = (count: number) => count.toString().replace(/\B(?=([0-9]{3})+$)/g, ",")
  const tools = request.toolUseTokens ? ` + ${grouped(request.toolUseTokens)} tool result` : ""
  return (
    `Worst case = ${grouped(request.inputTokens)} input${tools} + ${grouped(request.outputTokens)} output tokens ` +
    `at ${source.model} prices of ${source.asOf}.`
  )
}
