import { assert, describe, it } from "@effect/vitest"
import * as Display from "../src/Display.ts"
import * as frame from "../src/internal/terminalFrame.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import { random } from "./ComparisonFixture.ts"
import { VirtualTerminal } from "./VirtualTerminal.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

const styled: Display.Display = { ...Display.plain, color: true, animate: true, links: true }
const words = [
  "gemini-3.5-flash",
  "日本語",
  "👩‍👩‍👧‍👦",
  "e\u0301te\u0301",
  "━━━━╸",
  "12s",
  "",
  "waiting for quota",
  "한국어",
  "a".repeat(200)
]

interface Trial {
  readonly frames: number
  readonly resize: boolean
  /** Draws a frame; the real one, or a broken one that the trial must find. */
  readonly draw: typeof frame.draw
}

/** Draws frames of random lines, with logs above and sizes that change, and tells at the first frame that is not as it should be. */
const trial = ({ draw, frames, resize }: Trial): string | undefined => {
  const next = random(seed)
  const pick = (most: number) => Math.floor(next() * most)
  const terminal = new VirtualTerminal(80, 24)
  const logs: Array<string> = []
  let drawn = frame.nothing
  for (let count = 1; count <= frames; count++) {
    if (resize && pick(20) === 0) terminal.resize(70 + pick(60), 28 + pick(20))
    const { columns, rows } = terminal
    const lines = Array.from({ length: 1 + pick(Math.min(12, rows - 1)) }, (_, index): TerminalLine.Line =>
      TerminalLine.cut(
        [
          { text: ` ${count}.${index} ` },
          ...Array.from({ length: pick(6) }, () => ({ text: `${words[pick(words.length)]} `, style: "bold" as const })),
          { text: "log", link: "https://console.cloud.google.com/?a=b" }
        ],
        columns
      )
    )
    const painted = lines.map((line) => TerminalLine.paint(line, styled))
    const above = Array.from({ length: pick(10) === 0 ? 1 + pick(4) : 0 }, (_, index) => `log ${count}.${index}`)
    logs.push(...above)
    terminal.write(draw(drawn, painted, columns, above.map((line) => `${line}\r\n`).join("")))
    drawn = { lines: painted, columns }
    const expected = [...logs, ...lines.map((line) => TerminalLine.paint(line, Display.plain))]
    // Only as far as a terminal reaches: what lies above was looked at before.
    const tail = Math.min(60, expected.length)
    const shown = terminal.text(tail)
    const wrong = expected.slice(-tail).findIndex((line, index) => shown[index] !== line.trimEnd())
    if (wrong !== -1 || terminal.height() !== expected.length) {
      return `frame ${count}: row ${wrong} of ${terminal.height()} rows, expected ${expected.length}`
    }
    const disorder = terminal.disorder()
    if (disorder.length > 0) return `frame ${count}: ${disorder.join(", ")}`
  }
  return undefined
}

describe("the window on the screen", () => {
  it("is exactly the last frame after 10,000 frames, with the logs above it", () => {
    assert.isUndefined(trial({ frames: 10_000, resize: false, draw: frame.draw }), `GENOPS_SEED=${seed}`)
  })

  it("is so after each of 5,000 frames on a terminal that changes its size", () => {
    assert.isUndefined(trial({ frames: 5_000, resize: true, draw: frame.draw }), `GENOPS_SEED=${seed}`)
  })

  it("is taken away without a trace", () => {
    const terminal = new VirtualTerminal(80, 24)
    terminal.write("before\n")
    terminal.write(frame.draw(frame.nothing, ["one", "two"], 80))
    terminal.write(frame.clear({ lines: ["one", "two"], columns: 80 }, 80))
    assert.deepStrictEqual(terminal.text(), ["before"])
    assert.deepStrictEqual(terminal.disorder(), [])
  })

  it("stays in its lines where the terminal takes a character for wider than it was counted", () => {
    const terminal = new VirtualTerminal(20, 24)
    const lines = ["日".repeat(20), "second"]
    terminal.write(frame.draw(frame.nothing, lines, 20))
    terminal.write(frame.draw({ lines, columns: 20 }, ["third", "fourth"], 20))
    assert.deepStrictEqual(terminal.text(), ["third", "fourth"])
  })

  it("is written in one go", () => {
    const written = frame.draw(frame.nothing, ["x"], 80)
    assert.isTrue(written.startsWith("\u001b[?2026h") && written.endsWith("\u001b[?2026l"))
  })

  describe("the trial finds a drawing that", () => {
    const broken = (change: (text: string) => string, resize = false) =>
      trial({ frames: 2_000, resize, draw: (...args) => change(frame.draw(...args)) })

    it("goes up a row too few", () =>
      assert.isDefined(broken((text) => text.replace(/\[([2-9])A/, (_, n) => `[${n - 1}A`))))
    it("does not erase what is below", () =>
      assert.isDefined(broken((text) => text.replace("\u001b[J\u001b[?7h", "\u001b[?7h"))))
    it("does not erase the line", () => assert.isDefined(broken((text) => text.replaceAll("\u001b[2K", ""))))
    it("leaves the cursor hidden", () =>
      assert.match(broken((text) => text.replace("\u001b[?25h", "")) ?? "", /cursor/))
    it("leaves wrapping off", () => assert.match(broken((text) => text.replace("\u001b[?7h", "")) ?? "", /wrap/))
    it("forgets that a narrower terminal breaks lines", () =>
      assert.isDefined(
        trial({
          frames: 2_000,
          resize: true,
          draw: (drawn, lines, columns, above) => frame.draw({ ...drawn, columns }, lines, columns, above)
        })
      ))
  })
})
