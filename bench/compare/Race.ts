/** Seven candidates on a hundred prompts, each contestant in a fresh process, all against the same server. */
import { join } from "node:path"
import { figure, median, type Table } from "../client/Table.ts"
import * as Peers from "./Peers.ts"
import * as Processes from "./Processes.ts"
import * as Work from "./Work.ts"

const rows = 100

// V8 sizes its young generation by the machine's memory: this is as much as on a small machine.
const small = ["--max-semi-space-size=16"]

interface Contestant {
  readonly name: string
  readonly isPeer: boolean
  readonly run: (args: ReadonlyArray<string | number>, options: Processes.RunOptions) => Promise<Work.Report>
}

const peer = (name: string, program: string): Contestant => ({
  name,
  isPeer: true,
  run: (args, options) => Processes.run(join(Peers.folder, program), args, options)
})

const contestants: ReadonlyArray<Contestant> = [
  { name: "genops", isPeer: false, run: (args, options) => Processes.runGenops("Genops", args, options) },
  {
    name: `genops, ${small.join(" ")}`,
    isPeer: false,
    run: (args, options) => Processes.runGenops("Genops", args, { ...options, flags: small })
  },
  peer("script: p-limit, fetch, js-rouge", "script.mjs"),
  peer("promptfoo evaluate()", "promptfoo.mjs")
]

export interface Race {
  readonly concurrency: number
  /** Words of a summary. */
  readonly words: number
  readonly rounds: number
  readonly hasPeers: boolean
}

const all = rows * Work.candidates.length

/** All must have done the same work. */
const check = (name: string, { cells, exactMatch, rouge1 }: Work.Report, expected: Work.Report | undefined) => {
  const isSame =
    cells === all &&
    (expected === undefined ||
      (Math.abs(rouge1 - expected.rouge1) < 1e-9 && Math.abs(exactMatch - expected.exactMatch) < 1e-9))
  if (!isSame) throw new Error(`${name} did other work: ${JSON.stringify({ cells, rouge1, exactMatch })}`)
}

export const measure = async ({ concurrency, hasPeers, rounds, words }: Race): Promise<Table> => {
  const field = contestants.filter(({ isPeer }) => hasPeers || !isPeer)
  const reports = new Map<string, Array<Work.Report>>(field.map(({ name }) => [name, []]))
  const env = { ...Peers.env, WORDS: String(words) }
  let ideal = 0
  for (let round = 0; round < rounds; round++) {
    const server = await Processes.server(`latency=${round}`, env)
    try {
      ideal += Work.idealOf(round, rows, concurrency)
      let first: Work.Report | undefined
      for (let i = 0; i < field.length; i++) {
        const contestant = field[(i + round) % field.length]
        if (contestant === undefined) continue
        const report = await contestant.run([server.url, concurrency, rows], { env })
        check(contestant.name, report, first)
        first ??= report
        reports.get(contestant.name)?.push(report)
      }
    } finally {
      server.stop()
    }
  }
  return {
    title: `7 candidates x 100 prompts, ${concurrency} at a time, summaries of ${words} words`,
    note:
      `Wall time of ${rounds} rounds with other latencies, over that of calls alone (${figure(ideal / rounds / 1000)} s a round); ` +
      "processor seconds of the comparison and of the process with its imports, and peak RSS: medians.",
    columns: ["contestant", "wall / ideal", "CPU s", "CPU s, process", "peak RSS MB"],
    rows: field.map(({ name }) => {
      const own = reports.get(name) ?? []
      const of = (pick: (report: Work.Report) => number) => figure(median(own.map(pick)))
      return [
        name,
        (own.reduce((sum, { wallMs }) => sum + wallMs, 0) / ideal).toFixed(3),
        of(({ cpuSeconds }) => cpuSeconds),
        of(({ processCpuSeconds }) => processCpuSeconds),
        of(({ peakRssMb }) => peakRssMb)
      ]
    })
  }
}
