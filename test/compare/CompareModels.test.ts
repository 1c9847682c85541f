/** Comparisons with the live client against the emulator, whose own books say what was paid. */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import { Emulator } from "@genops/emulator"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import type * as Cell from "@genops/pipelines/Cell"
import * as CompareModels from "@genops/pipelines/CompareModels"
import * as ResultStore from "@genops/pipelines/ResultStore"
import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import { join } from "node:path"
import * as Comparison from "./Comparison.ts"

const cells = Comparison.candidates.length * Comparison.rows * Comparison.repeats

/** An emulator, and a directory for runs. */
const field = (options: Emulator.Options = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.start(options)
    const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    const services = Comparison.services(emulator.url, directory)
    const asked = Effect.map(emulator.requests, ({ counts }) => counts["generateContent"] ?? 0)
    return { ...emulator, directory, services, asked }
  })

const live = (what: string, body: () => Effect.Effect<void, unknown, FileSystem.FileSystem | Scope.Scope>) =>
  it.live(what, () => body().pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

const kept = Effect.gen(function* () {
  const { kept } = yield* (yield* ResultStore.ResultStore).read("run")
  const last = new Map<string, Cell.Cell>()
  yield* Stream.runForEach(kept, ({ cell }) =>
    Effect.sync(() => void last.set(`${cell.candidate} ${cell.row} ${cell.repeat}`, cell))
  )
  return [...last.values()]
})

const program = join(import.meta.dirname, "Comparison.ts")

/** Runs the comparison in a process of its own to its end. */
const ended = ({ directory, url }: Effect.Success<ReturnType<typeof field>>) =>
  new Promise<{ readonly code: number | null; readonly pid: number | undefined; readonly stderr: string }>(
    (resolve) => {
      const child = spawn(process.execPath, [program, url, directory], { stdio: ["ignore", "ignore", "pipe"] })
      let stderr = ""
      child.stderr.on("data", (data: Buffer) => (stderr += data.toString()))
      child.once("close", (code) => resolve({ code, pid: child.pid, stderr }))
    }
  )

/** Starts the comparison in a process of its own, and kills it as soon as the server has been asked so often. */
const killedAfter = (calls: number, { asked, directory, url }: Effect.Success<ReturnType<typeof field>>) =>
  Effect.gen(function* () {
    const child = spawn(process.execPath, [program, url, directory], {
      stdio: ["ignore", "ignore", "inherit"]
    })
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)))
    yield* Effect.repeat(Effect.andThen(Effect.sleep("2 millis"), asked), { until: (count) => count >= calls })
    child.kill("SIGKILL")
    return yield* Effect.promise(() => ended)
  })

describe("a comparison", () => {
  live("asks once for each cell, and says what the server says", () =>
    Effect.gen(function* () {
      const { asked, requests, services } = yield* field()
      const { manifest, summary } = yield* Effect.provide(Comparison.comparison, services)
      assert.strictEqual(yield* asked, cells)
      const { ledger } = yield* requests
      for (const candidate of summary.candidates) {
        assert.deepInclude(candidate, { n_valid: 40, n_error: 0 })
        const { input, output, requests, thoughts } = ledger[candidate.model] ?? {}
        assert.deepStrictEqual(candidate.tokens, { input, output, thinking: thoughts, cached: 0 })
        assert.strictEqual(requests, 40)
      }
      assert.strictEqual(manifest.dataset.rows, 20)
    })
  )

  live("that was killed again and again pays for what is unfinished, and for nothing twice", () =>
    Effect.gen(function* () {
      const place = yield* field({ latency: 15 })
      const { asked, directory, services } = place
      // Each process has eight calls in flight when it dies, and at most eight answers that are not written: these are lost, and no others.
      const atWork = 16
      let before = 0
      for (const more of [12, 25, 30]) {
        assert.strictEqual(yield* killedAfter(before + more, place), "SIGKILL")
        const done = yield* Effect.provide(kept, services)
        const paid = yield* asked
        assert.isBelow(done.length, cells)
        assert.isTrue(done.every(({ response }) => response !== undefined))
        before = paid
      }
      const done = (yield* Effect.provide(kept, services)).length
      assert.isAtMost(before - done, 3 * atWork)
      const { resumed, summary } = yield* Effect.provide(Comparison.comparison, services)
      assert.strictEqual(resumed, done)
      assert.strictEqual((yield* asked) - before, cells - done, "exactly the unfinished cells")
      assert.lengthOf(yield* Effect.provide(kept, services), cells)

      const fresh = yield* field()
      const whole = yield* Effect.provide(Comparison.comparison, fresh.services)
      // All but how long it took.
      const lasting = ({ candidates, trade_off, ...rest }: typeof summary) => ({
        ...rest,
        candidates: candidates.map((candidate) => ({ ...candidate, latency_ms: null })),
        trade_off: trade_off.map(({ candidate, cost_per_1000_usd, quality }) => [candidate, quality, cost_per_1000_usd])
      })
      assert.deepStrictEqual(lasting(summary), lasting(whole.summary))
      assert.isTrue(yield* (yield* FileSystem.FileSystem).exists(`${directory}/run/summary.json`))
    })
  )

  live("that two processes start at the same time is made by one of them, whole, and paid once", () =>
    Effect.gen(function* () {
      const place = yield* field({ latency: 10 })
      const { asked, directory, services } = place
      const ends = yield* Effect.promise(() => Promise.all([ended(place), ended(place)]))
      const [winner, loser] = ends.toSorted((a, b) => (a.code ?? 9) - (b.code ?? 9))
      assert.deepStrictEqual([winner?.code, loser?.code], [0, 1], `${winner?.stderr}${loser?.stderr}`)
      assert.include(loser?.stderr, `is being worked on by process ${winner?.pid} on `)
      assert.strictEqual(yield* asked, cells)
      assert.lengthOf(yield* Effect.provide(kept, services), cells)
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual((yield* fs.readFileString(`${directory}/run/cells.jsonl`)).split("\n").length, cells + 1)
      assert.isFalse(yield* fs.exists(`${directory}/run/lock`))
      const { resumed } = yield* Effect.provide(Comparison.comparison, services)
      assert.deepStrictEqual([resumed, yield* asked], [cells, cells])
    })
  )

  live("goes on without candidates that are not there, and gets over refusals", () =>
    Effect.gen(function* () {
      const { asked, services, setFaults } = yield* field({ endpoints: { "8888": "gemini-3.5-flash" } })
      yield* setFaults([
        { operation: "generateContent", effect: { type: "status", status: 429 }, probability: 0.1, seed: 1 },
        { operation: "generateContent", effect: { type: "status", status: 503 }, probability: 0.02, seed: 2 }
      ])
      const tuned = (location: string, id: string) => `projects/acme/locations/${location}/endpoints/${id}`
      const candidates = [
        ...Comparison.candidates,
        ModelConfiguration.make("gemini-3.5-flahs", { name: "misspelt" }),
        ModelConfiguration.make(tuned("europe-west4", "1234"), { name: "of another region" })
      ]
      const { summary } = yield* Effect.provide(CompareModels.run(Comparison.options({ candidates })), services)
      for (const { candidate, failure, n_error, n_total, n_valid } of summary.candidates) {
        const isGone = candidate === "misspelt" || candidate === "of another region"
        assert.strictEqual(failure?.tag, isGone ? "NotFound" : undefined)
        assert.deepStrictEqual(
          { n_total, n_valid, n_error },
          isGone ? { n_total: 0, n_valid: 0, n_error: 0 } : { n_total: 40, n_valid: 40, n_error: 0 }
        )
      }
      const [misspelt, elsewhere] = summary.candidates.slice(3)
      assert.include(misspelt?.failure?.message, "Did you mean gemini-3.5-flash")
      assert.include(elsewhere?.failure?.message, "1234")
      assert.isAtMost(yield* asked, cells * 1.4)
    })
  )

  live("is planned for free, and the plan holds, whatever is refused on the way", () =>
    Effect.gen(function* () {
      const { asked, requests, services, setFaults } = yield* field()
      const options = Comparison.options({ metrics: ["rouge_1", "fluency"] })
      const spent: Array<BudgetGuard.Spending> = []
      const onEnd = (spending: BudgetGuard.Spending) => Effect.sync(() => void spent.push(spending))
      const plan = yield* Effect.provide(CompareModels.plan(options), services)
      assert.strictEqual(yield* asked, 0)
      assert.deepInclude(plan, { calls: cells, judgeCalls: cells, sampledRows: 20 })
      const refusal = { type: "status", status: 429 } as const
      yield* setFaults([{ operation: "generateContent", effect: refusal, probability: 0.05, seed: 3 }])
      yield* Effect.provide(BudgetGuard.within(CompareModels.run(options), { usd: "5.00" }, { onEnd }), services)
      assert.isAbove(yield* asked, cells * 2)
      const { ledger } = yield* requests
      assert.strictEqual(
        ledger["gemini-3.1-pro-preview"]?.input,
        plan.candidates.find(({ candidate }) => candidate === "pro")?.inputTokens
      )
      const bill = spent[0]?.spent.usd ?? 0n
      assert.isTrue(bill > 0n && bill <= plan.worst, `${bill} of ${plan.worst}`)
    })
  )
})
