import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Cell from "../src/Cell.ts"
import * as CompareModels from "../src/CompareModels.ts"
import * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"
import * as FullDisk from "./FullDisk.ts"
import { cell, manifest } from "./ResultStoreContract.ts"

interface Disk extends FullDisk.Disk {
  /** Whether cells can be read one by one. */
  isReadable: boolean
}

/** A file system whose disk gets full, and whose cells may be out of reach. */
const limited = (fs: FileSystem.FileSystem, disk: Disk): FileSystem.FileSystem => ({
  ...FullDisk.limited(fs, disk),
  stream: (path, options) =>
    fs.stream(disk.isReadable || String(options?.offset) === "0" ? path : `${path}.gone`, options)
})

/** A store in a directory on a disk that may be full, and the models. */
const onDisk = <A, E>(
  disk: Disk,
  body: (
    root: string,
    fs: FileSystem.FileSystem
  ) => Effect.Effect<A, E, ResultStore.ResultStore | Layer.Success<ReturnType<typeof CompareTrial.models>>>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const root = yield* fs.makeTempDirectoryScoped()
    const store = ResultStore.layerDirectory(root).pipe(
      Layer.provide(Layer.succeed(FileSystem.FileSystem, limited(fs, disk)))
    )
    return yield* Effect.provide(
      body(root, fs),
      Layer.merge(store, CompareTrial.models(undefined, CompareTrial.judges))
    )
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const paid = Effect.map(CompareTrial.asked, (asked) => Object.values(asked).reduce((sum, count) => sum + count, 0))

const stopped = (run: ReturnType<typeof CompareModels.run<object, never, never>>) =>
  Effect.flatMap(Effect.flip(run), (error) =>
    error._tag === "ComparisonStopped" ? Effect.succeed(error) : Effect.die(error)
  )

const options = CompareTrial.options(20, { concurrency: { total: 8 } })

describe("a disk that gets full in the middle", () => {
  for (const room of [0, 500, 4_000, 20_000]) {
    it.effect(
      `after ${room} bytes: the run ends and names what it lost; with room it pays for that and no more`,
      () => {
        const disk: Disk = { room, isLimited: (path) => path.endsWith("cells.jsonl"), isReadable: true }
        return onDisk(disk, (root, fs) =>
          Effect.gen(function* () {
            const error = yield* stopped(CompareModels.run(options))
            assert.include(error.message, "there is no room left (ENOSPC)")
            assert.isAbove(error.unsaved.length, 0)
            const [first] = error.unsaved
            assert.include(error.message, `${first?.candidate} ${first?.rowId}`)
            const kept = yield* Trial.keptCells()
            assert.strictEqual(kept.length + error.unsaved.length, yield* paid, "every answer is kept or given back")
            assert.isBelow(yield* paid, 60)
            // Nothing is lost twice: what could not be kept is not among what was.
            const keys = [...kept, ...error.unsaved].map(({ candidate, row }) => `${candidate} ${row}`)
            assert.strictEqual(new Set(keys).size, keys.length)
            const before = yield* paid

            // Still full: nothing more than what is in flight is paid.
            const again = yield* stopped(CompareModels.run(options))
            assert.isAtMost((yield* paid) - before, 16)
            assert.isAtLeast(again.unsaved.length, 1)
            const left = 60 - (yield* Trial.keptCells()).length

            disk.room = Infinity
            const start = yield* paid
            const { resumed, summary } = yield* CompareModels.run(options)
            assert.strictEqual(resumed, 60 - left)
            assert.strictEqual((yield* paid) - start, left)
            assert.lengthOf(yield* Trial.keptCells(), 60)
            const text = yield* fs.readFileString(`${root}/run/cells.jsonl`)
            assert.strictEqual(text.trimEnd().split("\n").length, 60)
            const whole = yield* CompareModels.run({ ...options, runId: "whole" })
            assert.strictEqual(ComparisonSummary.toJson(summary), ComparisonSummary.toJson(whole.summary))
          })
        )
      }
    )
  }

  it.effect("books what could not be kept: a budget around both sessions holds for what was really paid", () => {
    const disk: Disk = { room: 4_000, isLimited: (path) => path.endsWith("cells.jsonl"), isReadable: true }
    return onDisk(disk, () =>
      Effect.gen(function* () {
        const books: Array<BudgetGuard.Spending> = []
        const both = Effect.gen(function* () {
          yield* stopped(CompareModels.run(options))
          disk.room = Infinity
          yield* CompareModels.run(options)
        })
        yield* BudgetGuard.within(
          both,
          { usd: "1" },
          { onEnd: (spending) => Effect.sync(() => void books.push(spending)) }
        )
        assert.strictEqual(books[0]?.spent.requests, BigInt(yield* paid))
        assert.isAbove(yield* paid, 60)
      })
    )
  })

  it.effect("at its end, when the summary is written: it is given all the same, and nothing is paid again", () => {
    const disk: Disk = { room: 10, isLimited: (path) => path.includes("summary.json"), isReadable: true }
    return onDisk(disk, (root, fs) =>
      Effect.gen(function* () {
        const error = yield* stopped(CompareModels.run(options))
        assert.strictEqual(error.reason._tag === "ResultStoreError" && error.reason.operation, "finish")
        assert.include(error.message, "ENOSPC")
        assert.isTrue(error.summary.candidates.every(({ n_valid }) => n_valid === 20))
        assert.isFalse(yield* fs.exists(`${root}/run/summary.json`))
        disk.room = Infinity
        const { resumed, summary } = yield* CompareModels.run(options)
        assert.deepStrictEqual([resumed, yield* paid], [60, 60])
        assert.strictEqual(yield* fs.readFileString(`${root}/run/summary.json`), ComparisonSummary.toJson(summary))
      })
    )
  })
})

describe("cells that are written together", () => {
  it.effect("are kept as far as they are whole, and no further", () => {
    const texts = ["one", "two ".repeat(200), "three", "four ".repeat(400), "five"]
    const length = (rows: ReadonlyArray<number>) =>
      rows.reduce((sum, row) => sum + Buffer.byteLength(Cell.write(cell(row, texts[row]))) + 1, 0)
    const disk: Disk = {
      room: length([0, 1, 2]) + 1_500,
      isLimited: (path) => path.endsWith("cells.jsonl"),
      isReadable: true
    }
    return onDisk(disk, () =>
      Effect.gen(function* () {
        const run = yield* (yield* ResultStore.ResultStore).open(manifest())
        const append = (row: number) => Effect.result(run.append(cell(row, texts[row])))
        const rows = Effect.map(Stream.runCollect(run.kept), (all) => all.map(({ cell }) => cell.row))
        const positions = yield* Effect.forEach([0, 1, 2, 3, 4], append, { concurrency: "unbounded" })
        assert.deepStrictEqual(positions.map(Result.isSuccess), [true, true, true, false, false])
        assert.deepStrictEqual(yield* rows, [0, 1, 2])
        for (const [row, position] of positions.entries()) {
          if (Result.isSuccess(position)) assert.strictEqual((yield* run.at(position.success)).row, row)
        }
        disk.room = Infinity
        for (const row of [3, 4]) assert.isTrue(Result.isSuccess(yield* append(row)))
        assert.deepStrictEqual(yield* rows, [0, 1, 2, 3, 4])
      }).pipe(Effect.scoped)
    )
  })
})

describe("results that cannot be read again", () => {
  it.effect("end the run in order: no answer is made a second time", () => {
    const disk: Disk = { room: Infinity, isLimited: () => false, isReadable: true }
    return onDisk(disk, () =>
      Effect.gen(function* () {
        const judged = { ...options, metrics: ["rouge_1", CompareTrial.pairwise] }
        yield* Effect.flip(BudgetGuard.within(CompareModels.run(judged), { requests: 60 }))
        assert.strictEqual(yield* paid, 60)
        disk.isReadable = false
        const error = yield* stopped(CompareModels.run(judged))
        assert.strictEqual(error.reason._tag === "ResultStoreError" && error.reason.operation, "read")
        assert.strictEqual(yield* paid, 60)
        assert.isTrue(error.summary.candidates.every(({ n_valid }) => n_valid === 20))
        disk.isReadable = true
        yield* CompareModels.run(judged)
        assert.deepStrictEqual(yield* CompareTrial.asked, { flash: 20, careful: 20, lite: 20, judge: 40 })
      })
    )
  })
})
