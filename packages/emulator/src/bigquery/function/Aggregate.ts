/**
 * Functions of many rows, and of a window. `$d` is DISTINCT, `$o` an order, `$w` what says over which rows.
 *
 * Approximate functions are exact here.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/aggregate_functions
 *
 * @since 0.1.0
 */
import type { Entry } from "./Signature.ts"

const missing = () => undefined

const finite = (sum: string) => `bq_finite(${sum}, NOT coalesce(bool_or(NOT isfinite($1))$w, FALSE))`

/** NaN is the least and the greatest of all that it is among. */
const extreme = (name: string): ReadonlyArray<Entry> => [
  [
    `${name}(FLOAT64) FLOAT64`,
    `CASE WHEN bool_or(isnan($1))$w THEN CAST('nan' AS DOUBLE) ELSE ${name.toLowerCase()}($1)$w END`
  ],
  [`${name}(O) O`, `${name.toLowerCase()}($1)$w`]
]

const spread = (name: string, duck: string): ReadonlyArray<Entry> => [
  [`${name}(FLOAT64) FLOAT64`, `${duck}($d$1)$w`],
  [`${name}(NUMERIC) NUMERIC`, missing]
]

const pair = (name: string): ReadonlyArray<Entry> => [
  [`${name}(FLOAT64, FLOAT64) FLOAT64`, `${name.toLowerCase()}($1, $2)$w`],
  [`${name}(NUMERIC, NUMERIC) NUMERIC`, missing]
]

/** @since 0.1.0 */
export const aggregates: ReadonlyArray<Entry> = [
  ["COUNT(ANY) INT64", "count($d$1)$w"],
  ["COUNTIF(BOOL) INT64", "count(CASE WHEN $1 THEN 1 END)$w"],
  ["SUM(INT64) INT64", "CAST(sum($d$1)$w AS BIGINT)"],
  ["SUM(NUMERIC) NUMERIC", "bq_numeric(sum($d$1)$w)"],
  ["SUM(BIGNUMERIC) BIGNUMERIC", "sum($d$1)$w"],
  ["SUM(FLOAT64) FLOAT64", finite("sum($d$1)$w")],
  ["AVG(INT64) FLOAT64", "avg($d$1)$w"],
  ["AVG(NUMERIC) NUMERIC", missing],
  ["AVG(BIGNUMERIC) BIGNUMERIC", missing],
  ["AVG(FLOAT64) FLOAT64", finite("avg($d$1)$w")],
  ...extreme("MIN"),
  ...extreme("MAX"),
  ["ANY_VALUE(T) T", "any_value($1)$w"],
  ["ARRAY_AGG(T) ARRAY<T>", "list($d$1$o)$f$w"],
  ["STRING_AGG(STRING) STRING", "string_agg($d$1, ','$o)$w"],
  ["STRING_AGG(STRING, STRING) STRING", "string_agg($d$1, $2$o)$w"],
  ["LOGICAL_AND(BOOL) BOOL", "bool_and($1)$w"],
  ["LOGICAL_OR(BOOL) BOOL", "bool_or($1)$w"],
  ...spread("STDDEV", "stddev_samp"),
  ...spread("STDDEV_SAMP", "stddev_samp"),
  ...spread("STDDEV_POP", "stddev_pop"),
  ...spread("VARIANCE", "var_samp"),
  ...spread("VAR_SAMP", "var_samp"),
  ...spread("VAR_POP", "var_pop"),
  [
    "CORR(FLOAT64, FLOAT64) FLOAT64",
    "CASE WHEN count(CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN 1 END)$w > 1 THEN corr($1, $2)$w END"
  ],
  ["CORR(NUMERIC, NUMERIC) NUMERIC", missing],
  ...pair("COVAR_SAMP"),
  ...pair("COVAR_POP"),
  ["APPROX_COUNT_DISTINCT(ANY) INT64", "count(DISTINCT $1)$w"],
  [
    "APPROX_QUANTILES(O, INT64) ARRAY<O>",
    ([of, steps]) => {
      const count = Number(steps?.constant ?? 0)
      if (of === undefined || !Number.isInteger(count) || count < 1 || count > 1000) return undefined
      const shares = Array.from({ length: count + 1 }, (_, index) => String(index / count))
      return `quantile_disc(${of.sql}, [${shares.join(", ")}])`
    }
  ]
]

/**
 * Functions that need a window.
 *
 * @since 0.1.0
 */
export const windows: ReadonlyArray<Entry> = [
  ["ROW_NUMBER() INT64", "row_number()$w"],
  ["RANK() INT64", "rank()$w"],
  ["DENSE_RANK() INT64", "dense_rank()$w"],
  ["PERCENT_RANK() FLOAT64", "percent_rank()$w"],
  ["CUME_DIST() FLOAT64", "cume_dist()$w"],
  ["NTILE(INT64) INT64", "ntile($1)$w"],
  ["LAG(T) T", "lag($1)$w"],
  ["LAG(T, INT64) T", "lag($1, $2)$w"],
  ["LAG(T, INT64, T) T", "lag($1, $2, $3)$w"],
  ["LEAD(T) T", "lead($1)$w"],
  ["LEAD(T, INT64) T", "lead($1, $2)$w"],
  ["LEAD(T, INT64, T) T", "lead($1, $2, $3)$w"],
  ["FIRST_VALUE(T) T", "first_value($1$n)$w"],
  ["LAST_VALUE(T) T", "last_value($1$n)$w"],
  ["NTH_VALUE(T, INT64) T", "nth_value($1, $2$n)$w"],
  ["PERCENTILE_CONT(FLOAT64, FLOAT64) FLOAT64", "quantile_cont($1, $2)$w"],
  ["PERCENTILE_DISC(O, FLOAT64) O", "quantile_disc($1, $2)$w"]
]

/**
 * Which of them take DISTINCT, an order, or say what NULL is to them.
 *
 * @since 0.1.0
 */
export const takes = {
  distinct: new Set([
    "COUNT",
    "SUM",
    "AVG",
    "ARRAY_AGG",
    "STRING_AGG",
    "STDDEV",
    "STDDEV_SAMP",
    "STDDEV_POP",
    "VARIANCE",
    "VAR_SAMP",
    "VAR_POP",
    "MIN",
    "MAX"
  ]),
  order: new Set(["ARRAY_AGG", "STRING_AGG"]),
  limit: new Set(["ARRAY_AGG"]),
  nulls: new Set(["ARRAY_AGG", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"])
} as const

const ranks = ["RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD"]
const percentiles = ["PERCENTILE_CONT", "PERCENTILE_DISC"]

/**
 * Which of them need an order of their window, and which take none or no frame: DuckDB would answer all the same.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/numbering_functions and navigation_functions
 *
 * @since 0.1.0
 */
export const overs = {
  needsOrder: new Set(ranks),
  noOrder: new Set(percentiles),
  noFrame: new Set(["ROW_NUMBER", ...ranks, ...percentiles])
} as const
