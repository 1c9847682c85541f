/**
 * How ML Metadata refuses.
 *
 * @since 0.1.0
 */
import * as GoogleError from "../wire/GoogleError.ts"

/**
 * A request that breaks a rule: HTTP 400.
 *
 * @since 0.1.0
 */
export const invalid: (message: string) => GoogleError.GoogleError = GoogleError.invalidArgument

/**
 * A store, context, execution or artifact that does not exist: HTTP 404. `name` is the one that was asked for.
 *
 * @since 0.1.0
 */
export const missing = (kind: string, name: string): GoogleError.GoogleError =>
  GoogleError.notFound(`Cannot find ${kind} ${name}`)

/**
 * An id that is in use: HTTP 409.
 *
 * @since 0.1.0
 */
export const alreadyExists = (kind: string, name: string): GoogleError.GoogleError => ({
  error: { code: 409, message: `${kind} with name ${name} already exists`, status: "ALREADY_EXISTS" }
})

/**
 * A write with an etag that is not the stored one: HTTP 409.
 *
 * @since 0.1.0
 */
export const staleEtag = (kind: string, given: string, stored: string): GoogleError.GoogleError => ({
  error: {
    code: 409,
    message: `Specified ${kind} \`etag\`: \`${given}\` does not match server \`etag\`: \`${stored}\``,
    status: "ABORTED"
  }
})

/**
 * A deletion with an etag that is not the stored one: HTTP 400.
 *
 * @since 0.1.0
 */
export const failedPrecondition = (message: string): GoogleError.GoogleError => ({
  error: { code: 400, message, status: "FAILED_PRECONDITION" }
})
