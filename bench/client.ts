/** The client beside undici alone and beside its peers, against a fake server that is faster than all of them. */
import { readFileSync } from "node:fs"
import { cpus } from "node:os"
import * as Field from "./client/Field.ts"
import { markdown, type Table } from "./client/Table.ts"
import * as Abandonment from "./client/measure/Abandonment.ts"
import * as Calls from "./client/measure/Calls.ts"
import * as Chunks from "./client/measure/Chunks.ts"
import * as ColdStart from "./client/measure/ColdStart.ts"
import * as Faults from "./client/measure/Faults.ts"
import * as Heap from "./client/measure/Heap.ts"

export interface Options {
  /** Rounds of each measure instead of its own number. */
  readonly runs: number | undefined
  readonly quick: boolean
}

interface Measure {
  readonly name: string
  readonly rounds: number
  readonly quick: number
  readonly measure: (servers: Field.Servers, rounds: number) => Promise<Table>
}

const measures: ReadonlyArray<Measure> = [
  { name: "calls", rounds: 15, quick: 3, measure: Calls.measure },
  { name: "chunks", rounds: 15, quick: 3, measure: Chunks.measure },
  { name: "heap", rounds: 3, quick: 1, measure: Heap.measure },
  { name: "faults", rounds: 3, quick: 1, measure: Faults.measure },
  { name: "cold start", rounds: 9, quick: 3, measure: ColdStart.measure },
  { name: "abandonment", rounds: 5, quick: 2, measure: Abandonment.measure }
]

const versions = () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"))
  const peers = ["effect", "undici", "@google/genai", "@google-cloud/vertexai", "ai", "@ai-sdk/google-vertex"]
  return peers.map((name) => `${name} ${dependencies[name]}`).join(", ")
}

const machine = () => {
  const [cpu] = cpus()
  return `${cpus().length} x ${cpu?.model.trim() ?? "unknown processor"}, Node ${process.version}, ${versions()}`
}

/** Measures everything and prints a table for each measure. */
export const run = async ({ quick, runs }: Options): Promise<void> => {
  console.log(`${machine()}\n`)
  const servers = await Field.startServers()
  try {
    for (const measure of measures) {
      console.error(`${measure.name} ...`)
      console.log(markdown(await measure.measure(servers, runs ?? (quick ? measure.quick : measure.rounds))))
    }
  } finally {
    servers.stop()
  }
}
