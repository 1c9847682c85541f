/**
 * The live window of a comparison: at most 12 lines that say what moves, what waits, how long, and what it costs.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import type { Activity, CandidateProgress, ComparisonProgress } from "./ComparisonProgress.ts"
import type * as Display from "./Display.ts"
import * as format from "./internal/terminalFormat.ts"
import * as Pace from "./Pace.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalTable from "./TerminalTable.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * What the window shows.
 *
 * **Details**
 *
 * - `now` is milliseconds since 1970, as in `Activity`.
 * - `stopping`: Ctrl-C was pressed, calls in flight are being finished.
 *
 * @since 0.1.0
 */
export interface State {
  readonly name: string
  readonly progress: ComparisonProgress
  readonly pace: Pace.Pace
  readonly now: number
  readonly stopping: boolean
}

const most = 12
const small = 16
const shortest = 8
const longest = 40

/**
 * Lays the window out. A terminal of less than 16 rows gets its first two lines only. No line is wider than the terminal.
 *
 * @since 0.1.0
 */
export const lines = (state: State, { columns, rows }: Display.Size): ReadonlyArray<TerminalLine.Line> => {
  const head = [bar(state, columns - 1), money(state, columns - 1)]
  const body = rows < small ? [] : [...candidates(state, columns - 1), ...notes(state, columns - 1)]
  return [...head, ...body].map((line) => TerminalLine.cut([{ text: " " }, ...line], columns))
}

/**
 * What Ctrl-C comes to, said at once.
 *
 * @since 0.1.0
 */
export const stopping = (progress: ComparisonProgress): string => {
  const calls = inFlight(progress)
  return calls === 0
    ? "stopping: nothing is in flight, finished rows are kept"
    : `stopping: ${format.counted(calls, "call")} in flight ${calls === 1 ? "is" : "are"} finished so that ` +
        `${calls === 1 ? "it is" : "they are"} not paid for twice (Ctrl-C again to drop ${calls === 1 ? "it" : "them"})`
}

/**
 * What a second Ctrl-C comes to: the calls in flight may have been paid.
 *
 * @since 0.1.0
 */
export const dropped = ({ heldUsd, ...progress }: ComparisonProgress): string => {
  const calls = inFlight({ ...progress, heldUsd })
  if (calls === 0) return "dropped: nothing was in flight, finished rows are kept"
  const cost = heldUsd === undefined ? "" : `, at worst ${Money.format(heldUsd)}`
  return `dropped: ${format.counted(calls, "call")} in flight may have been billed${cost}; finished rows are kept`
}

const inFlight = (progress: ComparisonProgress) =>
  progress.candidates.reduce((sum, { activity }) => sum + (activity._tag === "InFlight" ? activity.calls : 0), 0)

/**
 * Says what is left, for a line: "about 2m50s left", "stalled 45s"; "" while it is not known, and at the end.
 *
 * @since 0.1.0
 */
export const left = (eta: Pace.Eta): string =>
  eta._tag === "Stalled"
    ? `stalled ${format.duration(eta.ms)}`
    : eta._tag === "Left" && eta.ms > 0
      ? `about ${format.about(eta.ms)} left`
      : ""

const join = (pieces: ReadonlyArray<TerminalLine.Line>) => TerminalLine.join(pieces, "  ")

/** The line with as many of its pieces as fit: those that come first in `order` are given up first. */
const fitting = (
  pieces: Readonly<Record<string, TerminalLine.Line>>,
  order: ReadonlyArray<string>,
  columns: number
): TerminalLine.Line => {
  for (let given = 0; ; given++) {
    const gone = order.slice(0, given)
    const line = join(Object.entries(pieces).flatMap(([name, piece]) => (gone.includes(name) ? [] : [piece])))
    if (TerminalLine.width(line) <= columns || given === order.length) return TerminalLine.cut(line, columns)
  }
}

const label = "money"
const shortName = (name: string) => TerminalText.oneLine(name, 24)

const bar = ({ name, pace, progress: { done, total } }: State, columns: number): TerminalLine.Line => {
  const remaining = left(pace.eta)
  const style = pace.eta._tag === "Stalled" ? "warning" : undefined
  const pieces = {
    name: TerminalLine.pad(TerminalLine.text(shortName(name), "bold"), label.length),
    bar: TerminalLine.text(" ".repeat(shortest)),
    percent: TerminalLine.text(format.percent(done, total).padStart(4)),
    cells: TerminalLine.text(`${format.count(done)}/${format.count(total)}`),
    time: [
      { text: format.duration(Pace.elapsed(pace)) },
      ...(remaining === "" ? [] : [{ text: ", " }, { text: remaining, style } as const])
    ]
  }
  const line = fitting(pieces, ["bar", "name", "cells"], columns)
  const spare = columns - TerminalLine.width(line)
  // The bar takes what is left once everything that matters more has its place.
  const length = Math.min(longest, shortest + spare)
  const filled = total === 0 ? length : Math.floor((done / total) * length)
  return line.flatMap((piece) =>
    piece === pieces.bar[0]
      ? [
          { text: "━".repeat(filled), style: "good" as const },
          { text: "─".repeat(length - filled), style: "dim" as const }
        ]
      : [piece]
  )
}

const money = ({ name, pace, progress }: State, columns: number): TerminalLine.Line => {
  const { budgetUsd, cost, heldUsd = Money.zero, judgeCost } = progress
  const tokens = Math.round(Pace.tokensPerSecond(pace))
  const pieces = {
    label: TerminalLine.pad(TerminalLine.text(label), TerminalText.width(shortName(name))),
    spent: TerminalLine.text(`${Money.format(cost)} spent`),
    held: heldUsd === Money.zero ? TerminalLine.empty : TerminalLine.text(`${Money.format(heldUsd)} in flight`),
    left:
      budgetUsd === undefined
        ? TerminalLine.empty
        : TerminalLine.text(
            `${Money.format(Money.minusOrZero(budgetUsd, Money.plus(cost, heldUsd)))} left of ${Money.format(budgetUsd)}`
          ),
    judge: judgeCost === Money.zero ? TerminalLine.empty : TerminalLine.text(`judge ${Money.format(judgeCost)}`),
    tokens: tokens === 0 ? TerminalLine.empty : TerminalLine.text(`${format.count(tokens)} tok/s`)
  }
  return fitting(pieces, ["tokens", "judge", "label", "held"], columns)
}

/**
 * Says what a candidate is doing.
 *
 * @since 0.1.0
 */
export const activity = (self: Activity, now: number): string => {
  switch (self._tag) {
    case "InFlight":
      return `${format.count(self.calls)} in flight`
    case "WaitingForQuota":
      return `waiting for quota ${format.duration(self.untilMs - now)}`
    case "BackingOff":
      return `backing off ${format.duration(self.untilMs - now)}`
    case "WaitingForBudget":
      return "waiting for budget"
    case "Waiting":
      return "waiting"
    case "Done":
      return "done"
    case "Failed":
      return `failed: ${self.tag}`
  }
}

const styleOf = ({ activity: { _tag }, failed }: CandidateProgress): TerminalLine.Style | undefined =>
  _tag === "Failed"
    ? "bad"
    : _tag === "Done"
      ? failed > 0
        ? "warning"
        : "good"
      : _tag === "InFlight"
        ? undefined
        : "warning"

const orBlank = <A>(value: A | undefined, show: (value: A) => string) => (value === undefined ? "" : show(value))

const columnsOf = (
  shown: ReadonlyArray<CandidateProgress>,
  now: number
): ReadonlyArray<TerminalTable.Column<CandidateProgress>> => {
  const metrics = [...new Set(shown.flatMap(({ means }) => Object.keys(means)))]
  return [
    { heading: "model", cell: ({ candidate }) => candidate, flexible: true },
    {
      heading: "done",
      cell: ({ done, total }) => `${format.count(done)}/${format.count(total)}`,
      align: "right",
      rank: 1
    },
    { heading: "ok", cell: ({ ok }) => format.count(ok), align: "right", rank: 4 },
    {
      heading: "err",
      cell: ({ failed }) => TerminalLine.text(format.count(failed), failed > 0 ? "bad" : undefined),
      align: "right",
      rank: 1
    },
    ...metrics.map((metric, index): TerminalTable.Column<CandidateProgress> => ({
      heading: metric,
      cell: ({ means }) => orBlank(Object.hasOwn(means, metric) ? means[metric] : undefined, format.score),
      align: "right",
      rank: index === 0 ? 2 : 4 + index
    })),
    ...(shown.every(({ p50Ms }) => p50Ms === undefined)
      ? []
      : [
          {
            heading: "p50",
            cell: ({ p50Ms }: CandidateProgress) => orBlank(p50Ms, format.seconds),
            align: "right",
            rank: 3
          } as const
        ]),
    { heading: "cost", cell: ({ cost }) => Money.format(cost), align: "right", rank: 2 },
    {
      heading: "state",
      cell: (one) => TerminalLine.text(TerminalText.oneLine(activity(one.activity, now), 24), styleOf(one))
    }
  ]
}

/** Rows that say nothing new give way first: those that are done, then the last. */
const chosen = (all: ReadonlyArray<CandidateProgress>, space: number): ReadonlyArray<CandidateProgress> => {
  if (all.length <= space) return all
  const isDone = ({ activity }: CandidateProgress) => activity._tag === "Done"
  const kept = new Set([...all.filter((one) => !isDone(one)), ...all.filter(isDone)].slice(0, space - 1))
  return all.filter((one) => kept.has(one))
}

// Two lines of head, the headings, and two of notes.
const others = 5

const candidates = (
  { now, progress: { candidates: all } }: State,
  columns: number
): ReadonlyArray<TerminalLine.Line> => {
  const shown = chosen(all, most - others)
  const { kept } = TerminalTable.fit(shown, columnsOf(shown, now), columns - 2)
  const table = TerminalTable.lines(shown, kept, columns - 2)
  const hidden = all.filter((one) => !shown.includes(one))
  const done = hidden.filter(({ activity }) => activity._tag === "Done").length
  const rows =
    hidden.length === 0
      ? table
      : [...table, TerminalLine.text(`and ${hidden.length} more, ${done} of them done`, "dim")]
  return rows.map((line, index) => [
    { text: `${index === 0 ? "┌" : index === rows.length - 1 ? "└" : "│"} `, style: "dim" },
    ...(index === 0 ? line.map((piece) => ({ ...piece, style: "dim" as const })) : line)
  ])
}

/** The first parts, as many as fit whole. */
const whole = (parts: ReadonlyArray<string>, columns: number): string => {
  const fits = parts.findLastIndex((_, index) => TerminalText.width(parts.slice(0, index + 1).join("   ")) <= columns)
  return parts.slice(0, Math.max(1, fits + 1)).join("   ")
}

const notes = ({ progress, stopping: isStopping }: State, columns: number): ReadonlyArray<TerminalLine.Line> => {
  const { blocked, failed, firstError, judgeCalls, resumed, retries } = progress
  const kinds = Object.entries(retries).flatMap(([kind, times]) =>
    times === 0 ? [] : [`${format.count(times)} ${kind}`]
  )
  const retried = retries.quota + retries.unavailable + retries.other
  const parts = [
    ...(retried === 0 ? [] : [`retries ${format.count(retried)} (${kinds.join(", ")})`]),
    ...(failed === 0 ? [] : [`errors ${format.count(failed)}`]),
    ...(blocked === 0 ? [] : [`blocked ${format.count(blocked)}`]),
    ...(judgeCalls === 0 ? [] : [format.counted(judgeCalls, "judge call")]),
    ...(resumed === 0 ? [] : [`${format.count(resumed)} done earlier`])
  ]
  const error =
    firstError === undefined
      ? TerminalLine.empty
      : TerminalLine.text(`first error  ${firstError.candidate} row ${firstError.rowId}: ${firstError.tag}`, "warning")
  if (isStopping)
    return TerminalText.wrap(stopping(progress), columns).map((line) => TerminalLine.text(line, "warning"))
  const hint = TerminalLine.text("Ctrl-C stops, finished rows are kept", "dim")
  // A long error is shortened rather than the hint, but not to nothing.
  const room = Math.max(30, columns - TerminalLine.width(hint) - 2)
  return [
    ...(parts.length === 0 ? [] : [TerminalLine.text(whole(parts, columns))]),
    join([TerminalLine.cut(error, room), hint])
  ]
}
