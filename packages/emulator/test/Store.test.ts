/** What keeps state: parts of uploads, sessions, journals, records and the lock of a directory. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Random from "../src/engine/Random.ts"
import * as Blobs from "../src/storage/Blobs.ts"
import * as Multipart from "../src/storage/Multipart.ts"
import * as ObjectStore from "../src/storage/ObjectStore.ts"
import * as Part from "../src/storage/Part.ts"
import * as Session from "../src/storage/Session.ts"
import * as DirectoryLock from "../src/store/DirectoryLock.ts"
import * as Journal from "../src/store/Journal.ts"
import * as Records from "../src/store/Records.ts"

/** A directory that is removed with the block. */
const directory = () => {
  const path = Fs.mkdtempSync(join(tmpdir(), "emulator-"))
  return { path, [Symbol.dispose]: () => Fs.rmSync(path, { recursive: true, force: true }) }
}

describe("a multipart body", () => {
  const read = (contentType: string, chunks: ReadonlyArray<Buffer>) => {
    const reader = Multipart.make(contentType)
    if (reader === undefined) return undefined
    const content = chunks.map((chunk) => Buffer.from(reader.write(chunk)))
    const rest = reader.end()
    return rest === undefined ? undefined : { ...reader.head(), content: Buffer.concat([...content, rest]).toString() }
  }
  const related = "multipart/related; boundary=b0"
  const of = (content: string, line = "\r\n") =>
    [
      `--b0`,
      "content-type: application/json",
      "",
      `{"name":"x"}`,
      "--b0",
      "content-type: text/x",
      "",
      content,
      "--b0--"
    ].join(line)

  it("is read the same however it is cut", () => {
    for (const line of ["\r\n", "\n"]) {
      for (const content of [
        "",
        "abc",
        "x\r\n--b0 is not the end\r\ny\n",
        "\r\n",
        `${"long ".repeat(30)}${line === "\n" ? "" : "\r"}`
      ]) {
        const body = Buffer.from(of(content, line))
        const expected = { metadata: `{"name":"x"}`, contentType: "text/x", content }
        for (let at = 0; at <= body.length; at++) {
          assert.deepStrictEqual(read(related, [body.subarray(0, at), body.subarray(at)]), expected)
        }
        assert.deepStrictEqual(
          read(
            related,
            Array.from(body, (byte) => Buffer.of(byte))
          ),
          expected
        )
        assert.deepStrictEqual(read(related, [Buffer.from(`${of(content, line)}\r\n`)]), expected)
      }
    }
  })

  it("is nothing without a boundary, a second part or an end", () => {
    assert.isUndefined(read("multipart/related", [Buffer.from(of("x"))]))
    assert.isUndefined(read("multipart/related; boundary=other", [Buffer.from(of("x"))]))
    const body = Buffer.from(of("x"))
    for (let length = 0; length < body.length - 2; length++) {
      assert.isUndefined(read(related, [body.subarray(0, length)]), String(length))
    }
    assert.isUndefined(read(related, [Buffer.alloc(300_000, "--b0\r\n"), body]))
  })
})

describe("a part", () => {
  it("keeps multiples of 256 KiB until its end, and can go back to them", () => {
    const blobs = Blobs.memory()
    const part = Part.make(blobs, "p")
    const bytes = Buffer.from(Array.from({ length: Part.quantum + 1000 }, (_, index) => index % 251))
    for (let at = 0; at < bytes.length; at += 999) part.add(bytes.subarray(at, Math.min(bytes.length, at + 999)))
    assert.deepStrictEqual([part.kept(), part.size()], [Part.quantum, bytes.length])
    part.rewind()
    assert.deepStrictEqual([part.kept(), part.size()], [Part.quantum, Part.quantum])
    part.add(bytes.subarray(Part.quantum))
    assert.isTrue(part.end())
    const source = blobs.open("p")
    assert.isTrue(bytes.equals(source.read(0, source.length)))
    part.remove()
    assert.deepStrictEqual(blobs.keys(), [])
  })

  it("does not take more than there is room for", () => {
    const blobs = Blobs.memory(Part.quantum)
    const part = Part.make(blobs, "p")
    assert.isTrue(part.add(Buffer.alloc(Part.quantum)))
    assert.isTrue(part.add(Buffer.alloc(10)))
    assert.isFalse(part.end())
    part.remove()
    assert.isTrue(Part.make(blobs, "q").add(Buffer.alloc(Part.quantum)))
  })
})

describe("sessions", () => {
  const target = { bucket: "b", name: "x", attributes: {}, query: new URLSearchParams() }

  it("that nobody uses are dropped with their bytes", () => {
    const store = ObjectStore.make()
    const [short, long] = [Session.make(store, 0), Session.make(store)]
    for (const sessions of [short, long]) sessions.open(target).part.add(Buffer.alloc(Part.quantum))
    assert.lengthOf(store.blobs.keys(), 2)
    short.open(target)
    assert.lengthOf(store.blobs.keys(), 1)
    for (let index = 0; index < 1000; index++) long.open(target)
    assert.deepStrictEqual(store.blobs.keys(), [])
  })

  it("leave nothing in a directory that is opened again", () => {
    using root = directory()
    const store = ObjectStore.make(root.path)
    store.addBucket({ name: "b", location: "US", created: 0 })
    const part = Part.make(store.blobs, "kept")
    part.add(Buffer.from("abc"))
    part.end()
    const stored = store.put({ bucket: "b", name: "x", attributes: {}, size: 3, ...part.checksum() }, "kept")
    Session.make(store).open(target).part.add(Buffer.alloc(Part.quantum))
    Fs.writeFileSync(join(root.path, "objects", "torn.json.new"), "{")
    assert.lengthOf(store.blobs.keys(), 2)
    const again = ObjectStore.make(root.path)
    assert.lengthOf(again.blobs.keys(), 1)
    assert.deepStrictEqual(
      Fs.readdirSync(join(root.path, "objects")).filter((name) => name.endsWith(".new")),
      []
    )
    assert.deepStrictEqual(again.find("b", "x"), stored)
    assert.strictEqual(again.read(stored).toString(), "abc")
    // A reading that has begun goes on, though the object is gone.
    const source = again.open(stored)
    again.remove(stored)
    assert.strictEqual(source.read(1, 3).toString(), "bc")
    source.close()
  })
})

describe("names of objects", () => {
  const corpus = [
    "a/../../b",
    "../../../../tmp/x",
    "/etc/passwd",
    "//server/share",
    "C:\\x",
    "..\\..\\x",
    "%2e%2e%2fx",
    "a\u0000b",
    "CON",
    "aux.json",
    ".json.new",
    "a/",
    "a//b",
    " ",
    "~",
    "$(touch x)",
    "\u{1F600}".repeat(250),
    "ä",
    "a\u0308",
    "\u202egnp.exe"
  ]

  it("never become paths, whatever they are", () => {
    using root = directory()
    const inside = join(root.path, "store")
    const store = ObjectStore.make(inside)
    const seed = 7
    const random = Random.make(seed)
    const characters = [...'abc./\\:%2e\u0000 ~*?<>|"\u202eä\u{1F600}']
    const fuzzed = Array.from({ length: 1000 }, () =>
      Array.from(
        { length: 1 + Math.floor(random() * 20) },
        () => characters[Math.floor(random() * characters.length)]
      ).join("")
    )
    const names = [...new Set([...corpus, ...fuzzed])]
    for (const bucket of ["b", ".."]) store.addBucket({ name: bucket, location: "US", created: 0 })
    for (const [index, name] of names.entries()) {
      const part = Part.make(store.blobs, `part-${index}`)
      part.add(Buffer.from(name))
      part.end()
      const bucket = index % 2 === 0 ? "b" : ".."
      store.put({ bucket, name, attributes: {}, size: part.kept(), ...part.checksum() }, part.key)
    }
    assert.deepStrictEqual(Fs.readdirSync(root.path), ["store"], `seed ${seed}`)
    const files = Fs.readdirSync(inside, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { name } of files) assert.match(name, /^[0-9a-f]{64}(?:-\d+|\.json)$/, `seed ${seed}`)
    const again = ObjectStore.make(inside)
    for (const [index, name] of names.entries()) {
      const found = again.find(index % 2 === 0 ? "b" : "..", name)
      assert.strictEqual(found === undefined ? undefined : again.read(found).toString(), name, `seed ${seed}`)
    }
  })
})

describe("a journal", () => {
  const Entry = Schema.Struct({ n: Schema.Number })

  it("forgets the line that was being written, wherever it was torn", () => {
    using root = directory()
    const file = join(root.path, "a.jsonl")
    const whole = `{"n":1}\n{"n":2}\n`
    for (let length = 0; length <= whole.length; length++) {
      Fs.writeFileSync(file, whole.slice(0, length))
      const count = whole.slice(0, length).split("\n").length - 1
      const { append, entries } = Journal.open(file, Entry)
      assert.lengthOf(entries, count)
      append({ n: 3 })
      assert.deepStrictEqual(Journal.open(file, Entry).entries.at(-1), { n: 3 })
      assert.lengthOf(Journal.open(file, Entry).entries, count + 1)
    }
  })

  it("is not taken for another's", () => {
    using root = directory()
    const file = join(root.path, "a.jsonl")
    Fs.writeFileSync(file, `{"n":1}\n{"m":2}\n`)
    assert.throws(() => Journal.open(file, Entry), /a\.jsonl line 2 /)
    Fs.mkdirSync(join(root.path, "kind"))
    Fs.writeFileSync(join(root.path, "kind", "x.json"), "{}")
    assert.throws(() => Records.open(root.path, "kind", Entry), /x\.json is not of this emulator/)
  })
})

describe("the lock of a directory", () => {
  it("is one emulator's, and that of a dead process nobody's", () => {
    using root = directory()
    const release = DirectoryLock.take(root.path)
    if (typeof release !== "function") return assert.fail("not taken")
    const other = DirectoryLock.take(root.path)
    assert.deepInclude(other, { pid: process.pid })
    release()
    const lock = join(root.path, "emulator.lock")
    assert.isFalse(Fs.existsSync(lock))
    // A process that has died, and one with the number of a living one that is another.
    const { pid } = spawnSync(process.execPath, ["--version"])
    for (const text of [
      `${pid} 1`,
      `${process.pid} 1`,
      ...(process.platform === "linux" ? [`${process.ppid} 1`] : []),
      "nonsense",
      ""
    ]) {
      Fs.writeFileSync(lock, text)
      const taken = DirectoryLock.take(root.path)
      if (typeof taken !== "function") return assert.fail(`not taken from ${text}`)
      taken()
    }
  })
})
