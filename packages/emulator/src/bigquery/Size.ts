/**
 * Bytes that values have, as BigQuery counts them: what tables report and what a query is billed for.
 *
 * Source: https://cloud.google.com/bigquery/pricing#data
 *
 * @since 0.1.0
 */
import type { SqlType } from "./SqlType.ts"

const fixed: { readonly [kind: string]: number } = {
  BIGNUMERIC: 32,
  BOOL: 1,
  DATE: 8,
  DATETIME: 8,
  FLOAT64: 8,
  INT64: 8,
  NUMERIC: 16,
  TIME: 8,
  TIMESTAMP: 8
}

/**
 * Writes the SQL that counts the bytes of a value; NULL has none, text has two more than its UTF-8.
 *
 * @since 0.1.0
 */
export const sql = (type: SqlType, of: string, depth = 0): string => {
  const present = (bytes: string) => `CASE WHEN ${of} IS NULL THEN 0 ELSE ${bytes} END`
  switch (type.kind) {
    case "ARRAY": {
      const item = `e${depth}`
      return present(`coalesce(list_sum(list_transform(${of}, lambda ${item}: ${sql(type.item, item, depth + 1)})), 0)`)
    }
    case "STRUCT":
      return present(
        type.fields.map((field, index) => sql(field.type, `(${of})."f${index}"`, depth)).join(" + ") || "0"
      )
    case "BYTES":
      return present(`2 + octet_length(${of})`)
    case "JSON":
    case "STRING":
      return present(`2 + strlen(${of})`)
    default:
      return present(String(fixed[type.kind] ?? 0))
  }
}
