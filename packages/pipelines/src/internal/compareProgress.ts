/** How a comparison stands, from its candidates at work. */
import * as Money from "@genops/core/Money"
import type { Activity, CandidateProgress, ComparisonProgress } from "../ComparisonProgress.ts"
import { fromPico } from "./compareMoney.ts"
import * as Failure from "./evaluateFailure.ts"
import type * as Lane from "./evaluateLane.ts"
import type { Session } from "./evaluateSession.ts"
import type * as Region from "./region.ts"

const activityOf = (lane: Lane.Lane): Activity => {
  if (lane.failure !== undefined) return { _tag: "Failed", tag: Failure.tagOf(lane.failure) }
  if (lane.isDone) return { _tag: "Done" }
  if (lane.pausedUntil !== undefined) return { _tag: "BackingOff", untilMs: lane.pausedUntil }
  const unpaid = lane.region?.line.size ?? 0
  const calls = lane.running - lane.queued - unpaid
  if (calls > 0) return { _tag: "InFlight", calls }
  return { _tag: unpaid > 0 ? "WaitingForBudget" : "Waiting" }
}

const candidateOf = (lane: Lane.Lane): CandidateProgress => {
  const { candidate, done, table } = lane
  const { answered, blocked, tried } = table.counts()
  const { generation, judge } = table.cost()
  return {
    candidate: candidate.name,
    model: candidate.configuration?.model ?? candidate.name,
    total: table.cells,
    done,
    ok: answered,
    failed: tried - answered,
    blocked,
    means: table.means(),
    p50Ms: table.typicalLatency(),
    cost: Money.plus(generation, judge),
    activity: activityOf(lane)
  }
}

/** Takes a snapshot. `budget` is the one whose money is shown. */
export const of = ({ firstError, lanes, resumed }: Session, budget: Region.Region | undefined): ComparisonProgress => {
  const candidates = lanes.map(candidateOf)
  const sum = (of: (lane: Lane.Lane) => number) => lanes.reduce((total, lane) => total + of(lane), 0)
  const money = (of: (lane: Lane.Lane) => Money.Money) => Money.ReducerSum.combineAll(lanes.map(of))
  const limit = budget?.ledger.limits.max.usd
  return {
    total: sum(({ table }) => table.cells),
    done: sum(({ done }) => done),
    resumed,
    failed: candidates.reduce((total, { failed }) => total + failed, 0),
    blocked: candidates.reduce((total, { blocked }) => total + blocked, 0),
    cost: Money.ReducerSum.combineAll(candidates.map(({ cost }) => cost)),
    judgeCost: money(({ table }) => table.cost().judge),
    heldUsd: budget?.ledger.held.usd,
    budgetUsd: limit === undefined ? undefined : fromPico(limit),
    tokens: sum(({ table }) => {
      const { input, output, thinking } = table.answers().tokens
      return input + output + thinking + table.judges().tokens
    }),
    judgeCalls: sum(({ table }) => table.judges().calls),
    retries: {
      quota: sum(({ retries }) => retries.quota),
      unavailable: sum(({ retries }) => retries.unavailable),
      other: sum(({ retries }) => retries.other)
    },
    candidates,
    firstError
  }
}
