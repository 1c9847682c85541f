/**
 * The enums in the answers of evaluation, by name and by number.
 *
 * @since 0.1.0
 */
import { isJsonObject, type JsonObject } from "./Decode.ts"

/**
 * The values by the field that holds them, in the order of their numbers from 0.
 *
 * @since 0.1.0
 */
export const values = {
  aggregationMetric: [
    "AGGREGATION_METRIC_UNSPECIFIED",
    "AVERAGE",
    "MODE",
    "STANDARD_DEVIATION",
    "VARIANCE",
    "MINIMUM",
    "MAXIMUM",
    "MEDIAN",
    "PERCENTILE_P90",
    "PERCENTILE_P95",
    "PERCENTILE_P99"
  ],
  importance: ["IMPORTANCE_UNSPECIFIED", "HIGH", "MEDIUM", "LOW"],
  pairwiseChoice: ["PAIRWISE_CHOICE_UNSPECIFIED", "BASELINE", "CANDIDATE", "TIE"]
} as const

/**
 * How the scores of a dataset are summed up.
 *
 * @since 0.1.0
 */
export type AggregationMetric = (typeof values.aggregationMetric)[number]

/**
 * The better of two answers.
 *
 * @since 0.1.0
 */
export type PairwiseChoice = "BASELINE" | "CANDIDATE" | "TIE"

const byField: ReadonlyMap<string, ReadonlyArray<string>> = new Map(Object.entries(values))

const encode = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(encode)
  return isJsonObject(value) ? numbered(value) : value
}

/**
 * An answer with the numbers of its enums instead of their names, which `$alt=json;enum-encoding=int` asks for.
 *
 * @since 0.1.0
 */
export const numbered = (answer: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(answer).map(([field, value]) => {
      const number = typeof value === "string" ? (byField.get(field)?.indexOf(value) ?? -1) : -1
      return [field, number < 0 ? encode(value) : number]
    })
  )
