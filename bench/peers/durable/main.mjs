// DBOS Transact as a contestant of bench/durable: `main.mjs URL`. The requests are those of bench/durable/Contestant.ts.
import { DBOS } from "@dbos-inc/dbos-sdk"

const [url] = process.argv.slice(2)
DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, logLevel: "error" })

const steps = DBOS.registerWorkflow(
  async (count, concurrency) => {
    let next = 0
    const worker = async () => {
      while (next < count) {
        const i = next++
        await DBOS.runStep(async () => i, { name: `step-${i}` })
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    return count
  },
  { name: "steps" }
)

let paused = 0
const pause = DBOS.registerWorkflow(
  async (milliseconds) => {
    const began = await DBOS.runStep(async () => Date.now(), { name: "begin" })
    paused++
    await DBOS.sleep(milliseconds)
    return Date.now() - began - milliseconds
  },
  { name: "pause" }
)

let runs = 0
const pauses = (count, milliseconds) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const handle = await DBOS.startWorkflow(pause, { workflowID: `pause-${++runs}` })(milliseconds)
      return handle.getResult()
    })
  )

const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const measured = () => {
  global.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return [rss, heapUsed]
}

const answer = async (request) => {
  switch (request.kind) {
    case "steps": {
      const began = performance.now()
      const handle = await DBOS.startWorkflow(steps, { workflowID: `steps-${++runs}` })(
        request.count,
        request.concurrency
      )
      await handle.getResult()
      return performance.now() - began
    }
    case "waiting": {
      paused = 0
      void pauses(request.count, 3_600_000)
      while (paused < request.count) await rest(100)
      await rest(3000)
      const soon = measured()
      await rest(12000)
      return [...soon, ...measured(), process.resourceUsage().maxRSS * 1024]
    }
    case "lateness":
      return pauses(request.count, 2000)
  }
}

await DBOS.launch()
process.on("message", async (request) => process.send(await answer(request)))
process.send("ready")
