import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as Result from "effect/Result"
import type { Failure } from "../src/internal/errorMapping.ts"
import * as eventReader from "../src/internal/eventReader.ts"

const fixture = (name: string) => readFileSync(new URL(`fixtures/streams/${name}`, import.meta.url))
const limits = { stream: 1 << 20, event: 1 << 16 }
const parse = (text: string): Result.Result<unknown, Failure> => Result.succeed(JSON.parse(text))

const read = (pieces: ReadonlyArray<Uint8Array>, limit = limits) => {
  const reader = eventReader.make(parse, limit)
  const values = pieces.flatMap((piece) => (reader.failure() === undefined ? reader.feed(piece) : []))
  const last = reader.failure() === undefined ? reader.end() : []
  const failure = reader.failure()
  return { values: [...values, ...last], failure: failure?.reason._tag, billed: failure?.billed }
}

const names = [
  "text.sse",
  "text-lf.sse",
  "single-chunk.sse",
  "thoughts.sse",
  "function-call.sse",
  "function-args-streamed.sse",
  "safety-midway.sse",
  "blocked-prompt.sse",
  "ended-without-finish.sse",
  "midstream-error-data.sse",
  "midstream-error-bare.sse"
]

describe("event streams", () => {
  for (const name of names) {
    it(`reads ${name} alike, cut in two at every byte`, () => {
      const bytes = fixture(name)
      const whole = read([bytes])
      assert.isAbove(whole.values.length, 0)
      for (let cut = 1; cut < bytes.length; cut++) {
        assert.deepStrictEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut at ${cut}`)
      }
    })

    it(`reads ${name} alike, byte by byte`, () => {
      const bytes = fixture(name)
      assert.deepStrictEqual(read(Array.from(bytes, (byte) => Uint8Array.of(byte))), read([bytes]))
    })
  }

  it("gives the values before an error event, then the error", () => {
    for (const [name, reason] of [
      ["midstream-error-data.sse", "Unavailable"],
      ["midstream-error-bare.sse", "ResourceExhausted"]
    ] as const) {
      const { failure, values } = read([fixture(name)])
      assert.isAbove(values.length, 0)
      assert.strictEqual(failure, reason)
    }
  })

  it("accepts a byte-order mark, comments, lone CR and data over several lines", () => {
    const text = '\ufeff: hello\rdata: {"a":\rdata: 1}\r\rid: 7\nretry: 10\ndata:{"b":2}\n\n'
    assert.deepStrictEqual(read([new TextEncoder().encode(text)]).values, [{ a: 1 }, { b: 2 }])
  })

  it("limits an event, a stream and foreign text", () => {
    const line = (length: number) => new TextEncoder().encode(`data: ${"x".repeat(length)}`)
    assert.strictEqual(read([line(100)], { stream: 1000, event: 50 }).failure, "ResponseTooLarge")
    assert.strictEqual(read([line(2000)], { stream: 1000, event: 5000 }).failure, "ResponseTooLarge")
    const foreign = Array.from({ length: 100 }, () => new TextEncoder().encode("junk\n"))
    assert.strictEqual(read(foreign, { stream: 100_000, event: 50 }).failure, "ResponseTooLarge")
  })

  it("refuses bytes that are not UTF-8", () =>
    assert.strictEqual(read([Uint8Array.of(0x64, 0xff, 0xfe)]).failure, "MalformedResponse"))
})
