/** A durable run of one tuning step, for tests: on the engine in memory, over jobs in memory, under the test clock. */
import * as Budget from "@genops/core/Budget"
import * as PriceTable from "@genops/core/PriceTable"
import * as VertexTest from "@genops/vertex/testing/VertexTest"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as Tuning from "@genops/vertex/Tuning"
import type * as TuningRequest from "@genops/vertex/TuningRequest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import * as Workflow from "effect/workflow/Workflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Guard from "../src/internal/guard.ts"
import * as Tune from "../src/Tune.ts"
import * as TunedModel from "../src/TunedModel.ts"

export const request = {
  model: "gemini-2.5-flash",
  trainingData: "gs://acme/train.jsonl",
  epochs: 3,
  displayName: "support"
} as const satisfies TuningRequest.Supervised

/** 45,000 tokens x 3 epochs x 5 dollars a million. */
const trainingTokens = 45_000
export const worst = "0.675"

export interface Plan extends Partial<Tune.Options<TuningRequest.TuningRequest>> {
  readonly limits?: Budget.LimitsInput | undefined
  readonly onUnknownPrice?: "allow" | undefined
  readonly prices?: PriceTable.PriceTable | undefined
}

/** What the last run of the body has told: the books of its budget, and the looks at the job. */
export interface Told {
  books: BudgetGuard.Spending | undefined
  /** How many budgets are around the step. */
  around: number
  readonly states: Array<string>
}

const Failures = Schema.Union([Tune.TuneError, Budget.InvalidBudget])
type Body = Effect.Effect<
  TunedModel.TunedModel,
  typeof Failures.Type,
  Tuning.Tuning | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance
>

const define = (name: string, parks: boolean) =>
  Workflow.make(name, {
    payload: { id: Schema.String },
    idempotencyKey: ({ id }) => id,
    success: TunedModel.TunedModel,
    error: Failures
  }).annotate(Workflow.SuspendOnFailure, parks)

/** Ends with its first failure. */
export const workflow = define("Tune", false)
/** Parks with a failure, and can be resumed. */
export const parking = define("ParkingTune", true)

const body = (plan: Plan, told: Told): Body => {
  const { limits, onUnknownPrice = "refuse", prices = PriceTable.builtIn, ...options } = plan
  const counted = Effect.map(Effect.service(Guard.Budgets), (budgets) => void (told.around = budgets.length))
  const asked = { trainingTokens, ...options }
  const step =
    options.request?.method === "preference"
      ? Tune.preference({ ...asked, request: { ...options.request, epochs: options.request.epochs } })
      : Tune.supervised({ ...asked, request: { ...request, ...options.request, method: "supervised" } })
  const guarded =
    limits === undefined
      ? step
      : BudgetGuard.within(Effect.andThen(counted, step), limits, {
          onUnknownPrice,
          onEnd: (books) => Effect.sync(() => void (told.books = books))
        }).pipe(Effect.provide(VertexTest.layer({})))
  return guarded.pipe(
    Effect.provideService(PriceTable.Prices, prices),
    Effect.provideService(Tune.Observer, (_, { state }) => Effect.sync(() => void told.states.push(state)))
  )
}

type Adapt = (service: Tuning.Tuning["Service"]) => Tuning.Tuning["Service"]

/** The program, whose plan is read anew for each run of its body, and what it has told. */
export const program = (
  plan: () => Plan = () => ({}),
  service: TuningTest.Options = {},
  adapt: Adapt = (same) => same
) => {
  const told: Told = { books: undefined, around: 0, states: [] }
  const run = () => Effect.suspend(() => body(plan(), told))
  const tuning = Layer.effect(Tuning.Tuning, Effect.map(Tuning.Tuning, adapt))
  const registered = Layer.mergeAll(workflow.toLayer(run), parking.toLayer(run))
  const layer = registered.pipe(
    Layer.provideMerge(WorkflowEngine.layerMemory),
    Layer.provideMerge(tuning),
    Layer.provideMerge(TuningTest.layer(service))
  )
  return { told, layer, registered }
}

export const runId = "run"

/** Starts the run, on a day on which Gemini 2.5 had a price unless another is given. */
export const start = (which: typeof workflow = workflow, day = "2026-09-01") =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.parse(day))
    return yield* which.execute({ id: runId }, { discard: true })
  })

/** How a run stands: what it has ended with, or that it is suspended. */
export const stateOf = (id: string, which: typeof workflow = workflow) =>
  Effect.map(
    which.poll(id),
    (result): Exit.Exit<TunedModel.TunedModel, typeof Failures.Type> | "Suspended" | "Running" =>
      Option.match(result, {
        onNone: () => "Running",
        onSome: (result) => (result._tag === "Suspended" ? "Suspended" : result.exit)
      })
  )

/** The error of a run that has failed. */
export const failureOf = (id: string) =>
  Effect.gen(function* () {
    const state = yield* stateOf(id)
    if (typeof state === "string" || Exit.isSuccess(state)) return yield* Effect.die(new Error(`no failure: ${state}`))
    return yield* Option.match(Exit.findErrorOption(state), {
      onNone: () => Effect.die(new Error(`no typed failure: ${String(state)}`)),
      onSome: (error) => Effect.succeed(error)
    })
  })

const decode = Schema.decodeUnknownSync(Schema.toCodecJson(Failures))

/** Why a run is parked. The engine keeps the failure of a step as it is written. */
export const reasonOf = (id: string) =>
  Effect.map(parking.poll(id), (result) => {
    if (Option.isNone(result) || result.value._tag !== "Suspended" || result.value.cause === undefined) return undefined
    const reason = Cause.squash(result.value.cause)
    return reason instanceof Error ? reason : decode(reason)
  })

/** What a run has returned. */
export const resultOf = (id: string, which: typeof workflow = workflow) =>
  Effect.gen(function* () {
    const state = yield* stateOf(id, which)
    return typeof state === "string" ? yield* Effect.die(new Error(`no result: ${state}`)) : yield* state
  })
