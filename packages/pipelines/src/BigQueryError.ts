/**
 * What can go wrong with BigQuery: one error with a reason.
 *
 * Handle it by reason: `Effect.catchReason("BigQueryError", "SchemaMismatch", …)`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** Rows and fields that a message shows; the error has all that were told. */
const shownItems = 4

const list = (items: ReadonlyArray<string>): string => {
  const more = items.length - shownItems
  return [
    ...items.slice(0, shownItems).map((item) => `\n  ${item}`),
    ...(more > 0 ? [`\n  and ${more} more`] : [])
  ].join("")
}

/**
 * A name that is not sent: names cannot be parameters, so only plain ones are taken.
 *
 * @since 0.1.0
 */
export class InvalidName extends Schema.TaggedError<InvalidName>()("InvalidName", {
  what: Schema.Literals(["dataset", "table", "column", "duplicate column", "missing column", "job"]),
  name: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    const shown = JSON.stringify(this.name.slice(0, 100))
    if (this.what === "duplicate column") return `Column ${shown} comes twice (case does not matter). Nothing was sent.`
    if (this.what === "missing column")
      return `The table is partitioned or clustered by ${shown}, which is none of its columns. Nothing was sent.`
    const rule =
      this.what === "job"
        ? "Use 1 to 1,000 letters, digits, _ and -."
        : "Use up to 300 letters, digits and _, no digit first."
    return `${shown} cannot name a ${this.what}. Nothing was sent.\n  ${rule}`
  }
}

/**
 * There is no such dataset, table, object or job (HTTP 404).
 *
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { description: Schema.String }) {
  readonly isRetryable = false
  override get message() {
    return `${this.description}\n  Look: bq ls, gcloud storage ls. A table is found some seconds after it was made.`
  }
}

/**
 * The table is there with another schema, or a dataset in another location. Nothing was changed.
 *
 * @since 0.1.0
 */
export class SchemaMismatch extends Schema.TaggedError<SchemaMismatch>()("SchemaMismatch", {
  table: Schema.String,
  differences: Schema.Array(
    Schema.Struct({ field: Schema.String, wanted: Schema.NullOr(Schema.String), found: Schema.NullOr(Schema.String) })
  )
}) {
  readonly isRetryable = false
  override get message() {
    const lines = this.differences.map(
      ({ field, found, wanted }) => `${field}: ${wanted ?? "not wanted"}, but it is ${found ?? "not there"}`
    )
    return `${this.table} exists with another schema, and was not changed:${list(lines)}\n  Name another table, or change this one (ALTER TABLE).`
  }
}

/**
 * A job of this id exists and is another one: it loads something else.
 *
 * @since 0.1.0
 */
export class JobMismatch extends Schema.TaggedError<JobMismatch>()("JobMismatch", {
  jobId: Schema.String,
  kept: Schema.String,
  given: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `Job ${this.jobId} exists and loads ${this.kept}, not ${this.given}.\n  Nothing was loaded. Use another job id.`
  }
}

/**
 * A row, counted from 0 in what was given, and what is wrong with it.
 *
 * @since 0.1.0
 */
export const RowProblem = Schema.Struct({ row: Schema.Natural, field: Schema.String, description: Schema.String })

/** @since 0.1.0 */
export type RowProblem = typeof RowProblem.Type

/**
 * Rows were not inserted. Of the batch of a wrong row none was, of later ones none was sent; `inserted` rows before it are there.
 *
 * @since 0.1.0
 */
export class RowsRejected extends Schema.TaggedError<RowsRejected>()("RowsRejected", {
  table: Schema.String,
  inserted: Schema.Natural,
  rows: Schema.Array(RowProblem)
}) {
  readonly isRetryable = false
  override get message() {
    const lines = this.rows.map(
      ({ description, field, row }) => `row ${row}, ${field === "" ? "the row" : field}: ${description}`
    )
    return `${this.table} does not take these rows; ${this.inserted} before them were inserted:${list(lines)}`
  }
}

/**
 * A load job failed, and no row was loaded. `errors` are what the job told, the rows at fault among them.
 *
 * @since 0.1.0
 */
export class LoadFailed extends Schema.TaggedError<LoadFailed>()("LoadFailed", {
  jobId: Schema.String,
  code: Schema.String,
  errors: Schema.Array(Schema.String)
}) {
  readonly isRetryable = false
  override get message() {
    return `Load job ${this.jobId} failed (${this.code}), and no row was loaded:${list(this.errors)}\n  When the cause is gone, the same call starts a new job.`
  }
}

/**
 * The statement is wrong, or went wrong while it ran.
 *
 * @since 0.1.0
 */
export class InvalidQuery extends Schema.TaggedError<InvalidQuery>()("InvalidQuery", { description: Schema.String }) {
  readonly isRetryable = false
  override get message() {
    return `The query cannot be run: ${this.description}`
  }
}

/**
 * The query would be billed for more bytes than it may.
 *
 * @since 0.1.0
 */
export class TooManyBytes extends Schema.TaggedError<TooManyBytes>()("TooManyBytes", { description: Schema.String }) {
  readonly isRetryable = false
  override get message() {
    return `${this.description}\n  Nothing was billed. Read fewer columns or partitions, or allow more with maximumBytesBilled.`
  }
}

/**
 * A row of a result is not what the schema says.
 *
 * @since 0.1.0
 */
export class RowMismatch extends Schema.TaggedError<RowMismatch>()("RowMismatch", {
  row: Schema.Natural,
  description: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `Row ${this.row} of the result is not as the schema says: ${this.description}`
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
    return `${this.description}\n  Loading needs roles/bigquery.dataEditor on the dataset and roles/bigquery.jobUser on the project.`
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
 * A quota is used up (HTTP 403 quotaExceeded): waiting a little does not help.
 *
 * @since 0.1.0
 */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>()("QuotaExceeded", {
  description: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `${this.description}\n  See https://cloud.google.com/bigquery/quotas`
  }
}

/**
 * The service or the way to it does not work now: HTTP 408, 429, 5xx, 403 rateLimitExceeded, a broken connection; after several tries.
 *
 * @since 0.1.0
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { description: Schema.String }) {
  readonly isRetryable = true
  override get message() {
    return `BigQuery did not answer: ${this.description}\n  It was tried several times. Try again later: a call that was done is not done twice.`
  }
}

/**
 * Anything else: a refused request (HTTP 400), an answer that is none.
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

/** @since 0.1.0 */
export const Reason = Schema.Union([
  InvalidName,
  NotFound,
  SchemaMismatch,
  JobMismatch,
  RowsRejected,
  LoadFailed,
  InvalidQuery,
  TooManyBytes,
  RowMismatch,
  PermissionDenied,
  Unauthenticated,
  QuotaExceeded,
  Unavailable,
  Failed
])

/** @since 0.1.0 */
export type Reason = typeof Reason.Type

/**
 * A call that failed: which, and why.
 *
 * @since 0.1.0
 */
export class BigQueryError extends Schema.TaggedError<BigQueryError>()("BigQueryError", {
  operation: Schema.Literals(["ensureDataset", "ensureTable", "load", "insert", "rows", "query", "estimate"]),
  reason: Reason
}) {
  override get message() {
    return `BigQuery ${this.operation}: ${this.reason.message}`
  }
}

/**
 * The package of Google's client is not installed.
 *
 * @since 0.1.0
 */
export class ClientMissing extends Schema.TaggedError<ClientMissing>()("ClientMissing", { detail: Schema.String }) {
  override get message() {
    return `BigQueryClient.layer needs Google's client, which cannot be loaded: ${this.detail}\n  Install it: npm install @google-cloud/bigquery@9`
  }
}
