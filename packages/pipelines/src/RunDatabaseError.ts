/**
 * What can go wrong with a database of runs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * DuckDB cannot be started, or has no room for the runs.
 *
 * @since 0.1.0
 */
export class DatabaseUnavailable extends Schema.TaggedError<DatabaseUnavailable>()("DatabaseUnavailable", {
  reason: Schema.String
}) {
  override get message() {
    const advice = /cannot find (?:package|module)/i.test(this.reason)
      ? "Install it: npm install @duckdb/node-api"
      : "No run was changed. Should memory be short, give it more `memory`, or name fewer `runs`."
    return `DuckDB cannot hold the runs: ${this.reason}.\n  ${advice}`
  }
}

/**
 * The directory of the runs cannot be read.
 *
 * @since 0.1.0
 */
export class RunsUnreadable extends Schema.TaggedError<RunsUnreadable>()("RunsUnreadable", {
  root: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.root} cannot be read: ${this.reason}.\n  Name the directory that has the directories of runs in it, such as .genops/runs.`
  }
}

/**
 * DuckDB refuses the query, or had to give it up. `reason` is what it says; texts of cells that it quotes are left out.
 *
 * @since 0.1.0
 */
export class QueryFailed extends Schema.TaggedError<QueryFailed>()("QueryFailed", {
  statement: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    const advice = /^out of memory/i.test(this.reason)
      ? "Select fewer columns or rows, or open the database with more `memory`."
      : 'The tables are runs, cells, scores and summaries; "describe cells" shows the columns of one.'
    return `The query failed. ${this.reason}\n  ${advice}`
  }
}

/**
 * A row, counted from 0, that is not as the schema has it.
 *
 * @since 0.1.0
 */
export class RowNotDecoded extends Schema.TaggedError<RowNotDecoded>()("RowNotDecoded", {
  row: Schema.Natural,
  description: Schema.String
}) {
  override get message() {
    const shown = this.description.split("\n").slice(0, 5).join("\n  ")
    return `Row ${this.row} of the result is not as the schema has it: ${shown}\n  Change the schema, or cast in the query.`
  }
}

/**
 * There is a file already. It was not changed.
 *
 * @since 0.1.0
 */
export class FileExists extends Schema.TaggedError<FileExists>()("FileExists", { file: Schema.String }) {
  override get message() {
    return `${this.file} exists, and was not changed.\n  Name another file, or ask for it to be overwritten.`
  }
}

/**
 * A file was not written. What was there before is unchanged.
 *
 * @since 0.1.0
 */
export class ExportFailed extends Schema.TaggedError<ExportFailed>()("ExportFailed", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} was not written: ${this.reason}.\n  What was there before is unchanged.`
  }
}
