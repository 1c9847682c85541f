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

/**
 * Removes what could steer a terminal: escape sequences, control characters and bidirectional controls. Tabs and line feeds stay.
 *
 * @since 0.1.0
 */
export const sanitize = (text: string): string => text.replace(unsafe, "")

/**
 * Returns the columns that a text takes on a terminal: wide characters count two, combining marks none.
 *
 * @since 0.1.0
 */
export const width = (text: string): number => stringWidth(text)

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/**
 * Cuts a text to a number of columns, with an ellipsis when something is lost. White space, line feeds too, becomes single
 * blanks. Reads no more of the text than is shown.
 *
 * @since 0.1.0
 */
export const oneLine = (text: string, columns: number): string => {
  // A grapheme has at most a few code units worth showing: what lies far beyond the cut is not looked at.
  const line = sanitize(text.slice(0, columns * 16))
    .replace(/\s+/g, " ")
    .trim()
  if (text.length <= columns * 16 && width(line) <= columns) return line
  let cut = ""
  let used = 0
  for (const { segment } of graphemes.segment(line)) {
    const next = width(segment)
    if (used + next > columns - 1) break
    cut += segment
    used += next
  }
  return `${cut.trimEnd()}…`
}

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
