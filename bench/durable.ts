/** What it costs that a step is durable: on each engine of genops, and beside DBOS Transact on the same PostgreSQL. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "../test/durable/Postgres.ts"
import type { Options } from "./client.ts"
import { figure, markdown, median, spread, type Table } from "./client/Table.ts"
import * as Contestant from "./durable/Contestant.ts"
import * as Published from "./Published.ts"

interface Entry {
  readonly name: string
  readonly start: () => Promise<Contestant.Contestant>
}

const peers = join(import.meta.dirname, "peers/durable")

/** Peers are no dependencies of the workspace: they are installed when they are measured. */
const installPeers = () => {
  if (existsSync(join(peers, "node_modules/@dbos-inc/dbos-sdk"))) return
  console.error("installing the peers ...")
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: peers, stdio: "inherit" })
}

const entriesIn = (folder: string, makeDatabase: () => Promise<string>): ReadonlyArray<Entry> => {
  const genops = join(Published.make("durable", ["GenopsMain"]), "GenopsMain.mjs")
  let files = 0
  return [
    { name: "genops, memory", start: () => Contestant.start(genops, ["memory"]) },
    {
      name: "genops, SQLite",
      start: () => Contestant.start(genops, ["sqlite", join(folder, `runs-${++files}.db`)])
    },
    {
      name: "genops, PostgreSQL",
      start: async () => Contestant.start(genops, ["postgres", await makeDatabase()])
    },
    {
      name: "DBOS Transact, PostgreSQL",
      start: async () => Contestant.start(join(peers, "main.mjs"), [await makeDatabase()])
    }
  ]
}

const stepsEach = 1000
const atOnce = 50

const steps = async (entries: ReadonlyArray<Entry>, rounds: number): Promise<Table> => {
  const times = new Map(entries.map(({ name }) => [name, { one: new Array<number>(), many: new Array<number>() }]))
  const contestants = await Promise.all(entries.map(async ({ name, start }) => ({ name, contestant: await start() })))
  const ask = async (contestant: Contestant.Contestant, concurrency: number) =>
    Number(await contestant.ask({ kind: "steps", count: stepsEach, concurrency })) / stepsEach
  try {
    for (let round = -1; round < rounds; round++) {
      for (const { contestant, name } of contestants) {
        const [one, many] = [await ask(contestant, 1), await ask(contestant, atOnce)]
        // The first round warms up.
        if (round < 0) continue
        times.get(name)?.one.push(one)
        times.get(name)?.many.push(many)
      }
    }
  } finally {
    await Promise.all(contestants.map(({ contestant }) => contestant.stop()))
  }
  return {
    title: `Milliseconds per durable step, ${stepsEach.toLocaleString("en-US")} steps that do nothing`,
    note: `Medians of ${rounds} rounds (middle half), all contestants in turns; every commit waits for the disk.`,
    columns: ["engine", "one after another", `${atOnce} at a time`],
    rows: entries.map(({ name }) => [name, spread(times.get(name)?.one ?? []), spread(times.get(name)?.many ?? [])])
  }
}

const waiting = 1000

const memory = async (entries: ReadonlyArray<Entry>, rounds: number): Promise<Table> => {
  const sizes = new Map(entries.map(({ name }) => [name, new Array<ReadonlyArray<number>>()]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, start } of entries) {
      const contestant = await start()
      const bytes = [await contestant.ask({ kind: "waiting", count: waiting })].flat()
      sizes.get(name)?.push(bytes.map((size) => size / 2 ** 20))
      await contestant.stop()
    }
  }
  return {
    title: `Memory of ${waiting.toLocaleString("en-US")} runs that wait`,
    note:
      "Runs that pause for an hour, each with a caller that waits for its result, in one process: MB resident and MB of live heap three seconds " +
      "after the last one began to pause, and when they have waited for 15, each after a garbage collection. What is resident beyond the live " +
      `heap is mostly V8's young generation, which it sizes by the machine. Medians of ${rounds} fresh processes.`,
    columns: ["engine", "resident", "live", "15 s: resident", "live", "most resident"],
    rows: entries.map(({ name }) => [
      name,
      ...[0, 1, 2, 3, 4].map((at) => figure(median((sizes.get(name) ?? []).map((all) => all[at] ?? NaN))))
    ])
  }
}

const sleepers = 100

const lateness = async (entries: ReadonlyArray<Entry>): Promise<Table> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const { name, start } of entries) {
    const contestant = await start()
    const late = [await contestant.ask({ kind: "lateness", count: sleepers })].flat()
    rows.push([name, figure(median(late)), figure(Math.max(...late))])
    await contestant.stop()
  }
  return {
    title: `How late a durable pause ends, ${sleepers} runs that pause for two seconds`,
    note: "Milliseconds from the time at which the run should go on until its body is there, replay included.",
    columns: ["engine", "median", "latest"],
    rows
  }
}

const machine = (server: string) => {
  const { dependencies } = JSON.parse(readFileSync(join(peers, "package.json"), "utf8"))
  const [cpu] = cpus()
  const versions = `${server}, @dbos-inc/dbos-sdk ${dependencies["@dbos-inc/dbos-sdk"]}`
  return `${cpus().length} x ${cpu?.model.trim() ?? "unknown processor"}, Node ${process.version}, ${versions}`
}

/** Measures everything and prints a table for each measure. */
export const run = async ({ quick, runs }: Options): Promise<void> => {
  installPeers()
  const measured = Effect.gen(function* () {
    const server = yield* Postgres.start({ fsync: true })
    if (server === undefined) return console.error("There is no PostgreSQL for this machine.")
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-bench-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const entries = entriesIn(folder, async () => Redacted.value(await Effect.runPromise(server.makeDatabase)))
    console.log(`${machine(server.version)}\n`)
    yield* Effect.promise(async () => {
      console.error("steps ...")
      console.log(markdown(await steps(entries, runs ?? (quick ? 2 : 7))))
      console.error("memory ...")
      console.log(markdown(await memory(entries, runs ?? (quick ? 1 : 3))))
      console.error("pauses ...")
      console.log(markdown(await lateness(entries)))
    })
  })
  await Effect.runPromise(Effect.scoped(measured))
}
