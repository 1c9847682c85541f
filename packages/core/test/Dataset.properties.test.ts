import { createHash } from "node:crypto"
import * as Dataset from "@genops/core/Dataset"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { chunked, text } from "./fixtures/bytes.ts"

// Text that meets every rule of the formats: quotes, delimiters, line breaks, several bytes a character, U+2028, a BOM.
const Text = Schema.Array(
  Schema.Literals(["a", '"', ",", "\n", "\r\n", "\\", " ", "{", "é", "€", "😀", "\u2028", "\uFEFF", "\uFFFD"])
)
const Layout = Schema.Struct({
  crlf: Schema.Boolean,
  bom: Schema.Boolean,
  lastNewline: Schema.Boolean,
  cuts: Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})
/** Rows of two columns, each after some blank lines. */
const Rows = Schema.NonEmptyArray(Schema.Struct({ blank: Schema.Literals([0, 0, 1, 2]), a: Text, b: Text }))

const quoted = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/** Lays rows out in a file and says on which physical line each begins. */
const layOut = (
  header: ReadonlyArray<string>,
  rows: typeof Rows.Type,
  layout: typeof Layout.Type,
  write: (row: { readonly a: string; readonly b: string }) => string
) => {
  const end = layout.crlf ? "\r\n" : "\n"
  const lines = [...header]
  const expected: Array<{ readonly line: number; readonly value: { readonly a: string; readonly b: string } }> = []
  for (const { a, b, blank } of rows) {
    lines.push(...Array.from({ length: blank }, () => ""))
    const value = { a: a.join(""), b: b.join("") }
    const before = lines.join("\n").split("\n").length
    expected.push({ line: lines.length === 0 ? 1 : before + 1, value })
    lines.push(write(value))
  }
  const content = `${layout.bom ? "\uFEFF" : ""}${lines.join(end)}${layout.lastNewline ? end : ""}`
  return { bytes: text(content), expected }
}

const assertReads = (
  { bytes, expected }: ReturnType<typeof layOut>,
  cuts: ReadonlyArray<number>,
  read: (bytes: Stream.Stream<Uint8Array>, options: Dataset.Options) => Dataset.Dataset<unknown>
) =>
  Effect.gen(function* () {
    const stream = chunked(
      bytes,
      cuts.map((cut) => Math.floor(cut * bytes.length))
    )
    const { report, rows } = yield* Dataset.collect(read(stream, { source: "f" }))
    assert.deepStrictEqual(
      rows.map(({ line, value }) => ({ line, value })),
      expected
    )
    assert.strictEqual(report.sha256, createHash("sha256").update(bytes).digest("hex"))
    assert.strictEqual(report.bytes, bytes.length)
  })

describe("any rows, in any layout, cut at any bytes, are read back with their physical lines", () => {
  it.effect.prop("as JSON Lines", { rows: Rows, layout: Layout }, ({ layout, rows }) =>
    assertReads(layOut([], rows, layout, JSON.stringify), layout.cuts, (bytes, options) =>
      Dataset.fromJsonl(bytes, options)
    )
  )

  it.effect.prop("as CSV", { rows: Rows, layout: Layout }, ({ layout, rows }) =>
    assertReads(
      layOut(["a,b"], rows, layout, ({ a, b }) => `${quoted(a)},${quoted(b)}`),
      layout.cuts,
      (bytes, options) => Dataset.fromCsv(bytes, options)
    )
  )

  it.effect.prop("byte by byte, with the same problems", { lines: Schema.Array(Text) }, ({ lines }) =>
    Effect.gen(function* () {
      const bytes = text(lines.map((line) => line.join("")).join("\n"))
      const outcome = (ends: ReadonlyArray<number>) =>
        Effect.result(Dataset.check(Dataset.fromCsv(chunked(bytes, ends), { source: "f" })))
      assert.deepStrictEqual(yield* outcome([...bytes.keys()]), yield* outcome([]))
    })
  )
})
