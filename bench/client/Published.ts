/**
 * Lays genops out as its users get it: compiled JavaScript, and `exports` that point to it. The workspace's own point to
 * TypeScript, whose types Node would have to strip at each start.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const packages = ["core", "vertex"]

export interface Published {
  readonly folder: string
  readonly remove: () => void
}

const link = (target: string, path: string) => {
  if (!existsSync(target)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path, "junction")
}

/** Compiles the packages and copies them with what the cold starts run. */
export const make = (programs: string): Published => {
  const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")))
  execFileSync(process.execPath, [tsc, "-b", "packages/vertex"], { cwd: root, stdio: "inherit" })
  const folder = mkdtempSync(join(tmpdir(), "genops-bench-"))
  const modules = join(folder, "node_modules")
  for (const name of packages) {
    const from = join(root, "packages", name)
    const to = join(modules, "@genops", name)
    const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"))
    cpSync(join(from, "dist"), join(to, "dist"), { recursive: true })
    writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, exports: publishConfig.exports }))
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      if (!dependency.startsWith("@genops/"))
        link(join(from, "node_modules", dependency), join(to, "node_modules", dependency))
    }
  }
  link(join(root, "packages", "vertex", "node_modules", "effect"), join(modules, "effect"))
  cpSync(programs, folder, { recursive: true })
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}
