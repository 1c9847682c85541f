import { assert, it } from "@effect/vitest"
import * as Release from "@genops/core/Release"
import { readFileSync } from "node:fs"

it("is the version of every package", () => {
  for (const name of ["core", "vertex", "pipelines", "emulator"]) {
    const text = readFileSync(new URL(`../../${name}/package.json`, import.meta.url), "utf8")
    const { version }: { readonly version: string } = JSON.parse(text)
    assert.strictEqual(version, Release.version, name)
  }
})
