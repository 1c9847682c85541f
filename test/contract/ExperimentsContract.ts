/** What every implementation of `Experiments` must show. */
import * as Experiments from "@genops/vertex/Experiments"
import type * as VertexError from "@genops/vertex/VertexError"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Sent } from "./Subject.ts"

export interface Subject<E> {
  readonly layer: Layer.Layer<Experiments.Experiments | Sent, E>
  /** Stands at the front of every name, so that suites can share a project. */
  readonly prefix: string
}

const fails = <A, R>(call: Effect.Effect<A, VertexError.VertexError, R>) =>
  Effect.map(Effect.flip(call), ({ reason }) => reason)

const namesOf = <E, R>(runs: Stream.Stream<{ readonly name: string }, E, R>) =>
  Effect.map(Stream.runCollect(runs), (runs) => runs.map(({ name }) => name).toSorted())

export const suite = <E>(name: string, subject: Subject<E>): void => {
  const id = (name: string) => `${subject.prefix}-${name}`
  /** An experiment of the test's own, gone at its end. */
  const within = <A, E, R>(experiment: string, body: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Experiments.create(experiment, { description: "a contract" }),
      () => body,
      () => Effect.ignore(Experiments.delete(experiment))
    )

  layer(subject.layer, { excludeTestServices: true, timeout: "120 seconds" })(`Experiments contract: ${name}`, (it) => {
    it.effect("creates an experiment once, and tells it", () =>
      Effect.gen(function* () {
        const experiment = id("once")
        const created = yield* Experiments.create(experiment, { description: "first" })
        const again = yield* Experiments.create(experiment, { description: "second" })
        assert.deepStrictEqual(again, created)
        assert.strictEqual(created.name, experiment)
        assert.strictEqual(created.description, "first")
        assert.match(
          created.resource,
          /^projects\/[^/]+\/locations\/[^/]+\/metadataStores\/default\/contexts\/[a-z0-9-]+$/
        )
        assert.isNotNaN(Date.parse(created.createTime ?? ""))
        assert.deepStrictEqual(yield* Experiments.get(experiment), created)
        assert.include(yield* namesOf(Experiments.list), experiment)
        yield* Experiments.delete(experiment)
        assert.notInclude(yield* namesOf(Experiments.list), experiment)
        assert.strictEqual((yield* fails(Experiments.get(experiment)))._tag, "NotFound")
        assert.strictEqual((yield* fails(Experiments.delete(experiment)))._tag, "NotFound")
      })
    )

    it.effect("keeps parameters and metrics of a run, and its state", () =>
      within(
        id("logs"),
        Effect.gen(function* () {
          const experiment = id("logs")
          const run = yield* Experiments.startRun(experiment, "run-1", { params: { model: "flash", temperature: 0.2 } })
          const running = yield* Experiments.getRun(experiment, "run-1")
          assert.strictEqual(running.state, "RUNNING")
          assert.deepStrictEqual(running.params, { model: "flash", temperature: 0.2 })
          assert.deepStrictEqual(running.metrics, {})
          yield* run.logParams({ temperature: 0.3, grounded: true, "odd key: é": "" })
          yield* run.logMetrics({ "rouge_l/mean": 0.61, row_count: 20 })
          yield* run.logMetrics({ row_count: 21, negative: -1e-9 })
          const ended = yield* run.end()
          const read = yield* Experiments.getRun(experiment, "run-1")
          assert.deepStrictEqual(read, ended)
          assert.strictEqual(read.state, "COMPLETE")
          assert.strictEqual(read.experiment, experiment)
          assert.strictEqual(read.name, "run-1")
          assert.deepStrictEqual(read.params, { model: "flash", temperature: 0.3, grounded: true, "odd key: é": "" })
          assert.deepStrictEqual(read.metrics, { "rouge_l/mean": 0.61, row_count: 21, negative: -1e-9 })
        })
      )
    )

    it.effect("goes on with a run that is there", () =>
      within(
        id("again"),
        Effect.gen(function* () {
          const experiment = id("again")
          const first = yield* Experiments.startRun(experiment, "run-1", { params: { a: 1, b: 1 } })
          yield* first.logMetrics({ m: 1 })
          yield* first.end("FAILED")
          yield* Experiments.startRun(experiment, "run-1", { params: { b: 2 } })
          const run = yield* Experiments.getRun(experiment, "run-1")
          assert.strictEqual(run.state, "RUNNING")
          assert.deepStrictEqual(run.params, { a: 1, b: 2 })
          assert.deepStrictEqual(run.metrics, { m: 1 })
        })
      )
    )

    it.effect("lists and deletes runs, the experiment's own only", () =>
      within(
        id("lists"),
        within(
          id("other"),
          Effect.gen(function* () {
            const [experiment, other] = [id("lists"), id("other")]
            for (const run of ["a", "b", "c"]) yield* Experiments.startRun(experiment, run)
            yield* Experiments.startRun(other, "d")
            assert.deepStrictEqual(yield* namesOf(Experiments.listRuns(experiment)), ["a", "b", "c"])
            yield* Experiments.deleteRun(experiment, "b")
            assert.deepStrictEqual(yield* namesOf(Experiments.listRuns(experiment)), ["a", "c"])
            assert.strictEqual((yield* fails(Experiments.deleteRun(experiment, "b")))._tag, "NotFound")
            yield* Experiments.delete(experiment)
            assert.strictEqual((yield* fails(Experiments.getRun(experiment, "a")))._tag, "NotFound")
            assert.deepStrictEqual(yield* namesOf(Experiments.listRuns(other)), ["d"])
          })
        )
      )
    )

    it.effect("pages through more runs than fit a page", () =>
      within(
        id("pages"),
        Effect.gen(function* () {
          const experiment = id("pages")
          const runs = Array.from({ length: 105 }, (_, index) => `run-${String(index).padStart(3, "0")}`)
          yield* Effect.forEach(runs, (run) => Experiments.startRun(experiment, run), { concurrency: 8 })
          assert.deepStrictEqual(yield* namesOf(Experiments.listRuns(experiment)), runs)
        })
      )
    )

    it.effect("loses nothing of 20 concurrent runs", () =>
      within(
        id("parallel"),
        Effect.gen(function* () {
          const experiment = id("parallel")
          const indices = Array.from({ length: 20 }, (_, index) => index)
          yield* Effect.forEach(
            indices,
            (index) =>
              Experiments.withRun(experiment, `run-${index}`, (run) =>
                Effect.forEach(
                  [1, 2, 3],
                  (step) =>
                    Effect.all(
                      [run.logParams({ [`p${step}`]: index * step }), run.logMetrics({ [`m${step}`]: index + step })],
                      { concurrency: 2 }
                    ),
                  { concurrency: 3 }
                )
              ),
            { concurrency: "unbounded" }
          )
          const runs = yield* Stream.runCollect(Experiments.listRuns(experiment))
          assert.lengthOf(runs, 20)
          for (const { metrics, name, params, state } of runs) {
            const index = Number(name.slice(4))
            assert.strictEqual(state, "COMPLETE")
            assert.deepStrictEqual(params, { p1: index, p2: index * 2, p3: index * 3 })
            assert.deepStrictEqual(metrics, { m1: index + 1, m2: index + 2, m3: index + 3 })
          }
        })
      )
    )

    it.effect("merges what another writer logged under a newer etag", () =>
      within(
        id("race"),
        Effect.gen(function* () {
          const experiment = id("race")
          const mine = yield* Experiments.startRun(experiment, "run-1", { params: { start: 1 } })
          const theirs = yield* Experiments.startRun(experiment, "run-1")
          yield* theirs.logParams({ theirs: 1, both: "theirs" })
          // This handle still holds the etag from before their write.
          yield* mine.logParams({ mine: 1, both: "mine" })
          // The same value again is a write, too: what this handle remembers of it is over.
          yield* theirs.logParams({ both: "theirs" })
          yield* mine.logParams({ both: "mine" })
          yield* theirs.logMetrics({ m: 1 })
          yield* mine.end()
          yield* theirs.end("FAILED")
          yield* mine.end()
          const run = yield* Experiments.getRun(experiment, "run-1")
          assert.deepStrictEqual(run.params, { start: 1, theirs: 1, mine: 1, both: "mine" })
          assert.deepStrictEqual(run.metrics, { m: 1 })
          assert.strictEqual(run.state, "COMPLETE")
        })
      )
    )

    it.effect("keeps apart what is no experiment, no run, or another one's run", () =>
      within(
        id("kinds"),
        within(
          id("kinds-a"),
          Effect.gen(function* () {
            const experiment = id("kinds")
            yield* Experiments.startRun(experiment, "a-b")
            // kinds-a/b would be kinds/a-b.
            assert.strictEqual((yield* fails(Experiments.startRun(id("kinds-a"), "b")))._tag, "Conflict")
            assert.strictEqual((yield* fails(Experiments.create(`${experiment}-a-b`)))._tag, "Conflict")
            assert.strictEqual((yield* fails(Experiments.startRun(experiment, "a")))._tag, "Conflict")
            assert.strictEqual((yield* fails(Experiments.get(`${experiment}-a-b`)))._tag, "NotFound")
            assert.strictEqual((yield* fails(Experiments.getRun(experiment, "a")))._tag, "NotFound")
            assert.strictEqual((yield* fails(Experiments.startRun(id("nobody"), "a")))._tag, "NotFound")
            assert.strictEqual((yield* fails(Stream.runDrain(Experiments.listRuns(id("nobody")))))._tag, "NotFound")
            assert.strictEqual((yield* fails(Experiments.delete(`${experiment}-a-b`)))._tag, "NotFound")
          })
        )
      )
    )

    it.effect("refuses wrong names and values before anything is sent", () =>
      within(
        id("refuses"),
        Effect.gen(function* () {
          const experiment = id("refuses")
          const run = yield* Experiments.startRun(experiment, "run-1")
          const sent = yield* Sent
          const before = yield* sent.total
          const refused = [
            [Experiments.create("abc"), "experiment"],
            [Experiments.create("My Experiment"), "experiment"],
            [Experiments.create("../secrets"), "experiment"],
            [Experiments.get("a".repeat(129)), "experiment"],
            [Experiments.startRun(experiment, "Run 1"), "run"],
            [Experiments.startRun(experiment, ""), "run"],
            [Experiments.getRun(experiment, "a/../../b"), "run"],
            [Experiments.startRun(experiment, "a".repeat(122)), "run"],
            [Experiments.startRun(experiment, "run-2", { params: { nan: Number.NaN } }), "params.nan"],
            [run.logMetrics({ "bleu/std": Number.POSITIVE_INFINITY }), "metrics.bleu/std"],
            [run.logParams({ half: "\ud800" }), "params.half"],
            [run.logParams({ "": 1 }), "params."],
            [run.logParams({ long: "x".repeat(200_001) }), "metadata"]
          ] as const
          for (const [call, field] of refused) {
            const error = yield* Effect.flip<unknown, VertexError.VertexError, Experiments.Experiments>(call)
            const { reason } = error
            assert(reason._tag === "InvalidRequest", error.message)
            assert.deepStrictEqual(
              reason.violations.map(({ field }) => field),
              [field]
            )
          }
          assert.strictEqual(yield* sent.total, before)
        })
      )
    )

    it.effect("ends a run by the exit of its body", () =>
      within(
        id("exits"),
        Effect.gen(function* () {
          const experiment = id("exits")
          const stateOf = (run: string) => Effect.map(Experiments.getRun(experiment, run), ({ state }) => state)
          const value = yield* Experiments.withRun(experiment, "good", (run) => Effect.as(run.logMetrics({ m: 1 }), 42))
          assert.strictEqual(value, 42)
          assert.strictEqual(yield* stateOf("good"), "COMPLETE")
          const failed = yield* Effect.exit(Experiments.withRun(experiment, "bad", () => Effect.fail("broken")))
          assert.deepStrictEqual(failed, Exit.fail("broken"))
          assert.strictEqual(yield* stateOf("bad"), "FAILED")
          const died = yield* Effect.exit(Experiments.withRun(experiment, "dead", () => Effect.die("oops")))
          assert.deepStrictEqual(died, Exit.die("oops"))
          assert.strictEqual(yield* stateOf("dead"), "FAILED")
          const late = yield* Effect.exit(
            Effect.timeout(
              Experiments.withRun(experiment, "late", () => Effect.never),
              "50 millis"
            )
          )
          assert.isTrue(Exit.isFailure(late))
          assert.strictEqual(yield* stateOf("late"), "FAILED")
        })
      )
    )
  })
}
