/** The tables of a database of runs: their columns, and the rows of a run. Columns that BigQuery's tables have too are named alike. */
import type * as Driver from "@duckdb/node-api"
import type * as Cell from "../Cell.ts"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import * as Predicate from "effect/Predicate"
import type * as RunManifest from "../RunManifest.ts"
import type * as RunSummary from "../RunSummary.ts"
import type { Api } from "./runDatabaseDuck.ts"

type Value = string | number | bigint | boolean | ReadonlyArray<string> | null | undefined

/** `usd` are pico-dollars, `time` is ISO 8601, `json` is written as JSON. */
type Kind = "boolean" | "count" | "json" | "number" | "text" | "texts" | "time" | "usd"

interface Column<A> {
  readonly name: string
  readonly kind: Kind
  readonly about: string
  readonly value: (row: A) => Value
}

export interface Table<A> {
  readonly name: string
  readonly about: string
  readonly columns: ReadonlyArray<Column<A>>
}

/** A run, with its directory's name as its id. */
export interface Run {
  readonly runId: string
  readonly place: string
  readonly manifest: RunManifest.RunManifest
  readonly summary: ComparisonSummary.ComparisonSummary | RunSummary.RunSummary | undefined
}

/** A line of `cells.jsonl`. */
export interface Line {
  readonly run: Run
  readonly line: number
  readonly cell: Cell.Cell
}

export interface Scored extends Line {
  readonly metric: string
  readonly score: Cell.CellScore
}

export interface Summarised {
  readonly run: Run
  readonly candidate: RunSummary.CandidateSummary & Partial<ComparisonSummary.Candidate>
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

const part = (of: unknown, name: string): unknown => (Predicate.hasProperty(of, name) ? of[name] : undefined)

const configurationOf = ({ manifest }: Run, candidate: string) =>
  manifest.candidates.find(({ name }) => name === candidate)?.configuration

const modelOf = (run: Run, candidate: string): string | null => {
  const model = part(configurationOf(run, candidate), "model")
  return typeof model === "string" ? model : null
}

const ofComparison = ({ summary }: Run) => (summary !== undefined && "baseline" in summary ? summary : undefined)

const column =
  <A>() =>
  (name: string, kind: Kind, about: string, value: (row: A) => Value): Column<A> => ({ name, kind, about, value })

const run = column<Run>()

export const runs: Table<Run> = {
  name: "runs",
  about: "One row a run",
  columns: [
    run("run_id", "text", "The name of its directory", ({ runId }) => runId),
    run("started_at", "time", "When it was begun first", ({ manifest }) => manifest.startedAt),
    run("dataset", "text", "Where the rows came from", ({ manifest }) => manifest.dataset.source),
    run("dataset_sha256", "text", "Of the bytes that were read", ({ manifest }) => manifest.dataset.sha256),
    run("row_count", "count", "Rows of the dataset", ({ manifest }) => manifest.dataset.rows),
    run("invalid_rows", "count", "Rows that were left out", ({ manifest }) => manifest.dataset.invalid),
    run("repeats", "count", "How often each row was asked", ({ manifest }) => manifest.repeats ?? 1),
    run("candidates", "texts", "Their names", ({ manifest }) => manifest.candidates.map(({ name }) => name)),
    run("metrics", "texts", "Their names", ({ manifest }) => manifest.metrics.map(({ name }) => name)),
    run("baseline", "text", "The candidate that others are compared with", ({ manifest }) => manifest.baseline),
    run("primary_metric", "text", "The metric looked at first", ({ manifest }) => manifest.primaryMetric),
    run("prompt_template", "text", "NULL when answers were given without one", ({ manifest }) => manifest.prompt),
    run("settings", "json", "What else the scores depend on", ({ manifest }) => json(manifest.settings)),
    run("seed", "count", "Of the intervals", ({ manifest }) => manifest.seed),
    run("confidence", "number", "Of the intervals", ({ manifest }) => manifest.confidence),
    run("prices_as_of", "text", "The date of the price table", ({ manifest }) => manifest.prices),
    run("genops_version", "text", "What began it", ({ manifest }) => manifest.versions["genops"]),
    run("has_summary", "boolean", "Whether it has come to an end, if an early one", (one) => one.summary !== undefined),
    run("place", "text", "Its directory", ({ place }) => place)
  ]
}

const line = column<Line>()

const key: ReadonlyArray<Column<Line>> = [
  line("run_id", "text", "", (one) => one.run.runId),
  line("candidate", "text", "Name of the configuration", ({ cell }) => cell.candidate),
  line("row_number", "count", "Counts the rows of the dataset from 0", ({ cell }) => cell.row),
  line("row_id", "text", "Its id in the dataset", ({ cell }) => cell.rowId),
  line("repeat", "count", "Counts the repeats of a row from 0", ({ cell }) => cell.repeat ?? 0)
]

const place = line("line", "count", "The line of cells.jsonl, from 1", (one) => one.line)

export const cells: Table<Line> = {
  name: "cells",
  about: "One row a candidate, row and repeat: the last line of it in cells.jsonl",
  columns: [
    ...key,
    line("evaluated_model", "text", "The model of the configuration", ({ cell, run }) => modelOf(run, cell.candidate)),
    line("fingerprint", "text", "Names the content of the configuration", ({ cell }) => cell.fingerprint),
    line("prompt", "text", "", ({ cell }) => cell.prompt),
    line("reference", "text", "", ({ cell }) => cell.reference),
    line("response", "text", "NULL when there is no answer; then error_tag says why", ({ cell }) => cell.response),
    line("finish_reason", "text", "", ({ cell }) => cell.finishReason),
    line("model_version", "text", "What answered, as it says itself", ({ cell }) => cell.modelVersion),
    line("input_tokens", "count", "The whole prompt, cached ones too", ({ cell }) => cell.usage?.inputTokens),
    line("cached_tokens", "count", "", ({ cell }) => cell.usage?.cachedInputTokens),
    line("output_tokens", "count", "Without thinking_tokens", ({ cell }) => cell.usage?.outputTokens),
    line("thinking_tokens", "count", "", ({ cell }) => cell.usage?.thinkingTokens),
    line("cost_usd", "usd", "What the answer cost; NULL when not known", ({ cell }) => cell.cost),
    line("latency_ms", "number", "Milliseconds until the answer was there", ({ cell }) => cell.latencyMs),
    line("safety_ratings", "json", "", ({ cell }) => json(cell.safetyRatings)),
    line("grounding", "json", "", ({ cell }) => json(cell.grounding)),
    line("error_tag", "text", "", ({ cell }) => cell.error?.tag),
    line("error_message", "text", "", ({ cell }) => cell.error?.message),
    line("attempts", "count", "Lines that the cell has in cells.jsonl", () => 1),
    line(
      "spent_usd",
      "usd",
      "Answers and judges, of all attempts",
      ({ cell: { spent } }) => spent.generation + spent.judge
    ),
    line("spent_judge_usd", "usd", "Judges, of all attempts", ({ cell }) => cell.spent.judge),
    line("spent_unknown", "count", "Calls of which the cost is not known", ({ cell }) => cell.spent.unknown),
    place
  ]
}

const scored = column<Scored>()

export const scores: Table<Scored> = {
  name: "scores",
  about: "One row a cell and metric, by the definition of the metric that the run has now",
  columns: [
    ...key,
    scored("metric", "text", "", ({ metric }) => metric),
    scored("score", "number", "NULL without a number", ({ score }) => score.score),
    scored("pairwise_choice", "text", "CANDIDATE, BASELINE or TIE", ({ score }) => score.pairwiseChoice),
    scored("explanation", "text", "", ({ score }) => score.explanation),
    scored("scored_by", "text", "", ({ score }) => score.scoredBy),
    scored("judge", "text", "The model that judged", ({ score }) => score.judge),
    scored("cost_usd", "usd", "What the judge cost; NULL when not known, or nothing asked", ({ score }) => score.cost),
    scored("version", "text", "Names the definition of the metric", ({ score }) => score.version),
    scored("error_tag", "text", "Why there is no score", ({ score }) => score.error?.tag),
    scored("error_message", "text", "", ({ score }) => score.error?.message),
    place
  ]
}

const summarised = column<Summarised>()

export const summaries: Table<Summarised> = {
  name: "summaries",
  about: "One row a run and candidate, from summary.json",
  columns: [
    summarised("run_id", "text", "", ({ run }) => run.runId),
    summarised("candidate", "text", "", ({ candidate }) => candidate.candidate),
    summarised("evaluated_model", "text", "", ({ candidate, run }) => modelOf(run, candidate.candidate)),
    summarised(
      "fingerprint",
      "text",
      "Names the content of the configuration",
      ({ candidate }) => candidate.fingerprint
    ),
    summarised("configuration", "json", "", ({ candidate, run }) => json(configurationOf(run, candidate.candidate))),
    summarised(
      "is_baseline",
      "boolean",
      "",
      ({ candidate, run }) => ofComparison(run)?.baseline === candidate.candidate
    ),
    summarised("row_count", "count", "Rows of the dataset times repeats", ({ candidate }) => candidate.row_count),
    summarised("n_total", "count", "Cells that were tried", ({ candidate }) => candidate.n_total),
    summarised("n_valid", "count", "Cells with an answer", ({ candidate }) => candidate.n_valid),
    summarised("n_error", "count", "Cells without one", ({ candidate }) => candidate.n_error),
    summarised("blocked", "count", "Of these, stopped by a safety filter", ({ candidate }) => candidate.blocked),
    summarised("errors", "json", "Error tag to count", ({ candidate }) => json(candidate.errors)),
    summarised(
      "failure",
      "text",
      "Why the candidate could not be used at all",
      ({ candidate }) => candidate.failure?.tag
    ),
    summarised("input_tokens", "count", "", ({ candidate }) => candidate.tokens?.input),
    summarised("cached_tokens", "count", "", ({ candidate }) => candidate.tokens?.cached),
    summarised("output_tokens", "count", "", ({ candidate }) => candidate.tokens?.output),
    summarised("thinking_tokens", "count", "", ({ candidate }) => candidate.tokens?.thinking),
    summarised("cost_usd", "usd", "Answers and judges, of all attempts", ({ candidate }) => candidate.cost_usd),
    summarised("judge_cost_usd", "usd", "Judges, of all attempts", ({ candidate }) => candidate.judge_cost_usd),
    summarised(
      "cost_unknown",
      "count",
      "Calls of which the cost is not known",
      ({ candidate }) => candidate.cost_unknown
    ),
    summarised(
      "cost_per_1000_usd",
      "usd",
      "Of 1,000 answers, without judges",
      (one) => one.candidate.cost_per_1000_usd
    ),
    summarised("latency_median_ms", "number", "", ({ candidate }) => candidate.latency_ms?.median),
    summarised("latency_p95_ms", "number", "", ({ candidate }) => candidate.latency_ms?.p95),
    summarised("metrics", "json", "All statistics of each metric", ({ candidate }) => json(candidate.metrics)),
    summarised("differences", "json", "To the baseline, with intervals and adjusted p", ({ candidate, run }) =>
      json(ofComparison(run)?.differences.filter((difference) => difference.candidate === candidate.candidate))
    )
  ]
}

/** The driver's type of a column. JSON is text to it. */
const typeOf = (api: Api, kind: Kind): Driver.DuckDBType => {
  switch (kind) {
    case "boolean":
      return api.BOOLEAN
    case "count":
      return api.BIGINT
    case "number":
      return api.DOUBLE
    case "texts":
      return api.LIST(api.VARCHAR)
    case "time":
      return api.TIMESTAMPTZ
    case "usd":
      return api.DECIMAL(38, 12)
    default:
      return api.VARCHAR
  }
}

const valueOf = (api: Api, kind: Kind, value: Value): Driver.DuckDBValue => {
  if (value === undefined || value === null) return null
  if (typeof value === "object") return api.listValue([...value])
  if (typeof value === "bigint") return api.decimalValue(value, 38, 12)
  if (kind === "count") return BigInt(Number(value))
  if (kind !== "time") return value
  const millis = Date.parse(String(value))
  return Number.isNaN(millis) ? null : api.timestampTZValue(BigInt(millis) * 1000n)
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** The statements that make a table. */
export const create = <A>(api: Api, { about, columns, name }: Table<A>): ReadonlyArray<string> => [
  `CREATE TABLE ${name} (${columns
    .map((one) => `${one.name} ${one.kind === "json" ? "JSON" : typeOf(api, one.kind).toString()}`)
    .join(", ")})`,
  `COMMENT ON TABLE ${name} IS ${quoted(about)}`,
  ...columns
    .filter((one) => one.about !== "")
    .map((one) => `COMMENT ON COLUMN ${name}.${one.name} IS ${quoted(one.about)}`)
]

/** Makes rows what the driver takes, at most 2,048 at once. There is one chunk for all: the driver's memory is out of the garbage collector's sight. */
export const chunks = <A>(api: Api, { columns }: Table<A>): ((rows: ReadonlyArray<A>) => Driver.DuckDBDataChunk) => {
  const chunk = api.DuckDBDataChunk.create(columns.map(({ kind }) => typeOf(api, kind)))
  return (rows) => {
    chunk.reset()
    chunk.rowCount = rows.length
    chunk.setColumns(columns.map(({ kind, value }) => rows.map((row) => valueOf(api, kind, value(row)))))
    return chunk
  }
}
