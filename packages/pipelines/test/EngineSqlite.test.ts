/** What is particular to an engine in a file: who may open it, and what is refused before anything is run. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Workflow from "effect/workflow/Workflow"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Engine from "../src/Engine.ts"
import * as Runs from "../src/Runs.ts"
import * as EngineSubject from "./EngineSubject.ts"
import { looks } from "./EngineView.ts"
import * as World from "./EngineWorld.ts"

const { Parking } = World
const payload = { runId: "run", size: 1 }
const engineOf = (filename: string) => Engine.layerSqlite({ filename, lockTimeout: 0 })
const errorOf = (filename: string) => Effect.flip(Effect.scoped(Layer.build(engineOf(filename))))

/** Makes a file with a run whose first step is recorded and whose second one failed. */
const parked = (filename: string) => {
  const { broken, step } = World.make()
  broken.add("two")
  return Runs.run(Parking, payload).pipe(
    Effect.flip,
    Effect.provide(World.running(engineOf(filename), Effect.andThen(step("one"), step("two"))))
  )
}

/** Runs on what is in the file. The result is right when the first step returned what was recorded, and only the second one was run. */
const goOn = (filename: string) =>
  Effect.gen(function* () {
    const { done, step } = World.make()
    const body = Effect.map(Effect.all([step("one"), step("two")]), ([one, two]) => one * 100 + two)
    const result = yield* Effect.provide(Runs.run(Parking, payload), World.running(engineOf(filename), body))
    return { result, done }
  })
const right = { result: 101, done: ["two"] }

const inFolder = (test: (path: string) => Effect.Effect<void, unknown>) => () =>
  Effect.scoped(Effect.flatMap(EngineSubject.folder, test))

describe("an engine in a file", () => {
  it.live(
    "is refused to a second one, which is told who has it",
    inFolder((path) =>
      Effect.gen(function* () {
        const filename = join(path, "runs.db")
        yield* Effect.gen(function* () {
          const error = yield* errorOf(filename)
          assert.strictEqual(error._tag, "StoreLocked")
          assert.match(
            error.message,
            new RegExp(
              `^${filename} is in use by process ${process.pid} on \\S+ since 20\\S+Z\\. One process at a time works with a file\\.` +
                "\n  Wait until it ends, take another file, or use Engine.layerPostgres for several processes. Nothing was run.$"
            )
          )
          assert.strictEqual(yield* Runs.run(Parking, payload), 1)
        }).pipe(Effect.provide(World.running(engineOf(filename), World.make().step("one"))))
        assert.isFalse(existsSync(`${filename}-owner`))
      })
    )
  )

  it.live(
    "waits a moment for the other one to end",
    inFolder((path) =>
      Effect.gen(function* () {
        const filename = join(path, "runs.db")
        const first = Effect.provide(Effect.sleep("300 millis"), engineOf(filename))
        const second = Effect.delay(Layer.build(Engine.layerSqlite({ filename })), "100 millis")
        yield* Effect.scoped(Effect.all([first, second], { concurrency: 2 }))
      })
    )
  )

  for (const [what, tag, make, message] of [
    [
      "no folder",
      "StoreUnusable",
      (path: string) => join(path, "none", "runs.db"),
      /there is no folder \S+none\.\n {2}Make it: mkdir -p/
    ],
    [
      "a folder",
      "StoreUnusable",
      (path: string) => {
        mkdirSync(join(path, "runs.db"))
        return join(path, "runs.db")
      },
      /it is not a file/
    ],
    [
      "a text",
      "StoreUnusable",
      (path: string) => {
        writeFileSync(join(path, "runs.db"), "# Notes\n".repeat(1000))
        return join(path, "runs.db")
      },
      /it is not a file of SQLite, or its first bytes are damaged/
    ],
    [
      "the database of another program",
      "StoreUnusable",
      (path: string) => {
        const other = new DatabaseSync(join(path, "runs.db"))
        other.exec("CREATE TABLE notes (text)")
        other.close()
        return join(path, "runs.db")
      },
      /it is a database of another program/
    ]
  ] as const) {
    it.live(
      `refuses ${what} and leaves it as it is`,
      inFolder((path) =>
        Effect.gen(function* () {
          const filename = make(path)
          const before = existsSync(filename) && statSync(filename).isFile() ? readFileSync(filename) : undefined
          const error = yield* errorOf(filename)
          assert.strictEqual(error._tag, tag)
          assert.match(error.message, message)
          assert.match(error.message, /[Nn]othing was run/)
          if (before !== undefined) assert.isTrue(readFileSync(filename).equals(before))
        })
      )
    )
  }

  // The super-user may write everywhere.
  it.live.skipIf(process.getuid?.() === 0)(
    "refuses what it may not write",
    inFolder((path) =>
      Effect.gen(function* () {
        const filename = join(path, "runs.db")
        yield* parked(filename)
        chmodSync(filename, 0o444)
        assert.match((yield* errorOf(filename)).message, /it cannot be written/)
        chmodSync(filename, 0o644)
        chmodSync(path, 0o555)
        assert.match((yield* errorOf(join(path, "new.db"))).message, /the folder cannot be written/)
        chmodSync(path, 0o755)
      })
    )
  )

  it.live(
    "refuses a file of a newer version, and says so rather than that it is damaged",
    inFolder((path) =>
      Effect.gen(function* () {
        const filename = join(path, "runs.db")
        yield* parked(filename)
        const file = new DatabaseSync(filename)
        file.exec("INSERT INTO genops_journal_migrations (migration_id, name) VALUES (99, 'newer')")
        file.exec("CREATE TABLE genops_newer (x)")
        file.close()
        const error = yield* errorOf(filename)
        assert.strictEqual(
          error.message,
          `${filename} was written by a newer version: it has journal 99, this program knows journal 1.` +
            "\n  Update genops, or take another store. Nothing was run and nothing in it was changed."
        )
      })
    )
  )

  it.live(
    "refuses a file in which a recorded result was changed by something else",
    inFolder((path) =>
      Effect.gen(function* () {
        const filename = join(path, "runs.db")
        yield* parked(filename)
        assert.deepStrictEqual(yield* goOn(filename), right)
        const file = new DatabaseSync(filename)
        file.function("genops_digest", { varargs: true, useBigIntArguments: true }, () => 0n)
        file.exec(`UPDATE genops_replies SET payload = replace(payload, '"value":1', '"value":7')`)
        // SQLite itself would not notice.
        assert.deepEqual(file.prepare("PRAGMA integrity_check").all(), [{ integrity_check: "ok" }])
        file.close()
        const error = yield* errorOf(filename)
        assert.strictEqual(error._tag, "StoreDamaged")
        assert.include(error.message, "the checksum of genops_replies does not fit its content")
      })
    )
  )

  it.live(
    "makes nothing of a power cut while its tables are made",
    inFolder((path) =>
      Effect.gen(function* () {
        const filename = join(path, "runs.db")
        yield* parked(filename)
        const file = new DatabaseSync(filename)
        // As if the process had ended between two migrations, and before the definitions were summed.
        file.exec("DELETE FROM genops_sums WHERE name = '(definitions)'")
        file.exec("DELETE FROM genops_runner_migrations")
        file.close()
        assert.deepStrictEqual(yield* goOn(filename), right)
      })
    )
  )

  it.live(
    "takes up no run when it shall only look",
    inFolder((path) => looks((options) => Engine.layerSqlite({ filename: join(path, "runs.db"), ...options })))
  )

  const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)
  /** Numbers that look random (mulberry32). */
  const random = (() => {
    let state = seed
    return (below: number) => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below
    }
  })()

  /** Opens a damaged copy, and says how that ended. Anything but a typed refusal or the right result fails. */
  const verdict = (filename: string, what: string) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.timeout(goOn(filename), "20 seconds"))
      if (Exit.isSuccess(exit)) {
        assert.deepStrictEqual(exit.value, right, what)
        return "right"
      }
      const tag = Option.getOrUndefined(Exit.findErrorOption(exit))?._tag ?? "defect"
      assert.include(
        ["StoreDamaged", "StoreUnusable", "StoreIncompatible"],
        tag,
        `${what}: ${Cause.pretty(exit.cause)}`
      )
      return tag
    })

  it.live(
    `gives no wrong result after bits were flipped (GENOPS_SEED=${seed})`,
    inFolder((path) =>
      Effect.gen(function* () {
        const original = join(path, "runs.db")
        yield* parked(original)
        const content = readFileSync(original)
        // Most of a small file is empty.
        const used = [...content.keys()].filter((at) => content[at] !== 0)
        const verdicts = new Map<string, number>()
        for (let trial = 0; trial < 200; trial++) {
          const damaged = Buffer.from(content)
          const at = used[random(used.length)] ?? 0
          damaged[at] = (damaged[at] ?? 0) ^ (1 << random(8))
          const copy = join(path, "copy.db")
          writeFileSync(copy, damaged)
          const tag = yield* verdict(copy, `seed ${seed}, byte ${at}`)
          verdicts.set(tag, (verdicts.get(tag) ?? 0) + 1)
        }
        assert.isAbove(verdicts.get("StoreDamaged") ?? 0, 100, JSON.stringify([...verdicts]))
      })
    )
  )

  it.live(
    "gives no wrong result after its end was cut off",
    inFolder((path) =>
      Effect.gen(function* () {
        const original = join(path, "runs.db")
        yield* parked(original)
        const { size } = statSync(original)
        for (let cut = 512; cut < size; cut += Math.ceil(size / 40 / 512) * 512) {
          const copy = join(path, "copy.db")
          copyFileSync(original, copy)
          truncateSync(copy, cut)
          assert.notStrictEqual(yield* verdict(copy, `cut at ${cut}`), "right")
        }
      })
    )
  )

  it.live(
    "goes on from a log that a killed process left, also when its end is torn",
    inFolder((path) =>
      Effect.gen(function* () {
        const original = join(path, "runs.db")
        const copy = join(path, "copy.db")
        const { entered, held, leave, step } = World.make()
        // The files as they are in the middle of the second step.
        yield* Effect.gen(function* () {
          yield* Runs.start(Parking, payload)
          yield* entered
          for (const end of ["", "-wal"]) copyFileSync(`${original}${end}`, `${copy}${end}`)
          yield* leave
        }).pipe(Effect.provide(World.running(engineOf(original), Effect.andThen(step("one"), held("two")))))
        const log = readFileSync(`${copy}-wal`)
        const file = readFileSync(copy)
        assert.isAbove(log.length, 10_000)
        for (const cut of [log.length, log.length - 1, log.length - 4096, log.length - 5000]) {
          writeFileSync(copy, file)
          writeFileSync(`${copy}-wal`, log.subarray(0, cut))
          assert.strictEqual(yield* verdict(copy, `log cut at ${cut}`), "right")
        }
      })
    )
  )
})

describe("an engine in a file with the run of another program", () => {
  const Other = Workflow.make("Other", { payload: { runId: Schema.String }, idempotencyKey: ({ runId }) => runId })

  it.effect(
    "leaves it as it is, however long that takes",
    inFolder((path) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.now())
        const filename = join(path, "runs.db")
        const original = join(path, "original.db")
        const { entered, held, leave, step } = World.make()
        yield* Effect.gen(function* () {
          yield* Runs.start(Parking, payload)
          yield* entered
          // As a process leaves it that dies in the middle of the second step.
          for (const end of ["", "-wal"]) copyFileSync(`${original}${end}`, `${filename}${end}`)
          yield* leave
        }).pipe(
          Effect.provide(World.running(engineOf(original), Effect.andThen(step("one"), held("two")))),
          TestClock.withLive
        )
        const other = Layer.provideMerge(
          Other.toLayer(() => Effect.void),
          engineOf(filename)
        )
        yield* Effect.provide(TestClock.adjust("10 minutes"), other)
        assert.deepStrictEqual(yield* TestClock.withLive(goOn(filename)), right)
      })
    )
  )
})
