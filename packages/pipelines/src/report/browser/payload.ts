/**
 * Reads what the report carries: the index at once, the chunks of texts when they are asked for.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Window } from "./dom.ts"
import type { Pack, Packed } from "./pack.ts"

/**
 * Makes the reader. A chunk is inflated once and kept.
 *
 * @since 0.1.0
 */
export const make = ({
  unpack,
  window
}: {
  readonly unpack: Pack["unpack"]
  readonly window: Pick<Window, "document">
}) => {
  const { document } = window
  const inflate = async (id: string): Promise<string> => {
    const base64 = document.getElementById(id)?.textContent ?? ""
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text()
  }
  const chunks = new Map<number, Promise<ReadonlyMap<number, Data.RowText>>>()
  return {
    index: async (): Promise<Data.Index> => JSON.parse(await inflate("index")),
    /** The rows of a chunk by their numbers in the dataset. */
    chunk: (number: number): Promise<ReadonlyMap<number, Data.RowText>> => {
      const kept = chunks.get(number)
      if (kept !== undefined) return kept
      const chunk = inflate(`chunk-${number}`).then((text) => {
        const packed: Packed = JSON.parse(text)
        return new Map(unpack(packed).map((row) => [row.row, row]))
      })
      chunks.set(number, chunk)
      return chunk
    }
  }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Payload = ReturnType<typeof make>
