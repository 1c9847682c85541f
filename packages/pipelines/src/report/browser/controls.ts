/**
 * Keeps the controls of the page in step with what the reader looks at.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Dom, Window } from "./dom.ts"
import type { PairView } from "./pairView.ts"
import type { H } from "./tree.ts"
import type { View } from "./view.ts"

/**
 * Makes the controls' drawing. A page has 50 rows.
 *
 * @since 0.1.0
 */
export const make = (parts: {
  readonly dom: Dom
  readonly h: H
  readonly pairView: PairView
  readonly window: Pick<Window, "document">
}) => {
  const { dom, h, pairView, window } = parts
  const { document } = window
  const perPage = 50

  const say = (id: string, text: string) => {
    const element = document.getElementById(id)
    if (element !== null) element.textContent = text
  }
  const set = (id: string, value: string) => {
    const element = document.getElementById(id)
    // Not while it is typed into.
    if (element !== null && element !== document.activeElement) element.value = value
  }

  const turn = (label: string, page: number, pages: number) =>
    h(
      "button",
      {
        type: "button",
        class: "quiet",
        "data-act": "page",
        "data-key": page,
        "aria-disabled": page < 0 || page >= pages ? "true" : undefined
      },
      label
    )

  /** Shows how many of the rows are there, the page, and the settings of every control. */
  const draw = (index: Data.Index, view: View, rows: number) => {
    const all = index.rows.length
    const first = view.page * perPage + 1
    const last = Math.min(rows, first + perPage - 1)
    const pages = Math.max(1, Math.ceil(rows / perPage))
    say(
      "status",
      rows === 0 ? `None of ${all} rows` : `${first}\u2013${last} of ${rows} rows${rows < all ? `, ${all} in all` : ""}`
    )
    const pager = document.getElementById("pager")
    if (pager !== null) {
      const here = h("span", {}, `Page ${view.page + 1} of ${pages}`)
      dom.show(pager, turn("\u2190 Previous", view.page - 1, pages), here, turn("Next \u2192", view.page + 1, pages))
    }
    const ideal = index.measures[view.measure]?.ideal
    say("limit-word", ideal === "low" ? "above" : ideal === "zero" ? "further from 0 than" : "below")
    set("query", view.query)
    set("measure", String(view.measure))
    set("limit", view.limit === undefined ? "" : String(view.limit))
    set("within", String(view.within))
    set("baseline", String(view.baseline))
    for (const only of ["different", "regressions", "errors"] as const) {
      document.getElementById(`only-${only}`)?.setAttribute("aria-pressed", String(view[only]))
    }
    for (const box of document.querySelectorAll("[data-act=column]")) {
      box.checked = !view.hidden.includes(Number(box.dataset["key"]))
    }
  }

  /** Compares every candidate of the summary with the baseline that was chosen. */
  const drawBaseline = (index: Data.Index, view: View) => {
    document.documentElement.toggleAttribute("data-other-baseline", view.baseline !== index.planned)
    for (const cell of document.querySelectorAll("[data-pair]")) {
      const pair = index.pairs[Number(cell.dataset["pair"])]?.[view.baseline]
      dom.show(cell, ...pairView.draw(pair, index.measures[0]))
    }
  }

  return { perPage, say, draw, drawBaseline }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Controls = ReturnType<typeof make>
