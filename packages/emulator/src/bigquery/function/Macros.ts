/**
 * What GoogleSQL means where DuckDB means something else, as macros of DuckDB. They are made once, before anything of a user is seen.
 *
 * @since 0.1.0
 */

/** White space as Unicode has it. */
const blank = "[\\s\\x{0b}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}]"

/** With 0, 3 or 6 digits behind the point, as few as say it. */
const fraction = (micros: string) =>
  `CASE WHEN ${micros} = 0 THEN '' WHEN ${micros} % 1000 = 0 THEN printf('.%03d', CAST(${micros} // 1000 AS INTEGER)) ELSE printf('.%06d', CAST(${micros} AS INTEGER)) END`

/** A time of day, as text: DuckDB would take 24:00 as well. */
const clock = "([01]?\\d|2[0-3]):[0-5]?\\d:[0-5]?\\d(\\.\\d{0,6})?"

/** Letters whose capitals are several letters, and what is behind a sigma that ends a word: DuckDB changes single letters only. */
const severalCapitals =
  "[\\x{df}\\x{149}\\x{1f0}\\x{390}\\x{3b0}\\x{587}\\x{1e96}-\\x{1e9a}\\x{1f50}\\x{1f52}\\x{1f54}\\x{1f56}\\x{1f80}-\\x{1faf}\\x{1fb2}-\\x{1fb4}\\x{1fb6}\\x{1fb7}\\x{1fbc}\\x{1fc2}-\\x{1fc4}\\x{1fc6}\\x{1fc7}\\x{1fcc}\\x{1fd2}\\x{1fd3}\\x{1fd6}\\x{1fd7}\\x{1fe2}-\\x{1fe4}\\x{1fe6}\\x{1fe7}\\x{1ff2}-\\x{1ff4}\\x{1ff6}\\x{1ff7}\\x{1ffc}\\x{fb00}-\\x{fb06}\\x{fb13}-\\x{fb17}]"
const noSmallLetter = "\\x{130}|\\x{3a3}([^\\p{Lu}\\p{Ll}\\p{Lt}]|$)"

/** Numbers of JSON that may be written in more than one way. */
const fractions = "-?\\d+(?:\\.\\d+(?:[eE][-+]?\\d+)?|[eE][-+]?\\d+)"

const macros: { readonly [signature: string]: string } = {
  // Comparisons: NaN is equal to nothing and neither less nor greater.
  "bq_feq(a, b)": "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN isnan(a) OR isnan(b) THEN FALSE ELSE a = b END",
  "bq_flt(a, b)": "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN isnan(a) OR isnan(b) THEN FALSE ELSE a < b END",
  "bq_fle(a, b)": "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN isnan(a) OR isnan(b) THEN FALSE ELSE a <= b END",
  // A whole number that a double cannot hold would be compared with another one.
  "bq_exact(a)":
    "CASE WHEN a BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST(a AS DOUBLE) WHEN a IS NULL THEN NULL ELSE error('The emulator does not compare INT64 beyond 2^53 with FLOAT64: ' || a) END",
  // Arithmetic: what is not finite, and zero below a fraction, is an error.
  "bq_finite(result, fine)":
    "CASE WHEN NOT isfinite(result) AND fine THEN error('Floating point error: the result is not finite') ELSE result END",
  // DuckDB's sums have room for one digit more.
  "bq_numeric(x)":
    "CASE WHEN abs(x) > CAST('99999999999999999999999999999.999999999' AS DECIMAL(38,9)) THEN error('numeric overflow') ELSE CAST(x AS DECIMAL(38,9)) END",
  "bq_bignumeric(s)":
    "CASE WHEN regexp_matches(s, '\\.\\d{18}\\d*[1-9]|[eE]-') THEN error('The emulator keeps 18 digits of a BIGNUMERIC behind the point: ' || left(s, 100)) ELSE TRY_CAST(trim(s) AS DECIMAL(38,18)) END",
  // NULL over zero is NULL.
  "bq_divisor(a, b)": "CASE WHEN b = 0 AND a IS NOT NULL THEN error('division by zero') ELSE b END",
  "bq_floor(a, b)": "(a - ((a % b) + b) % b) // b",
  "bq_int64(a)":
    "CASE WHEN a IS NULL THEN NULL WHEN a >= -9223372036854775808 AND a < 9223372036854775808 THEN CAST(round(a) AS BIGINT) END",
  // Text.
  "bq_must(given, value, message)": "CASE WHEN given IS NULL OR value IS NOT NULL THEN value ELSE error(message) END",
  // Lengths: DuckDB's functions would take a negative one for something else, and a large one for none.
  "bq_length(s, n)":
    "CASE WHEN n < 0 AND s IS NOT NULL THEN error('The length must not be negative') WHEN n > 2147483647 THEN 2147483647 ELSE n END",
  "bq_start(s, p)": "CASE WHEN p > 0 THEN p WHEN p = 0 OR p < -length(s) THEN 1 ELSE length(s) + p + 1 END",
  "bq_substr(s, p)": "CASE WHEN p > length(s) THEN '' ELSE substring(s, bq_start(s, p)) END",
  "bq_substr_n(s, p, n)":
    "CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN n < 0 THEN error('The length must not be negative') WHEN p > length(s) THEN '' ELSE substring(s, bq_start(s, p), bq_length(s, n)) END",
  "bq_upper(s)": `CASE WHEN regexp_matches(s, '${severalCapitals}') THEN error('The emulator does not change the case of: ' || left(s, 100)) ELSE upper(s) END`,
  "bq_lower(s)": `CASE WHEN regexp_matches(s, '${noSmallLetter}') THEN error('The emulator does not change the case of: ' || left(s, 100)) ELSE lower(s) END`,
  "bq_trim(s)": `regexp_replace(s, '^${blank}+|${blank}+$', '', 'g')`,
  "bq_ltrim(s)": `regexp_replace(s, '^${blank}+', '')`,
  "bq_rtrim(s)": `regexp_replace(s, '${blank}+$', '')`,
  "bq_filling(p)": "CASE WHEN p = '' THEN error('The pattern must not be empty') ELSE p END",
  // Texts of values, as CAST AS STRING gives them.
  "bq_float_text(x)":
    "CASE WHEN isnan(x) THEN 'nan' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END WHEN x = 0 THEN '0' WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END",
  "bq_decimal_text(x)": "rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.')",
  "bq_datetime_text(x)": `strftime(x, '%Y-%m-%d %H:%M:%S') || ${fraction("(epoch_us(x) % 1000000 + 1000000) % 1000000")}`,
  "bq_time_text(x)": `strftime(DATE '1970-01-01' + x, '%H:%M:%S') || ${fraction("epoch_us(x) % 1000000")}`,
  // Values of texts: NULL where the text is none.
  "bq_known(x)": "CASE WHEN year(x) BETWEEN 1 AND 9999 THEN x END",
  "bq_to_int64(s)":
    "CASE WHEN regexp_full_match(s, '\\s*[-+]?\\d+\\s*') THEN TRY_CAST(trim(s) AS BIGINT) WHEN regexp_full_match(s, '\\s*[-+]?0[xX][0-9a-fA-F]{1,16}\\s*') THEN TRY_CAST(CAST('0x' || regexp_extract(s, '[xX](\\w+)', 1) AS UBIGINT) * CASE WHEN contains(s, '-') THEN -1 ELSE 1 END AS BIGINT) END",
  "bq_to_float(s)":
    "CASE WHEN regexp_full_match(s, '\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?\\s*') THEN bq_finite(TRY_CAST(trim(s) AS DOUBLE), TRUE) WHEN regexp_full_match(lower(s), '\\s*[-+]?(inf|infinity|nan)\\s*') THEN TRY_CAST(ltrim(trim(s), '+') AS DOUBLE) END",
  "bq_is_decimal(s)": "regexp_full_match(s, '\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?\\s*')",
  "bq_to_bool(s)": "CASE lower(s) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
  "bq_to_date(s)": "CASE WHEN regexp_full_match(s, '\\d{4}-\\d{1,2}-\\d{1,2}') THEN bq_known(TRY_CAST(s AS DATE)) END",
  "bq_to_time(s)": `CASE WHEN regexp_full_match(s, '${clock}') THEN TRY_CAST(s AS TIME) END`,
  "bq_to_datetime(s)": `CASE WHEN regexp_full_match(s, '\\d{4}-\\d{1,2}-\\d{1,2}([ Tt]${clock})?') THEN bq_known(TRY_CAST(replace(s, 't', 'T') AS TIMESTAMP)) END`,
  "bq_to_timestamp(s)": `CASE WHEN regexp_full_match(s, '\\d{4}-\\d{1,2}-\\d{1,2}([ Tt]${clock})?([Zz]| ?UTC| ?[-+](0?\\d|1[0-4])(:?[0-5]\\d)?)?') THEN bq_known(make_timestamp(epoch_us(TRY_CAST(regexp_replace(replace(replace(s, 't', 'T'), 'z', 'Z'), '^(\\d{4}-\\d{1,2}-\\d{1,2})([Z+-]| [U+-]|$)', '\\1 00:00:00\\2') AS TIMESTAMPTZ)))) END`,
  // Times. Weeks begin on the day that `first` days after a Thursday is.
  "bq_days(d)": "CAST(d - DATE '1970-01-01' AS BIGINT)",
  "bq_week(d, shift)": "bq_floor(bq_days(d) + shift, 7)",
  "bq_day(n)": "(DATE '1970-01-01' + CAST(n AS INTEGER))",
  "bq_year(x)":
    "CASE WHEN x IS NULL OR (year(x) BETWEEN 1 AND 9999) THEN x ELSE error('The result is not between the years 1 and 9999') END",
  "bq_clock(h, m, s, x)":
    "CASE WHEN h NOT BETWEEN 0 AND 23 OR m NOT BETWEEN 0 AND 59 OR s NOT BETWEEN 0 AND 59 THEN error('Input calculates to invalid time: ' || h || ':' || m || ':' || s) ELSE x END",
  // DuckDB knows more names than the time zone database has, such as PST and UTC-8.
  "bq_zone_name(z)":
    "CASE WHEN regexp_full_match(z, 'UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+') THEN z WHEN z IS NULL THEN NULL ELSE error('The emulator does not support the time zone ' || left(z, 100) || ': use UTC or a name such as Europe/Zurich') END",
  "bq_zone(x, zone)": "timezone(bq_zone_name(zone), make_timestamptz(epoch_us(x)))",
  "bq_unzone(x, zone)": "make_timestamp(epoch_us(timezone(bq_zone_name(zone), x)))",
  // JSON.
  "bq_json(s)": "CASE WHEN json_valid(s) THEN s END",
  // Of a text BigQuery gives numbers as they stand there, DuckDB in a form of its own: 1.50 as 1.5.
  "bq_json_exact(document, part, value)": `CASE WHEN list_has_all(regexp_extract_all(document, '${fractions}'), regexp_extract_all(part, '${fractions}')) IS FALSE THEN error('The emulator does not keep numbers of a JSON text as they are written: ' || left(part, 100)) ELSE value END`
}

/**
 * The statements that make the macros.
 *
 * @since 0.1.0
 */
export const statements: ReadonlyArray<string> = Object.entries(macros).map(
  ([signature, body]) => `CREATE OR REPLACE MACRO ${signature} AS ${body}`
)
