/**
 * Keeps every result of a run as soon as it is there, so that a run can be stopped, killed and resumed without paying twice.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Cell from "./Cell.ts"
import type * as ComparisonSummary from "./ComparisonSummary.ts"
import * as directory from "./internal/evaluateDirectory.ts"
import * as memory from "./internal/evaluateMemory.ts"
import { InvalidRunId, type ResultStoreError, type RunLocked, type RunNotFound } from "./ResultStoreError.ts"
import type * as RunManifest from "./RunManifest.ts"
import type * as RunSummary from "./RunSummary.ts"

export { InvalidRunId, ResultStoreError, RunLocked, RunNotFound } from "./ResultStoreError.ts"

/**
 * A kept cell, and where it is, for `Run.at`.
 *
 * @since 0.1.0
 */
export interface Kept {
  readonly cell: Cell.Cell
  readonly position: number
}

/**
 * A run that was opened to be worked on.
 *
 * **Details**
 *
 * - `place` says for people where it is.
 * - `kept` are the cells so far in the order in which they were kept. Of two for the same row the later one counts.
 * - `append` keeps a cell and says where, for `at`. When it succeeds, the cell survives the death of this process. After a failure the
 *   cells before it are whole, and `append` may be tried again.
 * - `finish` replaces the summary.
 *
 * @since 0.1.0
 */
export interface Run {
  readonly place: string
  readonly kept: Stream.Stream<Kept, ResultStoreError>
  readonly at: (position: number) => Effect.Effect<Cell.Cell, ResultStoreError>
  readonly append: (cell: Cell.Cell) => Effect.Effect<number, ResultStoreError>
  readonly finish: (
    summary: RunSummary.RunSummary | ComparisonSummary.ComparisonSummary
  ) => Effect.Effect<void, ResultStoreError>
}

/**
 * Keeps runs. Implementations: `layerDirectory`, `layerMemory`.
 *
 * @since 0.1.0
 */
export class ResultStore extends Context.Service<
  ResultStore,
  {
    /**
     * Starts a run, or continues the one of the same id, of which the manifest then has the metrics as they are given. It is locked
     * for everybody else until the scope ends.
     */
    open(
      manifest: RunManifest.RunManifest
    ): Effect.Effect<Run, InvalidRunId | RunLocked | RunManifest.RunMismatch | ResultStoreError, Scope.Scope>
    /** Reads a run, also while it is being worked on. */
    read(runId: string): Effect.Effect<
      {
        readonly manifest: RunManifest.RunManifest
        readonly place: string
        readonly kept: Stream.Stream<Kept, ResultStoreError>
      },
      InvalidRunId | RunNotFound | ResultStoreError
    >
  }
>()("@genops/pipelines/ResultStore") {}

const named = (store: ResultStore["Service"]): ResultStore["Service"] => {
  const check = (runId: string) =>
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(runId) ? Effect.void : Effect.fail(new InvalidRunId({ runId }))
  return {
    open: (manifest) => Effect.andThen(check(manifest.runId), store.open(manifest)),
    read: (runId) => Effect.andThen(check(runId), store.read(runId))
  }
}

/**
 * Keeps each run in a directory of its own under `root`.
 *
 * **Details**
 *
 * - `run.json`: the manifest. `cells.jsonl`: one cell a line, only ever appended to; a last line that a crash has torn is left out
 *   when reading and cut before the next append. `summary.json`: replaced as a whole. `lock`: the process that works on the run.
 * - A lock of a process that has died on this machine is taken over; one of another machine must be removed by hand.
 * - A kept cell survives the death of the process; `finish` makes it survive the death of the machine too.
 *
 * @since 0.1.0
 */
export const layerDirectory = (root: string): Layer.Layer<ResultStore, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(ResultStore, Effect.map(directory.make(root), named))

/**
 * Keeps runs in memory, for tests and dry runs. They are gone with the layer.
 *
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<ResultStore> = Layer.sync(ResultStore, () => named(memory.make()))
