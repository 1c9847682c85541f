/** The rules of Cloud Storage, generations and preconditions, over anything that keeps objects. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { CloudStorage, ObjectInfo, WriteOptions } from "../CloudStorage.ts"
import { Changed, CloudStorageError, NotFound, PreconditionFailed, type Reason } from "../CloudStorageError.ts"
import * as GsUri from "../GsUri.ts"
import * as glob from "./storageGlob.ts"

/** What keeps objects. `stage` takes bytes without showing them and counts them; `commit` shows them as
the object and forgets the earlier ones; `discard` comes last in any case. */
export interface Keeper<Staged> {
  readonly find: (uri: GsUri.GsUri) => Effect.Effect<ObjectInfo | undefined, Reason>
  readonly all: (bucket: string) => Effect.Effect<ReadonlyArray<ObjectInfo>, Reason>
  readonly bytes: (info: ObjectInfo, start: number, end: number) => Stream.Stream<Uint8Array, Reason>
  readonly begin: Effect.Effect<Staged>
  readonly stage: <E, R>(
    staged: Staged,
    content: Stream.Stream<Uint8Array, E, R>,
    fail: (reason: Reason) => CloudStorageError
  ) => Effect.Effect<number, E | CloudStorageError, R>
  readonly commit: (info: ObjectInfo, staged: Staged, before: ObjectInfo | undefined) => Effect.Effect<void, Reason>
  readonly discard: (staged: Staged) => Effect.Effect<void>
  readonly remove: (info: ObjectInfo) => Effect.Effect<void, Reason>
}

/** Why a write or deletion may not be done; undefined when it may. */
const refusal = ({ ifGeneration }: WriteOptions, current: ObjectInfo | undefined): PreconditionFailed | undefined => {
  if (ifGeneration === undefined) return undefined
  const generation = current?.generation
  if (ifGeneration === "absent" ? generation === undefined : generation === ifGeneration) return undefined
  const expected = ifGeneration === "absent" ? "no object" : `generation ${ifGeneration}`
  return new PreconditionFailed({ expected, ...(generation === undefined ? {} : { current: generation }) })
}

export const make = <Staged>(keeper: Keeper<Staged>): CloudStorage["Service"] => {
  const oneByOne = Semaphore.makeUnsafe(1)
  const failed = (operation: CloudStorageError["operation"], uri: GsUri.GsUri) => (reason: Reason) =>
    new CloudStorageError({ operation, uri: GsUri.format(uri), reason })
  const missing = (uri: GsUri.GsUri) => new NotFound({ description: `No such object: ${uri.bucket}/${uri.name}` })
  const present = (uri: GsUri.GsUri) =>
    Effect.flatMap(keeper.find(uri), (info) => (info === undefined ? Effect.fail(missing(uri)) : Effect.succeed(info)))

  return {
    metadata: (uri) => Effect.mapError(present(uri), failed("metadata", uri)),
    read: (uri, { end, generation, start = 0 }) =>
      Effect.gen(function* () {
        const info = yield* keeper.find(uri)
        if (generation !== undefined && info?.generation !== generation) {
          return yield* new Changed({ generation, ...(info === undefined ? {} : { current: info.generation }) })
        }
        if (info === undefined) return yield* missing(uri)
        const last = Math.min(end ?? info.size, info.size)
        return start >= last ? Stream.empty : keeper.bytes(info, start, last)
      }).pipe(Stream.unwrap, Stream.mapError(failed("read", uri))),
    write: (uri, content, options) => {
      const fail = failed("write", uri)
      const check = Effect.gen(function* () {
        const before = yield* keeper.find(uri)
        const refused = refusal(options, before)
        return refused === undefined ? before : yield* refused
      }).pipe(Effect.mapError(fail))
      const commit = ({ size, staged }: { readonly size: number; readonly staged: Staged }) =>
        Effect.gen(function* () {
          const before = yield* check
          const now = Date.now()
          const info: ObjectInfo = {
            ...uri,
            generation: String(Math.max(now * 1000, Number(before?.generation ?? 0) + 1)),
            size,
            contentType: options.contentType ?? "application/octet-stream",
            updated: new Date(now).toISOString(),
            metadata: options.metadata ?? {}
          }
          yield* Effect.mapError(keeper.commit(info, staged, before), fail)
          return info
        }).pipe(Effect.uninterruptible, oneByOne.withPermits(1))
      return Effect.andThen(
        check,
        Effect.acquireUseRelease(
          keeper.begin,
          (staged) => Effect.flatMap(keeper.stage(staged, content, fail), (size) => commit({ size, staged })),
          keeper.discard
        )
      )
    },
    list: (prefix, options) => {
      const matches = options.glob === undefined ? () => true : glob.make(options.glob)
      return Stream.unwrap(
        Effect.map(keeper.all(prefix.bucket), (all) =>
          Stream.fromIterable(all.filter(({ name }) => name.startsWith(prefix.name) && matches(name)).toSorted(byName))
        )
      ).pipe(Stream.mapError(failed("list", prefix)))
    },
    remove: (uri, options) =>
      Effect.gen(function* () {
        const info = yield* present(uri)
        const refused = refusal(options, info)
        if (refused !== undefined) return yield* refused
        yield* keeper.remove(info)
      }).pipe(Effect.mapError(failed("remove", uri)), oneByOne.withPermits(1))
  }
}

const utf8 = new TextEncoder()

/** Cloud Storage's order, by the bytes of the names. */
const byName = (a: ObjectInfo, b: ObjectInfo): number => {
  const [left, right] = [utf8.encode(a.name), utf8.encode(b.name)]
  const differs = left.findIndex((byte, index) => byte !== right[index])
  return differs < 0 ? left.length - right.length : (left[differs] ?? 0) - (right[differs] ?? -1)
}
