/**
 * Draws how a candidate compares with the baseline: the share of rows that it wins, with its interval.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Format } from "./format.ts"
import type { H, Tree } from "./tree.ts"

/**
 * Makes the drawing.
 *
 * @since 0.1.0
 */
export const make = ({ format, h }: { readonly format: Format; readonly h: H }) => {
  /** An interval with its point on a scale of 0 to 100; `middle` is marked. */
  const bar = (low: number, point: number, high: number, middle: number | undefined): Tree => {
    const x = (share: number) => Math.round(Math.max(0, Math.min(1, share)) * 1000) / 10
    return h(
      "svg",
      { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      middle === undefined ? undefined : h("line", { class: "middle", x1: x(middle), x2: x(middle), y1: 0, y2: 10 }),
      h("line", { class: "range", x1: x(low), x2: x(high), y1: 5, y2: 5 }),
      h("line", { class: "point", x1: x(point), x2: x(point), y1: 2, y2: 8 })
    )
  }

  const percent = (share: number) => format.fixed(share * 100, 0)

  /** What stands in the column "vs baseline"; the baseline itself has no pair. */
  const draw = (pair: Data.Pair | null | undefined, measure: Data.Measure | undefined): ReadonlyArray<Tree> => {
    if (pair === null || pair === undefined) return [h("span", { class: "muted" }, "baseline")]
    const { difference, winRate } = pair
    if (winRate === null || measure === undefined) return [h("span", { class: "muted" }, format.missing)]
    const [rate, low, high] = winRate
    const by = difference === null ? "" : `, ${format.signed(difference[0], measure.decimals)} on average`
    return [
      h("span", { class: "value" }, format.percent(rate)),
      h("span", { class: "ci" }, ` [${percent(low)}, ${percent(high)}]`),
      bar(low, rate, high, 0.5),
      h("span", { class: "unseen" }, `of ${pair.n} rows won${by}`)
    ]
  }

  return { bar, draw }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type PairView = ReturnType<typeof make>
