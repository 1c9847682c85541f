/**
 * What makes jobs: requests with a file or without.
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
import type { Request } from "../http/Route.ts"
import * as Multipart from "../storage/Multipart.ts"
import * as BigQueryRoute from "./BigQueryRoute.ts"

const { parameter } = BigQueryRoute

const Text = Schema.optional(Schema.NullOr(Schema.String))
const Any = Schema.Record(Schema.String, Schema.Unknown)

/** @since 0.1.0 */
export const Labels = Schema.optional(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))

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

/**
 * How long a job with these labels is to take, in milliseconds.
 *
 * @since 0.1.0
 */
export const millisecondsOf = (labels: { readonly [name: string]: string } | null | undefined): number => {
  const seconds = Number((labels?.["emulator-seconds"] ?? "0").replace("_", "."))
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) * 1000 : 0
}

/** @since 0.1.0 */
export const newId = () => `job_${randomUUID().replaceAll("-", "")}`

const insert = async (
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

/**
 * A job without a file.
 *
 * @since 0.1.0
 */
export const job: BigQueryRoute.Handler = (opened, request, origin) =>
  insert(opened, parameter(request, "project"), request.body.toString("utf8"), undefined, origin)

const header = ({ headers }: Request, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === "string" ? value : undefined
}

/**
 * A job whose file comes with it, or begins to.
 *
 * @since 0.1.0
 */
export const upload: BigQueryRoute.Handler = (opened, request, origin) => {
  const { body, query } = request
  const project = parameter(request, "project")
  if (query.get("uploadType") === "multipart") {
    const reader = Multipart.make(header(request, "content-type") ?? "")
    const [content, rest] = [reader?.write(body), reader?.end()]
    const head = reader?.head()
    if (content === undefined || rest === undefined || head === undefined)
      throw Refusal.invalid("Malformed multipart body.")
    return insert(opened, project, head.metadata, Buffer.concat([content, rest]), origin)
  }
  if (query.get("uploadType") !== "resumable") throw Refusal.invalid("Required parameter: uploadType")
  const { id } = opened.uploads.open(project, body.toString("utf8"))
  const location = `${origin}/upload/bigquery/v2/projects/${encodeURIComponent(project)}/jobs?uploadType=resumable&upload_id=${id}`
  return { ...Answer.json({}), headers: { location } }
}

/**
 * The next piece of a file.
 *
 * @since 0.1.0
 */
export const resume: BigQueryRoute.Handler = async (opened, request, origin) => {
  const found = opened.uploads.find(request.query.get("upload_id") ?? "")
  if (found === undefined) throw Refusal.notFound("Upload session")
  if (found.done !== undefined) return found.done
  const file = Uploads.take(found, header(request, "content-range"), request.body)
  if (file === undefined) {
    const range = found.received === 0 ? {} : { range: `bytes=0-${found.received - 1}` }
    return { _tag: "Unary", status: 308, contentType: "text/plain; charset=UTF-8", body: "", headers: range }
  }
  found.done = insert(opened, found.project, found.body, file, origin)
  return found.done
}
