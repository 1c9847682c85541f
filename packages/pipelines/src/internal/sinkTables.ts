/** The tables `cells` and `summaries`: their columns, and the rows of a run. */
import * as Money from "@genops/core/Money"
import * as Predicate from "effect/Predicate"
import type { Row } from "../BigQuery.ts"
import type { Field } from "../BigQueryTable.ts"
import type * as Cell from "../Cell.ts"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as RunManifest from "../RunManifest.ts"

/** The columns that say which run a row is of. */
const runFields: ReadonlyArray<Field> = [
  { name: "run_id", type: "STRING", mode: "REQUIRED" },
  { name: "eval_date", type: "DATE", mode: "REQUIRED", description: "The day, in UTC, on which the run began." },
  {
    name: "revision",
    type: "INT64",
    mode: "REQUIRED",
    description: "Grows when a run is resumed and exported again: of a run only the highest counts."
  },
  { name: "candidate", type: "STRING", mode: "REQUIRED" },
  { name: "evaluated_model", type: "STRING" },
  { name: "fingerprint", type: "STRING", description: "Names the content of the candidate's configuration." }
]

const tokenFields: ReadonlyArray<Field> = ["input_tokens", "cached_tokens", "output_tokens", "thinking_tokens"].map(
  (name) => ({
    name,
    type: "INT64"
  })
)

export const cellFields: ReadonlyArray<Field> = [
  ...runFields,
  { name: "row_number", type: "INT64", mode: "REQUIRED", description: "Counts the rows of the dataset from 0." },
  { name: "row_id", type: "STRING" },
  { name: "repeat", type: "INT64", mode: "REQUIRED" },
  { name: "prompt", type: "STRING" },
  { name: "reference", type: "STRING" },
  { name: "response", type: "STRING", description: "NULL when there is no answer; then error_tag says why." },
  { name: "finish_reason", type: "STRING" },
  { name: "model_version", type: "STRING" },
  ...tokenFields,
  { name: "cost_usd", type: "BIGNUMERIC", description: "What the answer cost; NULL when it is not known." },
  { name: "latency_ms", type: "FLOAT64" },
  { name: "scores", type: "JSON", description: "Metric to score, explanation, choice, error." },
  { name: "safety_ratings", type: "JSON" },
  { name: "grounding", type: "JSON" },
  { name: "error_tag", type: "STRING" },
  { name: "error_message", type: "STRING" }
]

const summaryFields: ReadonlyArray<Field> = [
  ...runFields,
  { name: "started_at", type: "TIMESTAMP" },
  { name: "configuration", type: "JSON", description: "The whole configuration of the candidate." },
  { name: "generation_config", type: "JSON" },
  { name: "system_instruction", type: "STRING" },
  { name: "tools", type: "JSON" },
  { name: "prompt_template", type: "STRING" },
  { name: "sample_prompt", type: "STRING" },
  { name: "dataset", type: "STRING" },
  { name: "dataset_sha256", type: "STRING" },
  { name: "is_baseline", type: "BOOL" },
  { name: "row_count", type: "INT64" },
  { name: "n_total", type: "INT64" },
  { name: "n_valid", type: "INT64" },
  { name: "n_error", type: "INT64" },
  { name: "blocked", type: "INT64" },
  { name: "errors", type: "JSON" },
  { name: "failure", type: "STRING", description: "Why the candidate itself could not be used." },
  ...tokenFields,
  { name: "cost_usd", type: "BIGNUMERIC" },
  { name: "judge_cost_usd", type: "BIGNUMERIC" },
  { name: "cost_unknown", type: "INT64" },
  { name: "cost_per_1000_usd", type: "BIGNUMERIC" },
  { name: "latency_median_ms", type: "FLOAT64" },
  { name: "latency_p95_ms", type: "FLOAT64" },
  { name: "metrics", type: "JSON", description: "All statistics of each metric." },
  { name: "differences", type: "JSON", description: "Against the baseline, with intervals and adjusted p." }
]

/** `rouge_l/mean` is the column `rouge_l_mean`. */
const columnOf = (metric: string): string => metric.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_")

const metricsOf = ({ candidates }: ComparisonSummary.ComparisonSummary): ReadonlyArray<string> => [
  ...new Set(
    candidates.flatMap(({ summary_metrics }) => Object.keys(summary_metrics).filter((name) => name !== "row_count"))
  )
]

/** The columns of a table of summaries: with those of the metrics of a summary, or without any. */
export const fieldsOfSummaries = (summary?: ComparisonSummary.ComparisonSummary): ReadonlyArray<Field> => [
  ...summaryFields,
  ...(summary === undefined ? [] : metricsOf(summary).map((name): Field => ({ name: columnOf(name), type: "FLOAT64" })))
]

/** What is the same in all rows of a run. */
export interface Run {
  readonly manifest: RunManifest.RunManifest
  readonly summary: ComparisonSummary.ComparisonSummary
  readonly revision: number
  /** Whether texts of prompts, answers and judges are exported. */
  readonly content: boolean
}

/** The day on which a run began. */
export const dayOf = ({ startedAt }: RunManifest.RunManifest): string => startedAt.slice(0, 10)

const runColumns = ({ manifest, revision, summary }: Run, candidate: string, fingerprint: string): Row => ({
  run_id: manifest.runId,
  eval_date: dayOf(manifest),
  revision,
  candidate,
  evaluated_model: summary.candidates.find((one) => one.candidate === candidate)?.model ?? null,
  fingerprint
})

const withoutTexts = ({ error, explanation: _explanation, ...score }: Cell.CellScore): Cell.CellScore =>
  error === undefined ? score : { ...score, error: { tag: error.tag, message: "" } }

/** Money as text: exact, and what JSON takes. */
const money = (amount: Money.Money | null | undefined): string | null =>
  amount === null || amount === undefined ? null : Money.toDecimal(amount)

export const cellRow = (run: Run, cell: Cell.Cell): Row => {
  const { error, usage } = cell
  const text = (value: string | undefined) => (run.content ? (value ?? null) : null)
  const scores = Object.entries(cell.scores).map(([name, score]) => {
    const { cost, ...rest } = run.content ? score : withoutTexts(score)
    return [name, cost === undefined ? rest : { ...rest, cost: money(cost) }] as const
  })
  return {
    ...runColumns(run, cell.candidate, cell.fingerprint),
    row_number: cell.row,
    row_id: cell.rowId,
    repeat: cell.repeat ?? 0,
    prompt: text(cell.prompt),
    reference: text(cell.reference),
    response: text(cell.response),
    finish_reason: cell.finishReason ?? null,
    model_version: cell.modelVersion ?? null,
    input_tokens: usage?.inputTokens ?? null,
    cached_tokens: usage?.cachedInputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    thinking_tokens: usage?.thinkingTokens ?? null,
    cost_usd: money(cell.cost),
    latency_ms: cell.latencyMs ?? null,
    scores: Object.fromEntries(scores),
    safety_ratings: cell.safetyRatings ?? null,
    grounding: run.content ? (cell.grounding ?? null) : null,
    error_tag: error?.tag ?? null,
    error_message: text(error?.message)
  }
}

const configurationOf = ({ manifest }: Run, candidate: string): unknown =>
  manifest.candidates.find(({ name }) => name === candidate)?.configuration ?? null

const part = (of: unknown, name: string): unknown => (Predicate.hasProperty(of, name) ? (of[name] ?? null) : null)

/** `sample` is a prompt of the candidate's. */
export const summaryRow = (run: Run, candidate: ComparisonSummary.Candidate, sample: string | undefined): Row => {
  const { content, manifest, summary } = run
  const configuration = configurationOf(run, candidate.candidate)
  const instruction = part(configuration, "systemInstruction")
  return {
    ...runColumns(run, candidate.candidate, candidate.fingerprint),
    started_at: manifest.startedAt,
    configuration,
    generation_config: part(configuration, "generationConfig"),
    system_instruction:
      typeof instruction === "string" || instruction === null ? instruction : JSON.stringify(instruction),
    tools: part(configuration, "tools"),
    prompt_template: manifest.prompt,
    sample_prompt: content ? (sample ?? null) : null,
    dataset: manifest.dataset.source,
    dataset_sha256: manifest.dataset.sha256,
    is_baseline: candidate.candidate === summary.baseline,
    row_count: candidate.row_count,
    n_total: candidate.n_total,
    n_valid: candidate.n_valid,
    n_error: candidate.n_error,
    blocked: candidate.blocked,
    errors: candidate.errors,
    failure: candidate.failure?.tag ?? null,
    input_tokens: candidate.tokens.input,
    cached_tokens: candidate.tokens.cached,
    output_tokens: candidate.tokens.output,
    thinking_tokens: candidate.tokens.thinking,
    cost_usd: money(candidate.cost_usd),
    judge_cost_usd: money(candidate.judge_cost_usd),
    cost_unknown: candidate.cost_unknown,
    cost_per_1000_usd: money(candidate.cost_per_1000_usd),
    latency_median_ms: candidate.latency_ms?.median ?? null,
    latency_p95_ms: candidate.latency_ms?.p95 ?? null,
    metrics: candidate.metrics,
    differences: summary.differences.filter((difference) => difference.candidate === candidate.candidate),
    ...Object.fromEntries(
      Object.entries(candidate.summary_metrics).flatMap(([name, value]) =>
        name === "row_count" ? [] : [[columnOf(name), value] as const]
      )
    )
  }
}
