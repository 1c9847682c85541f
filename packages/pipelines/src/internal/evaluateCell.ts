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
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Cell from "../Cell.ts"
import { defined } from "./evaluateDefined.ts"
import * as Failure from "./evaluateFailure.ts"
import * as Meter from "./evaluateMeter.ts"
import type * as Row from "./evaluateRow.ts"
import type * as Guard from "./guard.ts"

/** A budget of the judges' own. When it is used up they are not asked any more, and answers are made without them. */
export interface Judges {
  readonly budget: Guard.Enclosing | undefined
  exhausted: Budget.BudgetExceeded | undefined
}

/** What all cells of a candidate have in common. */
export interface Work {
  readonly runId: string
  readonly candidate: string
  readonly fingerprint: string
  readonly configuration: ModelConfiguration.ModelConfiguration | undefined
  readonly metrics: ReadonlyArray<Metric.Metric>
  /** The version of each metric. */
  readonly versions: ReadonlyMap<string, string>
  readonly onBudgetExceeded: "stop" | "skip"
  readonly judges: Judges
  readonly model: GenerativeModel.GenerativeModel["Service"]
  readonly evaluation: Evaluation.Evaluation["Service"]
  /** Watches the calls for answers. */
  readonly watch: (
    call: Effect.Effect<GenerateResponse.GenerateResponse, GenerativeModel.GenerateError>
  ) => Effect.Effect<GenerateResponse.GenerateResponse, GenerativeModel.GenerateError>
}

/** A cell to be worked on: `metrics` are to be scored now, `earlier` is what an earlier attempt has kept of it. */
export interface Task {
  readonly row: number
  readonly rowId: string
  readonly repeat: number | undefined
  readonly prepared: Row.Prepared
  readonly metrics: ReadonlyArray<Metric.Metric>
  readonly earlier: Cell.Cell | undefined
  /** Run when the answer is there, before it is scored. */
  readonly onAnswer: Effect.Effect<void>
}

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
  readonly booked: { -readonly [P in Meter.Part]: Meter.Booked }
}

export const draft = (): Draft => ({
  answer: {},
  scores: new Map(),
  error: undefined,
  isNew: false,
  generation: Money.zero,
  judge: Money.zero,
  unknown: 0,
  booked: { generation: Meter.nothing, judge: Meter.nothing }
})

export const cellOf = (work: Work, task: Task, { answer, booked, error, scores, ...draft }: Draft): Cell.Cell => {
  const generation = Meter.toCell(booked.generation)
  const judge = Meter.toCell(booked.judge)
  return defined({
    runId: work.runId,
    candidate: work.candidate,
    fingerprint: work.fingerprint,
    row: task.row,
    rowId: task.rowId,
    repeat: task.repeat,
    prompt: task.prepared.prompt,
    reference: task.prepared.instance.reference,
    ...answer,
    scores: Object.fromEntries([...earlierScores(work, task), ...scores]),
    spent: defined({
      generation: draft.generation,
      judge: draft.judge,
      unknown: draft.unknown,
      booked: (generation ?? judge) === undefined ? undefined : defined({ generation, judge })
    }),
    error
  })
}

/** The list price of a use today; null when it is not known. */
const priceOf = Effect.fnUntraced(function* (
  model: string,
  location: string,
  usage: Usage.Usage | undefined,
  searchQueries = 0
) {
  if (usage === undefined) return null
  const found = PriceTable.lookup(yield* PriceTable.Prices, { model, location, at: yield* DateTime.now })
  return Result.match(found, {
    onFailure: () => null,
    onSuccess: (price) =>
      Money.plus(
        Cost.of(price, usage),
        Option.getOrElse(Cost.grounding(price, searchQueries), () => Money.zero)
      )
  })
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
const earlierAnswer = (cell: Cell.Cell): Partial<Cell.Cell> => {
  const { cost, finishReason, grounding, latencyMs, modelVersion, response, safetyRatings, usage } = cell
  return { response, finishReason, modelVersion, usage, cost, latencyMs, safetyRatings, grounding }
}

/** The scores of an earlier attempt, failed ones too: one that is not made again goes on to say why it is not there. */
const earlierScores = ({ metrics, versions }: Work, { earlier }: Task): ReadonlyMap<string, Cell.CellScore> => {
  const known = new Map<string, Cell.CellScore>()
  if (earlier?.response === undefined) return known
  for (const { name } of metrics) {
    const score = Cell.score(earlier, name)
    if (score !== undefined && score.version === versions.get(name)) known.set(name, score)
  }
  return known
}

/** A call that was dropped because the run was interrupted and it took too long, and that may be paid. */
const cutOff: Cell.Problem = { tag: "Interrupted", message: "The call was cut off with the run.", billed: "unknown" }

const generate = Effect.fnUntraced(function* (work: Work, { prepared }: Task, draft: Draft) {
  const { configuration, judges, model } = work
  if (configuration === undefined || prepared.prompt === undefined) {
    return yield* Effect.die(new Error("a run without given answers has a configuration and a prompt"))
  }
  const call = Meter.measured(work.watch(model.generate(configuration, prepared.prompt)), (booked) => {
    draft.booked.generation = booked
    if (Meter.isNothing(booked)) return
    // So it stays when this is the last that is heard of the call.
    draft.isNew = true
    draft.error = cutOff
    draft.unknown = 1
  })
  const result = yield* Effect.result(Meter.outside(call, judges.budget))
  draft.error = undefined
  draft.unknown = 0
  if (Result.isFailure(result)) {
    const error = result.failure
    const stop = Failure.stopOf(error, work.onBudgetExceeded)
    if (stop !== undefined) {
      if (draft.isNew) draft.error = Failure.problemOf(error)
      return yield* Effect.fail(stop)
    }
    const usage = error._tag === "ContentBlocked" ? error.usage : undefined
    const cost = yield* priceOf(configuration.model, model.location, usage)
    draft.generation = cost ?? Money.zero
    if (cost === null && Failure.billedOf(error) !== "no") draft.unknown++
    draft.error = Failure.problemOf(error)
    draft.answer = { usage, cost }
  } else {
    const { call, grounding, usage } = result.success
    const cost = yield* priceOf(call.model, call.location, usage, grounding?.webSearchQueries?.length)
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

const score = Effect.fnUntraced(function* (
  work: Work,
  metric: Metric.Metric,
  instance: MetricInstance.MetricInstance,
  draft: Draft
) {
  const { evaluation, judges, model } = work
  const call = evaluation.score(metric, instance)
  let booked = Meter.nothing
  const result = yield* Effect.result(
    metric._tag === "Computed"
      ? call
      : Meter.measured(call, (found) => {
          booked = found
          // It is kept, whatever comes of the judgement.
          draft.isNew ||= !Meter.isNothing(found)
          draft.booked.judge = Meter.plus(draft.booked.judge, found)
        })
  )
  const { judge, usage } = Result.match(result, {
    onSuccess: ({ judge, usage }) => ({ judge, usage }),
    onFailure: (error) =>
      error._tag === "JudgeFailed" ? { judge: error.judge, usage: error.usage } : { judge: undefined, usage: undefined }
  })
  const priced = judge === undefined ? null : yield* priceOf(judge, model.location, usage)
  draft.judge = Money.plus(draft.judge, priced ?? Money.zero)
  const note = (entry: Cell.CellScore, wasBilled: boolean) => {
    if (wasBilled && priced === null) draft.unknown++
    draft.scores.set(metric.name, defined({ ...entry, version: work.versions.get(metric.name) }))
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
  if (error._tag === "BudgetExceeded" && error.budget === judges.budget?.region?.ledger.limits.name) {
    judges.exhausted ??= error
    return
  }
  const stop = Failure.stopOf(error, work.onBudgetExceeded)
  // A judge that cannot be asked concerns all candidates.
  if (stop !== undefined) return yield* Effect.fail<Failure.Stop>({ ...stop, scope: "run" })
  // The sample that failed may be free and others of its judgement not: budgets know that.
  const billed = Failure.billedOf(error) !== "no" || !Meter.isNothing(booked)
  note({ score: null, judge, usage, cost: billed ? priced : undefined, error: Failure.problemOf(error) }, billed)
})

// As long as a budget reads an interrupted call to its end.
const patience = "10 seconds"

/**
 * Finishes a call that is in flight when the run is interrupted, for a while: it is paid, and what it brings is noted in the draft.
 */
const patiently = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDetach(Effect.interruptible(call), { startImmediately: true }), (fiber) =>
      Effect.onInterrupt(restore(Fiber.join(fiber)), () =>
        Effect.andThen(Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), patience), Fiber.interrupt(fiber))
      )
    )
  )

/**
 * Works on a cell and notes in the draft what is there, step by step. Fails only with what later cells would meet too; what went
 * wrong with this one is in the draft.
 */
export const attempt: (work: Work, task: Task, draft: Draft) => Effect.Effect<void, Failure.Stop> = Effect.fnUntraced(
  function* (work, task, draft) {
    const { earlier, prepared } = task
    if (earlier?.response !== undefined) draft.answer = earlierAnswer(earlier)
    else if (prepared.response !== undefined) {
      draft.answer = { response: prepared.response }
      draft.isNew = true
    } else yield* patiently(generate(work, task, draft))

    const { response } = draft.answer
    if (response === undefined) return
    yield* task.onAnswer
    const instance = instanceOf(task, draft, response)
    const known = earlierScores(work, task)
    for (const metric of task.metrics) {
      if (Cell.isSettled(known.get(metric.name))) continue
      const scoring = Effect.suspend(() => score(work, metric, instance, draft))
      if (metric._tag === "Computed") yield* scoring
      else if (work.judges.exhausted === undefined) yield* patiently(scoring)
    }
  }
)
