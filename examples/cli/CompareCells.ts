/** The cells of a run: of several for the same row, candidate and repeat the last one counts. */
import type * as Cell from "@genops/pipelines/Cell"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const keyOf = ({ candidate, repeat = 0, row }: Cell.Cell) => JSON.stringify([candidate, row, repeat])

/** Two passes: the first finds which cells count, so that memory holds their places only. */
export const latest = (runId: string) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { kept } = yield* ResultStore.ResultStore.use((store) => store.read(runId))
      const places = new Map<string, number>()
      yield* Stream.runForEach(kept, ({ cell, position }) => Effect.sync(() => places.set(keyOf(cell), position)))
      return kept.pipe(
        Stream.filter(({ cell, position }) => places.get(keyOf(cell)) === position),
        Stream.map(({ cell }) => cell)
      )
    })
  )
