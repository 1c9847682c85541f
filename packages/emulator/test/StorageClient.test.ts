/** Google's own client, unchanged, against the emulated Cloud Storage. */
import { assert, layer } from "@effect/vitest"
import { Storage } from "@google-cloud/storage"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { pipeline } from "node:stream/promises"
import { Readable } from "node:stream"
import * as Emulator from "../src/Emulator.ts"

const withBucket = (name: string, use: (bucket: ReturnType<Storage["bucket"]>) => Promise<void>) =>
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    const storage = new Storage({ apiEndpoint: url, projectId: "demo-project" })
    yield* Effect.promise(async () => {
      await storage.createBucket(name)
      await use(storage.bucket(name))
    })
  })

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 0,
    (error: unknown) =>
      error instanceof Error ? Number(Reflect.get(error, "code") ?? Reflect.get(error, "status")) : Number.NaN
  )

layer(Emulator.layer(), { excludeTestServices: true })("@google-cloud/storage 8.4.0", (it) => {
  it.effect("saves, describes and downloads bytes with their checksums", () =>
    withBucket("bytes", async (bucket) => {
      const bytes = randomBytes(100_000)
      const file = bucket.file("dir/a b%2F../ä.bin")
      for (const resumable of [false, true]) {
        await file.save(bytes, {
          resumable,
          contentType: "x/y",
          metadata: { metadata: { run: "r1" } },
          validation: "crc32c"
        })
        const [metadata] = await file.getMetadata()
        assert.deepStrictEqual(
          [metadata.size, metadata.contentType, metadata.metadata],
          ["100000", "x/y", { run: "r1" }]
        )
        for (const validation of ["crc32c", "md5"] as const) {
          const [read] = await file.download({ validation })
          assert.isTrue(bytes.equals(read))
        }
      }
      const [part] = await file.download({ start: 10, end: 19 })
      assert.isTrue(bytes.subarray(10, 20).equals(part))
    })
  )

  it.effect("takes a resumable upload in chunks", () =>
    withBucket("chunks", async (bucket) => {
      const bytes = randomBytes(614_400)
      const file = bucket.file("chunked")
      await pipeline(Readable.from([bytes]), file.createWriteStream({ chunkSize: 262_144, metadata: {} }))
      const [read] = await file.download()
      assert.isTrue(bytes.equals(read))
    })
  )

  it.effect("lists with prefix, delimiter, glob and pages", () =>
    withBucket("lists", async (bucket) => {
      for (const name of ["a", "d/1", "d/2", "d/e/3", "z"])
        await bucket.file(name).save(name, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })
      const names = async (query: {
        readonly prefix?: string
        readonly delimiter?: string
        readonly matchGlob?: string
      }) => (await bucket.getFiles(query))[0].map(({ name }) => name)
      assert.deepStrictEqual(await names({ prefix: "d/" }), ["d/1", "d/2", "d/e/3"])
      assert.deepStrictEqual(await names({ delimiter: "/" }), ["a", "z"])
      assert.deepStrictEqual(await names({ matchGlob: "d/*" }), ["d/1", "d/2"])
      const [first, next] = await bucket.getFiles({ autoPaginate: false, maxResults: 2 })
      assert.lengthOf(first, 2)
      assert.isNotNull(next)
    })
  )

  it.effect("keeps preconditions, patches, copies, composes and deletes", () =>
    withBucket("rules", async (bucket) => {
      const file = bucket.file("x")
      await file.save("1", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })
      for (const resumable of [false, true]) {
        assert.strictEqual(await codeOf(file.save("2", { resumable, preconditionOpts: { ifGenerationMatch: 0 } })), 412)
      }
      await file.setMetadata({ metadata: { k: "v" } })
      const [{ metadata, metageneration }] = await file.getMetadata()
      assert.deepStrictEqual([metadata, metageneration], [{ k: "v" }, "2"])
      await file.copy(bucket.file("y"))
      await bucket.file("y").moveFileAtomic("moved")
      assert.deepStrictEqual(await bucket.file("y").exists(), [false])
      await bucket.file("moved").copy(bucket.file("y"))
      await bucket.combine(["x", "y"], bucket.file("xy"))
      assert.strictEqual((await bucket.file("xy").download())[0].toString(), "11")
      assert.strictEqual(await codeOf(file.delete({ ifGenerationMatch: 1 })), 412)
      await file.delete()
      assert.deepStrictEqual(await file.exists(), [false])
      assert.strictEqual(await codeOf(file.getMetadata()), 404)
      assert.strictEqual(await codeOf(file.download()), 404)
    })
  )
})
