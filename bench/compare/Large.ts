/** Comparisons of very many rows, and within a quota. */
import { fileURLToPath } from "node:url"
import { figure, median, type Table } from "../client/Table.ts"
import * as Processes from "./Processes.ts"
import type { Written } from "./ReportSize.ts"
import type { Report } from "./Scale.ts"

const count = (value: number) => value.toLocaleString("en-US")

interface Size {
  readonly name: string
  readonly server: boolean
  readonly candidates: number
  readonly rows: number
  readonly metrics: string
  readonly flags?: ReadonlyArray<string>
}

const five = "rouge_1,rouge_2,rouge_l_sum,bleu,exact_match"
const two = "exact_match,rouge_1"
// V8 sizes its young generation by the machine's memory: this is as much as on a small machine.
const small = ["--max-semi-space-size=16"]

const sizes = (quick: boolean): ReadonlyArray<Size> => {
  const most = quick ? 100_000 : 1_000_000
  const local = { server: false, candidates: 2, metrics: two }
  return [
    { name: "server, 5 metrics", server: true, candidates: 4, rows: quick ? 5_000 : 25_000, metrics: five },
    { name: "local model, 2 metrics", ...local, rows: 10_000 },
    { name: "local model, 2 metrics", ...local, rows: most },
    { name: `the same, ${small.join(" ")}`, ...local, rows: most, flags: small }
  ]
}

export const sizesOf = async (quick: boolean): Promise<Table> => {
  const lines: Array<ReadonlyArray<string>> = []
  for (const { candidates, flags = [], metrics, name, rows, server } of sizes(quick)) {
    const far = server ? await Processes.server("none") : undefined
    try {
      const args = [far?.url ?? "local", candidates, rows, 64, metrics]
      const report = await Processes.runGenops<Report>("Scale", args, { flags })
      if (report.cells !== candidates * rows || report.failed > 0) throw new Error(JSON.stringify(report))
      lines.push([
        name,
        count(report.cells),
        count(Math.round(report.cells / report.seconds)),
        figure((report.cpuSeconds * 1000) / report.cells),
        figure(report.peakRssMb),
        figure((report.directoryMb * 1000) / report.cells),
        figure(report.directoryMb)
      ])
    } finally {
      far?.stop()
    }
  }
  return {
    title: "Many cells",
    note: "64 at a time, short rows, answers at once; results in a directory. The local model answers in the process itself.",
    columns: ["", "cells", "cells/s", "ms CPU a cell", "peak RSS MB", "KB a cell", "directory MB"],
    rows: lines
  }
}

export const quota = async (quick: boolean): Promise<Table> => {
  const perSecond = 20
  const rows = quick ? 300 : 1_200
  const server = await Processes.server(`quota=${perSecond}`)
  try {
    const report = await Processes.runGenops<Report>("Scale", [server.url, 1, rows, 64])
    const { answered, refused } = await server.counts()
    return {
      title: `A quota of ${perSecond} requests a second at the server, 64 cells at a time`,
      note: "The server refuses what is above it with 429, without saying how long to wait.",
      columns: ["", "cells", "succeeded", "cells/s", "of the quota", "requests per cell"],
      rows: [
        [
          "genops",
          count(rows),
          `${((100 * report.cells) / rows).toFixed(1)} %`,
          figure(report.cells / report.seconds),
          (report.cells / report.seconds / perSecond).toFixed(2),
          ((answered + refused) / rows).toFixed(2)
        ]
      ]
    }
  } finally {
    server.stop()
  }
}

export const report = async (rounds: number): Promise<Table> => {
  const program = fileURLToPath(new URL("ReportSize.ts", import.meta.url))
  const all: Array<Written> = []
  for (let round = 0; round < rounds; round++) all.push(await Processes.run<Written>(program, [5_000, 3]))
  const of = (pick: (written: Written) => number) => figure(median(all.map(pick)))
  return {
    title: "A report of 5,000 rows x 3 candidates, four metrics",
    note: `Medians of ${rounds} processes. Prompts and answers of some 500 characters; what is reported is in memory already, and in the peak.`,
    columns: ["", "MB", "seconds", "CPU s", "peak RSS MB"],
    rows: [
      [
        "report.html",
        of(({ megabytes }) => megabytes),
        of(({ seconds }) => seconds),
        of(({ cpuSeconds }) => cpuSeconds),
        of(({ peakRssMb }) => peakRssMb)
      ]
    ]
  }
}
