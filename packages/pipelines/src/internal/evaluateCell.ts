/** Makes a cell: asks the model, has the answer scored, and notes what both cost. */
import type * as Budget from "@genops/core/Budget"
import * as Cost from "@genops/core/Cost"
import type * as Metric from "@genops/core/Metric"
import type * as MetricInstance from "@genops/core/MetricInstance"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import type * as Usage from "@genops/core/Usage"
import type * as Evaluation from "@genops/vertex/Evaluation"
import type * as GenerateResponse from "@genops/vertex/GenerateResponse"
import type * as GenerativeModel from "@genops/vertex/GenerativeModel"
import type * as Score from "@genops/vertex/Score"
import type * as VertexError from "@genops/vertex/VertexError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Cell from "../Cell.ts"
import type * as Row from "./evaluateRow.ts"

/** What all cells of a run have in common. */
export interface Work {
  readonly runId: string
  readonly candidate: string
  readonly fingerprint: string
  readonly configuration: ModelConfiguration.ModelConfiguration | undefined
  readonly metrics: ReadonlyArray<Metric.Metric>
  readonly onBudgetExceeded: "stop" | "skip"
  readonly model: GenerativeModel.GenerativeModel["Service"]
  readonly evaluation: Evaluation.Evaluation["Service"]
}

/** A row to be worked on. `earlier` is what an earlier attempt has kept of it. */
export interface Task {
  readonly row: number
  readonly rowId: string
  readonly prepared: Row.Prepared
  readonly earlier: Cell.Cell | undefined
}

type AnyError = GenerativeModel.GenerateError | Evaluation.EvaluationError

/** A failure that the rows to come would meet as well. */
export type Stop = Budget.BudgetExceeded | PriceTable.PriceUnknown | VertexError.VertexError

const hopeless: ReadonlySet<VertexError.Reason["_tag"]> = new Set([
  "CredentialsMissing",
  "Unauthenticated",
  "PermissionDenied",
  "NotFound"
])

const stopOf = ({ onBudgetExceeded }: Work, error: AnyError): Stop | undefined => {
  if (error._tag === "PriceUnknown") return error
  if (error._tag === "BudgetExceeded") return onBudgetExceeded === "stop" ? error : undefined
  return error._tag === "VertexError" && hopeless.has(error.reason._tag) ? error : undefined
}

const billedOf = (error: AnyError): "no" | "yes" | "unknown" => {
  if (!("billed" in error)) return "no"
  if (error._tag !== "VertexError") return error.billed
  // An attempt before the last one may have been billed, though the last was refused.
  return error.billed === "no" && error.attempts.some(({ billed }) => billed !== "no") ? "unknown" : error.billed
}

const longestMessage = 2000

const problemOf = (error: AnyError): Cell.Problem => ({
  tag: error._tag === "VertexError" ? error.reason._tag : error._tag,
  message: error.message.slice(0, longestMessage),
  billed: billedOf(error)
})

/** A cell in the making: what is there of it when the work is broken off, is kept. */
export interface Draft {
  answer: Partial<Cell.Cell>
  readonly scores: Map<string, Cell.CellScore>
  error: Cell.Problem | undefined
  /** Whether anything was done that is worth keeping. */
  isNew: boolean
  generation: Money.Money
  judge: Money.Money
  unknown: number
}

export const draft = (): Draft => ({
  answer: {},
  scores: new Map(),
  error: undefined,
  isNew: false,
  generation: Money.zero,
  judge: Money.zero,
  unknown: 0
})

export const cellOf = (work: Work, task: Task, draft: Draft): Cell.Cell => ({
  runId: work.runId,
  candidate: work.candidate,
  fingerprint: work.fingerprint,
  row: task.row,
  rowId: task.rowId,
  prompt: task.prepared.prompt,
  reference: task.prepared.instance.reference,
  ...draft.answer,
  scores: Object.fromEntries(draft.scores),
  spent: { generation: draft.generation, judge: draft.judge, unknown: draft.unknown },
  error: draft.error
})

/** The list price of a use today; null when it is not known. */
const priceOf = (model: string, location: string, usage: Usage.Usage | undefined) =>
  Effect.gen(function* () {
    if (usage === undefined) return null
    const price = PriceTable.lookup(yield* PriceTable.Prices, { model, location, at: yield* DateTime.now })
    return Result.getOrNull(Result.map(price, (known) => Cost.of(known, usage)))
  })

const answerOf = (response: GenerateResponse.GenerateResponse, cost: Money.Money | null): Partial<Cell.Cell> => ({
  response: response.text,
  finishReason: response.finishReason,
  modelVersion: response.modelVersion,
  usage: response.usage,
  cost,
  latencyMs: response.call.latencyMs,
  safetyRatings: response.candidates[0]?.safetyRatings,
  grounding: response.grounding
})

/** The answer of an earlier attempt: it was paid, and its scores belong to it. */
const earlierAnswer = ({
  cost,
  finishReason,
  grounding,
  latencyMs,
  modelVersion,
  response,
  safetyRatings,
  usage
}: Cell.Cell): Partial<Cell.Cell> => ({
  response,
  finishReason,
  modelVersion,
  usage,
  cost,
  latencyMs,
  safetyRatings,
  grounding
})

const generate = (work: Work, { prepared }: Task, draft: Draft) =>
  Effect.gen(function* () {
    const { configuration, model } = work
    if (configuration === undefined || prepared.prompt === undefined) {
      return yield* Effect.die(new Error("a run without given answers has a configuration and a prompt"))
    }
    const result = yield* Effect.result(model.generate(configuration, prepared.prompt))
    if (Result.isFailure(result)) {
      const error = result.failure
      const stop = stopOf(work, error)
      if (stop !== undefined) return yield* Effect.fail(stop)
      const usage = error._tag === "ContentBlocked" ? error.usage : undefined
      const cost = yield* priceOf(configuration.model, model.location, usage)
      draft.generation = cost ?? Money.zero
      if (cost === null && billedOf(error) !== "no") draft.unknown++
      draft.error = problemOf(error)
      draft.answer = { usage, cost }
    } else {
      const { call, usage } = result.success
      const cost = yield* priceOf(call.model, call.location, usage)
      draft.generation = cost ?? Money.zero
      if (cost === null) draft.unknown++
      draft.answer = answerOf(result.success, cost)
    }
    draft.isNew = true
  })

const instanceOf = ({ prepared }: Task, { answer }: Draft, response: string): MetricInstance.MetricInstance => ({
  ...prepared.instance,
  response,
  ...(answer.latencyMs === undefined
    ? {}
    : { latencyMs: answer.latencyMs, grounding: { parts: [response], metadata: answer.grounding } })
})

const scored = (score: Score.Score, cost: Money.Money | null | undefined): Cell.CellScore => ({
  score: score._tag === "Rating" ? score.score : null,
  pairwiseChoice: score._tag === "Preference" ? score.pairwiseChoice : undefined,
  explanation: score.explanation,
  scoredBy: score.scoredBy,
  judge: score.judge,
  samples: score.samples,
  usage: score.usage,
  cost
})

const score = (work: Work, metric: Metric.Metric, instance: MetricInstance.MetricInstance, draft: Draft) =>
  Effect.gen(function* () {
    const { evaluation, model } = work
    const result = yield* Effect.result(evaluation.score(metric, instance))
    const { judge, usage } = Result.match(result, {
      onSuccess: ({ judge, usage }) => ({ judge, usage }),
      onFailure: (error) =>
        error._tag === "JudgeFailed"
          ? { judge: error.judge, usage: error.usage }
          : { judge: undefined, usage: undefined }
    })
    const priced = judge === undefined ? null : yield* priceOf(judge, model.location, usage)
    draft.judge = Money.plus(draft.judge, priced ?? Money.zero)
    const note = (entry: Cell.CellScore, wasBilled: boolean) => {
      if (wasBilled && priced === null) draft.unknown++
      draft.scores.set(metric.name, entry)
      draft.isNew = true
    }
    if (Result.isSuccess(result) && result.success._tag === "Rating" && !Number.isFinite(result.success.score)) {
      const message = `${metric.name} was rated ${result.success.score}, which is no number.`
      return note({ score: null, judge, usage, cost: priced, error: { tag: "NotFinite", message } }, false)
    }
    if (Result.isSuccess(result)) {
      // Computed scores come without a judge and are free; the service's own metrics are billed at a price it does not say.
      const isPaid = judge !== undefined || (result.success.scoredBy === "vertex" && metric._tag !== "Computed")
      return note(scored(result.success, isPaid ? priced : undefined), isPaid)
    }
    const error = result.failure
    const stop = stopOf(work, error)
    if (stop !== undefined) return yield* Effect.fail(stop)
    const billed = billedOf(error) !== "no"
    note({ score: null, judge, usage, cost: billed ? priced : undefined, error: problemOf(error) }, billed)
  })

// As long as a budget reads an interrupted call to its end.
const patience = "10 seconds"

/**
 * Finishes a call that is in flight when the run is interrupted, for a while: it is paid, and what it brings is noted in the draft.
 */
const patiently = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkDetach(Effect.interruptible(call), { startImmediately: true })
      return yield* Effect.onInterrupt(restore(Fiber.join(fiber)), () =>
        Effect.andThen(Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), patience), Fiber.interrupt(fiber))
      )
    })
  )

/**
 * Works on a row and notes in the draft what is there, step by step. Fails only with what the next rows would meet too; what went
 * wrong with this one is in the draft.
 */
export const attempt = (work: Work, task: Task, draft: Draft): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { earlier, prepared } = task
    if (earlier?.response !== undefined) draft.answer = earlierAnswer(earlier)
    else if (prepared.response !== undefined) {
      draft.answer = { response: prepared.response }
      draft.isNew = true
    } else yield* patiently(generate(work, task, draft))

    const { response } = draft.answer
    if (response === undefined) return
    const instance = instanceOf(task, draft, response)
    for (const metric of work.metrics) {
      const known = earlier === undefined ? undefined : Cell.score(earlier, metric.name)
      if (earlier?.response !== undefined && Cell.isSettled(known)) draft.scores.set(metric.name, known)
    }
    for (const metric of work.metrics) {
      if (draft.scores.has(metric.name)) continue
      const scoring = score(work, metric, instance, draft)
      yield* metric._tag === "Computed" ? scoring : patiently(scoring)
    }
  })
