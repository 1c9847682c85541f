/**
 * Metrics of a list, one by one, about one instance or about each row of a dataset.
 *
 * A comparison has no field of its own in a list of results: its score is 1 for the candidate, 0.5 for a tie and 0 for the baseline.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { JsonObject } from "../wire/Decode.ts"
import type { PairwiseChoice } from "../wire/EvaluationEnum.ts"
import type { Autorater, Metric, Rubric as Wire } from "../wire/EvaluationSpec.ts"
import * as Answered from "./Answered.ts"
import * as Computed from "./Computed.ts"
import * as Judge from "./Judge.ts"
import * as Judged from "./Judged.ts"
import type { Values } from "./MetricTemplate.ts"
import * as Problem from "./Problem.ts"
import * as Rubric from "./Rubric.ts"
import * as RubricMetric from "./RubricMetric.ts"

/**
 * What a list of metrics is asked about.
 *
 * @since 0.1.0
 */
export interface Subject {
  readonly values: Values
  readonly rubricGroups: { readonly [key: string]: { readonly rubrics?: ReadonlyArray<Wire> } }
}

/**
 * The result of one metric; `choice` is there for a comparison.
 *
 * @since 0.1.0
 */
export interface Scored extends RubricMetric.Scored {
  readonly choice?: PairwiseChoice
}

type Reply = Result.Result<Scored, Problem.Problem>

const computed = (scorer: Computed.Scorer, values: Values): Reply => {
  const texts = { prediction: values.get("response")?.text, reference: values.get("reference")?.text }
  const score = Computed.against(scorer, texts, { prediction: "response", reference: "reference" })
  return Result.map(score, (score) => ({ score, result: { score } }))
}

/** The parameters of a computed metric are a plain object, in snake_case. */
const rougeOf = (parameters: JsonObject) => {
  const { rouge_type: type, split_summaries: split, use_stemmer: stemmer } = parameters
  return Computed.rouge({
    ...(typeof type === "string" ? { rougeType: type } : {}),
    useStemmer: stemmer === true,
    splitSummaries: split === true
  })
}

const ofRating = ({ bill, explanation, score }: Judged.Rated): Scored => ({
  score,
  result: { score, explanation },
  bill
})

const worth = { BASELINE: 0, CANDIDATE: 1, TIE: 0.5 }

const ofChoice = ({ bill, explanation, pairwiseChoice }: Judged.Compared): Scored => {
  const score = worth[pairwiseChoice]
  return { score, choice: pairwiseChoice, result: { score, explanation: `${pairwiseChoice}. ${explanation}` }, bill }
}

const llmBased = (
  place: Judge.Place,
  spec: NonNullable<Metric["llmBasedMetricSpec"]>,
  { rubricGroups, values }: Subject,
  autorater: Autorater | undefined
): Reply =>
  Result.gen(function* () {
    const { judgeAutoraterConfig, predefinedRubricGenerationSpec, rubricGenerationSpec, rubricGroupKey } = spec
    if (spec.resultParserConfig !== undefined) return yield* Problem.unimplemented("The parser is code.")
    const judge = yield* Judge.resolve(place, judgeAutoraterConfig ?? autorater)
    const answered = Answered.of(values)
    if (rubricGroupKey !== undefined) {
      const group = yield* Problem.required(rubricGroups[rubricGroupKey], `rubric_groups["${rubricGroupKey}"]`)
      return yield* RubricMetric.byRubrics(judge, group.rubrics ?? [], answered)
    }
    if (predefinedRubricGenerationSpec === undefined && rubricGenerationSpec === undefined) {
      return ofRating(yield* Judged.pointwise(judge, spec, values))
    }
    if (predefinedRubricGenerationSpec !== undefined)
      yield* RubricMetric.find(predefinedRubricGenerationSpec.metricSpecName)
    return yield* RubricMetric.byRubrics(judge, Rubric.generate(answered.prompt), answered)
  })

/**
 * Scores a subject by a metric.
 *
 * @since 0.1.0
 */
export const score = (place: Judge.Place, metric: Metric, subject: Subject, autorater: Autorater | undefined): Reply =>
  Result.gen(function* () {
    const { values } = subject
    if (metric.exactMatchSpec !== undefined) return yield* computed(Computed.exactMatch, values)
    if (metric.bleuSpec !== undefined) return yield* computed(Computed.bleu(metric.bleuSpec), values)
    if (metric.rougeSpec !== undefined) return yield* computed(yield* Computed.rouge(metric.rougeSpec), values)
    if (metric.computationBasedMetricSpec !== undefined) {
      const { parameters = {}, type } = metric.computationBasedMetricSpec
      if (type === "EXACT_MATCH") return yield* computed(Computed.exactMatch, values)
      if (type === "ROUGE") return yield* computed(yield* rougeOf(parameters), values)
      if (type !== "BLEU") return yield* Problem.invalid("computation_based_metric_spec.type is required")
      return yield* computed(Computed.bleu({ useEffectiveOrder: parameters["use_effective_order"] === true }), values)
    }
    if (metric.predefinedMetricSpec !== undefined) {
      const predefined = yield* RubricMetric.find(metric.predefinedMetricSpec.metricSpecName)
      const judge = yield* Judge.resolve(place, autorater, predefined.judge)
      const rubrics = Object.values(subject.rubricGroups).flatMap(({ rubrics = [] }) => rubrics)
      return yield* RubricMetric.score(judge, predefined, values, rubrics)
    }
    if (metric.llmBasedMetricSpec !== undefined) {
      return yield* llmBased(place, metric.llmBasedMetricSpec, subject, autorater)
    }
    if (metric.pointwiseMetricSpec !== undefined) {
      const judge = yield* Judge.resolve(place, autorater)
      return ofRating(yield* Judged.pointwise(judge, metric.pointwiseMetricSpec, values))
    }
    if (metric.pairwiseMetricSpec !== undefined) {
      const judge = yield* Judge.resolve(place, autorater)
      return ofChoice(yield* Judged.pairwise(judge, metric.pairwiseMetricSpec, values))
    }
    if (metric.customCodeExecutionSpec !== undefined) return yield* Problem.unimplemented("The metric is code.")
    return yield* Problem.invalid("metric_spec is required")
  })
