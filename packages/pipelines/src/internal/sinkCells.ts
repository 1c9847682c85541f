/** The cells of a run that count, found with little memory: of two for the same row and repeat it is the later one. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as Cell from "../Cell.ts"
import type * as RunManifest from "../RunManifest.ts"

/** What a first reading has found. `last` has for each place of a cell the number of the line that counts, from 1; 0 for none. */
export interface Found {
  readonly last: Int32Array
  /** Sha-256 of all lines. */
  readonly digest: string
  /** A prompt of each candidate, of the first row that has one. */
  readonly samples: ReadonlyMap<string, string>
}

/** The place of a cell; undefined for one of no candidate or row of the run. */
const placing = ({ candidates, dataset, repeats = 1 }: RunManifest.RunManifest) => {
  const lanes = new Map(candidates.map(({ name }, index) => [name, index] as const))
  const size = candidates.length * dataset.rows * repeats
  const place = ({ candidate, repeat = 0, row }: Cell.Cell): number | undefined => {
    const lane = lanes.get(candidate)
    return lane === undefined || row >= dataset.rows || repeat >= repeats
      ? undefined
      : (lane * dataset.rows + row) * repeats + repeat
  }
  return { size, place }
}

export const find = <E, R>(
  manifest: RunManifest.RunManifest,
  cells: Stream.Stream<Cell.Cell, E, R>
): Effect.Effect<Found, E, R> =>
  Effect.suspend(() => {
    const { place, size } = placing(manifest)
    const last = new Int32Array(size)
    const samples = new Map<string, { readonly row: number; readonly prompt: string }>()
    const hash = createHash("sha256")
    let line = 0
    return Stream.runForEach(cells, (cell) =>
      Effect.sync(() => {
        line++
        hash.update(Cell.write(cell)).update("\n")
        const at = place(cell)
        if (at === undefined) return
        last[at] = line
        const { candidate, prompt, row } = cell
        if (prompt !== undefined && row < (samples.get(candidate)?.row ?? Number.POSITIVE_INFINITY))
          samples.set(candidate, { row, prompt })
      })
    ).pipe(
      Effect.map(() => ({
        last,
        digest: hash.digest("hex"),
        samples: new Map([...samples].map(([candidate, { prompt }]) => [candidate, prompt]))
      }))
    )
  })

/** The cells that count, when the stream is read again. */
export const counting = <E, R>(
  manifest: RunManifest.RunManifest,
  cells: Stream.Stream<Cell.Cell, E, R>,
  { last }: Found
): Stream.Stream<Cell.Cell, E, R> => {
  const { place } = placing(manifest)
  return Stream.zipWithIndex(cells).pipe(
    Stream.filter(([cell, index]) => {
      const at = place(cell)
      return at !== undefined && last[at] === index + 1
    }),
    Stream.map(([cell]) => cell)
  )
}
