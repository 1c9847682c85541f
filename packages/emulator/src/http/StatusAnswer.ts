/**
 * The answer that a `status` fault puts in place of the work, with the body that Google's services have for it.
 *
 * @since 0.1.0
 */
import type { Effect as Fault } from "../control/Fault.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Answer from "./Answer.ts"
import type { Route } from "./Route.ts"

/**
 * What an error body says about the call: its path, and its route's full name and own errors.
 *
 * @since 0.1.0
 */
export interface Called {
  readonly path: string
  readonly route: Pick<Route, "error" | "rpc">
}

type Replacing = Extract<Fault, { readonly type: "status" }>

const errorOf = (fault: Replacing, { path, route }: Called): GoogleError.GoogleError | undefined => {
  const resource = path.replace(/^\/v\d\w*\//, "").replace(/:\w+$/, "")
  switch (fault.status) {
    case 400:
      return GoogleError.invalidArgument("Request contains an invalid argument.")
    case 401:
      return GoogleError.unauthenticated(route.rpc)
    case 403:
      return GoogleError.permissionDenied("aiplatform.endpoints.predict", resource)
    case 404:
      return GoogleError.modelNotFound(resource)
    case 409:
      return GoogleError.aborted
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
    case 410:
    case 412:
    case 502:
      return undefined
  }
}

const answerOf = (fault: Replacing, called: Called): Answer.Unary => {
  // A front end's page is the same for every service.
  const own = fault.status === 502 ? undefined : called.route.error?.(fault.status)
  if (own !== undefined) return own
  const error = errorOf(fault, called)
  return error === undefined ? Answer.page(GoogleError.html(fault.status), fault.status) : Answer.error(error)
}

/**
 * The answer in place of the work, so that nothing is done and nothing billed; undefined when the work is to be done.
 *
 * @since 0.1.0
 */
export const of = (fault: Fault | undefined, called: Called): Answer.Unary | undefined => {
  if (fault?.type !== "status") return undefined
  const answer = answerOf(fault, called)
  return fault.retryAfter === undefined ? answer : { ...answer, headers: { "retry-after": String(fault.retryAfter) } }
}

/**
 * What is answered in place of a lost answer; undefined when nothing is, or none is lost.
 *
 * @since 0.1.0
 */
export const ofLost = (fault: Fault | undefined, called: Called): Answer.Unary | undefined =>
  fault?.type === "lose-answer" && typeof fault.instead === "number"
    ? answerOf({ type: "status", status: fault.instead }, called)
    : undefined
