/**
 * Whether a call gave an answer at all: the `failure` column of Vertex AI's evaluation reports.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"

/**
 * 1 for an outcome that failed, 0 for one that succeeded. Its mean is the failure rate; see `Wilson` for the interval.
 *
 * @since 0.1.0
 */
export const score = (outcome: Result.Result<unknown, unknown>): 0 | 1 => (Result.isFailure(outcome) ? 1 : 0)
