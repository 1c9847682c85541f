/**
 * A durable run to look at: one line for each step.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import type * as Display from "./Display.ts"
import * as format from "./internal/terminalFormat.ts"
import type * as RunHistory from "./RunHistory.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * What is said of a step beside its time, such as the state of a remote job; `link` is where more is to be seen (https).
 *
 * @since 0.1.0
 */
export interface Note {
  readonly text: string
  readonly link?: { readonly text: string; readonly url: string } | undefined
}

/**
 * A run: what it has done, the names of the steps that are planned, and notes by the names of steps. `now` is milliseconds since 1970.
 *
 * @since 0.1.0
 */
export interface State {
  readonly name: string
  readonly history: RunHistory.RunHistory
  readonly planned: ReadonlyArray<string>
  readonly notes: ReadonlyMap<string, Note>
  readonly now: number
}

const most = 12
const small = 16

const marks = {
  done: { text: "✔", style: "good" },
  running: { text: "●", style: "warning" },
  failed: { text: "✖", style: "bad" }
} as const

/**
 * Lays out a head and a line for each step: done, running, failed, and those that have not begun. More steps than 12 lines hold are
 * counted in one line: first those that are done, then those that have not begun. A terminal of less than 16 rows gets the head and
 * the step that runs.
 *
 * @since 0.1.0
 */
export const lines = (state: State, { columns, rows }: Display.Size): ReadonlyArray<TerminalLine.Line> => {
  const { history, planned } = state
  const names = [...new Set([...history.map(({ name }) => name), ...planned])]
  const wide = Math.min(24, Math.max(0, ...names.map((name) => TerminalText.width(TerminalText.oneLine(name, 24)))))
  const begun = history.map((entry) => entryLine(entry, state, wide))
  const open = planned
    .filter((name) => !history.some((entry) => entry.name === name))
    .map((name): TerminalLine.Line => [
      { text: "○ ", style: "dim" },
      { text: TerminalText.oneLine(name, 24), style: "dim" }
    ])
  const space = rows < small ? 1 : most - 1
  return [head(state, names.length), ...within(begun, open, space)].map((line) =>
    TerminalLine.cut([{ text: " " }, ...line], columns)
  )
}

/**
 * Writes a step as one line, such as `● tune  41m07s  JOB_STATE_RUNNING  job 8123`.
 *
 * @since 0.1.0
 */
export const entryLine = (
  entry: RunHistory.Entry,
  { notes, now }: Pick<State, "notes" | "now">,
  wide = 0
): TerminalLine.Line => {
  const { attempts, costUsd, endedAt, error, name, startedAt, state } = entry
  const note = notes.get(name)
  const pieces: ReadonlyArray<TerminalLine.Line> = [
    TerminalLine.pad(TerminalLine.text(TerminalText.oneLine(name, 24)), wide),
    TerminalLine.text(format.duration((endedAt ?? now) - startedAt).padStart(6)),
    costUsd === null || costUsd === Money.zero ? TerminalLine.empty : TerminalLine.text(Money.format(costUsd)),
    attempts > 1 ? TerminalLine.text(`begun ${attempts} times`) : TerminalLine.empty,
    note === undefined || state === "done"
      ? TerminalLine.empty
      : TerminalLine.text(TerminalText.oneLine(note.text, 120)),
    note?.link === undefined || state === "done"
      ? TerminalLine.empty
      : [{ text: `[${TerminalText.oneLine(note.link.text, 40)}]`, link: note.link.url }],
    error === undefined ? TerminalLine.empty : TerminalLine.text(TerminalText.oneLine(error, 200), "bad")
  ]
  return [marks[state], { text: " " }, ...TerminalLine.join(pieces, "  ")]
}

const head = ({ history, name, now }: State, steps: number): TerminalLine.Line => {
  const [first] = history
  const done = history.filter(({ state }) => state === "done").length
  const cost = Money.ReducerSum.combineAll(history.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd])))
  return TerminalLine.join(
    [
      TerminalLine.text(TerminalText.oneLine(name, 40), "bold"),
      TerminalLine.text(`${done}/${steps} steps`),
      first === undefined ? TerminalLine.empty : TerminalLine.text(format.duration(now - first.startedAt)),
      cost === Money.zero ? TerminalLine.empty : TerminalLine.text(`${Money.format(cost)} spent`)
    ],
    "  "
  )
}

/** As many lines as there is space for, around the last one that has begun. */
const within = (
  begun: ReadonlyArray<TerminalLine.Line>,
  open: ReadonlyArray<TerminalLine.Line>,
  space: number
): ReadonlyArray<TerminalLine.Line> => {
  if (begun.length + open.length <= space) return [...begun, ...open]
  if (space === 1) return begun.length > 0 ? begun.slice(-1) : open.slice(0, 1)
  const slots = Math.max(1, space - begun.length)
  const unseen = open.length - slots + 1
  const after =
    unseen <= 1 ? open : [...open.slice(0, slots - 1), TerminalLine.text(`○ and ${format.count(unseen)} more`, "dim")]
  const earlier = space - after.length
  return begun.length <= earlier
    ? [...begun, ...after]
    : [
        TerminalLine.text(`✔ ${format.counted(begun.length - earlier + 1, "step")} before`, "dim"),
        ...begun.slice(begun.length - earlier + 1),
        ...after
      ]
}
