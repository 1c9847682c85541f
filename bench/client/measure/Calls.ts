/** Calls a second and processor time per call, 64 at a time. */
import type { Turn } from "../ContestantProcess.ts"
import { all } from "../Contestants.ts"
import * as Field from "../Field.ts"
import { figure, median, spread, type Table } from "../Table.ts"

const concurrency = 64

const perSecond = ({ milliseconds, value }: Turn) => (value / milliseconds) * 1000
const cpuPerCall = ({ cpuMicros, value }: Turn) => cpuMicros / value

export const measure = async (servers: Field.Servers, rounds: number): Promise<Table> => {
  const turns = await Field.takeTurns(servers, {
    rounds,
    seconds: 0.5,
    warmUp: 1000,
    command: (count) => ({ kind: "calls", count, concurrency })
  })
  return {
    title: `Calls, ${concurrency} at a time`,
    note: `Medians of ${rounds} rounds; ratios to undici in the same round (middle half). Processor time is that of the client's whole process.`,
    columns: ["client", "calls/s", "ratio", "µs CPU per call", "ratio"],
    rows: all.map((entry) => [
      entry.name,
      figure(median((turns.get(entry.name) ?? []).map(perSecond))),
      spread(Field.ratios(turns, entry, perSecond)),
      figure(median((turns.get(entry.name) ?? []).map(cpuPerCall))),
      spread(Field.ratios(turns, entry, cpuPerCall))
    ])
  }
}
