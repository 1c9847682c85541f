/** What BigQuery is asked, and how its answers are read. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Query } from "../BigQuery.ts"
import * as E from "../BigQueryError.ts"
import * as BigQueryParameter from "../BigQueryParameter.ts"
import type * as Load from "./bigQueryLoad.ts"
import type * as Rows from "./bigQueryRows.ts"

/** Rows of a request to insert: what Google recommends, and bytes well below its limit of 10 MB. */
const batchRows = 500
const batchBytes = 5_000_000

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

export const unreadable = (what: string, detail: string) =>
  new E.Failed({ description: `The answer is no ${what}: ${detail}` })

export const readLoadJob = (metadata: unknown): Effect.Effect<Load.Job, E.Reason> =>
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

export const queryConfiguration = ({ dataset, maximumBytesBilled, parameters: given, sql }: Query) => ({
  query: sql,
  useLegacySql: false,
  ...parameters(given),
  ...(dataset === undefined ? {} : { defaultDataset: { datasetId: dataset } }),
  ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled: maximumBytesBilled.toString() })
})

export const batches = <A>(rows: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
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
export const rejected = (error: unknown, first: number): ReadonlyArray<E.RowProblem> | undefined => {
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
export const fieldsOf = (metadata: unknown): Array<Rows.SentField> => {
  const schema = Predicate.hasProperty(metadata, "schema") ? metadata.schema : undefined
  return Predicate.hasProperty(schema, "fields") && Array.isArray(schema.fields) ? schema.fields : []
}

export interface Page {
  readonly fields: unknown
  readonly rows: unknown
  readonly next: Option.Option<string>
  readonly isComplete: boolean
}

export const pageOf = (response: unknown): Page => {
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
