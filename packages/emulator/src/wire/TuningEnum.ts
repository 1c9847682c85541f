/**
 * The enums in tuning jobs, by name and by number.
 *
 * Source: google.cloud.aiplatform.v1 job_state.proto and tuning_job.proto
 *
 * @since 0.1.0
 */
import { isJsonObject, type JsonObject } from "./Decode.ts"
import * as EvaluationEnum from "./EvaluationEnum.ts"

/**
 * The states of jobs in the order of their numbers.
 *
 * @since 0.1.0
 */
export const states = [
  "JOB_STATE_UNSPECIFIED",
  "JOB_STATE_QUEUED",
  "JOB_STATE_PENDING",
  "JOB_STATE_RUNNING",
  "JOB_STATE_SUCCEEDED",
  "JOB_STATE_FAILED",
  "JOB_STATE_CANCELLING",
  "JOB_STATE_CANCELLED",
  "JOB_STATE_PAUSED",
  "JOB_STATE_EXPIRED",
  "JOB_STATE_UPDATING",
  "JOB_STATE_PARTIALLY_SUCCEEDED"
] as const

/**
 * The sizes of adapters in the order of their numbers.
 *
 * @since 0.1.0
 */
export const adapterSizes = [
  "ADAPTER_SIZE_UNSPECIFIED",
  "ADAPTER_SIZE_ONE",
  "ADAPTER_SIZE_FOUR",
  "ADAPTER_SIZE_EIGHT",
  "ADAPTER_SIZE_SIXTEEN",
  "ADAPTER_SIZE_THIRTY_TWO",
  "ADAPTER_SIZE_TWO"
] as const

const byField = new Map<string, ReadonlyArray<string>>([
  ["state", states],
  ["adapterSize", adapterSizes]
])

const encode = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(encode)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, value]) => {
      const number = typeof value === "string" ? (byField.get(field)?.indexOf(value) ?? -1) : -1
      return [field, number < 0 ? encode(value) : number]
    })
  )
}

/**
 * An answer with the numbers of its enums instead of their names, which `$alt=json;enum-encoding=int` asks for.
 *
 * @since 0.1.0
 */
export const numbered = (answer: JsonObject): JsonObject => {
  const encoded = encode(answer)
  return EvaluationEnum.numbered(isJsonObject(encoded) ? encoded : answer)
}
