import { assert, beforeAll, describe, it } from "vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const packages = ["core", "vertex", "pipelines", "emulator"]
const folder = mkdtempSync(join(tmpdir(), "genops-consumer-"))

const run = (command: string, args: ReadonlyArray<string>, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

const program = `
import { ModelConfiguration, Money } from "@genops/core"
import * as Prompt from "@genops/core/Prompt"
import { BudgetGuard } from "@genops/pipelines"
import { GenerativeModel } from "@genops/vertex"
import { VertexTest } from "@genops/vertex/testing"
import { Effect } from "effect"

const flash = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { maxOutputTokens: 16 } })
const program = GenerativeModel.generate(flash, "Hi").pipe(
  BudgetGuard.within({ usd: Money.usd("0.01") }),
  Effect.map((reply) => reply.text),
  Effect.provide(VertexTest.layer({ generate: "hello from the package" }))
)
console.log(await Effect.runPromise(program), typeof Prompt.make)
`

// The whole way of a release: build, pack, install into an empty folder without scripts, use.
beforeAll(() => {
  run("tsc", ["-b", "tsconfig.packages.json"], root)
  mkdirSync(join(folder, "tarballs"))
  for (const name of packages) {
    run("pnpm", ["pack", "--pack-destination", join(folder, "tarballs")], join(root, "packages", name))
  }
  const tarballs = readdirSync(join(folder, "tarballs"))
  const tarball = (name: string) =>
    `file:./tarballs/${tarballs.find((file) => file.startsWith(`genops-${name}-`)) ?? "missing"}`
  const workspace: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(root, "packages/vertex/package.json"), "utf8")
  )
  const version = (name: string) => workspace.devDependencies[name]
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      type: "module",
      private: true,
      dependencies: {
        ...Object.fromEntries(packages.map((name) => [`@genops/${name}`, tarball(name)])),
        effect: version("effect"),
        "@effect/platform-node": version("@effect/platform-node"),
        "@types/node": "24.10.1",
        typescript: "5.9.3"
      },
      // Unpublished siblings are found beside each other.
      overrides: Object.fromEntries(packages.map((name) => [`@genops/${name}`, tarball(name)]))
    })
  )
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"])
  writeFileSync(join(folder, "program.mjs"), program)
  writeFileSync(join(folder, "program.ts"), program)
}, 300_000)

describe("the packed packages in an empty folder", () => {
  it("run from plain JavaScript", () => {
    assert.strictEqual(run("node", ["program.mjs"]).trim(), "hello from the package function")
  })

  for (const [resolution, module] of [
    ["bundler", "preserve"],
    ["nodenext", "nodenext"]
  ] as const) {
    it(`type-check with moduleResolution ${resolution}, libraries included`, () => {
      const check = ["tsc", "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "program.ts"]
      const options = ["--module", module, "--moduleResolution", resolution, "--types", "node"]
      assert.strictEqual(run("npx", [...check, ...options]), "")
    }, 120_000)
  }

  for (const name of packages) {
    it(`@genops/${name} ships its build, its sources and its licence, and no tests`, () => {
      const files = run("tar", [
        "-tzf",
        join("tarballs", readdirSync(join(folder, "tarballs")).find((file) => file.startsWith(`genops-${name}-`)) ?? "")
      ])
      assert.include(files, "package/dist/index.js")
      assert.include(files, "package/dist/index.d.ts")
      assert.include(files, "package/src/index.ts")
      assert.include(files, "package/LICENSE")
      assert.include(files, "package/README.md")
      assert.notInclude(files, "test/")
      assert.notInclude(files, ".tsbuildinfo")
    })
  }

  it("hide what is internal", () => {
    assert.throws(() => run("node", ["-e", 'import("@genops/vertex/internal/sse")']), /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  })

  it("bring no install script with them", () => {
    const lock: { readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>> } = JSON.parse(
      readFileSync(join(folder, "package-lock.json"), "utf8")
    )
    const scripted = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript === true)
    assert.isAbove(Object.keys(lock.packages).length, 4)
    assert.deepStrictEqual(scripted, [])
  })
})
