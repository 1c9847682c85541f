/** Writes the report of a comparison as large as its first argument says: `ROWS CANDIDATES`. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Report from "@genops/pipelines/Report"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Fixture from "../../packages/pipelines/test/ReportFixture.ts"
import * as Work from "./Work.ts"

export interface Written {
  readonly megabytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
}

const [rows = 5_000, candidates = 3] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), "genops-report-"))
// Texts that can be compressed as well as prose: 90 words of 1,000, some being frequent.
const next = Work.random("report")
const words = Array.from({ length: 1_000 }, () => Math.floor(next() * 36 ** (2 + next() * 5)).toString(36))
const prose = () => Array.from({ length: 90 }, () => words[Math.floor(next() ** 3 * words.length)]).join(" ")
const prompts = new Map<string, string>()
const promptOf = (plain: string) => {
  const known = prompts.get(plain) ?? `${plain} ${prose()}`
  prompts.set(plain, known)
  return known
}
const text = (slot: string, plain: string) =>
  slot === "prompt" ? promptOf(plain) : slot === "response" ? prose() : plain
const options = Fixture.make({ rows, candidates, text })
const cpu = process.cpuUsage()
const started = performance.now()
const { bytes } = await Effect.runPromise(
  Effect.provide(Report.write(join(folder, "report.html"), options), NodeServices.layer)
)
const { system, user } = process.cpuUsage(cpu)
const written: Written = {
  megabytes: bytes / 1e6,
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (system + user) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1024
}
rmSync(folder, { recursive: true })
process.stdout.write(`${JSON.stringify(written)}\n`)
process.exit(0)
