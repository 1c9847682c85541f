/** The process of one contestant: takes commands and answers with what they gave and cost. */
import type { Command, Turn } from "./ContestantProcess.ts"
import { byName } from "./Contestants.ts"

const [name, url] = process.argv.slice(2)
if (name === undefined || url === undefined) throw new Error("usage: ContestantMain.ts NAME URL")
const contestant = (await byName(name).load())(url)

const now = () => performance.timeOrigin + performance.now()

const heap = () => {
  if (globalThis.gc === undefined) throw new Error("started without --expose-gc")
  for (let i = 0; i < 4; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

const abandon = async (how: Extract<Command, { kind: "abandon" }>["how"]) => {
  let at = Number.NaN
  await contestant.abandon[how]?.(() => {
    at = now()
  })
  return at
}

const run = (command: Command): Promise<number> => {
  switch (command.kind) {
    case "calls":
      return contestant.calls(command.count, command.concurrency)
    case "chunks":
      return contestant.chunks(command.streams)
    case "launch":
      // They end with the process.
      void contestant.calls(command.count, command.count)
      return Promise.resolve(command.count)
    case "heap":
      return Promise.resolve(heap())
    case "abandon":
      return abandon(command.how)
  }
}

process.on("message", async (command: Command) => {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const value = await run(command)
  const milliseconds = performance.now() - started
  const { system, user } = process.cpuUsage(cpu)
  const turn: Turn = { value, milliseconds, cpuMicros: user + system }
  process.send?.(turn)
})
process.on("disconnect", () => process.exit())
process.send?.("ready")
