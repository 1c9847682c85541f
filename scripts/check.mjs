// Runs every static check and reports all that fail, not only the first.
import { spawnSync } from "node:child_process"

const checks = [
  ["types", "tsc", ["-b", "tsconfig.json"]],
  ["lint and architecture", "oxlint", ["--deny-warnings"]],
  ["formatting", "oxfmt", ["--check", "."]],
  ["unused files, exports, dependencies", "knip", ["--no-progress"]]
]

const failed = checks.filter(([name, command, args]) => {
  const started = performance.now()
  const result = spawnSync(command, args, { encoding: "utf8", shell: process.platform === "win32" })
  const ok = result.status === 0
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  if (!ok) console.log(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`)
  return !ok
})
process.exit(failed.length === 0 ? 0 : 1)
