import { assert, describe, it } from "@effect/vitest"
import * as Display from "../src/Display.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import * as TerminalTable from "../src/TerminalTable.ts"
import * as TerminalText from "../src/TerminalText.ts"
import { random } from "./ComparisonFixture.ts"
import { corpus } from "./HostileText.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

describe("TerminalText", () => {
  it("counts what a terminal counts", () => {
    for (const [text, width] of [
      ["abc", 3],
      ["日本", 4],
      ["e\u0301", 1],
      ["👩‍👩‍👧‍👦", 2],
      ["", 0],
      ["━", 1]
    ] as const) {
      assert.strictEqual(TerminalText.width(text), width, text)
    }
  })

  it("cuts at a grapheme, with an ellipsis when something is lost", () => {
    assert.strictEqual(TerminalText.cut("abcdef", 6), "abcdef")
    assert.strictEqual(TerminalText.cut("abcdef", 5), "abcd…")
    assert.strictEqual(TerminalText.cut("日本語", 5), "日本…")
    assert.strictEqual(TerminalText.cut("日本語", 4), "日…")
    assert.strictEqual(TerminalText.cut("a  b", 9), "a  b")
    assert.strictEqual(TerminalText.cut("abc", 0), "")
    assert.strictEqual(TerminalText.oneLine(" a \n\t b ", 9), "a b")
  })

  it("keeps at most eight marks on a character, and any that scripts use", () => {
    assert.strictEqual(TerminalText.sanitize(`a${"\u0301".repeat(99)}b`), `a${"\u0301".repeat(8)}b`)
    for (const text of ["ཧཱུྃ", "שָׁלוֹם", "ที่นี่", "นั่น", "👍🏽", "❤️", "क्षि"])
      assert.strictEqual(TerminalText.sanitize(text), text)
  })

  it(`is never wider than asked, whatever the text (GENOPS_SEED=${seed})`, () => {
    const next = random(seed)
    for (let count = 0; count < 3_000; count++) {
      const text = (corpus[Math.floor(next() * corpus.length)] ?? "").slice(Math.floor(next() * 20))
      const columns = Math.floor(next() * 60)
      assert.isAtMost(TerminalText.width(TerminalText.cut(text, columns)), columns, JSON.stringify(text.slice(0, 99)))
      assert.isAtMost(
        TerminalText.width(TerminalText.oneLine(text, columns)),
        columns,
        JSON.stringify(text.slice(0, 99))
      )
      for (const line of TerminalText.wrap(text.slice(0, 500), columns + 1))
        assert.isAtMost(TerminalText.width(line), columns + 1)
    }
  })

  it("does not read more of a long text than it shows", () => {
    const long = "x".repeat(50_000_000)
    assert.strictEqual(TerminalText.oneLine(long, 10), "xxxxxxxxx…")
    assert.strictEqual(TerminalText.cut(`${" ".repeat(1_000)}x`, 3), "…")
  })
})

describe("TerminalLine", () => {
  const line: TerminalLine.Line = [{ text: "ab", style: "bold" }, { text: " " }, { text: "日本", style: "good" }]

  it("cuts across pieces", () => {
    const cut = (columns: number) => TerminalLine.paint(TerminalLine.cut(line, columns), Display.plain)
    assert.deepStrictEqual([7, 6, 5, 4, 3, 2, 1].map(cut), ["ab 日本", "ab 日…", "ab …", "ab …", "ab…", "a…", "…"])
  })

  it("pads to the left and to the right, and joins what is not empty", () => {
    assert.strictEqual(TerminalLine.width(TerminalLine.pad(line, 10)), 10)
    assert.strictEqual(TerminalLine.paint(TerminalLine.pad(line, 9, "right"), Display.plain), "  ab 日本")
    assert.strictEqual(
      TerminalLine.paint(TerminalLine.join([line, [], line], " | "), Display.plain),
      "ab 日本 | ab 日本"
    )
  })

  it("styles with colour only", () => {
    assert.strictEqual(TerminalLine.paint(line, Display.plain), "ab 日本")
    assert.strictEqual(
      TerminalLine.paint(line, { ...Display.plain, color: true }),
      "\u001b[1mab\u001b[0m \u001b[32m日本\u001b[0m"
    )
  })
})

describe("TerminalTable", () => {
  const rows = [
    { name: "short", value: "1" },
    { name: "a name that is much longer", value: "22" }
  ]
  const columns: ReadonlyArray<TerminalTable.Column<(typeof rows)[number]>> = [
    { heading: "name", cell: ({ name }) => name, flexible: true },
    { heading: "value", cell: ({ value }) => value, align: "right", rank: 1 },
    { heading: "again", cell: ({ value }) => value, rank: 2 }
  ]

  it("aligns, and shortens what is flexible", () => {
    assert.strictEqual(
      TerminalTable.render(rows, columns, 29),
      ["name             value  again", "short                1  1", "a name that is…     22  22"].join("\n")
    )
  })

  it("is never wider than the total width", () => {
    for (let width = 1; width < 60; width++) {
      for (const line of TerminalTable.render(rows, columns, width).split("\n"))
        assert.isAtMost(TerminalText.width(line), width)
    }
  })

  it("leaves out the highest rank first", () => {
    const names = (width: number) => TerminalTable.fit(rows, columns, width).kept.map(({ heading }) => heading)
    assert.deepStrictEqual(names(60), ["name", "value", "again"])
    assert.deepStrictEqual(names(24), ["name", "value"])
    assert.deepStrictEqual(names(10), ["name"])
    assert.deepStrictEqual(TerminalTable.fit(rows, columns, 10).left, columns.slice(1))
  })

  it("cuts a cell of a megabyte, and stands no rows", () => {
    const text = TerminalTable.render([{ name: "x", value: "y".repeat(1_000_000) }], columns.slice(1), 80)
    assert.isAtMost(text.length, 300)
    assert.strictEqual(TerminalTable.render([], columns, 80), "name  value  again")
  })
})
