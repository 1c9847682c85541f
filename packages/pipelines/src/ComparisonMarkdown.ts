/**
 * A comparison as Markdown: the comment of a pull request, the summary of a CI job.
 *
 * @since 0.1.0
 */
import * as Display from "./Display.ts"
import type { ComparisonSummary } from "./ComparisonSummary.ts"
import * as GateReport from "./GateReport.ts"
import * as format from "./internal/terminalFormat.ts"
import * as scores from "./internal/terminalScores.ts"
import * as Markdown from "./Markdown.ts"
import type * as RunFacts from "./RunFacts.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalReport from "./TerminalReport.ts"

// GitHub takes comments of up to 65,536 characters.
const longest = 60_000
const shownFailures = 10

/**
 * Writes the head, the table, what the marks mean, the gates and the first failures. Whatever names or messages hold is shown as text:
 * no markup, no mention, no link comes of it. Longer than 60,000 characters it is cut, and says so.
 *
 * @since 0.1.0
 */
export const encode = (summary: ComparisonSummary, facts: RunFacts.RunFacts): string => {
  const text = [headOf(summary, facts), tableOf(summary), legendOf(summary), gatesOf(facts), failuresOf(facts)]
    .filter((section) => section !== "")
    .join("\n\n")
  if (text.length <= longest) return `${text}\n`
  return `${text.slice(0, text.lastIndexOf("\n", longest))}\n\n(cut: the whole is in the report)\n`
}

const headOf = (
  summary: ComparisonSummary,
  { budget, elapsedMs, gates, name, spent, stopped }: RunFacts.RunFacts
): string => {
  const { repeats, rows } = summary
  const refused = gates.filter((gate) => !GateReport.passed(gate)).length
  const verdict =
    gates.length === 0 ? "" : refused === 0 ? ": gate passed" : `: gate refused ${refused} of ${gates.length}`
  const parts = [
    `${format.counted(rows, "prompt")}${repeats === 1 ? "" : ` x ${format.counted(repeats, "repeat")}`}`,
    ...(elapsedMs === undefined ? [] : [format.duration(elapsedMs)]),
    format.ofBudget(spent, budget)
  ]
  const end = stopped === undefined ? "" : `\n\n**${TerminalReport.stoppedAt(summary)}**: ${Markdown.code(stopped)}`
  return `### Comparison ${Markdown.code(name, 80)}${verdict}\n\n${parts.join(", ")}${end}`
}

const tableOf = (summary: ComparisonSummary): string => {
  const [name, ...columns] = scores.columns(summary, 80)
  if (name === undefined || summary.candidates.length === 0) return ""
  const cell = (line: string | TerminalLine.Line) =>
    typeof line === "string" ? line : TerminalLine.paint(line, Display.plain)
  return Markdown.table(
    ["model", ...columns.map(({ heading }) => Markdown.code(heading, 60))],
    scores
      .ranked(summary)
      .map((candidate) => [
        Markdown.code(candidate.candidate, 80),
        ...columns.map((column) => cell(column.cell(candidate)))
      ]),
    ["left", ...columns.map(({ align = "left" }) => align)]
  )
}

const legendOf = ({ baseline, candidates, differences, trade_off }: ComparisonSummary): string => {
  const front = trade_off.filter(({ on_front }) => on_front).map(({ candidate }) => Markdown.code(candidate, 80))
  const few = candidates.some(({ n_valid }) => n_valid < 30)
  return [
    ...(differences.length === 0
      ? []
      : [
          `\\* better, \\- worse than ${Markdown.code(baseline, 80)} (paired by prompt, Holm-adjusted); no mark: no difference shown.`
        ]),
    ...(front.length === 0 ? [] : [`Pareto front (quality, cost, latency): ${front.join(", ")}.`]),
    ...candidates.flatMap(({ candidate, failure }) =>
      failure === undefined
        ? []
        : [
            `${Markdown.code(candidate, 80)} could not be used: ${Markdown.code(failure.tag)} ${Markdown.code(failure.message)}`
          ]
    ),
    ...(few ? ["Few rows: an interval of less than 30 is a rough guess."] : [])
  ].join("\n")
}

const gatesOf = ({ gates }: RunFacts.RunFacts): string =>
  gates
    .map((gate) => {
      const texts = GateReport.passed(gate)
        ? gate.checks.map(({ threshold }) => threshold)
        : gate.checks.flatMap(({ messages }) => messages)
      const verdict = GateReport.passed(gate) ? "passed" : "**refused**"
      return `- gate ${Markdown.code(gate.candidate, 80)} ${verdict}: ${texts.map((text) => Markdown.code(text)).join(", ")}`
    })
    .join("\n")

const failuresOf = ({ failures }: RunFacts.RunFacts): string => {
  if (failures.length === 0) return ""
  const shown = failures.slice(0, shownFailures).map(({ candidate, message, rowId, tag }) => {
    const [first = ""] = message.slice(0, 10_000).split("\n", 1)
    return `- ${Markdown.code(candidate, 80)} row ${Markdown.code(rowId, 80)} ${Markdown.code(tag, 80)}: ${Markdown.code(first)}`
  })
  return ["Rows without a result, the first ones:", "", ...shown].join("\n")
}
