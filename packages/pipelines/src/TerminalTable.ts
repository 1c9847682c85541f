/**
 * Tables of plain text: aligned columns without borders, as wide as the terminal allows.
 *
 * @since 0.1.0
 */
import * as TerminalText from "./TerminalText.ts"

/**
 * A column: its heading, how its cells are aligned, and whether it gives up width first when the table is too wide.
 *
 * @since 0.1.0
 */
export interface Column<Row> {
  readonly heading: string
  readonly cell: (row: Row) => string
  readonly align?: "left" | "right"
  /** Takes what the other columns leave, at least 10 columns. */
  readonly flexible?: boolean
}

const gap = 2

/**
 * Renders rows under their headings. Cells are made safe for a terminal and cut to one line.
 *
 * @since 0.1.0
 */
export const render = <Row>(
  rows: ReadonlyArray<Row>,
  columns: ReadonlyArray<Column<Row>>,
  totalWidth: number
): string => {
  const cells = [
    columns.map((column) => column.heading),
    ...rows.map((row) => columns.map((column) => column.cell(row)))
  ]
  const natural = columns.map((_, index) => Math.max(...cells.map((row) => TerminalText.width(plain(row[index])))))
  const fixed = columns.reduce((sum, column, index) => sum + (column.flexible === true ? 0 : (natural[index] ?? 0)), 0)
  const flexible = columns.filter((column) => column.flexible === true).length
  const left = totalWidth - fixed - gap * (columns.length - 1)
  const widths = columns.map((column, index) =>
    column.flexible === true
      ? Math.min(natural[index] ?? 0, Math.max(10, Math.floor(left / flexible)))
      : (natural[index] ?? 0)
  )
  return cells
    .map((row) =>
      columns
        .map((column, index) =>
          pad(TerminalText.oneLine(row[index] ?? "", widths[index] ?? 0), widths[index] ?? 0, column.align)
        )
        .join(" ".repeat(gap))
        .trimEnd()
    )
    .join("\n")
}

const plain = (text = "") => TerminalText.oneLine(text, 1000)

const pad = (text: string, columns: number, align: "left" | "right" = "left") => {
  const blanks = " ".repeat(Math.max(0, columns - TerminalText.width(text)))
  return align === "right" ? blanks + text : text + blanks
}
