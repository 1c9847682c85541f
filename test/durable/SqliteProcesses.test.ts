/** An engine in a file, and processes that die. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Errand from "./Errand.ts"
import * as Process from "./Process.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-processes-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const errandIn = (path: string, options: { readonly pause?: number; readonly work?: number } = {}) => ({
  errand: { runId: "errand", trace: join(path, "trace"), pause: 0, work: 0, ...options },
  store: `sqlite:${join(path, "runs.db")}`
})

const until = (condition: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(condition), "20 millis"), { until: (holds) => holds })

const test = (what: string, body: (path: string) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(what, () => Effect.scoped(Effect.flatMap(folder, body)))

describe("processes and one file", () => {
  test("a second one is refused while the first one works, and neither harms the other", (path) =>
    Effect.gen(function* () {
      const { errand, store } = errandIn(path, { work: 3000 })
      const first = yield* Process.start(store, [errand])
      yield* first.isReady
      const refused = yield* Effect.flatMap(Process.start(store, [errand]), ({ ended }) => ended)
      assert.strictEqual(refused.by, 1)
      assert.match(refused.errors, new RegExp(`\\[StoreLocked\\] \\S+runs.db is in use by process ${first.pid} on`))
      const { by, results } = yield* first.ended
      assert.strictEqual(by, 0)
      const next = yield* Effect.flatMap(Process.start(store, [errand]), ({ ended }) => ended)
      assert.deepStrictEqual(next.results, results)
      assert.deepStrictEqual(
        Errand.traceOf(errand).map(({ text }) => text),
        results.get("errand")
      )
    }))

  for (const [stage, again] of [
    ["before", false],
    ["started", false],
    ["answered", true],
    ["recorded", false]
  ] as const) {
    test(`the next one goes on when one dies at the stage "${stage}" of a step`, (path) =>
      Effect.gen(function* () {
        const { errand, store } = errandIn(path)
        const killed = yield* Process.start(store, [errand], `work/${stage}`)
        assert.strictEqual((yield* killed.ended).by, "SIGKILL")
        const next = yield* Process.start(store, [errand])
        const { by, results } = yield* next.ended
        assert.strictEqual(by, 0)
        // What was recorded is the result; what was not is done again, and nothing else.
        const tokens = Errand.traceOf(errand)
        const expected = ["fetch", "work", ...(again ? ["work"] : []), "report"]
        assert.deepStrictEqual(
          tokens.map(({ step }) => step),
          expected
        )
        const [fetched, ...others] = tokens.map(({ text }) => text)
        assert.deepStrictEqual(results.get("errand"), [fetched ?? "", ...others.slice(-2)])
        assert.strictEqual(tokens[0]?.pid, killed.pid)
      }))
  }

  test("the next one goes on with a pause where it was", (path) =>
    Effect.gen(function* () {
      const { errand, store } = errandIn(path, { pause: 4000 })
      const killed = yield* Process.start(store, [errand])
      yield* until(() => Errand.traceOf(errand).length > 0)
      const began = Date.now()
      yield* Effect.sleep("1 second")
      yield* killed.signal("SIGKILL")
      yield* killed.ended
      const next = yield* Process.start(store, [errand])
      const { results } = yield* next.ended
      assert.isAtLeast(Date.now() - began, 4000)
      assert.lengthOf(results.get("errand") ?? [], 3)
      assert.deepStrictEqual(
        Errand.traceOf(errand).map(({ pid, step }) => [step, pid]),
        [
          ["fetch", killed.pid],
          ["work", next.pid],
          ["report", next.pid]
        ]
      )
    }))

  test("one that is told to end lets its step come to an end, so that it is not done twice", (path) =>
    Effect.gen(function* () {
      const { errand, store } = errandIn(path, { work: 2000 })
      const told = yield* Process.start(store, [errand])
      yield* until(() => Errand.traceOf(errand).length > 1)
      yield* told.signal("SIGTERM")
      yield* told.ended
      const next = yield* Process.start(store, [errand])
      const { results } = yield* next.ended
      const tokens = Errand.traceOf(errand)
      assert.deepStrictEqual(
        tokens.map(({ text }) => text),
        results.get("errand")
      )
      assert.strictEqual(tokens[1]?.pid, told.pid)
    }))
})
