/** How the values of each metric are spread: a box and the values themselves for each candidate. */
import type * as Data from "../report/browser/data.ts"
import type * as Tree from "../report/browser/tree.ts"
import type { Cells } from "./reportCells.ts"
import { chartBox, format, h, rowTable, section, short, twin } from "./reportHtml.ts"
import * as Svg from "./reportSvg.ts"

/** Points that are drawn of all candidates together; of more a sample is. */
const mostPoints = 2000
/** With no more different values than this, each is drawn once, as large as it is frequent. */
const fewValues = 12

interface Spread {
  readonly candidate: number
  readonly name: string
  readonly sorted: ReadonlyArray<number>
  readonly quartiles: readonly [min: number, q1: number, median: number, q3: number, max: number]
}

/** The quantile between the two nearest values (type 7 of Hyndman and Fan, that of most programs). */
const quantile = (sorted: ReadonlyArray<number>, share: number): number => {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  return low + (at % 1) * ((sorted[Math.ceil(at)] ?? low) - low)
}

const spreadsOf = (cells: Cells, measure: string): ReadonlyArray<Spread> =>
  cells.columns(measure).flatMap((column, candidate) => {
    const sorted = Array.from(column.filter((value) => !Number.isNaN(value)).toSorted())
    if (sorted.length === 0) return []
    const at = (share: number) => quantile(sorted, share)
    const name = cells.candidates[candidate] ?? ""
    return [{ candidate, name, sorted, quartiles: [at(0), at(0.25), at(0.5), at(0.75), at(1)] }]
  })

// Points would hide each other on a line. The same point is always moved the same way: multiples of the golden ratio spread evenly.
const jitter = (nth: number) => ((nth * 0.618_033_988_75) % 1) - 0.5

/** Dots as one path of lines without length, each moved to from the one before: a tenth of what circles take. */
const dots = (points: ReadonlyArray<readonly [x: number, y: number]>): string => {
  // In tenths of a pixel, so that rounding does not add up.
  let [fromX, fromY] = [0, 0]
  const pixels = (tenths: number) => String(tenths / 10).replace(/^(-?)0\./, "$1.")
  const moves = points.map(([x, y]) => {
    const [toX, toY] = [Math.round(x * 10), Math.round(y) * 10]
    const right = pixels(toX - fromX)
    const down = pixels(toY - fromY)
    fromX = toX
    fromY = toY
    return `m${right}${down.startsWith("-") ? "" : " "}${down}h0`
  })
  return moves.join("")
}

const counted = (sorted: ReadonlyArray<number>) => {
  const counts = new Map<number, number>()
  for (const value of sorted) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

const [width, band, top, right] = [560, 34, 8, 16]

const strip = (pen: Svg.Pen, cells: Cells, measure: Data.Measure, title: string): Tree.Tree | undefined => {
  const spreads = spreadsOf(cells, measure.name)
  const all = spreads.reduce((sum, { sorted }) => sum + sorted.length, 0)
  const [low, high] = [
    Math.min(...spreads.map(({ quartiles }) => quartiles[0])),
    Math.max(...spreads.map(({ quartiles }) => quartiles[4]))
  ]
  if (all === 0 || !Number.isFinite(low)) return undefined
  const log = (measure.unit === "ms" || measure.unit === "usd") && low > 0 && high / low > 20
  const room = log ? 0 : (high - low) * 0.03 || 0.5
  const domain = [log ? low * 0.9 : low - room, log ? high * 1.1 : high + room] as const
  const few =
    new Set(spreads.flatMap(({ sorted }) => [...counted(sorted).keys()].slice(0, fewValues + 1))).size <= fewValues
  const every = few ? 1 : Math.ceil(all / mostPoints)
  const left = 34 + 6.3 * Math.max(...cells.candidates.map((name) => short(name, 20).length))
  const height = top + band * cells.candidates.length + 28
  const middle = (candidate: number) => top + band * (candidate + 0.5)

  const drawn = spreads.flatMap(
    ({ candidate, quartiles: [min, q1, median, q3, max], sorted }) =>
      (place: Svg.Place) => {
        const y = middle(candidate)
        const x = (value: number) => Svg.px(place.x(value))
        const most = Math.max(...counted(sorted).values())
        const points = few
          ? [...counted(sorted)].map(([value, count]) =>
              h("circle", {
                class: `dot c${candidate % 8}`,
                cx: x(value),
                cy: y,
                r: Svg.px(2 + 9 * Math.sqrt(count / most))
              })
            )
          : [
              h("path", {
                class: `dots c${candidate % 8}`,
                d: dots(
                  sorted
                    .filter((_, nth) => nth % every === 0)
                    .map((value, nth) => [place.x(value), y + jitter(nth) * 18])
                )
              })
            ]
        return [
          ...points,
          h("line", { class: "whisker", x1: x(min), x2: x(max), y1: y, y2: y }),
          h("rect", {
            class: "box",
            x: x(q1),
            y: y - 7,
            width: Svg.px(Math.max(0.5, place.x(q3) - place.x(q1))),
            height: 14
          }),
          h("line", { class: "median", x1: x(median), x2: x(median), y1: y - 9, y2: y + 9 })
        ]
      }
  )
  const [best] = spreads.toSorted((a, b) =>
    measure.ideal === "high" ? b.quartiles[2] - a.quartiles[2] : a.quartiles[2] - b.quartiles[2]
  )
  const medians = spreads.map(({ name, quartiles }) => `${name} ${format.measured(measure, quartiles[2])}`).join(", ")
  const chart = pen.draw(
    {
      width,
      height,
      marginTop: top,
      marginBottom: 28,
      marginLeft: left,
      marginRight: right,
      x: {
        type: log ? "log" : "linear",
        domain,
        grid: true,
        label: null,
        ticks: 5,
        tickFormat: (value: number) =>
          measure.unit === "" ? String(Number(value.toPrecision(6))) : format.measured(measure, value)
      },
      y: { type: "linear", domain: [0, height], axis: null },
      marks: [pen.plot.ruleX([domain[0]], { strokeOpacity: 0 })]
    },
    {
      title: `Distribution of ${title}`,
      sentence: `Medians: ${medians}${best === undefined ? "" : `; best is ${best.name}`}.`
    },
    (place) => [
      ...cells.candidates.flatMap((name, candidate) => [
        Svg.mark(candidate, 8, middle(candidate), 11),
        h("text", { class: "label", x: 20, y: middle(candidate) + 4, "text-anchor": "start" }, short(name, 20))
      ]),
      ...drawn.flatMap((draw) => draw(place))
    ]
  )
  const sampled =
    every > 1
      ? `One of every ${every} of the ${format.count(all)} values is drawn, in order of size; boxes are of all.`
      : ""
  const sized = few ? "Area: how often the value occurs." : ""
  const data = {
    "data-measure": measure.name,
    "data-width": width,
    "data-height": height,
    "data-left": left,
    "data-right": width - right,
    "data-low": domain[0],
    "data-high": domain[1],
    "data-log": log ? "yes" : "no",
    "data-top": top,
    "data-step": band
  }
  return h(
    "figure",
    { class: "strip" },
    h("h3", {}, h("bdi", {}, title), h("span", { class: "pointed" })),
    chartBox({ ...chart, attributes: { ...chart.attributes, ...data } }),
    h("figcaption", {}, `${sized}${sampled}`),
    twin(
      `Distribution of ${title}`,
      ["Candidate", "n", "Min", "25%", "Median", "75%", "Max"],
      spreads.map(({ candidate, name, quartiles, sorted }) => [
        [rowTable.glyph(candidate), h("bdi", {}, name)],
        format.count(sorted.length),
        ...quartiles.map((value) => format.measured(measure, value))
      ])
    )
  )
}

/** A strip for each metric, and for latency. */
export const draw = (pen: Svg.Pen, cells: Cells, measures: ReadonlyArray<Data.Measure>): Tree.Tree =>
  section(
    "distributions",
    "Distributions",
    h(
      "p",
      { class: "hint" },
      "Box: the middle half of the values, with the median. Line: from the lowest to the highest."
    ),
    h(
      "p",
      { class: "hint only-live" },
      "Point at a strip to see the nearest row; click it to list the rows that are worse."
    ),
    h(
      "div",
      { class: "strips" },
      measures
        .filter(({ unit }) => unit === "" || unit === "ms")
        .map((measure) => strip(pen, cells, measure, measure.unit === "ms" ? "latency" : measure.name))
    )
  )
