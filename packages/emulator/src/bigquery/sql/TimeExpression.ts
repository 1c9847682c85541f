/**
 * Translates what takes a part of a date or an interval: DATE_ADD, TIMESTAMP_DIFF, DATETIME_TRUNC, EXTRACT, FORMAT_DATE, PARSE_DATE and the like.
 *
 * Weeks begin on Sunday, ISO weeks on Monday. TIMESTAMP_DIFF counts whole units, the others the borders between units, as in BigQuery.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/date_functions and the pages beside it
 *
 * @since 0.1.0
 */
import * as Literal from "../Literal.ts"
import * as SqlType from "../SqlType.ts"
import type { Context, Translate } from "./Context.ts"
import type { Call, Expression, Of } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

type Kind = "DATE" | "DATETIME" | "TIME" | "TIMESTAMP"

const kinds: ReadonlyArray<Kind> = ["DATETIME", "DATE", "TIMESTAMP", "TIME"]

const ofDays = ["DAY", "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR"]
const ofClock = ["MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR"]

/** The parts that each type may be moved by; cut and compared by also ISO weeks. */
const parts: { readonly [K in Kind]: ReadonlyArray<string> } = {
  DATE: ofDays,
  DATETIME: [...ofClock, ...ofDays],
  TIME: ofClock,
  TIMESTAMP: [...ofClock, "DAY"]
}

/** Microseconds of the parts that are always as long. */
const micros: { readonly [part: string]: number } = {
  MICROSECOND: 1,
  MILLISECOND: 1000,
  SECOND: 1_000_000,
  MINUTE: 60_000_000,
  HOUR: 3_600_000_000,
  DAY: 86_400_000_000
}

const intervals: { readonly [part: string]: string } = {
  MICROSECOND: "to_microseconds($)",
  MILLISECOND: "to_microseconds($ * 1000)",
  SECOND: "to_microseconds($ * 1000000)",
  MINUTE: "to_microseconds($ * 60000000)",
  HOUR: "to_microseconds($ * 3600000000)",
  DAY: "to_days(CAST($ AS INTEGER))",
  WEEK: "to_days(CAST($ * 7 AS INTEGER))",
  MONTH: "to_months(CAST($ AS INTEGER))",
  QUARTER: "to_months(CAST($ * 3 AS INTEGER))",
  YEAR: "to_months(CAST($ * 12 AS INTEGER))"
}

/** A week's number grows by one where it begins: 1970 began on a Thursday, 4 days behind a Sunday and 3 behind a Monday. */
const weekShift: { readonly [part: string]: number } = { WEEK: 4, ISOWEEK: 3 }

const partOf = (
  expression: Expression | undefined,
  allowed: ReadonlyArray<string>,
  context: Context,
  call: Call
): string => {
  const { problem } = context.session
  if (expression?.kind === "path" && expression.names.length === 1) {
    const part = (expression.names[0]?.text ?? "").toUpperCase()
    if (allowed.includes(part)) return part
    throw problem.invalid(expression.at, `${call.name} does not support the ${part} date part`)
  }
  if (expression?.kind === "call") throw problem.unsupported(expression.at, "weeks that begin on another day")
  throw problem.invalid(expression?.at ?? call.at, `A valid date part name is required for ${call.name}`)
}

const cut = (kind: Kind, part: string, sql: string): string => {
  const shift = weekShift[part]
  if (shift !== undefined) {
    const day = `CAST(${sql} AS DATE)`
    const begin = `bq_day(bq_week(${day}, ${shift}) * 7 - ${shift})`
    return kind === "DATE" ? begin : `CAST(${begin} AS TIMESTAMP)`
  }
  const unit = micros[part]
  if (kind === "TIME") return `CAST(DATE '1970-01-01' + to_microseconds(epoch_us(${sql}) // ${unit} * ${unit}) AS TIME)`
  if (unit !== undefined && kind !== "DATE") return `make_timestamp(bq_floor(epoch_us(${sql}), ${unit}) * ${unit})`
  return `CAST(date_trunc('${part.toLowerCase()}', ${sql}) AS ${SqlType.duck(SqlType.scalar(kind))})`
}

const difference = (kind: Kind, part: string, a: string, b: string): string => {
  const unit = micros[part]
  if (kind === "TIMESTAMP")
    return `((epoch_us(${a}) - epoch_us(${b}) - (epoch_us(${a}) - epoch_us(${b})) % ${unit}) // ${unit})`
  const shift = weekShift[part]
  if (shift !== undefined) return `(bq_week(CAST(${a} AS DATE), ${shift}) - bq_week(CAST(${b} AS DATE), ${shift}))`
  if (part === "DAY") return `(bq_days(CAST(${a} AS DATE)) - bq_days(CAST(${b} AS DATE)))`
  if (unit !== undefined) return `(bq_floor(epoch_us(${a}), ${unit}) - bq_floor(epoch_us(${b}), ${unit}))`
  const months = (of: string) => `(year(${of}) * 12 + month(${of}) - 1)`
  const length = part === "YEAR" ? 12 : part === "QUARTER" ? 3 : 1
  return `(${months(a)} // ${length} - ${months(b)} // ${length})`
}

/** What a format may have, and what it is to DuckDB. */
const formats: { readonly [directive: string]: string } = {
  "%": "%%",
  B: "%B",
  A: "%A",
  F: "%Y-%m-%d",
  H: "%H",
  I: "%I",
  M: "%M",
  R: "%H:%M",
  S: "%S",
  T: "%H:%M:%S",
  Y: "%Y",
  a: "%a",
  b: "%b",
  d: "%d",
  j: "%j",
  m: "%m",
  p: "%p",
  y: "%y"
}

const readable = new Set(["%", "F", "H", "M", "R", "S", "T", "Y", "d", "m"])

/** `%%Y` is no year. */
const hasYear = /(?:^|[^%])(?:%%)*%[FY]/

const format = (of: Typed.Typed, isReading: boolean, at: number, context: Context): string => {
  const { problem } = context.session
  if (typeof of.constant !== "string") throw problem.unsupported(at, "formats that are not constant")
  const text = of.constant.replaceAll(/%(.?)/gs, (whole, directive: string) => {
    const duck = Object.hasOwn(formats, directive) ? formats[directive] : undefined
    if (duck === undefined || (isReading && !readable.has(directive)))
      throw problem.unsupported(at, `${whole} in a format`)
    return duck
  })
  return Literal.text(text)
}

interface Input {
  readonly call: Call
  readonly kind: Kind
  readonly context: Context
  readonly translate: Translate
}

const inputsOf = ({ call, context, kind, translate }: Input, count: number): ReadonlyArray<Typed.Typed> =>
  call.inputs.slice(0, count).map((input) => {
    const of = translate(input, context)
    const made = Typed.coerce(of, SqlType.scalar(kind))
    if (made !== undefined) return made
    throw context.session.problem.invalid(input.at, `${call.name} wants ${kind} and not ${SqlType.show(of.type)}`)
  })

const move = (input: Input, sign: "+" | "-"): Typed.Typed => {
  const { call, context, kind, translate } = input
  const { problem } = context.session
  const [of] = inputsOf(input, 1)
  const by = call.inputs[1]
  if (of === undefined || by?.kind !== "interval") throw problem.invalid(call.at, `${call.name} wants an INTERVAL`)
  const allowed = parts[kind].filter((part) => part !== "ISOWEEK")
  if (!allowed.includes(by.part)) throw problem.invalid(by.at, `${call.name} does not support the ${by.part} date part`)
  const count = Typed.coerce(translate(by.of, context), SqlType.scalar("INT64"))
  if (count === undefined || (by.of.kind === "literal" && by.of.type === "STRING"))
    throw problem.invalid(by.at, `${call.name} wants a whole number of ${by.part}`)
  const interval = (intervals[by.part] ?? "").replaceAll("$", () => `(${count.sql})`)
  const type = SqlType.scalar(kind)
  const moved = `CAST(${of.sql} ${sign} ${interval} AS ${SqlType.duck(type)})`
  return Typed.make(type, kind === "TIME" ? moved : `bq_year(${moved})`)
}

const handlers: { readonly [action: string]: (input: Input) => Typed.Typed } = {
  ADD: (input) => move(input, "+"),
  SUB: (input) => move(input, "-"),
  DIFF: (input) => {
    const { call, context, kind } = input
    const [a, b] = inputsOf(input, 2)
    if (a === undefined || b === undefined)
      throw context.session.problem.invalid(call.at, `${call.name} wants two values`)
    return Typed.make(
      SqlType.scalar("INT64"),
      difference(kind, partOf(call.inputs[2], parts[kind], context, call), a.sql, b.sql)
    )
  },
  TRUNC: (input) => {
    const { call, context, kind } = input
    const [of] = inputsOf(input, 1)
    const { problem } = context.session
    if (call.inputs.length > 2) throw problem.unsupported(call.at, `${call.name} in a time zone`)
    const allowed = kind === "TIMESTAMP" ? [...ofClock, ...ofDays] : parts[kind]
    const part = partOf(call.inputs[1], allowed, context, call)
    if (of === undefined) throw problem.invalid(call.at, `${call.name} wants a value`)
    return Typed.make(SqlType.scalar(kind), cut(kind, part, of.sql))
  }
}

const formatted = (input: Input): Typed.Typed => {
  const { call, context, kind, translate } = input
  const { problem } = context.session
  const [pattern, value, zone] = call.inputs
  if (pattern === undefined || value === undefined)
    throw problem.invalid(call.at, `${call.name} wants a format and a value`)
  const given = Typed.coerce(translate(value, context), SqlType.scalar(kind))
  if (given === undefined) throw problem.invalid(value.at, `${call.name} wants ${kind}`)
  if (zone !== undefined && kind !== "TIMESTAMP") throw problem.invalid(zone.at, `${call.name} takes no time zone`)
  const local = zone === undefined ? given.sql : `bq_zone(${given.sql}, ${translate(zone, context).sql})`
  const moment = kind === "TIME" ? `(DATE '1970-01-01' + ${local})` : local
  return Typed.make(
    SqlType.scalar("STRING"),
    `strftime(${moment}, ${format(translate(pattern, context), false, call.at, context)})`
  )
}

const parsed = (input: Input): Typed.Typed => {
  const { call, context, kind, translate } = input
  const { problem } = context.session
  const [pattern, value, zone] = call.inputs
  if (pattern === undefined || value === undefined)
    throw problem.invalid(call.at, `${call.name} wants a format and a text`)
  if (zone !== undefined || kind === "TIME")
    throw problem.unsupported(call.at, zone === undefined ? call.name : `${call.name} in a time zone`)
  const text = Typed.coerce(translate(value, context), SqlType.scalar("STRING"))
  if (text === undefined) throw problem.invalid(value.at, `${call.name} wants STRING`)
  const written = translate(pattern, context)
  const expected = format(written, true, call.at, context)
  // A year that is left out is 1970; to DuckDB it would be 1900.
  const read = hasYear.test(String(written.constant))
    ? `strptime(${text.sql}, ${expected})`
    : `strptime('1970 ' || ${text.sql}, '%Y ' || ${expected})`
  return Typed.make(SqlType.scalar(kind), kind === "DATE" ? `CAST(${read} AS DATE)` : read)
}

/**
 * Translates a call of one of these functions; undefined for any other.
 *
 * @since 0.1.0
 */
export const call = (call: Call, context: Context, translate: Translate): Typed.Typed | undefined => {
  const { name } = call
  const { environment, problem } = context.session
  const now = /^CURRENT_(DATE|DATETIME|TIME|TIMESTAMP)$/.exec(name)?.[1]
  const [zone] = call.inputs
  if (now !== undefined) {
    if (zone !== undefined) throw problem.unsupported(call.at, `${name} in a time zone`)
    const moment = Literal.write(SqlType.scalar("TIMESTAMP"), environment.now)
    const kind = kinds.find((kind) => kind === now) ?? "TIMESTAMP"
    return Typed.make(SqlType.scalar(kind), `CAST(${moment} AS ${SqlType.duck(SqlType.scalar(kind))})`)
  }
  const [, before, after] = /^(FORMAT|PARSE)_(DATE|DATETIME|TIME|TIMESTAMP)$/.exec(name) ?? []
  const kindBehind = kinds.find((kind) => kind === after)
  if (kindBehind !== undefined) {
    const input = { call, kind: kindBehind, context, translate }
    return before === "FORMAT" ? formatted(input) : parsed(input)
  }
  const [, first, action] = /^(DATE|DATETIME|TIME|TIMESTAMP)_(ADD|SUB|DIFF|TRUNC)$/.exec(name) ?? []
  const kind = kinds.find((kind) => kind === first)
  const handler = action === undefined ? undefined : handlers[action]
  return kind === undefined || handler === undefined ? undefined : handler({ call, kind, context, translate })
}

/** What EXTRACT takes out of a date, and of a time. */
const ofDate: { readonly [part: string]: string } = {
  DAY: "day($)",
  DAYOFWEEK: "(dayofweek($) + 1)",
  DAYOFYEAR: "dayofyear($)",
  ISOWEEK: "weekofyear($)",
  ISOYEAR: "isoyear($)",
  MONTH: "month($)",
  QUARTER: "quarter($)",
  WEEK: "((dayofyear($) + 6 - dayofweek($)) // 7)",
  YEAR: "year($)"
}
const ofTime: { readonly [part: string]: string } = {
  HOUR: "hour($)",
  MICROSECOND: "(microsecond($) % 1000000)",
  MILLISECOND: "(millisecond($) % 1000)",
  MINUTE: "minute($)",
  SECOND: "second($)"
}

/**
 * Translates EXTRACT.
 *
 * @since 0.1.0
 */
export const extract = ({ at, of, part, zone }: Of<"extract">, context: Context, translate: Translate): Typed.Typed => {
  const { problem } = context.session
  const value = translate(of, context)
  const kind = kinds.find((kind) => kind === value.type.kind)
  if (kind === undefined) throw problem.invalid(at, `EXTRACT does not support ${SqlType.show(value.type)}`)
  if (zone !== undefined && kind !== "TIMESTAMP")
    throw problem.invalid(zone.at, "EXTRACT takes a time zone only with TIMESTAMP")
  const local = zone === undefined ? value.sql : `bq_zone(${value.sql}, ${translate(zone, context).sql})`
  const whole = kinds.find((kind) => kind === part)
  if (whole !== undefined && whole !== "TIMESTAMP" && whole !== kind && (kind === "DATETIME" || kind === "TIMESTAMP")) {
    return Typed.make(SqlType.scalar(whole), `CAST(${local} AS ${SqlType.duck(SqlType.scalar(whole))})`)
  }
  const known = { ...(kind === "TIME" ? {} : ofDate), ...(kind === "DATE" ? {} : ofTime) }
  const template = Object.hasOwn(known, part) ? known[part] : undefined
  if (template === undefined) throw problem.invalid(at, `EXTRACT from ${kind} does not support the ${part} date part`)
  return Typed.make(SqlType.scalar("INT64"), `CAST(${template.replaceAll("$", () => `(${local})`)} AS BIGINT)`)
}
