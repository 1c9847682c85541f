/** Waits durably for the end of a tuning job, and books what it cost. */
import * as TuningFailed from "@genops/vertex/TuningFailed"
import { TuningUnfinished } from "@genops/vertex/TuningUnfinished"
import type * as TuningJob from "@genops/vertex/TuningJob"
import * as VertexError from "@genops/vertex/VertexError"
import * as Budget from "@genops/core/Budget"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as BudgetBooks from "../BudgetBooks.ts"
import { TunedModel } from "../TunedModel.ts"
import * as tuneBudget from "./tuneBudget.ts"
import * as tuneJob from "./tuneJob.ts"

/** Books what an ended job cost. One that ended badly may be billed for what it has learned from; one that never ran has learned nothing. */
const book = (job: TuningJob.TuningJob, { perToken, worst }: tuneBudget.Order) => {
  const cost = tuneBudget.costOf(perToken, job.dataStats?.billableTokens)
  if (job.tunedModel !== undefined && cost !== undefined) return BudgetBooks.book(Budget.amount({ usd: cost }))
  return job.tunedModel === undefined && job.body.startTime === undefined ? Effect.void : BudgetBooks.book(worst, worst)
}

const tunedOf = (
  { prices, request }: tuneJob.Work,
  { perToken }: tuneBudget.Order,
  job: TuningJob.TuningJob
): TunedModel | undefined => {
  const { dataStats, tunedModel } = job
  if (tunedModel === undefined) return undefined
  return {
    ...tunedModel,
    job: job.name,
    baseModel: job.baseModel ?? prices.endpoints.get(request.model),
    data: dataStats,
    cost: tuneBudget.costOf(perToken, dataStats?.billableTokens)
  }
}

/**
 * The step that waits: one look every interval, and nothing is held between two of them. It is one activity, which the engine runs again
 * after each sleep until it has an outcome, so it leaves one record however long it lasts.
 *
 * Outages of the service are outlived. Where failures park the run, resuming it looks again.
 */
export const wait = (work: tuneJob.Work, order: tuneBudget.Order, name: string, told: tuneJob.Told) => {
  const interval = Math.max(1, Duration.toMillis(work.interval))
  const timeout = work.timeout === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(work.timeout)
  return tuneJob.step({
    name: work.name,
    input: { job: name },
    success: TunedModel,
    error: Schema.Union([TuningFailed.TuningFailed, TuningUnfinished, VertexError.VertexError]),
    execute: Effect.gen(function* () {
      let slept = 0
      let state = ""
      for (;;) {
        const seen = yield* Effect.result(work.service.get(name))
        if (Result.isSuccess(seen)) {
          const job = seen.success
          state = job.state
          yield* told(work.name, { job: name, state })
          if (job.isTerminal) yield* book(job, order)
          const tuned = tunedOf(work, order, yield* Effect.fromResult(TuningFailed.check(job)))
          if (job.isTerminal && tuned !== undefined) return tuned
        } else if (!seen.failure.isRetryable) {
          return yield* Effect.fail(seen.failure)
        }
        const elapsed = (yield* Clock.currentTimeMillis) - order.at
        // A timer may fire a moment early, and clocks are set back: the look after a sleep counts as the one that it slept for.
        const passed = Math.max(slept, elapsed)
        if (passed >= timeout) {
          const waited = Duration.format(Duration.millis(passed))
          return yield* new TuningUnfinished({ job: name, state, waited })
        }
        slept = Math.min(timeout, (Math.floor(passed / interval) + 1) * interval)
        yield* tuneJob.sleep(`${work.name}/${slept}`, Math.max(1, slept - elapsed))
      }
    })
  })
}
