/**
 * What is written to a terminal to draw a window in its last lines, and to draw it again.
 *
 * Each write leaves the terminal as it found it: the cursor is shown and below the window, lines wrap. So there is nothing to restore
 * whichever way the process ends. The window is drawn without wrapping: a terminal that takes a character for wider than it was
 * counted cuts a line, it does not break the window.
 */

import * as TerminalText from "../TerminalText.ts"

/** The window as it stands on the screen: its lines, and the columns that the terminal had when they were drawn. */
export interface Drawn {
  readonly lines: ReadonlyArray<string>
  readonly columns: number
}

/** Nothing is drawn. */
export const nothing: Drawn = { lines: [], columns: 0 }

const escape = "\u001b["
const begin = `${escape}?2026h${escape}?25l`
const end = `${escape}?25h${escape}?2026l`
const newLine = "\r\n"

/**
 * The characters that put `lines` in the place of what is drawn, in one write. With `above`, whole lines of text go above the window and
 * scroll.
 */
export const draw = (drawn: Drawn, lines: ReadonlyArray<string>, columns: number, above = ""): string => {
  // Line by line does not flicker; but lines that were broken are still joined somewhere in the terminal, until they are erased.
  const erased = above === "" && drawn.columns === columns ? home(drawn, columns) : `${clear(drawn, columns)}${above}`
  const window = lines.map((line) => `${escape}2K${line}${newLine}`).join("")
  return `${begin}${erased}${escape}?7l${window}${escape}J${escape}?7h${end}`
}

/** The characters that take the window away and leave the cursor where it began. */
export const clear = (drawn: Drawn, columns: number): string => `${home(drawn, columns)}${escape}J`

const home = ({ columns: before, lines }: Drawn, columns: number) => {
  // A terminal of another size has broken the lines that it shows, or joined them again.
  const rows =
    before === columns
      ? lines.length
      : lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(TerminalText.width(line) / columns)), 0)
  return rows === 0 ? "\r" : `\r${escape}${rows}A`
}
