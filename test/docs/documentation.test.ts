import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@genops/emulator/Emulator"
import * as Effect from "effect/Effect"
import { execFile, execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import * as Blocks from "./Blocks.ts"

const generated = join(import.meta.dirname, ".generated")
rmSync(generated, { recursive: true, force: true })
mkdirSync(generated, { recursive: true })

const readme = Blocks.fenced("README.md", "ts")
const [program, , userTest] = readme
const write = (name: string, code: string) => {
  const file = join(generated, name)
  writeFileSync(file, code)
  return file
}
const programFile = write("program.ts", program?.code ?? "")
const testFile = write("user.test.ts", userTest?.code ?? "")

describe("README", () => {
  it("shows a program, a pipeline and a test", () => assert.lengthOf(readme, 3))

  it("has a program of about twenty lines", () => assert.isAtMost((program?.code ?? "").trim().split("\n").length, 26))

  it.live("has a program that runs", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const { stderr, stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, [programFile], {
          env: {
            PATH: process.env["PATH"],
            GOOGLE_CLOUD_PROJECT: "demo-project",
            GOOGLE_CLOUD_LOCATION: "global",
            GOOGLE_OAUTH_ACCESS_TOKEN: "test",
            GOOGLE_VERTEX_BASE_URL: url
          }
        })
      )
      assert.strictEqual(stderr, "")
      assert.match(stdout, /cache|prompt/i)
    }).pipe(Effect.scoped)
  )

  const text = readFileSync(join(Blocks.root, "README.md"), "utf8")
  const run = (...args: ReadonlyArray<string>) => {
    const env = { PATH: process.env["PATH"], NO_COLOR: "1", HOME: process.env["HOME"] }
    const { stderr, stdout } = spawnSync(process.execPath, args, { cwd: Blocks.root, encoding: "utf8", env })
    return { stderr, stdout }
  }
  // Times, and what is named after them, differ from run to run.
  const steady = (output: string) =>
    output
      .split("\n")
      .map((line) =>
        line
          .trimEnd()
          .replaceAll(/\d{4}-\d\d-\d\dT[\d-]+Z/g, "RUN")
          .replaceAll(/\b\d+(\.\d)?s\b/g, "TIME")
          .replaceAll(/ {2,}/g, "  ")
      )
      .filter((line) => line !== "")

  it("shows what npm start prints", () => {
    const shown = Blocks.fenced("README.md", "text")[0]?.code ?? ""
    const { stderr, stdout } = run("examples/start.ts")
    const printed = new Set(steady(stdout + stderr))
    const missing = steady(shown).filter((line) => !printed.has(line))
    assert.isAbove(steady(shown).length, 10)
    assert.deepStrictEqual(missing, [])
  }, 60_000)

  it("shows what a refusal prints", () => {
    const shown = (Blocks.fenced("README.md", "text")[1]?.code ?? "").split("\n").slice(1).join("\n")
    assert.strictEqual(run("examples/run.ts", "02-enforce-budgets", "--max-tokens", "20").stderr.trim(), shown.trim())
    assert.include(shown, "[BudgetExceeded]")
  }, 60_000)

  it("names only files and commands that exist", () => {
    for (const [, path] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      assert.doesNotThrow(() => execFileSync("ls", [join(Blocks.root, path ?? "")]))
    }
    const scripts: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
      readFileSync(join(Blocks.root, "package.json"), "utf8")
    )
    for (const [, script] of text.matchAll(/npm run ([a-z]+)/g)) assert.property(scripts.scripts, script ?? "")
  })
})

describe("the examples in the documentation", () => {
  it("type-check", () => {
    const blocks = [...readme, ...Blocks.inComments()].filter(({ code }) => code.includes("import "))
    assert.isAbove(blocks.length, 8)
    const places = blocks.map(({ code, file, line }, index) => {
      // Each is a module of its own; unused results are what an example is made of.
      write(`block${index}.ts`, `${code}\nexport {}\n`)
      return `block${index}.ts = ${file}:${line}`
    })
    writeFileSync(
      join(generated, "tsconfig.json"),
      JSON.stringify({
        extends: "../../../tsconfig.base.json",
        compilerOptions: { noEmit: true, composite: false, noUnusedLocals: false, rootDir: "../../.." },
        include: ["block*.ts"]
      })
    )
    const { stdout } = spawnSync("tsc", ["-p", generated], { encoding: "utf8" })
    assert.strictEqual(stdout, "", places.join("\n"))
  }, 120_000)
})

// The test that README shows is collected here like one of our own.
await import(testFile)
