/** BigQuery in memory: tables without SQL. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { BigQuery, Query, Row } from "../BigQuery.ts"
import * as E from "../BigQueryError.ts"
import * as BigQueryTable from "../BigQueryTable.ts"
import { CloudStorage } from "../CloudStorage.ts"
import * as GsUri from "../GsUri.ts"
import * as Check from "./bigQueryCheck.ts"
import * as Load from "./bigQueryLoad.ts"

interface Kept {
  table: BigQueryTable.Table
  readonly rows: Array<Row>
  readonly ids: Set<string>
}

const keyOf = ({ dataset, table }: BigQueryTable.TableName) => `${dataset}.${table}`

const readLine = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

export const make = (
  answer: ((query: Query) => ReadonlyArray<Row>) | undefined
): Effect.Effect<BigQuery["Service"], never, CloudStorage> =>
  Effect.map(CloudStorage, (storage) => {
    const datasets = new Map<string, string>()
    const tables = new Map<string, Kept>()
    const jobs = new Map<string, Load.Job>()
    const failed = (operation: E.BigQueryError["operation"]) => (reason: E.Reason) =>
      new E.BigQueryError({ operation, reason })

    const dataset = (name: string) =>
      datasets.has(name) ? Effect.void : Effect.fail(new E.NotFound({ description: `Not found: Dataset ${name}` }))
    const kept = (name: BigQueryTable.TableName) =>
      Effect.andThen(
        dataset(name.dataset),
        Effect.suspend(() => {
          const found = tables.get(keyOf(name))
          return found === undefined
            ? Effect.fail(new E.NotFound({ description: `Not found: Table ${keyOf(name)}` }))
            : Effect.succeed(found)
        })
      )

    /** The rows of an object, or the error that a load job would end with. */
    const read = (uri: string, fields: ReadonlyArray<BigQueryTable.Field>) =>
      Effect.gen(function* () {
        const parsed = yield* Effect.fromResult(GsUri.parsePrefix(uri.replace(/\*.*$/, "")))
        const named = yield* Stream.runCollect(
          storage.list(
            parsed,
            uri.includes("*") ? { glob: GsUri.parsePrefix(uri).pipe(Result.getOrElse(() => parsed)).name } : {}
          )
        )
        const objects = uri.includes("*") ? named : named.filter(({ name }) => name === parsed.name)
        if (objects.length === 0) return { code: "notFound", errors: [`Not found: URI ${uri}`], rows: [] }
        const rows: Array<Row> = []
        const errors: Array<string> = []
        for (const object of objects) {
          const lines = yield* storage.read(object, {}).pipe(Stream.decodeText, Stream.splitLines, Stream.runCollect)
          for (const line of lines.filter((line) => line.trim() !== "")) {
            const row = readLine(line)
            const [problem] = Result.isFailure(row)
              ? [{ field: "", description: "the line is no JSON object" }]
              : Check.problems(fields, row.success)
            if (problem !== undefined)
              errors.push(
                `JSON parsing error in row ${rows.length + errors.length}: ${problem.description} Field: ${problem.field}`
              )
            else if (Result.isSuccess(row)) rows.push(row.success)
          }
        }
        return errors.length > 0 ? { code: "invalid", errors, rows: [] } : { errors, rows }
      })

    return {
      ensureDataset: (name, { location = "US" }) =>
        Effect.suspend((): Effect.Effect<{ readonly isNew: boolean }, E.Reason> => {
          const found = datasets.get(name)
          if (found === undefined) datasets.set(name, location)
          if (found === undefined || found.toLowerCase() === location.toLowerCase())
            return Effect.succeed({ isNew: found === undefined })
          const differences = [{ field: "(location)", wanted: location, found }]
          return Effect.fail(new E.SchemaMismatch({ table: `Dataset ${name}`, differences }))
        }).pipe(Effect.mapError(failed("ensureDataset"))),

      ensureTable: (table, { missing = "refuse" }) =>
        Effect.gen(function* () {
          yield* dataset(table.dataset)
          const found = tables.get(keyOf(table))
          if (found === undefined) {
            tables.set(keyOf(table), { table, rows: [], ids: new Set() })
            return { isNew: true, added: [] }
          }
          const differences = BigQueryTable.differences(table, found.table)
          const added = missing === "add" ? BigQueryTable.addable(table, differences) : []
          if (added.length < differences.length) {
            return yield* new E.SchemaMismatch({ table: `Table ${keyOf(table)}`, differences })
          }
          found.table = { ...found.table, fields: [...found.table.fields, ...added] }
          return { isNew: false, added: added.map(({ name }) => name) }
        }).pipe(Effect.mapError(failed("ensureTable"))),

      load: (request) =>
        Load.load(request, {
          start: (id) =>
            Effect.gen(function* () {
              if (jobs.has(id)) return yield* Effect.fail("exists" as const)
              yield* dataset(request.table.dataset)
              const found = tables.get(keyOf(request.table))
              const parts = yield* Effect.forEach(request.uris, (uri) => read(uri, request.table.fields)).pipe(
                Effect.mapError((error) => new E.Failed({ description: error.message }))
              )
              const missing = { code: "notFound", errors: [`Not found: Table ${keyOf(request.table)}`], rows: [] }
              const bad = found === undefined ? missing : parts.find(({ code }) => code !== undefined)
              const rows = bad === undefined ? parts.flatMap(({ rows }) => rows) : []
              for (const row of rows) found?.rows.push(row)
              const job: Load.Job = {
                isDone: true,
                rows: rows.length,
                errors: bad?.errors ?? [],
                loads: Load.describe(request),
                ...(bad?.code === undefined ? {} : { code: bad.code })
              }
              jobs.set(id, job)
              return job
            }),
          look: (id) =>
            Effect.fromNullishOr(jobs.get(id)).pipe(
              Effect.mapError(() => new E.NotFound({ description: `Not found: Job ${id}` }))
            )
        }).pipe(Effect.mapError(failed("load"))),

      insert: (table, rows) =>
        Effect.gen(function* () {
          const found = yield* kept(table)
          const wrong = rows.flatMap(({ row }, index) =>
            Check.problems(found.table.fields, row).map((problem) => ({ row: index, ...problem }))
          )
          if (wrong.length > 0) return yield* new E.RowsRejected({ table: keyOf(table), inserted: 0, rows: wrong })
          for (const { id, row } of rows) {
            if (!found.ids.has(id)) found.rows.push(row)
            found.ids.add(id)
          }
        }).pipe(Effect.mapError(failed("insert"))),

      rows: (name) =>
        Stream.unwrap(
          Effect.map(Effect.mapError(kept(name), failed("rows")), ({ rows, table }) =>
            Stream.fromIterable(rows.map((row) => Check.asRead(table.fields, row)))
          )
        ),

      query: (query) =>
        Stream.unwrap(
          Effect.suspend(() => {
            const unknown = new E.InvalidQuery({
              description: "BigQuery.layerMemory has no SQL. Give it `answer`, or use the emulator."
            })
            return answer === undefined
              ? Effect.fail(failed("query")(unknown))
              : Effect.succeed(Stream.fromIterable(answer(query)))
          })
        ),

      estimate: () =>
        Effect.fail(
          failed("estimate")(
            new E.InvalidQuery({
              description: "BigQuery.layerMemory has no SQL, so it cannot tell bytes. Use the emulator."
            })
          )
        )
    }
  })
