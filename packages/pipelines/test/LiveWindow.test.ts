import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { PassThrough } from "node:stream"
import * as ComparisonView from "../src/ComparisonView.ts"
import * as Display from "../src/Display.ts"
import * as LiveWindow from "../src/LiveWindow.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import { progress } from "./ProgressFixture.ts"
import { VirtualTerminal } from "./VirtualTerminal.ts"

const animated: Display.Display = { ...Display.plain, animate: true, person: true }

/** A terminal as a stream of a process: what is written to it, write by write. */
const screen = (columns = 100, rows = 40) => {
  const terminal = new VirtualTerminal(columns, rows)
  const writes: Array<string> = []
  const output: LiveWindow.Output = {
    isTTY: true,
    get columns() {
      return terminal.columns
    },
    get rows() {
      return terminal.rows
    },
    write: (text) => {
      writes.push(text)
      terminal.write(text)
    }
  }
  return { terminal, writes, output }
}

const file = () => {
  const writes: Array<string> = []
  return { writes, output: { write: (text: string) => writes.push(text) } }
}

/** A view that counts how often it is asked. */
const counter = () => {
  let count = 0
  let text = "start"
  const view: LiveWindow.View = {
    window: (_, __, isLast) => {
      count++
      return isLast
        ? [TerminalLine.text(`last ${text}`)]
        : [TerminalLine.text(` ${text}`), TerminalLine.text(" second")]
    },
    line: (_, isLast) => TerminalLine.text(isLast ? "the end" : text)
  }
  return { view, count: () => count, set: (next: string) => (text = next) }
}

describe("LiveWindow.show on a terminal", () => {
  it.effect("draws ten times a second at most, and nothing while nothing changes", () =>
    Effect.gen(function* () {
      const { output, terminal, writes } = screen()
      const { set, view } = counter()
      const fiber = yield* Effect.never.pipe(
        LiveWindow.show(view, { display: animated, output, stdout: output }),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 second")
      assert.lengthOf(writes, 1)
      for (let step = 0; step < 1000; step++) {
        set(`step ${step}`)
        yield* TestClock.adjust("1 millis")
      }
      assert.isAtMost(writes.length, 12)
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(terminal.text(), [" step 999", " second"])
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(terminal.text(), ["last step 999"])
    })
  )

  it.effect("lets what is logged scroll above, without escape sequences and in order", () =>
    Effect.gen(function* () {
      const { output, terminal, writes } = screen()
      const { view } = counter()
      const gate = yield* Deferred.make<void>()
      const program = Effect.gen(function* () {
        yield* Console.error("one \u001b[31mred\u001b[0m \u001b]0;title\u0007line")
        yield* Deferred.await(gate)
        yield* Console.error("two\nthree")
        yield* Console.log("four")
        yield* Effect.logWarning("five \u009b2J")
        yield* TestClock.adjust("200 millis")
        yield* Console.error("six")
      })
      const fiber = yield* program.pipe(
        LiveWindow.show(view, { display: animated, output, stdout: output }),
        Effect.forkChild
      )
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(terminal.text(), ["one red line", " start", " second"])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(fiber)
      const text = terminal.text()
      assert.sameOrderedMembers(
        [...text].filter((line) => /^(one|two|three|six|last)/.test(line)),
        ["one red line", "two", "three", "six", "last start"]
      )
      assert.include(text, "four")
      assert.match(text.join("\n"), /WARN.*five 2J/)
      assert.isTrue(writes.every((write) => !write.includes("\u001b[31m") && !write.includes("\u009b")))
      assert.deepStrictEqual(terminal.disorder(), [])
    })
  )

  it.effect("leaves text for a standard output that is no terminal as it is, and the window alone", () =>
    Effect.gen(function* () {
      const { output, terminal } = screen()
      const { output: stdout, writes } = file()
      const { view } = counter()
      yield* Console.log("\u001b[1mdata\u001b[0m").pipe(LiveWindow.show(view, { display: animated, output, stdout }))
      assert.deepStrictEqual(writes, ["\u001b[1mdata\u001b[0m\n"])
      assert.deepStrictEqual(terminal.text(), ["last start"])
    })
  )

  for (const [how, exit] of [
    ["succeeds", Effect.void],
    ["fails", Effect.fail("no")],
    ["dies", Effect.die("no")],
    ["is interrupted", Effect.interrupt]
  ] as const) {
    it.effect(`leaves the terminal in order when the effect ${how}`, () =>
      Effect.gen(function* () {
        const { output, terminal, writes } = screen()
        const { view } = counter()
        const shown = Effect.sleep("1 second").pipe(
          Effect.andThen(exit),
          LiveWindow.show(view, { display: animated, output, stdout: output })
        )
        const fiber = yield* Effect.forkChild(shown)
        // After each write, not at the end only: a process may die at any moment.
        for (let step = 0; step < 12; step++) {
          yield* TestClock.adjust("100 millis")
          assert.deepStrictEqual(terminal.disorder(), [])
        }
        assert.strictEqual(Exit.isSuccess(yield* Fiber.await(fiber)), how === "succeeds")
        assert.isAbove(writes.length, 1)
        assert.deepStrictEqual(terminal.text(), ["last start"])
      })
    )
  }

  it.effect("does not stop the effect when the stream breaks or the view is wrong", () =>
    Effect.gen(function* () {
      const broken = {
        isTTY: true,
        write: () => {
          throw new Error("EPIPE")
        }
      }
      const { view } = counter()
      const wrong: LiveWindow.View = { ...view, line: () => TerminalLine.text("x".repeat(2 ** 30)) }
      const work = Effect.as(Effect.andThen(TestClock.adjust("3 seconds"), Console.error("lost")), "done")
      for (const display of [animated, Display.plain]) {
        const options = { display, output: broken, stdout: broken }
        assert.strictEqual(yield* LiveWindow.show(view, options)(work), "done")
      }
      const { output } = file()
      assert.strictEqual(
        yield* LiveWindow.show(wrong, { display: Display.plain, output, stdout: output })(work),
        "done"
      )
    })
  )

  it.effect("outlives the errors of a stream, also those that come later", () =>
    Effect.gen(function* () {
      const stream = new PassThrough()
      const output = { isTTY: true, write: (text: string) => stream.write(text), on: stream.on.bind(stream) }
      const { view } = counter()
      const options = { display: animated, output, stdout: output }
      yield* LiveWindow.show(view, options)(Effect.sync(() => void stream.emit("error", new Error("EPIPE"))))
      yield* LiveWindow.show(view, options)(Effect.void)
      stream.emit("error", new Error("EPIPE"))
      assert.strictEqual(stream.listenerCount("error"), 1)
    })
  )

  it.effect("follows the size of the terminal, down to two lines and below", () =>
    Effect.gen(function* () {
      const { output, terminal } = screen()
      const view = ComparisonView.make("support-faq")
      yield* view.update(progress(0.5))
      const fiber = yield* Effect.never.pipe(
        LiveWindow.show(view, { display: animated, output, stdout: output }),
        Effect.forkChild
      )
      for (const [columns, rows, lines] of [
        [100, 40, 8],
        [100, 15, 2],
        [60, 40, 8],
        [20, 3, 2],
        [100, 40, 8]
      ] as const) {
        terminal.resize(columns, rows)
        yield* TestClock.adjust("1 second")
        const text = terminal.text(lines)
        assert.match(text[0] ?? "", columns < 60 ? /^ +49%/ : /^ support-faq .* 49% /, `${columns}x${rows}`)
        assert.isAtMost(Math.max(...text.map((line) => line.length)), columns)
      }
      yield* Fiber.interrupt(fiber)
    })
  )
})

describe("LiveWindow.show elsewhere", () => {
  it.effect("writes the lines that the view has to say, and no escape sequence", () =>
    Effect.gen(function* () {
      const { output, writes } = file()
      const { view } = counter()
      const work = TestClock.adjust("300 millis")
      yield* LiveWindow.show(view, { display: Display.plain, output, stdout: output })(work)
      assert.deepStrictEqual(writes, ["start\n", "start\n", "start\n", "the end\n"])
    })
  )

  it.effect("writes what is logged at once, without escape sequences, and leaves data as it is", () =>
    Effect.gen(function* () {
      const { output, writes } = file()
      const { output: stdout, writes: data } = file()
      const { view } = counter()
      const work = Effect.gen(function* () {
        yield* Console.error("one \u001b[31mred\u001b[0m\rline")
        assert.deepStrictEqual(writes, ["one redline\n"])
        yield* Console.log("\u001b[1mdata\u001b[0m")
      })
      yield* LiveWindow.show(view, { display: Display.plain, output, stdout })(work)
      assert.deepStrictEqual(writes, ["one redline\n", "the end\n"])
      assert.deepStrictEqual(data, ["\u001b[1mdata\u001b[0m\n"])
    })
  )
})
