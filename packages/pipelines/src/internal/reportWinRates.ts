/** Who beats whom how often: a table that is its own chart. */
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Tree from "../report/browser/tree.ts"
import { format, h, rowTable, scrolling, section } from "./reportHtml.ts"

const percent = (share: number) => format.fixed(share * 100, 0)

const cell = (rate: ComparisonSummary.WinRate | undefined): Tree.Tree => {
  if (rate === undefined || rate.rate === null) return h("td", { class: "muted" }, format.missing)
  const { errors, high, losses, low, rate: share, ties, wins } = rate
  // Eleven steps from lost to won; the number says it too.
  const shade = `w${Math.round(share * 10)}`
  return h(
    "td",
    { class: `win ${shade}`, title: `${wins} won, ${ties} tied, ${losses} lost, ${errors} without both scores` },
    h("span", { class: "value" }, format.percent(share)),
    h("span", { class: "ci" }, low === null || high === null ? "" : `[${percent(low)}, ${percent(high)}]`),
    h("span", { class: "ci" }, `n ${wins + losses + ties}`)
  )
}

/** The rate of the pair as it was counted, or turned round. */
const rateOf = (rates: ReadonlyArray<ComparisonSummary.WinRate>, candidate: string, against: string) => {
  const direct = rates.find((rate) => rate.candidate === candidate && rate.against === against)
  if (direct !== undefined) return direct
  const reverse = rates.find((rate) => rate.candidate === against && rate.against === candidate)
  if (reverse === undefined) return undefined
  const turned = (share: number | null) => (share === null ? null : 1 - share)
  return {
    ...reverse,
    wins: reverse.losses,
    losses: reverse.wins,
    rate: turned(reverse.rate),
    low: turned(reverse.high),
    high: turned(reverse.low)
  }
}

const matrix = (summary: ComparisonSummary.ComparisonSummary, metric: string): Tree.Tree => {
  const rates = summary.win_rates.filter((rate) => rate.metric === metric)
  const names = summary.candidates.map(({ candidate }) => candidate)
  return scrolling(
    `Win rates in ${metric}`,
    h(
      "table",
      { class: "matrix" },
      h("caption", {}, "Share of rows in which the row beats the column in ", h("bdi", {}, metric), ", ties half"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", {}),
          names.map((name, nth) => h("th", { scope: "col" }, rowTable.glyph(nth), h("bdi", {}, name)))
        )
      ),
      h(
        "tbody",
        {},
        names.map((name, nth) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, rowTable.glyph(nth), h("bdi", {}, name)),
            names.map((against) => (against === name ? h("td", { class: "self" }) : cell(rateOf(rates, name, against))))
          )
        )
      )
    )
  )
}

/** The matrix of the first metric, those of the others behind disclosures; undefined when there is nobody to compare with. */
export const draw = (
  summary: ComparisonSummary.ComparisonSummary,
  metrics: ReadonlyArray<string>
): Tree.Tree | undefined => {
  const counted = metrics.filter((metric) => summary.win_rates.some((rate) => rate.metric === metric))
  const [first, ...others] = counted
  if (first === undefined) return undefined
  const { order } = summary
  return section(
    "win-rates",
    "Win rates",
    matrix(summary, first),
    others.map((metric) =>
      h("details", { class: "twin" }, h("summary", {}, h("bdi", {}, metric)), matrix(summary, metric))
    ),
    order === null
      ? summary.order_absent === undefined
        ? undefined
        : h("p", { class: "muted" }, `No order by strength: ${summary.order_absent}`)
      : h(
          "p",
          {},
          `Order by strength (Bradley-Terry${summary.order_metric === undefined ? "" : ` of ${summary.order_metric}`}, as Elo): `,
          order.map(({ candidate, elo }, nth) => [
            nth === 0 ? "" : ", ",
            h("bdi", {}, candidate),
            ` ${format.fixed(elo, 0)}`
          ])
        )
  )
}
