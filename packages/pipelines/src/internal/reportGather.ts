/** Reads the cells of a run once: numbers into columns, texts into the spool. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Report from "../Report.ts"
import type * as Data from "../report/browser/data.ts"
import * as RunManifest from "../RunManifest.ts"
import * as Cells from "./reportCells.ts"
import * as Failures from "./reportFailures.ts"
import * as Index from "./reportIndex.ts"
import * as Payload from "./reportPayload.ts"
import * as Spool from "./reportSpool.ts"
import * as Svg from "./reportSvg.ts"

/** What the pages of a report are made from. `failures` have no addresses yet: those depend on the page. */
export interface Gathered<E> {
  readonly cells: Cells.Cells
  readonly spool: Spool.Spool<E>
  readonly redact: Payload.Redact
  readonly foreign: number
  readonly measures: ReadonlyArray<Data.Measure>
  readonly pairs: Data.Index["pairs"]
  readonly failures: ReadonlyArray<Omit<Failures.Group, "href">>
  readonly pen: Svg.Pen
}

export const bucketOf = (row: number) => Math.floor(row / Payload.chunkRows)

/** The texts of the rows of a bucket. */
export const rowsOf = <E>(spool: Spool.Spool<E>, bucket: number): Effect.Effect<ReadonlyArray<Data.RowText>, E> =>
  Effect.map(spool.read(bucket), Payload.rowsOf)

/** The messages of the first failure of each kind: a look into the few buckets where they are. */
const exampled = Effect.fnUntraced(function* <E>(cells: Cells.Cells, spool: Spool.Spool<E>) {
  const failures = cells.failures()
  const wanted = new Set(failures.map(({ first }) => first.row))
  const texts = new Map<number, Data.RowText>()
  for (const bucket of new Set([...wanted].map(bucketOf))) {
    for (const row of yield* rowsOf(spool, bucket)) if (wanted.has(row.row)) texts.set(row.row, row)
  }
  return failures.map((failure) => ({
    ...failure,
    id: cells.idOf(failure.first.row) ?? "",
    message: Failures.messageOf(failure, texts.get(failure.first.row))
  }))
})

export const gather = Effect.fnUntraced(function* <E, R, E2>(options: Report.Options<E, R>, store: Spool.Store<E2>) {
  const { content = true, manifest, redact = (text: string) => text, summary } = options
  const shown = content ? redact : undefined
  const names = manifest.metrics.map(({ name }) => name)
  const cells = Cells.make({
    candidates: summary.candidates.map(({ candidate }) => candidate),
    metrics: Index.metricsOf(summary, names),
    versions: RunManifest.metricVersions(manifest),
    rows: manifest.dataset.rows,
    repeats: Math.max(1, summary.repeats)
  })
  const spool = Spool.make(store)
  let foreign = 0
  yield* Stream.runForEach(options.cells, (cell) =>
    Effect.suspend(() => {
      const candidate = cells.put(cell)
      if (candidate !== undefined)
        return spool.append(bucketOf(cell.row), Payload.line(cell, candidate, cells.versions, shown))
      foreign++
      return Effect.void
    })
  )
  yield* spool.flush
  const gathered: Gathered<E2> = {
    cells,
    spool,
    redact: shown,
    foreign,
    measures: Index.measuresOf(summary, cells),
    pairs: Index.pairsOf(cells, summary),
    failures: yield* exampled(cells, spool),
    pen: yield* Svg.load
  }
  return gathered
})
