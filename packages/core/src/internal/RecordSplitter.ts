/**
 * Cuts a stream of bytes into records without holding more than one of them: lines, or CSV records whose quoted fields may hold
 * line breaks. It works on bytes because in UTF-8 a line feed, a quote or a delimiter is never part of another character: a
 * character cut by the end of a chunk needs no care, and U+2028 is no line break.
 */

/** Receives a record without its line break, or only its line when it is longer than the limit. */
export interface RecordSink {
  readonly record: (line: number, bytes: Uint8Array) => void
  readonly tooLong: (line: number) => void
}

/** State of one reading. The bytes given to the sink are valid during the call only. */
export interface RecordSplitter {
  readonly push: (chunk: Uint8Array) => void
  /** Ends the reading: a last record without line break is given to the sink. */
  readonly end: () => void
  /** Physical lines so far. */
  readonly lines: () => number
  /** The line at which the record begins that a quote still holds open; none outside quotes. */
  readonly openSince: () => number | undefined
}

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const BOM = [0xef, 0xbb, 0xbf]

/**
 * Makes a splitter. `delimiter` is the byte that ends a CSV field; without one every line is a record. A record of more than
 * `maxBytes` (its line break not counted) is reported as soon as the limit is passed and then skipped to its end.
 */
export const make = (sink: RecordSink, maxBytes: number, delimiter?: number): RecordSplitter => {
  let line = 1
  let start = 1
  let offset = 0
  let held: Array<Uint8Array> = []
  let heldBytes = 0
  let skipping = false
  // The states of CSV: before a field's first byte, in an unquoted field, in quotes, after a quote that may close or be doubled.
  let state: "start" | "plain" | "quoted" | "quote" = "start"

  const lineEnd = (chunk: Uint8Array, from: number): number => chunk.indexOf(LF, from)

  const recordEnd = (chunk: Uint8Array, from: number, delimiter: number): number => {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (state === "quoted") {
        if (byte === QUOTE) state = "quote"
        else if (byte === LF) line++
      } else if (byte === LF) {
        state = "start"
        return at
      } else if (byte === delimiter) state = "start"
      else if (byte === QUOTE && state !== "plain") state = "quoted"
      else state = "plain"
    }
    return -1
  }

  const hold = (piece: Uint8Array) => {
    if (skipping || piece.length === 0) return
    heldBytes += piece.length
    // One byte more than allowed may be the carriage return of a line break.
    if (heldBytes > maxBytes + 1) return skip()
    held.push(piece.slice())
  }

  const skip = () => {
    skipping = true
    held = []
    sink.tooLong(start)
  }

  const finish = (last: Uint8Array) => {
    const bytes = held.length === 0 || skipping ? last : join([...held, last], heldBytes + last.length)
    const record = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes
    if (!skipping) {
      if (record.length > maxBytes) sink.tooLong(start)
      else sink.record(start, record)
    }
    held = []
    heldBytes = 0
    skipping = false
    start = ++line
  }

  /** Returns the first byte after a byte-order mark, which the chunks may cut in pieces. */
  const afterBom = (chunk: Uint8Array): number => {
    let from = 0
    while (from < chunk.length && offset < 3 && chunk[from] === BOM[offset]) {
      offset++
      from++
    }
    if (offset < 3 && from < chunk.length) {
      // Not a mark after all: its beginning is data.
      if (offset > from) cut(Uint8Array.from(BOM.slice(0, offset - from)), 0)
      offset = 3
      return 0
    }
    return from
  }

  const cut = (chunk: Uint8Array, from: number) => {
    for (;;) {
      const end = delimiter === undefined ? lineEnd(chunk, from) : recordEnd(chunk, from, delimiter)
      if (end === -1) return hold(chunk.subarray(from))
      finish(chunk.subarray(from, end))
      from = end + 1
    }
  }

  return {
    push: (chunk) => cut(chunk, offset < 3 ? afterBom(chunk) : 0),
    end: () => {
      if (offset < 3 && offset > 0) cut(Uint8Array.from(BOM.slice(0, offset)), 0)
      if (heldBytes > 0) finish(new Uint8Array())
    },
    lines: () => line - 1,
    openSince: () => (state === "quoted" ? start : undefined)
  }
}

const join = (pieces: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const joined = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
