/**
 * Orders a tuning job at most once.
 *
 * A creation is sent only right after a look at the jobs with our label, in the same life of the process, and ends before a part of the
 * grace time is over. Whatever else is found in the record (a process that died between the look and the record of the creation, an
 * answer that was lost) leads to a look after the whole grace time, when nothing that was sent can be under way any more.
 */
import * as RetryPolicy from "@genops/vertex/RetryPolicy"
import * as TuningJob from "@genops/vertex/TuningJob"
import * as VertexError from "@genops/vertex/VertexError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Candidate, SubmissionUncertain } from "../SubmissionUncertain.ts"
import * as tuneJob from "./tuneJob.ts"

/** The part of the grace time in which a creation must have been answered; the rest is for the job to become visible. */
const answerShare = 2 / 3

/** Creations and looks that the service refused or failed before the step fails: one more for each time that it is resumed. */
const mostFailures = 5

const Seen = Schema.Union([
  Schema.TaggedStruct("Seen", { at: Schema.Finite, isTold: Schema.Boolean, jobs: Schema.Array(Candidate) }),
  Schema.TaggedStruct("Unreadable", { error: VertexError.VertexError })
])

/**
 * The jobs with our label, and whether a person says which job it is: recorded, so that a replay goes the same way. An outage is an
 * outcome; other failures are failures.
 */
const lookUp = ({ assumeSubmitted, key, name, request, service }: tuneJob.Work, number: number) =>
  tuneJob.step({
    name: `${name}/look-up/${number}`,
    success: Seen,
    error: VertexError.VertexError,
    execute: Effect.gen(function* () {
      const jobs = yield* service.findByLabel(tuneJob.label, key)
      return {
        _tag: "Seen" as const,
        at: yield* Clock.currentTimeMillis,
        isTold: assumeSubmitted !== undefined,
        jobs: jobs.map((job) => ({
          name: job.name,
          state: job.state,
          createTime: job.createTime,
          isOurs: TuningJob.isOf(job, request)
        }))
      }
    }).pipe(
      Effect.catch((error) =>
        error.isRetryable ? Effect.succeed({ _tag: "Unreadable" as const, error }) : Effect.fail(error)
      )
    )
  })

/**
 * How a creation went.
 *
 * - `Unknown`: nothing is recorded of it, because its process died. It may have been sent.
 * - `Refused`: nothing was made. `Failed`: the service answered that it failed, which is mostly true.
 * - `Lost`: it was sent, and there is no answer.
 */
const Outcome = Schema.Union([
  Schema.TaggedStruct("Created", { job: Schema.String }),
  Schema.TaggedStruct("Unknown", {}),
  Schema.TaggedStruct("Refused", { error: VertexError.VertexError }),
  Schema.TaggedStruct("Failed", { error: VertexError.VertexError }),
  Schema.TaggedStruct("Lost", { why: Schema.String })
])

const answered: ReadonlySet<string> = new Set(["Conflict", "Internal", "Unavailable", "Unknown"])

const outcomeOf = (error: VertexError.VertexError): typeof Outcome.Type => {
  const mayExist = error.reason._tag === "Conflict" || [error, ...error.attempts].some(({ billed }) => billed !== "no")
  if (!mayExist) return { _tag: "Refused", error }
  return answered.has(error.reason._tag)
    ? { _tag: "Failed", error }
    : { _tag: "Lost", why: `the answer to its creation was lost (${error.reason._tag})` }
}

/** Creates the job, if it was looked up just now, `lookedAt`. */
const create = ({ grace, name, request, service }: tuneJob.Work, number: number, lookedAt: number | undefined) => {
  // Once: an engine that runs the step again in this life of the process cannot know what the first time has sent.
  let allowedAt = lookedAt
  return tuneJob.step({
    name: `${name}/create/${number}`,
    success: Outcome,
    execute: Effect.gen(function* () {
      const since = allowedAt
      allowedAt = undefined
      if (since === undefined) return { _tag: "Unknown" as const }
      const passed = Math.max(0, (yield* Clock.currentTimeMillis) - since)
      const left = Duration.toMillis(grace) * answerShare - passed
      if (left <= 0) return { _tag: "Unknown" as const }
      return yield* service.create(request).pipe(
        // Another attempt is another creation: it has to be looked before it too.
        Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none),
        Effect.map((job): typeof Outcome.Type => ({ _tag: "Created", job: job.name })),
        Effect.catchTag("VertexError", (error) => Effect.succeed(outcomeOf(error))),
        // Nothing here limits single requests: the money of the job is held already.
        Effect.catchTag("BudgetExceeded", Effect.die),
        Effect.timeoutOrElse({
          duration: left,
          orElse: () =>
            Effect.succeed<typeof Outcome.Type>({
              _tag: "Lost",
              why: `its creation was not answered in ${Duration.format(Duration.millis(left))}`
            })
        })
      )
    })
  })
}

const Decision = Schema.Union([
  Schema.TaggedStruct("Adopt", { job: Schema.String }),
  Schema.TaggedStruct("Resubmit", {})
])

/** What a person has decided. It is recorded, so that it need not be said again. */
const decide = (work: tuneJob.Work, number: number, lost: string | undefined, candidates: ReadonlyArray<Candidate>) => {
  const { assumeSubmitted, grace, key, name, resubmit, service } = work
  const own = candidates.filter(({ isOurs }) => isOurs)
  const [only] = own
  const several = own.length > 1
  const uncertain = new SubmissionUncertain({
    step: name,
    reason: several ? "Several" : candidates.length > 0 ? "Foreign" : "Lost",
    label: tuneJob.label,
    key,
    location: service.location,
    waited: Duration.format(grace),
    detail: lost ?? "the job that was to be assumed is not named any more",
    candidates
  })
  const decision: Effect.Effect<typeof Decision.Type, SubmissionUncertain | VertexError.VertexError> =
    assumeSubmitted !== undefined
      ? Effect.map(service.get(assumeSubmitted), (job) => ({ _tag: "Adopt", job: job.name }))
      : only !== undefined && !several
        ? // It was to be said which job it is, and is not any more: there is one only, and another must not be ordered beside it.
          Effect.succeed({ _tag: "Adopt", job: only.name })
        : resubmit && !several
          ? Effect.succeed({ _tag: "Resubmit" })
          : Effect.fail(uncertain)
  return tuneJob.step({
    name: `${name}/decision/${number}`,
    success: Decision,
    error: Schema.Union([SubmissionUncertain, VertexError.VertexError]),
    execute: decision
  })
}

/** Orders the job and returns its name: a job of ours that is there is taken, and only if it is certain that there is none, one is made. */
export const submit = Effect.fnUntraced(function* (work: tuneJob.Work) {
  const { fate, grace, name } = work
  /** Jobs of which a person has said that they are not ours. */
  const others = new Set<string>()
  let lost: string | undefined
  let failures = 0
  const rest = (number: number) => tuneJob.sleep(`${name}/grace/${number}`, grace)
  /** Fails after too many failures. One that is replayed was reported before, and the run was resumed: it goes on. */
  const giveUp = ({ isLive }: tuneJob.Lived<unknown>, error: VertexError.VertexError) =>
    ++failures >= mostFailures && isLive ? Effect.fail(error) : Effect.void

  for (let number = 0; ; number++) {
    const seen = yield* lookUp(work, number)
    if (seen.value._tag === "Unreadable") {
      yield* giveUp(seen, seen.value.error)
      yield* rest(number)
      continue
    }
    const candidates = seen.value.jobs.filter((job) => !others.has(job.name))
    const [ours, another] = candidates.filter(({ isOurs }) => isOurs)
    const { isTold } = seen.value
    if (ours !== undefined && another === undefined && !isTold) return ours.name
    if (candidates.length > 0 || lost !== undefined || isTold) {
      const { value: decision } = yield* decide(work, number, lost, candidates)
      if (decision._tag === "Adopt") return decision.job
      for (const job of candidates) others.add(job.name)
      lost = undefined
      // That may have been long ago: what is there now is looked at before anything is sent.
      continue
    }
    fate.isOrdered = true
    const made = yield* create(work, number, seen.isLive ? seen.value.at : undefined)
    const outcome = made.value
    switch (outcome._tag) {
      case "Created":
        return outcome.job
      case "Refused":
        fate.isOrdered = false
        if (made.isLive && !outcome.error.isRetryable) return yield* Effect.fail(outcome.error)
        yield* giveUp(made, outcome.error)
        break
      case "Failed":
        yield* giveUp(made, outcome.error)
        break
      case "Lost":
        lost = outcome.why
        break
      case "Unknown":
        break
    }
    yield* rest(number)
  }
})
