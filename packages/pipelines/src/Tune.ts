/**
 * Tuning as a step of a durable program: a run orders at most one job, waits for it without holding anything, and survives the end of
 * its process at any moment.
 *
 * The service has no request id by which it would know a repeated order. So the intent is recorded first; the job carries a label made
 * of the run and the step; jobs with that label are looked for before one is created; and an order of which nobody knows how it ended is
 * looked for again after a grace time. What cannot be known is `SubmissionUncertain`, never a second order.
 *
 * @since 0.1.0
 */
import * as Budget from "@genops/core/Budget"
import * as PriceTable from "@genops/core/PriceTable"
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningFailed from "@genops/vertex/TuningFailed"
import * as TuningRequest from "@genops/vertex/TuningRequest"
import * as TuningUnfinished from "@genops/vertex/TuningUnfinished"
import * as VertexError from "@genops/vertex/VertexError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { createHash } from "node:crypto"
import type * as BudgetBooks from "./BudgetBooks.ts"
import * as tuneBudget from "./internal/tuneBudget.ts"
import * as tuneCancel from "./internal/tuneCancel.ts"
import * as tuneJob from "./internal/tuneJob.ts"
import * as tuneSubmit from "./internal/tuneSubmit.ts"
import * as tuneWait from "./internal/tuneWait.ts"
import * as Step from "./Step.ts"
import * as SubmissionUncertain from "./SubmissionUncertain.ts"
import type * as TunedModel from "./TunedModel.ts"

/**
 * Everything that a tuning step fails with, as a schema for `Workflow.make`.
 *
 * @since 0.1.0
 */
export const TuneError = Schema.Union([
  SubmissionUncertain.SubmissionUncertain,
  TuningFailed.TuningFailed,
  TuningUnfinished.TuningUnfinished,
  VertexError.VertexError,
  Budget.BudgetExceeded,
  PriceTable.PriceUnknown,
  Step.StepChanged
])

/**
 * Everything that a tuning step fails with.
 *
 * @since 0.1.0
 */
export type TuneError = typeof TuneError.Type

/**
 * Is told of each look at a job: the step, and the job with its state. For progress on a terminal.
 *
 * @since 0.1.0
 */
export const Observer = Context.Reference<
  (step: string, seen: { readonly job: string; readonly state: string }) => Effect.Effect<void>
>("@genops/pipelines/Tune/Observer", { defaultValue: () => () => Effect.void })

/**
 * The label by which the job of a step is found again: `Tuning.findByLabel(Tune.label, Tune.keyOf(executionId, "tune"))`.
 *
 * @since 0.1.0
 */
export const label = tuneJob.label

/**
 * Returns the value of the label of a step in a run: 40 hexadecimal digits of the sha-256 of the execution's id and the step's name.
 *
 * @since 0.1.0
 */
export const keyOf = (executionId: string, step: string): string =>
  createHash("sha256").update(`${executionId}-${step}`).digest("hex").slice(0, 40)

/**
 * What to tune, and how to wait for it.
 *
 * **Details**
 *
 * - `name`: the step's, unique in its run; default `tune`. The records of its parts begin with it.
 * - `request`: as `Tuning.create` takes it. `epochs` are required, because without them nobody knows what the job costs at worst. The
 *   label `genops-key` is added.
 * - `trainingTokens`: tokens of the training data, as `TrainingData.check` counts them. Epochs x these x price is held in the budgets.
 * - `grace`: how long an order of which nobody knows how it ended is let alone before it is looked for; default 90 seconds. An order
 *   itself is given up after two thirds of it, so the last third is what a new job may take to be listed.
 * - `interval`: the time between two looks at the job, default 1 minute.
 * - `timeout`: how long is waited in all, counted from the first start of the step; default as long as it takes. The job goes on.
 * - `detach`: leaves the job running when the run is cancelled.
 * - `assumeSubmitted`, `resubmit`: how a run goes on that has failed with `SubmissionUncertain`: with this job, whatever made it; or
 *   with another order, after one more look. What was decided is recorded.
 *
 * All but `name` and `request` may be changed when a run is resumed. Lengths of time are above 0 and finite.
 *
 * @since 0.1.0
 */
export interface Options<Request extends TuningRequest.TuningRequest> {
  readonly name?: string | undefined
  readonly request: Request & { readonly epochs: number }
  readonly trainingTokens: number
  readonly grace?: Duration.Input | undefined
  readonly interval?: Duration.Input | undefined
  readonly timeout?: Duration.Input | undefined
  readonly detach?: boolean | undefined
  readonly assumeSubmitted?: string | undefined
  readonly resubmit?: boolean | undefined
}

/**
 * A tuning step, to be yielded in the body of a workflow.
 *
 * @since 0.1.0
 */
export type Tuned = Effect.Effect<
  TunedModel.TunedModel,
  TuneError,
  Tuning.Tuning | WorkflowEngine.WorkflowEngine | WorkflowEngine.WorkflowInstance
>

/**
 * Tunes a model by examples of right answers, in the body of a workflow.
 *
 * **Details**
 *
 * - A run orders at most one job. A job with the label of the step is taken instead of creating one, also after the store of the engine
 *   was lost; a creation is sent only right after such a look. When its process dies, or the service says that it failed, the step looks
 *   again after the grace time and creates the job only when there is none.
 * - Fails with `SubmissionUncertain` when an answer was lost and no job is visible after the grace time, when several jobs were made by
 *   the request, and when a job with the label was made by another request. Nothing more is ordered then.
 * - Between two looks nothing is held, and outages of the service are outlived. Fails with `TuningFailed` when the job ends without a
 *   model, and with `TuningUnfinished` after `timeout`. Paused jobs, and states that are not known, are waited for.
 * - When the run is cancelled, the job is cancelled too, unless `detach`. When the process ends, the job goes on.
 * - The worst case is held in the budgets around before anything is sent: `BudgetExceeded` when it does not fit, `PriceUnknown` when a
 *   budget limits money, unknown prices are refused, and the table has no price for tuning the model. After the end, billable tokens x
 *   price are booked; the worst case when the service does not say them, or when a job that ran ended badly. A replay books the same.
 * - Fails with `VertexError` for a request that is not valid, and for what the service refuses, or fails five times; and with
 *   `StepChanged` when the run was started with another request.
 *
 * **Gotchas**
 *
 * A creation that is older than its look allows is not sent, but a process that is frozen between that check and the network is not seen
 * by anybody: no protocol without a request id is proof against it. Google does not say how long a new job may be missing in lists: where
 * it is longer than a third of `grace`, make `grace` longer.
 *
 * @example
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as Money from "@genops/core/Money"
 * import * as PriceTable from "@genops/core/PriceTable"
 * import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
 * import * as Tune from "@genops/pipelines/Tune"
 * import * as TunedModel from "@genops/pipelines/TunedModel"
 * import * as GenerativeModel from "@genops/vertex/GenerativeModel"
 * import * as Effect from "effect/Effect"
 *
 * const body = Effect.gen(function* () {
 *   const tuned = yield* Tune.supervised({
 *     request: { model: "gemini-3.5-flash", trainingData: "gs://acme/train.jsonl", epochs: 3, displayName: "support-v7" },
 *     trainingTokens: 45_000,
 *     timeout: "12 hours"
 *   })
 *   return yield* GenerativeModel.generate(ModelConfiguration.make(tuned.endpoint), "Hello").pipe(
 *     TunedModel.withPrice(tuned)
 *   )
 * })
 *
 * // The price list has none for training Gemini 3: take it from the contract.
 * const prices = PriceTable.withTraining(PriceTable.builtIn, "gemini-3.5-flash", Money.perMillion("10"))
 * const program = body.pipe(
 *   BudgetGuard.within({ usd: "20.00" }),
 *   Effect.provideService(PriceTable.Prices, prices)
 * )
 *
 * @since 0.1.0
 */
export const supervised = (options: Options<TuningRequest.Supervised>): Tuned => run(options)

/**
 * Tunes a model by pairs of a better and a worse answer, in the body of a workflow. All else is as for `supervised`.
 *
 * @since 0.1.0
 */
export const preference = (options: Options<TuningRequest.Preference>): Tuned => run(options)

const run = (options: Options<TuningRequest.TuningRequest>) =>
  Effect.gen(function* () {
    const { detach = false, name = "tune", request } = options
    yield* valid(request)
    const { executionId } = yield* WorkflowEngine.WorkflowInstance
    const key = keyOf(executionId, name)
    const fate: tuneJob.Fate = { isOrdered: false, job: undefined, isEnded: false }
    const work: tuneJob.Work = {
      name,
      key,
      request: { ...request, labels: { ...request.labels, [tuneJob.label]: key } },
      trainingTokens: count(options.trainingTokens),
      grace: length("grace", options.grace ?? "90 seconds"),
      interval: length("interval", options.interval ?? "1 minute"),
      timeout: options.timeout === undefined ? undefined : length("timeout", options.timeout),
      assumeSubmitted: options.assumeSubmitted,
      resubmit: options.resubmit ?? false,
      service: yield* Tuning.Tuning,
      prices: yield* PriceTable.Prices,
      fate
    }
    const order = yield* tuneBudget.order(work, asJson(request), yield* Effect.scope)
    if (!detach) yield* tuneCancel.onCancel(work)
    return yield* Effect.gen(function* () {
      const job = yield* tuneSubmit.submit(work)
      fate.isOrdered = true
      fate.job = job
      const { value } = yield* tuneWait.wait(work, order, job, yield* Observer)
      fate.isEnded = true
      return value
    }).pipe(Effect.onExit((exit) => order.end(bookingOf(exit, fate))))
  }).pipe(Effect.scoped)

/** How the hold ends. The step that waits has booked an ended job itself, so that its record tells the cost. */
const bookingOf = (exit: Exit.Exit<unknown, TuneError>, { isOrdered }: tuneJob.Fate): BudgetBooks.Booking => {
  const isBooked =
    Exit.isSuccess(exit) || Option.exists(Exit.findErrorOption(exit), ({ _tag }) => _tag === "TuningFailed")
  return isBooked || !isOrdered ? { _tag: "Release" } : { _tag: "Worst" }
}

const valid = (request: TuningRequest.TuningRequest) => {
  const violations = TuningRequest.violations(request)
  if (violations.length === 0) return Effect.void
  const reason = new VertexError.InvalidRequest({ description: "nothing was sent", violations })
  const failed = {
    operation: "tuningJobs.create",
    target: request.model.slice(0, 120),
    billed: "no",
    attempts: []
  } as const
  return Effect.fail(new VertexError.VertexError({ ...failed, reason }))
}

const count = (tokens: number): number => {
  if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens
  throw new RangeError(`trainingTokens is a whole number from 0, got ${tokens}`)
}

const length = (field: string, input: Duration.Input): Duration.Duration => {
  const duration = Duration.fromInputUnsafe(input)
  const millis = Duration.toMillis(duration)
  if (millis > 0 && Number.isFinite(millis)) return duration
  throw new RangeError(`${field} is a length of time above 0 and not for ever, got ${Duration.format(duration)}`)
}

/** As it is recorded: what is undefined is absent. */
const asJson = (request: TuningRequest.TuningRequest): Schema.Json =>
  Schema.decodeUnknownSync(Schema.Json)(JSON.parse(JSON.stringify(request)))
