/** What an error of Google's client means. */
import * as Predicate from "effect/Predicate"
import * as E from "../BigQueryError.ts"

/** Reasons that pass by themselves, whatever the status. */
const passing: ReadonlySet<string> = new Set([
  "rateLimitExceeded",
  "backendError",
  "internalError",
  "jobRateLimitExceeded",
  "userRateLimitExceeded"
])

/** The HTTP status, where there is one. */
export const statusOf = (error: unknown): number | undefined => {
  const [code, status] = ["code", "status"].map((name) =>
    Predicate.hasProperty(error, name) ? Number(error[name]) : Number.NaN
  )
  return [code, status].find((one) => one !== undefined && one >= 400 && one < 600)
}

const wordOf = (error: unknown): string => {
  const errors = Predicate.hasProperty(error, "errors") && Array.isArray(error.errors) ? error.errors : []
  const [first]: ReadonlyArray<unknown> = errors
  return Predicate.hasProperty(first, "reason") ? String(first.reason) : ""
}

/** What the service calls a status without a reason: the client makes its own message of several errors. */
const textOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return text.split("\n")[0] ?? text
}

export const of = (error: unknown): E.Reason => {
  const [status, word, description] = [statusOf(error), wordOf(error), textOf(error)]
  if (/could not load the default credentials/i.test(description)) return new E.Unauthenticated({ description })
  if (status === undefined || status === 408 || status === 429 || status >= 500 || passing.has(word))
    return new E.Unavailable({ description })
  if (word === "invalidQuery") return new E.InvalidQuery({ description })
  if (word === "bytesBilledLimitExceeded") return new E.TooManyBytes({ description })
  if (word === "quotaExceeded") return new E.QuotaExceeded({ description })
  switch (status) {
    case 401:
      return new E.Unauthenticated({ description })
    case 403:
      return new E.PermissionDenied({ description })
    case 404:
      return new E.NotFound({ description })
    default:
      return new E.Failed({ status, description })
  }
}
