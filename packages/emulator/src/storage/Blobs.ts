/**
 * The bytes of objects, in memory or in files.
 *
 * A file is named by a key that the server makes (hexadecimal digits and a number): no name of a bucket or an object ever becomes a path.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { join } from "node:path"

/**
 * Keeps bytes by key. `append` answers false when there is no room.
 *
 * @since 0.1.0
 */
export interface Blobs {
  readonly limit: number
  readonly append: (key: string, bytes: Uint8Array) => boolean
  readonly read: (key: string, start: number, end: number) => Buffer
  readonly move: (from: string, to: string) => void
  readonly remove: (key: string) => void
}

/** What all objects in memory may have together. */
const memoryLimit = 512 * 1024 * 1024

/** What one object in a file may have: it is answered whole, and buffers end at 4 GiB. */
const fileLimit = 2 * 1024 * 1024 * 1024

/**
 * Keeps bytes in memory, 512 MiB in all.
 *
 * @since 0.1.0
 */
export const memory = (limit = memoryLimit): Blobs => {
  const blobs = new Map<string, { readonly chunks: Array<Uint8Array>; size: number }>()
  let used = 0
  const remove = (key: string) => {
    used -= blobs.get(key)?.size ?? 0
    blobs.delete(key)
  }
  return {
    limit,
    append: (key, bytes) => {
      if (used + bytes.length > limit) return false
      const blob = blobs.get(key) ?? { chunks: [], size: 0 }
      blob.chunks.push(bytes)
      blob.size += bytes.length
      used += bytes.length
      blobs.set(key, blob)
      return true
    },
    read: (key, start, end) => {
      const pieces: Array<Uint8Array> = []
      let at = 0
      for (const chunk of blobs.get(key)?.chunks ?? []) {
        if (at < end && at + chunk.length > start) pieces.push(chunk.subarray(Math.max(0, start - at), end - at))
        at += chunk.length
      }
      return Buffer.concat(pieces)
    },
    move: (from, to) => {
      const blob = blobs.get(from) ?? { chunks: [], size: 0 }
      blobs.delete(from)
      blobs.set(to, blob)
    },
    remove
  }
}

/**
 * Keeps each blob in a file of a directory, at most 2 GiB.
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
    read: (key, start, end) => {
      const buffer = Buffer.alloc(end - start)
      const file = Fs.openSync(path(key), "r")
      try {
        let done = 0
        while (done < buffer.length) {
          const count = Fs.readSync(file, buffer, done, buffer.length - done, start + done)
          if (count === 0) break
          done += count
        }
        return buffer.subarray(0, done)
      } finally {
        Fs.closeSync(file)
      }
    },
    move: (from, to) => {
      // An empty upload never made its file.
      Fs.appendFileSync(path(from), "")
      Fs.renameSync(path(from), path(to))
    },
    remove: (key) => Fs.rmSync(path(key), { force: true })
  }
}
