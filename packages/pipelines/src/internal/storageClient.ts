/** Cloud Storage over Google's client. */
import type { File, FileMetadata, Storage } from "@google-cloud/storage"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { pipeline } from "node:stream/promises"
import type { CloudStorage, ObjectInfo, WriteOptions } from "../CloudStorage.ts"
import * as E from "../CloudStorageError.ts"
import * as GsUri from "../GsUri.ts"

/** One request up to here, chunks of this size above. A multiple of 256 KiB. */
const chunkSize = 8 * 1024 * 1024

/** The key in an object's metadata that tells whose write it is, when an answer was lost. */
const writeKey = "genops-write"

/** How often a write or deletion that may replace anything begins again when others come between. */
const rounds = 5

/** Tries of a download until its first byte, as many as the client makes. */
const readTries = 4

/** How long the service may say nothing while bytes are on their way. The client itself would wait for ever. */
const silence = "5 minutes"

/** The wait before a try is made again: about 1, 2, 4 seconds. */
const pause = (round: number) =>
  Effect.flatMap(Random.next, (random) => Effect.sleep(Duration.seconds(2 ** (round - 1) * (0.5 + random))))

const silent = () => new E.Unavailable({ description: `nothing came for ${silence}` })

/** A field of what the client fails with: mostly an Error, but inside a resumable upload the bare object of the answer. */
const field = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined

const messageOf = (error: unknown): string => String(field(error, "message") ?? error)

const statusOf = (error: unknown): number | undefined => {
  // Simple calls have the number in code, the first of a resumable upload in status, and its later ones in words only.
  const told = /status(?: code)?:? (\d{3})/.exec(messageOf(error))?.[1]
  const status = [field(error, "code"), field(error, "status"), told].map(Number)
  return status.find((status) => status >= 400 && status < 600)
}

const reasonOf = (error: unknown, expected = "another generation"): E.Reason => {
  const description = messageOf(error)
  const status = statusOf(error)
  if (String(field(error, "code")).includes("MISMATCH")) return new E.Corrupted({ description })
  if (status === 401 || /default credentials/i.test(description)) return new E.Unauthenticated({ description })
  if (status === 403) return new E.PermissionDenied({ description })
  if (status === 404) return new E.NotFound({ description })
  if (status === 412) return new E.PreconditionFailed({ expected })
  if (status === undefined || status === 408 || status === 429 || status >= 500)
    return new E.Unavailable({ description })
  return new E.Failed({ status, description })
}

/** Whether the upload is lost and must begin again: its session is gone (HTTP 410), or has fewer bytes than the client has still got. */
const isLost = (reason: E.Reason): boolean =>
  (reason._tag === "Failed" && reason.status === 410) ||
  (reason._tag === "Unavailable" && reason.description.includes("Initiate a new upload"))

/** Whether a write that failed so may have been done all the same: its answer was lost, or that of an earlier try. */
const mayBeDone = (reason: E.Reason): boolean =>
  reason._tag === "PreconditionFailed" || reason._tag === "Unavailable" || isLost(reason)

const infoOf = (bucket: string, of: FileMetadata): ObjectInfo => ({
  bucket,
  name: of.name ?? "",
  generation: String(of.generation ?? ""),
  size: Number(of.size ?? 0),
  contentType: of.contentType ?? "application/octet-stream",
  updated: of.updated ?? "",
  metadata: Object.fromEntries(
    Object.entries(of.metadata ?? {}).flatMap(([key, value]) =>
      key === writeKey || value === null ? [] : [[key, String(value)] as const]
    )
  )
})

export const make = (storage: Storage): CloudStorage["Service"] => {
  const fileOf = ({ bucket, name }: GsUri.GsUri, generation?: string) =>
    storage.bucket(bucket).file(name, generation === undefined ? {} : { generation })
  const failed = (operation: E.CloudStorageError["operation"], uri: GsUri.GsUri) => (reason: E.Reason) =>
    new E.CloudStorageError({ operation, uri: GsUri.format(uri), reason })
  const look = (uri: GsUri.GsUri) =>
    Effect.tryPromise({ try: async () => (await fileOf(uri).getMetadata())[0], catch: (error) => reasonOf(error) })
  /** As it is now; undefined when it is not there. */
  const current = (uri: GsUri.GsUri) => Effect.catchTag(look(uri), "NotFound", () => Effect.succeed(undefined))
  const generationOf = (of: FileMetadata | undefined) =>
    of === undefined ? {} : { current: String(of.generation ?? "") }

  /** Sends the content once, meant for one generation (0: none). */
  const send = <F, R>(
    uri: GsUri.GsUri,
    content: Stream.Stream<Uint8Array, F, R>,
    options: WriteOptions,
    generation: number | string,
    id: string
  ): Effect.Effect<FileMetadata, E.Reason | { readonly content: F }, R> =>
    Effect.gen(function* () {
      let failure: Option.Option<F> = Option.none()
      const bytes = yield* Stream.toAsyncIterableEffect(
        Stream.tapError(content, (error) => Effect.sync(() => void (failure = Option.some(error))))
      )
      const file = fileOf(uri)
      const how = {
        preconditionOpts: { ifGenerationMatch: generation },
        metadata: {
          contentType: options.contentType ?? "application/octet-stream",
          metadata: { ...options.metadata, [writeKey]: id }
        }
      }
      const inner = bytes[Symbol.asyncIterator]()
      /** How often the content was asked for more, and whether it is the service that is waited for. */
      const progress = { pulls: 0, isService: false }
      const iterator = {
        next: async () => {
          progress.isService = false
          const next = await inner.next()
          progress.pulls++
          progress.isService = true
          return next
        }
      }
      const run = async (signal: AbortSignal): Promise<FileMetadata> => {
        const first: Array<Uint8Array> = []
        let size = 0
        let next = await iterator.next()
        for (; next.done !== true; next = await iterator.next()) {
          first.push(next.value)
          size += next.value.length
          if (size > chunkSize) break
        }
        if (next.done === true) await file.save(Buffer.concat(first), { ...how, resumable: false })
        else {
          const rest = { [Symbol.asyncIterator]: () => iterator }
          const all = async function* () {
            yield* first
            yield* rest
          }
          await pipeline(all, file.createWriteStream({ ...how, resumable: true, chunkSize }), { signal })
        }
        return file.metadata
      }
      const watch: Effect.Effect<never, E.Reason> = Effect.gen(function* () {
        const { pulls } = progress
        yield* Effect.sleep(silence)
        return yield* progress.isService && progress.pulls === pulls ? silent() : watch
      })
      const sent = Effect.tryPromise({ try: run, catch: (error) => reasonOf(error) })
      return yield* Effect.catch(Effect.raceFirst(sent, watch), (reason) =>
        Effect.fail(Option.match(failure, { onNone: () => reason, onSome: (content) => ({ content }) }))
      )
    })

  const list: CloudStorage["Service"]["list"] = (prefix, { glob }) =>
    Stream.paginate("", (pageToken: string) =>
      Effect.tryPromise({
        try: () =>
          storage.bucket(prefix.bucket).getFiles({
            autoPaginate: false,
            prefix: prefix.name,
            ...(glob === undefined ? {} : { matchGlob: glob }),
            ...(pageToken === "" ? {} : { pageToken })
          }),
        catch: (error) => failed("list", prefix)(reasonOf(error))
      }).pipe(
        Effect.map(([files, query]) => {
          const token: unknown =
            typeof query === "object" && query !== null ? Reflect.get(query, "pageToken") : undefined
          const next = typeof token === "string" && token !== "" ? Option.some(token) : Option.none<string>()
          return [files.map((file: File) => infoOf(prefix.bucket, file.metadata)), next] as const
        })
      )
    )

  return {
    list,
    metadata: (uri) =>
      look(uri).pipe(
        Effect.map((of) => infoOf(uri.bucket, of)),
        Effect.mapError(failed("metadata", uri))
      ),
    read: (uri, { end, generation, start }) => {
      const isPart = start !== undefined || end !== undefined
      if (end !== undefined && end <= (start ?? 0)) return Stream.empty
      const file = fileOf(uri, generation)
      // The client's own second try of a download rejects a promise that nobody holds ("Cannot pipe to a closed or destroyed stream"), which
      // ends the whole process. So it has none, and the tries are made here.
      file.interceptors.push({ request: (options) => Object.assign({ uri: "" }, options, { maxRetries: 0 }) })
      const open = Effect.acquireRelease(
        Effect.sync(() =>
          file.createReadStream({
            ...(isPart ? { validation: false } : {}),
            ...(isPart ? { start: start ?? 0 } : {}),
            ...(end === undefined ? {} : { end: end - 1 })
          })
        ),
        (stream) => Effect.sync(() => void stream.destroy())
      )
      const attempt = (round: number): Stream.Stream<Uint8Array, E.Reason> =>
        Stream.suspend(() => {
          let isBegun = false
          const bytes = Effect.map(open, (stream) =>
            Stream.fromAsyncIterable<Uint8Array, E.Reason>(stream, (error) => reasonOf(error))
          )
          return Stream.unwrap(bytes).pipe(
            Stream.timeoutOrElse({ duration: silence, orElse: () => Stream.fail(silent()) }),
            Stream.tap(() => Effect.sync(() => void (isBegun = true))),
            Stream.catchIf(
              (reason) => reason._tag === "Unavailable" && !isBegun && round < readTries,
              () => Stream.unwrap(Effect.as(pause(round), attempt(round + 1)))
            )
          )
        })
      return attempt(1).pipe(
        Stream.catchIf(
          // Beyond the end there is nothing.
          (reason) => reason._tag === "Failed" && reason.status === 416,
          () => Stream.empty
        ),
        Stream.catchIf(
          (reason) => generation !== undefined && reason._tag === "NotFound",
          () =>
            Stream.fromEffect(
              Effect.flatMap(current(uri), (of) =>
                Effect.fail(new E.Changed({ generation: generation ?? "", ...generationOf(of) }))
              )
            )
        ),
        Stream.mapError(failed("read", uri))
      )
    },
    write: (uri, content, options) => {
      const id = crypto.randomUUID()
      const { ifGeneration } = options
      const attempt = <F, R>(
        content: Stream.Stream<Uint8Array, F, R>,
        round: number
      ): Effect.Effect<FileMetadata, E.Reason | { readonly content: F }, R> =>
        Effect.gen(function* () {
          const given = ifGeneration === "absent" ? 0 : ifGeneration
          const wanted = given ?? (yield* current(uri))?.generation ?? 0
          const sent = yield* Effect.result(send(uri, content, options, wanted, id))
          if (sent._tag === "Success") return sent.success
          const reason = sent.failure
          if (!("_tag" in reason) || !mayBeDone(reason)) return yield* Effect.fail(reason)
          const now = yield* Effect.mapError(current(uri), () => reason)
          if (now?.metadata?.[writeKey] === id) return now
          const isAgain = isLost(reason) || (given === undefined && reason._tag === "PreconditionFailed")
          if (isAgain && round < rounds) return yield* attempt(content, round + 1)
          if (reason._tag !== "PreconditionFailed") return yield* Effect.fail(reason)
          const expected = wanted === 0 ? "no object" : `generation ${wanted}`
          return yield* new E.PreconditionFailed({ expected, ...generationOf(now) })
        })
      return attempt(content, 1).pipe(
        Effect.map((of) => infoOf(uri.bucket, of)),
        Effect.mapError((failure) => ("_tag" in failure ? failed("write", uri)(failure) : failure.content))
      )
    },
    remove: (uri, { ifGeneration }) => {
      const attempt = (round: number): Effect.Effect<void, E.Reason> =>
        Effect.gen(function* () {
          const before = yield* look(uri)
          const wanted = ifGeneration ?? String(before.generation ?? "")
          const conflict = (of: FileMetadata | undefined) =>
            new E.PreconditionFailed({ expected: `generation ${wanted}`, ...generationOf(of) })
          if (wanted !== String(before.generation)) return yield* conflict(before)
          yield* Effect.tryPromise({
            // Gone by now: deleted by the try whose answer was lost, or by somebody else, which is the same.
            try: () => fileOf(uri).delete({ ifGenerationMatch: wanted, ignoreNotFound: true }),
            catch: (error) => reasonOf(error)
          }).pipe(
            Effect.catchTag("PreconditionFailed", () =>
              ifGeneration === undefined && round < rounds
                ? attempt(round + 1)
                : Effect.flatMap(current(uri), (of) => Effect.fail(conflict(of)))
            )
          )
        })
      return Effect.mapError(attempt(1), failed("remove", uri))
    }
  }
}
