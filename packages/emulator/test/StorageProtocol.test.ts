/** The JSON API of Cloud Storage on the wire: resumable uploads chunk by chunk, conditions, ranges, and the bodies of what is refused. */
import { assert, describe, it } from "@effect/vitest"
import { CRC32C } from "@google-cloud/storage"
import * as Effect from "effect/Effect"
import { createHash, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import * as Emulator from "../src/Emulator.ts"
import * as RawClient from "./RawClient.ts"

const KiB = 1024
const quantum = 256 * KiB

/** The true bodies of errors, from the wire fixtures. */
const cases: ReadonlyArray<{ readonly id: string; readonly body: unknown }> = JSON.parse(
  readFileSync(new URL("fixtures/gcs-errors.json", import.meta.url), "utf8")
).cases
const trueBody = (id: string, name = "my-bucket/a.json"): unknown => {
  const found = cases.find((one) => one.id === id) ?? assert.fail(`no fixture ${id}`)
  return JSON.parse(JSON.stringify(found.body).replaceAll("my-bucket/a.json", name))
}

/** A server with a bucket, and calls of its API below `/storage/v1/b/bucket`. */
const serve = Effect.gen(function* () {
  const emulator = yield* Emulator.start()
  const storage = `${emulator.url}/storage/v1`
  const made = yield* RawClient.call(`${storage}/b?project=p`, { body: { name: "bucket" } })
  assert.strictEqual(made.status, 200)
  const api = (path: string, call: RawClient.Call = {}) => RawClient.call(`${storage}/b/bucket${path}`, call)
  const put = (name: string, content: Buffer | string, query = "") =>
    RawClient.call(
      `${emulator.url}/upload/storage/v1/b/bucket/o?uploadType=media&name=${encodeURIComponent(name)}${query}`,
      { method: "POST", body: content, headers: { "content-type": "text/plain" } }
    )
  /** Opens a session and gives the function that sends a request of it. */
  const session = (name: string, query = "") =>
    Effect.map(
      RawClient.call(`${emulator.url}/upload/storage/v1/b/bucket/o?uploadType=resumable&name=${name}${query}`, {
        body: {}
      }),
      (opened) => {
        assert.strictEqual(opened.status, 200, opened.text)
        const location = String(opened.headers.location)
        const send = (range: string, body: Buffer | string = "") =>
          RawClient.call(location, { method: "PUT", headers: { "content-range": `bytes ${range}` }, body })
        return { send, location }
      }
    )
  return { ...emulator, api, put, session }
})

const said = ({ headers, status }: RawClient.Observed) => [status, headers.range]
const crc32c = (text: string) => {
  const sum = new CRC32C()
  sum.update(Buffer.from(text))
  return sum.toString()
}
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("base64")

describe("a resumable upload", () => {
  it.effect("takes chunks, tells how far it is, and is an object at its end", () =>
    Effect.gen(function* () {
      const { api, session } = yield* serve
      const bytes = randomBytes(2 * quantum + 100)
      const { send } = yield* session("x")
      assert.deepStrictEqual(said(yield* send("*/*")), [308, undefined])
      const first = yield* send(`0-${quantum - 1}/*`, bytes.subarray(0, quantum))
      assert.deepStrictEqual(said(first), [308, `bytes=0-${quantum - 1}`])
      // Sent again, as after a lost answer, it changes nothing.
      const again = yield* send(`0-${quantum - 1}/*`, bytes.subarray(0, quantum))
      assert.deepStrictEqual(said(again), [308, `bytes=0-${quantum - 1}`])
      assert.strictEqual((yield* api("/o/x")).status, 404)
      const last = yield* send(`${quantum}-${bytes.length - 1}/${bytes.length}`, bytes.subarray(quantum))
      assert.strictEqual(last.status, 200)
      assert.deepInclude(JSON.parse(last.text), { size: String(bytes.length), md5Hash: md5(bytes) })
      for (const range of ["*/*", `*/${bytes.length}`, `${quantum}-${bytes.length - 1}/${bytes.length}`]) {
        assert.strictEqual((yield* send(range)).text, last.text)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("keeps multiples of 256 KiB of a chunk that is not the last, or that breaks off", () =>
    Effect.gen(function* () {
      const { api, session, setFaults } = yield* serve
      const bytes = randomBytes(3 * quantum + 7)
      const { send } = yield* session("x")
      const odd = yield* send(`0-${quantum + 99}/*`, bytes.subarray(0, quantum + 100))
      assert.deepStrictEqual(said(odd), [308, `bytes=0-${quantum - 1}`])
      yield* setFaults([
        {
          operation: "storage.objects.upload",
          sequence: [
            { type: "drop", when: "before-headers", afterBytes: quantum + 1 },
            null,
            { type: "status", status: 503, afterBytes: 10 },
            null
          ]
        }
      ])
      const rest = bytes.subarray(quantum)
      const range = `${quantum}-${bytes.length - 1}/${bytes.length}`
      assert.strictEqual((yield* send(range, rest)).end, "dropped")
      assert.deepStrictEqual(said(yield* send("*/*")), [308, `bytes=0-${2 * quantum - 1}`])
      const refused = yield* send(range, rest)
      assert.strictEqual(refused.status, 503)
      assert.deepStrictEqual(JSON.parse(refused.text), trueBody("backend"))
      assert.deepStrictEqual(said(yield* send("*/*")), [308, `bytes=0-${2 * quantum - 1}`])
      const done = yield* send(`${2 * quantum}-*/*`, bytes.subarray(2 * quantum))
      assert.strictEqual(JSON.parse(done.text).md5Hash, md5(bytes))
      assert.strictEqual((yield* api("/o/x")).status, 200)
    }).pipe(Effect.scoped)
  )

  it.effect("refuses ranges that do not fit, and says the same when it has failed", () =>
    Effect.gen(function* () {
      const { api, put, session } = yield* serve
      const { send } = yield* session("x", "&ifGenerationMatch=0")
      assert.strictEqual((yield* send("5-9/10", "56789")).status, 400)
      assert.strictEqual((yield* send("0-9/10", "01234")).status, 400)
      assert.strictEqual((yield* send("0-4/5", "0123456789")).status, 400)
      assert.strictEqual((yield* send("nonsense", "x")).status, 400)
      assert.deepStrictEqual(said(yield* send("*/*")), [308, undefined])
      yield* put("x", "the other's")
      for (const range of ["0-9/10", "*/*"]) {
        const late = yield* send(range, range === "*/*" ? "" : "0123456789")
        assert.deepStrictEqual([late.status, JSON.parse(late.text)], [412, trueBody("condition-not-met")])
      }
      assert.strictEqual((yield* api("/o/x?alt=media")).text, "the other's")
    }).pipe(Effect.scoped)
  )

  it.effect("does not take what an earlier request still sends when the client has resumed", () =>
    Effect.gen(function* () {
      const { port, session } = yield* serve
      const bytes = randomBytes(quantum + 10)
      const { location, send } = yield* session("x")
      const { pathname, search } = new URL(location)
      const slow = Net.connect(port, "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => slow.destroy()))
      const head = `PUT ${pathname}${search} HTTP/1.1\r\nhost: localhost\r\ncontent-range: bytes 0-*/*\r\ncontent-length: ${bytes.length}\r\n\r\n`
      yield* Effect.promise(
        () => new Promise((done) => slow.write(Buffer.concat([Buffer.from(head), bytes.subarray(0, 100)]), done))
      )
      const half = yield* send(`0-${quantum - 1}/*`, bytes.subarray(0, quantum))
      assert.deepStrictEqual(said(half), [308, `bytes=0-${quantum - 1}`])
      const late = yield* Effect.promise(
        () =>
          new Promise<string>((done) => {
            slow.once("data", (chunk) => done(String(chunk)))
            slow.write(bytes.subarray(100))
          })
      )
      assert.match(late, /^HTTP\/1\.1 410/)
      const done = yield* send(`${quantum}-${bytes.length - 1}/${bytes.length}`, bytes.subarray(quantum))
      assert.strictEqual(JSON.parse(done.text).md5Hash, md5(bytes))
    }).pipe(Effect.scoped)
  )

  it.effect("ends when it is cancelled, and an unknown one is gone", () =>
    Effect.gen(function* () {
      const { session } = yield* serve
      const { location, send } = yield* session("x")
      assert.strictEqual((yield* RawClient.call(location, { method: "DELETE" })).status, 499)
      assert.strictEqual((yield* send("*/*")).status, 410)
    }).pipe(Effect.scoped)
  )
})

describe("an upload in one request", () => {
  it.effect("that breaks off or is refused leaves nothing behind", () =>
    Effect.gen(function* () {
      const { api, put, requests, setFaults } = yield* serve
      const insert = "storage.objects.insert"
      yield* setFaults([
        {
          operation: insert,
          sequence: [
            { type: "drop", when: "before-headers", afterBytes: 600_000 },
            { type: "status", status: 503, afterBytes: 600_000 },
            { type: "drop", when: "before-headers", afterBytes: 10_000_000 }
          ]
        }
      ])
      const bytes = randomBytes(1_000_000)
      assert.strictEqual((yield* put("x", bytes)).end, "dropped")
      assert.strictEqual((yield* put("x", bytes)).status, 503)
      assert.strictEqual((yield* put("x", bytes)).end, "dropped")
      assert.strictEqual((yield* api("/o/x")).status, 404)
      const { counts, recent } = yield* requests
      assert.strictEqual(counts[insert], 3)
      assert.deepStrictEqual(
        recent.filter(({ operation }) => operation === insert).map(({ fault, status }) => [status, fault]),
        [
          [undefined, "drop"],
          [503, "status"],
          [undefined, "drop"]
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("is broken off as soon as its bytes are there, not when the client has sent all", () =>
    Effect.gen(function* () {
      const { port, setFaults } = yield* serve
      const effect = { type: "drop", when: "before-headers", afterBytes: 1000 } as const
      yield* setFaults([{ operation: "storage.objects.insert", effect }])
      // The other half never comes: this ends because the server ends it.
      const head = `POST /upload/storage/v1/b/bucket/o?uploadType=media&name=x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4000\r\n\r\n`
      const started = performance.now()
      assert.strictEqual(yield* RawClient.bytes(port, head + "x".repeat(2000)), "")
      // RawClient itself gives up after five seconds.
      assert.isBelow(performance.now() - started, 4500)
    }).pipe(Effect.scoped)
  )

  it.effect("must have the checksums that it names", () =>
    Effect.gen(function* () {
      const { url } = yield* serve
      const send = (metadata: object) =>
        RawClient.call(`${url}/upload/storage/v1/b/bucket/o?uploadType=multipart&name=x`, {
          headers: { "content-type": "multipart/related; boundary=b" },
          body: `--b\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n--b\r\n\r\nabc\r\n--b--`
        })
      const right = { md5Hash: md5(Buffer.from("abc")), crc32c: "Nks/tw==" }
      const wrong = { ...right, md5Hash: md5(Buffer.from("abd")) }
      const refused = yield* send(wrong)
      assert.strictEqual(refused.status, 400)
      assert.include(refused.text, "doesn't match calculated MD5 hash")
      const stored = yield* send(right)
      assert.deepInclude(JSON.parse(stored.text), right)
    }).pipe(Effect.scoped)
  )

  it.effect("may be larger than other bodies", () =>
    Effect.gen(function* () {
      const { api, put } = yield* serve
      const bytes = Buffer.alloc(40 * 1024 * KiB, "0123456789")
      assert.strictEqual(JSON.parse((yield* put("x", bytes)).text).md5Hash, md5(bytes))
      const read = yield* api("/o/x?alt=media")
      assert.strictEqual(md5(Buffer.from(read.text)), md5(bytes))
    }).pipe(Effect.scoped)
  )
})

describe("objects", () => {
  it.effect("are refused with the bodies of the service", () =>
    Effect.gen(function* () {
      const { api, put, url } = yield* serve
      const body = ({ text }: RawClient.Observed): unknown => JSON.parse(text)
      assert.deepStrictEqual(body(yield* api("/o/a.json")), trueBody("object-not-found", "bucket/a.json"))
      const elsewhere = yield* RawClient.call(`${url}/storage/v1/b/nowhere/o/x`)
      assert.deepStrictEqual(body(elsewhere), trueBody("bucket-not-found"))
      const media = yield* api("/o/a.json?alt=media")
      assert.deepStrictEqual([media.status, media.text], [404, trueBody("media-not-found", "bucket/a.json")])
      const again = yield* RawClient.call(`${url}/storage/v1/b`, { body: { name: "bucket" } })
      assert.deepStrictEqual([again.status, body(again)], [409, trueBody("conflict-bucket")])
      yield* put("a.json", "{}")
      const changed = yield* put("a.json", "[]", "&ifGenerationMatch=0")
      assert.deepStrictEqual([changed.status, body(changed)], [412, trueBody("condition-not-met")])
      assert.strictEqual((yield* api("", { method: "DELETE" })).status, 409)
      const range = yield* api("/o/a.json?alt=media", { headers: { range: "bytes=9-" } })
      assert.strictEqual(range.status, 416)
    }).pipe(Effect.scoped)
  )

  it.effect("are read by range and generation, or not at all when they are known", () =>
    Effect.gen(function* () {
      const { api, put } = yield* serve
      const { generation } = JSON.parse((yield* put("x", "0123456789")).text)
      const part = (range: string) => api("/o/x?alt=media", { headers: { range } })
      for (const [range, text, where] of [
        ["bytes=0-3", "0123", "bytes 0-3/10"],
        ["bytes=7-", "789", "bytes 7-9/10"],
        ["bytes=-4", "6789", "bytes 6-9/10"],
        ["bytes=8-99", "89", "bytes 8-9/10"]
      ] as const) {
        const read = yield* part(range)
        assert.deepStrictEqual([read.status, read.text, read.headers["content-range"]], [206, text, where])
      }
      const known = yield* api(`/o/x?ifGenerationNotMatch=${generation}`)
      assert.deepStrictEqual([known.status, known.text], [304, ""])
      yield* put("x", "new")
      assert.strictEqual((yield* api(`/o/x?alt=media&generation=${generation}`)).status, 404)
      assert.strictEqual((yield* api(`/o/x?ifGenerationNotMatch=${generation}`)).status, 200)
      assert.strictEqual((yield* api(`/o/x?ifGenerationMatch=${generation}`, { method: "DELETE" })).status, 412)
    }).pipe(Effect.scoped)
  )

  it.effect("are composed without an MD5, of the generations that are named, and moved", () =>
    Effect.gen(function* () {
      const { api, put } = yield* serve
      const { generation } = JSON.parse((yield* put("a", "Hello, ")).text)
      yield* put("b", "world")
      const compose = (...sourceObjects: ReadonlyArray<object>) =>
        api("/o/ab/compose", { body: { sourceObjects, destination: { contentType: "text/plain" } } })
      const composed = JSON.parse((yield* compose({ name: "a", generation }, { name: "b" })).text)
      assert.deepInclude(composed, {
        size: "12",
        componentCount: 2,
        contentType: "text/plain",
        crc32c: crc32c("Hello, world")
      })
      assert.isUndefined(composed.md5Hash)
      yield* put("a", "Goodbye, ")
      assert.strictEqual((yield* compose({ name: "a", generation }, { name: "b" })).status, 404)
      const condition = { objectPreconditions: { ifGenerationMatch: generation } }
      assert.strictEqual((yield* compose({ name: "a", ...condition })).status, 412)
      const moved = yield* api("/o/ab/moveTo/o/c", { body: {} })
      assert.deepInclude(JSON.parse(moved.text), { name: "c", size: "12" })
      assert.strictEqual((yield* api("/o/ab")).status, 404)
      assert.strictEqual((yield* api("/o/c?alt=media")).text, "Hello, world")
    }).pipe(Effect.scoped)
  )

  it.effect("come in pages, with the prefixes among them", () =>
    Effect.gen(function* () {
      const { api, put } = yield* serve
      const names = ["a", "d/1", "d/2", "e/f/3", "z", "é"]
      yield* Effect.forEach(names, (name) => put(name, name), { discard: true })
      const entries: Array<string> = []
      let token = ""
      do {
        const { text } = yield* api(`/o?delimiter=%2F&maxResults=2${token}`)
        const page: {
          readonly items?: ReadonlyArray<{ readonly name: string }>
          readonly prefixes?: ReadonlyArray<string>
          readonly nextPageToken?: string
        } = JSON.parse(text)
        const { items = [], prefixes = [] } = page
        assert.isAtMost(items.length + prefixes.length, 2)
        entries.push(...items.map(({ name }) => name), ...prefixes)
        token = page.nextPageToken === undefined ? "" : `&pageToken=${encodeURIComponent(page.nextPageToken)}`
      } while (token !== "")
      assert.deepStrictEqual(entries.toSorted(), ["a", "d/", "e/", "z", "é"])
    }).pipe(Effect.scoped)
  )
})

describe("faults of storage", () => {
  it.effect.each([
    [401, "unauthenticated"],
    [403, "forbidden"],
    [429, "rate-limit"],
    [503, "backend"]
  ] as const)("%s has the shape of %s", ([status, id]) =>
    Effect.gen(function* () {
      const { api, setFaults } = yield* serve
      yield* setFaults([{ operation: "storage.objects.get", effect: { type: "status", status } }])
      const refused = yield* api("/o/x")
      assert.strictEqual(refused.status, status)
      const shape = (body: unknown): unknown =>
        JSON.parse(JSON.stringify(body), (key, value) => (key === "message" ? "" : value))
      assert.deepStrictEqual(shape(JSON.parse(refused.text)), shape(trueBody(id)))
    }).pipe(Effect.scoped)
  )
})
