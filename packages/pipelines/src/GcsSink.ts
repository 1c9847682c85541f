/**
 * Writes what a comparison came to into Cloud Storage, below a partition of its day and run, in the form in which BigQuery loads it.
 *
 * ```
 * gs://bucket/prefix/run_date=2026-11-22/run_id=r1/revision=1/
 *   cells.jsonl        a row of the table `cells` a line
 *   summaries.jsonl    a row of the table `summaries` a line
 *   summary.json       the whole summary
 *   run.json           the run; the last one: with it the export is whole
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import type { Row } from "./BigQuery.ts"
import type * as Cell from "./Cell.ts"
import * as CloudStorage from "./CloudStorage.ts"
import * as ComparisonSummary from "./ComparisonSummary.ts"
import * as Rows from "./internal/bigQueryRows.ts"
import * as Cells from "./internal/sinkCells.ts"
import * as Tables from "./internal/sinkTables.ts"
import type * as RunManifest from "./RunManifest.ts"

/**
 * What is written.
 *
 * **Details**
 *
 * - `manifest` and `cells` as the store keeps them (`ResultStore.read`): the day of the run is that of its start, also when it was resumed. `cells` is read
 *   three times; of two for the same row and repeat the later one counts.
 * - `content` is true when left out; with false, prompts, references, answers, explanations and messages are not written.
 *
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /** Where to, such as `gs://my-bucket/genops`. */
  readonly prefix: string
  readonly manifest: RunManifest.RunManifest
  readonly summary: ComparisonSummary.ComparisonSummary
  readonly cells: Stream.Stream<Cell.Cell, E, R>
  readonly content?: boolean
}

/**
 * What was written: the addresses of the objects. `revision` is 1, and one more for each time that the run was exported after it had gone on.
 * `isNew` is false when everything had been there.
 *
 * @since 0.1.0
 */
export interface Exported {
  readonly runId: string
  readonly revision: number
  readonly isNew: boolean
  readonly place: string
  readonly cells: string
  readonly summaries: string
  /** The summary that was exported, which says what metrics there are. */
  readonly summary: ComparisonSummary.ComparisonSummary
}

/** The key in an object's metadata that tells which export it is of. */
const digestKey = "genops-export"

/** Revisions that one run can have. */
const most = 1000

const lines = <E, R>(rows: Stream.Stream<Row, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.encodeText(Stream.map(rows, (row) => `${Rows.line(row)}\n`))

/**
 * Says whether there is such a bucket, before anything is paid. Fails with `NotFound` and `PermissionDenied`.
 *
 * @since 0.1.0
 */
export const prepare = (
  prefix: string
): Effect.Effect<void, CloudStorage.CloudStorageError, CloudStorage.CloudStorage> =>
  Stream.runDrain(Stream.take(CloudStorage.list(prefix), 1))

/** Whose an object is: this export's, another's, nobody's. */
const ownerOf = (uri: string, digest: string) =>
  CloudStorage.metadata(uri).pipe(
    Effect.map(({ metadata }) => (metadata[digestKey] === digest ? "ours" : "other")),
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.succeed("none" as const)
    )
  )

/**
 * Writes a run. Names are made from the run, and objects are written only where there are none: the same run written again changes nothing, and a run that has
 * gone on meanwhile becomes a further revision beside the earlier ones. What a crash has left half is completed.
 *
 * Fails with what `cells` fails with, and with `CloudStorageError`: `NotFound` for a bucket that does not exist.
 *
 * @since 0.1.0
 */
export const write = Effect.fn("GcsSink.write")(function* <E = never, R = never>(
  options: Options<E, R>
): Effect.fn.Return<Exported, E | CloudStorage.CloudStorageError, R | CloudStorage.CloudStorage> {
  const { cells, content = true, manifest, prefix, summary } = options
  const { runId } = manifest
  const found = yield* Cells.find(manifest, cells)
  const summaryText = ComparisonSummary.toJson(summary)
  const runText = `${JSON.stringify(manifest, undefined, 2)}\n`
  const digest = createHash("sha256")
    .update([found.digest, summaryText, runText, String(content)].join("\n"))
    .digest("hex")
  const partition = `${prefix.replace(/\/+$/, "")}/run_date=${Tables.dayOf(manifest)}/run_id=${runId}`

  /** Writes an object where there is none, and says whose it is then, and whether it is new. */
  const ensure = <F = never, S = never>(
    uri: string,
    contentType: string,
    bytes: string | Stream.Stream<Uint8Array, F, S>
  ) =>
    Effect.gen(function* () {
      const before = yield* ownerOf(uri, digest)
      if (before !== "none") return { owner: before, isNew: false }
      const metadata = { [digestKey]: digest }
      return yield* CloudStorage.write(uri, bytes, { ifGeneration: "absent", contentType, metadata }).pipe(
        Effect.as({ owner: "ours", isNew: true }),
        Effect.catch((error) =>
          // Another process may have written it meanwhile, perhaps the same.
          error instanceof CloudStorage.CloudStorageError && error.reason._tag === "PreconditionFailed"
            ? Effect.map(ownerOf(uri, digest), (owner) => ({ owner, isNew: false }))
            : Effect.fail(error)
        )
      )
    })

  for (let revision = 1; revision <= most; revision++) {
    const run = { manifest, summary, revision, content }
    const place = `${partition}/revision=${revision}`
    const rows = Stream.map(Cells.counting(manifest, cells, found), (cell) => Tables.cellRow(run, cell))
    const first = yield* ensure(`${place}/cells.jsonl`, "application/jsonl", lines(rows))
    if (first.owner === "other") continue
    const summaries = summary.candidates.map((candidate) =>
      Tables.summaryRow(run, candidate, found.samples.get(candidate.candidate))
    )
    const others = [
      yield* ensure(
        `${place}/summaries.jsonl`,
        "application/jsonl",
        summaries.map((row) => `${Rows.line(row)}\n`).join("")
      ),
      yield* ensure(`${place}/summary.json`, "application/json", summaryText),
      yield* ensure(`${place}/run.json`, "application/json", runText)
    ]
    return {
      runId,
      revision,
      isNew: [first, ...others].some(({ isNew }) => isNew),
      place,
      cells: `${place}/cells.jsonl`,
      summaries: `${place}/summaries.jsonl`,
      summary
    }
  }
  return yield* Effect.die(new RangeError(`Run ${runId} has more than ${most} revisions in ${prefix}`))
})
