/**
 * A model that was tuned: where it answers, what it was made of, and what it cost.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as TuningJob from "@genops/vertex/TuningJob"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"

/**
 * A tuned model, as data that a durable step can keep.
 *
 * **Details**
 *
 * - `job`: the tuning job, `projects/…/locations/…/tuningJobs/ID`.
 * - `model`: `projects/…/locations/…/models/ID@VERSION`, which can be tuned on.
 * - `endpoint`: the name for `ModelConfiguration.model`. Its location may differ from the job's.
 * - `baseModel`: the id of the base model; undefined when the service does not say it, as of a model that was tuned on.
 * - `checkpoints`: each answers on an endpoint of its own; empty when only the last one was kept.
 * - `data`: what the service found in the training data, undefined when it does not say.
 * - `cost`: billable tokens x the price when the job was ordered; undefined when one of them is not known.
 *
 * @since 0.1.0
 */
export const TunedModel = Schema.Struct({
  job: Schema.String,
  model: Schema.String,
  endpoint: Schema.String,
  baseModel: Schema.optional(Schema.String),
  checkpoints: Schema.Array(TuningJob.Checkpoint),
  data: Schema.optional(TuningJob.DataStats),
  cost: Schema.optional(Money.Money)
})

/**
 * A tuned model.
 *
 * @since 0.1.0
 */
export type TunedModel = typeof TunedModel.Type

/**
 * Registers a tuned model in a price table: its endpoint, those of its checkpoints, and its own name cost what its base model costs.
 * Without a known base model the table stays as it is, and calls of the endpoint have no price.
 *
 * @since 0.1.0
 */
export const register = (self: PriceTable.PriceTable, tuned: TunedModel): PriceTable.PriceTable => {
  const { baseModel, checkpoints, endpoint, model } = tuned
  if (baseModel === undefined) return self
  const names = [endpoint, model, ...checkpoints.flatMap((checkpoint) => checkpoint.endpoint ?? [])]
  return names.reduce((table, name) => PriceTable.withEndpoint(table, name, baseModel), self)
}

/**
 * Runs an effect in which the tuned model has a price, that of its base model: budgets of money admit calls of its endpoint, and tuning
 * it on.
 *
 * @example
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
 * import * as TunedModel from "@genops/pipelines/TunedModel"
 * import * as GenerativeModel from "@genops/vertex/GenerativeModel"
 *
 * const answer = (tuned: TunedModel.TunedModel) =>
 *   GenerativeModel.generate(ModelConfiguration.make(tuned.endpoint), "Hello").pipe(
 *     BudgetGuard.within({ usd: "1.00" }),
 *     TunedModel.withPrice(tuned)
 *   )
 *
 * @since 0.1.0
 */
export const withPrice: {
  (tuned: TunedModel): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, tuned: TunedModel): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, tuned: TunedModel) =>
  Effect.updateService(self, PriceTable.Prices, (table) => register(table, tuned))
)
