/** What a run is, from what it was given: checked, with the whole dataset read once, before anything is paid. */
import type * as Dataset from "@genops/core/Dataset"
import type * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as PriceTable from "@genops/core/PriceTable"
import type * as Prompt from "@genops/core/Prompt"
import * as Release from "@genops/core/Release"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as RunManifest from "../RunManifest.ts"
import * as preflight from "./evaluatePreflight.ts"
import type * as Row from "./evaluateRow.ts"

/** Who answers. Without a configuration the answers are given. */
export interface Candidate {
  readonly name: string
  readonly fingerprint: string
  readonly configuration: ModelConfiguration.ModelConfiguration | undefined
}

/** What is to be run. */
export interface Plan<A, E, R> {
  readonly runId: string
  readonly candidates: ReadonlyArray<Candidate>
  readonly dataset: Dataset.Dataset<A, E, R>
  readonly prompt: Prompt.Prompt | undefined
  readonly columns: Row.Columns
  readonly metrics: ReadonlyArray<Metric.Metric | string>
  readonly settings: Readonly<Record<string, string>>
  readonly seed: number
  readonly confidence: number
  /** Where candidates are compared: how often each row is asked, and with whom pairwise metrics compare. */
  readonly comparison:
    | { readonly repeats: number; readonly baseline: string; readonly primaryMetric: string }
    | undefined
}

/** A plan that can be run. `metrics` are in the order given. */
export interface Prepared {
  readonly manifest: RunManifest.RunManifest
  readonly metrics: ReadonlyArray<Metric.Metric>
  readonly versions: ReadonlyMap<string, string>
}

/** Resolves the metrics and checks candidates and data. Sends nothing. */
export const prepare = <A extends object, E, R>({
  candidates,
  columns,
  comparison,
  confidence,
  prompt,
  runId,
  seed,
  settings,
  ...plan
}: Plan<A, E, R>) =>
  Effect.gen(function* () {
    const evaluation = yield* Evaluation.Evaluation
    for (const { configuration } of candidates) {
      if (configuration !== undefined) yield* Effect.fromResult(ModelConfiguration.validate(configuration))
    }
    const metrics = yield* Effect.fromResult(preflight.metricsOf(plan.metrics, evaluation))
    const reading = { prompt, columns, metrics, compares: comparison !== undefined }
    const { firstRow, invalid, lastRow, rows, sha256, source } = yield* preflight.check(plan.dataset, reading)
    const { asOf } = yield* PriceTable.Prices
    const manifest: RunManifest.RunManifest = {
      format: 1,
      runId,
      startedAt: DateTime.formatIso(yield* DateTime.now),
      candidates: candidates.map(({ configuration, fingerprint, name }) => ({
        name,
        fingerprint,
        configuration: asJson(configuration)
      })),
      dataset: { source, rows, invalid, sha256, firstRow, lastRow },
      prompt: prompt?.template ?? null,
      columns: {
        reference: columns.reference,
        ...(columns.response === undefined ? {} : { response: columns.response })
      },
      metrics: metrics.map((metric) => ({ name: metric.name, definition: definitionOf(metric) })),
      settings,
      ...comparison,
      seed,
      confidence,
      prices: asOf,
      versions: { genops: Release.version }
    }
    const prepared: Prepared = { manifest, metrics, versions: RunManifest.metricVersions(manifest) }
    return prepared
  })

/** The definition of a metric as it is kept: functions are left out, a template is its text. */
const definitionOf = (metric: Metric.Metric): Schema.Json => {
  const { name: _, ...definition } = metric
  return asJson("prompt" in definition ? { ...definition, prompt: definition.prompt.template } : definition)
}

const asJson = (value: unknown): Schema.Json =>
  // What JSON.parse gives is JSON.
  value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Schema.Json)
