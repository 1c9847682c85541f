/**
 * Metrics that are judged by rubrics: those that the service defines itself, and those that bring rubrics along.
 *
 * - Quality, instruction following, tool use and conversations: the rubrics given, else those of the prompt; the score is the share kept.
 * - Grounding and hallucination: one rubric for each sentence of the response, kept when three quarters of its content words are in the source.
 * - Safety: 1 without a phrase of harm, else 0.
 * - Final response match: 1 when the word F1 with the reference is a half or more, else 0.
 * - Pictures and videos: not offered.
 *
 * @since 0.1.0
 */
import * as TokenF1 from "@genops/core/metric/TokenF1"
import * as Result from "effect/Result"
import * as Sentences from "../engine/Sentences.ts"
import type { Bill } from "../http/Answer.ts"
import type { JsonObject } from "../wire/Decode.ts"
import type { Rubric as Wire } from "../wire/EvaluationSpec.ts"
import * as Answered from "./Answered.ts"
import * as Heuristic from "./Heuristic.ts"
import * as Judge from "./Judge.ts"
import * as Judged from "./Judged.ts"
import type { Values } from "./MetricTemplate.ts"
import * as Overlap from "./Overlap.ts"
import * as Problem from "./Problem.ts"
import * as Rubric from "./Rubric.ts"
import * as SinglePrecision from "./SinglePrecision.ts"

type Kind = "grounding" | "match" | "media" | "rubrics" | "safety"

/** The older version of each metric and, where there is one, the newer. */
const families: ReadonlyArray<readonly [family: string, kind: Kind, older: string, newer?: string]> = [
  ["general_quality", "rubrics", "v1", "v2"],
  ["text_quality", "rubrics", "v1", "v2"],
  ["instruction_following", "rubrics", "v1", "v2"],
  ["grounding", "grounding", "v1", "v2"],
  ["safety", "safety", "v1", "v3"],
  ["hallucination", "grounding", "v1", "v2"],
  ["tool_use_quality", "rubrics", "v1", "v2"],
  ["final_response_match", "match", "v2", "v3"],
  ["final_response_reference_free", "rubrics", "v1", "v2"],
  ["final_response_quality", "rubrics", "v1", "v2"],
  ["multi_turn_general_quality", "rubrics", "v1", "v2"],
  ["multi_turn_text_quality", "rubrics", "v1", "v2"],
  ["multi_turn_tool_use_quality", "rubrics", "v1"],
  ["multi_turn_trajectory_quality", "rubrics", "v1"],
  ["multi_turn_task_success", "rubrics", "v1"],
  ["gecko_text2image", "media", "v1", "v2"],
  ["gecko_text2video", "media", "v1", "v2"]
]

/** How a metric is judged, and by which model unless the request says. */
interface Predefined {
  readonly kind: Kind
  readonly judge: string
}

const byName: ReadonlyMap<string, Predefined> = new Map(
  families.flatMap(([family, kind, older, newer]) => [
    [`${family}_${older}`, { kind, judge: Judge.usual.judge }] as const,
    ...(newer === undefined ? [] : [[`${family}_${newer}`, { kind, judge: Judge.usual.newer }] as const])
  ])
)

/**
 * Finds a metric that the service defines.
 *
 * @since 0.1.0
 */
export const find = (name: string | undefined): Result.Result<Predefined, Problem.Problem> => {
  const found = byName.get(name ?? "")
  if (found === undefined) {
    return name === undefined || name === ""
      ? Problem.invalid("metric_spec_name is required")
      : Problem.notFound(`Predefined metric ${name} not found`)
  }
  return found.kind === "media" ? Problem.unimplemented(`${name} judges pictures and videos.`) : Result.succeed(found)
}

/**
 * A result of a list of metrics.
 *
 * @since 0.1.0
 */
export interface Scored {
  readonly score: number
  readonly result: JsonObject
  readonly bill?: Bill
}

const billed = (
  judge: Judge.Judge,
  { prompt, reference = "", response, source }: Answered.Answered,
  answer: unknown
) => {
  const texts = [prompt, source === prompt ? "" : source, reference, response]
  return Judge.bill({ ...judge, samples: 1 }, { text: texts.join("\n"), media: [] }, JSON.stringify(answer))
}

/**
 * Checks each rubric; the score is the share of those that are kept. Without any rubric it is a problem.
 *
 * @since 0.1.0
 */
export const byRubrics = (
  judge: Judge.Judge,
  rubrics: ReadonlyArray<Wire>,
  answered: Answered.Answered,
  check: (description: string, answered: Answered.Answered) => Rubric.Verdict = Rubric.check
): Result.Result<Scored, Problem.Problem> => {
  if (rubrics.length === 0) return Problem.invalid("there are no rubrics to judge by")
  const verdicts = rubrics.map((rubric) => ({ rubric, ...check(Rubric.description(rubric), answered) }))
  const score = SinglePrecision.shortest(verdicts.filter(({ verdict }) => verdict).length / rubrics.length)
  const rubricVerdicts = verdicts.map(({ reasoning, rubric, verdict }) => ({
    evaluatedRubric: rubric,
    ...(verdict ? { verdict } : {}),
    reasoning
  }))
  return Result.succeed({ score, result: { score, rubricVerdicts }, bill: billed(judge, answered, rubricVerdicts) })
}

const grounding = (judge: Judge.Judge, answered: Answered.Answered) =>
  byRubrics(
    judge,
    Sentences.split(answered.response).map((sentence, index) => ({
      rubricId: String(index + 1),
      content: { property: { description: sentence } },
      type: "GROUNDING",
      importance: "HIGH"
    })),
    answered,
    (sentence) => {
      const share = Overlap.support(sentence, answered.source)
      const reasoning = `Emulator's rule: ${Math.round(share * 100)} % of its content words occur in the source; 75 % are enough.`
      return { verdict: share >= 0.75, reasoning }
    }
  )

const either = (judge: Judge.Judge, answered: Answered.Answered, name: string, good: boolean, text: string): Scored => {
  const result = { score: good ? 1 : 0, explanation: Judged.explain(name, text) }
  return { score: result.score, result, bill: billed(judge, answered, result) }
}

/**
 * Scores by a metric that the service defines. What it needs and the values lack is a problem.
 *
 * @since 0.1.0
 */
export const score = (
  judge: Judge.Judge,
  { kind }: Predefined,
  values: Values,
  rubrics: ReadonlyArray<Wire>
): Result.Result<Scored, Problem.Problem> =>
  Result.gen(function* () {
    const needs =
      kind === "match" ? ["response", "reference"] : kind === "safety" ? ["response"] : ["prompt", "response"]
    for (const name of needs) yield* Problem.required(values.get(name), name)
    const answered = Answered.of(values)
    switch (kind) {
      case "grounding":
        return yield* grounding(judge, answered)
      case "safety": {
        const { quality, text } = Heuristic.safety(answered)
        return either(judge, answered, "safety", quality === 1, text)
      }
      case "match": {
        const { f1 } = TokenF1.score(answered.response, answered.reference ?? "")
        const text = `its word F1 with the reference is ${f1.toFixed(3)}, and 0.5 is a match`
        return either(judge, answered, "final response match", f1 >= 0.5, text)
      }
      default:
        return yield* byRubrics(judge, rubrics.length === 0 ? Rubric.generate(answered.prompt) : rubrics, answered)
    }
  })
