/**
 * Buckets and objects as the JSON API writes them.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import type { Bucket, Stored } from "./ObjectStore.ts"

const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

/**
 * The etag of an object: one for each generation and metageneration.
 *
 * @since 0.1.0
 */
export const etag = ({ generation, metageneration }: Stored): string =>
  Buffer.from(`${generation}/${metageneration}`).toString("base64")

/**
 * Writes an object. `origin` is where this server is called, so that its links lead back to it and not to Google.
 *
 * @since 0.1.0
 */
export const object = (stored: Stored, origin: string): JsonObject => {
  const { attributes, bucket, componentCount, crc32c, created, generation, md5Hash, name, updated } = stored
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`
  const { metadata, ...rest } = attributes
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}${path}`,
    mediaLink: `${origin}/download${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(stored.metageneration),
    storageClass: "STANDARD",
    ...rest,
    size: String(stored.size),
    ...(md5Hash === undefined ? {} : { md5Hash }),
    crc32c,
    etag: etag(stored),
    ...(componentCount === undefined ? {} : { componentCount }),
    timeCreated: time(created),
    updated: time(updated),
    timeStorageClassUpdated: time(created),
    ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata })
  }
}

/**
 * Writes a bucket.
 *
 * @since 0.1.0
 */
export const bucket = ({ created, location, name }: Bucket, origin: string): JsonObject => ({
  kind: "storage#bucket",
  id: name,
  selfLink: `${origin}/storage/v1/b/${name}`,
  projectNumber: "123456789012",
  name,
  location,
  locationType: location.length > 2 ? "region" : "multi-region",
  storageClass: "STANDARD",
  metageneration: "1",
  etag: "CAE=",
  timeCreated: time(created),
  updated: time(created),
  iamConfiguration: { uniformBucketLevelAccess: { enabled: true } }
})

/**
 * The headers of a download.
 *
 * @since 0.1.0
 */
export const headers = (stored: Stored): { readonly [name: string]: string } => {
  const { attributes, crc32c, generation, md5Hash, metageneration, size } = stored
  const { cacheControl, contentDisposition, contentEncoding } = attributes
  return {
    "x-goog-generation": String(generation),
    "x-goog-metageneration": String(metageneration),
    "x-goog-hash": md5Hash === undefined ? `crc32c=${crc32c}` : `crc32c=${crc32c},md5=${md5Hash}`,
    "x-goog-stored-content-length": String(size),
    "x-goog-stored-content-encoding": contentEncoding ?? "identity",
    "x-goog-storage-class": "STANDARD",
    "accept-ranges": "bytes",
    etag: etag(stored),
    ...(contentEncoding === undefined ? {} : { "content-encoding": contentEncoding }),
    ...(cacheControl === undefined ? {} : { "cache-control": cacheControl }),
    ...(contentDisposition === undefined ? {} : { "content-disposition": contentDisposition })
  }
}
