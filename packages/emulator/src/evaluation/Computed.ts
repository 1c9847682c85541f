/**
 * The metrics that are really computed, by the same functions as in `@genops/core`.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/models/determine-eval
 *
 * @since 0.1.0
 */
import type { Absent } from "@genops/core/metric/Absent"
import * as Bleu from "@genops/core/metric/Bleu"
import * as ExactMatch from "@genops/core/metric/ExactMatch"
import * as Rouge from "@genops/core/metric/Rouge"
import * as ToolCall from "@genops/core/metric/ToolCall"
import * as Trajectory from "@genops/core/metric/Trajectory"
import * as Result from "effect/Result"
import type { JsonObject } from "../wire/Decode.ts"
import type { Instances, Trajectory as Wire } from "../wire/EvaluationRequest.ts"
import * as Problem from "./Problem.ts"
import * as SinglePrecision from "./SinglePrecision.ts"

/**
 * Scores a text against a reference.
 *
 * @since 0.1.0
 */
export type Scorer = (prediction: string, reference: string) => Result.Result<number, Absent>

/**
 * 1 for equal texts, otherwise 0.
 *
 * @since 0.1.0
 */
export const exactMatch: Scorer = (prediction, reference) => Result.succeed(ExactMatch.score(prediction, reference))

/**
 * BLEU in [0, 1].
 *
 * @since 0.1.0
 */
export const bleu =
  (spec: { readonly useEffectiveOrder?: boolean } = {}): Scorer =>
  (prediction, reference) =>
    Bleu.score(prediction, [reference], spec)

const rougeTypes: ReadonlyMap<string, Rouge.RougeType> = new Map([
  ["rougeL", "rouge_l"],
  ["rougeLsum", "rouge_l_sum"],
  ...([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((n) => [`rouge${n}`, `rouge_${n}`] as const)
])

/**
 * The F1 of a ROUGE, `rougeLsum` when none is named.
 *
 * @since 0.1.0
 */
export const rouge = (
  spec: { readonly rougeType?: string; readonly useStemmer?: boolean; readonly splitSummaries?: boolean } = {}
): Result.Result<Scorer, Problem.Problem> => {
  const { rougeType, ...settings } = spec
  const type = rougeTypes.get(rougeType || "rougeLsum")
  return type === undefined
    ? Problem.invalid(`rouge_type ${rougeType} is not supported. Use rouge1 to rouge9, rougeL or rougeLsum`)
    : Result.succeed((prediction, reference) =>
        Result.succeed(Rouge.score(prediction, reference, { ...settings, types: [type] })[type].fmeasure)
      )
}

const toolCall =
  (part: keyof ToolCall.ToolCallScore): Scorer =>
  (prediction, reference) =>
    Result.map(ToolCall.score(prediction, reference), (scores) => scores[part])

/** A score, or the reason why there is none, as a problem at a place. */
const present = (score: Result.Result<number, Absent>, where: string): Result.Result<number, Problem.Problem> =>
  Result.mapError(score, ({ detail }): Problem.Problem => ({ code: 3, message: `${where}: ${detail}` }))

/**
 * Scores a text; a missing reference is a problem.
 *
 * @since 0.1.0
 */
export const against = (
  scorer: Scorer,
  { prediction, reference }: { readonly prediction?: string | undefined; readonly reference?: string | undefined },
  names: { readonly prediction: string; readonly reference: string }
): Result.Result<number, Problem.Problem> =>
  Result.gen(function* () {
    const predicted = yield* Problem.required(prediction, names.prediction)
    const expected = yield* Problem.required(reference, names.reference)
    return SinglePrecision.shortest(yield* present(scorer(predicted, expected), names.reference))
  })

/** A tool's input is JSON text; what is none is compared as text. */
const toolInput = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? "{}")
  } catch {
    return text
  }
}

const calls = (trajectory: Wire): Trajectory.Trajectory =>
  (trajectory.toolCalls ?? []).map((call) => ({
    tool_name: call.toolName ?? "",
    tool_input: toolInput(call.toolInput)
  }))

interface Several<I> {
  readonly instances?: ReadonlyArray<I>
}

type Reply = Result.Result<JsonObject, Problem.Problem>

const results = <I>(
  word: string,
  { instances = [] }: Several<I>,
  score: (instance: I, where: string) => Result.Result<number, Problem.Problem>
): Reply => {
  const at = `${word.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_input.instances`
  if (instances.length === 0) return Problem.invalid(`${at} is required`)
  const scores = Result.all(instances.map((instance, index) => score(instance, `${at}[${index}]`)))
  return Result.map(scores, (scores) => ({
    [`${word}Results`]: { [`${word}MetricValues`]: scores.map((score) => ({ score })) }
  }))
}

const texts = (
  word: string,
  input: Several<{ readonly prediction?: string; readonly reference?: string }>,
  scorer: Scorer
): Reply =>
  results(word, input, (instance, where) =>
    against(scorer, instance, { prediction: `${where}.prediction`, reference: `${where}.reference` })
  )

const trajectories = (
  word: string,
  input: Several<{ readonly predictedTrajectory?: Wire; readonly referenceTrajectory?: Wire }>,
  compare: (
    prediction: Trajectory.Trajectory,
    reference: Trajectory.Trajectory
  ) => Result.Result<number, Absent> | number
): Reply =>
  results(word, input, ({ predictedTrajectory, referenceTrajectory }, where) =>
    Result.gen(function* () {
      const predicted = yield* Problem.required(predictedTrajectory, `${where}.predicted_trajectory`)
      const expected = yield* Problem.required(referenceTrajectory, `${where}.reference_trajectory`)
      const value = compare(calls(predicted), calls(expected))
      return SinglePrecision.shortest(typeof value === "number" ? value : yield* present(value, where))
    })
  )

/**
 * Answers a request for a computed metric; undefined for any other.
 *
 * @since 0.1.0
 */
export const answer = (request: Instances): Reply | undefined => {
  const { bleuInput, exactMatchInput, rougeInput, toolCallValidInput, toolNameMatchInput } = request
  const { toolParameterKeyMatchInput, toolParameterKvMatchInput, trajectoryAnyOrderMatchInput } = request
  const { trajectoryExactMatchInput, trajectoryInOrderMatchInput, trajectoryPrecisionInput } = request
  const { trajectoryRecallInput, trajectorySingleToolUseInput } = request
  if (exactMatchInput !== undefined) return texts("exactMatch", exactMatchInput, exactMatch)
  if (bleuInput !== undefined) return texts("bleu", bleuInput, bleu(bleuInput.metricSpec))
  if (rougeInput !== undefined) {
    return Result.flatMap(rouge(rougeInput.metricSpec), (scorer) => texts("rouge", rougeInput, scorer))
  }
  if (toolCallValidInput !== undefined) return texts("toolCallValid", toolCallValidInput, toolCall("tool_call_valid"))
  if (toolNameMatchInput !== undefined) return texts("toolNameMatch", toolNameMatchInput, toolCall("tool_name_match"))
  if (toolParameterKeyMatchInput !== undefined) {
    return texts("toolParameterKeyMatch", toolParameterKeyMatchInput, toolCall("tool_parameter_key_match"))
  }
  if (toolParameterKvMatchInput !== undefined) {
    return texts("toolParameterKvMatch", toolParameterKvMatchInput, toolCall("tool_parameter_kv_match"))
  }
  if (trajectoryExactMatchInput !== undefined) {
    return trajectories("trajectoryExactMatch", trajectoryExactMatchInput, Trajectory.exactMatch)
  }
  if (trajectoryInOrderMatchInput !== undefined) {
    return trajectories("trajectoryInOrderMatch", trajectoryInOrderMatchInput, Trajectory.inOrderMatch)
  }
  if (trajectoryAnyOrderMatchInput !== undefined) {
    return trajectories("trajectoryAnyOrderMatch", trajectoryAnyOrderMatchInput, Trajectory.anyOrderMatch)
  }
  if (trajectoryPrecisionInput !== undefined) {
    return trajectories("trajectoryPrecision", trajectoryPrecisionInput, Trajectory.precision)
  }
  if (trajectoryRecallInput !== undefined) {
    return trajectories("trajectoryRecall", trajectoryRecallInput, Trajectory.recall)
  }
  if (trajectorySingleToolUseInput !== undefined) {
    const { metricSpec } = trajectorySingleToolUseInput
    const named = Problem.required(metricSpec?.toolName, "trajectory_single_tool_use_input.metric_spec.tool_name")
    return Result.flatMap(named, (toolName) =>
      results("trajectorySingleToolUse", trajectorySingleToolUseInput, ({ predictedTrajectory }, where) =>
        Result.map(Problem.required(predictedTrajectory, `${where}.predicted_trajectory`), (predicted) =>
          Trajectory.singleToolUse(calls(predicted), toolName)
        )
      )
    )
  }
  return undefined
}
