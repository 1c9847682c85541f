/** The dialect: queries with the results that BigQuery's reference gives for them, and queries that must not be answered. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"
import * as BigQueryWire from "./BigQueryWire.ts"
import known from "./fixtures/bigqueryKnown.json" with { type: "json" }

/** A statement and a part of what is said about it. */
const refused: ReadonlyArray<readonly [sql: string, message: string]> = [
  ["", "Unexpected end of statement"],
  ["SELECT", "Unexpected end of script at [1:7]"],
  ["SELEC 1", 'Unexpected identifier "SELEC" at [1:1]'],
  ["SELECT 1 FROM", "Unexpected end of script"],
  ["SELECT 'a\nb'", "Unclosed string literal at [1:8]"],
  ["SELECT '\\q'", "Illegal escape sequence: \\q"],
  ["SELECT /* 1", "Unclosed comment"],
  ["SELECT 1a", "Missing whitespace between literal and alias"],
  ["SELECT at FROM (SELECT 1 AS x)", "Unexpected keyword AT at [1:8]"],
  ["SELECT 9223372036854775808", "Invalid integer literal"],
  ["SELECT 1\n,  foo", "Unrecognized name: foo at [2:4]"],
  ["SELECT nme FROM (SELECT 1 AS name)", "Did you mean name?"],
  ["SELECT t.y FROM (SELECT 1 AS x) t", "Name y not found inside t"],
  ["SELECT x FROM (SELECT 1 AS x) a, (SELECT 2 AS x) b", "Column name x is ambiguous"],
  ["SELECT 1 AS a, 2 AS A", "Duplicate column names in the result are not supported. Found duplicate(s): A"],
  ["SELECT x, COUNT(*) FROM UNNEST([1]) x", "Expression references column x which is neither grouped nor aggregated"],
  ["SELECT x FROM UNNEST([1]) x WHERE SUM(x) > 1", "Aggregate function SUM not allowed in WHERE clause"],
  ["SELECT SUM(SUM(x)) FROM UNNEST([1]) x", "Aggregate function SUM not allowed in an aggregate function"],
  ["SELECT ROW_NUMBER()", "Analytic function ROW_NUMBER cannot be called without an OVER clause"],
  ["SELECT 'a' + 1", "No matching signature for operator + for argument types: STRING, INT64"],
  ["SELECT 1 = 'x'", "No matching signature for operator ="],
  ["SELECT [1] = [1]", "No matching signature for operator ="],
  ["SELECT LENGTH(1)", "No matching signature for function LENGTH for argument types: INT64"],
  ["SELECT CAST([1] AS STRING)", "Invalid cast from ARRAY<INT64> to STRING"],
  ["SELECT a FROM (SELECT 1 AS a) UNION ALL SELECT 'x'", "incompatible types: INT64, STRING"],
  ["SELECT 1 UNION ALL SELECT 1, 2", "mismatched column count"],
  ["SELECT x FROM UNNEST([JSON '1']) x GROUP BY x", "Grouping by expressions of type JSON is not allowed"],
  ["SELECT 1 LIMIT -1", "LIMIT expects a non-negative integer literal or parameter"],
  ["SELECT @p", "Query parameter 'p' not found"],
  ["SELECT ?", "Query parameter number 1 is not defined"],
  ["SELECT * FROM t", 'Table "t" must be qualified with a dataset'],
  ["SELECT * FROM nowhere.t", "Not found: Dataset demo:nowhere"],
  [`SELECT ${"(".repeat(500)}1${")".repeat(500)}`, "nested too deeply"],
  // What BigQuery can, and the emulator not.
  ["DELETE FROM a.b WHERE TRUE", "The emulator does not support statements of DELETE"],
  ["CREATE TABLE a.b AS SELECT 1", "The emulator does not support statements of CREATE"],
  ["SELECT 1; SELECT 2", "The emulator does not support several statements"],
  ["SELECT 1 << 2", "The emulator does not support the operator <<"],
  ["SELECT NUMERIC '1' / 3", "The emulator does not support / of NUMERIC"],
  ["SELECT NUMERIC '1' * 1.5", "The emulator does not support * of NUMERIC and FLOAT64"],
  ["SELECT AVG(x) FROM UNNEST([NUMERIC '1']) x", "The emulator does not support AVG(NUMERIC)"],
  ["SELECT SQRT(NUMERIC '4')", "The emulator does not support SQRT(NUMERIC)"],
  ["SELECT SAFE.SUBSTR('a', 1)", "The emulator does not support the prefix SAFE"],
  ["SELECT SOUNDEX('a')", "The emulator does not support the function SOUNDEX"],
  ["SELECT NET.HOST('a')", "The emulator does not support the function NET.HOST"],
  ["SELECT COUNTIFF(TRUE)", "did you mean COUNTIF?"],
  ["SELECT REGEXP_EXTRACT('ab', '(a)|(b)')", "The emulator does not support REGEXP_EXTRACT"],
  ["SELECT REGEXP_EXTRACT('ab', 'a(b)?')", "The emulator does not support REGEXP_EXTRACT"],
  ["SELECT x FROM UNNEST([1]) x WINDOW w AS ()", "The emulator does not support named windows"],
  [
    "SELECT DATE_TRUNC(DATE '2026-01-01', WEEK(MONDAY))",
    "The emulator does not support weeks that begin on another day"
  ],
  ["SELECT FORMAT_DATE('%Q', DATE '2026-01-01')", "The emulator does not support %Q in a format"],
  ["SELECT * FROM a.INFORMATION_SCHEMA.TABLES", "The emulator does not support INFORMATION_SCHEMA"],
  ["FROM a |> SELECT 1", "The emulator does not support statements of FROM"],
  ["SELECT CAST('x' AS STRING(5))", "The emulator does not support types with parameters"],
  ["SELECT @@time_zone", "The emulator does not support system variables"]
]

const failing: ReadonlyArray<readonly [sql: string, message: string]> = [
  ["SELECT 1 / 0", "division by zero"],
  ["SELECT DIV(7, 0)", "division by zero"],
  ["SELECT 9223372036854775807 + 1", "Overflow"],
  // An optimizer that puts constants together, or on the other side, would not see these.
  ["SELECT (x + 9223372036854775807) + (-9223372036854775807) FROM UNNEST([1]) x", "Overflow"],
  ["SELECT x + 9223372036854775807 > 5 FROM UNNEST([1]) x", "Overflow"],
  ["SELECT x * 9223372036854775807 * 0 FROM UNNEST([5]) x", "Overflow"],
  ["SELECT 1 / (1e308 * x) FROM UNNEST([10]) x", "not finite"],
  ["SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) x", "range"],
  ["SELECT 1.7e308 * 10", "not finite"],
  ["SELECT SUM(x) FROM UNNEST([1.7e308, 1.7e308]) x", "not finite"],
  ["SELECT EXP(1000)", "not finite"],
  ["SELECT SQRT(-1)", "square root"],
  ["SELECT CAST('x' AS INT64)", "Bad int64 value: x"],
  ["SELECT CAST('9223372036854775808' AS INT64)", "Bad int64 value"],
  ["SELECT CAST(1e30 AS INT64)", "Bad int64 value"],
  ["SELECT CAST('2026-02-30' AS DATE)", "Invalid date: 2026-02-30"],
  ["SELECT CAST('yes' AS BOOL)", "Bad bool value: yes"],
  ["SELECT [1, 2][OFFSET(5)]", "Array index 5 is out of bounds"],
  ["SELECT (SELECT x FROM UNNEST([1, 2]) x)", "Scalar subquery produced more than one element"],
  ["SELECT ARRAY_AGG(x) FROM UNNEST([1, NULL]) x", "Array cannot have a null element"],
  ["SELECT [STRUCT([1, NULL] AS a)]", "Array cannot have a null element"],
  ["SELECT DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)", "between the years 1 and 9999"],
  ["SELECT DATE(2026, 2, 30)", "Date out of range"],
  ["SELECT STRING(JSON '1')", "not a string"],
  ["SELECT REPEAT('a', -1)", "must not be negative"],
  ["SELECT REGEXP_CONTAINS('a', '(')", "missing )"],
  // A double cannot hold the number, and so the comparison would be one of another number.
  ["SELECT x = 9007199254740992.0 FROM UNNEST([9007199254740993]) x", "does not compare INT64 beyond 2^53"]
]

layer(Emulator.layer(), { excludeTestServices: true })("GoogleSQL", (it) => {
  it.effect(`gives the known results of ${known.length} queries`, () =>
    Effect.gen(function* () {
      for (const { rows, sql } of known) assert.deepStrictEqual(yield* BigQueryWire.rows(sql), rows, sql)
    })
  )

  it.effect("refuses what it cannot do, and says where", () =>
    Effect.gen(function* () {
      for (const [sql, message] of refused) assert.include(yield* BigQueryWire.refusal(sql), message, sql)
    })
  )

  it.effect("fails where BigQuery fails, and gives no infinity, NULL or NaN instead", () =>
    Effect.gen(function* () {
      for (const [sql, message] of failing) assert.include(yield* BigQueryWire.refusal(sql), message, sql)
      // DuckDB looks at a branch only when its condition holds.
      assert.deepStrictEqual(yield* BigQueryWire.rows("SELECT IF(TRUE, 1, 1/0), IFNULL(2, DIV(1, 0))"), [["1.0", "2"]])
    })
  )

  it.effect("names and types the columns of a result as BigQuery does", () =>
    Effect.gen(function* () {
      const sql =
        "SELECT 1, 1.5 AS f, 'a' AS s, b'a' AS b, TRUE AS t, NUMERIC '1' AS n, DATE '2026-01-01' AS d, TIMESTAMP '2026-01-01' AS ts, JSON '1' AS j, [1] AS arr, STRUCT(1 AS x, [2] AS y) AS st, COUNT(*)"
      const { body } = yield* BigQueryWire.send("POST", "/queries", { query: sql, useLegacySql: false })
      const field = (name: string, type: string, mode = "NULLABLE") => ({ name, type, mode })
      assert.deepStrictEqual(body.schema.fields, [
        field("f0_", "INTEGER"),
        field("f", "FLOAT"),
        field("s", "STRING"),
        field("b", "BYTES"),
        field("t", "BOOLEAN"),
        field("n", "NUMERIC"),
        field("d", "DATE"),
        field("ts", "TIMESTAMP"),
        field("j", "JSON"),
        field("arr", "INTEGER", "REPEATED"),
        { ...field("st", "RECORD"), fields: [field("x", "INTEGER"), field("y", "INTEGER", "REPEATED")] },
        field("f11_", "INTEGER")
      ])
    })
  )

  it.effect("speaks no legacy SQL, unless the statement says otherwise", () =>
    Effect.gen(function* () {
      const legacy = yield* BigQueryWire.send("POST", "/queries", { query: "SELECT 1 AS x" })
      assert.strictEqual(legacy.status, 400)
      assert.include(legacy.body.error.message, "useLegacySql")
      const marked = yield* BigQueryWire.send("POST", "/queries", { query: "#standardSQL\nSELECT 1 AS x" })
      assert.strictEqual(marked.status, 200)
    })
  )
})
