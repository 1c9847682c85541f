/**
 * A comparison to look at while it runs.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ComparisonProgress } from "./ComparisonProgress.ts"
import * as ComparisonWindow from "./ComparisonWindow.ts"
import type * as LiveWindow from "./LiveWindow.ts"
import * as Pace from "./Pace.ts"
import * as ProgressLine from "./ProgressLine.ts"
import * as TerminalLine from "./TerminalLine.ts"

/**
 * The view of a comparison. `update` is told of progress, as often as there is any; `stopping` that Ctrl-C was pressed.
 *
 * `progress` is the last one, undefined before the first.
 *
 * @since 0.1.0
 */
export interface ComparisonView extends LiveWindow.View {
  readonly update: (progress: ComparisonProgress) => Effect.Effect<void>
  readonly stopping: Effect.Effect<void>
  readonly progress: () => ComparisonProgress | undefined
}

/**
 * Makes the view of a comparison. `withBar` puts a bar of ten marks into its plain lines, for a terminal that can do nothing but text.
 *
 * @since 0.1.0
 */
export const make = (name: string, options: { readonly withBar?: boolean } = {}): ComparisonView => {
  let progress: ComparisonProgress | undefined
  let pace: Pace.Pace | undefined
  let said: ProgressLine.Said | undefined
  let stopping: "no" | "to say" | "said" = "no"

  const observe = (current: ComparisonProgress, steady: number) =>
    (pace = pace === undefined ? Pace.start(current, steady) : Pace.observe(pace, current, steady))

  return {
    update: (next) =>
      Effect.sync(() => {
        progress = next
      }),
    stopping: Effect.sync(() => {
      if (stopping === "no") stopping = "to say"
    }),
    progress: () => progress,
    window: ({ steady, wall }, size, isLast) => {
      if (progress === undefined) return isLast ? [] : [TerminalLine.text(` ${name}  starting`)]
      const state = { name, progress, pace: observe(progress, steady), now: wall, stopping: stopping !== "no" }
      return ComparisonWindow.lines(state, isLast ? { ...size, rows: 1 } : size)
    },
    line: ({ steady, wall }, isLast) => {
      if (progress === undefined) return undefined
      const current = observe(progress, steady)
      if (stopping === "to say") {
        stopping = "said"
        return TerminalLine.text(ComparisonWindow.stopping(progress))
      }
      const isNew = isLast && progress.done > (said?.done ?? -1)
      if (!isNew && !ProgressLine.isDue(said, progress, steady)) return undefined
      said = ProgressLine.said(progress, steady)
      return ProgressLine.line(progress, current, wall, options)
    }
  }
}
