/**
 * What Cloud Storage refuses, with the bodies of its JSON API, which are not those of Vertex AI.
 *
 * Source: https://cloud.google.com/storage/docs/json_api/v1/status-codes
 *
 * @since 0.1.0
 */
import * as Answer from "../http/Answer.ts"

/**
 * A refused call.
 *
 * @since 0.1.0
 */
export interface Refusal {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly location?: string
}

/**
 * Writes the body. A refused download has the message as text.
 *
 * @since 0.1.0
 */
export const answer = ({ code, location, message, reason }: Refusal, isMedia = false): Answer.Unary => {
  if (isMedia || code === 304) return Answer.page(code === 304 ? "" : message, code)
  const where = location === undefined ? {} : { locationType: "header", location }
  return Answer.json({ error: { code, message, errors: [{ message, domain: "global", reason, ...where }] } }, code)
}

/** @since 0.1.0 */
export const invalid = (message: string): Refusal => ({ code: 400, reason: "invalid", message })

/** @since 0.1.0 */
export const noObject = (bucket: string, name: string): Refusal => ({
  code: 404,
  reason: "notFound",
  message: `No such object: ${bucket}/${name}`
})

/** @since 0.1.0 */
export const noBucket: Refusal = { code: 404, reason: "notFound", message: "The specified bucket does not exist." }

/** @since 0.1.0 */
export const conflict = (message: string): Refusal => ({ code: 409, reason: "conflict", message })

/**
 * A resumable session that has ended, or never was.
 *
 * @since 0.1.0
 */
export const gone: Refusal = { code: 410, reason: "gone", message: "The upload session is no longer available." }

/**
 * A reading of an object that is still the one that the caller has.
 *
 * @since 0.1.0
 */
export const notModified: Refusal = { code: 304, reason: "notModified", message: "" }

/** @since 0.1.0 */
export const conditionNotMet: Refusal = {
  code: 412,
  reason: "conditionNotMet",
  message: "At least one of the pre-conditions you specified did not hold.",
  location: "If-Match"
}

/**
 * An object, or all of them in memory, that would be larger than this server keeps.
 *
 * @since 0.1.0
 */
export const tooLarge = (limit: number): Refusal => ({
  code: 413,
  reason: "uploadTooLarge",
  message: `The emulator keeps at most ${limit} bytes here. Start it with --dir DIR for larger objects.`
})

/** @since 0.1.0 */
export const badRange: Refusal = {
  code: 416,
  reason: "requestedRangeNotSatisfiable",
  message: "The requested range cannot be satisfied."
}

const failures = new Map<number, Omit<Refusal, "code">>([
  [400, { reason: "invalid", message: "Invalid argument." }],
  [401, { reason: "required", message: "Anonymous caller does not have access.", location: "Authorization" }],
  [403, { reason: "forbidden", message: "The caller does not have access to the Google Cloud Storage object." }],
  [404, { reason: "notFound", message: "Not Found" }],
  [409, { reason: "conflict", message: "The resource was changed meanwhile." }],
  [410, gone],
  [412, conditionNotMet],
  [
    429,
    {
      reason: "rateLimitExceeded",
      message: "The rate limit for object mutation operations was exceeded. Please reduce your request rate."
    }
  ],
  [500, { reason: "backendError", message: "Backend Error" }],
  [503, { reason: "backendError", message: "Backend Error" }],
  [504, { reason: "backendError", message: "Backend Error" }]
])

/**
 * The answer with a status that a fault puts in place of the work; undefined for one that this service does not write itself.
 *
 * @since 0.1.0
 */
export const ofStatus = (code: number): Answer.Unary | undefined => {
  const failure = failures.get(code)
  return failure === undefined ? undefined : answer({ code, ...failure })
}
