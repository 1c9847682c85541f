/** Data of examples in Cloud Storage: local files are uploaded under a name made of their content, so that a run finds them again. */
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { createHash } from "node:crypto"
import { basename, extname } from "node:path"
import { UsageError } from "./Options.ts"
import { Target } from "./Target.ts"

/** Cloud Storage of the target, over Google's client. */
export const layer = Layer.unwrap(
  Effect.map(Target, ({ project, url }) =>
    CloudStorageClient.layer({ projectId: project, ...(url === undefined ? {} : { apiEndpoint: url }) })
  )
)

const isUri = (data: string) => data.startsWith("gs://")

/** The URI that a file has or will have. */
export const uriOf = (data: string, bucket: string | undefined) =>
  Effect.gen(function* () {
    if (isUri(data)) return data
    if (bucket === undefined) {
      return yield* new UsageError({ description: `--live needs --bucket to upload ${data} to, or a gs:// URI.` })
    }
    const bytes = yield* (yield* FileSystem.FileSystem).readFile(data)
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12)
    const extension = extname(data)
    return `gs://${bucket}/genops/${basename(data, extension)}-${hash}${extension}`
  })

/** Makes the bucket of an emulator; a real one has an owner, a place and a price, and is not made on the side. */
export const ensureBucket = (bucket: string) =>
  Effect.flatMap(Target, ({ project, url }) =>
    url === undefined
      ? Effect.void
      : Effect.asVoid(
          Effect.tryPromise(() =>
            fetch(`${url}/storage/v1/b?project=${project}`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({ name: bucket })
            })
          ).pipe(Effect.ignore)
        )
  )

/** Uploads a file that is not there yet. */
export const upload = (data: string, uri: string) =>
  isUri(data)
    ? Effect.void
    : Effect.gen(function* () {
        const bytes = yield* (yield* FileSystem.FileSystem).readFile(data)
        yield* ensureBucket(uri.split("/")[2] ?? "")
        yield* CloudStorage.write(uri, bytes, { ifGeneration: "absent" }).pipe(
          Effect.catchIf(
            ({ reason }) => reason._tag === "PreconditionFailed",
            () => Effect.void
          )
        )
      })
