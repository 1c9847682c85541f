/** `CloudStorageClient` when the wire fails in the middle: what it says is true, and nothing is written twice. */
import { Emulator } from "@genops/emulator"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { createHash } from "node:crypto"

type Fault = Parameters<Emulator.Emulator["Service"]["setFaults"]>[0][number]

const bucket = "gs://faults"
const insert = "storage.objects.insert"
const upload = "storage.objects.upload"
const MiB = 1024 * 1024

/** Google's client with its own retries, which wait a second. */
const live = Layer.provideMerge(
  Layer.unwrap(
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      const body = JSON.stringify({ name: "faults" })
      yield* Effect.promise(() => fetch(`${url}/storage/v1/b?project=acme`, { method: "POST", body }))
      return CloudStorageClient.layer({ apiEndpoint: url, projectId: "acme", retryOptions: { maxRetries: 2 } })
    })
  ),
  Emulator.layer()
)

/** Three chunks of the client, in pieces that fit none. */
const piece = 1_000_003
const pieces = 21
const large = Stream.fromIterable(Array.from({ length: pieces }, (_, index) => new Uint8Array(piece).fill(index + 1)))

/** The statuses of the calls of some operations, with the faults that they met. */
const calls = (operations: ReadonlyArray<string>) =>
  Effect.map(
    Effect.flatMap(Emulator.Emulator, ({ requests }) => requests),
    ({ recent }) =>
      recent
        .filter(({ operation }) => operations.includes(operation))
        .map(({ fault, status = "cut" }) => (fault === undefined ? `${status}` : `${status} ${fault}`))
  )

const inject = (...rules: ReadonlyArray<Fault>) =>
  Effect.flatMap(Emulator.Emulator, ({ setFaults }) => setFaults(rules))

const hash = createHash("md5")
for (let index = 1; index <= pieces; index++) hash.update(new Uint8Array(piece).fill(index))
const md5 = hash.digest("base64")

/** The MD5 of what the emulator has stored. */
const storedMd5 = (name: string) =>
  Effect.flatMap(Emulator.Emulator, ({ url }) =>
    Effect.promise(async () => {
      const object: unknown = await (await fetch(`${url}/storage/v1/b/faults/o/${name}`)).json()
      return typeof object === "object" && object !== null ? Reflect.get(object, "md5Hash") : undefined
    })
  )

const dropped = { type: "drop", when: "before-headers", afterBytes: 3 * MiB + 12_345 } as const
const refused = { type: "status", status: 503, afterBytes: 3 * MiB + 12_345 } as const
const lost = { type: "lose-answer" } as const

/** What goes wrong, and the answers to the requests of the upload, of which the first opens the session. */
const uploads: ReadonlyArray<readonly [what: string, rule: Fault, answers: ReadonlyArray<string>]> = [
  [
    "the connection breaks inside a chunk",
    { operation: upload, sequence: [null, dropped] },
    // The question how far it is, and the chunk again from the last 256 KiB that were kept.
    ["200", "308", "cut drop", "308", "308", "200"]
  ],
  [
    "503 comes inside a chunk",
    { operation: upload, sequence: [null, refused] },
    ["200", "308", "503 status", "308", "308", "200"]
  ],
  [
    "503 comes before the first byte",
    { operation: upload, times: 1, effect: { type: "status", status: 503 } },
    ["200", "503 status", "308", "308", "308", "200"]
  ],
  [
    "the answer to a chunk is lost",
    { operation: upload, times: 1, effect: lost },
    ["200", "cut lose-answer", "308", "308", "200"]
  ],
  [
    "429 comes for the last chunk",
    { operation: upload, sequence: [null, null, { type: "status", status: 429 }] },
    ["200", "308", "308", "429 status", "308", "200"]
  ],
  // The client takes the answer that everything is there for the loss of its bytes.
  [
    "the last answer is lost",
    { operation: upload, sequence: [null, null, lost] },
    ["200", "308", "308", "cut lose-answer", "200"]
  ],
  [
    "503 stands in place of the last answer",
    { operation: upload, sequence: [null, null, { ...lost, instead: 503 }] },
    ["200", "308", "308", "503 lose-answer", "200"]
  ],
  [
    "the last answer is cut",
    { operation: upload, sequence: [null, null, { type: "truncate" }] },
    ["200", "308", "308", "200 truncate", "200"]
  ],
  [
    "the answer that opens the session is lost",
    { operation: insert, times: 1, effect: lost },
    ["cut lose-answer", "200", "308", "308", "200"]
  ],
  [
    "the session is gone",
    { operation: upload, sequence: [null, { type: "status", status: 410 }] },
    ["200", "308", "410 status", "200", "308", "308", "200"]
  ]
]

describe.concurrent("a large write", () => {
  for (const [what, rule, answers] of uploads) {
    it.live(`is done once when ${what}`, () =>
      Effect.gen(function* () {
        yield* inject(rule)
        const uri = `${bucket}/large`
        const written = yield* CloudStorage.write(uri, large, { ifGeneration: "absent" })
        assert.strictEqual(written.size, piece * pieces)
        assert.deepStrictEqual(yield* CloudStorage.metadata(uri), written)
        assert.strictEqual(yield* storedMd5("large"), md5)
        assert.deepStrictEqual(yield* calls([insert, upload]), answers)
      }).pipe(Effect.provide(live))
    )
  }

  it.live("that may replace anything is done once when its last answer is lost", () =>
    Effect.gen(function* () {
      const uri = `${bucket}/large`
      const before = yield* CloudStorage.write(uri, "before")
      yield* inject({ operation: upload, sequence: [null, null, lost] })
      const written = yield* CloudStorage.write(uri, large)
      assert.isTrue(BigInt(written.generation) > BigInt(before.generation))
      assert.deepStrictEqual(yield* CloudStorage.metadata(uri), written)
      assert.strictEqual(yield* storedMd5("large"), md5)
    }).pipe(Effect.provide(live))
  )

  it.live("fails with Unavailable, and writes nothing, when the service stays away", () =>
    Effect.gen(function* () {
      yield* inject({ operation: upload, effect: { type: "status", status: 503 } })
      const error = yield* Effect.flip(CloudStorage.write(`${bucket}/away`, large))
      assert.strictEqual(error.reason._tag, "Unavailable")
      yield* inject()
      assert.isFalse(yield* CloudStorage.exists(`${bucket}/away`))
    }).pipe(Effect.provide(live))
  )

  it.live("fails with PreconditionFailed when another writer was faster", () =>
    Effect.gen(function* () {
      const uri = `${bucket}/race`
      const slow = Stream.tap(large, (chunk) =>
        chunk[0] === pieces ? CloudStorage.write(uri, "the other's") : Effect.void
      )
      const error = yield* Effect.flip(CloudStorage.write(uri, slow, { ifGeneration: "absent" }))
      assert.strictEqual(error.reason._tag, "PreconditionFailed")
      assert.strictEqual(yield* CloudStorage.readText(uri), "the other's")
    }).pipe(Effect.provide(live))
  )
})

describe.concurrent("a small write", () => {
  const small: ReadonlyArray<readonly [what: string, effect: Fault["effect"], answers: ReadonlyArray<string>]> = [
    ["its answer is lost", lost, ["cut lose-answer", "412"]],
    ["an error stands in place of its answer", { ...lost, instead: 503 }, ["503 lose-answer", "412"]],
    ["the connection breaks inside it", { ...dropped, afterBytes: 300 }, ["cut drop", "200"]],
    ["503 comes inside it", { ...refused, afterBytes: 300 }, ["503 status", "200"]]
  ]
  for (const [what, effect, answers] of small) {
    it.live(`replaces one generation, once, when ${what}`, () =>
      Effect.gen(function* () {
        const uri = `${bucket}/small`
        const before = yield* CloudStorage.write(uri, "before")
        yield* inject({ operation: insert, times: 1, ...(effect === undefined ? {} : { effect }) })
        const written = yield* CloudStorage.write(uri, "after", { ifGeneration: before.generation })
        assert.deepStrictEqual(yield* CloudStorage.metadata(uri), written)
        assert.strictEqual(yield* CloudStorage.readText(uri), "after")
        assert.deepStrictEqual((yield* calls([insert])).slice(1), answers)
      }).pipe(Effect.provide(live))
    )
  }

  it.live("does not take another writer's object for its own", () =>
    Effect.gen(function* () {
      const uri = `${bucket}/other`
      yield* CloudStorage.write(uri, "the other's")
      yield* inject({ operation: insert, times: 1, effect: { type: "status", status: 503 } })
      const error = yield* Effect.flip(CloudStorage.write(uri, "ours", { ifGeneration: "absent" }))
      assert.strictEqual(error.reason._tag, "PreconditionFailed")
      assert.strictEqual(yield* CloudStorage.readText(uri), "the other's")
    }).pipe(Effect.provide(live))
  )
})

describe.concurrent("a deletion", () => {
  it.live("whose answer is lost is done", () =>
    Effect.gen(function* () {
      const uri = `${bucket}/gone`
      yield* CloudStorage.write(uri, "x")
      yield* inject({ operation: "storage.objects.delete", times: 1, effect: lost })
      yield* CloudStorage.remove(uri)
      assert.isFalse(yield* CloudStorage.exists(uri))
      assert.deepStrictEqual(yield* calls(["storage.objects.delete"]), ["cut lose-answer", "404"])
    }).pipe(Effect.provide(live))
  )
})

describe.concurrent("a reading", () => {
  const get = "storage.objects.get"
  for (const [what, range] of [
    ["of the whole", {}],
    ["of a part", { start: 10, end: 200_000 }]
  ] as const) {
    it.live(`${what} never gives less than there is and calls it all`, () =>
      Effect.gen(function* () {
        const uri = `${bucket}/read`
        yield* CloudStorage.write(uri, new Uint8Array(300_000).fill(7))
        yield* inject({ operation: get, effect: { type: "truncate", bytes: 100_000 } })
        const error = yield* Effect.flip(Stream.runDrain(CloudStorage.read(uri, range)))
        assert.strictEqual(error.reason._tag, "Unavailable")
        yield* inject({ operation: get, times: 2, effect: { type: "status", status: 503 } })
        const sizes = yield* Stream.runCollect(CloudStorage.read(uri, range))
        assert.strictEqual(
          sizes.reduce((sum, { length }) => sum + length, 0),
          "end" in range ? range.end - range.start : 300_000
        )
      }).pipe(Effect.provide(live))
    )
  }

  it.live("of other bytes than were written fails with Corrupted", () =>
    Effect.gen(function* () {
      const uri = `${bucket}/spoiled`
      yield* CloudStorage.write(uri, "the bytes that were written")
      yield* inject({ operation: get, effect: { type: "malformed" } })
      const error = yield* Effect.flip(Stream.runDrain(CloudStorage.read(uri)))
      assert.strictEqual(error.reason._tag, "Corrupted")
    }).pipe(Effect.provide(live))
  )
})

describe("a service that falls silent", () => {
  /** Lets real time pass until the emulator has seen a call, and then the five minutes of the clock. */
  const afterSilence = <A, E>(fiber: Fiber.Fiber<A, E>, operation: string) =>
    Effect.gen(function* () {
      const { requests } = yield* Emulator.Emulator
      while (!(yield* requests).recent.some((call) => call.operation === operation && call.fault !== undefined)) {
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
      }
      yield* TestClock.adjust("10 minutes")
      return yield* Fiber.await(fiber)
    })

  it.effect("is given up after five minutes, inside an upload and inside a download", () =>
    Effect.gen(function* () {
      const uri = `${bucket}/silent`
      yield* inject({ operation: upload, effect: { ...lost, instead: "silence" } })
      const write = yield* Effect.forkChild(Effect.flip(CloudStorage.write(uri, large)))
      const written = yield* afterSilence(write, upload)
      assert(written._tag === "Success" && written.value._tag === "CloudStorageError")
      assert.strictEqual(written.value.reason._tag, "Unavailable")
      assert.include(written.value.message, "nothing came for 5 minutes")
      yield* inject()
      yield* CloudStorage.write(uri, "there")
      yield* inject({ operation: "storage.objects.get", effect: { type: "stall" } })
      const read = yield* Effect.forkChild(Effect.flip(Stream.runDrain(CloudStorage.read(uri))))
      const gone = yield* afterSilence(read, "storage.objects.get")
      assert(gone._tag === "Success")
      assert.strictEqual(gone.value.reason._tag, "Unavailable")
    }).pipe(Effect.provide(live))
  )
})
