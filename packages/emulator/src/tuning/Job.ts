/**
 * A tuning job, and its state at a time: it follows from the job's age, so nothing runs in the background.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Examples from "./Examples.ts"
import type { Violation } from "../wire/Decode.ts"
import * as Settings from "./Settings.ts"
import { decode as decodeBody, type TuningBody } from "./TuningBody.ts"

/**
 * A job as a file keeps it. Times are milliseconds since 1970 and durations milliseconds; `data` was read when the job was created. A tuned model knows `known` (what the
 * model before it knew) beside its own examples. `evaluations` are shown when the job has succeeded.
 *
 * @since 0.1.0
 */
export const Saved = Schema.Struct({
  sequence: Schema.Number,
  location: Schema.String,
  body: Schema.Unknown,
  baseModel: Schema.String,
  epochs: Schema.Number,
  created: Schema.Number,
  lasts: Schema.Number,
  /** From when on lists show it. */
  listed: Schema.Number,
  states: Schema.Array(Schema.Literals(Settings.states)),
  end: Schema.Literals(Settings.ends),
  data: Schema.Union([Examples.Problem, Examples.Dataset]),
  known: Schema.Array(Examples.Example),
  cancelled: Schema.optionalKey(Schema.Number),
  /** The model that comes out: a version of a model. */
  model: Schema.Struct({ id: Schema.String, version: Schema.Number }),
  endpoint: Schema.String,
  evaluations: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
})

/**
 * A job.
 *
 * @since 0.1.0
 */
export interface Job extends Omit<typeof Saved.Type, "body"> {
  readonly body: TuningBody
}

/**
 * The job that a file kept; undefined when its body is not one that the emulator reads.
 *
 * @since 0.1.0
 */
export const ofSaved = (saved: typeof Saved.Type): Job | undefined => {
  const violations: Array<Violation> = []
  const body = decodeBody(saved.body, "", violations)
  return body === undefined || violations.length > 0 ? undefined : { ...saved, body }
}

/**
 * The states of a job as they are answered, without their prefix `JOB_STATE_`.
 *
 * @since 0.1.0
 */
export type State = Job["end"] | Job["states"][number] | "CANCELLED" | "CANCELLING"

/**
 * What a job's data taught it; nothing when the data is wrong.
 *
 * @since 0.1.0
 */
export const dataOf = ({ data }: Job): Examples.Dataset => ("code" in data ? { examples: [], dropped: [] } : data)

const share = ({ lasts, states }: Job): number => lasts / states.length

/**
 * When a job runs for the first time; infinity for one that never does.
 *
 * @since 0.1.0
 */
export const startOf = (job: Job): number => {
  const index = job.states.indexOf("RUNNING")
  const start = index < 0 ? Number.POSITIVE_INFINITY : job.created + index * share(job)
  return start < (job.cancelled ?? Number.POSITIVE_INFINITY) ? start : Number.POSITIVE_INFINITY
}

/**
 * When a job ends: wrong data is found at half of its time, and a cancellation takes a fifth.
 *
 * @since 0.1.0
 */
export const endOf = (job: Job): number => {
  const end = job.created + ("code" in job.data ? job.lasts / 2 : job.lasts)
  return job.cancelled === undefined ? end : Math.min(end, job.cancelled + job.lasts / 5)
}

/**
 * Whether a job has ended at a time.
 *
 * @since 0.1.0
 */
export const hasEnded = (job: Job, now: number): boolean => now >= endOf(job)

const indexAt = (job: Job, now: number): number =>
  Math.max(0, Math.min(job.states.length - 1, Math.floor((now - job.created) / share(job))))

/**
 * The state of a job at a time.
 *
 * @since 0.1.0
 */
export const stateAt = (job: Job, now: number): State => {
  if (hasEnded(job, now)) {
    if (job.cancelled !== undefined) return "CANCELLED"
    return "code" in job.data ? "FAILED" : job.end
  }
  return job.cancelled === undefined ? (job.states[indexAt(job, now)] ?? "RUNNING") : "CANCELLING"
}

/**
 * When a job came into the state that it has at a time.
 *
 * @since 0.1.0
 */
export const changedAt = (job: Job, now: number): number => {
  if (hasEnded(job, now)) return endOf(job)
  if (job.cancelled !== undefined) return job.cancelled
  const state = stateAt(job, now)
  let index = indexAt(job, now)
  while (index > 0 && job.states[index - 1] === state) index--
  return job.created + index * share(job)
}

/**
 * Whether a job has left a model behind at a time.
 *
 * @since 0.1.0
 */
export const hasModel = (job: Job, now: number): boolean =>
  ["PARTIALLY_SUCCEEDED", "SUCCEEDED"].includes(stateAt(job, now))

/**
 * The numbers of a job's checkpoints, which are epochs; 0 is the whole model.
 *
 * @since 0.1.0
 */
export const checkpoints = ({ epochs }: Job): ReadonlyArray<number> =>
  Array.from({ length: epochs }, (_, index) => index + 1)

/**
 * What a model knows at a checkpoint: as much of the data as it has gone through, or all of it.
 *
 * @since 0.1.0
 */
export const knowledge = (job: Job, checkpoint: number): ReadonlyArray<Examples.Example> => {
  const { examples } = dataOf(job)
  const share = checkpoint === 0 ? 1 : checkpoint / job.epochs
  return [...examples.slice(0, Math.ceil(examples.length * share)), ...job.known]
}

/**
 * The endpoint of a checkpoint: the last four of an id's 19 digits are the checkpoint's number, 0 for the whole model and for the last checkpoint.
 *
 * @since 0.1.0
 */
export const endpointOf = ({ endpoint, epochs }: Job, checkpoint: number): string =>
  `${endpoint.slice(0, -4)}${String(checkpoint === epochs ? 0 : checkpoint).padStart(4, "0")}`
