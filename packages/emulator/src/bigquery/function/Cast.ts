/**
 * CAST and SAFE_CAST. A cast that cannot be done is an error or NULL, and never what DuckDB would make of it.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_functions#cast
 *
 * @since 0.1.0
 */
import * as Literal from "../Literal.ts"
import * as SqlType from "../SqlType.ts"

const decimal = (kind: "NUMERIC" | "BIGNUMERIC") => SqlType.duck(SqlType.scalar(kind))

/** NULL where the value cannot be had; `total` casts always can. */
interface Way {
  readonly sql: string
  readonly isTotal?: boolean
}

const total = (sql: string): Way => ({ sql, isTotal: true })
const partial = (sql: string): Way => ({ sql })

/** From, to: `$` is what is cast. */
const ways: { readonly [from: string]: { readonly [to: string]: Way } } = {
  BIGNUMERIC: {
    BOOL: total("($ <> 0)"),
    FLOAT64: total("CAST($ AS DOUBLE)"),
    INT64: partial("TRY_CAST($ AS BIGINT)"),
    NUMERIC: partial(`TRY_CAST($ AS ${decimal("NUMERIC")})`),
    STRING: total("bq_decimal_text($)")
  },
  BYTES: { STRING: partial("try(decode($))") },
  BOOL: { INT64: total("CAST($ AS BIGINT)"), STRING: total("CAST($ AS VARCHAR)") },
  DATE: {
    DATETIME: total("CAST($ AS TIMESTAMP)"),
    STRING: total("CAST($ AS VARCHAR)"),
    TIMESTAMP: total("CAST($ AS TIMESTAMP)")
  },
  DATETIME: {
    DATE: total("CAST($ AS DATE)"),
    STRING: total("bq_datetime_text($)"),
    TIME: total("CAST($ AS TIME)"),
    TIMESTAMP: total("$")
  },
  FLOAT64: {
    BIGNUMERIC: partial("CASE WHEN isfinite($) THEN bq_bignumeric(printf('%.60f', $)) END"),
    INT64: partial("bq_int64($)"),
    NUMERIC: partial(`CASE WHEN isfinite($) THEN TRY_CAST(printf('%.60f', $) AS ${decimal("NUMERIC")}) END`),
    STRING: total("bq_float_text($)")
  },
  INT64: {
    BIGNUMERIC: total(`CAST($ AS ${decimal("BIGNUMERIC")})`),
    BOOL: total("($ <> 0)"),
    FLOAT64: total("CAST($ AS DOUBLE)"),
    NUMERIC: total(`CAST($ AS ${decimal("NUMERIC")})`),
    STRING: total("CAST($ AS VARCHAR)")
  },
  NUMERIC: {
    BIGNUMERIC: partial(`TRY_CAST($ AS ${decimal("BIGNUMERIC")})`),
    BOOL: total("($ <> 0)"),
    FLOAT64: total("CAST($ AS DOUBLE)"),
    INT64: partial("TRY_CAST($ AS BIGINT)"),
    STRING: total("bq_decimal_text($)")
  },
  STRING: {
    BIGNUMERIC: partial("CASE WHEN bq_is_decimal($) THEN bq_bignumeric($) END"),
    BOOL: partial("bq_to_bool($)"),
    BYTES: total("encode($)"),
    DATE: partial("bq_to_date($)"),
    DATETIME: partial("bq_to_datetime($)"),
    FLOAT64: partial("bq_to_float($)"),
    INT64: partial("bq_to_int64($)"),
    NUMERIC: partial(`CASE WHEN bq_is_decimal($) THEN TRY_CAST(trim($) AS ${decimal("NUMERIC")}) END`),
    TIME: partial("bq_to_time($)"),
    TIMESTAMP: partial("bq_to_timestamp($)")
  },
  TIME: { STRING: total("bq_time_text($)") },
  TIMESTAMP: {
    DATE: total("CAST($ AS DATE)"),
    DATETIME: total("$"),
    STRING: total("(bq_datetime_text($) || '+00')"),
    TIME: total("CAST($ AS TIME)")
  }
}

/** How the given value is shown in the error. */
const shown: { readonly [from: string]: string } = {
  BIGNUMERIC: "bq_decimal_text($)",
  BYTES: "left(to_base64($), 100)",
  FLOAT64: "bq_float_text($)",
  NUMERIC: "bq_decimal_text($)",
  STRING: "left($, 100)"
}

const complaints: { readonly [to: string]: string } = {
  BOOL: "Bad bool value",
  DATE: "Invalid date",
  DATETIME: "Invalid datetime string",
  FLOAT64: "Bad double value",
  INT64: "Bad int64 value",
  NUMERIC: "Invalid NUMERIC value",
  STRING: "Invalid UTF-8, as base64",
  BIGNUMERIC: "Invalid BIGNUMERIC value",
  TIME: "Invalid time string",
  TIMESTAMP: "Invalid timestamp"
}

/**
 * Writes a cast. Undefined when there is none between the types, or none in the emulator.
 *
 * @since 0.1.0
 */
export const write = (sql: string, from: SqlType.SqlType, to: SqlType.SqlType, isSafe: boolean): string | undefined => {
  if (SqlType.isSame(from, to)) return sql
  const way = ways[from.kind]?.[to.kind]
  if (way === undefined) return undefined
  const put = (template: string) => template.replaceAll("$", () => sql)
  const value = put(way.sql)
  if (isSafe || way.isTotal === true) return value
  const message = `${Literal.text(`${complaints[to.kind] ?? `Could not cast to type ${to.kind}`}: `)} || ${put(shown[from.kind] ?? "$")}`
  return `bq_must(${sql}, ${value}, ${message})`
}
