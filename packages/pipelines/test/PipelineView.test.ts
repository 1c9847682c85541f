import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Display from "../src/Display.ts"
import * as PipelineView from "../src/PipelineView.ts"
import * as PipelineWindow from "../src/PipelineWindow.ts"
import type * as RunHistory from "../src/RunHistory.ts"
import * as TerminalLine from "../src/TerminalLine.ts"

process.env["TZ"] = "UTC"

const size = { columns: 120, rows: 40 }
const planned = ["wait for data", "tune", "evaluate", "gate", "generate"]

const entry = (name: string, changes: Partial<RunHistory.Entry> = {}): RunHistory.Entry => ({
  name,
  kind: "step",
  state: "done",
  startedAt: 0,
  endedAt: 120_000,
  attempts: 1,
  costUsd: null,
  ...changes
})

const paint = (lines: ReadonlyArray<TerminalLine.Line>, display: Display.Display = Display.plain) =>
  lines.map((line) => TerminalLine.paint(line, display))

const running = entry("tune", { state: "running", startedAt: 120_000, endedAt: null })
const link = { text: "console link", url: "https://console.cloud.google.com/vertex-ai?project=acme" }
const tuning: PipelineWindow.State = {
  name: "support-model",
  history: [entry("wait for data", { kind: "wait" }), running],
  planned,
  notes: new Map([["tune", { text: "JOB_STATE_RUNNING (usually 35-70m)  job 8123", link }]]),
  now: 2_580_000
}

describe("PipelineWindow", () => {
  it("has a line for each step", () => {
    assert.deepStrictEqual(paint(PipelineWindow.lines(tuning, size)), [
      " support-model  1/5 steps  43m00s",
      " ✔ wait for data   2m00s",
      " ● tune           41m00s  JOB_STATE_RUNNING (usually 35-70m) job 8123  [console link]",
      " ○ evaluate",
      " ○ gate",
      " ○ generate"
    ])
  })

  it("links where the terminal has links, to https only and without what could steer it", () => {
    const display = { ...Display.plain, color: true, animate: true, links: true }
    const lineOf = (url: string) =>
      paint(
        PipelineWindow.lines({ ...tuning, notes: new Map([["tune", { text: "", link: { text: "x", url } }]]) }, size),
        display
      )[2] ?? ""
    assert.include(lineOf(link.url), `\u001b]8;;${link.url}\u001b\\[x]\u001b]8;;\u001b\\`)
    for (const url of ["http://evil.example/", "javascript:alert(1)", "file:///etc/passwd", "no url", ""]) {
      assert.notInclude(lineOf(url), "\u001b]8", url)
    }
    assert.include(lineOf("https://a.example/\u001b\\\u0007日"), "\u001b]8;;https://a.example/%1B/%07%E6%97%A5\u001b\\")
  })

  it("says what failed, what was begun again and what it cost", () => {
    const history = [
      entry("tune", { attempts: 3, costUsd: Money.usd("1.25") }),
      entry("evaluate", { state: "failed", error: "RunStopped: the budget is used up\n  Raise it." })
    ]
    const lines = paint(PipelineWindow.lines({ ...tuning, history }, size))
    assert.include(lines[0], "$1.25 spent")
    assert.match(lines[1] ?? "", /✔ tune +2m00s {2}\$1\.25 {2}begun 3 times/)
    assert.match(lines[2] ?? "", /✖ evaluate +2m00s {2}RunStopped: the budget is used up Raise it\.$/)
  })

  for (const begun of [0, 1, 8, 11, 20]) {
    it(`has at most 12 lines, with the last of ${begun} steps of 30 that have begun`, () => {
      const names = Array.from({ length: 30 }, (_, index) => `step ${index}`)
      const history = names.slice(0, begun).map((name) => entry(name))
      const lines = paint(PipelineWindow.lines({ ...tuning, history, planned: names }, size))
      assert.lengthOf(lines, 12)
      if (begun > 0) assert.isTrue(lines.some((line) => line.includes(`✔ step ${begun - 1} `)))
      const seen = lines.filter((line) => /step \d/.test(line)).length
      const more = Number(/and (\d+) more/.exec(lines.join("\n"))?.[1] ?? 0)
      const before = Number(/(\d+) steps? before/.exec(lines.join("\n"))?.[1] ?? 0)
      assert.strictEqual(seen + more + before, 30)
    })
  }

  it("is the head and the step that runs on a small terminal", () => {
    const lines = paint(PipelineWindow.lines(tuning, { columns: 60, rows: 10 }))
    assert.lengthOf(lines, 2)
    assert.include(lines[1], "● tune")
  })
})

describe("PipelineView", () => {
  it.effect("follows the stages of steps", () =>
    Effect.gen(function* () {
      const view = PipelineView.make("support-model", planned)
      yield* view.observer("wait for data", "before")
      yield* view.observer("wait for data", "started")
      yield* TestClock.adjust("2 minutes")
      yield* view.observer("wait for data", "answered")
      yield* view.observer("wait for data", "recorded")
      yield* view.observer("tune", "before")
      yield* view.observer("tune", "started")
      yield* view.note("tune", { text: "JOB_STATE_RUNNING" })
      const at = { wall: 150_000, steady: 150_000 }
      assert.deepStrictEqual(paint(view.window(at, size, false)), [
        " support-model  1/5 steps  2m30s",
        " ✔ wait for data   2m00s",
        " ● tune              30s  JOB_STATE_RUNNING",
        " ○ evaluate",
        " ○ gate",
        " ○ generate"
      ])
      // A step that an earlier process did is recorded at once.
      yield* view.observer("evaluate", "recorded")
      assert.include(paint(view.window(at, size, false))[3], "✔ evaluate")
      yield* view.history([entry("tune", { state: "failed", error: "no" })])
      assert.include(paint(view.window(at, size, false))[1], "✖ tune")
    })
  )

  it.effect("says a line at each change, and every 30 s while a step runs", () =>
    Effect.gen(function* () {
      const view = PipelineView.make("support-model", planned)
      const line = (ms: number) => {
        const line = view.line({ wall: ms, steady: ms }, false)
        return line === undefined ? undefined : TerminalLine.paint(line, Display.plain)
      }
      assert.isUndefined(line(0))
      yield* view.observer("tune", "started")
      assert.strictEqual(line(1_000), "00:00:01 0/5 ● tune      1s")
      assert.isUndefined(line(30_000))
      assert.strictEqual(line(31_000), "00:00:31 0/5 ● tune     31s")
      yield* view.note("tune", { text: "JOB_STATE_RUNNING" })
      assert.strictEqual(line(32_000), "00:00:32 0/5 ● tune     32s  JOB_STATE_RUNNING")
      yield* view.observer("tune", "recorded")
      assert.match(line(33_000) ?? "", /^00:00:33 1\/5 ✔ tune/)
      assert.isUndefined(line(90_000))
    })
  )
})
