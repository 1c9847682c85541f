/** The section of the rows: its controls, and the first rows as they stand without a script. */
import type * as Data from "../report/browser/data.ts"
import type * as Tree from "../report/browser/tree.ts"
import { format, h, rowTable, scrolling, section, views } from "./reportHtml.ts"

/** Rows that are there without a script. */
const first = 25

const labels: Readonly<Record<string, string>> = {
  latency_ms: "latency",
  cost_usd: "cost",
  output_tokens: "output tokens"
}

const option = (value: number, label: string) => h("option", { value }, label)

const toggle = (act: string, label: string) =>
  h("button", { type: "button", class: "toggle", id: `only-${act}`, "data-act": act, "aria-pressed": "false" }, label)

const action = (act: string, label: string) => h("button", { type: "button", class: "quiet", "data-act": act }, label)

const select = (id: string, options: ReadonlyArray<Tree.Tree>) =>
  h("select", { id, "data-act": id, autocomplete: "off" }, options)

const column = (name: string, nth: number) =>
  h(
    "label",
    {},
    h("input", { type: "checkbox", checked: true, "data-act": "column", "data-key": nth, autocomplete: "off" }),
    " ",
    h("bdi", {}, name)
  )

const controls = ({ candidates, measures }: Data.Index, failed: number): Tree.Tree =>
  h(
    "div",
    { class: "controls only-live", role: "group", "aria-label": "Which rows" },
    h(
      "div",
      {},
      h("input", {
        type: "search",
        id: "query",
        "data-act": "query",
        placeholder: "Search rows",
        "aria-label": "Search ids, prompts, references and answers",
        autocomplete: "off"
      }),
      candidates.length > 1
        ? [toggle("different", "Only different"), toggle("regressions", "Only regressions")]
        : undefined,
      toggle("errors", `Errors ${format.count(failed)}`)
    ),
    h(
      "div",
      {},
      h(
        "label",
        {},
        "Show ",
        select(
          "measure",
          measures.map(({ name }, nth) => option(nth, labels[name] ?? name))
        )
      ),
      h(
        "label",
        {},
        h("span", { id: "limit-word" }, "below"),
        " ",
        h("input", { type: "number", step: "any", id: "limit", "data-act": "limit", autocomplete: "off" })
      ),
      h(
        "label",
        {},
        "in ",
        select("within", [option(-1, "any candidate"), ...candidates.map((name, nth) => option(nth, name))])
      ),
      candidates.length > 2
        ? h("details", { class: "menu" }, h("summary", {}, "Columns"), h("div", {}, candidates.map(column)))
        : undefined,
      action("reset", "Reset")
    )
  )

const keys: ReadonlyArray<readonly [string, string]> = [
  ["/", "search"],
  ["j k \u2193 \u2191", "next and previous row"],
  ["Enter", "open or close a row"],
  ["\u2190 \u2192", "previous and next row while one is open"],
  ["Esc", "close the row, clear the search"]
]

/** The section. `texts` are those of the first rows of the index; `failed` rows have an error. */
export const draw = (
  index: Data.Index,
  texts: ReadonlyArray<Data.RowText>,
  failed: number,
  note: Tree.Child
): Tree.Tree => {
  const view = views.initial(index)
  const shown = texts.slice(0, first)
  return section(
    "rows",
    "Rows",
    note,
    controls(index, failed),
    h(
      "div",
      { class: "status" },
      h(
        "p",
        { id: "status", role: "status" },
        `The first ${format.count(shown.length)} of ${format.count(index.rows.length)} rows`
      ),
      h("span", { class: "buttons only-live" }, action("csv", "Download CSV"), action("jsonl", "Download JSONL"))
    ),
    scrolling(
      "Rows",
      h(
        "table",
        { class: "rows", id: "table" },
        h(
          "caption",
          { class: "unseen" },
          "Rows with the value of each candidate, its difference to the baseline, and the beginning of its answer"
        ),
        h("thead", { id: "head" }, rowTable.head(index, view, false)),
        h(
          "tbody",
          { id: "body" },
          shown.map((text, position) => rowTable.row(index, view, position, text, false))
        )
      )
    ),
    h("div", { id: "pager", class: "pager only-live", role: "group", "aria-label": "Pages of rows" }),
    h(
      "p",
      { class: "hint no-live" },
      "All rows, search and filters need JavaScript; the texts are in this file and nothing is loaded."
    ),
    h(
      "details",
      { class: "twin only-live" },
      h("summary", {}, "Keyboard"),
      h(
        "dl",
        { class: "keys" },
        keys.map(([key, does]) => h("div", {}, h("dt", {}, key), h("dd", {}, does)))
      ),
      h(
        "label",
        {},
        h("input", { type: "checkbox", id: "letters", checked: true, autocomplete: "off" }),
        " Single keys (j, k, /) are shortcuts"
      )
    )
  )
}
