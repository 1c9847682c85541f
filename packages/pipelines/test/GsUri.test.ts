import * as GsUri from "../src/GsUri.ts"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"

describe("GsUri", () => {
  for (const uri of ["gs://my-bucket/a", "gs://b.c-1_2/dir//x y%20#7.jsonl", "gs://bucket/...", "gs://bucket/a..b/ä"]) {
    it(`reads ${uri}`, () => {
      assert.deepStrictEqual(Result.map(GsUri.parse(uri), GsUri.format), Result.succeed(uri))
    })
  }
  const name = "x".repeat(1025)
  for (const uri of [
    "",
    "gs://",
    "gs:///x",
    "gs://b",
    "gs://bucket",
    "gs://bucket/",
    "s3://bucket/x",
    "GS://bucket/x",
    "gs://Bucket/x",
    "gs://../x",
    "gs://a..b/x",
    "gs://-ab/x",
    "gs://C:/x",
    "gs://bucket/../x",
    "gs://bucket/./",
    "gs://bucket/a/..",
    "gs://bucket/%2e%2e/x",
    "gs://bucket/a/%2E./x",
    "gs://bucket/.",
    "gs://bucket/a\\b",
    "gs://bucket/a\r\nb",
    "gs://bucket/\0",
    "gs://bucket/C:/x",
    "gs://bucket/.well-known/acme-challenge/x",
    "gs://bucket/\uD800",
    `gs://bucket/${name}`
  ]) {
    it(`refuses ${JSON.stringify(uri).slice(0, 60)}`, () => {
      const parsed = GsUri.parse(uri)
      assert(Result.isFailure(parsed))
      assert.strictEqual(parsed.failure._tag, "InvalidUri")
      assert.include(parsed.failure.message, "Nothing was sent.")
    })
  }
})
