/**
 * The evaluation of a dataset: each row by each metric, and the aggregates. A row that a metric cannot score is left out of its aggregates and
 * keeps its error in the output; a metric without any score fails the whole.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Bill } from "../http/Answer.ts"
import type * as Operations from "../store/Operations.ts"
import * as Decode from "../wire/Decode.ts"
import type { Dataset } from "../wire/EvaluationRequest.ts"
import type { Metric } from "../wire/EvaluationSpec.ts"
import * as Aggregation from "./Aggregation.ts"
import * as Judge from "./Judge.ts"
import * as MetricList from "./MetricList.ts"
import * as MetricTemplate from "./MetricTemplate.ts"
import * as Problem from "./Problem.ts"

type Row = Decode.JsonObject

const parse = (line: string, where: string): Result.Result<Row, Problem.Problem> => {
  const refusal = Problem.invalid(`${where} is not a JSON object`)
  try {
    const row: unknown = JSON.parse(line)
    return Decode.isJsonObject(row) ? Result.succeed(row) : refusal
  } catch {
    return refusal
  }
}

const read = (
  { state }: Judge.Place,
  dataset: Dataset["dataset"]
): Result.Result<ReadonlyArray<Row>, Problem.Problem> =>
  Result.gen(function* () {
    const table = dataset?.bigquerySource?.inputUri
    if (table !== undefined) return yield* Problem.notFound(`Not found: Table ${table}`)
    const rows: Array<Row> = []
    for (const uri of dataset?.gcsSource?.uris ?? []) {
      const bytes = state.storage.read(uri)
      if (bytes === undefined) return yield* Problem.notFound(`No such object: ${uri.replace("gs://", "")}`)
      const lines = new TextDecoder().decode(bytes).split("\n")
      for (const [index, line] of lines.entries()) {
        if (line.trim() !== "") rows.push(yield* parse(line, `${uri} line ${index + 1}`))
      }
    }
    return rows
  })

/** The field in which the aggregates of a metric stand. */
const fieldOf = (metric: Metric): string => {
  const { bleuSpec, computationBasedMetricSpec, exactMatchSpec, rougeSpec } = metric
  const type = computationBasedMetricSpec?.type
  if (exactMatchSpec !== undefined || type === "EXACT_MATCH") return "exactMatchMetricValue"
  if (bleuSpec !== undefined || type === "BLEU") return "bleuMetricValue"
  return rougeSpec !== undefined || type === "ROUGE" ? "rougeMetricValue" : "pointwiseMetricResult"
}

const aggregate = (metric: Metric, scored: ReadonlyArray<MetricList.Scored>): ReadonlyArray<Decode.JsonObject> => {
  const choices = scored.flatMap(({ choice }) => choice ?? [])
  const wanted = metric.aggregationMetrics ?? [choices.length > 0 ? "MODE" : "AVERAGE"]
  return wanted.map((aggregationMetric) =>
    choices.length > 0
      ? { aggregationMetric, pairwiseMetricResult: { pairwiseChoice: Aggregation.mode(choices) } }
      : {
          aggregationMetric,
          [fieldOf(metric)]: {
            score: Aggregation.of(
              aggregationMetric,
              scored.map(({ score }) => score)
            )
          }
        }
  )
}

/**
 * Checks what needs no row: that there are metrics, a dataset and a place for the output, and that comparisons are summed up by their mode.
 *
 * @since 0.1.0
 */
export const check = ({ dataset, metrics = [], outputConfig }: Dataset): Result.Result<void, Problem.Problem> => {
  const uris = dataset?.gcsSource?.uris ?? []
  if (uris.length === 0 && dataset?.bigquerySource === undefined) return Problem.invalid("dataset is required")
  const strange = uris.find((uri) => !/^gs:\/\/[^/]+\/./.test(uri))
  if (strange !== undefined) return Problem.invalid(`${strange} is not the URI of an object, gs://bucket/object`)
  if (metrics.length === 0) return Problem.invalid("metrics is required")
  const numeric = metrics.some(
    ({ aggregationMetrics = [], pairwiseMetricSpec }) =>
      pairwiseMetricSpec !== undefined && aggregationMetrics.some((name) => name !== "MODE")
  )
  if (numeric) return Problem.invalid("The choices of a pairwise metric can be aggregated by MODE only")
  const prefix = outputConfig?.gcsDestination?.outputUriPrefix ?? ""
  return prefix.startsWith("gs://") ? Result.void : Problem.invalid("output_config.gcs_destination is required")
}

/**
 * What is evaluated: rows, and the dataset that is named as where they are from.
 *
 * @since 0.1.0
 */
export interface Asked extends Omit<Dataset, "dataset" | "location"> {
  readonly dataset: Decode.JsonObject | undefined
  readonly rows: ReadonlyArray<Row>
}

/**
 * An evaluation that has been done: its response, or why there is none, and what its judges are billed.
 *
 * @since 0.1.0
 */
export interface Done {
  readonly end: Operations.End
  readonly bill: Bill | undefined
}

/**
 * Scores rows and writes the scores below the prefix in Cloud Storage that the request names.
 *
 * @since 0.1.0
 */
export const score = (place: Judge.Place, asked: Asked, now: Date): Done => {
  const { autoraterConfig, dataset, metrics = [], outputConfig, rows } = asked
  const bills: Array<Bill> = []
  const end = Result.gen(function* () {
    if (rows.length === 0) return yield* Problem.invalid("The dataset has no rows")
    const results: Array<Array<Decode.JsonObject>> = rows.map(() => [])
    const aggregationResults: Array<Decode.JsonObject> = []
    for (const metric of metrics) {
      const scores = rows.map((row) => {
        const subject = { values: MetricTemplate.ofObject(row), rubricGroups: {} }
        return MetricList.score(place, metric, subject, autoraterConfig)
      })
      const scored = scores.flatMap((score) => (Result.isSuccess(score) ? [score.success] : []))
      for (const { bill } of scored) if (bill !== undefined) bills.push(bill)
      const [first] = scores
      if (scored.length === 0 && first !== undefined && Result.isFailure(first))
        return yield* Result.fail(first.failure)
      scores.forEach((score, index) =>
        results[index]?.push(Result.isSuccess(score) ? score.success.result : { error: score.failure })
      )
      aggregationResults.push(...aggregate(metric, scored))
    }
    const prefix = (outputConfig?.gcsDestination?.outputUriPrefix ?? "").replace(/\/?$/, "/")
    const gcsOutputDirectory = `${prefix}evaluation-${now.toISOString().replaceAll(/\D/g, "").slice(0, 14)}`
    const lines = rows.map((instance, index) => JSON.stringify({ instance, metricResults: results[index] }))
    if (!place.state.storage.write(`${gcsOutputDirectory}/evaluation_results.jsonl`, `${lines.join("\n")}\n`)) {
      return yield* Problem.notFound(`The output cannot be written to ${prefix}: the bucket does not exist, or is full`)
    }
    return { aggregationOutput: { dataset, aggregationResults }, outputInfo: { gcsOutputDirectory } }
  })
  return {
    bill: Judge.total(bills),
    end: Result.match(end, {
      onFailure: (error): Operations.End => ({ error }),
      onSuccess: (response) => ({ response })
    })
  }
}

/**
 * Evaluates. What it ends with is the end of the operation; what was judged before a failure is billed.
 *
 * @since 0.1.0
 */
export const run = (place: Judge.Place, request: Dataset, now: Date): Done =>
  Result.match(read(place, request.dataset), {
    onFailure: (error) => ({ bill: undefined, end: { error } }),
    onSuccess: (rows) => score(place, { ...request, dataset: request.dataset, rows }, now)
  })
