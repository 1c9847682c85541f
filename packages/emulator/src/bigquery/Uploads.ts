/**
 * Files that come with a load job in several requests.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/api-uploads
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import type { Unary } from "../http/Answer.ts"
import * as ContentRange from "../storage/ContentRange.ts"
import * as Refusal from "./Refusal.ts"

/**
 * An upload: the job that was asked for, and the bytes so far. `done` is the answer once it is whole.
 *
 * @since 0.1.0
 */
export interface Upload {
  readonly id: string
  readonly project: string
  readonly body: string
  readonly pieces: Array<Buffer>
  received: number
  done?: Promise<Unary>
}

/** @since 0.1.0 */
export interface Uploads {
  readonly open: (project: string, body: string) => Upload
  readonly find: (id: string) => Upload | undefined
}

/** Uploads that are held; the oldest go first. */
const most = 100

/** Bytes that one may have: they lie in memory. */
const largest = 256 * 1024 * 1024

/** @since 0.1.0 */
export const make = (): Uploads => {
  const uploads = new Map<string, Upload>()
  return {
    open: (project, body) => {
      const upload: Upload = { id: randomUUID(), project, body, pieces: [], received: 0 }
      uploads.set(upload.id, upload)
      const [oldest] = uploads.keys()
      if (oldest !== undefined && uploads.size > most) uploads.delete(oldest)
      return upload
    },
    find: (id) => uploads.get(id)
  }
}

/**
 * Takes the next bytes of an upload: the whole file when they are the last, undefined when more is to come. Throws Refusal.
 *
 * @since 0.1.0
 */
export const take = (upload: Upload, contentRange: string | undefined, bytes: Buffer): Buffer | undefined => {
  const range = ContentRange.parse(contentRange)
  if (range === undefined) throw Refusal.invalid("Failed to parse Content-Range header.")
  const { start, total } = range
  if (start !== undefined) {
    if (start > upload.received) throw Refusal.invalid(`Expected byte ${upload.received} next.`)
    // A piece that was sent again begins with bytes that are there already.
    const fresh = bytes.subarray(upload.received - start)
    if (upload.received + fresh.length > largest) {
      throw Refusal.invalid(
        `The emulator takes at most ${largest} bytes with a job. Load larger files from Cloud Storage.`
      )
    }
    upload.pieces.push(fresh)
    upload.received += fresh.length
  }
  const isWhole = total === "body" ? start !== undefined : total !== undefined && upload.received >= total
  return isWhole ? Buffer.concat(upload.pieces) : undefined
}
