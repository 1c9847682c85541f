/**
 * Metrics that a template describes, rated and compared by a heuristic in place of a judge. Every explanation says so.
 *
 * All samples of a heuristic are equal, and exchanging the answers changes nothing: `samplingCount` and `flipEnabled` show in the raw outputs, the
 * explanation and the bill.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Bill } from "../http/Answer.ts"
import type { PairwiseChoice } from "../wire/EvaluationEnum.ts"
import type { Pairwise, Pointwise } from "../wire/EvaluationSpec.ts"
import * as Answered from "./Answered.ts"
import * as Criterion from "./Criterion.ts"
import type { Measured } from "./Heuristic.ts"
import * as Judge from "./Judge.ts"
import * as MetricTemplate from "./MetricTemplate.ts"
import * as Problem from "./Problem.ts"
import * as RatingScale from "./RatingScale.ts"

/**
 * Qualities that differ by less are a tie.
 *
 * @since 0.1.0
 */
export const margin = 0.05

/**
 * What a judge said, as many times as it was asked: `raw` are its outputs in JSON.
 *
 * @since 0.1.0
 */
export interface Verdict {
  readonly explanation: string
  readonly raw: ReadonlyArray<string>
  readonly bill: Bill
}

/**
 * A verdict about one answer.
 *
 * @since 0.1.0
 */
export interface Rated extends Verdict {
  readonly score: number
}

/**
 * A verdict about two answers.
 *
 * @since 0.1.0
 */
export interface Compared extends Verdict {
  readonly pairwiseChoice: PairwiseChoice
}

/**
 * Says what stands behind a rating.
 *
 * @since 0.1.0
 */
export const explain = (name: string, text: string): string =>
  `Emulator's heuristic "${name}", not the judgement of a model: ${text}.`

const write = <A extends { readonly explanation: string }>(
  judge: Judge.Judge,
  asked: MetricTemplate.Value,
  systemInstruction: string | undefined,
  verdict: A
): A & Verdict => {
  const raw = JSON.stringify(verdict)
  const bill = Judge.bill(judge, asked, raw, systemInstruction)
  return { ...verdict, raw: Array.from({ length: judge.samples }, () => raw), bill }
}

/**
 * Rates a measured quality on a scale.
 *
 * @since 0.1.0
 */
export const rate = (name: string, scale: RatingScale.RatingScale, measured: Measured) => ({
  score: RatingScale.rate(scale, measured),
  explanation: explain(name, `${measured.text}; that is ${measured.quality.toFixed(2)} of 1`)
})

/**
 * Compares measured qualities.
 *
 * @since 0.1.0
 */
export const compare = (name: string, candidate: Measured, baseline: Measured) => {
  const difference = candidate.quality - baseline.quality
  const pairwiseChoice: PairwiseChoice =
    Math.abs(difference) < margin ? "TIE" : difference > 0 ? "CANDIDATE" : "BASELINE"
  const sides = `of the candidate, ${candidate.text} (${candidate.quality.toFixed(2)} of 1); of the baseline, ${baseline.text} (${baseline.quality.toFixed(2)} of 1)`
  return { pairwiseChoice, explanation: explain(name, `${sides}; less than ${margin} apart is a tie`) }
}

/**
 * Rates the response among the values by the template.
 *
 * @since 0.1.0
 */
export const pointwise = (
  judge: Judge.Judge,
  { metricPromptTemplate, systemInstruction }: Pointwise,
  values: MetricTemplate.Values
): Result.Result<Rated, Problem.Problem> =>
  Result.gen(function* () {
    const template = yield* Problem.required(metricPromptTemplate || undefined, "metric_prompt_template")
    const asked = yield* MetricTemplate.render(template, values)
    const { measure, name } = Criterion.of(template)
    return write(
      judge,
      asked,
      systemInstruction,
      rate(name, RatingScale.of(MetricTemplate.wording(template)), measure(Answered.of(values)))
    )
  })

/**
 * Compares two responses among the values by the template.
 *
 * @since 0.1.0
 */
export const pairwise = (
  judge: Judge.Judge,
  spec: Pairwise,
  values: MetricTemplate.Values
): Result.Result<Compared, Problem.Problem> =>
  Result.gen(function* () {
    const { baselineResponseFieldName, candidateResponseFieldName, metricPromptTemplate, systemInstruction } = spec
    const template = yield* Problem.required(metricPromptTemplate || undefined, "metric_prompt_template")
    const fields = [candidateResponseFieldName, baselineResponseFieldName].flatMap((name) => name || [])
    if (judge.flips === true && fields.length < 2) {
      return yield* Problem.invalid("flip_enabled needs candidate_response_field_name and baseline_response_field_name")
    }
    const unknown = fields.find((name) => !values.has(name))
    if (unknown !== undefined) return yield* Problem.invalid(`The instance has no field ${unknown}`)
    const asked = yield* MetricTemplate.render(template, values)
    const { measure, name } = Criterion.of(template)
    const verdict = compare(
      name,
      measure(Answered.of(values, candidateResponseFieldName || "response")),
      measure(Answered.of(values, baselineResponseFieldName || "baseline_model_response"))
    )
    return write(judge, asked, systemInstruction, verdict)
  })
