/**
 * Jobs: their names, states and what they have come to.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest/v2/Job
 *
 * @since 0.1.0
 */
import type { Field } from "./Field.ts"
import * as Refusal from "./Refusal.ts"

/** @since 0.1.0 */
export interface JobReference {
  readonly project: string
  readonly location: string
  readonly id: string
}

/**
 * Where the rows of a query lie: `physical` in DuckDB, as `fields`.
 *
 * @since 0.1.0
 */
export interface Result {
  readonly physical: string
  readonly fields: ReadonlyArray<Field>
  readonly rows: number
  /** Whether the rows are the job's own, and not those of a table that has a name. */
  readonly isAnonymous: boolean
}

/**
 * What a job has come to: what it counts, and the errors of rows that it left out.
 *
 * @since 0.1.0
 */
export interface Outcome {
  readonly statistics: { readonly [name: string]: unknown }
  readonly warnings?: ReadonlyArray<Refusal.ErrorProto>
  readonly result?: Result
}

/**
 * A job. Times are milliseconds since 1970; `error` and `outcome` come with the end.
 *
 * @since 0.1.0
 */
export interface Job {
  readonly reference: JobReference
  readonly configuration: { readonly [name: string]: unknown }
  readonly created: number
  state: "DONE" | "RUNNING"
  ended?: number
  error?: Refusal.Refusal
  outcome?: Outcome
  /** Settles at the end, however it is. */
  done: Promise<void>
  readonly cancel: AbortController
}

/** @since 0.1.0 */
export const shown = ({ id, location, project }: JobReference): string => `${project}:${location}.${id}`

const name = /^[A-Za-z0-9_-]{1,1024}$/

/**
 * Checks a job's id. Throws Refusal.
 *
 * @since 0.1.0
 */
export const checkId = (id: string): void => {
  if (!name.test(id)) {
    throw Refusal.invalid(
      `Invalid job ID "${id}". Job IDs must be alphanumeric (plus underscores and dashes) and must be at most 1024 characters long.`
    )
  }
}

/** Jobs that are remembered; the oldest go first. */
const most = 10_000

/**
 * The jobs of a server.
 *
 * @since 0.1.0
 */
export interface Jobs {
  /** Takes a job in, or throws Refusal when there is one of its id. */
  readonly add: (job: Job) => void
  readonly find: (project: string, id: string, location: string | null) => Job | undefined
  /** All of a project, newest first. */
  readonly list: (project: string) => ReadonlyArray<Job>
  readonly remove: (job: Job) => void
  readonly running: () => ReadonlyArray<Job>
  readonly cancelAll: () => void
}

/** @since 0.1.0 */
export const make = (): Jobs => {
  const jobs = new Map<string, Job>()
  return {
    add: (job) => {
      const key = shown(job.reference)
      if (jobs.has(key)) throw Refusal.exists(`Job ${key}`)
      jobs.set(key, job)
      const [oldest] = jobs.values()
      if (jobs.size > most && oldest?.state === "DONE") jobs.delete(shown(oldest.reference))
    },
    find: (project, id, location) => {
      if (location !== null && location !== "") return jobs.get(shown({ project, id, location }))
      return [...jobs.values()].find(({ reference }) => reference.project === project && reference.id === id)
    },
    list: (project) => [...jobs.values()].filter(({ reference }) => reference.project === project).toReversed(),
    remove: ({ reference }) => void jobs.delete(shown(reference)),
    running: () => [...jobs.values()].filter(({ state }) => state === "RUNNING"),
    cancelAll: () => {
      for (const { cancel } of jobs.values()) cancel.abort()
    }
  }
}
