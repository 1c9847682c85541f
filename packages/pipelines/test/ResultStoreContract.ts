/**
 * What every ResultStore does.
 */
import * as Money from "@genops/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as Cell from "../src/Cell.ts"
import { ResultStore } from "../src/ResultStore.ts"
import type * as RunManifest from "../src/RunManifest.ts"

export const manifest = (runId = "run"): RunManifest.RunManifest => ({
  format: 1,
  runId,
  startedAt: "2026-11-24T00:00:00.000Z",
  candidates: [{ name: "flash", fingerprint: "f", configuration: { model: "gemini-3.5-flash", temperature: 0.1 } }],
  dataset: { source: "rows.jsonl", rows: 3, invalid: 0, sha256: "aa", firstRow: "a", lastRow: "c" },
  prompt: "Summarise: {article}",
  columns: { reference: "reference" },
  metrics: [
    { name: "rouge_1", definition: { type: "rouge_1" } },
    { name: "bleu", definition: null }
  ],
  settings: {},
  seed: 0,
  confidence: 0.95,
  prices: "2026-11-01",
  versions: {}
})

export const cell = (row: number, response = `answer ${row}`): Cell.Cell => ({
  runId: "run",
  candidate: "flash",
  fingerprint: "f",
  row,
  rowId: `row-${row}`,
  prompt: "p",
  reference: "line one\nline two\u2028",
  response,
  cost: Money.usd("0.000000000001"),
  scores: {
    rouge_1: { score: 0.1 + 0.2 },
    fluency: { score: null, error: { tag: "JudgeFailed", message: "prose", billed: "yes" } }
  },
  spent: { generation: Money.usd("0.000000000001"), judge: Money.zero, unknown: 0 }
})

const collect = <E>(kept: Stream.Stream<{ readonly cell: Cell.Cell }, E>) =>
  Effect.map(Stream.runCollect(kept), (all) => all.map(({ cell }) => cell))

export const suite = <E>(name: string, store: Layer.Layer<ResultStore, E>) => {
  describe(name, () => {
    const test = (what: string, body: Effect.Effect<void, unknown, ResultStore>) =>
      it.effect(what, () => Effect.provide(body, store))

    test(
      "gives back every cell as it was, in order, also after it was opened again",
      Effect.gen(function* () {
        const { open, read } = yield* ResultStore
        const cells = [cell(2), cell(0, ""), cell(1, "x".repeat(200_000)), cell(0, "again ✓ 🌍")]
        yield* Effect.scoped(
          Effect.gen(function* () {
            const run = yield* open(manifest())
            for (const one of cells) yield* run.append(one)
            assert.deepEqual(yield* collect(run.kept), cells)
          })
        )
        yield* Effect.scoped(
          Effect.gen(function* () {
            const run = yield* open({ ...manifest(), startedAt: "later", prices: "2027-01-01" })
            const kept = yield* Stream.runCollect(run.kept)
            assert.deepEqual(
              kept.map(({ cell }) => cell),
              cells
            )
            for (const { cell, position } of kept) assert.deepEqual(yield* run.at(position), cell)
            yield* run.append(cell(2, "after"))
            assert.lengthOf(yield* collect(run.kept), 5)
          })
        )
        const { kept, manifest: stored } = yield* read("run")
        assert.deepEqual((yield* collect(kept)).at(-1), cell(2, "after"))
        assert.strictEqual(stored.startedAt, manifest().startedAt)
      })
    )

    test(
      "keeps cells that are appended at the same time whole",
      Effect.gen(function* () {
        const run = yield* (yield* ResultStore).open(manifest())
        const all = Array.from({ length: 200 }, (_, row) => cell(row, "x".repeat(row * 50)))
        yield* Effect.forEach(all, run.append, { concurrency: "unbounded" })
        const kept = yield* collect(run.kept)
        assert.deepEqual(
          kept.toSorted((a, b) => a.row - b.row),
          all
        )
      }).pipe(Effect.scoped)
    )

    test(
      "refuses what was started with something else, and says what differs",
      Effect.gen(function* () {
        const { open } = yield* ResultStore
        yield* Effect.scoped(open(manifest()))
        const other: RunManifest.RunManifest = {
          ...manifest(),
          candidates: [
            { name: "flash", fingerprint: "g", configuration: { model: "gemini-3.5-flash", temperature: 0.9 } }
          ],
          dataset: { ...manifest().dataset, source: "moved.jsonl", sha256: "bb" },
          metrics: [{ name: "chrf", definition: null }, ...manifest().metrics]
        }
        const error = yield* Effect.flip(Effect.scoped(open(other)))
        assert.strictEqual(error._tag, "RunMismatch")
        if (error._tag !== "RunMismatch") return
        assert.deepStrictEqual(error.differences.map(({ path }) => path).toSorted(), [
          "candidates.flash.configuration.temperature",
          "candidates.flash.fingerprint",
          "dataset.sha256",
          "metrics.chrf.definition",
          "metrics.chrf.name"
        ])
        assert.include(error.message, "temperature: it has 0.1, now 0.9")
        assert.include(error.message, "Nothing was sent")
      })
    )

    test(
      "lets one at a time work on a run",
      Effect.gen(function* () {
        const { open, read } = yield* ResultStore
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* open(manifest())
            const error = yield* Effect.flip(Effect.scoped(open(manifest())))
            assert.strictEqual(error._tag, "RunLocked")
            assert.include(error.message, "process")
            yield* Effect.scoped(open(manifest("another")))
            yield* read("run")
          })
        )
        yield* Effect.scoped(open(manifest()))
      })
    )

    test(
      "names the runs that were probably meant",
      Effect.gen(function* () {
        const { open, read } = yield* ResultStore
        yield* Effect.scoped(open(manifest("nightly-1")))
        const error = yield* Effect.flip(read("nightly-2"))
        assert.strictEqual(error._tag, "RunNotFound")
        assert.include(error.message, "nightly-1")
      })
    )

    test(
      "takes no run id that is not the name of a directory",
      Effect.gen(function* () {
        const { open, read } = yield* ResultStore
        for (const runId of ["", ".", "..", "../x", "a/b", "a\\b", "-x", "a\n", "a\u0000", "x".repeat(101)]) {
          assert.strictEqual((yield* Effect.flip(Effect.scoped(open(manifest(runId)))))._tag, "InvalidRunId")
          assert.strictEqual((yield* Effect.flip(read(runId)))._tag, "InvalidRunId")
        }
      })
    )
  })
}
