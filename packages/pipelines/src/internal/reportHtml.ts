/** Trees as HTML text, and the parts that the report as written shares with the page in the reader's browser. */
import * as Format from "../report/browser/format.ts"
import * as Pack from "../report/browser/pack.ts"
import * as PairView from "../report/browser/pairView.ts"
import * as RowTable from "../report/browser/rowTable.ts"
import * as Tree from "../report/browser/tree.ts"
import * as View from "../report/browser/view.ts"

export const { h } = Tree.make()
export const format = Format.make()
export const { pack } = Pack.make()
export const views = View.make()
export const pairView = PairView.make({ format, h })
export const rowTable = RowTable.make({ format, h, views })

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** Text as HTML: never markup, wherever it stands. What cannot be in a file (NUL, halves of surrogate pairs) is replaced. */
export const escape = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll("\0", "\ufffd")
    .replace(/[&<>"']/g, (character) => named[character] ?? character)

const shapes: ReadonlySet<Tree.Tag> = new Set(["circle", "line", "path", "rect"])

/** Writes a tree as HTML. */
export const render = (tree: Tree.Tree): string => {
  if (typeof tree === "string") return escape(tree)
  const attributes = Object.entries(tree.attributes).map(([name, value]) =>
    value === undefined || value === false ? "" : value === true ? ` ${name}` : ` ${name}="${escape(String(value))}"`
  )
  const start = `<${tree.tag}${attributes.join("")}`
  if (tree.tag === "input") return `${start}>`
  // Shapes are foreign elements, which may end so.
  if (tree.children.length === 0 && shapes.has(tree.tag)) return `${start}/>`
  return `${start}>${tree.children.map(render).join("")}</${tree.tag}>`
}

/** A table behind a disclosure: what a chart shows, as numbers. */
export const twin = (
  title: string,
  heads: ReadonlyArray<string>,
  rows: ReadonlyArray<readonly [head: Tree.Child, ...cells: ReadonlyArray<string>]>
): Tree.Tree =>
  h(
    "details",
    { class: "twin" },
    h("summary", {}, "Data"),
    scrolling(
      title,
      h(
        "table",
        {},
        h("caption", { class: "unseen" }, title),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            heads.map((head, nth) => h("th", { scope: "col", class: nth === 0 ? "text" : undefined }, head))
          )
        ),
        h(
          "tbody",
          {},
          rows.map(([head, ...cells]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, head),
              cells.map((cell) => h("td", {}, cell))
            )
          )
        )
      )
    )
  )

/** Content that scrolls by itself when the page is narrower; it can be reached with the keyboard. */
export const scrolling = (label: string, ...content: ReadonlyArray<Tree.Child>): Tree.Tree =>
  h("div", { class: "scrolling", role: "group", "aria-label": label, tabindex: 0 }, ...content)

/** A chart, which scrolls when the page is narrower than it can be read. */
export const chartBox = (chart: Tree.Element, kind?: "wide"): Tree.Tree => {
  const [title] = chart.children
  const label = typeof title === "object" ? title.children.join("") : ""
  const box = kind === undefined ? "chart-box" : `chart-box ${kind}`
  return h("div", { class: box, role: "group", "aria-label": label, tabindex: 0 }, chart)
}

/** A name as long as there is room for in a chart. */
export const short = (name: string, most: number): string =>
  name.length > most ? `${name.slice(0, most - 1)}\u2026` : name

/** A section under its heading. */
export const section = (id: string, title: string, ...content: ReadonlyArray<Tree.Child>): Tree.Tree =>
  h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content)

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** A time as "22 Nov 2026 18:40 UTC"; text that is no time as it is. */
export const date = (iso: string): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return iso
  const two = (value: number) => String(value).padStart(2, "0")
  return (
    `${time.getUTCDate()} ${months[time.getUTCMonth()] ?? ""} ${time.getUTCFullYear()} ` +
    `${two(time.getUTCHours())}:${two(time.getUTCMinutes())} UTC`
  )
}
