/** Objects in memory. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudStorage, ObjectInfo } from "../CloudStorage.ts"
import * as GsUri from "../GsUri.ts"
import * as local from "./storageLocal.ts"

interface Staged {
  readonly chunks: Array<Uint8Array>
}

export const make = (): CloudStorage["Service"] => {
  const objects = new Map<string, { readonly info: ObjectInfo; readonly chunks: ReadonlyArray<Uint8Array> }>()
  return local.make<Staged>({
    find: (uri) => Effect.sync(() => objects.get(GsUri.format(uri))?.info),
    all: (bucket) =>
      Effect.sync(() => [...objects.values()].map(({ info }) => info).filter((info) => info.bucket === bucket)),
    bytes: (info, start, end) => {
      const pieces: Array<Uint8Array> = []
      let at = 0
      for (const chunk of objects.get(GsUri.format(info))?.chunks ?? []) {
        if (at < end && at + chunk.length > start) pieces.push(chunk.slice(Math.max(0, start - at), end - at))
        at += chunk.length
      }
      return Stream.fromIterable(pieces)
    },
    begin: Effect.sync(() => ({ chunks: [] })),
    stage: (staged, content) =>
      Stream.runFold(
        content,
        () => 0,
        (size, chunk) => {
          // The caller may use its array again.
          staged.chunks.push(chunk.slice())
          return size + chunk.length
        }
      ),
    commit: (info, { chunks }) => Effect.sync(() => void objects.set(GsUri.format(info), { info, chunks })),
    discard: () => Effect.void,
    remove: (info) => Effect.sync(() => void objects.delete(GsUri.format(info)))
  })
}
