/** What every implementation of `CloudStorage` must show. */
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as Dataset from "@genops/core/Dataset"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

const bucket = "gs://contract-bucket"

const reason = <A, R>(call: Effect.Effect<A, CloudStorage.CloudStorageError, R>) =>
  Effect.map(Effect.flip(call), (error) => error.reason)

const names = (prefix: string, glob?: string) =>
  Effect.map(Stream.runCollect(CloudStorage.list(prefix, glob === undefined ? {} : { glob })), (all) =>
    all.map(({ name }) => name)
  )

/** 20 MiB in pieces that fit no chunk. */
const large = Stream.fromIterable(Array.from({ length: 21 }, (_, index) => new Uint8Array(1_000_003).fill(index)))

export const suite = <E>(name: string, subject: Layer.Layer<CloudStorage.CloudStorage, E>): void => {
  layer(subject, { excludeTestServices: true, timeout: "120 seconds" })(`CloudStorage contract: ${name}`, (it) => {
    it.effect("writes, tells, reads and deletes", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/basic/ä b%20?#1.txt`
        assert.isFalse(yield* CloudStorage.exists(uri))
        const written = yield* CloudStorage.write(uri, "grüße", { contentType: "text/plain", metadata: { run: "r1" } })
        assert.deepStrictEqual(
          [written.bucket, written.name, written.size, written.contentType, written.metadata],
          ["contract-bucket", "basic/ä b%20?#1.txt", 7, "text/plain", { run: "r1" }]
        )
        assert.deepStrictEqual(yield* CloudStorage.metadata(uri), written)
        assert.strictEqual(yield* CloudStorage.readText(uri), "grüße")
        assert.strictEqual(yield* CloudStorage.readText(uri, { start: 2, end: 4 }), "ü")
        assert.strictEqual(yield* CloudStorage.readText(uri, { start: 100 }), "")
        yield* CloudStorage.remove(uri)
        assert.isFalse(yield* CloudStorage.exists(uri))
        for (const call of [CloudStorage.metadata(uri), CloudStorage.readText(uri), CloudStorage.remove(uri)]) {
          assert.strictEqual((yield* reason(Effect.asVoid(call)))._tag, "NotFound")
        }
      })
    )

    it.effect("keeps preconditions", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/conditions`
        const first = yield* CloudStorage.write(uri, "1", { ifGeneration: "absent" })
        const again = yield* reason(CloudStorage.write(uri, "1", { ifGeneration: "absent" }))
        assert(again._tag === "PreconditionFailed")
        assert.strictEqual(again.current, first.generation)
        const second = yield* CloudStorage.write(uri, "2", { ifGeneration: first.generation })
        assert.isTrue(BigInt(second.generation) > BigInt(first.generation))
        const late = CloudStorage.write(uri, "3", { ifGeneration: first.generation })
        assert.strictEqual((yield* reason(late))._tag, "PreconditionFailed")
        const stale = CloudStorage.remove(uri, { ifGeneration: first.generation })
        assert.strictEqual((yield* reason(stale))._tag, "PreconditionFailed")
        assert.strictEqual(yield* CloudStorage.readText(uri, { generation: second.generation }), "2")
        yield* CloudStorage.write(uri, "4")
        const changed = yield* reason(CloudStorage.readText(uri, { generation: second.generation }))
        assert.strictEqual(changed._tag, "Changed")
        assert.strictEqual(yield* CloudStorage.readText(uri), "4")
      })
    )

    it.effect("lets one of many writers create an object", () =>
      Effect.gen(function* () {
        const write = (text: string) =>
          Effect.exit(CloudStorage.write(`${bucket}/race`, text, { ifGeneration: "absent" }))
        const exits = yield* Effect.forEach(["a", "b", "c", "d"], write, { concurrency: "unbounded" })
        assert.lengthOf(
          exits.filter(({ _tag }) => _tag === "Success"),
          1
        )
      })
    )

    it.effect("streams a large object both ways", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/large`
        const { size } = yield* CloudStorage.write(uri, large)
        assert.strictEqual(size, 21 * 1_000_003)
        const again = yield* Effect.flip(CloudStorage.write(uri, large, { ifGeneration: "absent" }))
        assert.strictEqual(again.reason._tag, "PreconditionFailed")
        let at = 0
        yield* Stream.runForEach(CloudStorage.read(uri), (chunk) =>
          Effect.sync(() => {
            assert.strictEqual(chunk[0], Math.floor(at / 1_000_003))
            at += chunk.length
          })
        )
        assert.strictEqual(at, size)
      })
    )

    it.effect("reads what was there when the reading began, though it is replaced meanwhile", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/replaced`
        const { generation, size } = yield* CloudStorage.write(uri, large)
        let at = 0
        yield* Stream.runForEach(CloudStorage.read(uri, { generation }), (chunk) =>
          Effect.gen(function* () {
            if (at === 0) yield* CloudStorage.write(uri, "another")
            assert.strictEqual(chunk[0], Math.floor(at / 1_000_003))
            at += chunk.length
          })
        )
        assert.strictEqual(at, size)
        assert.strictEqual((yield* reason(CloudStorage.readText(uri, { generation })))._tag, "Changed")
        assert.strictEqual(yield* CloudStorage.readText(uri, { start: 3 }), "ther")
      })
    )

    it.effect("keeps an empty object, and parts of one generation", () =>
      Effect.gen(function* () {
        const empty = yield* CloudStorage.write(`${bucket}/empty`, "")
        assert.strictEqual(empty.size, 0)
        assert.strictEqual(yield* CloudStorage.readText(`${bucket}/empty`), "")
        const uri = `${bucket}/parts`
        const { generation } = yield* CloudStorage.write(uri, "0123456789")
        assert.strictEqual(yield* CloudStorage.readText(uri, { generation, start: 3, end: 7 }), "3456")
        assert.strictEqual(yield* CloudStorage.readText(uri, { generation, start: 8, end: 100 }), "89")
        yield* CloudStorage.remove(uri, { ifGeneration: generation })
        const deleted = yield* reason(CloudStorage.readText(uri, { generation, start: 3, end: 7 }))
        assert(deleted._tag === "Changed")
        assert.isUndefined(deleted.current)
      })
    )

    it.effect("lets one of many writers replace a generation", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/turn`
        const { generation } = yield* CloudStorage.write(uri, "0")
        const write = (text: string) =>
          Effect.exit(
            CloudStorage.write(uri, Stream.concat(large, Stream.make(new TextEncoder().encode(text))), {
              ifGeneration: generation
            })
          )
        const exits = yield* Effect.forEach(["a", "b", "c"], write, { concurrency: "unbounded" })
        const done = exits.flatMap((exit) => (exit._tag === "Success" ? [exit.value.generation] : []))
        assert.deepStrictEqual(done, [(yield* CloudStorage.metadata(uri)).generation])
      })
    )

    it.effect("fails with the content's failure and writes nothing", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/broken`
        const content = Stream.concat(large, Stream.fail("no more" as const))
        assert.strictEqual(yield* Effect.flip(CloudStorage.write(uri, content)), "no more")
        assert.isFalse(yield* CloudStorage.exists(uri))
      })
    )

    it.effect("lists by prefix and glob, in the order of bytes", () =>
      Effect.gen(function* () {
        const all = ["list/a.jsonl", "list/b/c.jsonl", "list/b/d.csv", "list/é.jsonl", "list/\u{1F600}", "list/\uFF5E"]
        yield* Effect.forEach(all, (name) => CloudStorage.write(`${bucket}/${name}`, ""), { discard: true })
        assert.deepStrictEqual(yield* names(`${bucket}/list/`), [
          "list/a.jsonl",
          "list/b/c.jsonl",
          "list/b/d.csv",
          "list/é.jsonl",
          "list/\uFF5E",
          "list/\u{1F600}"
        ])
        assert.deepStrictEqual(yield* names(`${bucket}/list/b`), ["list/b/c.jsonl", "list/b/d.csv"])
        assert.deepStrictEqual(yield* names(bucket, "list/*.jsonl"), ["list/a.jsonl", "list/é.jsonl"])
        assert.deepStrictEqual(yield* names(bucket, "list/**.{csv,jsonl}"), [
          "list/a.jsonl",
          "list/b/c.jsonl",
          "list/b/d.csv",
          "list/é.jsonl"
        ])
        assert.deepStrictEqual(yield* names(bucket, "list/b/[a-c].?????"), ["list/b/c.jsonl"])
        assert.deepStrictEqual(yield* names(`${bucket}/nothing/`), [])
      })
    )

    it.effect("is a dataset of one generation", () =>
      Effect.gen(function* () {
        const uri = `${bucket}/rows.jsonl`
        const { generation } = yield* CloudStorage.write(uri, '{"a":1}\n{"a":2}\n')
        const dataset = yield* CloudStorage.dataset(uri)
        assert.strictEqual(dataset.source, `${uri}#${generation}`)
        assert.strictEqual((yield* Dataset.check(dataset)).rows, 2)
        yield* CloudStorage.write(uri, '{"a":3}\n')
        const error = yield* Effect.flip(Dataset.check(dataset))
        assert.strictEqual(error.kind, "Unreadable")
        assert.include(error.message, "replaced")
      })
    )

    it.effect("refuses what is no URI", () =>
      Effect.gen(function* () {
        for (const uri of ["gs://contract-bucket", `${bucket}/a/../b`, "s3://b/o"]) {
          assert.strictEqual((yield* reason(CloudStorage.metadata(uri)))._tag, "InvalidUri")
        }
      })
    )
  })
}
