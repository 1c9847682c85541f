/** Tables of figures as Markdown. */

export interface Table {
  readonly title: string
  /** How it was measured, in a sentence. */
  readonly note: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** The value below which a share of the values lies, between two of them in proportion. NaN when there are none. */
const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low === undefined || high === undefined ? Number.NaN : low + (high - low) * (place % 1)
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** A number with about three figures. */
export const figure = (value: number): string => {
  if (Number.isNaN(value)) return "-"
  const size = Math.abs(value)
  return size >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(size >= 10 ? 1 : 2)
}

/** The median, and in brackets the middle half of the values. */
export const spread = (values: ReadonlyArray<number>, digits = 2): string => {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(digits))
  return `${middle} (${low}-${high})`
}

export const markdown = ({ columns, note, rows, title }: Table): string => {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`
  return [`### ${title}`, "", note, "", line(columns), rule, ...rows.map(line), ""].join("\n")
}
