/** Live heap of calls that wait for their answer. */
import * as ContestantProcess from "../ContestantProcess.ts"
import { all, type Entry } from "../Contestants.ts"
import { pause } from "../Contestant.ts"
import type { Servers } from "../Field.ts"
import { figure, median, spread, type Table } from "../Table.ts"

const inFlight = 2000

/** Bytes of live heap for each call in flight, in a process of its own. */
const once = async (servers: Servers, entry: Entry): Promise<number> => {
  const server = servers.of(entry)
  const racer = await ContestantProcess.start(entry, server.url)
  try {
    // Code that is compiled and caches that are filled are no part of a call.
    await racer.ask({ kind: "calls", count: 500, concurrency: 16 })
    const before = await racer.ask({ kind: "heap" })
    await server.mode({ kind: "hang" })
    const held = server.holding(inFlight)
    await racer.ask({ kind: "launch", count: inFlight })
    await held
    await pause(100)
    const after = await racer.ask({ kind: "heap" })
    return (after.value - before.value) / inFlight
  } finally {
    racer.stop()
    await server.mode({ kind: "answer" })
  }
}

export const measure = async (servers: Servers, rounds: number): Promise<Table> => {
  const bytes = new Map<string, Array<number>>(all.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const entry of all) bytes.get(entry.name)?.push(await once(servers, entry))
  }
  const ratios = ({ floor, name }: Entry) =>
    (bytes.get(name) ?? []).map((value, round) => value / (bytes.get(floor)?.[round] ?? Number.NaN))
  return {
    title: `Live heap, ${inFlight.toLocaleString("en-US")} calls in flight`,
    note: `Growth of the used heap after garbage collection, divided by the calls, each on a connection of its own; medians of ${rounds} fresh processes.`,
    columns: ["client", "KB per call", "ratio"],
    rows: all.map((entry) => [entry.name, figure(median(bytes.get(entry.name) ?? []) / 1024), spread(ratios(entry))])
  }
}
