/**
 * The answer that a `status` fault puts in place of the work, with the body that Google's services have for it.
 *
 * @since 0.1.0
 */
import type { Effect as Fault } from "../control/Fault.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Answer from "./Answer.ts"

/**
 * What an error body says about the call: its path and the full name of its method.
 *
 * @since 0.1.0
 */
export interface Called {
  readonly path: string
  readonly rpc: string
}

const errorOf = (
  fault: Extract<Fault, { readonly type: "status" }>,
  { path, rpc }: Called
): GoogleError.GoogleError | undefined => {
  const resource = path.replace(/^\/v\d\w*\//, "").replace(/:\w+$/, "")
  switch (fault.status) {
    case 400:
      return GoogleError.invalidArgument("Request contains an invalid argument.")
    case 401:
      return GoogleError.unauthenticated(rpc)
    case 403:
      return GoogleError.permissionDenied("aiplatform.endpoints.predict", resource)
    case 404:
      return GoogleError.modelNotFound(resource)
    case 429: {
      const isQuota = fault.error === "quota" || fault.retryDelay !== undefined
      return isQuota ? GoogleError.quotaExceeded(fault.retryDelay ?? "12.500s") : GoogleError.resourceExhausted
    }
    case 499:
      return GoogleError.cancelled
    case 500:
      return GoogleError.internal
    case 503:
      return fault.error === "overloaded" ? GoogleError.overloaded : GoogleError.unavailable
    case 504:
      return GoogleError.deadlineExceeded
    case 408:
    case 502:
      return undefined
  }
}

/**
 * The answer in place of the work, so that nothing is done and nothing billed; undefined when the work is to be done.
 *
 * @since 0.1.0
 */
export const of = (fault: Fault | undefined, called: Called): Answer.Unary | undefined => {
  if (fault?.type !== "status") return undefined
  const error = errorOf(fault, called)
  const answer = error === undefined ? Answer.page(GoogleError.html(fault.status), fault.status) : Answer.error(error)
  return fault.retryAfter === undefined ? answer : { ...answer, headers: { "retry-after": String(fault.retryAfter) } }
}
