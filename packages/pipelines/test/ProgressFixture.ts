/** How comparisons stand while they run, from a seed. */
import * as Money from "@genops/core/Money"
import type { Activity, CandidateProgress, ComparisonProgress } from "../src/ComparisonProgress.ts"
import { dollars, guide, nine, random } from "./ComparisonFixture.ts"

export interface Step {
  readonly candidates?: ReadonlyArray<string>
  readonly metrics?: ReadonlyArray<string>
  readonly perCandidate?: number
  readonly seed?: number
  readonly now?: number
}

const activities = (now: number): ReadonlyArray<Activity> => [
  { _tag: "InFlight", calls: 8 },
  { _tag: "WaitingForQuota", untilMs: now + 12_000 },
  { _tag: "BackingOff", untilMs: now + 3_000 },
  { _tag: "InFlight", calls: 3 },
  { _tag: "Waiting" },
  { _tag: "WaitingForBudget" }
]

/** How a comparison stands when a share of it is done. */
export const progress = (share: number, given: Step = {}): ComparisonProgress => {
  const { candidates = guide.slice(0, 3), metrics = nine.slice(0, 2), now = 0, perCandidate = 600, seed = 1 } = given
  const next = random(seed)
  const all = candidates.map((candidate, index): CandidateProgress => {
    const done = Math.min(perCandidate, Math.floor(perCandidate * share * (0.8 + 0.4 * next())))
    const failed = Math.floor(done * 0.01 * next())
    const activity = activities(now)[index % 6] ?? { _tag: "Waiting" }
    return {
      candidate,
      model: "gemini-3.5-flash",
      total: perCandidate,
      done: share === 1 ? perCandidate : done,
      ok: (share === 1 ? perCandidate : done) - failed,
      failed,
      blocked: Math.floor(failed / 2),
      means: Object.fromEntries(metrics.map((metric) => [metric, done === 0 ? undefined : next()])),
      p50Ms: done === 0 ? undefined : 400 + next() * 3000,
      cost: dollars(done * 0.0004),
      activity: share === 1 ? { _tag: "Done" } : activity
    }
  })
  const sum = (value: (one: CandidateProgress) => number) => all.reduce((total, one) => total + value(one), 0)
  const failed = sum((one) => one.failed)
  return {
    total: perCandidate * candidates.length,
    done: sum((one) => one.done),
    resumed: 0,
    failed,
    blocked: sum((one) => one.blocked),
    cost: Money.ReducerSum.combineAll(all.map(({ cost }) => cost)),
    judgeCost: dollars(share * 0.2),
    heldUsd: share === 1 ? Money.zero : Money.usd("0.11"),
    budgetUsd: Money.usd("5"),
    tokens: sum((one) => one.done) * 400,
    judgeCalls: sum((one) => one.done),
    retries: { quota: Math.floor(share * 11), unavailable: Math.floor(share * 3), other: 0 },
    candidates: all,
    firstError: failed === 0 ? undefined : { candidate: candidates[0] ?? "", rowId: "17", tag: "ContentBlocked" }
  }
}
