/** Compiles the packages and a benchmark's own programs, because stripping types at the start is a price that users do not pay. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"

/** To be given to Node, so that programs get the compiled packages. */
export const flags = ["--import", new URL("published.mjs", import.meta.url).href]

/** Returns the folder of the compiled programs. They are written where their imports are found, and nothing is committed. */
export const make = (topic: string, programs: ReadonlyArray<string>): string => {
  const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")))
  execFileSync(process.execPath, [tsc, "-b", "packages/pipelines"], {
    cwd: join(import.meta.dirname, ".."),
    stdio: "inherit"
  })
  const folder = join(import.meta.dirname, "node_modules", `.${topic}`)
  mkdirSync(folder, { recursive: true })
  for (const program of programs) {
    const source = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, topic, `${program}.ts`), "utf8"))
    const compiled = source.replaceAll(/from "\.\/(\w+)\.ts"/g, 'from "./$1.mjs"')
    writeFileSync(join(folder, basename(`${program}.mjs`)), compiled)
  }
  return folder
}
