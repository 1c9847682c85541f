/** A run of the GenOps pipeline whose process ends at a named point, and is started again by the same command. */
import { Emulator } from "@genops/emulator"
import * as Money from "@genops/core/Money"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Process from "./Process.ts"
import * as Scene from "./Scene.ts"

/** A call that has reached the emulator and is not answered yet. `skip` is how many of its kind come before it. */
interface Call {
  readonly operation: string
  readonly skip: number
}

/** Where a process ends. */
export interface Point {
  readonly name: string
  readonly signal: Process.Signal
  readonly where:
    | { readonly _tag: "Stage"; readonly at: string }
    | { readonly _tag: "Sent"; readonly call: Call }
    /** While the run sleeps, because there is no data yet. */
    | { readonly _tag: "Asleep" }
    | { readonly _tag: "Asked" }
  /** The paid calls that were under way, or answered and not recorded: they may have to be made again. */
  readonly inFlight?: number
}

/** What is left of a run: its outcome, its books, and the emulator's book. */
interface Verdict {
  readonly outcome: unknown
  readonly spent: Money.Money
  readonly uncertain: Money.Money
  /** What the emulator has billed. */
  readonly bill: Money.Money
  readonly jobs: number
  readonly calls: number
  readonly approvedBy: string | undefined
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-crash-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const Outcome = Schema.Struct({
  training: Schema.Record(Schema.String, Schema.Json),
  approval: Schema.NullOr(Schema.Struct({ by: Schema.String })),
  spentUsd: Money.Money,
  uncertainUsd: Money.Money
})
const decode = Schema.decodeUnknownSync(Schema.toCodecJson(Outcome))

const isRecord = Schema.is(Schema.Record(Schema.String, Schema.Unknown))

/** The outcome without what is different in any two runs: the time at which the data was uploaded, who approved when, and the money. */
const comparable = (outcome: unknown) => {
  if (!isRecord(outcome)) return outcome
  const { generation: _, source: __, ...training } = decode(outcome).training
  return { ...outcome, training, approval: undefined, spentUsd: undefined, uncertainUsd: undefined }
}

const outcomeOf = (worker: Process.Worker): unknown => {
  const [result] = Process.values(worker, "RESULT")
  return isRecord(result) ? result["outcome"] : undefined
}

const until = (what: string, holds: Effect.Effect<boolean>) =>
  Effect.repeat(holds, { until: (is) => is, schedule: Scene.often }).pipe(
    Effect.timeoutOrElse({ duration: "30 seconds", orElse: () => Effect.die(new Error(`never came: ${what}`)) })
  )

/** Makes an emulator with the training data, and a way to start processes that work on one run. */
const stage = ({ isLate }: { readonly isLate: boolean }) =>
  Effect.gen(function* () {
    const path = yield* folder
    const emulator = yield* Emulator.start({ tuning: { seconds: 0.5 } })
    const { requests, url } = emulator
    yield* Scene.makeBucket(url)
    const upload = Effect.provide(Scene.uploadTraining, Scene.storage(url))
    if (!isLate) yield* upload
    const start = (env: Readonly<Record<string, string>>) =>
      Process.start({
        store: `sqlite:${join(path, "runs.db")}`,
        folder: join(path, "results"),
        url,
        runs: ["support"],
        env
      })
    const count = (operation: string) => Effect.map(requests, ({ counts }) => counts[operation] ?? 0)
    return { emulator, upload, start, count }
  })

type Stage = Effect.Success<ReturnType<typeof stage>>

/** Starts a process and ends it at the point. */
const crash = ({ count, emulator, start }: Stage, { signal, where }: Point, env: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    if (where._tag === "Stage") {
      const worker = yield* start({ ...env, END_AT: where.at, END_BY: signal })
      const ended = yield* worker.ended
      assert.deepStrictEqual(Process.values(worker, "AT"), [where.at], `the point was not reached: ${ended.errors}`)
      return ended
    }
    if (where._tag === "Sent") {
      const { operation, skip } = where.call
      const before = yield* count(operation)
      yield* emulator.setFaults([{ operation, skip, times: 1, effect: { type: "latency", latency: 1500 } }])
      const worker = yield* start(env)
      yield* until(
        operation,
        Effect.map(count(operation), (calls) => calls - before > skip)
      )
      yield* worker.signal(signal)
      assert.deepStrictEqual(Process.values(worker, "RESULT"), [])
      return yield* worker.ended
    }
    const worker = yield* start(env)
    yield* where._tag === "Asleep"
      ? until(
          "a second look",
          Effect.map(count("storage.objects.get"), (looks) => looks >= 2)
        )
      : until(
          "the question",
          Effect.sync(() => Process.values(worker, "ASKED").length > 0)
        )
    yield* worker.signal(signal)
    return yield* worker.ended
  })

/** What a run comes to whose process ends at a point; without a point, one that nothing happens to. */
export const run = (point?: Point, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const isLate = point?.where._tag === "Asleep"
    const asks = point?.where._tag === "Asked"
    const scene = yield* stage({ isLate })
    if (point !== undefined) {
      const { by } = yield* crash(scene, point, { ...env, ...(asks ? { APPROVAL: "ask" } : {}) })
      if (point.signal === "SIGKILL") assert.strictEqual(by, "SIGKILL")
      yield* scene.emulator.setFaults([])
    }
    if (isLate) yield* scene.upload
    const next = yield* scene.start({ ...env, ...(asks ? { APPROVAL: "approve" } : {}) })
    const { by, errors } = yield* next.ended
    assert.strictEqual(by, 0, errors)
    const outcome = outcomeOf(next)
    const { counts, jobs, recent } = yield* scene.emulator.requests
    // The control comes to nothing of the kind.
    const kept = isRecord(outcome) ? decode(outcome) : undefined
    const verdict: Verdict = {
      outcome: comparable(outcome),
      spent: kept?.spentUsd ?? Money.zero,
      uncertain: kept?.uncertainUsd ?? Money.zero,
      bill: Scene.billOf(recent),
      jobs: jobs.length,
      calls: counts["generateContent"] ?? 0,
      approvedBy: kept?.approval?.by
    }
    return verdict
  }).pipe(Effect.scoped)
