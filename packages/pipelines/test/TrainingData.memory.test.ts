import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"

const script = fileURLToPath(new URL("./fixtures/trainingMemory.ts", import.meta.url))

const limitMb = 40

const check = async (...args: ReadonlyArray<string>) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=64", script, ...args])
  return JSON.parse(stdout) as { readonly lines: number; readonly expected: number; readonly peakMb: number }
}

describe("100 MB of training data are checked in constant memory", () => {
  it.each(["good", "bad"])("%s", { timeout: 120_000 }, async (kind) => {
    const { expected, lines, peakMb } = await check(kind)
    assert.strictEqual(lines, expected)
    assert.isBelow(peakMb, limitMb)
  })

  it("and keeping the lines breaks the limit, so that the check can fail", { timeout: 120_000 }, async () => {
    const outcome = await check("good", "keep").then(
      ({ peakMb }) => peakMb,
      () => "out of memory"
    )
    assert.isTrue(outcome === "out of memory" || Number(outcome) > limitMb, `peak ${outcome}`)
  })
})
