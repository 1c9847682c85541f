/** How soon the connection closes when nobody wants the answer any more, seen by the server. */
import type { Abandonment } from "../Contestant.ts"
import * as ContestantProcess from "../ContestantProcess.ts"
import { abandoning, type Entry } from "../Contestants.ts"
import type { Servers } from "../Field.ts"
import { figure, median, type Table } from "../Table.ts"

const ways: ReadonlyArray<Abandonment> = ["unary", "stream", "leave"]

type Latency = number | undefined

/** The latencies of each way: undefined for a connection that stayed open, an empty list for a way that there is not. */
const latencies = async (
  servers: Servers,
  entry: Entry,
  times: number
): Promise<ReadonlyArray<ReadonlyArray<Latency>>> => {
  const server = servers.of(entry)
  const racer = await ContestantProcess.start(entry, server.url)
  try {
    await server.mode({ kind: "hang" })
    let request = 0
    const once = async (how: Abandonment): Promise<Latency | "cannot"> => {
      const closing = server.closed(request + 1)
      const { value: marked } = await racer.ask({ kind: "abandon", how })
      if (Number.isNaN(marked)) return "cannot"
      request += 1
      const at = await closing
      return at === undefined ? undefined : at - marked
    }
    const found: Array<ReadonlyArray<Latency>> = []
    for (const how of ways) {
      const row: Array<Latency> = []
      for (let i = 0; i < times; i++) {
        const latency = await once(how)
        if (latency === "cannot") break
        row.push(latency)
      }
      found.push(row)
    }
    return found
  } finally {
    racer.stop()
    await server.mode({ kind: "answer" })
  }
}

const cell = (found: ReadonlyArray<Latency>): string => {
  if (found.length === 0) return "cannot"
  const closed = found.flatMap((latency) => latency ?? [])
  if (closed.length === 0) return "stays open"
  const range = `${figure(median(closed))} ms (max ${figure(Math.max(...closed))})`
  return closed.length === found.length ? range : `${closed.length} of ${found.length}: ${range}`
}

export const measure = async (servers: Servers, times: number): Promise<Table> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const entry of abandoning) {
    rows.push([entry.name, ...(await latencies(servers, entry, times)).map(cell)])
  }
  return {
    title: "From giving up to the closed connection",
    note: `Medians of ${times}; "stays open" is more than 1.5 seconds, "cannot" means that the library has no way to. By default a budget reads a call that was sent to its end for up to ten seconds, for its true cost; here it is told not to.`,
    columns: ["client", "abort a call", "abort a stream", "stop reading a stream"],
    rows
  }
}
