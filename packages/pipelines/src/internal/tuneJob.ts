/** What the parts of a tuning step share. */
import type * as PriceTable from "@genops/core/PriceTable"
import type * as Tuning from "@genops/vertex/Tuning"
import type * as TuningRequest from "@genops/vertex/TuningRequest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as DurableClock from "effect/workflow/DurableClock"
import * as Step from "../Step.ts"
import * as Guard from "./guard.ts"

/** The label by which a job is found again. Its value is derived from the run and the step. */
export const label = "genops-key"

/** A tuning step in one run of the program's body. */
export interface Work {
  readonly name: string
  readonly key: string
  /** With the label. */
  readonly request: TuningRequest.TuningRequest & { readonly epochs: number }
  readonly trainingTokens: number
  readonly grace: Duration.Duration
  readonly interval: Duration.Duration
  readonly timeout: Duration.Duration | undefined
  readonly assumeSubmitted: string | undefined
  readonly resubmit: boolean
  readonly service: Tuning.Tuning["Service"]
  readonly prices: PriceTable.PriceTable
  /** What is known of the job; written as the body is run. */
  readonly fate: Fate
}

/** What is known of the job: whether one may have been ordered, its name, and whether it has ended. */
export interface Fate {
  isOrdered: boolean
  job: string | undefined
  isEnded: boolean
}

/** Is told of a look at the job of a step. */
export type Told = (step: string, seen: { readonly job: string; readonly state: string }) => Effect.Effect<void>

/**
 * Sleeps durably. The engine in memory runs the body again in the context of the timer that woke it: the budgets around the sleeping
 * fiber end with it, and must not be around the next run of the body as well.
 */
export const sleep = (name: string, duration: Duration.Input) =>
  DurableClock.sleep({ name, duration, inMemoryThreshold: 0 }).pipe(Effect.provideService(Guard.Budgets, []))

/** A value and whether it was found out now, in this run of the body, or read from the record of an earlier one. */
export interface Lived<A> {
  readonly value: A
  readonly isLive: boolean
}

/** A step that tells whether its work was done in this run of the body. */
export const step = <Success extends Schema.Constraint, Error extends Schema.Constraint = Schema.Never, R = never>(
  options: Step.Options<Success, Error, R>
) =>
  Effect.suspend(() => {
    let isLive = false
    const execute = Effect.suspend(() => {
      isLive = true
      return options.execute
    })
    return Effect.map(Step.make({ ...options, execute }), (value): Lived<Success["Type"]> => ({ value, isLive }))
  })
