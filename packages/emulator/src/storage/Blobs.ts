/**
 * The bytes of objects, in memory or in files.
 *
 * A file is named by a key that the server makes (hexadecimal digits and a number): no name of a bucket or an object ever becomes a path.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { join } from "node:path"
import type { Source } from "../http/Answer.ts"

/**
 * Keeps bytes by key. `append` copies its bytes, and answers false when there is no room; what is opened can be read to its end, also when it is removed
 * meanwhile.
 *
 * @since 0.1.0
 */
export interface Blobs {
  readonly limit: number
  readonly append: (key: string, bytes: Uint8Array) => boolean
  readonly open: (key: string) => Source
  readonly move: (from: string, to: string) => void
  readonly remove: (key: string) => void
  readonly keys: () => ReadonlyArray<string>
}

/** What all objects in memory may have together. */
const memoryLimit = 512 * 1024 * 1024

/** What one object may have, as in the service: 5 TiB. */
const fileLimit = 5 * 1024 ** 4

/**
 * Keeps bytes in memory, 512 MiB in all.
 *
 * @since 0.1.0
 */
export const memory = (limit = memoryLimit): Blobs => {
  const blobs = new Map<string, { readonly chunks: Array<Uint8Array>; size: number }>()
  let used = 0
  return {
    limit,
    append: (key, bytes) => {
      if (used + bytes.length > limit) return false
      const blob = blobs.get(key) ?? { chunks: [], size: 0 }
      blob.chunks.push(Uint8Array.from(bytes))
      blob.size += bytes.length
      used += bytes.length
      blobs.set(key, blob)
      return true
    },
    open: (key) => {
      const { chunks, size: length } = blobs.get(key) ?? { chunks: [], size: 0 }
      const read = (start: number, end: number) => {
        const pieces: Array<Uint8Array> = []
        let at = 0
        for (const chunk of chunks) {
          if (at < end && at + chunk.length > start) pieces.push(chunk.subarray(Math.max(0, start - at), end - at))
          at += chunk.length
        }
        return Buffer.concat(pieces)
      }
      return { length, read, close: () => {} }
    },
    move: (from, to) => {
      const blob = blobs.get(from) ?? { chunks: [], size: 0 }
      blobs.delete(from)
      blobs.set(to, blob)
    },
    remove: (key) => {
      used -= blobs.get(key)?.size ?? 0
      blobs.delete(key)
    },
    keys: () => [...blobs.keys()]
  }
}

const openFile = (path: string): Source => {
  const file = Fs.openSync(path, "r")
  const { size: length } = Fs.fstatSync(file)
  const read = (start: number, end: number) => {
    const buffer = Buffer.alloc(Math.max(0, end - start))
    let done = 0
    while (done < buffer.length) {
      const count = Fs.readSync(file, buffer, done, buffer.length - done, start + done)
      if (count === 0) throw new Error(`${path} is shorter than its object.`)
      done += count
    }
    return buffer
  }
  return { length, read, close: () => Fs.closeSync(file) }
}

/**
 * Keeps each blob in a file of a directory, at most 5 TiB.
 *
 * @since 0.1.0
 */
export const directory = (root: string): Blobs => {
  Fs.mkdirSync(root, { recursive: true })
  const path = (key: string) => join(root, key)
  return {
    limit: fileLimit,
    append: (key, bytes) => {
      const size = Fs.statSync(path(key), { throwIfNoEntry: false })?.size ?? 0
      if (size + bytes.length > fileLimit) return false
      Fs.appendFileSync(path(key), bytes)
      return true
    },
    open: (key) => openFile(path(key)),
    move: (from, to) => {
      // An empty upload never made its file.
      Fs.appendFileSync(path(from), "")
      Fs.renameSync(path(from), path(to))
    },
    remove: (key) => Fs.rmSync(path(key), { force: true }),
    keys: () => Fs.readdirSync(root)
  }
}
