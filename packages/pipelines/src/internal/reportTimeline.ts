/** What a pipeline did and when: a bar for each step, quiet stretches folded. */
import * as Money from "@genops/core/Money"
import type * as Tree from "../report/browser/tree.ts"
import type * as RunHistory from "../RunHistory.ts"
import { chartBox, format, h, section, short, twin } from "./reportHtml.ts"
import * as Svg from "./reportSvg.ts"

interface Fold {
  readonly from: number
  readonly to: number
}

/**
 * Stretches in which nothing begins or ends, and the shortest of which is twice as long as all that are left: drawn to scale they would
 * leave the rest no room. At most six.
 */
const foldsOf = (times: ReadonlyArray<number>): ReadonlyArray<Fold> => {
  const long = ({ from, to }: Fold) => to - from
  const stretches = times.slice(1).map((to, nth) => ({ from: times[nth] ?? to, to }))
  const sorted = stretches.toSorted((a, b) => long(b) - long(a))
  let rest = sorted.reduce((sum, stretch) => sum + long(stretch), 0)
  let folded = 0
  for (const [nth, stretch] of sorted.slice(0, 6).entries()) {
    rest -= long(stretch)
    if (rest > 0 && long(stretch) >= 2 * rest) folded = nth + 1
  }
  return sorted.slice(0, folded).toSorted((a, b) => a.from - b.from)
}

/** Time as it is drawn: folded stretches take a tenth of the drawn length each. */
const scaleOf = (times: ReadonlyArray<number>, folds: ReadonlyArray<Fold>) => {
  const [start = 0] = times
  const end = times.at(-1) ?? start
  const folded = folds.reduce((sum, { from, to }) => sum + to - from, 0)
  const fold = folds.length === 0 ? 0 : (end - start - folded) / 10
  const at = (time: number) =>
    folds.reduce((x, { from, to }) => {
      const inside = Math.max(0, Math.min(time, to) - from)
      return x - inside + (inside * fold) / (to - from)
    }, time - start)
  return { at, end: at(end) || 1 }
}

const stateText = { running: "running", done: "done", failed: "failed" } as const

/** The timeline with its table. A step that goes on is drawn up to the last time that is known. */
export const draw = (pen: Svg.Pen, history: RunHistory.RunHistory): Tree.Tree | undefined => {
  if (history.length === 0) return undefined
  const times = [
    ...new Set(history.flatMap(({ endedAt, startedAt }) => [startedAt, ...(endedAt === null ? [] : [endedAt])]))
  ].toSorted((a, b) => a - b)
  const last = times.at(-1) ?? 0
  const folds = foldsOf(times)
  const scale = scaleOf(times, folds)
  const [width, band, top, right] = [1080, 30, 22, 96]
  const longest = Math.max(...history.map(({ name }) => short(name, 28).length))
  const left = 16 + 6.6 * longest
  const height = top + band * history.length + 12
  const cost = ({ costUsd }: RunHistory.Entry) => (costUsd === null ? "not known" : Money.format(costUsd))
  const lasted = ({ endedAt, startedAt }: RunHistory.Entry) => (endedAt ?? last) - startedAt
  const total = history.reduce((sum, { costUsd }) => (costUsd === null ? sum : Money.plus(sum, costUsd)), Money.zero)
  const unknown = history.filter(({ costUsd }) => costUsd === null).length
  const sentence =
    `${history.length} steps in ${format.duration(last - (times[0] ?? last))}, ${Money.format(total)}` +
    `${unknown === 0 ? "" : ` and the cost of ${unknown === 1 ? "one step" : `${unknown} steps`}, which is not known`}.`

  const chart = pen.draw(
    {
      width,
      height,
      marginTop: top,
      marginBottom: 12,
      marginLeft: left,
      marginRight: right,
      x: { type: "linear", domain: [0, scale.end], axis: null },
      y: { type: "linear", domain: [0, height], axis: null },
      marks: [pen.plot.ruleX([0], { stroke: "var(--rule)" })]
    },
    { title: "Pipeline", sentence },
    (place) => {
      const x = (time: number) => Svg.px(place.x(scale.at(time)))
      const bars = history.flatMap((entry, nth) => {
        const y = top + band * nth
        const from = x(entry.startedAt)
        const wide = Math.max(2, Svg.px(x(entry.endedAt ?? last) - from))
        const label = `${format.duration(lasted(entry))}${entry.attempts > 1 ? `, ${entry.attempts} attempts` : ""}`
        // Beside the bar where there is room, else before it.
        const after = from + wide + 8 + label.length * 6.2 < width - right
        const name = short(entry.name, 28)
        return [
          h("text", { class: "label", x: 0, y: y + 19, "text-anchor": "start" }, name),
          h("rect", { class: `step ${entry.kind} ${entry.state}`, x: from, y: y + 7, width: wide, height: 16, rx: 2 }),
          h(
            "text",
            {
              class: "label soft",
              x: after ? from + wide + 8 : from - 8,
              y: y + 19,
              "text-anchor": after ? "start" : "end"
            },
            entry.state === "failed" ? `\u2715 ${label}` : entry.attempts > 1 ? `\u25b2 ${label}` : label
          ),
          h("text", { class: "label", x: width, y: y + 19, "text-anchor": "end" }, cost(entry))
        ]
      })
      // A bar that goes on through a fold is broken there.
      const middle = ({ from, to }: Fold) => Svg.px((x(from) + x(to)) / 2)
      const cuts = folds.flatMap((fold) => [
        h("text", { class: "label soft", x: middle(fold), y: 12 }, `// ${format.duration(fold.to - fold.from)}`),
        ...history.flatMap(({ endedAt, startedAt }, nth) => {
          if (startedAt > fold.from || (endedAt ?? last) < fold.to) return []
          const y = top + band * nth + 5
          const slant = "l-6 20"
          return [
            h("path", { class: "fold", d: `M${middle(fold) - 3} ${y}${slant}h7l6 -20z` }),
            h("path", { class: "cut", d: `M${middle(fold) - 3} ${y}${slant}m7 0l6 -20` })
          ]
        })
      ])
      return [hatch, ...bars, ...cuts]
    }
  )
  return section(
    "pipeline",
    "Pipeline",
    h(
      "figure",
      {},
      chartBox(chart, "wide"),
      h(
        "figcaption",
        {},
        `Solid: work. Hatched: waiting. \u25b2 tried more than once, \u2715 failed.${folds.length === 0 ? "" : " //: a stretch without events, folded."} ${sentence}`
      )
    ),
    twin(
      "Steps",
      ["Step", "Kind", "State", "Begun", "Took", "Attempts", "Cost", "Error"],
      history.map((entry) => [
        h("bdi", {}, entry.name),
        entry.kind,
        stateText[entry.state],
        `${new Date(entry.startedAt).toISOString().slice(0, 19)}Z`,
        format.duration(lasted(entry)),
        String(entry.attempts),
        cost(entry),
        entry.error ?? ""
      ])
    )
  )
}

const hatch = h(
  "defs",
  {},
  h(
    "pattern",
    { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    h("line", { class: "hatching", x1: 0, x2: 0, y1: 0, y2: 6 })
  )
)
