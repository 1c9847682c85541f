/**
 * What can go wrong in a call to Vertex AI: one error with a reason.
 *
 * Handle it by reason: `Effect.catchReason("VertexError", "ResourceExhausted", …)`.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * Whether a failed call costs money: `no` when the request provably never reached the model, `unknown` when it may have.
 *
 * @since 0.1.0
 */
export const Billed = Schema.Literals(["no", "yes", "unknown"])

/**
 * Whether a failed call costs money: `no` when the request provably never reached the model, `unknown` when it may have.
 *
 * @since 0.1.0
 */
export type Billed = typeof Billed.Type

/**
 * The part of a call in which it failed.
 *
 * @since 0.1.0
 */
export const Phase = Schema.Literals(["connect", "headers", "body", "idle", "total"])

const text = (value: string | undefined, prefix: string) => (value === undefined || value === "" ? "" : prefix + value)

/**
 * The request is wrong: refused by Vertex (HTTP 400) or, before anything was sent, by genops itself. Never retried.
 *
 * @since 0.1.0
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  description: Schema.String,
  violations: Schema.Array(Schema.Struct({ field: Schema.String, description: Schema.String }))
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    const violations = this.violations.map(({ field, description }) => `\n  ${field}${text(description, ": ")}`)
    return `The request is not valid${text(this.description, ": ")}${violations.join("")}`
  }
}

/**
 * No credentials were found, or they could not be turned into a token. Nothing was sent.
 *
 * @since 0.1.0
 */
export class CredentialsMissing extends Schema.TaggedError<CredentialsMissing>()("CredentialsMissing", {
  description: Schema.String
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return (
      `No usable Google credentials: ${this.description}\n` +
      "  On your machine: gcloud auth application-default login\n" +
      "  In CI: set GOOGLE_APPLICATION_CREDENTIALS to a workload identity or service account file\n" +
      "  Without Google: provide VertexTest.layer from @genops/vertex/testing, or run against the emulator"
    )
  }
}

/**
 * The token was refused (HTTP 401), also after it was refreshed once.
 *
 * @since 0.1.0
 */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()("Unauthenticated", {
  description: Schema.String
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `The credentials were refused: ${this.description}\n  Sign in again: gcloud auth application-default login`
  }
}

/**
 * The caller may not do this (HTTP 403): IAM, a disabled API or billing. `reason` is Google's own, such as `SERVICE_DISABLED`.
 *
 * @since 0.1.0
 */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", {
  description: Schema.String,
  reason: Schema.optionalKey(Schema.String)
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `Permission denied${text(this.reason, " ")}: ${this.description}\n  Calls need the role roles/aiplatform.user on the project.`
  }
}

/**
 * The model or resource does not exist here (HTTP 404). `suggestions` are known models with a similar name.
 *
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  resource: Schema.String,
  description: Schema.String,
  suggestions: Schema.Array(Schema.String)
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    const hint = this.suggestions.length === 0 ? "" : `\n  Did you mean ${this.suggestions.join(", ")}?`
    const isModel = !/\/(?:metadataStores|tuningJobs|operations|cachedContents)\//.test(this.resource)
    const place = isModel ? '\n  A model must exist in the location that is asked; try location "global".' : ""
    return `${this.resource} was not found: ${this.description}${hint}${place}`
  }
}

/**
 * The resource exists already, or was changed by somebody else meanwhile (HTTP 409).
 *
 * @since 0.1.0
 */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  kind: Schema.Literals(["AlreadyExists", "Aborted"]),
  description: Schema.String
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `Conflict: ${this.description}`
  }
}

/**
 * A quota is used up or shared capacity is busy (HTTP 429). `retryAfter` is what the server asked to wait.
 *
 * @since 0.1.0
 */
export class ResourceExhausted extends Schema.TaggedError<ResourceExhausted>()("ResourceExhausted", {
  description: Schema.String,
  retryAfter: Schema.optionalKey(Schema.Duration),
  quotas: Schema.Array(Schema.Struct({ metric: Schema.String, limit: Schema.String, value: Schema.String }))
}) {
  readonly isRetryable = true
  override get message() {
    const quotas = this.quotas.map(({ limit, metric, value }) => `\n  ${metric} ${limit}${text(value, " = ")}`)
    const wait = this.retryAfter === undefined ? "" : `\n  The server asks to wait ${Duration.format(this.retryAfter)}.`
    return `Quota or shared capacity is used up: ${this.description}${quotas.join("")}${wait}\n  Lower the concurrency, wait, or use location "global".`
  }
}

/**
 * The service or the way to it is down for now (HTTP 408, 502, 503), or the connection could not be made.
 *
 * @since 0.1.0
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  description: Schema.String,
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  readonly isRetryable = true
  override get message() {
    return `Vertex AI is unavailable: ${this.description}`
  }
}

/**
 * Time ran out: on the server (HTTP 504) or by one of our own limits, named by `phase`.
 *
 * @since 0.1.0
 */
export class DeadlineExceeded extends Schema.TaggedError<DeadlineExceeded>()("DeadlineExceeded", {
  phase: Schema.Union([Phase, Schema.Literal("server")]),
  description: Schema.String
}) {
  readonly isRetryable = true
  readonly retryAfter = undefined
  override get message() {
    return `Time ran out (${this.phase}): ${this.description}\n  The limits are VertexConfig.timeouts.`
  }
}

/**
 * A fault inside the service (HTTP 500).
 *
 * @since 0.1.0
 */
export class Internal extends Schema.TaggedError<Internal>()("Internal", { description: Schema.String }) {
  readonly isRetryable = true
  readonly retryAfter = undefined
  override get message() {
    return `Vertex AI failed internally: ${this.description}`
  }
}

/**
 * The operation was cancelled on the server (HTTP 499).
 *
 * @since 0.1.0
 */
export class Cancelled extends Schema.TaggedError<Cancelled>()("Cancelled", { description: Schema.String }) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `The operation was cancelled: ${this.description}`
  }
}

/**
 * The connection failed: `kind` says how, `phase` when. TLS failures and refused redirects are not retried.
 *
 * @since 0.1.0
 */
export class Transport extends Schema.TaggedError<Transport>()("Transport", {
  kind: Schema.Literals(["refused", "dns", "reset", "tls", "protocol", "redirect"]),
  phase: Phase,
  description: Schema.String
}) {
  readonly retryAfter = undefined
  get isRetryable() {
    return this.kind !== "tls" && this.kind !== "redirect"
  }
  override get message() {
    return `The connection failed (${this.kind}, ${this.phase}): ${this.description}`
  }
}

/**
 * An answer that is not what the protocol says; `where` is the path of the wrong field or `body`. Not retried: it may be billed.
 *
 * @since 0.1.0
 */
export class MalformedResponse extends Schema.TaggedError<MalformedResponse>()("MalformedResponse", {
  where: Schema.String,
  description: Schema.String
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `Vertex AI sent an answer that cannot be read at ${this.where}: ${this.description}`
  }
}

/**
 * An answer larger than the limit, in bytes.
 *
 * @since 0.1.0
 */
export class ResponseTooLarge extends Schema.TaggedError<ResponseTooLarge>()("ResponseTooLarge", {
  limit: Schema.Int
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `The answer is larger than ${this.limit} bytes and was dropped.\n  The limits are VertexConfig.limits.`
  }
}

/**
 * A stream that ended before the model said that it was finished; `text` is what had arrived.
 *
 * @since 0.1.0
 */
export class StreamTruncated extends Schema.TaggedError<StreamTruncated>()("StreamTruncated", {
  text: Schema.String,
  description: Schema.String
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `The stream ended early after ${this.text.length} characters: ${this.description}`
  }
}

/**
 * Anything else, with its HTTP status and at most 2,000 characters of its body.
 *
 * @since 0.1.0
 */
export class Unknown extends Schema.TaggedError<Unknown>()("Unknown", {
  status: Schema.Int,
  body: Schema.String
}) {
  readonly isRetryable = false
  readonly retryAfter = undefined
  override get message() {
    return `Vertex AI answered with HTTP ${this.status}: ${this.body.slice(0, 200)}`
  }
}

/**
 * The reasons of a `VertexError`.
 *
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  InvalidRequest,
  CredentialsMissing,
  Unauthenticated,
  PermissionDenied,
  NotFound,
  Conflict,
  ResourceExhausted,
  Unavailable,
  DeadlineExceeded,
  Internal,
  Cancelled,
  Transport,
  MalformedResponse,
  ResponseTooLarge,
  StreamTruncated,
  Unknown
])

/**
 * The reasons of a `VertexError`.
 *
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * One earlier attempt of a call that was retried.
 *
 * @since 0.1.0
 */
export const Attempt = Schema.Struct({
  reason: Schema.String,
  billed: Billed,
  /** Milliseconds that were waited after this attempt. */
  waited: Schema.Finite
})

/**
 * One earlier attempt of a call that was retried.
 *
 * @since 0.1.0
 */
export type Attempt = typeof Attempt.Type

/**
 * A call that failed: which operation on which target, why, whether it may be billed, and the attempts before it.
 *
 * @since 0.1.0
 */
export class VertexError extends Schema.TaggedError<VertexError>()("VertexError", {
  operation: Schema.String,
  target: Schema.String,
  reason: Reason,
  billed: Billed,
  attempts: Schema.Array(Attempt)
}) {
  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }

  override get message() {
    const tries = this.attempts.length === 0 ? "" : `\n  ${this.attempts.length + 1} attempts were made.`
    const every = [...this.attempts.map((attempt) => attempt.billed), this.billed]
    const bill = every.includes("yes")
      ? "It was billed."
      : every.includes("unknown")
        ? "It may have been billed."
        : "Nothing was billed."
    return `[${this.reason._tag}] ${this.operation} ${this.target}: ${this.reason.message}${tries}\n  ${bill}`
  }
}
