/**
 * What the reader looks at: which rows, in which order, against which baseline. It is kept in the address, so that it can be shared.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"

/**
 * What is looked at.
 *
 * **Details**
 *
 * - `measure` is shown in the rows; `baseline` is the candidate that the others are compared with.
 * - `query` is searched for in ids, prompts, references and answers; `different`, `regressions`, `errors` and `limit` (values that are
 *   worse than it) leave rows out. `within` is the candidate they ask about, -1 for any.
 * - `sort` is `row`, or `v` or `d` (value, difference to the baseline) with the number of a candidate.
 * - `row` is the number in the dataset of the row that is open; `pair` are the candidates of its differences.
 *
 * @since 0.1.0
 */
export interface View {
  readonly measure: number
  readonly baseline: number
  readonly query: string
  readonly different: boolean
  readonly regressions: boolean
  readonly errors: boolean
  readonly limit: number | undefined
  readonly within: number
  readonly sort: string
  readonly descending: boolean
  readonly page: number
  readonly hidden: ReadonlyArray<number>
  readonly row: number | undefined
  readonly pair: readonly [number, number] | undefined
}

/**
 * Makes what computes on views.
 *
 * @since 0.1.0
 */
export const make = () => {
  const initial = (index: Data.Index): View => ({
    measure: 0,
    baseline: index.planned,
    query: "",
    different: false,
    regressions: false,
    errors: false,
    limit: undefined,
    within: -1,
    sort: "row",
    descending: false,
    page: 0,
    hidden: [],
    row: undefined,
    pair: undefined
  })

  /** More is better, whatever the ideal. */
  const goodness = ({ ideal }: Data.Measure, value: number) =>
    ideal === "low" ? -value : ideal === "zero" ? -Math.abs(value) : value

  const valueOf = (index: Data.Index, measure: number, candidate: number, position: number): number | null =>
    index.values[measure]?.[candidate]?.[position] ?? null

  const differenceOf = (index: Data.Index, view: View, candidate: number, position: number): number | null => {
    const mine = valueOf(index, view.measure, candidate, position)
    const theirs = valueOf(index, view.measure, view.baseline, position)
    return mine === null || theirs === null || candidate === view.baseline ? null : mine - theirs
  }

  /** Below 0 where the candidate is worse than the baseline, above where it is better; null without both values or an ideal. */
  const gainOf = (index: Data.Index, view: View, candidate: number, position: number): number | null => {
    const measure = index.measures[view.measure]
    const mine = valueOf(index, view.measure, candidate, position)
    const theirs = valueOf(index, view.measure, view.baseline, position)
    if (measure === undefined || measure.ideal === null || candidate === view.baseline) return null
    return mine === null || theirs === null ? null : goodness(measure, mine) - goodness(measure, theirs)
  }

  /** The candidates that are shown, the baseline first. */
  const shown = (index: Data.Index, view: View): ReadonlyArray<number> => {
    const all = index.candidates.map((_, candidate) => candidate)
    const kept = all.filter((candidate) => candidate !== view.baseline && !view.hidden.includes(candidate))
    return view.hidden.includes(view.baseline) ? kept : [view.baseline, ...kept]
  }

  const keeps = (index: Data.Index, view: View, position: number): boolean => {
    const asked = view.within === -1 ? index.candidates.map((_, candidate) => candidate) : [view.within]
    const measure = index.measures[view.measure]
    const { limit } = view
    if (view.different && index.same[position] === "1") return false
    if (view.errors && !asked.some((candidate) => /[ueb]/.test(index.states[candidate]?.[position] ?? "-")))
      return false
    if (view.regressions && !asked.some((candidate) => (gainOf(index, view, candidate, position) ?? 0) < -1e-9))
      return false
    return (
      limit === undefined ||
      measure === undefined ||
      asked.some((candidate) => {
        const value = valueOf(index, view.measure, candidate, position)
        return value !== null && goodness(measure, value) < goodness(measure, limit)
      })
    )
  }

  /** The positions of the rows that are looked at, in order. `found` are those that have the query. Rows without a value come last. */
  const select = (index: Data.Index, view: View, found: ReadonlySet<number> | undefined): ReadonlyArray<number> => {
    const positions = index.rows
      .map((_, position) => position)
      .filter((position) => (found === undefined || found.has(position)) && keeps(index, view, position))
    const sign = view.descending ? -1 : 1
    if (view.sort === "row") return view.descending ? positions.toReversed() : positions
    const candidate = Number(view.sort.slice(1))
    const key = (position: number) =>
      view.sort.startsWith("v")
        ? valueOf(index, view.measure, candidate, position)
        : differenceOf(index, view, candidate, position)
    return positions
      .map((position) => ({ position, key: key(position) }))
      .toSorted((a, b) => {
        if (a.key === null || b.key === null) return a.key === b.key ? a.position - b.position : a.key === null ? 1 : -1
        return (a.key - b.key) * sign || a.position - b.position
      })
      .map(({ position }) => position)
  }

  /** The part of the address after "#"; "" for the initial view. */
  const toHash = (index: Data.Index, view: View): string => {
    const start = initial(index)
    const entries: ReadonlyArray<readonly [string, string | undefined]> = [
      ["measure", view.measure === start.measure ? undefined : index.measures[view.measure]?.name],
      ["baseline", view.baseline === start.baseline ? undefined : index.candidates[view.baseline]],
      ["q", view.query || undefined],
      ["only", (["different", "regressions", "errors"] as const).filter((only) => view[only]).join(".") || undefined],
      ["limit", view.limit?.toString()],
      ["in", index.candidates[view.within]],
      [
        "sort",
        view.sort === start.sort && !view.descending ? undefined : `${view.sort}${view.descending ? ".down" : ""}`
      ],
      ["page", view.page === 0 ? undefined : String(view.page + 1)],
      ["without", view.hidden.length === 0 ? undefined : view.hidden.join(".")],
      ["pair", view.pair?.join(".")]
    ]
    const query = entries.flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${encodeURIComponent(value.toWellFormed())}`]
    )
    return [...(view.row === undefined ? [] : [`row-${view.row}`]), ...query].join("&")
  }

  /** Reads what `toHash` wrote. What means nothing here is left out. */
  const fromHash = (index: Data.Index, hash: string): View => {
    const start = initial(index)
    const pairs = hash
      .replace(/^#/, "")
      .split("&")
      .map((pair) => pair.split("="))
    const text = (key: string): string | undefined => {
      try {
        return decodeURIComponent(pairs.find(([name]) => name === key)?.[1] ?? "") || undefined
      } catch {
        return undefined
      }
    }
    const named = (names: ReadonlyArray<string>, key: string, otherwise: number) => {
      const found = names.findIndex((name) => name.toWellFormed() === text(key))
      return found === -1 ? otherwise : found
    }
    const numbers = (key: string) =>
      (text(key) ?? "")
        .split(".")
        .filter((part) => /^\d+$/.test(part))
        .map(Number)
        .filter((one) => one < index.candidates.length)
    const only = (text("only") ?? "").split(".")
    const row = /^row-(\d{1,15})$/.exec(pairs[0]?.[0] ?? "")?.[1]
    const limit = Number(text("limit") ?? Number.NaN)
    const [sort = start.sort, direction] = (text("sort") ?? start.sort).split(".")
    const known = sort === "row" || (/^[vd]\d+$/.test(sort) && Number(sort.slice(1)) < index.candidates.length)
    const [left, right] = numbers("pair")
    return {
      measure: named(
        index.measures.map(({ name }) => name),
        "measure",
        start.measure
      ),
      baseline: named(index.candidates, "baseline", start.baseline),
      query: text("q") ?? "",
      different: only.includes("different"),
      regressions: only.includes("regressions"),
      errors: only.includes("errors"),
      limit: Number.isFinite(limit) ? limit : undefined,
      within: named(index.candidates, "in", -1),
      sort: known ? sort : start.sort,
      descending: known && direction === "down",
      page: Math.max(0, Math.floor(Number(text("page") ?? 1) || 1) - 1),
      hidden: numbers("without"),
      row: row === undefined ? undefined : Number(row),
      pair: left === undefined || right === undefined ? undefined : [left, right]
    }
  }

  return { initial, valueOf, differenceOf, gainOf, shown, select, toHash, fromHash }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Views = ReturnType<typeof make>
