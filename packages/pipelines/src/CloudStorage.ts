/**
 * Objects in Cloud Storage, as streams, by generation and with preconditions.
 *
 * Implementations: `layerFileSystem`, `layerMemory`, and `CloudStorageClient.layer` over Google's `@google-cloud/storage`.
 *
 * @since 0.1.0
 */
import * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CloudStorageError } from "./CloudStorageError.ts"
import { extensions } from "./DatasetFile.ts"
import * as GsUri from "./GsUri.ts"
import * as fileSystem from "./internal/storageFileSystem.ts"
import * as memory from "./internal/storageMemory.ts"

export { CloudStorageError } from "./CloudStorageError.ts"

/**
 * An object as it is now: bytes in `size`, `updated` in ISO 8601, `metadata` the caller's own.
 *
 * @since 0.1.0
 */
export interface ObjectInfo extends GsUri.GsUri {
  readonly generation: string
  readonly size: number
  readonly contentType: string
  readonly updated: string
  readonly metadata: { readonly [key: string]: string }
}

/**
 * What to read: the newest generation unless one is given; from byte `start` up to `end`, which is not read.
 *
 * @since 0.1.0
 */
export interface ReadOptions {
  readonly generation?: string
  readonly start?: number
  readonly end?: number
}

/**
 * What a write or deletion is meant for: any generation (the default: the newest wins), one generation, or, for writes, `absent`.
 *
 * @since 0.1.0
 */
export interface WriteOptions {
  readonly ifGeneration?: "absent" | (string & {})
  /** Default `application/octet-stream`. */
  readonly contentType?: string
  readonly metadata?: { readonly [key: string]: string }
}

/**
 * Which names to list, below the prefix: `glob` is Cloud Storage's (`*` and `?` stop at `/`, `**` does not) and fits whole names.
 *
 * @since 0.1.0
 */
export interface ListOptions {
  readonly glob?: string
}

/**
 * Cloud Storage. The functions of this module take URIs as text.
 *
 * @since 0.1.0
 */
export class CloudStorage extends Context.Service<
  CloudStorage,
  {
    metadata(uri: GsUri.GsUri): Effect.Effect<ObjectInfo, CloudStorageError>
    read(uri: GsUri.GsUri, options: ReadOptions): Stream.Stream<Uint8Array, CloudStorageError>
    write<E, R>(
      uri: GsUri.GsUri,
      content: Stream.Stream<Uint8Array, E, R>,
      options: WriteOptions
    ): Effect.Effect<ObjectInfo, E | CloudStorageError, R>
    list(prefix: GsUri.GsUri, options: ListOptions): Stream.Stream<ObjectInfo, CloudStorageError>
    remove(uri: GsUri.GsUri, options: Pick<WriteOptions, "ifGeneration">): Effect.Effect<void, CloudStorageError>
  }
>()("@genops/pipelines/CloudStorage") {}

const named = (operation: CloudStorageError["operation"], uri: string, parse = GsUri.parse) =>
  Effect.fromResult(Result.mapError(parse(uri), (reason) => new CloudStorageError({ operation, uri, reason })))

/**
 * Tells of an object without reading it. Fails with `NotFound`.
 *
 * @since 0.1.0
 */
export const metadata = (uri: string): Effect.Effect<ObjectInfo, CloudStorageError, CloudStorage> =>
  Effect.flatMap(named("metadata", uri), (parsed) => CloudStorage.use((storage) => storage.metadata(parsed)))

/**
 * Whether there is such an object. A bucket that is missing has none.
 *
 * @since 0.1.0
 */
export const exists = (uri: string): Effect.Effect<boolean, CloudStorageError, CloudStorage> =>
  metadata(uri).pipe(
    Effect.as(true),
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.succeed(false)
    )
  )

/**
 * Reads an object in chunks; a whole one is checked against its checksum. Fails with `NotFound`; with `Changed` when the generation asked
 * for is gone; with `Unavailable` when the connection breaks after the first byte, since what was given out cannot be taken back.
 *
 * @since 0.1.0
 */
export const read = (
  uri: string,
  options: ReadOptions = {}
): Stream.Stream<Uint8Array, CloudStorageError, CloudStorage> =>
  Stream.unwrap(
    Effect.flatMap(named("read", uri), (parsed) => CloudStorage.useSync((storage) => storage.read(parsed, options)))
  )

/**
 * Reads an object as text in UTF-8. It must fit in memory.
 *
 * @since 0.1.0
 */
export const readText = (
  uri: string,
  options: ReadOptions = {}
): Effect.Effect<string, CloudStorageError, CloudStorage> => Stream.mkString(Stream.decodeText(read(uri, options)))

/**
 * Writes an object: text, bytes or a stream of bytes, which is read again if the write must be repeated.
 *
 * **Details**
 *
 * - Every write is conditional, also one that may replace anything: it is then meant for the generation that was there a moment before,
 *   and begins again when another writer came between. So the client retries it, and a lost answer is recognised and never written twice.
 * - 8 MiB and less are one request; larger objects are uploaded in chunks of 8 MiB and resumed after a break. Nothing is seen of an object
 *   before it is whole.
 * - Fails with `PreconditionFailed` when `ifGeneration` does not hold, and with what the content fails with. After `Unavailable` the write may have
 *   been done: nobody could ask.
 *
 * @example
 * import * as CloudStorage from "@genops/pipelines/CloudStorage"
 *
 * const program = CloudStorage.write("gs://my-bucket/report.json", "{}", { ifGeneration: "absent" })
 *
 * @since 0.1.0
 */
export const write = <E = never, R = never>(
  uri: string,
  content: string | Uint8Array | Stream.Stream<Uint8Array, E, R>,
  options: WriteOptions = {}
): Effect.Effect<ObjectInfo, E | CloudStorageError, R | CloudStorage> => {
  const bytes: Stream.Stream<Uint8Array, E, R> =
    typeof content === "string"
      ? Stream.make(new TextEncoder().encode(content))
      : content instanceof Uint8Array
        ? Stream.make(content)
        : content
  return Effect.flatMap(named("write", uri), (parsed) =>
    CloudStorage.use((storage) => storage.write(parsed, bytes, options))
  )
}

/**
 * Lists the objects whose names begin with a prefix such as `gs://bucket/dir/` (or of a bucket), in the order of their names' bytes.
 *
 * @since 0.1.0
 */
export const list = (
  prefix: string,
  options: ListOptions = {}
): Stream.Stream<ObjectInfo, CloudStorageError, CloudStorage> =>
  Stream.unwrap(
    Effect.flatMap(named("list", prefix, GsUri.parsePrefix), (parsed) =>
      CloudStorage.useSync((storage) => storage.list(parsed, options))
    )
  )

/**
 * Deletes an object. Fails with `NotFound`, and with `PreconditionFailed` when it is not of the generation given.
 *
 * @since 0.1.0
 */
export const remove = (
  uri: string,
  options: { readonly ifGeneration?: string } = {}
): Effect.Effect<void, CloudStorageError, CloudStorage> =>
  Effect.flatMap(named("remove", uri), (parsed) => CloudStorage.use((storage) => storage.remove(parsed, options)))

/**
 * How to read the rows of an object; `source` is its URI with the generation, `generation` the newest unless given.
 *
 * @since 0.1.0
 */
export interface DatasetOptions extends Omit<Dataset.CsvOptions, "source"> {
  readonly generation?: string
}

/**
 * Opens an object as a dataset, JSON Lines or CSV by its name's extension. The generation is taken now and every reading is of that one:
 * when the object is replaced meanwhile, reading fails with a `DatasetError` of kind `Unreadable` and never mixes two versions.
 *
 * @since 0.1.0
 */
export function dataset(
  uri: string,
  options?: DatasetOptions & { readonly schema?: undefined }
): Effect.Effect<Dataset.Dataset<Dataset.JsonRow>, CloudStorageError | DatasetError, CloudStorage>
export function dataset<A>(
  uri: string,
  options: DatasetOptions & { readonly schema: Schema.ConstraintDecoder<A> }
): Effect.Effect<Dataset.Dataset<A>, CloudStorageError | DatasetError, CloudStorage>
export function dataset(
  uri: string,
  options: DatasetOptions & { readonly schema?: Schema.ConstraintDecoder<unknown> | undefined } = {}
): Effect.Effect<Dataset.Dataset<unknown>, CloudStorageError | DatasetError, CloudStorage> {
  return Effect.gen(function* () {
    const { generation: asked, schema, ...rest } = options
    const extension = extensions.find((extension) => uri.toLowerCase().endsWith(extension))
    if (extension === undefined) {
      const reason = `the name does not end in ${extensions.slice(0, -1).join(", ")} or ${extensions.at(-1)}`
      return yield* new DatasetError({ kind: "UnsupportedFormat", source: uri, reason })
    }
    const storage = yield* CloudStorage
    const parsed = yield* named("read", uri)
    const generation = asked ?? (yield* storage.metadata(parsed)).generation
    const source = `${uri}#${generation}`
    const bytes = Stream.mapError(
      storage.read(parsed, { generation }),
      ({ reason }) => new DatasetError({ kind: "Unreadable", source, reason: reason.message })
    )
    if (schema === undefined) {
      const plain = { ...rest, source }
      return extension === ".csv" ? Dataset.fromCsv(bytes, plain) : Dataset.fromJsonl(bytes, plain)
    }
    const typed = { ...rest, source, schema }
    return extension === ".csv" ? Dataset.fromCsv(bytes, typed) : Dataset.fromJsonl(bytes, typed)
  })
}

/**
 * Keeps objects in a directory, for work without Google. Names never become paths: files are called by the sha-256 of the name, with the
 * name in a JSON file beside them. An object appears whole or not at all. One process at a time may write.
 *
 * @since 0.1.0
 */
export const layerFileSystem = (root: string): Layer.Layer<CloudStorage, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(CloudStorage, fileSystem.make(root))

/**
 * Keeps objects in memory, for tests. Buckets need not be made.
 *
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<CloudStorage> = Layer.sync(CloudStorage, () => memory.make())
