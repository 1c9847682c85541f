import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@genops/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { example } from "./Process.ts"

const directory = () => mkdtempSync(join(tmpdir(), "genops-durable-"))
const run = join(import.meta.dirname, "../run.ts")

const jobs = (emulator: Effect.Success<ReturnType<typeof Emulator.start>>) =>
  Effect.map(emulator.requests, ({ counts }) => counts["tuningJobs.create"] ?? 0)

/** The flags of a run that is kept in a file, against an emulator that outlives its processes. */
const kept = (name: string, url: string) => {
  const place = directory()
  return [name, "--endpoint", url, "--engine", `sqlite:${join(place, "runs.db")}`, "--out", place] as const
}

describe("03-supervised-tuning", () => {
  it.live("tunes one model and says what it cost", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start({ tuning: { seconds: 0.5 } })
      const { code, stderr, stdout } = yield* example(["03-supervised-tuning", "--endpoint", emulator.url, "--json"])
      assert.strictEqual(code, 0, stderr)
      const { result } = JSON.parse(stdout)
      assert.strictEqual(result.outcome.training.examples, 72)
      assert.match(result.outcome.tuned.endpoint, /^projects\/\d+\/locations\/[a-z0-9-]+\/endpoints\/\d+$/)
      assert.lengthOf(result.outcome.tuned.checkpoints, 3)
      assert.strictEqual(yield* jobs(emulator), 1)
    }).pipe(Effect.scoped)
  )

  it.live("does not order what does not fit the budget, and goes on when it is raised", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start({ tuning: { seconds: 0.5 } })
      const flags = [...kept("03-supervised-tuning", emulator.url), "--run-id", "short"]
      const refused = yield* example([...flags, "--budget-usd", "0.10"])
      assert.strictEqual(refused.code, 4, refused.stderr)
      assert.include(refused.stderr, "[BudgetExceeded]")
      assert.include(refused.stderr, "the same command with --run-id short goes on")
      assert.strictEqual(yield* jobs(emulator), 0)
      const raised = yield* example([...flags, "--budget-usd", "1"])
      assert.strictEqual(raised.code, 0, raised.stderr)
      assert.strictEqual(yield* jobs(emulator), 1)
    }).pipe(Effect.scoped)
  )
})

describe("05-genai-ops", () => {
  it.live("is killed, goes on where it was, orders one job, and shows what it did", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start({ tuning: { seconds: 2 } })
      const flags = [...kept("05-genai-ops", emulator.url), "--run-id", "killed"]
      const child = spawn(process.execPath, [run, ...flags], { stdio: "ignore" })
      const exited = once(child, "exit")
      yield* jobs(emulator).pipe(
        Effect.repeat({ until: (ordered) => ordered > 0, schedule: Schedule.spaced("20 millis") })
      )
      child.kill("SIGKILL")
      yield* Effect.promise(() => exited)

      const listed = yield* example([...flags, "--list"])
      assert.match(listed.stdout, /killed +GenOps .* (waiting until|running)/)
      const { code, stderr, stdout } = yield* example(flags)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(yield* jobs(emulator), 1)
      assert.match(stdout, /rouge_1 +0\.\d+ .* 1\.000/)
      assert.match(stdout, /gate +passed/)
      assert.include(stdout, "Thanks for asking about E52")
      // All of it was paid once: a second time nothing is sent.
      const paid = (yield* emulator.requests).counts["generateContent"]
      const again = yield* example(flags)
      assert.strictEqual(again.stdout, stdout)
      assert.strictEqual((yield* emulator.requests).counts["generateContent"], paid)
      const history = yield* example([...flags, "--history"])
      for (const step of [
        "wait for data",
        "check data",
        "tune",
        "evaluate base",
        "evaluate tuned",
        "gate",
        "generate 1"
      ]) {
        assert.match(history.stdout, new RegExp(`^✔ ${step} +\\S+`, "m"))
      }
      const other = yield* example([...flags, "--epochs", "2"])
      assert.strictEqual(other.code, 1)
      assert.include(other.stderr, "[RunMismatch]")
    }).pipe(Effect.scoped)
  )

  it.live("asks a person, and does what was decided", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start({ tuning: { seconds: 0.5 } })
      const flags = kept("05-genai-ops", emulator.url)
      const asked = yield* example([...flags, "--run-id", "asked", "--approval"])
      assert.strictEqual(asked.code, 0, asked.stderr)
      assert.include(asked.stdout, "waits for a decision on approval")
      const approved = yield* example([...flags, "--run-id", "asked", "--approval", "--approve", "ada"])
      assert.strictEqual(approved.code, 0, approved.stderr)
      assert.match(approved.stdout, /approval +by ada/)
      yield* example([...flags, "--run-id", "other", "--approval"])
      const rejected = yield* example([
        ...flags,
        "--run-id",
        "other",
        "--approval",
        "--reject",
        "bob",
        "--reason",
        "tone"
      ])
      assert.strictEqual(rejected.code, 3, rejected.stderr)
      assert.include(rejected.stderr, "bob rejected")
    }).pipe(Effect.scoped)
  )

  it.live("ends with 3 when the gate refuses, generates nothing then, and cancels its job when told", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start({ tuning: { seconds: 0.5 } })
      const flags = kept("05-genai-ops", emulator.url)
      const { code, stderr, stdout } = yield* example([...flags, "--run-id", "gate", "--gate", "bleu>=2"])
      assert.strictEqual(code, 3, stderr)
      assert.include(stderr, "[ThresholdNotMet]")
      assert.notInclude(stdout, "Thanks for asking about E52")
      assert.strictEqual((yield* emulator.requests).counts["generateContent"], 72)

      const slow = yield* Emulator.start({ tuning: { seconds: 60 } })
      const long = [...kept("05-genai-ops", slow.url), "--run-id", "long"]
      const child = spawn(process.execPath, [run, ...long], { stdio: "ignore" })
      const exited = once(child, "exit")
      yield* jobs(slow).pipe(Effect.repeat({ until: (ordered) => ordered > 0, schedule: Schedule.spaced("20 millis") }))
      child.kill("SIGINT")
      yield* Effect.promise(() => exited)
      assert.strictEqual((yield* slow.requests).counts["tuningJobs.cancel"] ?? 0, 0)
      const cancelled = yield* example([...long, "--cancel"])
      assert.strictEqual(cancelled.code, 0, cancelled.stderr)
      assert.include(cancelled.stdout, "long cancelled")
      assert.strictEqual((yield* slow.requests).counts["tuningJobs.cancel"], 1)
    }).pipe(Effect.scoped)
  )

  it.live("says what is wrong with an engine", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const cases = [
        [["--engine", "oracle:x"], 2, "--engine takes memory"],
        [["--engine", "sqlite:/no/such/place/runs.db", "--endpoint", url], 2, "[StoreUnusable]"],
        [["--engine", "postgres://u:secret-word@127.0.0.1:1/none", "--endpoint", url], 2, "[StoreUnusable]"],
        [["--history"], 2, "--history needs --run-id"]
      ] as const
      for (const [flags, code, text] of cases) {
        const outcome = yield* example(["05-genai-ops", ...flags])
        assert.strictEqual(outcome.code, code, `${flags.join(" ")}: ${outcome.stderr}`)
        assert.include(outcome.stderr, text)
        assert.notInclude(outcome.stderr, "secret-word")
      }
    }).pipe(Effect.scoped)
  )
})
