/**
 * A line now and then about a comparison, for files, pipes and CI.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import type { ComparisonProgress } from "./ComparisonProgress.ts"
import * as format from "./internal/terminalFormat.ts"
import type * as Pace from "./Pace.ts"
import * as TerminalLine from "./TerminalLine.ts"

const longestSilence = 30_000

/**
 * What was said last: the tenth that was reached, the cells that were done, and when, in milliseconds of a clock that is never set.
 *
 * @since 0.1.0
 */
export interface Said {
  readonly tenth: number
  readonly done: number
  readonly at: number
}

const tenthOf = ({ done, total }: ComparisonProgress) => (total === 0 ? 10 : Math.floor((done / total) * 10))

/**
 * What is said by a line of now.
 *
 * @since 0.1.0
 */
export const said = (progress: ComparisonProgress, steady: number): Said => ({
  tenth: tenthOf(progress),
  done: progress.done,
  at: steady
})

/**
 * Tells whether a line is due: at the start, at each tenth, and after 30 s of silence.
 *
 * @since 0.1.0
 */
export const isDue = (before: Said | undefined, progress: ComparisonProgress, steady: number): boolean =>
  before === undefined || tenthOf(progress) > before.tenth || steady - before.at >= longestSilence

/**
 * Writes the line, such as `12:04:31 52% 1872/3600 $0.97/$5.00 eta 2m50s errors 8`. The time is the local one of `wall`, in milliseconds
 * since 1970. A terminal that can do nothing but text (`withBar`) gets a bar of ten marks as well.
 *
 * @since 0.1.0
 */
export const line = (
  progress: ComparisonProgress,
  pace: Pace.Pace,
  wall: number,
  options: { readonly withBar?: boolean } = {}
): TerminalLine.Line => {
  const { budgetUsd, cost, done, failed, total } = progress
  const { eta } = pace
  const tenth = Math.min(10, tenthOf(progress))
  const pieces: ReadonlyArray<string> = [
    timeOfDay(wall),
    options.withBar === true ? `[${"#".repeat(tenth)}${".".repeat(10 - tenth)}]` : "",
    format.percent(done, total),
    `${done}/${total}`,
    budgetUsd === undefined ? Money.format(cost) : `${Money.format(cost)}/${Money.format(budgetUsd)}`,
    eta._tag === "Stalled"
      ? `stalled ${format.duration(eta.ms)}`
      : eta._tag === "Left" && eta.ms > 0
        ? `eta ${format.about(eta.ms)}`
        : "",
    failed === 0 ? "" : `errors ${failed}`
  ]
  return TerminalLine.text(pieces.filter((piece) => piece !== "").join(" "))
}

/**
 * Writes the local time of day, such as 12:04:31.
 *
 * @since 0.1.0
 */
export const timeOfDay = (wall: number): string => new Date(wall).toTimeString().slice(0, 8)
