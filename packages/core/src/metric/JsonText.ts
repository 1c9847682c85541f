/**
 * Texts that should be JSON: validity and conformance to a JSON Schema.
 *
 * @since 0.1.0
 */
import { deepCompareStrict, type Schema, Validator } from "@cfworker/json-schema"
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"

/**
 * Parses a text as JSON (RFC 8259: no comments, trailing commas, NaN, byte order mark or code fences), or `undefined`.
 *
 * @since 0.1.0
 */
export const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/**
 * 1 if the text is one JSON value, otherwise 0.
 *
 * @since 0.1.0
 */
export const valid = (text: string): 0 | 1 => (parse(text) === undefined ? 0 : 1)

/**
 * Tells whether two parsed JSON values are equal: numbers by value (1 and 1.0 are), objects whatever the order of their keys.
 *
 * @since 0.1.0
 */
export const equals = (a: unknown, b: unknown): boolean => deepCompareStrict(a, b)

/**
 * Prepares a JSON Schema, draft 2020-12. The returned function gives 1 if a text is JSON that conforms, otherwise 0.
 *
 * The validator interprets the schema, it generates no code. `format` is checked for the well-known formats. A schema that
 * cannot be used (a reference that leads nowhere, a pattern that does not compile) is absent with reason `InvalidReference`,
 * when prepared or when first reached. Validation needs the depth of the document on the stack.
 *
 * @since 0.1.0
 */
export const schema = (
  schema: Schema | boolean
): Result.Result<(text: string) => Result.Result<0 | 1, Absent>, Absent> => {
  const unusable = (cause: unknown) =>
    absent("json_schema", "InvalidReference", `the schema cannot be used: ${String(cause)}`)
  // The validator writes into the schema that it is given.
  const made = Result.try(() => new Validator(structuredClone(schema), "2020-12"))
  if (Result.isFailure(made)) return unusable(made.failure)
  return Result.succeed((text) => {
    const document = parse(text)
    if (document === undefined) return Result.succeed(0)
    const checked = Result.try(() => made.success.validate(document.value).valid)
    return Result.isFailure(checked) ? unusable(checked.failure) : Result.succeed(checked.success ? 1 : 0)
  })
}
