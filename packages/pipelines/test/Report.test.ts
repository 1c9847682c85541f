import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import type * as Cell from "../src/Cell.ts"
import type * as Data from "../src/report/browser/data.ts"
import * as Pack from "../src/report/browser/pack.ts"
import * as Report from "../src/Report.ts"
import * as Cast from "./ReportCast.ts"
import * as Fixture from "./ReportFixture.ts"
import * as Page from "./ReportPage.ts"

const fixture = Fixture.make({ rows: 60, repeats: 2, trouble: 0.05 })
const replaced = (cells: ReadonlyArray<Cell.Cell>) => ({ ...fixture, cells: Stream.fromIterable(cells) })

describe("the page", () => {
  it.effect("names the hashes of its only script and style, and loads nothing", () =>
    Effect.gen(function* () {
      const page = yield* Page.html({ ...fixture, history: Cast.history, gates: Cast.gates })
      const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ""
      const scripts = Array.from(page.matchAll(/<script>([\s\S]*?)<\/script>/g), ([, script]) => script ?? "")
      const styles = Array.from(page.matchAll(/<style>([\s\S]*?)<\/style>/g), ([, style]) => style ?? "")
      assert.lengthOf(scripts, 1)
      assert.lengthOf(styles, 1)
      assert.strictEqual(
        policy,
        `default-src 'none'; script-src ${Page.sha256(scripts[0] ?? "")}; style-src ${Page.sha256(styles[0] ?? "")}; img-src data:; base-uri 'none'; form-action 'none'`
      )
      assert.notMatch(
        page.replace(/<script>[\s\S]*?<\/script>/, ""),
        /\ssrc=|url\((?!#)|@import|<link|\son[a-z]+=|\sstyle=/i
      )
      for (const [, href] of page.matchAll(/href="([^"]*)"/g)) assert.match(href ?? "", /^#row-\d+$/)
    })
  )

  it.effect("has every section, the first 25 rows, and a table for every chart", () =>
    Effect.gen(function* () {
      const page = yield* Page.html({ ...fixture, history: Cast.history, gates: Cast.gates })
      const ids = Array.from(page.matchAll(/<section id="([^"]+)"/g), ([, id]) => id)
      assert.deepStrictEqual(ids, [
        "summary",
        "trade-off",
        "win-rates",
        "distributions",
        "rows",
        "pipeline",
        "failures",
        "measured"
      ])
      assert.lengthOf(Array.from(page.matchAll(/<tr id="row-\d+"/g)), 25)
      const charts = Array.from(
        page.matchAll(/<svg class="chart"[^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+\.<\/desc>/g)
      )
      assert.lengthOf(charts, 7)
      const figures = Array.from(
        page.matchAll(/<figure[\s\S]*?<\/figure>(?:<details class="twin">)?/g),
        ([figure]) => figure
      )
      assert.lengthOf(figures, 7)
      for (const figure of figures) assert.include(figure, '<details class="twin">')
    })
  )

  it.effect("is the same for the same input, and for cells that came in another order", () =>
    Effect.gen(function* () {
      const page = yield* Page.html(fixture)
      assert.strictEqual(yield* Page.html(fixture), page)
      // Backwards, and by candidate as when one is much slower than the others.
      assert.strictEqual(yield* Page.html(replaced(fixture.kept.toReversed())), page)
      assert.strictEqual(
        yield* Page.html(replaced(fixture.kept.toSorted((a, b) => (a.candidate < b.candidate ? -1 : 1)))),
        page
      )
    })
  )

  it.effect("says what is not known instead of leaving it out", () =>
    Effect.gen(function* () {
      const [first] = fixture.summary.candidates
      if (first === undefined) return assert.fail("no candidate")
      const broken = { ...first, cost_unknown: 3, failure: { tag: "NotFound", message: "There is no such model." } }
      const summary = { ...fixture.summary, candidates: [broken, ...fixture.summary.candidates.slice(1)] }
      const page = yield* Page.html({ ...fixture, summary, spent: Money.usd("1.5") })
      assert.match(Page.text(page), /at least \$1\.50 of \$5\.00/)
      assert.include(
        Page.text(Page.section(page, "measured")),
        "The cost of 3 calls is not known: the sums are too low."
      )
      assert.include(Page.text(page), "pro could not be used.")
      assert.include(Page.text(Page.section(page, "failures")), "There is no such model.")
    })
  )

  it.effect("is there for a run without a single cell", () =>
    Effect.gen(function* () {
      const empty = Fixture.make({ rows: 5, share: 0 })
      const page = yield* Page.html(empty)
      assert.lengthOf(Page.index(page).rows, 0)
      assert.include(Page.text(page), "So far, at 0% of the run: No difference to pro")
    })
  )
})

describe("the rows", () => {
  it.effect("are the last attempts, with what all of them have cost", () =>
    Effect.gen(function* () {
      const [cell] = fixture.kept
      if (cell === undefined) return assert.fail("no cell")
      const spent = { generation: Money.usd("0.1"), judge: Money.usd("0.02"), unknown: 1 }
      const early: Cell.Cell = { ...cell, response: "first try", spent }
      const late: Cell.Cell = { ...cell, response: "second try", spent }
      const page = yield* Page.html(replaced([early, ...fixture.kept.slice(1), late]))
      const row = Page.chunk(page, 0)[cell.row]
      const shown = row?.cells.find(({ candidate, repeat }) => candidate === 0 && repeat === (cell.repeat ?? 0))
      assert.strictEqual(shown?.response, "second try")
      assert.strictEqual(shown?.attempts, 2)
      assert.deepStrictEqual(shown?.spent, { generationUsd: "0.2", judgeUsd: "0.04", unknown: 2 })
    })
  )

  it.effect("have the numbers of the cells, averaged over repeats", () =>
    Effect.gen(function* () {
      const page = yield* Page.html(fixture)
      const index = Page.index(page)
      assert.deepStrictEqual(
        index.measures.map(({ name }) => name),
        ["summarization_quality", "rouge_l_sum", "groundedness", "verbosity", "latency_ms", "cost_usd", "output_tokens"]
      )
      for (const [position, row] of index.rows.entries()) {
        for (const [candidate, name] of index.candidates.entries()) {
          const scores = fixture.kept.flatMap((cell) =>
            cell.row === row && cell.candidate === name ? (cell.scores["rouge_l_sum"]?.score ?? []) : []
          )
          const mean = scores.length === 0 ? null : scores.reduce((sum, one) => sum + one, 0) / scores.length
          const shown = index.values[1]?.[candidate]?.[position] ?? null
          if (mean === null || shown === null) assert.strictEqual(shown, mean)
          else assert.approximately(shown, mean, 1e-4)
        }
      }
    })
  )

  it.effect("are compared by pairs as the comparison itself compares them", () =>
    Effect.gen(function* () {
      const { summary } = fixture
      const index = Page.index(yield* Page.html(fixture))
      for (const [candidate, name] of index.candidates.entries()) {
        const planned = summary.differences.find(
          (one) => one.candidate === name && one.metric === summary.primary_metric
        )
        const pair = index.pairs[candidate]?.[index.planned] ?? null
        if (planned === undefined) assert.isNull(pair)
        else {
          assert.strictEqual(pair?.n, planned.n)
          assert.approximately(pair?.difference?.[0] ?? Number.NaN, planned.mean ?? 0, 1e-6)
        }
        for (const [against, other] of index.candidates.entries()) {
          const rate = summary.win_rates.find(
            (one) => one.candidate === name && one.against === other && one.metric === summary.primary_metric
          )
          const turned = summary.win_rates.find(
            (one) => one.candidate === other && one.against === name && one.metric === summary.primary_metric
          )
          const expected = rate?.rate ?? (turned === undefined ? undefined : 1 - (turned.rate ?? 0))
          const shown = index.pairs[candidate]?.[against]?.winRate?.[0]
          if (expected === undefined) assert.isUndefined(shown)
          else assert.approximately(shown ?? Number.NaN, expected, 1e-9)
        }
      }
    })
  )

  it("are packed and unpacked without a change", () => {
    const { pack, unpack } = Pack.make()
    const score = { score: 1, explanation: "" }
    const cell = { candidate: 0, repeat: 0, attempts: 1, spent: { generationUsd: "0", judgeUsd: "0", unknown: 0 } }
    const rows: ReadonlyArray<Data.RowText> = [
      { row: 0, id: "a", cells: [{ ...cell, scores: {} }] },
      { row: 1, id: "b", prompt: "", cells: [] },
      {
        row: 7,
        id: "c",
        reference: "r",
        cells: [{ ...cell, response: "", scores: JSON.parse('{"__proto__":{"score":2}}') }]
      },
      {
        row: 8,
        id: "d",
        prompt: "p",
        reference: "",
        cells: [
          { ...cell, response: "x", scores: { b: score, "1": { score: null }, a: score } },
          { ...cell, scores: { a: score } }
        ]
      }
    ]
    assert.deepStrictEqual(unpack(JSON.parse(JSON.stringify(pack(rows)))), rows)
  })

  it.effect("say how each candidate fared, the worst repeat first", () =>
    Effect.gen(function* () {
      const index = Page.index(yield* Page.html(fixture))
      const worst = { ".": 1, u: 2, b: 3, e: 4 } as const
      const stateOf = (cell: Cell.Cell) =>
        cell.error?.tag === "ContentBlocked"
          ? "b"
          : cell.error !== undefined
            ? "e"
            : Object.values(cell.scores).some(({ error }) => error !== undefined)
              ? "u"
              : "."
      for (const [candidate, name] of index.candidates.entries()) {
        const expected = index.rows.map(
          (row) =>
            fixture.kept
              .filter((cell) => cell.row === row && cell.candidate === name)
              .map(stateOf)
              .toSorted((a, b) => worst[b] - worst[a])[0]
        )
        assert.strictEqual(index.states[candidate], expected.join(""))
      }
      assert.match(index.states.join(""), /u/)
      assert.match(index.states.join(""), /e/)
    })
  )

  it.effect("leave out scores of an older definition of a metric", () =>
    Effect.gen(function* () {
      const older = fixture.kept.map((cell): Cell.Cell => ({
        ...cell,
        scores: Object.fromEntries(
          Object.entries(cell.scores).map(([name, score]) => [
            name,
            name === "rouge_l_sum" ? { ...score, version: "00000000" } : score
          ])
        )
      }))
      const page = yield* Page.html(replaced(older))
      assert.isTrue(Page.index(page).values[1]?.every((column) => column.every((value) => value === null)))
      assert.include(Page.text(Page.section(page, "failures")), "NotReached")
    })
  )

  it.effect("are those of the run only; others are counted", () =>
    Effect.gen(function* () {
      const [cell] = fixture.kept
      if (cell === undefined) return assert.fail("no cell")
      const foreign: ReadonlyArray<Cell.Cell> = [
        { ...cell, candidate: "stranger" },
        { ...cell, row: 60 },
        { ...cell, repeat: 2 }
      ]
      const page = yield* Page.html(replaced([...fixture.kept, ...foreign]))
      assert.lengthOf(Page.index(page).rows, 60)
      assert.include(Page.text(page), "3 cells that belong to no row or candidate of this run.")
    })
  )
})

describe("texts", () => {
  const secret = (options: Fixture.Shape = {}) =>
    Fixture.make({
      rows: 30,
      trouble: 0.2,
      ...options,
      text: (slot, text) =>
        /prompt|reference|response|explanation|error|instruction|criteria/.test(slot) ? `CANARY ${text}` : text
    })

  it.effect("are in the report as they are", () =>
    Effect.gen(function* () {
      assert.include(Page.everything(yield* Page.html(secret())), "CANARY")
    })
  )

  it.effect("are not in it without content", () =>
    Effect.gen(function* () {
      const page = yield* Page.html({ ...secret(), content: false })
      assert.notInclude(Page.everything(page), "CANARY")
      assert.include(Page.text(page), "were left out of this report")
      assert.lengthOf(Page.index(page).rows, 30)
    })
  )

  it.effect("go through what redacts, every one of them", () =>
    Effect.gen(function* () {
      const page = yield* Page.html({ ...secret(), redact: (text) => text.replaceAll("CANARY", "[redacted]") })
      assert.notInclude(Page.everything(page), "CANARY")
      assert.include(Page.everything(page), "[redacted]")
    })
  )
})

describe("the file", () => {
  const written = (options: { readonly mostBytes?: number } = {}) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const many = Fixture.make({ rows: 1200, candidates: 2, metrics: ["rouge_1"], trouble: 0.01 })
      const path = `${directory}/out/report.html`
      const result = yield* Report.write(path, { ...many, ...options })
      const names = yield* fs.readDirectory(`${directory}/out`, { recursive: true })
      const read = (name: string) => fs.readFileString(`${directory}/out/${name}`)
      return { many, result, names: names.toSorted(), read, out: `${directory}/out` }
    })

  it.effect("is one, the same as the text, and nothing is left beside it", () =>
    Effect.gen(function* () {
      const { many, names, out, read, result } = yield* written()
      const page = yield* read("report.html")
      assert.strictEqual(page, yield* Page.html(many))
      assert.deepStrictEqual(names, ["report.html"])
      assert.deepStrictEqual(result, { path: `${out}/report.html`, parts: [], bytes: Buffer.byteLength(page) })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is shared out when it would be too large", () =>
    Effect.gen(function* () {
      const { many, names, out, read, result } = yield* written({ mostBytes: 1000 })
      assert.deepStrictEqual(names, ["report", "report.html", "report/rows-002.html", "report/rows-003.html"])
      assert.deepStrictEqual(result.parts, [`${out}/report/rows-002.html`, `${out}/report/rows-003.html`])
      const pages = yield* Effect.forEach(["report.html", "report/rows-002.html", "report/rows-003.html"], read)
      assert.deepStrictEqual(
        pages.flatMap((page) => Page.index(page).rows),
        Array.from({ length: 1200 }, (_, row) => row)
      )
      const [first = "", second = ""] = pages
      assert.include(Page.text(first), "This report is too large for one file: it is in 3, of which this is number 1.")
      assert.include(first, 'href="./report/rows-002.html"')
      assert.include(second, 'href="./../report.html"')
      assert.include(second, 'href="./rows-003.html"')
      assert.notInclude(second, '<section id="summary"')
      // The charts are of all rows.
      assert.include(
        Page.section(first, "distributions"),
        `<td>${many.kept.filter((cell) => cell.candidate === "pro" && cell.response !== undefined).length.toLocaleString("en")}</td>`
      )
      // A failure in another part leads there.
      assert.match(Page.section(first, "failures"), /href="(?:#row-\d+|\.\/report\/rows-00[23]\.html#row-\d+)"/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("fails where nothing can be written, and leaves nothing", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${directory}/file`, "")
      const error = yield* Effect.flip(Report.write(`${directory}/file/report.html`, fixture))
      assert.strictEqual(error._tag, "PlatformError")
      assert.deepStrictEqual(yield* fs.readDirectory(directory), ["file"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
