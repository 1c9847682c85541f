/**
 * The scores of a run row by row, to compare runs on the same rows.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Cell from "./Cell.ts"
import { type InvalidRunId, ResultStore, type ResultStoreError, type RunNotFound } from "./ResultStore.ts"
import * as RunManifest from "./RunManifest.ts"

/**
 * Scores by metric and row id. Rows without a score are not there.
 *
 * @since 0.1.0
 */
export type RowScores = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * Reads the scores of these metrics from the store; ids and numbers are all that is kept in memory. Of two cells of a row the later
 * one counts; repeats of a row are averaged. Scores by an older definition of a metric do not count. A metric that the run does not have
 * gets an empty map. With several candidates in a run, name one.
 *
 * @since 0.1.0
 */
export const read = (
  runId: string,
  metrics: ReadonlyArray<string>,
  options: { readonly candidate?: string } = {}
): Effect.Effect<RowScores, InvalidRunId | RunNotFound | ResultStoreError, ResultStore> =>
  Effect.gen(function* () {
    const { kept, manifest } = yield* (yield* ResultStore).read(runId)
    const versions = RunManifest.metricVersions(manifest)
    const byRepeat = Array.from({ length: manifest.repeats ?? 1 }, () =>
      metrics.map((metric) => ({ metric, version: versions.get(metric), scores: new Map<string, number>() }))
    )
    yield* Stream.runForEach(kept, ({ cell }) =>
      Effect.sync(() => {
        if (options.candidate !== undefined && cell.candidate !== options.candidate) return
        for (const { metric, scores, version } of byRepeat[cell.repeat ?? 0] ?? []) {
          const found = Cell.score(cell, metric)
          const score = found?.version === version ? (found?.score ?? null) : null
          if (score === null) scores.delete(cell.rowId)
          else scores.set(cell.rowId, score)
        }
      })
    )
    return new Map(
      metrics.map((metric, column) => [metric, meansOf(byRepeat.flatMap((all) => all[column]?.scores ?? []))])
    )
  })

/** The mean of each row over the repeats that have a score. */
const meansOf = (repeats: ReadonlyArray<ReadonlyMap<string, number>>): ReadonlyMap<string, number> => {
  const [only, ...more] = repeats
  if (only !== undefined && more.length === 0) return only
  const rows = new Set(repeats.flatMap((scores) => [...scores.keys()]))
  const mean = (row: string) => {
    const known = repeats.flatMap((scores) => scores.get(row) ?? [])
    return known.reduce((sum, score) => sum + score, 0) / known.length
  }
  return new Map([...rows].map((row) => [row, mean(row)]))
}
