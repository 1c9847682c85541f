/**
 * Keeps lines apart by bucket until all are there: compressed, in memory or in files, because cells come in the order in which they were
 * done and the texts of a large run do not fit in memory.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import { gunzipSync, gzipSync } from "node:zlib"

/** Where compressed bytes are appended; what is read back is all of a bucket. */
export interface Store<E> {
  readonly append: (bucket: number, bytes: Uint8Array) => Effect.Effect<void, E>
  readonly read: (bucket: number) => Effect.Effect<Uint8Array, E>
}

export const memory = (): Store<never> => {
  const kept = new Map<number, Array<Uint8Array>>()
  return {
    append: (bucket, bytes) =>
      Effect.sync(() => {
        const before = kept.get(bucket)
        if (before === undefined) kept.set(bucket, [bytes])
        else before.push(bytes)
      }),
    read: (bucket) => Effect.sync(() => Buffer.concat(kept.get(bucket) ?? []))
  }
}

/** One file for each bucket in a directory. */
export const directory = (fs: FileSystem.FileSystem, place: string): Store<PlatformError.PlatformError> => {
  const file = (bucket: number) => `${place}/${bucket}.gz`
  return {
    append: (bucket, bytes) => fs.writeFile(file(bucket), bytes, { flag: "a" }),
    read: (bucket) => fs.readFile(file(bucket))
  }
}

// Characters that wait to be compressed: of one bucket, and in all.
const most = 256 * 1024
const mostInAll = 8 * 1024 * 1024

export interface Spool<E> {
  readonly append: (bucket: number, line: string) => Effect.Effect<void, E>
  /** Call it when all lines are there. */
  readonly flush: Effect.Effect<void, E>
  /** The buckets in order, with their compressed size in bytes, which the final one does not pass. */
  readonly sizes: () => ReadonlyArray<{ readonly bucket: number; readonly bytes: number }>
  readonly read: (bucket: number) => Effect.Effect<ReadonlyArray<string>, E>
}

export const make = <E>(store: Store<E>): Spool<E> => {
  const waiting = new Map<number, { lines: Array<string>; length: number }>()
  const sizes = new Map<number, number>()
  let inAll = 0

  const compress = (bucket: number) =>
    Effect.suspend(() => {
      const { length, lines } = waiting.get(bucket) ?? { lines: [], length: 0 }
      if (lines.length === 0) return Effect.void
      waiting.delete(bucket)
      inAll -= length
      // Several members make one valid file.
      const bytes = gzipSync(lines.join(""), { level: 1 })
      sizes.set(bucket, (sizes.get(bucket) ?? 0) + bytes.length)
      return store.append(bucket, bytes)
    })
  const flush = Effect.suspend(() => Effect.forEach([...waiting.keys()], compress, { discard: true }))

  return {
    append: (bucket, line) =>
      Effect.suspend(() => {
        const entry = waiting.get(bucket) ?? { lines: [], length: 0 }
        waiting.set(bucket, entry)
        entry.lines.push(`${line}\n`)
        entry.length += line.length
        inAll += line.length
        return inAll > mostInAll ? flush : entry.length > most ? compress(bucket) : Effect.void
      }),
    flush,
    sizes: () => [...sizes].map(([bucket, bytes]) => ({ bucket, bytes })).toSorted((a, b) => a.bucket - b.bucket),
    read: (bucket) =>
      Effect.map(store.read(bucket), (bytes) =>
        bytes.length === 0 ? [] : gunzipSync(bytes).toString("utf8").split("\n").slice(0, -1)
      )
  }
}
