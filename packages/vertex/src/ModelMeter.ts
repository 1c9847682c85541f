/**
 * Lets budgets see the calls of models that a service holds since its layer was built, such as judges.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { GenerativeModel } from "./GenerativeModel.ts"

/**
 * Wraps a model for one call of the current fiber. A budget provides its meter, a dry run its stand-in; by default a model is
 * used as it is. Budgets inside each other compose: `(model) => meter(around(model))`.
 *
 * @since 0.1.0
 */
export const ModelMeter = Context.Reference<(model: GenerativeModel["Service"]) => GenerativeModel["Service"]>(
  "@genops/vertex/ModelMeter",
  { defaultValue: () => (model) => model }
)

/**
 * Generates with a model that a service holds, within whatever budget is around the calling fiber.
 *
 * @since 0.1.0
 */
export const generate = (
  model: GenerativeModel["Service"],
  ...[configuration, input]: Parameters<GenerativeModel["Service"]["generate"]>
): ReturnType<GenerativeModel["Service"]["generate"]> =>
  Effect.flatMap(ModelMeter, (meter) => meter(model).generate(configuration, input))
