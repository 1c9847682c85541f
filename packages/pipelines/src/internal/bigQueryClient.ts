/** BigQuery over Google's client. */
import type { BigQuery as Client, Job as ClientJob } from "@google-cloud/bigquery"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type BigQuery, BigQueryError, type Query, type Row } from "../BigQuery.ts"
import * as E from "../BigQueryError.ts"
import * as BigQueryParameter from "../BigQueryParameter.ts"
import * as BigQueryTable from "../BigQueryTable.ts"
import * as Load from "./bigQueryLoad.ts"
import * as Reason from "./bigQueryReason.ts"
import * as Rows from "./bigQueryRows.ts"

/** Rows of a request to insert: what Google recommends, and bytes well below its limit of 10 MB. */
const batchRows = 500
const batchBytes = 5_000_000

/** Rows of a page of results. */
const pageRows = 10_000

/** Everything that is sent may be sent again: jobs and rows have ids, the rest is the same twice. */
const patience = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 4 }))

const request = <A>(run: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: run, catch: (error) => error })

const isPassing = (error: unknown): boolean => Reason.of(error).isRetryable

const call = <A>(run: () => Promise<A>): Effect.Effect<A, E.Reason> =>
  Effect.mapError(Effect.retry(request(run), { schedule: patience, while: isPassing }), Reason.of)

/** What is there already is told apart from what went wrong. */
const create = <A>(run: () => Promise<A>): Effect.Effect<A, E.Reason | "exists"> =>
  Effect.mapError(Effect.retry(request(run), { schedule: patience, while: isPassing }), (error) =>
    Reason.statusOf(error) === 409 ? "exists" : Reason.of(error)
  )

const Told = Schema.Struct({ reason: Schema.optional(Schema.String), message: Schema.optional(Schema.String) })

const LoadJob = Schema.Struct({
  configuration: Schema.Struct({
    load: Schema.optional(
      Schema.Struct({
        sourceUris: Schema.optional(Schema.Array(Schema.String)),
        destinationTable: Schema.Struct({ datasetId: Schema.String, tableId: Schema.String })
      })
    )
  }),
  status: Schema.Struct({
    state: Schema.String,
    errorResult: Schema.optional(Told),
    errors: Schema.optional(Schema.Array(Told))
  }),
  statistics: Schema.optional(
    Schema.Struct({
      load: Schema.optional(
        Schema.Struct({ outputRows: Schema.optional(Schema.Union([Schema.String, Schema.Number])) })
      )
    })
  )
})

const unreadable = (what: string, detail: string) =>
  new E.Failed({ description: `The answer is no ${what}: ${detail}` })

const readLoadJob = (metadata: unknown): Effect.Effect<Load.Job, E.Reason> =>
  Effect.fromResult(
    Result.mapBoth(Schema.decodeUnknownResult(LoadJob)(metadata), {
      onFailure: ({ message }) => unreadable("load job", message),
      onSuccess: ({ configuration: { load }, statistics, status }) => {
        const { errorResult, errors = [], state } = status
        const table = load?.destinationTable
        return {
          isDone: state === "DONE",
          rows: Number(statistics?.load?.outputRows ?? 0),
          errors: [...new Set([errorResult, ...errors].flatMap((error) => error?.message ?? []))],
          loads: `${(load?.sourceUris ?? []).join(", ")} into ${table?.datasetId}.${table?.tableId}`,
          ...(errorResult === undefined ? {} : { code: errorResult.reason ?? "unknown" })
        }
      }
    })
  )

const parameters = (given: Query["parameters"]) => {
  if (given === undefined) return {}
  const entries = Array.isArray(given)
    ? given.map((one: BigQueryParameter.Parameter) => [undefined, one] as const)
    : Object.entries(given)
  return {
    parameterMode: Array.isArray(given) ? "POSITIONAL" : "NAMED",
    queryParameters: entries.map(([name, parameter]: readonly [string | undefined, BigQueryParameter.Parameter]) => {
      const typed = BigQueryParameter.typed(parameter)
      const { type } = typed
      const named = name === undefined ? {} : { name }
      if ("values" in typed) {
        const arrayValues = typed.values.map((value) => ({ value: String(value) }))
        return { ...named, parameterType: { type: "ARRAY", arrayType: { type } }, parameterValue: { arrayValues } }
      }
      const value = typed.value === null ? {} : { value: String(typed.value) }
      return { ...named, parameterType: { type }, parameterValue: value }
    })
  }
}

const queryConfiguration = ({ dataset, maximumBytesBilled, parameters: given, sql }: Query) => ({
  query: sql,
  useLegacySql: false,
  ...parameters(given),
  ...(dataset === undefined ? {} : { defaultDataset: { datasetId: dataset } }),
  ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled: maximumBytesBilled.toString() })
})

const batches = <A>(rows: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const all: Array<Array<A>> = []
  let size = batchBytes
  for (const row of rows) {
    const bytes = JSON.stringify(row).length
    const last = all.at(-1)
    if (last === undefined || last.length >= batchRows || size + bytes > batchBytes) {
      all.push([row])
      size = bytes
    } else {
      last.push(row)
      size += bytes
    }
  }
  return all
}

const InsertErrors = Schema.Struct({
  insertErrors: Schema.Array(
    Schema.Struct({
      index: Schema.Natural,
      errors: Schema.Array(
        Schema.Struct({
          reason: Schema.optional(Schema.String),
          location: Schema.optional(Schema.String),
          message: Schema.optional(Schema.String)
        })
      )
    })
  )
})

/** What a refused insert says of its rows. Those that were only stopped by others are left out. */
const rejected = (error: unknown, first: number): ReadonlyArray<E.RowProblem> | undefined => {
  const response = Predicate.hasProperty(error, "response") ? error.response : undefined
  const decoded = Schema.decodeUnknownOption(InsertErrors)(response)
  if (Option.isNone(decoded)) return undefined
  return decoded.value.insertErrors.flatMap(({ errors, index }) =>
    errors.flatMap(({ location = "", message = "", reason }) =>
      reason === "stopped"
        ? []
        : [{ row: first + index, field: location, description: message === "" ? (reason ?? "invalid") : message }]
    )
  )
}

/** The fields of a table as they came: what is not known here, such as their policies, goes back with them. */
const fieldsOf = (metadata: unknown): Array<Rows.SentField> => {
  const schema = Predicate.hasProperty(metadata, "schema") ? metadata.schema : undefined
  return Predicate.hasProperty(schema, "fields") && Array.isArray(schema.fields) ? schema.fields : []
}

interface Page {
  readonly fields: unknown
  readonly rows: unknown
  readonly next: Option.Option<string>
  readonly isComplete: boolean
}

const pageOf = (response: unknown): Page => {
  const of = (name: string): unknown => (Predicate.hasProperty(response, name) ? response[name] : undefined)
  const token = of("pageToken")
  const schema = of("schema")
  return {
    fields: Predicate.hasProperty(schema, "fields") ? schema.fields : undefined,
    rows: of("rows"),
    next: typeof token === "string" && token !== "" ? Option.some(token) : Option.none(),
    isComplete: of("jobComplete") !== false
  }
}

export const make = (client: Client): BigQuery["Service"] => {
  const failed = (operation: BigQueryError["operation"]) => (reason: E.Reason) =>
    new BigQueryError({ operation, reason })
  const tableOf = ({ dataset, table }: BigQueryTable.TableName) => client.dataset(dataset).table(table)

  const layout = (name: BigQueryTable.TableName) =>
    Effect.flatMap(
      call(async () => (await tableOf(name).getMetadata())[0]),
      (metadata: unknown) =>
        Effect.fromResult(
          Result.mapBoth(Rows.readLayout(metadata), {
            onFailure: ({ message }) => unreadable("table", message),
            onSuccess: (layout) => ({ layout, fields: fieldsOf(metadata) })
          })
        )
    )

  const pages = (
    operation: "query" | "rows",
    fetch: (pageToken: string) => Effect.Effect<Page, E.Reason>
  ): Stream.Stream<Row, BigQueryError> =>
    Stream.paginate("", (pageToken: string) =>
      Effect.gen(function* () {
        const page = yield* fetch(pageToken)
        // A job that is still running has no rows yet: the same page is asked for again.
        if (!page.isComplete) return [[], Option.some(pageToken)] as const
        const rows = yield* Effect.fromResult(
          Result.mapError(Rows.read(page.fields, page.rows), (description) => new E.Failed({ description }))
        )
        return [rows, page.next] as const
      }).pipe(Effect.mapError(failed(operation)))
    )

  const startQuery = (query: Query): Effect.Effect<ClientJob, E.Reason> =>
    Effect.suspend(() => {
      const jobId = `genops_${crypto.randomUUID()}`
      const configuration = {
        query: queryConfiguration(query),
        ...(query.labels === undefined ? {} : { labels: query.labels })
      }
      return create(async () => (await client.createJob({ jobId, configuration }))[0]).pipe(
        // The job was started, and the answer lost.
        Effect.catchIf(
          (reason) => reason === "exists",
          () => Effect.succeed(client.job(jobId))
        )
      )
    })

  const results = (job: ClientJob) => (pageToken: string) =>
    Effect.map(
      call(async () => {
        const token = pageToken === "" ? {} : { pageToken }
        const options = {
          autoPaginate: false,
          maxResults: pageRows,
          skipParsing: true,
          "formatOptions.useInt64Timestamp": true,
          ...token
        }
        return (await job.getQueryResults(options))[2]
      }),
      pageOf
    )

  return {
    ensureDataset: (dataset, { description, location }) =>
      create(() =>
        client.createDataset(dataset, {
          ...(location === undefined ? {} : { location }),
          ...(description === undefined ? {} : { description })
        })
      ).pipe(
        Effect.as({ isNew: true }),
        Effect.catchIf(
          (reason) => reason === "exists",
          () =>
            Effect.gen(function* () {
              const [metadata] = yield* call(() => client.dataset(dataset).getMetadata())
              const found = Predicate.hasProperty(metadata, "location") ? String(metadata.location) : ""
              if (location === undefined || found.toLowerCase() === location.toLowerCase()) return { isNew: false }
              const differences = [{ field: "(location)", wanted: location, found }]
              return yield* new E.SchemaMismatch({ table: `Dataset ${dataset}`, differences })
            })
        ),
        Effect.mapError(failed("ensureDataset"))
      ),

    ensureTable: (table, { missing = "refuse" }) =>
      create(() =>
        client.dataset(table.dataset).createTable(table.table, {
          schema: { fields: Rows.wireFields(table.fields) },
          ...(table.partition === undefined
            ? {}
            : { timePartitioning: { type: table.partition.by ?? "DAY", field: table.partition.field } }),
          ...(table.cluster === undefined || table.cluster.length === 0
            ? {}
            : { clustering: { fields: [...table.cluster] } }),
          ...(table.description === undefined ? {} : { description: table.description })
        })
      ).pipe(
        Effect.as({ isNew: true, added: [] }),
        Effect.catchIf(
          (reason) => reason === "exists",
          () =>
            Effect.gen(function* () {
              const { fields: before, layout: found } = yield* layout(table)
              const differences = BigQueryTable.differences(table, Rows.foundTable(found))
              if (differences.length === 0) return { isNew: false, added: [] }
              const added = missing === "add" ? BigQueryTable.addable(table, differences) : []
              if (added.length < differences.length) {
                return yield* new E.SchemaMismatch({ table: `Table ${table.dataset}.${table.table}`, differences })
              }
              yield* call(() =>
                tableOf(table).setMetadata({ schema: { fields: [...before, ...Rows.wireFields(added)] } })
              )
              return { isNew: false, added: added.map(({ name }) => name) }
            })
        ),
        Effect.mapError(failed("ensureTable"))
      ),

    load: (request) => {
      const { labels, table, uris } = request
      const load = {
        sourceUris: [...uris],
        destinationTable: { datasetId: table.dataset, tableId: table.table, projectId: client.projectId },
        schema: { fields: Rows.wireFields(table.fields) },
        sourceFormat: "NEWLINE_DELIMITED_JSON",
        writeDisposition: "WRITE_APPEND",
        createDisposition: "CREATE_NEVER"
      }
      const configuration = { load, ...(labels === undefined ? {} : { labels }) }
      const metadataOf = (job: ClientJob): unknown => job.metadata
      return Load.load(request, {
        start: (jobId) =>
          Effect.flatMap(
            create(async () => metadataOf((await client.createJob({ jobId, configuration }))[0])),
            readLoadJob
          ),
        look: (jobId) =>
          Effect.flatMap(
            call(async () => (await client.job(jobId).getMetadata())[0]),
            readLoadJob
          )
      }).pipe(Effect.mapError(failed("load")))
    },

    insert: (table, rows) => {
      const encoded = rows.map(({ id, row }) => ({ insertId: id, json: Rows.streamed(table.fields, row) }))
      let first = 0
      return Effect.forEach(
        batches(encoded),
        (batch) =>
          Effect.gen(function* () {
            const raw = batch.map((row) => ({ ...row }))
            yield* Effect.retry(
              request(() => tableOf(table).insert(raw, { raw: true, partialRetries: 0 })),
              { schedule: patience, while: (error) => rejected(error, 0) === undefined && isPassing(error) }
            ).pipe(
              Effect.mapError((error) => {
                const problems = rejected(error, first)
                return problems === undefined
                  ? Reason.of(error)
                  : new E.RowsRejected({ table: `${table.dataset}.${table.table}`, inserted: first, rows: problems })
              })
            )
            first += batch.length
          }),
        { discard: true }
      ).pipe(Effect.mapError(failed("insert")))
    },

    rows: (name) =>
      Stream.unwrap(
        Effect.map(Effect.mapError(layout(name), failed("rows")), ({ layout: { schema } }) =>
          pages("rows", (pageToken) =>
            Effect.map(
              call(async () => {
                const token = pageToken === "" ? {} : { pageToken }
                const options = { autoPaginate: false, maxResults: pageRows, skipParsing: true, ...token }
                return (await tableOf(name).getRows(options))[2]
              }),
              (response) => ({ ...pageOf(response), fields: schema?.fields })
            )
          )
        )
      ),

    query: (query) =>
      Stream.unwrap(
        Effect.map(Effect.mapError(startQuery(query), failed("query")), (job) => pages("query", results(job)))
      ),

    estimate: (query) =>
      call(
        async () =>
          (await client.createJob({ configuration: { query: queryConfiguration(query), dryRun: true } }))[0].metadata
      ).pipe(
        Effect.flatMap((metadata: unknown) => {
          const Estimate = Schema.Struct({ statistics: Schema.Struct({ totalBytesProcessed: Schema.String }) })
          return Effect.fromResult(
            Result.mapBoth(Schema.decodeUnknownResult(Estimate)(metadata), {
              onFailure: ({ message }) => unreadable("estimate", message),
              onSuccess: ({ statistics }) => ({ bytes: BigInt(statistics.totalBytesProcessed) })
            })
          )
        }),
        Effect.mapError(failed("estimate"))
      )
  }
}
