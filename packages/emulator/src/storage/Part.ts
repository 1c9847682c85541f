/**
 * The bytes of an object on their way in.
 *
 * They are kept in multiples of 256 KiB; a shorter end is kept only when it is the object's. So what a broken connection leaves behind is a multiple of 256
 * KiB, as in the service.
 *
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
 *
 * @since 0.1.0
 */
import type { Blobs } from "./Blobs.ts"
import * as Checksum from "./Checksum.ts"

/**
 * Bytes kept together: 256 KiB.
 *
 * @since 0.1.0
 */
export const quantum = 256 * 1024

/**
 * A part: how many bytes are `kept`, and how many came. `add` and `end` answer false when there is no room.
 *
 * @since 0.1.0
 */
export interface Part {
  readonly key: string
  readonly kept: () => number
  readonly size: () => number
  readonly add: (bytes: Uint8Array) => boolean
  /** Forgets what is not kept yet. */
  readonly rewind: () => void
  /** Keeps the end too. */
  readonly end: () => boolean
  readonly checksum: () => Checksum.Checksum
  readonly remove: () => void
}

/**
 * Begins a part under a key.
 *
 * @since 0.1.0
 */
export const make = (blobs: Blobs, key: string): Part => {
  const sum = Checksum.make()
  let kept = 0
  // What is not kept yet. It is made for the first bytes and let go with the last, so that uploads at rest hold nothing.
  let rest: Buffer | undefined
  let restSize = 0
  const keep = (bytes: Uint8Array): boolean => {
    if (bytes.length === 0) return true
    if (!blobs.append(key, bytes)) return false
    sum.add(bytes)
    kept += bytes.length
    return true
  }
  const rewind = () => {
    rest = undefined
    restSize = 0
  }
  return {
    key,
    kept: () => kept,
    size: () => kept + restSize,
    add: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        rest ??= Buffer.allocUnsafe(quantum)
        const piece = bytes.subarray(at, at + quantum - restSize)
        rest.set(piece, restSize)
        restSize += piece.length
        at += piece.length
        if (restSize < quantum) return true
        restSize = 0
        if (!keep(rest)) return false
      }
      return true
    },
    rewind,
    end: () => {
      const done = rest === undefined || keep(rest.subarray(0, restSize))
      rewind()
      return done
    },
    checksum: sum.end,
    remove: () => {
      rewind()
      blobs.remove(key)
    }
  }
}
