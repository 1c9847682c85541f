/**
 * Whether a later run did better than an earlier one on the same rows: after another prompt, model or setting.
 *
 * @since 0.1.0
 */
import type * as Metric from "@genops/core/Metric"
import * as MultipleTesting from "@genops/core/statistics/MultipleTesting"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ComparisonSummary from "./ComparisonSummary.ts"
import * as differences from "./internal/compareDifferences.ts"
import * as Table from "./internal/evaluateTable.ts"
import { type InvalidRunId, ResultStore, type ResultStoreError, type RunNotFound } from "./ResultStore.ts"
import * as RunManifest from "./RunManifest.ts"

/**
 * A candidate of the later run against one of the earlier in one metric, on the rows that both have scores for. `mean` is later - earlier; all else is
 * as in `ComparisonSummary.Difference`, `against` being in the place of the baseline. `same` is whether both have the same configuration.
 *
 * @since 0.1.0
 */
export const Difference = Schema.Struct({
  ...ComparisonSummary.Difference.fields,
  against: Schema.String,
  same: Schema.Boolean
})

/**
 * A candidate of the later run against one of the earlier in one metric.
 *
 * @since 0.1.0
 */
export type Difference = typeof Difference.Type

/**
 * What two runs came to against each other.
 *
 * **Details**
 *
 * - `p_adjusted` of the `differences` is corrected by Holm over all of them. Seed and confidence are those of the later run.
 * - `left_out` are candidates and metrics that cannot be compared, and why.
 *
 * @since 0.1.0
 */
export const RunComparison = Schema.Struct({
  before: Schema.String,
  after: Schema.String,
  rows: Schema.Natural,
  confidence: Schema.Finite,
  differences: Schema.Array(Difference),
  left_out: Schema.Array(
    Schema.Struct({ what: Schema.Literals(["candidate", "metric"]), name: Schema.String, reason: Schema.String })
  )
})

/**
 * What two runs came to against each other.
 *
 * @since 0.1.0
 */
export type RunComparison = typeof RunComparison.Type

/**
 * The rows of two runs cannot be paired, or there is nothing to compare on them.
 *
 * @since 0.1.0
 */
export class RunsNotComparable extends Schema.TaggedError<RunsNotComparable>()("RunsNotComparable", {
  before: Schema.String,
  after: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Runs ${this.before} and ${this.after} cannot be compared: ${this.reason}`
  }
}

/**
 * Who is compared with whom. Left out, candidates of the same name are.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly pairs?: ReadonlyArray<{ readonly candidate: string; readonly against: string }>
}

const Scaled = Schema.Struct({
  _tag: Schema.String,
  scale: Schema.optional(
    Schema.Struct({
      min: Schema.Finite,
      max: Schema.optional(Schema.Finite),
      ideal: Schema.Literals(["high", "low", "zero"])
    })
  )
})
const readScaled = Schema.decodeUnknownOption(Scaled)

type Rated = Exclude<Metric.Metric, { readonly _tag: "Pairwise" }>
type LeftOut = RunComparison["left_out"][number]

/** A metric from its definition in run.json. How it was measured does not matter any more. */
const ratedOf = (name: string, definition: Schema.Json): Rated | undefined => {
  const scale = Option.getOrUndefined(readScaled(definition))?.scale
  if (scale === undefined) return undefined
  const { ideal, max, min } = scale
  return {
    _tag: "Service",
    name,
    inputs: [],
    scale: { min, ideal, ...(max === undefined ? {} : { max }) },
    measure: { _tag: "Predefined", metricSpecName: name }
  }
}

const metricsOf = (before: RunManifest.RunManifest, after: RunManifest.RunManifest) => {
  const metrics: Array<Rated> = []
  const leftOut: Array<LeftOut> = []
  const [earlier, later] = [RunManifest.metricVersions(before), RunManifest.metricVersions(after)]
  for (const { definition, name } of after.metrics) {
    const rated = ratedOf(name, definition)
    const leave = (reason: string) => leftOut.push({ what: "metric", name, reason })
    if (!earlier.has(name)) leave("the earlier run does not have it")
    else if (earlier.get(name) !== later.get(name)) leave("it is defined otherwise in the two runs")
    else if (rated === undefined) leave("it gives no scores, but choices against the baseline of its run")
    else metrics.push(rated)
  }
  for (const name of earlier.keys())
    if (!later.has(name)) leftOut.push({ what: "metric", name, reason: "the later run does not have it" })
  return { metrics, leftOut }
}

/** Why rows cannot be paired; undefined when they can. */
const apart = (before: RunManifest.RunManifest, after: RunManifest.RunManifest): string | undefined => {
  const show = ({ dataset }: RunManifest.RunManifest) =>
    `${dataset.source} (${dataset.rows} rows, sha256 ${dataset.sha256.slice(0, 12)})`
  return before.dataset.sha256 === after.dataset.sha256 && before.dataset.rows === after.dataset.rows
    ? undefined
    : `they are of different datasets, so that their rows cannot be paired:\n  ${show(before)}\n  ${show(after)}\n  Run both on the same file.`
}

type Tables = ReadonlyMap<string, Table.Table>

const read = (runId: string) =>
  Effect.gen(function* () {
    const { kept, manifest } = yield* ResultStore.use((store) => store.read(runId))
    const fill = (metrics: ReadonlyArray<Rated>): Effect.Effect<Tables, ResultStoreError> => {
      const { candidates, confidence, dataset, repeats = 1, seed } = manifest
      const versions = RunManifest.metricVersions(manifest)
      const common = { rows: dataset.rows, repeats, metrics, versions, seed, confidence }
      const own = candidates.map(({ fingerprint, name }) => ({
        fingerprint,
        table: Table.make({ ...common, candidate: name, fingerprint }),
        name
      }))
      const byName = new Map(own.map((one) => [one.name, one]))
      return Effect.as(
        Stream.runForEach(kept, ({ cell }) =>
          Effect.sync(() => {
            const one = byName.get(cell.candidate)
            if (one?.fingerprint === cell.fingerprint) one.table.put(cell)
          })
        ),
        new Map(own.map(({ name, table }) => [name, table]))
      )
    }
    return { manifest, fill }
  })

/** Candidates of the same name, and those that the other run lacks. */
const pairsOf = (before: RunManifest.RunManifest, after: RunManifest.RunManifest) => {
  const [earlier, later] = [before, after].map(({ candidates }) => new Set(candidates.map(({ name }) => name)))
  const without = (names: Set<string> = new Set(), others: Set<string> = new Set(), which: string) =>
    [...names]
      .filter((name) => !others.has(name))
      .map((name): LeftOut => ({ what: "candidate", name, reason: `the ${which} run does not have it` }))
  return {
    pairs: [...(later ?? [])].filter((name) => earlier?.has(name)).map((name) => ({ candidate: name, against: name })),
    leftOut: [...without(later, earlier, "earlier"), ...without(earlier, later, "later")]
  }
}

/** Holm's correction over all pairs. It only ever raises a p-value that was corrected within its pair, so verdicts can only be lost. */
const corrected = (found: ReadonlyArray<Difference>, confidence: number): ReadonlyArray<Difference> => {
  const holm = MultipleTesting.holm(found.flatMap(({ p }) => p ?? []))
  const adjusted = Result.getOrElse(holm, () => []).values()
  return found.map((one) => {
    if (one.p === null) return one
    const p_adjusted = adjusted.next().value ?? 1
    return { ...one, p_adjusted, ...(p_adjusted < 1 - confidence ? {} : { verdict: "no_difference_shown" as const }) }
  })
}

/**
 * Compares a later run with an earlier one of the same dataset, row by row, with the tests of `CompareModels`: paired differences over the rows
 * that both have scores for, repeats of a row averaged first.
 *
 * Scores by an older definition of a metric do not count. Numbers are all that is kept in memory. Fails with `RunsNotComparable` when the datasets differ
 * in their bytes, when no candidate has the name of one in the other run, and for `pairs` that name a candidate that is not there.
 *
 * @example
 * import * as NodeServices from "@effect/platform-node/NodeServices"
 * import * as ResultStore from "@genops/pipelines/ResultStore"
 * import * as RunComparison from "@genops/pipelines/RunComparison"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const store = Layer.provide(ResultStore.layerDirectory(".genops/runs"), NodeServices.layer)
 * const worse = RunComparison.between("monday", "tuesday").pipe(
 *   Effect.map(({ differences }) => differences.filter(({ verdict }) => verdict === "worse")),
 *   Effect.provide(store)
 * )
 *
 * @since 0.1.0
 */
export const between = (
  before: string,
  after: string,
  options: Options = {}
): Effect.Effect<RunComparison, RunsNotComparable | InvalidRunId | RunNotFound | ResultStoreError, ResultStore> =>
  Effect.gen(function* () {
    const [earlier, later] = [yield* read(before), yield* read(after)]
    const refuse = (reason: string) => new RunsNotComparable({ before, after, reason })
    const difference = apart(earlier.manifest, later.manifest)
    if (difference !== undefined) return yield* refuse(difference)
    const { leftOut, metrics } = metricsOf(earlier.manifest, later.manifest)
    const named = options.pairs === undefined ? pairsOf(earlier.manifest, later.manifest) : undefined
    const pairs = options.pairs ?? named?.pairs ?? []
    if (pairs.length === 0)
      return yield* refuse(`no candidate is in both.\n  Say in \`pairs\` who is to be compared with whom.`)

    const [tablesBefore, tablesAfter] = [yield* earlier.fill(metrics), yield* later.fill(metrics)]
    const { confidence, seed } = later.manifest
    const fingerprint = ({ candidates }: RunManifest.RunManifest, candidate: string) =>
      candidates.find(({ name }) => name === candidate)?.fingerprint
    const found: Array<Difference> = []
    for (const { against, candidate } of pairs) {
      const [mine, theirs] = [tablesAfter.get(candidate), tablesBefore.get(against)]
      if (mine === undefined) return yield* refuse(`${after} has no candidate ${JSON.stringify(candidate)}.`)
      if (theirs === undefined) return yield* refuse(`${before} has no candidate ${JSON.stringify(against)}.`)
      const same = fingerprint(later.manifest, candidate) === fingerprint(earlier.manifest, against)
      const one = { name: candidate, table: mine }
      const baseline = { name: against, table: theirs }
      for (const each of differences.of([one], baseline, metrics, { confidence, seed }))
        found.push({ ...each, against, same })
    }
    return {
      before,
      after,
      rows: later.manifest.dataset.rows,
      confidence,
      differences: corrected(found, confidence),
      left_out: [...(named?.leftOut ?? []), ...leftOut]
    }
  })
