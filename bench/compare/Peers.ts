/** The peers of a comparison: installed when they are needed, in a folder of their own, from its lock file and without install scripts. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Where they are. */
export const folder = fileURLToPath(new URL("../peers/compare", import.meta.url))

/** Installs the peers. Returns what is in the way, if something is. */
export const install = (): string | undefined => {
  if (existsSync(join(folder, "node_modules", "promptfoo"))) return undefined
  console.error("installing the peers of bench/peers/compare: promptfoo has 840 packages, 2.5 GB ...")
  const { error, status, stderr } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    encoding: "utf8"
  })
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split("\n").slice(-3).join("\n"))
}

/** No telemetry, no update check, no cache, nothing in the home directory. */
export const env = {
  PROMPTFOO_DISABLE_TELEMETRY: "1",
  PROMPTFOO_DISABLE_UPDATE: "1",
  PROMPTFOO_CACHE_ENABLED: "false",
  PROMPTFOO_CONFIG_DIR: join(tmpdir(), "genops-bench-promptfoo")
}
