/**
 * What a comparison will do and cost, said before anything is paid.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import * as format from "./internal/terminalFormat.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * The plan of a comparison.
 *
 * **Details**
 *
 * - `calls` and `judgeCalls` are those of this session; `resumed` cells are done already.
 * - `likely` and `worst` leave out the models of `priceUnknown`.
 * - `durationMs` is a guess for `concurrency` calls at a time; undefined when there is nothing to guess from.
 *
 * @since 0.1.0
 */
export interface Plan {
  readonly name: string
  readonly candidates: number
  readonly rows: number
  readonly repeats: number
  readonly calls: number
  readonly judgeCalls: number
  readonly resumed: number
  readonly dataset: { readonly source: string; readonly sha256: string; readonly invalid: number }
  readonly likely: Money.Money
  readonly worst: Money.Money
  readonly budget: Money.Money | undefined
  readonly priceUnknown: ReadonlyArray<string>
  readonly durationMs: number | undefined
  readonly concurrency: number
  readonly warnings: ReadonlyArray<string>
}

/**
 * Lays a plan out, broken into lines of at most `columns`. Warnings are lines that start with "!".
 *
 * @since 0.1.0
 */
export const lines = (plan: Plan, columns: number): ReadonlyArray<TerminalLine.Line> => {
  const block = (label: string, pieces: ReadonlyArray<string>) =>
    flowed(
      pieces.filter((piece) => piece !== ""),
      columns - 12
    ).map((text, index): TerminalLine.Line => [
      { text: `  ${(index === 0 ? label : "").padEnd(10)}`, style: "dim" },
      { text }
    ])
  const warnings = warningsOf(plan).flatMap((warning) =>
    TerminalText.wrap(warning, columns - 4).map((text, index): TerminalLine.Line => [
      { text: index === 0 ? "  ! " : "    ", style: "warning" },
      { text, style: "warning" }
    ])
  )
  const name = TerminalText.oneLine(plan.name, 40)
  const head = flowed(callsOf(plan), columns - 10 - TerminalText.width(name))
  return [
    ...head.map((text, index): TerminalLine.Line =>
      index === 0
        ? [{ text: "compare " }, { text: name, style: "bold" }, { text: `  ${text}` }]
        : [{ text: " ".repeat(10 + TerminalText.width(name)) }, { text }]
    ),
    ...block("dataset", datasetOf(plan)),
    ...block("estimate", estimateOf(plan)),
    ...warnings
  ].map((line) => TerminalLine.cut(line, columns))
}

const callsOf = ({ calls, candidates, judgeCalls, repeats, resumed, rows }: Plan): ReadonlyArray<string> => {
  const times = repeats === 1 ? "" : ` x ${format.counted(repeats, "repeat")}`
  const judges = judgeCalls === 0 ? "" : ` + ${format.counted(judgeCalls, "judge call")}`
  return [
    `${format.counted(candidates, "model")} x ${format.counted(rows, "prompt")}${times}`,
    `= ${format.counted(calls, "call")}${judges}`,
    ...(resumed === 0 ? [] : [`(${format.count(resumed)} done earlier)`])
  ]
}

const datasetOf = ({ dataset: { invalid, sha256, source }, rows }: Plan): ReadonlyArray<string> => [
  `${TerminalText.oneLine(source, 60)}  ${format.counted(rows, "row")}, sha256 ${sha256.slice(0, 4)}..${sha256.slice(-2)}`,
  invalid === 0 ? "" : `${format.counted(invalid, "invalid row")} left out`
]

const estimateOf = ({ budget, concurrency, durationMs, likely, priceUnknown, worst }: Plan): ReadonlyArray<string> => {
  const known = !(priceUnknown.length > 0 && worst === Money.zero)
  return [
    known ? `${Money.format(likely)} likely, ${Money.format(worst)} at worst` : "price unknown",
    budget === undefined ? "no budget" : `budget ${Money.format(budget)}`,
    durationMs === undefined ? "" : `about ${format.about(durationMs)} at ${format.count(concurrency)} in flight`
  ]
}

const warningsOf = ({ budget, priceUnknown, warnings, worst }: Plan): ReadonlyArray<string> => [
  ...priceUnknown.map(
    (model) => `price unknown for ${model}: its calls are not in the money above, and a budget refuses them`
  ),
  ...(budget !== undefined && worst > budget
    ? ["worst case exceeds the budget: the run stops admitting calls when it no longer fits"]
    : []),
  ...warnings
]

/** Pieces three blanks apart, in as few lines as hold them. */
const flowed = (pieces: ReadonlyArray<string>, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const piece of pieces) {
    const last = lines.at(-1)
    // Pieces of one sentence stand closer.
    const gap = /^[=(]/.test(piece) ? " " : "   "
    if (last !== undefined && TerminalText.width(last) + gap.length + TerminalText.width(piece) <= columns) {
      lines[lines.length - 1] = `${last}${gap}${piece}`
    } else lines.push(piece)
  }
  return lines
}
