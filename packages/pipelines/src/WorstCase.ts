/**
 * What a call can use and cost at most, reckoned before it is sent.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as Content from "@genops/core/Content"
import * as Cost from "@genops/core/Cost"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as ModelName from "@genops/core/ModelName"
import * as Money from "@genops/core/Money"
import type * as Price from "@genops/core/Price"
import * as PriceTable from "@genops/core/PriceTable"
import type * as Usage from "@genops/core/Usage"
import type * as TokenCounter from "@genops/vertex/TokenCounter"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/**
 * The most that a call can use. `usd` is 0 when the price is not known: look at `price` first.
 *
 * @since 0.1.0
 */
export interface WorstCase {
  readonly amount: Budget.Amount
  readonly price: Result.Result<Price.Price, PriceTable.PriceUnknown>
  readonly usd: Money.Money
  readonly inputTokens: number
  /** Output of all candidates, thinking included. */
  readonly outputTokens: number
  /** Says in words how the worst case came about. */
  readonly explain: () => string
}

/**
 * A call that is about to be made. `location` is where the model service sends calls whose model name does not say it.
 *
 * @since 0.1.0
 */
export interface Request {
  readonly configuration: ModelConfiguration.ModelConfiguration
  readonly input: Content.Input
  readonly location: string
  readonly prices: PriceTable.PriceTable
  readonly at: DateTime.DateTime
  /** The size of the request by CountTokens, when it was counted. */
  readonly counted?: TokenCounter.TokenCount | undefined
}

// What every Gemini model has; also taken for models that the table does not know, such as tuned endpoints.
const gemini = { inputTokens: 1_048_576, outputTokens: 65_536 }
const unlisted = { limits: gemini, thinkingInsideOutputLimit: true }

// No bound is published. A call that searches more often is booked at what it cost, and counted as an overrun.
const searchQueries = 10

/**
 * Tells whether the bytes of the request are no bound for its input tokens, so that it must be counted: it refers to media.
 *
 * @since 0.1.0
 */
export const needsCount = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input): boolean =>
  contentsOf(configuration, input).some((content) =>
    (content.parts ?? []).some((part) => part.inlineData !== undefined || part.fileData !== undefined)
  )

const contentsOf = (
  { systemInstruction }: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): ReadonlyArray<Content.Content> => [
  ...(typeof systemInstruction === "object" ? [systemInstruction] : []),
  ...Content.fromInput(input)
]

/**
 * Reckons the worst case of a call.
 *
 * **Details**
 *
 * - Input: the counted tokens, or else one token for each UTF-8 byte of the request's JSON, which no tokenizer exceeds. With
 *   `cachedContent`, whose size CountTokens does not say, and with tools that feed pages or results back to the model (URL
 *   context, code execution), the model's input limit.
 * - Output: `candidateCount` x `maxOutputTokens`, with thinking as `Cost.worstOutputTokens` has it. Without `maxOutputTokens` the
 *   limit of the model. A model that the table does not know is taken for a Gemini model: 65,536, thinking included.
 * - Money: nothing cached, the dearer price near the edge of a tier, media at the audio price, and ten search queries when a
 *   search tool is on and the table has a price for them.
 *
 * @since 0.1.0
 */
export const of = (request: Request): WorstCase => {
  const { configuration, counted, input, prices } = request
  const { candidateCount, maxOutputTokens, thinkingConfig } = configuration.generationConfig ?? {}
  const known = Option.getOrUndefined(PriceTable.find(prices, configuration.model))
  const limits = known?.limits ?? gemini
  const bytes = counted?.billableCharacters === undefined ? sizeOf(configuration, input) : 0
  const own = counted?.totalTokens ?? bytes
  const inputTokens = configuration.cachedContent === undefined ? own : Math.max(own, limits.inputTokens)
  const feedsBack = (configuration.tools ?? []).some(
    (tool) => tool.urlContext !== undefined || tool.codeExecution !== undefined
  )
  const toolUseTokens = feedsBack ? Math.max(0, limits.inputTokens - inputTokens) : 0
  const outputTokens = Option.getOrThrow(
    Cost.worstOutputTokens(known === undefined ? unlisted : { ...known, limits }, {
      maxOutputTokens,
      candidateCount,
      thinkingBudget: thinkingConfig?.thinkingBudget
    })
  )
  const most: Cost.WorstCase = {
    inputTokens,
    outputTokens,
    toolUseTokens,
    audioInputTokens: needsCount(configuration, input) ? inputTokens : 0
  }
  const price = priceOf(request)
  const usd = Result.match(price, {
    onFailure: () => Money.zero,
    onSuccess: (price) =>
      Money.plus(Cost.worst(price, most), searches(price, searchesWeb(configuration) ? searchQueries : 0))
  })
  return {
    price,
    usd,
    inputTokens: inputTokens + toolUseTokens,
    outputTokens,
    amount: Budget.amount({
      usd,
      inputTokens: inputTokens + toolUseTokens,
      outputTokens,
      billableCharacters: counted?.billableCharacters ?? bytes,
      requests: 1
    }),
    explain: () =>
      [
        Cost.explain(most, { model: configuration.model, asOf: prices.asOf }),
        ...(counted === undefined ? ["The input is bounded by its bytes: with count: true it is counted."] : []),
        ...(maxOutputTokens === undefined
          ? ["maxOutputTokens is not set, so the model's limit is reserved: set it."]
          : []),
        ...(searchesWeb(configuration)
          ? [`${searchQueries} search queries are reserved: how often the model searches has no published bound.`]
          : []),
        ...(configuration.cachedContent === undefined
          ? []
          : ["The size of the cached content is not known beforehand."])
      ].join("\n  ")
  }
}

const priceOf = ({ at, configuration: { model }, location, prices }: Request) => {
  const own = Option.flatMapNullishOr(Result.getSuccess(ModelName.parse(model)), (name) => name.location)
  return PriceTable.lookup(prices, { model, location: Option.getOrElse(own, () => location), at })
}

const sizeOf = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input): number => {
  const { generationConfig, systemInstruction, toolConfig, tools } = configuration
  const { responseJsonSchema, responseSchema } = generationConfig ?? {}
  const contents = Content.fromInput(input)
  return Buffer.byteLength(
    JSON.stringify({ contents, systemInstruction, tools, toolConfig, responseSchema, responseJsonSchema })
  )
}

const searchesWeb = ({ tools = [] }: ModelConfiguration.ModelConfiguration): boolean =>
  tools.some(
    ({ enterpriseWebSearch, googleMaps, googleSearch, googleSearchRetrieval }) =>
      (googleSearch ?? googleSearchRetrieval ?? enterpriseWebSearch ?? googleMaps) !== undefined
  )

const searches = (price: Price.Price, queries: number): Money.Money =>
  Option.getOrElse(Cost.grounding(price, queries), () => Money.zero)

/**
 * Reckons what a call really used and cost, in the units of its worst case. Without a price the money is 0.
 *
 * Billable characters are those of the worst case: an answer does not say them.
 *
 * @since 0.1.0
 */
export const actual = (worst: WorstCase, usage: Usage.Usage, searchQueries = 0): Budget.Amount => {
  const usd = Result.match(worst.price, {
    onFailure: () => Money.zero,
    onSuccess: (price) => Money.plus(Cost.of(price, usage), searches(price, searchQueries))
  })
  const billableCharacters = usage.billableCharacters || Number(worst.amount.billableCharacters)
  return Budget.fromUsage({ ...usage, billableCharacters, requests: 1 }, usd)
}
