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
import * as BigQueryTable from "../BigQueryTable.ts"
import * as Load from "./bigQueryLoad.ts"
import * as Messages from "./bigQueryMessages.ts"
import * as Reason from "./bigQueryReason.ts"
import * as Rows from "./bigQueryRows.ts"

/** Pages of results, read here: the client's own reading rounds numbers. Times are whole microseconds. */
const pageOptions = {
  autoPaginate: false,
  maxResults: 10_000,
  skipParsing: true,
  "formatOptions.useInt64Timestamp": true
}

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
            onFailure: ({ message }) => Messages.unreadable("table", message),
            onSuccess: (layout) => ({ layout, fields: Messages.fieldsOf(metadata) })
          })
        )
    )

  const pages = (
    operation: "query" | "rows",
    fetch: (pageToken: string) => Effect.Effect<Messages.Page, E.Reason>
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
        query: Messages.queryConfiguration(query),
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
        return (await job.getQueryResults({ ...pageOptions, ...token }))[2]
      }),
      Messages.pageOf
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
            Messages.readLoadJob
          ),
        look: (jobId) =>
          Effect.flatMap(
            call(async () => (await client.job(jobId).getMetadata())[0]),
            Messages.readLoadJob
          )
      }).pipe(Effect.mapError(failed("load")))
    },

    insert: (table, rows) => {
      const encoded = rows.map(({ id, row }) => ({ insertId: id, json: Rows.streamed(table.fields, row) }))
      let first = 0
      return Effect.forEach(
        Messages.batches(encoded),
        (batch) =>
          Effect.gen(function* () {
            const raw = batch.map((row) => ({ ...row }))
            yield* Effect.retry(
              request(() => tableOf(table).insert(raw, { raw: true, partialRetries: 0 })),
              { schedule: patience, while: (error) => Messages.rejected(error, 0) === undefined && isPassing(error) }
            ).pipe(
              Effect.mapError((error) => {
                const problems = Messages.rejected(error, first)
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
                return (await tableOf(name).getRows({ ...pageOptions, ...token }))[2]
              }),
              (response) => ({ ...Messages.pageOf(response), fields: schema?.fields })
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
          (await client.createJob({ configuration: { query: Messages.queryConfiguration(query), dryRun: true } }))[0]
            .metadata
      ).pipe(
        Effect.flatMap((metadata: unknown) => {
          const Estimate = Schema.Struct({ statistics: Schema.Struct({ totalBytesProcessed: Schema.String }) })
          return Effect.fromResult(
            Result.mapBoth(Schema.decodeUnknownResult(Estimate)(metadata), {
              onFailure: ({ message }) => Messages.unreadable("estimate", message),
              onSuccess: ({ statistics }) => ({ bytes: BigInt(statistics.totalBytesProcessed) })
            })
          )
        }),
        Effect.mapError(failed("estimate"))
      )
  }
}
