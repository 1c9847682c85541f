/** The contract of Cloud Storage, kept in memory, in a directory, and by Google's client against the emulator. */
import { Emulator } from "@genops/emulator"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as CloudStorageContract from "./CloudStorageContract.ts"

/** Google's client, with a bucket. */
const live = Layer.unwrap(
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    const body = JSON.stringify({ name: "contract-bucket" })
    yield* Effect.promise(() => fetch(`${url}/storage/v1/b?project=acme`, { method: "POST", body }))
    return CloudStorageClient.layer({ apiEndpoint: url, projectId: "acme" })
  })
)

const directory = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return CloudStorage.layerFileSystem(yield* fs.makeTempDirectoryScoped())
  })
).pipe(Layer.provide(NodeServices.layer))

CloudStorageContract.suite("memory", CloudStorage.layerMemory)
CloudStorageContract.suite("directory", directory)
CloudStorageContract.suite("@google-cloud/storage on the emulator", Layer.provide(live, Emulator.layer()))
