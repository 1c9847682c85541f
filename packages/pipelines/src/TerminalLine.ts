/**
 * Lines for a terminal: text with styles as data, so that it can be measured, cut and left plain.
 *
 * `paint` is the only way out. It makes every piece safe, whatever it came from, and adds the escape sequences itself.
 *
 * @since 0.1.0
 */
import type * as Display from "./Display.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * How a piece stands out. A style never carries a meaning that the text does not have as well.
 *
 * @since 0.1.0
 */
export type Style = "bold" | "dim" | "good" | "bad" | "warning"

/**
 * A piece of a line. `link` is an https URL that it leads to, on terminals that have links.
 *
 * @since 0.1.0
 */
export interface Piece {
  readonly text: string
  readonly style?: Style | undefined
  readonly link?: string | undefined
}

/**
 * A line, from left to right.
 *
 * @since 0.1.0
 */
export type Line = ReadonlyArray<Piece>

/**
 * Makes a line of one piece.
 *
 * @since 0.1.0
 */
export const text = (text: string, style?: Style): Line => [{ text, style }]

/**
 * The empty line.
 *
 * @since 0.1.0
 */
export const empty: Line = []

/**
 * Returns the columns that a line takes.
 *
 * @since 0.1.0
 */
export const width = (line: Line): number => line.reduce((sum, piece) => sum + TerminalText.width(clean(piece.text)), 0)

/**
 * Joins lines into one, with a separator between those that are not empty.
 *
 * @since 0.1.0
 */
export const join = (lines: ReadonlyArray<Line>, separator: string): Line =>
  lines
    .filter((line) => line.length > 0)
    .flatMap((line, index) => (index === 0 ? line : [{ text: separator }, ...line]))

/**
 * Fills a line with blanks to a number of columns. A longer one stays as it is.
 *
 * @since 0.1.0
 */
export const pad = (line: Line, columns: number, align: "left" | "right" = "left"): Line => {
  const missing = columns - width(line)
  if (missing <= 0) return line
  const blanks = { text: " ".repeat(missing) }
  return align === "right" ? [blanks, ...line] : [...line, blanks]
}

/**
 * Cuts a line to a number of columns, with an ellipsis when something is lost.
 *
 * @since 0.1.0
 */
export const cut = (line: Line, columns: number): Line => {
  if (width(line) <= columns) return line
  const kept: Array<Piece> = []
  let left = columns
  for (const piece of line) {
    const wide = TerminalText.width(clean(piece.text))
    if (wide < left) {
      kept.push(piece)
      left -= wide
      continue
    }
    // A blank more than fits: also a piece that would just fit gets the ellipsis, because something follows it.
    kept.push({ ...piece, text: TerminalText.cut(`${clean(piece.text)}  `, left) })
    break
  }
  return kept
}

/**
 * Turns a line into the characters that are written. Without colour it holds no escape sequence, and only ASCII where it is ours
 * to choose when the display has no more.
 *
 * @since 0.1.0
 */
export const paint = (line: Line, display: Display.Display): string => {
  let painted = ""
  for (const piece of line) {
    const plain = display.unicode ? clean(piece.text) : ascii(clean(piece.text))
    const styled =
      display.color && piece.style !== undefined && plain.trim() !== ""
        ? `\u001b[${codes[piece.style]}m${plain}\u001b[0m`
        : plain
    painted += display.links && piece.link !== undefined ? linked(styled, piece.link) : styled
  }
  return display.github ? withoutCommands(painted.trimEnd()) : painted.trimEnd()
}

/** Bold and dim need no colours; of the colours those that are readable on light and dark. */
const codes: Readonly<Record<Style, string>> = { bold: "1", dim: "2", good: "32", bad: "31", warning: "33" }

const clean = (text: string) => TerminalText.sanitize(text).replace(/\s/g, " ")

const glyphs: Readonly<Record<string, string>> = {
  "━": "#",
  "╸": "#",
  "─": ".",
  "┌": "+",
  "│": "|",
  "└": "+",
  "…": "~",
  "✔": "+",
  "✖": "x",
  "●": "*",
  "○": "-"
}

const ascii = (text: string) => text.replace(/[━╸─┌│└…✔✖●○]/g, (glyph) => glyphs[glyph] ?? "?")

/**
 * A GitHub runner takes what follows `::` at the start of a line, and `##[` anywhere, for a command to itself
 * (https://github.com/actions/runner, ActionCommand.cs).
 */
const withoutCommands = (line: string) => line.replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "## [")

/** OSC 8 (https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda). */
const linked = (text: string, link: string) => {
  const url = URL.canParse(link) ? new URL(link) : undefined
  // `href` is percent-encoded ASCII: it can hold no escape sequence.
  return url?.protocol === "https:" ? `\u001b]8;;${url.href}\u001b\\${text}\u001b]8;;\u001b\\` : text
}
