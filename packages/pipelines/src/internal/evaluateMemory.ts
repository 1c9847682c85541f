/** Runs in memory. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Cell from "../Cell.ts"
import type { ResultStore } from "../ResultStore.ts"
import { ResultStoreError, RunLocked, RunNotFound } from "../ResultStoreError.ts"
import * as RunManifest from "../RunManifest.ts"

interface Stored {
  manifest: RunManifest.RunManifest
  /** As text, so that nothing of a cell is shared, and what cannot be written fails here as it does on disk. */
  readonly lines: Array<string>
  locked: boolean
}

const place = "memory"

export const make = (): ResultStore["Service"] => {
  const runs = new Map<string, Stored>()

  const cellAt = (runId: string, { lines }: Stored, position: number) => {
    const line = lines[position]
    const cell = line === undefined ? undefined : Result.getOrUndefined(Cell.read(line))
    return cell === undefined
      ? Effect.fail(new ResultStoreError({ runId, operation: "read", place, reason: `there is no cell ${position}` }))
      : Effect.succeed(cell)
  }

  const kept = (runId: string, stored: Stored) =>
    Stream.suspend(() =>
      Stream.range(0, stored.lines.length - 1).pipe(
        Stream.mapEffect((position) => Effect.map(cellAt(runId, stored, position), (cell) => ({ cell, position })))
      )
    )

  return {
    open: (manifest) =>
      Effect.gen(function* () {
        const { runId } = manifest
        const stored = runs.get(runId) ?? { manifest, lines: [], locked: false }
        if (stored.locked) return yield* new RunLocked({ runId, holder: "this process", lock: "" })
        const differences = RunManifest.differences(stored.manifest, manifest)
        if (differences.length > 0) return yield* new RunManifest.RunMismatch({ runId, differences })
        stored.manifest = RunManifest.continued(stored.manifest, manifest)
        runs.set(runId, stored)
        yield* Effect.acquireRelease(
          Effect.sync(() => (stored.locked = true)),
          () => Effect.sync(() => (stored.locked = false))
        )
        return {
          place,
          kept: kept(runId, stored),
          at: (position) => cellAt(runId, stored, position),
          append: (cell) => Effect.sync(() => stored.lines.push(Cell.write(cell)) - 1),
          finish: () => Effect.void
        }
      }),
    read: (runId) =>
      Effect.suspend(() => {
        const stored = runs.get(runId)
        return stored === undefined
          ? Effect.fail(new RunNotFound({ runId, place, known: [...runs.keys()] }))
          : Effect.succeed({ manifest: stored.manifest, place, kept: kept(runId, stored) })
      })
  }
}
