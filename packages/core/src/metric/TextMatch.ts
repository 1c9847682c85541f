/**
 * Simple checks of a text: containment, prefix, suffix, equality, regular expressions. Each is 1 or 0.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as Whitespace from "./Whitespace.ts"

/** A check of a prediction against a reference; an empty reference is contained in every text. */
type Check = (prediction: string, reference: string) => 0 | 1

const bit = (holds: boolean): 0 | 1 => (holds ? 1 : 0)

/**
 * The prediction contains the reference.
 *
 * @since 0.1.0
 */
export const contains: Check = (prediction, reference) => bit(prediction.includes(reference))

/**
 * The prediction contains the reference when both are lower-cased.
 *
 * @since 0.1.0
 */
export const containsIgnoringCase: Check = (prediction, reference) =>
  contains(prediction.toLowerCase(), reference.toLowerCase())

/**
 * The prediction starts with the reference.
 *
 * @since 0.1.0
 */
export const startsWith: Check = (prediction, reference) => bit(prediction.startsWith(reference))

/**
 * The prediction ends with the reference.
 *
 * @since 0.1.0
 */
export const endsWith: Check = (prediction, reference) => bit(prediction.endsWith(reference))

/**
 * Both are the same when lower-cased. For exact equality see `ExactMatch`.
 *
 * @since 0.1.0
 */
export const equalsIgnoringCase: Check = (prediction, reference) =>
  bit(prediction.toLowerCase() === reference.toLowerCase())

/**
 * Both are the same without white space at their ends.
 *
 * @since 0.1.0
 */
export const equalsTrimmed: Check = (prediction, reference) =>
  bit(Whitespace.trim(prediction) === Whitespace.trim(reference))

/**
 * The share of the expected texts that the prediction contains, in [0, 1]. Absent when nothing is expected.
 *
 * @since 0.1.0
 */
export const containsShare = (prediction: string, expected: ReadonlyArray<string>): Result.Result<number, Absent> =>
  expected.length === 0
    ? absent("contains", "MissingReference", "there is no text to look for.")
    : Result.succeed(expected.filter((text) => prediction.includes(text)).length / expected.length)

/**
 * The prediction has a match of a regular expression. A source text is compiled with the `u` flag; one that does not compile is
 * absent with reason `InvalidReference`. Expressions are trusted input: a bad one can take exponential time.
 *
 * @since 0.1.0
 */
export const matches = (prediction: string, expression: RegExp | string): Result.Result<0 | 1, Absent> => {
  const compiled = Result.try(() => new RegExp(expression, typeof expression === "string" ? "u" : expression.flags))
  return Result.isFailure(compiled)
    ? absent("regex", "InvalidReference", `${JSON.stringify(String(expression))} is no regular expression.`)
    : Result.succeed(bit(compiled.success.test(prediction)))
}
