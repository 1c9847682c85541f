/**
 * Jobs, queries and their results.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Opened } from "../bigquery/BigQuery.ts"
import * as Core from "../bigquery/Core.ts"
import * as Job from "../bigquery/Job.ts"
import * as QueryJob from "../bigquery/QueryJob.ts"
import * as Refusal from "../bigquery/Refusal.ts"
import * as Resource from "../bigquery/Resource.ts"
import * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as BigQueryInsert from "./BigQueryInsert.ts"
import * as BigQueryRoute from "./BigQueryRoute.ts"
import * as BigQueryRows from "./BigQueryRows.ts"

const { parameter } = BigQueryRoute

const Text = Schema.optional(Schema.NullOr(Schema.String))
const Any = Schema.Record(Schema.String, Schema.Unknown)

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
  labels: BigQueryInsert.Labels,
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
    const reference = { project, location: prepared.location, id: BigQueryInsert.newId() }
    const job = opened.start(
      reference,
      configuration,
      ({ signal }) => QueryJob.run(opened, project, asked, prepared, signal),
      BigQueryInsert.millisecondsOf(labels)
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
    route("jobs.insert", "POST", jobs, BigQueryInsert.job),
    route("jobs.insert", "POST", uploads, BigQueryInsert.upload),
    route("jobs.upload", "PUT", uploads, BigQueryInsert.resume),
    route("jobs.get", "GET", job, (opened, request, origin) =>
      Answer.json(Resource.job(jobOf(opened, request), origin))
    ),
    route("jobs.cancel", "POST", `${job}/cancel`, cancelJob),
    route("jobs.query", "POST", queries, query),
    route("jobs.getQueryResults", "GET", `${queries}/(?<job>[^/]+)`, getQueryResults)
  ]
}
