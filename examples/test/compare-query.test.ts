/** What `06-compare-models` answers about runs that are kept, as a user asks it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import type * as Cell from "@genops/pipelines/Cell"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as RunManifest from "@genops/pipelines/RunManifest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { example } from "./Process.ts"

const definition = { _tag: "Computed", scale: { min: 0, max: 1, ideal: "high" } }
const rows = 12

/** A run of 12 rows, each a bit better than `base`. */
const keep = (root: string, runId: string, base: number) =>
  Effect.gen(function* () {
    const run = yield* (yield* ResultStore.ResultStore).open({
      format: 1,
      runId,
      startedAt: "2026-11-24T10:20:30.400Z",
      candidates: [{ name: "flash", fingerprint: runId, configuration: { model: "gemini-3.5-flash" } }],
      dataset: { source: "rows.jsonl", rows, invalid: 0, sha256: "aa", firstRow: "0", lastRow: "11" },
      prompt: null,
      columns: {},
      metrics: [{ name: "rouge_1", definition }],
      settings: {},
      seed: 0,
      confidence: 0.95,
      prices: "2026-11-01",
      versions: {}
    })
    for (let row = 0; row < rows; row++) {
      const score = { score: base + (row % 3) / 100, version: RunManifest.metricVersion(definition) }
      const cell: Cell.Cell = {
        runId,
        candidate: "flash",
        fingerprint: runId,
        row,
        rowId: String(row),
        response: row === 0 ? "=1+1" : "an answer",
        scores: { rouge_1: score },
        spent: { generation: Money.usd("0.1"), judge: Money.zero, unknown: 0 }
      }
      yield* run.append(cell)
    }
  }).pipe(Effect.scoped, Effect.provide(ResultStore.layerDirectory(root)))

describe("runs that are kept", () => {
  it.live(
    "are asked in SQL, exported and compared",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const root = yield* fs.makeTempDirectoryScoped()
        yield* keep(root, "first", 0.4)
        yield* keep(root, "second", 0.5)
        yield* fs.makeDirectory(`${root}/broken`)
        yield* fs.writeFileString(`${root}/broken/cells.jsonl`, "")
        const ask = (...flags: ReadonlyArray<string>) => example(["06-compare-models", "--out", root, ...flags])

        const spent = "SELECT run_id, sum(spent_usd) AS usd FROM cells GROUP BY ALL ORDER BY ALL"
        const table = yield* ask("--sql", spent)
        assert.strictEqual(table.code, 0, table.stderr)
        assert.deepStrictEqual(
          table.stdout
            .trim()
            .split("\n")
            .map((line) => line.trim().split(/ +/)),
          [
            ["run_id", "usd"],
            ["first", "1.200000000000"],
            ["second", "1.200000000000"]
          ]
        )
        assert.include(table.stderr, "broken")
        const lines = yield* ask("--json", "--sql", spent)
        assert.deepStrictEqual(
          lines.stdout
            .trim()
            .split("\n")
            .map((line): unknown => JSON.parse(line)),
          [
            { run_id: "first", usd: "1.200000000000" },
            { run_id: "second", usd: "1.200000000000" }
          ]
        )

        const file = `${root}/answers.csv`
        const exporting = ["--sql", "SELECT response FROM cells WHERE row_number = 0", "--export", file]
        assert.include((yield* ask(...exporting)).stdout, "2 rows")
        assert.strictEqual(yield* fs.readFileString(file), "response\r\n'=1+1\r\n'=1+1\r\n")
        const again = yield* ask(...exporting)
        assert.strictEqual(again.code, 2)
        assert.include(again.stderr, "exists")
        assert.strictEqual((yield* ask(...exporting, "--overwrite")).code, 0)

        const compared = yield* ask("--run-id", "second", "--against", "first")
        assert.match(compared.stdout, /flash \(changed\) +rouge_1 +12 +0\.1 .*better/)
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    60_000
  )

  it.live(
    "are not asked with flags that do not fit, nor with what is no query",
    () =>
      Effect.gen(function* () {
        for (const [flags, text] of [
          [["--export", "x.csv"], "--sql"],
          [["--sql", "FROM runs", "--export", "x.xlsx"], ".parquet"],
          [["--against", "first"], "--run-id"],
          [["--sql", "DROP TABLE cells"], "Only queries"]
        ] as const) {
          const ended = yield* example(["06-compare-models", "--out", import.meta.dirname, ...flags])
          assert.strictEqual(ended.code, 2, ended.stderr)
          assert.include(ended.stderr, text)
        }
      }),
    60_000
  )
})
