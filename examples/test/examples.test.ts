import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@genops/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { example } from "./Process.ts"

const names = readdirSync(join(import.meta.dirname, ".."))
  .filter((file) => /^\d\d-.*(?<!\.test)\.ts$/.test(file))
  .map((file) => file.slice(0, -".ts".length))

const Rows = Schema.fromJsonString(
  Schema.Struct({
    result: Schema.Array(
      Schema.Struct({
        configuration: Schema.Struct({ name: Schema.String }),
        fingerprint: Schema.String,
        text: Schema.String,
        finishReason: Schema.String,
        costUsd: Schema.String,
        citations: Schema.Array(Schema.Struct({ uri: Schema.String }))
      })
    ),
    spentUsd: Schema.String
  })
)

describe("every example", () => {
  it("is found", () => assert.includeMembers(names, ["01-generate-content", "02-enforce-budgets"]))

  for (const name of names) {
    it.live(`${name} explains itself, runs, and plans without sending`, () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.start()
        const help = yield* example([name, "--help"])
        assert.strictEqual(help.code, 0)
        for (const flag of ["--live", "--project", "--location", "--endpoint", "--out", "--budget-usd", "--dry-run"]) {
          assert.include(help.stdout, flag)
        }
        const plan = yield* example([name, "--dry-run", "--endpoint", emulator.url])
        assert.strictEqual(plan.code, 0, plan.stderr)
        assert.match(plan.stdout, /estimate +\$[\d.]+ likely, \$[\d.]+ at worst/)
        const planned = yield* emulator.requests
        assert.strictEqual(planned.counts["generateContent"] ?? 0, 0)
        assert.isAbove(planned.counts["countTokens"] ?? 0, 0)
        assert.strictEqual(planned.counts["tuningJobs.create"] ?? 0, 0)
        const real = yield* example([name, "--endpoint", emulator.url])
        assert.strictEqual(real.code, 0, real.stderr)
        const { counts } = yield* emulator.requests
        assert.isAbove((counts["generateContent"] ?? 0) + (counts["tuningJobs.create"] ?? 0), 0)
        assert.match(real.stderr, /spent \$0\.\d+ of \$/)
      }).pipe(Effect.scoped)
    )

    it.live(
      `${name} ends with 2 on wrong usage, and says what is wrong`,
      () =>
        Effect.forEach(
          [
            [["--bugdet-usd", "1"], "--budget-usd"],
            [["--budget-usd", "NaN"], "not an amount"],
            [["--budget-usd", "-1"], "not an amount"],
            [["--budget-usd", "1e999"], "not an amount"],
            [["--live"], "--project"],
            [["--project", "p"], "--live"],
            [["--live", "--project", "p", "--endpoint", "http://127.0.0.1:1"], "exclude"],
            [["--location", "EVIL.example/"], "location"],
            [["--endpoint", "http://example.com"], "plain http"]
          ] as const,
          ([flags, text]) =>
            Effect.map(example([name, ...flags]), ({ code, stderr }) => {
              assert.strictEqual(code, 2, `${flags.join(" ")}: ${stderr}`)
              assert.include(stderr, text)
            }),
          { concurrency: 3, discard: true }
        ),
      60_000
    )
  }

  it.live("is not confused with one that does not exist", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* example(["99-nothing"])
      assert.strictEqual(code, 2)
      assert.include(stderr, "01-generate-content")
    })
  )
})

describe("01-generate-content", () => {
  it.live("answers with six configurations, the grounded one with its sources", () =>
    Effect.gen(function* () {
      const out = mkdtempSync(join(tmpdir(), "genops-out-"))
      const { stdout } = yield* example(["01-generate-content", "--json", "--out", out])
      const { result, spentUsd } = yield* Schema.decodeEffect(Rows)(stdout)
      assert.deepStrictEqual(
        result.map(({ configuration }) => configuration.name),
        ["pro", "flash", "deterministic", "balanced", "random", "grounded"]
      )
      for (const row of result) {
        assert.notStrictEqual(row.text, "")
        assert.strictEqual(row.finishReason, "STOP")
        assert.isAbove(Number(row.costUsd), 0)
        assert.strictEqual(row.citations.length > 0, row.configuration.name === "grounded")
      }
      assert.strictEqual(new Set(result.map(({ fingerprint }) => fingerprint)).size, 6)
      assert.isAbove(new Set(result.map(({ text }) => text)).size, 2)
      // What was settled is what the answers cost, and one search of the grounded one.
      const answers = result.reduce((sum, { costUsd }) => sum + Number(costUsd), 0)
      assert.isAtLeast(Number(spentUsd), answers - 1e-12)
      assert.strictEqual(readFileSync(join(out, "01-generate-content.json"), "utf8").trim(), stdout.trim())
    })
  )

  it.live("reports a refused row, keeps the others, and ends with 4", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* example(["01-generate-content", "--budget-usd", "0.02"])
      assert.strictEqual(code, 4)
      assert.include(stdout, "BudgetExceeded")
      assert.include(stdout, "STOP")
      assert.include(stderr, "[BudgetExceeded]")
    })
  )

  it.live("ends with 1 when Vertex cannot be reached", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* example(["01-generate-content", "--endpoint", "http://127.0.0.1:1"])
      assert.strictEqual(code, 1)
      assert.include(stderr, "Nothing was billed")
    })
  )
})

describe("02-enforce-budgets", () => {
  it.live("sends nothing that does not fit, and ends with 4", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.start()
      for (const limit of [
        ["--max-tokens", "20"],
        ["--max-characters", "20"],
        ["--budget-usd", "0.000001"]
      ]) {
        const { code, stderr, stdout } = yield* example(["02-enforce-budgets", "--endpoint", emulator.url, ...limit])
        assert.strictEqual(code, 4, stderr)
        assert.strictEqual(stdout, "")
        assert.include(stderr, "not sent")
      }
      assert.strictEqual((yield* emulator.requests).counts["generateContent"] ?? 0, 0)
    }).pipe(Effect.scoped)
  )

  it.live(
    "finishes what it sent when it is interrupted, and ends with 130",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.start({ latency: 1_500 })
        const run = join(import.meta.dirname, "../run.ts")
        const child = spawn(process.execPath, [run, "02-enforce-budgets", "--endpoint", emulator.url])
        let stderr = ""
        child.stderr.on("data", (text: Buffer) => (stderr += text.toString()))
        const exited = once(child, "exit")
        // The interrupt arrives while the answer is awaited: the request is with the server.
        yield* Effect.repeat(emulator.requests, {
          until: ({ counts }) => (counts["generateContent"] ?? 0) > 0,
          schedule: Schedule.spaced("20 millis")
        })
        child.kill("SIGINT")
        const [code] = yield* Effect.promise(() => exited)
        assert.strictEqual(code, 130, stderr)
        assert.match(stderr, /spent \$0\.000[1-9]/)
      }).pipe(Effect.scoped),
    60_000
  )
})
