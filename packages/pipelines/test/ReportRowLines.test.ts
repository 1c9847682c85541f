import { assert, describe, it } from "@effect/vitest"
import * as Random from "@genops/core/statistics/Random"
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as Stream from "effect/Stream"
import * as CellsCsv from "../src/CellsCsv.ts"
import type * as Data from "../src/report/browser/data.ts"
import * as RowLines from "../src/report/browser/rowLines.ts"

const { csv, json, safe } = RowLines.make()
const index = { candidates: ["flash", "pro"], runId: "run" }

const row = (response: string): Data.RowText => ({
  row: 3,
  id: "three",
  prompt: "Why?",
  reference: "Because.",
  cells: [
    {
      candidate: 1,
      repeat: 0,
      response,
      scores: { rouge_1: { score: -0.5 }, better: { score: null, choice: "TIE", explanation: "Equal." } },
      attempts: 2,
      costUsd: "0.0021",
      tokens: { input: 10, cached: 0, output: 5, thinking: 0 },
      spent: { generationUsd: "0.0042", judgeUsd: "0", unknown: 0 }
    }
  ]
})

/** Reads CSV with effect's own decoder. */
const records = (lines: ReadonlyArray<string>) =>
  Stream.make(lines.join("")).pipe(
    Stream.pipeThroughChannel(Csv.decodeString()),
    Stream.runCollect,
    Effect.map((all) => Array.from(all))
  )

const formulas = [
  "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\rx", "\tx", " =1", "\u200b=1", "\ufeff=1", "\u00a0+2+3", "\u2060@x", "\u00ad-x",
  "\uff1d1", "\uff0bx", "\uff0dx", "\uff20x", "\n=1", "=HYPERLINK(\"http://x\")", "=cmd|' /C calc'!A0", "-2-3", "+49 30 1234"
] // prettier-ignore
const harmless = ["", "text", "a=1", "0.5", "-0.5", "+3", "-12", "1e9", "-1.5E-3", ".5", "'=1", "(=1)", '"=1"']

describe("CSV", () => {
  it("takes the edge off every formula and leaves numbers alone", () => {
    for (const text of formulas) assert.strictEqual(safe(text)[0], "'", JSON.stringify(text))
    for (const text of harmless) assert.strictEqual(safe(text), text)
  })

  it("agrees with the CSV that is written without a browser", () => {
    const seed = Number(process.env["GENOPS_SEED"] ?? 7)
    const next = Random.xoshiro128ss(seed)
    const alphabet = [..."=+-@\t\r\n \u200b\ufeff\u00a0\u00ad\uff1d\u0000\u0007\u0085,\"';019.eEax\ud800\u{1f600}"]
    for (let nth = 0; nth < 10_000; nth++) {
      const text = Array.from(
        { length: Random.index(next(), 8) },
        () => alphabet[Random.index(next(), alphabet.length)]
      ).join("")
      assert.strictEqual(safe(text), CellsCsv.safe(text), `seed ${seed}: ${JSON.stringify(text)}`)
    }
  })

  it.effect("has one record for each cell, whatever is in it", () =>
    Effect.gen(function* () {
      for (const text of [...formulas, ...harmless, 'quote " comma , line\r\nend', " blanks "]) {
        const read = yield* records(csv(index, ["rouge_1", "better", "absent"], [row(text)]))
        assert.strictEqual(read.length, 2)
        const [head = [], cell = []] = read
        const of = (name: string) => cell[head.indexOf(name)]
        assert.strictEqual(cell.length, head.length)
        assert.strictEqual(of("response"), safe(text))
        assert.deepStrictEqual(
          [
            "candidate",
            "row",
            "row_id",
            "attempts",
            "cost_usd",
            "rouge_1",
            "better",
            "better/explanation",
            "absent"
          ].map(of),
          ["pro", "3", "three", "2", "0.0021", "-0.5", "TIE", "Equal.", ""]
        )
      }
    })
  )

  it.effect("has all columns of the CSV that is written without a browser", () =>
    Effect.gen(function* () {
      const [ours = []] = yield* records(csv(index, ["rouge_1"], []))
      const [theirs = ""] = yield* Stream.runCollect(CellsCsv.encode(Stream.empty, ["rouge_1"]))
      const missing = theirs
        .trim()
        .split(",")
        .filter((name) => !ours.includes(name))
      // The fingerprint is in the report, not with each row.
      assert.deepStrictEqual(missing, ["fingerprint"])
    })
  )
})

describe("JSON Lines", () => {
  it("has one value a line, also for those who end lines as Unicode does", () => {
    for (const text of ["a\nb", "a\r\nb", "a\u2028b\u2029c\u0085d", "\ud800", "\u0000", "__proto__"]) {
      const lines = json(index, [row(text)]).join("")
      assert.strictEqual(lines.split(/\r\n|[\n\r\u0085\u2028\u2029]/).length, 2)
      const value: { readonly response: string; readonly candidate: string } = JSON.parse(lines)
      assert.strictEqual(value.response, text)
      assert.strictEqual(value.candidate, "pro")
    }
  })
})
