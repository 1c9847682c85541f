/**
 * A tuning job, and what it looks like at a time: its state follows from its age, so nothing runs in the background.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import * as DataStats from "./DataStats.ts"
import type { Example, Problem } from "./Examples.ts"
import type { TuningBody } from "./TuningBody.ts"

/**
 * A job. Times are milliseconds since 1970 and durations milliseconds; `data` was read when the job was created. A tuned model knows
 * `known` (what the model before it knew) beside its own examples.
 *
 * @since 0.1.0
 */
export interface Job {
  readonly sequence: number
  readonly location: string
  readonly body: TuningBody
  readonly baseModel: string
  readonly epochs: number
  readonly created: number
  readonly lasts: number
  readonly visible: number
  readonly data: ReadonlyArray<Example> | Problem
  /** The statistics of the data, made once: lists show them again and again. */
  readonly stats: JsonObject | undefined
  readonly known: ReadonlyArray<Example>
  readonly end: string
  readonly cancelled: number | undefined
}

/**
 * Vertex answers with the number of the project, whatever the request named.
 *
 * @since 0.1.0
 */
export const projectNumber = "123456789012"

const isProblem = (data: Job["data"]): data is Problem => !Array.isArray(data)

/**
 * The examples of a job whose data is right.
 *
 * @since 0.1.0
 */
export const examplesOf = ({ data }: Job): ReadonlyArray<Example> => (isProblem(data) ? [] : data)

/** Shares of a job's time: it starts after a fifth, wrong data is found at half, and a cancellation takes a fifth. */
const startOf = ({ created, lasts }: Job): number => created + lasts / 5

const endOf = (job: Job): number => {
  const end = job.created + (isProblem(job.data) ? job.lasts / 2 : job.lasts)
  return job.cancelled === undefined ? end : Math.min(end, job.cancelled + job.lasts / 5)
}

/**
 * The state of a job at a time.
 *
 * @since 0.1.0
 */
export const stateAt = (job: Job, now: number): string => {
  if (now >= endOf(job)) {
    if (job.cancelled !== undefined) return "JOB_STATE_CANCELLED"
    return isProblem(job.data) ? "JOB_STATE_FAILED" : job.end
  }
  if (job.cancelled !== undefined) return "JOB_STATE_CANCELLING"
  return now >= startOf(job) ? "JOB_STATE_RUNNING" : "JOB_STATE_PENDING"
}

/**
 * Whether a job has ended at a time.
 *
 * @since 0.1.0
 */
export const hasEnded = (job: Job, now: number): boolean => now >= endOf(job)

/**
 * The ids of a job and of what comes out of it: 19 digits, the last two the number of a checkpoint (00: the whole model).
 *
 * @since 0.1.0
 */
export const idOf = ({ sequence }: Job): string => `${4_000_000_000_000_000n + BigInt(sequence)}000`

const endpointId = ({ sequence }: Job, checkpoint: number): string =>
  `8${String(sequence).padStart(14, "0")}${String(checkpoint).padStart(4, "0")}`

/**
 * The sequence of the job behind an endpoint's or a model's id, and the number of the checkpoint, 0 for the whole model.
 *
 * @since 0.1.0
 */
export const parseId = (id: string): { readonly sequence: number; readonly checkpoint: number } | undefined => {
  const found = /^[78](\d{14})(\d{4})$/.exec(id)
  return found === null ? undefined : { sequence: Number(found[1]), checkpoint: Number(found[2]) }
}

/**
 * What a model knows at a checkpoint: as much of the data as it has gone through, or all of it.
 *
 * @since 0.1.0
 */
export const knowledge = (job: Job, checkpoint: number): ReadonlyArray<Example> => {
  const examples = examplesOf(job)
  const share = checkpoint === 0 ? 1 : checkpoint / job.epochs
  return [...examples.slice(0, Math.ceil(examples.length * share)), ...job.known]
}

const tunedModel = (job: Job, spec: TuningBody["supervisedTuningSpec"]): JsonObject => {
  const parent = `projects/${projectNumber}/locations/${job.location}`
  const endpoint = (checkpoint: number) => `${parent}/endpoints/${endpointId(job, checkpoint)}`
  const epochs = Array.from({ length: job.epochs }, (_, index) => index + 1)
  const steps = DataStats.steps(examplesOf(job), 1)
  return {
    model: `${parent}/models/7${endpointId(job, 0).slice(1)}@1`,
    endpoint: endpoint(0),
    ...(spec?.exportLastCheckpointOnly === true
      ? {}
      : {
          checkpoints: epochs.map((epoch) => ({
            checkpointId: String(epoch),
            epoch: String(epoch),
            step: String(steps * epoch),
            endpoint: endpoint(epoch === job.epochs ? 0 : epoch)
          }))
        })
  }
}

const specOf = (spec: TuningBody["preferenceOptimizationSpec"]) => {
  if (spec === undefined) return undefined
  const { exportLastCheckpointOnly, hyperParameters, ...uris } = spec
  const { epochCount, ...others } = hyperParameters ?? {}
  const written = { ...(epochCount === undefined ? {} : { epochCount: String(epochCount) }), ...others }
  return {
    ...uris,
    ...(hyperParameters === undefined ? {} : { hyperParameters: written }),
    ...(exportLastCheckpointOnly === true ? { exportLastCheckpointOnly } : {})
  }
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z")

const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""))

const errorAt = (job: Job, state: string): JsonObject | undefined => {
  if (state === "JOB_STATE_CANCELLED") return { code: 1, message: "CANCELED" }
  if (state !== "JOB_STATE_FAILED") return undefined
  return isProblem(job.data) ? { ...job.data } : { code: 13, message: "Internal error encountered." }
}

/**
 * A job as it is answered at a time.
 *
 * @since 0.1.0
 */
export const resource = (job: Job, now: number): JsonObject => {
  const { body, created } = job
  const { preTunedModel, preferenceOptimizationSpec, supervisedTuningSpec, ...given } = body
  const state = stateAt(job, now)
  const ended = hasEnded(job, now)
  const started = now >= startOf(job) && (job.cancelled === undefined || job.cancelled >= startOf(job))
  const kind = supervisedTuningSpec === undefined ? "preferenceOptimizationDataStats" : "supervisedTuningDataStats"
  const spec = supervisedTuningSpec ?? preferenceOptimizationSpec
  return present({
    name: `projects/${projectNumber}/locations/${job.location}/tuningJobs/${idOf(job)}`,
    ...given,
    preTunedModel: preTunedModel === undefined ? undefined : { ...preTunedModel, baseModel: job.baseModel },
    supervisedTuningSpec: specOf(supervisedTuningSpec),
    preferenceOptimizationSpec: specOf(preferenceOptimizationSpec),
    state,
    createTime: time(created),
    startTime: started ? time(startOf(job)) : undefined,
    endTime: ended ? time(endOf(job)) : undefined,
    updateTime: time(ended ? endOf(job) : (job.cancelled ?? (started ? startOf(job) : created))),
    experiment: started
      ? `projects/${projectNumber}/locations/${job.location}/metadataStores/default/contexts/tuning-experiment-${idOf(job)}`
      : undefined,
    tuningDataStats: started && job.stats !== undefined ? { [kind]: job.stats } : undefined,
    tunedModel: ended && state.endsWith("SUCCEEDED") ? tunedModel(job, spec) : undefined,
    error: ended ? errorAt(job, state) : undefined
  })
}
