/**
 * Why there is no score: an HTTP error where one metric was asked for, a status beside the others in a list of metrics.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as GoogleError from "../wire/GoogleError.ts"

/**
 * A google.rpc.Code, INVALID_ARGUMENT (3), NOT_FOUND (5) or UNIMPLEMENTED (12), and what is wrong.
 *
 * @since 0.1.0
 */
export interface Problem {
  readonly code: 3 | 5 | 12
  readonly message: string
}

/**
 * Fails because the request is wrong.
 *
 * @since 0.1.0
 */
export const invalid = (message: string): Result.Result<never, Problem> => Result.fail({ code: 3, message })

/**
 * Fails because something that the request names does not exist.
 *
 * @since 0.1.0
 */
export const notFound = (message: string): Result.Result<never, Problem> => Result.fail({ code: 5, message })

/**
 * Fails because Google has it and the emulator has not.
 *
 * @since 0.1.0
 */
export const unimplemented = (message: string): Result.Result<never, Problem> =>
  Result.fail({ code: 12, message: `${message} The emulator does not offer it.` })

/**
 * Gives a value that must be there, or fails with its name.
 *
 * @since 0.1.0
 */
export const required = <A>(value: A | undefined, name: string): Result.Result<A, Problem> =>
  value === undefined ? invalid(`${name} is required`) : Result.succeed(value)

/**
 * The problem as the answer to a request.
 *
 * @since 0.1.0
 */
export const toError = ({ code, message }: Problem): GoogleError.GoogleError =>
  code === 3
    ? GoogleError.invalidArgument(message)
    : code === 5
      ? GoogleError.notFound(message)
      : { error: { code: 501, message, status: "UNIMPLEMENTED" } }
