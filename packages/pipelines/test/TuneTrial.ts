/** One random run of a tuning step: a service with faults, and processes that are killed and started again over the same records. */
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import * as Step from "../src/Step.ts"
import * as Tune from "../src/Tune.ts"
import { random as generator } from "./ComparisonFixture.ts"
import * as CrashEngine from "./CrashEngine.ts"

/** How the job is ordered: by the step, by the step that does not wait, or as programs without one do it. */
export type Method = "step" | "impatient" | "naive"

export interface Verdict {
  readonly seed: number
  /** The jobs that this run has ordered, in the ledger of the service. */
  readonly jobs: number
  readonly kills: number
  readonly faults: number
  /** How often it was `SubmissionUncertain`. */
  readonly uncertain: number
  /** How the run has ended: with the job of the ledger, or why not. */
  readonly end: "tuned" | "other job" | `failed: ${string}` | "never"
}

const request = { model: "gemini-2.5-flash", trainingData: "gs://acme/train.jsonl", epochs: 3 } as const

const workflow = Workflow.make("Trial", {
  payload: { id: Schema.String },
  idempotencyKey: ({ id }) => id,
  success: Schema.String,
  error: Tune.TuneError
}).annotate(Workflow.SuspendOnFailure, true)

const reset = new VertexError.Transport({ kind: "reset", phase: "headers", description: "closed" })
const unavailable = new VertexError.Unavailable({ description: "503" })
const lost = [
  reset,
  new VertexError.DeadlineExceeded({ phase: "body", description: "silence" }),
  new VertexError.MalformedResponse({ where: "body", description: "cut" })
]
const failed = [unavailable, new VertexError.Internal({ description: "500" })]
const conflict = new VertexError.Conflict({ kind: "AlreadyExists", description: "409" })
const busy = new VertexError.ResourceExhausted({ description: "429", quotas: [] })

/** What may go wrong with a creation, by how often of a hundred; "ok" is the rest. */
const creations: ReadonlyArray<readonly [share: number, kind: string]> = [
  [18, "done, then lost"],
  [8, "done, then failed"],
  [8, "reset before it is done"],
  [8, "failed"],
  [4, "done, then 409"],
  [3, "409"],
  [5, "429"],
  [8, "done, never answered"]
]

/** A service whose requests take their time, get lost, fail, and whose lists lag and have small pages. */
const serviceOf = (random: () => number) => {
  const pick = <A>(all: ReadonlyArray<A>) => all[Math.floor(random() * all.length)]
  const seconds = (most: number) => `${Math.round(random() * most * 1000)} millis` as const
  const kinds = new Map<number, string>()
  const lags = new Map<number, ReturnType<typeof seconds>>()
  const state = { faults: 0, isOther: false }
  const kindOf = (index: number): string => {
    const known = kinds.get(index)
    if (known !== undefined) return known
    let left = random() * 100
    const [, kind = "ok"] = creations.find(([share]) => (left -= share) < 0) ?? []
    if (kind !== "ok") state.faults++
    kinds.set(index, kind)
    return kind
  }
  const failureOf = (index: number): TuningTest.Failure | undefined => {
    switch (kindOf(index)) {
      case "done, then lost":
        return { reason: pick(lost) ?? reset, done: true }
      case "done, then failed":
        return { reason: pick(failed) ?? unavailable, done: true }
      case "reset before it is done":
        return { reason: reset, billed: "unknown" }
      case "failed":
        return { reason: pick(failed) ?? unavailable, billed: "unknown" }
      case "done, then 409":
        return { reason: conflict, done: true, billed: "no" }
      case "409":
        return { reason: conflict, billed: "no" }
      case "429":
        return { reason: busy }
      default:
        return undefined
    }
  }
  const options: TuningTest.Options = {
    lasts: "3 minutes",
    pageSize: 1 + Math.floor(random() * 3),
    listLag: (job) => {
      const lag = lags.get(job) ?? seconds(5)
      lags.set(job, lag)
      return lag
    },
    fail: ({ request }, index) => {
      if (state.isOther) return undefined
      if (request === "create") return failureOf(index)
      return random() < 0.1 ? { reason: unavailable } : undefined
    },
    takes: ({ request }, index) => {
      if (state.isOther) return undefined
      if (request !== "create") return { after: seconds(2) }
      // Longer than a process may live after it has sent it, and shorter than the grace time.
      const before = random() < 0.2 ? seconds(80) : seconds(5)
      return { before, after: kindOf(index) === "done, never answered" ? "1 day" : seconds(5) }
    }
  }
  /** A job of somebody else, to whom nothing happens. */
  const other = (service: Tuning.Tuning["Service"], key: string) =>
    Effect.suspend(() => {
      state.isOther = true
      const labels = { [Tune.label]: key }
      return service.create({ ...request, trainingData: "gs://other/train.jsonl", labels })
    }).pipe(
      Effect.onExit(() => Effect.sync(() => void (state.isOther = false))),
      Effect.orDie,
      Effect.asVoid
    )
  return { options, state, seconds, pick, other }
}

const timedOut = new VertexError.VertexError({
  operation: "tuningJobs.create",
  target: "us-central1",
  reason: unavailable,
  billed: "unknown",
  attempts: []
})

/** As programs do it: sends, sends again when that fails, and records what came of it. */
const naive = Step.make({
  name: "create",
  success: Schema.String,
  error: VertexError.VertexError,
  execute: Tuning.create(request).pipe(
    Effect.timeoutOrElse({ duration: "60 seconds", orElse: () => Effect.fail(timedOut) }),
    Effect.catchTag("BudgetExceeded", Effect.die),
    Effect.retry({ times: 5, schedule: Schedule.spaced("5 seconds") }),
    Effect.map(({ name }) => name)
  )
})

/** The service as a process reaches it while it is alive. A request that has left is answered to nobody afterwards. */
const reachedBy = (process: CrashEngine.Process, service: Tuning.Tuning["Service"]): Tuning.Tuning["Service"] => ({
  ...service,
  create: (asked) => process.world(service.create(asked)),
  get: (name) => process.world(service.get(name)),
  findByLabel: (key, value) => process.world(service.findByLabel(key, value)),
  cancel: (name) => process.world(service.cancel(name))
})

const mostLives = 60

/** Runs a trial to its end. */
export const run = (seed: number, method: Method): Effect.Effect<Verdict> => {
  const random = generator(seed)
  const { options, other, pick, seconds, state } = serviceOf(random)
  const executionId = `trial-${seed}`
  let killsLeft = pick([0, 1, 1, 2, 3]) ?? 0
  let kills = 0
  let uncertain = 0
  let decision: Pick<Tune.Options<typeof request>, "assumeSubmitted" | "resubmit"> = {}

  /** Kills the process at a stage of a step, or at a moment. */
  const doom = (process: CrashEngine.Process) => {
    if (killsLeft-- <= 0) return { observer: () => Effect.void, later: Effect.void }
    if (random() < 0.5) {
      let stages = 1 + Math.floor(random() * 14)
      return { observer: () => (--stages === 0 ? process.kill : Effect.void), later: Effect.void }
    }
    const moment = seconds(pick([1, 10, 100]) ?? 1)
    return { observer: () => Effect.void, later: Effect.forkDetach(Effect.delay(process.kill, moment)) }
  }
  const dooms = new Map<CrashEngine.Process, ReturnType<typeof doom>>()

  return Effect.gen(function* () {
    const service = yield* Tuning.Tuning
    const ours = Effect.map(TuningTest.jobs, (jobs) =>
      jobs.filter(({ body }) => body.supervisedTuningSpec?.trainingDatasetUri === request.trainingData)
    )
    const ordered = Effect.suspend(() =>
      method === "naive"
        ? naive
        : Tune.supervised({
            ...decision,
            request,
            trainingTokens: 1_000,
            ...(method === "impatient" ? { grace: "9 seconds" } : {})
          }).pipe(Effect.map(({ job }) => job))
    )
    const body = (process: CrashEngine.Process) =>
      Effect.gen(function* () {
        const known = dooms.get(process)
        const { later, observer } = known ?? doom(process)
        if (known === undefined) yield* later
        dooms.set(process, { later, observer })
        return yield* Effect.provideService(ordered, Step.Observer, observer)
      }).pipe(Effect.provideService(Tuning.Tuning, reachedBy(process, service)))

    if (random() < 0.05) yield* other(service, Tune.keyOf(executionId, "tune"))
    for (let index = Math.floor(random() * 6); index > 0; index--) {
      yield* Effect.forkChild(Effect.delay(other(service, "somebody"), seconds(200)))
    }

    const records = CrashEngine.records()
    let end: Verdict["end"] = "never"
    for (let life = 0; life < mostLives && end === "never"; life++) {
      const outcome = yield* CrashEngine.live(records, workflow, executionId, body)
      switch (outcome._tag) {
        case "Killed":
          kills++
          if (random() < 0.3) decision = {}
          yield* Effect.sleep(seconds(random() < 0.5 ? 1 : 120))
          break
        case "Parked": {
          if (Predicate.isTagged(outcome.reason, "SubmissionUncertain")) uncertain++
          else if (!Predicate.isTagged(outcome.reason, "VertexError")) end = `failed: ${String(outcome.reason)}`
          yield* Effect.sleep("10 minutes")
          const [found] = yield* ours
          decision = found !== undefined && random() < 0.5 ? { assumeSubmitted: found.name } : { resubmit: true }
          break
        }
        case "Complete": {
          const names = (yield* ours).map(({ name }) => name)
          end = Exit.isSuccess(outcome.exit)
            ? names.includes(String(outcome.exit.value))
              ? "tuned"
              : "other job"
            : `failed: ${String(outcome.exit)}`
        }
      }
    }
    // What has left before the end is done yet.
    yield* Effect.sleep("5 minutes")
    return { seed, jobs: (yield* ours).length, kills, faults: state.faults, uncertain, end }
  }).pipe(Effect.provide(TuningTest.layer(options)))
}
