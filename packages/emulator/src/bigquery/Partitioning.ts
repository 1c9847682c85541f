/**
 * How a table is said to be partitioned and clustered. It is checked and shown; where rows lie is DuckDB's business, so `requirePartitionFilter` is kept but not asked for.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Field } from "./Field.ts"
import * as Refusal from "./Refusal.ts"

const TimePartitioning = Schema.Struct({
  type: Schema.optional(Schema.NullOr(Schema.Literals(["DAY", "HOUR", "MONTH", "YEAR"]))),
  field: Schema.optional(Schema.NullOr(Schema.String)),
  expirationMs: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number]))),
  requirePartitionFilter: Schema.optional(Schema.NullOr(Schema.Boolean))
})
const Clustering = Schema.Struct({ fields: Schema.Array(Schema.String) })

const isPartition = Schema.is(TimePartitioning)
const isClustering = Schema.is(Clustering)

const find = (fields: ReadonlyArray<Field>, name: string) =>
  fields.find((field) => field.name.toLowerCase() === name.toLowerCase())

/**
 * Reads partitioning and clustering for a table of these fields. Throws Refusal: fields that are not there, or of a type that cannot be.
 *
 * @since 0.1.0
 */
export const read = (
  given: { readonly timePartitioning?: unknown; readonly clustering?: unknown },
  fields: ReadonlyArray<Field>
): { readonly timePartitioning?: typeof TimePartitioning.Type; readonly clustering?: typeof Clustering.Type } => {
  const timePartitioning = given.timePartitioning ?? undefined
  const clustering = given.clustering ?? undefined
  if (timePartitioning !== undefined) {
    if (!isPartition(timePartitioning)) throw Refusal.invalid("Invalid value for timePartitioning.")
    const { field: name, type } = timePartitioning
    if (typeof name === "string") {
      const field = find(fields, name)
      if (field === undefined) {
        throw Refusal.invalid(
          `The field specified for partitioning cannot be found in the schema. Partitioning field: ${name}`
        )
      }
      const fits = field.type === "DATE" ? type !== "HOUR" : field.type === "TIMESTAMP" || field.type === "DATETIME"
      if (field.mode === "REPEATED" || !fits) {
        throw Refusal.invalid(
          `The field specified for time partitioning has a wrong type. It can be DATE, DATETIME or TIMESTAMP and not ${field.mode} ${field.type}: ${name}`
        )
      }
    }
  }
  if (clustering !== undefined) {
    if (!isClustering(clustering) || clustering.fields.length === 0 || clustering.fields.length > 4) {
      throw Refusal.invalid("Clustering needs 1 to 4 fields.")
    }
    for (const name of clustering.fields) {
      const field = find(fields, name)
      if (field === undefined)
        throw Refusal.invalid(
          `The field specified for clustering cannot be found in the schema. Clustering field: ${name}`
        )
      if (field.mode === "REPEATED" || /^(?:RECORD|JSON|BYTES|FLOAT|TIME)$/.test(field.type)) {
        throw Refusal.invalid(`Field ${name} of type ${field.type} (${field.mode}) cannot be used for clustering.`)
      }
    }
  }
  return {
    ...(isPartition(timePartitioning) ? { timePartitioning } : {}),
    ...(isClustering(clustering) ? { clustering } : {})
  }
}
