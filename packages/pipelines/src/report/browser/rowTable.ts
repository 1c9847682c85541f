/**
 * Draws the table of rows: for each candidate the value, how it differs from the baseline, and how the answer begins.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Format } from "./format.ts"
import type { H, Tree } from "./tree.ts"
import type { View, Views } from "./view.ts"

/**
 * Makes the table's parts. `row` without its text has the numbers only; without `live` there are no buttons.
 *
 * @since 0.1.0
 */
export const make = ({ format, h, views }: { readonly format: Format; readonly h: H; readonly views: Views }) => {
  const shapes = [
    "M6 1.2a4.8 4.8 0 1 0 .01 0z",
    "M1.8 1.8h8.4v8.4h-8.4z",
    "M6 .6l4.6 5.4L6 11.4 1.4 6z",
    "M6 1l5.4 9.6H.6z",
    "M4.4 1h3.2v3.4H11v3.2H7.6V11H4.4V7.6H1V4.4h3.4z",
    "M6 11L.6 1.4h10.8z",
    "M6 .4l1.5 3.9 4.1.2-3.2 2.6 1.1 4.1L6 8.9l-3.5 2.3 1.1-4.1L.4 4.5l4.1-.2z"
  ]
  /** The shape of a candidate's mark, in a square of 12. */
  const shape = (candidate: number) => shapes[candidate % shapes.length] ?? ""
  /** The mark of a candidate: a colour and a shape. */
  const glyph = (candidate: number): Tree =>
    h(
      "svg",
      { class: `glyph c${candidate % 8}`, viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" },
      h("path", { d: shape(candidate) })
    )
  const name = (index: Pick<Data.Index, "candidates">, candidate: number): ReadonlyArray<Tree> => [
    glyph(candidate),
    h("bdi", { class: "name" }, index.candidates[candidate] ?? "")
  ]

  const sortable = (view: View, key: string, live: boolean, label: string, ...content: ReadonlyArray<Tree>) =>
    live
      ? h(
          "button",
          { type: "button", class: "sort", "data-act": "sort", "data-key": key, "aria-label": label },
          ...content,
          h(
            "span",
            { class: "arrow", "aria-hidden": "true" },
            view.sort === key ? (view.descending ? "\u2193" : "\u2191") : ""
          )
        )
      : h("span", {}, ...content)
  const sorted = (view: View, ...keys: ReadonlyArray<string>) =>
    keys.includes(view.sort) ? (view.descending ? "descending" : "ascending") : undefined

  const head = (index: Data.Index, view: View, live: boolean): Tree =>
    h(
      "tr",
      {},
      h(
        "th",
        { scope: "col", class: "id", "aria-sort": sorted(view, "row") },
        sortable(view, "row", live, "Sort by row", "Row")
      ),
      h("th", { scope: "col", class: "prompt" }, "Prompt"),
      views.shown(index, view).map((candidate) => {
        const label = index.candidates[candidate] ?? ""
        return h(
          "th",
          { scope: "col", class: "answer", "aria-sort": sorted(view, `v${candidate}`, `d${candidate}`) },
          sortable(view, `v${candidate}`, live, `Sort by the value of ${label}`, ...name(index, candidate)),
          candidate === view.baseline
            ? h("small", {}, "baseline")
            : sortable(view, `d${candidate}`, live, `Sort by the difference of ${label} to the baseline`, "\u0394")
        )
      })
    )

  const stateText: Readonly<Record<string, string>> = {
    u: "a score is missing",
    b: "blocked",
    e: "no answer",
    "-": "not tried"
  }

  const answer = (
    index: Data.Index,
    view: View,
    position: number,
    candidate: number,
    text: Data.RowText | undefined
  ) => {
    const measure = index.measures[view.measure]
    if (measure === undefined) return h("td", {})
    const value = views.valueOf(index, view.measure, candidate, position)
    const difference = views.differenceOf(index, view, candidate, position)
    const gain = views.gainOf(index, view, candidate, position) ?? 0
    const state = index.states[candidate]?.[position] ?? "-"
    const cell = text?.cells.find((one) => one.candidate === candidate)
    const trend = gain > 1e-9 ? "better" : gain < -1e-9 ? "worse" : "even"
    return h(
      "td",
      { class: "answer", "data-label": index.candidates[candidate] ?? "" },
      h(
        "div",
        { class: "numbers" },
        h("span", { class: "value" }, format.measured(measure, value)),
        difference === null
          ? undefined
          : h("span", { class: `delta ${trend}` }, format.difference(measure, difference)),
        stateText[state] === undefined ? undefined : h("span", { class: "badge" }, cell?.error?.tag ?? stateText[state])
      ),
      h("p", { class: "excerpt", dir: "auto" }, (cell?.response ?? cell?.error?.message ?? "").slice(0, 160))
    )
  }

  const row = (
    index: Data.Index,
    view: View,
    position: number,
    text: Data.RowText | undefined,
    live: boolean
  ): Tree => {
    const number = index.rows[position] ?? 0
    const id = index.ids[position] ?? ""
    const open = view.row === number
    return h(
      "tr",
      { id: `row-${number}`, class: open ? "row open" : "row" },
      h(
        "th",
        { scope: "row", class: "id" },
        live
          ? h(
              "button",
              { type: "button", class: "open", "data-act": "open", "data-row": number, "aria-expanded": String(open) },
              h("bdi", {}, id)
            )
          : h("bdi", {}, id)
      ),
      h("td", { class: "prompt" }, h("p", { class: "excerpt", dir: "auto" }, (text?.prompt ?? "").slice(0, 160))),
      views.shown(index, view).map((candidate) => answer(index, view, position, candidate, text))
    )
  }

  return { shape, glyph, name, head, row }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type RowTable = ReturnType<typeof make>
