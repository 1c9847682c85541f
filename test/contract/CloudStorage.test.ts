/** The contract of Cloud Storage, kept in memory, in a directory, and by Google's client against the emulator; and what only the wire shows. */
import { Emulator } from "@genops/emulator"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
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

describe("Cloud Storage on the wire", () => {
  it.live("recognises a write whose answer was lost, and writes once", () =>
    Effect.gen(function* () {
      const { requests, setFaults } = yield* Emulator.Emulator
      yield* setFaults([{ operation: "storage.objects.insert", effect: { type: "lose-answer" }, times: 1 }])
      const uri = "gs://contract-bucket/lost"
      const written = yield* CloudStorage.write(uri, "once", { ifGeneration: "absent" })
      assert.strictEqual((yield* CloudStorage.metadata(uri)).generation, written.generation)
      const { recent } = yield* requests
      const inserts = recent.filter(({ operation }) => operation === "storage.objects.insert")
      assert.deepStrictEqual(
        inserts.map(({ status }) => status),
        [undefined, 412]
      )
    }).pipe(Effect.provide(Layer.provideMerge(live, Emulator.layer())))
  )
})
