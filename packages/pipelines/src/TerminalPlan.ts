/**
 * What a comparison will do and cost, said before anything is paid.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import type { Plan } from "./CompareModels.ts"
import * as format from "./internal/terminalFormat.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * What the budget pays before or after the comparison, such as tuning a candidate. `price` is undefined when it is not known.
 *
 * @since 0.1.0
 */
export interface Other {
  readonly label: string
  readonly note: string
  readonly price: { readonly likely: Money.Money; readonly worst: Money.Money } | undefined
}

/**
 * How a plan is shown: the name of the comparison, the budget around it, what else that pays, and the columns that there are.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly name: string
  readonly budget: Money.Money | undefined
  readonly others?: ReadonlyArray<Other>
  readonly columns: number
}

/**
 * Lays a plan out, broken into lines of at most `columns`. Warnings are lines that start with "!".
 *
 * @since 0.1.0
 */
export const lines = (
  plan: Plan,
  { budget, columns, name, others = [] }: Options
): ReadonlyArray<TerminalLine.Line> => {
  const block = (label: string, pieces: ReadonlyArray<string>) =>
    flowed(
      pieces.filter((piece) => piece !== ""),
      columns - 12
    ).map((text, index): TerminalLine.Line => [
      { text: `  ${(index === 0 ? label : "").padEnd(10)}`, style: "dim" },
      { text }
    ])
  const warnings = warningsOf(plan, budget, worstOf(plan, others)).flatMap((warning) =>
    TerminalText.wrap(warning, columns - 4).map((text, index): TerminalLine.Line => [
      { text: index === 0 ? "  ! " : "    ", style: "warning" },
      { text, style: "warning" }
    ])
  )
  const shown = TerminalText.oneLine(name, 40)
  const indent = 10 + TerminalText.width(shown)
  return [
    ...flowed(callsOf(plan), columns - indent).map((text, index): TerminalLine.Line =>
      index === 0
        ? [{ text: "compare " }, { text: shown, style: "bold" }, { text: `  ${text}` }]
        : [{ text: " ".repeat(indent) }, { text }]
    ),
    ...block("dataset", datasetOf(plan)),
    ...block("estimate", estimateOf(plan, budget)),
    ...others.flatMap(({ label, note, price }) => block(label, [note, priceOf(price)])),
    ...warnings
  ].map((line) => TerminalLine.cut(line, columns))
}

const priceOf = (price: Other["price"]) =>
  price === undefined ? "price unknown" : `${Money.format(price.likely)} likely, ${Money.format(price.worst)} at worst`

const worstOf = ({ worst }: Plan, others: ReadonlyArray<Other>) =>
  Money.ReducerSum.combineAll([worst, ...others.flatMap(({ price }) => (price === undefined ? [] : [price.worst]))])

const callsOf = ({ calls, candidates, judgeCalls, repeats, resumed, rows }: Plan): ReadonlyArray<string> => {
  const times = repeats === 1 ? "" : ` x ${format.counted(repeats, "repeat")}`
  const judges = judgeCalls === 0 ? "" : ` + ${format.counted(judgeCalls, "judge call")}`
  return [
    `${format.counted(candidates.length, "model")} x ${format.counted(rows, "prompt")}${times}`,
    `= ${format.counted(calls, "call")}${judges}`,
    ...(resumed === 0 ? [] : [`(${format.count(resumed)} done earlier)`])
  ]
}

const datasetOf = ({ dataset: { invalid, sha256, source }, rows }: Plan): ReadonlyArray<string> => [
  `${TerminalText.oneLine(source, 60)}  ${format.counted(rows, "row")}, sha256 ${sha256.slice(0, 4)}..${sha256.slice(-2)}`,
  invalid === 0 ? "" : `${format.counted(invalid, "invalid row")} left out`
]

const estimateOf = (
  { concurrency, durationMs, likely, priceUnknown, worst }: Plan,
  budget: Money.Money | undefined
): ReadonlyArray<string> => {
  const known = !(priceUnknown.length > 0 && worst === Money.zero)
  return [
    priceOf(known ? { likely, worst } : undefined),
    budget === undefined ? "no budget" : `budget ${Money.format(budget)}`,
    `about ${format.about(durationMs)} at ${format.count(concurrency)} in flight`
  ]
}

const warningsOf = (
  { priceUnknown, unplanned, warnings }: Plan,
  budget: Money.Money | undefined,
  worst: Money.Money
): ReadonlyArray<string> => [
  ...priceUnknown.map(
    (model) => `price unknown for ${model}: its calls are not in the money above, and a budget refuses them`
  ),
  ...(budget !== undefined && worst > budget
    ? ["worst case exceeds the budget: the run stops admitting calls when it no longer fits"]
    : []),
  ...(unplanned.length === 0
    ? []
    : [`not in the money above: ${unplanned.join(", ")}, scored by a service that cannot be asked what it will cost`]),
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
