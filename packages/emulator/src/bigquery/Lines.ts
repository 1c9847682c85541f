/**
 * The records of files: lines of JSON, and CSV. Each with the byte at which it begins, and undefined where it cannot be read.
 *
 * Files packed with gzip are unpacked. Memory holds a part of a file, never all of it.
 *
 * @since 0.1.0
 */
import { pipeline, Readable } from "node:stream"
import { createGunzip } from "node:zlib"

/**
 * Bytes in pieces.
 *
 * @since 0.1.0
 */
export type Bytes = Iterable<Buffer> | AsyncIterable<Buffer>

/** Bytes that one record may have: BigQuery's limit for a row of a file. */
const longest = 100 * 1024 * 1024

/**
 * A file that cannot be read on.
 *
 * @since 0.1.0
 */
export class Unreadable extends Error {}

/**
 * Unpacks bytes when they are packed.
 *
 * @since 0.1.0
 */
export const unpacked = async function* (bytes: Bytes): AsyncGenerator<Buffer> {
  const pieces = Readable.from(bytes, { objectMode: true })
  const iterator = pieces[Symbol.asyncIterator]()
  const first: IteratorResult<Buffer> = await iterator.next()
  if (first.done === true) return
  const rest = async function* () {
    yield first.value
    for (let next: IteratorResult<Buffer> = await iterator.next(); next.done !== true; next = await iterator.next())
      yield next.value
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* rest()
  const gunzip = pipeline(Readable.from(rest()), createGunzip(), () => {})
  try {
    for await (const piece of gunzip) yield Buffer.from(piece)
  } catch (cause) {
    throw new Unreadable(`the file is not valid gzip (${cause instanceof Error ? cause.message : String(cause)})`)
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Decodes UTF-8; undefined for what is none.
 *
 * @since 0.1.0
 */
export const decode = (bytes: Buffer): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Whether there is nothing in a line.
 *
 * @since 0.1.0
 */
export const isBlank = (line: Buffer): boolean => line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)

/**
 * The lines of a file, without their ends.
 *
 * @since 0.1.0
 */
export const lines = async function* (bytes: Bytes): AsyncGenerator<{ readonly bytes: Buffer; readonly at: number }> {
  let held: Array<Buffer> = []
  let size = 0
  let at = 0
  const take = (last: Buffer): Buffer => {
    const line = held.length === 0 ? last : Buffer.concat([...held, last])
    held = []
    size = 0
    return line
  }
  for await (const piece of bytes) {
    let from = 0
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
      const line = take(piece.subarray(from, end))
      yield { bytes: line, at }
      at += line.length + 1
      from = end + 1
    }
    if (from < piece.length) {
      held.push(piece.subarray(from))
      size += piece.length - from
      if (size > longest) throw new Unreadable(`a row is longer than ${longest} bytes`)
    }
  }
  const line = take(Buffer.alloc(0))
  if (line.length > 0) yield { bytes: line, at }
}

/**
 * How CSV is written.
 *
 * @since 0.1.0
 */
export interface CsvOptions {
  readonly delimiter: string
  /** Empty for none. */
  readonly quote: string
  readonly allowsNewlines: boolean
}

/**
 * A cell of CSV: whether it stood in quotes decides if it can be NULL.
 *
 * @since 0.1.0
 */
export interface CsvCell {
  readonly text: string
  readonly isQuoted: boolean
}

/**
 * Takes a record of CSV apart. Undefined when its quotes are not closed, "wrong" when something follows them.
 *
 * @since 0.1.0
 */
export const cells = (
  record: string,
  { delimiter, quote }: CsvOptions
): ReadonlyArray<CsvCell> | "wrong" | undefined => {
  const all: Array<CsvCell> = []
  let at = 0
  for (;;) {
    if (quote !== "" && record.startsWith(quote, at)) {
      let text = ""
      at += quote.length
      for (;;) {
        const end = record.indexOf(quote, at)
        if (end < 0) return undefined
        text += record.slice(at, end)
        at = end + quote.length
        if (!record.startsWith(quote, at)) break
        text += quote
        at += quote.length
      }
      all.push({ text, isQuoted: true })
      if (at === record.length) return all
      if (!record.startsWith(delimiter, at)) return "wrong"
    } else {
      const end = record.indexOf(delimiter, at)
      all.push({ text: record.slice(at, end < 0 ? record.length : end), isQuoted: false })
      if (end < 0) return all
      at = end
    }
    at += delimiter.length
  }
}

/**
 * The records of a file of CSV. A record goes over several lines only where that is allowed.
 *
 * @since 0.1.0
 */
export const csv = async function* (
  bytes: Bytes,
  options: CsvOptions
): AsyncGenerator<{ readonly cells: ReadonlyArray<CsvCell> | undefined; readonly at: number }> {
  let open: { text: string; readonly at: number } | undefined
  for await (const line of lines(bytes)) {
    if (open === undefined && isBlank(line.bytes)) continue
    const text = decode(line.bytes)?.replace(/\r$/, "")
    if (text === undefined) {
      yield { cells: undefined, at: line.at }
      open = undefined
      continue
    }
    const record = open === undefined ? { text, at: line.at } : { text: `${open.text}\n${text}`, at: open.at }
    const found = cells(record.text, options)
    open = found === undefined && options.allowsNewlines ? record : undefined
    if (open !== undefined && open.text.length > longest) throw new Unreadable(`a row is longer than ${longest} bytes`)
    if (open === undefined) yield { cells: found === "wrong" ? undefined : found, at: record.at }
  }
  if (open !== undefined) yield { cells: undefined, at: open.at }
}
