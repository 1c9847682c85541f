import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@genops/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { example } from "./Process.ts"

const name = "06-compare-models"
const directory = () => mkdtempSync(join(tmpdir(), "genops-compare-"))

const start = Effect.gen(function* () {
  const emulator = yield* Emulator.start({ tuning: { seconds: 0.5 } })
  const calls = Effect.map(emulator.requests, ({ counts }) => counts["generateContent"] ?? 0)
  const jobs = Effect.map(emulator.requests, ({ counts }) => counts["tuningJobs.create"] ?? 0)
  return { url: emulator.url, calls, jobs }
})

describe(name, () => {
  it.live("tunes, compares, loads, leaves its files; run again it pays nothing", () =>
    Effect.gen(function* () {
      const { calls, jobs, url } = yield* start
      const out = directory()
      const flags = [name, "--endpoint", url, "--out", out, "--run-id", "first", "--json"]
      const { code, stderr, stdout } = yield* example(flags)
      assert.strictEqual(code, 0, stderr)
      for (const file of [
        "run.json",
        "cells.jsonl",
        "summary.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "cells.csv"
      ]) {
        assert.isTrue(existsSync(join(out, "first", file)), file)
      }
      const { loaded, summary } = JSON.parse(stdout).result
      assert.deepStrictEqual([loaded.cells, loaded.summaries], [252, 7])
      const isBetter = summary.differences.some(
        (one: { candidate: string; metric: string; verdict: string }) =>
          one.candidate === "tuned" && one.metric === "rouge_1" && one.verdict === "better"
      )
      assert.isTrue(isBetter)
      const counts = yield* Effect.promise(() =>
        fetch(`${url}/bigquery/v2/projects/demo-project/datasets/genops/tables/cells`).then((answer) => answer.text())
      )
      assert.strictEqual(Number(JSON.parse(counts).numRows), 252)
      const paid = yield* calls
      const again = yield* example(flags)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.deepStrictEqual([yield* calls, yield* jobs], [paid, 1])
    }).pipe(Effect.scoped)
  )

  it.live("ends with 4 and a partial table when the budget is used up; raised, it pays only what is missing", () =>
    Effect.gen(function* () {
      const { calls, jobs, url } = yield* start
      const out = directory()
      const flags = [name, "--endpoint", url, "--out", out, "--run-id", "short", "--metric", "rouge_1"]
      const stopped = yield* example([...flags, "--budget-usd", "0.50"])
      assert.strictEqual(stopped.code, 4, stopped.stderr)
      assert.match(stopped.stdout, /stopped at \d+ %/)
      assert.include(stopped.stdout, "--run-id short")
      const before = yield* calls
      assert.isAbove(before, 0)
      assert.isBelow(before, 252)
      const raised = yield* example([...flags, "--budget-usd", "5"])
      assert.strictEqual(raised.code, 0, raised.stderr)
      assert.deepStrictEqual([yield* calls, yield* jobs], [252, 1])
    }).pipe(Effect.scoped)
  )

  it.live("finds what cannot work before it pays", () =>
    Effect.gen(function* () {
      const { calls, jobs, url } = yield* start
      const out = directory()
      const candidates = join(out, "candidates.yaml")
      writeFileSync(candidates, "- name: a\n  model: gemini-3.5-flash\n  temprature: 1\n")
      for (const [flags, code, text] of [
        [["--candidates", candidates], 2, "3:"],
        [["--template", "{qestion}"], 2, "qestion"],
        [["--metric", "rogue_1"], 2, "rouge_1"],
        [["--baseline", "flahs"], 2, "flash"],
        [["--gate", "nobody:rouge_1>=0.3"], 2, "nobody"]
      ] as const) {
        const wrong = yield* example([name, "--endpoint", url, "--out", out, ...flags])
        assert.strictEqual(wrong.code, code, wrong.stderr)
        assert.include(wrong.stderr, text)
      }
      assert.deepStrictEqual([yield* calls, yield* jobs], [0, 0])
    }).pipe(Effect.scoped)
  )

  it.live("compares the candidates of a file without tuning; a gate refuses with 3; events are JSON Lines", () =>
    Effect.gen(function* () {
      const { jobs, url } = yield* start
      const out = directory()
      const candidates = join(out, "candidates.yaml")
      writeFileSync(candidates, "- model: gemini-3.5-flash\n- name: cheap\n  model: gemini-3.1-flash-lite\n")
      const flags = [
        name,
        "--endpoint",
        url,
        "--out",
        out,
        "--run-id",
        "two",
        "--candidates",
        candidates,
        "--metric",
        "rouge_1"
      ]
      const refused = yield* example([...flags, "--gate", "cheap:rouge_1>=0.99", "--reporter", "json"])
      assert.strictEqual(refused.code, 3, refused.stderr)
      const events = refused.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).type)
      assert.deepStrictEqual([events[0], events.at(-1)], ["plan", "end"])
      assert.include(readFileSync(join(out, "two", "junit.xml"), "utf8"), "<failure")
      assert.strictEqual(yield* jobs, 0)
    }).pipe(Effect.scoped)
  )

  it.live(
    "answers Ctrl-C with the table so far and the command that goes on; what was in flight is not paid twice",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.start({ latency: 100 })
        const out = directory()
        const candidates = join(out, "candidates.yaml")
        writeFileSync(candidates, "- model: gemini-3.5-flash\n- name: cheap\n  model: gemini-3.1-flash-lite\n")
        const flags = [name, "--endpoint", emulator.url, "--out", out, "--run-id", "asked", "--candidates", candidates]
        const answers = [...flags, "--metric", "rouge_1", "--concurrency", "4"]
        const calls = Effect.map(emulator.requests, ({ counts }) => counts["generateContent"] ?? 0)
        const child = spawn(process.execPath, [join(import.meta.dirname, "../run.ts"), ...answers])
        const output = { stdout: "", stderr: "" }
        child.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()))
        child.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()))
        const closed = once(child, "close")
        yield* Effect.repeat(calls, { until: (count) => count >= 10, schedule: Schedule.spaced("5 millis") })
        child.kill("SIGINT")
        assert.deepStrictEqual(yield* Effect.promise(() => closed), [130, null], output.stderr)
        assert.match(output.stderr, /stopping: \d calls? in flight/)
        assert.match(output.stdout, /stopped at \d+ %/)
        assert.include(output.stdout, "--run-id asked")
        assert.isTrue(existsSync(join(out, "asked", "report.html")))
        assert.isBelow(yield* calls, 72)
        const rest = yield* example(answers)
        assert.strictEqual(rest.code, 0, rest.stderr)
        assert.strictEqual(yield* calls, 72)
      }).pipe(Effect.scoped)
  )
})
