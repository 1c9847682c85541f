/** Reads the whole dataset once before the first paid call, so that a bad row costs nothing. */
import * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import * as Metric from "@genops/core/Metric"
import type * as Prompt from "@genops/core/Prompt"
import type * as Evaluation from "@genops/vertex/Evaluation"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Row from "./evaluateRow.ts"

/**
 * A row that cannot fill the prompt template. Nothing was sent.
 *
 * @since 0.1.0
 */
export class PromptNotFilled extends Schema.TaggedError<PromptNotFilled>()("PromptNotFilled", {
  source: Schema.String,
  line: Schema.Int,
  row: Schema.String,
  variable: Schema.String,
  description: Schema.String
}) {
  override get message() {
    return `${this.source}:${this.line} (row ${this.row})  ${this.description}\n  Nothing was sent.`
  }
}

/** Resolves names, and refuses what is unknown, named twice or not to be scored here. */
export const metricsOf = (
  named: ReadonlyArray<Metric.Metric | string>,
  evaluation: Evaluation.Evaluation["Service"]
): Result.Result<
  ReadonlyArray<Metric.Metric>,
  Metric.UnknownMetric | Metric.DuplicateMetric | Evaluation.MetricUnsupported
> =>
  Result.gen(function* () {
    const metrics: Array<Metric.Metric> = []
    for (const metric of named) metrics.push(typeof metric === "string" ? yield* Metric.named(metric) : metric)
    yield* Metric.validate(metrics)
    for (const metric of metrics) yield* evaluation.supports(metric)
    return metrics
  })

/** What is read from rows. */
export interface Reading {
  readonly prompt: Prompt.Prompt | undefined
  readonly columns: Row.Columns
  readonly metrics: ReadonlyArray<Metric.Metric>
  /** Whether pairwise metrics get the answer of another candidate to compare with. */
  readonly compares: boolean
}

/** Stands for what only the model's answer will bring. */
const generated = { response: "", latencyMs: 0, grounding: { parts: [], metadata: undefined } }

/**
 * Checks every row: it decodes, it fills the template, and it has what each metric needs. Keeps nothing but the first and last id.
 */
export const check = <A extends object, E, R>(
  dataset: Dataset.Dataset<A, E, R>,
  { columns, compares, metrics, prompt }: Reading
) =>
  Effect.gen(function* () {
    const { source } = dataset
    let firstRow: string | undefined
    let lastRow = ""
    const examine = (row: Dataset.Row<A>) =>
      Result.gen(function* () {
        firstRow ??= row.id
        lastRow = row.id
        const prepared = yield* Result.mapError(
          Row.prepare(row.id, row.value, prompt, columns),
          ({ message, variable }) =>
            new PromptNotFilled({ source, line: row.line, row: row.id, variable, description: message })
        )
        if (columns.response !== undefined && prepared.response === undefined) {
          const reason = "missing or no text, and the answers are read from it"
          return yield* Result.fail(
            new DatasetError({ kind: "InvalidRow", source, line: row.line, field: columns.response, reason })
          )
        }
        const given = columns.response === undefined ? generated : { response: prepared.response ?? "" }
        const compared = compares ? { baselineResponse: "" } : {}
        yield* Metric.requireInputs(metrics, { ...prepared.instance, ...given, ...compared })
      })
    const events = Stream.tap(dataset.events, (event) =>
      event._tag === "Row" ? Effect.fromResult(examine(event)) : Effect.void
    )
    const report = yield* Dataset.check({ ...dataset, events })
    return { ...report, firstRow: firstRow ?? "", lastRow }
  })
