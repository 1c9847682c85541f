import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const config = join(import.meta.dirname, "../.oxlintrc.json")

/** Lints files in a folder of their own, laid out as here: a violation must not stand where a build may find it. */
const lint = (files: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), "genops-lint-"))
  copyFileSync(config, join(folder, ".oxlintrc.json"))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { status, stdout } = spawnSync("oxlint", ["--deny-warnings"], { cwd: folder, encoding: "utf8" })
  rmSync(folder, { recursive: true })
  return { status, stdout }
}

/** Each rule is shown one violation: a rule that passes on nothing is no rule. */
describe("the architecture rules refuse", () => {
  for (const [what, path, text, message] of [
    ["core -> vertex", "packages/core/src/Planted.ts", 'export * from "@genops/vertex/VertexError"', "bottom layer"],
    ["core -> node", "packages/core/src/Planted.ts", 'export { readFile } from "node:fs"', "does no I/O"],
    [
      "core -> an unstable module",
      "packages/core/src/Planted.ts",
      'export * from "effect/http/HttpClient"',
      "stable modules"
    ],
    [
      "core -> effect's barrel",
      "packages/core/src/Planted.ts",
      'export { Effect } from "effect"',
      "Import the module itself"
    ],
    [
      "a file -> its own barrel",
      "packages/core/src/Planted.ts",
      'export { Money } from "./index.ts"',
      "not the barrel"
    ],
    [
      "vertex -> pipelines",
      "packages/vertex/src/Planted.ts",
      'export * from "@genops/pipelines/BudgetGuard"',
      "core only"
    ],
    [
      "pipelines -> emulator",
      "packages/pipelines/src/Planted.ts",
      'export * from "@genops/emulator"',
      "core and vertex only"
    ],
    [
      "pipelines -> examples",
      "packages/pipelines/src/Planted.ts",
      'export * from "@genops/examples"',
      "core and vertex only"
    ],
    [
      "emulator -> vertex",
      "packages/emulator/src/Planted.ts",
      'export * from "@genops/vertex/VertexError"',
      "core only"
    ],
    ["any", "packages/core/src/Planted.ts", "export const planted = (x: any) => x", "no-explicit-any"],
    [
      "300 lines",
      "packages/core/src/Planted.ts",
      "export const planted = [\n" + "  1,\n".repeat(320) + "]\n",
      "max-lines"
    ]
  ] as const) {
    it(what, () => {
      const { status, stdout } = lint({ [path]: `${text}\n` })
      assert.strictEqual(status, 1)
      assert.include(stdout, message)
    })
  }

  it("a cycle of imports", () => {
    const { status, stdout } = lint({
      "packages/core/src/PlantedA.ts": 'import { b } from "./PlantedB.ts"\nexport const a = (): number => b()\n',
      "packages/core/src/PlantedB.ts": 'import { a } from "./PlantedA.ts"\nexport const b = (): number => a()\n'
    })
    assert.strictEqual(status, 1)
    assert.include(stdout, "no-cycle")
  })

  it("nothing in a clean file", () => {
    const { status, stdout } = lint({ "packages/core/src/Planted.ts": "export const planted = 1\n" })
    assert.strictEqual(status, 0, stdout)
  })
})
