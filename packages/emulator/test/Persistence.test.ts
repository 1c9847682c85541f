/** An emulator in a process of its own with a directory: what survives its end, also by kill -9, and how much memory large objects take. */
import { assert, describe, it } from "@effect/vitest"
import { CRC32C } from "@google-cloud/storage"
import { createHash, randomBytes } from "node:crypto"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import * as ServerProcess from "./ServerProcess.ts"

const region = "projects/p/locations/us-central1"

/** A directory with an emulator on it, which can be killed and started again. */
const serve = async (...flags: ReadonlyArray<string>) => {
  const directory = Fs.mkdtempSync(join(tmpdir(), "emulator-"))
  let running = await ServerProcess.start(directory, ...flags)
  const json = async (method: string, path: string, body?: unknown) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${running.url}${path}`, { method, ...sent })
    return JSON.parse((await answer.text()) || "{}")
  }
  return {
    directory,
    url: () => running.url,
    pid: () => running.child.pid ?? 0,
    json,
    requests: () => json("GET", "/_emulator/requests"),
    kill: (signal: NodeJS.Signals) => running.kill(signal),
    restart: async (signal: NodeJS.Signals) => {
      await running.kill(signal)
      running = await ServerProcess.start(directory, ...flags)
    },
    [Symbol.asyncDispose]: async () => {
      await running.kill("SIGKILL")
      Fs.rmSync(directory, { recursive: true, force: true })
    }
  }
}

type Served = Awaited<ReturnType<typeof serve>>

const lines = Array.from({ length: 16 }, (_, index) =>
  JSON.stringify({
    contents: [
      { role: "user", parts: [{ text: `Which colour has ticket number ${index}?` }] },
      { role: "model", parts: [{ text: `colour-${index}` }] }
    ]
  })
).join("\n")

const tune = async (served: Served, key: string) =>
  served.json("POST", `/v1/${region}/tuningJobs`, {
    baseModel: "gemini-2.5-flash",
    supervisedTuningSpec: { trainingDatasetUri: "gs://bucket/train.jsonl", hyperParameters: { epochCount: 2 } },
    labels: { key }
  })

const put = (served: Served, name: string, body: string) =>
  fetch(`${served.url()}/upload/storage/v1/b/bucket/o?uploadType=media&name=${name}`, { method: "POST", body })

const ended = async (served: Served, name: string) => {
  for (;;) {
    const job = await served.json("GET", `/v1/${name}`)
    if (job.endTime !== undefined) return job
    await sleep(20)
  }
}

const ask = async (served: Served, endpoint: string, text: string) => {
  const body = { contents: [{ role: "user", parts: [{ text }] }] }
  return (await served.json("POST", `/v1/${endpoint}:generateContent`, body)).candidates?.[0].content.parts[0].text
}

describe("a directory", () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`keeps objects, jobs, endpoints and the ledger over ${signal}`, { timeout: 60_000 }, async () => {
      await using served = await serve("--tuning-seconds", "0.2")
      await served.json("POST", "/storage/v1/b", { name: "bucket" })
      await put(served, "train.jsonl", lines)
      const done = await ended(served, (await tune(served, "done")).name)
      await served.json("POST", "/_emulator/tuning", { seconds: 600 })
      const { name } = await tune(served, "running")
      const cancelled = (await tune(served, "cancelled")).name
      await served.json("POST", `/v1/${cancelled}:cancel`)
      const question = "Which colour has ticket number 7?"
      assert.strictEqual(await ask(served, done.tunedModel.endpoint, question), "colour-7")
      const objects = await served.json("GET", "/storage/v1/b/bucket/o")
      const before = await served.requests()
      assert.deepStrictEqual(
        before.jobs.map((job: { readonly labels: { readonly key: string } }) => job.labels.key),
        ["done", "running", "cancelled"]
      )
      const origin = served.url()

      await served.restart(signal)
      assert.deepStrictEqual(await served.requests(), before)
      assert.deepStrictEqual(
        JSON.parse(JSON.stringify(await served.json("GET", "/storage/v1/b/bucket/o")).replaceAll(served.url(), origin)),
        objects
      )
      assert.deepStrictEqual(await served.json("GET", `/v1/${done.name}`), done)
      assert.strictEqual(await ask(served, done.tunedModel.endpoint, question), "colour-7")
      assert.strictEqual((await served.json("GET", `/v1/${name}`)).state, "JOB_STATE_PENDING")
      assert.strictEqual((await served.json("GET", `/v1/${cancelled}`)).state, "JOB_STATE_CANCELLING")
      // Numbers go on where they were.
      const next = await tune(served, "next")
      assert.notInclude([done.name, name, cancelled], next.name)
      assert.lengthOf((await served.requests()).jobs, 4)

      await served.json("POST", "/_emulator/reset")
      await served.restart(signal)
      const { counts, jobs, ledger } = await served.requests()
      assert.deepStrictEqual([jobs, ledger], [[], {}])
      assert.isTrue(Object.values(counts).every((count) => count === 0))
      assert.deepStrictEqual(await served.json("GET", `/v1/${region}/tuningJobs`), {})
      assert.deepStrictEqual(Fs.readdirSync(join(served.directory, "blobs")), [])
    })
  }

  it(
    "never loses a job that a client was told of, nor invents one, when it is killed at any moment",
    { timeout: 120_000 },
    async () => {
      await using served = await serve("--tuning-seconds", "600")
      await served.json("POST", "/storage/v1/b", { name: "bucket" })
      await put(served, "train.jsonl", lines)
      const told: Array<string> = []
      let sent = 0
      for (let round = 0; round < 5; round++) {
        const work = (async () => {
          for (;;) {
            sent++
            told.push((await tune(served, `n${sent}`)).name)
          }
        })().catch(() => {})
        while (told.length < 2 * round + 2) await sleep(5)
        await sleep(round * 23)
        await served.kill("SIGKILL")
        await work
        await served.restart("SIGKILL")
        const { counts, jobs, ledger } = await served.requests()
        const inBook = jobs.map(({ name }: { readonly name: string }) => name)
        const listed: ReadonlyArray<{ readonly name: string }> =
          (await served.json("GET", `/v1/${region}/tuningJobs?pageSize=1000`)).tuningJobs ?? []
        assert.deepStrictEqual(inBook.toSorted(), listed.map(({ name }) => name).toSorted())
        assert.strictEqual(new Set(inBook).size, inBook.length)
        for (const name of told) assert.include(inBook, name)
        // Of each round one call may have been done and not answered.
        assert.isAtMost(inBook.length - told.length, round + 1)
        assert.strictEqual(counts["tuningJobs.create"], inBook.length)
        assert.strictEqual(ledger["tuning/gemini-2.5-flash"].requests, inBook.length)
      }
      assert.isAbove(told.length, 5)
    }
  )

  it("has a job in its book though it was killed before it wrote that down", { timeout: 30_000 }, async () => {
    await using served = await serve()
    const { name } = await tune(served, "a")
    const before = await served.requests()
    const file = join(served.directory, "ledger.jsonl")
    await served.kill("SIGKILL")
    // The line that tells of the job, torn.
    const lines = Fs.readFileSync(file, "utf8").trimEnd().split("\n")
    const last = lines.findIndex((line) => line.includes("tuningJobs.create"))
    Fs.writeFileSync(file, [...lines.slice(0, last), lines[last]?.slice(0, 40)].join("\n"))
    await served.restart("SIGKILL")
    const { counts, jobs, ledger } = await served.requests()
    assert.deepStrictEqual([jobs.length, jobs[0].name], [1, name])
    assert.deepStrictEqual([counts["tuningJobs.create"], ledger], [1, before.ledger])
  })

  it("is one emulator's at a time", { timeout: 30_000 }, async () => {
    await using served = await serve()
    const second = await ServerProcess.start(served.directory).then(
      () => "started",
      (error: unknown) => String(error)
    )
    assert.include(second, "Another emulator keeps its state in this directory")
  })

  it("is refused with its file when it is another program's", { timeout: 30_000 }, async () => {
    const directory = Fs.mkdtempSync(join(tmpdir(), "emulator-"))
    Fs.writeFileSync(join(directory, "ledger.jsonl"), `{"not": "ours"}\n`)
    const refused = await ServerProcess.start(directory).then(
      () => "started",
      (error: unknown) => String(error)
    )
    Fs.rmSync(directory, { recursive: true })
    assert.include(refused, "ledger.jsonl line 1 is not of this emulator")
  })
})

describe("200 MB", () => {
  const size = 200_000_000
  const piece = randomBytes(1_000_000)
  const content = () =>
    Readable.from(
      (function* () {
        for (let sent = 0; sent < size; sent += piece.length) yield piece
      })()
    )
  const [md5, crc] = [createHash("md5"), new CRC32C()]
  for (let sent = 0; sent < size; sent += piece.length) {
    md5.update(piece)
    crc.update(piece)
  }
  const expected = { size: String(size), md5Hash: md5.digest("base64"), crc32c: crc.toString() }
  /** The most memory that a process has had, in MB. */
  const peak = (pid: number) =>
    Number(/VmHWM:\s+(\d+) kB/.exec(Fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000
  const boundary = "b0b0"
  const multipart = () =>
    Readable.from(
      (async function* () {
        yield `--${boundary}\r\ncontent-type: application/json\r\n\r\n{"contentType":"a/b"}\r\n--${boundary}\r\ncontent-type: a/b\r\n\r\n`
        yield* content()
        yield `\r\n--${boundary}--`
      })()
    )

  it.skipIf(process.platform !== "linux")(
    "are taken in and given out without being held in memory",
    { timeout: 120_000 },
    async () => {
      await using served = await serve()
      await served.json("POST", "/storage/v1/b", { name: "bucket" })
      const base = `${served.url()}/upload/storage/v1/b/bucket/o`
      const before = peak(served.pid())
      const send = async (url: string, method: string, body: Readable, headers: Record<string, string>) => {
        const request = Http.request(url, { method, headers })
        const answered = once(request, "response")
        await pipeline(body, request)
        const [response]: Array<Http.IncomingMessage> = await answered
        return response === undefined ? undefined : JSON.parse(await text(response))
      }
      assert.deepInclude(await send(`${base}?uploadType=media&name=media`, "POST", content(), {}), expected)
      const related = { "content-type": `multipart/related; boundary=${boundary}` }
      assert.deepInclude(
        await send(`${base}?uploadType=multipart&name=multipart`, "POST", multipart(), related),
        expected
      )
      const opened = await fetch(`${base}?uploadType=resumable&name=resumable`, { method: "POST", body: "{}" })
      const location = opened.headers.get("location") ?? ""
      assert.deepInclude(await send(location, "PUT", content(), { "content-range": "bytes 0-*/*" }), expected)
      await served.json("POST", "/storage/v1/b/bucket/o/media/rewriteTo/b/bucket/o/copy")
      const read = createHash("md5")
      const answer = await fetch(`${served.url()}/storage/v1/b/bucket/o/copy?alt=media`)
      for await (const chunk of answer.body ?? []) read.update(chunk)
      assert.strictEqual(read.digest("base64"), expected.md5Hash)
      // Five times 200 MB went through; what is left is what the collector had not taken away yet.
      assert.isBelow(peak(served.pid()) - before, 128)
    }
  )
})
