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
 * Registers a tuned endpoint, by the exact name that calls use, under the id of its base model, whose price it has.
 *
 * @since 0.1.0
 */
export const withEndpoint = (self: PriceTable, endpoint: string, baseModel: string): PriceTable => ({
  ...self,
  endpoints: new Map(self.endpoints).set(endpoint, baseModel)
})

/**
 * No price is known, so a call cannot be held against a budget of money. Nothing was sent.
 *
 * `reason`: `NoSuchModel` (not in the table), `UnregisteredEndpoint` (a tuned endpoint whose base model is not known),
 * `NoPrice` (the model is known, its price on that day is not), `Retired` (see `retired`).
 *
 * @since 0.1.0
 */
export class PriceUnknown extends Schema.TaggedError<PriceUnknown>()("PriceUnknown", {
  model: Schema.String,
  location: Schema.String,
  day: Price.Day,
  asOf: Price.Day,
  reason: Schema.Literals(["NoSuchModel", "UnregisteredEndpoint", "NoPrice", "Retired"]),
  retired: Schema.optionalKey(Price.Day),
  near: Schema.Array(Schema.String)
}) {
  override get message() {
    const why = {
      NoSuchModel: `the table of ${this.asOf} does not know this model`,
      UnregisteredEndpoint: "the base model of this tuned endpoint is not registered",
      NoPrice: `the table of ${this.asOf} has no price for ${this.day}`,
      Retired: `this model was retired on ${this.retired ?? "an earlier day"}`
    }[this.reason]
    const how = {
      NoSuchModel: "Add its price: PriceTable.add(table, model).",
      UnregisteredEndpoint: "Register it: PriceTable.withEndpoint(table, endpointName, baseModelId).",
      NoPrice: "Add its price: PriceTable.add(table, model).",
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
const endpointPath = /(?:^|\/)endpoints\/[^/]+$/

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
 * Looks up the price of a model at a location and time.
 *
 * `model` is a model id (`gemini-3.5-flash`), a resource name that ends in `publishers/google/models/<id>`, or the name of
 * an endpoint registered by `withEndpoint`. Every location but `global` pays the regional percentage. The day is UTC.
 *
 * @since 0.1.0
 */
export const lookup = (
  self: PriceTable,
  request: { readonly model: string; readonly location: string; readonly at: DateTime.DateTime }
): Result.Result<Price.Price, PriceUnknown> => {
  const day = DateTime.formatIsoDateUtc(request.at)
  const id = baseModel(self, request.model)
  const model = self.models.get(id)
  const unknown = (reason: PriceUnknown["reason"], near: ReadonlyArray<string> = []) =>
    Result.fail(
      new PriceUnknown({
        model: request.model,
        location: request.location,
        day,
        asOf: self.asOf,
        reason,
        near,
        ...(model?.retired === undefined ? {} : { retired: model.retired })
      })
    )
  if (model === undefined) {
    return endpointPath.test(id)
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
