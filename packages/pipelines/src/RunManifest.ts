/**
 * What a run is: the candidates, the data and the metrics. Results of different ones are never mixed under one run id.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"

/**
 * A run, as it is kept in `run.json`.
 *
 * **Details**
 *
 * - `dataset.sha256` is that of the bytes that were read; `firstRow` and `lastRow` are row ids, which depend on the id column.
 * - `prompt` is the template, null when answers were given without one; `columns` names the columns that rows were read from.
 * - `repeats` is how often each row is asked, absent for once; `baseline` the candidate that a comparison compares with, and
 *   `primaryMetric` the metric that it looks at first.
 * - `settings` are further things that the scores depend on, such as the judge.
 * - `startedAt`, `prices` (the date of the price table) and `versions` are for the record: a resumed run may have others.
 *
 * @since 0.1.0
 */
export const RunManifest = Schema.Struct({
  format: Schema.Literal(1),
  runId: Schema.String,
  startedAt: Schema.String,
  candidates: Schema.Array(
    Schema.Struct({ name: Schema.String, fingerprint: Schema.String, configuration: Schema.NullOr(Schema.Json) })
  ),
  dataset: Schema.Struct({
    source: Schema.String,
    rows: Schema.Natural,
    invalid: Schema.Natural,
    sha256: Schema.String,
    firstRow: Schema.String,
    lastRow: Schema.String
  }),
  prompt: Schema.NullOr(Schema.String),
  columns: Schema.Record(Schema.String, Schema.String),
  metrics: Schema.Array(Schema.Struct({ name: Schema.String, definition: Schema.Json })),
  settings: Schema.Record(Schema.String, Schema.String),
  repeats: Schema.optional(Schema.Natural),
  baseline: Schema.optional(Schema.String),
  primaryMetric: Schema.optional(Schema.String),
  seed: Schema.Int,
  confidence: Schema.Finite,
  prices: Schema.String,
  versions: Schema.Record(Schema.String, Schema.String)
})

/**
 * A run, as it is kept in `run.json`.
 *
 * @since 0.1.0
 */
export type RunManifest = typeof RunManifest.Type

/**
 * A run of this id exists and is another one. Nothing was sent.
 *
 * `differences` name a path in `run.json` with the kept and the given value; null where there is none.
 *
 * @since 0.1.0
 */
export class RunMismatch extends Schema.TaggedError<RunMismatch>()("RunMismatch", {
  runId: Schema.String,
  differences: Schema.Array(
    Schema.Struct({ path: Schema.String, kept: Schema.NullOr(Schema.String), given: Schema.NullOr(Schema.String) })
  )
}) {
  override get message() {
    const show = (value: string | null) =>
      value === null ? "(none)" : value.length > 60 ? `${value.slice(0, 57)}...` : value
    const shown = this.differences.slice(0, 6)
    const more = this.differences.length - shown.length
    return [
      `Run ${this.runId} exists with something else, so its results cannot be continued.`,
      ...shown.map(({ given, kept, path }) => `  ${path}: it has ${show(kept)}, now ${show(given)}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
      "  Nothing was sent. Use another run id, or what the run was started with."
    ].join("\n")
  }
}

const recordOnly: ReadonlySet<string> = new Set(["startedAt", "prices", "versions", "dataset.source", "primaryMetric"])

const leaves = (value: unknown, path: string, into: Map<string, string>): Map<string, string> => {
  if (recordOnly.has(path)) return into
  if (typeof value !== "object" || value === null) return into.set(path, JSON.stringify(value))
  for (const [key, item] of Object.entries(value)) {
    // By name: a metric that was put in front of others must not make all of them look changed.
    const step = Array.isArray(value) && Predicate.hasProperty(item, "name") ? String(item.name) : key
    leaves(item, path === "" ? step : `${path}.${step}`, into)
  }
  return into
}

/**
 * What differs between the run that is kept and the one that is given, as paths in `run.json`; [] when results can be continued.
 *
 * A metric that is defined otherwise than before is no difference: its scores are made again from the answers that are kept. Nor is
 * another baseline, unless a metric is pairwise.
 *
 * @since 0.1.0
 */
export const differences = (kept: RunManifest, given: RunManifest): RunMismatch["differences"] => {
  const known = new Set(kept.metrics.map(({ name }) => name))
  const redefined = given.metrics.filter(({ name }) => known.has(name)).map(({ name }) => `metrics.${name}.definition`)
  const isRedefined = (path: string) => redefined.some((metric) => path === metric || path.startsWith(`${metric}.`))
  // What judges chose by pairs is bound to the baseline; other scores are not.
  const isBound = given.metrics.some(
    ({ definition }) => Predicate.hasProperty(definition, "_tag") && definition._tag === "Pairwise"
  )
  const before = leaves(kept, "", new Map())
  const now = leaves(given, "", new Map())
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((path) => before.get(path) !== now.get(path) && !isRedefined(path) && (path !== "baseline" || isBound))
    .map((path) => ({ path, kept: before.get(path) ?? null, given: now.get(path) ?? null }))
}

/**
 * The manifest to keep when a run is continued: what it was started with, and metrics and baseline as they are now.
 *
 * @since 0.1.0
 */
export const continued = (kept: RunManifest, { baseline, metrics, primaryMetric }: RunManifest): RunManifest => ({
  ...kept,
  metrics,
  ...(baseline === undefined ? {} : { baseline }),
  ...(primaryMetric === undefined ? {} : { primaryMetric })
})

const canonical = (value: Schema.Json): string =>
  JSON.stringify(value, (_, part: unknown) =>
    Predicate.isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part
  )

/**
 * Names the definition of a metric: 8 hexadecimal digits of its sha-256. Scores carry it, so that those of an older definition are told
 * apart.
 *
 * @since 0.1.0
 */
export const metricVersion = (definition: Schema.Json): string =>
  createHash("sha256").update(canonical(definition)).digest("hex").slice(0, 8)

/**
 * The versions of the metrics of a run, by name.
 *
 * @since 0.1.0
 */
export const metricVersions = ({ metrics }: RunManifest): ReadonlyMap<string, string> =>
  new Map(metrics.map(({ definition, name }) => [name, metricVersion(definition)]))
