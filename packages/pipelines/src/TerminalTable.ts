/**
 * Tables of plain text: aligned columns without borders, as wide as the terminal allows.
 *
 * @since 0.1.0
 */
import * as Display from "./Display.ts"
import * as TerminalLine from "./TerminalLine.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * A column: its heading, how its cells are aligned, and what happens to it when the table is too wide.
 *
 * **Details**
 *
 * - A `flexible` column takes what the others leave, at least 10 columns. Others are as wide as their widest cell, at most 60.
 * - `rank`: columns of the highest rank do not fit first (see `fit`); 0, the default, always stays.
 *
 * @since 0.1.0
 */
export interface Column<Row> {
  readonly heading: string
  /** A value, of which white space becomes single blanks; or a line, which keeps its blanks and styles. */
  readonly cell: (row: Row) => string | TerminalLine.Line
  readonly align?: "left" | "right"
  readonly flexible?: boolean
  readonly rank?: number
}

const gap = 2
const least = 10
const comfortable = 16
const most = 60

/**
 * Renders rows under their headings. Cells are made safe for a terminal and cut to one line.
 *
 * @since 0.1.0
 */
export const render = <Row>(
  rows: ReadonlyArray<Row>,
  columns: ReadonlyArray<Column<Row>>,
  totalWidth: number
): string =>
  lines(rows, columns, totalWidth)
    .map((line) => TerminalLine.paint(line, Display.plain))
    .join("\n")

/**
 * Lays rows out under their headings, as lines with the styles of the cells. No line is wider than the total width.
 *
 * @since 0.1.0
 */
export const lines = <Row>(
  rows: ReadonlyArray<Row>,
  columns: ReadonlyArray<Column<Row>>,
  totalWidth: number
): ReadonlyArray<TerminalLine.Line> => {
  const cells = columns.map((column) => layOut(rows, column))
  const widths = widthsOf(
    columns.map(({ flexible = false }, index) => ({ flexible, natural: cells[index]?.width ?? 0 })),
    totalWidth - gap * (columns.length - 1)
  )
  return Array.from({ length: rows.length + 1 }, (_, row) =>
    TerminalLine.cut(
      columns.flatMap((column, index) => {
        const width = widths[index] ?? 0
        const cell = TerminalLine.pad(
          TerminalLine.cut(cells[index]?.lines[row] ?? TerminalLine.empty, width),
          width,
          column.align
        )
        return index === 0 ? cell : [{ text: " ".repeat(gap) }, ...cell]
      }),
      totalWidth
    )
  )
}

/**
 * Chooses the columns that fit next to each other. Those of the highest rank go first, of equal rank the last; `left` are the ones
 * that do not fit, in their order. A flexible column counts with 16 columns at most.
 *
 * @since 0.1.0
 */
export const fit = <Row>(
  rows: ReadonlyArray<Row>,
  columns: ReadonlyArray<Column<Row>>,
  totalWidth: number
): { readonly kept: ReadonlyArray<Column<Row>>; readonly left: ReadonlyArray<Column<Row>> } => {
  const widths = new Map(
    columns.map((column) => {
      const { width } = layOut(rows, column)
      return [column, column.flexible === true ? Math.min(width, comfortable) : width]
    })
  )
  const kept = new Set(columns)
  const widthOf = () => [...kept].reduce((sum, column) => sum + gap + (widths.get(column) ?? 0), -gap)
  const byRank = columns.filter(({ rank = 0 }) => rank > 0).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
  while (widthOf() > totalWidth) {
    const last = byRank.pop()
    if (last === undefined) break
    kept.delete(last)
  }
  return { kept: [...kept], left: columns.filter((column) => !kept.has(column)) }
}

/** The narrow ones of the flexible columns get what they need; the others share what is left. */
const widthsOf = (
  columns: ReadonlyArray<{ readonly flexible: boolean; readonly natural: number }>,
  total: number
): ReadonlyArray<number> => {
  const widths = columns.map(({ natural }) => natural)
  const flexible = [...columns.entries()].filter(([, column]) => column.flexible)
  let left = total - columns.reduce((sum, { flexible, natural }) => sum + (flexible ? 0 : natural), 0)
  let sharing = flexible.length
  for (const [index, { natural }] of flexible.toSorted(([, a], [, b]) => a.natural - b.natural)) {
    const width = Math.min(natural, Math.max(least, Math.floor(left / sharing)))
    widths[index] = width
    left -= width
    sharing--
  }
  return widths
}

const layOut = <Row>(rows: ReadonlyArray<Row>, { cell, heading }: Column<Row>) => {
  const lines = [heading, ...rows.map(cell)].map((one) =>
    typeof one === "string" ? TerminalLine.text(TerminalText.oneLine(one, most)) : TerminalLine.cut(one, most)
  )
  return { lines, width: lines.reduce((widest, line) => Math.max(widest, TerminalLine.width(line)), 0) }
}
