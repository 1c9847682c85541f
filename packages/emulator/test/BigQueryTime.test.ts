/**
 * Functions of dates and times against arithmetic on whole days and microseconds.
 *
 * GENOPS_SEED repeats a run, GENOPS_TRIALS multiplies the number of trials for long runs.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "@genops/core/statistics/Random"
import * as Emulator from "../src/Emulator.ts"
import * as BigQueryWire from "./BigQueryWire.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? 20_261_128)
const rounds = 12 * Number(process.env["GENOPS_TRIALS"] ?? 1)

const draw = Random.xoshiro128ss(seed)
const below = (n: number) => Random.index(draw(), n)

const floor = (a: number, b: number) => Math.floor(a / b)
const pad = (n: number, digits = 2) => String(n).padStart(digits, "0")

/** Days since 1970, from a year, a month from 0 and a day, which may lie outside of the month. */
const days = (year: number, month: number, day: number) => {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getTime() / 86_400_000
}

const civil = (day: number) => {
  const date = new Date(day * 86_400_000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), weekday: date.getUTCDay() }
}

const shown = (day: number) => {
  const { day: of, month, year } = civil(day)
  return `${pad(year, 4)}-${pad(month + 1)}-${pad(of)}`
}

const [first, last] = [days(1, 0, 1), days(9999, 11, 31)]
const isDate = (day: number) => day >= first && day <= last

/** Any day, and often one around the end of a month, a year or February. */
const someDay = () => {
  if (below(2) === 0) return first + below(last - first + 1)
  const [year, month] = [[1900, 1970, 2000, 2023, 2024, 2026][below(6)] ?? 1970, [0, 1, 2, 11][below(4)] ?? 0]
  return days(year, month, 1) + below(4) - 2
}

const addMonths = (day: number, months: number) => {
  const of = civil(day)
  const total = of.year * 12 + of.month + months
  const [year, month] = [floor(total, 12), ((total % 12) + 12) % 12]
  return days(year, month, Math.min(of.day, civil(days(year, month + 1, 0)).day))
}

const moves: { readonly [part: string]: (day: number, n: number) => number } = {
  DAY: (day, n) => day + n,
  WEEK: (day, n) => day + 7 * n,
  MONTH: addMonths,
  QUARTER: (day, n) => addMonths(day, 3 * n),
  YEAR: (day, n) => addMonths(day, 12 * n)
}

/** The number of the unit that a day lies in: what DATE_DIFF counts. */
const units: { readonly [part: string]: (day: number) => number } = {
  DAY: (day) => day,
  WEEK: (day) => floor(day + 4, 7),
  ISOWEEK: (day) => floor(day + 3, 7),
  MONTH: (day) => civil(day).year * 12 + civil(day).month,
  QUARTER: (day) => civil(day).year * 4 + floor(civil(day).month, 3),
  YEAR: (day) => civil(day).year
}

/** The first day of the unit. */
const cut = (day: number, part: string) => {
  const unit = units[part] ?? units["DAY"]
  let at = day
  while (isDate(at - 1) && unit?.(at - 1) === unit?.(day)) at--
  return at
}

const dayOfYear = (day: number) => day - days(civil(day).year, 0, 1) + 1

/** The ISO year and week of a day are those of its Thursday. */
const isoWeek = (day: number) => {
  const thursday = day - ((civil(day).weekday + 6) % 7) + 3
  return { year: civil(thursday).year, week: floor(dayOfYear(thursday) - 1, 7) + 1 }
}

const extracts: { readonly [part: string]: (day: number) => number } = {
  YEAR: (day) => civil(day).year,
  QUARTER: (day) => floor(civil(day).month, 3) + 1,
  MONTH: (day) => civil(day).month + 1,
  DAY: (day) => civil(day).day,
  DAYOFWEEK: (day) => civil(day).weekday + 1,
  DAYOFYEAR: dayOfYear,
  WEEK: (day) => floor(dayOfYear(day) + 6 - civil(day).weekday, 7),
  ISOWEEK: (day) => isoWeek(day).week,
  ISOYEAR: (day) => isoWeek(day).year
}

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December"
]

const perDay = 86_400_000_000

const clock = (micros: number) =>
  [3_600_000_000, 60_000_000, 1_000_000]
    .map((unit, index) => pad(floor(micros, unit) % (index === 0 ? 24 : 60)))
    .join(":")

/** Microseconds of parts of a day. Moments lie close enough together that doubles hold their differences. */
const sizes: { readonly [part: string]: number } = {
  MICROSECOND: 1,
  MILLISECOND: 1000,
  SECOND: 1_000_000,
  MINUTE: 60_000_000,
  HOUR: 3_600_000_000,
  DAY: perDay
}

const check = (cases: ReadonlyArray<readonly [sql: string, expected: string]>) =>
  Effect.gen(function* () {
    const sql = `SELECT ${cases.map(([sql], index) => `${sql} AS c${index}`).join(",\n")}`
    const [row = []] = yield* BigQueryWire.rows(sql)
    for (const [index, [one, expected]] of cases.entries()) assert.strictEqual(row[index], expected, one)
  })

layer(Emulator.layer(), { excludeTestServices: true, timeout: "300 seconds" })(
  `dates and times, seed ${seed}`,
  (it) => {
    it.effect(`moves, compares, cuts, takes apart and writes ${rounds * 5} days`, () =>
      Effect.gen(function* () {
        for (let round = 0; round < rounds; round++) {
          const cases = Array.from({ length: 5 }, () => {
            const [a, b] = [someDay(), someDay()]
            const [x, y] = [`DATE '${shown(a)}'`, `DATE '${shown(b)}'`]
            const n = below(2000) - 1000
            const { day, month, weekday, year } = civil(a)
            const moved = Object.entries(moves).flatMap(([part, move]): ReadonlyArray<readonly [string, string]> => {
              const to = move(a, n)
              const written = n < 0 ? `DATE_SUB(${x}, INTERVAL ${-n} ${part})` : `DATE_ADD(${x}, INTERVAL ${n} ${part})`
              return isDate(to) ? [[written, shown(to)]] : []
            })
            const named = `${weekdays[weekday]} ${weekdays[weekday]?.slice(0, 3)} ${months[month]} ${months[month]?.slice(0, 3)}`
            return [
              ...moved,
              ...Object.entries(units).map(
                ([part, unit]) => [`DATE_DIFF(${x}, ${y}, ${part})`, String(unit(a) - unit(b))] as const
              ),
              ...Object.keys(units).flatMap((part): ReadonlyArray<readonly [string, string]> =>
                a < first + 7 ? [] : [[`DATE_TRUNC(${x}, ${part})`, shown(cut(a, part))]]
              ),
              ...Object.entries(extracts).map(([part, of]) => [`EXTRACT(${part} FROM ${x})`, String(of(a))] as const),
              [`LAST_DAY(${x})`, shown(days(year, month + 1, 0))],
              [`UNIX_DATE(${x})`, String(a)],
              [`DATE_FROM_UNIX_DATE(${a})`, shown(a)],
              [`DATE(${year}, ${month + 1}, ${day})`, shown(a)],
              [`CAST(${x} AS STRING)`, shown(a)],
              [`PARSE_DATE('%Y-%m-%d', '${shown(a)}')`, shown(a)],
              [
                `FORMAT_DATE('%F %d/%m/%y %j', ${x})`,
                `${shown(a)} ${pad(day)}/${pad(month + 1)}/${pad(year % 100)} ${pad(dayOfYear(a), 3)}`
              ],
              [`FORMAT_DATE('%Y %A %a %B %b %%', ${x})`, `${pad(year, 4)} ${named} %`]
            ] as const
          }).flat()
          yield* check(cases)
        }
      })
    )

    it.effect(`moves, compares, cuts and takes apart ${rounds * 5} moments`, () =>
      Effect.gen(function* () {
        const moment = () =>
          (days(1880, 0, 1) + below(100_000)) * perDay + below(86_400) * 1_000_000 + below(3) * below(1_000_000)
        const written = (micros: number) => {
          const [day, rest] = [floor(micros, perDay), ((micros % perDay) + perDay) % perDay]
          return `${shown(day)} ${clock(rest)}.${pad(rest % 1_000_000, 6)}`
        }
        for (let round = 0; round < rounds; round++) {
          const cases = Array.from({ length: 5 }, () => {
            const [a, b] = [moment(), moment()]
            const [x, y] = [`TIMESTAMP '${written(a)}+00'`, `TIMESTAMP '${written(b)}+00'`]
            const [p, q] = [`DATETIME '${written(a)}'`, `DATETIME '${written(b)}'`]
            const [day, rest] = [floor(a, perDay), ((a % perDay) + perDay) % perDay]
            const n = below(2000) - 1000
            return [
              ...Object.entries(sizes).flatMap(([part, size]): ReadonlyArray<readonly [string, string]> => [
                [`TIMESTAMP_DIFF(${x}, ${y}, ${part})`, String(Math.trunc((a - b) / size) + 0)],
                [`DATETIME_DIFF(${p}, ${q}, ${part})`, String(floor(a, size) - floor(b, size))],
                [`UNIX_MICROS(TIMESTAMP_TRUNC(${x}, ${part}))`, String(floor(a, size) * size)],
                [`UNIX_MICROS(TIMESTAMP_ADD(${x}, INTERVAL ${n} ${part}))`, String(a + n * size)],
                [`UNIX_MICROS(TIMESTAMP(DATETIME_TRUNC(${p}, ${part})))`, String(floor(a, size) * size)],
                [`UNIX_MICROS(TIMESTAMP(DATETIME_SUB(${p}, INTERVAL ${n} ${part})))`, String(a - n * size)]
              ]),
              [`UNIX_SECONDS(${x})`, String(floor(a, 1_000_000))],
              [`UNIX_MILLIS(${x})`, String(floor(a, 1000))],
              [`UNIX_MICROS(TIMESTAMP_MICROS(${a}))`, String(a)],
              [`DATE(${x})`, shown(day)],
              [`EXTRACT(DATE FROM ${p})`, shown(day)],
              [`EXTRACT(HOUR FROM ${x})`, String(floor(rest, 3_600_000_000))],
              [`EXTRACT(MINUTE FROM ${p})`, String(floor(rest, 60_000_000) % 60)],
              [`EXTRACT(SECOND FROM ${x})`, String(floor(rest, 1_000_000) % 60)],
              [`EXTRACT(MILLISECOND FROM ${p})`, String(floor(rest, 1000) % 1000)],
              [`EXTRACT(MICROSECOND FROM ${x})`, String(rest % 1_000_000)],
              [`FORMAT_TIMESTAMP('%F %T %R', ${x})`, `${shown(day)} ${clock(rest)} ${clock(rest).slice(0, 5)}`],
              [
                `FORMAT_DATETIME('%I %p %M', ${p})`,
                `${pad(((floor(rest, 3_600_000_000) + 11) % 12) + 1)} ${rest < perDay / 2 ? "AM" : "PM"} ${pad(floor(rest, 60_000_000) % 60)}`
              ],
              [
                `UNIX_SECONDS(PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S', '${shown(day)} ${clock(rest)}'))`,
                String(floor(a, 1_000_000))
              ]
            ] as const
          }).flat()
          yield* check(cases)
        }
      })
    )
  }
)
