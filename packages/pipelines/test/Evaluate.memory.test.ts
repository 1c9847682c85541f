import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"

const script = join(import.meta.dirname, "fixtures/evaluate-memory.ts")

const grown = async (...args: ReadonlyArray<string>) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script, ...args])
  const { grownMb, rows } = JSON.parse(stdout) as { readonly rows: number; readonly grownMb: number }
  assert.strictEqual(rows, 12_000)
  return grownMb
}

// 8,000 rows of 4 KB lie between the two measurements.
describe("memory does not grow with the texts of the rows", () => {
  it("while a run goes on", { timeout: 120_000 }, async () => assert.isBelow(await grown(), 8))

  it("and keeping the cells breaks the limit, so that the check can fail", { timeout: 120_000 }, async () =>
    assert.isAbove(await grown("keep"), 8)
  )
})
