/**
 * What BigQuery refuses, with the bodies of its API, and the same as the error of a job.
 *
 * Work on a statement or a file is refused from deep inside, so a refusal is thrown and caught in one place: at the route, or where a job runs.
 *
 * Source: https://cloud.google.com/bigquery/docs/error-messages
 *
 * @since 0.1.0
 */
import * as Answer from "../http/Answer.ts"

/** The reasons of the service and what they are in HTTP. */
const codes = {
  backendError: [503, "UNAVAILABLE"],
  bytesBilledLimitExceeded: [400, "INVALID_ARGUMENT"],
  duplicate: [409, "ALREADY_EXISTS"],
  internalError: [500, "INTERNAL"],
  invalid: [400, "INVALID_ARGUMENT"],
  invalidQuery: [400, "INVALID_ARGUMENT"],
  notFound: [404, "NOT_FOUND"],
  resourceInUse: [400, "FAILED_PRECONDITION"],
  responseTooLarge: [403, "PERMISSION_DENIED"],
  resourcesExceeded: [400, "RESOURCE_EXHAUSTED"],
  stopped: [200, "CANCELLED"]
} as const

/** @since 0.1.0 */
export type Reason = keyof typeof codes

/** @since 0.1.0 */
export const reasons: ReadonlyArray<Reason> = Object.keys(codes).filter((reason): reason is Reason => reason in codes)

/**
 * An error as jobs and rows list it.
 *
 * @since 0.1.0
 */
export interface ErrorProto {
  readonly reason: Reason
  readonly location?: string
  readonly debugInfo?: string
  readonly message: string
}

/**
 * A refusal. `errors` are further ones that a job lists beside it.
 *
 * @since 0.1.0
 */
export class Refusal extends Error {
  readonly reason: Reason
  readonly location: string | undefined
  readonly errors: ReadonlyArray<ErrorProto>
  constructor(reason: Reason, message: string, location?: string, errors: ReadonlyArray<ErrorProto> = []) {
    super(message)
    this.reason = reason
    this.location = location
    this.errors = errors
  }
}

/**
 * The refusal as a job's error.
 *
 * @since 0.1.0
 */
export const proto = ({ location, message, reason }: Refusal): ErrorProto => ({
  reason,
  ...(location === undefined ? {} : { location }),
  message
})

/**
 * The refusal as an HTTP answer.
 *
 * @since 0.1.0
 */
export const answer = ({ location, message, reason }: Refusal): Answer.Unary => {
  const [code, status] = codes[reason]
  // Of a query the place is its parameter in the request.
  const place = reason === "invalidQuery" ? "q" : location
  const where = place === undefined ? {} : { location: place, locationType: "parameter" }
  return Answer.json(
    { error: { code, message, errors: [{ message, domain: "global", reason, ...where }], status } },
    code
  )
}

/** @since 0.1.0 */
export const invalid = (message: string, location?: string): Refusal => new Refusal("invalid", message, location)

/** @since 0.1.0 */
export const notFound = (what: string): Refusal => new Refusal("notFound", `Not found: ${what}`)

/** @since 0.1.0 */
export const exists = (what: string): Refusal => new Refusal("duplicate", `Already Exists: ${what}`)

/** @since 0.1.0 */
export const stopped = (): Refusal => new Refusal("stopped", "Job execution was cancelled: User requested cancellation")

/**
 * What BigQuery has and the emulator has not. It is said, and never left out in silence.
 *
 * @since 0.1.0
 */
export const unsupported = (what: string): Refusal => invalid(`The emulator does not support ${what}.`)

/**
 * What the service answers with an error's status when it is none of ours; undefined where it has nothing of its own.
 *
 * @since 0.1.0
 */
export const ofStatus = (status: number): Answer.Unary | undefined => {
  const made = (reason: string, message: string, name: string) =>
    Answer.json(
      { error: { code: status, message, errors: [{ message, domain: "global", reason }], status: name } },
      status
    )
  switch (status) {
    case 400:
      return made("invalid", "Request contains an invalid argument.", "INVALID_ARGUMENT")
    case 401:
      return made("authError", "Request had invalid authentication credentials.", "UNAUTHENTICATED")
    case 403:
      return made(
        "rateLimitExceeded",
        "Exceeded rate limits: too many table update operations for this table. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas",
        "PERMISSION_DENIED"
      )
    case 404:
      return made("notFound", "Not found", "NOT_FOUND")
    case 409:
      return made("duplicate", "Already Exists", "ALREADY_EXISTS")
    case 429:
      return made("rateLimitExceeded", "Exceeded rate limits", "RESOURCE_EXHAUSTED")
    case 500:
      return made("internalError", "An internal error occurred and the request could not be completed.", "INTERNAL")
    case 503:
      return made("backendError", "Error encountered during execution. Retrying may solve the problem.", "UNAVAILABLE")
    default:
      return undefined
  }
}
