/**
 * Jobs, queries and their results, and files that come with a job.
 *
 * A label `emulator-seconds` (`10`, `0_5` for half a second) makes a job take at least as long.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { randomUUID } from "node:crypto"
import type { Opened } from "../bigquery/BigQuery.ts"
import * as Core from "../bigquery/Core.ts"
import * as Job from "../bigquery/Job.ts"
import * as LoadJob from "../bigquery/LoadJob.ts"
import * as LoadOptions from "../bigquery/LoadOptions.ts"
import * as QueryJob from "../bigquery/QueryJob.ts"
import * as Refusal from "../bigquery/Refusal.ts"
import * as Resource from "../bigquery/Resource.ts"
import * as Uploads from "../bigquery/Uploads.ts"
import * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as Multipart from "../storage/Multipart.ts"
import * as BigQueryRoute from "./BigQueryRoute.ts"
import * as BigQueryRows from "./BigQueryRows.ts"

const { parameter } = BigQueryRoute

const Text = Schema.optional(Schema.NullOr(Schema.String))
const Labels = Schema.optional(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
const Any = Schema.Record(Schema.String, Schema.Unknown)

const Insert = Schema.Struct({
  jobReference: Schema.optional(Schema.NullOr(Schema.Struct({ projectId: Text, jobId: Text, location: Text }))),
  configuration: Schema.Struct({
    load: Schema.optional(Schema.NullOr(LoadOptions.Load)),
    query: Schema.optional(Schema.NullOr(QueryJob.Query)),
    copy: Schema.optional(Schema.Unknown),
    extract: Schema.optional(Schema.Unknown),
    dryRun: Schema.optional(Schema.NullOr(Schema.Boolean)),
    labels: Labels
  })
})

const Raw = Schema.Struct({
  configuration: Schema.Struct({
    load: Schema.optional(Schema.NullOr(Any)),
    query: Schema.optional(Schema.NullOr(Any)),
    labels: Labels
  })
})

const millisecondsOf = (labels: { readonly [name: string]: string } | null | undefined): number => {
  const seconds = Number((labels?.["emulator-seconds"] ?? "0").replace("_", "."))
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) * 1000 : 0
}

const newId = () => `job_${randomUUID().replaceAll("-", "")}`

const insertJob = async (
  opened: Opened,
  project: string,
  text: string,
  upload: Buffer | undefined,
  origin: string
): Promise<Answer.Unary> => {
  const { configuration, jobReference } = BigQueryRoute.read(Insert, text)
  const raw = BigQueryRoute.read(Raw, text).configuration
  const { dryRun, labels, load, query } = configuration
  const given = jobReference?.location ?? undefined
  const id = jobReference?.jobId ?? newId()
  Job.checkId(id)
  const refuseKnown = (location: string) => {
    const reference = { project, location, id }
    if (opened.jobs.find(project, id, location) !== undefined) throw Refusal.exists(`Job ${Job.shown(reference)}`)
    return reference
  }
  if (load !== undefined && load !== null) {
    const { datasetId, projectId = project, tableId } = load.destinationTable
    const place = given ?? opened.catalog.dataset(projectId, datasetId)?.location ?? Core.usualLocation
    const reference = refuseKnown(place)
    const options = LoadOptions.read(load, raw.load ?? {})
    Core.dataset(opened, projectId, datasetId, place)
    const job = opened.start(
      reference,
      { jobType: "LOAD", ...raw },
      (task) =>
        LoadJob.run(opened, { project: projectId, dataset: datasetId, table: tableId }, place, options, upload, task),
      millisecondsOf(labels)
    )
    return Answer.json(Resource.job(job, origin))
  }
  if (query === undefined || query === null) {
    const other =
      configuration.copy === undefined ? (configuration.extract === undefined ? undefined : "extract") : "copy"
    throw other === undefined
      ? Refusal.invalid(
          "Job configuration must contain exactly one job-specific configuration object (e.g., query, load, extract, spanner), but there were 0"
        )
      : Refusal.unsupported(`${other} jobs`)
  }
  if (dryRun !== true && given !== undefined) refuseKnown(given)
  const prepared = await QueryJob.prepare(opened, project, given, query)
  const full = { jobType: "QUERY", ...raw, ...(dryRun === true ? { dryRun } : {}) }
  if (dryRun === true) {
    const { query: of } = prepared.statistics
    const statistics = {
      ...prepared.statistics,
      query: { ...(typeof of === "object" ? of : {}), schema: { fields: prepared.fields } }
    }
    return Answer.json({
      kind: "bigquery#job",
      jobReference: { projectId: project, location: prepared.location },
      configuration: full,
      status: { state: "DONE" },
      statistics: { creationTime: String(Date.now()), ...statistics }
    })
  }
  const reference = refuseKnown(prepared.location)
  const job = opened.start(
    reference,
    full,
    ({ signal }) => QueryJob.run(opened, project, query, prepared, signal),
    millisecondsOf(labels)
  )
  return Answer.json(Resource.job(job, origin))
}

const jobOf = ({ jobs }: Opened, request: Request): Job.Job => {
  const [project, id, location] = [
    parameter(request, "project"),
    parameter(request, "job"),
    request.query.get("location")
  ]
  const found = jobs.find(project, id, location)
  if (found === undefined) throw Refusal.notFound(`Job ${project}:${location ?? Core.usualLocation}.${id}`)
  return found
}

const cancelJob: BigQueryRoute.Handler = (opened, request, origin) => {
  const job = jobOf(opened, request)
  job.cancel.abort()
  return Answer.json({ kind: "bigquery#jobCancelResponse", job: Resource.job(job, origin) })
}

const listJobs: BigQueryRoute.Handler = ({ jobs }, request, origin) => {
  const states = request.query.getAll("stateFilter").map((state) => state.toUpperCase())
  const all = jobs
    .list(parameter(request, "project"))
    .filter(({ state }) => states.length === 0 || states.includes(state))
  const { items, nextPageToken } = BigQueryRoute.page(all, request, 1000)
  return Answer.json({
    kind: "bigquery#jobList",
    etag: "list",
    nextPageToken,
    jobs: items.map((job) => Resource.listedJob(job, origin))
  })
}

/** Waits for the end of a job, but not for ever; false when it is not there. */
const ended = async (job: Job.Job, milliseconds: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([job.done, late])
  clearTimeout(timer)
  return job.state === "DONE"
}

/** How long a call waits for a query unless it says otherwise, and at most. */
const usualWait = 10_000
const longestWait = 200_000

const results = async (
  opened: Opened,
  job: Job.Job,
  kind: string,
  milliseconds: number | undefined,
  asked: (rows: BigQueryRows.Rows) => BigQueryRows.Asked
) => {
  const reference = Resource.jobReference(job.reference)
  const isThere = await ended(job, Math.min(milliseconds ?? usualWait, longestWait))
  if (!isThere) return Answer.json({ kind, jobReference: reference, jobComplete: false })
  if (job.error !== undefined) throw job.error
  const { outcome } = job
  if (outcome?.result === undefined) throw Refusal.notFound(`Results of job ${Job.shown(job.reference)}`)
  const { result } = outcome
  const page = await BigQueryRows.page(opened, result, asked(result))
  return Answer.json({
    kind,
    schema: { fields: result.fields },
    jobReference: reference,
    totalRows: String(result.rows),
    ...page,
    totalBytesProcessed: outcome.statistics["totalBytesProcessed"],
    jobComplete: true,
    cacheHit: false
  })
}

const Quick = Schema.Struct({
  ...QueryJob.Query.fields,
  location: Text,
  requestId: Text,
  dryRun: Schema.optional(Schema.NullOr(Schema.Boolean)),
  labels: Labels,
  maxResults: Schema.optional(Schema.NullOr(Schema.Union([Schema.Natural, Schema.String]))),
  timeoutMs: Schema.optional(Schema.NullOr(Schema.Union([Schema.Natural, Schema.String]))),
  formatOptions: Schema.optional(
    Schema.NullOr(
      Schema.Struct({ useInt64Timestamp: Schema.optional(Schema.NullOr(Schema.Boolean)), timestampOutputFormat: Text })
    )
  )
})

const query: BigQueryRoute.Handler = async (opened, request) => {
  const text = request.body.toString("utf8")
  const project = parameter(request, "project")
  const asked = BigQueryRoute.read(Quick, text)
  const kind = "bigquery#queryResponse"
  const { dryRun, formatOptions, labels, maxResults, requestId, timeoutMs } = asked
  if (asked.destinationTable !== undefined) throw Refusal.invalid("jobs.query takes no destinationTable. Insert a job.")
  if (formatOptions?.timestampOutputFormat === "ISO8601_STRING") throw Refusal.unsupported("timestamps as ISO 8601")
  const again = typeof requestId === "string" ? opened.requests.get(`${project}/${requestId}`) : undefined
  const start = async () => {
    const prepared = await QueryJob.prepare(opened, project, asked.location ?? undefined, asked)
    if (dryRun === true) return prepared
    const raw = BigQueryRoute.read(Any, text)
    const configuration = {
      jobType: "QUERY",
      query: { query: asked.query, useLegacySql: false, queryParameters: raw["queryParameters"] },
      ...(labels === undefined ? {} : { labels })
    }
    const reference = { project, location: prepared.location, id: newId() }
    const job = opened.start(
      reference,
      configuration,
      ({ signal }) => QueryJob.run(opened, project, asked, prepared, signal),
      millisecondsOf(labels)
    )
    if (typeof requestId === "string") opened.requests.set(`${project}/${requestId}`, job)
    return job
  }
  const job = again ?? (await start())
  if (!("reference" in job)) {
    return Answer.json({
      kind,
      schema: { fields: job.fields },
      jobReference: { projectId: project, location: job.location },
      totalBytesProcessed: String(job.bytes),
      jobComplete: true,
      cacheHit: false
    })
  }
  return results(
    opened,
    job,
    kind,
    timeoutMs === undefined || timeoutMs === null ? undefined : Number(timeoutMs),
    () => ({
      start: 0,
      count: maxResults === undefined || maxResults === null ? undefined : Number(maxResults),
      asInt64: formatOptions?.useInt64Timestamp === true || formatOptions?.timestampOutputFormat === "INT64"
    })
  )
}

const getQueryResults: BigQueryRoute.Handler = (opened, request) =>
  results(
    opened,
    jobOf(opened, request),
    "bigquery#getQueryResultsResponse",
    BigQueryRoute.count(request, "timeoutMs"),
    (rows) => BigQueryRows.asked(request, rows)
  )

const header = ({ headers }: Request, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === "string" ? value : undefined
}

const upload: BigQueryRoute.Handler = (opened, request, origin) => {
  const { body, query } = request
  const project = parameter(request, "project")
  if (query.get("uploadType") === "multipart") {
    const reader = Multipart.make(header(request, "content-type") ?? "")
    const [content, rest] = [reader?.write(body), reader?.end()]
    const head = reader?.head()
    if (content === undefined || rest === undefined || head === undefined)
      throw Refusal.invalid("Malformed multipart body.")
    return insertJob(opened, project, head.metadata, Buffer.concat([content, rest]), origin)
  }
  if (query.get("uploadType") !== "resumable") throw Refusal.invalid("Required parameter: uploadType")
  const { id } = opened.uploads.open(project, body.toString("utf8"))
  const location = `${origin}/upload/bigquery/v2/projects/${encodeURIComponent(project)}/jobs?uploadType=resumable&upload_id=${id}`
  return { ...Answer.json({}), headers: { location } }
}

const resume: BigQueryRoute.Handler = async (opened, request, origin) => {
  const found = opened.uploads.find(request.query.get("upload_id") ?? "")
  if (found === undefined) throw Refusal.notFound("Upload session")
  if (found.done !== undefined) return found.done
  const file = Uploads.take(found, header(request, "content-range"), request.body)
  if (file === undefined) {
    const range = found.received === 0 ? {} : { range: `bytes=0-${found.received - 1}` }
    return { _tag: "Unary", status: 308, contentType: "text/plain; charset=UTF-8", body: "", headers: range }
  }
  found.done = insertJob(opened, found.project, found.body, file, origin)
  return found.done
}

/**
 * The routes of jobs.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const route = BigQueryRoute.make(state)
  const jobs = `${BigQueryRoute.project}/jobs`
  const job = `${jobs}/(?<job>[^/]+)`
  const queries = `${BigQueryRoute.project}/queries`
  const uploads = "(?:/resumable)?/upload/bigquery/v2/projects/(?<project>[^/]+)/jobs"
  return [
    route("jobs.list", "GET", jobs, listJobs),
    route("jobs.insert", "POST", jobs, (opened, request, origin) =>
      insertJob(opened, parameter(request, "project"), request.body.toString("utf8"), undefined, origin)
    ),
    route("jobs.insert", "POST", uploads, upload),
    route("jobs.upload", "PUT", uploads, resume),
    route("jobs.get", "GET", job, (opened, request, origin) =>
      Answer.json(Resource.job(jobOf(opened, request), origin))
    ),
    route("jobs.cancel", "POST", `${job}/cancel`, cancelJob),
    route("jobs.query", "POST", queries, query),
    route("jobs.getQueryResults", "GET", `${queries}/(?<job>[^/]+)`, getQueryResults)
  ]
}
