/**
 * What can go wrong with Cloud Storage: one error with a reason.
 *
 * Handle it by reason: `Effect.catchReason("CloudStorageError", "NotFound", …)`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { InvalidUri } from "./GsUri.ts"

/**
 * There is no such object or bucket (HTTP 404).
 *
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { description: Schema.String }) {
  readonly isRetryable = false
  override get message() {
    return `${this.description}\n  Look: gcloud storage ls`
  }
}

/**
 * The generation that was asked for is gone: the object was replaced or deleted. `current` is absent when it was deleted.
 *
 * @since 0.1.0
 */
export class Changed extends Schema.TaggedError<Changed>()("Changed", {
  generation: Schema.String,
  current: Schema.optionalKey(Schema.String)
}) {
  readonly isRetryable = false
  override get message() {
    const now = this.current === undefined ? "it was deleted" : `it was replaced by generation ${this.current}`
    return `Generation ${this.generation} is gone: ${now}.\n  Start again with the object as it is now.`
  }
}

/**
 * The object is not of the generation that a write or deletion was meant for (HTTP 412), or there is one where none was expected.
 *
 * @since 0.1.0
 */
export class PreconditionFailed extends Schema.TaggedError<PreconditionFailed>()("PreconditionFailed", {
  expected: Schema.String,
  current: Schema.optionalKey(Schema.String)
}) {
  readonly isRetryable = false
  override get message() {
    const now = this.current === undefined ? "there is none" : `there is generation ${this.current}`
    return `Expected ${this.expected}, but ${now}.\n  Somebody else wrote meanwhile. Nothing was changed.`
  }
}

/**
 * The caller may not do this (HTTP 403).
 *
 * @since 0.1.0
 */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", {
  description: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `Permission denied: ${this.description}\n  Reading needs roles/storage.objectViewer on the bucket, writing roles/storage.objectUser.`
  }
}

/**
 * No credentials, or refused ones (HTTP 401).
 *
 * @since 0.1.0
 */
export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()("Unauthenticated", {
  description: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `The credentials are missing or refused: ${this.description}\n  Sign in: gcloud auth application-default login`
  }
}

/**
 * The service or the way to it does not work now (HTTP 408, 429, 5xx, a broken connection), after the client's own retries.
 *
 * @since 0.1.0
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { description: Schema.String }) {
  readonly isRetryable = true
  override get message() {
    return `Cloud Storage did not answer: ${this.description}\n  It was tried several times. Try again later.`
  }
}

/**
 * The bytes do not have the checksum of the object.
 *
 * @since 0.1.0
 */
export class Corrupted extends Schema.TaggedError<Corrupted>()("Corrupted", { description: Schema.String }) {
  readonly isRetryable = true
  override get message() {
    return `The bytes do not have the object's checksum: ${this.description}\n  Read or write it again.`
  }
}

/**
 * Anything else: a refused request (HTTP 400), a full disk, a sidecar file that is not ours.
 *
 * @since 0.1.0
 */
export class Failed extends Schema.TaggedError<Failed>()("Failed", {
  status: Schema.optionalKey(Schema.Int),
  description: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `${this.status === undefined ? "" : `HTTP ${this.status}: `}${this.description}`
  }
}

/**
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  InvalidUri,
  NotFound,
  Changed,
  PreconditionFailed,
  PermissionDenied,
  Unauthenticated,
  Unavailable,
  Corrupted,
  Failed
])

/**
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * A call that failed: which, on what, and why.
 *
 * @since 0.1.0
 */
export class CloudStorageError extends Schema.TaggedError<CloudStorageError>()("CloudStorageError", {
  operation: Schema.Literals(["metadata", "read", "write", "list", "remove"]),
  uri: Schema.String,
  reason: Reason
}) {
  override get message() {
    return `${this.operation} ${this.uri}: ${this.reason.message}`
  }
}

/**
 * The package of Google's client is not installed.
 *
 * @since 0.1.0
 */
export class ClientMissing extends Schema.TaggedError<ClientMissing>()("ClientMissing", { detail: Schema.String }) {
  override get message() {
    return `CloudStorageClient.layer needs Google's client, which cannot be loaded: ${this.detail}\n  Install it: npm install @google-cloud/storage@8`
  }
}
