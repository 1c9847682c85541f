/**
 * Metrics that are computed from texts, without a model: the same number every time, and free.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { Absent, absent } from "./metric/Absent.ts"
import * as Bleu from "./metric/Bleu.ts"
import * as Chrf from "./metric/Chrf.ts"
import * as CitationCoverage from "./metric/CitationCoverage.ts"
import * as ExactMatch from "./metric/ExactMatch.ts"
import * as Latency from "./metric/Latency.ts"
import * as Rouge from "./metric/Rouge.ts"
import * as SacreBleu from "./metric/SacreBleu.ts"
import * as Squad from "./metric/Squad.ts"
import * as Ter from "./metric/Ter.ts"
import * as TextMatch from "./metric/TextMatch.ts"
import * as TokenF1 from "./metric/TokenF1.ts"
import * as ToolCall from "./metric/ToolCall.ts"
import * as Trajectory from "./metric/Trajectory.ts"
import type { MetricInstance } from "./MetricInstance.ts"
import * as Scale from "./Scale.ts"

/**
 * How a metric is computed, as data: it can be stored with the scores that it gave. `Function` is the exception.
 *
 * `Bleu` and `Rouge` with all settings, `ExactMatch`, `ToolCall` and `Trajectory` exist in Vertex AI's service too.
 *
 * @since 0.1.0
 */
export type Measure =
  | { readonly _tag: "ExactMatch" }
  | { readonly _tag: "Bleu"; readonly useEffectiveOrder?: boolean }
  | {
      readonly _tag: "Rouge"
      readonly type: Rouge.RougeType
      readonly useStemmer?: boolean
      readonly splitSummaries?: boolean
    }
  | { readonly _tag: "ToolCall"; readonly part: keyof ToolCall.ToolCallScore; readonly useStrictStringMatch?: boolean }
  | {
      readonly _tag: "Trajectory"
      readonly compare: "exactMatch" | "inOrderMatch" | "anyOrderMatch" | "precision" | "recall"
    }
  | { readonly _tag: "SingleToolUse"; readonly toolName: string }
  | { readonly _tag: "SacreBleu" }
  | { readonly _tag: "Chrf"; readonly wordOrder: 0 | 2 }
  | { readonly _tag: "Ter" }
  | { readonly _tag: "Squad"; readonly part: keyof Squad.SquadScore }
  | { readonly _tag: "TokenF1" }
  | { readonly _tag: "Contains"; readonly ignoreCase?: boolean }
  | { readonly _tag: "CitationCoverage" }
  | { readonly _tag: "Latency" }
  | { readonly _tag: "Function"; readonly compute: (instance: MetricInstance) => Result.Result<number, Absent> }

/**
 * A metric that is computed.
 *
 * @since 0.1.0
 */
export interface ComputedMetric {
  readonly _tag: "Computed"
  readonly name: string
  /** The inputs that it needs, by the names of `MetricInstance.inputs`. */
  readonly inputs: ReadonlyArray<string>
  readonly scale: Scale.Scale
  readonly measure: Measure
}

const withReference = ["response", "reference"]

/**
 * Makes a metric from a pure function. The function may use whatever `inputs` names; it is called only when the row has them all.
 * A number that is not finite or not on the scale becomes `Absent`.
 *
 * **Example**
 *
 * ```ts
 * import * as ComputedMetric from "@genops/core/ComputedMetric"
 * import * as Result from "effect/Result"
 *
 * const short = ComputedMetric.make({
 *   name: "short",
 *   scale: { min: 0, max: 1, ideal: "high" },
 *   compute: ({ response }) => Result.succeed(response.length <= 280 ? 1 : 0)
 * })
 * ```
 *
 * @since 0.1.0
 */
export const make = (options: {
  readonly name: string
  readonly scale: Scale.Scale
  readonly inputs?: ReadonlyArray<string>
  readonly compute: (instance: MetricInstance) => Result.Result<number, Absent>
}): ComputedMetric => ({
  _tag: "Computed",
  name: options.name,
  inputs: options.inputs ?? ["response"],
  scale: options.scale,
  measure: { _tag: "Function", compute: options.compute }
})

const define = (
  name: string,
  inputs: ReadonlyArray<string>,
  measure: Measure,
  scale = Scale.share
): ComputedMetric => ({
  _tag: "Computed",
  name,
  inputs,
  scale,
  measure
})

const percent: Scale.Scale = { min: 0, max: 100, ideal: "high" }
const trajectories = ["predicted_trajectory", "reference_trajectory"]

/**
 * `rouge_1` ... `rouge_9`, `rouge_l`, `rouge_l_sum`: F1. The settings are Vertex AI's, off by default.
 *
 * @since 0.1.0
 */
export const rouge = (
  type: Rouge.RougeType,
  options: { readonly useStemmer?: boolean; readonly splitSummaries?: boolean } = {}
): ComputedMetric => define(type, withReference, { _tag: "Rouge", type, ...options })

/**
 * `bleu`, in [0, 1], as Vertex AI computes it.
 *
 * @since 0.1.0
 */
export const bleu = (options: { readonly useEffectiveOrder?: boolean } = {}): ComputedMetric =>
  define("bleu", withReference, { _tag: "Bleu", ...options })

/**
 * `trajectory_single_tool_use`: 1 if the tool was called at least once.
 *
 * @since 0.1.0
 */
export const singleToolUse = (toolName: string): ComputedMetric =>
  define("trajectory_single_tool_use", ["predicted_trajectory"], { _tag: "SingleToolUse", toolName })

/**
 * `tool_parameter_kv_match`: the share of parameters with equal values. What `useStrictStringMatch` switches off in Vertex AI's
 * service is not documented; in this process values are always compared as JSON.
 *
 * @since 0.1.0
 */
export const toolParameterKvMatch = (options: { readonly useStrictStringMatch?: boolean } = {}): ComputedMetric =>
  define("tool_parameter_kv_match", withReference, { _tag: "ToolCall", part: "tool_parameter_kv_match", ...options })

const toolCall = (part: keyof ToolCall.ToolCallScore) => define(part, withReference, { _tag: "ToolCall", part })

const trajectory = (name: string, compare: Extract<Measure, { readonly _tag: "Trajectory" }>["compare"]) =>
  define(`trajectory_${name}`, trajectories, { _tag: "Trajectory", compare })

/**
 * The named metrics: those of Vertex AI first, then `sacrebleu`, `chrf`, `chrf_plus_plus` and `ter` (0 to 100, ter without end),
 * `squad_exact`, `squad_f1`, `token_f1`, `contains`, `citation_coverage` and `latency_in_seconds`.
 *
 * `trajectory_single_tool_use` needs the name of a tool: `singleToolUse`.
 *
 * @since 0.1.0
 */
export const all: ReadonlyArray<ComputedMetric> = [
  define("exact_match", withReference, { _tag: "ExactMatch" }),
  bleu(),
  ...([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((n) => rouge(`rouge_${n}`)),
  rouge("rouge_l"),
  rouge("rouge_l_sum"),
  toolCall("tool_call_valid"),
  toolCall("tool_name_match"),
  toolCall("tool_parameter_key_match"),
  toolParameterKvMatch(),
  trajectory("exact_match", "exactMatch"),
  trajectory("in_order_match", "inOrderMatch"),
  trajectory("any_order_match", "anyOrderMatch"),
  trajectory("precision", "precision"),
  trajectory("recall", "recall"),
  define("sacrebleu", withReference, { _tag: "SacreBleu" }, percent),
  define("chrf", withReference, { _tag: "Chrf", wordOrder: 0 }, percent),
  define("chrf_plus_plus", withReference, { _tag: "Chrf", wordOrder: 2 }, percent),
  define("ter", withReference, { _tag: "Ter" }, { min: 0, ideal: "low" }),
  define("squad_exact", withReference, { _tag: "Squad", part: "exact" }),
  define("squad_f1", withReference, { _tag: "Squad", part: "f1" }),
  define("token_f1", withReference, { _tag: "TokenF1" }),
  define("contains", withReference, { _tag: "Contains" }),
  define("citation_coverage", ["grounding"], { _tag: "CitationCoverage" }),
  define("latency_in_seconds", ["latency"], { _tag: "Latency" }, { min: 0, ideal: "low" })
]

/**
 * Computes the score of an instance, always on the metric's scale. Fails with `Absent` where it does not exist, with
 * `MissingReference` where an input is missing.
 *
 * @since 0.1.0
 */
export const score = (metric: ComputedMetric, instance: MetricInstance): Result.Result<number, Absent> =>
  Result.flatMap(
    Result.mapError(
      compute(metric.measure, instance),
      ({ detail, reason }) => new Absent({ measure: metric.name, reason, detail })
    ),
    (value) =>
      Scale.contains(metric.scale, value)
        ? Result.succeed(value)
        : absent(metric.name, "NotFinite", `${value} is not a number of its scale.`)
  )

const need = <A>(value: A | undefined, input: string): Result.Result<A, Absent> =>
  value === undefined ? absent("", "MissingReference", `the row has no ${input}.`) : Result.succeed(value)

const comparisons = {
  exactMatch: Trajectory.exactMatch,
  inOrderMatch: Trajectory.inOrderMatch,
  anyOrderMatch: Trajectory.anyOrderMatch,
  precision: Trajectory.precision,
  recall: Trajectory.recall
}

const compute = (measure: Measure, instance: MetricInstance): Result.Result<number, Absent> => {
  const { response } = instance
  const against = (of: (reference: string) => Result.Result<number, Absent> | number): Result.Result<number, Absent> =>
    Result.flatMap(need(instance.reference, "reference"), (reference) => {
      const value = of(reference)
      return typeof value === "number" ? Result.succeed(value) : value
    })
  switch (measure._tag) {
    case "ExactMatch":
      return against((reference) => ExactMatch.score(response, reference))
    case "Bleu":
      return against((reference) => Bleu.score(response, [reference], measure))
    case "Rouge":
      return against((reference) => {
        const { fmeasure } = Rouge.score(response, reference, { ...measure, types: [measure.type] })[measure.type]
        return fmeasure
      })
    case "ToolCall":
      return against((reference) => Result.map(ToolCall.score(response, reference), (scores) => scores[measure.part]))
    case "Trajectory":
      return Result.flatMap(need(instance.trajectory, "predicted_trajectory"), (predicted) =>
        Result.flatMap(need(instance.referenceTrajectory, "reference_trajectory"), (expected) => {
          const value = comparisons[measure.compare](predicted, expected)
          return typeof value === "number" ? Result.succeed(value) : value
        })
      )
    case "SingleToolUse":
      return Result.map(need(instance.trajectory, "predicted_trajectory"), (predicted) =>
        Trajectory.singleToolUse(predicted, measure.toolName)
      )
    case "SacreBleu":
      return against((reference) => Result.map(SacreBleu.sentence(response, [reference]), ({ score }) => score))
    case "Chrf":
      return against((reference) => Chrf.sentence(response, [reference], measure))
    case "Ter":
      return against((reference) => Result.map(Ter.sentence(response, [reference]), ({ score }) => score))
    case "Squad":
      return against((reference) => Result.map(Squad.score(response, [reference]), (scores) => scores[measure.part]))
    case "TokenF1":
      return against((reference) => TokenF1.score(response, reference).f1)
    case "Contains":
      return against((reference) =>
        measure.ignoreCase === true
          ? TextMatch.containsIgnoringCase(response, reference)
          : TextMatch.contains(response, reference)
      )
    case "CitationCoverage":
      return Result.flatMap(need(instance.grounding, "grounding"), ({ metadata, parts }) =>
        CitationCoverage.score(parts, metadata)
      )
    case "Latency":
      return Result.flatMap(need(instance.latencyMs, "latency"), Latency.seconds)
    case "Function":
      return measure.compute(instance)
  }
}
