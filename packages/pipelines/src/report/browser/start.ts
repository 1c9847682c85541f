/**
 * Brings the page to life: everything in it is there already, this makes it answer.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Controls } from "./controls.ts"
import type { Dom, Element, Event, Window } from "./dom.ts"
import type { Keyboard } from "./keyboard.ts"
import type { Payload } from "./payload.ts"
import type { RowDetail } from "./rowDetail.ts"
import type { RowLines } from "./rowLines.ts"
import type { RowTable } from "./rowTable.ts"
import type { Strips } from "./strips.ts"
import type { H, Tree } from "./tree.ts"
import type { View, Views } from "./view.ts"

/**
 * What the page is made of.
 *
 * @since 0.1.0
 */
export interface Parts {
  readonly window: Window
  readonly h: H
  readonly dom: Dom
  readonly payload: Payload
  readonly controls: Controls
  readonly keyboard: Keyboard
  readonly rowDetail: RowDetail
  readonly rowLines: RowLines
  readonly rowTable: RowTable
  readonly strips: Strips
  readonly views: Views
}

/**
 * Starts the page. `data-ready` on the root tells when the rows can be used.
 *
 * @since 0.1.0
 */
export const start = async (parts: Parts): Promise<void> => {
  const { controls, dom, h, keyboard, payload, rowDetail, rowLines, rowTable, strips, views, window } = parts
  const { document } = window
  const root = document.documentElement
  const byId = (id: string) => document.getElementById(id)
  const printed = 100
  const { perPage } = controls

  const index = await payload.index()
  let view: View = views.fromHash(index, window.location.hash)
  let found: ReadonlySet<number> | undefined
  let order: ReadonlyArray<number> = []
  let whole: ReadonlySet<string> = new Set()
  let printing = false
  const texts = new Map<number, Data.RowText>()

  const chunkOf = (position: number) => Math.floor((index.rows[position] ?? 0) / index.chunkRows)
  /** Reads the texts of rows; true when some were not there yet. */
  const read = async (positions: ReadonlyArray<number>): Promise<boolean> => {
    const missing = positions.filter((position) => !texts.has(index.rows[position] ?? -1))
    for (const number of new Set(missing.map(chunkOf))) {
      for (const [row, text] of await payload.chunk(number)) texts.set(row, text)
    }
    return missing.length > 0
  }

  const onPage = () =>
    printing ? order.slice(0, printed) : order.slice(view.page * perPage, (view.page + 1) * perPage)

  const drawRows = () => {
    const body = byId("body")
    const head = byId("head")
    if (body === null || head === null) return
    const trees = onPage().flatMap((position): ReadonlyArray<Tree> => {
      const number = index.rows[position] ?? 0
      const text = texts.get(number)
      const row = rowTable.row(index, view, position, text, true)
      if (view.row !== number) return [row]
      const columns = 2 + views.shown(index, view).length
      return [
        row,
        h("tr", { class: "detail-row" }, h("td", { colspan: columns }, rowDetail.draw(index, view, text, whole)))
      ]
    })
    // What had the focus gets it back: its successor does the same.
    const { act, key, row } = document.activeElement?.dataset ?? {}
    dom.show(head, rowTable.head(index, view, true))
    dom.show(body, ...trees)
    const same = [...document.querySelectorAll(`#table [data-act="${act ?? ""}"]`)]
    same.find(({ dataset }) => dataset["key"] === key && dataset["row"] === row)?.focus({ preventScroll: true })
  }

  const draw = () => {
    order = views.select(index, view, found)
    view = { ...view, page: Math.min(view.page, Math.max(0, Math.ceil(order.length / perPage) - 1)) }
    drawRows()
    controls.draw(index, view, order.length)
    const hash = views.toHash(index, view)
    window.history.replaceState(null, "", hash === "" ? window.location.pathname + window.location.search : `#${hash}`)
    const asked = view
    // Also what would be printed, because printing does not wait.
    return read([...onPage(), ...order.slice(0, printed)]).then((news) => {
      if (news && view === asked) drawRows()
    })
  }

  let searching: object | undefined
  const search = async () => {
    const asked = {}
    searching = asked
    const query = view.query.toLowerCase()
    if (query === "") found = undefined
    else {
      const hits = new Set<number>()
      const has = (text: string | undefined) => text !== undefined && text.toLowerCase().includes(query)
      const status = byId("status")
      for (const [position, number] of index.rows.entries()) {
        if (!texts.has(number)) {
          if (status !== null) status.textContent = `Searching ${Math.floor((100 * position) / index.rows.length)}%`
          await read([position])
          if (searching !== asked) return
        }
        const text = texts.get(number)
        if (
          has(index.ids[position]) ||
          has(text?.prompt) ||
          has(text?.reference) ||
          text?.cells.some((cell) => has(cell.response) || has(cell.error?.tag)) === true
        ) {
          hits.add(position)
        }
      }
      found = hits
    }
    await draw()
  }

  const go = (change: Partial<View>): Promise<void> => {
    const query = change.query ?? view.query
    const searched = query !== view.query
    // Another selection starts at its first page.
    view = { ...view, ...(change.page === undefined && change.row === undefined ? { page: 0 } : {}), ...change }
    return searched ? search() : draw()
  }

  const rowButton = (row: number | undefined) =>
    [...document.querySelectorAll("#body [data-act=open]")].find(({ dataset }) => dataset["row"] === String(row))

  /** Opens a row, on the page where it is; undefined closes. */
  const open = async (row: number | undefined, focus = true) => {
    const position = row === undefined ? -1 : order.findIndex((one) => index.rows[one] === row)
    const before = view.row
    if (position !== -1) view = { ...view, page: Math.floor(position / perPage) }
    view = { ...view, row: row ?? undefined }
    whole = new Set()
    await draw()
    const button = rowButton(row ?? before)
    if (focus) button?.focus({ preventScroll: true })
    if (row !== undefined) button?.closest("tr")?.scrollIntoView({ block: "nearest" })
  }

  const step = (by: number) => {
    const now = order.findIndex((position) => index.rows[position] === view.row)
    const next = order[now + by]
    if (now !== -1 && next !== undefined) void open(index.rows[next])
  }

  const save = async (kind: "csv" | "jsonl") => {
    const metrics = index.measures.filter(({ unit }) => unit === "" || unit === "choice").map(({ name }) => name)
    await read(order)
    const rows = order.flatMap((position) => texts.get(index.rows[position] ?? -1) ?? [])
    const name = index.runId.replace(/[^\w.-]/g, "_")
    // The mark tells spreadsheets that it is UTF-8.
    if (kind === "csv") dom.save(`${name}.csv`, "text/csv", ["\ufeff", ...rowLines.csv(index, metrics, rows)])
    else dom.save(`${name}.jsonl`, "application/jsonl", rowLines.json(index, rows))
  }

  const theme = () => {
    const now =
      root.getAttribute("data-theme") ?? (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")
    root.setAttribute("data-theme", now === "dark" ? "light" : "dark")
  }

  const clicked: Readonly<Record<string, (key: string, element: Element) => unknown>> = {
    theme,
    open: (_, { dataset }) => open(Number(dataset["row"]) === view.row ? undefined : Number(dataset["row"])),
    close: () => open(undefined),
    previous: () => step(-1),
    next: () => step(1),
    sort: (key) => go({ sort: key, descending: view.sort === key && !view.descending }),
    page: (key, element) =>
      element.getAttribute("aria-disabled") === "true" ? undefined : go({ page: Number(key), row: undefined }),
    different: () => go({ different: !view.different }),
    regressions: () => go({ regressions: !view.regressions }),
    errors: () => go({ errors: !view.errors }),
    reset: () => go({ ...views.initial(index), baseline: view.baseline, page: 0 }),
    csv: () => save("csv"),
    jsonl: () => save("jsonl"),
    whole: (key) => {
      whole = new Set([...whole, key])
      drawRows()
    },
    differences: () => {
      const other = views.shown(index, view).find((candidate) => candidate !== view.baseline) ?? view.baseline
      return go({ page: view.page, pair: view.pair === undefined ? [view.baseline, other] : undefined })
    }
  }

  let waiting: number | undefined
  const changed: Readonly<Record<string, (control: Element) => unknown>> = {
    query: ({ value = "" }) => {
      window.clearTimeout(waiting)
      waiting = window.setTimeout(() => void go({ query: value }), 150)
    },
    measure: ({ value }) => go({ measure: Number(value) }),
    limit: ({ value = "" }) =>
      go({ limit: value === "" || !Number.isFinite(Number(value)) ? undefined : Number(value) }),
    within: ({ value }) => go({ within: Number(value) }),
    baseline: async ({ value }) => {
      await go({ baseline: Number(value), page: view.page, pair: undefined })
      controls.drawBaseline(index, view)
    },
    column: ({ checked, dataset }) => {
      const key = Number(dataset["key"])
      return go({
        page: view.page,
        hidden: checked === true ? view.hidden.filter((one) => one !== key) : [...view.hidden, key]
      })
    },
    "pair-from": ({ value }) => go({ page: view.page, pair: [Number(value), view.pair?.[1] ?? view.baseline] }),
    "pair-to": ({ value }) => go({ page: view.page, pair: [view.pair?.[0] ?? view.baseline, Number(value)] })
  }

  const actOf = (event: Event) => event.target?.closest("[data-act]") ?? undefined
  document.addEventListener("click", (event) => {
    const element = actOf(event)
    if (element !== undefined) void clicked[element.dataset["act"] ?? ""]?.(element.dataset["key"] ?? "", element)
  })
  document.addEventListener("input", (event) => {
    const element = actOf(event)
    if (element !== undefined) void changed[element.dataset["act"] ?? ""]?.(element)
  })

  keyboard.listen(window, {
    isOpen: () => view.row !== undefined,
    close: () => void open(undefined),
    step,
    clearSearch: () => void go({ query: "" }).then(() => byId("query")?.focus())
  })

  window.addEventListener("hashchange", () => {
    const query = view.query
    view = views.fromHash(index, window.location.hash)
    controls.drawBaseline(index, view)
    void (view.query === query ? draw() : search()).then(() => (view.row === undefined ? undefined : open(view.row)))
  })

  const closed: Array<Element> = []
  window.addEventListener("beforeprint", () => {
    printing = true
    for (const details of document.querySelectorAll("details:not([open])")) {
      closed.push(details)
      details.toggleAttribute("open", true)
    }
    drawRows()
  })
  window.addEventListener("afterprint", () => {
    printing = false
    for (const details of closed.splice(0)) details.toggleAttribute("open", false)
    drawRows()
  })

  strips.attach(window, index, (measure, candidate, limit) => {
    void go({ measure, within: candidate, limit, sort: `v${candidate}`, descending: false })
    byId("rows")?.scrollIntoView({ block: "start" })
  })
  controls.drawBaseline(index, view)
  await (view.query === "" ? draw() : search())
  if (view.row !== undefined) await open(view.row, false)
  root.setAttribute("data-ready", "yes")
}
