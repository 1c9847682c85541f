import { createHash } from "node:crypto"
import * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { chunked, text } from "./fixtures/bytes.ts"
import { csv, jsonl, problem, values } from "./fixtures/datasets.ts"

const Strict = Schema.Struct({ optional: Schema.optionalKey(Schema.String) })
const Scored = Schema.Struct({ context: Schema.String, score: Schema.Number })

describe("fromJsonl reads", () => {
  const cases: ReadonlyArray<readonly [name: string, content: string | Uint8Array, rows: ReadonlyArray<unknown>]> = [
    [
      "lines",
      '{"a":1}\n{"a":2}\n',
      [
        [1, { a: 1 }],
        [2, { a: 2 }]
      ]
    ],
    [
      "a missing last newline",
      '{"a":1}\n{"a":2}',
      [
        [1, { a: 1 }],
        [2, { a: 2 }]
      ]
    ],
    [
      "CRLF",
      '{"a":1}\r\n{"a":2}\r\n',
      [
        [1, { a: 1 }],
        [2, { a: 2 }]
      ]
    ],
    ["a byte-order mark", '\uFEFF{"a":1}\n', [[1, { a: 1 }]]],
    [
      "blank lines, keeping physical lines",
      '\n \t\r\n{"a":1}\n\n\r\n{"a":2}\n\n',
      [
        [3, { a: 1 }],
        [6, { a: 2 }]
      ]
    ],
    ["white space around a row", '  {"a":1} \t\n', [[1, { a: 1 }]]],
    [
      "U+2028, U+2029 and U+0085 inside text",
      '{"a":"x\u2028y\u2029z\u0085"}\n{"a":2}',
      [
        [1, { a: "x\u2028y\u2029z\u0085" }],
        [2, { a: 2 }]
      ]
    ],
    ["escaped line breaks and NUL", '{"a":"\\n\\u0000"}', [[1, { a: "\n\0" }]]],
    ["a replacement character that is in the data", '{"a":"\uFFFD"}', [[1, { a: "\uFFFD" }]]],
    ["nested values", '{"a":{"b":[1,null,true]}}', [[1, { a: { b: [1, null, true] } }]]],
    ["an empty object", "{}", [[1, {}]]]
  ]
  it.effect.each(cases)("%s", ([, content, rows]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* values(jsonl(content)), rows)
    })
  )

  it.effect("a field called __proto__ as an own property", () =>
    Effect.gen(function* () {
      const [row] = yield* Stream.runCollect(jsonl('{"__proto__":{"polluted":true}}').rows)
      assert.isTrue(Object.hasOwn(row?.value ?? {}, "__proto__"))
      assert.notProperty({}, "polluted")
    })
  )
})

describe("fromJsonl refuses", () => {
  const long = `{"a":"${"x".repeat(1_048_576)}"}`
  const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`
  const cases: ReadonlyArray<readonly [name: string, content: string | Uint8Array, problem: string]> = [
    ["a trailing comma", '{"a":1}\n{"a":1,}', "InvalidJson 2:8 undefined: expected a quoted name, got }"],
    ["a missing colon", '{"a" 1}', "InvalidJson 1:6 undefined: expected : after the name, got 1"],
    ["a missing comma", '{"a":1 "b":2}', 'InvalidJson 1:8 undefined: expected , or }, got "'],
    [
      "a bare word",
      '{"a":tru}',
      "InvalidJson 1:6 undefined: expected a JSON value, got a bare word or a malformed number"
    ],
    ["NaN", '{"a":NaN}', "InvalidJson 1:6 undefined: expected a JSON value, got a bare word or a malformed number"],
    [
      "a leading zero",
      '{"a":01}',
      "InvalidJson 1:6 undefined: expected a JSON value, got a bare word or a malformed number"
    ],
    ["single quotes", "{'a':1}", "InvalidJson 1:2 undefined: expected a quoted name or }, got '"],
    ["a comment", '// x\n{"a":1}', "InvalidJson 1:1 undefined: expected a JSON value, got /"],
    ["an unclosed object", '{"a":1\n{"a":2}', "InvalidJson 1:7 undefined: expected , or }, got the end"],
    ["an unclosed list", '{"a":[1,2', "InvalidJson 1:10 undefined: expected , or ], got the end"],
    ["an unclosed string", '{"a":"x\n', "InvalidJson 1:6 undefined: the string is never closed"],
    [
      "two values on a line",
      '{"a":1}{"a":2}',
      "InvalidJson 1:8 undefined: expected the end after one JSON value, got {"
    ],
    ["a raw tab in text", '{"a":"x\ty"}', "InvalidJson 1:8 undefined: character U+0009 must be escaped in a string"],
    ["a NUL in text", '{"a":"x\0y"}', "InvalidJson 1:8 undefined: character U+0000 must be escaped in a string"],
    ["a NUL outside text", '{"a":1}\n\0\n', "InvalidJson 2:1 undefined: expected a JSON value, got character U+0000"],
    ["a bad escape", '{"a":"\\x"}', "InvalidJson 1:7 undefined: the escape sequence is not valid"],
    ["a bad unicode escape", '{"a":"\\u12"}', "InvalidJson 1:7 undefined: the escape sequence is not valid"],
    [
      "a second byte-order mark",
      '\uFEFF\uFEFF{"a":1}',
      "InvalidJson 1:1 undefined: expected a JSON value, got character U+FEFF"
    ],
    [
      "old Mac line ends",
      '{"a":1}\r{"a":2}\r',
      "InvalidJson 1:9 undefined: expected the end after one JSON value, got {"
    ],
    ["a list", '\n\n[{"a":1}]', "InvalidRow 3:1 undefined: expected an object, got a list"],
    ["text", '"x"', "InvalidRow 1:1 undefined: expected an object, got text"],
    ["a number", " 1", "InvalidRow 1:2 undefined: expected an object, got a number"],
    ["null", "null", "InvalidRow 1:1 undefined: expected an object, got null"],
    ["deep nesting", deep(100), "InvalidRow 1:1 undefined: nested more than 100 levels deep"],
    ["very deep nesting", deep(500_000), "InvalidRow 1:1 undefined: nested more than 100 levels deep"],
    [
      "very deep broken nesting",
      "[".repeat(1_000_000),
      "InvalidJson 1:1000001 undefined: expected a JSON value, got the end"
    ],
    ["a line over 1 MiB", `{"a":1}\n${long}\n`, "TooLong 2:undefined undefined: longer than 1048576 bytes"],
    ["invalid UTF-8", text('{"é":"', [0xff], '"}'), "InvalidText 1:7 undefined: the bytes are not valid UTF-8"],
    [
      "invalid UTF-8 after a true U+FFFD",
      text('{"a":1}\n{"\uFFFD\uFFFD":"', [0xc3], '"}'),
      "InvalidText 2:8 undefined: the bytes are not valid UTF-8"
    ],
    [
      "a surrogate in UTF-8",
      text('{"a":"', [0xed, 0xa0, 0x80], '"}'),
      "InvalidText 1:7 undefined: the bytes are not valid UTF-8"
    ],
    [
      "a cut character at the end",
      text('{"a":1}\n', [0xe2, 0x82]),
      "InvalidText 2:1 undefined: the bytes are not valid UTF-8"
    ],
    ["UTF-16", text([0xff, 0xfe, 0x7b, 0x00]), "InvalidText 1:1 undefined: the bytes are not valid UTF-8"],
    ["half a byte-order mark", text([0xef, 0xbb]), "InvalidText 1:1 undefined: the bytes are not valid UTF-8"],
    ["an empty file", "", "Empty undefined:undefined undefined: no rows"],
    ["only a byte-order mark", "\uFEFF", "Empty undefined:undefined undefined: no rows"],
    ["only blank lines", "\n \r\n\n", "Empty undefined:undefined undefined: no rows"]
  ]
  it.effect.each(cases)("%s", ([, content, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* problem(jsonl(content)), expected)
    })
  )

  const typed: ReadonlyArray<readonly [name: string, content: string, problem: string]> = [
    [
      "a field of the wrong type",
      '{"context": "c", "score": "5"}',
      "InvalidRow 1:27 score: expected a number, got text"
    ],
    ["a null field", '{"context": null, "score": 5}', "InvalidRow 1:13 context: expected text, got null"],
    ["a missing field", '\n  {"context": "c"}', "InvalidRow 2:3 score: missing"],
    [
      "an extra field",
      '{"context": "c", "score": 5, "scor": 1}',
      'InvalidRow 1:30 scor: the schema has no such field (extraFields: "ignore" allows it)'
    ],
    [
      "the last of a repeated field",
      '{"score": 1, "context": "c", "score": []}',
      "InvalidRow 1:39 score: expected a number, got a list"
    ]
  ]
  it.effect.each(typed)("%s", ([, content, expected]) =>
    Effect.gen(function* () {
      const bytes = Stream.make(text(content))
      const dataset = Dataset.fromJsonl(bytes, { source: "f.jsonl", schema: Scored })
      assert.strictEqual(yield* problem(dataset), expected)
    })
  )

  it.effect("a wrong value deep in a row, at its own place", () =>
    Effect.gen(function* () {
      const Message = Schema.Struct({ role: Schema.Literals(["user", "model"]), parts: Schema.Array(Schema.String) })
      const schema = Schema.Struct({ contents: Schema.Array(Message) })
      const row = '{"contents": [{"role": "user", "parts": ["ö", "y"]}, {"parts": ["x", 7], "role": "model"}]}'
      const dataset = Dataset.fromJsonl(Stream.make(text(row)), { source: "f", schema })
      assert.strictEqual(yield* problem(dataset), "InvalidRow 1:70 contents.1.parts.1: expected text, got a number")
    })
  )
})

describe("ids", () => {
  const ids = <A>(dataset: Dataset.Dataset<A>) =>
    Effect.map(Stream.runCollect(dataset.rows), (rows) => rows.map(({ id }) => id))

  it.effect("come from the line and the content", () =>
    Effect.gen(function* () {
      const [first, second] = yield* ids(jsonl('{"a":1}\n{"a":1}\n'))
      assert.match(first ?? "", /^1-[0-9a-f]{12}$/)
      assert.strictEqual(second, first?.replace(/^1/, "2"))
      // Line ends and a byte-order mark are no content; an edit is.
      assert.deepStrictEqual(yield* ids(jsonl('\uFEFF{"a":1}\r\n{"a":1}')), [first, second])
      assert.notStrictEqual((yield* ids(jsonl('{"a":2}')))[0], first)
      assert.deepStrictEqual(yield* ids(Dataset.fromValues([{ a: 1 }, { a: 1 }])), [first, second])
    })
  )

  it.effect("come from a column of distinct text or integers", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* ids(jsonl('{"id":"x"}\n{"id":7}', { id: "id" })), ["x", "7"])
      const refused = (content: string) => problem(jsonl(content, { id: "id" }))
      assert.strictEqual(yield* refused('{"id":7}\n\n{"id": "7"}'), "DuplicateId 3:8 id: the same id stands on line 1")
      assert.strictEqual(yield* refused('{"a":1}'), "InvalidRow 1:1 id: missing, and rows are identified by it")
      assert.strictEqual(yield* refused('{"id":""}'), "InvalidRow 1:7 id: empty, and rows are identified by it")
      for (const id of ["1.5", "12345678901234567890", "null", "[]", "true"]) {
        assert.strictEqual(yield* refused(`{"id":${id}}`), "InvalidRow 1:7 id: expected text or an integer as id")
      }
      assert.strictEqual(
        yield* problem(csv("id,a\nx,1\nx,2\n", { id: "id" })),
        "DuplicateId 3:1 id: the same id stands on line 2"
      )
    })
  )
})

describe("limits", () => {
  it.effect("count the bytes of a line without its line break", () =>
    Effect.gen(function* () {
      const limits = { lineBytes: 7 }
      for (const end of ["", "\n", "\r\n"]) {
        assert.lengthOf(yield* Stream.runCollect(jsonl(`{"a":1}${end}`, { limits }).rows), 1)
        assert.strictEqual(
          yield* problem(jsonl(`{"a":10}${end}`, { limits })),
          "TooLong 1:undefined undefined: longer than 7 bytes"
        )
      }
    })
  )

  it.effect("skip a 100 MB line in bounded memory and go on", () =>
    Effect.gen(function* () {
      const piece = new Uint8Array(65_536).fill(0x78)
      const bytes = Stream.make(text('{"a":1}\n')).pipe(
        Stream.concat(Stream.range(1, 1_600).pipe(Stream.map(() => piece))),
        Stream.concat(Stream.make(text('\n{"a":2}\n')))
      )
      const { report, rows } = yield* Dataset.collect(Dataset.fromJsonl(bytes, { source: "f", onInvalid: "skip" }))
      assert.deepStrictEqual(
        rows.map(({ line }) => line),
        [1, 3]
      )
      assert.deepStrictEqual(report.invalidLines, [2])
    })
  )

  it.effect("tell a quote that never closes from a record that is too long", () =>
    Effect.gen(function* () {
      const limits = { lineBytes: 20 }
      const long = `a\n"${"x\n".repeat(20)}`
      const kinds = Stream.runCollect(csv(`${long}"\ny\n`, { limits, onInvalid: "skip" }).events).pipe(
        Effect.map((events) => events.map((event) => [event._tag, "line" in event ? event.line : 0]))
      )
      assert.deepStrictEqual(yield* kinds, [
        ["Invalid", 0],
        ["Row", 23],
        ["End", 0]
      ])
      assert.include(yield* problem(csv(long, { limits, onInvalid: "skip" })), "UnclosedQuote 2:undefined")
      assert.include(yield* problem(csv(long, { limits })), "TooLong 2:undefined")
    })
  )

  it.effect("end a dataset of too many rows or bytes, after the rows before", () =>
    Effect.gen(function* () {
      const rows: Array<number> = []
      const dataset = jsonl('{"a":1}\n{"a":2}\n\n{"a":3}\n', { limits: { rows: 2 } })
      const error = yield* Effect.flip(
        Stream.runForEach(dataset.rows, ({ line }) => Effect.sync(() => void rows.push(line)))
      )
      assert.deepStrictEqual([rows, error.kind, error.line], [[1, 2], "TooManyRows", 4])
      const bytes = { limits: { bytes: 10 }, onInvalid: "skip" } as const
      assert.include(yield* problem(jsonl('{"a":1}\n{"a":2}\n', bytes)), "TooLarge")
      const skipped = { limits: { rows: 1 }, onInvalid: "skip" } as const
      assert.include(yield* problem(jsonl("x\ny\n", skipped)), "TooManyRows 2:undefined")
    })
  )
})

describe("invalid rows", () => {
  const content = '{"a":1}\n{"a":}\n\n[]\n{"a":2}\n{'

  it.effect("fail the stream after the rows before them", () =>
    Effect.gen(function* () {
      const lines: Array<number> = []
      const error = yield* Effect.flip(
        Stream.runForEach(jsonl(content).rows, ({ line }) => Effect.sync(() => void lines.push(line)))
      )
      assert.deepStrictEqual([lines, error.line], [[1], 2])
    })
  )

  it.effect("are skipped, counted and listed", () =>
    Effect.gen(function* () {
      const dataset = jsonl(content, { onInvalid: "skip" })
      assert.deepStrictEqual(yield* values(dataset), [
        [1, { a: 1 }],
        [5, { a: 2 }]
      ])
      const { sha256, ...report } = yield* Dataset.check(dataset)
      assert.deepStrictEqual(report, {
        source: "f.jsonl",
        rows: 2,
        invalid: 3,
        invalidLines: [2, 4, 6],
        lines: 6,
        bytes: 28
      })
      assert.strictEqual(sha256, createHash("sha256").update(content).digest("hex"))
    })
  )

  it.effect("stand in their place among the events, the report last", () =>
    Effect.gen(function* () {
      const events = yield* Stream.runCollect(jsonl(content).events)
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["Row", "Invalid", "Invalid", "Row", "Invalid", "End"]
      )
    })
  )

  it.effect("are listed to 100 lines, and all counted", () =>
    Effect.gen(function* () {
      const report = yield* Dataset.check(jsonl(`{}\n${"x\n".repeat(250)}`, { onInvalid: "skip" }))
      assert.deepStrictEqual([report.invalid, report.invalidLines.length, report.invalidLines.at(-1)], [250, 100, 101])
    })
  )

  it.effect("leave no dataset when there is nothing else", () =>
    Effect.gen(function* () {
      const skipped = yield* Effect.flip(Dataset.check(jsonl("x\ny\n", { onInvalid: "skip" })))
      assert.deepStrictEqual([skipped.kind, skipped.reason], ["Empty", "no valid row: 2 invalid, the first on line 1"])
      const failed = yield* Effect.flip(Dataset.check(jsonl("x\ny\n")))
      assert.deepStrictEqual([failed.kind, failed.line, failed.others], ["InvalidJson", 1, { count: 1, lines: [2] }])
    })
  )

  it.effect("are explained", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ context: Schema.String, reference: Schema.String })
      const good = '{"context":"c","reference":"r"}\n'
      const bytes = text(
        `${good}\n${good}{"context":"the secret prompt","reference":12}\n${'{"context":1}\n'.repeat(4)}`
      )
      const options = { source: "prompts.jsonl", schema }
      const error = yield* Effect.flip(Dataset.check(Dataset.fromJsonl(Stream.make(bytes), options)))
      assert.instanceOf(error, DatasetError)
      assert.strictEqual(
        error.message,
        [
          "prompts.jsonl:4:44  reference: expected text, got a number.",
          "  Correct the row, or the schema that the dataset is read with. It is row 3 of the data.",
          "  4 more problems: lines 5, 6, 7, 8.",
          '  To leave invalid rows out and count them: onInvalid: "skip".'
        ].join("\n")
      )
    })
  )

  it.effect("never put control characters of the data into a message", () =>
    Effect.gen(function* () {
      const bytes = Stream.make(text('{"\\u001b[31m\\u202e":1}'))
      const error = yield* Effect.flip(Dataset.check(Dataset.fromJsonl(bytes, { source: "f", schema: Strict })))
      assert.include(error.message, "the schema has no such field")
      assert.notMatch(error.message.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
    })
  )
})

describe("fromValues and fromStream", () => {
  it.effect("pass typed rows, number them and report as JSON Lines would", () =>
    Effect.gen(function* () {
      const rows = [{ a: "x" }, { a: "y" }]
      const fromValues = yield* Dataset.collect(Dataset.fromValues(rows))
      assert.deepStrictEqual(
        fromValues.rows.map(({ line, value }) => [line, value.a]),
        [
          [1, "x"],
          [2, "y"]
        ]
      )
      const lines = yield* Dataset.check(jsonl('{"a":"x"}\n{"a":"y"}\n'))
      assert.deepStrictEqual({ ...fromValues.report, source: "" }, { ...lines, source: "" })
    })
  )

  it.effect("decode by schema, and refuse what is not JSON", () =>
    Effect.gen(function* () {
      const cyclic: Record<string, unknown> = {}
      cyclic["self"] = cyclic
      const read = (value: unknown) =>
        problem(Dataset.fromStream(Stream.make(value), { source: "query", schema: Scored }))
      assert.strictEqual(
        yield* read({ context: "c", score: "1" }),
        "InvalidRow 1:undefined score: expected a number, got text"
      )
      assert.strictEqual(yield* read(cyclic), "InvalidRow 1:undefined undefined: the value cannot be written as JSON")
      assert.lengthOf((yield* Dataset.collect(Dataset.fromValues([{ n: 10n ** 20n }]))).rows, 1)
      assert.strictEqual(yield* problem(Dataset.fromValues([])), "Empty undefined:undefined undefined: no rows")
    })
  )

  it.effect("pass the failure of the source", () =>
    Effect.gen(function* () {
      const bytes = Stream.concat(Stream.make(text('{"a":1}\n{"a"')), Stream.fail("disk" as const))
      assert.strictEqual(yield* Effect.flip(Dataset.check(Dataset.fromJsonl(bytes, { source: "f" }))), "disk")
    })
  )

  it.effect("start afresh at each run", () =>
    Effect.gen(function* () {
      const dataset = Dataset.fromJsonl(chunked(text('{"id":1}\n{"id":2}\n'), [5]), { source: "f", id: "id" })
      assert.deepStrictEqual(yield* Dataset.check(dataset), yield* Dataset.check(dataset))
    })
  )
})
