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
  if (isMedia) return Answer.page(message, code)
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
