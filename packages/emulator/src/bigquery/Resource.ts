/**
 * Datasets, tables and jobs as the API writes them.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import type { Dataset, Table } from "./Catalog.ts"
import * as Job from "./Job.ts"
import * as Refusal from "./Refusal.ts"

/** The order of keys says nothing: what was kept and read again may have another one. */
const ordered = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** One for each state of a resource. */
const etag = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value, ordered)).digest("base64").slice(0, 24)

const base = (origin: string, project: string): string => `${origin}/bigquery/v2/projects/${project}`

const location = (text: string): string => (/^(?:us|eu)$/i.test(text) ? text.toUpperCase() : text.toLowerCase())

/** @since 0.1.0 */
export const dataset = (of: Dataset, origin: string) => {
  const { attributes, created, id, modified, project } = of
  return {
    kind: "bigquery#dataset",
    etag: etag(of),
    id: `${project}:${id}`,
    selfLink: `${base(origin, project)}/datasets/${id}`,
    ...attributes,
    datasetReference: { datasetId: id, projectId: project },
    access: [{ role: "OWNER", specialGroup: "projectOwners" }],
    creationTime: String(created),
    lastModifiedTime: String(modified),
    location: location(of.location),
    type: "DEFAULT"
  }
}

const tableReference = ({ dataset, id, project }: Table) => ({ projectId: project, datasetId: dataset, tableId: id })

/**
 * A table in a list: without its schema.
 *
 * @since 0.1.0
 */
export const listedTable = (of: Table) => {
  const { attributes, created } = of
  const { clustering, expirationTime, friendlyName, labels, timePartitioning } = attributes
  return {
    kind: "bigquery#table",
    id: `${of.project}:${of.dataset}.${of.id}`,
    tableReference: tableReference(of),
    type: "TABLE",
    creationTime: String(created),
    clustering,
    expirationTime,
    friendlyName,
    labels,
    timePartitioning
  }
}

/**
 * A table; `rows` and `bytes` are what lies in it.
 *
 * @since 0.1.0
 */
export const table = (
  of: Table,
  in_: string,
  counted: { readonly rows: bigint; readonly bytes: bigint },
  origin: string
) => ({
  kind: "bigquery#table",
  etag: etag(of),
  id: `${of.project}:${of.dataset}.${of.id}`,
  selfLink: `${base(origin, of.project)}/datasets/${of.dataset}/tables/${of.id}`,
  ...of.attributes,
  tableReference: tableReference(of),
  schema: of.fields.length === 0 ? undefined : { fields: of.fields },
  numBytes: String(counted.bytes),
  numLongTermBytes: "0",
  numRows: String(counted.rows),
  creationTime: String(of.created),
  lastModifiedTime: String(of.modified),
  type: "TABLE",
  location: location(in_)
})

/** @since 0.1.0 */
export const jobReference = ({ id, location: in_, project }: Job.JobReference) => ({
  projectId: project,
  jobId: id,
  location: location(in_)
})

/** @since 0.1.0 */
export const job = (of: Job.Job, origin: string) => {
  const { configuration, created, ended, error, outcome, reference, state } = of
  const isDone = state === "DONE"
  const times = {
    creationTime: String(created),
    startTime: String(created),
    ...(isDone ? { endTime: String(ended ?? created) } : {})
  }
  const errors = error === undefined ? (outcome?.warnings ?? []) : [Refusal.proto(error), ...error.errors]
  return {
    kind: "bigquery#job",
    etag: etag([reference, state]),
    id: Job.shown(reference),
    selfLink: `${base(origin, reference.project)}/jobs/${reference.id}?location=${location(reference.location)}`,
    user_email: "emulator@localhost",
    jobReference: jobReference(reference),
    configuration,
    status: {
      state,
      ...(isDone && error !== undefined ? { errorResult: Refusal.proto(error) } : {}),
      ...(isDone && errors.length > 0 ? { errors } : {})
    },
    statistics: isDone ? { ...times, ...outcome?.statistics } : times
  }
}

/**
 * A job in a list: its state stands beside it.
 *
 * @since 0.1.0
 */
export const listedJob = (of: Job.Job, origin: string) => {
  const { selfLink: _selfLink, etag: _etag, ...rest } = job(of, origin)
  return { ...rest, state: of.state, ...(of.error === undefined ? {} : { errorResult: Refusal.proto(of.error) }) }
}
