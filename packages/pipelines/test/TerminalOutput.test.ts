import { assert, describe, expect, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { join } from "node:path"
import * as ComparisonView from "../src/ComparisonView.ts"
import * as Display from "../src/Display.ts"
import * as LiveWindow from "../src/LiveWindow.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import * as TerminalPlan from "../src/TerminalPlan.ts"
import * as TerminalReport from "../src/TerminalReport.ts"
import * as TerminalText from "../src/TerminalText.ts"
import { facts, guide, nine, plan, summary } from "./ComparisonFixture.ts"
import { progress } from "./ProgressFixture.ts"

// Lines of progress say the local time.
process.env["TZ"] = "UTC"

const surroundings: Readonly<Record<string, Display.Surroundings>> = {
  TTY: { env: { TERM: "xterm-256color" }, isTerminal: true },
  pipe: { env: { TERM: "xterm-256color" }, isTerminal: false },
  CI: { env: { TERM: "xterm-256color", CI: "true", GITHUB_ACTIONS: "true" }, isTerminal: true },
  dumb: { env: { TERM: "dumb" }, isTerminal: true },
  NO_COLOR: { env: { TERM: "xterm-256color", NO_COLOR: "1" }, isTerminal: true }
}

const shares = [0, 0.13, 0.52, 0.52, 1]

/** What a run shows while it goes on: the last lines of a window at each share, or the lines that are written. */
const live = (display: Display.Display, columns: number) =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const output = { columns, rows: 40, isTTY: display.person, write: (text: string) => written.push(text) }
    const view = ComparisonView.make("support-faq", { withBar: display.person && !display.animate })
    const fiber = yield* Effect.never.pipe(LiveWindow.show(view, { display, output, stdout: output }), Effect.forkChild)
    const frames: Array<string> = []
    for (const share of shares) {
      yield* view.update(
        progress(share, { candidates: guide, metrics: nine.slice(0, 2), now: (frames.length + 1) * 20_000 })
      )
      yield* TestClock.adjust("20 seconds")
      frames.push(written.at(-1) ?? "")
    }
    yield* view.stopping
    yield* TestClock.adjust("1 second")
    frames.push(written.at(-1) ?? "")
    yield* Fiber.interrupt(fiber)
    return display.animate ? [...frames, written.at(-1) ?? ""].join("\n") : written.join("")
  })

const paint = (lines: ReadonlyArray<TerminalLine.Line>, display: Display.Display) =>
  lines.map((line) => `${TerminalLine.paint(line, display)}\n`).join("")

const whole = (display: Display.Display, columns: number) =>
  Effect.gen(function* () {
    const many = summary({ seed: 7 })
    const few = summary({
      seed: 7,
      candidates: guide.slice(0, 2),
      metrics: nine.slice(0, 2),
      rows: 12,
      repeats: 1,
      share: 0.5
    })
    return [
      paint(
        TerminalPlan.lines(plan({ warnings: ["judge and candidate are the same model"] }), {
          name: "support-faq",
          budget: Money.usd("5"),
          columns
        }),
        display
      ),
      yield* live(display, columns),
      paint(TerminalReport.lines(many, facts(many), { columns }), display),
      paint(
        TerminalReport.lines(few, facts(few, { stopped: "the budget is used up" }), { columns, quiet: true }),
        display
      )
    ].join("\n")
  })

const visible = (text: string) => text.replaceAll("\u001b", "␛").replaceAll("\r\n", "\n").replaceAll("\r", "␍")

describe("what a comparison shows", () => {
  for (const [name, surrounding] of Object.entries(surroundings)) {
    for (const columns of [60, 80, 120]) {
      it.effect(`${name}, ${columns} columns`, () =>
        Effect.gen(function* () {
          const text = yield* whole(Display.detect(surrounding), columns)
          const file = join(import.meta.dirname, "fixtures/terminal", `${name}-${columns}.txt`)
          yield* Effect.promise(() => expect(visible(text)).toMatchFileSnapshot(file))
          // Paths and commands can be copied; a line of progress in a file has no width.
          const mayBeWide = /^ (report|cells) |--run-id|^\d\d:\d\d:\d\d|^stopping: /
          const wide = text.split(/\r?\n/).filter((line) => TerminalText.width(line) > columns && !mayBeWide.test(line))
          assert.deepStrictEqual(wide, [])
        })
      )
    }
  }

  it("counts what the budget pays besides the comparison", () => {
    const within = plan({ worst: Money.usd("4.90") })
    const tuning = { likely: Money.usd("0.121"), worst: Money.usd("0.212") }
    const shown = (price: typeof tuning | undefined) =>
      TerminalPlan.lines(within, {
        name: "support-faq",
        budget: Money.usd("5"),
        others: [{ label: "tuning", note: "72 examples", price }],
        columns: 100
      }).map((line) =>
        line
          .map(({ text }) => text)
          .join("")
          .trimEnd()
      )
    assert.include(shown(tuning), "  tuning    72 examples   $0.121 likely, $0.212 at worst")
    assert.isTrue(shown(tuning).some((line) => line.includes("worst case exceeds the budget")))
    assert.include(shown(undefined), "  tuning    72 examples   price unknown")
    assert.isFalse(shown(undefined).some((line) => line.includes("worst case exceeds the budget")))
  })

  it.effect("holds no escape byte without colour and without a terminal, nor in CI or on a dumb one", () =>
    Effect.gen(function* () {
      const env = { NO_COLOR: "1", TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" }
      for (const surrounding of [
        { env, isTerminal: false },
        surroundings["pipe"],
        surroundings["CI"],
        surroundings["dumb"]
      ]) {
        const text = yield* whole(Display.detect(surrounding ?? { env, isTerminal: false }), 100)
        for (const byte of ["\u001b", "\u009b", "\r"]) assert.notInclude(text, byte)
        assert.isAbove(text.length, 1000)
      }
      // The control: a terminal gets some.
      assert.include(yield* whole(Display.detect({ env: {}, isTerminal: true }), 100), "\u001b")
    })
  )

  it.effect("is ASCII on a dumb terminal", () =>
    Effect.gen(function* () {
      assert.match(yield* whole(Display.detect({ env: { TERM: "dumb" }, isTerminal: true }), 60), /^[\n -~]+$/)
    })
  )
})

describe("Display.detect", () => {
  const of = (env: Display.Surroundings["env"], isTerminal: boolean, noColor = false) =>
    Display.detect({ env, isTerminal, noColor })

  for (const [what, display, color, animate] of [
    ["a terminal", of({}, true), true, true],
    ["a pipe", of({}, false), false, false],
    ["NO_COLOR on a terminal", of({ NO_COLOR: "0" }, true), false, true],
    ["an empty NO_COLOR", of({ NO_COLOR: "" }, true), true, true],
    ["FORCE_COLOR in a pipe", of({ FORCE_COLOR: "1" }, false), true, false],
    ["FORCE_COLOR=0", of({ FORCE_COLOR: "0" }, false), false, false],
    ["FORCE_COLOR and NO_COLOR", of({ FORCE_COLOR: "1", NO_COLOR: "1" }, false), false, false],
    ["FORCE_COLOR in CI", of({ FORCE_COLOR: "true", CI: "1" }, false), true, false],
    ["CI on a terminal", of({ CI: "true" }, true), false, false],
    ["CI=false", of({ CI: "false" }, true), true, true],
    ["TERM=dumb", of({ TERM: "dumb" }, true), false, false],
    ["TERM=dumb and FORCE_COLOR", of({ TERM: "dumb", FORCE_COLOR: "1" }, true), false, false],
    ["--no-color over FORCE_COLOR", of({ FORCE_COLOR: "1" }, true, true), false, true]
  ] as const) {
    it(`${what}: ${color ? "" : "no "}colour, ${animate ? "a" : "no"} window`, () => {
      assert.deepStrictEqual([display.color, display.animate], [color, animate])
    })
  }

  it("gives links to terminals that are known to have them, with colour only", () => {
    assert.isTrue(of({ TERM_PROGRAM: "WezTerm" }, true).links)
    assert.isTrue(of({ VTE_VERSION: "7600" }, true).links)
    assert.isFalse(of({ VTE_VERSION: "7600", NO_COLOR: "1" }, true).links)
    assert.isFalse(of({ VTE_VERSION: "7600" }, false).links)
    assert.isFalse(of({ VTE_VERSION: "old" }, true).links)
    assert.isFalse(of({}, true).links)
  })
})
