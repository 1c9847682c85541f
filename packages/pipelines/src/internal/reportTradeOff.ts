/** Quality against cost: where each candidate lies, and which ones nobody beats. */
import type * as Money from "@genops/core/Money"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Data from "../report/browser/data.ts"
import type * as Tree from "../report/browser/tree.ts"
import { chartBox, format, h, rowTable, section, twin } from "./reportHtml.ts"
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

/** Names beside their points where they cover nothing: right, left, above or below. */
const labels = (
  points: ReadonlyArray<{ readonly x: number; readonly y: number; readonly text: string }>,
  width: number
) => {
  const taken = points.map(({ x, y }) => ({ left: x - 9, right: x + 9, top: y - 9, bottom: y + 9 }))
  return points.map(({ text, x, y }) => {
    const long = text.length * 6.4
    const places = [
      { x: x + 14, y: y + 4, anchor: "start", left: x + 14, right: x + 14 + long, top: y - 7, bottom: y + 8 },
      { x: x - 14, y: y + 4, anchor: "end", left: x - 14 - long, right: x - 14, top: y - 7, bottom: y + 8 },
      { x, y: y - 14, anchor: "middle", left: x - long / 2, right: x + long / 2, top: y - 25, bottom: y - 11 },
      { x, y: y + 22, anchor: "middle", left: x - long / 2, right: x + long / 2, top: y + 11, bottom: y + 25 }
    ]
    const free = places.find(
      (place) =>
        place.left > 0 &&
        place.right < width &&
        taken.every(
          (box) => box.right < place.left || box.left > place.right || box.bottom < place.top || box.top > place.bottom
        )
    )
    const chosen = free ?? places[0]
    if (chosen !== undefined) taken.push(chosen)
    return chosen
  })
}

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
    ? ([Math.min(...costs) / 1.6, Math.max(...costs) * 1.6] as const)
    : ([0, Math.max(...costs) * 1.15 || 1] as const)
  const front = points
    .toSorted((a, b) => a.cost - b.cost || better(a, b))
    .filter((point, nth, all) => all.slice(0, nth).every((one) => better(point, one) < 0))
  const slowest = Math.max(...points.map(({ latency }) => latency ?? 0))
  const [width, height] = [560, 320]
  const { plot } = pen
  const chart = pen.draw(
    {
      width,
      height,
      marginLeft: 48,
      marginBottom: 40,
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
        text: point.name
      }))
      const names = labels(placed, width)
      return placed.flatMap(({ candidate, latency = 0, name, onFront, x, y }, nth) => {
        const label = names[nth]
        const r = slowest === 0 ? 0 : Svg.px(24 * Math.sqrt(latency / slowest))
        return [
          h("circle", { class: `halo c${candidate % 8}`, cx: Svg.px(x), cy: Svg.px(y), r }),
          Svg.mark(candidate, x, y, 12, !onFront),
          label === undefined
            ? ""
            : h("text", { class: "label", x: Svg.px(label.x), y: Svg.px(label.y), "text-anchor": label.anchor }, name)
        ]
      })
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
