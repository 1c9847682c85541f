/** Import and first call: a whole process from its start to its end. */
import { spawn } from "node:child_process"
import { basename, dirname, join } from "node:path"
import { fileURLToPath as path } from "node:url"
import type { Servers } from "../Field.ts"
import * as Published from "../Published.ts"
import * as ServerProcess from "../ServerProcess.ts"
import { figure, median, spread, type Table } from "../Table.ts"

interface Program {
  readonly name: string
  readonly file: string
  readonly tls?: true
}

const ours: Program = { name: "genops", file: path(import.meta.resolve("../cold/genops.mjs")) }

const programs: ReadonlyArray<Program> = [
  { name: "Node alone", file: path(import.meta.resolve("../cold/nothing.mjs")) },
  { name: "undici", file: path(import.meta.resolve("../cold/undici.mjs")) },
  ours,
  { name: "@google/genai", file: path(import.meta.resolve("../cold/genai.mjs")) },
  { name: "@google-cloud/vertexai", file: path(import.meta.resolve("../cold/vertexai.mjs")), tls: true },
  { name: "ai + @ai-sdk/google-vertex", file: path(import.meta.resolve("../cold/ai.mjs")) }
]

interface Start {
  readonly milliseconds: number
  readonly cpuMillis: number
  readonly megabytes: number
}

// What a process has used it says itself, as the last line before its end.
const report =
  "data:text/javascript,process.on('exit',()=>console.log('\\n'+JSON.stringify([process.cpuUsage(),process.resourceUsage().maxRSS])))"

const once = (file: string, url: string, env: NodeJS.ProcessEnv) =>
  new Promise<Start>((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, ["--import", report, file, url], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000
    })
    let output = ""
    let complaints = ""
    child.stdout.on("data", (text) => (output += text))
    child.stderr.on("data", (text) => (complaints += text))
    child.once("error", reject)
    child.once("close", (code) => {
      const milliseconds = performance.now() - started
      if (code !== 0 || !output.includes("Paris")) return reject(new Error(`${file} ended with ${code}: ${complaints}`))
      const [{ system, user }, maxRss] = JSON.parse(output.trim().split("\n").at(-1) ?? "")
      resolve({ milliseconds, cpuMillis: (user + system) / 1000, megabytes: maxRss / 1024 })
    })
  })

export const measure = async (servers: Servers, rounds: number): Promise<Table> => {
  const published = Published.make(dirname(ours.file))
  try {
    const starts = new Map<string, Array<Start>>(programs.map(({ name }) => [name, []]))
    // The first round fills the caches of the file system.
    for (let round = 0; round <= rounds; round++) {
      for (const { file, name, tls } of programs) {
        const server = servers.of(tls === true ? { tls } : {})
        const env = tls === true ? { ...process.env, NODE_EXTRA_CA_CERTS: ServerProcess.certificate } : process.env
        const program = file === ours.file ? join(published.folder, basename(file)) : file
        const start = await once(program, server.url, env)
        if (round > 0) starts.get(name)?.push(start)
      }
    }
    const of = (name: string, figureOf: (start: Start) => number) => (starts.get(name) ?? []).map(figureOf)
    return {
      title: "Import and first call, the whole process",
      note: `Medians of ${rounds} processes each, in turns (middle half). genops runs as published: compiled and imported by deep paths.`,
      columns: ["client", "ms", "ms CPU", "MB"],
      rows: programs.map(({ name }) => [
        name,
        spread(
          of(name, ({ milliseconds }) => milliseconds),
          0
        ),
        figure(median(of(name, ({ cpuMillis }) => cpuMillis))),
        figure(median(of(name, ({ megabytes }) => megabytes)))
      ])
    }
  } finally {
    published.remove()
  }
}
