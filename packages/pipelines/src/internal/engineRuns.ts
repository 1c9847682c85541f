/** The runs of an engine, by the names that their users gave them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Workflow from "effect/workflow/Workflow"
import { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { type Inspected, type Named, type Payload, type Pipeline, type Run, Runs, type State } from "../Runs.ts"
import { RunCancelled, RunMismatch, RunParked, RunUnknown } from "../RunsError.ts"
import * as History from "./engineHistory.ts"
import type { Located } from "./engineRun.ts"
import type { Store, StoredRun, Trail } from "./engineStore.ts"

/** effect/workflow derives the id of a run from the name of the workflow and the idempotency key, which is the run's name here. */
const executionIdOf = ({ _tag }: Named, runId: string): Effect.Effect<string> =>
  Workflow.make(_tag, {
    payload: { runId: Schema.String },
    idempotencyKey: (payload) => payload.runId
  }).executionId({ runId })

const runIdOf = ({ executionId, payload }: StoredRun): string => {
  const { runId } = payload
  return typeof runId === "string" ? runId : executionId
}

const parked = (trail: Trail, { message, step, tag }: Located): State => {
  // An activity that is no step of this package does not say which one it is.
  const failed = trail.entries.findLast(
    (entry) => entry._tag === "Activity" && Option.exists(entry.outcome, ({ _tag }) => _tag === "Parked")
  )
  return { _tag: "Parked", step: step === undefined ? (failed?.name ?? null) : step, tag, detail: message }
}

/** The store has the error that ended the run, but not a message that is made from its fields; the log has. */
const failed = (trail: Trail, reason: Located): State => {
  const { message, tag } = trail.failures.findLast(({ step }) => step === null) ?? reason
  return { _tag: "Failed", tag, detail: message }
}

const waiting = (trail: Trail): State => {
  const open = trail.entries.filter(({ endedAt }) => endedAt === null)
  const times = open.flatMap((entry) => (entry._tag === "Clock" ? [entry.until] : []))
  return {
    _tag: "Waiting",
    until: times.length === 0 ? null : Math.min(...times),
    decisions: open.flatMap((entry) => (entry._tag === "Decision" ? [entry.name] : []))
  }
}

const stateOf = (run: StoredRun, trail: Trail): State => {
  const outcome = Option.getOrUndefined(run.outcome)
  switch (outcome?._tag) {
    case "Done":
    case "Cancelled":
      return { _tag: outcome._tag }
    case "Failed":
      return failed(trail, outcome.reason)
    default:
      if (trail.isCancelled) return { _tag: "Cancelling" }
      if (outcome === undefined) return { _tag: "Running" }
      return outcome._tag === "Parked" ? parked(trail, outcome.reason) : waiting(trail)
  }
}

const differences = (one: StoredRun["payload"], other: StoredRun["payload"]): ReadonlyArray<string> =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((field) => textOf(one[field]) !== textOf(other[field]))
    .toSorted()

/** JSON with its keys in order. What is absent and what is undefined are the same. */
const textOf = (value: Schema.Json | undefined): string | undefined =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )

const Encoded = Schema.Record(Schema.String, Schema.Json)

export interface Options {
  readonly engine: WorkflowEngine["Service"]
  readonly store: Store
  /** The workflows that this process can run; "none" when it shall run none. */
  readonly registered: ReadonlySet<string> | "none"
}

export const make = ({ engine, registered, store }: Options): Runs["Service"] => {
  const described = (run: StoredRun): Effect.Effect<Run, StoreError> =>
    Effect.map(store.trail(run.workflow, run.executionId), (trail) => ({
      workflow: run.workflow,
      runId: runIdOf(run),
      executionId: run.executionId,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      state: stateOf(run, trail)
    }))

  const known = (workflow: Named, runId: string) =>
    Effect.gen(function* () {
      const run = yield* Effect.flatMap(executionIdOf(workflow, runId), (id) => store.find(workflow._tag, id))
      if (Option.isSome(run)) return run.value
      const runs = (yield* store.list).filter((other) => other.workflow === workflow._tag)
      return yield* new RunUnknown({ runId, workflow: workflow._tag, place: store.place, known: runs.map(runIdOf) })
    })

  /** Starts or joins, and looks afterwards whose payload it was: of two that start at the same time, one is first. */
  const enter = <Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
    workflow: Pipeline<Tag, P, Success, Error>,
    fields: P["~type.make.in"]
  ) =>
    Effect.gen(function* () {
      const { _tag } = workflow
      if (registered === "none") return yield* Effect.die(new Error("An engine that is viewOnly runs nothing"))
      if (!registered.has(_tag)) {
        return yield* Effect.die(
          new Error(`The workflow ${_tag} is not registered: provide the layer ${_tag}.toLayer(...)`)
        )
      }
      const payload = yield* Effect.orDie(workflow.payloadSchema.makeEffect(fields))
      const { runId } = payload
      if (workflow.idempotencyKey(payload) !== runId) {
        return yield* Effect.die(new Error(`The idempotency key of the workflow ${_tag} must be its payload's runId`))
      }
      const encoded = yield* Effect.orDie(Schema.encodeEffect(Schema.toCodecJson(workflow.payloadSchema))(payload))
      const executionId = yield* executionIdOf(workflow, runId)
      const before = yield* store.find(_tag, executionId)
      if (Option.isNone(before)) {
        yield* Effect.provideService(workflow.execute(payload, { discard: true }), WorkflowEngine, engine)
      }
      const found = Option.isSome(before) ? before : yield* store.find(_tag, executionId)
      const run = yield* Effect.orDie(Effect.fromOption(found))
      const fields_ = differences(
        run.payload,
        Option.getOrElse(Schema.decodeUnknownOption(Encoded)(encoded), () => ({}))
      )
      if (fields_.length > 0) return yield* new RunMismatch({ runId, workflow: _tag, fields: fields_ })
      return run
    })

  // A thousand callers at the same moment would fill the memory with beginnings, and gain nothing: the store takes them in turns.
  const few = Semaphore.makeUnsafe(16).withPermit

  /** Waits for the end. Somebody may resume a parked run in the moment in which it is looked at: then it is waited for again. */
  const await_ = <Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
    workflow: Pipeline<Tag, P, Success, Error>,
    run: StoredRun
  ) =>
    Effect.gen(function* () {
      const names = { runId: runIdOf(run), workflow: workflow._tag }
      while (true) {
        yield* store.settled(workflow, run)
        const now = yield* store.find(workflow._tag, run.executionId)
        const { state } = yield* described(Option.getOrElse(now, () => run))
        if (state._tag === "Parked") {
          return yield* new RunParked({ ...names, step: state.step, tag: state.tag, detail: state.detail })
        }
        if (state._tag === "Cancelled") return yield* new RunCancelled(names)
        const result = yield* engine.poll(workflow, run.executionId)
        if (Option.isSome(result) && result.value._tag === "Complete") return yield* result.value.exit
      }
    })

  return Runs.of({
    start: (workflow, payload) => Effect.flatMap(few(enter(workflow, payload)), described),
    run: (workflow, payload) =>
      Effect.gen(function* () {
        const run = yield* few(enter(workflow, payload))
        if (Option.exists(run.outcome, ({ _tag }) => _tag === "Parked")) yield* engine.resume(workflow, run.executionId)
        yield* store.settled(workflow, run)
        return yield* await_(workflow, run)
      }),
    inspect: <Tag extends string, P extends Payload, Success extends Schema.Top, Error extends Schema.Top>(
      workflow: Pipeline<Tag, P, Success, Error>,
      runId: string
    ) =>
      Effect.gen(function* () {
        const run = yield* Effect.flatMap(known(workflow, runId), described)
        const result: Option.Option<Workflow.Result<Success["Type"], Error["Type"]>> =
          run.state._tag === "Done" ? yield* engine.poll(workflow, run.executionId) : Option.none()
        const inspected: Inspected<Success["Type"]> = {
          ...run,
          result: Option.flatMap(result, (value) =>
            value._tag === "Complete" && value.exit._tag === "Success" ? Option.some(value.exit.value) : Option.none()
          )
        }
        return inspected
      }),
    list: Effect.flatMap(store.list, (runs) => Effect.forEach(runs, described, { concurrency: 8 })),
    history: (workflow, runId) =>
      Effect.gen(function* () {
        const run = yield* known(workflow, runId)
        return History.make(run, yield* store.trail(run.workflow, run.executionId))
      }),
    resume: (workflow, runId) =>
      Effect.gen(function* () {
        const run = yield* known(workflow, runId)
        if (Option.exists(run.outcome, ({ _tag }) => _tag === "Parked")) yield* engine.resume(workflow, run.executionId)
      }),
    cancel: (workflow, runId) =>
      Effect.gen(function* () {
        const run = yield* known(workflow, runId)
        if (run.endedAt === null) yield* engine.interrupt(workflow, run.executionId)
      })
  })
}

type StoreError = Effect.Error<ReturnType<Store["trail"]>>
