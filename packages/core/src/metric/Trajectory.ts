/**
 * The trajectory metrics of Vertex AI's agent evaluation: does the sequence of tool calls that an agent made fit the expected one?
 *
 * The service does not document repeated identical calls; here they count as often as they occur in `anyOrderMatch`, and each
 * counts by itself in `precision` and `recall`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Absent, absent } from "./Absent.ts"
import * as JsonText from "./JsonText.ts"

/**
 * One call, as the service writes it. `tool_input` is any JSON; objects are equal whatever the order of their keys.
 *
 * @since 0.1.0
 */
export const TrajectoryCall = Schema.Struct({
  tool_name: Schema.String,
  tool_input: Schema.optional(Schema.Unknown)
})

/**
 * One call, as the service writes it.
 *
 * @since 0.1.0
 */
export type TrajectoryCall = typeof TrajectoryCall.Type

/**
 * Calls in the order in which they were made.
 *
 * @since 0.1.0
 */
export type Trajectory = ReadonlyArray<TrajectoryCall>

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Array(TrajectoryCall)))

/**
 * Reads a trajectory from JSON text: a list of `{"tool_name": "...", "tool_input": ...}`. Anything else is absent, with reason
 * `InvalidPrediction` or `InvalidReference` as told.
 *
 * @since 0.1.0
 */
export const parse = (
  text: string,
  reason: "InvalidPrediction" | "InvalidReference" = "InvalidPrediction"
): Result.Result<Trajectory, Absent> => {
  const calls = decode(text)
  return Result.isSuccess(calls)
    ? Result.succeed(calls.success)
    : absent("trajectory", reason, `no JSON list of tool calls: ${text.slice(0, 120)}`)
}

const equals = (a: TrajectoryCall, b: TrajectoryCall): boolean =>
  a.tool_name === b.tool_name && JsonText.equals(a.tool_input, b.tool_input)

/**
 * 1 if both are the same calls in the same order, otherwise 0. Two empty trajectories match.
 *
 * @since 0.1.0
 */
export const exactMatch = (prediction: Trajectory, reference: Trajectory): 0 | 1 =>
  prediction.length === reference.length && inOrderMatch(prediction, reference) === 1 ? 1 : 0

/**
 * 1 if the expected calls occur in their order, possibly with others between, otherwise 0. An empty reference is always met.
 *
 * @since 0.1.0
 */
export const inOrderMatch = (prediction: Trajectory, reference: Trajectory): 0 | 1 => {
  let met = 0
  for (const call of prediction) {
    const next = reference[met]
    if (next !== undefined && equals(call, next)) met++
  }
  return met === reference.length ? 1 : 0
}

/**
 * 1 if every expected call occurs, as often as expected, in any order and possibly with others, otherwise 0.
 *
 * @since 0.1.0
 */
export const anyOrderMatch = (prediction: Trajectory, reference: Trajectory): 0 | 1 => {
  const left = [...prediction]
  for (const call of reference) {
    const found = left.findIndex((other) => equals(call, other))
    if (found < 0) return 0
    left.splice(found, 1)
  }
  return 1
}

const share = (calls: Trajectory, others: Trajectory): number =>
  calls.filter((call) => others.some((other) => equals(call, other))).length / calls.length

/**
 * The share of the predicted calls that were expected, in [0, 1]. Absent without any predicted call.
 *
 * @since 0.1.0
 */
export const precision = (prediction: Trajectory, reference: Trajectory): Result.Result<number, Absent> =>
  prediction.length === 0
    ? absent("trajectory_precision", "Undefined", "the predicted trajectory has no calls.")
    : Result.succeed(share(prediction, reference))

/**
 * The share of the expected calls that were predicted, in [0, 1]. Absent without any expected call.
 *
 * @since 0.1.0
 */
export const recall = (prediction: Trajectory, reference: Trajectory): Result.Result<number, Absent> =>
  reference.length === 0
    ? absent("trajectory_recall", "Undefined", "the reference trajectory has no calls.")
    : Result.succeed(share(reference, prediction))

/**
 * 1 if a tool was called at least once, whatever its input, otherwise 0.
 *
 * @since 0.1.0
 */
export const singleToolUse = (prediction: Trajectory, toolName: string): 0 | 1 =>
  prediction.some((call) => call.tool_name === toolName) ? 1 : 0
