/**
 * Tables in BigQuery: made with an explicit schema, loaded from Cloud Storage exactly once, inserted into, and queried with parameters.
 *
 * Implementations: `layerMemory`, which has no SQL, and `BigQueryClient.layer` over Google's `@google-cloud/bigquery`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { BigQueryError, InvalidName, type Reason, RowMismatch } from "./BigQueryError.ts"
import type { Parameter } from "./BigQueryParameter.ts"
import * as BigQueryTable from "./BigQueryTable.ts"
import type { CloudStorage } from "./CloudStorage.ts"
import * as memory from "./internal/bigQueryMemory.ts"

export { BigQueryError } from "./BigQueryError.ts"

/**
 * A row as JSON. INT64 is a number, beyond 2^53 its text; FLOAT64 a number, also NaN; NUMERIC and BIGNUMERIC text, so that nothing is rounded; TIMESTAMP, DATE,
 * TIME and DATETIME text in ISO 8601; BYTES base64; JSON its value; STRUCT an object; NULL null.
 *
 * @since 0.1.0
 */
export type Row = { readonly [column: string]: unknown }

/**
 * Where a dataset is made, such as `EU`. Default: the client's, else `US`.
 *
 * @since 0.1.0
 */
export interface DatasetOptions {
  readonly location?: string
  readonly description?: string
}

/**
 * What becomes of fields that an existing table lacks: `refuse`, the default, or `add`, where they may be NULL.
 *
 * @since 0.1.0
 */
export interface TableOptions {
  readonly missing?: "add" | "refuse"
}

/**
 * Whether a table was made, and the fields that were added to one.
 *
 * @since 0.1.0
 */
export interface Ensured {
  readonly isNew: boolean
  readonly added: ReadonlyArray<string>
}

/**
 * What to load: objects of JSON Lines (`gs://...`, one `*` each), into a table that exists. `jobId` names the load for ever.
 *
 * @since 0.1.0
 */
export interface LoadRequest {
  readonly table: BigQueryTable.Table
  readonly uris: ReadonlyArray<string>
  readonly jobId: string
  readonly labels?: { readonly [name: string]: string }
}

/**
 * What a load came to; `isNew` is false when an earlier call had done it.
 *
 * @since 0.1.0
 */
export interface Loaded {
  readonly jobId: string
  readonly rows: number
  readonly isNew: boolean
}

/**
 * A statement of GoogleSQL with parameters, by name (`@name`) or in order (`?`). `dataset` is that of tables named without one; `maximumBytesBilled` refuses the
 * query before it costs more.
 *
 * @since 0.1.0
 */
export interface Query {
  readonly sql: string
  readonly parameters?: { readonly [name: string]: Parameter } | ReadonlyArray<Parameter>
  readonly dataset?: string
  readonly maximumBytesBilled?: bigint
  readonly labels?: { readonly [name: string]: string }
}

/**
 * BigQuery. The functions of this module check names before anything is sent.
 *
 * @since 0.1.0
 */
export class BigQuery extends Context.Service<
  BigQuery,
  {
    ensureDataset(dataset: string, options: DatasetOptions): Effect.Effect<{ readonly isNew: boolean }, BigQueryError>
    ensureTable(table: BigQueryTable.Table, options: TableOptions): Effect.Effect<Ensured, BigQueryError>
    load(request: LoadRequest): Effect.Effect<Loaded, BigQueryError>
    insert(
      table: BigQueryTable.Table,
      rows: ReadonlyArray<{ readonly id: string; readonly row: Row }>
    ): Effect.Effect<void, BigQueryError>
    rows(table: BigQueryTable.TableName): Stream.Stream<Row, BigQueryError>
    query(query: Query): Stream.Stream<Row, BigQueryError>
    estimate(query: Query): Effect.Effect<{ readonly bytes: bigint }, BigQueryError>
  }
>()("@genops/pipelines/BigQuery") {}

const checked = <A, E extends Reason>(operation: BigQueryError["operation"], result: Result.Result<A, E>) =>
  Effect.fromResult(Result.mapError(result, (reason) => new BigQueryError({ operation, reason })))

/**
 * Makes a dataset if there is none. One in another location than asked for fails with `SchemaMismatch`.
 *
 * @since 0.1.0
 */
export const ensureDataset = (
  dataset: string,
  options: DatasetOptions = {}
): Effect.Effect<{ readonly isNew: boolean }, BigQueryError, BigQuery> =>
  Effect.andThen(checked("ensureDataset", BigQueryTable.checkDataset(dataset)), () =>
    BigQuery.use((bigQuery) => bigQuery.ensureDataset(dataset, options))
  )

/**
 * Makes a table if there is none. One that is there is never changed in silence.
 *
 * **Details**
 *
 * - An existing table fits when it has all fields with the same types and modes, and is partitioned and clustered alike. Further fields that may be
 *   NULL do not matter. Otherwise it fails with `SchemaMismatch`, which names the fields.
 * - With `missing: "add"` fields that are missing and may be NULL are added, and the result names them; any other difference still fails.
 *
 * @example
 * import * as BigQuery from "@genops/pipelines/BigQuery"
 *
 * const program = BigQuery.ensureTable({
 *   dataset: "genops",
 *   table: "scores",
 *   fields: [
 *     { name: "run_id", type: "STRING", mode: "REQUIRED" },
 *     { name: "day", type: "DATE" },
 *     { name: "score", type: "FLOAT64" }
 *   ],
 *   partition: { field: "day" },
 *   cluster: ["run_id"]
 * })
 *
 * @since 0.1.0
 */
export const ensureTable = (
  table: BigQueryTable.Table,
  options: TableOptions = {}
): Effect.Effect<Ensured, BigQueryError, BigQuery> =>
  Effect.flatMap(checked("ensureTable", BigQueryTable.check(table)), (table) =>
    BigQuery.use((bigQuery) => bigQuery.ensureTable(table, options))
  )

/**
 * Loads objects of JSON Lines into a table, all rows or none, and exactly once for a job id.
 *
 * **Details**
 *
 * - The job has the id that is given. When there is one of it already, from an earlier call or from one whose answer was lost, its result is
 *   taken and no row is added.
 * - A job that has failed keeps its id: the next try has `{jobId}_2` and so on. It comes at once after a fault of the service, otherwise with
 *   the next call.
 * - Fails with `LoadFailed`, which has the rows at fault; with `NotFound` for a missing object, bucket or table; with `JobMismatch` when the job of this id loads
 *   something else.
 *
 * @since 0.1.0
 */
export const load = (request: LoadRequest): Effect.Effect<Loaded, BigQueryError, BigQuery> => {
  const isJobId = /^[A-Za-z0-9_-]{1,1000}$/.test(request.jobId)
  return Effect.andThen(
    checked(
      "load",
      isJobId ? BigQueryTable.check(request.table) : Result.fail(new InvalidName({ what: "job", name: request.jobId }))
    ),
    () => BigQuery.use((bigQuery) => bigQuery.load(request))
  )
}

/**
 * Inserts rows so that they are there at once. `id` names a row: one that is sent again, within about a minute, is not added again.
 *
 * Values are those of `Row`; a bigint may stand for an INT64 or NUMERIC. Fails with `RowsRejected`, which has the numbers of the rows at fault.
 *
 * @since 0.1.0
 */
export const insert = <R extends Row>(
  table: BigQueryTable.Table,
  rows: ReadonlyArray<R>,
  options: { readonly id: (row: R, index: number) => string }
): Effect.Effect<void, BigQueryError, BigQuery> =>
  Effect.flatMap(checked("insert", BigQueryTable.check(table)), (table) =>
    BigQuery.use((bigQuery) =>
      bigQuery.insert(
        table,
        rows.map((row, index) => ({ id: options.id(row, index), row }))
      )
    )
  )

const typed = <A, R>(
  operation: "query" | "rows",
  rows: Stream.Stream<Row, BigQueryError, R>,
  schema: Schema.ConstraintDecoder<A>
): Stream.Stream<A, BigQueryError, R> => {
  const decode = Schema.decodeUnknownEffect(schema)
  return Stream.mapEffect(Stream.zipWithIndex(rows), ([row, index]) =>
    Effect.mapError(decode(row), (error) => {
      const reason = new RowMismatch({ row: index, description: error.message })
      return new BigQueryError({ operation, reason })
    })
  )
}

/**
 * Reads all rows of a table, which BigQuery does not bill, each decoded by a schema of `Row`. Fails with `RowMismatch` at the first that is otherwise.
 *
 * @since 0.1.0
 */
export const rows = <A>(
  table: BigQueryTable.TableName,
  schema: Schema.ConstraintDecoder<A>
): Stream.Stream<A, BigQueryError, BigQuery> =>
  Stream.unwrap(
    Effect.flatMap(checked("rows", BigQueryTable.checkName(table)), (name) =>
      BigQuery.useSync((bigQuery) => typed("rows", bigQuery.rows(name), schema))
    )
  )

/**
 * Runs a query and streams its rows, each decoded by a schema of `Row`. Values belong into `parameters`; a name of a table that is not yours to choose belongs
 * through `path`.
 *
 * Fails with `InvalidQuery`; with `TooManyBytes`; with `RowMismatch` at the first row that the schema does not fit.
 *
 * @example
 * import * as BigQuery from "@genops/pipelines/BigQuery"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 *
 * const best = BigQuery.query(
 *   { sql: "SELECT candidate, rouge_l_mean AS mean FROM genops.summaries WHERE run_id = @run", parameters: { run: "r1" } },
 *   Schema.Struct({ candidate: Schema.String, mean: Schema.NullOr(Schema.Finite) })
 * ).pipe(Stream.runCollect)
 *
 * @since 0.1.0
 */
export const query = <A>(
  query: Query,
  schema: Schema.ConstraintDecoder<A>
): Stream.Stream<A, BigQueryError, BigQuery> =>
  Stream.unwrap(BigQuery.useSync((bigQuery) => typed("query", bigQuery.query(query), schema)))

/**
 * Tells how many bytes a query would read, without running it. That is free of charge. Fails with `InvalidQuery`.
 *
 * @since 0.1.0
 */
export const estimate = (query: Query): Effect.Effect<{ readonly bytes: bigint }, BigQueryError, BigQuery> =>
  BigQuery.use((bigQuery) => bigQuery.estimate(query))

/**
 * Writes a table's name for a statement, quoted. Fails with `InvalidName`.
 *
 * @since 0.1.0
 */
export const path = (table: BigQueryTable.TableName): Effect.Effect<string, BigQueryError> =>
  Effect.map(checked("query", BigQueryTable.checkName(table)), ({ dataset, table }) => `\`${dataset}.${table}\``)

/**
 * Keeps datasets, tables and jobs in memory, for tests; loads read from `CloudStorage`. It has no SQL: `answer` gives the rows of a query, and without one queries
 * fail with `InvalidQuery`.
 *
 * @since 0.1.0
 */
export const layerMemory = (
  options: { readonly answer?: (query: Query) => ReadonlyArray<Row> } = {}
): Layer.Layer<BigQuery, never, CloudStorage> => Layer.effect(BigQuery, memory.make(options.answer))
