/**
 * How long an answer took: `latency_in_seconds` of Vertex AI's evaluation reports.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"

/**
 * Seconds from a number of milliseconds. A clock that went backwards (negative) or a missing measurement (NaN, infinite) has no
 * latency. Failed calls should not be scored: they are often the fastest.
 *
 * @since 0.1.0
 */
export const seconds = (milliseconds: number): Result.Result<number, Absent> =>
  Number.isFinite(milliseconds) && milliseconds >= 0
    ? Result.succeed(milliseconds / 1000)
    : absent("latency_in_seconds", "NotFinite", `${milliseconds} ms is no duration.`)

/**
 * 1 if an answer came within a limit, both in milliseconds, otherwise 0. Absent where `seconds` is.
 *
 * @since 0.1.0
 */
export const within = (milliseconds: number, limit: number): Result.Result<0 | 1, Absent> =>
  Result.map(seconds(milliseconds), () => (milliseconds <= limit ? 1 : 0))
