/** Chunks of streams a second, one stream at a time. */
import { eventsPerStream } from "../Answers.ts"
import type { Turn } from "../ContestantProcess.ts"
import { all } from "../Contestants.ts"
import * as Field from "../Field.ts"
import { figure, median, spread, type Table } from "../Table.ts"

const perSecond = ({ milliseconds, value }: Turn) => (value / milliseconds) * 1000
const cpuPerChunk = ({ cpuMicros, value }: Turn) => cpuMicros / value

export const measure = async (servers: Field.Servers, rounds: number): Promise<Table> => {
  const turns = await Field.takeTurns(servers, {
    rounds,
    seconds: 0.5,
    warmUp: 30,
    command: (streams) => ({ kind: "chunks", streams })
  })
  return {
    title: `Streams of ${eventsPerStream} chunks, one at a time`,
    note: `Medians of ${rounds} rounds; ratios to undici in the same round (middle half).`,
    columns: ["client", "chunks/s", "ratio", "µs CPU per chunk", "ratio"],
    rows: all.map((entry) => [
      entry.name,
      figure(median((turns.get(entry.name) ?? []).map(perSecond))),
      spread(Field.ratios(turns, entry, perSecond)),
      figure(median((turns.get(entry.name) ?? []).map(cpuPerChunk))),
      spread(Field.ratios(turns, entry, cpuPerChunk))
    ])
  }
}
