/**
 * Text of unknown origin, made safe and short enough for a terminal.
 *
 * @since 0.1.0
 */
import stringWidth from "string-width"

/** ESC sequences as a whole, then every other C0 and C1 control, and the controls of bidirectional text. */
const unsafe =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|.)?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** More marks on one character than any script piles up: they would be drawn over the lines around it. */
const storm = /(\p{M}{8})\p{M}+/gu

/**
 * Removes what could steer a terminal or disturb its neighbours: escape sequences, control characters, bidirectional controls, and
 * all but eight of the marks that are piled on one character. Tabs and line feeds stay.
 *
 * @since 0.1.0
 */
export const sanitize = (text: string): string => text.replace(unsafe, "").replace(storm, "$1")

/**
 * Returns the columns that a text takes on a terminal: wide characters count two, combining marks none.
 *
 * @since 0.1.0
 */
export const width = (text: string): number => stringWidth(text)

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })

const shorten = (text: string, columns: number, blanks: (line: string) => string): string => {
  if (columns < 1) return ""
  // A grapheme has at most a few code units worth showing: what lies far beyond the cut is not looked at.
  const most = columns * 16
  const line = blanks(sanitize(text.slice(0, most)))
  if (text.length <= most && width(line) <= columns) return line
  let kept = ""
  let used = 0
  for (const { segment } of graphemes.segment(line)) {
    const next = width(segment)
    if (used + next > columns - 1) break
    kept += segment
    used += next
  }
  return `${kept.trimEnd()}…`
}

/**
 * Cuts a text to a number of columns, with an ellipsis when something is lost. Blanks stay; tabs and line feeds become blanks. Reads
 * no more of the text than is shown. Less than one column gives "".
 *
 * @since 0.1.0
 */
export const cut = (text: string, columns: number): string => shorten(text, columns, (line) => line.replace(/\s/g, " "))

/**
 * Cuts a text as `cut` does, with all white space as single blanks and none at the ends: for a text that is one value.
 *
 * @since 0.1.0
 */
export const oneLine = (text: string, columns: number): string =>
  shorten(text, columns, (line) => line.replace(/\s+/g, " ").trim())

/**
 * Breaks a text into lines of at most a number of columns, at blanks where there are any.
 *
 * @since 0.1.0
 */
export const wrap = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const paragraph of sanitize(text).split("\n")) {
    let line = ""
    for (const word of paragraph.split(/\s+/)) {
      if (line !== "" && width(line) + 1 + width(word) > columns) {
        lines.push(line)
        line = ""
      }
      line = line === "" ? oneLine(word, columns) : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines
}
