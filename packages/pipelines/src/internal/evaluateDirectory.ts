/** Runs in directories: `run.json`, `cells.jsonl`, `summary.json` and `lock`. */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Cell from "../Cell.ts"
import * as ComparisonSummary from "../ComparisonSummary.ts"
import type { ResultStore, Run } from "../ResultStore.ts"
import { ResultStoreError, RunLocked, RunNotFound } from "../ResultStoreError.ts"
import * as RunManifest from "../RunManifest.ts"
import * as RunSummary from "../RunSummary.ts"
import * as lines from "./evaluateLines.ts"
import * as Lock from "./evaluateLock.ts"
import * as FileFailure from "./fileFailure.ts"

const Manifest = Schema.fromJsonString(RunManifest.RunManifest)

/** A line that waits to be written, and then where it is. */
interface Append {
  readonly line: Buffer
  kept: Result.Result<number, PlatformError.PlatformError> | undefined
}

const textOf = (summary: Parameters<Run["finish"]>[0]): string =>
  "baseline" in summary ? ComparisonSummary.toJson(summary) : RunSummary.toJson(summary)

const endOf = (file: FileSystem.File) =>
  Effect.orElseSucceed(
    Effect.map(file.stat, ({ size }) => Number(size)),
    () => 0
  )

export const make = (root: string): Effect.Effect<ResultStore["Service"], never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path

    const filesOf = (runId: string) => {
      const place = path.join(root, runId)
      const file = (name: string) => path.join(place, name)
      return {
        place,
        run: file("run.json"),
        cells: file("cells.jsonl"),
        summary: file("summary.json"),
        lock: file("lock")
      }
    }

    const failure =
      (runId: string, operation: ResultStoreError["operation"], place: string) =>
      (error: PlatformError.PlatformError | string) =>
        new ResultStoreError({
          runId,
          operation,
          place,
          reason: typeof error === "string" ? error : FileFailure.why(error)
        })

    /** Replaces a file as a whole, and does not come back before it is on the disk. */
    const replace = (file: string, text: string) =>
      Effect.gen(function* () {
        const handle = yield* fs.open(`${file}.new`, { flag: "w" })
        yield* handle.writeAll(new TextEncoder().encode(text))
        yield* handle.sync
        yield* fs.rename(`${file}.new`, file)
      }).pipe(Effect.scoped)

    const manifestOf = (runId: string, operation: "open" | "read") =>
      Effect.gen(function* () {
        const { run } = filesOf(runId)
        const fail = failure(runId, operation, run)
        const text = yield* Effect.mapError(fs.readFileString(run), fail)
        return yield* Effect.mapError(Schema.decodeEffect(Manifest)(text), () =>
          fail("it is not the run.json of a run, or of another version of genops")
        )
      })

    const cellOf = (runId: string, { line, text }: lines.Line) =>
      Result.mapError(Cell.read(text), () =>
        failure(
          runId,
          "read",
          `${filesOf(runId).cells}${line === undefined ? "" : `:${line}`}`
        )("it is not a cell of a run")
      )

    const kept = (runId: string, bytes?: number) => {
      const { cells } = filesOf(runId)
      return lines.read(fs, cells, bytes === undefined ? {} : { bytes }).pipe(
        Stream.mapError(failure(runId, "read", cells)),
        Stream.mapEffect((line) =>
          Effect.fromResult(Result.map(cellOf(runId, line), (cell) => ({ cell, position: line.position })))
        )
      )
    }

    const open: ResultStore["Service"]["open"] = (manifest) =>
      Effect.gen(function* () {
        const { runId } = manifest
        const files = filesOf(runId)
        const { cells, place } = files
        const fail = failure(runId, "open", place)
        yield* Effect.mapError(fs.makeDirectory(place, { recursive: true }), fail)
        yield* Lock.acquire(files.lock).pipe(
          Effect.provideService(FileSystem.FileSystem, fs),
          Effect.mapError((error) =>
            error._tag === "Held" ? new RunLocked({ runId, holder: error.holder, lock: files.lock }) : fail(error)
          )
        )
        const write = (manifest: RunManifest.RunManifest) =>
          Effect.orDie(Schema.encodeEffect(RunManifest.RunManifest)(manifest)).pipe(
            Effect.flatMap((json) => replace(files.run, `${JSON.stringify(json, undefined, 2)}\n`)),
            Effect.mapError(fail)
          )
        if (yield* Effect.mapError(fs.exists(files.run), fail)) {
          const kept = yield* manifestOf(runId, "open")
          const differences = RunManifest.differences(kept, manifest)
          if (differences.length > 0) return yield* new RunManifest.RunMismatch({ runId, differences })
          const continued = RunManifest.continued(kept, manifest)
          if (!Equal.equals(continued, kept)) yield* write(continued)
        } else {
          if (yield* Effect.mapError(fs.exists(cells), fail))
            return yield* fail("it has a cells.jsonl, but no run.json")
          yield* write(manifest)
        }

        const handle = yield* Effect.mapError(fs.open(cells, { flag: "a+" }), fail)
        let size = yield* Effect.mapError(lines.wholeBytes(handle), fail)
        yield* Effect.mapError(handle.truncate(size), fail)
        // What a write that failed has left behind is cut before the next one.
        let torn = false
        let waiting: Array<Append> = []
        const oneByOne = yield* Semaphore.make(1)
        const writeCells = Effect.fnUntraced(function* (batch: ReadonlyArray<Append>) {
          const bytes = Buffer.concat(batch.map(({ line }) => line))
          let begun = false
          const written = yield* Effect.result(
            Effect.andThen(
              torn ? handle.truncate(size) : Effect.void,
              Effect.suspend(() => {
                begun = true
                torn = true
                return handle.writeAll(bytes)
              })
            )
          )
          if (Result.isSuccess(written)) torn = false
          // Of a write that failed in the middle, the lines that are whole are kept, as whoever opens the run next will find them.
          const whole = Result.isSuccess(written) ? size + bytes.length : size
          const end = Result.isFailure(written) && begun ? yield* endOf(handle) : whole
          let position = size
          for (const append of batch) {
            const next = position + append.line.length
            append.kept = next <= end ? Result.succeed(position) : Result.map(written, () => position)
            if (next <= end) size = next
            position = next
          }
        })
        /** Writes what waits, all at once: whoever comes while this goes on is written with the next. */
        const flush = Effect.suspend(() => {
          const batch = waiting
          waiting = []
          return batch.length === 0 ? Effect.void : writeCells(batch)
        })

        return {
          place,
          kept: Stream.suspend(() => kept(runId, size)),
          at: (position) =>
            lines.read(fs, cells, { offset: position }).pipe(
              Stream.runHead,
              Effect.mapError(failure(runId, "read", cells)),
              Effect.flatMap((line) =>
                line._tag === "None"
                  ? Effect.fail(failure(runId, "read", cells)(`it has no line at byte ${position}`))
                  : Effect.fromResult(cellOf(runId, { ...line.value, line: undefined }))
              )
            ),
          append: (cell) =>
            Effect.suspend(() => {
              const append: Append = { line: Buffer.from(`${Cell.write(cell)}\n`), kept: undefined }
              waiting.push(append)
              return Effect.flatMap(oneByOne.withPermits(1)(flush), () =>
                append.kept === undefined
                  ? Effect.die(new Error("a cell was not written"))
                  : Effect.fromResult(append.kept)
              )
            }).pipe(Effect.mapError(failure(runId, "append", cells)), Effect.uninterruptible),
          finish: (summary) =>
            handle.sync.pipe(
              Effect.andThen(replace(files.summary, textOf(summary))),
              Effect.mapError(failure(runId, "finish", files.summary))
            )
        }
      })

    const read: ResultStore["Service"]["read"] = (runId) =>
      Effect.gen(function* () {
        const { cells, place, run } = filesOf(runId)
        const fail = failure(runId, "read", place)
        if (!(yield* Effect.mapError(fs.exists(run), fail))) {
          const known = yield* Effect.orElseSucceed(fs.readDirectory(root), () => [])
          return yield* new RunNotFound({ runId, place: root, known })
        }
        const manifest = yield* manifestOf(runId, "read")
        const started = yield* Effect.mapError(fs.exists(cells), fail)
        return { manifest, place, kept: started ? kept(runId) : Stream.empty }
      })

    return { open, read }
  })
