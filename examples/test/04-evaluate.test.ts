import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@genops/emulator/Emulator"
import * as Cell from "@genops/pipelines/Cell"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createWriteStream, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { example } from "./Process.ts"

const metrics = [
  "summarization_quality",
  "groundedness",
  "verbosity",
  "instruction_following",
  "exact_match",
  "bleu",
  "rouge_1",
  "rouge_2",
  "rouge_l_sum"
]

const directory = () => mkdtempSync(join(tmpdir(), "genops-evaluate-"))
const read = (...path: ReadonlyArray<string>) => readFileSync(join(...path), "utf8")
const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [])
const cellsOf = (out: string, run: string) =>
  linesOf(join(out, run, "cells.jsonl")).map((line) => Result.getOrThrow(Cell.read(line)))

const row = (index: number, changes: Readonly<Record<string, unknown>> = {}) => ({
  id: `row-${index}`,
  instruction: "Summarize the article in one sentence",
  context: `Article ${index}. The lighthouse was built in 1870 and burned down in ${1900 + index}. It was rebuilt a year later.`,
  reference: `The lighthouse of 1870 was rebuilt after a fire in ${1900 + index}.`,
  ...changes
})

/** Writes rows, or the text of a file, into a file of their own. */
const dataset = (rows: ReadonlyArray<object> | string, name = "rows.jsonl") => {
  const file = join(directory(), name)
  writeFileSync(file, typeof rows === "string" ? rows : rows.map((one) => `${JSON.stringify(one)}\n`).join(""))
  return file
}

const generated = (emulator: Effect.Success<ReturnType<typeof Emulator.start>>) =>
  Effect.map(emulator.requests, ({ counts }) => counts["generateContent"] ?? 0)

describe("04-evaluate", () => {
  it.live("evaluates 29 articles by nine metrics and keeps all of it", () =>
    Effect.gen(function* () {
      const out = directory()
      const { code, stderr, stdout } = yield* example(["04-evaluate", "--out", out, "--run-id", "all"])
      assert.strictEqual(code, 0, stderr)
      for (const metric of metrics) assert.match(stdout, new RegExp(`^${metric} +-?\\d`, "m"))
      assert.match(stdout, /29 of 29 rows {3}\$0\.\d+ \(judge \$0\.\d+\) {3}p50/)
      assert.include(stdout, join(out, "all"))
      // What it will cost is said before the first progress, and what it did cost lies within.
      const [, likely, worst] = /estimate {3}\$([\d.]+) likely, \$([\d.]+) at worst for 29 rows/.exec(stderr) ?? []
      assert.isAbove(Number(likely), 0)
      assert.isBelow(stderr.indexOf("estimate"), stderr.search(/ \d+\/29 /))
      assert.isAtMost(Number(/spent \$([\d.]+)/.exec(stderr)?.[1]), Number(worst))
      assert.match(stderr, / 100% 29\/29 /)
      assert.include(stderr, "experiment eval-experiment-airflow-operator, run all")
      assert.notInclude(stdout + stderr, "\u001b")

      const cells = cellsOf(out, "all")
      assert.lengthOf(cells, 29)
      assert.strictEqual(new Set(cells.map(({ rowId }) => rowId)).size, 29)
      for (const cell of cells) {
        assert.match(cell.prompt ?? "", /^Summarize .*\. Article: .*\. Summary:$/)
        assert.isNotEmpty(cell.response)
        assert.isNotEmpty(cell.reference)
        assert.isAbove(cell.usage?.inputTokens ?? 0, 0)
        assert.sameMembers(Object.keys(cell.scores), metrics)
        assert.isAbove(Number(cell.cost), 0)
        assert.isNotEmpty(cell.scores["verbosity"]?.explanation)
      }
      const { candidates } = JSON.parse(read(out, "all", "summary.json"))
      assert.strictEqual(candidates[0].n_total, 29)
      assert.strictEqual(candidates[0].summary_metrics.row_count, 29)
      for (const metric of metrics) {
        const { interval, mean, n_error, n_total, n_valid, std } = candidates[0].metrics[metric]
        assert.strictEqual(n_total, 29)
        assert.strictEqual(n_valid + n_error, 29)
        assert.strictEqual(candidates[0].summary_metrics[`${metric}/mean`], mean)
        assert.strictEqual(candidates[0].summary_metrics[`${metric}/std`], std)
        if (interval !== null) assert.isTrue(interval.low <= mean && mean <= interval.high)
      }
    })
  )

  it.live(
    "killed again and again, it finishes, pays finished rows once, and comes to the same summary",
    () =>
      Effect.gen(function* () {
        const file = dataset(Array.from({ length: 40 }, (_, index) => row(index)))
        const emulator = yield* Emulator.start({ latency: 20 })
        const flags = [
          "04-evaluate",
          "--endpoint",
          emulator.url,
          "--dataset",
          file,
          "--id-column",
          "id",
          "--concurrency",
          "4"
        ]
        const whole = directory()
        const plain = yield* example([...flags, "--out", whole, "--run-id", "run"])
        assert.strictEqual(plain.code, 0, plain.stderr)
        const calls = yield* generated(emulator)
        assert.strictEqual(calls, 40 * 5)

        const out = directory()
        const kept = join(out, "run", "cells.jsonl")
        for (const rows of [5, 14, 30]) {
          const child = spawn(process.execPath, [
            join(import.meta.dirname, "../run.ts"),
            ...flags,
            "--out",
            out,
            "--run-id",
            "run"
          ])
          const exited = once(child, "exit")
          yield* Effect.repeat(
            Effect.sync(() => linesOf(kept).length),
            {
              until: (count) => count >= rows || child.exitCode !== null,
              schedule: Schedule.spaced("5 millis")
            }
          )
          child.kill("SIGKILL")
          assert.deepStrictEqual(yield* Effect.promise(() => exited), [null, "SIGKILL"])
        }
        // The end of a line that the last kill has torn.
        const stream = createWriteStream(kept, { flags: "a" })
        stream.end('{"runId":"run","candidate":"fl')
        yield* Effect.promise(() => once(stream, "finish"))

        const before = cellsOf(out, "run").length
        const paid = yield* generated(emulator)
        const last = yield* example([...flags, "--out", out, "--run-id", "run"])
        assert.strictEqual(last.code, 0, last.stderr)
        assert.isAtLeast(before, 30)
        assert.strictEqual((yield* generated(emulator)) - paid, (40 - before) * 5, "only unfinished rows are paid")
        // At most four rows were in flight at each kill.
        assert.isAtMost((yield* generated(emulator)) - calls, calls + 3 * 4 * 5)
        assert.strictEqual(new Set(cellsOf(out, "run").map(({ rowId }) => rowId)).size, 40)
        assert.lengthOf(cellsOf(out, "run"), 40)
        assert.strictEqual(read(out, "run", "summary.json"), read(whole, "run", "summary.json"))
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("interrupted, it keeps what the calls in flight bring, so that nothing is paid twice", () =>
    Effect.gen(function* () {
      const out = directory()
      const emulator = yield* Emulator.start({ latency: 200 })
      const file = dataset(Array.from({ length: 12 }, (_, index) => row(index)))
      const flags = ["04-evaluate", "--endpoint", emulator.url, "--dataset", file, "--out", out, "--run-id", "run"]
      const child = spawn(process.execPath, [join(import.meta.dirname, "../run.ts"), ...flags, "--concurrency", "3"])
      let stderr = ""
      child.stderr.on("data", (text: Buffer) => (stderr += text.toString()))
      const exited = once(child, "exit")
      yield* Effect.repeat(generated(emulator), {
        until: (count) => count >= 20,
        schedule: Schedule.spaced("5 millis")
      })
      child.kill("SIGINT")
      assert.deepStrictEqual(yield* Effect.promise(() => exited), [130, null], stderr)
      assert.isAbove(cellsOf(out, "run").length, 3)
      const rest = yield* example(flags)
      assert.strictEqual(rest.code, 0, rest.stderr)
      assert.include(rest.stdout, "12 of 12 rows")
      assert.strictEqual(yield* generated(emulator), 12 * 5)
    }).pipe(Effect.scoped)
  )

  it.live("stops when the budget is used up, with the rows so far kept, and goes on with more", () =>
    Effect.gen(function* () {
      const out = directory()
      const flags = ["04-evaluate", "--out", out, "--run-id", "poor"]
      const first = yield* example([...flags, "--budget-usd", "0.1"])
      assert.strictEqual(first.code, 4)
      assert.include(first.stderr, "[BudgetExceeded]")
      assert.include(first.stderr, "--run-id poor goes on")
      const some = cellsOf(out, "poor")
      assert.isAbove(some.length, 2)
      assert.isBelow(some.length, 29)
      assert.match(first.stdout, new RegExp(`${some.length} of 29 rows`))
      assert.isAtMost(
        some.reduce((sum, { spent }) => sum + Number(spent.generation) + Number(spent.judge), 0),
        0.1e12
      )
      const second = yield* example(flags)
      assert.strictEqual(second.code, 0, second.stderr)
      assert.include(second.stdout, "29 of 29 rows")
    })
  )

  it.live("ends with 3 when the gate refuses, and with 2 before anything is sent when the gate means nothing", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start()
      const flags = [
        "04-evaluate",
        "--endpoint",
        emulator.url,
        "--out",
        directory(),
        "--dataset",
        dataset([row(0), row(1)])
      ]
      for (const [gate, text] of [
        ["rouge_1<=0.5", "use atLeast"],
        ["rouge_11>=0.5", "near names are rouge_1"],
        ["rouge_1=0.5", "metric>=number"]
      ] as const) {
        const { code, stderr } = yield* example([...flags, "--gate", gate])
        assert.strictEqual(code, 2, stderr)
        assert.include(stderr, text)
      }
      assert.strictEqual(yield* generated(emulator), 0)
      const refused = yield* example([
        ...flags,
        "--gate",
        "rouge_1>=1",
        "--gate",
        "exact_match>=0",
        "--gate",
        "verbosity<=2"
      ])
      assert.strictEqual(refused.code, 3, refused.stderr)
      assert.match(
        refused.stderr,
        /\[ThresholdNotMet\] The gate refused flash\.\n {2}rouge_1 [\d.]+ .*is below 1\n {2}met: exact_match, verbosity/
      )
      assert.include(refused.stdout, "2 of 2 rows")
      assert.strictEqual((yield* example([...flags, "--gate", "rouge_1>=0"])).code, 0)
    }).pipe(Effect.scoped)
  )

  it.live(
    "refuses bad data before the first paid call, and names the row",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.start()
        const rows = Array.from({ length: 30 }, (_, index) => row(index))
        for (const [file, text] of [
          [dataset([]), "no rows"],
          [
            dataset([...rows, row(30, { reference: undefined })]),
            "Row row-30 has no reference, which the metric exact_match needs"
          ],
          [
            dataset([...rows, row(30, { context: undefined })]),
            "rows.jsonl:31 (row row-30)  The prompt needs {context}"
          ],
          [dataset([...rows, row(3)]), "the same id stands on line 4"],
          [dataset(`${JSON.stringify(row(0))}\n{"id": "x", "context": \n`), "rows.jsonl:2"],
          [
            dataset(`${JSON.stringify(row(0))}\n${JSON.stringify(row(1, { context: "x".repeat(100_000_000) }))}\n`),
            "1048576 bytes"
          ],
          [dataset("id,instruction,context\n1,Summarize,text\n", "rows.csv"), "Row 1 has no reference"],
          [dataset([row(0)], "rows.txt"), "does not end in .jsonl"],
          [join(directory(), "nothing.jsonl"), "no such file"]
        ] as const) {
          const flags = ["--dataset", file, "--id-column", "id", "--out", directory(), "--endpoint", emulator.url]
          const { code, stderr, stdout } = yield* example(["04-evaluate", ...flags])
          assert.strictEqual(code, 1, stderr)
          assert.include(stderr, text)
          assert.strictEqual(stdout, "")
        }
        assert.strictEqual(yield* generated(emulator), 0)
      }).pipe(Effect.scoped),
    60_000
  )

  it.live("does not continue a run with something else, nor beside another process", () =>
    Effect.gen(function* () {
      const out = directory()
      // Long enough for the other process to start and to plan beside it.
      const file = dataset(Array.from({ length: 24 }, (_, index) => row(index)))
      const emulator = yield* Emulator.start({ latency: 300 })
      const place = ["--endpoint", emulator.url, "--out", out, "--run-id", "one", "--dataset", file]
      const flags = ["04-evaluate", ...place, "--concurrency", "3"]
      const child = spawn(process.execPath, [join(import.meta.dirname, "../run.ts"), ...flags])
      const exited = once(child, "exit")
      yield* Effect.repeat(generated(emulator), { until: (count) => count > 0, schedule: Schedule.spaced("10 millis") })
      const beside = yield* example(flags)
      assert.strictEqual(beside.code, 1)
      assert.match(beside.stderr, /\[RunLocked\] Run one is being worked on by process \d+/)
      assert.deepStrictEqual(yield* Effect.promise(() => exited), [0, null])
      const other = yield* example([...flags, "--judge", "gemini-2.5-pro"])
      assert.strictEqual(other.code, 1)
      assert.include(other.stderr, "settings.judge: it has")
    }).pipe(Effect.scoped)
  )
})
