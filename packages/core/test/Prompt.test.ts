import * as Prompt from "@genops/core/Prompt"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const render = (template: string, row: object) =>
  Result.match(
    Result.flatMap(Prompt.make(template), (prompt) => Prompt.render(prompt, row)),
    {
      onFailure: (error) => error.message,
      onSuccess: (text) => text
    }
  )

describe("make", () => {
  it("reads the variables of a literal template, also in the types", () => {
    const prompt = Result.getOrThrow(Prompt.make("{instruction}. Article: {context}. {{json}} {context} Summary:"))
    const variables: ReadonlyArray<"instruction" | "context"> = prompt.variables
    assert.deepStrictEqual(variables, ["instruction", "context"])
    const names: Prompt.VariablesOf<"{{{a}}}{b c}"> extends "a" | "b c" ? true : false = true
    assert.isTrue(names)
  })

  const broken: ReadonlyArray<readonly [template: string, line: number, column: number]> = [
    ["{", 1, 1],
    ["a {b", 1, 3],
    ["a } b", 1, 3],
    ["a {b}}", 1, 6],
    ["{}", 1, 1],
    ["{ }", 1, 1],
    ["{ a}", 1, 1],
    ["first\nsecond {a\nb}", 2, 8],
    ['answer as {"name": "x"}', 1, 11],
    ["{a{b}}", 1, 1],
    ["😀{", 1, 3]
  ]
  it.each(broken)("refuses %j at %d:%d", (template, line, column) => {
    const error = Result.getOrThrow(Result.flip(Prompt.make(template)))
    assert.deepStrictEqual([error._tag, error.line, error.column], ["PromptSyntaxError", line, column])
  })

  it.each(["", "no variables", "{{}}", "}}{{", "{a.b-c d}", "{0}", "{größe}", "{列}"])("accepts %j", (template) =>
    assert.isTrue(Result.isSuccess(Prompt.make(template)))
  )
})

describe("render", () => {
  it("fills the guide's template", () => {
    const row = { instruction: "Be short", context: "A fox.", reference: "Fox" }
    assert.strictEqual(
      render("{instruction}. Article: {context}. Summary:", row),
      "Be short. Article: A fox.. Summary:"
    )
  })

  it("never expands braces that come from data", () => {
    assert.strictEqual(render("{a} {b}", { a: "{b} {{b}} {", b: "$& {a}" }), "{b} {{b}} { $& {a}")
  })

  it.each([
    ["text", "text"],
    ["", ""],
    [0, "0"],
    [-1.5, "-1.5"],
    [false, "false"],
    [10n ** 20n, "100000000000000000000"],
    [[1, "a"], '[1,"a"]'],
    [{ b: null }, '{"b":null}']
  ])("writes %o as %s", (value, text) => assert.strictEqual(render("<{v}>", { v: value }), `<${text}>`))

  it.each([
    ["null", null],
    ["undefined", undefined],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["an object with a bigint", { a: 1n }]
  ])("treats %s as missing", (_, value) =>
    assert.include(render("{v}", { v: value }), "The prompt needs {v}: its value")
  )

  it("reads own properties only", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      assert.include(render(`{${name}}`, {}), `The prompt needs {${name}}: the row has no such column.`)
    }
    const row = JSON.parse('{"__proto__": "own", "constructor": "too"}')
    assert.strictEqual(render("{__proto__} {constructor}", row), "own too")
    assert.include(render("{a}", Object.create({ a: "inherited" })), "no such column")
  })

  it("names the variable, the columns and the near match", () => {
    const row = { context: "c", reference: "r" }
    assert.strictEqual(
      render("{context} {refernce}", row),
      "The prompt needs {refernce}: the row has no such column. Did you mean {reference}?\n" +
        "  Variables: context, refernce.  Columns: context, reference."
    )
    assert.notInclude(render("{zzz}", row), "Did you mean")
    assert.include(render("{Context}", row), "Did you mean {context}?")
  })

  it.prop(
    "a template of escaped text and variables renders to that text and those values",
    [Schema.Array(Schema.Struct({ text: Schema.String, value: Schema.String }))],
    ([pieces]) => {
      const template = pieces
        .map(({ text }, i) => `${text.replaceAll("{", "{{").replaceAll("}", "}}")}{v${i}}`)
        .join("")
      const row = Object.fromEntries(pieces.map(({ value }, i) => [`v${i}`, value]))
      assert.strictEqual(render(template, row), pieces.map(({ text, value }) => text + value).join(""))
    }
  )
})
