/**
 * The tuning jobs of a server, and the models that came out of them. In a directory they survive the process, with what they have learned.
 *
 * @since 0.1.0
 */
import * as Hash from "../engine/Hash.ts"
import * as Random from "../engine/Random.ts"
import * as Records from "../store/Records.ts"
import type { Example } from "./Examples.ts"
import * as Job from "./Job.ts"
import * as JobName from "./JobName.ts"
import * as Settings from "./Settings.ts"

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
 * What a job is created from. `from` is the job whose model is tuned on, `endpoint` the one that the new model takes over.
 *
 * @since 0.1.0
 */
export interface Asked extends Pick<Job.Job, "location" | "body" | "baseModel" | "epochs" | "data" | "known"> {
  readonly from?: Job.Job | undefined
  readonly endpoint?: string | undefined
  /** What the model is worth, given the job that makes it. */
  readonly evaluate?: (job: Job.Job) => Job.Job["evaluations"]
}

/**
 * The jobs of a server.
 *
 * @since 0.1.0
 */
export interface TuningJobs {
  /** How jobs behave that are created from now on, and how lists do. */
  readonly settings: () => Settings.Settings
  /** Changes the settings until the next `clear`; what is left out is as the server was started. */
  readonly set: (settings: Settings.Settings) => void
  readonly add: (asked: Asked) => Job.Job
  readonly find: (location: string, id: string) => Job.Job | undefined
  /** The visible jobs of a location, newest first. The first page of a list counts as a list. */
  readonly list: (location: string, isFirstPage: boolean) => ReadonlyArray<Job.Job>
  readonly cancel: (job: Job.Job) => void
  /** What answers behind the id of an endpoint. */
  readonly tuned: (endpoint: string) => Tuned | undefined
  /** The job that has made a version of a model, the newest unless one is named. */
  readonly model: (id: string, version: number | undefined) => Job.Job | undefined
  /** All jobs, the oldest first. */
  readonly all: () => ReadonlyArray<Job.Job>
  readonly clear: () => void
}

/** Jobs that are remembered; older ones are forgotten, and their endpoints with them. */
const most = 10_000

/** What the ids of all checkpoints of an endpoint have in common. */
const baseOf = (endpoint: string): string => endpoint.slice(0, -4)

const lagOf = ({ listLagSeconds = 0 }: Settings.Settings, sequence: number): number => {
  if (typeof listLagSeconds === "number") return listLagSeconds * 1000
  const { from, to } = listLagSeconds
  return (from + (to - from) * Random.make(Hash.text(`lag ${sequence}`))()) * 1000
}

/**
 * Starts with the jobs that a directory holds, or without any. Throws when the directory cannot be used.
 *
 * @since 0.1.0
 */
export const make = (options: Settings.Settings = {}, directory?: string): TuningJobs => {
  const records = Records.open(directory, "tuning-jobs", Job.Saved)
  const jobs = new Map<number, Job.Job>()
  /** How many lists a job is still missing in. */
  const hidden = new Map<number, number>()
  let settings = options
  let made = 0
  /** The jobs that have made an endpoint or taken it over, the oldest first. */
  const endpoints = new Map<string, ReadonlyArray<number>>()
  const serve = ({ endpoint, sequence }: Job.Job) => {
    const base = baseOf(endpoint)
    endpoints.set(base, [...(endpoints.get(base) ?? []), sequence])
  }
  const keep = (job: Job.Job): Job.Job => {
    records.write(String(job.sequence), job)
    if (!jobs.has(job.sequence)) serve(job)
    jobs.set(job.sequence, job)
    return job
  }
  const forget = (sequence: number) => {
    const job = jobs.get(sequence)
    if (job === undefined) return
    endpoints.delete(baseOf(job.endpoint))
    records.remove(String(sequence))
    jobs.delete(sequence)
    hidden.delete(sequence)
  }
  for (const saved of records.found.toSorted((one, other) => one.sequence - other.sequence)) {
    const job = Job.ofSaved(saved)
    if (job === undefined) throw new Error(`The tuning job ${saved.sequence} in ${directory} is of another version.`)
    serve(job)
    jobs.set(job.sequence, job)
    made = job.sequence
  }
  const version = ({ body, from }: Asked, sequence: number): Job.Job["model"] => {
    const name = body.tunedModelDisplayName
    // Tuned on without a name of its own it is the next version of the model that it was tuned from.
    if (from === undefined || (name !== undefined && name !== from.body.tunedModelDisplayName)) {
      return { id: JobName.modelId(sequence), version: 1 }
    }
    const { id } = from.model
    const versions = [...jobs.values()].filter(({ model }) => model.id === id).map(({ model }) => model.version)
    return { id, version: Math.max(...versions) + 1 }
  }
  return {
    settings: () => settings,
    set: (changed) => {
      settings = { ...options, ...changed }
    },
    add: (asked) => {
      const sequence = ++made
      const { baseModel, body, data, endpoint = JobName.endpointId(sequence), epochs, from, known, location } = asked
      const name = body.tunedModelDisplayName ?? from?.body.tunedModelDisplayName
      const how = Settings.ofLabels(settings, body.labels)
      const created = Date.now()
      const job: Job.Job = {
        sequence,
        location,
        body: name === undefined ? body : { ...body, tunedModelDisplayName: name },
        baseModel,
        epochs,
        created,
        lasts: (how.seconds ?? 3) * 1000,
        listed: created + lagOf(how, sequence),
        states: how.states ?? ["PENDING", "RUNNING", "RUNNING", "RUNNING", "RUNNING"],
        end: how.end ?? "SUCCEEDED",
        data,
        known,
        model: version(asked, sequence),
        endpoint,
        evaluations: []
      }
      if ((how.listLagCalls ?? 0) > 0) hidden.set(sequence, how.listLagCalls ?? 0)
      forget(sequence - most)
      return keep({ ...job, evaluations: asked.evaluate?.(job) ?? [] })
    },
    find: (location, id) => {
      const job = jobs.get(JobName.sequenceOf(id) ?? 0)
      return job?.location === location ? job : undefined
    },
    list: (location, isFirstPage) => {
      const now = Date.now()
      const here = [...jobs.values()].filter((job) => job.location === location)
      const visible = here.filter(({ listed, sequence }) => listed <= now && !hidden.has(sequence))
      if (isFirstPage) {
        for (const { sequence } of here) {
          const left = (hidden.get(sequence) ?? 0) - 1
          if (left > 0) hidden.set(sequence, left)
          else hidden.delete(sequence)
        }
      }
      return visible.toReversed()
    },
    cancel: (job) => {
      const now = Date.now()
      if (!Job.hasEnded(job, now) && job.cancelled === undefined) keep({ ...job, cancelled: now })
    },
    tuned: (id) => {
      const now = Date.now()
      const makers = (endpoints.get(baseOf(id)) ?? []).flatMap((sequence) => jobs.get(sequence) ?? [])
      const job = makers.findLast((job) => Job.hasModel(job, now))
      const checkpoint = Number(id.slice(-4))
      return job === undefined || checkpoint > job.epochs
        ? undefined
        : { baseModel: job.baseModel, examples: Job.knowledge(job, checkpoint) }
    },
    model: (id, version) => {
      const now = Date.now()
      return [...jobs.values()].findLast(
        (job) =>
          job.model.id === id && (version === undefined || job.model.version === version) && Job.hasModel(job, now)
      )
    },
    all: () => [...jobs.values()],
    clear: () => {
      for (const sequence of jobs.keys()) forget(sequence)
      settings = options
      made = 0
    }
  }
}
