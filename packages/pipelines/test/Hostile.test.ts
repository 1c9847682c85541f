import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as Xml from "effect/encoding/Xml"
import * as Stream from "effect/Stream"
import type * as Cell from "../src/Cell.ts"
import * as CellsCsv from "../src/CellsCsv.ts"
import * as ComparisonMarkdown from "../src/ComparisonMarkdown.ts"
import * as ComparisonWindow from "../src/ComparisonWindow.ts"
import * as Display from "../src/Display.ts"
import * as GitHubActions from "../src/GitHubActions.ts"
import * as JUnit from "../src/JUnit.ts"
import * as Pace from "../src/Pace.ts"
import * as PipelineWindow from "../src/PipelineWindow.ts"
import * as ReportEvent from "../src/ReportEvent.ts"
import type * as RunFacts from "../src/RunFacts.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import * as TerminalPlan from "../src/TerminalPlan.ts"
import * as TerminalReport from "../src/TerminalReport.ts"
import * as TerminalTable from "../src/TerminalTable.ts"
import { facts, plan, random, summary } from "./ComparisonFixture.ts"
import { corpus } from "./HostileText.ts"
import { progress } from "./ProgressFixture.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

/** Everything that a comparison is told in text, with one text in every place that takes one. */
const world = (text: string) => {
  const of = summary({
    seed: 11,
    candidates: [text, `${text} b`, "c"],
    metrics: [text, "rouge_1"],
    rows: 40,
    repeats: 1
  })
  const [first] = of.candidates
  const told: RunFacts.RunFacts = facts(of, {
    name: text,
    stopped: text,
    gates: of.candidates.map(({ candidate }) => ({
      candidate,
      checks: [{ threshold: text, outcome: "failed", messages: [text, text] }]
    })),
    failures: [{ candidate: text, rowId: text, tag: text, message: text, place: { file: text, line: 1 } }],
    artifacts: [{ label: text, path: text }],
    resume: text
  })
  const failed = {
    ...of,
    candidates: of.candidates.map((one) => (one === first ? { ...one, failure: { tag: text, message: text } } : one))
  }
  const now = progress(0.5, { candidates: [text, "b"], metrics: [text] })
  return {
    summary: {
      ...failed,
      order_absent: text,
      differences: of.differences.map((one) => ({ ...one, verdict: "not_tested" as const, reason: text }))
    },
    facts: told,
    plan: plan({
      dataset: { source: text, sha256: "0".repeat(64), invalid: 0 },
      priceUnknown: [text],
      unplanned: [text],
      warnings: [text]
    }),
    progress: {
      ...now,
      firstError: { candidate: text, rowId: text, tag: text },
      candidates: now.candidates.map((one) => ({ ...one, activity: { _tag: "Failed", tag: text } as const }))
    }
  }
}

const terminal = (text: string, display: Display.Display): string => {
  const { facts, plan, progress, summary } = world(text)
  const pipeline = PipelineWindow.lines(
    {
      name: text,
      history: [
        {
          name: text,
          kind: "step",
          state: "running",
          startedAt: 0,
          endedAt: null,
          attempts: 2,
          costUsd: Money.usd("1"),
          error: text
        }
      ],
      planned: [text, "next"],
      notes: new Map([[text, { text, link: { text, url: `https://example.com/${text}` } }]]),
      now: 1_000
    },
    { columns: 100, rows: 40 }
  )
  const lines = [
    ...TerminalPlan.lines(plan, { name: text, budget: Money.usd("5"), columns: 100 }),
    ...ComparisonWindow.lines(
      { name: text, progress, pace: Pace.start(progress, 0), now: 0, stopping: false },
      { columns: 100, rows: 40 }
    ),
    ...pipeline,
    ...TerminalReport.lines(summary, facts, { columns: 100 }),
    ...TerminalReport.lines(summary, facts, { columns: 60, quiet: true })
  ]
  const table = TerminalTable.render([text], [{ heading: text, cell: (cell) => cell }], 80)
  return [...lines.map((line) => TerminalLine.paint(line, display)), table].join("\n")
}

// What a terminal may get besides text: our styles and our links, whole.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const ours = /\u001b\[(?:0|1|2|31|32|33)m|\u001b\]8;;(?:https:\/\/example\.com\/[!-~]*)?\u001b\\/g
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

const cellOf = (text: string): Cell.Cell => ({
  runId: text,
  candidate: text,
  fingerprint: text,
  row: 1,
  rowId: text,
  prompt: text,
  reference: text,
  response: text,
  finishReason: text,
  modelVersion: text,
  latencyMs: -1.5,
  scores: { m: { score: -0.25, explanation: text, error: { tag: text, message: text } } },
  spent: { generation: Money.zero, judge: Money.zero, unknown: 0 },
  error: { tag: text, message: text }
})

const readCsv = (text: string) =>
  Stream.make(text).pipe(Stream.pipeThroughChannel(Csv.decodeString({ maxRecordSize: Infinity })), Stream.runCollect)

const parseXml = (text: string) =>
  Stream.make(text).pipe(Stream.pipeThroughChannel(Xml.decodeString()), Stream.runCollect)

/** Markdown with its code spans taken out, by the rule of CommonMark: a run of backticks ends at the next run of the same length. */
const skeleton = (markdown: string): string => {
  const runs = [...markdown.matchAll(/`+/g)]
  let text = ""
  let at = 0
  for (let index = 0; index < runs.length; index++) {
    const open = runs[index]
    if (open === undefined || open.index < at) continue
    const close = runs.slice(index + 1).find((run) => run[0].length === open[0].length)
    if (close === undefined) continue
    text += `${markdown.slice(at, open.index)}CODE`
    at = close.index + close[0].length
  }
  return text + markdown.slice(at)
}

/** The cells of a row as GitHub splits it: at pipes that are not escaped, also inside code. */
const cellsOf = (line: string) => line.split(/(?<!\\)\|/).length

const trials = (count: number) => {
  const next = random(seed)
  const pick = () => corpus[Math.floor(next() * corpus.length)] ?? ""
  return Array.from({ length: count }, () => {
    const [a, b] = [pick(), pick()]
    return a.slice(0, Math.floor(next() * 200)) + b.slice(0, 200)
  })
}

// GENOPS_TRIALS multiplies the number of random texts for long runs.
const texts = [...corpus, ...trials(60 * Number(process.env["GENOPS_TRIALS"] ?? 1))]
const of = (text: string) => `GENOPS_SEED=${seed} ${JSON.stringify(text.slice(0, 120))}`

describe(`hostile texts in every place (GENOPS_SEED=${seed})`, () => {
  it("there are more than thirty", () => assert.isAtLeast(corpus.length, 30))

  it("steer no terminal", () => {
    const display = { ...Display.plain, color: true, animate: true, links: true }
    for (const text of texts) {
      assert.notMatch(terminal(text, Display.plain), steering, of(text))
      assert.notInclude(terminal(text, Display.plain), "\t", of(text))
      assert.notMatch(terminal(text, display).replace(ours, ""), steering, of(text))
    }
    // The control: without the painting it does.
    assert.match(world("\u001b[2J").facts.name, steering)
  })

  it("are no command to a GitHub runner", () => {
    const display = Display.detect({ env: { GITHUB_ACTIONS: "true" }, isTerminal: false })
    for (const text of texts) {
      for (const line of terminal(text, display).split("\n").slice(0, -2)) {
        assert.notMatch(line, /^\s*::|##\[/, of(text))
      }
      for (const line of GitHubActions.annotations(world(text).facts)) {
        assert.notMatch(line, steering)
        assert.notInclude(line, "\n")
        // A command's properties end at the first `::`; in them, `,` and `:` would begin another.
        assert.match(line, /^::error (?:(?:file=[^,:]*,line=1,)?title=[^,:]*)::/, of(text))
        assert.notMatch(line, /%(?!25|0A|0D|3A|2C)/, of(text))
      }
    }
  })

  it.effect("leave XML well-formed, with as many test cases as there are thresholds", () =>
    Effect.forEach(texts, (text) =>
      Effect.gen(function* () {
        const { facts, summary } = world(text)
        const events = yield* parseXml(JUnit.encode(summary, facts))
        const starts = events.flatMap((event) => (event._tag === "StartElement" ? [event.name] : []))
        assert.lengthOf(
          starts.filter((name) => name === "testsuite"),
          3,
          of(text)
        )
        assert.lengthOf(
          starts.filter((name) => name === "testcase"),
          4,
          of(text)
        )
        assert.lengthOf(
          starts.filter((name) => name === "failure"),
          3,
          of(text)
        )
        assert.notMatch(JUnit.encode(summary, facts), steering, of(text))
      })
    )
  )

  it("are code in Markdown, and nothing but code", () => {
    const plain = skeleton(ComparisonMarkdown.encode(world("harmless").summary, world("harmless").facts))
    for (const text of texts) {
      const { facts, summary } = world(text)
      const markdown = ComparisonMarkdown.encode(summary, facts)
      assert.strictEqual(skeleton(markdown).replaceAll("(empty)", "CODE"), plain, of(text))
      assert.notMatch(markdown, steering, of(text))
      const rows = markdown.split("\n").filter((line) => line.startsWith("| "))
      assert.strictEqual(new Set(rows.map(cellsOf)).size, 1, of(text))
    }
  })

  it.effect("come back from CSV as they went in, but are no formulas", () =>
    Effect.forEach(texts, (text) =>
      Effect.gen(function* () {
        const csv = (yield* Stream.runCollect(CellsCsv.encode(Stream.make(cellOf(text), cellOf("x")), ["m"]))).join("")
        const records = yield* readCsv(csv)
        assert.lengthOf(records, 3, of(text))
        for (const record of records) assert.lengthOf(record, records[0]?.length ?? 0, of(text))
        const response = records[1]?.[records[0]?.indexOf("response") ?? 0] ?? ""
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        const kept = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "")
        assert.include([kept, `'${kept}`], response, of(text))
        assert.notMatch(response, /^[\s\u200b\ufeff]*[=+@＝]|^[\t\r]/u, of(text))
        assert.strictEqual(records[1]?.[records[0]?.indexOf("latency_ms") ?? 0], "-1.5")
        assert.strictEqual(records[1]?.[records[0]?.indexOf("m") ?? 0], "-0.25")
      })
    )
  )

  it("are one line of JSON that says what they are", () => {
    for (const text of texts) {
      const { facts, plan, progress, summary } = world(text)
      const events: ReadonlyArray<ReportEvent.ReportEvent> = [
        { type: "plan", plan },
        { type: "progress", progress },
        { type: "failure", failure: { candidate: text, rowId: text, tag: text, message: text } },
        { type: "end", summary, facts }
      ]
      for (const event of events) {
        const line = ReportEvent.encode(event, 0)
        assert.notMatch(line, steering, of(text))
        assert.notInclude(line, "\n")
        const read: Record<string, unknown> = JSON.parse(line)
        assert.strictEqual(read["type"], event.type)
        if (event.type === "failure") assert.strictEqual(JSON.parse(line).failure.message, text, of(text))
      }
    }
  })
})
