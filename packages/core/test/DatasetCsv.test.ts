import * as Dataset from "@genops/core/Dataset"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { chunked, text } from "./fixtures/bytes.ts"
import { csv, problem, values } from "./fixtures/datasets.ts"

describe("fromCsv reads", () => {
  const cases: ReadonlyArray<readonly [name: string, content: string, rows: ReadonlyArray<unknown>]> = [
    [
      "rows",
      "a,b\n1,2\n3,\n",
      [
        [2, { a: "1", b: "2" }],
        [3, { a: "3", b: "" }]
      ]
    ],
    [
      "CRLF and a missing last newline",
      "a,b\r\n1,2\r\n3,4",
      [
        [2, { a: "1", b: "2" }],
        [3, { a: "3", b: "4" }]
      ]
    ],
    ["a byte-order mark before a quoted name", '\uFEFF"a","b"\n1,2\n', [[2, { a: "1", b: "2" }]]],
    ["quoted delimiters and doubled quotes", 'a,b\n"1,""x""",""""\n', [[2, { a: '1,"x"', b: '"' }]]],
    [
      "quoted line breaks, keeping physical lines",
      'a,b\n"1\n\r\n2",x\n3,4\n',
      [
        [2, { a: "1\n\r\n2", b: "x" }],
        [5, { a: "3", b: "4" }]
      ]
    ],
    ["a quoted last field without newline", 'a\n"x\ny"', [[2, { a: "x\ny" }]]],
    ["an empty quoted last field", 'a,b\n1,""', [[2, { a: "1", b: "" }]]],
    [
      "blank lines",
      "\n\na\n\n1\n \r\n2\n",
      [
        [5, { a: "1" }],
        [7, { a: "2" }]
      ]
    ],
    ["white space in fields as it is", "a,b\n 1 , 2\n", [[2, { a: " 1 ", b: " 2" }]]],
    ["U+2028 in a field", "a\nx\u2028y\n", [[2, { a: "x\u2028y" }]]],
    ["a row of empty fields", "a,b\n,\n", [[2, { a: "", b: "" }]]]
  ]
  it.effect.each(cases)("%s", ([, content, rows]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* values(csv(content)), rows)
    })
  )

  it.effect("another delimiter, and numbers by schema", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ context: Schema.String, score: Schema.FiniteFromString })
      const options = { source: "f.csv", delimiter: ";", schema } as const
      const read = (content: string) => Dataset.fromCsv(Stream.make(text(content)), options)
      assert.deepStrictEqual(yield* values(read("score;context\n1.5;a,b\n")), [[2, { score: 1.5, context: "a,b" }]])
      assert.strictEqual(
        yield* problem(read('context;score\n"a\nb";high\n')),
        "InvalidRow 3:4 score: expected a finite number, got text"
      )
    })
  )

  it.effect("a first character that begins like a byte-order mark, cut in pieces", () =>
    Effect.gen(function* () {
      const bytes = text("\uFFFDa,b\n1,2\n")
      const dataset = Dataset.fromCsv(chunked(bytes, [...bytes.keys()]), { source: "f.csv" })
      assert.deepStrictEqual(yield* values(dataset), [[2, { "\uFFFDa": "1", b: "2" }]])
    })
  )

  it.effect("a column called __proto__", () =>
    Effect.gen(function* () {
      const [row] = yield* Stream.runCollect(csv("__proto__,a\nx,y\n").rows)
      assert.deepStrictEqual(Object.entries(row?.value ?? {}), [
        ["__proto__", "x"],
        ["a", "y"]
      ])
    })
  )
})

describe("fromCsv refuses", () => {
  const cases: ReadonlyArray<readonly [name: string, content: string | Uint8Array, problem: string]> = [
    ["a short row", "a,b\n1,2\n3\n", "InvalidCsv 3:2 undefined: expected 2 columns, got 1"],
    ["a long row", "a,b\n1,2\n3,4,5\n", "InvalidCsv 3:5 undefined: expected 2 columns, got 3"],
    ["a short row after a quoted line break", 'a,b\n"x\ny"\n', "InvalidCsv 3:3 undefined: expected 2 columns, got 1"],
    [
      "a quote inside an unquoted field",
      'a,b\n1,x"y\n',
      "InvalidCsv 2:4 undefined: a quote stands inside a field that is not quoted"
    ],
    ["text after a closing quote", 'a,b\n"1"x,2\n', "InvalidCsv 2:4 undefined: text follows the closing quote"],
    ["an unclosed quote", 'a,b\n1,2\n3,"x\n4,5\n', "UnclosedQuote 3:3 undefined: the quote is never closed"],
    [
      "a bare carriage return",
      "a,b\n1\r2,3\n",
      "InvalidCsv 2:2 undefined: a carriage return stands without a line feed"
    ],
    ["a NUL", "a,b\n1,\0\n", "InvalidCsv 2:3 undefined: a NUL character is no text"],
    [
      "invalid UTF-8 on the second line of a record",
      text('a\n"x\ny', [0x80], '"\n'),
      "InvalidText 3:2 undefined: the bytes are not valid UTF-8"
    ],
    ["an unclosed quote in the header", 'a,"b\n1,2\n', "UnclosedQuote 1:3 undefined: the quote is never closed"],
    ["an empty column name", "a,,c\n1,2,3\n", "InvalidHeader 1:3 undefined: column 2 has no name"],
    ["a repeated column name", "a,b,a\n1,2,3\n", "InvalidHeader 1:5 undefined: two columns have the same name"],
    [
      "a header that is no CSV",
      'a"b\n',
      "InvalidHeader 1:2 undefined: a quote stands inside a field that is not quoted"
    ],
    ["old Mac line ends", "a,b\r1,2\r", "InvalidHeader 1:4 undefined: a carriage return stands without a line feed"],
    ["a header only", "a,b\n", "Empty undefined:undefined undefined: no rows"],
    ["an empty file", "", "Empty undefined:undefined undefined: no rows"]
  ]
  it.effect.each(cases)("%s", ([, content, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* problem(csv(content)), expected)
    })
  )

  it.effect("a bad header even when invalid rows are skipped, so that no row takes its place", () =>
    Effect.gen(function* () {
      const skip = { onInvalid: "skip", limits: { lineBytes: 10 } } as const
      assert.include(yield* problem(csv("a_long_name,b\n1,2\n3,4\n", skip)), "InvalidHeader 1:undefined")
      assert.include(yield* problem(csv(text("a,", [0xff], "\n1,2\n"), skip)), "InvalidHeader 1:3")
      assert.include(yield* problem(csv("a,a\n1,2\n", skip)), "InvalidHeader 1:3")
    })
  )
})
