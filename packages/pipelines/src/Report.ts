/**
 * Writes what a comparison came to as one HTML file that can be opened, read and sent: without a network, a server or a login.
 *
 * @since 0.1.0
 */
import type * as Money from "@genops/core/Money"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import type * as Cell from "./Cell.ts"
import type * as ComparisonSummary from "./ComparisonSummary.ts"
import type * as GateReport from "./GateReport.ts"
import * as Document from "./internal/reportDocument.ts"
import { gather } from "./internal/reportGather.ts"
import * as Parts from "./internal/reportParts.ts"
import * as Spool from "./internal/reportSpool.ts"
import type * as RunHistory from "./RunHistory.ts"
import type * as RunManifest from "./RunManifest.ts"

/**
 * What the report is about.
 *
 * **Details**
 *
 * - `cells` are the cells in the order in which they were kept: of two for the same row and repeat the later one counts. Those of no row
 *   or candidate of the run are counted, not shown.
 * - `title` is the run's id when left out.
 * - `history` is drawn as a timeline.
 * - `spent` is the sum of all candidates when left out; `duration` is how long the run took.
 * - `resume` is the command that tries again what failed.
 * - `content` is true when left out; with false, prompts, references, answers, explanations, messages and texts of configurations are
 *   not in the report.
 * - `redact` gets each of these texts and returns what may be shown of it.
 *
 * @since 0.1.0
 */
export interface Options<E = never, R = never> extends Facts {
  readonly cells: Stream.Stream<Cell.Cell, E, R>
}

/**
 * What the report says of a run apart from its cells.
 *
 * @since 0.1.0
 */
export interface Facts {
  readonly manifest: RunManifest.RunManifest
  readonly summary: ComparisonSummary.ComparisonSummary
  readonly title?: string
  readonly history?: RunHistory.RunHistory
  readonly budget?: Money.Money
  readonly spent?: Money.Money
  readonly duration?: Duration.Input
  readonly gates?: ReadonlyArray<GateReport.GateReport>
  readonly resume?: string
  readonly content?: boolean
  readonly redact?: (text: string) => string
}

/**
 * Makes the report as text, piece by piece, in one file whatever its size.
 *
 * The same input gives the same text. Cells are read once; memory holds about 5 bytes for each number and the texts compressed.
 *
 * @since 0.1.0
 */
export const html = <E, R>(options: Options<E, R>): Stream.Stream<string, E, R> =>
  Stream.unwrap(
    Effect.map(gather(options, Spool.memory()), (gathered) => {
      const parts = Parts.plan(gathered.spool.sizes(), Infinity, "report")
      return Document.page(options, gathered, parts, 0)
    })
  )

/**
 * What was written: the file to open, the further files with rows when one would have been too large, and the bytes of all.
 *
 * @since 0.1.0
 */
export interface Written {
  readonly path: string
  readonly parts: ReadonlyArray<string>
  readonly bytes: number
}

/**
 * Writes the report to a file whose name ends in ".html".
 *
 * **Details**
 *
 * - Beyond `mostBytes` (25 MB when left out) the rows are shared out: the file has all charts and the first rows, and a directory of its
 *   name (`report/` for `report.html`) further pages. The page and the result say so.
 * - A file appears when it is whole, in place of an earlier one.
 * - Texts are kept in a directory beside the file while they are gathered, so memory holds about 5 bytes for each number and one chunk of
 *   500 rows.
 *
 * Fails with what reading the cells may fail with, and with `PlatformError` when a file cannot be written.
 *
 * @example
 * import * as ComparisonSummary from "@genops/pipelines/ComparisonSummary"
 * import * as Report from "@genops/pipelines/Report"
 * import * as ResultStore from "@genops/pipelines/ResultStore"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const write = (runId: string, summary: ComparisonSummary.ComparisonSummary) =>
 *   Effect.gen(function* () {
 *     const { kept, manifest } = yield* (yield* ResultStore.ResultStore).read(runId)
 *     const cells = Stream.map(kept, ({ cell }) => cell)
 *     const { path } = yield* Report.write("report.html", { manifest, summary, cells })
 *     return path
 *   })
 *
 * @since 0.1.0
 */
export const write = <E, R>(
  path: string,
  options: Options<E, R> & { readonly mostBytes?: number }
): Effect.Effect<Written, E | PlatformError.PlatformError, R | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const directory = paths.dirname(path)
    const stem = paths.basename(path, ".html")
    yield* fs.makeDirectory(directory, { recursive: true })
    const spooled = yield* fs.makeTempDirectoryScoped({ directory, prefix: ".report-" })
    const gathered = yield* gather(options, Spool.directory(fs, spooled))
    const parts = Parts.plan(gathered.spool.sizes(), options.mostBytes ?? 25_000_000, stem)
    const folder = paths.join(directory, stem)
    if (parts.length > 1) yield* fs.makeDirectory(folder, { recursive: true })

    let bytes = 0
    for (const [at, { file }] of parts.entries()) {
      const place = paths.join(directory, file)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const handle = yield* fs.open(`${place}.new`, { flag: "w" })
          yield* Stream.runForEach(Stream.encodeText(Document.page(options, gathered, parts, at)), (piece) => {
            bytes += piece.length
            return handle.writeAll(piece)
          })
        })
      )
      yield* fs.rename(`${place}.new`, place)
    }
    return {
      path: paths.join(directory, `${stem}.html`),
      parts: parts.slice(1).map(({ file }) => paths.join(directory, file)),
      bytes
    }
  }).pipe(Effect.scoped)
