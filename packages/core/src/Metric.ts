/**
 * What an answer is measured by: a name, the inputs that are needed, the scale, and how the score comes about.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as ComputedMetric from "./ComputedMetric.ts"
import * as MetricInstance from "./MetricInstance.ts"
import * as NearMatch from "./NearMatch.ts"
import * as PairwiseMetric from "./PairwiseMetric.ts"
import * as PointwiseMetric from "./PointwiseMetric.ts"
import * as ServiceMetric from "./ServiceMetric.ts"
import { printable } from "./internal/PrintableName.ts"

/**
 * A metric. Pairwise ones have no scale: they give a choice.
 *
 * @since 0.1.0
 */
export type Metric =
  | ComputedMetric.ComputedMetric
  | PointwiseMetric.PointwiseMetric
  | PairwiseMetric.PairwiseMetric
  | ServiceMetric.ServiceMetric

/**
 * No metric has this name.
 *
 * @since 0.1.0
 */
export class UnknownMetric extends Schema.TaggedError<UnknownMetric>()("UnknownMetric", {
  name: Schema.String,
  suggestions: Schema.Array(Schema.String)
}) {
  override get message() {
    const hint = this.suggestions.length === 0 ? "" : ` Did you mean ${this.suggestions.join(", ")}?`
    return `${printable(this.name)} is not a metric.${hint}\n  Metric.all lists them; PointwiseMetric.make and PairwiseMetric.make define new ones.`
  }
}

/**
 * Two metrics of a run have the same name, so their scores would be written over each other.
 *
 * @since 0.1.0
 */
export class DuplicateMetric extends Schema.TaggedError<DuplicateMetric>()("DuplicateMetric", {
  name: Schema.String
}) {
  override get message() {
    return `Two metrics are called ${printable(this.name)} (BigQuery columns ignore case). Give one of them another name. Nothing was sent.`
  }
}

/**
 * All named metrics, each name once.
 *
 * @since 0.1.0
 */
export const all: ReadonlyArray<Metric> = [
  ...ComputedMetric.all,
  ...PointwiseMetric.all,
  ...PairwiseMetric.all,
  ...ServiceMetric.all
]

const byName = new Map(all.map((metric) => [metric.name, metric]))

/**
 * Finds a metric by name. Fails with `UnknownMetric`, which says the names that were probably meant.
 *
 * @example
 * import * as Metric from "@genops/core/Metric"
 * import * as Result from "effect/Result"
 *
 * Result.getOrThrow(Metric.named("rouge_l_sum")).inputs // => ["response", "reference"]
 *
 * @since 0.1.0
 */
export const named = (name: string): Result.Result<Metric, UnknownMetric> => {
  const found = byName.get(name)
  return found === undefined
    ? Result.fail(new UnknownMetric({ name, suggestions: NearMatch.nearest(name, byName.keys()) }))
    : Result.succeed(found)
}

/**
 * Checks that the metrics of a run can be told apart: names differ, letter case aside. Fails with `DuplicateMetric`.
 *
 * @since 0.1.0
 */
export const validate = <M extends Metric>(
  metrics: ReadonlyArray<M>
): Result.Result<ReadonlyArray<M>, DuplicateMetric> => {
  const seen = new Set<string>()
  for (const { name } of metrics) {
    if (seen.has(name.toLowerCase())) return Result.fail(new DuplicateMetric({ name }))
    seen.add(name.toLowerCase())
  }
  return Result.succeed(metrics)
}

/**
 * Checks that a row has what all the metrics need, before anything is paid for. Fails with `MetricInputMissing`, which names
 * metric, row and input.
 *
 * @since 0.1.0
 */
export const requireInputs = (
  metrics: ReadonlyArray<Metric>,
  instance: MetricInstance.MetricInstance
): Result.Result<void, MetricInstance.MetricInputMissing> => {
  const available = MetricInstance.inputs(instance)
  for (const metric of metrics) {
    const missing = MetricInstance.missing(metric, instance, available)
    if (missing !== undefined) return Result.fail(missing)
  }
  return Result.void
}

/**
 * Whether a judge model is asked, which costs money.
 *
 * @since 0.1.0
 */
export const isJudged = (metric: Metric): metric is PointwiseMetric.PointwiseMetric | PairwiseMetric.PairwiseMetric =>
  metric._tag === "Pointwise" || metric._tag === "Pairwise"
