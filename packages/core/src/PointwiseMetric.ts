/**
 * Metrics by which a judge model rates one answer.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as NamedCriteria from "./criteria/NamedCriteria.ts"
import type { Criterion } from "./criteria/Criterion.ts"
import * as MetricPrompt from "./MetricPrompt.ts"
import type * as Prompt from "./Prompt.ts"
import * as Scale from "./Scale.ts"

/**
 * A metric by which a judge rates one answer on a scale.
 *
 * @since 0.1.0
 */
export interface PointwiseMetric {
  readonly _tag: "Pointwise"
  readonly name: string
  /** The columns that the judge sees. */
  readonly inputs: ReadonlyArray<string>
  readonly scale: Scale.Scale
  readonly prompt: Prompt.Prompt
  /** What the judge is told beforehand; "" for nothing. */
  readonly systemInstruction: string
}

/**
 * Defines a metric by a template of your own, which names `{response}` and whatever other columns the judge is to see.
 *
 * `scale` is 1 to 5 when left out; judged scales have whole ratings and two ends, at most 101 ratings. Fails with `InvalidMetric`.
 *
 * @example
 * import * as PointwiseMetric from "@genops/core/PointwiseMetric"
 * import * as Scale from "@genops/core/Scale"
 *
 * const polite = PointwiseMetric.make({
 *   name: "polite",
 *   scale: Scale.zeroOrOne,
 *   template: "Is the answer polite?\n1: it is\n0: it is not\n\n<question>{prompt}</question>\n<answer>{response}</answer>"
 * })
 *
 * @since 0.1.0
 */
export const make = (options: {
  readonly name: string
  readonly template: MetricPrompt.Template
  readonly scale?: Scale.Scale
  readonly systemInstruction?: string
}): Result.Result<PointwiseMetric, MetricPrompt.InvalidMetric> => {
  const { name, scale = Scale.oneToFive, systemInstruction = MetricPrompt.systemInstruction, template } = options
  const { integer, max = Infinity, min } = scale
  if (integer !== true || !Number.isInteger(min) || !Number.isInteger(max) || max <= min || max - min > 100) {
    const reason = "a judge needs a scale with whole ratings, two ends, and 2 to 101 ratings between them."
    return Result.fail(new MetricPrompt.InvalidMetric({ name, reason }))
  }
  return Result.map(MetricPrompt.make(name, template, ["response"]), (prompt) => ({
    _tag: "Pointwise",
    name,
    inputs: prompt.variables,
    scale,
    prompt,
    systemInstruction
  }))
}

const fromCriterion = ({ name, scale, ...parts }: Criterion): PointwiseMetric =>
  // The criteria are constants of this package; a test makes each of them.
  Result.getOrThrow(make({ name, scale, template: { ...parts, inputs: [...parts.inputs, "response"] } }))

/**
 * The named metrics: `coherence`, `fluency`, `instruction_following`, `text_quality`, `summarization_quality`,
 * `question_answering_quality`, `multi_turn_chat_quality` (1 to 5), `safety`, `groundedness`, `multi_turn_safety` (0 or 1),
 * `verbosity` (-2 to 2, 0 is ideal). All need `prompt`; the multi-turn ones `history` too.
 *
 * `groundedness` compares with the prompt only: it holds facts found by search against an answer. For grounded answers see the
 * computed metric `citation_coverage`.
 *
 * @since 0.1.0
 */
export const all: ReadonlyArray<PointwiseMetric> = NamedCriteria.all.map(fromCriterion)
