/** Quality against cost: where each candidate lies, and which ones nobody beats. */
import type * as Money from "@genops/core/Money"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Data from "../report/browser/data.ts"
import type * as Tree from "../report/browser/tree.ts"
import { chartBox, format, h, rowTable, section, short, twin } from "./reportHtml.ts"
import * as Labels from "./reportLabels.ts"
import * as Svg from "./reportSvg.ts"

interface Point {
  readonly candidate: number
  readonly name: string
  readonly cost: number
  readonly quality: number
  readonly interval: readonly [low: number, high: number] | undefined
  readonly latency: number | undefined
  readonly onFront: boolean
}

const dollars = (cost: Money.Money) => Number(cost) / 1e12

/** Candidates in the unit of the metric, as far as there are numbers for them. */
const pointsOf = (summary: ComparisonSummary.ComparisonSummary): ReadonlyArray<Point> =>
  summary.candidates.flatMap(({ candidate: name, cost_per_1000_usd, latency_ms, metrics }, candidate) => {
    const found = summary.trade_off.find((one) => one.candidate === name)
    const metric = Object.hasOwn(metrics, summary.primary_metric) ? metrics[summary.primary_metric] : undefined
    if (found === undefined || found.quality === null || cost_per_1000_usd === null) return []
    const plain = metric?.ideal === "high" || metric?.ideal === "low"
    const quality = plain ? (metric.mean ?? found.quality) : metric?.ideal === "zero" ? -found.quality : found.quality
    const interval =
      plain && metric.interval !== null ? ([metric.interval.low, metric.interval.high] as const) : undefined
    const latency = latency_ms?.median
    return { candidate, name, cost: dollars(cost_per_1000_usd), quality, interval, latency, onFront: found.on_front }
  })

const [width, height, marginLeft, marginBottom] = [560, 320, 48, 40]

const sentenceOf = (
  points: ReadonlyArray<Point>,
  better: (a: Point, b: Point) => number,
  measure: Data.Measure
): string => {
  const [best] = points.toSorted(better)
  const [cheapest] = points.toSorted((a, b) => a.cost - b.cost)
  if (best === undefined || cheapest === undefined) return "No candidate has both a quality and a known cost."
  const { decimals, name } = measure
  const first = `${best.name} has the best ${name}, ${format.fixed(best.quality, decimals)}, at ${format.usd(best.cost)} per 1,000 calls`
  return best === cheapest
    ? `${first}, and is the cheapest.`
    : `${first}; ${cheapest.name} is the cheapest, ${format.usd(cheapest.cost)}.`
}

/** The chart with its table; without a cost or quality of anybody it says so. */
export const draw = (pen: Svg.Pen, summary: ComparisonSummary.ComparisonSummary, measure: Data.Measure): Tree.Tree => {
  const points = pointsOf(summary)
  const title = "Trade-off"
  if (points.length === 0) {
    return section("trade-off", title, h("p", { class: "muted" }, "No candidate has both a quality and a known cost."))
  }
  const lowIsGood = measure.ideal === "low" || measure.ideal === "zero"
  const better = (a: Point, b: Point) => (lowIsGood ? a.quality - b.quality : b.quality - a.quality) || a.cost - b.cost
  const costs = points.map(({ cost }) => cost)
  const log = Math.min(...costs) > 0 && Math.max(...costs) / Math.min(...costs) > 3
  const qualities = points.flatMap(({ interval, quality }) => [quality, ...(interval ?? [])])
  const [low, high] = [Math.min(...qualities), Math.max(...qualities)]
  const room = high === low ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.12
  const spread = log
    ? ([Math.min(...costs) / 2, Math.max(...costs) * 2] as const)
    : ([0, Math.max(...costs) * 1.15 || 1] as const)
  const front = points
    .toSorted((a, b) => a.cost - b.cost || better(a, b))
    .filter((point, nth, all) => all.slice(0, nth).every((one) => better(point, one) < 0))
  const slowest = Math.max(...points.map(({ latency }) => latency ?? 0))
  const { plot } = pen
  const chart = pen.draw(
    {
      width,
      height,
      marginLeft,
      marginBottom,
      marginRight: 16,
      x: {
        type: log ? "log" : "linear",
        domain: spread,
        grid: true,
        label: `cost of 1,000 calls${log ? ", logarithmic" : ""} \u2192`,
        tickFormat: (value: number) => format.usd(value),
        ticks: log ? 4 : 5
      },
      y: {
        domain: lowIsGood ? [high + room, low - room] : [low - room, high + room],
        grid: true,
        label: `\u2191 ${measure.name}${lowIsGood ? " (lower is better)" : ""}`,
        ticks: 5
      },
      marks: [
        plot.line(front, { x: "cost", y: "quality", stroke: "var(--muted)", strokeDasharray: "2,4" }),
        plot.ruleX(
          points.flatMap(({ cost, interval }) =>
            interval === undefined ? [] : [{ cost, low: interval[0], high: interval[1] }]
          ),
          { x: "cost", y1: "low", y2: "high", stroke: "var(--muted)", strokeWidth: 1.5 }
        )
      ]
    },
    { title: `${measure.name} against cost`, sentence: sentenceOf(points, better, measure) },
    (place) => {
      const placed = points.map((point) => ({
        ...point,
        x: place.x(point.cost),
        y: place.y(point.quality),
        text: short(point.name, 24)
      }))
      const frame = { left: marginLeft + 2, right: width, top: 14, bottom: height - marginBottom }
      const labels = Labels.place(placed, frame)
      const each = (draw: (point: (typeof placed)[number], nth: number) => Tree.Tree) => placed.map(draw)
      return [
        ...each(({ candidate, latency = 0, x, y }) => {
          const r = slowest === 0 ? 0 : Svg.px(24 * Math.sqrt(latency / slowest))
          return h("circle", { class: `halo c${candidate % 8}`, cx: Svg.px(x), cy: Svg.px(y), r })
        }),
        ...labels.flatMap((label, nth) => {
          const { x = 0, y = 0 } = placed[nth] ?? {}
          const end = { x2: Svg.px(label.x + (label.anchor === "start" ? -2 : 2)), y2: Svg.px(label.y - 4) }
          return label.isMoved ? [h("line", { class: "leader", x1: Svg.px(x), y1: Svg.px(y), ...end })] : []
        }),
        ...each(({ candidate, onFront, x, y }) => Svg.mark(candidate, x, y, 12, !onFront)),
        ...labels.map(({ anchor, x, y }, nth) =>
          h("text", { class: "label", x: Svg.px(x), y: Svg.px(y), "text-anchor": anchor }, placed[nth]?.text ?? "")
        )
      ]
    }
  )
  const caption =
    "Filled: on the Pareto front of quality, cost and latency; nobody is at least as good in all three and better in one. " +
    "Dashed: the front of quality and cost alone. Vertical lines: intervals. Halo: median latency."
  return section(
    "trade-off",
    title,
    h("figure", {}, chartBox(chart), h("figcaption", {}, caption)),
    twin(
      "Quality, cost and latency",
      ["Candidate", measure.name, "Cost of 1,000 calls", "Median latency", "Pareto front"],
      points.map(({ candidate, cost, latency, name, onFront, quality }) => [
        [rowTable.glyph(candidate), h("bdi", {}, name)],
        format.fixed(quality, measure.decimals),
        format.usd(cost),
        format.duration(latency),
        onFront ? "yes" : "no"
      ])
    )
  )
}
