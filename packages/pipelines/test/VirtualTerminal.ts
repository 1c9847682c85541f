/**
 * A terminal of which only the screen is left: enough of xterm to show what a window comes to. It throws at any sequence that it does not
 * know, so that nothing unexpected passes.
 */
import * as TerminalText from "../src/TerminalText.ts"

interface Row {
  cells: Array<string>
  /** The row goes on in the next one, because it was broken. */
  wraps: boolean
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })
const sequence =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b\[(?<parameters>[?0-9;]*)(?<final>[A-Za-z])|\u001b\](?<command>[^\u0007\u001b]*)(?:\u0007|\u001b\\)|(?<control>[\u0000-\u001f\u007f-\u009f])/gu

export class VirtualTerminal {
  columns: number
  rows: number
  wrap = true
  cursorShown = true
  synchronised = false
  style = "0"
  link = ""
  private lines: Array<Row> = [{ cells: [], wraps: false }]
  private row = 0
  private column = 0
  /** The most rows that were ever shown: what lies above cannot be reached. */
  private top = 0

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  write(text: string): void {
    let at = 0
    for (const match of text.matchAll(sequence)) {
      this.print(text.slice(at, match.index))
      at = match.index + match[0].length
      const { command, control, final, parameters = "" } = match.groups ?? {}
      if (control !== undefined) this.control(control)
      else if (command !== undefined) this.command(command)
      else this.sequence(parameters, final ?? "")
    }
    this.print(text.slice(at))
  }

  /** Changes the size. Rows that are too long are broken, broken ones are joined again, as most terminals do. */
  resize(columns: number, rows: number): void {
    const before = this.lines
    const lines: Array<Row> = []
    let row = 0
    for (let index = 0; index < before.length; index++) {
      const cells: Array<string> = []
      const isCursor = () => index === this.row
      let hasCursor = isCursor()
      cells.push(...(before[index]?.cells ?? []))
      while (before[index]?.wraps === true) {
        index++
        hasCursor ||= isCursor()
        cells.push(...(before[index]?.cells ?? []))
      }
      if (hasCursor) row = lines.length
      for (let start = 0; start === 0 || start < cells.length; start += columns) {
        lines.push({ cells: cells.slice(start, start + columns), wraps: start + columns < cells.length })
      }
    }
    this.columns = columns
    this.rows = rows
    this.lines = lines
    this.row = row
    this.column = Math.min(this.column, columns - 1)
    this.top = Math.max(0, Math.min(this.row, lines.length - 1) - rows + 1)
  }

  /** What is on the screen and above it, up to the row of the cursor: the last rows only, when asked for. */
  text(last = this.lines.length): ReadonlyArray<string> {
    return this.lines.slice(Math.max(0, this.row - last), this.row).map(({ cells }) => cells.join("").trimEnd())
  }

  /** The rows above the cursor. */
  height(): number {
    return this.row
  }

  /**
   * What keeps the terminal from its normal state: hidden cursor, no wrapping, an open frame, a style, a link, text below the
   * cursor, a cursor inside a line.
   */
  disorder(): ReadonlyArray<string> {
    return [
      ...(this.cursorShown ? [] : ["the cursor is hidden"]),
      ...(this.wrap ? [] : ["lines do not wrap"]),
      ...(this.synchronised ? ["a frame is open"] : []),
      ...(this.style === "0" ? [] : [`style ${this.style} is on`]),
      ...(this.link === "" ? [] : [`the link ${this.link} is open`]),
      ...(this.lines.slice(this.row).every(({ cells }) => cells.join("").trim() === "") ? [] : ["there is text below"]),
      ...(this.column === 0 ? [] : [`the cursor stands in column ${this.column}`])
    ]
  }

  private print(text: string): void {
    for (const { segment } of graphemes.segment(text)) {
      const width = TerminalText.width(segment)
      if (this.column + width > this.columns) {
        if (this.wrap) {
          this.at(this.row).wraps = true
          this.down()
          this.column = 0
        } else this.column = this.columns - width
      }
      const { cells } = this.at(this.row)
      while (cells.length < this.column) cells.push(" ")
      if (width === 0) {
        cells[Math.max(0, this.column - 1)] += segment
        continue
      }
      cells[this.column] = segment
      if (width === 2) cells[this.column + 1] = ""
      this.column += width
    }
  }

  private control(char: string): void {
    if (char === "\r") this.column = 0
    // As a terminal device does with the line feeds of a program: it puts a carriage return in front.
    else if (char === "\n") {
      this.column = 0
      this.down()
    } else throw new Error(`control U+${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
  }

  private command(command: string): void {
    if (!command.startsWith("8;;")) throw new Error(`operating system command ${command}`)
    this.link = command.slice(3)
  }

  private sequence(parameters: string, final: string): void {
    const name = `${parameters}${final}`
    const known: Readonly<Record<string, () => void>> = {
      "?2026h": () => (this.synchronised = true),
      "?2026l": () => (this.synchronised = false),
      "?25h": () => (this.cursorShown = true),
      "?25l": () => (this.cursorShown = false),
      "?7h": () => (this.wrap = true),
      "?7l": () => (this.wrap = false),
      "2K": () => (this.at(this.row).cells = []),
      J: () => {
        const line = this.at(this.row)
        line.cells.length = Math.min(line.cells.length, this.column)
        line.wraps = false
        this.lines.length = this.row + 1
      }
    }
    if (final === "m") this.style = parameters === "" ? "0" : parameters
    else if (/^[1-9][0-9]*A$/.test(name)) this.row = Math.max(this.top, this.row - Number(parameters))
    else if (known[name] === undefined) throw new Error(`sequence ${name}`)
    else known[name]()
  }

  private at(row: number): Row {
    const line = this.lines[row]
    if (line === undefined) throw new Error(`there is no row ${row}`)
    return line
  }

  private down(): void {
    this.row++
    if (this.row === this.lines.length) this.lines.push({ cells: [], wraps: false })
    this.top = Math.max(this.top, this.row - this.rows + 1)
  }
}
