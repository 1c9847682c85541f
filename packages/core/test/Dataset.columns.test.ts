import * as Dataset from "@genops/core/Dataset"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { text } from "./fixtures/bytes.ts"
import { jsonl } from "./fixtures/datasets.ts"

const isJson = (line: string) => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** Every path inside a value with the value there. */
const paths = (
  value: unknown,
  path: ReadonlyArray<PropertyKey> = []
): ReadonlyArray<readonly [path: ReadonlyArray<PropertyKey>, value: unknown]> => [
  [path, value],
  ...(typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => paths(item, [...path, Array.isArray(value) ? Number(key) : key]))
    : [])
]

const tokens: ReadonlyArray<string> = [
  ...'{}[],:"\\1-0.e \t\0é\uFEFF',
  '"a"',
  "\\n",
  "\\u00e9",
  "-0.5e+3",
  "true",
  "null",
  "nul"
]
const Tokens = Schema.Array(Schema.Literals(tokens))
const Edit = Schema.Struct({
  at: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  cut: Schema.Literals([0, 1, 2]),
  insert: Tokens
})

/** Asserts that a line is refused exactly when `JSON.parse` refuses it, with a column in it and a reason. */
const assertRefused = (line: string) =>
  Effect.gen(function* () {
    const error = yield* Dataset.check(jsonl(line)).pipe(Effect.flip, Effect.option)
    const invalid = error._tag === "Some" && error.value.kind === "InvalidJson" ? error.value : undefined
    assert.strictEqual(invalid === undefined, isJson(line), JSON.stringify(line))
    if (invalid === undefined) return
    assert.isAtLeast(invalid.column ?? 0, 1)
    assert.isAtMost(invalid.column ?? Number.POSITIVE_INFINITY, line.length + 1)
    assert.notStrictEqual(invalid.reason, "not valid JSON")
  })

describe("a syntax error", () => {
  it.effect.prop("is found in any line that JSON.parse refuses", [Tokens], ([tokens]) =>
    assertRefused(`1${tokens.join("")}`)
  )

  it.effect.prop("is found after any edit of valid JSON", [Schema.Json, Edit], ([value, edit]) => {
    const json = JSON.stringify({ value })
    const at = Math.floor(edit.at * json.length)
    return assertRefused(`{${json.slice(1, at)}${edit.insert.join("")}${json.slice(at + edit.cut)}`)
  })
})

describe("a wrong value", () => {
  it.effect.prop("is pointed at, at any path of any row", [Schema.Json], ([value]) =>
    Effect.gen(function* () {
      const row = { first: 1, value }
      const line = JSON.stringify(row)
      for (const [path, expected] of paths(row)) {
        const schema = Schema.Unknown.check(Schema.makeFilter(() => ({ path, issue: "wrong" })))
        const dataset = Dataset.fromJsonl(Stream.make(text(line)), { source: "f", schema })
        const { column, reason } = yield* Effect.flip(Dataset.check(dataset))
        assert.strictEqual(reason, "wrong")
        assert.isTrue(line.startsWith(JSON.stringify(expected), (column ?? 0) - 1), `${line} at ${path.join(".")}`)
      }
    })
  )
})
