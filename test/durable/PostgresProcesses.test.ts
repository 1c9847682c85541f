/** Runners on one database, of which one dies, ends or freezes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Errand from "./Errand.ts"
import * as Postgres from "./Postgres.ts"
import * as PostgresServer from "./PostgresServer.ts"
import * as Process from "./Process.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-runners-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

// Enough that each of two runners gets some.
const names = ["a", "b", "c", "d", "e", "f", "g", "h"]

const until = (condition: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(condition), "20 millis"), { until: (holds) => holds })

PostgresServer.describeWhereAvailable("runners on one database", () => {
  const { provide } = PostgresServer.make()

  interface Scene {
    readonly errands: ReadonlyArray<Errand.Payload>
    /** Works on errands until something happens to it. */
    readonly one: Process.Worker
    /** Works on them too, and waits for their results. */
    readonly other: Process.Worker
    /** Asks for the results once more. */
    readonly again: Effect.Effect<Process.Ended, never, Scope.Scope>
    /** Waits until the first runner is this far with some errand. */
    readonly begun: (step: string) => Effect.Effect<void>
    /** Waits for the other one to end, and checks that each result is whole and made of tokens that were really made. */
    readonly finish: Effect.Effect<ReadonlyArray<ReadonlyArray<Errand.Token>>>
  }

  const scene = (options: { readonly pause: number; readonly work: number }) =>
    Effect.gen(function* () {
      const path = yield* folder
      const url = Redacted.value(yield* Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) => makeDatabase))
      const errands = names.map((runId) => ({ runId, trace: join(path, runId), ...options }))
      const one = yield* Process.start(url)
      yield* one.isReady
      const other = yield* Process.start(url, errands)
      const by = (step: string) =>
        errands.some((errand) => Errand.traceOf(errand).some((token) => token.pid === one.pid && token.step === step))
      const result: Scene = {
        errands,
        one,
        other,
        again: Effect.flatMap(Process.start(url, errands), ({ ended }) => ended),
        begun: (step) => Effect.asVoid(until(() => by(step))),
        finish: Effect.gen(function* () {
          const { by, errors, results } = yield* other.ended
          assert.strictEqual(by, 0, errors)
          return errands.map((errand) => {
            const tokens = Errand.traceOf(errand)
            const result = results.get(errand.runId) ?? []
            assert.deepStrictEqual(
              result.map((text) => text.split(" ")[0]),
              ["fetch", "work", "report"]
            )
            for (const text of result)
              assert.include(
                tokens.map((token) => token.text),
                text
              )
            return tokens
          })
        })
      }
      return result
    })

  const test = (what: string, body: Effect.Effect<void, unknown, Postgres.Postgres | Scope.Scope>) =>
    it.live(what, () => Effect.scoped(provide(body)))

  /** How many lines of the traces are of this step. */
  const countOf = (traces: ReadonlyArray<ReadonlyArray<Errand.Token>>, step: string) =>
    traces.flat().filter((token) => token.step === step).length

  describe("finish the runs of one", () => {
    test(
      "that is killed while they pause: nothing is done twice",
      Effect.gen(function* () {
        const { begun, finish, one } = yield* scene({ pause: 3000, work: 0 })
        yield* begun("fetch")
        yield* Effect.sleep("1 second")
        yield* one.signal("SIGKILL")
        const killed = Date.now()
        const traces = yield* finish
        // With the settings that effect/cluster has by itself it would be 36 seconds.
        assert.isBelow(Date.now() - killed, 20_000)
        for (const step of ["fetch", "work", "report"]) assert.strictEqual(countOf(traces, step), names.length)
        assert.isTrue(traces.some((tokens) => tokens[0]?.pid === one.pid && tokens.at(-1)?.pid !== one.pid))
      })
    )

    test(
      "that is killed in their steps: those steps are done again, and no others",
      Effect.gen(function* () {
        const { begun, finish, one } = yield* scene({ pause: 0, work: 4000 })
        yield* begun("work")
        yield* Effect.sleep("1 second")
        yield* one.signal("SIGKILL")
        const killed = Date.now()
        const traces = yield* finish
        assert.isBelow(Date.now() - killed, 30_000)
        assert.strictEqual(countOf(traces, "fetch"), names.length)
        assert.strictEqual(countOf(traces, "report"), names.length)
        const again = traces.filter((tokens) => tokens.filter(({ step }) => step === "work").length === 2)
        assert.isAbove(again.length, 0)
        for (const tokens of again) {
          const [first, second] = tokens.filter(({ step }) => step === "work")
          assert.deepStrictEqual([first?.pid, second?.pid === one.pid], [one.pid, false])
        }
        assert.strictEqual(countOf(traces, "work"), names.length + again.length)
      })
    )

    test(
      "that is told to end: it ends its steps, nothing is done twice",
      Effect.gen(function* () {
        const { begun, finish, one } = yield* scene({ pause: 0, work: 2000 })
        yield* begun("work")
        yield* one.signal("SIGTERM")
        yield* one.ended
        const traces = yield* finish
        for (const step of ["fetch", "work", "report"]) assert.strictEqual(countOf(traces, step), names.length)
      })
    )

    test(
      "that freezes, and records nothing any more when it wakes",
      Effect.gen(function* () {
        const { again, begun, finish, one, other } = yield* scene({ pause: 0, work: 3000 })
        yield* begun("work")
        yield* one.signal("SIGSTOP")
        const { results } = yield* other.ended
        // Its own steps come to their end only now, long after another one did them.
        yield* one.signal("SIGCONT")
        yield* Effect.sleep("4 seconds")
        yield* finish
        assert.deepStrictEqual((yield* again).results, results)
      })
    )
  })
})
