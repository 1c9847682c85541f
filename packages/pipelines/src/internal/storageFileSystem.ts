/** Objects in a directory: `<sha-256 of bucket>/<sha-256 of name>.json` tells of an object, `….<generation>` beside it has its bytes. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudStorage, ObjectInfo } from "../CloudStorage.ts"
import { Failed, PermissionDenied, type Reason } from "../CloudStorageError.ts"
import * as FileFailure from "./fileFailure.ts"
import * as local from "./storageLocal.ts"

const Info = Schema.fromJsonString(
  Schema.Struct({
    bucket: Schema.String,
    name: Schema.String,
    generation: Schema.String,
    size: Schema.Number,
    contentType: Schema.String,
    updated: Schema.String,
    metadata: Schema.Record(Schema.String, Schema.String)
  })
)

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const why = (error: PlatformError.PlatformError): Reason => {
  const description = FileFailure.why(error)
  return error.reason._tag === "PermissionDenied" ? new PermissionDenied({ description }) : new Failed({ description })
}

export const make = (root: string): Effect.Effect<CloudStorage["Service"], never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = (bucket: string) => path.join(root, sha256(bucket))
    const sidecar = ({ bucket, name }: Pick<ObjectInfo, "bucket" | "name">) =>
      path.join(folder(bucket), `${sha256(name)}.json`)
    const data = (info: ObjectInfo) => path.join(folder(info.bucket), `${sha256(info.name)}.${info.generation}`)

    const load = (file: string): Effect.Effect<ObjectInfo | undefined, Reason> =>
      fs.readFileString(file).pipe(
        Effect.flatMap((text) =>
          Effect.mapError(
            Schema.decodeEffect(Info)(text),
            () => new Failed({ description: `${file} is not of genops, or of another version` })
          )
        ),
        Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
        Effect.catchTag("PlatformError", (error) => Effect.fail(why(error)))
      )

    return local.make<string>({
      find: (uri) => load(sidecar(uri)),
      all: (bucket) =>
        fs.readDirectory(folder(bucket)).pipe(
          Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([])),
          Effect.mapError(why),
          Effect.flatMap((files) =>
            Effect.forEach(
              files.filter((file) => file.endsWith(".json")),
              (file) => load(path.join(folder(bucket), file)),
              { concurrency: 8 }
            )
          ),
          Effect.map((infos) => infos.filter((info) => info !== undefined))
        ),
      bytes: (info, start, end) =>
        Stream.mapError(fs.stream(data(info), { offset: start, bytesToRead: end - start }), why),
      begin: Effect.sync(() => path.join(root, `${crypto.randomUUID()}.part`)),
      stage: (part, content, fail) =>
        Effect.gen(function* () {
          const platform = (error: PlatformError.PlatformError) => fail(why(error))
          yield* Effect.mapError(fs.makeDirectory(root, { recursive: true }), platform)
          const handle = yield* Effect.mapError(fs.open(part, { flag: "w" }), platform)
          let size = 0
          yield* Stream.runForEach(content, (chunk) => {
            size += chunk.length
            return Effect.mapError(handle.writeAll(chunk), platform)
          })
          yield* Effect.mapError(handle.sync, platform)
          return size
        }).pipe(Effect.scoped),
      commit: (info, part, before) =>
        Effect.gen(function* () {
          const text = yield* Effect.orDie(Schema.encodeEffect(Info)(info))
          yield* fs.makeDirectory(folder(info.bucket), { recursive: true })
          yield* fs.rename(part, data(info))
          yield* fs.writeFileString(`${sidecar(info)}.new`, text)
          // From here on the object is the new one.
          yield* fs.rename(`${sidecar(info)}.new`, sidecar(info))
          if (before !== undefined) yield* Effect.ignore(fs.remove(data(before)))
        }).pipe(Effect.mapError(why)),
      discard: (part) => Effect.ignore(fs.remove(part, { force: true })),
      remove: (info) =>
        Effect.andThen(fs.remove(sidecar(info)), Effect.ignore(fs.remove(data(info)))).pipe(Effect.mapError(why))
    })
  })
