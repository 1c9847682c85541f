/**
 * Dated list prices and limits of models. A program reads the table from `Prices`, whose default is `builtIn`.
 *
 * An unknown price is never 0: it is a `PriceUnknown` that says what is near and how to add the price.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { prices } from "./data/prices.ts"
import type * as Money from "./Money.ts"
import * as NearMatch from "./NearMatch.ts"
import * as Price from "./Price.ts"

/**
 * What the table knows about one model.
 *
 * **Details**
 *
 * - `prices`: for the global endpoint; the first one that is valid on the day is taken. Empty when no price is known.
 * - `regionalPercent`: the percentage of the global price that every other location costs (default 100).
 * - `limits`: the most input and output tokens of one request.
 * - `thinkingInsideOutputLimit`: whether thinking counts inside `maxOutputTokens`; default false, the dearer assumption.
 * - `retired`: the first day on which the model is no longer served.
 *
 * @since 0.1.0
 */
export const Model = Schema.Struct({
  id: Schema.NonEmptyString,
  prices: Schema.Array(Price.Price),
  regionalPercent: Schema.Natural.pipe(
    Schema.withConstructorDefault(Effect.succeed(100)),
    Schema.withDecodingDefaultKey(Effect.succeed(100))
  ),
  limits: Schema.optionalKey(Schema.Struct({ inputTokens: Schema.Natural, outputTokens: Schema.Natural })),
  thinkingInsideOutputLimit: Schema.Boolean.pipe(
    Schema.withConstructorDefault(Effect.succeed(false)),
    Schema.withDecodingDefaultKey(Effect.succeed(false))
  ),
  retired: Schema.optionalKey(Price.Day)
})

/**
 * What the table knows about one model.
 *
 * @since 0.1.0
 */
export type Model = typeof Model.Type

/**
 * A table as data, for prices kept in a JSON file: `Schema.decodeUnknownEffect(PriceTable.Data)(json)`, then `make`.
 *
 * @since 0.1.0
 */
export const Data = Schema.Struct({ asOf: Price.Day, models: Schema.Array(Model) })

/**
 * A price table: models by id, and tuned endpoints by resource name with the id of their base model.
 *
 * @since 0.1.0
 */
export interface PriceTable {
  readonly asOf: string
  readonly models: ReadonlyMap<string, Model>
  readonly endpoints: ReadonlyMap<string, string>
}

/**
 * Makes a table. Of two models with the same id the later one counts.
 *
 * @since 0.1.0
 */
export const make = (data: typeof Data.Type): PriceTable => ({
  asOf: data.asOf,
  models: new Map(data.models.map((model) => [model.id, model])),
  endpoints: new Map()
})

/**
 * Adds or replaces a model.
 *
 * ```ts
 * import { Money, PriceTable } from "@genops/core"
 *
 * PriceTable.add(
 *   PriceTable.builtIn,
 *   PriceTable.Model.make({
 *     id: "my-model",
 *     prices: [{ rates: { input: Money.perMillion("0.25"), output: Money.perMillion("1.5") } }]
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 */
export const add = (self: PriceTable, model: Model): PriceTable => ({
  ...self,
  models: new Map(self.models).set(model.id, model)
})

/**
 * Adds a model that costs nothing.
 *
 * @since 0.1.0
 */
export const addFree = (self: PriceTable, id: string): PriceTable => add(self, Model.make({ id, prices: [Price.free] }))

/**
 * Registers a tuned model under the id of its base model, whose price it has: its endpoint by the exact name that calls use, or its
 * own name `projects/…/models/ID@VERSION`, which is asked for when it is tuned on.
 *
 * A tuned model is retired on the day of its base model: from then on it has no price either. The base model may be registered later
 * or never, then the price is not known.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions ("the tuned model shares the same discontinuation
 * date as the base model")
 *
 * @since 0.1.0
 */
export const withEndpoint = (self: PriceTable, endpoint: string, baseModel: string): PriceTable => ({
  ...self,
  endpoints: new Map(self.endpoints).set(endpoint, baseModel)
})

/**
 * Sets what a billed training token of a model costs, whenever it is used. The built-in table has one for Gemini 2.5 only; for others it
 * is in the contract or on the page of the day. A model that the table does not know stays unknown: `add` it.
 *
 * @example
 * import * as Money from "@genops/core/Money"
 * import * as PriceTable from "@genops/core/PriceTable"
 *
 * const table = PriceTable.withTraining(PriceTable.builtIn, "gemini-3.5-flash", Money.perMillion("10"))
 * table.models.get("gemini-3.5-flash")?.prices[0]?.tuningTraining === Money.perMillion("10")
 * // => true
 *
 * @since 0.1.0
 */
export const withTraining = (self: PriceTable, model: string, perToken: Money.Money): PriceTable => {
  const known = self.models.get(model)
  if (known === undefined) return self
  return add(self, { ...known, prices: known.prices.map((price) => ({ ...price, tuningTraining: perToken })) })
}

/**
 * No price is known, so a call cannot be held against a budget of money. Nothing was sent.
 *
 * `reason`: `NoSuchModel` (not in the table), `UnregisteredEndpoint` (a tuned model whose base model is not known),
 * `NoPrice` (the model is known, its price on that day is not), `NoTrainingPrice` (calls have a price, tuning has none),
 * `Retired` (see `retired`).
 *
 * @since 0.1.0
 */
export class PriceUnknown extends Schema.TaggedError<PriceUnknown>()("PriceUnknown", {
  model: Schema.String,
  location: Schema.String,
  day: Price.Day,
  asOf: Price.Day,
  reason: Schema.Literals(["NoSuchModel", "UnregisteredEndpoint", "NoPrice", "NoTrainingPrice", "Retired"]),
  retired: Schema.optionalKey(Price.Day),
  near: Schema.Array(Schema.String)
}) {
  override get message() {
    const why = {
      NoSuchModel: `the table of ${this.asOf} does not know this model`,
      UnregisteredEndpoint: "the base model of this tuned model is not registered",
      NoPrice: `the table of ${this.asOf} has no price for ${this.day}`,
      NoTrainingPrice: `the table of ${this.asOf} has no price for tuning it`,
      Retired: `this model was retired on ${this.retired ?? "an earlier day"}`
    }[this.reason]
    const how = {
      NoSuchModel: "Add its price: PriceTable.add(table, model).",
      UnregisteredEndpoint: "Register it: PriceTable.withEndpoint(table, name, baseModelId).",
      NoPrice: "Add its price: PriceTable.add(table, model).",
      NoTrainingPrice: "Add it: PriceTable.withTraining(table, model, perToken).",
      Retired: "Use a current model, or add a price: PriceTable.add(table, model)."
    }[this.reason]
    return [
      `No price for ${this.model} in ${this.location}: ${why}.`,
      ...(this.near.length === 0 ? [] : [`  Did you mean ${this.near.join(", ")}?`]),
      "  A budget of money refuses what it cannot price; nothing was sent.",
      `  ${how}`
    ].join("\n")
  }
}

const publisherPath = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/models\//
const tunedPath = /(?:^|\/)endpoints\/[^/]+$|^projects\/[^/]+\/locations\/[^/]+\/models\/[^/]+$/

const baseModel = (self: PriceTable, model: string): string =>
  self.endpoints.get(model) ?? model.replace(publisherPath, "")

/**
 * Finds what the table knows about a model: limits, retirement and prices. Takes what `lookup` takes as `model`.
 *
 * @since 0.1.0
 */
export const find = (self: PriceTable, model: string): Option.Option<Model> =>
  Option.fromUndefinedOr(self.models.get(baseModel(self, model)))

/**
 * What a price is asked for: `model` is a model id (`gemini-3.5-flash`), a resource name that ends in `publishers/google/models/<id>`,
 * or a name registered by `withEndpoint`.
 *
 * @since 0.1.0
 */
export interface Request {
  readonly model: string
  readonly location: string
  readonly at: DateTime.DateTime
}

const unknownAt = (
  self: PriceTable,
  { at, location, model }: Request,
  reason: PriceUnknown["reason"],
  near: ReadonlyArray<string> = []
) => {
  const { retired } = Option.getOrUndefined(find(self, model)) ?? {}
  const day = DateTime.formatIsoDateUtc(at)
  const asked = { model, location, day, asOf: self.asOf, reason, near }
  return Result.fail(new PriceUnknown({ ...asked, ...(retired === undefined ? {} : { retired }) }))
}

/**
 * Looks up the price of a model at a location and time. Every location but `global` pays the regional percentage. The day is UTC.
 *
 * @since 0.1.0
 */
export const lookup = (self: PriceTable, request: Request): Result.Result<Price.Price, PriceUnknown> => {
  const day = DateTime.formatIsoDateUtc(request.at)
  const id = baseModel(self, request.model)
  const model = self.models.get(id)
  const unknown = (reason: PriceUnknown["reason"], near?: ReadonlyArray<string>) =>
    unknownAt(self, request, reason, near)
  if (model === undefined) {
    return tunedPath.test(id)
      ? unknown("UnregisteredEndpoint")
      : unknown("NoSuchModel", NearMatch.nearest(id, self.models.keys()))
  }
  if (model.retired !== undefined && day >= model.retired) return unknown("Retired")
  const price = model.prices.find(
    ({ validFrom, validUntil }) =>
      (validFrom === undefined || day >= validFrom) && (validUntil === undefined || day < validUntil)
  )
  if (price === undefined) return unknown("NoPrice")
  return Result.succeed(request.location === "global" ? price : Price.withPercent(price, model.regionalPercent))
}

/**
 * Looks up what a billed training token of a model costs, as `lookup` does: it is the same at every location.
 *
 * @since 0.1.0
 */
export const training = (self: PriceTable, request: Request): Result.Result<Money.Money, PriceUnknown> =>
  Result.flatMap(lookup(self, request), ({ tuningTraining }) =>
    tuningTraining === undefined ? unknownAt(self, request, "NoTrainingPrice") : Result.succeed(tuningTraining)
  )

/**
 * The list prices that come with this release; their date is `builtIn.asOf`.
 *
 * @since 0.1.0
 */
export const builtIn: PriceTable = make(Schema.decodeSync(Data)(prices))

/**
 * The table that programs use. Replace it with `Effect.provideService(PriceTable.Prices, table)`.
 *
 * @since 0.1.0
 */
export const Prices = Context.Reference<PriceTable>("@genops/core/PriceTable/Prices", { defaultValue: () => builtIn })
