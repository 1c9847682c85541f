/**
 * Markdown as GitHub, GitLab and others render it, with text of unknown origin in it.
 *
 * @since 0.1.0
 */
import * as TerminalText from "./TerminalText.ts"

/**
 * Writes a text as code: nothing in it is markup, a mention, a reference or a link. It stays on one line, may stand in a table, and is cut
 * to `most` columns (200 when left out). Controls are left out; a text without anything visible is "(empty)".
 *
 * @since 0.1.0
 */
export const code = (text: string, most = 200): string => {
  const line = TerminalText.oneLine(text, most)
  if (TerminalText.width(line) === 0) return "(empty)"
  const runs = line.match(/`+/g) ?? []
  const fence = "`".repeat(1 + runs.reduce((longest, run) => Math.max(longest, run.length), 0))
  // A blank at each end separates backticks from the fence; renderers take it away.
  const inner = /^`|`$/.test(line) ? ` ${line} ` : line
  return `${fence}${inner.replaceAll("|", "\\|")}${fence}`
}

/**
 * Writes a table. Cells are Markdown already: put unknown text in by `code`. The first column is aligned left, the others as `align` says.
 *
 * @since 0.1.0
 */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  align: ReadonlyArray<"left" | "right"> = []
): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    line(head),
    line(head.map((_, index) => (align[index] === "right" ? "---:" : "---"))),
    ...rows.map(line)
  ].join("\n")
}
