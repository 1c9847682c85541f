/**
 * What must hold for any input: expressions against an oracle, values both ways, text that is no SQL.
 *
 * GENOPS_SEED repeats a run, GENOPS_TRIALS multiplies the number of trials for long runs.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Random from "@genops/core/statistics/Random"
import * as Refusal from "../src/bigquery/Refusal.ts"
import * as Translation from "../src/bigquery/sql/Translation.ts"
import * as Wire from "../src/bigquery/Wire.ts"
import * as Emulator from "../src/Emulator.ts"
import * as BigQueryOracle from "./BigQueryOracle.ts"
import * as BigQueryWire from "./BigQueryWire.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? 20_261_122)
const rounds = 100 * Number(process.env["GENOPS_TRIALS"] ?? 1)

/** A value as the service writes it. */
const onWire = (value: BigQueryOracle.Value): string | null =>
  value === null ? null : typeof value === "number" ? Wire.floatText(value) : String(value)

/** -0 and 0 are equal, and BigQuery does not say which one it writes. */
const same = (a: BigQueryWire.Plain | undefined, b: string | null) =>
  a === b || (typeof a === "string" && a.replace(/^-0/, "0") === b?.replace(/^-0/, "0"))

const types = ["BOOL", "FLOAT64", "INT64", "STRING"] as const

layer(Emulator.layer(), { excludeTestServices: true, timeout: "300 seconds" })(
  `BigQuery properties, seed ${seed}`,
  (it) => {
    it.effect(`evaluates ${rounds * 10} random expressions as an oracle does, or fails where it fails`, () =>
      Effect.gen(function* () {
        const { below, expression, pick, row } = BigQueryOracle.make(seed)
        const seen = { values: 0, nulls: 0, failures: 0 }
        for (let round = 0; round < rounds; round++) {
          const values = row()
          const columns = Object.entries(values).map(([name, value]) => {
            const type = {
              b: "BOOL",
              f: "FLOAT64",
              g: "FLOAT64",
              i: "INT64",
              j: "INT64",
              s: "STRING",
              t: "STRING"
            } as const
            return `${BigQueryOracle.literal(name in type ? type[name as keyof typeof type] : "STRING", value)} AS ${name}`
          })
          const from = `FROM UNNEST([STRUCT(${columns.join(", ")})])`
          const all = Array.from({ length: 10 }, () => expression(pick(types), 1 + below(3)))
          const [sound, broken] = [false, true].map((fails) =>
            all.filter((one) => BigQueryOracle.hasFailure(one, values) === fails)
          )
          const check = ({ sql, value }: BigQueryOracle.Expression, given: BigQueryWire.Plain | undefined) => {
            const expected = [value(values), value(values, true)].filter((one) => typeof one !== "symbol")
            const texts = expected.map(onWire)
            assert.isTrue(
              texts.some((text) => same(given, text)),
              `${sql} ${from}\n  is ${String(given)}, not ${texts.join(" or ")}`
            )
            seen[given === null ? "nulls" : "values"]++
          }
          const list = sound?.map(({ sql }, index) => `${sql} AS c${index}`).join(",\n") ?? ""
          const [answer = []] = list === "" ? [] : yield* BigQueryWire.rows(`SELECT ${list} ${from}`)
          sound?.forEach((one, index) => check(one, answer[index]))
          for (const one of broken ?? []) {
            // A part that fails need not be looked at; but if it is not, the value must be right all the same.
            const given = yield* BigQueryWire.ask(`SELECT ${one.sql} AS c ${from}`)
            if (typeof given === "string") seen.failures++
            else check(one, given.rows[0]?.[0])
          }
        }
        assert.isAbove(seen.values, rounds * 4)
        assert.isAbove(seen.nulls, rounds / 4)
        assert.isAbove(seen.failures, rounds / 10)
      })
    )

    it.effect(`sorts, groups, joins and windows ${rounds / 4} random tables as an oracle does`, () =>
      Effect.gen(function* () {
        const next = Random.xoshiro128ss(seed)
        const below = (count: number) => next() % count
        interface Line {
          readonly id: number
          readonly k: number | null
          readonly f: number | null
        }
        const sql = ({ f, id, k }: Line) =>
          `STRUCT(${id} AS id, ${k ?? "NULL"} AS k, ${f === null ? "CAST(NULL AS FLOAT64)" : `CAST('${f}' AS FLOAT64)`} AS f)`
        // NULL, NaN, then numbers.
        const rank = (f: number | null) => (f === null ? 0 : Number.isNaN(f) ? 1 : 2)
        const ascending = (a: Line, b: Line) =>
          rank(a.f) - rank(b.f) || (rank(a.f) === 2 ? (a.f ?? 0) - (b.f ?? 0) : 0) || a.id - b.id
        const text = (f: number | null) => (f === null ? null : Wire.floatText(f))
        for (let round = 0; round < rounds / 4; round++) {
          const table = Array.from({ length: 1 + below(9) }, (_, id): Line => ({
            id,
            k: below(4) === 0 ? null : below(3),
            f: [null, Number.NaN, Number.POSITIVE_INFINITY, -1.5, 2, 2, 0.25][below(7)] ?? null
          }))
          const from = `UNNEST([${table.map(sql).join(", ")}])`
          const ids = (lines: ReadonlyArray<Line>) => lines.map(({ id }) => [String(id)])
          const up = table.toSorted(ascending)
          assert.deepStrictEqual(yield* BigQueryWire.rows(`SELECT id FROM ${from} ORDER BY f, id`), ids(up))
          const down = table.toSorted(
            (a, b) => rank(b.f) - rank(a.f) || (rank(a.f) === 2 ? (b.f ?? 0) - (a.f ?? 0) : 0) || a.id - b.id
          )
          assert.deepStrictEqual(yield* BigQueryWire.rows(`SELECT id FROM ${from} ORDER BY f DESC, id`), ids(down))
          const last = [...up.filter(({ f }) => f !== null), ...up.filter(({ f }) => f === null)]
          assert.deepStrictEqual(
            yield* BigQueryWire.rows(`SELECT id FROM ${from} ORDER BY f NULLS LAST, id`),
            ids(last)
          )
          const keys = [...new Set(table.map(({ k }) => k))].toSorted((a, b) => (a ?? -1) - (b ?? -1))
          const groups = keys.map((key) => {
            const lines = table.filter(({ k }) => k === key)
            const numbers = lines.flatMap(({ f }) => (f === null ? [] : [f]))
            const extreme = (of: (...all: ReadonlyArray<number>) => number) =>
              text(numbers.length === 0 ? null : numbers.some(Number.isNaN) ? Number.NaN : of(...numbers))
            const distinct = new Set(numbers.map(String)).size
            return [
              key === null ? null : String(key),
              ...[lines.length, numbers.length, distinct, lines.reduce((sum, { id }) => sum + id, 0)].map(String),
              extreme(Math.min),
              extreme(Math.max)
            ]
          })
          const grouped = `SELECT k, COUNT(*), COUNT(f), COUNT(DISTINCT f), SUM(id), MIN(f), MAX(f) FROM ${from} GROUP BY k ORDER BY k`
          assert.deepStrictEqual(yield* BigQueryWire.rows(grouped), groups)
          // NULL is equal to nothing, NaN neither.
          const pairs = table.flatMap((a) => {
            const others = table.filter((b) => a.k !== null && a.k === b.k && a.f !== null && a.f === b.f)
            return others.length === 0 ? [[String(a.id), null]] : others.map((b) => [String(a.id), String(b.id)])
          })
          const joined = `WITH t AS (SELECT * FROM ${from}) SELECT a.id, b.id AS other FROM t AS a LEFT JOIN t AS b ON a.k = b.k AND a.f = b.f ORDER BY 1, 2`
          assert.deepStrictEqual(yield* BigQueryWire.rows(joined), pairs)
          const hasNull = table.some(({ k }) => k === null)
          const absent = [0, 1, 2, 3]
            .filter((key) => !hasNull && !table.some(({ k }) => k === key))
            .map((key) => [String(key)])
          assert.deepStrictEqual(
            yield* BigQueryWire.rows(
              `SELECT n FROM UNNEST([0, 1, 2, 3]) AS n WHERE n NOT IN (SELECT k FROM ${from}) ORDER BY n`
            ),
            absent
          )
          const running = table.map((line) => {
            const before = table.filter(({ id, k }) => k === line.k && id <= line.id)
            return [
              String(line.id),
              String(before.length),
              String(before.reduce((sum, { id }) => sum + id, 0)),
              before.length < 2 ? null : String(before.at(-2)?.id)
            ]
          })
          const windows =
            `SELECT id, ROW_NUMBER() OVER w1, SUM(id) OVER w1, LAG(id) OVER w1 FROM ${from} ORDER BY id`.replaceAll(
              "w1",
              "(PARTITION BY k ORDER BY id)"
            )
          assert.deepStrictEqual(yield* BigQueryWire.rows(windows), running)
        }
      })
    )

    it.effect("has an oracle that would notice", () =>
      Effect.gen(function* () {
        // DuckDB's own meaning of the same words is another one.
        const mutants = [
          ["SELECT SUBSTR('abc', -5, 3)", "a"],
          ["SELECT CAST(2.5 AS INT64)", "2"],
          ["SELECT CAST(1.0 AS STRING)", "1.0"]
        ] as const
        for (const [sql, wrong] of mutants) assert.notDeepEqual(yield* BigQueryWire.rows(sql), [[wrong]], sql)
      })
    )

    it.effect("gives any text back, whether it comes as a literal, a parameter or a row", () =>
      Effect.gen(function* () {
        const next = Random.xoshiro128ss(seed)
        const alphabet = [
          "'",
          '"',
          "`",
          "\\",
          "\n",
          "\r",
          "\t",
          "\u0000",
          "\u0001",
          ";",
          "--",
          "/*",
          "*/",
          "#",
          "$1",
          "$$",
          "{",
          "}",
          "%s",
          "é",
          "例",
          "\u{1f600}",
          "\u202e",
          "a",
          " "
        ]
        const escaped = (text: string) =>
          [...text]
            .map((character) =>
              /[\\'"`\n\r]/.test(character)
                ? `\\${character === "\n" ? "n" : character === "\r" ? "r" : character}`
                : character === "\u0000"
                  ? "\\x00"
                  : character
            )
            .join("")
        for (let round = 0; round < 150; round++) {
          const text = Array.from({ length: next() % 12 }, () => alphabet[next() % alphabet.length]).join("")
          const quote = ["'", '"', "'''", '"""'][round % 4]
          const parameterValue = { value: text }
          const [row] = yield* BigQueryWire.rows(`SELECT ${quote}${escaped(text)}${quote}, @p, LENGTH(@p)`, {
            parameterMode: "NAMED",
            queryParameters: [{ name: "p", parameterType: { type: "STRING" }, parameterValue }]
          })
          assert.deepStrictEqual(row, [text, text, String([...text].length)])
        }
      })
    )

    it.effect("gives values of all types back as they were loaded and inserted", () =>
      Effect.gen(function* () {
        const next = Random.xoshiro128ss(seed)
        const below = (count: number) => next() % count
        const pad = (value: number, width = 2) => String(value).padStart(width, "0")
        const day = () => `${pad(1 + below(9999), 4)}-${pad(1 + below(12))}-${pad(1 + below(28))}`
        const clock = () =>
          `${pad(below(24))}:${pad(below(60))}:${pad(below(60))}${below(2) === 0 ? "" : `.${pad(1 + below(999_999), 6)}`}`
        const digits = (count: number) => Array.from({ length: count }, () => below(10)).join("")
        const sign = () => (below(2) === 0 ? "" : "-")
        const decimal = (whole: number, fraction: number) =>
          `${sign()}${1 + below(9)}${digits(below(whole))}.${digits(fraction - 1)}${1 + below(9)}`
        // Each with what is sent and what is read.
        const kinds: { readonly [type: string]: () => readonly [unknown, string] } = {
          INT64: () => {
            const text = `${sign()}${1 + below(9)}${digits(below(18))}`
            return [text, text]
          },
          FLOAT64: () => {
            const value = (below(2) === 0 ? -1 : 1) * Number(`${below(10)}.${digits(16)}e${below(600) - 300}`)
            return [value, Wire.floatText(value)]
          },
          NUMERIC: () => {
            const text = decimal(28, 9)
            return [text, text]
          },
          BIGNUMERIC: () => {
            const text = decimal(19, 18)
            return [text, text]
          },
          BOOL: () => (below(2) === 0 ? [true, "true"] : ["false", "false"]),
          STRING: () => {
            const text = String.fromCodePoint(32 + below(0xd000)) + digits(3)
            return [text, text]
          },
          BYTES: () => {
            const text = Buffer.from(digits(below(9))).toString("base64")
            return [text, text]
          },
          DATE: () => {
            const text = day()
            return [text, text]
          },
          TIME: () => {
            const text = clock()
            return [text, text]
          },
          DATETIME: () => {
            const text = `${day()}T${clock()}`
            return [text, text]
          },
          TIMESTAMP: () => {
            const text = `${day()}T${clock()}Z`
            const [seconds = "", fraction = "0"] = text.slice(0, -1).split(".")
            return [text, String(BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction))]
          }
        }
        const names = Object.keys(kinds)
        const sample = (name: string): readonly [unknown, string] => kinds[name]?.() ?? [null, ""]
        const fields = [
          ...names.map((name) => ({ name: name.toLowerCase(), type: name })),
          ...names.map((name) => ({ name: `${name.toLowerCase()}s`, type: name, mode: "REPEATED" })),
          { name: "part", type: "RECORD", fields: names.map((name) => ({ name: name.toLowerCase(), type: name })) }
        ]
        yield* BigQueryWire.send("POST", "/datasets", { datasetReference: { datasetId: "values" } })
        yield* BigQueryWire.send("POST", "/datasets/values/tables", {
          tableReference: { tableId: "t" },
          schema: { fields }
        })
        const sent: Array<object> = []
        const expected: Array<ReadonlyArray<BigQueryWire.Plain>> = []
        for (let round = 0; round < 60; round++) {
          const one = names.map((name) => (below(6) === 0 ? ([null, null] as const) : sample(name)))
          const many = names.map((name) => Array.from({ length: below(3) }, () => sample(name)))
          const part = names.map((name) => sample(name))
          const named = (values: ReadonlyArray<readonly [unknown, unknown]>) =>
            Object.fromEntries(values.map(([value], index) => [names[index]?.toLowerCase(), value]))
          sent.push({
            ...named(one),
            ...Object.fromEntries(
              many.map((values, index) => [`${names[index]?.toLowerCase()}s`, values.map(([value]) => value)])
            ),
            part: named(part)
          })
          expected.push([
            ...one.map(([, text]) => text),
            ...many.map((values) => values.map(([, text]) => text)),
            part.map(([, text]) => text)
          ])
        }
        const body = { rows: sent.slice(0, 30).map((json) => ({ json })) }
        const inserted = yield* BigQueryWire.send("POST", "/datasets/values/tables/t/insertAll", body)
        assert.isUndefined(inserted.body.insertErrors)
        const { url } = yield* Emulator.Emulator
        const configuration = {
          load: { destinationTable: { datasetId: "values", tableId: "t" }, sourceFormat: "NEWLINE_DELIMITED_JSON" }
        }
        const file = sent
          .slice(30)
          .map((row) => JSON.stringify(row))
          .join("\n")
        const multipart = `--x\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ configuration, jobReference: { jobId: "values" } })}\r\n--x\r\n\r\n${file}\r\n--x--`
        yield* Effect.promise(() =>
          fetch(`${url}/upload/bigquery/v2/projects/demo/jobs?uploadType=multipart`, {
            method: "POST",
            headers: { "content-type": "multipart/related; boundary=x" },
            body: multipart
          })
        )
        while ((yield* BigQueryWire.send("GET", "/jobs/values")).body.status.state !== "DONE")
          yield* Effect.sleep("20 millis")
        assert.isUndefined((yield* BigQueryWire.send("GET", "/jobs/values")).body.status.errorResult)
        const read = yield* BigQueryWire.rows("SELECT * FROM `values`.t", {
          formatOptions: { useInt64Timestamp: true }
        })
        assert.deepStrictEqual(read, expected)
        // As parameters, through a query, the same.
        for (const name of names) {
          const [value, text] = sample(name)
          const parameter = { parameterType: { type: name }, parameterValue: { value: String(value) } }
          const list = {
            parameterType: { type: "ARRAY", arrayType: { type: name } },
            parameterValue: { arrayValues: [{ value: String(value) }] }
          }
          const [row] = yield* BigQueryWire.rows("SELECT ?, ?", {
            parameterMode: "POSITIONAL",
            queryParameters: [parameter, list],
            formatOptions: { useInt64Timestamp: true }
          })
          assert.deepStrictEqual(row, [text, [text]], name)
        }
      })
    )

    it.effect(
      "refuses 20,000 statements of random words without any other failure, and takes none for SQL that it does not know",
      () =>
        Effect.sync(() => {
          const next = Random.xoshiro128ss(seed)
          const words =
            "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT UNION ALL DISTINCT AS STRUCT ARRAY UNNEST ( ) [ ] < > , . * + - / || = != ? @p 'a' \"b\" `c` 1 2.5 NULL TRUE x y t CAST INT64 STRING CASE WHEN THEN ELSE END IN NOT AND OR LIKE BETWEEN IS JOIN LEFT ON USING WITH OVER PARTITION COUNT SUM IF DATE INTERVAL DAY EXTRACT EXISTS -- /* */ ; # \u0000 é".split(
              " "
            )
          const environment = {
            table: () => ({ physical: "t1", columns: [{ name: "x", type: { kind: "INT64" as const } }] }),
            parameters: new Map(),
            now: 0n
          }
          let taken = 0
          for (let round = 0; round < 20_000; round++) {
            const sql = `SELECT ${Array.from({ length: 1 + (next() % 14) }, () => words[next() % words.length]).join(" ")}`
            const result = Translation.statement(sql, environment)
            if (Result.isFailure(result)) assert.instanceOf(result.failure, Refusal.Refusal)
            else {
              taken++
              // No word of the statement but literals reaches DuckDB.
              assert.notMatch(result.success.sql, /\b(?:x|y|t|é)\b(?!['"])/, sql)
            }
          }
          assert.isAbove(taken, 50)
        })
    )

    it.effect("keeps names of tables and columns out of SQL", () =>
      Effect.gen(function* () {
        yield* BigQueryWire.send("POST", "/datasets", { datasetReference: { datasetId: "names" } })
        for (const name of ['a"; DROP TABLE t1; --', "a b", "", "1a", "ä", "a'b", "_PARTITIONTIME", "x".repeat(301)]) {
          const schema = { fields: [{ name, type: "STRING" }] }
          const { status } = yield* BigQueryWire.send("POST", "/datasets/names/tables", {
            tableReference: { tableId: "t" },
            schema
          })
          assert.strictEqual(status, 400, name)
        }
        for (const tableId of ['t"; DROP TABLE t1; --', "a/b", "a$20260101", ""]) {
          const { status } = yield* BigQueryWire.send("POST", "/datasets/names/tables", { tableReference: { tableId } })
          assert.strictEqual(status, 400, tableId)
        }
        // These are names in BigQuery, whatever they are in DuckDB.
        const odd = ["rowid", "select", "c0", "main", "duckdb_tables"]
        const schema = { fields: odd.map((name) => ({ name, type: "INT64" })) }
        yield* BigQueryWire.send("POST", "/datasets/names/tables", { tableReference: { tableId: "t1" }, schema })
        yield* BigQueryWire.send("POST", "/datasets/names/tables/t1/insertAll", {
          rows: [{ json: Object.fromEntries(odd.map((name, index) => [name, index])) }]
        })
        assert.deepStrictEqual(
          yield* BigQueryWire.rows("SELECT duckdb_tables, main, c0, `select`, rowid FROM names.t1"),
          [["4", "3", "2", "1", "0"]]
        )
      })
    )
  }
)
