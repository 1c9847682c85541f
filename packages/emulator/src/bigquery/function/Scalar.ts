/**
 * Functions of one row: conditions, numbers, text, arrays and times.
 *
 * What is not in these tables is not known. A function whose SQL is undefined exists in BigQuery for these types and not here, so that no other type is taken
 * for it.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/functions-all
 *
 * @since 0.1.0
 */
import type { Typed } from "../sql/Typed.ts"
import { duck } from "../SqlType.ts"
import type { Entry } from "./Signature.ts"

/** Known for these types in BigQuery, and not here. */
const missing = () => undefined

const joined = (operator: string) => (inputs: ReadonlyArray<Typed>) =>
  `(${inputs.map(({ sql }) => sql).join(operator)})`

/** NULL as soon as one input is NULL, where DuckDB would leave it out. */
const strict = (name: string) => (inputs: ReadonlyArray<Typed>) =>
  `CASE WHEN ${inputs.map(({ sql }) => `${sql} IS NULL`).join(" OR ")} THEN NULL ELSE ${name}(${inputs.map(({ sql }) => sql).join(", ")}) END`

/** The greatest or least of numbers is NaN when one of them is. */
const extreme = (name: string) => (inputs: ReadonlyArray<Typed>) =>
  inputs[0]?.type.kind === "FLOAT64"
    ? `CASE WHEN ${inputs.map(({ sql }) => `isnan(${sql})`).join(" OR ")} THEN CAST('nan' AS DOUBLE) ELSE ${strict(name)(inputs)} END`
    : strict(name)(inputs)

const decimal = "DECIMAL(38,9)"

/** @since 0.1.0 */
export const conditions: ReadonlyArray<Entry> = [
  ["IF(BOOL, T, T) T", "CASE WHEN $1 THEN $2 ELSE $3 END"],
  ["IFNULL(T, T) T", "COALESCE($1, $2)"],
  ["COALESCE(T...) T", "COALESCE($*)"],
  ["GREATEST(O...) O", extreme("greatest")],
  ["LEAST(O...) O", extreme("least")]
]

/** @since 0.1.0 */
export const numbers: ReadonlyArray<Entry> = [
  ["ABS(N) N", "abs($1)"],
  ["SIGN(FLOAT64) FLOAT64", "CASE WHEN isnan($1) THEN $1 ELSE CAST(sign($1) AS DOUBLE) END"],
  ["SIGN(N) N", ([of]) => (of === undefined ? undefined : `CAST(sign(${of.sql}) AS ${duck(of.type)})`)],
  ["ROUND(FLOAT64) FLOAT64", "round($1)"],
  ["ROUND(FLOAT64, INT64) FLOAT64", "round($1, CAST($2 AS INTEGER))"],
  ["ROUND(NUMERIC) NUMERIC", `CAST(round($1) AS ${decimal})`],
  [
    "ROUND(NUMERIC, INT64) NUMERIC",
    ([of, places]) =>
      of === undefined || typeof places?.constant !== "bigint"
        ? undefined
        : `CAST(round(${of.sql}, ${places.constant}) AS ${decimal})`
  ],
  ["ROUND(BIGNUMERIC) BIGNUMERIC", missing],
  ["TRUNC(FLOAT64) FLOAT64", "trunc($1)"],
  ["TRUNC(NUMERIC) NUMERIC", `CAST(trunc($1) AS ${decimal})`],
  ["CEIL(FLOAT64) FLOAT64", "ceil($1)"],
  ["CEIL(NUMERIC) NUMERIC", `CAST(ceil($1) AS ${decimal})`],
  ["CEILING(FLOAT64) FLOAT64", "ceil($1)"],
  ["CEILING(NUMERIC) NUMERIC", `CAST(ceil($1) AS ${decimal})`],
  ["FLOOR(FLOAT64) FLOAT64", "floor($1)"],
  ["FLOOR(NUMERIC) NUMERIC", `CAST(floor($1) AS ${decimal})`],
  ["SQRT(FLOAT64) FLOAT64", "sqrt($1)"],
  ["SQRT(NUMERIC) NUMERIC", missing],
  ["POW(FLOAT64, FLOAT64) FLOAT64", "bq_finite(pow($1, $2), isfinite($1) AND isfinite($2))"],
  ["POW(NUMERIC, NUMERIC) NUMERIC", missing],
  ["POWER(FLOAT64, FLOAT64) FLOAT64", "bq_finite(pow($1, $2), isfinite($1) AND isfinite($2))"],
  ["POWER(NUMERIC, NUMERIC) NUMERIC", missing],
  ["EXP(FLOAT64) FLOAT64", "bq_finite(exp($1), isfinite($1))"],
  ["EXP(NUMERIC) NUMERIC", missing],
  ["LN(FLOAT64) FLOAT64", "ln($1)"],
  ["LN(NUMERIC) NUMERIC", missing],
  ["LOG(FLOAT64) FLOAT64", "ln($1)"],
  ["LOG(FLOAT64, FLOAT64) FLOAT64", "(ln($1) / bq_divisor($1, ln($2)))"],
  ["LOG(NUMERIC) NUMERIC", missing],
  ["LOG10(FLOAT64) FLOAT64", "log10($1)"],
  ["LOG10(NUMERIC) NUMERIC", missing],
  ["DIV(INT64, INT64) INT64", "(($1 - $1 % bq_divisor($1, $2)) // bq_divisor($1, $2))"],
  ["DIV(NUMERIC, NUMERIC) NUMERIC", missing],
  ["MOD(INT64, INT64) INT64", "CASE WHEN $2 = -1 THEN $1 - $1 ELSE $1 % bq_divisor($1, $2) END"],
  ["MOD(NUMERIC, NUMERIC) NUMERIC", missing],
  [
    "SAFE_DIVIDE(FLOAT64, FLOAT64) FLOAT64",
    "CASE WHEN $2 = 0 OR (NOT isfinite($1 / $2) AND isfinite($1) AND isfinite($2)) THEN NULL ELSE $1 / $2 END"
  ],
  ["SAFE_DIVIDE(NUMERIC, NUMERIC) NUMERIC", missing],
  ["SAFE_ADD(INT64, INT64) INT64", "TRY_CAST(CAST($1 AS HUGEINT) + $2 AS BIGINT)"],
  ["SAFE_ADD(FLOAT64, FLOAT64) FLOAT64", missing],
  ["SAFE_SUBTRACT(INT64, INT64) INT64", "TRY_CAST(CAST($1 AS HUGEINT) - $2 AS BIGINT)"],
  ["SAFE_SUBTRACT(FLOAT64, FLOAT64) FLOAT64", missing],
  ["SAFE_MULTIPLY(INT64, INT64) INT64", "TRY_CAST(CAST($1 AS HUGEINT) * $2 AS BIGINT)"],
  ["SAFE_MULTIPLY(FLOAT64, FLOAT64) FLOAT64", missing],
  ["SAFE_NEGATE(INT64) INT64", "TRY_CAST(-CAST($1 AS HUGEINT) AS BIGINT)"],
  ["IEEE_DIVIDE(FLOAT64, FLOAT64) FLOAT64", "($1 / $2)"],
  ["IS_NAN(FLOAT64) BOOL", "isnan($1)"],
  ["IS_INF(FLOAT64) BOOL", "isinf($1)"],
  ["RAND() FLOAT64", "random()"]
]

/** @since 0.1.0 */
export const text: ReadonlyArray<Entry> = [
  ["LENGTH(STRING) INT64", "length($1)"],
  ["LENGTH(BYTES) INT64", "octet_length($1)"],
  ["CHAR_LENGTH(STRING) INT64", "length($1)"],
  ["CHARACTER_LENGTH(STRING) INT64", "length($1)"],
  ["BYTE_LENGTH(STRING) INT64", "strlen($1)"],
  ["BYTE_LENGTH(BYTES) INT64", "octet_length($1)"],
  ["LOWER(STRING) STRING", "bq_lower($1)"],
  ["UPPER(STRING) STRING", "bq_upper($1)"],
  ["CONCAT(STRING...) STRING", joined(" || ")],
  ["CONCAT(BYTES...) BYTES", joined(" || ")],
  ["SUBSTR(STRING, INT64) STRING", "bq_substr($1, $2)"],
  ["SUBSTR(STRING, INT64, INT64) STRING", "bq_substr_n($1, $2, $3)"],
  ["SUBSTRING(STRING, INT64) STRING", "bq_substr($1, $2)"],
  ["SUBSTRING(STRING, INT64, INT64) STRING", "bq_substr_n($1, $2, $3)"],
  ["LEFT(STRING, INT64) STRING", "left($1, bq_length($1, $2))"],
  ["RIGHT(STRING, INT64) STRING", "right($1, bq_length($1, $2))"],
  ["TRIM(STRING) STRING", "bq_trim($1)"],
  ["TRIM(STRING, STRING) STRING", "trim($1, $2)"],
  ["LTRIM(STRING) STRING", "bq_ltrim($1)"],
  ["LTRIM(STRING, STRING) STRING", "ltrim($1, $2)"],
  ["RTRIM(STRING) STRING", "bq_rtrim($1)"],
  ["RTRIM(STRING, STRING) STRING", "rtrim($1, $2)"],
  ["REPLACE(STRING, STRING, STRING) STRING", "replace($1, $2, $3)"],
  ["REVERSE(STRING) STRING", "array_to_string(list_reverse(string_split($1, '')), '')"],
  ["REPEAT(STRING, INT64) STRING", "repeat($1, bq_length($1, $2))"],
  ["LPAD(STRING, INT64) STRING", "lpad($1, CAST(bq_length($1, $2) AS INTEGER), ' ')"],
  ["LPAD(STRING, INT64, STRING) STRING", "lpad($1, CAST(bq_length($1, $2) AS INTEGER), bq_filling($3))"],
  ["RPAD(STRING, INT64) STRING", "rpad($1, CAST(bq_length($1, $2) AS INTEGER), ' ')"],
  ["RPAD(STRING, INT64, STRING) STRING", "rpad($1, CAST(bq_length($1, $2) AS INTEGER), bq_filling($3))"],
  ["STARTS_WITH(STRING, STRING) BOOL", "starts_with($1, $2)"],
  ["ENDS_WITH(STRING, STRING) BOOL", "ends_with($1, $2)"],
  ["STRPOS(STRING, STRING) INT64", "strpos($1, $2)"],
  ["SPLIT(STRING) ARRAY<STRING>", "string_split($1, ',')"],
  ["SPLIT(STRING, STRING) ARRAY<STRING>", strict("string_split")],
  ["CHR(INT64) STRING", "CASE WHEN $1 = 0 THEN '' ELSE chr(CAST($1 AS INTEGER)) END"],
  ["TO_HEX(BYTES) STRING", "lower(hex($1))"],
  ["FROM_HEX(STRING) BYTES", "from_hex(CASE WHEN length($1) % 2 = 1 THEN '0' || $1 ELSE $1 END)"],
  ["TO_BASE64(BYTES) STRING", "to_base64($1)"],
  ["FROM_BASE64(STRING) BYTES", "from_base64($1)"],
  ["MD5(STRING) BYTES", "from_hex(md5($1))"],
  ["SHA1(STRING) BYTES", "from_hex(sha1($1))"],
  ["SHA256(STRING) BYTES", "from_hex(sha256($1))"],
  ["GENERATE_UUID() STRING", "CAST(uuid() AS VARCHAR)"]
]

/** @since 0.1.0 */
export const arrays: ReadonlyArray<Entry> = [
  ["ARRAY_LENGTH(ARRAY<T>) INT64", "len($1)"],
  ["ARRAY_CONCAT(ARRAY<T>...) ARRAY<T>", strict("list_concat")],
  ["ARRAY_REVERSE(ARRAY<T>) ARRAY<T>", "list_reverse($1)"],
  ["ARRAY_TO_STRING(ARRAY<STRING>, STRING) STRING", strict("array_to_string")],
  [
    "ARRAY_FIRST(ARRAY<T>) T",
    "CASE WHEN len($1) = 0 THEN error('ARRAY_FIRST cannot get the first element of an empty array') ELSE $1[1] END"
  ],
  [
    "ARRAY_LAST(ARRAY<T>) T",
    "CASE WHEN len($1) = 0 THEN error('ARRAY_LAST cannot get the last element of an empty array') ELSE $1[-1] END"
  ],
  ["GENERATE_ARRAY(INT64, INT64) ARRAY<INT64>", "generate_series($1, $2)"],
  ["GENERATE_ARRAY(INT64, INT64, INT64) ARRAY<INT64>", "generate_series($1, $2, bq_divisor($1, $3))"],
  ["GENERATE_ARRAY(FLOAT64, FLOAT64) ARRAY<FLOAT64>", missing],
  ["GENERATE_ARRAY(FLOAT64, FLOAT64, FLOAT64) ARRAY<FLOAT64>", missing],
  ["GENERATE_ARRAY(NUMERIC, NUMERIC) ARRAY<NUMERIC>", missing],
  ["GENERATE_ARRAY(NUMERIC, NUMERIC, NUMERIC) ARRAY<NUMERIC>", missing]
]

/** @since 0.1.0 */
export const times: ReadonlyArray<Entry> = [
  ["DATE(INT64, INT64, INT64) DATE", "bq_year(make_date($1, $2, $3))"],
  ["DATE(DATETIME) DATE", "CAST($1 AS DATE)"],
  ["DATE(TIMESTAMP) DATE", "CAST($1 AS DATE)"],
  ["DATE(TIMESTAMP, STRING) DATE", "CAST(bq_zone($1, $2) AS DATE)"],
  [
    "DATETIME(INT64, INT64, INT64, INT64, INT64, INT64) DATETIME",
    "bq_year(bq_clock($4, $5, $6, make_timestamp($1, $2, $3, $4, $5, CAST($6 AS DOUBLE))))"
  ],
  ["DATETIME(DATE) DATETIME", "CAST($1 AS TIMESTAMP)"],
  ["DATETIME(DATE, TIME) DATETIME", "($1 + $2)"],
  ["DATETIME(TIMESTAMP) DATETIME", "$1"],
  ["DATETIME(TIMESTAMP, STRING) DATETIME", "bq_zone($1, $2)"],
  ["TIMESTAMP(STRING) TIMESTAMP", "bq_must($1, bq_to_timestamp($1), 'Invalid timestamp: ' || $1)"],
  ["TIMESTAMP(DATE) TIMESTAMP", "CAST($1 AS TIMESTAMP)"],
  ["TIMESTAMP(DATE, STRING) TIMESTAMP", "bq_unzone(CAST($1 AS TIMESTAMP), $2)"],
  ["TIMESTAMP(DATETIME) TIMESTAMP", "$1"],
  ["TIMESTAMP(DATETIME, STRING) TIMESTAMP", "bq_unzone($1, $2)"],
  ["TIME(INT64, INT64, INT64) TIME", "bq_clock($1, $2, $3, make_time($1, $2, CAST($3 AS DOUBLE)))"],
  ["TIME(DATETIME) TIME", "CAST($1 AS TIME)"],
  ["TIME(TIMESTAMP) TIME", "CAST($1 AS TIME)"],
  ["STRING(TIMESTAMP) STRING", "(bq_datetime_text($1) || '+00')"],
  ["STRING(DATETIME) STRING", "bq_datetime_text($1)"],
  ["STRING(DATE) STRING", "CAST($1 AS VARCHAR)"],
  ["UNIX_SECONDS(TIMESTAMP) INT64", "bq_floor(epoch_us($1), 1000000)"],
  ["UNIX_MILLIS(TIMESTAMP) INT64", "bq_floor(epoch_us($1), 1000)"],
  ["UNIX_MICROS(TIMESTAMP) INT64", "epoch_us($1)"],
  ["UNIX_DATE(DATE) INT64", "bq_days($1)"],
  ["TIMESTAMP_SECONDS(INT64) TIMESTAMP", "bq_year(make_timestamp($1 * 1000000))"],
  ["TIMESTAMP_MILLIS(INT64) TIMESTAMP", "bq_year(make_timestamp($1 * 1000))"],
  ["TIMESTAMP_MICROS(INT64) TIMESTAMP", "bq_year(make_timestamp($1))"],
  ["DATE_FROM_UNIX_DATE(INT64) DATE", "bq_day($1)"],
  ["LAST_DAY(DATE) DATE", "last_day($1)"],
  ["LAST_DAY(DATETIME) DATE", "last_day($1)"]
]
