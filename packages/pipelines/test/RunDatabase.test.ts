import * as Money from "@genops/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CompareModels from "../src/CompareModels.ts"
import type * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as Duck from "../src/internal/runDatabaseDuck.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as RunDatabase from "../src/RunDatabase.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"
import { cell, column, failure, inDirectory, keep, manifest, rowsOf } from "./RunDatabaseTrial.ts"

describe("tables", () => {
  it.effect("hold what comparisons have kept and summed up, to the last pico-dollar", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const summaries = new Map<string, ComparisonSummary.ComparisonSummary>()
        // The judge talks at first, which is paid too; the run that is resumed asks it again.
        for (const [runId, verdict] of [
          ["monday", "Well."],
          ["tuesday", "Well."],
          ["monday", undefined],
          ["tuesday", undefined]
        ] as const) {
          const metrics = ["exact_match", "rouge_1", "fluency"]
          const models = CompareTrial.models(undefined, () => verdict ?? Trial.verdict(4))
          const { summary } = yield* CompareModels.run(CompareTrial.options(8, { runId, metrics, repeats: 2 })).pipe(
            Effect.provide(Layer.merge(models, ResultStore.layerDirectory(root)))
          )
          summaries.set(runId, summary)
        }
        const runs = yield* RunDatabase.open(root)
        assert.deepStrictEqual([runs.runs, runs.damaged], [["monday", "tuesday"], []])
        const [counts] = yield* rowsOf(
          runs,
          "SELECT (SELECT count(*) FROM runs) AS r, (SELECT count(*) FROM cells) AS c, (SELECT count(*) FROM scores) AS s, (SELECT count(*) FROM summaries) AS m"
        )
        assert.deepStrictEqual(counts, { r: 2, c: 96, s: 288, m: 6 })
        assert.isAbove(Number((yield* column(runs, "SELECT max(attempts) FROM cells"))[0]), 1)
        const sums = yield* RunDatabase.query(
          runs,
          Schema.Struct({
            run_id: Schema.String,
            candidate: Schema.String,
            spent: Schema.toCodecJson(Money.Money),
            summed: Schema.toCodecJson(Money.Money),
            output: Schema.Int,
            mean: Schema.Finite
          }),
          `SELECT c.run_id, c.candidate, sum(spent_usd) AS spent, any_value(m.cost_usd) AS summed, sum(c.output_tokens) AS output,
             (SELECT avg(score) FROM scores s WHERE s.run_id = c.run_id AND s.candidate = c.candidate AND metric = 'rouge_1') AS mean
           FROM cells c JOIN summaries m USING (run_id, candidate) GROUP BY ALL ORDER BY ALL`
        ).pipe(Stream.runCollect)
        assert.lengthOf(sums, 6)
        for (const { candidate, mean, output, run_id, spent, summed } of sums) {
          const summary = summaries.get(run_id)
          if (summary === undefined) return assert.fail(run_id)
          const found = CompareTrial.candidate(summary, candidate)
          assert.deepStrictEqual([spent, summed, output], [found.cost_usd, found.cost_usd, found.tokens.output])
          assert.closeTo(mean, found.metrics["rouge_1"]?.mean ?? NaN, 1e-12)
        }
        const statistics =
          "SELECT metrics->'rouge_1'->>'mean' FROM summaries WHERE candidate = 'lite' AND run_id = 'monday'"
        const lite = summaries.get("monday")?.candidates.find(({ candidate }) => candidate === "lite")
        assert.deepStrictEqual(yield* column(runs, statistics), [String(lite?.metrics["rouge_1"]?.mean)])
      })
    )
  )

  it.effect("say what a run, a cell and a score are", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        yield* keep(root, manifest("one"), [cell("flash", 0), cell("flash", 1, {})])
        const runs = yield* RunDatabase.open(root)
        const [run] = yield* rowsOf(runs, "FROM runs")
        assert.deepInclude(run, {
          run_id: "one",
          started_at: "2026-11-24T10:20:30.400Z",
          candidates: ["flash"],
          metrics: ["rouge_1", "ter", "verbosity"],
          settings: { judge: "none" },
          baseline: null,
          repeats: 1,
          has_summary: false
        })
        const [answered, failed] = yield* rowsOf(runs, "FROM cells ORDER BY row_number")
        assert.deepInclude(answered, {
          evaluated_model: "gemini-flash",
          row_id: "row-0",
          repeat: 0,
          response: "answer 0",
          input_tokens: 10,
          cost_usd: "0.000000000001",
          spent_usd: "0.250000000001",
          latency_ms: 100.5,
          error_tag: null
        })
        assert.deepInclude(failed, { response: null, error_tag: "Unavailable", cost_usd: null, latency_ms: null })
        const [score] = yield* rowsOf(runs, "FROM scores")
        assert.deepInclude(score, { metric: "rouge_1", score: 0.5, error_tag: null })
        const about = "SELECT comment FROM duckdb_columns() WHERE table_name = 'cells' AND column_name = 'spent_usd'"
        assert.deepStrictEqual(yield* column(runs, about), ["Answers and judges, of all attempts"])
      })
    )
  )

  it.effect("count of several lines of a cell the last one, with its scores and what all have cost", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const lines = [
          cell("flash", 0, { rouge_1: 0.1, ter: 3 }),
          cell("flash", 1, {}),
          cell("flash", 0, { rouge_1: 0.9 }, { response: "again" }),
          cell("flash", 0, { rouge_1: 0.2 }, { response: "other repeat", repeat: 1 }),
          cell("flash", 1, { rouge_1: 0.4 }),
          cell("flash", 1, { rouge_1: 0.6 }, { response: "third" })
        ]
        for (const run of ["a", "b"]) yield* keep(root, manifest(run, { repeats: 2 }), lines)
        const runs = yield* RunDatabase.open(root)
        const cells = yield* rowsOf(
          runs,
          "SELECT row_number AS row, repeat, response, attempts, spent_usd, spent_unknown, line FROM cells WHERE run_id = 'b' ORDER BY ALL"
        )
        assert.deepStrictEqual(cells, [
          { row: 0, repeat: 0, response: "again", attempts: 2, spent_usd: "0.500000000002", spent_unknown: 2, line: 3 },
          {
            row: 0,
            repeat: 1,
            response: "other repeat",
            attempts: 1,
            spent_usd: "0.250000000001",
            spent_unknown: 1,
            line: 4
          },
          { row: 1, repeat: 0, response: "third", attempts: 3, spent_usd: "0.750000000003", spent_unknown: 3, line: 6 }
        ])
        const scores = yield* rowsOf(
          runs,
          "SELECT row_number AS row, repeat, metric, score FROM scores WHERE run_id = 'a' ORDER BY ALL"
        )
        assert.deepStrictEqual(scores, [
          { row: 0, repeat: 0, metric: "rouge_1", score: 0.9 },
          { row: 0, repeat: 1, metric: "rouge_1", score: 0.2 },
          { row: 1, repeat: 0, metric: "rouge_1", score: 0.6 }
        ])
      })
    )
  )

  it.effect("leave out what is not of the run, as its summary does", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        yield* keep(root, manifest("run"), [
          cell("flash", 0),
          cell("flash", 1, {}, { scores: { rouge_1: { score: 1, version: "older" }, gone: { score: 1 } } }),
          cell("flash", 3),
          cell("flash", 2, {}, { fingerprint: "another" }),
          cell("flash", 2, {}, { repeat: 1 }),
          cell("stranger", 2)
        ])
        const runs = yield* RunDatabase.open(root)
        assert.deepStrictEqual(yield* column(runs, "SELECT row_number FROM cells ORDER BY ALL"), [0, 1])
        assert.deepStrictEqual(yield* column(runs, "SELECT row_number FROM scores"), [0])
      })
    )
  )

  it.effect("keep texts as they are, whatever is in them", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const texts = ["'; DROP TABLE cells; --", "a\u0000b", "✓ 🌍 \u2028\n\r\t", "", "x".repeat(300_000), '{"a":1}']
        yield* keep(root, manifest("run", { rows: 20 }), [
          ...texts.map((response, row) => cell("flash", row, { ter: 1 }, { response })),
          cell("flash", 10, { ter: 1 }, { response: "half \ud83d of a pair" })
        ])
        const runs = yield* RunDatabase.open(root)
        assert.deepStrictEqual(yield* column(runs, "SELECT response FROM cells ORDER BY row_number"), [
          ...texts,
          "half \ufffd of a pair"
        ])
      })
    )
  )
})

describe("open", () => {
  it.effect("takes a last line that was torn, or is only being written, for none", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        yield* keep(root, manifest("run"), [cell("flash", 0), cell("flash", 1)])
        const file = `${root}/run/cells.jsonl`
        const whole = yield* fs.readFileString(file)
        const second = whole.indexOf("\n") + 1
        for (const length of [second, second + 1, second + 50, whole.length - 1]) {
          yield* fs.writeFileString(file, whole.slice(0, length))
          const runs = yield* RunDatabase.open(root)
          assert.deepStrictEqual(yield* column(runs, "SELECT row_number FROM cells"), [0])
          assert.deepStrictEqual(runs.damaged, [])
        }
      })
    )
  )

  it.effect("names directories that are damaged, and has nothing of them and all of the others", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        for (const run of ["a-good", "b-torn", "c-json", "d-summary", "e-none", "f-good"])
          yield* keep(root, manifest(run, { rows: 3000 }), [cell("flash", 0), cell("flash", 1)])
        const lines = (yield* fs.readFileString(`${root}/b-torn/cells.jsonl`)).split("\n")
        // More than are appended at once are before the damage.
        yield* fs.writeFileString(
          `${root}/b-torn/cells.jsonl`,
          `${Array.from({ length: 2500 }, () => lines[0]).join("\n")}\n{"row": 1}\n${lines[1]}\n`
        )
        yield* fs.writeFileString(`${root}/c-json/run.json`, "{")
        yield* fs.writeFileString(`${root}/d-summary/summary.json`, '{"candidates": 3}')
        yield* fs.remove(`${root}/e-none/run.json`)
        yield* fs.makeDirectory(`${root}/not a run`)
        yield* fs.writeFileString(`${root}/notes.txt`, "")
        const runs = yield* RunDatabase.open(root)
        assert.deepStrictEqual(runs.runs, ["a-good", "f-good"])
        assert.deepStrictEqual(
          runs.damaged.map(({ runId }) => runId),
          ["b-torn", "c-json", "d-summary", "e-none"]
        )
        assert.include(runs.damaged[0]?.message, "cells.jsonl:2501")
        assert.include(runs.damaged[2]?.message, "summary.json")
        assert.include(runs.damaged[3]?.message, "no run.json")
        for (const table of ["runs", "cells", "scores"])
          assert.deepStrictEqual(yield* column(runs, `SELECT DISTINCT run_id FROM ${table} ORDER BY ALL`), [
            "a-good",
            "f-good"
          ])
      })
    )
  )

  it.effect("gives empty tables for an empty directory", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        assert.deepStrictEqual([runs.runs, runs.damaged], [[], []])
        for (const table of ["runs", "cells", "scores", "summaries"])
          assert.deepStrictEqual(yield* rowsOf(runs, `FROM ${table}`), [])
      })
    )
  )

  it.effect("says which directory or run is not there", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        yield* keep(root, manifest("nightly-1"), [cell("flash", 0)])
        yield* keep(root, manifest("nightly-2"), [cell("flash", 0)])
        const runs = yield* RunDatabase.open(root, { runs: ["nightly-2"] })
        assert.deepStrictEqual(yield* column(runs, "SELECT run_id FROM cells"), ["nightly-2"])
        const missing = yield* Effect.flip(RunDatabase.open(root, { runs: ["nightly-3"] }))
        assert.strictEqual(missing._tag, "RunNotFound")
        assert.include(missing.message, "nightly-1")
        assert.strictEqual((yield* Effect.flip(RunDatabase.open(root, { runs: ["../x"] })))._tag, "InvalidRunId")
        const nowhere = yield* Effect.flip(RunDatabase.open(`${root}/nowhere`))
        assert.strictEqual(nowhere._tag, "RunsUnreadable")
        assert.include(nowhere.message, `${root}/nowhere`)
      })
    )
  )

  it("says how to install DuckDB", () => {
    const reason = "Cannot find package '@duckdb/node-api' imported from /app/node_modules/x.js"
    assert.include(new RunDatabase.DatabaseUnavailable({ reason }).message, "npm install @duckdb/node-api")
  })

  it.effect("fits more than its memory, and leaves no temporary file", () =>
    inDirectory(({ fs, root }) =>
      Effect.gen(function* () {
        const count = 7_000
        yield* keep(root, manifest("run", { rows: count }), [cell("flash", 0, { ter: 1 }, { response: "TEXT" })])
        const file = `${root}/run/cells.jsonl`
        const line = yield* fs.readFileString(file)
        const lines = Array.from({ length: count }, (_, row) =>
          line.replace('"row":0', `"row":${row}`).replace("TEXT", `${row} and so on `.repeat(4000 / 10).slice(0, 4000))
        )
        yield* fs.writeFileString(file, lines.join(""))
        const spill = yield* Effect.scoped(
          Effect.gen(function* () {
            const runs = yield* RunDatabase.open(root, { memory: "25MB" })
            assert.deepStrictEqual(yield* column(runs, "SELECT sum(length(response)) FROM cells"), [count * 4000])
            const directory = String((yield* column(runs, "SELECT current_setting('temp_directory')"))[0])
            assert.isAbove((yield* fs.readDirectory(directory)).length, 0)
            return directory
          })
        )
        assert.isFalse(yield* fs.exists(spill))
        const error = yield* Effect.flip(Effect.scoped(RunDatabase.open(root, { memory: "1MB" })))
        assert.strictEqual(error._tag, "DatabaseUnavailable")
        assert.include(error.message, "memory")
      })
    )
  )
})

describe("sql", () => {
  it.effect("gives rows as JSON, and takes values apart from the statement", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        const [row] = yield* rowsOf(
          runs,
          `SELECT 1 AS i, count(*) AS c, 9007199254740993 AS big, sum(1) AS sum, 1.50 AS dec, 0.1::DOUBLE AS d, 'nan'::DOUBLE AS nan, true AS b,
             NULL AS n, TIMESTAMPTZ '2026-11-28 10:00:00.5+02' AS tz, TIMESTAMP '2026-11-28 10:00:00' AS ts, DATE '2026-11-28' AS day,
             [1, NULL] AS list, {'a': [9007199254740993], 'b': 1.5} AS struct, '{"a": [1, null]}'::JSON AS json, '\\xAA'::BLOB AS blob`
        )
        assert.deepStrictEqual(row, {
          i: 1,
          c: 1,
          big: "9007199254740993",
          sum: 1,
          dec: "1.50",
          d: 0.1,
          nan: NaN,
          b: true,
          n: null,
          tz: "2026-11-28T08:00:00.500Z",
          ts: "2026-11-28T10:00:00",
          day: "2026-11-28",
          list: [1, null],
          struct: { a: ["9007199254740993"], b: "1.5" },
          json: { a: [1, null] },
          blob: "qg=="
        })
        const hostile = "'; DROP TABLE cells; --"
        assert.deepStrictEqual(yield* rowsOf(runs, "SELECT $1 AS a, $2 AS b, $3 IS NULL AS c", [hostile, 2n, null]), [
          { a: hostile, b: 2, c: true }
        ])
        assert.deepStrictEqual(yield* rowsOf(runs, "SELECT $a AS a", { a: 1.5 }), [{ a: 1.5 }])
        const many = yield* Stream.runFold(
          runs.sql("SELECT range AS n FROM range(100000)"),
          () => 0,
          (sum, { n }) => sum + Number(n)
        )
        assert.strictEqual(many, 4_999_950_000)
      })
    )
  )

  it.effect("says what is wrong, and quotes no text of a cell", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        yield* keep(root, manifest("run"), [cell("flash", 0, { ter: 1 }, { response: "it's a 'secret' answer" })])
        const runs = yield* RunDatabase.open(root)
        assert.include(yield* failure(runs, "SELECT respnse FROM cells"), '"response"')
        assert.include(yield* failure(runs, "FROM cellz"), "Did you mean")
        assert.include(yield* failure(runs, "SELEC 1"), "syntax error")
        assert.include(yield* failure(runs, "SELECT $1"), "1")
        assert.include(yield* failure(runs, ""), "query failed")
        const conversion = yield* failure(runs, "SELECT response::INT FROM cells")
        assert.include(conversion, "Could not convert")
        assert.notInclude(conversion, "secret")
        const mismatch = yield* RunDatabase.query(runs, Schema.Struct({ n: Schema.Int }), "SELECT 'x' AS n").pipe(
          Stream.runDrain,
          Effect.flip
        )
        assert.strictEqual(mismatch._tag, "RowNotDecoded")
        assert.include(mismatch.message, "Row 0")
      })
    )
  )

  const endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3"

  it.live("is stopped by an interruption, and the next query runs", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const runs = yield* RunDatabase.open(root)
        for (const wait of [0, 5, 50]) {
          const fiber = yield* Effect.forkChild(rowsOf(runs, endless))
          yield* Effect.sleep(wait)
          yield* Fiber.interrupt(fiber)
        }
        assert.deepStrictEqual(yield* column(runs, "SELECT 1"), [1])
      })
    )
  )

  it.live("is stopped also when DuckDB has not yet begun", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const connection = yield* Duck.connect(yield* Duck.open({ directory: root, memory: "100MB" }))
        const failed = () => new RunDatabase.QueryFailed({ statement: endless, reason: "stopped" })
        for (let times = 0; times < 10; times++) {
          const work = Duck.stoppable(connection, () => connection.run(endless), failed)
          const fiber = yield* Effect.forkChild(work, { startImmediately: true })
          yield* Fiber.interrupt(fiber)
        }
        assert.strictEqual((yield* Effect.promise(() => connection.runAndReadAll("SELECT 1"))).currentRowCount, 1)
      })
    )
  )

  it.effect("works in many fibers at once", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        yield* keep(root, manifest("run"), [cell("flash", 0)])
        const runs = yield* RunDatabase.open(root)
        const all = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, n) => n),
          (n) => column(runs, "SELECT count(*) + $1 FROM cells", [n]),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          all.flat(),
          Array.from({ length: 20 }, (_, n) => n + 1)
        )
      })
    )
  )
})
