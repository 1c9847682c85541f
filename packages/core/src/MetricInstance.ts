/**
 * One answer with all that a metric may compare it with.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as NearMatch from "./NearMatch.ts"
import { printable } from "./internal/PrintableName.ts"
import type { GroundingMetadata } from "./metric/CitationCoverage.ts"
import type { Trajectory } from "./metric/Trajectory.ts"

/**
 * An answer to be scored.
 *
 * - `row`: names the row in errors, such as a row id or `prompts.jsonl:143`
 * - `response`: the answer's text; for the tool-call metrics the JSON text of a message with `tool_calls`
 * - `baselineResponse`: the answer of the model that pairwise metrics compare with
 * - `source`: the text before translation
 * - `grounding`: what a grounded answer cites, with the texts of the answer's parts
 * - `latencyMs`: milliseconds until the answer was complete
 * - `columns`: further columns of the row, for templates that name them, such as `context` or `history`
 *
 * @since 0.1.0
 */
export interface MetricInstance {
  readonly row?: string
  readonly response: string
  readonly prompt?: string
  readonly reference?: string
  readonly baselineResponse?: string
  readonly source?: string
  readonly trajectory?: Trajectory
  readonly referenceTrajectory?: Trajectory
  readonly grounding?: { readonly parts: ReadonlyArray<string>; readonly metadata: GroundingMetadata | undefined }
  readonly latencyMs?: number
  readonly columns?: Readonly<Record<string, string>>
}

/**
 * A metric needs an input that the row does not have. Nothing was sent for it.
 *
 * @since 0.1.0
 */
export class MetricInputMissing extends Schema.TaggedError<MetricInputMissing>()("MetricInputMissing", {
  metric: Schema.String,
  row: Schema.String,
  input: Schema.String,
  available: Schema.Array(Schema.String)
}) {
  readonly billed = "no"

  override get message() {
    const near = NearMatch.nearest(this.input, this.available)[0]
    const where = this.row === "" ? "The row" : `Row ${printable(this.row)}`
    return [
      `${where} has no ${printable(this.input)}, which the metric ${printable(this.metric)} needs. It was not scored, nothing was sent for it.`,
      ...(near === undefined ? [] : [`  Did you mean the column ${printable(near)}?`]),
      `  It has: ${this.available.map(printable).join(", ")}. Add the column, or leave the metric out.`
    ].join("\n")
  }
}

const isPresent = (entry: readonly [string, string | undefined]): entry is [string, string] => entry[1] !== undefined

/**
 * The inputs of an instance by the names that templates and datasets use: `response`, `prompt`, `reference`,
 * `baseline_model_response`, `source`, `predicted_trajectory`, `reference_trajectory`, `grounding`, `latency`, and its columns.
 * What is not a text already is there as JSON.
 *
 * @since 0.1.0
 */
export const inputs = (instance: MetricInstance): ReadonlyMap<string, string> => {
  const {
    baselineResponse,
    columns,
    grounding,
    latencyMs,
    prompt,
    reference,
    referenceTrajectory,
    response,
    source,
    trajectory
  } = instance
  const known = {
    response,
    prompt,
    reference,
    baseline_model_response: baselineResponse,
    source,
    predicted_trajectory: trajectory === undefined ? undefined : JSON.stringify(trajectory),
    reference_trajectory: referenceTrajectory === undefined ? undefined : JSON.stringify(referenceTrajectory),
    grounding: grounding === undefined ? undefined : JSON.stringify(grounding.metadata ?? null),
    latency: latencyMs === undefined ? undefined : String(latencyMs)
  }
  return new Map([...Object.entries(columns ?? {}), ...Object.entries(known)].filter(isPresent))
}

/**
 * The first input that a metric needs and the instance lacks, as an error that names the metric, the row and the input. An empty
 * text is there; metrics that cannot use it say so themselves. `available` are the `inputs` of the instance, if known already.
 *
 * @since 0.1.0
 */
export const missing = (
  metric: { readonly name: string; readonly inputs: ReadonlyArray<string> },
  instance: MetricInstance,
  available: ReadonlyMap<string, string> = inputs(instance)
): MetricInputMissing | undefined => {
  const input = metric.inputs.find((name) => !available.has(name))
  return input === undefined
    ? undefined
    : new MetricInputMissing({ metric: metric.name, row: instance.row ?? "", input, available: [...available.keys()] })
}
