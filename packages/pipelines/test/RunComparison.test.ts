import * as MultipleTesting from "@genops/core/statistics/MultipleTesting"
import * as PairedBootstrap from "@genops/core/statistics/PairedBootstrap"
import * as PairedPermutation from "@genops/core/statistics/PairedPermutation"
import * as Random from "@genops/core/statistics/Random"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as CompareModels from "../src/CompareModels.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as RunComparison from "../src/RunComparison.ts"
import * as RunDatabase from "../src/RunDatabase.ts"
import type * as RunManifest from "../src/RunManifest.ts"
import * as CompareTrial from "./CompareTrial.ts"
import { cell, inDirectory, keep, manifest, type Scores } from "./RunDatabaseTrial.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)
const hint = `GENOPS_SEED=${seed}`

const between = (root: string, ...given: Parameters<typeof RunComparison.between>) =>
  Effect.provide(RunComparison.between(...given), ResultStore.layerDirectory(root))

const cellsOf = (candidate: string, rows: number, scores: (row: number) => Scores) =>
  Array.from({ length: rows }, (_, row) => cell(candidate, row, scores(row)))

describe("between", () => {
  it.effect("finds what core's statistics find on the rows that both have scores for", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const next = Random.xoshiro128ss(seed)
        const share = () => Math.round((next() / 2 ** 32) * 20) / 20
        for (const [index, rows] of [12, 40].entries()) {
          const given = ["before", "after"].map(() =>
            Array.from({ length: rows }, (): Scores => ({
              rouge_1: share(),
              ter: share() * 90,
              verbosity: share() * 4 - 2
            }))
          )
          // A row is only in the one run, another only in the other, and the order is not the same.
          const [earlier = [], later = []] = given
          const options = { rows, seed: 11 }
          const runs = [`before-${index}`, `after-${index}`] as const
          const scored = (of: ReadonlyArray<Scores>) => cellsOf("flash", rows, (row) => of[row] ?? {})
          yield* keep(
            root,
            manifest(runs[0], options),
            scored(earlier).filter(({ row }) => row !== 3)
          )
          yield* keep(
            root,
            manifest(runs[1], options),
            scored(later)
              .filter(({ row }) => row !== 5)
              .toReversed()
          )
          const { differences, left_out } = yield* between(root, ...runs)
          assert.deepStrictEqual(left_out, [])
          const ideals = { rouge_1: (x: number) => x, ter: (x: number) => x, verbosity: Math.abs } as const
          const ps: Array<number> = []
          for (const [metric, turn] of [
            ["rouge_1", ideals.rouge_1],
            ["ter", ideals.ter],
            ["verbosity", ideals.verbosity]
          ] as const) {
            const common = (of: ReadonlyArray<Scores>) =>
              of.flatMap((scores, row) => (row === 3 || row === 5 ? [] : [turn(scores[metric] ?? NaN)]))
            const [mine, theirs] = [common(later), common(earlier)]
            const bootstrap = Result.getOrThrow(PairedBootstrap.test(mine, theirs, { confidence: 0.95, seed: 11 }))
            const permutation = Result.getOrThrow(PairedPermutation.test(mine, theirs, { seed: 11 }))
            ps.push(permutation.p)
            const found = differences.find((one) => one.metric === metric)
            assert.deepInclude(
              found,
              { candidate: "flash", against: "flash", same: true, n: rows - 2, p: permutation.p },
              hint
            )
            assert.closeTo(
              found?.mean ?? NaN,
              mine.reduce((sum, value, i) => sum + value - (theirs[i] ?? 0), 0) / (rows - 2),
              1e-9
            )
            assert.closeTo(found?.low ?? NaN, bootstrap.low, 1e-9, hint)
            assert.closeTo(found?.high ?? NaN, bootstrap.high, 1e-9, hint)
          }
          assert.deepStrictEqual(
            differences.map(({ p_adjusted }) => p_adjusted),
            [...Result.getOrThrow(MultipleTesting.holm(ps))],
            hint
          )
        }
      })
    )
  )

  it.effect("says of candidates in two runs what one comparison of the same cells says", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const options = CompareTrial.options(30)
        const store = ResultStore.layerDirectory(root)
        const run = (runId: string, candidates: CompareModels.Options<object, never>["candidates"]) =>
          Effect.provide(
            CompareModels.run({ ...options, runId, candidates }),
            Layer.merge(CompareTrial.models(), store)
          )
        const { summary } = yield* run("both", [CompareTrial.flash, CompareTrial.careful])
        yield* run("before", [CompareTrial.flash])
        yield* run("after", [CompareTrial.careful])
        const pairs = [{ candidate: "careful", against: "flash" }]
        const found = yield* between(root, "before", "after", { pairs })
        assert.deepStrictEqual(
          found.differences.map(({ against: _against, same: _same, ...difference }) => difference),
          summary.differences
        )
        assert.isTrue(found.differences.some(({ verdict }) => verdict === "better"))
        assert.isTrue(found.differences.every(({ same }) => !same))
        const alone = yield* Effect.flip(between(root, "before", "after"))
        assert.strictEqual(alone._tag, "RunsNotComparable")
        assert.include(alone.message, "pairs")
      })
    )
  )

  it.effect("corrects over all candidates, which can cost a verdict, never give one", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const names = ["a", "b", "c", "d", "e", "f"]
        const settings = {
          names,
          rows: 8,
          metrics: [{ name: "rouge_1", definition: manifest("x").metrics[0]?.definition ?? null }]
        }
        // 8 of 8 rows are better: p is 2^-7, below 0.05 also if it is one of six tests, and not of thirty-six.
        const better = (row: number) => ({ rouge_1: 0.4 + row / 100 })
        const worse = (row: number) => ({ rouge_1: 0.2 + (row % 3) / 100 })
        yield* keep(
          root,
          manifest("before", settings),
          names.flatMap((name) => cellsOf(name, 8, worse))
        )
        yield* keep(
          root,
          manifest("after", settings),
          names.flatMap((name) =>
            cellsOf(name, 8, name === "a" ? better : (row) => ({ rouge_1: 0.2 + ((row + 1) % 3) / 100 }))
          )
        )
        const one = yield* between(root, "before", "after", { pairs: [{ candidate: "a", against: "a" }] })
        assert.deepInclude(one.differences[0], { verdict: "better", p: 2 ** -7, p_adjusted: 2 ** -7 })
        const all = yield* between(root, "before", "after")
        assert.lengthOf(all.differences, 6)
        const all_a = all.differences.find(({ candidate }) => candidate === "a")
        assert.deepInclude(all_a, { p: 2 ** -7, p_adjusted: 6 * 2 ** -7, verdict: "better" })
        const many = yield* between(root, "before", "after", {
          pairs: names.flatMap((against) => names.map((candidate) => ({ candidate, against })))
        })
        assert.isTrue(
          many.differences.every(({ verdict }) => verdict === "no_difference_shown"),
          JSON.stringify(many)
        )
      })
    )
  )

  it.effect("counts the last line of a cell, averages repeats, and finds no difference in none", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const rows = 10
        const score = (row: number) => ({ rouge_1: row / 10 })
        yield* keep(root, manifest("before", { rows }), cellsOf("flash", rows, score))
        yield* keep(root, manifest("after", { rows, repeats: 2 }), [
          ...cellsOf("flash", rows, () => ({ rouge_1: 1 })),
          ...cellsOf("flash", rows, (row) => ({ rouge_1: row / 10 - 0.05 })),
          ...cellsOf("flash", rows, (row) => ({ rouge_1: row / 10 + 0.05 })).map((one) => ({ ...one, repeat: 1 })),
          cell("flash", 0, { rouge_1: 1 }, { fingerprint: "another configuration" })
        ])
        const { differences } = yield* between(root, "before", "after")
        const [rouge] = differences
        assert.closeTo(rouge?.mean ?? NaN, 0, 1e-12)
        assert.deepInclude(rouge, { n: rows, verdict: "no_difference_shown" })
        assert.deepInclude(differences[1], { metric: "ter", n: 0, mean: null, verdict: "not_tested" })
      })
    )
  )

  it.effect("refuses what cannot be paired, and names what it leaves out", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const given = manifest("x")
        const dataset = (changes: Partial<RunManifest.RunManifest["dataset"]>) => ({
          dataset: { ...given.dataset, ...changes }
        })
        yield* keep(
          root,
          manifest("first", { names: ["flash", "gone"] }),
          cellsOf("flash", 3, () => ({ rouge_1: 1 }))
        )
        yield* keep(root, manifest("other-data", dataset({ sha256: "bb", source: "others.jsonl" })), [])
        yield* keep(root, manifest("other-rows", dataset({ rows: 2 })), [])
        yield* keep(root, manifest("stranger", { names: ["new"] }), [])
        const metrics = [
          { name: "rouge_1", definition: { ...Object(given.metrics[0]?.definition), changed: true } },
          { name: "ter", definition: given.metrics[1]?.definition ?? null },
          { name: "chosen", definition: { _tag: "Pairwise" } },
          { name: "bleu", definition: {} }
        ]
        const before = [...given.metrics, { name: "chosen", definition: { _tag: "Pairwise" } }]
        yield* keep(root, manifest("pairwise", { metrics: before }), [])
        yield* keep(root, manifest("redefined", { metrics, names: ["flash", "new"] }), [])

        for (const other of ["other-data", "other-rows"]) {
          const error = yield* Effect.flip(between(root, "first", other))
          assert.strictEqual(error._tag, "RunsNotComparable")
          assert.include(error.message, "different datasets")
          assert.isAtMost(error.message.split("\n").length, 8)
        }
        assert.include((yield* Effect.flip(between(root, "first", "other-data"))).message, "others.jsonl")
        assert.include((yield* Effect.flip(between(root, "first", "stranger"))).message, "no candidate is in both")
        const pairs = [{ candidate: "flash", against: "nobody" }]
        assert.include((yield* Effect.flip(between(root, "first", "first", { pairs }))).message, '"nobody"')
        assert.strictEqual((yield* Effect.flip(between(root, "first", "firts")))._tag, "RunNotFound")

        const { left_out } = yield* between(root, "pairwise", "redefined")
        assert.deepStrictEqual(
          left_out.map(({ name, reason, what }) => [what, name, reason.split(" ").slice(0, 4).join(" ")]),
          [
            ["candidate", "new", "the earlier run does"],
            ["metric", "rouge_1", "it is defined otherwise"],
            ["metric", "chosen", "it gives no scores,"],
            ["metric", "bleu", "the earlier run does"],
            ["metric", "verbosity", "the later run does"]
          ]
        )
      })
    )
  )
})

describe("means", () => {
  it.effect("in SQL are those of the comparison", () =>
    inDirectory(({ root }) =>
      Effect.gen(function* () {
        const rows = 20
        yield* keep(
          root,
          manifest("before", { rows }),
          cellsOf("flash", rows, (row) => ({ rouge_1: (row % 7) / 10 }))
        )
        yield* keep(
          root,
          manifest("after", { rows }),
          cellsOf("flash", rows, (row) => ({ rouge_1: (row % 5) / 10 }))
        )
        const { differences } = yield* between(root, "before", "after")
        const runs = yield* RunDatabase.open(root)
        const [found] = yield* Stream.runCollect(
          runs.sql(
            `SELECT avg(a.score - b.score) AS mean, count(*) AS n FROM scores a JOIN scores b USING (candidate, row_number, repeat, metric)
             WHERE a.run_id = 'after' AND b.run_id = 'before' AND metric = 'rouge_1'`
          )
        )
        assert.strictEqual(found?.["n"], rows)
        assert.closeTo(Number(found?.["mean"]), differences[0]?.mean ?? NaN, 1e-12)
      })
    )
  )
})
