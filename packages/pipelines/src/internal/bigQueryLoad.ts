/** Loads that are done once: a job is found by its id, and a failed one is followed by another of the next id. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Loaded, LoadRequest } from "../BigQuery.ts"
import * as E from "../BigQueryError.ts"

/** A load job as it is now. */
export interface Job {
  readonly isDone: boolean
  readonly rows: number
  readonly code?: string
  readonly errors: ReadonlyArray<string>
  /** What it loads, for the comparison with what is asked. */
  readonly loads: string
}

/** Starts jobs, which fails with `exists` when there is one of the id, and looks at them. */
export interface Jobs {
  readonly start: (id: string) => Effect.Effect<Job, E.Reason | "exists">
  readonly look: (id: string) => Effect.Effect<Job, E.Reason>
}

/** Ids that one load may use up. */
const most = 20

/** What the service itself is to blame for. */
const faults: ReadonlySet<string> = new Set([
  "backendError",
  "internalError",
  "jobBackendError",
  "jobInternalError",
  "rateLimitExceeded"
])

/** Tries that a fault of the service is given within one call. */
const tries = 3

const poll = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("2 seconds")])

export const describe = ({ table, uris }: LoadRequest): string =>
  `${uris.join(", ")} into ${table.dataset}.${table.table}`

export const load = (request: LoadRequest, { look, start }: Jobs): Effect.Effect<Loaded, E.Reason> => {
  const given = describe(request)
  const wait = (id: string, job: Job): Effect.Effect<Job, E.Reason> =>
    job.isDone ? Effect.succeed(job) : Effect.repeat(look(id), { schedule: poll, until: ({ isDone }) => isDone })
  const attempt = (number: number, started: number): Effect.Effect<Loaded, E.Reason> =>
    Effect.gen(function* () {
      const jobId = number === 1 ? request.jobId : `${request.jobId}_${number}`
      const { isNew, job } = yield* start(jobId).pipe(
        Effect.map((job) => ({ job, isNew: true })),
        Effect.catchIf(
          (reason) => reason === "exists",
          () => Effect.map(look(jobId), (job) => ({ job, isNew: false }))
        )
      )
      if (job.loads !== given) return yield* new E.JobMismatch({ jobId, kept: job.loads, given })
      const { code, errors, rows } = yield* wait(jobId, job)
      if (code === undefined) return { jobId, rows, isNew }
      const mayGoOn = !isNew || (faults.has(code) && started + 1 < tries)
      if (mayGoOn && number < most) return yield* attempt(number + 1, isNew ? started + 1 : started)
      if (code === "notFound") return yield* new E.NotFound({ description: errors[0] ?? "Not found" })
      return yield* new E.LoadFailed({ jobId, code, errors })
    })
  return attempt(1, 0)
}
