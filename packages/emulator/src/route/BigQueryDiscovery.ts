/**
 * The description of the API by which the `bq` command finds its way: the methods that the emulator has.
 *
 * Source: https://developers.google.com/discovery/v1/reference/apis
 *
 * @since 0.1.0
 */
import * as Answer from "../http/Answer.ts"
import type { Route } from "../http/Route.ts"
import type { State } from "../State.ts"

/** Method, verb, path and further parameters of the query; `body` names the schema of what is sent. */
type Line = readonly [id: string, method: string, path: string, query?: string, body?: string]

const dataset = "projects/{+projectId}/datasets/{+datasetId}"
const table = `${dataset}/tables/{+tableId}`
const rows = "maxResults:integer pageToken:string startIndex:string formatOptions.useInt64Timestamp:boolean"

const lines: ReadonlyArray<Line> = [
  [
    "datasets.list",
    "GET",
    "projects/{+projectId}/datasets",
    "all:boolean filter:string maxResults:integer pageToken:string"
  ],
  ["datasets.insert", "POST", "projects/{+projectId}/datasets", "accessPolicyVersion:integer", "Dataset"],
  ["datasets.get", "GET", dataset, "accessPolicyVersion:integer datasetView:string"],
  ["datasets.patch", "PATCH", dataset, "accessPolicyVersion:integer updateMode:string", "Dataset"],
  ["datasets.update", "PUT", dataset, "accessPolicyVersion:integer updateMode:string", "Dataset"],
  ["datasets.delete", "DELETE", dataset, "deleteContents:boolean"],
  ["tables.list", "GET", `${dataset}/tables`, "maxResults:integer pageToken:string"],
  ["tables.insert", "POST", `${dataset}/tables`, "", "Table"],
  ["tables.get", "GET", table, "selectedFields:string view:string"],
  ["tables.patch", "PATCH", table, "autodetect_schema:boolean", "Table"],
  ["tables.update", "PUT", table, "autodetect_schema:boolean", "Table"],
  ["tables.delete", "DELETE", table],
  ["tabledata.list", "GET", `${table}/data`, `${rows} selectedFields:string`],
  ["tabledata.insertAll", "POST", `${table}/insertAll`, "", "TableDataInsertAllRequest"],
  [
    "jobs.list",
    "GET",
    "projects/{+projectId}/jobs",
    "allUsers:boolean maxCreationTime:string maxResults:integer minCreationTime:string pageToken:string parentJobId:string projection:string stateFilter:string"
  ],
  ["jobs.insert", "POST", "projects/{+projectId}/jobs", "", "Job"],
  ["jobs.get", "GET", "projects/{+projectId}/jobs/{+jobId}", "location:string"],
  ["jobs.cancel", "POST", "projects/{+projectId}/jobs/{+jobId}/cancel", "location:string"],
  ["jobs.query", "POST", "projects/{+projectId}/queries", "", "QueryRequest"],
  ["jobs.getQueryResults", "GET", "projects/{+projectId}/queries/{+jobId}", `${rows} location:string timeoutMs:integer`]
]

const method = ([id, httpMethod, path, query = "", body]: Line) => {
  const inPath = [...path.matchAll(/\{\+(\w+)\}/g)].map(([, name = ""]) => name)
  const inQuery = query
    .split(" ")
    .filter((text) => text !== "")
    .map((text) => text.split(":"))
  return {
    id: `bigquery.${id}`,
    path,
    flatPath: path.replaceAll("+", ""),
    httpMethod,
    parameterOrder: inPath,
    parameters: Object.fromEntries([
      ...inPath.map(
        (name) => [name, { type: "string", location: "path", required: true, pattern: "^[^/]+$" }] as const
      ),
      ...inQuery.map(([name = "", type]) => [name, { type, location: "query" }] as const)
    ]),
    ...(body === undefined ? {} : { request: { $ref: body } }),
    response: { $ref: "Answer" },
    scopes: ["https://www.googleapis.com/auth/bigquery"],
    ...(id === "jobs.insert"
      ? {
          supportsMediaUpload: true,
          mediaUpload: {
            accept: ["*/*"],
            protocols: {
              simple: { multipart: true, path: `/upload/bigquery/v2/${path}` },
              resumable: { multipart: true, path: `/resumable/upload/bigquery/v2/${path}` }
            }
          }
        }
      : {})
  }
}

const resources = (): { readonly [name: string]: unknown } => {
  const named = new Map<string, Array<readonly [string, unknown]>>()
  for (const line of lines) {
    const [resource = "", name = ""] = line[0].split(".")
    named.set(resource, [...(named.get(resource) ?? []), [name, method(line)]])
  }
  return Object.fromEntries(
    [...named].map(([resource, methods]) => [resource, { methods: Object.fromEntries(methods) }])
  )
}

const schemas = ["Answer", "Dataset", "Job", "QueryRequest", "Table", "TableDataInsertAllRequest"]

/** The description as seen from where this server is called. */
const document = (origin: string) => ({
  kind: "discovery#restDescription",
  discoveryVersion: "v1",
  id: "bigquery:v2",
  name: "bigquery",
  version: "v2",
  title: "BigQuery API",
  description: "The methods of BigQuery that the genops emulator has.",
  protocol: "rest",
  rootUrl: `${origin}/`,
  servicePath: "bigquery/v2/",
  baseUrl: `${origin}/bigquery/v2/`,
  basePath: "/bigquery/v2/",
  batchPath: "batch/bigquery/v2",
  parameters: {
    alt: { type: "string", location: "query", default: "json" },
    prettyPrint: { type: "boolean", location: "query", default: "true" }
  },
  auth: { oauth2: { scopes: { "https://www.googleapis.com/auth/bigquery": { description: "BigQuery" } } } },
  schemas: Object.fromEntries(schemas.map((id) => [id, { id, type: "object", additionalProperties: { type: "any" } }])),
  resources: resources()
})

/**
 * The route of the description.
 *
 * @since 0.1.0
 */
export const routes = ({ secureStorage }: State): ReadonlyArray<Route> => [
  {
    operation: "bigquery.discovery",
    method: "GET",
    pattern: /^\/\$discovery\/rest$/,
    rpc: "bigquery.discovery",
    handle: ({ headers }) =>
      Answer.json(document(`${secureStorage ? "https" : "http"}://${String(headers["host"] ?? "127.0.0.1")}`))
  }
]
