/** The head of the report and the table that answers at one glance: how good, how sure, how dear, how fast, what failed. */
import * as Money from "@genops/core/Money"
import * as Duration from "effect/Duration"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import * as GateReport from "../GateReport.ts"
import type * as Report from "../Report.ts"
import type * as Data from "../report/browser/data.ts"
import type * as Tree from "../report/browser/tree.ts"
import { date, format, h, pairView, rowTable, scrolling, section } from "./reportHtml.ts"
import * as Verdict from "./reportVerdict.ts"

type Summary = ComparisonSummary.ComparisonSummary
type Candidate = ComparisonSummary.Candidate

/** Metrics that stand in the first table; more would push what they cost out of sight. */
const inFirst = 3

const moneyOf = ({ budget, spent, summary }: Pick<Report.Facts, "budget" | "spent" | "summary">): string => {
  const total = spent ?? Money.ReducerSum.combineAll(summary.candidates.map(({ cost_usd }) => cost_usd))
  const unknown = summary.candidates.reduce((sum, { cost_unknown }) => sum + cost_unknown, 0)
  const of = budget === undefined ? " spent" : ` of ${Money.format(budget)}`
  return `${unknown > 0 ? "at least " : ""}${Money.format(total)}${of}`
}

/** Title, when and how much, gates, and the verdict. */
export const head = (options: Report.Facts, measure: Data.Measure | undefined): Tree.Tree => {
  const { duration, gates = [], manifest, summary } = options
  const facts = [
    date(manifest.startedAt),
    `${format.count(summary.rows)} rows${summary.repeats > 1 ? ` \u00d7 ${summary.repeats} repeats` : ""} \u00d7 ${summary.candidates.length} candidates`,
    moneyOf(options),
    ...(duration === undefined ? [] : [format.duration(Duration.toMillis(duration))])
  ]
  return h(
    "header",
    {},
    h(
      "div",
      { class: "top" },
      h("h1", {}, h("bdi", {}, options.title ?? manifest.runId)),
      h(
        "button",
        {
          type: "button",
          class: "quiet only-live",
          id: "theme",
          "data-act": "theme",
          "aria-label": "Theme, light or dark"
        },
        "\u25d0 Theme"
      )
    ),
    h(
      "p",
      { class: "meta" },
      facts.map((fact) => h("span", {}, fact))
    ),
    h("p", { class: "verdict" }, Verdict.of(summary, measure)),
    gates.length === 0
      ? undefined
      : h(
          "ul",
          { class: "gates" },
          gates.map((gate) => {
            const passed = GateReport.passed(gate)
            return h(
              "li",
              { class: passed ? "passed" : "refused" },
              h("span", { class: "badge" }, passed ? "\u2713 gate passed" : "\u2715 gate refused"),
              h("bdi", {}, gate.candidate),
              ": ",
              gate.checks
                .map(({ messages, threshold }) => (messages.length === 0 ? threshold : messages.join("; ")))
                .join("; ")
            )
          })
        )
  )
}

/** Where the bars of a metric begin and end: around all intervals and means. */
const extentOf = ({ candidates }: Summary, metric: string) => {
  const values = candidates.flatMap(({ metrics }) => {
    const found = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
    return found === undefined || found.mean === null
      ? []
      : [found.mean, ...(found.interval === null ? [] : [found.interval.low, found.interval.high])]
  })
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low) * 0.08 || 0.5
  return (value: number) => (value - low + room) / (high - low + 2 * room)
}

const marks = {
  better: ["\u25b2", "better than the baseline"],
  worse: ["\u25bc", "worse than the baseline"],
  no_difference_shown: undefined,
  not_tested: undefined
} as const

const verdictMark = (summary: Summary, candidate: string, metric: string): Tree.Child => {
  const difference = summary.differences.find((one) => one.candidate === candidate && one.metric === metric)
  const mark = difference === undefined ? undefined : marks[difference.verdict]
  if (mark === undefined || difference === undefined) return h("span", { class: "mark-space" })
  const p = difference.p_adjusted === null ? "" : `, ${Verdict.pValue(difference.p_adjusted)} after correction`
  return h(
    "span",
    { class: `mark-space ${difference.verdict}`, title: `${mark[1]}${p}` },
    h("span", { "aria-hidden": "true" }, mark[0]),
    h("span", { class: "unseen" }, ` ${mark[1]}`)
  )
}

const metricCell = (summary: Summary, measure: Data.Measure, one: Candidate): Tree.Tree => {
  const found = Object.hasOwn(one.metrics, measure.name) ? one.metrics[measure.name] : undefined
  const fixed = (value: number) => format.fixed(value, measure.decimals)
  if (found?.pairwise !== undefined && found.pairwise !== null) {
    const { baseline_model_win_rate: lost, candidate_model_win_rate: won } = found.pairwise
    return h(
      "td",
      { class: "metric" },
      h("span", { class: "value" }, format.percent(won)),
      h("span", { class: "ci" }, ` won, ${format.percent(lost)} lost`)
    )
  }
  if (found === undefined || found.mean === null) {
    const why = found === undefined ? "not measured" : (found.absent["mean"] ?? "no scores")
    return h("td", { class: "metric muted", title: why }, format.missing, h("span", { class: "unseen" }, ` ${why}`))
  }
  const { interval, mean, n_valid } = found
  const at = extentOf(summary, measure.name)
  const few = n_valid < 30 ? h("span", { class: "few" }, `few rows, n ${n_valid}`) : undefined
  return h(
    "td",
    { class: "metric" },
    h("span", { class: "value" }, fixed(mean)),
    verdictMark(summary, one.candidate, measure.name),
    h("span", { class: "ci" }, interval === null ? "" : `[${fixed(interval.low)}, ${fixed(interval.high)}]`),
    interval === null ? undefined : pairView.bar(at(interval.low), at(mean), at(interval.high), undefined),
    few
  )
}

const nameCell = (summary: Summary, one: Candidate, nth: number): Tree.Tree =>
  h(
    "th",
    { scope: "row" },
    ...rowTable.name({ candidates: summary.candidates.map(({ candidate }) => candidate) }, nth),
    // Of a resource name the end tells; all of it is under "How this was measured".
    one.model === one.candidate ? undefined : h("small", {}, h("bdi", {}, one.model.split("/").slice(-2).join("/"))),
    one.failure === undefined ? undefined : h("span", { class: "badge" }, one.failure.tag)
  )

const better = ({ ideal, unit }: Data.Measure) =>
  unit === "choice"
    ? "against the baseline"
    : ideal === "low"
      ? "lower is better"
      : ideal === "zero"
        ? "nearer to 0 is better, row by row"
        : "higher is better"

const metricHead = (measure: Data.Measure) =>
  h("th", { scope: "col" }, h("bdi", {}, measure.name), h("small", {}, better(measure)))

const baselineSelect = (summary: Summary, planned: number): Tree.Tree =>
  h(
    "label",
    { class: "only-live" },
    "Baseline ",
    h(
      "select",
      { id: "baseline", "data-act": "baseline", autocomplete: "off" },
      summary.candidates.map(({ candidate }, nth) => h("option", { value: nth, selected: nth === planned }, candidate))
    )
  )

const operations = (one: Candidate): ReadonlyArray<Tree.Tree> => {
  const { blocked, cost_per_1000_usd: cost, latency_ms: latency, n_error, n_total } = one
  const number = (value: string, alarm = false) => h("td", { class: alarm ? "alarm" : undefined }, value)
  return [
    number(format.duration(latency?.median)),
    number(format.duration(latency?.p95)),
    number(cost === null ? format.missing : format.usd(Number(cost) / 1e12)),
    number(format.count(n_total - n_error)),
    number(format.count(n_error - blocked), n_error > blocked),
    number(format.count(blocked), blocked > 0)
  ]
}

/** The summary: the first metrics with cost, speed and failures, then the other metrics. */
export const draw = (
  summary: Summary,
  measures: ReadonlyArray<Data.Measure>,
  pairs: Data.Index["pairs"]
): Tree.Tree => {
  const metrics = measures.filter(({ unit }) => unit === "" || unit === "choice")
  const [primary] = metrics
  const planned = Math.max(
    0,
    summary.candidates.findIndex(({ candidate }) => candidate === summary.baseline)
  )
  const others = metrics.slice(inFirst)
  const confidence = format.percent(summary.confidence)
  const table = h(
    "table",
    { class: "summary" },
    h("caption", { class: "unseen" }, "Candidates by quality, cost, speed and failures"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col", class: "text" }, "Candidate"),
        metrics.slice(0, inFirst).map(metricHead),
        primary === undefined ? undefined : h("th", { scope: "col" }, "vs baseline", h("small", {}, "rows won")),
        ["p50", "p95", "$ / 1,000", "n", "errors", "blocked"].map((name) => h("th", { scope: "col" }, name))
      )
    ),
    h(
      "tbody",
      {},
      summary.candidates.map((one, nth) =>
        h(
          "tr",
          {},
          nameCell(summary, one, nth),
          metrics.slice(0, inFirst).map((measure) => metricCell(summary, measure, one)),
          primary === undefined
            ? undefined
            : h("td", { class: "metric", "data-pair": nth }, pairView.draw(pairs[nth]?.[planned], primary)),
          operations(one)
        )
      )
    )
  )
  const more = h(
    "table",
    { class: "summary more" },
    h("caption", { class: "unseen" }, "The other metrics"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "text" }, "Candidate"), others.map(metricHead))),
    h(
      "tbody",
      {},
      summary.candidates.map((one, nth) =>
        h(
          "tr",
          {},
          nameCell(summary, one, nth),
          others.map((measure) => metricCell(summary, measure, one))
        )
      )
    )
  )
  return section(
    "summary",
    "Summary",
    h(
      "div",
      { class: "notes" },
      h(
        "p",
        { class: "hint" },
        `[ ] ${confidence} interval. `,
        h("span", { class: "better" }, "\u25b2"),
        " better, ",
        h("span", { class: "worse" }, "\u25bc"),
        ` worse than ${summary.baseline}: paired by row, Holm-adjusted p < ${format.fixed(1 - summary.confidence, 2)}. No mark: no difference shown. "vs baseline": rows won${primary === undefined ? "" : ` in ${primary.name}`}, ties half; the bar goes from 0 to 100%.`
      ),
      baselineSelect(summary, planned)
    ),
    h(
      "p",
      { class: "hint other-baseline", role: "status" },
      `Differences were tested against ${summary.baseline} only: marks are hidden, intervals against another baseline are not corrected.`
    ),
    scrolling("Summary", table),
    others.length === 0 ? undefined : scrolling("The other metrics", more)
  )
}
