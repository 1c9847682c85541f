/**
 * The parameters of a query: values go to BigQuery beside the statement, never in it.
 *
 * @since 0.1.0
 */
import type { FieldType } from "./BigQueryTable.ts"

/**
 * The types that a parameter can have.
 *
 * @since 0.1.0
 */
export type ParameterType = Exclude<FieldType, "STRUCT">

/**
 * A value of a type: as its text where JavaScript has none, null for NULL. An array has the type of its items.
 *
 * @since 0.1.0
 */
export type Typed =
  | { readonly type: ParameterType; readonly value: string | number | bigint | boolean | null }
  | { readonly type: ParameterType; readonly values: ReadonlyArray<string | number | bigint | boolean> }

/**
 * A parameter. Plain text is a STRING, a boolean a BOOL, a bigint or a whole number an INT64, another number a FLOAT64; for anything else give the type.
 *
 * @since 0.1.0
 */
export type Parameter = string | number | bigint | boolean | Typed

/**
 * Gives a value its type: `of("DATE", "2026-11-22")`, `of("STRING", null)`.
 *
 * @since 0.1.0
 */
export const of = (type: ParameterType, value: string | number | bigint | boolean | null): Parameter => ({
  type,
  value
})

/**
 * Makes an array, which may be empty: `array("STRING", ["a", "b"])`.
 *
 * @since 0.1.0
 */
export const array = (type: ParameterType, values: ReadonlyArray<string | number | bigint | boolean>): Parameter => ({
  type,
  values
})

/**
 * A parameter with its type.
 *
 * @since 0.1.0
 */
export const typed = (parameter: Parameter): Typed => {
  switch (typeof parameter) {
    case "string":
      return { type: "STRING", value: parameter }
    case "boolean":
      return { type: "BOOL", value: parameter }
    case "bigint":
      return { type: "INT64", value: parameter }
    case "number":
      return { type: Number.isSafeInteger(parameter) ? "INT64" : "FLOAT64", value: parameter }
    default:
      return parameter
  }
}
