/**
 * The scores of a run row by row, to compare runs on the same rows.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Cell from "./Cell.ts"
import { type InvalidRunId, ResultStore, type ResultStoreError, type RunNotFound } from "./ResultStore.ts"

/**
 * Scores by metric and row id. Rows without a score are not there.
 *
 * @since 0.1.0
 */
export type RowScores = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * Reads the scores of these metrics from the store; ids and numbers are all that is kept in memory. Of two cells of a row the later
 * one counts. A metric that the run does not have gets an empty map. With several candidates in a run, name one.
 *
 * @since 0.1.0
 */
export const read = (
  runId: string,
  metrics: ReadonlyArray<string>,
  options: { readonly candidate?: string } = {}
): Effect.Effect<RowScores, InvalidRunId | RunNotFound | ResultStoreError, ResultStore> =>
  Effect.gen(function* () {
    const { kept } = yield* (yield* ResultStore).read(runId)
    const all = new Map(metrics.map((metric) => [metric, new Map<string, number>()]))
    yield* Stream.runForEach(kept, ({ cell }) =>
      Effect.sync(() => {
        if (options.candidate !== undefined && cell.candidate !== options.candidate) return
        for (const [metric, scores] of all) {
          const score = Cell.score(cell, metric)?.score ?? null
          if (score === null) scores.delete(cell.rowId)
          else scores.set(cell.rowId, score)
        }
      })
    )
    return all
  })
