/**
 * The buckets and objects of a server. As in a bucket without versioning, only the newest generation of an object is kept.
 *
 * With a directory everything survives the process: `buckets/sha-256(bucket).json`, `objects/sha-256(bucket/name).json` with the object's
 * metadata, and `blobs/` with the bytes. An object's name is in its metadata and never in a path. Bytes of which no metadata tells, those of
 * uploads that an earlier server did not see the end of, are removed when the store is opened.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import type { Source } from "../http/Answer.ts"
import * as Records from "../store/Records.ts"
import * as Blobs from "./Blobs.ts"
import type { Checksum } from "./Checksum.ts"

const Texts = Schema.Record(Schema.String, Schema.String)

/**
 * What callers may say about an object.
 *
 * @since 0.1.0
 */
export const Attributes = Schema.Struct({
  contentType: Schema.optionalKey(Schema.String),
  contentEncoding: Schema.optionalKey(Schema.String),
  contentDisposition: Schema.optionalKey(Schema.String),
  contentLanguage: Schema.optionalKey(Schema.String),
  cacheControl: Schema.optionalKey(Schema.String),
  storageClass: Schema.optionalKey(Schema.String),
  metadata: Schema.optionalKey(Texts)
})

/** @since 0.1.0 */
export type Attributes = typeof Attributes.Type

const Bucket = Schema.Struct({ name: Schema.String, location: Schema.String, created: Schema.Number })

/** @since 0.1.0 */
export type Bucket = typeof Bucket.Type

const Stored = Schema.Struct({
  bucket: Schema.String,
  name: Schema.String,
  generation: Schema.Number,
  metageneration: Schema.Number,
  size: Schema.Number,
  crc32c: Schema.String,
  md5Hash: Schema.optionalKey(Schema.String),
  componentCount: Schema.optionalKey(Schema.Number),
  created: Schema.Number,
  updated: Schema.Number,
  attributes: Attributes
})

/**
 * An object: times in milliseconds since 1970, generations in microseconds.
 *
 * @since 0.1.0
 */
export type Stored = typeof Stored.Type

/**
 * The objects of a server. `put` takes over the blob of that key; `open` gives the bytes to be read, `read` all of them.
 *
 * @since 0.1.0
 */
export interface ObjectStore {
  readonly blobs: Blobs.Blobs
  readonly bucket: (name: string) => Bucket | undefined
  readonly buckets: () => ReadonlyArray<Bucket>
  readonly addBucket: (bucket: Bucket) => void
  readonly removeBucket: (name: string) => void
  readonly find: (bucket: string, name: string) => Stored | undefined
  readonly list: (bucket: string) => ReadonlyArray<Stored>
  readonly put: (
    object: Pick<Stored, "bucket" | "name" | "size" | "attributes" | "componentCount"> &
      Partial<Checksum> &
      Pick<Checksum, "crc32c">,
    blob: string
  ) => Stored
  readonly patch: (object: Stored, attributes: Attributes) => Stored
  readonly remove: (object: Stored) => void
  readonly open: (object: Stored) => Source
  readonly read: (object: Stored) => Buffer
  readonly clear: () => void
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const keyOf = ({ bucket, name }: { readonly bucket: string; readonly name: string }) => sha256(`${bucket}/${name}`)

const blobOf = (object: Stored): string => `${keyOf(object)}-${object.generation}`

/** Names in the order of their UTF-8 bytes, as the service lists them. */
const byName = (a: Stored, b: Stored): number => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))

/**
 * Opens the store in memory, or in a directory with what an earlier server left there. Throws when the directory cannot be used.
 *
 * @since 0.1.0
 */
export const make = (root?: string): ObjectStore => {
  const bucketRecords = Records.open(root, "buckets", Bucket)
  const objectRecords = Records.open(root, "objects", Stored)
  const blobs = root === undefined ? Blobs.memory() : Blobs.directory(join(root, "blobs"))
  const buckets = new Map<string, Bucket>()
  const objects = new Map<string, Map<string, Stored>>()
  for (const bucket of bucketRecords.found) {
    buckets.set(bucket.name, bucket)
    objects.set(bucket.name, new Map())
  }
  let last = 0
  const known = new Set<string>()
  for (const object of objectRecords.found) {
    objects.get(object.bucket)?.set(object.name, object)
    known.add(blobOf(object))
    last = Math.max(last, object.generation)
  }
  for (const key of blobs.keys()) if (!known.has(key)) blobs.remove(key)
  const save = (object: Stored): Stored => {
    objectRecords.write(keyOf(object), object)
    objects.get(object.bucket)?.set(object.name, object)
    return object
  }
  const remove = (object: Stored) => {
    objectRecords.remove(keyOf(object))
    objects.get(object.bucket)?.delete(object.name)
    blobs.remove(blobOf(object))
  }
  const list = (bucket: string) => [...(objects.get(bucket)?.values() ?? [])].toSorted(byName)
  const open = (object: Stored) => blobs.open(blobOf(object))
  const removeBucket = (name: string) => {
    bucketRecords.remove(sha256(name))
    buckets.delete(name)
    objects.delete(name)
  }
  return {
    blobs,
    bucket: (name) => buckets.get(name),
    buckets: () => [...buckets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    addBucket: (bucket) => {
      bucketRecords.write(sha256(bucket.name), bucket)
      buckets.set(bucket.name, bucket)
      objects.set(bucket.name, new Map())
    },
    removeBucket,
    find: (bucket, name) => objects.get(bucket)?.get(name),
    list,
    put: (object, blob) => {
      const now = Date.now()
      const before = objects.get(object.bucket)?.get(object.name)
      last = Math.max(last + 1, now * 1000)
      const stored = { ...object, generation: last, metageneration: 1, created: now, updated: now }
      blobs.move(blob, blobOf(stored))
      save(stored)
      if (before !== undefined) blobs.remove(blobOf(before))
      return stored
    },
    patch: (object, attributes) =>
      save({ ...object, attributes, metageneration: object.metageneration + 1, updated: Date.now() }),
    remove,
    open,
    read: (object) => {
      const source = open(object)
      try {
        return source.read(0, source.length)
      } finally {
        source.close()
      }
    },
    clear: () => {
      for (const name of buckets.keys()) {
        for (const object of list(name)) remove(object)
        removeBucket(name)
      }
    }
  }
}
