/** The history of a run from what the store has of it. */
import * as Money from "@genops/core/Money"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Entry, RunHistory } from "../RunHistory.ts"
import * as Step from "../Step.ts"
import * as Run from "./engineRun.ts"
import type { StoredActivity, StoredRun, Trail } from "./engineStore.ts"

const clockPrefix = "DurableClock/"

const fromJson = Schema.decodeUnknownOption(Schema.toCodecJson(Step.Record))
const isRecord = Schema.is(Step.Record)

/** What a step spent; none when it is no step of this package, or no budget was around it. */
const spentBy = (value: unknown): Option.Option<Money.Money> =>
  (isRecord(value) ? Option.some(value) : fromJson(value)).pipe(
    Option.flatMap(({ spent }) => Option.fromNullOr(spent)),
    Option.map(({ usd }) => usd)
  )

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, " ")

/** Follows the beginnings and failures of a step in time: after a failure, or in another process, it was begun again. */
const attemptsOf = (
  { endedAt, startedAt }: StoredActivity,
  isOver: boolean,
  failures: ReadonlyArray<number>,
  begun: ReadonlyArray<number>
) => {
  const events = [
    ...failures.map((at) => ({ at, isFailure: true })),
    ...begun.filter((at) => at > startedAt && at < (endedAt ?? Infinity)).map((at) => ({ at, isFailure: false }))
  ].toSorted((a, b) => a.at - b.at)
  let attempts = 1
  let isOpen = true
  for (const { isFailure } of events) {
    if (!isFailure || !isOpen) attempts++
    isOpen = !isFailure
  }
  return isOpen || isOver ? attempts : attempts + 1
}

const ofActivity = (activity: StoredActivity, run: StoredRun, trail: Trail): Entry => {
  const { endedAt, name, outcome, startedAt } = activity
  if (name.startsWith(clockPrefix)) {
    const state = endedAt === null ? "running" : "done"
    return { name: name.slice(clockPrefix.length), kind: "wait", state, startedAt, endedAt, attempts: 1, costUsd: null }
  }
  const failures = trail.failures.filter(({ step }) => step === name)
  const last = failures.at(-1)
  const result = Option.getOrUndefined(outcome)
  const ended = result?._tag === "Done" ? "done" : "failed"
  const isOpen = result === undefined || result._tag === "Suspended"
  const state = isOpen && run.endedAt === null ? "running" : ended
  const reason = last ?? (result !== undefined && "reason" in result ? result.reason : undefined)
  const attempts = [
    ...failures.map(({ resumes, spent }) => ({ resumes, usd: Option.map(Option.fromNullOr(spent), ({ usd }) => usd) })),
    ...(result?._tag === "Done" ? [{ resumes: false, usd: spentBy(result.value) }] : [])
  ]
  // What an attempt has spent that resumes another one contains what the other one had spent.
  const costs = attempts.flatMap(({ resumes, usd }, at) =>
    resumes && at < attempts.length - 1 ? [] : Option.toArray(usd)
  )
  return {
    name,
    kind: "step",
    state,
    startedAt,
    endedAt: state === "running" ? null : endedAt,
    attempts: attemptsOf(
      activity,
      state === "failed",
      // That a process died is seen when another one takes the run up.
      failures.flatMap(({ at, tag }) => (tag === Run.died ? [] : [at])),
      trail.begun
    ),
    costUsd: costs.length === 0 ? null : costs.reduce(Money.plus),
    ...(state === "failed" && reason !== undefined ? { error: oneLine(`${reason.tag}: ${reason.message}`) } : {})
  }
}

/** Reads a run's steps and waits in the order in which they began. */
export const make = (run: StoredRun, trail: Trail): RunHistory =>
  trail.entries
    .map((entry): Entry => {
      if (entry._tag === "Activity") return ofActivity(entry, run, trail)
      const { endedAt, name, startedAt } = entry
      const state = endedAt === null ? "running" : "done"
      return { name, kind: "wait", state, startedAt, endedAt, attempts: 1, costUsd: null }
    })
    .toSorted((a, b) => a.startedAt - b.startedAt)
