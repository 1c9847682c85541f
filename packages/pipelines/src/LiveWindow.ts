/**
 * Shows how something stands while it runs: a window in the last lines of a terminal, or a line now and then where there is none.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Display from "./Display.ts"
import * as above from "./internal/terminalConsole.ts"
import * as frame from "./internal/terminalFrame.ts"
import * as TerminalLine from "./TerminalLine.ts"

/**
 * A moment: `wall` is milliseconds since 1970, `steady` milliseconds of a clock that is never set.
 *
 * @since 0.1.0
 */
export interface Moment {
  readonly wall: number
  readonly steady: number
}

/**
 * Something to look at.
 *
 * **Details**
 *
 * - `window`: the lines of the window. `isLast`: those that stay on the screen at the end.
 * - `line`: for where there is no window, a line if one is due. `isLast`: the last chance to say something.
 *
 * @since 0.1.0
 */
export interface View {
  readonly window: (at: Moment, size: Display.Size, isLast: boolean) => ReadonlyArray<TerminalLine.Line>
  readonly line: (at: Moment, isLast: boolean) => TerminalLine.Line | undefined
}

/**
 * A stream to write to, such as `process.stderr`. A size that is missing is taken for 80 x 24.
 *
 * @since 0.1.0
 */
export interface Output {
  readonly write: (text: string) => unknown
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly isTTY?: boolean | undefined
  readonly on?: (event: "error", listener: (error: Error) => void) => unknown
}

/**
 * Where a view is shown. `stdout` is where `Console.log` writes to while there is a window.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly display: Display.Display
  readonly output: Output
  readonly stdout: Output
}

const frameMs = 100

const sizeOf = ({ columns, rows }: Output): Display.Size => ({ columns: columns || 80, rows: rows || 24 })

/**
 * Shows a view while an effect runs.
 *
 * **Details**
 *
 * - The window is drawn at most ten times a second, one write a frame, only when it has changed. What the effect writes by `Console`
 *   and by loggers scrolls above it.
 * - What is written by `Console` goes out without escape sequences, except to a standard output that is no terminal, which gets it as it is.
 * - Nothing has to be restored when the process dies: between two frames the terminal is in its normal state.
 * - A stream that cannot be written to any more ends the showing, not the effect.
 *
 * @example
 * import * as ComparisonView from "@genops/pipelines/ComparisonView"
 * import * as Display from "@genops/pipelines/Display"
 * import * as LiveWindow from "@genops/pipelines/LiveWindow"
 * import * as Effect from "effect/Effect"
 *
 * const view = ComparisonView.make("support-faq")
 * const { stderr, stdout } = process
 * const display = Display.detect({ env: process.env, isTerminal: stderr.isTTY })
 *
 * const program = Effect.sleep("3 seconds").pipe(LiveWindow.show(view, { display, output: stderr, stdout }))
 *
 * @since 0.1.0
 */
export const show =
  (view: View, options: Options) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      outlive(options.output)
      outlive(options.stdout)
      const console = yield* options.display.animate ? animated(view, options) : spoken(view, options)
      return yield* Effect.provideService(effect, Console.Console, console)
    }).pipe(Effect.scoped)

const outlived = new WeakSet<Output>()

/** Errors of a stream that nobody listens to end the process: a closed pipe must not end work that is paid for. */
const outlive = (output: Output) => {
  if (outlived.has(output)) return
  outlived.add(output)
  output.on?.("error", () => {})
}

const moment = Effect.map(Effect.all([Clock.currentTimeMillis, Clock.monotonicTimeNanos]), ([wall, nanos]): Moment => ({
  wall,
  steady: Number(nanos / 1_000_000n)
}))

/** Draws ten times a second until the scope ends, and then a last time; or until it cannot be done any more. */
const often = (
  draw: (at: Moment, isLast: boolean) => void,
  onBroken: () => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    let broken = false
    const attempt = (isLast: boolean) =>
      Effect.map(moment, (at) => {
        if (broken) return
        try {
          draw(at, isLast)
        } catch {
          broken = true
          onBroken()
        }
      })
    // Before the fork: the scope ends in reverse, the last time comes when nothing else is drawn any more.
    yield* Effect.addFinalizer(() => attempt(true))
    yield* attempt(false).pipe(Effect.delay(frameMs), Effect.forever, Effect.forkScoped)
  })

const spoken = (view: View, { display, output, stdout }: Options) =>
  Effect.gen(function* () {
    const texts = above.make({ output, stdout })
    texts.close()
    yield* often((at, isLast) => {
      const line = view.line(at, isLast)
      if (line !== undefined) output.write(`${TerminalLine.paint(line, display)}\n`)
    }, texts.close)
    return texts.console
  })

const animated = (view: View, { display, output, stdout }: Options) =>
  Effect.gen(function* () {
    let drawn = frame.nothing
    let last = ""
    const texts = above.make({ output, stdout })
    const draw = (at: Moment, isLast: boolean) => {
      const size = sizeOf(output)
      const lines = view
        .window(at, size, isLast)
        .slice(0, Math.max(1, size.rows - 1))
        .map((line) => TerminalLine.paint(line, display))
      const text = texts.take(() => {
        output.write(frame.clear(drawn, size.columns))
        drawn = frame.nothing
      })
      const next = `${size.columns}x${size.rows}\n${lines.join("\n")}`
      if (next === last && text === "" && drawn !== frame.nothing) return
      output.write(frame.draw(drawn, lines, size.columns, text))
      last = next
      drawn = { lines, columns: size.columns }
    }
    yield* Effect.addFinalizer(() => Effect.sync(texts.close))
    yield* often(draw, texts.close)
    return texts.console
  })
