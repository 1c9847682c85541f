/** Runs in directories: `run.json`, `cells.jsonl`, `summary.json` and `lock`. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Cell from "../Cell.ts"
import type { ResultStore } from "../ResultStore.ts"
import { ResultStoreError, RunLocked, RunNotFound } from "../ResultStoreError.ts"
import * as RunManifest from "../RunManifest.ts"
import * as RunSummary from "../RunSummary.ts"
import * as lines from "./evaluateLines.ts"
import * as Lock from "./evaluateLock.ts"

const Manifest = Schema.fromJsonString(RunManifest.RunManifest)

const why = ({ reason }: PlatformError.PlatformError): string =>
  reason._tag === "NotFound"
    ? "there is no such file or directory"
    : reason._tag === "PermissionDenied"
      ? "there is no permission"
      : reason.message

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
        new ResultStoreError({ runId, operation, place, reason: typeof error === "string" ? error : why(error) })

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
        if (yield* Effect.mapError(fs.exists(files.run), fail)) {
          const differences = RunManifest.differences(yield* manifestOf(runId, "open"), manifest)
          if (differences.length > 0) return yield* new RunManifest.RunMismatch({ runId, differences })
        } else {
          if (yield* Effect.mapError(fs.exists(cells), fail))
            return yield* fail("it has a cells.jsonl, but no run.json")
          const text = yield* Effect.orDie(Schema.encodeEffect(RunManifest.RunManifest)(manifest))
          yield* Effect.mapError(replace(files.run, `${JSON.stringify(text, undefined, 2)}\n`), fail)
        }

        const handle = yield* Effect.mapError(fs.open(cells, { flag: "a+" }), fail)
        let size = yield* Effect.mapError(lines.wholeBytes(handle), fail)
        yield* Effect.mapError(handle.truncate(size), fail)
        // What an append that failed has left behind is cut before the next one.
        let torn = false
        const oneByOne = yield* Semaphore.make(1)

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
            Effect.gen(function* () {
              const line = new TextEncoder().encode(`${Cell.write(cell)}\n`)
              if (torn) yield* handle.truncate(size)
              torn = true
              yield* handle.writeAll(line)
              torn = false
              size += line.length
            }).pipe(Effect.mapError(failure(runId, "append", cells)), Effect.uninterruptible, oneByOne.withPermits(1)),
          finish: (summary) =>
            handle.sync.pipe(
              Effect.andThen(replace(files.summary, RunSummary.toJson(summary))),
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
