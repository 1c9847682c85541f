/** The one-pass tokenizers against the chains of regular expressions that define them. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as BleuTokenizer from "../../src/metric/BleuTokenizer.ts"
import * as RougeTokens from "../../src/metric/RougeTokens.ts"
import * as Sentences from "../../src/metric/Sentences.ts"
import { codePoints } from "../../src/metric/Symbols.ts"
import * as Whitespace from "../../src/metric/Whitespace.ts"

const Pieces = Schema.Array(
  Schema.Literals([
    ..."aZ09.,-'\"&;<()\\/%$",
    " ",
    "\t",
    "\n",
    "\u001c",
    "\u0085",
    "\ufeff",
    "é",
    "½",
    "²",
    "٣",
    "。",
    "，",
    "你",
    "…",
    "€",
    "👍",
    "𝟘",
    "&amp;",
    "&lt;",
    "-\n",
    "<skipped>"
  ])
)

const western = (line: string) =>
  Whitespace.words(
    line
      .replace(/[{-~[-` -&(-+:-@/]/g, " $& ")
      .replace(/([^0-9])([.,])/gu, "$1 $2 ")
      .replace(/([.,])([^0-9])/gu, " $1 $2")
      .replace(/([0-9])(-)/g, "$1 $2 ")
  )

const chains: Record<"13a" | "intl" | "intl-v1" | "zh", (text: string) => ReadonlyArray<string>> = {
  "13a": (text) =>
    western(
      ` ${text
        .replaceAll("<skipped>", "")
        .replaceAll("-\n", "")
        .replaceAll("\n", " ")
        .replaceAll("&quot;", '"')
        .replaceAll("&amp;", "&")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")} `
    ),
  intl: (text) =>
    Whitespace.words(
      text
        .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
        .replace(/(\p{P})(\P{N})/gu, " $1 $2")
        .replace(/\p{S}/gu, " $& ")
    ),
  "intl-v1": (text) =>
    Whitespace.words(
      text
        .replace(/(\P{Nd})((?!\\)\p{P})/gu, "$1 $2 ")
        .replace(/((?!\\)\p{P})(\P{Nd})/gu, " $1 $2")
        .replace(/\p{S}/gu, " $& ")
    ),
  zh: (text) =>
    western(Whitespace.trim(text).replace(/[\u2001-\u2a6d\u3000-\u303f\u4e00-\u9fbb\uff00-\uffef]/g, " $& "))
}

describe("BleuTokenizer", () => {
  for (const name of ["13a", "intl", "intl-v1", "zh"] as const) {
    it.prop(`${name} is its chain of replacements`, [Pieces], ([pieces]) => {
      const text = Whitespace.trimEnd(pieces.join(""))
      assert.deepStrictEqual(BleuTokenizer.tokenize(text, name), chains[name](text))
    })
  }

  it.prop("char gives the code points that are no white space", [Pieces], ([pieces]) => {
    const text = pieces.join("")
    assert.strictEqual(BleuTokenizer.tokenize(text, "char").length, codePoints(Whitespace.remove(text)).length)
  })

  it("keeps the quirk of a mark after a mark", () => {
    assert.deepStrictEqual(BleuTokenizer.tokenize("a.,5", "13a"), ["a", ".", ",5"])
    assert.deepStrictEqual(BleuTokenizer.tokenize("in 1999.", "intl"), ["in", "1999."])
    assert.deepStrictEqual(BleuTokenizer.tokenize("in 1999.", "13a"), ["in", "1999", "."])
  })
})

describe("RougeTokens", () => {
  it.prop("are the runs of ASCII letters and digits", [Pieces], ([pieces]) => {
    const text = pieces.join("")
    assert.deepStrictEqual(RougeTokens.tokenize(text), text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
  })

  it("stems words of more than three characters", () => {
    assert.deepStrictEqual(RougeTokens.tokenize("Was running, skies!", true), ["was", "run", "sky"])
  })

  it.prop("are equal where their ids are", [Pieces, Pieces], ([a, b]) => {
    const texts = [a.join(""), b.join("")]
    for (const useStemmer of [false, true]) {
      const ids = RougeTokens.encode(texts, useStemmer).flat()
      const tokens = texts.flatMap((text) => RougeTokens.tokenize(text, useStemmer))
      assert.strictEqual(ids.length, tokens.length)
      assert.strictEqual(new Set(tokens.map((token, i) => `${token} ${ids[i]}`)).size, new Set(tokens).size)
      assert.strictEqual(new Set(ids).size, new Set(tokens).size)
    }
  })

  it("keep their identity within a call when the memory of words is full", () => {
    const many = (offset: number) => Array.from({ length: 60_000 }, (_, i) => `word${i + offset}s`).join(" ")
    for (const offset of [0, 30_000, 0]) {
      const [first = [], second = []] = RougeTokens.encode([many(offset), many(offset)], true)
      assert.strictEqual(new Set(first).size, 60_000)
      assert.deepStrictEqual(first, second)
    }
  })
})

describe("Sentences", () => {
  it.prop("lose no character but white space", [Pieces], ([pieces]) => {
    const text = pieces.join("")
    const kept = Sentences.split(text).join("")
    assert.strictEqual(
      Whitespace.remove(kept).replaceAll("\ufeff", ""),
      Whitespace.remove(text).replaceAll("\ufeff", "")
    )
  })

  it("keeps abbreviations and initials together", () => {
    assert.deepStrictEqual(Sentences.split("Dr. A. Smith met Mr. Jones at 5 p.m. on Jan. 3. They talked."), [
      "Dr. A. Smith met Mr. Jones at 5 p.m. on Jan. 3.",
      "They talked."
    ])
  })
})
