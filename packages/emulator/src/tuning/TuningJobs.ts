/**
 * The tuning jobs of a server, in memory, and the models that came out of them.
 *
 * @since 0.1.0
 */
import * as DataStats from "./DataStats.ts"
import type { Example } from "./Examples.ts"
import * as Job from "./Job.ts"

/**
 * How jobs behave, in seconds: how long one lasts (default 3), and how long a new one is missing in lists (default not at all).
 *
 * @since 0.1.0
 */
export interface Options {
  readonly seconds?: number
  readonly listLagSeconds?: number
}

/**
 * A tuned model that answers: its base model's id, and what it knows.
 *
 * @since 0.1.0
 */
export interface Tuned {
  readonly baseModel: string
  readonly examples: ReadonlyArray<Example>
}

/**
 * The jobs of a server.
 *
 * @since 0.1.0
 */
export interface TuningJobs {
  /** Adds a job. The labels `emulator-seconds`, `emulator-list-lag` and `emulator-end` of its body steer it. */
  readonly add: (job: Pick<Job.Job, "location" | "body" | "baseModel" | "epochs" | "data" | "known">) => Job.Job
  readonly find: (location: string, id: string) => Job.Job | undefined
  /** The visible jobs of a location, newest first. */
  readonly list: (location: string) => ReadonlyArray<Job.Job>
  readonly cancel: (job: Job.Job) => void
  /** What answers behind the id of an endpoint or of a model whose job has succeeded. */
  readonly tuned: (id: string) => Tuned | undefined
  readonly clear: () => void
}

/** Jobs that are remembered; older ones are forgotten, and their endpoints with them. */
const most = 10_000

const seconds = (label: string | undefined, usual: number): number =>
  (label !== undefined && /^\d{1,6}(?:_\d{1,3})?$/.test(label) ? Number(label.replace("_", ".")) : usual) * 1000

/**
 * Starts without jobs.
 *
 * @since 0.1.0
 */
export const make = (options: Options = {}): TuningJobs => {
  const jobs = new Map<number, Job.Job>()
  let made = 0
  return {
    add: (asked) => {
      const { labels = {} } = asked.body
      const created = Date.now()
      const end = labels["emulator-end"]
      const job: Job.Job = {
        ...asked,
        stats: Array.isArray(asked.data) ? DataStats.of(asked.data, asked.epochs) : undefined,
        sequence: ++made,
        created,
        lasts: seconds(labels["emulator-seconds"], options.seconds ?? 3),
        visible: created + seconds(labels["emulator-list-lag"], options.listLagSeconds ?? 0),
        end: end === "failed" || end === "expired" ? `JOB_STATE_${end.toUpperCase()}` : "JOB_STATE_SUCCEEDED",
        cancelled: undefined
      }
      jobs.set(job.sequence, job)
      jobs.delete(job.sequence - most)
      return job
    },
    find: (location, id) => {
      const found = /^(\d{16})000$/.exec(id)
      const job = found === null ? undefined : jobs.get(Number(BigInt(found[1] ?? "0") - 4_000_000_000_000_000n))
      return job?.location === location ? job : undefined
    },
    list: (location) => {
      const now = Date.now()
      return [...jobs.values()].filter((job) => job.location === location && job.visible <= now).toReversed()
    },
    cancel: (job) => {
      const now = Date.now()
      if (!Job.hasEnded(job, now)) jobs.set(job.sequence, { ...job, cancelled: job.cancelled ?? now })
    },
    tuned: (id) => {
      const parsed = Job.parseId(id)
      const job = parsed === undefined ? undefined : jobs.get(parsed.sequence)
      if (parsed === undefined || job === undefined || Job.stateAt(job, Date.now()) !== "JOB_STATE_SUCCEEDED")
        return undefined
      return parsed.checkpoint > job.epochs
        ? undefined
        : { baseModel: job.baseModel, examples: Job.knowledge(job, parsed.checkpoint) }
    },
    clear: () => {
      jobs.clear()
      made = 0
    }
  }
}
