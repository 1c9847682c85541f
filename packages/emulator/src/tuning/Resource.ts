/**
 * A tuning job as it is answered at a time.
 *
 * Source: google.cloud.aiplatform.v1 tuning_job.proto
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import * as DataStats from "./DataStats.ts"
import * as Job from "./Job.ts"
import * as JobName from "./JobName.ts"
import type { TuningBody } from "./TuningBody.ts"

/**
 * The full name of a job.
 *
 * @since 0.1.0
 */
export const nameOf = ({ location, sequence }: Job.Job): string =>
  `${JobName.parent(location)}/tuningJobs/${JobName.jobId(sequence)}`

const tunedModel = (job: Job.Job, spec: TuningBody["supervisedTuningSpec"]): JsonObject => {
  const parent = JobName.parent(job.location)
  const endpoint = (checkpoint: number) => `${parent}/endpoints/${Job.endpointOf(job, checkpoint)}`
  const steps = DataStats.steps(Job.dataOf(job).examples, 1)
  const checkpoints = Job.checkpoints(job).map((epoch) => ({
    checkpointId: String(epoch),
    epoch: String(epoch),
    step: String(steps * epoch),
    endpoint: endpoint(epoch)
  }))
  return {
    model: `${parent}/models/${job.model.id}@${job.model.version}`,
    endpoint: endpoint(0),
    ...(spec?.exportLastCheckpointOnly === true ? {} : { checkpoints })
  }
}

const specOf = (spec: TuningBody["preferenceOptimizationSpec"]) => {
  if (spec === undefined) return undefined
  const { exportLastCheckpointOnly, hyperParameters, ...others } = spec
  const { epochCount, ...settings } = hyperParameters ?? {}
  const written = { ...(epochCount === undefined ? {} : { epochCount: String(epochCount) }), ...settings }
  return {
    ...others,
    ...(hyperParameters === undefined ? {} : { hyperParameters: written }),
    ...(exportLastCheckpointOnly === true ? { exportLastCheckpointOnly } : {})
  }
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z")

const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""))

const errorAt = (job: Job.Job, now: number): JsonObject | undefined => {
  switch (Job.stateAt(job, now)) {
    case "CANCELLED":
      return { code: 1, message: "CANCELED" }
    case "FAILED":
      return "code" in job.data ? { ...job.data } : { code: 13, message: "Internal error encountered." }
    default:
      return undefined
  }
}

/**
 * Writes a job.
 *
 * @since 0.1.0
 */
export const of = (job: Job.Job, now: number): JsonObject => {
  const { preTunedModel, preferenceOptimizationSpec, supervisedTuningSpec, ...given } = job.body
  const start = Job.startOf(job)
  const isStarted = now >= start
  const hasModel = Job.hasModel(job, now)
  const spec = supervisedTuningSpec ?? preferenceOptimizationSpec
  return present({
    name: nameOf(job),
    ...given,
    preTunedModel: preTunedModel === undefined ? undefined : { ...preTunedModel, baseModel: job.baseModel },
    supervisedTuningSpec: specOf(supervisedTuningSpec),
    preferenceOptimizationSpec: specOf(preferenceOptimizationSpec),
    state: `JOB_STATE_${Job.stateAt(job, now)}`,
    createTime: time(job.created),
    startTime: isStarted ? time(start) : undefined,
    endTime: Job.hasEnded(job, now) ? time(Job.endOf(job)) : undefined,
    updateTime: time(Job.changedAt(job, now)),
    experiment: isStarted
      ? `${JobName.parent(job.location)}/metadataStores/default/contexts/tuning-experiment-${JobName.jobId(job.sequence)}`
      : undefined,
    tuningDataStats: isStarted ? DataStats.of(job) : undefined,
    tunedModel: hasModel ? tunedModel(job, spec) : undefined,
    evaluateDatasetRuns: hasModel && job.evaluations.length > 0 ? job.evaluations : undefined,
    error: errorAt(job, now)
  })
}
