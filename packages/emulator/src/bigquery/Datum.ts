/**
 * Values of GoogleSQL as plain data, and their texts.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#canonical_format_literals
 *
 * @since 0.1.0
 */
import { scale, type Scalar } from "./SqlType.ts"

/**
 * A value. INT64 is a bigint; NUMERIC and BIGNUMERIC are bigints of their smallest units (10^-9, 10^-18); DATE is a bigint of days, TIME, DATETIME and TIMESTAMP
 * are bigints of microseconds, since 1970 or midnight; JSON is its text in the normal form; a STRUCT is its values in order.
 *
 * @since 0.1.0
 */
export type Datum = null | boolean | number | bigint | string | Uint8Array | ReadonlyArray<Datum>

const int64 = { low: -(2n ** 63n), high: 2n ** 63n - 1n }

const ten = (power: number): bigint => 10n ** BigInt(power)

/** What a DECIMAL of 38 digits holds. */
const largest = ten(38) - 1n

/** The first and the last microsecond: the years 1 to 9999. */
const times = { low: -62_135_596_800_000_000n, high: 253_402_300_799_999_999n }

const day = 86_400_000_000n

/**
 * Reads an integer, decimal or as `0x...`. Undefined when it is none, or outside of 64 bits.
 *
 * @since 0.1.0
 */
export const integer = (text: string): bigint | undefined => {
  const found = /^\s*([-+]?)(0[xX][0-9a-fA-F]{1,16}|\d{1,40})\s*$/.exec(text)
  if (found === null) return undefined
  const [, sign, digits = ""] = found
  const size = BigInt(digits)
  const value = sign === "-" ? -size : size
  return value < int64.low || value > int64.high ? undefined : value
}

/**
 * Reads a number into smallest units. Those behind NUMERIC's 9 digits are rounded half away from zero; of BIGNUMERIC only as many are kept as DuckDB has room for, and
 * so none may be lost. Undefined when it is none, too large or too long.
 *
 * @since 0.1.0
 */
export const decimal = (text: string, kind: "NUMERIC" | "BIGNUMERIC"): bigint | undefined => {
  const found = /^\s*([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,4}))?\s*$/.exec(text)
  if (found === null) return undefined
  const [, sign, whole = "", fraction = "", exponent = "0"] = found
  if (whole === "" && fraction === "") return undefined
  const digits = BigInt(whole + fraction)
  const shift = Number(exponent) - fraction.length + scale[kind]
  if (shift > 80 && digits !== 0n) return undefined
  const unit = shift < 0 ? ten(Math.min(-shift, 5000)) : 1n
  const size = shift < 0 ? (digits + unit / 2n) / unit : digits * ten(shift)
  if (size > largest || (kind === "BIGNUMERIC" && shift < 0 && digits % unit !== 0n)) return undefined
  return sign === "-" ? -size : size
}

/**
 * Reads a number as IEEE has it; `NaN` and `Infinity`, also as `inf`, in any case. Undefined when it is none, or too large.
 *
 * @since 0.1.0
 */
export const float = (text: string): number | undefined => {
  const trimmed = text.trim()
  if (/^[-+]?nan$/i.test(trimmed)) return Number.NaN
  const infinite = /^([-+]?)inf(?:inity)?$/i.exec(trimmed)
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(trimmed)) return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : undefined
}

/** @since 0.1.0 */
export const boolean = (text: string): boolean | undefined => {
  const lower = text.trim().toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : undefined
}

/** Days since 1970 of a date that exists. */
const days = (year: string, month: string, date: string): bigint | undefined => {
  const [y, m, d] = [Number(year), Number(month), Number(date)]
  const at = new Date(0)
  at.setUTCFullYear(y, m - 1, d)
  if (y < 1 || at.getUTCFullYear() !== y || at.getUTCMonth() !== m - 1 || at.getUTCDate() !== d) return undefined
  return BigInt(Math.round(at.getTime() / 86_400_000))
}

/** Microseconds since midnight. */
const clock = (hour: string, minute: string, second: string, fraction: string): bigint | undefined => {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || m > 59 || s > 59) return undefined
  return BigInt((h * 60 + m) * 60 + s) * 1_000_000n + BigInt(fraction.padEnd(6, "0"))
}

/**
 * Reads a DATE such as `2026-11-22`.
 *
 * @since 0.1.0
 */
export const date = (text: string): bigint | undefined => {
  const [, year = "", month = "", date = ""] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  return days(year, month, date)
}

/**
 * Reads a TIME such as `18:40:00.123456`.
 *
 * @since 0.1.0
 */
export const time = (text: string): bigint | undefined => {
  const found = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,6})0{0,3})?$/.exec(text)
  if (found === null) return undefined
  const [, hour = "", minute = "", second = "", fraction = ""] = found
  return clock(hour, minute, second, fraction)
}

const moment =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[ ]|[Tt])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,6})0{0,3})?)?)?(.*)$/

const instant = (text: string): { readonly micros: bigint; readonly zone: string } | undefined => {
  const found = moment.exec(text)
  if (found === null) return undefined
  const [, year = "", month = "", date = "", hour = "0", minute = "0", second = "0", fraction = "", zone = ""] = found
  const [whole, rest] = [days(year, month, date), clock(hour, minute, second, fraction)]
  return whole === undefined || rest === undefined ? undefined : { micros: whole * day + rest, zone }
}

/**
 * Reads a DATETIME such as `2026-11-22T18:40:00.123456`; the time may be missing.
 *
 * @since 0.1.0
 */
export const datetime = (text: string): bigint | undefined => {
  const found = instant(text)
  return found?.zone === "" ? found.micros : undefined
}

/**
 * Whether a number of microseconds lies in the years 1 to 9999.
 *
 * @since 0.1.0
 */
export const isTimestamp = (micros: bigint): boolean => micros >= times.low && micros <= times.high

/**
 * Reads a TIMESTAMP such as `2026-11-22 18:40:00.123456+01`: with `Z`, `UTC`, an offset, or nothing for UTC. Undefined for names of other zones.
 *
 * @since 0.1.0
 */
export const timestamp = (text: string): bigint | undefined => {
  const found = instant(text)
  if (found === undefined) return undefined
  const zone = /^(?:[Zz]| ?(?:UTC|utc|Etc\/UTC)| ?([-+])(\d{1,2})(?::?(\d{2}))?|)$/.exec(found.zone)
  if (zone === null) return undefined
  const [, sign = "+", hours = "0", minutes = "0"] = zone
  const offset = BigInt(Number(hours) * 60 + Number(minutes)) * 60_000_000n
  const micros = sign === "-" ? found.micros + offset : found.micros - offset
  return Number(hours) <= 14 && isTimestamp(micros) ? micros : undefined
}

/**
 * Reads a value of any type but JSON from its text, as a load job, a parameter or a typed literal has it. Bytes are base64. Undefined when it is none.
 *
 * @since 0.1.0
 */
export const read = (kind: Exclude<Scalar, "JSON">, text: string): Datum | undefined => {
  switch (kind) {
    case "BIGNUMERIC":
    case "NUMERIC":
      return decimal(text, kind)
    case "BOOL":
      return boolean(text)
    case "BYTES":
      return /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2,3}={0,2})?$/.test(text)
        ? Buffer.from(text, "base64")
        : undefined
    case "DATE":
      return date(text)
    case "DATETIME":
      return datetime(text)
    case "FLOAT64":
      return float(text)
    case "INT64":
      return integer(text)
    case "STRING":
      return text
    case "TIME":
      return time(text)
    case "TIMESTAMP":
      return timestamp(text)
  }
}

const pad = (value: bigint | number, width: number): string => String(value).padStart(width, "0")

const fractionText = (micros: bigint): string => {
  const rest = micros % 1_000_000n
  return rest === 0n ? "" : `.${pad(rest, 6)}`
}

/** @since 0.1.0 */
export const dateText = (days: bigint): string => {
  const at = new Date(Number(days) * 86_400_000)
  return `${pad(at.getUTCFullYear(), 4)}-${pad(at.getUTCMonth() + 1, 2)}-${pad(at.getUTCDate(), 2)}`
}

/** @since 0.1.0 */
export const timeText = (micros: bigint): string => {
  const seconds = micros / 1_000_000n
  return `${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}${fractionText(micros)}`
}

/** @since 0.1.0 */
export const datetimeText = (micros: bigint): string => {
  const within = ((micros % day) + day) % day
  return `${dateText((micros - within) / day)}T${timeText(within)}`
}

/**
 * Writes smallest units as a number, without zeros at its end.
 *
 * @since 0.1.0
 */
export const decimalText = (units: bigint, kind: "NUMERIC" | "BIGNUMERIC"): string => {
  const size = units < 0n ? -units : units
  const digits = size.toString().padStart(scale[kind] + 1, "0")
  const fraction = digits.slice(-scale[kind]).replace(/0+$/, "")
  return `${units < 0n ? "-" : ""}${digits.slice(0, -scale[kind])}${fraction === "" ? "" : `.${fraction}`}`
}
