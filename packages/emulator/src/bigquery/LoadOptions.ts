/**
 * What a load job is asked for. What would change the result and is not known is refused, never left out.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobConfigurationLoad
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Field from "./Field.ts"
import * as Refusal from "./Refusal.ts"

const Text = Schema.optional(Schema.NullOr(Schema.String))
const Flag = Schema.optional(Schema.NullOr(Schema.Union([Schema.Boolean, Schema.Literals(["true", "false"])])))
const Count = Schema.optional(Schema.NullOr(Schema.Union([Schema.Natural, Schema.String])))

/** @since 0.1.0 */
export const TableReference = Schema.Struct({
  projectId: Schema.optional(Schema.String),
  datasetId: Schema.String,
  tableId: Schema.String
})

/** @since 0.1.0 */
export const Load = Schema.Struct({
  sourceUris: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  destinationTable: TableReference,
  sourceFormat: Text,
  schema: Schema.optional(Schema.NullOr(Field.TableSchema)),
  autodetect: Flag,
  createDisposition: Text,
  writeDisposition: Text,
  schemaUpdateOptions: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))),
  maxBadRecords: Count,
  ignoreUnknownValues: Flag,
  allowJaggedRows: Flag,
  allowQuotedNewlines: Flag,
  skipLeadingRows: Count,
  fieldDelimiter: Text,
  quote: Text,
  nullMarker: Text,
  encoding: Text,
  timePartitioning: Schema.optional(Schema.Unknown),
  clustering: Schema.optional(Schema.Unknown)
})

/** Options that would change what is loaded. */
const refused = [
  "columnNameCharacterMap",
  "connectionProperties",
  "dateFormat",
  "datetimeFormat",
  "fileSetSpecType",
  "hivePartitioningOptions",
  "jsonExtension",
  "preserveAsciiControlCharacters",
  "rangePartitioning",
  "referenceFileSchemaUri",
  "sourceColumnMatch",
  "timeFormat",
  "timeZone",
  "timestampFormat",
  "useAvroLogicalTypes"
]

/**
 * A load job as it is asked for, with all that was left out.
 *
 * @since 0.1.0
 */
export interface LoadOptions {
  readonly uris: ReadonlyArray<string>
  readonly format: "CSV" | "NEWLINE_DELIMITED_JSON"
  readonly fields: ReadonlyArray<Field.Field> | undefined
  readonly autodetects: boolean
  readonly creates: boolean
  readonly write: "WRITE_APPEND" | "WRITE_EMPTY" | "WRITE_TRUNCATE"
  readonly adds: boolean
  readonly relaxes: boolean
  readonly maxBadRecords: number
  readonly ignoreUnknownValues: boolean
  readonly jagged: boolean
  readonly skip: number
  readonly nullMarker: string
  readonly csv: { readonly delimiter: string; readonly quote: string; readonly allowsNewlines: boolean }
  readonly timePartitioning: unknown
  readonly clustering: unknown
}

const flag = (value: boolean | string | null | undefined): boolean => value === true || value === "true"

const count = (value: number | string | null | undefined, name: string): number => {
  const read = Number(value ?? 0)
  if (Number.isInteger(read) && read >= 0) return read
  throw Refusal.invalid(`Invalid value for ${name}: ${value}`)
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0)

const oneOf = <const A extends string>(
  value: string | null | undefined,
  name: string,
  all: readonly [A, ...Array<A>]
): A => {
  const found = all.find((one) => one === (value ?? all[0]))
  if (found !== undefined) return found
  throw Refusal.invalid(`Invalid value for ${name}: ${value} is not a valid value`)
}

/**
 * Reads what a load job is asked for. Throws Refusal.
 *
 * @since 0.1.0
 */
export const read = (load: typeof Load.Type, given: { readonly [name: string]: unknown }): LoadOptions => {
  const odd = refused.find((name) => !isEmpty(given[name]))
  if (odd !== undefined) throw Refusal.unsupported(`the load option ${odd}`)
  const format = oneOf(load.sourceFormat, "sourceFormat", [
    "CSV",
    "NEWLINE_DELIMITED_JSON",
    "AVRO",
    "PARQUET",
    "ORC",
    "DATASTORE_BACKUP"
  ])
  if (format !== "CSV" && format !== "NEWLINE_DELIMITED_JSON") throw Refusal.unsupported(`files of ${format}`)
  const encoding = load.encoding ?? "UTF-8"
  if (encoding !== "UTF-8" && encoding !== "") throw Refusal.unsupported(`the encoding ${encoding}`)
  const write = oneOf(load.writeDisposition, "writeDisposition", [
    "WRITE_APPEND",
    "WRITE_EMPTY",
    "WRITE_TRUNCATE",
    "WRITE_TRUNCATE_DATA"
  ])
  if (write === "WRITE_TRUNCATE_DATA") throw Refusal.unsupported(write)
  const updates = load.schemaUpdateOptions ?? []
  const fields = load.schema?.fields
  const delimiter = load.fieldDelimiter ?? ","
  return {
    uris: load.sourceUris ?? [],
    format,
    fields: fields === undefined ? undefined : Field.fields(fields),
    autodetects: flag(load.autodetect),
    creates:
      oneOf(load.createDisposition, "createDisposition", ["CREATE_IF_NEEDED", "CREATE_NEVER"]) === "CREATE_IF_NEEDED",
    write,
    adds: updates.includes("ALLOW_FIELD_ADDITION"),
    relaxes: updates.includes("ALLOW_FIELD_RELAXATION"),
    maxBadRecords: count(load.maxBadRecords, "maxBadRecords"),
    ignoreUnknownValues: flag(load.ignoreUnknownValues),
    jagged: flag(load.allowJaggedRows),
    skip: count(load.skipLeadingRows, "skipLeadingRows"),
    nullMarker: load.nullMarker ?? "",
    csv: {
      delimiter: delimiter === "\\t" || delimiter === "tab" ? "\t" : delimiter === "" ? "," : delimiter,
      quote: load.quote ?? '"',
      allowsNewlines: flag(load.allowQuotedNewlines)
    },
    timePartitioning: load.timePartitioning ?? undefined,
    clustering: load.clustering ?? undefined
  }
}
