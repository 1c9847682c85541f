/**
 * Charts, drawn by Observable Plot into a document of linkedom when the report is written, and taken over as trees: of what they draw
 * only shapes and text come through, and nothing of them is in the report.
 */
import * as Effect from "effect/Effect"
import type * as Plot from "@observablehq/plot"
import type * as Tree from "../report/browser/tree.ts"
import { h, rowTable } from "./reportHtml.ts"

type Plotting = typeof Plot

/** What is drawn with. */
export interface Pen {
  readonly plot: Plotting
  /**
   * Draws marks, and over them what is placed by the scales of the drawing. The title and the one sentence say for those who do not see
   * it what is to be seen.
   */
  readonly draw: (
    options: Plot.PlotOptions,
    words: { readonly title: string; readonly sentence: string },
    over?: (place: Place) => ReadonlyArray<Tree.Tree>
  ) => Tree.Element
}

/** Where a value lies in the drawing, in its pixels. */
export interface Place {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

/** The part of a DOM that is read. */
interface DrawnNode {
  readonly nodeType: number
  readonly localName?: string
  readonly textContent: string | null
  readonly childNodes: Iterable<DrawnNode>
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>
}

const tags: ReadonlySet<string> = new Set(["circle", "g", "line", "path", "rect", "svg", "text"])
const attributes: ReadonlySet<string> = new Set(
  (
    "cx cy d fill fill-opacity font-size font-variant font-weight height opacity r rx ry stroke stroke-dasharray stroke-linecap " +
    "stroke-linejoin stroke-opacity stroke-width text-anchor transform viewBox width x x1 x2 y y1 y2"
  ).split(" ")
)

// A tenth of a pixel is what can be seen.
const rounded = (value: string) =>
  value.replace(/-?\d+\.\d+(?:e-?\d+)?/g, (digits) => String(Math.round(Number(digits) * 10) / 10))

const isTag = (name: string): name is Tree.Tag => tags.has(name)

const treeOf = (node: DrawnNode): ReadonlyArray<Tree.Tree> => {
  if (node.nodeType === 3) return [node.textContent ?? ""]
  const name = node.localName ?? ""
  if (!isTag(name)) return []
  const kept = [...(node.attributes ?? [])].filter((attribute) => attributes.has(attribute.name))
  const children = [...node.childNodes].flatMap(treeOf)
  if (children.length === 0 && (name === "g" || name === "text")) return []
  return [
    h(
      name,
      Object.fromEntries(
        kept.map(({ name, value }) => [name, name === "opacity" || name === "fill-opacity" ? value : rounded(value)])
      ),
      children
    )
  ]
}

/** Loads what draws. It takes a third of a second the first time. */
export const load: Effect.Effect<Pen> = Effect.promise(async () => {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")])
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  return {
    plot,
    draw: (options, { sentence, title }, over = () => []) => {
      const drawn = plot.plot({ ...options, document })
      const node: DrawnNode = drawn
      const [tree] = treeOf(node)
      const place = (scale: "x" | "y") => (value: number) => Number(drawn.scale(scale)?.apply(value))
      const svg = typeof tree === "object" ? tree : h("svg", {})
      const { height, viewBox, width } = svg.attributes
      return h(
        "svg",
        { class: "chart", viewBox, width, height, role: "img", "text-anchor": "middle", "font-size": "11" },
        h("title", {}, title),
        h("desc", {}, sentence),
        svg.children,
        over({ x: place("x"), y: place("y") })
      )
    }
  }
})

/** A mark of a candidate at a place, as large as asked. */
export const mark = (candidate: number, x: number, y: number, size: number, hollow = false): Tree.Tree => {
  const scale = Math.round((size / 12) * 100) / 100
  const at = `translate(${px(x - size / 2)},${px(y - size / 2)}) scale(${scale})`
  return h("path", {
    class: `mark c${candidate % 8}${hollow ? " hollow" : ""}`,
    d: rowTable.shape(candidate),
    transform: at
  })
}

/** A number of pixels as it is written. */
export const px = (value: number): number => Math.round(value * 10) / 10
