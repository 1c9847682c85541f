import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"

const script = fileURLToPath(new URL("./fixtures/memory.ts", import.meta.url))

const limitMb = 40

/** Runs the script with 64 MB of heap. Bytes live outside of the heap: the script counts them too. */
const read = async (...args: ReadonlyArray<string>) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=64", script, ...args])
  return JSON.parse(stdout) as { readonly rows: number; readonly expected: number; readonly peakMb: number }
}

describe("100 MB are read in constant memory", () => {
  it.each(["jsonl", "csv"])("%s", { timeout: 120_000 }, async (format) => {
    const { expected, peakMb, rows } = await read(format)
    assert.strictEqual(rows, expected)
    assert.isBelow(peakMb, limitMb)
  })

  it("and keeping the rows breaks the limit, so that the check can fail", { timeout: 120_000 }, async () => {
    const outcome = await read("jsonl", "keep").then(
      ({ peakMb }) => peakMb,
      () => "out of memory"
    )
    assert.isTrue(outcome === "out of memory" || Number(outcome) > limitMb, `peak ${outcome}`)
  })
})
