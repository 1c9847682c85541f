import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { spawnSync } from "node:child_process"
import { hostname } from "node:os"
import * as ResultStore from "../src/ResultStore.ts"
import * as EvaluateTrial from "./EvaluateTrial.ts"
import * as FullDisk from "./FullDisk.ts"
import { cell, manifest, suite } from "./ResultStoreContract.ts"

suite("layerMemory", ResultStore.layerMemory)
suite("layerDirectory", EvaluateTrial.directory)

/** A store in a fresh directory, with the directory's path. */
const inDirectory = <A, E>(
  body: (root: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, ResultStore.ResultStore>,
  change: (fs: FileSystem.FileSystem) => FileSystem.FileSystem = (fs) => fs
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const root = yield* fs.makeTempDirectoryScoped()
    const store = ResultStore.layerDirectory(root).pipe(Layer.provide(Layer.succeed(FileSystem.FileSystem, change(fs))))
    return yield* Effect.provide(body(root, fs), store)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const append = (...rows: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const run = yield* (yield* ResultStore.ResultStore).open(manifest())
    for (const row of rows) yield* run.append(cell(row))
    return (yield* Stream.runCollect(run.kept)).map(({ cell }) => cell.row)
  }).pipe(Effect.scoped)

const lockOf = (pid: number, host = hostname()) => JSON.stringify({ pid, host, token: "of-another" })

describe("layerDirectory", () => {
  it.effect("leaves out a line that was torn at any byte, and goes on after the last whole one", () =>
    inDirectory((root, fs) =>
      Effect.gen(function* () {
        const { read } = yield* ResultStore.ResultStore
        yield* append(0, 1)
        const cells = `${root}/run/cells.jsonl`
        const whole = yield* fs.readFileString(cells)
        const second = whole.indexOf("\n") + 1
        for (const length of [second, second + 1, second + 50, whole.length - 1]) {
          yield* fs.writeFileString(cells, whole.slice(0, length))
          const before = yield* Stream.runCollect((yield* read("run")).kept)
          assert.deepStrictEqual(
            before.map(({ cell }) => cell.row),
            [0]
          )
          assert.deepStrictEqual(yield* append(2), [0, 2])
          assert.strictEqual((yield* fs.readFileString(cells)).split("\n").length, 3)
        }
      })
    )
  )

  it.effect("refuses a line in the middle that is no cell, and names it", () =>
    inDirectory((root, fs) =>
      Effect.gen(function* () {
        yield* append(0, 1)
        const cells = `${root}/run/cells.jsonl`
        yield* fs.writeFileString(cells, `${(yield* fs.readFileString(cells)).replace("\n", '\n{"row": 1}\n')}`)
        const error = yield* Effect.flip(append(2))
        assert.strictEqual(error._tag, "ResultStoreError")
        assert.include(error.message, "cells.jsonl:2")
      })
    )
  )

  it.effect("refuses a directory that is no run, or of another version", () =>
    inDirectory((root, fs) =>
      Effect.gen(function* () {
        yield* fs.makeDirectory(`${root}/run`)
        yield* fs.writeFileString(`${root}/run/cells.jsonl`, "")
        assert.include((yield* Effect.flip(append(0))).message, "no run.json")
        yield* fs.writeFileString(`${root}/run/run.json`, JSON.stringify({ ...manifest(), format: 2 }))
        assert.include((yield* Effect.flip(append(0))).message, "another version")
      })
    )
  )

  it.effect("takes over the lock of a process that has died, and of none that may live", () =>
    inDirectory((root, fs) =>
      Effect.gen(function* () {
        yield* append(0)
        const lock = `${root}/run/lock`
        const { pid } = spawnSync("true")
        for (const dead of [lockOf(pid), lockOf(process.pid)]) {
          yield* fs.writeFileString(lock, dead)
          yield* append()
          assert.isFalse(yield* fs.exists(lock), "a lock is removed with its scope")
        }
        for (const held of [lockOf(process.ppid), lockOf(pid, "another-machine"), "", "{}"]) {
          yield* fs.writeFileString(lock, held)
          const error = yield* Effect.flip(append())
          assert.strictEqual(error._tag, "RunLocked")
          assert.include(error.message, lock)
          assert.strictEqual(yield* fs.readFileString(lock), held)
        }
        assert.deepStrictEqual((yield* fs.readDirectory(`${root}/run`)).toSorted(), ["cells.jsonl", "lock", "run.json"])
      })
    )
  )

  it.effect("cuts what a failed append has left, and loses nothing that was kept", () =>
    Effect.suspend(() => {
      const disk = { room: Infinity, isLimited: () => true }
      return inDirectory(
        () =>
          Effect.gen(function* () {
            const run = yield* (yield* ResultStore.ResultStore).open(manifest())
            yield* run.append(cell(0))
            disk.room = 10
            const error = yield* Effect.flip(run.append(cell(1)))
            assert.strictEqual(error._tag, "ResultStoreError")
            assert.include(error.message, "there is no room left (ENOSPC)")
            assert.include(error.message, "safe")
            disk.room = Infinity
            yield* run.append(cell(1))
            const kept = yield* Stream.runCollect(run.kept)
            assert.deepStrictEqual(
              kept.map(({ cell }) => cell.row),
              [0, 1]
            )
          }).pipe(Effect.scoped),
        (fs) => FullDisk.limited(fs, disk)
      )
    })
  )

  it.effect("says where it cannot write", () =>
    inDirectory((root, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFileString(`${root}/run`, "a file, not a directory")
        const error = yield* Effect.flip(append(0))
        assert.strictEqual(error._tag, "ResultStoreError")
        assert.include(error.message, `${root}/run`)
      })
    )
  )
})
