/**
 * Loads what `GcsSink` has written into two tables of BigQuery, `cells` and `summaries`, which keep the history of all runs.
 *
 * **Details**
 *
 * - Both are partitioned by `eval_date`, the day on which a run began, and clustered by `evaluated_model` and `run_id`. A configuration is one JSON column.
 * - `summaries` has a column for each `{metric}_mean`, `{metric}_std` and win rate. A metric that was not there before becomes a new column, unless
 *   `newMetrics` is `"refuse"`; the result names it. Nothing else of a table is ever changed.
 * - A run that was resumed and exported again has a higher `revision`, and its earlier rows stay. Count the last one:
 *   `QUALIFY revision = MAX(revision) OVER (PARTITION BY run_id)`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as BigQuery from "./BigQuery.ts"
import type * as BigQueryTable from "./BigQueryTable.ts"
import type * as ComparisonSummary from "./ComparisonSummary.ts"
import type { Exported } from "./GcsSink.ts"
import * as Tables from "./internal/sinkTables.ts"

/**
 * Where to: a dataset, made when there is none, and its tables, `cells` and `summaries` unless named.
 *
 * @since 0.1.0
 */
export interface Target {
  readonly dataset: string
  readonly location?: string
  readonly cells?: string
  readonly summaries?: string
  readonly newMetrics?: "add" | "refuse"
}

/**
 * What a load came to, and the columns of metrics that were added.
 *
 * @since 0.1.0
 */
export interface Result {
  readonly cells: BigQuery.Loaded
  readonly summaries: BigQuery.Loaded
  readonly added: ReadonlyArray<string>
}

const layout = { partition: { field: "eval_date" }, cluster: ["evaluated_model", "run_id"] }

/**
 * The table of cells.
 *
 * @since 0.1.0
 */
export const cellsTable = ({ cells = "cells", dataset }: Target): BigQueryTable.Table => ({
  dataset,
  table: cells,
  fields: Tables.cellFields,
  ...layout
})

/**
 * The table of summaries: with the columns of a summary's metrics, or, without one, of none.
 *
 * @since 0.1.0
 */
export const summariesTable = (
  { dataset, summaries = "summaries" }: Target,
  summary?: ComparisonSummary.ComparisonSummary
): BigQueryTable.Table => ({ dataset, table: summaries, fields: Tables.fieldsOfSummaries(summary), ...layout })

/**
 * Makes the dataset and the tables, or finds that they fit, before anything is paid. Fails with `SchemaMismatch`, which names the columns.
 *
 * @since 0.1.0
 */
export const prepare = (target: Target): Effect.Effect<void, BigQuery.BigQueryError, BigQuery.BigQuery> =>
  Effect.gen(function* () {
    const { location } = target
    yield* BigQuery.ensureDataset(target.dataset, location === undefined ? {} : { location })
    yield* BigQuery.ensureTable(cellsTable(target))
    yield* BigQuery.ensureTable(summariesTable(target))
  })

/** The id of a load: the same for the same object and table, and for no other. */
const jobIdOf = ({ revision, runId }: Exported, { dataset, table }: BigQueryTable.TableName, uri: string): string => {
  const hash = createHash("sha256")
    .update(JSON.stringify([dataset, table, uri]))
    .digest("hex")
    .slice(0, 16)
  return `genops-${runId.replaceAll(/[^A-Za-z0-9_-]/g, "_")}-r${revision}-${table}-${hash}`
}

/**
 * Loads an export. Each object is loaded by a job whose id is made from it, so that loading again, from wherever, adds no row.
 *
 * Fails with `SchemaMismatch` when a table has another schema; nothing is lost then: the export stays, and this may be called again.
 *
 * @since 0.1.0
 */
export const load = (
  target: Target,
  exported: Exported
): Effect.Effect<Result, BigQuery.BigQueryError, BigQuery.BigQuery> =>
  Effect.gen(function* () {
    const { newMetrics = "add" } = target
    yield* prepare(target)
    const table = summariesTable(target, exported.summary)
    const { added } = yield* BigQuery.ensureTable(table, { missing: newMetrics })
    const once = (table: BigQueryTable.Table, uri: string) =>
      BigQuery.load({ table, uris: [uri], jobId: jobIdOf(exported, table, uri) })
    const cells = yield* once(cellsTable(target), exported.cells)
    return { cells, summaries: yield* once(table, exported.summaries), added }
  })
