/** One candidate of a run at work, and what is known of it while it works. */
import type * as Metric from "@genops/core/Metric"
import { CallMeter } from "@genops/vertex/CallMeter"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Cell from "../Cell.ts"
import type * as Cells from "./evaluateCell.ts"
import type * as Failure from "./evaluateFailure.ts"
import type * as Manifest from "./evaluateManifest.ts"
import * as Table from "./evaluateTable.ts"
import type * as Region from "./region.ts"

/** Retries by the reason of the attempt before. */
interface Retries {
  quota: number
  unavailable: number
  other: number
}

export interface Lane {
  readonly candidate: Manifest.Candidate
  readonly table: Table.Table
  readonly work: Cells.Work
  /** Where the cells are that will be read again; NaN for others. Made when the first one is noted. */
  positions: Float64Array | undefined
  /** Why the candidate cannot be used. */
  failure: Failure.Stop["reason"] | undefined
  /** Cells that the service was too busy for, and when that was last seen. */
  readonly givenUp: Set<number>
  givenUpAt: number
  /** Until when it lets the service recover; undefined when it does not wait for that. */
  pausedUntil: number | undefined
  isDone: boolean
  /** All its answers are there, as far as they will be. */
  readonly answered: Deferred.Deferred<void>
  /** Cells of earlier sessions that need nothing, and cells of this one. */
  done: number
  /** Cells at work, and those of them whose calls have not been sent. */
  running: number
  queued: number
  readonly retries: Retries
  /** What budgets hold for it; undefined outside of budgets. */
  region: Region.Region | undefined
}

export type Common = Omit<Cells.Work, "candidate" | "fingerprint" | "configuration" | "metrics" | "watch">

export const make = (
  candidate: Manifest.Candidate,
  metrics: ReadonlyArray<Metric.Metric>,
  table: Omit<Table.Options, "candidate" | "fingerprint" | "metrics">,
  common: Common
): Lane => {
  const { configuration, fingerprint, name } = candidate
  const lane: Lane = {
    candidate,
    table: Table.make({ ...table, candidate: name, fingerprint, metrics }),
    work: {
      ...common,
      candidate: name,
      fingerprint,
      configuration,
      metrics,
      watch: (call) => watched(lane, call)
    },
    positions: undefined,
    failure: undefined,
    givenUp: new Set(),
    givenUpAt: 0,
    pausedUntil: undefined,
    isDone: false,
    answered: Deferred.makeUnsafe(),
    done: 0,
    running: 0,
    queued: 0,
    retries: { quota: 0, unavailable: 0, other: 0 },
    region: undefined
  }
  return lane
}

/** Where a kept cell is; undefined when it need not be read again. */
export const positionOf = ({ positions }: Lane, index: number): number | undefined => {
  const position = positions?.[index]
  return position === undefined || Number.isNaN(position) ? undefined : position
}

/** Takes a cell that was kept. With `isReadAgain` its place is noted, and in any case if it has an answer and lacks a score. */
export const put = (lane: Lane, index: number, cell: Cell.Cell, position: number, isReadAgain: boolean): void => {
  const { table } = lane
  table.put(cell)
  const isNeeded = table.isAnswered(index) && (isReadAgain || table.stateOf(index) !== "finished")
  if (!isNeeded && lane.positions === undefined) return
  lane.positions ??= new Float64Array(table.cells).fill(NaN)
  lane.positions[index] = isNeeded ? position : NaN
}

/** Counts what waits and what is tried again. */
const watched: (lane: Lane, call: Parameters<Cells.Work["watch"]>[0]) => ReturnType<Cells.Work["watch"]> = (
  lane,
  call
) =>
  Effect.flatMap(CallMeter, (around) => {
    let isQueued = false
    const queue = (waits: boolean) => {
      lane.queued += Number(waits) - Number(isQueued)
      isQueued = waits
    }
    const meter: CallMeter = {
      queued: () => {
        queue(true)
        around.queued()
      },
      sent: () => {
        queue(false)
        around.sent()
      },
      retrying: around.retrying
    }
    return Effect.provideService(call, CallMeter, meter).pipe(
      Effect.tap(({ call }) =>
        Effect.sync(() => {
          // An answer says how often it was asked for, not what was in the way.
          lane.retries.other += Math.max(0, call.attempts - 1)
        })
      ),
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (error._tag !== "VertexError") return
          for (const { reason } of error.attempts) {
            lane.retries[
              reason === "ResourceExhausted" ? "quota" : reason === "Unavailable" ? "unavailable" : "other"
            ]++
          }
        })
      ),
      Effect.ensuring(Effect.sync(() => queue(false)))
    )
  })
