/**
 * Metrics by which a judge model chooses the better of two answers.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as NamedCriteria from "./criteria/NamedCriteria.ts"
import type { Criterion } from "./criteria/Criterion.ts"
import * as MetricPrompt from "./MetricPrompt.ts"
import type * as Prompt from "./Prompt.ts"

/**
 * A metric by which a judge chooses between the answer of a candidate and that of a baseline.
 *
 * The judge knows them as A, which stands at `{baseline_model_response}`, and B, which stands at `{response}`. To undo the
 * preference of judges for a position, half of the samples have the texts exchanged; see `Evaluation`.
 *
 * @since 0.1.0
 */
export interface PairwiseMetric {
  readonly _tag: "Pairwise"
  readonly name: string
  /** The columns that the judge sees, `response` and `baseline_model_response` among them. */
  readonly inputs: ReadonlyArray<string>
  readonly prompt: Prompt.Prompt
  /** What the judge is told beforehand; "" for nothing. */
  readonly systemInstruction: string
}

const places = { baseline_model_response: "Response A", response: "Response B" }

/**
 * Defines a metric by a template of your own, which names `{response}` (answer B) and `{baseline_model_response}` (answer A).
 * Fails with `InvalidMetric`.
 *
 * @example
 * import * as PairwiseMetric from "@genops/core/PairwiseMetric"
 *
 * const politer = PairwiseMetric.make({
 *   name: "politer",
 *   template: "Which answer is more polite?\n<A>{baseline_model_response}</A>\n<B>{response}</B>"
 * })
 *
 * @since 0.1.0
 */
export const make = (options: {
  readonly name: string
  readonly template: MetricPrompt.Template
  readonly systemInstruction?: string
}): Result.Result<PairwiseMetric, MetricPrompt.InvalidMetric> => {
  const { name, systemInstruction = MetricPrompt.systemInstruction, template } = options
  return Result.map(MetricPrompt.make(name, template, ["response", "baseline_model_response"], places), (prompt) => ({
    _tag: "Pairwise",
    name,
    inputs: prompt.variables,
    prompt,
    systemInstruction
  }))
}

const fromCriterion = ({ criteria, definition, inputs, name }: Criterion): PairwiseMetric => {
  const template: MetricPrompt.Parts = {
    definition: `Compare two responses, A and B, to the same prompt. ${definition}`,
    criteria,
    ratingRubric: [
      ["A", "Response A meets the criteria better than response B."],
      ["TIE", "Both meet the criteria equally well, or equally badly."],
      ["B", "Response B meets the criteria better than response A."]
    ],
    evaluationSteps: [
      "Assess response A by each criterion and note what supports your view.",
      "Assess response B by each criterion in the same way.",
      "Compare the two assessments. The order and the length of the responses are no reason to prefer one.",
      "Choose A, B or TIE by the rubric."
    ],
    inputs: [...inputs, "baseline_model_response", "response"]
  }
  // The criteria are constants of this package; a test makes each of them.
  return Result.getOrThrow(make({ name: `pairwise_${name}`, template }))
}

/**
 * The pairwise forms of the named criteria: `pairwise_coherence`, `pairwise_fluency`, ... `pairwise_verbosity`.
 *
 * @since 0.1.0
 */
export const all: ReadonlyArray<PairwiseMetric> = NamedCriteria.all.map(fromCriterion)
