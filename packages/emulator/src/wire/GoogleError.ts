/**
 * Error bodies as Google's services write them.
 *
 * Source: https://cloud.google.com/apis/design/errors
 *
 * @since 0.1.0
 */
import type { Violation } from "./Decode.ts"

/**
 * The names of google.rpc.Code that an HTTP answer may carry.
 *
 * @since 0.1.0
 */
export type Status =
  | "ABORTED"
  | "ALREADY_EXISTS"
  | "CANCELLED"
  | "DEADLINE_EXCEEDED"
  | "FAILED_PRECONDITION"
  | "INTERNAL"
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "UNAUTHENTICATED"
  | "UNAVAILABLE"
  | "UNIMPLEMENTED"
  | "UNKNOWN"

/**
 * The envelope of an error answer.
 *
 * @since 0.1.0
 */
export interface GoogleError {
  readonly error: {
    readonly code: number
    readonly message: string
    readonly status: Status
    readonly details?: ReadonlyArray<{ readonly "@type": string; readonly [field: string]: unknown }>
  }
}

const type = (name: string) => `type.googleapis.com/google.rpc.${name}`

const error = (
  code: number,
  status: Status,
  message: string,
  details?: NonNullable<GoogleError["error"]["details"]>
): GoogleError => ({ error: { code, message, status, ...(details === undefined ? {} : { details }) } })

/**
 * A value outside its range, a missing field, a contradiction: HTTP 400 without details.
 *
 * @since 0.1.0
 */
export const invalidArgument = (message: string): GoogleError => error(400, "INVALID_ARGUMENT", message)

/**
 * A body that does not fit its message: HTTP 400 with one BadRequest that lists every violation.
 *
 * @since 0.1.0
 */
export const badRequest = (violations: ReadonlyArray<Violation>): GoogleError =>
  error(400, "INVALID_ARGUMENT", violations.map((violation) => violation.description).join("\n"), [
    {
      "@type": type("BadRequest"),
      fieldViolations: violations.map(({ description, field }) =>
        field === "" ? { description } : { field, description }
      )
    }
  ])

/**
 * A body above the limit: HTTP 413.
 *
 * @since 0.1.0
 */
export const payloadTooLarge = (limit: number): GoogleError =>
  error(413, "INVALID_ARGUMENT", `Request payload size exceeds the limit: ${limit} bytes.`)

/**
 * No credential, or one that cannot be used: HTTP 401.
 *
 * @since 0.1.0
 */
export const unauthenticated = (method: string): GoogleError =>
  error(
    401,
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    [
      {
        "@type": type("ErrorInfo"),
        reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        metadata: { service: "aiplatform.googleapis.com", method }
      }
    ]
  )

/**
 * A missing permission on a resource: HTTP 403.
 *
 * @since 0.1.0
 */
export const permissionDenied = (permission: string, resource: string): GoogleError =>
  error(
    403,
    "PERMISSION_DENIED",
    `Permission '${permission}' denied on resource '//aiplatform.googleapis.com/${resource}' (or it may not exist).`,
    [
      {
        "@type": type("ErrorInfo"),
        reason: "IAM_PERMISSION_DENIED",
        domain: "aiplatform.googleapis.com",
        metadata: { resource, permission }
      }
    ]
  )

/**
 * A request that the emulator's own guard refuses, not Google: HTTP 403.
 *
 * @since 0.1.0
 */
export const forbidden = (message: string): GoogleError => error(403, "PERMISSION_DENIED", message)

/**
 * A model that is unknown, retired or not offered in the location: HTTP 404.
 *
 * @since 0.1.0
 */
export const modelNotFound = (resource: string): GoogleError =>
  error(
    404,
    "NOT_FOUND",
    `Publisher Model \`${resource}\` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions`
  )

/**
 * Any other resource that does not exist: HTTP 404.
 *
 * @since 0.1.0
 */
export const notFound = (message: string): GoogleError => error(404, "NOT_FOUND", message)

/**
 * The shared pool is busy: HTTP 429 as Vertex sends it, without details or a delay.
 *
 * @since 0.1.0
 */
export const resourceExhausted: GoogleError = error(
  429,
  "RESOURCE_EXHAUSTED",
  "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
)

/**
 * A quota with a stated delay: HTTP 429 with ErrorInfo, QuotaFailure, RetryInfo (`retryDelay` such as `"12.500s"`) and Help.
 *
 * @since 0.1.0
 */
export const quotaExceeded = (retryDelay: string): GoogleError =>
  error(
    429,
    "RESOURCE_EXHAUSTED",
    "Quota exceeded for quota metric 'Generate content requests' and limit 'Generate content requests per minute'.",
    [
      {
        "@type": type("ErrorInfo"),
        reason: "RATE_LIMIT_EXCEEDED",
        domain: "googleapis.com",
        metadata: {
          service: "aiplatform.googleapis.com",
          consumer: "projects/123456789012",
          quota_location: "us-central1",
          quota_limit: "GenerateContentRequestsPerMinutePerProjectPerRegion",
          quota_limit_value: "1000",
          quota_metric: "aiplatform.googleapis.com/generate_content_requests"
        }
      },
      {
        "@type": type("QuotaFailure"),
        violations: [{ subject: "projects/123456789012", description: "Quota exceeded" }]
      },
      { "@type": type("RetryInfo"), retryDelay },
      {
        "@type": type("Help"),
        links: [
          {
            description: "Request a higher quota limit.",
            url: "https://cloud.google.com/docs/quotas/help/request_increase"
          }
        ]
      }
    ]
  )

/**
 * The client gave the call up: HTTP 499.
 *
 * @since 0.1.0
 */
export const cancelled: GoogleError = error(499, "CANCELLED", "The operation was cancelled.")

/**
 * The resource is not in the state that the call needs: HTTP 400.
 *
 * @since 0.1.0
 */
export const failedPrecondition = (message: string): GoogleError => error(400, "FAILED_PRECONDITION", message)

/**
 * Another call came between: HTTP 409.
 *
 * @since 0.1.0
 */
export const aborted: GoogleError = error(
  409,
  "ABORTED",
  "The operation was aborted, typically due to a concurrency issue."
)

/**
 * A fault inside the service: HTTP 500.
 *
 * @since 0.1.0
 */
export const internal: GoogleError = error(500, "INTERNAL", "Internal error encountered.")

/**
 * The service cannot answer now: HTTP 503.
 *
 * @since 0.1.0
 */
export const unavailable: GoogleError = error(503, "UNAVAILABLE", "The service is currently unavailable.")

/**
 * The model has too much to do: HTTP 503.
 *
 * @since 0.1.0
 */
export const overloaded: GoogleError = error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")

/**
 * The work took longer than the deadline: HTTP 504.
 *
 * @since 0.1.0
 */
export const deadlineExceeded: GoogleError = error(504, "DEADLINE_EXCEEDED", "The request timed out. Please try again.")

/**
 * The page that Google's front end shows instead of JSON, for example for 502 and for an unknown path.
 *
 * @since 0.1.0
 */
export const html = (code: number): string => {
  const title = code === 404 ? "Not Found" : "Server Error"
  return `<!DOCTYPE html>\n<html lang=en>\n  <title>Error ${code} (${title})!!1</title>\n`
}
