import { assert, describe, it } from "@effect/vitest"
import { PersistenceError } from "effect/cluster/ClusterError"
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as SqlError from "effect/sql/SqlError"
import * as TestClock from "effect/testing/TestClock"
import * as Patience from "../src/internal/enginePatience.ts"

const failure = (errcode: number, message: string) =>
  new PersistenceError({
    cause: new SqlError.SqlError({
      reason: new SqlError.UnknownError({ cause: Object.assign(new Error(message), { errcode }) })
    })
  })

/** A storage of which only the method that is tested is there: the others must not be called. */
const storageOf = (saveReply: MessageStorage.Encoded["saveReply"]) =>
  new Proxy({ saveReply } as MessageStorage.Encoded, {
    get: (target, key) => (key === "saveReply" ? target.saveReply : () => Effect.die(`${String(key)} was called`))
  })

const reply = { _tag: "WithExit", id: "1", requestId: "2", exit: { _tag: "Success", value: null } } as const

describe("a storage whose disk is full", () => {
  it.effect("keeps a result until there is room, and says so every half a minute", () => {
    const logged: Array<unknown> = []
    let isFull = true
    let kept = 0
    const storage = Patience.wrap(
      "/data/runs.db",
      storageOf(() =>
        Effect.suspend(() => {
          if (isFull) return Effect.fail(failure(13, "database or disk is full"))
          kept++
          return Effect.void
        })
      )
    )
    return Effect.gen(function* () {
      const saving = yield* Effect.forkChild(storage.saveReply(reply), { startImmediately: true })
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual([kept, saving.pollUnsafe()], [0, undefined])
      isFull = false
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(saving)
      assert.strictEqual(kept, 1)
      assert.isAtLeast(logged.length, 18)
      assert.isAtMost(logged.length, 21)
      assert.deepStrictEqual(logged[0], [
        "/data/runs.db cannot be written: database or disk is full. What was done is kept in memory until it can."
      ])
    }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
  })

  it.effect("passes on what waiting does not mend", () =>
    Effect.gen(function* () {
      const duplicate = failure(1555, "UNIQUE constraint failed")
      const error = yield* Effect.flip(
        Patience.wrap(
          "",
          storageOf(() => Effect.fail(duplicate))
        ).saveReply(reply)
      )
      assert.strictEqual(error, duplicate)
    })
  )
})
