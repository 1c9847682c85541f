/** Compiles the packages and the contestant: memory is measured, and stripping types at the start would be a good part of it. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const bench = fileURLToPath(new URL("..", import.meta.url))

/** Returns the compiled contestant. It is written where its imports are found, and nothing is committed. */
export const make = (): string => {
  const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")))
  execFileSync(process.execPath, [tsc, "-b", "packages/pipelines"], { cwd: join(bench, ".."), stdio: "inherit" })
  const folder = join(bench, "node_modules/.durable")
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "GenopsMain.mjs")
  writeFileSync(file, stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "GenopsMain.ts"), "utf8")))
  return file
}
