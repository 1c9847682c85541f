/** Calls to a server that refuses and drops some of them. */
import * as ContestantProcess from "../ContestantProcess.ts"
import { type Entry, libraries } from "../Contestants.ts"
import type { Servers } from "../Field.ts"
import { figure, median, type Table } from "../Table.ts"

const calls = 2000
const concurrency = 64

interface Outcome {
  readonly succeeded: number
  readonly requests: number
  readonly seconds: number
}

const once = async (servers: Servers, entry: Entry, seed: number): Promise<Outcome> => {
  const server = servers.of(entry)
  const racer = await ContestantProcess.start(entry, server.url)
  try {
    await racer.ask({ kind: "calls", count: 200, concurrency: 16 })
    await server.mode({ kind: "faults", seed })
    const { milliseconds, value } = await racer.ask({ kind: "calls", count: calls, concurrency })
    const requests = await server.mode({ kind: "answer" })
    return { succeeded: value, requests, seconds: milliseconds / 1000 }
  } finally {
    racer.stop()
  }
}

export const measure = async (servers: Servers, rounds: number): Promise<Table> => {
  const outcomes = new Map<string, Array<Outcome>>(libraries.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const entry of libraries) outcomes.get(entry.name)?.push(await once(servers, entry, round + 1))
  }
  const of = (entry: Entry, figureOf: (outcome: Outcome) => number) => (outcomes.get(entry.name) ?? []).map(figureOf)
  const perCall = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / (rounds * calls)
  return {
    title: `${calls.toLocaleString("en-US")} calls, 10 % answered with 429, 2 % with 503, 1 % dropped`,
    note: `${concurrency} at a time, no Retry-After; ${rounds} fresh processes each, the same seeds for all. Successes and requests are those of all processes together, seconds their median.`,
    columns: ["client", "succeeded", "requests per call", "seconds"],
    rows: libraries.map((entry) => [
      entry.name,
      `${(perCall(of(entry, ({ succeeded }) => succeeded)) * 100).toFixed(2)} %`,
      perCall(of(entry, ({ requests }) => requests)).toFixed(3),
      figure(median(of(entry, ({ seconds }) => seconds)))
    ])
  }
}
