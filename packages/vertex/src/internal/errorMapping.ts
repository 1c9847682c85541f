/**
 * From what HTTP and the connection say to the reasons of a `VertexError`. Pure.
 *
 * Text of the server is kept to 2,000 characters, without control characters and without anything that looks like a credential.
 */
import { nearest } from "@genops/core/NearMatch"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as VertexError from "../VertexError.ts"
import type { Failure } from "./failure.ts"
import { printable } from "./printable.ts"

export type { Failure } from "./failure.ts"

/** An answer with a status other than 2xx. Header names are in lower case; `resource` is what was asked for. */
export interface ErrorResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly resource: string
  /** Ids that a misspelt model may have meant. */
  readonly knownModels?: Iterable<string>
}

type Json = Readonly<Record<string, unknown>>

const str = (value: unknown): string => (typeof value === "string" ? printable(value) : "")
const json = (value: unknown): Json => (Predicate.isObject(value) ? { ...value } : {})
const list = (value: unknown): ReadonlyArray<Json> => (Array.isArray(value) ? value.slice(0, 100).map(json) : [])

const detail = (error: Json, type: string): Json =>
  list(error["details"]).find((one) => one["@type"] === `type.googleapis.com/google.rpc.${type}`) ?? {}

/** The error object in a body: `{"error": {…}}`, an array that holds one, or a bare one; undefined for anything else. */
const errorObject = (body: string): Json | undefined => {
  if (!/^\s*[[{]/.test(body)) return undefined
  try {
    const parsed: unknown = JSON.parse(body)
    const envelope = json(Array.isArray(parsed) ? parsed[0] : parsed)
    const { error } = envelope
    return typeof error === "string"
      ? { message: str(envelope["error_description"]) || error }
      : json(error ?? envelope)
  } catch {
    return undefined
  }
}

const plainText = (body: string): string => printable(body.slice(0, 8_000).replace(/<[^<>]*>/g, " "))

const seconds = (text: string): Duration.Duration | undefined => {
  const value = Number(text)
  // Zero asks for nothing.
  return value > 0 ? Duration.seconds(Math.min(value, 1e9)) : undefined
}

const retryDelay = (value: unknown): Duration.Duration | undefined =>
  typeof value === "string" && /^[0-9]{1,12}(\.[0-9]{1,9})?s$/.test(value) ? seconds(value.slice(0, -1)) : undefined

const httpDate = (text: string | undefined): number =>
  text !== undefined && /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN

/** Reads Retry-After: whole seconds, or a date that is compared with the answer's own Date, so that no clock is needed. */
const retryAfterHeader = (headers: ErrorResponse["headers"]): Duration.Duration | undefined => {
  const value = headers["retry-after"]?.trim() ?? ""
  return /^[0-9]{1,12}$/.test(value)
    ? seconds(value)
    : seconds(String((httpDate(value) - httpDate(headers["date"]?.trim())) / 1_000))
}

const retryAfterOf = (error: Json, headers: ErrorResponse["headers"]) => {
  const asked = [retryDelay(detail(error, "RetryInfo")["retryDelay"]), retryAfterHeader(headers)].filter(
    Predicate.isNotUndefined
  )
  return asked.length === 0 ? {} : { retryAfter: asked.reduce(Duration.max) }
}

const quotasOf = (error: Json): VertexError.ResourceExhausted["quotas"] => {
  const violations = list(detail(error, "QuotaFailure")["violations"])
  if (violations.length > 0) {
    return violations.map((one) => ({
      metric: str(one["quotaMetric"]) || str(one["subject"]),
      limit: str(one["quotaId"]) || str(one["description"]),
      value: str(one["quotaValue"])
    }))
  }
  const metadata = json(detail(error, "ErrorInfo")["metadata"])
  const metric = str(metadata["quota_metric"])
  return metric === ""
    ? []
    : [{ metric, limit: str(metadata["quota_limit"]), value: str(metadata["quota_limit_value"]) }]
}

const violationsOf = (error: Json): VertexError.InvalidRequest["violations"] =>
  [
    ...list(detail(error, "BadRequest")["fieldViolations"]),
    ...list(detail(error, "PreconditionFailure")["violations"])
  ].map((one) => ({ field: str(one["field"]) || str(one["subject"]), description: str(one["description"]) }))

/** Google RPC codes 0 to 16 and the HTTP status of each. Source: google/rpc/code.proto. */
const rpc: ReadonlyArray<readonly [name: string, status: number]> = [
  ["OK", 200],
  ["CANCELLED", 499],
  ["UNKNOWN", 500],
  ["INVALID_ARGUMENT", 400],
  ["DEADLINE_EXCEEDED", 504],
  ["NOT_FOUND", 404],
  ["ALREADY_EXISTS", 409],
  ["PERMISSION_DENIED", 403],
  ["RESOURCE_EXHAUSTED", 429],
  ["FAILED_PRECONDITION", 400],
  ["ABORTED", 409],
  ["OUT_OF_RANGE", 400],
  ["UNIMPLEMENTED", 501],
  ["INTERNAL", 500],
  ["UNAVAILABLE", 503],
  ["DATA_LOSS", 500],
  ["UNAUTHENTICATED", 401]
]

const suggestionsFor = ({ knownModels = [], resource }: ErrorResponse): ReadonlyArray<string> => {
  const id = /^(?:.*\/models\/)?([^/]+)$/.exec(resource)?.[1]
  return id === undefined ? [] : nearest(id, knownModels)
}

/** Statuses that Vertex answers before the model has seen anything. A redirect was not followed. */
const refused = (status: number): boolean =>
  (status >= 300 && status < 400) || [400, 401, 403, 404, 409, 413, 429].includes(status)

const reasonOf = (response: ErrorResponse, error: Json): VertexError.Reason => {
  const { body, headers, status } = response
  const info = detail(error, "ErrorInfo")["reason"]
  const description = str(error["message"]) || plainText(body) || `HTTP ${status} without a text`
  switch (status) {
    case 400:
      return info === "API_KEY_INVALID"
        ? new VertexError.Unauthenticated({ description })
        : new VertexError.InvalidRequest({ description, violations: violationsOf(error) })
    case 401:
      return new VertexError.Unauthenticated({ description })
    case 403:
      return new VertexError.PermissionDenied({ description, ...(info === undefined ? {} : { reason: str(info) }) })
    case 404:
      return new VertexError.NotFound({
        resource: printable(response.resource),
        description,
        suggestions: suggestionsFor(response)
      })
    case 409:
      return new VertexError.Conflict({
        kind: error["status"] === "ABORTED" ? "Aborted" : "AlreadyExists",
        description
      })
    case 413:
      return new VertexError.InvalidRequest({ description, violations: [] })
    case 429:
      return new VertexError.ResourceExhausted({
        description,
        quotas: quotasOf(error),
        ...retryAfterOf(error, headers)
      })
    case 499:
      return new VertexError.Cancelled({ description })
    case 500:
      return new VertexError.Internal({ description })
    case 408:
    case 502:
    case 503:
      return new VertexError.Unavailable({ description, ...retryAfterOf(error, headers) })
    case 504:
      return new VertexError.DeadlineExceeded({ phase: "server", description })
    default:
      return status >= 300 && status < 400
        ? new VertexError.Transport({
            kind: "redirect",
            phase: "headers",
            description: `HTTP ${status} to ${str(headers["location"]) || "nowhere"}, which was not followed`
          })
        : new VertexError.Unknown({ status, body: printable(body) || description })
  }
}

/** Maps an answer with an error status. */
export const fromResponse = (response: ErrorResponse): Failure => ({
  reason: reasonOf(response, errorObject(response.body) ?? {}),
  billed: refused(response.status) ? "no" : "unknown"
})

/**
 * Maps a google.rpc.Status or an error object: an event inside a stream, or the `error` field of a job. Its `code` is an HTTP
 * status or an RPC code. The work had begun, so it may be billed.
 */
export const fromErrorObject = (value: unknown, resource = "the resource"): Failure => {
  const error = json(json(value)["error"] ?? value)
  const code = typeof error["code"] === "number" ? error["code"] : -1
  const byName = rpc.find(([name]) => name === error["status"])
  const [name, status] = code >= 300 && code < 600 ? [error["status"], code] : (byName ?? rpc[code] ?? ["UNKNOWN", 500])
  const body = typeof value === "string" ? value : ""
  const known = { ...error, status: name }
  return { reason: reasonOf({ status, headers: {}, body, resource }, known), billed: "unknown" }
}
