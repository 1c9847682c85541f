import { assert, describe, it } from "@effect/vitest"
import * as ModelName from "@genops/core/ModelName"
import * as Result from "effect/Result"

const place = { project: "acme", location: "global" }
const parsed = (name: string) => Result.getOrThrow(ModelName.parse(name))

describe("ModelName", () => {
  const full = "projects/acme/locations/global/publishers/google/models/gemini-3.5-flash"
  const tuned = "projects/123/locations/us-central1/endpoints/456"

  for (const [name, path] of [
    ["gemini-3.5-flash", full],
    ["models/gemini-3.5-flash", full],
    ["google/gemini-3.5-flash", full],
    ["publishers/google/models/gemini-3.5-flash", full],
    [full, full],
    ["publishers/anthropic/models/claude@1", "projects/acme/locations/global/publishers/anthropic/models/claude@1"],
    [tuned, tuned],
    ["endpoints/456", "projects/acme/locations/global/endpoints/456"]
  ] as const) {
    it(`prints the path of ${name}`, () => assert.strictEqual(ModelName.path(parsed(name), place), path))
  }

  it("leaves the place out in express mode", () =>
    assert.strictEqual(ModelName.path(parsed("gemini-3.5-flash")), "publishers/google/models/gemini-3.5-flash"))

  it("keeps the location of a full name, whatever the configured one is", () =>
    assert.strictEqual(parsed(tuned).location, "us-central1"))

  it("names models by id and endpoints by resource name", () => {
    assert.strictEqual(ModelName.id(parsed(full)), "gemini-3.5-flash")
    assert.strictEqual(ModelName.id(parsed(tuned)), tuned)
  })

  for (const bad of [
    "",
    " gemini",
    "gemini ",
    "gemini\n",
    "../x",
    "a/../b",
    "a..b",
    "gemini?key=1",
    "gemini:predict",
    "models/",
    "projects/p/locations/l/endpoints/../x",
    "projects/p/locations/EVIL.com/endpoints/1",
    "https://evil.example/models/x",
    "x".repeat(10_000)
  ]) {
    it(`refuses ${JSON.stringify(bad.slice(0, 40))}`, () => {
      const result = ModelName.parse(bad)
      assert.isTrue(Result.isFailure(result))
      assert.isBelow(Result.isFailure(result) ? result.failure.message.length : 0, 500)
    })
  }
})
