/**
 * The end of a comparison on a terminal: the table, what it means, what went wrong, and where everything is.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import type { Candidate, ComparisonSummary } from "./ComparisonSummary.ts"
import * as GateReport from "./GateReport.ts"
import * as format from "./internal/terminalFormat.ts"
import * as scores from "./internal/terminalScores.ts"
import type * as RunFacts from "./RunFacts.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalTable from "./TerminalTable.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * How wide the report may be, and whether it is to hold only the table, the first failures and the paths.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly columns: number
  readonly quiet?: boolean
}

const fewRows = 30
const shownFailures = 5

/**
 * Lays the report out.
 *
 * **Details**
 *
 * - Candidates are ordered by the primary metric, the best first. The best value of a column is bold.
 * - Columns that do not fit into the first table follow in further ones: other metrics first, then latencies, cost and win rate.
 * - No line is wider than `columns`, except those with a path or a command, which can be copied.
 *
 * @since 0.1.0
 */
export const lines = (
  summary: ComparisonSummary,
  facts: RunFacts.RunFacts,
  { columns, quiet = false }: Options
): ReadonlyArray<TerminalLine.Line> => {
  const inner = columns - 1
  const sections: ReadonlyArray<ReadonlyArray<TerminalLine.Line>> = [
    headOf(summary, facts, inner),
    ...tablesOf(summary, inner),
    quiet ? [] : legendOf(summary, inner),
    quiet ? [] : frontOf(summary, inner),
    facts.gates.flatMap((gate) => gateOf(gate, inner)),
    quiet ? [] : unscoredOf(summary, inner),
    failuresOf(facts, inner),
    pathsOf(summary, facts)
  ]
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : [TerminalLine.empty, ...section]))
    .map((line) => (line.length === 0 ? line : [{ text: " " }, ...line]))
}

const wrapped = (text: string, columns: number, style?: TerminalLine.Style): ReadonlyArray<TerminalLine.Line> =>
  TerminalText.wrap(text, columns).map((line) => TerminalLine.text(line, style))

const headOf = (
  summary: ComparisonSummary,
  facts: RunFacts.RunFacts,
  columns: number
): ReadonlyArray<TerminalLine.Line> => {
  const { candidates, repeats, rows } = summary
  const judge = Money.ReducerSum.combineAll(candidates.map(({ judge_cost_usd }) => judge_cost_usd))
  const parts = [
    ...(judge === Money.zero ? [] : [`judge ${Money.format(judge)}`]),
    ...(facts.retries === undefined ? [] : [`retries ${Money.format(facts.retries)}`]),
    ...(facts.uncertain === undefined ? [] : [`not certain ${Money.format(facts.uncertain)}`])
  ]
  const unknown = candidates.reduce((sum, { cost_unknown }) => sum + cost_unknown, 0)
  const times = repeats === 1 ? "" : ` x ${format.counted(repeats, "repeat")}`
  return [
    TerminalLine.cut(
      TerminalLine.join(
        [
          TerminalLine.text(TerminalText.oneLine(facts.name, 40), "bold"),
          TerminalLine.text(`${format.counted(rows, "prompt")}${times}`),
          facts.elapsedMs === undefined ? TerminalLine.empty : TerminalLine.text(format.duration(facts.elapsedMs))
        ],
        "   "
      ),
      columns
    ),
    ...wrapped(
      `${format.ofBudget(facts.spent, facts.budget)}${parts.length === 0 ? "" : `   (${parts.join(", ")})`}`,
      columns
    ),
    ...(unknown === 0
      ? []
      : wrapped(
          `the cost of ${format.counted(unknown, "call")} is not known: the sums are too low`,
          columns,
          "warning"
        )),
    ...(facts.stopped === undefined ? [] : wrapped(`${stoppedAt(summary)}: ${facts.stopped}`, columns, "warning"))
  ]
}

/**
 * Says how far a run came that was stopped: "stopped at 52 %".
 *
 * @since 0.1.0
 */
export const stoppedAt = ({ candidates }: ComparisonSummary): string => {
  const sum = (value: (candidate: Candidate) => number) => candidates.reduce((total, one) => total + value(one), 0)
  const share = format.percent(
    sum(({ n_total }) => n_total),
    sum(({ row_count }) => row_count)
  )
  return `stopped at ${share.replace("%", " %")}`
}

const tablesOf = (summary: ComparisonSummary, columns: number): ReadonlyArray<ReadonlyArray<TerminalLine.Line>> => {
  const rows = scores.ranked(summary)
  const nameWidth = columns < 72 ? 16 : columns < 96 ? 20 : 28
  const [name, ...all] = scores.columns(summary, nameWidth)
  if (name === undefined) return []
  const tables: Array<ReadonlyArray<TerminalLine.Line>> = []
  let waiting: ReadonlyArray<TerminalTable.Column<Candidate>> = [name, ...all]
  while (waiting.length > 1) {
    const { kept, left } = TerminalTable.fit(rows, waiting, columns)
    tables.push(styledHead(TerminalTable.lines(rows, kept, columns)))
    // Each further table holds one column at least, and as many of the next ones as fit.
    waiting = [name, ...left.map((column, index) => ({ ...column, rank: index }))]
  }
  return tables
}

const styledHead = ([head = TerminalLine.empty, ...rows]: ReadonlyArray<TerminalLine.Line>) => [
  head.map((piece): TerminalLine.Piece => ({ ...piece, style: "dim" })),
  ...rows
]

const legendOf = (summary: ComparisonSummary, columns: number): ReadonlyArray<TerminalLine.Line> => {
  const { baseline, candidates, confidence, differences, primary_metric } = summary
  const alpha = Number((1 - confidence).toPrecision(3))
  const untested = new Set(
    differences.flatMap(({ reason, verdict }) => (verdict === "not_tested" ? [reason ?? "no reason given"] : []))
  )
  const ideals = (ideal: "low" | "zero") => {
    const names = scores
      .metricNames(summary)
      .filter((name) => candidates.some((candidate) => scores.metricOf(candidate, name)?.ideal === ideal))
    return names.length === 0
      ? []
      : wrapped(`${ideal === "low" ? "low" : "near 0"} is good: ${names.join(", ")}`, columns)
  }
  const fewest = candidates.reduce(
    (least, candidate) => Math.min(least, scores.metricOf(candidate, primary_metric)?.n_valid ?? 0),
    Infinity
  )
  return [
    ...(differences.length === 0
      ? []
      : [
          ...wrapped(
            `${scores.marks.better} better, ${scores.marks.worse} worse than ${baseline}, the baseline (paired by prompt, Holm-adjusted p < ${alpha})`,
            columns
          ),
          TerminalLine.text("no mark: no difference shown")
        ]),
    ...[...untested].flatMap((reason) => wrapped(`${scores.marks.not_tested} not tested: ${reason}`, columns)),
    ...ideals("low"),
    ...ideals("zero"),
    ...(fewest < fewRows
      ? wrapped(
          `few rows: ${primary_metric} has scores of ${format.counted(fewest, "row")} for some candidate; an interval of less than ${fewRows} is a rough guess`,
          columns,
          "warning"
        )
      : [])
  ]
}

const frontOf = (
  { order, order_absent, order_metric, trade_off }: ComparisonSummary,
  columns: number
): ReadonlyArray<TerminalLine.Line> => {
  const front = trade_off.filter(({ on_front }) => on_front).map(({ candidate }) => candidate)
  const byWins = order?.map(({ candidate, elo }) => `${candidate} ${Math.round(elo)}`)
  return [
    ...(front.length === 0 ? [] : wrapped(`Pareto front (quality, cost, latency): ${front.join(", ")}`, columns)),
    ...(byWins === undefined
      ? []
      : wrapped(`by wins in ${order_metric ?? "pairs"} (Elo): ${byWins.join(", ")}`, columns)),
    ...(order_absent === undefined ? [] : wrapped(`no order by wins: ${order_absent}`, columns))
  ]
}

const gateOf = (gate: GateReport.GateReport, columns: number): ReadonlyArray<TerminalLine.Line> => {
  const name = TerminalText.oneLine(gate.candidate, 28)
  const met = gate.checks.filter(({ outcome }) => outcome === "passed").map(({ threshold }) => threshold)
  const missed = gate.checks.flatMap(({ messages }) => messages)
  if (GateReport.passed(gate)) return wrapped(`gate ${name} passed: ${met.join("; ")}`, columns, "good")
  return [
    ...wrapped(`gate ${name} refused: ${missed.join("; ")}`, columns, "bad"),
    ...(met.length === 0 ? [] : wrapped(`  met: ${met.join("; ")}`, columns))
  ]
}

const minus = (all: Readonly<Record<string, number>>, known: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(all)
      .map(([tag, times]) => [tag, times - (Object.hasOwn(known, tag) ? (known[tag] ?? 0) : 0)] as const)
      .filter(([, times]) => times > 0)
  )

const unscoredOf = ({ candidates }: ComparisonSummary, columns: number): ReadonlyArray<TerminalLine.Line> => {
  const lines = candidates.flatMap(({ candidate, errors, failure, metrics, n_error }) => {
    const name = TerminalText.oneLine(candidate, 28)
    if (failure !== undefined) {
      return wrapped(`${name}: could not be used: ${failure.tag}: ${firstLine(failure.message)}`, columns, "bad")
    }
    // What has no answer has no score either: that is said once.
    const unscored = Object.entries(metrics).filter(([, metric]) => metric.n_error > n_error)
    const parts = [
      ...(n_error === 0 ? [] : [`${format.counted(n_error, "row")} without answer: ${format.tags(errors)}`]),
      ...unscored.map(
        ([name, metric]) =>
          `${format.count(metric.n_error - n_error)} without ${name}: ${format.tags(minus(metric.errors, errors))}`
      )
    ]
    return parts.length === 0 ? [] : wrapped(`${name}: ${parts.join("; ")}`, columns)
  })
  return lines.length === 0
    ? []
    : [TerminalLine.text("not scored (left out of the means, not counted as wrong)"), ...lines]
}

const failuresOf = ({ failures }: RunFacts.RunFacts, columns: number): ReadonlyArray<TerminalLine.Line> =>
  failures.slice(0, shownFailures).map(({ candidate, message, place, rowId, tag }) => {
    const where = place === undefined ? "" : ` (${place.file}:${place.line})`
    const start = TerminalText.oneLine(`${candidate} row ${rowId}${where}`, Math.floor(columns / 2))
    return TerminalLine.cut(
      [
        { text: `${start}  ` },
        { text: tag, style: "bad" },
        { text: `  ${TerminalText.oneLine(firstLine(message), columns)}` }
      ],
      columns
    )
  })

const firstLine = (message: string) => message.slice(0, 10_000).split("\n", 1)[0] ?? ""

const pathsOf = (summary: ComparisonSummary, facts: RunFacts.RunFacts): ReadonlyArray<TerminalLine.Line> => {
  const wide = Math.max(0, ...facts.artifacts.map(({ label }) => label.length))
  const failed = summary.candidates.reduce((sum, { n_error }) => sum + n_error, 0)
  const unscored = summary.candidates.some(({ metrics, n_error }) =>
    Object.values(metrics).some((one) => one.n_error > n_error)
  )
  const why =
    facts.stopped !== undefined
      ? "go on:"
      : unscored
        ? "redo what has no score:"
        : failed > 0
          ? `redo the ${format.counted(failed, "row")} that failed:`
          : undefined
  return [
    ...facts.artifacts.map(({ bytes, label, path }): TerminalLine.Line => [
      { text: `${label.padEnd(wide)}  ` },
      { text: path },
      ...(bytes === undefined ? [] : [{ text: ` (${(bytes / 1e6).toFixed(1)} MB)` }])
    ]),
    ...(facts.resume === undefined || why === undefined
      ? []
      : [[{ text: `${why}  ` }, { text: facts.resume, style: "bold" } as const]])
  ]
}
